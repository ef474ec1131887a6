//! Serving the demo's database, on real time.

use std::sync::Arc;

use anyhow::Result;
use nexusflow_application::platform::Mailer;
use nexusflow_domain::access::BuiltInRole;
use tokio::net::TcpListener;

use crate::compose::{Parts, compose};
use crate::demo::cast::{ADMIN, EXAMPLE, PASSWORD, PEOPLE, Person, SLUG};
use crate::demo::mail::PrintingMailer;
use crate::http::Server;
use crate::settings::Settings;
use crate::worker::Workers;
use crate::{output, shutdown};

/// Serves until told to stop.
pub(super) async fn serve(listener: TcpListener, settings: &Settings) -> Result<()> {
    let mailer: Option<Arc<dyn Mailer>> = Some(Arc::new(PrintingMailer));
    let services = compose(settings, Parts { mailer, ..Parts::default() }).await?;
    let stopping = shutdown::on_signal()?;
    let workers = Workers::start(&services.application, Some(&settings.worker), stopping.clone());
    let server = Server::start(listener, &services, &settings.http, stopping.clone())?;
    output::line(welcome(server.address()))?;
    stopping.cancelled().await;
    server.stop().await;
    workers.stop().await;
    services.close().await;
    Ok(())
}

fn welcome(address: std::net::SocketAddr) -> String {
    let people: Vec<String> = [&ADMIN].into_iter().chain(PEOPLE).map(introduced).collect();
    let warning =
        if address.ip().is_loopback() { "" } else { "\nWarning: whoever reaches this address can sign in.\n" };
    format!(
        "
Serving GraphiQL at http://{address}/ (the API is at /graphql). Ctrl-C stops.
{warning}
Everybody's password is {PASSWORD}:
{people}

Sign in:
  mutation {{ signIn(input: {{ email: \"{email}\", password: \"{PASSWORD}\", organization: \"{SLUG}\" }}) {{ token }} }}
Put the token into the headers:
  {{ \"Authorization\": \"Bearer TOKEN\" }}
See what waits for you:
  query {{ inbox(first: 10) {{ nodes {{ id deadline step {{ name }} request {{ title }} }} }} }}",
        people = people.join("\n"),
        email = EXAMPLE.email,
    )
}

fn introduced(person: &Person) -> String {
    let roles = match person.roles {
        _ if person.email == ADMIN.email => BuiltInRole::Owner.name().to_owned(),
        [] => "applicant".to_owned(),
        roles => roles.join(", "),
    };
    format!("  {:<40} {roles}", person.email)
}
