//! Documents that are too large, too deep or too dear, and how quickly they are refused.

mod http_support;

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use http_support::Server;
use serde_json::json;

/// Expects a refusal for its cost that comes at once and says what is too much.
async fn assert_refused(server: &Server, query: &str, what: &str) {
    let started = Instant::now();
    let answer = server.query_signed_in(query).await;
    let shown = query.chars().take(60).collect::<String>();
    assert_eq!((answer.status.as_u16(), answer.code()), (400, "COST_EXCEEDED"), "{shown}: {answer:?}");
    assert!(answer.message().contains(what), "{shown}: {answer:?}");
    assert_eq!(answer.body.get("data"), None, "{shown}");
    assert!(started.elapsed() < Duration::from_secs(2), "{shown}");
}

fn nested(field: &str, depth: usize) -> String {
    format!("{{ {} leaf {}", format!("{field} {{ ").repeat(depth), "} ".repeat(depth + 1))
}

#[tokio::test]
async fn depth() {
    let server = Server::start().await;
    assert_eq!(server.query(&nested("node", 14)).await.status, 200);
    assert_refused(&server, &nested("node", 15), "fields inside each other").await;
    assert_refused(&server, &nested("node", 600), "nests brackets").await;
    let lists = format!("{{ echo(text: {}1{}) }}", "[".repeat(2_000), "]".repeat(2_000));
    assert_refused(&server, &lists, "nests brackets").await;
}

#[tokio::test]
async fn fragments_count_as_often_as_they_are_spread() {
    let server = Server::start().await;
    // Each fragment spreads the next one twice: 2^30 fields if it were expanded.
    let mut bomb = "{ node { ...F0 } }".to_owned();
    for level in 0..25 {
        write!(bomb, " fragment F{level} on Node {{ ...F{0} ...F{0} }}", level + 1).expect("a string");
    }
    bomb.push_str(" fragment F25 on Node { leaf }");
    assert_refused(&server, &bomb, "fields").await;
    let mut chain = "{ node { ...F0 } }".to_owned();
    for level in 0..900 {
        write!(chain, " fragment F{level} on Node {{ ...F{} }}", level + 1).expect("a string");
    }
    chain.push_str(" fragment F900 on Node { leaf }");
    assert_refused(&server, &chain, "tokens").await;
    let cycle = "{ node { ...A } } fragment A on Node { node { ...B } } fragment B on Node { ...A }";
    let answer = server.query(cycle).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (400, "VALIDATION"));
    let unknown = server.query("{ node { ...Nowhere } }").await;
    assert_eq!((unknown.status.as_u16(), unknown.code()), (400, "VALIDATION"));
}

#[tokio::test]
async fn aliases_directives_root_fields_and_tokens() {
    let server = Server::start().await;
    let aliases = |count: usize| (0..count).fold(String::new(), |all, n| format!("{all} a{n}: leaf"));
    assert_eq!(server.query(&format!("{{ node {{ {} }} }}", aliases(30))).await.status, 200);
    assert_refused(&server, &format!("{{ node {{ {} }} }}", aliases(31)), "aliases").await;
    let root = (0..21).fold(String::new(), |all, n| format!("{all} a{n}: hello"));
    assert_refused(&server, &format!("{{ {root} }}"), "root fields").await;
    let mutations = (0..21).fold(String::new(), |all, n| format!("{all} a{n}: count"));
    assert_refused(&server, &format!("mutation {{ {mutations} }}"), "root fields").await;
    assert_eq!(server.effects(), 0);
    let directives = "@include(if: true) ".repeat(21);
    assert_refused(&server, &format!("{{ hello {directives} }}"), "directives").await;
    assert_refused(&server, &format!("{{ {} }}", "hello ".repeat(6_000)), "tokens").await;
    assert_refused(&server, &format!("{{ node {{ {} }} }}", "leaf, ".repeat(6_000)), "tokens").await;
}

#[tokio::test]
async fn cost_is_pages_times_children_and_is_told_when_refused() {
    let server = Server::start().await;
    let answer = server.query("{ nodes(first: 10) { leaf node { leaf } } }").await;
    assert_eq!(answer.body["extensions"]["cost"], json!({ "requested": 31, "limit": 20_000 }));
    let dear = "{ nodes(first: 100) { nodes(first: 100) { nodes(last: 100) { leaf } } } }";
    assert_refused(&server, dear, "costs").await;
    let answer = server.query(dear).await;
    assert_eq!(answer.body["extensions"]["cost"], json!({ "requested": 1_010_101, "limit": 20_000 }));
    let page = i32::MAX;
    let absurd = (0..13).fold("leaf".to_owned(), |inner, _| format!("nodes(first: {page}) {{ {inner} }}"));
    assert_refused(&server, &format!("{{ {absurd} }}"), "costs").await;
}

#[tokio::test]
async fn introspection_fits_but_does_not_nest() {
    let server = Server::start().await;
    let mut of_type = "kind name".to_owned();
    for _ in 0..9 {
        of_type = format!("kind name ofType {{ {of_type} }}");
    }
    let full = format!(
        "query IntrospectionQuery {{ __schema {{ queryType {{ name }} directives {{ name args {{ ...V }} }} \
         types {{ kind name fields(includeDeprecated: true) {{ name args {{ ...V }} type {{ ...T }} }} \
         inputFields {{ ...V }} interfaces {{ ...T }} enumValues {{ name }} possibleTypes {{ ...T }} }} }} }} \
         fragment V on __InputValue {{ name type {{ ...T }} defaultValue }} fragment T on __Type {{ {of_type} }}"
    );
    let answer = server.query_signed_in(&full).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.body["data"]["__schema"]["types"].as_array().is_some_and(|types| !types.is_empty()));
    let nested = "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }";
    assert_refused(&server, nested, "introspection").await;
}
