//! Messages and calls from outside that steps wait for.

use crate::JsonMap;
use crate::ids::{MessageId, RequestStepId};
use crate::request::run::{Completion, Run};
use crate::request::{Refusal, RequestEvent, Subscriber, Work};
use crate::workflow::StepKey;

impl Run<'_, '_> {
    /// Hands a message to what waits for it. No event when nothing there does any more. Where what
    /// follows is refused, the step or boundary event fails and the message is not received: it is kept
    /// for an operator's retry, or for something else.
    pub fn deliver(&mut self, to: &Subscriber, message: MessageId, payload: JsonMap) -> Result<(), Refusal> {
        let Some(awaited) = self.state.subscriptions().get(to).map(|awaited| (*awaited).clone()) else {
            return Ok(());
        };
        match (to.step, &to.boundary) {
            (step, Some(boundary)) => self.receive_at(boundary, step, message, awaited.name, payload),
            (Some(step), None) => {
                let received = RequestEvent::MessageReceived {
                    message,
                    name: awaited.name,
                    step: Some(step),
                    boundary: None,
                    variables: JsonMap::new(),
                };
                self.or_fail(step, |run| {
                    run.emit(received);
                    run.complete(step, Completion { variables: payload, ..Completion::default() })
                });
                Ok(())
            }
            (None, None) => Ok(()),
        }
    }

    fn receive_at(
        &mut self,
        boundary: &StepKey,
        host: Option<RequestStepId>,
        message: MessageId,
        name: String,
        payload: JsonMap,
    ) -> Result<(), Refusal> {
        let not_found = || Refusal::UnknownKey { key: boundary.clone(), expected: "boundary event" };
        let step = self.graph.step(self.graph.find(boundary).ok_or_else(not_found)?);
        let variables = self.changes(step, None, payload);
        self.fire_boundary_with(boundary, host, |run| {
            let (boundary, variables) = (Some(boundary.clone()), variables?);
            run.check_changes(&variables)?;
            run.emit(RequestEvent::MessageReceived { message, name, step: host, boundary, variables });
            Ok(())
        });
        Ok(())
    }

    pub fn call_webhook(&mut self, id: RequestStepId, payload: JsonMap) -> Result<(), Refusal> {
        self.expect_in_progress()?;
        let open = self.state.open.get(&id).ok_or(Refusal::StepNotOpen { step: id })?;
        if open.work != Work::Webhook || open.failure.is_some() {
            return Err(Refusal::NotAwaited { step: open.step.clone(), offered: "a webhook" });
        }
        self.complete(id, Completion { variables: payload, ..Completion::default() })
    }
}
