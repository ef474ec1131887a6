//! Compiles who decides an approval together, listing every problem with its place.

use std::collections::BTreeMap;

use crate::ids::RoleId;
use crate::problem::{Problem, ProblemCode};
use crate::workflow::validate::resolve_role;
use crate::workflow::{ApprovalDocument, Directory, Outcome, Quorum, QuorumDocument, QuorumRule, StepDocument};

/// The quorum of an approval; `None` when the first vote decides and nobody has a veto.
pub(super) fn quorum(
    step: &StepDocument,
    path: &str,
    directory: &Directory,
    roles: &mut BTreeMap<String, RoleId>,
    problems: &mut Vec<Problem>,
) -> Option<Quorum> {
    let ApprovalDocument { quorum, veto } = step.approval.as_ref()?;
    let path = format!("{path}.approval");
    let mut resolve =
        |name: &str, field: String, problems: &mut Vec<Problem>| resolve_role(name, &field, directory, roles, problems);
    let veto: Vec<Option<RoleId>> = veto.iter().map(|name| resolve(name, format!("{path}.veto"), problems)).collect();
    let at_least_one = |number: u32, field: &str, problems: &mut Vec<Problem>| {
        if number == 0 {
            let place = format!("{path}.quorum.{field}");
            problems.push(Problem::new(ProblemCode::InvalidValue, place, "expected at least 1, found 0"));
        }
    };
    let rule = match quorum {
        QuorumDocument::Single {} if veto.is_empty() => return None,
        QuorumDocument::Single {} => {
            let message = "where the first vote decides, everybody has a veto; name none";
            problems.push(Problem::new(ProblemCode::InvalidValue, format!("{path}.veto"), message));
            return None;
        }
        QuorumDocument::AtLeast { count } => {
            at_least_one(*count, "atLeast.count", problems);
            QuorumRule::AtLeast(*count)
        }
        QuorumDocument::Unanimous {} => QuorumRule::Unanimous,
        QuorumDocument::Majority {} => {
            if !step.effective_outcomes().contains(&Outcome::tie()) {
                let message = "an approval by majority declares TIE among its outcomes";
                problems.push(Problem::new(ProblemCode::InvalidValue, format!("{path}.quorum"), message));
            }
            QuorumRule::Majority
        }
        QuorumDocument::Weighted { weights, threshold } => {
            at_least_one(*threshold, "weighted.threshold", problems);
            let place = format!("{path}.quorum.weighted.weights");
            let weights = weights
                .iter()
                .filter_map(|(name, weight)| Some((resolve(name, place.clone(), problems)?, *weight)))
                .collect();
            QuorumRule::Weighted { weights, threshold: *threshold }
        }
    };
    Some(Quorum { rule, veto: veto.into_iter().flatten().collect() })
}
