use nexusflow_domain::identity::SessionEnd;
use nexusflow_domain::ids::UserId;
use serde_json::json;

use crate::access::{Member, Need, Permit, Scope, actions};
use crate::administration::{AdministrationCommit, Change, NewAuditEntry};
use crate::identity::members::TO_MANAGE_USERS;
use crate::identity::{IdentityService, User};
use crate::{Call, Refused, Result};

impl IdentityService {
    /// Ends somebody's membership: he holds no role any more, delegations end, and what he had claimed is open to
    /// others again. His name stays where he acted; an invitation brings him back. The caller must hold whatever
    /// the member does, and the last owner stays.
    #[tracing::instrument(skip_all)]
    pub async fn remove_member(&self, call: &Call, user: UserId) -> Result<()> {
        let permit = self.authorizer.require::<actions::ManageUser>(call).await?;
        let found = self.colleague(&permit.scope(), user).await?;
        if user == call.principal.user {
            let message = "nobody removes himself; leave the organization instead".to_owned();
            return Err(Refused::WrongState { message, state: "ACTIVE".to_owned() }.into());
        }
        let (changes, entry) = self.removal(call, &found, "MEMBER_REMOVED");
        let commit = AdministrationCommit::of_users(&permit, changes, vec![entry]);
        let needs = [TO_MANAGE_USERS, Need::Member(user, None)];
        self.authorizer.commit_if_held(call, &needs, Some(("user", user.uuid())), commit).await?;
        self.release_claims(call).await;
        Ok(())
    }

    /// Ends the caller's own membership; the last owner stays.
    #[tracing::instrument(skip_all)]
    pub async fn leave_organization(&self, call: &Call) -> Result<()> {
        let permit: Permit<Member> = self.authorizer.member(call);
        let found = self.colleague(&permit.scope(), call.principal.user).await?;
        let (changes, entry) = self.removal(call, &found, "MEMBER_LEFT");
        self.registrar.commit(AdministrationCommit::of_own_account(&permit, changes, vec![entry])).await?;
        self.authorizer.changed(call.principal.organization).await;
        self.release_claims(call).await;
        Ok(())
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

    /// Gives back what those had claimed who are no active members any more. It is tried again hourly.
    pub(super) async fn release_claims(&self, call: &Call) {
        if let Err(error) = self.requests.release_abandoned(Some(call.principal.organization)).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "claims of a past member were not given back");
        }
    }

    async fn colleague(&self, scope: &Scope, user: UserId) -> Result<User> {
        let found = self.reader.users(scope, &[user]).await?.pop();
        found.ok_or_else(|| Refused::NotFound { kind: "user", id: user.to_string() }.into())
    }
}
