//! The committed schema file is what the code says.

use std::path::PathBuf;

#[test]
fn the_schema_file_is_current() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../schema.graphql");
    let current = nexusflow_graphql::sdl();
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, &current).expect("the schema file is written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == current, "schema.graphql is not current: run UPDATE_SCHEMA=1 cargo test -p nexusflow-graphql");
}
