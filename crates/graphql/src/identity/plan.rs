use async_graphql::SimpleObject;
use nexusflow_application::identity;

use crate::scalar::int;

/// What organizations may have: only ever numbers, never what they can do.
#[derive(Debug, Clone, SimpleObject)]
pub struct Plan {
    /// Stable, such as `TEAM`.
    code: String,
    /// For people.
    name: String,
    /// The most active members; null without a limit.
    members: Option<i32>,
}

impl From<identity::Plan> for Plan {
    fn from(plan: identity::Plan) -> Self {
        Self { code: plan.code, name: plan.name, members: plan.members.map(int) }
    }
}
