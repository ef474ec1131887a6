use std::io;

use anyhow::{Context, anyhow, bail};
use nexusflow_application::identity::{NewMember, NewOrganization};
use nexusflow_application::{Error, Refused};

use super::arguments::{CreateArgs, OrganizationCommand};
use crate::compose::{Parts, compose};
use crate::output;

const PASSWORD: &str = "NEXUSFLOW_ADMIN_PASSWORD";

pub(super) async fn run(command: OrganizationCommand) -> anyhow::Result<()> {
    match command {
        OrganizationCommand::Create(args) => create(args).await,
    }
}

async fn create(args: CreateArgs) -> anyhow::Result<()> {
    let password = password()?;
    let services = compose(&args.common.settings()?, Parts::default()).await?;
    let admin = NewMember { email: args.admin_email, name: args.admin_name, password, roles: Vec::new() };
    let new = NewOrganization { name: args.name, slug: args.slug, admin };
    let created = services.application.identity.create_organization(new).await.map_err(described);
    services.close().await;
    let (organization, admin) = created?;
    output::line(format!("organization {} ({})", organization.id, organization.slug))?;
    output::line(format!("administrator {admin}"))?;
    Ok(())
}

/// From the environment, else the first line of standard input: never an argument, which other users
/// of the machine could see.
fn password() -> anyhow::Result<String> {
    if let Some(password) = std::env::var_os(PASSWORD) {
        return password.into_string().map_err(|_| anyhow!("{PASSWORD} is not valid UTF-8"));
    }
    let mut line = String::new();
    io::stdin().read_line(&mut line).with_context(|| format!("{PASSWORD} is not set, and standard input has none"))?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        bail!("no password for the administrator: set {PASSWORD}, or give it on standard input");
    }
    Ok(password.to_owned())
}

/// A refusal with every field that is not as expected.
fn described(error: Error) -> anyhow::Error {
    match error.refused() {
        Some(Refused::InvalidInput(problems)) => {
            let problems: Vec<String> = problems.iter().map(|p| format!("{}: {}", p.path, p.message)).collect();
            anyhow!("the organization was not created: {}", problems.join("; "))
        }
        _ => anyhow::Error::new(error).context("the organization was not created"),
    }
}
