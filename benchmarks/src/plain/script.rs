//! The transaction as a script of pgbench. Values are parameters of prepared statements, as every
//! application sends them.

use std::fmt::Write;

use anyhow::Result;

use crate::ids::{FIRST, Kind};
use crate::plain::recording::Transition;
use crate::plain::template::Cell;
use crate::plain::{COPIES, Copies};

/// The script, and the variables that it needs.
///
/// A client goes round its own requests, one transition each; the how many-th time it visits a request says
/// which step is open and what the version is. `n` counts a client's transactions.
pub fn transitions(transition: &Transition, copies: &Copies, clients: u64) -> Result<(String, Vec<(String, String)>)> {
    let Transition { version, records, .. } = transition;
    let (share, first) = (COPIES / clients, FIRST + copies.first);
    let mut script = format!(
        "\\set n :n + 1\n\
         \\set visit :n / {share}\n\
         \\set request {first} + :client_id + :n % {share} * {clients}\n\
         \\set finished :request + :visit * {COPIES}\n\
         \\set opened :finished + {COPIES}\n"
    );
    for place in 0..=*records {
        writeln!(script, "\\set version{place} {version} + :visit * {records} + {place}")?;
    }
    let (request, step) = (copies.ids.prefix(Kind::Request)?, copies.ids.prefix(copies.step)?);
    let mut definitions = vec![("n".to_owned(), "-1".to_owned())];
    script += "BEGIN;\n";
    for statement in &transition.statements {
        let sql = statement.render(|cell| match cell {
            Cell::Null => "NULL".to_owned(),
            Cell::Constant(value) => {
                let name = format!("value{}", definitions.len());
                definitions.push((name.clone(), value.clone()));
                format!(":{name}")
            }
            Cell::Request => format!("('{request}' || :request::text)::uuid"),
            Cell::Finished => format!("('{step}' || :finished::text)::uuid"),
            Cell::Opened => format!("('{step}' || :opened::text)::uuid"),
            Cell::Version(place) => format!(":version{place}"),
        });
        writeln!(script, "{sql};")?;
    }
    script += "COMMIT;\n";
    Ok((script, definitions))
}
