//! How the databases find jobs: by the index of what is due, never by going through the table.

use nexusflow_application::request::JobKind;
use nexusflow_domain::Timestamp;
use sea_orm::{DbBackend, Value};

use crate::database::Access;
use crate::read::plans::databases::{TestDatabase, id};
use crate::write::claims::statement;
use crate::write::jobs::{of, work_of};
use crate::write::sql::{locking, query_all};
use crate::{Database, DatabaseOptions, Store};

#[tokio::test]
async fn claims_find_what_is_due_by_its_index() {
    for database in TestDatabase::all().await {
        let store = Store::new(Database::connect(&DatabaseOptions::new(&database.url)).await.unwrap());
        let (explain, column) = match store.database.backend() {
            DbBackend::Sqlite => ("EXPLAIN QUERY PLAN ", 3),
            _ => ("EXPLAIN ", 0),
        };
        let limits: [Value; 2] = [Timestamp::UNIX_EPOCH.into(), Timestamp::UNIX_EPOCH.into()];
        let limits: Vec<Value> = limits.into_iter().chain([10_i64.into(), 10_i64.into()]).collect();
        let work = [id(1).into(), "bill".into()];
        for (wanted, index, more) in [
            (of(JobKind::Timer), "jobs_timer_idx", &[][..]),
            (of(JobKind::Call), "jobs_call_idx", &[]),
            (of(JobKind::Action), "jobs_action_idx", &[]),
            (work_of(1), "jobs_work_idx", &work),
        ] {
            let transaction = store.database.write_batch(Access::System).await.unwrap();
            let claim = statement(&wanted, |clause| locking(&transaction, clause));
            let values: Vec<Value> = limits.iter().chain(more).cloned().collect();
            let next = format!("SELECT run_at FROM jobs WHERE {wanted} ORDER BY run_at LIMIT 1");
            // A statement of fewer parameters than it is given is refused.
            let polls = more.is_empty().then_some((next, Vec::new()));
            for (sql, values) in [(claim, values)].into_iter().chain(polls) {
                let plan = query_all(&transaction, explain.to_owned() + &sql, values).await.unwrap();
                let plan: Vec<String> = plan.iter().map(|row| row.try_get_by_index(column).unwrap()).collect();
                let scans = |line: &&String| line.contains("Seq Scan on jobs") || *line == "SCAN jobs";
                assert_eq!(plan.iter().find(scans), None, "{sql}\n{}", plan.join("\n"));
                assert!(plan.iter().any(|line| line.contains(index)), "{sql}\n{}", plan.join("\n"));
            }
            transaction.rollback().await.unwrap();
        }
        store.database().clone().close().await.unwrap();
        database.remove().await;
    }
}
