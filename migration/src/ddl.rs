//! Plain DDL, written once per database.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// Scripts per database, in order; an empty list where a database needs nothing.
#[derive(Clone, Copy)]
pub(crate) struct Ddl {
    pub(crate) postgres: &'static [&'static str],
    pub(crate) sqlite: &'static [&'static str],
}

/// Runs the scripts of the connection's database.
pub(crate) async fn run(manager: &SchemaManager<'_>, ddl: Ddl) -> Result<(), DbErr> {
    let scripts = match manager.get_database_backend() {
        DbBackend::Postgres => ddl.postgres,
        DbBackend::Sqlite => ddl.sqlite,
        other => {
            return Err(DbErr::BackendNotSupported { db: other.as_str(), ctx: "migration" });
        }
    };
    for script in scripts {
        manager.get_connection().execute_unprepared(script).await?;
    }
    Ok(())
}
