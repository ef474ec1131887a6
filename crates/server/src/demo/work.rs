//! What people apply for, and how they decide.

use nexusflow_application::request::{Completion, NewRequest};
use nexusflow_domain::JsonMap;
use nexusflow_domain::ids::WorkflowId;
use nexusflow_domain::workflow::{Outcome, Priority};
use serde_json::{Value, json};

use crate::demo::random::Random;

/// What is built, its use, and the least it costs in thousands.
const PROJECTS: &[(&str, &str, u64)] = &[
    ("Garden shed", "RESIDENTIAL", 3),
    ("Carport", "RESIDENTIAL", 8),
    ("Conservatory", "RESIDENTIAL", 25),
    ("Loft conversion", "RESIDENTIAL", 60),
    ("Family house", "RESIDENTIAL", 240),
    ("Bakery with a shop", "COMMERCIAL", 180),
    ("Warehouse", "COMMERCIAL", 450),
    ("Solar roof", "RESIDENTIAL", 15),
    ("Nursery school", "PUBLIC", 900),
];
const STREETS: &[&str] = &["Mill Lane", "Harbour Street", "Alder Row", "Quay Road", "Chapel Hill", "Ferry Walk"];
const CONCERNS: &[&str] = &[
    "The drawings contradict each other.",
    "The distance to the neighbour is too small.",
    "A second exit is missing.",
];

/// How long a step usually takes, in hours.
pub(super) fn usual_hours(step: &str) -> u64 {
    match step {
        "intake" | "issue" => 12,
        "decision" => 20,
        "structure" | "fire_safety" => 36,
        "zoning" | "hearing" => 48,
        "supplement" | "revise" => 60,
        _ => 24,
    }
}

/// An application.
pub(super) fn application(workflow: WorkflowId, number: u64, random: &mut Random) -> NewRequest {
    let &(project, use_, least) = random.pick(PROJECTS).unwrap_or(&PROJECTS[0]);
    let street = random.pick(STREETS).copied().unwrap_or_default();
    let place = format!("{} {street}", 1 + random.below(120));
    let cost = (least + random.below(least + 10)) * 1_000;
    let variables = [("use", json!(use_)), ("cost", json!(cost)), ("address", json!(place))];
    NewRequest {
        workflow,
        title: Some(format!("{project}, {place}")),
        reference: Some(format!("BP-{number:05}")),
        priority: if random.percent(10) { Priority::High } else { Priority::Normal },
        variables: variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        starts_at: None,
        due_at: None,
    }
}

/// How somebody ends a step; `None` for a step that the demo does not know.
pub(super) fn completion(step: &str, attempt: u32, random: &mut Random) -> Option<Completion> {
    let (outcome, comment, variables) = match step {
        "intake" if attempt == 1 && random.percent(18) => ("INCOMPLETE", Some("The site plan is missing."), json!({})),
        "intake" => ("COMPLETE", None, json!({})),
        "supplement" if random.percent(10) => ("WITHDRAWN", Some("We do not build after all."), json!({})),
        "supplement" => ("SUPPLEMENTED", None, json!({})),
        "structure" | "fire_safety" | "zoning" => {
            let concern = if random.percent(14) { random.pick(CONCERNS).copied() } else { None };
            ("COMPLETED", concern, json!({ format!("{step}_concern"): concern }))
        }
        "hearing" => {
            let cleared = json!({ "structure_concern": null, "fire_safety_concern": null, "zoning_concern": null });
            ("COMPLETED", Some("The applicant will follow the conditions."), cleared)
        }
        "decision" if attempt < 3 && random.percent(14) => ("REVISE", Some("Please lower the ridge."), json!({})),
        "decision" if random.percent(8) => ("REJECTED", Some("The plan does not allow this use."), json!({})),
        "decision" => ("APPROVED", None, json!({})),
        "revise" if random.percent(8) => ("WITHDRAWN", None, json!({})),
        "revise" => ("REVISED", Some("New drawings are attached."), json!({})),
        "short_review" | "issue" => ("COMPLETED", None, json!({})),
        _ => return None,
    };
    let outcome: Outcome = outcome.parse().ok()?;
    Some(Completion { outcome, comment: comment.map(str::to_owned), variables: object(variables), on_behalf_of: None })
}

fn object(value: Value) -> JsonMap {
    match value {
        Value::Object(map) => map,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => JsonMap::new(),
    }
}
