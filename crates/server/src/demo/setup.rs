//! The organization, its roles, people and workflow: whatever of them is missing.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use nexusflow_application::access::NewRole;
use nexusflow_application::identity::{NewMember, NewOrganization, UserFilter};
use nexusflow_application::workflow::{NewWorkflow, WorkflowFilter};
use nexusflow_application::{Application, Call, PageRequest};
use nexusflow_domain::ids::{RoleId, WorkflowId};

use crate::demo::building_permit;
use crate::demo::cast::{ADMIN, ORGANIZATION, PASSWORD, PEOPLE, Person, ROLES, SLUG};

/// More than the demo has of anything.
const ALL: PageRequest = PageRequest::first(100);

/// Creates the organization with its administrator.
pub(super) async fn found(application: &Application) -> Result<()> {
    let new = NewOrganization { name: ORGANIZATION.to_owned(), slug: SLUG.to_owned(), admin: member(&ADMIN, &[]) };
    application.identity.create_organization(new).await.context("the demo's organization was not created")?;
    Ok(())
}

/// Makes what is missing of roles and people.
pub(super) async fn staff(application: &Application, admin: &Call) -> Result<()> {
    let existing = application.access.list_roles(admin, &ALL).await?.into_nodes();
    let mut roles: BTreeMap<String, RoleId> = existing.into_iter().map(|role| (role.name, role.id)).collect();
    for role in ROLES.iter().filter(|role| !roles.contains_key(role.name)).collect::<Vec<_>>() {
        let new = NewRole {
            name: role.name.to_owned(),
            description: role.description.to_owned(),
            permissions: role.permissions.to_vec(),
        };
        let id = application.access.create_role(admin, new, None).await?;
        roles.insert(role.name.to_owned(), id);
    }
    let users = application.identity.list_users(admin, &UserFilter::default(), &ALL).await?.into_nodes();
    for person in PEOPLE.iter().filter(|person| !users.iter().any(|user| user.email.as_str() == person.email)) {
        let held: Vec<RoleId> = person.roles.iter().filter_map(|role| roles.get(*role).copied()).collect();
        let created = application.identity.create_user(admin, member(person, &held), None).await;
        created.with_context(|| format!("the user {} was not created", person.name))?;
    }
    Ok(())
}

/// The published workflow.
pub(super) async fn workflow(application: &Application, admin: &Call) -> Result<WorkflowId> {
    let workflows = application.workflows.list(admin, &WorkflowFilter::default(), &ALL).await?.into_nodes();
    let existing = workflows.into_iter().find(|workflow| workflow.name == building_permit::NAME);
    if let Some(active) = existing.as_ref().filter(|workflow| workflow.active_version.is_some()) {
        return Ok(active.id);
    }
    let id = if let Some(draft) = existing {
        draft.id
    } else {
        let new = NewWorkflow {
            name: building_permit::NAME.to_owned(),
            description: building_permit::DESCRIPTION.to_owned(),
            document: Some(building_permit::document()?),
        };
        application.workflows.create(admin, new, None).await?
    };
    if let Err(error) = application.workflows.publish(admin, id, None, true, None).await {
        bail!("the demo's workflow was not published: {error:?}");
    }
    Ok(id)
}

fn member(person: &Person, roles: &[RoleId]) -> NewMember {
    NewMember {
        email: person.email.to_owned(),
        name: person.name.to_owned(),
        password: PASSWORD.to_owned(),
        roles: roles.to_vec(),
    }
}
