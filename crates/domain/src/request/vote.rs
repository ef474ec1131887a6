//! Approvals that several people decide: each casts one vote, and the last one needed ends the step.

use std::collections::BTreeSet;

use crate::ids::{RequestStepId, RoleId};
use crate::request::run::{Completion, Run};
use crate::request::{Command, Refusal, RequestEvent, RequestState, excluded_users};
use crate::workflow::{Candidate, Electorate, Entry, Graph, Outcome, Quorum, Vote};

/// The roles whose holders `decide` must know to count the votes of the step that a command works.
pub fn counted_roles(graph: &Graph, state: &RequestState, command: &Command) -> BTreeSet<RoleId> {
    let Command::Complete { step, .. } = command else { return BTreeSet::new() };
    let Some(open) = state.open.get(step) else { return BTreeSet::new() };
    let human = graph.find(&open.step).and_then(|ix| graph.step(ix).human());
    let Some(quorum) = human.and_then(|human| human.quorum.as_ref()) else { return BTreeSet::new() };
    let candidates = match open.candidate() {
        Some(Candidate::Role(role)) => Some(role),
        Some(Candidate::User(_) | Candidate::Requester) | None => None,
    };
    quorum.roles().chain(candidates).collect()
}

impl Run<'_, '_> {
    /// The quorum of an open step, if more than one person decides it.
    pub fn quorum_of(&self, id: RequestStepId) -> Option<&Quorum> {
        let (ix, _) = self.opened(id).ok()?;
        self.graph.step(ix).human()?.quorum.as_ref()
    }

    /// A person decides an open step, alone or as one of several.
    pub fn decide_step(&mut self, id: RequestStepId, completion: Completion) -> Result<(), Refusal> {
        let (ix, _) = self.opened(id)?;
        let graph = self.graph;
        let Some((human, quorum)) = graph.step(ix).human().and_then(|human| Some((human, human.quorum.as_ref()?)))
        else {
            return self.complete(id, completion);
        };
        let Completion { outcome: Some(outcome), by: Some(by), comment, variables } = completion else {
            return Err(Refusal::StepNotOpen { step: id });
        };
        let step = graph.step(ix).key.clone();
        if !human.outcomes.contains(&outcome) || outcome == Outcome::tie() {
            let expected = human.outcomes.iter().filter(|outcome| **outcome != Outcome::tie()).cloned().collect();
            return Err(Refusal::UnknownOutcome { step, outcome, expected });
        }
        let variables = self.changes(graph.step(ix), None, variables)?;
        self.check_changes(&variables)?;
        self.emit(RequestEvent::VoteCast { id, step, vote: Vote { by, outcome }, comment, variables });
        let electorate = self.electorate(id);
        let votes = self.state.open.get(&id).map(|open| open.votes().to_vec()).unwrap_or_default();
        match quorum.decided(&votes, &human.outcomes, &electorate) {
            None => Ok(()),
            Some(outcome) => {
                let completion = Completion { outcome: Some(outcome), by: Some(by), ..Completion::default() };
                let tokens = self.finish(id, completion)?;
                self.go_on(Entry::Tokens(&tokens))
            }
        }
    }

    /// Who may vote on an open step now, those who have voted included.
    fn electorate(&self, id: RequestStepId) -> Electorate {
        let Some(open) = self.state.open.get(&id) else { return Electorate::default() };
        let mut candidates = match open.candidate() {
            Some(Candidate::Role(role)) => self.context.holders.get(&role).cloned().unwrap_or_default(),
            Some(Candidate::User(user)) => BTreeSet::from([user]),
            Some(Candidate::Requester) => BTreeSet::from([self.state.requester]),
            None => BTreeSet::new(),
        };
        for excluded in excluded_users(self.graph, &self.state, open) {
            candidates.remove(&excluded);
        }
        Electorate { candidates, holders: self.context.holders.clone() }
    }
}
