//! Steps of several instances: which of them are open, and when the step itself ends.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::JsonMap;
use crate::ids::RequestStepId;
use crate::request::run::{Completion, Run, check_size};
use crate::request::{Instance, InstanceEnd, Instances, Refusal, RequestEvent, Work};
use crate::workflow::expression::{COST_LIMIT, Fuel, Scope};
use crate::workflow::{self, Entry, Multi, MultiMode, Outcome, Remaining, Step, StepIx, StepKey, Token};

/// The most instances of one execution of a step.
const MAX_INSTANCES: usize = 1_000;

impl Run<'_, '_> {
    /// The list that a step of several instances begins with.
    pub fn listed(&self, step: &Step, multi: &Multi) -> Result<Instances, Refusal> {
        let Value::Array(items) = self.value(step, "multi.over", &multi.over)? else {
            let message = "expected a list".to_owned();
            return Err(Refusal::NotMade { step: step.key.clone(), field: "multi.over".to_owned(), message });
        };
        expect_few(&step.key, items.len())?;
        Ok(Instances { items, opened: 0, ended: BTreeMap::new() })
    }

    /// Opens those instances that can be: all, or the next one.
    pub fn open_instances(&mut self, of: RequestStepId) -> Result<(), Refusal> {
        let Some((ix, multi)) = self.multi_of(of) else { return Ok(()) };
        while let Some(Work::Multi(instances)) = self.state.open.get(&of).map(|open| &open.work) {
            let index = instances.opened;
            let waits = multi.mode == MultiMode::Sequential && instances.ended.len() < index as usize;
            let Some(item) = instances.items.get(index as usize).filter(|_| !waits).cloned() else { break };
            let step = self.graph.step(ix);
            let Some(work) = self.work(ix)? else { break };
            let input = self.input(step, Some((index, &item)))?;
            let (due_at, pursuit) = self.deadline(step);
            let (id, at, instance, step) = (self.next_id(), self.now, Instance { of, index }, step.key.clone());
            self.emit(RequestEvent::InstanceActivated { id, step, instance, work, input, at, due_at, pursuit });
        }
        Ok(())
    }

    /// Goes on after an instance ended: with the next, or with what follows the step.
    pub fn after_instance(&mut self, of: RequestStepId) -> Result<(), Refusal> {
        if let Some((ix, multi)) = self.multi_of(of)
            && !self.is_complete(of, ix, multi)?
        {
            self.open_instances(of)?;
        }
        self.go_on(Entry::Tokens(&[]))
    }

    /// A step of several instances that has everything it needs to end.
    pub fn complete_host(&self) -> Option<RequestStepId> {
        let complete = |of: RequestStepId| {
            let (ix, multi) = self.multi_of(of)?;
            // What cannot be told does not end the step; whoever ends an instance is told why.
            self.is_complete(of, ix, multi).unwrap_or(false).then_some(of)
        };
        let hosts = self.state.open.iter().filter(|(_, open)| matches!(open.work, Work::Multi(_)));
        hosts.into_iter().find_map(|(&id, _)| complete(id))
    }

    /// Ends a step of several instances with what there is; the tokens that it made.
    pub fn finish_host(&mut self, of: RequestStepId) -> Result<Vec<Token>, Refusal> {
        let Some((ix, multi)) = self.multi_of(of) else { return Err(Refusal::StepNotOpen { step: of }) };
        let Some(instances) = self.instances(of) else { return Err(Refusal::StepNotOpen { step: of }) };
        let outcome = most_frequent(self.graph.step(ix).outcomes(), instances);
        let variables = match &multi.collect {
            Some(name) => JsonMap::from_iter([(name.clone(), results(instances))]),
            None => JsonMap::new(),
        };
        if multi.remaining == Remaining::Cancel {
            self.withdraw_instances(of);
        }
        self.finish(of, Completion { outcome, by: None, comment: None, variables })
    }

    /// Ends the open instances of an execution.
    pub fn withdraw_instances(&mut self, of: RequestStepId) {
        let open = self.state.open.iter().filter(|(_, open)| open.instance.is_some_and(|instance| instance.of == of));
        for id in open.map(|(&id, _)| id).collect::<Vec<_>>() {
            self.cancel_open(id);
        }
    }

    pub fn add_instance(&mut self, of: RequestStepId, item: Value) -> Result<(), Refusal> {
        self.expect_in_progress()?;
        let (ix, _) = self.opened(of)?;
        let step = self.graph.step(ix).key.clone();
        let Some((_, multi)) = self.multi_of(of) else {
            return Err(Refusal::NotAwaited { step, offered: "further instances" });
        };
        if !multi.may_grow {
            return Err(Refusal::DoesNotGrow { step });
        }
        let items = self.instances(of).map(|instances| instances.items.as_slice()).unwrap_or_default();
        expect_few(&step, items.len() + 1)?;
        check_size(&(items, &item))?;
        self.emit(RequestEvent::InstanceAdded { id: of, step, item });
        self.open_instances(of)?;
        self.go_on(Entry::Tokens(&[]))
    }

    pub fn close_instances(&mut self, of: RequestStepId, reason: String) -> Result<(), Refusal> {
        self.expect_in_progress()?;
        let (ix, _) = self.opened(of)?;
        let step = self.graph.step(ix).key.clone();
        if self.multi_of(of).is_none() {
            return Err(Refusal::NotAwaited { step, offered: "the end of its instances" });
        }
        self.emit(RequestEvent::InstancesClosed { id: of, step, reason });
        let tokens = self.finish_host(of)?;
        self.go_on(Entry::Tokens(&tokens))
    }

    /// Refuses results that would be too large together.
    pub fn check_results(&self, instance: Instance, result: &JsonMap) -> Result<(), Refusal> {
        let so_far = self.instances(instance.of).map(|instances| &instances.ended);
        check_size(&(so_far, result))
    }

    fn instances(&self, of: RequestStepId) -> Option<&Instances> {
        match &self.state.open.get(&of)?.work {
            Work::Multi(instances) => Some(instances),
            _ => None,
        }
    }

    fn is_complete(&self, of: RequestStepId, ix: StepIx, multi: &Multi) -> Result<bool, Refusal> {
        let Some(instances) = self.instances(of) else { return Ok(false) };
        let (ended, total) = (instances.ended.len(), instances.items.len());
        if ended == total {
            return Ok(true);
        }
        let finished = instances.ended.values().filter(|end| end.result.is_some()).count();
        Ok(match &multi.complete {
            workflow::Completion::All => false,
            workflow::Completion::AtLeast(count) => finished >= *count as usize,
            workflow::Completion::Majority => most_of(instances).is_some_and(|(_, count)| count * 2 > total),
            workflow::Completion::When(_) if ended == 0 => false,
            workflow::Completion::When(condition) => {
                let (results, ended, total) = (results(instances), Value::from(ended), Value::from(total));
                let roots = [("results", &results), ("ended", &ended), ("total", &total)];
                let scope = Scope::with_roots(&self.state.variables, &roots);
                condition.holds(&scope, &mut Fuel::new(COST_LIMIT)).map_err(|error| Refusal::NotMade {
                    step: self.graph.step(ix).key.clone(),
                    field: "multi.complete.when".to_owned(),
                    message: error.to_string(),
                })?
            }
        })
    }
}

impl<'a> Run<'a, '_> {
    fn multi_of(&self, of: RequestStepId) -> Option<(StepIx, &'a Multi)> {
        self.instances(of)?;
        let (ix, _) = self.opened(of).ok()?;
        Some((ix, self.graph.step(ix).multi.as_ref()?))
    }
}

fn expect_few(step: &StepKey, found: usize) -> Result<(), Refusal> {
    if found > MAX_INSTANCES {
        return Err(Refusal::TooManyInstances { step: step.clone(), found, limit: MAX_INSTANCES });
    }
    Ok(())
}

/// The list of results as a variable holds it.
fn results(instances: &Instances) -> Value {
    let entry = |(index, item): (u32, &Value)| match instances.ended.get(&index) {
        Some(InstanceEnd { outcome, by, result: Some(result) }) => {
            json!({ "item": item, "outcome": outcome, "by": by, "result": result })
        }
        Some(InstanceEnd { result: None, .. }) | None => Value::Null,
    };
    (0u32..).zip(&instances.items).map(entry).collect()
}

fn most_of(instances: &Instances) -> Option<(&Outcome, usize)> {
    let mut counts: BTreeMap<&Outcome, usize> = BTreeMap::new();
    for outcome in instances.ended.values().filter_map(|end| end.outcome.as_ref()) {
        *counts.entry(outcome).or_insert(0) += 1;
    }
    counts.into_iter().max_by_key(|(_, count)| *count)
}

/// The outcome with which most instances ended; of several, and of none, the one declared first.
fn most_frequent(declared: &[Outcome], instances: &Instances) -> Option<Outcome> {
    let count =
        |outcome: &Outcome| instances.ended.values().filter(|end| end.outcome.as_ref() == Some(outcome)).count();
    let mut best: Option<(usize, &Outcome)> = None;
    for outcome in declared {
        let found = count(outcome);
        if best.is_none_or(|(most, _)| found > most) {
            best = Some((found, outcome));
        }
    }
    best.map(|(_, outcome)| outcome.clone())
}
