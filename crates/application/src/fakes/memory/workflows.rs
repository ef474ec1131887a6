use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use nexusflow_domain::ids::{WorkflowId, WorkflowVersionId};
use nexusflow_domain::workflow::{Directory, Holders, RoleFacts};

use crate::access::{RoleMapping, Scope, WorkflowScope};
use crate::fakes::MemoryStore;
use crate::fakes::memory::paging::{by_id, page};
use crate::workflow::{Workflow, WorkflowFilter, WorkflowReader, WorkflowVersion};
use crate::{Page, PageRequest, StoreError};

#[async_trait]
impl WorkflowReader for MemoryStore {
    async fn workflows(&self, scope: &Scope, ids: &[WorkflowId]) -> Result<Vec<Workflow>, StoreError> {
        let world = self.world().await?;
        let ids: BTreeSet<_> = ids.iter().collect();
        Ok(ids.into_iter().filter_map(|&id| world.workflow(scope.organization(), id)).cloned().collect())
    }

    async fn list_workflows(
        &self,
        scope: &WorkflowScope,
        filter: &WorkflowFilter,
        request: &PageRequest,
    ) -> Result<Page<Workflow>, StoreError> {
        let world = self.world().await?;
        let search = filter.search.as_ref().map(|text| text.to_lowercase());
        let fits = |workflow: &&Workflow| {
            workflow.organization == scope.organization()
                && scope.reach().covers(Some(workflow.id))
                && workflow.deleted_at.is_none()
                && (filter.statuses.is_empty() || filter.statuses.contains(&workflow.status))
                && search.as_ref().is_none_or(|text| workflow.name.to_lowercase().contains(text))
        };
        let workflows = world.workflows.values().filter(fits).cloned();
        Ok(page(workflows, false, request, |workflow| by_id(workflow.id.uuid())))
    }

    async fn versions(&self, scope: &Scope, ids: &[WorkflowVersionId]) -> Result<Vec<WorkflowVersion>, StoreError> {
        let world = self.world().await?;
        let ids: BTreeSet<_> = ids.iter().collect();
        let rows = ids.into_iter().filter_map(|id| world.versions.get(id));
        Ok(rows.filter(|row| row.organization == scope.organization()).map(|row| row.version.clone()).collect())
    }

    async fn versions_of(
        &self,
        scope: &Scope,
        workflows: &[WorkflowId],
        limit: u32,
    ) -> Result<Vec<WorkflowVersion>, StoreError> {
        let world = self.world().await?;
        let of_tenant = world.versions.values().filter(|row| row.organization == scope.organization());
        let mut newest: BTreeMap<(WorkflowId, Reverse<u32>), WorkflowVersion> = of_tenant
            .map(|row| &row.version)
            .filter(|version| workflows.contains(&version.workflow))
            .map(|version| ((version.workflow, Reverse(version.number)), version.clone()))
            .collect();
        let mut places: BTreeMap<WorkflowId, u32> = BTreeMap::new();
        newest.retain(|(workflow, _), _| {
            let place = places.entry(*workflow).or_default();
            *place += 1;
            *place <= limit
        });
        Ok(newest.into_values().collect())
    }

    async fn published_version(
        &self,
        scope: &Scope,
        workflow: WorkflowId,
        number: u32,
    ) -> Result<Option<WorkflowVersionId>, StoreError> {
        let world = self.world().await?;
        let mut of_tenant = world.versions.values().filter(|row| row.organization == scope.organization());
        let found = of_tenant.find(|row| row.version.workflow == workflow && row.version.number == number);
        Ok(found.filter(|row| row.version.published_at.is_some()).map(|row| row.version.id))
    }

    async fn directory(&self, scope: &Scope, workflow: Option<WorkflowId>) -> Result<Directory, StoreError> {
        let world = self.world().await?;
        let tenant = scope.organization();
        let holders = |role| {
            let counts = |mapping: &&RoleMapping| {
                mapping.role == role && mapping.workflow.is_none_or(|only| Some(only) == workflow)
            };
            let held = world.mappings(tenant).filter(counts).map(|mapping| mapping.user);
            let active = held.filter(|user| world.is_active_member(tenant, *user));
            Holders::Known(active.collect())
        };
        let roles = world.roles.values().filter(|role| role.organization == tenant);
        let roles = roles.map(|role| (role.name.clone(), RoleFacts { id: role.id, holders: holders(role.id) }));
        let members = world.memberships.keys().filter(|(organization, _)| *organization == tenant);
        let active = members.filter(|(_, user)| world.is_active_member(tenant, *user));
        let users = active.filter_map(|(_, user)| world.users.get(user));
        let users = users.map(|row| (row.user.email.to_string(), row.user.id));
        let workflows = world.workflows.values().filter(|row| row.organization == tenant && row.deleted_at.is_none());
        let workflows = workflows.map(|row| (row.name.clone(), row.id)).collect();
        Ok(Directory { roles: roles.collect(), users: users.collect(), workflows })
    }
}
