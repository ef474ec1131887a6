//! The demo's people, signed in.

use anyhow::{Context, Result};
use nexusflow_application::{Application, Call};
use nexusflow_domain::ids::{RoleId, UserId};
use nexusflow_domain::insight::Origin;

use crate::demo::cast::{ADMIN, PASSWORD, PEOPLE, Person, SLUG};

/// Everybody, ready to act.
pub(super) struct Folk {
    pub admin: Call,
    /// In the order of [`PEOPLE`].
    people: Vec<Call>,
}

impl Folk {
    /// Signs everybody in.
    pub async fn sign_in(application: &Application) -> Result<Self> {
        let admin = sign_in(application, &ADMIN).await?;
        let mut people = Vec::with_capacity(PEOPLE.len());
        for person in PEOPLE {
            people.push(sign_in(application, person).await?);
        }
        Ok(Self { admin, people })
    }

    /// Those without a role of the municipality.
    pub fn applicants(&self) -> Vec<&Call> {
        self.people.iter().zip(PEOPLE).filter(|(_, person)| person.roles.is_empty()).map(|(call, _)| call).collect()
    }

    /// Those who work there.
    pub fn staff(&self) -> Vec<&Call> {
        self.people.iter().zip(PEOPLE).filter(|(_, person)| !person.roles.is_empty()).map(|(call, _)| call).collect()
    }

    /// One person.
    pub fn person(&self, user: UserId) -> Option<&Call> {
        self.people.iter().find(|call| call.principal.user == user)
    }

    /// Who holds a role.
    pub fn holders(&self, role: RoleId) -> Vec<&Call> {
        self.people.iter().filter(|call| call.principal.rights.everywhere.roles.contains(&role)).collect()
    }
}

/// Signs one person in.
pub(super) async fn sign_in(application: &Application, person: &Person) -> Result<Call> {
    let origin = Origin { user_agent: Some("nexusflow demo".to_owned()), ..Origin::default() };
    let signed_in = application.identity.sign_in(person.email, PASSWORD.to_owned(), Some(SLUG), &origin).await;
    let signed_in = signed_in.with_context(|| format!("{} cannot sign in", person.name))?;
    Ok(application.identity.authenticate(signed_in.token.reveal(), origin).await?)
}
