//! Problems of deadlines and escalation ladders.

use std::collections::BTreeMap;

use crate::duration::Duration;
use crate::ids::RoleId;
use crate::problem::{Problem, ProblemCode};
use crate::workflow::validate::resolve_role;
use crate::workflow::{
    Directory, EscalationAction, EscalationRung, NotifyTarget, Outcome, StepDocument, WorkflowDocument,
};

const MAX_RUNGS: usize = 20;

/// Appends every problem found; roles that ladders name are resolved into `roles`.
pub(super) fn check(
    document: &WorkflowDocument,
    directory: &Directory,
    roles: &mut BTreeMap<String, RoleId>,
    problems: &mut Vec<Problem>,
) {
    let mut ladder = Ladder { directory, roles, problems };
    for step in &document.steps {
        if let Some(sla) = &step.sla {
            let path = format!("steps[{}].sla", step.key);
            ladder.check_due(sla.due_in, &path);
            ladder.check(&sla.escalations, Some(step), &format!("{path}.escalations"));
        }
    }
    if let Some(sla) = &document.sla {
        ladder.check_due(sla.due_in, "sla");
        ladder.check(&sla.escalations, None, "sla.escalations");
        if !document.due_date_escalations.is_empty() {
            let message = "the ladder of sla applies to due dates too; give only one of them";
            ladder.problems.push(Problem::new(ProblemCode::BadSla, "dueDateEscalations", message));
        }
    }
    ladder.check(&document.due_date_escalations, None, "dueDateEscalations");
}

struct Ladder<'a> {
    directory: &'a Directory,
    roles: &'a mut BTreeMap<String, RoleId>,
    problems: &'a mut Vec<Problem>,
}

impl Ladder<'_> {
    fn check_due(&mut self, due_in: Duration, path: &str) {
        if due_in == Duration::ZERO {
            let message = "expected a duration above zero";
            self.problems.push(Problem::new(ProblemCode::BadSla, format!("{path}.dueIn"), message));
        }
    }

    fn check(&mut self, rungs: &[EscalationRung], step: Option<&StepDocument>, path: &str) {
        if rungs.len() > MAX_RUNGS {
            self.problems.push(Problem::new(ProblemCode::TooLarge, path, format!("more than {MAX_RUNGS} escalations")));
        }
        for (i, rung) in rungs.iter().enumerate() {
            let path = format!("{path}[{i}]");
            if i > 0 && rung.after < rungs[i - 1].after {
                let message = "escalations come in order of time";
                self.problems.push(Problem::new(ProblemCode::BadSla, format!("{path}.after"), message));
            }
            self.check_action(&rung.action, step, i + 1 == rungs.len(), &path);
        }
    }

    fn check_action(&mut self, action: &EscalationAction, step: Option<&StepDocument>, last: bool, path: &str) {
        let mut bad = |code, message: String| self.problems.push(Problem::new(code, format!("{path}.action"), message));
        match (action, step) {
            (EscalationAction::Notify(NotifyTarget::Role(role)), _) => {
                resolve_role(role, &format!("{path}.action.notify.role"), self.directory, self.roles, self.problems);
            }
            (EscalationAction::Notify(_) | EscalationAction::Raise {}, _) => {}
            (EscalationAction::Reassign { .. } | EscalationAction::TakeOutcome { .. }, None) => {
                bad(ProblemCode::BadSla, "a request's ladder only notifies or raises; put this on a step".to_owned());
            }
            (EscalationAction::Reassign { role }, Some(_)) => {
                resolve_role(role, &format!("{path}.action.reassign.role"), self.directory, self.roles, self.problems);
            }
            (EscalationAction::TakeOutcome { outcome }, Some(step)) => {
                if *outcome == Outcome::approved() {
                    bad(
                        ProblemCode::SilentApproval,
                        "a missed deadline never approves; take another outcome".to_owned(),
                    );
                }
                if !step.effective_outcomes().contains(outcome) {
                    bad(ProblemCode::UnknownOutcome, format!("the step does not declare the outcome {outcome}"));
                }
                if !last {
                    bad(ProblemCode::BadSla, "nothing comes after taking an outcome; make it the last".to_owned());
                }
            }
        }
    }
}
