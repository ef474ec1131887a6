use nexusflow_domain::access::Permission;
use nexusflow_domain::identity::SessionEnd;
use nexusflow_domain::ids::UserId;
use serde_json::json;

use crate::access::{Member, Permit, Scope, actions};
use crate::administration::{AdministrationCommit, Change, NewAuditEntry};
use crate::identity::{IdentityService, User};
use crate::{Call, Refused, Result};

impl IdentityService {
    /// Ends somebody's membership: he holds no role any more, delegations end, and what he had claimed is open to
    /// others again. His name stays where he acted; an invitation brings him back.
    #[tracing::instrument(skip_all)]
    pub async fn remove_member(&self, call: &Call, user: UserId) -> Result<()> {
        let permit = self.authorizer.require::<actions::ManageUser>(call).await?;
        let found = self.colleague(&permit.scope(), user).await?;
        if user == call.principal.user {
            let message = "nobody removes himself; leave the organization instead".to_owned();
            return Err(Refused::WrongState { message, state: "ACTIVE".to_owned() }.into());
        }
        self.require_successor(call, user).await?;
        let (changes, entry) = self.removal(call, &found, "MEMBER_REMOVED");
        self.depart(call, AdministrationCommit::of_users(&permit, changes, vec![entry])).await
    }

    /// Ends the caller's own membership.
    #[tracing::instrument(skip_all)]
    pub async fn leave_organization(&self, call: &Call) -> Result<()> {
        let permit: Permit<Member> = self.authorizer.member(call);
        let found = self.colleague(&permit.scope(), call.principal.user).await?;
        self.require_successor(call, found.id).await?;
        let (changes, entry) = self.removal(call, &found, "MEMBER_LEFT");
        self.depart(call, AdministrationCommit::of_own_account(&permit, changes, vec![entry])).await
    }

    fn removal(&self, call: &Call, user: &User, event: &'static str) -> (Vec<Change>, NewAuditEntry) {
        let at = self.registrar.now();
        let before = json!({ "email": user.email, "name": user.name });
        let entry = self.registrar.entry(call, event, Some(("user", user.id.uuid()))).changing(Some(before), None);
        let changes = vec![
            Change::RemoveMember { user: user.id, by: call.principal.user, at },
            Change::RevokeSessionsOf { user: user.id, end: SessionEnd::MemberRemoved, at },
        ];
        (changes, entry)
    }

    async fn depart(&self, call: &Call, commit: AdministrationCommit) -> Result<()> {
        self.registrar.commit(commit).await?;
        self.authorizer.changed(call.principal.organization).await;
        self.release_claims(call).await;
        Ok(())
    }

    /// Gives back what those had claimed who are no active members any more. It is tried again hourly.
    pub(super) async fn release_claims(&self, call: &Call) {
        if let Err(error) = self.requests.release_abandoned(Some(call.principal.organization)).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "claims of a past member were not given back");
        }
    }

    /// Refused when nobody would be left who can manage roles, and so nobody who could ever put that right.
    async fn require_successor(&self, call: &Call, user: UserId) -> Result<()> {
        let snapshot = self.authorizer.fresh_snapshot(call.principal.organization).await?;
        let manages = |&&member: &&UserId| snapshot.permissions_of(member).contains(&Permission::ManageRole);
        if snapshot.members.keys().filter(manages).any(|&member| member != user) {
            return Ok(());
        }
        let message = "nobody would be left who can manage roles; give somebody else such a role before".to_owned();
        Err(Refused::WrongState { message, state: "LAST_OWNER".to_owned() }.into())
    }

    async fn colleague(&self, scope: &Scope, user: UserId) -> Result<User> {
        let found = self.reader.users(scope, &[user]).await?.pop();
        found.ok_or_else(|| Refused::NotFound { kind: "user", id: user.to_string() }.into())
    }
}
