use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use nexusflow_domain::ids::{RoleId, UserId, WorkflowId};
use nexusflow_domain::problem::{Problem, ProblemCode};
use nexusflow_domain::workflow::verification::{EndSemantics, FlowGraph, Net, net_of_flow_graph};
use nexusflow_domain::workflow::{Directory, Graph, Holders, RoleFacts, WorkflowDocument, compile};
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

/// What may be a graph, and where it is.
pub(super) struct Candidate {
    /// Of its file, counted from 1: where it begins.
    pub line: usize,
    pub text: Vec<u8>,
}

/// What is wrong, and where.
#[derive(Debug, thiserror::Error)]
#[error("{}:{line}: {problem}", file.display())]
pub(super) struct Located {
    file: PathBuf,
    line: usize,
    problem: String,
}

impl Located {
    fn new(file: &Path, line: usize, problem: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, problem: problem.into() }
    }
}

/// A graph, ready to be verified.
pub(super) enum Translated {
    Net(Net),
    Graph(Box<Graph>),
    /// Steps without a way in or out.
    Broken(Vec<Problem>),
}

/// The graphs of a file: one, or one a line.
pub(super) fn candidates(file: &Path) -> Vec<Result<Candidate, Located>> {
    let bytes = match std::fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) => return vec![Err(Located::new(file, 1, format!("the file cannot be read: {error}")))],
    };
    let lines: Vec<(usize, &[u8])> =
        (1..).zip(bytes.split(|&byte| byte == b'\n')).filter(|(_, line)| !line.trim_ascii().is_empty()).collect();
    match lines[..] {
        [] => vec![Err(Located::new(file, 1, "expected a graph, found nothing"))],
        // A first line that is whole by itself begins a file of one graph a line.
        [(_, first), _, ..] if serde_json::from_slice::<Value>(first).is_ok() => {
            lines.into_iter().map(|(line, text)| Ok(Candidate { line, text: text.to_vec() })).collect()
        }
        _ => vec![Ok(Candidate { line: 1, text: bytes })],
    }
}

/// The net of a candidate: by its fields a graph of nodes and edges, or a workflow document.
pub(super) fn translate(file: &Path, candidate: &Candidate, ends: EndSemantics) -> Result<Translated, Located> {
    let value: Value = parse(file, candidate)?;
    let has = |field: &str| value.get(field).is_some();
    let wrong = |problem: String| Located::new(file, candidate.line, problem);
    if has("nodes") || has("edges") {
        let graph: FlowGraph = parse(file, candidate)?;
        let net = net_of_flow_graph(&graph, ends).map_err(|invalid| wrong(invalid.to_string()))?;
        Ok(Translated::Net(net))
    } else if has("steps") || has("transitions") {
        let document: WorkflowDocument = parse(file, candidate)?;
        match compile(&document, &everybody_named_in(&value)) {
            Ok(graph) => Ok(Translated::Graph(Box::new(graph))),
            Err(problems) if problems.iter().all(|problem| is_of_control_flow(problem.code)) => {
                Ok(Translated::Broken(problems))
            }
            Err(problems) => Err(wrong(listed(&problems))),
        }
    } else {
        Err(wrong("expected an object with nodes and edges, or with steps and transitions".to_owned()))
    }
}

/// Reads JSON; an error says on which line of the file, and where in the object.
fn parse<T: DeserializeOwned>(file: &Path, candidate: &Candidate) -> Result<T, Located> {
    let mut json = serde_json::Deserializer::from_slice(&candidate.text);
    let parsed = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let place = if path == "." { String::new() } else { format!("{path}: ") };
        (error.inner().line(), format!("{place}{}", error.inner()))
    });
    let parsed = parsed.and_then(|parsed| match json.end() {
        Ok(()) => Ok(parsed),
        Err(error) => Err((error.line(), error.to_string())),
    });
    parsed.map_err(|(line, problem)| Located::new(file, candidate.line + line.saturating_sub(1), problem))
}

/// Problems that leave a document without a net, and say themselves why it is unsound.
fn is_of_control_flow(code: ProblemCode) -> bool {
    matches!(code, ProblemCode::UnreachableStep | ProblemCode::NoWayToEnd)
}

fn listed(problems: &[Problem]) -> String {
    let texts: Vec<String> = problems.iter().map(|problem| format!("{}: {}", problem.path, problem.message)).collect();
    format!("no valid workflow: {}", texts.join("; "))
}

/// A directory in which every role, person and workflow that the document names exists: whether they do is not
/// the question here.
fn everybody_named_in(document: &Value) -> Directory {
    let mut names = Names::default();
    names.collect(document);
    let (mut directory, mut ids) = (Directory::default(), (1..).map(Uuid::from_u128));
    let mut numbered = |names: Vec<String>| -> BTreeMap<String, Uuid> { names.into_iter().zip(&mut ids).collect() };
    let facts = |id| RoleFacts { id: RoleId::from_uuid(id), holders: Holders::Somebody };
    directory.roles = numbered(names.roles).into_iter().map(|(name, id)| (name, facts(id))).collect();
    directory.users = numbered(names.users).into_iter().map(|(name, id)| (name, UserId::from_uuid(id))).collect();
    directory.workflows =
        numbered(names.workflows).into_iter().map(|(name, id)| (name, WorkflowId::from_uuid(id))).collect();
    directory
}

#[derive(Default)]
struct Names {
    roles: Vec<String>,
    users: Vec<String>,
    workflows: Vec<String>,
}

impl Names {
    fn collect(&mut self, value: &Value) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.collect(item)),
            Value::Object(fields) => {
                for (field, value) in fields {
                    match (field.as_str(), value) {
                        ("role", Value::String(name)) => self.roles.push(name.clone()),
                        ("user", Value::String(address)) => self.users.push(address.to_lowercase()),
                        ("workflow", Value::String(name)) => self.workflows.push(name.clone()),
                        _ => self.collect(value),
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}
