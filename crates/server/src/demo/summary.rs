use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use anyhow::Result;
use nexusflow_application::request::{RequestFilter, RequestOrder, RequestOrderField};
use nexusflow_application::{Application, Call, PageRequest};
use nexusflow_domain::ids::{RequestId, RoleId};
use nexusflow_domain::request::{RequestStatus, RequestStepStatus};

/// What there is in a demo's database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// How many requests were played by this run.
    pub played: u32,
    /// Requests by status.
    pub requests: BTreeMap<RequestStatus, u64>,
    /// Open steps by the role that is asked; "the applicant" for those that wait for the requester.
    pub open_steps: BTreeMap<String, u64>,
    /// Missed deadlines of requests and steps, each once however many rungs fired.
    pub breaches: u64,
    /// Requests with a missed deadline.
    pub late_requests: u64,
    /// Streams and records of the audit log.
    pub audit: (u64, u64),
    /// Whether every chain is intact.
    pub audit_verified: bool,
}

impl Summary {
    /// Counts, and verifies the audit log.
    pub(super) async fn of(application: &Application, admin: &Call) -> Result<Self> {
        let mut summary = Self::default();
        let mut roles: BTreeMap<Option<RoleId>, u64> = BTreeMap::new();
        let order = RequestOrder { field: RequestOrderField::CreatedAt, descending: false };
        let mut page = PageRequest::first(100);
        loop {
            let reads = &application.request_reads;
            let found = reads.list(admin, &RequestFilter::default(), order, &page).await?;
            let next = found.edges.last().filter(|_| found.has_next).map(|edge| edge.cursor.clone());
            let requests = found.into_nodes();
            for request in &requests {
                *summary.requests.entry(request.status).or_default() += 1;
            }
            let ids: Vec<RequestId> = requests.iter().map(|request| request.id).collect();
            for step in reads.steps_of(admin, &ids).await? {
                if step.is_human && step.status == RequestStepStatus::Active {
                    *roles.entry(step.required_role).or_default() += 1;
                }
            }
            let escalations = reads.escalations_of(admin, &ids).await?;
            let missed: BTreeSet<_> = escalations.iter().map(|e| (e.request, e.request_step)).collect();
            let late: BTreeSet<_> = missed.iter().map(|(request, _)| request).collect();
            summary.breaches += missed.len() as u64;
            summary.late_requests += late.len() as u64;
            if next.is_none() {
                break;
            }
            page.after = next;
        }
        summary.open_steps = named(application, admin, roles).await?;
        let verification = application.audit.verify_all().await?;
        summary.audit = (verification.streams, verification.records);
        summary.audit_verified = verification.is_intact();
        Ok(summary)
    }

    /// How many requests there are.
    pub fn total(&self) -> u64 {
        self.requests.values().sum()
    }
}

async fn named(
    application: &Application,
    admin: &Call,
    roles: BTreeMap<Option<RoleId>, u64>,
) -> Result<BTreeMap<String, u64>> {
    let ids: Vec<RoleId> = roles.keys().flatten().copied().collect();
    let found = application.access.roles(admin, &ids).await?;
    let names: BTreeMap<RoleId, String> = found.into_iter().map(|role| (role.id, role.name)).collect();
    let name = |role: Option<RoleId>| match role {
        Some(role) => names.get(&role).cloned().unwrap_or_else(|| role.to_string()),
        None => "the applicant".to_owned(),
    };
    Ok(roles.into_iter().map(|(role, count)| (name(role), count)).collect())
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Requests: {} ({} played by this run)", self.total(), self.played)?;
        for (status, count) in &self.requests {
            writeln!(f, "  {count:>6}  {status}")?;
        }
        writeln!(f, "Open steps by role: {}", self.open_steps.values().sum::<u64>())?;
        for (role, count) in &self.open_steps {
            writeln!(f, "  {count:>6}  {role}")?;
        }
        writeln!(f, "SLA breaches: {} missed deadlines in {} requests", self.breaches, self.late_requests)?;
        let (streams, records) = self.audit;
        let verdict = if self.audit_verified { "verified" } else { "NOT INTACT" };
        write!(f, "Audit chain {verdict}: {records} records in {streams} streams")
    }
}
