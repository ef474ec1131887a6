//! The building-permit workflow.

use anyhow::{Context, Result};
use nexusflow_domain::workflow::WorkflowDocument;

pub(super) const NAME: &str = "Building permit";
pub(super) const DESCRIPTION: &str =
    "From the application to the permit: intake, reviews (in parallel for large projects), hearing, decision.";

const DOCUMENT: &str = include_str!("building_permit.json");

/// The document, as it is published.
pub(super) fn document() -> Result<WorkflowDocument> {
    serde_json::from_str(DOCUMENT).context("the demo's workflow")
}

#[cfg(test)]
mod tests {

    use nexusflow_domain::ids::RoleId;
    use nexusflow_domain::workflow::{Directory, Holders, RoleFacts, compile};
    use uuid::Uuid;

    use super::*;
    use crate::demo::cast::ROLES;

    #[test]
    fn the_workflow_is_valid_with_the_municipalitys_roles() {
        let facts = |n| RoleFacts { id: RoleId::from_uuid(Uuid::from_u128(n)), holders: Holders::Somebody };
        let roles = (1..).zip(ROLES).map(|(n, role)| (role.name.to_owned(), facts(n))).collect();
        let problems = compile(&document().unwrap(), &Directory { roles, ..Directory::default() }).err();
        assert_eq!(problems, None);
    }
}
