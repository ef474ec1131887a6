//! Forms that flow graphs do not have, put into the document of one by chance.

use serde_json::{Value, json};

use super::super::support::edge;
use super::super::support::flow;
use super::super::verification_support::random::Random;
use super::workflow::{Deadlines, taken};

/// Lays forms over a document of tasks, decisions and ends.
pub fn with_forms(mut draft: Value, deadlines: Deadlines, random: &mut Random) -> Value {
    let keys: Vec<String> = steps(&draft).iter().map(|step| text(&step["key"])).collect();
    for key in &keys {
        gather(&mut draft, key, random);
        choose_some(&mut draft, key, random);
        race(&mut draft, key);
        fail(&mut draft, key, random);
    }
    if random.chance(60) {
        surround(&mut draft, deadlines, random);
    }
    draft
}

/// A join ALL becomes a structured one, mostly of the split before it.
fn gather(draft: &mut Value, key: &str, random: &mut Random) {
    if step(draft, key)["join"] != "ALL" || random.chance(30) {
        return;
    }
    let splits: Vec<String> =
        steps(draft).iter().filter(|step| step["split"] == "ALL").map(|step| text(&step["key"])).collect();
    if splits.is_empty() {
        return;
    }
    let number = |key: &str| key[1..].parse::<usize>().unwrap_or(0);
    let own = splits.iter().find(|split| number(split) + 1 == number(key));
    let split =
        own.filter(|_| random.chance(90)).cloned().unwrap_or_else(|| splits[random.below(splits.len())].clone());
    let late = random.pick(&["IGNORE", "BLOCK", "CANCEL"]);
    step(draft, key)["join"] = if random.chance(50) {
        json!({ "SOME": { "split": split } })
    } else {
        json!({ "AT_LEAST": { "count": 1 + random.below(3), "split": split, "late": late } })
    };
}

/// A choice, or a decision that takes every way, takes any of them.
fn choose_some(draft: &mut Value, key: &str, random: &mut Random) {
    let decides = step(draft, key)["kind"] == "DECISION";
    let targets = targets(draft, key);
    if !decides || targets.len() < 2 || random.chance(75) {
        return;
    }
    step(draft, key)["split"] = json!("SOME");
    let last = targets.last().cloned();
    for way in ways_from(draft, key) {
        let to = text(&way["to"]);
        let is_default = Some(&to) == last.as_ref();
        *way = if is_default {
            json!({ "from": key, "to": to, "isDefault": true })
        } else {
            let condition = json!({ "field": taken(key, &to), "operator": "exists" });
            json!({ "from": key, "to": to, "condition": condition })
        };
    }
}

/// A choice between tasks is left to whoever is first.
fn race(draft: &mut Value, at: &str) {
    let targets = targets(draft, at);
    let chosen = step(draft, at)["kind"] == "DECISION" && step(draft, at)["split"] == "ONE";
    let rivals = targets
        .iter()
        .all(|to| step(draft, to)["kind"] == "TASK" && step(draft, to)["join"] == "ANY" && ways_into(draft, to) == 1);
    if chosen && rivals && targets.len() > 1 {
        step(draft, at)["kind"] = json!("RACE");
        for way in ways_from(draft, at) {
            *way = edge(at, &text(&way["to"]));
        }
    }
}

/// An end throws an error, or ends everything.
fn fail(draft: &mut Value, key: &str, random: &mut Random) {
    if step(draft, key)["kind"] != "END" {
        return;
    }
    if random.chance(25) {
        step(draft, key)["end"] = json!("ERROR");
        step(draft, key)["errorCode"] = json!("X");
    } else if random.chance(15) {
        step(draft, key)["end"] = json!("TERMINATE");
    }
}

/// Steps drawn one after the other lie in a scope, which a deadline or an error leaves to a task outside.
fn surround(draft: &mut Value, deadlines: Deadlines, random: &mut Random) {
    let drawn: Vec<String> =
        steps(draft).iter().map(|step| text(&step["key"])).filter(|key| key.starts_with('n')).collect();
    let from = random.below(drawn.len());
    let mut inside: Vec<String> = drawn[from..].iter().take(1 + random.below(4)).cloned().collect();
    let mut outside = drawn.clone();
    outside.retain(|key| !inside.contains(key) && step(draft, key)["kind"] == "TASK");
    if outside.is_empty() {
        return;
    }
    let late = outside[random.below(outside.len())].clone();
    let thrower = inside.iter().find(|key| {
        let step = step(draft, key);
        step["kind"] == "TASK" && step["split"] == "ONE"
    });
    let thrower = thrower.filter(|_| random.chance(60)).cloned();
    let (timer, on) = match &thrower {
        None => ("scope-t", deadlines.of("scope-t", 10)),
        Some(_) => ("scope-e", json!({ "error": {} })),
    };
    if let Some(task) = thrower {
        step(draft, &task)["outcomes"].as_array_mut().expect("a list").push(json!("BAD"));
        list(draft, "steps").push(flow::error_end("bad", "X"));
        list(draft, "transitions").push(flow::on("BAD", &task, "bad"));
        inside.push("bad".to_owned());
    }
    draft["scopes"] = json!([{ "key": "s", "name": "s", "steps": inside }]);
    let boundary = flow::step(timer, "BOUNDARY", &json!({ "boundary": { "attachedTo": "s", "on": on } }));
    list(draft, "steps").push(boundary);
    list(draft, "transitions").push(edge(timer, &late));
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn steps(draft: &Value) -> &Vec<Value> {
    draft["steps"].as_array().expect("a list")
}

fn list<'d>(draft: &'d mut Value, name: &str) -> &'d mut Vec<Value> {
    draft[name].as_array_mut().expect("a list")
}

fn step<'d>(draft: &'d mut Value, key: &str) -> &'d mut Value {
    list(draft, "steps").iter_mut().find(|step| step["key"] == key).expect("a step")
}

fn ways_from<'d>(draft: &'d mut Value, key: &str) -> impl Iterator<Item = &'d mut Value> {
    list(draft, "transitions").iter_mut().filter(move |way| way["from"] == key)
}

fn targets(draft: &mut Value, key: &str) -> Vec<String> {
    ways_from(draft, key).map(|way| text(&way["to"])).collect()
}

fn ways_into(draft: &Value, key: &str) -> usize {
    draft["transitions"].as_array().expect("a list").iter().filter(|way| way["to"] == key).count()
}
