/// Expands to one `#[tokio::test]` per contract. The argument names an `async fn() -> Option<Harness>`
/// in the calling module: an empty database for one test, or nothing, with a printed reason, where
/// there is none.
#[macro_export]
macro_rules! contract_suites {
    ($harness:ident) => {
        $crate::contract_suite!(
            $harness,
            access,
            [roles_are_listed_by_name, holders_are_listed_by_id, mappings_are_read_by_role_and_person,]
        );
        $crate::contract_suite!(
            $harness,
            administration,
            [
                a_commit_is_all_or_nothing,
                entries_are_chained_as_given,
                one_chain_after_many_concurrent_commits,
                slugs_and_addresses_are_unique_everywhere,
                role_names_are_unique_within_a_tenant,
                workflow_names_are_unique_while_not_deleted,
                workflow_versions_are_compared_and_set,
                a_workflow_with_live_requests_is_not_deleted,
                a_role_that_a_step_asks_is_not_deleted,
                a_role_that_an_escalation_asks_is_not_deleted,
                another_tenants_rows_are_missing,
            ]
        );
        $crate::contract_suite!(
            $harness,
            audit,
            [
                a_journal_is_read_by_number,
                records_are_listed_newest_first_and_filtered,
                streams_are_walked_in_order,
                verification_finds_nothing_on_good_data,
            ]
        );
        $crate::contract_suite!(
            $harness,
            commits,
            [
                a_unit_is_written_as_a_whole,
                a_stale_unit_writes_nothing,
                a_stale_unit_spares_the_others_of_its_batch,
                a_unit_that_violates_a_constraint_writes_nothing,
                another_tenant_loads_and_writes_nothing,
                loads_each_request_once,
                the_state_is_the_fold_of_the_journal,
            ]
        );
        $crate::contract_suite!(
            $harness,
            concurrency,
            [
                one_of_many_deciders_wins,
                one_call_sent_several_times_at_once_is_one_decision,
                one_of_many_claimers_wins,
                deciders_of_both_branches_win,
                requests_do_not_hinder_each_other,
            ]
        );
        $crate::contract_suite!(
            $harness,
            flow,
            [
                every_form_of_step_is_stored_as_it_was_published,
                a_request_runs_through_every_form_of_step,
                a_boundary_timer_of_a_scope_fires_once_with_two_servers,
                what_a_request_waits_for_and_was_is_told_from_state_and_journal,
            ]
        );
        $crate::contract_suite!(
            $harness,
            idempotency,
            [
                one_of_many_concurrent_units_stores_a_key,
                one_unit_of_a_batch_stores_a_key,
                keys_of_others_never_collide,
                administration_and_requests_share_keys,
                a_repeated_call_gets_the_first_answer,
            ]
        );
        $crate::contract_suite!(
            $harness,
            identity,
            [
                signing_in_knows_active_memberships_by_joining,
                a_sign_in_is_recorded,
                people_are_listed_by_id_and_found_by_text,
                another_tenants_people_are_not_seen,
                organizations_are_walked_in_order,
            ]
        );
        $crate::contract_suite!(
            $harness,
            inbox,
            [
                shows_what_a_role_is_asked,
                shows_what_a_person_is_asked,
                is_filtered_by_kind,
                hides_what_another_has_claimed,
                hides_what_separation_of_duties_forbids,
                hides_what_a_decision_elsewhere_forbids,
                hides_what_is_suspended,
                is_sorted_by_deadline,
                follows_a_reassignment,
            ]
        );
        $crate::contract_suite!(
            $harness,
            instances,
            [
                every_form_of_work_is_stored_as_it_was_published,
                each_instance_has_a_row_and_is_worked_by_itself,
                instances_are_added_and_closed_by_operators_only,
            ]
        );
        $crate::contract_suite!(
            $harness,
            jobs,
            [
                are_claimed_when_due_earliest_first,
                of_every_tenant_are_claimed,
                are_never_claimed_twice,
                pass_to_another_when_the_lease_ends,
                are_settled_only_under_the_lease,
                set_anew_by_a_commit_are_not_settled_by_an_earlier_claimer,
                follow_what_commits_say,
            ]
        );
        $crate::contract_suite!(
            $harness,
            lists,
            [
                are_sorted_by_creation_or_due_date,
                are_filtered,
                are_counted_up_to_a_cap,
                show_what_the_state_says,
                are_seen_by_those_involved,
                of_another_tenant_are_not_seen,
            ]
        );
        $crate::contract_suite!($harness, maintenance, [a_current_storage_is_ready, old_idempotency_keys_are_removed,]);
        $crate::contract_suite!($harness, notifications, [reach_a_person_and_a_roles_holders_newest_first,]);
        $crate::contract_suite!(
            $harness,
            policy,
            [the_version_grows_with_every_change, the_mappings_are_complete, a_removed_role_takes_its_mappings_along,]
        );
        $crate::contract_suite!(
            $harness,
            retention,
            [
                a_deleted_workflow_is_purged_after_ninety_days,
                a_workflow_that_requests_refer_to_is_kept,
                what_is_not_deleted_or_not_ones_own_is_never_purged,
                workflows_are_walked_by_id_in_batches,
                two_servers_purge_each_workflow_once,
            ]
        );
        $crate::contract_suite!(
            $harness,
            starts,
            [
                refused_while_paused_and_live_ones_go_on,
                refused_when_archived,
                refused_when_deleted,
                refused_while_a_draft,
                refused_on_another_tenants_workflow,
                refused_for_a_request_that_exists,
                never_slip_past_a_deletion,
            ]
        );
        $crate::contract_suite!(
            $harness,
            steps,
            [are_read_as_written, are_listed_by_id, a_join_waits_in_one_row, escalations_are_read_as_written,]
        );
        $crate::contract_suite!(
            $harness,
            timers,
            [
                fire_each_rung_once_with_two_servers,
                fire_all_that_was_slept_through_at_once,
                tell_the_holders_of_the_role_that_a_step_is_reassigned_to,
                start_what_is_pending,
                rest_while_suspended,
                race_with_people,
            ]
        );
        $crate::contract_suite!(
            $harness,
            versions,
            [
                a_document_comes_back_as_saved_and_published,
                a_due_dates_ladder_comes_back,
                a_draft_with_problems_is_kept_as_it_is,
                names_are_frozen_when_published,
                versions_are_listed_newest_first,
                versions_of_several_workflows_are_listed_together,
                versions_outlive_their_workflow,
            ]
        );
        $crate::contract_suite!(
            $harness,
            workers,
            [
                get_the_due_jobs_of_their_types_and_tenant,
                complete_a_job_once_under_the_last_claim,
                lose_an_attempt_with_the_lease,
                keep_a_job_by_extending_its_lease,
                get_nothing_of_a_suspended_request,
                race_for_jobs_and_each_is_done_once,
                wait_for_work_and_hear_of_it,
                leave_failed_steps_to_operators,
            ]
        );
        $crate::contract_suite!(
            $harness,
            workflows,
            [
                are_listed_by_id_and_found_by_text,
                are_read_as_written,
                of_another_tenant_are_not_seen,
                the_directory_knows_active_holders,
            ]
        );
    };
}

/// One port's part of [`contract_suites`].
#[doc(hidden)]
#[macro_export]
macro_rules! contract_suite {
    ($harness:ident, $suite:ident, [$($name:ident),* $(,)?]) => {
        mod $suite {$(
            #[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                $crate::run(super::$harness, $crate::$suite::$name).await;
            }
        )*}
    };
}

#[cfg(test)]
mod tests {
    /// A contract that no store is held to is worse than none.
    #[test]
    fn every_contract_is_in_the_list() {
        let list = include_str!("suites.rs");
        let suites = [
            include_str!("access.rs"),
            include_str!("administration.rs"),
            include_str!("audit.rs"),
            include_str!("commits.rs"),
            include_str!("concurrency.rs"),
            include_str!("flow.rs"),
            include_str!("idempotency.rs"),
            include_str!("identity.rs"),
            include_str!("inbox.rs"),
            include_str!("jobs.rs"),
            include_str!("lists.rs"),
            include_str!("maintenance.rs"),
            include_str!("notifications.rs"),
            include_str!("policy.rs"),
            include_str!("retention.rs"),
            include_str!("starts.rs"),
            include_str!("steps.rs"),
            include_str!("timers.rs"),
            include_str!("versions.rs"),
            include_str!("workers.rs"),
            include_str!("workflows.rs"),
        ];
        let words: std::collections::BTreeSet<&str> = list.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
        for line in suites.iter().flat_map(|suite| suite.lines()) {
            if let Some((name, _)) = line.strip_prefix("pub async fn ").and_then(|rest| rest.split_once('(')) {
                assert!(words.contains(name), "{name} is not in the list");
            }
        }
    }
}
