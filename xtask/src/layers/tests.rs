//! The rules against made-up dependencies.

use super::*;

/// The violations as text, for dependencies written as (crate, dependency, kind) between the crates of the table.
fn verdict(arrows: &[(&str, &str, Kind)]) -> Vec<String> {
    verdict_with(&[], arrows)
}

/// The same with more crates in the workspace.
fn verdict_with(more: &[&str], arrows: &[(&str, &str, Kind)]) -> Vec<String> {
    let known = LAYERS.iter().map(|layer| layer.name);
    let crates = known.chain(more.iter().copied()).map(String::from).collect();
    let arrows = arrows.iter().map(|&(from, to, kind)| Arrow { from: from.into(), to: to.into(), kind }).collect();
    check(&crates, &arrows).iter().map(ToString::to_string).collect()
}

fn forbidden(from: &str, to: &str, kind: Kind) -> bool {
    !verdict(&[(from, to, kind)]).is_empty()
}

#[test]
fn the_table_names_only_crates_that_have_a_row() {
    for Layer { name, uses, tests_use } in LAYERS {
        for other in uses.iter().chain(*tests_use) {
            assert!(layer(other).is_some(), "{name} may use {other}, which has no row");
        }
    }
    assert_eq!(
        LAYERS.iter().map(|layer| layer.name).collect::<BTreeSet<_>>().len(),
        LAYERS.len(),
        "a crate has two rows"
    );
}

#[test]
fn arrows_that_point_inwards_are_fine() {
    let arrows = [
        (APPLICATION, DOMAIN, Kind::Normal),
        (PERSISTENCE, APPLICATION, Kind::Normal),
        (GRAPHQL, DOMAIN, Kind::Build),
        (SERVER, MIGRATION, Kind::Normal),
        (BENCHMARKS, SERVER, Kind::Normal),
    ];
    assert_eq!(verdict(&arrows), Vec::<String>::new());
}

#[test]
fn arrows_that_point_outwards_are_listed_one_by_one() {
    let arrows =
        [(DOMAIN, APPLICATION, Kind::Normal), (APPLICATION, PERSISTENCE, Kind::Build), (GRAPHQL, SERVER, Kind::Dev)];
    assert_eq!(
        verdict(&arrows),
        [
            "nexusflow-application -> nexusflow-persistence (build-dependency): against the direction of the layers",
            "nexusflow-domain -> nexusflow-application (dependency): against the direction of the layers",
            "nexusflow-graphql -> nexusflow-server (dev-dependency): against the direction of the layers",
        ]
    );
}

#[test]
fn adapters_never_see_each_other_not_even_in_tests() {
    let adapters = [PERSISTENCE, AUTHORIZATION, CONNECTORS, GRAPHQL];
    for from in adapters {
        for to in adapters.into_iter().filter(|to| *to != from) {
            for kind in [Kind::Normal, Kind::Build, Kind::Dev] {
                assert!(forbidden(from, to, kind), "{from} -> {to}");
            }
        }
    }
}

#[test]
fn nothing_sees_the_benchmarks_or_xtask() {
    for Layer { name, .. } in LAYERS {
        for tool in [BENCHMARKS, XTASK] {
            assert!(forbidden(name, tool, Kind::Normal), "{name} -> {tool}");
            assert!(name == &tool || forbidden(name, tool, Kind::Dev), "{name} -> {tool} in tests");
        }
    }
}

#[test]
fn the_contract_suites_are_for_tests_only() {
    for Layer { name, .. } in LAYERS {
        assert!(forbidden(name, PORT_TESTS, Kind::Normal), "{name}");
        assert!(forbidden(name, PORT_TESTS, Kind::Build), "{name}");
    }
    assert!(!forbidden(PERSISTENCE, PORT_TESTS, Kind::Dev));
}

#[test]
fn persistence_knows_the_migrations_in_tests_only() {
    assert!(!forbidden(PERSISTENCE, MIGRATION, Kind::Dev));
    assert!(forbidden(PERSISTENCE, MIGRATION, Kind::Normal));
}

#[test]
fn a_crate_may_switch_its_own_features_on_in_tests() {
    assert!(!forbidden(APPLICATION, APPLICATION, Kind::Dev));
    assert!(forbidden(APPLICATION, APPLICATION, Kind::Normal));
}

#[test]
fn migrations_know_no_layer_and_one_database_library() {
    assert!(forbidden(MIGRATION, DOMAIN, Kind::Normal));
    assert!(forbidden(MIGRATION, "sea-orm", Kind::Normal));
    assert!(!forbidden(MIGRATION, "sea-orm-migration", Kind::Normal));
    assert!(!forbidden(MIGRATION, "tracing-subscriber", Kind::Normal));
}

#[test]
fn guarded_libraries_stay_at_home() {
    for (library, home, stranger) in [
        ("sea-orm", PERSISTENCE, APPLICATION),
        ("sqlx-postgres", PERSISTENCE, SERVER),
        ("async-graphql-axum", GRAPHQL, APPLICATION),
        ("axum", SERVER, AUTHORIZATION),
        ("casbin", AUTHORIZATION, SERVER),
        ("reqwest", CONNECTORS, PERSISTENCE),
        ("tokio-util", APPLICATION, DOMAIN),
        ("async-trait", APPLICATION, DOMAIN),
    ] {
        for kind in [Kind::Normal, Kind::Build, Kind::Dev] {
            assert!(!forbidden(home, library, kind), "{home} -> {library}");
            assert!(forbidden(stranger, library, kind), "{stranger} -> {library}");
        }
    }
}

#[test]
fn a_library_without_a_home_is_free() {
    assert!(!forbidden(DOMAIN, "serde", Kind::Normal));
}

#[test]
fn a_crate_outside_the_table_is_one_error_and_nobody_may_use_it() {
    let arrows = [("nexusflow-extra", SERVER, Kind::Normal), (SERVER, "nexusflow-extra", Kind::Normal)];
    assert_eq!(
        verdict_with(&["nexusflow-extra"], &arrows),
        [
            "nexusflow-extra: not in the table of layers; give it a row",
            "nexusflow-server -> nexusflow-extra (dependency): against the direction of the layers",
        ]
    );
}
