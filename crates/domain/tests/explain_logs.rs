//! Real event logs explained by mined graphs, and driven through the engine as explained. The
//! numbers are the reference for the semantics of the token game, the search and the importer. The
//! logs and their authors: `NOTICE.md` beside the data.

pub mod support;

use std::collections::BTreeMap;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use nexusflow_domain::request::{Explanation, explain};
use nexusflow_domain::workflow::{Graph, MinedGraph, compile, import_mined_graph};
use support::{directory, drive};

#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    cases: usize,
    completed: usize,
    open: usize,
    deviating: usize,
    explained: usize,
    events: usize,
}

#[test]
fn receipt_is_explained() {
    check("receipt", "graph_im00_top90", [1434, 1311, 21, 102, 7907, 8577]);
}

#[test]
fn domestic_declarations_are_explained() {
    check("bpi2020_domestic", "graph_im20_top95", [10357, 9078, 0, 1279, 47522, 55628]);
}

#[test]
fn helpdesk_is_explained() {
    check("helpdesk", "graph_im20_top90", [4580, 3951, 11, 618, 19359, 21348]);
}

fn check(log: &str, model: &str, [cases, completed, open, deviating, explained, events]: [usize; 6]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/logs").join(log);
    if !folder.exists() {
        skipped();
        return;
    }
    let graph = load_graph(&folder.join(model).with_extension("json"));
    let mut tally = Tally::default();
    for (variant, count) in variants(&folder.join("events.csv.gz")) {
        let activities: Vec<&str> = variant.iter().map(String::as_str).collect();
        let explanation = explain(&graph, &activities).expect("a search of bearable size");
        tally.count(&explanation, activities.len(), count);
        drive(&graph, &explanation);
    }
    assert_eq!(tally, Tally { cases, completed, open, deviating, explained, events });
}

impl Tally {
    fn count(&mut self, explanation: &Explanation, events: usize, cases: usize) {
        self.cases += cases;
        self.events += events * cases;
        self.explained += explanation.events.len() * cases;
        let case = match (explanation.events.len() == events, explanation.completed) {
            (true, true) => &mut self.completed,
            (true, false) => &mut self.open,
            (false, _) => &mut self.deviating,
        };
        *case += cases;
    }
}

fn load_graph(path: &PathBuf) -> Graph {
    let text = std::fs::read_to_string(path).expect("a mined graph");
    let mined: MinedGraph = serde_json::from_str(&text).expect("a mined graph");
    let (document, report) = import_mined_graph(&mined, &|_| "clerk".to_owned());
    assert_eq!(report.notes, [], "everything is carried over");
    compile(&document, &directory()).expect("a valid document")
}

/// The activities of each case in file order, each sequence once, with the number of its cases.
fn variants(path: &Path) -> BTreeMap<Vec<String>, usize> {
    let file = std::fs::File::open(path).expect("an event log");
    let mut reader = csv::Reader::from_reader(GzDecoder::new(BufReader::new(file)));
    let mut cases: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for record in reader.records() {
        let record = record.expect("a row");
        cases.entry(record[0].to_owned()).or_default().push(record[1].to_owned());
    }
    let mut variants = BTreeMap::new();
    for activities in cases.into_values() {
        *variants.entry(activities).or_insert(0) += 1;
    }
    variants
}

#[expect(clippy::print_stdout, reason = "a skipped test says so")]
fn skipped() {
    println!("skipped: shared data absent");
}
