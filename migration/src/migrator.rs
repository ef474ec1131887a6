use sea_orm_migration::prelude::*;

use crate::{
    m20261120_090000_configure_sqlite, m20261120_090100_create_cluster_roles, m20261120_090150_create_plans,
    m20261120_090200_create_identity, m20261120_090300_create_access, m20261120_090400_create_workflow,
    m20261120_090500_create_request, m20261120_090550_create_messages, m20261120_090600_create_insight,
    m20261120_090700_create_platform, m20261120_090800_create_partitions, m20261120_090900_enable_row_security,
    m20261121_090000_create_statistics_function, m20261121_100000_create_delegations, m20261122_090000_create_sessions,
    m20261122_100000_create_verifications, m20261122_100100_create_mails,
};

/// The list of migrations, oldest first.
///
/// Prefer [`up`](crate::up) and [`connect_and_up`](crate::connect_and_up) to its own methods: they
/// are safe when several servers start at once, and all or nothing.
#[derive(Debug, Clone, Copy)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261120_090000_configure_sqlite::Migration),
            Box::new(m20261120_090100_create_cluster_roles::Migration),
            Box::new(m20261120_090150_create_plans::Migration),
            Box::new(m20261120_090200_create_identity::Migration),
            Box::new(m20261120_090300_create_access::Migration),
            Box::new(m20261120_090400_create_workflow::Migration),
            Box::new(m20261120_090500_create_request::Migration),
            Box::new(m20261120_090550_create_messages::Migration),
            Box::new(m20261120_090600_create_insight::Migration),
            Box::new(m20261120_090700_create_platform::Migration),
            Box::new(m20261120_090800_create_partitions::Migration),
            Box::new(m20261120_090900_enable_row_security::Migration),
            Box::new(m20261121_090000_create_statistics_function::Migration),
            Box::new(m20261121_100000_create_delegations::Migration),
            Box::new(m20261122_090000_create_sessions::Migration),
            Box::new(m20261122_100000_create_verifications::Migration),
            Box::new(m20261122_100100_create_mails::Migration),
        ]
    }
}
