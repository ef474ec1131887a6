//! Steps that wait open: what they wait for, what they are given, and until when.

use crate::Timestamp;
use crate::duration::moved;
use crate::ids::{RequestId, RequestStepId};
use crate::request::route::fires_at;
use crate::request::run::{Run, first_rung};
use crate::request::{ArmedMessage, ArmedTimer, JobWork, Pursuit, Refusal, RequestEvent, Work};
use crate::workflow::{Action, Step, StepIx, StepKey, StepKind, Taken, Trigger, Wait};

impl Run<'_, '_> {
    /// Opens a step that waits; a step of several instances with as many of them as begin at once.
    pub fn open_step(&mut self, ix: StepIx, taken: &Taken, race: Option<RequestStepId>) -> Result<(), Refusal> {
        let graph = self.graph;
        let found = graph.step(ix);
        let (step, at) = (found.key.clone(), self.now);
        let (work, input, (due_at, pursuit)) = if let Some(multi) = &found.multi {
            (Work::Multi(self.listed(found, multi)?), None, (None, None))
        } else {
            let Some(work) = self.work(ix)? else { return Ok(()) };
            (work, self.input(found, None)?, self.deadline(found))
        };
        let (timers, messages) = (self.armed(&step)?, self.listening(&step)?);
        let (id, attempt) = self.execution(&step, taken);
        let (consumed, frame, joined) = (taken.tokens.clone(), taken.frame, taken.joined());
        self.emit(RequestEvent::StepActivated {
            id,
            step,
            attempt,
            consumed,
            frame,
            joined,
            race,
            work,
            input,
            at,
            due_at,
            pursuit,
            timers,
            messages,
        });
        if found.multi.is_some() { self.open_instances(id) } else { Ok(()) }
    }

    /// What a step, or one of its instances, waits for; `None` when it does not wait.
    pub fn work(&mut self, ix: StepIx) -> Result<Option<Work>, Refusal> {
        let step = self.graph.step(ix);
        Ok(Some(match &step.kind {
            StepKind::Human(human) => Work::unclaimed(human.candidate),
            StepKind::Job(job) => {
                let (job_type, action) = (job.job_type.clone(), job.action.as_ref().map(Action::kind));
                Work::Job(JobWork { job_type, action, failed: 0, run_at: self.now, last_error: None })
            }
            StepKind::Call(_) => Work::Call { child: RequestId::from_uuid(self.context.ids.next_id()) },
            StepKind::Wait(Wait::Timer(timer)) => {
                Work::Timer { at: fires_at(self.graph, ix, timer, self.now, &self.state.variables)? }
            }
            StepKind::Wait(Wait::Message(message)) => Work::Message(self.awaited(step, message)?),
            StepKind::Wait(Wait::Webhook) => Work::Webhook,
            StepKind::Start
            | StepKind::End(_)
            | StepKind::Inline(_)
            | StepKind::Decision
            | StepKind::Race
            | StepKind::Boundary(_) => return Ok(None),
        }))
    }

    /// The deadline of a step that opens now, and the first rung of its ladder.
    pub fn deadline(&self, step: &Step) -> (Option<Timestamp>, Option<Pursuit>) {
        let sla = step.human().and_then(|human| human.sla.as_ref());
        let due_at = sla.map(|sla| moved(self.now, sla.due_in.as_delta()));
        (due_at, first_rung(&self.graph.step_ladder(&step.key), due_at))
    }

    /// The timers of a step's or scope's boundary events, counted from now.
    pub fn armed(&self, host: &StepKey) -> Result<Vec<ArmedTimer>, Refusal> {
        let mut armed = Vec::new();
        for (ix, boundary) in self.graph.boundaries_of(host) {
            if let Trigger::Timer(timer) = &boundary.trigger {
                let at = fires_at(self.graph, ix, timer, self.now, &self.state.variables)?;
                armed.push(ArmedTimer { boundary: self.graph.step(ix).key.clone(), at });
            }
        }
        Ok(armed)
    }

    /// The messages of a step's or scope's boundary events.
    pub fn listening(&self, host: &StepKey) -> Result<Vec<ArmedMessage>, Refusal> {
        let mut listening = Vec::new();
        for (ix, boundary) in self.graph.boundaries_of(host) {
            if let Trigger::Message(message) = &boundary.trigger {
                let step = self.graph.step(ix);
                let message = self.awaited(step, message)?;
                listening.push(ArmedMessage { boundary: step.key.clone(), message });
            }
        }
        Ok(listening)
    }
}
