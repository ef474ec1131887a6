//! What organizations may have.

use sea_orm_migration::prelude::*;

use crate::ddl::{Ddl, run};

const UP: Ddl = Ddl {
    postgres: &[include_str!("sql/plans/postgres_up.sql"), include_str!("sql/plans/seed.sql")],
    sqlite: &[include_str!("sql/plans/sqlite_up.sql"), include_str!("sql/plans/seed.sql")],
};

const DOWN: Ddl =
    Ddl { postgres: &[include_str!("sql/plans/down.sql")], sqlite: &[include_str!("sql/plans/down.sql")] };

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
