use std::sync::Arc;

use casbin::{CoreApi, DefaultModel, Enforcer, MgmtApi};
use moka::sync::Cache;
use nexusflow_application::StoreError;
use nexusflow_application::access::PolicySnapshot;
use nexusflow_domain::access::Permission;
use nexusflow_domain::ids::{OrganizationId, UserId, WorkflowId};

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
    answers: Cache<(UserId, Permission, Option<WorkflowId>), bool>,
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

    /// Whether one of the roles that the person holds, everywhere or in the workflow, is granted the permission.
    pub(crate) fn allows(
        &self,
        user: UserId,
        permission: Permission,
        workflow: Option<WorkflowId>,
    ) -> Result<bool, StoreError> {
        // Where nothing more is held, the answer is that of everywhere, and one place in memory is enough.
        let held = self.snapshot.members.get(&user);
        let workflow = workflow.filter(|workflow| held.is_some_and(|held| held.within.contains_key(workflow)));
        let key = (user, permission, workflow);
        if let Some(answer) = self.answers.get(&key) {
            return Ok(answer);
        }
        let question = strings::question(self.organization, user, permission, workflow);
        let answer = self.enforcer.enforce(question).map_err(|error| StoreError::Failed(Box::new(error)))?;
        self.answers.insert(key, answer);
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
