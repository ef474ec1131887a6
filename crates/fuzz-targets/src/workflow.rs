//! Workflows out of blocks, so that most of what bytes say is a valid one.

use arbitrary::{Arbitrary, Unstructured};
use serde_json::{Value, json};

/// A workflow: blocks one after the other.
#[derive(Debug, Arbitrary)]
pub struct Workflow {
    blocks: Blocks,
    is_due: bool,
}

/// One after the other.
#[derive(Debug)]
struct Blocks(Vec<Block>);

impl<'a> Arbitrary<'a> for Blocks {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        let count = bytes.int_in_range(0..=4)?;
        (0..count).map(|_| Block::arbitrary(bytes)).collect::<arbitrary::Result<_>>().map(Self)
    }
}

#[derive(Debug, Arbitrary)]
enum Block {
    Task { ladder: bool, mutex: bool },
    Approval { votes: u8, ladder: bool },
    Service { attempts: u8, catches: bool },
    Call { is_detached: bool, catches: bool },
    Instances { is_sequential: bool, enough: Option<u8>, may_grow: bool },
    Timer(u16),
    Message { is_kept: bool },
    Webhook,
    Race,
    Choice(Blocks, Blocks),
    All(Blocks, Blocks),
    Some(Blocks, Blocks),
    First { branches: [Blocks; 2], late: u8 },
    Loop(Blocks),
    Deadline { inside: Blocks, interrupts: bool },
}

/// Steps that are drawn at most, and how deep blocks nest.
const STEPS: usize = 40;
const DEPTH: u8 = 4;

struct Drawing {
    steps: Vec<Value>,
    ways: Vec<Value>,
    scopes: Vec<Value>,
}

impl Workflow {
    /// Its document.
    pub fn document(&self) -> Value {
        let mut drawing = Drawing { steps: Vec::new(), ways: Vec::new(), scopes: Vec::new() };
        let start = drawing.step("START", &json!({}));
        let last = drawing.sequence(start, &self.blocks, 0);
        let end = drawing.step("END", &json!({}));
        drawing.way(&last, &end);
        let mut document = json!({ "steps": drawing.steps, "transitions": drawing.ways, "scopes": drawing.scopes });
        if self.is_due {
            document["sla"] = json!({ "dueIn": "PT3H", "escalations": [{ "action": { "raise": {} } }] });
        }
        document
    }
}

impl Drawing {
    fn step(&mut self, kind: &str, more: &Value) -> String {
        let key = format!("s{}", self.steps.len());
        let mut step = json!({ "key": key, "name": key, "kind": kind });
        if let (Some(step), Some(more)) = (step.as_object_mut(), more.as_object()) {
            step.extend(more.clone());
        }
        self.steps.push(step);
        key
    }

    fn way(&mut self, from: &str, to: &str) {
        self.ways.push(json!({ "from": from, "to": to }));
    }

    fn after(&mut self, from: &str, kind: &str, more: &Value) -> String {
        let key = self.step(kind, more);
        self.way(from, &key);
        key
    }

    fn sequence(&mut self, from: String, blocks: &Blocks, depth: u8) -> String {
        if depth > DEPTH {
            return from;
        }
        blocks.0.iter().fold(
            from,
            |from, block| {
                if self.steps.len() > STEPS { from } else { self.block(&from, block, depth + 1) }
            },
        )
    }

    fn block(&mut self, from: &str, block: &Block, depth: u8) -> String {
        match block {
            Block::Task { ladder, mutex } => {
                let mut more =
                    json!({ "candidate": { "role": "clerk" }, "outcomes": ["DONE", "NOT"], "required": false });
                if *ladder {
                    more["sla"] = sla("DONE");
                }
                if *mutex {
                    more["mutex"] = json!("desk");
                }
                self.after(from, "TASK", &more)
            }
            Block::Approval { votes, ladder } => {
                let mut more = json!({ "candidate": { "role": "clerk" }, "outcomes": ["APPROVED", "REJECTED"],
                    "approval": { "quorum": { "atLeast": { "count": 1 + votes % 3 } } } });
                if *ladder {
                    more["sla"] = sla("REJECTED");
                }
                self.after(from, "APPROVAL", &more)
            }
            Block::Service { attempts, catches } => {
                let retry = json!({ "attempts": 1 + attempts % 3, "delay": "PT10S" });
                let step = self.after(from, "SERVICE", &json!({ "service": { "jobType": "job", "retry": retry } }));
                self.caught(step, *catches)
            }
            Block::Call { is_detached, catches } => {
                let call = json!({ "call": { "workflow": "Other", "detached": is_detached } });
                let step = self.after(from, "CALL", &call);
                self.caught(step, *catches && !is_detached)
            }
            Block::Instances { is_sequential, enough, may_grow } => {
                let mode = if *is_sequential { "SEQUENTIAL" } else { "PARALLEL" };
                let mut multi = json!({ "over": "items", "mode": mode, "mayGrow": may_grow, "collect": "results" });
                if let Some(enough) = enough {
                    multi["complete"] = json!({ "atLeast": 1 + enough % 3 });
                }
                self.after(from, "TASK", &json!({ "candidate": { "role": "clerk" }, "multi": multi }))
            }
            Block::Timer(seconds) => self.after(
                from,
                "WAIT",
                &json!({ "wait": { "timer": { "after": format!("PT{}S", 1 + u32::from(*seconds)) } } }),
            ),
            Block::Message { is_kept } => {
                let message = json!({ "name": "news", "key": "key", "kept": is_kept });
                self.after(from, "WAIT", &json!({ "wait": { "message": message } }))
            }
            Block::Webhook => self.after(from, "WAIT", &json!({ "wait": { "webhook": {} } })),
            Block::Race => {
                let race = self.after(from, "RACE", &json!({}));
                let task = self.after(&race, "TASK", &json!({ "candidate": { "role": "chief" } }));
                let timer = self.after(&race, "WAIT", &json!({ "wait": { "timer": { "after": "PT1M" } } }));
                self.meet("DECISION", &json!({}), &[task, timer])
            }
            Block::Choice(one, other) => {
                let choice = self.after(from, "DECISION", &json!({}));
                let ends = self.branches(&choice, [one, other].into_iter(), depth, true);
                self.meet("DECISION", &json!({}), &ends)
            }
            Block::All(one, other) => {
                let split = self.after(from, "DECISION", &json!({ "split": "ALL" }));
                let ends = self.branches(&split, [one, other].into_iter(), depth, false);
                self.meet("DECISION", &json!({ "join": "ALL" }), &ends)
            }
            Block::Some(one, other) => {
                let split = self.after(from, "DECISION", &json!({ "split": "SOME" }));
                let ends = self.branches(&split, [one, other].into_iter(), depth, true);
                self.meet("DECISION", &json!({ "join": { "SOME": { "split": split } } }), &ends)
            }
            Block::First { branches, late } => {
                let split = self.after(from, "DECISION", &json!({ "split": "ALL" }));
                let late = ["IGNORE", "BLOCK", "CANCEL"][usize::from(late % 3)];
                let ends = self.branches(&split, branches.iter(), depth, false);
                let join = json!({ "AT_LEAST": { "count": 1, "split": split, "late": late } });
                self.meet("DECISION", &json!({ "join": join }), &ends)
            }
            Block::Loop(inside) => {
                let begin = self.after(from, "TASK", &json!({ "candidate": { "role": "clerk" }, "maxVisits": 5 }));
                let last = self.sequence(begin.clone(), inside, depth);
                let choice = self.after(&last, "DECISION", &json!({}));
                self.ways.push(json!({ "from": choice, "to": begin, "condition": "again == true" }));
                let out = self.step("DECISION", &json!({}));
                self.ways.push(json!({ "from": choice, "to": out, "isDefault": true }));
                out
            }
            Block::Deadline { inside, interrupts } => self.deadline(from, inside, *interrupts, depth),
        }
    }

    /// Each branch has a step of its own, so that no two lead straight to the same one.
    fn branches<'b>(
        &mut self,
        split: &str,
        branches: impl Iterator<Item = &'b Blocks>,
        depth: u8,
        are_chosen: bool,
    ) -> Vec<String> {
        let mut ends = Vec::new();
        for (number, blocks) in branches.enumerate() {
            let first = self.step("DECISION", &json!({}));
            let mut way = json!({ "from": split, "to": first });
            match (are_chosen, number) {
                (true, 0) => way["isDefault"] = json!(true),
                (true, _) => way["condition"] = json!("amount > 1.0"),
                (false, _) => {}
            }
            self.ways.push(way);
            ends.push(self.sequence(first, blocks, depth));
        }
        ends
    }

    fn meet(&mut self, kind: &str, more: &Value, ends: &[String]) -> String {
        let meeting = self.step(kind, more);
        for end in ends {
            self.way(end, &meeting);
        }
        meeting
    }

    /// With a boundary event of all its errors, if it is to have one.
    fn caught(&mut self, step: String, catches: bool) -> String {
        if !catches {
            return step;
        }
        let boundary = json!({ "boundary": { "attachedTo": step, "on": { "error": {} } } });
        let boundary = self.step("BOUNDARY", &boundary);
        self.meet("DECISION", &json!({}), &[step, boundary])
    }

    fn deadline(&mut self, from: &str, inside: &Blocks, interrupts: bool, depth: u8) -> String {
        let before = self.steps.len();
        let first = self.after(from, "TASK", &json!({ "candidate": { "role": "chief" } }));
        let last = self.sequence(first, inside, depth);
        let keys: Vec<Value> = self.steps.iter().skip(before).map(|step| step["key"].clone()).collect();
        let scope = format!("x{before}");
        self.scopes.push(json!({ "key": scope, "name": scope, "steps": keys }));
        let on = json!({ "timer": { "after": "PT2M" } });
        let boundary = self
            .step("BOUNDARY", &json!({ "boundary": { "attachedTo": scope, "on": on, "interrupting": interrupts } }));
        if interrupts {
            return self.meet("DECISION", &json!({}), &[last, boundary]);
        }
        let end = self.step("END", &json!({}));
        self.way(&boundary, &end);
        last
    }
}

fn sla(outcome: &str) -> Value {
    json!({ "dueIn": "PT5M", "escalations": [
        { "action": { "notify": { "candidates": {} } } },
        { "after": "PT1M", "action": { "reassign": { "role": "chief" } } },
        { "after": "PT2M", "action": { "takeOutcome": { "outcome": outcome } } },
    ] })
}
