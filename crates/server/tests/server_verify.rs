//! `nexusflow verify`: verdicts as JSON lines, and every way in which an input is no graph.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

/// Exit code, JSON lines of standard output, lines of standard error.
fn verify(arguments: &[&str], folder: &Path) -> (i32, Vec<Value>, Vec<String>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nexusflow"));
    let output = command
        .current_dir(folder)
        .env_clear()
        .arg("verify")
        .args(arguments)
        .output()
        .expect("what the program or the test writes");
    let lines = |bytes: Vec<u8>| -> Vec<String> {
        String::from_utf8(bytes).expect("what the program or the test writes").lines().map(str::to_owned).collect()
    };
    let verdicts = lines(output.stdout)
        .iter()
        .map(|line| serde_json::from_str(line).expect("what the program or the test writes"))
        .collect();
    (output.status.code().expect("what the program or the test writes"), verdicts, lines(output.stderr))
}

fn folder_with(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("what the program or the test writes");
    for (name, content) in files {
        std::fs::write(folder.path().join(name), content).expect("what the program or the test writes");
    }
    folder
}

/// A fork of two branches, each with its own end: sound where ends swallow tokens.
fn forked() -> Value {
    json!({
        "nodes": [{ "id": "s", "split": "and", "join": "xor", "type": "start" }, { "id": "a", "label": "A" }, { "id": "b" }],
        "edges": [{ "from": "s", "to": "a" }, { "from": "s", "to": "b" }]
    })
}

/// A choice into a join.
fn stuck() -> Value {
    json!({
        "nodes": [{ "id": "choose", "label": "Choose" }, { "id": "join", "join": "and" }],
        "edges": [{ "from": "choose", "to": "join" }, { "from": "choose", "to": "join" }]
    })
}

fn document(split: &str) -> Value {
    let task = |key: &str| json!({ "key": key, "name": key, "kind": "TASK", "candidate": { "role": "clerk" } });
    let sla = json!({ "dueIn": "PT1H", "escalations": [{ "action": { "reassign": { "role": "chief" } } }] });
    let mut asked = task("a");
    asked["sla"] = sla;
    asked["split"] = split.into();
    asked["outcomes"] = json!(["LEFT", "RIGHT"]);
    json!({
        "steps": [
            { "key": "start", "name": "Start", "kind": "START" }, asked, task("b"), task("c"),
            { "key": "join", "name": "Join", "kind": "DECISION", "join": "ALL" }, { "key": "end", "name": "End", "kind": "END" }
        ],
        "transitions": [
            { "from": "start", "to": "a" },
            { "from": "a", "outcome": "LEFT", "to": "b" }, { "from": "a", "outcome": "RIGHT", "to": "c" },
            { "from": "b", "to": "join" }, { "from": "c", "to": "join" }, { "from": "join", "to": "end" }
        ]
    })
}

#[test]
fn each_line_gets_a_verdict_by_the_chosen_end_semantics() {
    let lines = format!("{}\n\n{}\r\n", forked(), stuck());
    let folder = folder_with(&[("graphs.jsonl", lines.as_bytes())]);
    let (code, verdicts, errors) = verify(&["graphs.jsonl"], folder.path());
    assert_eq!((code, errors.len()), (0, 0), "{errors:?}");
    assert_eq!(verdicts.len(), 2);
    assert_eq!((&verdicts[0]["verdict"], &verdicts[0]["line"]), (&json!("SOUND"), &json!(1)));
    assert_eq!((&verdicts[1]["verdict"], &verdicts[1]["line"]), (&json!("UNSOUND"), &json!(3)));
    assert_eq!(verdicts[1]["violation"], "DEADLOCK");
    assert_eq!(verdicts[1]["trace"], json!([{ "key": "choose", "name": "Choose", "leadsTo": ["join"] }]));
    assert!(verdicts.iter().all(|verdict| verdict["millis"].is_number() && verdict["file"] == "graphs.jsonl"));
    let (_, verdicts, _) = verify(&["--end-semantics", "workflow-net", "graphs.jsonl"], folder.path());
    assert_eq!(verdicts[0]["violation"], "IMPROPER_COMPLETION");
}

#[test]
fn one_object_may_take_many_lines_and_several_files_may_be_named() {
    let pretty = serde_json::to_string_pretty(&forked()).unwrap();
    let folder = folder_with(&[("a.json", pretty.as_bytes()), ("b.json", stuck().to_string().as_bytes())]);
    let (code, verdicts, _) = verify(&["a.json", "b.json"], folder.path());
    let told: Vec<(&Value, &Value)> = verdicts.iter().map(|verdict| (&verdict["file"], &verdict["verdict"])).collect();
    assert_eq!(code, 0);
    assert_eq!(told, [(&json!("a.json"), &json!("SOUND")), (&json!("b.json"), &json!("UNSOUND"))]);
}

#[test]
fn workflow_documents_are_told_by_their_fields() {
    let folder = folder_with(&[("flow.json", document("ONE").to_string().as_bytes())]);
    let (code, verdicts, errors) = verify(&["flow.json"], folder.path());
    assert_eq!(code, 0, "{errors:?}");
    assert_eq!(verdicts[0]["violation"], "DEADLOCK");
    let last = verdicts[0]["trace"].as_array().unwrap().last().unwrap();
    assert_eq!(last, &json!({ "key": "b", "name": "b", "outcome": "COMPLETED", "leadsTo": ["join"] }));
}

#[test]
fn a_document_may_name_workflows_and_work_that_are_not_known_here() {
    let of_kind = |key: &str, kind: &str, field: &str, value: Value| {
        let mut step = json!({ "key": key, "name": key, "kind": kind });
        step[field] = value;
        step
    };
    let document = json!({
        "steps": [
            { "key": "start", "name": "Start", "kind": "START" },
            of_kind("check", "CALL", "call", json!({ "workflow": "Check credit" })),
            of_kind("bill", "SERVICE", "service", json!({ "jobType": "invoice" })),
            of_kind("paid", "WAIT", "wait", json!({ "message": { "name": "payment", "key": "order" } })),
            of_kind("failed", "BOUNDARY", "boundary", json!({ "attachedTo": "bill", "on": { "error": {} } })),
            { "key": "end", "name": "End", "kind": "END" },
        ],
        "transitions": [
            { "from": "start", "to": "check" }, { "from": "check", "to": "bill" }, { "from": "bill", "to": "paid" },
            { "from": "paid", "to": "end" }, { "from": "failed", "to": "end" },
        ],
    });
    let folder = folder_with(&[("work.json", document.to_string().as_bytes())]);
    let (code, verdicts, errors) = verify(&["work.json"], folder.path());
    assert_eq!((code, &verdicts[0]["verdict"]), (0, &json!("SOUND")), "{errors:?}");
}

#[test]
fn a_document_with_a_step_that_nothing_leads_to_is_unsound() {
    let mut broken = document("ONE");
    broken["transitions"].as_array_mut().unwrap().remove(0);
    broken["transitions"].as_array_mut().unwrap().push(json!({ "from": "start", "to": "end" }));
    let folder = folder_with(&[("flow.json", broken.to_string().as_bytes())]);
    let (code, verdicts, errors) = verify(&["flow.json"], folder.path());
    assert_eq!((code, &verdicts[0]["verdict"]), (0, &json!("UNSOUND")), "{errors:?}");
    assert!(verdicts[0]["reason"].as_str().unwrap().contains("steps[a]"), "{verdicts:?}");
}

/// What standard error says of a file, which must be refused without a verdict.
fn refusal(content: &[u8]) -> String {
    let folder = folder_with(&[("bad.json", content)]);
    let (code, verdicts, errors) = verify(&["bad.json"], folder.path());
    assert_eq!((code, verdicts.len(), errors.len()), (1, 0, 1), "{errors:?}");
    errors[0].clone()
}

#[test]
fn what_is_no_graph_is_refused_with_file_line_and_place() {
    let deep = [b"[".repeat(100_000), b"\n".to_vec()].concat();
    let cases: [(&[u8], &[&str]); 14] = [
        (b"", &["bad.json:1", "found nothing"]),
        (b"\n \n", &["bad.json:1", "found nothing"]),
        (b"{\n\"nodes\": [}", &["bad.json:2", "column"]),
        (b"{\"nodes\": [], \"edges\": []} trailing", &["bad.json:1", "trailing"]),
        (b"{\"nodes\": [], \"edges\": []}", &["bad.json:1", "expected at least one node"]),
        (b"{\"nodes\": [{\"id\": \"a\"}]}", &["bad.json:1", "edges"]),
        (b"{\"edges\": [],\n\"nodes\": [{\"id\": 7}]}", &["bad.json:2", "nodes[0].id", "string"]),
        (b"{\"nodes\": [{\"id\": \"a\", \"split\": \"or\"}], \"edges\": []}", &["nodes[0].split", "`xor`", "`and`"]),
        (b"{\"nodes\": [{\"id\": \"a\"}, {\"id\": \"a\"}], \"edges\": []}", &["nodes[1].id", "another"]),
        (b"{\"nodes\": [{\"id\": \"a\"}], \"edges\": [{\"from\": \"a\", \"to\": \"b\"}]}", &["edges[0].to", "\"b\""]),
        (b"{\"nodes\": [{\"id\": \"\xff\"}], \"edges\": []}", &["bad.json:1", "unicode"]),
        (b"{\"answer\": 42}", &["bad.json:1", "expected an object with nodes and edges"]),
        (b"{\"steps\": [{\"key\": \"A b\"}], \"transitions\": []}", &["steps[0].key", "step key"]),
        (&deep, &["bad.json:1", "recursion"]),
    ];
    for (content, expected) in cases {
        let error = refusal(content);
        let shown = String::from_utf8_lossy(&content[..content.len().min(80)]);
        assert!(expected.iter().all(|part| error.contains(part)), "{shown}: expected {expected:?}, found {error}");
    }
}

#[test]
fn a_bad_line_does_not_keep_the_others_from_their_verdicts() {
    let lines = format!("{}\n{{\"nodes\": 1}}\nnonsense\n{}\n", forked(), stuck());
    let folder = folder_with(&[("graphs.jsonl", lines.as_bytes())]);
    let (code, verdicts, errors) = verify(&["graphs.jsonl", "missing.json"], folder.path());
    assert_eq!((code, verdicts.len(), errors.len()), (1, 2, 3), "{errors:?}");
    assert!(errors[0].contains("graphs.jsonl:2") && errors[1].contains("graphs.jsonl:3"), "{errors:?}");
    assert!(errors[2].contains("missing.json"), "{errors:?}");
}
