//! Who works at the municipality. Names are made up.

use nexusflow_domain::access::{BuiltInRole, Permission};

pub(super) const ORGANIZATION: &str = "Municipality of Rivermouth";
pub(super) const SLUG: &str = "rivermouth";
/// Everybody's password. A demo's database holds nothing worth protecting, and its users must know it.
pub(super) const PASSWORD: &str = "rivermouth-demo";

pub(super) const CLERK: &str = "Clerk";
pub(super) const INSPECTOR: &str = "Building Inspector";
pub(super) const FIRE_OFFICER: &str = "Fire Safety Officer";
pub(super) const PLANNER: &str = "Planner";
pub(super) const HEAD: &str = "Head of Permits";
pub(super) const DEPUTY: &str = "Deputy Head of Permits";

/// A role of the municipality.
pub(super) struct Role {
    pub name: &'static str,
    pub description: &'static str,
    pub permissions: &'static [Permission],
}

/// The roles, besides the built-in ones.
pub(super) const ROLES: &[Role] = &[
    Role {
        name: CLERK,
        description: "Receives applications and issues permits",
        permissions: &[Permission::CompleteTask, Permission::ViewRequest],
    },
    Role {
        name: INSPECTOR,
        description: "Checks structure and building code",
        permissions: &[Permission::CompleteTask],
    },
    Role { name: FIRE_OFFICER, description: "Checks fire safety", permissions: &[Permission::CompleteTask] },
    Role { name: PLANNER, description: "Checks zoning and hears neighbours", permissions: &[Permission::CompleteTask] },
    Role {
        name: HEAD,
        description: "Decides on permits",
        permissions: &[Permission::ApproveRequest, Permission::ViewRequest, Permission::ManageRequest],
    },
    Role {
        name: DEPUTY,
        description: "Decides on permits that have waited too long",
        permissions: &[Permission::ApproveRequest, Permission::ViewRequest],
    },
];

/// Somebody with an account.
pub(super) struct Person {
    pub name: &'static str,
    pub email: &'static str,
    /// Roles held besides User.
    pub roles: &'static [&'static str],
}

/// The administrator, who is made with the organization.
pub(super) const ADMIN: Person =
    Person { name: "Clara Fontaine", email: "clara.fontaine@rivermouth.example", roles: &[] };

/// Everybody else. Those without a role of the municipality are applicants.
pub(super) const PEOPLE: &[Person] = &[
    Person { name: "Marta Lindqvist", email: "marta.lindqvist@rivermouth.example", roles: &[CLERK] },
    Person { name: "Tomas Okafor", email: "tomas.okafor@rivermouth.example", roles: &[CLERK] },
    Person { name: "Henrik Sato", email: "henrik.sato@rivermouth.example", roles: &[INSPECTOR] },
    Person { name: "Aisha Petrov", email: "aisha.petrov@rivermouth.example", roles: &[INSPECTOR, FIRE_OFFICER] },
    Person { name: "Leo Marchetti", email: "leo.marchetti@rivermouth.example", roles: &[FIRE_OFFICER] },
    Person { name: "Priya Kowalski", email: "priya.kowalski@rivermouth.example", roles: &[PLANNER] },
    Person { name: "Samuel Osei", email: "samuel.osei@rivermouth.example", roles: &[PLANNER, CLERK] },
    Person {
        name: "Ingrid Vasquez",
        email: "ingrid.vasquez@rivermouth.example",
        roles: &[HEAD, BuiltInRole::Manager.name()],
    },
    Person { name: "Daniel Moreau", email: "daniel.moreau@rivermouth.example", roles: &[DEPUTY] },
    Person { name: "Rosa Whitfield", email: "rosa.whitfield@applicants.example", roles: &[] },
    Person { name: "Karim Jansen", email: "karim.jansen@applicants.example", roles: &[] },
    Person { name: "Yuki Delacroix", email: "yuki.delacroix@applicants.example", roles: &[] },
];

/// Whom the demo suggests to sign in as: of two roles, so that something waits.
pub(super) const EXAMPLE: &Person = &PEOPLE[3];
