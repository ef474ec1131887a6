use std::sync::Arc;

use casbin::{CoreApi, DefaultModel, Enforcer, MgmtApi};
use moka::sync::Cache;
use nexusflow_application::StoreError;
use nexusflow_application::access::PolicySnapshot;
use nexusflow_domain::access::Permission;
use nexusflow_domain::ids::{OrganizationId, UserId};

use crate::strings;

const MODEL: &str = include_str!("model.conf");
/// The most answers remembered per organization, some 100 bytes each.
const MAX_ANSWERS: u64 = 20_000;

/// One organization's mappings with the enforcer built from them. Never changes.
pub(crate) struct CompiledPolicy {
    organization: OrganizationId,
    snapshot: Arc<PolicySnapshot>,
    enforcer: Enforcer,
    /// Casbin walks all rows for each question. The rows here never change, so an answer stays right.
    answers: Cache<(UserId, Permission), bool>,
}

impl CompiledPolicy {
    /// Builds the enforcer. Fails only if Casbin refuses the model or a row.
    pub(crate) async fn build(organization: OrganizationId, snapshot: PolicySnapshot) -> Result<Self, StoreError> {
        let enforcer = enforcer(organization, &snapshot).await.map_err(|error| StoreError::Failed(Box::new(error)))?;
        Ok(Self { organization, snapshot: Arc::new(snapshot), enforcer, answers: Cache::new(MAX_ANSWERS) })
    }

    /// The mappings.
    pub(crate) fn snapshot(&self) -> &Arc<PolicySnapshot> {
        &self.snapshot
    }

    /// Whether one of the person's roles is granted the permission.
    pub(crate) fn allows(&self, user: UserId, permission: Permission) -> Result<bool, StoreError> {
        if let Some(answer) = self.answers.get(&(user, permission)) {
            return Ok(answer);
        }
        let question = strings::question(self.organization, user, permission);
        let answer = self.enforcer.enforce(question).map_err(|error| StoreError::Failed(Box::new(error)))?;
        self.answers.insert((user, permission), answer);
        Ok(answer)
    }
}

async fn enforcer(organization: OrganizationId, snapshot: &PolicySnapshot) -> casbin::Result<Enforcer> {
    let model = DefaultModel::from_str(MODEL).await?;
    // No adapter: the rows come from the snapshot, and nothing is ever written back.
    let mut enforcer = Enforcer::new(model, ()).await?;
    enforcer.add_policies(strings::policies(organization, snapshot)).await?;
    enforcer.add_grouping_policies(strings::groupings(organization, snapshot)).await?;
    Ok(enforcer)
}
