//! Open votes when those who may vote change: `AdministrationStore`, `JobStore` and `RequestStore` under
//! `TimerService`.

use chrono::TimeDelta;
use nexusflow_application::Call;
use nexusflow_application::access::RoleMapping;
use nexusflow_application::fakes::fixture::Tenant;
use nexusflow_application::request::{JobKind, Wake};
use nexusflow_domain::ids::{RequestId, RoleId, WorkflowId};
use nexusflow_domain::request::{EscalationRecord, EscalationResult, RequestEvent, RequestStatus};
use nexusflow_domain::workflow::Priority;
use serde_json::json;

use crate::StorePorts;
use crate::bench::Bench;
use crate::documents::{approval, sequence};

/// Three members of a board that decides by majority.
struct Board {
    bench: Bench,
    member: RoleId,
    members: Vec<Call>,
    workflow: WorkflowId,
}

impl Board {
    async fn new(storage: &StorePorts) -> anyhow::Result<Self> {
        let bench = Bench::new(storage).await?;
        let member = bench.acme.role("member").await?;
        let mut members = Vec::new();
        for name in ["ann", "ben", "cyd"] {
            members.push(bench.acme.user(name, &[member]).await?);
        }
        let workflow = majority(&bench.acme, "member").await?;
        Ok(Self { bench, member, members, workflow })
    }

    /// A request on which the first member has approved.
    async fn voted(&self) -> anyhow::Result<RequestId> {
        let request = self.bench.start(&self.bench.acme.admin, self.workflow).await?;
        self.bench.acme.complete(&self.members[0], request, "vote", "APPROVED").await?;
        Ok(request)
    }

    async fn leaves(&self, n: usize) -> anyhow::Result<()> {
        let (access, admin) = (&self.bench.application.access, &self.bench.acme.admin);
        Ok(access.revoke_role(admin, RoleMapping::everywhere(self.members[n].principal.user, self.member)).await?)
    }

    /// What workers do now; the request's status then.
    async fn after_work(&self, request: RequestId) -> anyhow::Result<RequestStatus> {
        self.bench.application.timers.fire_due(10).await?;
        self.bench.check_fold(request).await?;
        Ok(self.bench.load(request).await?.state.status())
    }
}

async fn majority(tenant: &Tenant, role: &str) -> anyhow::Result<WorkflowId> {
    let more = json!({ "approval": { "quorum": { "majority": {} } }, "outcomes": ["APPROVED", "REJECTED", "TIE"] });
    Ok(tenant.publish("board", sequence(&[approval("vote", role, &more)])?).await?)
}

pub async fn decide_when_enough_of_the_others_leave(storage: &StorePorts) -> anyhow::Result<()> {
    let board = Board::new(storage).await?;
    let bench = &board.bench;
    let request = board.voted().await?;
    assert_eq!(storage.jobs.next_due(JobKind::Timer).await?, None);
    board.leaves(1).await?;
    assert_eq!(storage.jobs.next_due(JobKind::Timer).await?, Some(bench.ports.clock.now()), "due at once");
    assert_eq!(board.after_work(request).await?, RequestStatus::InProgress, "one of two");
    assert_eq!(storage.jobs.next_due(JobKind::Timer).await?, None, "looked at, and nothing to wait for");
    bench.pass(5);
    board.leaves(2).await?;
    assert_eq!(board.after_work(request).await?, RequestStatus::Completed, "one of one");
    let journal = bench.journal(request).await?;
    let events: Vec<_> = journal.iter().map(|record| (record.event.as_str(), record.actor)).collect();
    let ending = [("VOTES_RECOUNTED", None), ("STEP_COMPLETED", None)];
    assert!(events.windows(2).any(|pair| pair == ending), "{events:?}");
    let step = bench.steps(request).await?.into_iter().find(|step| step.is_human);
    let step = step.map(|step| (step.outcome.map(String::from), step.completed_by, step.votes));
    assert_eq!(step, Some((Some("APPROVED".to_owned()), None, 1)));
    assert_eq!(storage.jobs.next_due(JobKind::Timer).await?, None);
    bench.check_intact().await
}

pub async fn follow_members_who_are_deactivated_and_come_back(storage: &StorePorts) -> anyhow::Result<()> {
    let board = Board::new(storage).await?;
    let (bench, identity) = (&board.bench, &board.bench.application.identity);
    let request = board.voted().await?;
    let [_, ben, cyd] = &board.members[..] else { anyhow::bail!("three members") };
    for (user, deactivated) in [(ben, true), (ben, false), (cyd, true), (ben, true)] {
        bench.pass(5);
        let before = board.after_work(request).await?;
        assert_eq!(before, RequestStatus::InProgress);
        identity.set_user_deactivated(&bench.acme.admin, user.principal.user, deactivated).await?;
        assert_eq!(storage.jobs.next_due(JobKind::Timer).await?, Some(bench.ports.clock.now()));
    }
    assert_eq!(board.after_work(request).await?, RequestStatus::Completed);
    bench.check_intact().await
}

pub async fn wake_only_what_they_may_decide(storage: &StorePorts) -> anyhow::Result<()> {
    let board = Board::new(storage).await?;
    let bench = &board.bench;
    let unvoted = bench.start(&bench.acme.admin, board.workflow).await?;
    board.leaves(2).await?;
    assert_eq!(storage.jobs.next_due(JobKind::Timer).await?, None, "nobody has voted on {unvoted}");
    board.voted().await?;
    let idle = bench.acme.role("idle").await?;
    bench
        .application
        .access
        .grant_role(&bench.acme.admin, RoleMapping::everywhere(board.members[0].principal.user, idle))
        .await?;
    assert_eq!(storage.jobs.next_due(JobKind::Timer).await?, None, "another role");
    bench
        .application
        .access
        .revoke_role(&bench.acme.admin, RoleMapping::everywhere(board.members[2].principal.user, board.member))
        .await?;
    assert_eq!(storage.jobs.next_due(JobKind::Timer).await?, None, "he did not hold it any more");
    let globex = bench.foreign().await?;
    let member = globex.role("member").await?;
    globex.user("zoe", &[member]).await?;
    assert_eq!(storage.jobs.next_due(JobKind::Timer).await?, None, "another tenant");
    let access = &bench.application.access;
    access
        .grant_role(&bench.acme.admin, RoleMapping::everywhere(bench.acme.admin.principal.user, board.member))
        .await?;
    assert!(storage.jobs.next_due(JobKind::Timer).await?.is_some());
    Ok(())
}

/// Whoever writes the request before a worker has looked leaves its timer due.
pub async fn are_not_lost_to_another_command(storage: &StorePorts) -> anyhow::Result<()> {
    let board = Board::new(storage).await?;
    let bench = &board.bench;
    for wake in [Wake::Unchanged, Wake::Never, Wake::At(bench.ports.clock.now() + TimeDelta::days(1))] {
        let request = board.voted().await?;
        let member = bench.acme.user(&format!("late{}", request.uuid()), &[board.member]).await?;
        while bench.application.timers.fire_due(10).await? > 0 {}
        bench.pass(5);
        let woken_at = bench.ports.clock.now();
        bench
            .application
            .access
            .revoke_role(&bench.acme.admin, RoleMapping::everywhere(member.principal.user, board.member))
            .await?;
        bench.pass(5);
        let loaded = bench.load(request).await?;
        let result = EscalationResult::Raised(Priority::High);
        let raised = EscalationRecord { request_step: None, rung: 0, missed: woken_at, result, next: None };
        let mut unit = bench.unit(&loaded, &[RequestEvent::Escalated(raised)])?;
        unit.wake = wake;
        let answers = storage.requests.commit(vec![unit]).await?;
        anyhow::ensure!(matches!(answers[..], [Ok(())]), "{answers:?}");
        let now = bench.ports.clock.now();
        let due = storage.jobs.claim(JobKind::Timer, now, now + TimeDelta::minutes(1), 100).await?;
        let found = due.iter().find(|job| job.request == request);
        assert_eq!(found.map(|job| job.run_at), Some(woken_at), "{wake:?}");
        for job in &due {
            storage.jobs.settle(job, None).await?;
        }
        assert_eq!(storage.jobs.next_due(JobKind::Timer).await?, None, "settled is looked at");
    }
    bench.check_intact().await
}

/// A worker who has begun to look when the candidates change once more looks again.
pub async fn are_repeated_when_they_come_too_early(storage: &StorePorts) -> anyhow::Result<()> {
    let board = Board::new(storage).await?;
    let bench = &board.bench;
    let request = board.voted().await?;
    board.leaves(1).await?;
    let now = bench.ports.clock.now();
    let claimed = storage.jobs.claim(JobKind::Timer, now, now + TimeDelta::minutes(1), 10).await?;
    let [job] = &claimed[..] else { anyhow::bail!("{claimed:?}") };
    board.leaves(2).await?;
    storage.jobs.settle(job, None).await?;
    assert_eq!(storage.jobs.next_due(JobKind::Timer).await?, Some(now), "a lost lease settles nothing");
    assert_eq!(board.after_work(request).await?, RequestStatus::Completed);
    bench.check_intact().await
}
