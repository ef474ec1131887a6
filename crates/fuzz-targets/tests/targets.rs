//! Every target on inputs of a fixed seed: what the fuzzer would try first, and what is nearly valid.

use std::collections::BTreeMap;
use std::path::Path;

use arbitrary::{Arbitrary, Unstructured};
use nexusflow_fuzz_targets::{Workflow, cel, commands, condition, document};
use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};
use serde_json::{Value, json};

const CEL: [&str; 24] = [
    "a",
    "b",
    "c",
    "d",
    "e",
    "f",
    "g.a.a",
    "h",
    "i",
    "'x'",
    "1",
    "0.5",
    "timestamp(h)",
    "duration(j)",
    "size(c)",
    "f.map(x, x)",
    "f.exists(x, x == a)",
    "c.matches('[a-z]+')",
    "a + i",
    "a / 0",
    "[a, b]",
    "{'k': a}",
    "!d",
    "-a",
];
const OPERATORS: [&str; 12] =
    [" + ", " - ", " * ", " / ", " % ", " == ", " < ", " && ", " || ", " in ", " ? a : ", "."];
const NAMES: [&str; 12] = [
    "equals",
    "not_equals",
    "greater",
    "greater_or_equal",
    "less",
    "less_or_equal",
    "contains",
    "in",
    "exists",
    "starts_with",
    "ends_with",
    "matches",
];
const FIELDS: [&str; 8] = ["a", "b", "c", "f.0", "g.a.a", "h", "nothing", "g..a"];

/// Random numbers of a seed.
struct Dice(TestRng);

impl Dice {
    fn new() -> Self {
        Self(TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]))
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.0.next_u32()).unwrap_or(0) % bound
    }

    fn bytes(&mut self, most: usize) -> Vec<u8> {
        let mut bytes = vec![0; self.below(most)];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    /// With some bytes changed, removed or repeated.
    fn spoiled(&mut self, text: &str) -> Vec<u8> {
        let mut bytes = text.as_bytes().to_vec();
        for _ in 0..self.below(4) {
            let place = self.below(bytes.len().max(1));
            match (self.below(3), bytes.get(place).copied()) {
                (_, None) => {}
                (0, Some(_)) => bytes[place] = b"\"0{}[],:-."[self.below(10)],
                (1, Some(_)) => drop(bytes.remove(place)),
                (_, Some(byte)) => bytes.insert(place, byte),
            }
        }
        bytes
    }

    fn leaf(&mut self) -> Value {
        let values = [json!(7), json!("text"), json!([1, null]), json!(null), json!("2027-01-15T09:00:00Z"), json!({})];
        let value = &values[self.below(values.len())];
        json!({ "field": self.pick(&FIELDS), "operator": self.pick(&NAMES), "value": value })
    }
}

#[test]
fn documents_that_are_valid_and_nearly_so() {
    let mut dice = Dice::new();
    for _ in 0..150 {
        let bytes = dice.bytes(400);
        let Ok(workflow) = Workflow::arbitrary(&mut Unstructured::new(&bytes)) else { continue };
        let text = workflow.document().to_string();
        document(text.as_bytes());
        for _ in 0..4 {
            document(&dice.spoiled(&text));
        }
    }
    for (_, seed) in seeds("document") {
        for _ in 0..60 {
            document(&dice.spoiled(&seed));
        }
        document(&dice.bytes(200));
    }
}

#[test]
fn conditions_that_are_valid_and_nearly_so() {
    let mut dice = Dice::new();
    for _ in 0..3_000 {
        let parts: Vec<Value> = (0..dice.below(4)).map(|_| dice.leaf()).collect();
        let tree = match dice.below(4) {
            0 => dice.leaf(),
            1 => json!({ "not": dice.leaf() }),
            2 => json!({ "all": parts }),
            _ => json!({ "any": [{ "all": parts }, dice.leaf()] }),
        };
        condition(tree.to_string().as_bytes());
        condition(&dice.spoiled(&tree.to_string()));
    }
}

#[test]
fn expressions_that_are_valid_and_nearly_so() {
    let mut dice = Dice::new();
    for _ in 0..3_000 {
        let mut source = dice.pick(&CEL).to_owned();
        for _ in 0..dice.below(5) {
            source = format!("{source}{}{}", dice.pick(&OPERATORS), dice.pick(&CEL));
            if dice.below(3) == 0 {
                source = format!("({source})");
            }
        }
        cel(source.as_bytes());
        cel(&dice.spoiled(&source));
    }
}

#[test]
fn commands_on_random_workflows() {
    let mut dice = Dice::new();
    let tries = 150;
    let played = (0..tries).filter(|_| commands(&dice.bytes(3_000))).count();
    assert!(played > tries / 3, "only {played} of {tries} workflows can be published");
}

#[test]
fn the_seeds_of_fuzzing_are_taken() {
    for (target, run) in [("document", document as fn(&[u8]) -> bool), ("condition", condition), ("cel", cel)] {
        for (name, seed) in seeds(target) {
            assert!(run(seed.as_bytes()), "{target}/{name}");
        }
    }
}

/// The inputs that fuzzing of a target begins with, by name.
fn seeds(target: &str) -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
    let files = std::fs::read_dir(folder).expect("a folder of seeds").map(|file| file.expect("a seed").path());
    files.map(|file| (file.display().to_string(), std::fs::read_to_string(&file).expect("a seed"))).collect()
}
