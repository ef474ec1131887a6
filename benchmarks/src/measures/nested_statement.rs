//! The nested read's answer as one statement.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use sea_orm::{ConnectOptions, ConnectionTrait, DatabaseConnection, SqlxSqliteConnector, Statement, Value};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::nested::{PAGE, PAGES};
use crate::database::Database;
use crate::ids::{FIRST, Kind, NumberedIds};
use crate::load::Load;
use crate::plain::Pgbench;

/// Reads pages of requests by one statement each.
pub struct NestedStatement<'a> {
    database: &'a Database,
    pgbench: Pgbench<'a>,
    ids: NumberedIds,
    /// The number of the request after which the first page begins.
    last: u64,
    organization: Uuid,
}

impl<'a> NestedStatement<'a> {
    pub async fn new(database: &'a Database, pgbench: Pgbench<'a>, ids: NumberedIds, last: u64) -> Result<Self> {
        let organization = database.value("SELECT id FROM organizations").await?;
        Ok(Self { database, pgbench, ids, last, organization })
    }

    /// One page's answer.
    pub async fn answer(&self, page: u64) -> Result<String> {
        let sql = if self.database.is_postgres() { postgres("$1", "$2") } else { sqlite() };
        let rows = self.database.rows(&sql, self.values(page)?).await?;
        Ok(rows.first().context("no answer")?.try_get_by_index(0)?)
    }

    /// Pages at random, by so many at a time.
    pub async fn run(&self, clients: usize, length: Duration) -> Result<Load> {
        if !self.database.is_postgres() {
            return self.run_sqlite(clients, length).await;
        }
        let statement = postgres(
            &format!("'{}'", self.organization),
            &format!("('{}' || :boundary::text)::uuid", self.ids.prefix(Kind::Request)?),
        );
        let script = format!(
            "\\set page random(0, {})\n\\set boundary {} - :page * {PAGE}\n{statement};\n",
            PAGES - 1,
            FIRST + self.last
        );
        self.pgbench.run(&script, &[], clients as u64, length)
    }

    async fn run_sqlite(&self, clients: usize, length: Duration) -> Result<Load> {
        let pool = readers(&self.database.url, u32::try_from(clients)?).await?;
        let pages = (0..PAGES).map(|page| self.values(page)).collect::<Result<Vec<_>>>()?;
        let (begun, mut running) = (Instant::now(), JoinSet::new());
        for client in 0..clients {
            let (pool, pages) = (pool.clone(), pages.clone());
            running.spawn(async move {
                let mut latencies = Vec::new();
                for values in pages.iter().cycle().skip(client) {
                    let started = Instant::now();
                    if started - begun >= length {
                        break;
                    }
                    let statement =
                        Statement::from_sql_and_values(pool.get_database_backend(), sqlite(), values.clone());
                    pool.query_one_raw(statement).await?.context("no answer")?;
                    latencies.push(started.elapsed());
                }
                Ok::<_, anyhow::Error>(latencies)
            });
        }
        let latencies: Vec<Vec<Duration>> = running.join_all().await.into_iter().collect::<Result<_>>()?;
        pool.close().await?;
        Ok(Load::of(latencies, begun.elapsed()))
    }

    fn values(&self, page: u64) -> Result<[Value; 2]> {
        let boundary = self.ids.id(Kind::Request, self.last - page * PAGE)?;
        Ok([self.organization.into(), boundary.into()])
    }
}

async fn readers(url: &str, count: u32) -> Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(url);
    options.max_connections(count).sqlx_logging(false);
    Ok(SqlxSqliteConnector::connect(options).await?)
}

fn postgres(organization: &str, boundary: &str) -> String {
    format!(
        "SELECT json_build_object('nodes', json_agg(json_build_object( \
            'id', 'req_' || replace(r.id::text, '-', ''), 'title', r.title, 'status', r.status, \
            'workflow', json_build_object('name', w.name), \
            'steps', (SELECT json_agg(json_build_object('status', s.status, 'step', json_build_object('name', n.name)) \
                ORDER BY s.id) FROM request_steps s JOIN workflow_steps n ON n.id = s.workflow_step_id \
                WHERE s.request_id = r.id)) ORDER BY r.id DESC))::text \
        FROM (SELECT id, workflow_id, title, status FROM workflow_requests \
            WHERE organization_id = {organization} AND id < {boundary} ORDER BY id DESC LIMIT {PAGE}) r \
        JOIN workflows w ON w.id = r.workflow_id"
    )
}

fn sqlite() -> String {
    format!(
        "SELECT json_object('nodes', json_group_array(json_object( \
            'id', 'req_' || lower(hex(r.id)), 'title', r.title, 'status', r.status, \
            'workflow', json_object('name', w.name), \
            'steps', json((SELECT json_group_array(json_object('status', s.status, 'step', json_object('name', n.name)) \
                ORDER BY s.id) FROM request_steps s JOIN workflow_steps n ON n.id = s.workflow_step_id \
                WHERE s.request_id = r.id))) ORDER BY r.id DESC)) \
        FROM (SELECT id, workflow_id, title, status FROM workflow_requests \
            WHERE organization_id = $1 AND id < $2 ORDER BY id DESC LIMIT {PAGE}) r \
        JOIN workflows w ON w.id = r.workflow_id"
    )
}
