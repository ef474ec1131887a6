//! Random workflow documents, put together from blocks so that they are valid and never deadlock.

use proptest::prelude::*;
use serde_json::{Value, json};

/// A part of a workflow with one way in and one way out.
#[derive(Debug, Clone)]
pub enum Block {
    Human(Human),
    Sequence(Vec<Block>),
    /// Conditional branches and a default; the choice stands on its own or on a human step.
    Choice(Option<Human>, Vec<(u8, Block)>, Box<Block>),
    /// Branches side by side; the join stands on its own or on a human step.
    Fork(Vec<Block>, Option<Human>),
    /// A part, and a person who sends it back or lets it pass.
    Loop(Box<Block>, Human),
    /// Ends the whole request on a condition: terminated, or failed.
    Exit(u8, bool),
    /// An approval whose refusal fails the request.
    Gate(Human),
}

/// A human step, by numbers that the draft makes a description of.
#[derive(Debug, Clone)]
pub struct Human {
    pub approval: bool,
    pub candidate: u8,
    pub not_requester: bool,
    pub not_decider_of: Option<u8>,
    pub sla: Option<Ladder>,
}

/// Minutes until due, rungs as minutes after that and an action, and whether an outcome is taken last.
#[derive(Debug, Clone)]
pub struct Ladder {
    pub due_in: u8,
    pub rungs: Vec<(u8, u8)>,
    pub take: bool,
}

pub fn arbitrary_ladder() -> impl Strategy<Value = Ladder> {
    (1..120u8, prop::collection::vec((0..60u8, 0..5u8), 0..3), prop::bool::weighted(0.6))
        .prop_map(|(due_in, rungs, take)| Ladder { due_in, rungs, take })
}

fn arbitrary_human() -> impl Strategy<Value = Human> {
    let sla = prop::option::of(arbitrary_ladder());
    (any::<bool>(), 0..6u8, prop::bool::weighted(0.3), prop::option::weighted(0.3, any::<u8>()), sla).prop_map(
        |(approval, candidate, not_requester, not_decider_of, sla)| Human {
            approval,
            candidate,
            not_requester,
            not_decider_of,
            sla,
        },
    )
}

pub fn arbitrary_block() -> impl Strategy<Value = Block> {
    let leaf = prop_oneof![
        6 => arbitrary_human().prop_map(Block::Human),
        1 => (any::<u8>(), any::<bool>()).prop_map(|(guard, terminate)| Block::Exit(guard, terminate)),
        1 => arbitrary_human().prop_map(Block::Gate),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let some = |range| prop::collection::vec(inner.clone(), range);
        let branches = prop::collection::vec((any::<u8>(), inner.clone()), 1..3);
        let human = prop::option::of(arbitrary_human());
        prop_oneof![
            some(1..4).prop_map(Block::Sequence),
            (human, branches, inner.clone()).prop_map(|(on, some, default)| Block::Choice(on, some, Box::new(default))),
            (some(2..4), prop::option::weighted(0.3, arbitrary_human())).prop_map(|(all, join)| Block::Fork(all, join)),
            (inner.clone(), arbitrary_human()).prop_map(|(part, human)| Block::Loop(Box::new(part), human)),
        ]
    })
}

/// The document of a block between a start and an end.
pub fn document_of(block: &Block) -> Value {
    let mut draft = Draft::default();
    draft.step("start", "START", &json!({}));
    let ways = draft.build(block, vec![json!({ "from": "start" })]);
    draft.step("end", "END", &json!({}));
    draft.enter("end", ways);
    for (key, end) in [("terminated", "TERMINATE"), ("failed", "ERROR")] {
        if draft.transitions.iter().any(|transition| transition["to"] == key) {
            draft.step(key, "END", &json!({ "end": end }));
        }
    }
    draft.separate();
    json!({ "steps": draft.steps, "transitions": draft.transitions })
}

/// A ladder as a document has it; `take` is the outcome that its last rung may take.
pub fn ladder_of(ladder: &Ladder, take: Option<&str>) -> Value {
    let mut rungs = ladder.rungs.clone();
    rungs.sort_unstable();
    let mut rungs: Vec<Value> = rungs
        .iter()
        .map(|(after, action)| {
            let action = match (action, take) {
                (0, _) => json!({ "notify": { "candidates": {} } }),
                (1, _) => json!({ "notify": { "requester": {} } }),
                (2, _) => json!({ "notify": { "role": "chief" } }),
                (3, Some(_)) => json!({ "reassign": { "role": "deputy" } }),
                _ => json!({ "raise": {} }),
            };
            json!({ "after": format!("PT{after}M"), "action": action })
        })
        .collect();
    if let (Some(outcome), true) = (take, ladder.take) {
        rungs.push(json!({ "after": "PT1H", "action": { "takeOutcome": { "outcome": outcome } } }));
    }
    json!(rungs)
}

#[derive(Default)]
struct Draft {
    steps: Vec<Value>,
    transitions: Vec<Value>,
    /// Places among the steps of human ones that are to be separated, with the number of the other.
    separated: Vec<(usize, u8)>,
}

/// Transitions that lead nowhere yet.
type Ways = Vec<Value>;

impl Draft {
    fn step(&mut self, key: &str, kind: &str, more: &Value) {
        self.steps.push(super::support::with(json!({ "key": key, "name": key, "kind": kind }), more));
    }

    fn fresh(&self, prefix: &str) -> String {
        format!("{prefix}{}", self.steps.len())
    }

    fn enter(&mut self, key: &str, ways: Ways) {
        self.transitions.extend(ways.into_iter().map(|way| super::support::with(way, &json!({ "to": key }))));
    }

    fn decision(&mut self, ways: Ways, more: &Value) -> String {
        let key = self.fresh("d");
        self.step(&key, "DECISION", more);
        self.enter(&key, ways);
        key
    }

    fn human(&mut self, human: &Human, ways: Ways, join: &str) -> String {
        let key = self.fresh("h");
        let (kind, outcomes) =
            if human.approval { ("APPROVAL", ["APPROVED", "REJECTED"]) } else { ("TASK", ["DONE", "AGAIN"]) };
        let candidate = match human.candidate {
            2 => json!({ "role": "chief" }),
            3 => json!({ "user": "p5@example.org" }),
            4 if !human.not_requester => json!({ "requester": {} }),
            _ => json!({ "role": "clerk" }),
        };
        let mut more = json!({ "candidate": candidate, "outcomes": outcomes, "join": join });
        more["separation"] = json!({ "notRequester": human.not_requester });
        if let Some(ladder) = &human.sla {
            let escalations = ladder_of(ladder, Some(outcomes[1]));
            more["sla"] = json!({ "dueIn": format!("PT{}M", ladder.due_in), "escalations": escalations });
        }
        self.separated.extend(human.not_decider_of.map(|other| (self.steps.len(), other)));
        self.step(&key, kind, &more);
        self.enter(&key, ways);
        key
    }

    /// Fills in the rules that name other human steps, now that all are known.
    fn separate(&mut self) {
        let humans: Vec<Value> =
            self.steps.iter().filter(|step| !step["candidate"].is_null()).map(|step| step["key"].clone()).collect();
        for (at, other) in std::mem::take(&mut self.separated) {
            self.steps[at]["separation"]["notDeciderOf"] = json!([humans[usize::from(other) % humans.len()]]);
        }
    }

    fn build(&mut self, block: &Block, ways: Ways) -> Ways {
        match block {
            Block::Human(human) => vec![json!({ "from": self.human(human, ways, "ANY") })],
            Block::Sequence(parts) => parts.iter().fold(ways, |ways, part| self.build(part, ways)),
            Block::Choice(on, branches, default) => {
                let from = match on {
                    Some(human) => self.human(human, ways, "ANY"),
                    None => self.decision(ways, &json!({})),
                };
                let mut out = self.build(default, vec![json!({ "from": from, "isDefault": true })]);
                for (priority, (guard, branch)) in branches.iter().enumerate() {
                    let way = json!({ "from": from, "condition": condition(*guard), "priority": priority });
                    out.extend(self.build(branch, vec![way]));
                }
                out
            }
            Block::Fork(branches, join) => {
                let from = self.decision(ways, &json!({ "split": "ALL" }));
                let mut ends = Vec::new();
                for branch in branches {
                    let mut out = self.build(branch, vec![json!({ "from": from })]);
                    if out.len() > 1 {
                        out = vec![json!({ "from": self.decision(out, &json!({})) })];
                    }
                    ends.extend(out);
                }
                vec![match join {
                    Some(human) => json!({ "from": self.human(human, ends, "ALL") }),
                    None => json!({ "from": self.decision(ends, &json!({ "join": "ALL" })) }),
                }]
            }
            Block::Loop(part, human) => {
                let head = self.decision(ways, &json!({}));
                let out = self.build(part, vec![json!({ "from": head })]);
                let from = self.human(human, out, "ANY");
                let [on, back] = if human.approval { ["APPROVED", "REJECTED"] } else { ["DONE", "AGAIN"] };
                self.enter(&head, vec![json!({ "from": from, "outcome": back })]);
                vec![json!({ "from": from, "outcome": on })]
            }
            Block::Exit(guard, terminate) => {
                let from = self.decision(ways, &json!({}));
                let to = if *terminate { "terminated" } else { "failed" };
                self.enter(to, vec![json!({ "from": from, "condition": condition(*guard) })]);
                vec![json!({ "from": from, "isDefault": true })]
            }
            Block::Gate(human) => {
                let from = self.human(human, ways, "ANY");
                let [on, out] = if human.approval { ["APPROVED", "REJECTED"] } else { ["DONE", "AGAIN"] };
                self.enter("failed", vec![json!({ "from": from, "outcome": out })]);
                vec![json!({ "from": from, "outcome": on })]
            }
        }
    }
}

/// A condition on the variables that [`arbitrary_variables`] sets.
fn condition(guard: u8) -> Value {
    let leaf =
        |field: &str, operator: &str, value: Value| json!({ "field": field, "operator": operator, "value": value });
    let amount = leaf("amount", "greater", json!(100 + u32::from(guard) / 16));
    let kind = leaf("kind", "in", json!(["a", guard % 16]));
    match guard % 6 {
        0 => amount,
        1 => kind,
        2 => leaf("flag.0", "exists", json!(true)),
        3 => json!({ "not": leaf("note", "starts_with", json!("x")) }),
        4 => json!({ "any": [kind, amount] }),
        _ => leaf("note", "matches", json!("^x+$")),
    }
}

/// Variables of right and, seldom, of wrong types.
pub fn arbitrary_variables() -> impl Strategy<Value = Value> {
    let amount = prop_oneof![
        6 => (0..200i64).prop_map(Value::from),
        4 => (0.0..200.0f64).prop_map(Value::from),
        2 => Just(json!("much")),
        1 => Just(Value::Null),
    ];
    let kind = prop::sample::select(vec![json!("a"), json!("b"), json!(3), json!([])]);
    let flag = prop::sample::select(vec![json!([true]), json!([]), json!({ "0": 1 })]);
    let note = prop::sample::select(vec![json!("xx"), json!("xy"), json!("y"), json!("é\u{0}"), json!(5)]);
    let values = (prop::option::of(amount), prop::option::of(kind), prop::option::of(flag), prop::option::of(note));
    values.prop_map(|(amount, kind, flag, note)| {
        let named = [("amount", amount), ("kind", kind), ("flag", flag), ("note", note)];
        named
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    })
}
