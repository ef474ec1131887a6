use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::actors::{Actors, Stage};
use crate::addresses::Addresses;
use crate::database::{Database, DatabaseKind};
use crate::evidence::{Evidence, Notes};
use crate::journal::Journal;
use crate::office::{ADMIN, Office, PASSWORD};
use crate::random::Random;
use crate::server::{Program, Server, found};
use crate::sink::Sink;
use crate::verdict::Verdict;
use crate::{checks, ending, storm};

/// Requests started at most, for each second of faults.
const PACE: u64 = 6;

/// What is to be done.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The `nexusflow` program.
    pub program: PathBuf,
    /// The folder of the workspace.
    pub root: PathBuf,
    /// On which database.
    pub database: DatabaseKind,
    /// How long faults go on.
    pub duration: Duration,
    /// Decides which faults there are, and what actors choose. What happens meanwhile, it does not.
    pub seed: u64,
}

/// A run that is over: what was noted, and the database with what is left in it.
pub struct Finished {
    pub(crate) notes: Notes,
    pub(crate) database: Database,
    pub(crate) program: Program,
}

/// Puts servers under load and does harm to them for so long; then everything is driven to its end and the servers
/// are stopped. An error is one of the harness itself.
pub async fn run(plan: &Plan) -> anyhow::Result<Finished> {
    let mut random = Random::new(plan.seed);
    let database = Database::create(plan.database, &plan.root)?;
    let folder = tempfile::tempdir()?;
    let (path, database_url) = (plan.program.clone(), database.url.clone());
    let program = Program { path, database_url, folder: folder.path().to_owned() };
    found(&program, ADMIN, PASSWORD)?;
    let (addresses, evidence) = (Arc::<Addresses>::default(), Arc::<Evidence>::default());
    let mut servers = Vec::new();
    for number in 0..database.servers() {
        let mut server = Server::new(program.clone(), number, addresses.clone())?;
        server.start()?;
        servers.push(server);
    }
    let sink = Sink::open(evidence.clone()).await?;
    let office = Office::furnish(addresses, evidence.clone(), &sink.url).await?;
    let requests = plan.duration.as_secs().max(1) * PACE;
    let stage = Arc::new(Stage::new(office, evidence.clone(), sink, requests));
    let actors = Actors::begin(&stage, &mut random);
    let raged = storm::rage(&mut servers, &database, &evidence, &mut random, plan.duration).await;
    actors.close();
    raged?;
    for live in ending::await_the_end(&stage, &servers).await? {
        evidence.unended(live.to_string());
    }
    actors.stop().await?;
    drop(servers);
    Ok(Finished { notes: evidence.copy(), database, program: Program { folder: std::env::temp_dir(), ..program } })
}

impl Finished {
    /// Holds what is left against what was noted.
    pub fn check(&self) -> anyhow::Result<Verdict> {
        let (audit, is_intact) = self.program.output(&["audit", "verify"])?;
        let journal = Journal::export(&self.program)?;
        let audit = if is_intact { Vec::new() } else { audit.lines().map(str::to_owned).collect() };
        Ok(checks::judge(&self.notes, &journal, &audit))
    }
}
