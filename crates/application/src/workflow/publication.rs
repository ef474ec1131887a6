use std::collections::BTreeMap;

use nexusflow_domain::ids::{WorkflowId, WorkflowStepId, WorkflowVersionId};
use nexusflow_domain::workflow::verification::Finding;
use nexusflow_domain::workflow::{Candidate, Directory, Graph, StepKey, VersionStatus, WorkflowStatus};
use serde_json::json;

use crate::access::actions;
use crate::administration::{AdministrationCommit, Change};
use crate::input::{InputCheck, Length};
use crate::workflow::service::{check_version, not_archived, summary};
use crate::workflow::validation::{publishable, verify, warnings};
use crate::workflow::{
    PublishedRows, ReferencedNames, StepRow, TransitionRow, Workflow, WorkflowService, WorkflowVersion,
};
use crate::{Call, Refused, Result};

const WAIVER_LENGTH: Length = 1..=10_000;

impl WorkflowService {
    /// Publishes the draft. With `activate`, new requests run on it from now on and the version
    /// before it is retired. An unsound graph is refused, unless a `waiver` says why the run that shows
    /// it cannot happen; verdict, warnings and waiver are put on record.
    #[tracing::instrument(skip_all, fields(workflow = %id))]
    pub async fn publish(
        &self,
        call: &Call,
        id: WorkflowId,
        expected_version: Option<u64>,
        activate: bool,
        waiver: Option<String>,
    ) -> Result<WorkflowVersionId> {
        let permit = self.authorizer.require_on::<actions::PublishWorkflow>(call, id).await?;
        let workflow = self.find(&permit.scope(), id).await?;
        check_version(&workflow, expected_version)?;
        not_archived(&workflow)?;
        let newest = self.reader.versions_of(&permit.scope(), &[id], 1).await?.pop();
        let Some(draft) = newest.filter(|version| version.status == VersionStatus::Draft) else {
            let message = "there is no draft to publish".to_owned();
            return Err(Refused::WrongState { message, state: workflow.status.to_string() }.into());
        };
        let directory = self.reader.directory(&permit.scope(), Some(id)).await?;
        let graph = publishable(&draft.document, &directory).map_err(Refused::InvalidGraph)?;
        InputCheck::default().optional_length("waiver", waiver.as_deref(), &WAIVER_LENGTH).finish()?;
        let verdict = verify(&graph);
        if let Some(problem) = verdict.problem().filter(|_| waiver.is_none()) {
            return Err(Refused::InvalidGraph(vec![problem]).into());
        }
        let finding = Finding::from(&verdict);
        let warnings = warnings(&graph, &finding);
        let rows = self.rows(call, &workflow, &draft, (&graph, finding), &directory);
        let mut changes = vec![Change::PublishVersion(rows)];
        let mut new = self.next(&workflow);
        if activate {
            changes.extend(activation(&mut new, draft.id));
        }
        let payload = json!({
            "version": draft.id,
            "number": draft.number,
            "activated": activate,
            "soundness": verdict.in_words(),
            "warnings": warnings,
            "waiver": waiver,
        });
        let mut entry =
            self.entry(call, "WORKFLOW_PUBLISHED", id).changing(Some(summary(&workflow)), Some(summary(&new)));
        entry.payload = payload;
        changes.push(Change::UpdateWorkflow(new));
        self.registrar.commit(AdministrationCommit::of_publication(&permit, changes, vec![entry])).await?;
        Ok(draft.id)
    }

    /// Lets new requests run on another published version: forward, or back to an earlier one.
    #[tracing::instrument(skip_all, fields(version = %version))]
    pub async fn activate_version(
        &self,
        call: &Call,
        version: WorkflowVersionId,
        expected_version: Option<u64>,
    ) -> Result<WorkflowId> {
        let found = self.reader.versions(&self.authorizer.member(call).scope(), &[version]).await?.pop();
        let not_found = || Refused::NotFound { kind: "workflow version", id: version.to_string() };
        let found = found.filter(|v| v.published_at.is_some()).ok_or_else(not_found)?;
        let permit = self.authorizer.require_on::<actions::PublishWorkflow>(call, found.workflow).await?;
        let workflow = self.find(&permit.scope(), found.workflow).await?;
        check_version(&workflow, expected_version)?;
        not_archived(&workflow)?;
        let mut new = self.next(&workflow);
        let mut changes = activation(&mut new, version);
        let before = Some(json!({ "activeVersion": workflow.active_version }));
        let after = Some(json!({ "activeVersion": version }));
        let entry = self.entry(call, "VERSION_ACTIVATED", workflow.id).changing(before, after);
        changes.push(Change::UpdateWorkflow(new));
        self.registrar.commit(AdministrationCommit::of_publication(&permit, changes, vec![entry])).await?;
        Ok(workflow.id)
    }

    fn rows(
        &self,
        call: &Call,
        workflow: &Workflow,
        draft: &WorkflowVersion,
        (graph, finding): (&Graph, Finding),
        directory: &Directory,
    ) -> PublishedRows {
        let document = &draft.document;
        let ids: BTreeMap<&StepKey, WorkflowStepId> =
            document.steps.iter().map(|step| (&step.key, self.registrar.next_id())).collect();
        let steps = document.steps.iter().map(|step| {
            let candidate = graph.find(&step.key).and_then(|ix| graph.step(ix).human()).map(|human| human.candidate);
            let (required_role, assignee) = match candidate {
                Some(Candidate::Role(role)) => (Some(role), None),
                Some(Candidate::User(user)) => (None, Some(user)),
                Some(Candidate::Requester) | None => (None, None),
            };
            StepRow { id: ids[&step.key], document: step.clone(), required_role, assignee }
        });
        let transitions = (0u32..).zip(&document.transitions).map(|(ordinal, transition)| TransitionRow {
            id: self.registrar.next_id(),
            ordinal,
            from: ids[&transition.from],
            to: ids[&transition.to],
            document: transition.clone(),
        });
        PublishedRows {
            id: draft.id,
            organization: workflow.organization,
            workflow: workflow.id,
            steps: steps.collect(),
            transitions: transitions.collect(),
            sla: document.sla.clone(),
            due_date_escalations: document.due_date_escalations.clone(),
            scopes: document.scopes.clone(),
            input_schema: document.input_schema.clone(),
            names: ReferencedNames::of(document, graph, directory),
            finding,
            published_by: call.principal.user,
            published_at: self.registrar.now(),
        }
    }
}

/// Makes a version the active one: the one before it is retired, the workflow becomes active unless
/// it is paused.
fn activation(workflow: &mut Workflow, version: WorkflowVersionId) -> Vec<Change> {
    let before = workflow.active_version.replace(version).filter(|before| *before != version);
    if workflow.status == WorkflowStatus::Draft {
        workflow.status = WorkflowStatus::Active;
    }
    let retire = before.map(|version| Change::SetVersionStatus { version, status: VersionStatus::Retired });
    let publish = Change::SetVersionStatus { version, status: VersionStatus::Published };
    retire.into_iter().chain([publish]).collect()
}
