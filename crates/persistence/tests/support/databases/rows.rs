use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{TimeZone, Utc};
use nexusflow_application::Call;
use nexusflow_application::access::{Authorizer, Member, Permit, RequestScope, Scope};
use nexusflow_application::fakes::{ManualClock, MemoryStore, ports};
use nexusflow_domain::Timestamp;
use nexusflow_domain::access::{BuiltInRole, Held, Principal, Rights};
use nexusflow_domain::ids::{OrganizationId, RoleId, UserId};
use nexusflow_domain::insight::Origin;
use sea_orm::Value;
use uuid::Uuid;

use super::{TestDatabase, at, id};

/// An organization with a person, a role and a workflow of one task and one approval.
pub struct Tenant {
    base: u128,
    pub organization: Uuid,
    pub user: Uuid,
    pub role: Uuid,
    pub workflow: Uuid,
    pub version: Uuid,
    pub task: Uuid,
    pub approval: Uuid,
}

/// A request to be put into the database.
pub struct RequestRow {
    pub id: Uuid,
    pub status: &'static str,
    pub due: Option<Timestamp>,
    pub requester: Uuid,
    pub reference: Option<&'static str>,
}

impl RequestRow {
    pub fn new(tenant: &Tenant, n: u128) -> Self {
        Self { id: tenant.id(n), status: "IN_PROGRESS", due: None, requester: tenant.user, reference: None }
    }
}

/// An open human step to be put into the database.
#[derive(Default)]
pub struct StepRow {
    pub id: Uuid,
    pub request: Uuid,
    pub role: Option<Uuid>,
    pub assignee: Option<Uuid>,
    pub claimed_by: Option<Uuid>,
    pub due: Option<Timestamp>,
    pub approval: bool,
    pub completed_by: Option<Uuid>,
}

fn created() -> Value {
    at("2026-01-01T00:00:00Z").into()
}

fn order(due: Option<Timestamp>) -> Timestamp {
    due.unwrap_or_else(|| Utc.with_ymd_and_hms(9999, 12, 31, 0, 0, 0).unwrap())
}

impl Tenant {
    /// The n-th tenant with its rows.
    pub async fn create(database: &TestDatabase, n: u128) -> Self {
        let base = n << 32;
        let new = |k: u128| id(base + k);
        let tenant = Self {
            base,
            organization: new(1),
            user: new(2),
            role: new(3),
            workflow: new(4),
            version: new(5),
            task: new(6),
            approval: new(7),
        };
        let row = vec![
            ("id", tenant.organization.into()),
            ("name", "Acme".into()),
            ("slug", format!("acme-{n}").into()),
            ("created_at", created()),
            ("updated_at", created()),
        ];
        database.insert("organizations", row).await;
        tenant.member(database, tenant.user, "Mona", &format!("mona@acme-{n}.example")).await;
        tenant.add_role(database, tenant.role, "Clerk").await;
        tenant.add_workflow(database).await;
        tenant
    }

    /// The n-th id of the tenant's; those below 100 are taken.
    pub const fn id(&self, n: u128) -> Uuid {
        id(self.base + n)
    }

    pub async fn member(&self, database: &TestDatabase, user: Uuid, name: &str, email: &str) {
        let row = vec![
            ("id", user.into()),
            ("email", email.into()),
            ("name", name.into()),
            ("created_at", created()),
            ("updated_at", created()),
        ];
        database.insert("users", row).await;
        let row =
            vec![("organization_id", self.organization.into()), ("user_id", user.into()), ("created_at", created())];
        database.insert("memberships", row).await;
    }

    pub async fn add_role(&self, database: &TestDatabase, role: Uuid, name: &str) {
        let row = vec![
            ("id", role.into()),
            ("organization_id", self.organization.into()),
            ("name", name.into()),
            ("created_at", created()),
            ("updated_at", created()),
        ];
        database.insert("roles", row).await;
    }

    async fn add_workflow(&self, database: &TestDatabase) {
        let row = vec![
            ("id", self.workflow.into()),
            ("organization_id", self.organization.into()),
            ("name", "Permit".into()),
            ("status", "ACTIVE".into()),
            ("created_at", created()),
            ("updated_at", created()),
        ];
        database.insert("workflows", row).await;
        let row = vec![
            ("id", self.version.into()),
            ("organization_id", self.organization.into()),
            ("workflow_id", self.workflow.into()),
            ("number", 1i32.into()),
            ("status", "PUBLISHED".into()),
            ("names", r#"{"roles":{},"users":{}}"#.into()),
            ("sla", r#"{"dueIn":"P2D"}"#.into()),
            ("published_at", created()),
            ("created_at", created()),
            ("updated_at", created()),
        ];
        database.insert("workflow_versions", row).await;
        for (step, key, kind) in [(self.task, "zz-work", "TASK"), (self.approval, "decide", "APPROVAL")] {
            let row = vec![
                ("id", step.into()),
                ("organization_id", self.organization.into()),
                ("workflow_version_id", self.version.into()),
                ("key", key.into()),
                ("name", key.into()),
                ("kind", kind.into()),
                ("join_kind", "ANY".into()),
                ("split_kind", "ONE".into()),
                ("config", r#"{"candidate":{"role":"Clerk"}}"#.into()),
                ("position", 7i32.into()),
                ("created_at", created()),
            ];
            database.insert("workflow_steps", row).await;
        }
        for (ordinal, from, to) in [(1i32, self.approval, self.task), (0, self.task, self.approval)] {
            let row = vec![
                ("id", self.id(10 + u128::from(ordinal.unsigned_abs())).into()),
                ("organization_id", self.organization.into()),
                ("workflow_version_id", self.version.into()),
                ("ordinal", ordinal.into()),
                ("from_step_id", from.into()),
                ("to_step_id", to.into()),
                ("created_at", created()),
            ];
            database.insert("step_transitions", row).await;
        }
    }

    pub async fn request(&self, database: &TestDatabase, new: RequestRow) {
        let row = vec![
            ("id", new.id.into()),
            ("organization_id", self.organization.into()),
            ("workflow_id", self.workflow.into()),
            ("workflow_version_id", self.version.into()),
            ("requester_id", new.requester.into()),
            ("title", "A garage".into()),
            ("reference", new.reference.into()),
            ("status", new.status.into()),
            ("priority", "NORMAL".into()),
            ("due_at", new.due.into()),
            ("due_order", order(new.due).into()),
            ("variables", r#"{"area":12.50}"#.into()),
            ("state", "{}".into()),
            ("version", 3i64.into()),
            ("audit_hash", vec![7u8; 32].into()),
            ("created_at", created()),
            ("updated_at", created()),
        ];
        database.insert("workflow_requests", row).await;
    }

    pub async fn step(&self, database: &TestDatabase, new: StepRow) {
        let status = if new.completed_by.is_some() { "COMPLETED" } else { "ACTIVE" };
        let row = vec![
            ("request_id", new.request.into()),
            ("id", new.id.into()),
            ("organization_id", self.organization.into()),
            ("workflow_step_id", if new.approval { self.approval } else { self.task }.into()),
            ("step_key", "work".into()),
            ("status", status.into()),
            ("is_human", true.into()),
            ("attempt", 1i32.into()),
            ("required_role_id", new.role.into()),
            ("assignee_id", new.assignee.into()),
            ("claimed_by", new.claimed_by.into()),
            ("completed_by", new.completed_by.into()),
            ("deadline", new.due.into()),
            ("due_order", order(new.due).into()),
            ("created_at", created()),
        ];
        database.insert("request_steps", row).await;
    }

    pub async fn exclude(&self, database: &TestDatabase, request: Uuid, step: Uuid, user: Uuid) {
        let row = vec![
            ("request_id", request.into()),
            ("step_id", step.into()),
            ("user_id", user.into()),
            ("organization_id", self.organization.into()),
        ];
        database.insert("request_step_exclusions", row).await;
    }

    /// A journal record with made-up content.
    pub async fn record(&self, database: &TestDatabase, request: Uuid, seq: i64, id: Uuid, at: Timestamp) {
        let mut row = self.audit_row(seq, id, at);
        row.push(("request_id", request.into()));
        row.push(("request_step_id", self.task.into()));
        database.insert("audit_logs", row).await;
    }

    /// A record of the organization's administration with made-up content.
    pub async fn denial(&self, database: &TestDatabase, request: Uuid, seq: i64, id: Uuid, at: Timestamp) {
        let mut row = self.audit_row(seq, id, at);
        row.push(("subject_type", "request".into()));
        row.push(("subject_id", request.into()));
        database.insert("organization_audit_logs", row).await;
    }

    fn audit_row(&self, seq: i64, id: Uuid, at: Timestamp) -> Vec<(&'static str, Value)> {
        vec![
            ("seq", seq.into()),
            ("organization_id", self.organization.into()),
            ("id", id.into()),
            ("event", "STEP_CLAIMED".into()),
            ("actor_id", self.user.into()),
            ("payload", "{}".into()),
            ("occurred_at", at.into()),
            ("prev_hash", vec![1u8; 32].into()),
            ("hash", vec![2u8; 32].into()),
        ]
    }

    pub fn scope(&self) -> Scope {
        Scope::system(OrganizationId::from_uuid(self.organization))
    }

    pub fn request_scope(&self) -> RequestScope {
        RequestScope::system(OrganizationId::from_uuid(self.organization))
    }

    /// Somebody of the tenant, as the authorizer would let them in.
    pub fn permit(&self, user: Uuid, roles: &[Uuid]) -> Permit<Member> {
        authorizer().member(&self.call(user, roles))
    }

    /// The requests that somebody without further permissions sees.
    pub async fn involved(&self, user: Uuid, roles: &[Uuid]) -> RequestScope {
        authorizer().request_scope(&self.call(user, roles)).await.unwrap()
    }

    fn call(&self, user: Uuid, roles: &[Uuid]) -> Call {
        let roles: BTreeSet<RoleId> = roles.iter().copied().map(RoleId::from_uuid).collect();
        let organization = OrganizationId::from_uuid(self.organization);
        let principal = Principal {
            user: UserId::from_uuid(user),
            organization,
            rights: Rights::from(Held { roles, permissions: BuiltInRole::User.permissions().into_iter().collect() }),
            delegators: Vec::new(),
        };
        Call { principal, origin: Origin::default() }
    }
}

/// On an empty store: nobody has any permission.
fn authorizer() -> Authorizer {
    let ports = ports(&Arc::new(MemoryStore::default()), &Arc::new(ManualClock::default()));
    Authorizer::new(ports.policy.clone(), ports.administration.clone(), ports.clock.clone(), ports.ids.clone())
}
