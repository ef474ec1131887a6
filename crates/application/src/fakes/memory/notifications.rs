use async_trait::async_trait;

use crate::access::{Member, Permit};
use crate::fakes::MemoryStore;
use crate::fakes::memory::paging::{by_id, page};
use crate::request::{Notification, NotificationReader};
use crate::{Page, PageRequest, StoreError};

#[async_trait]
impl NotificationReader for MemoryStore {
    async fn notifications(
        &self,
        permit: &Permit<Member>,
        request: &PageRequest,
    ) -> Result<Page<Notification>, StoreError> {
        let world = self.world().await?;
        let principal = permit.principal();
        let to_them = |notification: &&Notification| {
            notification.user == Some(principal.user)
                || notification.role.is_some_and(|role| {
                    let request = notification.request.and_then(|request| world.requests.get(&request));
                    principal.rights.at(request.map(|row| row.state.workflow)).roles.contains(&role)
                })
        };
        let of_tenant = world.notifications.values().filter(|(tenant, _)| *tenant == principal.organization);
        let rows = of_tenant.map(|(_, notification)| notification).filter(to_them).cloned();
        Ok(page(rows, true, request, |notification| by_id(notification.id.uuid())))
    }
}
