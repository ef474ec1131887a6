//! One-time links.

use sea_orm_migration::prelude::*;

use crate::ddl::{Ddl, run};

const UP: Ddl = Ddl {
    postgres: &[include_str!("sql/verifications/postgres_up.sql")],
    sqlite: &[include_str!("sql/verifications/sqlite_up.sql")],
};

const DOWN: Ddl = Ddl {
    postgres: &[include_str!("sql/verifications/down.sql")],
    sqlite: &[include_str!("sql/verifications/down.sql")],
};

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
