//! `SQLite`: properties of the database file, which must be set before its first table or by a `VACUUM`.

use sea_orm_migration::prelude::*;

use crate::sqlite;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sqlite::configure(manager.get_connection()).await
    }

    /// The file keeps its properties; they say nothing about its contents.
    async fn down(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
        Ok(())
    }

    /// `VACUUM` and a change of journal mode are refused inside a transaction.
    fn use_transaction(&self) -> Option<bool> {
        Some(false)
    }
}
