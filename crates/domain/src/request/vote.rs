//! Approvals that several people decide: each casts one vote, and the last one needed ends the step,
//! or a change of who may vote.

use std::collections::BTreeSet;

use crate::ids::{RequestStepId, RoleId};
use crate::request::run::{Completion, Run};
use crate::request::{Command, OpenStep, Refusal, RequestEvent, RequestState, excluded_users};
use crate::workflow::{Candidate, Electorate, Entry, EscalationAction, Graph, HumanStep, Outcome, Quorum, Vote};

/// The roles whose holders `decide` must know to count the votes that a command counts.
pub fn counted_roles(graph: &Graph, state: &RequestState, command: &Command) -> BTreeSet<RoleId> {
    let steps: Vec<&OpenStep> = match command {
        Command::Complete { step, .. } => state.open.get(step).map(Box::as_ref).into_iter().collect(),
        Command::FireTimers | Command::Resume => state.open.values().map(Box::as_ref).collect(),
        Command::Start(_)
        | Command::Claim { .. }
        | Command::Release { .. }
        | Command::Deliver { .. }
        | Command::CallWebhook { .. }
        | Command::CompleteJob { .. }
        | Command::FailJob { .. }
        | Command::CompleteAction { .. }
        | Command::FailAction { .. }
        | Command::CallStarted { .. }
        | Command::CallEnded { .. }
        | Command::AddInstance { .. }
        | Command::CloseInstances { .. }
        | Command::Skip { .. }
        | Command::Retry { .. }
        | Command::CancelStep { .. }
        | Command::CancelScope { .. }
        | Command::Jump { .. }
        | Command::Suspend { .. }
        | Command::Cancel { .. } => Vec::new(),
    };
    steps.into_iter().flat_map(|open| roles_of(graph, open)).collect()
}

/// The roles that count on an open step that several decide: those of the quorum, the candidates' and
/// those that an escalation, which comes before any command, may make the candidates'.
fn roles_of(graph: &Graph, open: &OpenStep) -> BTreeSet<RoleId> {
    let human = graph.find(&open.step).and_then(|ix| graph.step(ix).human());
    let Some(quorum) = human.and_then(|human| human.quorum.as_ref()) else { return BTreeSet::new() };
    let candidates = match open.candidate() {
        Some(Candidate::Role(role)) => Some(role),
        Some(Candidate::User(_) | Candidate::Requester) | None => None,
    };
    let ladder = graph.step_ladder(&open.step);
    let coming = ladder.iter().filter_map(|rung| match &rung.action {
        EscalationAction::Reassign { role } => graph.role_id(role),
        EscalationAction::Notify(_) | EscalationAction::Raise {} | EscalationAction::TakeOutcome { .. } => None,
    });
    quorum.roles().chain(candidates).chain(coming).collect()
}

impl<'a> Run<'a, '_> {
    /// The quorum of an open step, if more than one person decides it.
    pub fn quorum_of(&self, id: RequestStepId) -> Option<&'a Quorum> {
        self.voted_on(id).map(|(_, quorum)| quorum)
    }

    /// A person decides an open step, alone or as one of several.
    pub fn decide_step(&mut self, id: RequestStepId, completion: Completion) -> Result<(), Refusal> {
        let (ix, _) = self.opened(id)?;
        let Some((human, _)) = self.voted_on(id) else { return self.complete(id, completion) };
        let Completion { outcome: Some(outcome), by: Some(by), comment, variables } = completion else {
            return Err(Refusal::StepNotOpen { step: id });
        };
        let step = self.graph.step(ix).key.clone();
        if !human.outcomes.contains(&outcome) || outcome == Outcome::tie() {
            let expected = human.outcomes.iter().filter(|outcome| **outcome != Outcome::tie()).cloned().collect();
            return Err(Refusal::UnknownOutcome { step, outcome, expected });
        }
        let variables = self.changes(self.graph.step(ix), None, variables)?;
        self.check_changes(&variables)?;
        let vote = Vote { by: by.user, on_behalf_of: by.on_behalf_of, outcome };
        self.emit(RequestEvent::VoteCast { id, step, vote, comment, variables });
        match self.decided(id, &self.electorate(id)) {
            None => Ok(()),
            Some(outcome) => {
                let completion = Completion { outcome: Some(outcome), by: Some(by), ..Completion::default() };
                let tokens = self.finish(id, completion)?;
                self.go_on(Entry::Tokens(&tokens))
            }
        }
    }

    /// Ends each approval whose votes are enough for those who may vote now. One that cannot go on with
    /// the present variables stays open for the next vote.
    pub fn recount(&mut self) {
        if self.expect_in_progress().is_err() {
            return;
        }
        let voted = self.state.open.iter().filter(|(_, open)| !open.votes().is_empty()).map(|(&id, _)| id);
        for id in voted.collect::<Vec<_>>() {
            let (state, events) = (self.state.clone(), self.events.len());
            if self.recount_step(id).is_err() {
                self.state = state;
                self.events.truncate(events);
            }
        }
    }

    fn recount_step(&mut self, id: RequestStepId) -> Result<(), Refusal> {
        let electorate = self.electorate(id);
        let (Some(outcome), Some(open)) = (self.decided(id, &electorate), self.state.open.get(&id)) else {
            return Ok(());
        };
        let (step, votes) = (open.step.clone(), open.votes().len());
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let (votes, electorate) = (number(votes), number(votes + electorate.candidates.len()));
        self.emit(RequestEvent::VotesRecounted { id, step, votes, electorate });
        let tokens = self.finish(id, Completion { outcome: Some(outcome), ..Completion::default() })?;
        self.go_on(Entry::Tokens(&tokens))
    }

    /// An open step that more than one person decides.
    fn voted_on(&self, id: RequestStepId) -> Option<(&'a HumanStep, &'a Quorum)> {
        let (ix, _) = self.opened(id).ok()?;
        let graph = self.graph;
        let human = graph.step(ix).human()?;
        Some((human, human.quorum.as_ref()?))
    }

    /// What the votes on an open step decide, if they are enough.
    fn decided(&self, id: RequestStepId, electorate: &Electorate) -> Option<Outcome> {
        let (human, quorum) = self.voted_on(id)?;
        quorum.decided(self.state.open.get(&id)?.votes(), &human.outcomes, electorate)
    }

    /// Who may vote on an open step now, without those who have voted.
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
