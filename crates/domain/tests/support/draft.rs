//! The documents of blocks.

use serde_json::{Value, json};

use super::super::support::with;
use super::{Block, Human, Ladder, Leaving, Rest};

/// The document of a block between a start and an end.
pub fn document_of(block: &Block) -> Value {
    let mut draft = Draft::default();
    draft.step("start", "START", &json!({}));
    let ways = draft.build(block, vec![json!({ "from": "start" })]);
    draft.step("end", "END", &json!({}));
    draft.enter("end", ways);
    for (key, end) in [("terminated", "TERMINATE"), ("failed", "ERROR"), ("aside", "NORMAL")] {
        if draft.transitions.iter().any(|transition| transition["to"] == key) {
            draft.step(key, "END", &json!({ "end": end }));
        }
    }
    draft.relate();
    json!({ "steps": draft.steps, "transitions": draft.transitions, "scopes": draft.scopes })
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
    scopes: Vec<Value>,
    /// Places among the steps of human ones with rules that name other human steps, and these rules.
    related: Vec<(usize, Human)>,
    inside: Inside,
}

/// What lies around the part that is being drafted. A scope is left as a whole, whoever is in it: only one
/// token at a time may be on its way through one that is left by a boundary event.
#[derive(Clone, Copy, Default)]
struct Inside {
    /// A scope that a boundary event leaves.
    scope: bool,
    /// A scope with a mutex.
    section: bool,
    /// Branches that go on when their join has started.
    late: bool,
}

/// Transitions that lead nowhere yet.
type Ways = Vec<Value>;

impl Draft {
    fn step(&mut self, key: &str, kind: &str, more: &Value) {
        self.steps.push(with(json!({ "key": key, "name": key, "kind": kind }), more));
    }

    fn fresh(&self, prefix: &str) -> String {
        format!("{prefix}{}", self.steps.len())
    }

    fn enter(&mut self, key: &str, ways: Ways) {
        self.transitions.extend(ways.into_iter().map(|way| with(way, &json!({ "to": key }))));
    }

    fn decision(&mut self, ways: Ways, more: &Value) -> String {
        let key = self.fresh("d");
        self.step(&key, "DECISION", more);
        self.enter(&key, ways);
        key
    }

    fn human(&mut self, human: &Human, ways: Ways, join: &Value) -> String {
        let key = self.fresh("h");
        let (kind, outcomes) = if human.approval { ("APPROVAL", APPROVAL) } else { ("TASK", TASK) };
        let candidate = match human.candidate {
            2 => json!({ "role": "chief" }),
            3 => json!({ "user": "p5@example.org" }),
            4 if !human.not_requester => json!({ "requester": {} }),
            _ => json!({ "role": "clerk" }),
        };
        let mut more = json!({ "candidate": candidate, "outcomes": outcomes, "join": join });
        more["separation"] = json!({ "notRequester": human.not_requester });
        more["required"] = json!(!human.optional);
        if human.mutex {
            more["mutex"] = json!("desk");
        }
        if let Some(ladder) = &human.sla {
            let escalations = ladder_of(ladder, Some(outcomes[1]));
            more["sla"] = json!({ "dueIn": format!("PT{}M", ladder.due_in), "escalations": escalations });
        }
        self.related.push((self.steps.len(), human.clone()));
        self.step(&key, kind, &more);
        self.enter(&key, ways);
        key
    }

    /// Fills in the rules that name other human steps, now that all are known.
    fn relate(&mut self) {
        let humans: Vec<Value> = self.related.iter().map(|(at, _)| self.steps[*at]["key"].clone()).collect();
        for (at, human) in std::mem::take(&mut self.related) {
            let step = &mut self.steps[at];
            let named = |n: u8| humans[usize::from(n) % humans.len()].clone();
            let other = |n: &u8| Some(named(*n)).filter(|other| *other != step["key"]);
            let (after, before) =
                (human.milestone.0.as_ref().and_then(other), human.milestone.1.as_ref().and_then(other));
            if let Some(other) = human.not_decider_of {
                step["separation"]["notDeciderOf"] = json!([named(other)]);
            }
            if after.is_some() || before.is_some() {
                step["enabledWhile"] = json!({ "after": after, "before": before });
            }
            if before.is_some() {
                step["outcomes"].as_array_mut().into_iter().for_each(|outcomes| outcomes.push(json!("EXPIRED")));
            }
        }
    }

    fn rest(&mut self, rest: &Rest, ways: Ways) -> String {
        let timer = match rest {
            Rest::Human(human) => return self.human(human, ways, &json!("ANY")),
            Rest::Wait(minutes) => json!({ "after": format!("PT{minutes}M") }),
            Rest::Until => json!({ "until": "visit" }),
        };
        let key = self.fresh("w");
        self.step(&key, "WAIT", &json!({ "wait": { "timer": timer }, "required": false }));
        self.enter(&key, ways);
        key
    }

    fn build(&mut self, block: &Block, ways: Ways) -> Ways {
        match block {
            Block::Human(human) => leaving(self.human(human, ways, &json!("ANY"))),
            Block::Rest(rest) => leaving(self.rest(rest, ways)),
            Block::Sequence(parts) => parts.iter().fold(ways, |ways, part| self.build(part, ways)),
            Block::Choice(on, branches, default) => {
                let from = match on {
                    Some(human) => self.human(human, ways, &json!("ANY")),
                    None => self.decision(ways, &json!({})),
                };
                self.chosen(&from, branches, default).concat()
            }
            Block::Fork(branches, join) => {
                let from = self.decision(ways, &json!({ "split": "ALL" }));
                let ends = self.beside(&from, branches);
                self.join(ends, join.as_ref(), &json!("ALL"))
            }
            Block::Inclusive(branches, default, join) => {
                let from = self.decision(ways, &json!({ "split": "SOME" }));
                let ends = self.chosen(&from, branches, default).concat();
                self.join(ends, join.as_ref(), &json!({ "SOME": { "split": from } }))
            }
            Block::Partial(count, late, branches, join) => self.partial(*count, *late, branches, join.as_ref(), ways),
            Block::Loop(part, human, most) => self.repeated(part, human, *most, ways),
            Block::Race(rivals) => {
                let from = self.fresh("r");
                self.step(&from, "RACE", &json!({}));
                self.enter(&from, ways);
                let behind = |(rest, branch): &(Rest, Block)| {
                    let rival = self.rest(rest, leaving(from.clone()));
                    self.build(branch, leaving(rival))
                };
                rivals.iter().flat_map(behind).collect()
            }
            Block::Timed(host, after, interrupting, then) => self.timed(host, *after, *interrupting, then, ways),
            Block::Scope(part, on, then) => self.scope(part, on, then, ways),
            Block::Exit(guard, terminate) => {
                let to = if *terminate { "terminated" } else { "failed" };
                self.exit(*guard, to, ways)
            }
            Block::Throw(guard) => {
                let to = self.fresh("e");
                let code = ["X", "Y"][usize::from(*guard % 2)];
                self.step(&to, "END", &json!({ "end": "ERROR", "errorCode": code }));
                self.exit(*guard, &to, ways)
            }
            Block::Gate(human) => {
                let (from, [on, out]) = self.judge(human, ways);
                self.enter("failed", vec![json!({ "from": from, "outcome": out })]);
                vec![json!({ "from": from, "outcome": on })]
            }
        }
    }

    /// Conditional branches and the default, each with its ways out.
    fn chosen(&mut self, from: &str, branches: &[(u8, Block)], default: &Block) -> Vec<Ways> {
        let mut out = vec![self.build(default, vec![json!({ "from": from, "isDefault": true })])];
        for (priority, (guard, branch)) in branches.iter().enumerate() {
            let way = json!({ "from": from, "condition": condition(*guard), "priority": priority });
            out.push(self.build(branch, vec![way]));
        }
        out
    }

    /// Branches side by side, each with one way out.
    fn beside(&mut self, from: &str, branches: &[Block]) -> Ways {
        let mut ends = Vec::new();
        for branch in branches {
            let mut out = self.build(branch, vec![json!({ "from": from })]);
            if out.len() > 1 {
                out = leaving(self.decision(out, &json!({})));
            }
            ends.extend(out);
        }
        ends
    }

    fn join(&mut self, ends: Ways, human: Option<&Human>, join: &Value) -> Ways {
        leaving(match human {
            Some(human) => self.human(human, ends, join),
            None => self.decision(ends, &json!({ "join": join })),
        })
    }

    fn partial(&mut self, count: u8, late: u8, branches: &[Block], join: Option<&Human>, ways: Ways) -> Ways {
        let from = self.decision(ways, &json!({ "split": "ALL" }));
        let late = if self.inside.scope { "CANCEL" } else { ["IGNORE", "BLOCK", "CANCEL"][usize::from(late % 3)] };
        let around = self.inside;
        self.inside.late |= late != "CANCEL";
        let ends = self.beside(&from, branches);
        self.inside = around;
        let count = 1 + usize::from(count) % branches.len();
        self.join(ends, join, &json!({ "AT_LEAST": { "count": count, "split": from, "late": late } }))
    }

    /// A human step that says one of two things, whatever happens elsewhere.
    fn judge(&mut self, human: &Human, ways: Ways) -> (String, [&'static str; 2]) {
        let from = self.human(&Human { milestone: (None, None), ..human.clone() }, ways, &json!("ANY"));
        (from, if human.approval { APPROVAL } else { TASK })
    }

    fn repeated(&mut self, part: &Block, human: &Human, most: Option<u8>, ways: Ways) -> Ways {
        let head = self.decision(ways, &json!({ "maxVisits": most }));
        let out = self.build(part, leaving(head.clone()));
        let (from, [on, back]) = self.judge(human, out);
        self.enter(&head, vec![json!({ "from": from, "outcome": back })]);
        vec![json!({ "from": from, "outcome": on })]
    }

    fn timed(&mut self, host: &Rest, after: u8, interrupting: bool, then: &Human, ways: Ways) -> Ways {
        let mut out = leaving(self.rest(host, ways));
        let host = self.steps.last().map(|step| step["key"].clone());
        let interrupting = interrupting || self.inside.scope;
        let boundary = self.boundary(&json!({
            "attachedTo": host,
            "on": { "timer": { "after": format!("PT{after}M") } },
            "interrupting": interrupting,
        }));
        let then = leaving(self.human(then, boundary, &json!("ANY")));
        if interrupting {
            out.extend(then);
        } else {
            self.enter("aside", then);
        }
        out
    }

    fn boundary(&mut self, boundary: &Value) -> Ways {
        let key = self.fresh("b");
        self.step(&key, "BOUNDARY", &json!({ "boundary": boundary }));
        leaving(key)
    }

    fn scope(&mut self, part: &Block, on: &Leaving, then: &Block, ways: Ways) -> Ways {
        let (around, first) = (self.inside, self.steps.len());
        let triggers = if around.late { Vec::new() } else { triggers(on) };
        let mutex = on.mutex && !around.section;
        self.inside.scope |= !triggers.is_empty();
        self.inside.section |= mutex;
        let mut out = self.build(part, ways);
        self.inside = around;
        let key = format!("scope{}", self.scopes.len());
        let steps: Vec<&Value> = self.steps[first..].iter().map(|step| &step["key"]).collect();
        self.scopes.push(json!({ "key": key, "name": key, "steps": steps, "mutex": mutex.then_some("vault") }));
        let on = |on: Value| self.boundary(&json!({ "attachedTo": key, "on": on }));
        let left: Ways = triggers.into_iter().flat_map(on).collect();
        if !left.is_empty() {
            out.extend(self.build(then, left));
        }
        out
    }

    fn exit(&mut self, guard: u8, to: &str, ways: Ways) -> Ways {
        let from = self.decision(ways, &json!({}));
        self.enter(to, vec![json!({ "from": from, "condition": condition(guard) })]);
        vec![json!({ "from": from, "isDefault": true })]
    }
}

const APPROVAL: [&str; 2] = ["APPROVED", "REJECTED"];
const TASK: [&str; 2] = ["DONE", "AGAIN"];

fn leaving(from: impl Into<String>) -> Ways {
    let from: String = from.into();
    vec![json!({ "from": from })]
}

/// What makes a scope's boundary events fire.
fn triggers(on: &Leaving) -> Vec<Value> {
    let timer = on.timer.map(|minutes| json!({ "timer": { "after": format!("PT{minutes}M") } }));
    let error = on.error.map(|n| match n % 4 {
        0 => json!({ "error": { "code": "X" } }),
        1 => json!({ "error": { "code": "VISIT_LIMIT" } }),
        _ => json!({ "error": {} }),
    });
    timer.into_iter().chain(error).collect()
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
