//! A released migration keeps its name and its place: databases remember them.

use migration::{Migrator, MigratorTrait};

#[test]
fn names_are_pinned() {
    let names: Vec<String> =
        Migrator::get_migration_files().iter().map(|migration| migration.name().to_owned()).collect();
    assert_eq!(
        names,
        [
            "m20261120_090000_configure_sqlite",
            "m20261120_090100_create_cluster_roles",
            "m20261120_090150_create_plans",
            "m20261120_090200_create_identity",
            "m20261120_090300_create_access",
            "m20261120_090400_create_workflow",
            "m20261120_090500_create_request",
            "m20261120_090550_create_messages",
            "m20261120_090600_create_insight",
            "m20261120_090700_create_platform",
            "m20261120_090800_create_partitions",
            "m20261120_090900_enable_row_security",
            "m20261121_090000_create_statistics_function",
            "m20261121_100000_create_delegations",
            "m20261122_090000_create_sessions",
            "m20261122_100000_create_verifications",
            "m20261122_100100_create_mails",
        ]
    );
}
