//! The search for an explanation against a brute-force enumeration of every trace of small random
//! graphs, with a token game of its own; and the engine, driven as explained.

pub mod support;

use std::collections::{BTreeMap, BTreeSet};

use nexusflow_domain::request::{Explanation, explain};
use nexusflow_domain::workflow::{
    EndKind, Graph, JoinDocument, SplitDocument, StepKindDocument as Kind, WorkflowDocument, choice_variable, compile,
};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};
use support::{directory, document, drive, edge, key};

const MAX_LENGTH: usize = 5;
const MAX_STATES: usize = 1_500;

/// A step by numbers: its kind, join and split, and for each outcome where it leads.
#[derive(Debug, Clone)]
struct Node {
    human: bool,
    name: u8,
    join_all: bool,
    split_all: bool,
    outcomes: Vec<Vec<Index>>,
}

fn arbitrary_node() -> impl Strategy<Value = Node> {
    let ways = prop_oneof![
        5 => prop::collection::vec(any::<Index>(), 1..2),
        3 => prop::collection::vec(any::<Index>(), 2..4),
    ];
    let outcomes = prop_oneof![3 => prop::collection::vec(ways.clone(), 1), 1 => prop::collection::vec(ways, 2)];
    (any::<bool>(), 0..3u8, prop::bool::weighted(0.35), prop::bool::weighted(0.4), outcomes)
        .prop_map(|(human, name, join_all, split_all, outcomes)| Node { human, name, join_all, split_all, outcomes })
}

/// The document of some nodes without those that nothing reaches, if it is valid.
fn arbitrary_graph() -> impl Strategy<Value = (WorkflowDocument, Graph)> {
    let ends = prop::sample::select(vec![vec!["NORMAL"], vec!["NORMAL", "ERROR"], vec!["TERMINATE", "NORMAL"]]);
    (prop::collection::vec(arbitrary_node(), 2..9), ends).prop_filter_map(
        "not a valid document of some size",
        |(nodes, ends)| {
            let document = document(reachable(json_of(&nodes, &ends)));
            let graph = compile(&document, &directory()).ok()?;
            let humans = graph.steps().filter(|(_, step)| step.human().is_some()).count();
            (humans > 2).then_some((document, graph))
        },
    )
}

fn json_of(nodes: &[Node], ends: &[&str]) -> Value {
    let key = |n: usize| if n < nodes.len() { format!("n{n}") } else { format!("end{}", n - nodes.len()) };
    let mut steps = vec![json!({ "key": "start", "name": "Start", "kind": "START" })];
    let mut transitions = vec![json!({ "from": "start", "to": "n0" })];
    for (n, node) in nodes.iter().enumerate() {
        let split = if node.split_all { "ALL" } else { "ONE" };
        let join = if node.join_all { "ALL" } else { "ANY" };
        let mut step = json!({ "key": key(n), "name": key(n), "kind": "DECISION", "join": join, "split": split });
        if node.human {
            let outcomes: Vec<String> = (0..node.outcomes.len()).map(|o| format!("O{o}")).collect();
            let name = format!("{}", char::from(b'A' + node.name));
            step = support::with(
                step,
                &json!({ "name": name, "kind": "TASK", "candidate": { "role": "clerk" }, "outcomes": outcomes }),
            );
        }
        steps.push(step);
        for (o, ways) in node.outcomes.iter().take(if node.human { 2 } else { 1 }).enumerate() {
            let targets: BTreeSet<String> = ways.iter().map(|way| key(way.index(nodes.len() + ends.len()))).collect();
            for (i, target) in targets.iter().enumerate() {
                let mut way = json!({ "from": key(n), "to": target });
                if node.human {
                    way["outcome"] = json!(format!("O{o}"));
                }
                if !node.split_all && i + 1 == targets.len() {
                    way["isDefault"] = json!(true);
                } else if !node.split_all {
                    let field = choice_variable(&support::key(&key(n)));
                    way["condition"] = json!({ "field": field, "operator": "equals", "value": target });
                }
                transitions.push(way);
            }
        }
    }
    for (n, end) in ends.iter().enumerate() {
        steps.push(json!({ "key": key(nodes.len() + n), "name": "End", "kind": "END", "end": end }));
    }
    json!({ "steps": steps, "transitions": transitions })
}

/// Leaves out what no path from the start enters.
fn reachable(mut json: Value) -> Value {
    let mut seen: BTreeSet<String> = BTreeSet::from(["start".to_owned()]);
    let transitions = json["transitions"].as_array().expect("transitions").clone();
    while let Some(next) =
        transitions.iter().find(|t| seen.contains(text(&t["from"])) && !seen.contains(text(&t["to"])))
    {
        seen.insert(text(&next["to"]).to_owned());
    }
    for (list, field) in [("steps", "key"), ("transitions", "from")] {
        json[list].as_array_mut().expect("a list").retain(|item| seen.contains(text(&item[field])));
    }
    json
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

/// Where a run can be: tokens by transition, open steps in order, whether every branch has ended.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    tokens: Vec<u32>,
    open: Vec<usize>,
}

impl Place {
    fn is_complete(&self) -> bool {
        self.open.is_empty() && self.tokens.iter().all(|&tokens| tokens == 0)
    }
}

/// The token game as the documentation has it, on the document, in no particular order.
struct Game<'d> {
    document: &'d WorkflowDocument,
}

/// Which transition each step with a choice takes in one go.
type Choices = BTreeMap<usize, usize>;

impl Game<'_> {
    fn step(&self, key: &str) -> usize {
        self.document.steps.iter().position(|step| step.key.as_str() == key).expect("a step")
    }

    /// The transitions that a step can take with an outcome.
    fn ways(&self, step: usize, outcome: Option<&str>) -> Vec<usize> {
        let ways = self.document.transitions.iter().enumerate().filter(|(_, t)| {
            t.from == self.document.steps[step].key && t.outcome.as_ref().is_none_or(|o| Some(o.as_str()) == outcome)
        });
        ways.map(|(i, _)| i).collect()
    }

    /// Every combination of choices of the steps that do not wait, and of the one that ends.
    fn all_choices(&self, ended: usize, outcome: Option<&str>) -> Vec<Choices> {
        let mut all = vec![Choices::new()];
        for (step, document) in self.document.steps.iter().enumerate() {
            let chooses = step == ended || matches!(document.kind, Kind::Start | Kind::Decision);
            if chooses && document.split == SplitDocument::One {
                let ways = self.ways(step, if step == ended { outcome } else { None });
                let with =
                    |choices: &Choices, way| choices.iter().map(|(&s, &w)| (s, w)).chain([(step, way)]).collect();
                all = all.iter().flat_map(|choices| ways.iter().map(move |&way| with(choices, way))).collect();
            }
        }
        all
    }

    fn produce(&self, place: &mut Place, step: usize, outcome: Option<&str>, choices: &Choices) {
        let ways = choices.get(&step).map_or_else(|| self.ways(step, outcome), |&way| vec![way]);
        for way in ways {
            place.tokens[way] += 1;
        }
    }

    /// Ends a step and plays until everything waits.
    fn play(&self, mut place: Place, ended: usize, outcome: Option<&str>, choices: &Choices) -> Place {
        self.produce(&mut place, ended, outcome, choices);
        while let Some((step, taken)) = self.startable(&place) {
            for way in taken {
                place.tokens[way] -= 1;
            }
            match self.document.steps[step].kind {
                Kind::Task | Kind::Approval => place.open.push(step),
                Kind::Start | Kind::Decision => self.produce(&mut place, step, None, choices),
                Kind::End if self.document.steps[step].end == EndKind::Normal => {}
                Kind::Wait | Kind::Race | Kind::Boundary | Kind::Service | Kind::Agent | Kind::Call => {
                    panic!("no block of the tests has one")
                }
                Kind::End => return Place { tokens: vec![0; place.tokens.len()], open: Vec::new() },
            }
        }
        place.open.sort_unstable();
        place
    }

    /// The last step that can start, and the tokens it takes.
    fn startable(&self, place: &Place) -> Option<(usize, Vec<usize>)> {
        self.document.steps.iter().enumerate().rev().find_map(|(step, document)| {
            let into: Vec<usize> = self.into(document.key.as_str());
            let marked: Vec<usize> = into.iter().copied().filter(|&way| place.tokens[way] > 0).collect();
            match document.join {
                JoinDocument::Any => marked.last().map(|&way| (step, vec![way])),
                JoinDocument::All => (!into.is_empty() && marked.len() == into.len()).then_some((step, into)),
                JoinDocument::Some { .. } | JoinDocument::AtLeast { .. } => panic!("no block of the tests has one"),
            }
        })
    }

    fn into(&self, key: &str) -> Vec<usize> {
        self.document.transitions.iter().enumerate().filter(|(_, t)| t.to.as_str() == key).map(|(i, _)| i).collect()
    }

    /// Every visible trace up to a length, with every place it can lead to; fewer when there are many.
    fn traces(&self) -> Vec<BTreeMap<Vec<String>, BTreeSet<Place>>> {
        let blank = Place { tokens: vec![0; self.document.transitions.len()], open: Vec::new() };
        let start = self.step("start");
        let first = self
            .all_choices(start, None)
            .iter()
            .map(|choices| self.play(blank.clone(), start, None, choices))
            .collect();
        let mut levels = vec![BTreeMap::from([(Vec::new(), first)])];
        while levels.len() <= MAX_LENGTH
            && levels[levels.len() - 1].values().map(BTreeSet::len).sum::<usize>() < MAX_STATES
        {
            let mut next: BTreeMap<Vec<String>, BTreeSet<Place>> = BTreeMap::new();
            for (trace, places) in &levels[levels.len() - 1] {
                for (name, place) in places.iter().flat_map(|place| self.after(place)) {
                    let longer = trace.iter().cloned().chain([name]).collect();
                    next.entry(longer).or_default().insert(place);
                }
            }
            levels.push(next);
        }
        levels
    }

    /// Every activity that can be seen next, with the place it leads to.
    fn after(&self, place: &Place) -> Vec<(String, Place)> {
        let mut found = Vec::new();
        for (i, &step) in place.open.iter().enumerate() {
            let mut left = place.clone();
            left.open.remove(i);
            for outcome in &self.document.steps[step].effective_outcomes() {
                for choices in self.all_choices(step, Some(outcome.as_str())) {
                    let next = self.play(left.clone(), step, Some(outcome.as_str()), &choices);
                    found.push((self.document.steps[step].name.clone(), next));
                }
            }
        }
        found
    }
}

/// Compares the explanation of a sequence with the enumerated traces.
fn check(
    game: &Game<'_>,
    graph: &Graph,
    levels: &[BTreeMap<Vec<String>, BTreeSet<Place>>],
    word: &[String],
) -> Result<(), TestCaseError> {
    let word = &word[..word.len().min(levels.len() - 1)];
    let longest = (0..=word.len()).rev().find(|&n| levels[n].contains_key(&word[..n])).expect("the empty trace");
    let activities: Vec<&str> = word.iter().map(String::as_str).collect();
    let explanation = explain(graph, &activities).expect("a search of bearable size");
    prop_assert_eq!(explanation.events.len(), longest, "{:?}", word);
    for (event, activity) in explanation.events.iter().zip(&activities) {
        let step = &game.document.steps[game.step(event.step.as_str())];
        prop_assert_eq!(&step.name, activity);
        prop_assert!(step.effective_outcomes().contains(&event.outcome));
    }
    let places = &levels[longest][&word[..longest]];
    let (complete, partial): (Vec<&Place>, Vec<&Place>) = places.iter().partition(|place| place.is_complete());
    let expected = if longest == word.len() { !complete.is_empty() } else { partial.is_empty() };
    prop_assert_eq!(explanation.completed, expected, "{:?} {:?}", word, explanation);
    let open = opened(game, &explanation);
    prop_assert!(places.iter().any(|place| place.open == open && place.is_complete() == explanation.completed));
    drive(graph, &explanation);
    Ok(())
}

fn opened(game: &Game<'_>, explanation: &Explanation) -> Vec<usize> {
    let mut open: Vec<usize> = explanation.open.iter().map(|step| game.step(step.as_str())).collect();
    open.sort_unstable();
    open
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, max_local_rejects: 1_000_000, ..ProptestConfig::with_cases(1_500) })]

    #[test]
    fn the_longest_explained_prefix_is_the_longest_there_is(
        (document, graph) in arbitrary_graph(),
        picks in prop::collection::vec((any::<Index>(), any::<Index>(), "[A-C]{0,3}"), 6),
        words in prop::collection::vec("[A-C]{0,6}", 3),
    ) {
        let game = Game { document: &document };
        let levels = game.traces();
        for (level, trace, tail) in picks {
            let level: Vec<_> = level.get(&levels).keys().collect();
            let mut word = if level.is_empty() { Vec::new() } else { (*trace.get(&level)).clone() };
            word.extend(tail.chars().map(String::from));
            check(&game, &graph, &levels, &word)?;
        }
        for word in words {
            check(&game, &graph, &levels, &word.chars().map(String::from).collect::<Vec<_>>())?;
        }
    }
}

#[test]
fn a_search_that_would_take_too_long_is_given_up() {
    let mut steps = Vec::new();
    let mut transitions = vec![json!({ "from": "start", "to": "fork" })];
    steps.push(json!({ "key": "fork", "name": "Fork", "kind": "DECISION", "split": "ALL" }));
    for n in 0..20 {
        let choice = format!("c{n}");
        steps.push(json!({ "key": choice, "name": "Choice", "kind": "DECISION" }));
        transitions.push(json!({ "from": "fork", "to": choice }));
        let field = choice_variable(&key(&choice));
        transitions.push(json!({ "from": choice, "to": "a", "condition": { "field": field, "operator": "exists" } }));
        transitions.push(json!({ "from": choice, "to": "end", "isDefault": true }));
    }
    steps.push(support::task("a", &json!({})));
    transitions.push(json!({ "from": "a", "to": "end" }));
    let graph = support::graph_of(&steps, &transitions);
    assert!(explain(&graph, &["A"]).is_err());
}

#[test]
fn tokens_may_multiply_in_one_go() {
    let mut steps = vec![support::task("a", &json!({}))];
    let mut transitions = vec![edge("start", "f0"), edge("a", "end")];
    for n in 0..7 {
        let (fork, next) = (format!("f{n}"), if n == 6 { "a".to_owned() } else { format!("f{}", n + 1) });
        steps.push(json!({ "key": fork, "name": "Fork", "kind": "DECISION", "split": "ALL" }));
        for way in [format!("l{n}"), format!("r{n}")] {
            steps.push(json!({ "key": way, "name": "Way", "kind": "DECISION" }));
            transitions.extend([edge(&fork, &way), edge(&way, &next)]);
        }
    }
    let graph = support::graph_of(&steps, &transitions);
    let explanation = explain(&graph, &["A"; 3]).unwrap();
    assert_eq!((explanation.events.len(), explanation.open.len()), (3, 125));
    drive(&graph, &explanation);
}
