//! The layer check: which crate may depend on which, as data, and the function that judges a list of dependencies by it.
//!
//! Normal and build dependencies follow [`Layer::uses`] strictly. Dev-dependencies may use [`Layer::tests_use`] on top: the ports'
//! contract suites, and the migrations where a test needs a real database. The adapters do not see each other in tests either: what a
//! test needs of another adapter, a fake of `nexusflow-application` gives, and what needs two real ones is a test of the server.
//! [`LIBRARIES`] binds every kind of dependency.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;
use std::process::ExitCode;

use anyhow::bail;

use crate::workspace::Workspace;

const DOMAIN: &str = "nexusflow-domain";
const APPLICATION: &str = "nexusflow-application";
const PORT_TESTS: &str = "nexusflow-port-tests";
const PERSISTENCE: &str = "nexusflow-persistence";
const AUTHORIZATION: &str = "nexusflow-authorization";
const CONNECTORS: &str = "nexusflow-connectors";
const GRAPHQL: &str = "nexusflow-graphql";
const SERVER: &str = "nexusflow-server";
const BENCHMARKS: &str = "nexusflow-benchmarks";
const FUZZ_TARGETS: &str = "nexusflow-fuzz-targets";
const FAULTS: &str = "nexusflow-faults";
const MIGRATION: &str = "migration";
const XTASK: &str = "xtask";

/// Every crate of the workspace and the crates of the workspace that it may know. What no row names, nothing may depend on.
#[rustfmt::skip] // One row a line: this is read as a table.
const LAYERS: &[Layer] = &[
    Layer { name: DOMAIN,        uses: &[],                    tests_use: &[] },
    Layer { name: APPLICATION,   uses: &[DOMAIN],              tests_use: &[PORT_TESTS] },
    Layer { name: PORT_TESTS,    uses: &[DOMAIN, APPLICATION], tests_use: &[] },
    Layer { name: PERSISTENCE,   uses: &[DOMAIN, APPLICATION], tests_use: &[PORT_TESTS, MIGRATION] },
    Layer { name: AUTHORIZATION, uses: &[DOMAIN, APPLICATION], tests_use: &[PORT_TESTS] },
    Layer { name: CONNECTORS,    uses: &[DOMAIN, APPLICATION], tests_use: &[PORT_TESTS] },
    Layer { name: GRAPHQL,       uses: &[DOMAIN, APPLICATION], tests_use: &[PORT_TESTS] },
    Layer { name: MIGRATION,     uses: &[],                    tests_use: &[] },
    Layer { name: XTASK,         uses: &[],                    tests_use: &[] },
    Layer { name: FUZZ_TARGETS,  uses: &[DOMAIN],              tests_use: &[] },
    Layer { name: FAULTS,        uses: &[MIGRATION],           tests_use: &[] },
    Layer {
        name: SERVER,
        uses: &[DOMAIN, APPLICATION, PERSISTENCE, AUTHORIZATION, CONNECTORS, GRAPHQL, MIGRATION],
        tests_use: &[PORT_TESTS, FAULTS],
    },
    Layer {
        name: BENCHMARKS,
        uses: &[DOMAIN, APPLICATION, PERSISTENCE, AUTHORIZATION, CONNECTORS, GRAPHQL, MIGRATION, SERVER],
        tests_use: &[PORT_TESTS],
    },
];

const DATABASE: &str = "the database ends in persistence; migrations reach it through sea-orm-migration";

/// Libraries that have a home. The first row whose family a dependency belongs to counts; a library in no row is free.
#[rustfmt::skip] // As above.
const LIBRARIES: &[Library] = &[
    Library { family: "sea-orm-migration", homes: Homes::Only(&[MIGRATION, BENCHMARKS]),          because: "only migrations change the database's schema" },
    Library { family: "sea-orm*",          homes: Homes::Only(&[PERSISTENCE, BENCHMARKS]),        because: DATABASE },
    Library { family: "sea-query*",        homes: Homes::Only(&[PERSISTENCE, BENCHMARKS]),        because: DATABASE },
    Library { family: "sqlx*",             homes: Homes::Only(&[PERSISTENCE, BENCHMARKS]),        because: DATABASE },
    Library { family: "async-graphql*",    homes: Homes::Only(&[GRAPHQL, SERVER, BENCHMARKS]),    because: "the API's types stay in graphql; the server only mounts them" },
    Library { family: "axum*",             homes: Homes::Only(&[GRAPHQL, SERVER, BENCHMARKS, FAULTS]), because: "HTTP ends in the server and in the thin edge of graphql" },
    Library { family: "casbin*",           homes: Homes::Only(&[AUTHORIZATION, BENCHMARKS]),      because: "policies are judged behind the Authorizer port" },
    Library { family: "reqwest*",          homes: Homes::Only(&[CONNECTORS, SERVER, BENCHMARKS, FAULTS, GRAPHQL]), because: "calls to other systems are connectors; the tests of graphql call its own HTTP edge" },
    Library { family: "tokio*",            homes: Homes::AllBut(&[DOMAIN]),                       because: "the domain does no I/O and knows no runtime" },
    Library { family: "futures*",          homes: Homes::AllBut(&[DOMAIN]),                       because: "the domain is not asynchronous" },
    Library { family: "async-trait",       homes: Homes::AllBut(&[DOMAIN]),                       because: "the domain is not asynchronous" },
];

/// A row of [`LAYERS`].
struct Layer {
    name: &'static str,
    /// Crates of the workspace that it may depend on.
    uses: &'static [&'static str],
    /// Those that its dev-dependencies may name besides.
    tests_use: &'static [&'static str],
}

/// A row of [`LIBRARIES`].
struct Library {
    /// A package name, or the beginning of one followed by `*`.
    family: &'static str,
    homes: Homes,
    because: &'static str,
}

/// The crates in which a library may be used.
enum Homes {
    Only(&'static [&'static str]),
    AllBut(&'static [&'static str]),
}

/// A declared dependency.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arrow {
    /// The crate that declares it.
    pub from: String,
    /// The package it names.
    pub to: String,
    /// The manifest's section it stands in.
    pub kind: Kind,
}

/// The section of a manifest in which a dependency stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `[dependencies]`
    Normal,
    /// `[build-dependencies]`
    Build,
    /// `[dev-dependencies]`
    Dev,
}

/// Prints the verdict; fails with the list of all violations.
pub fn run() -> anyhow::Result<ExitCode> {
    let Workspace { crates, arrows, .. } = Workspace::read()?;
    let violations = check(&crates, &arrows);
    if !violations.is_empty() {
        let list: Vec<_> = violations.iter().map(ToString::to_string).collect();
        bail!(
            "{} times the rules of the layers are broken (see xtask/src/layers.rs):\n  {}",
            list.len(),
            list.join("\n  ")
        );
    }
    println!("layers: {} dependencies of {} crates point the right way", arrows.len(), crates.len());
    Ok(ExitCode::SUCCESS)
}

/// What breaks a rule.
#[derive(Debug, PartialEq, Eq)]
enum Violation<'a> {
    /// A crate of the workspace without a row.
    UnknownCrate(&'a str),
    /// A crate of the workspace that this one may not know.
    Layer(&'a Arrow),
    /// A library outside its home.
    Library(&'a Arrow, &'static str),
}

fn check<'a>(crates: &'a BTreeSet<String>, arrows: &'a BTreeSet<Arrow>) -> Vec<Violation<'a>> {
    let unknown = crates.iter().filter(|name| layer(name).is_none()).map(|name| Violation::UnknownCrate(name));
    unknown.chain(arrows.iter().filter_map(|arrow| judge(crates, arrow))).collect()
}

/// None for a crate without a row: that is one violation, not one more for each of its dependencies.
fn judge<'a>(crates: &BTreeSet<String>, arrow: &'a Arrow) -> Option<Violation<'a>> {
    let from = layer(&arrow.from)?;
    let to = arrow.to.as_str();
    if crates.contains(to) || layer(to).is_some() {
        return (!from.may_use(to, arrow.kind)).then_some(Violation::Layer(arrow));
    }
    let library = LIBRARIES.iter().find(|library| library.contains(to))?;
    (!library.is_home(from.name)).then_some(Violation::Library(arrow, library.because))
}

fn layer(name: &str) -> Option<&'static Layer> {
    LAYERS.iter().find(|layer| layer.name == name)
}

impl Layer {
    /// A dev-dependency of a crate on itself is Cargo's way to switch its own features on in tests.
    fn may_use(&self, other: &str, kind: Kind) -> bool {
        self.uses.contains(&other) || (kind == Kind::Dev && (self.tests_use.contains(&other) || self.name == other))
    }
}

impl Library {
    fn contains(&self, package: &str) -> bool {
        self.family.strip_suffix('*').map_or(self.family == package, |start| package.starts_with(start))
    }

    fn is_home(&self, name: &str) -> bool {
        match self.homes {
            Homes::Only(homes) => homes.contains(&name),
            Homes::AllBut(others) => !others.contains(&name),
        }
    }
}

impl fmt::Display for Arrow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::Normal => "dependency",
            Kind::Build => "build-dependency",
            Kind::Dev => "dev-dependency",
        };
        write!(f, "{} -> {} ({kind})", self.from, self.to)
    }
}

impl fmt::Display for Violation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownCrate(name) => {
                write!(f, "{name}: not in the table of layers; give it a row")
            }
            Self::Layer(arrow) => write!(f, "{arrow}: against the direction of the layers"),
            Self::Library(arrow, because) => write!(f, "{arrow}: {because}"),
        }
    }
}
