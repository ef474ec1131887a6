use std::collections::BTreeMap;

use nexusflow_domain::ids::RequestId;

use crate::support::TestDatabase;

/// Every row that is about a request, with all of its columns, by table.
pub type Footprint = BTreeMap<&'static str, Vec<String>>;

/// The tables that a commit writes, and the condition for rows that are about the request `$`.
const TABLES: [(&str, &str); 8] = [
    ("workflow_requests", "id = $"),
    ("request_steps", "request_id = $"),
    ("audit_logs", "request_id = $"),
    ("sla_escalations", "request_id = $"),
    ("jobs", "request_id = $"),
    ("messages", "request_id = $"),
    ("message_subscriptions", "request_id = $"),
    ("notifications", "request_id = $"),
];

pub async fn footprint(database: &TestDatabase, request: RequestId) -> Footprint {
    let mut found = Footprint::new();
    for (table, condition) in TABLES {
        let condition = condition.replace('$', &literal(database, request));
        let row = row(database, table).await;
        let sql = format!("SELECT {row} AS whole FROM {table} t WHERE {condition} ORDER BY whole");
        found.insert(table, database.column(&sql).await);
    }
    // A key stands for a command; hands name it after the request.
    let sql = format!("SELECT key FROM idempotency_keys WHERE key LIKE '{} %' ORDER BY key", request.uuid());
    found.insert("idempotency_keys", database.column(&sql).await);
    found
}

fn literal(database: &TestDatabase, request: RequestId) -> String {
    if database.is_postgres() { format!("'{}'", request.uuid()) } else { format!("X'{}'", request.uuid().simple()) }
}

/// An expression for a whole row as text.
async fn row(database: &TestDatabase, table: &str) -> String {
    if database.is_postgres() {
        return "t::text".to_owned();
    }
    let columns: Vec<String> = database.column(&format!("SELECT name FROM pragma_table_info('{table}')")).await;
    let quoted: Vec<String> = columns.iter().map(|column| format!("quote(t.{column})")).collect();
    quoted.join(" || ',' || ")
}
