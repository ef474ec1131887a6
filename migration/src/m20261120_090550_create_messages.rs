//! Messages from outside, and the places that wait for them.

use sea_orm_migration::prelude::*;

use crate::ddl::{Ddl, run};

const UP: Ddl = Ddl {
    postgres: &[include_str!("sql/messages/postgres_up.sql")],
    sqlite: &[include_str!("sql/messages/sqlite_up.sql")],
};

const DOWN: Ddl =
    Ddl { postgres: &[include_str!("sql/messages/down.sql")], sqlite: &[include_str!("sql/messages/down.sql")] };

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, DOWN).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
