//! What is written to people.

use sea_orm_migration::prelude::*;

use crate::ddl::{Ddl, run};

const UP: Ddl =
    Ddl { postgres: &[include_str!("sql/mails/postgres_up.sql")], sqlite: &[include_str!("sql/mails/sqlite_up.sql")] };

const DOWN: Ddl =
    Ddl { postgres: &[include_str!("sql/mails/down.sql")], sqlite: &[include_str!("sql/mails/down.sql")] };

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
