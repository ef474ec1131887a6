//! A request moved by free choice: at random, or along a trace of the verification.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use nexusflow_domain::request::{Command, FailureReason, Refusal, RequestEvent, RequestStatus, StartRequest};
use nexusflow_domain::workflow::verification::{Trace, TraceStep};
use nexusflow_domain::workflow::{EndKind, Graph, Outcome, Split, StepIx, StepKind, choice_variable};
use nexusflow_domain::{JsonMap, Timestamp};
use serde_json::{Value, json};

use super::super::support::{CLERK, Desk, REQUESTER, at, start_request};
use super::super::verification_support::random::Random;
use super::workflow::{taken, until};

/// Later than any deadline that is meant to pass.
const NEVER: i64 = 900_000_000;

/// The deadline of a scope.
pub const SCOPE_TIMER: &str = "scope-t";

pub struct Player<'g> {
    pub desk: Desk<'g>,
}

impl<'g> Player<'g> {
    pub fn new(graph: &'g Graph) -> Self {
        Self { desk: Desk::new(graph) }
    }

    pub fn start(&mut self, variables: JsonMap) {
        let start = StartRequest { variables, ..start_request() };
        self.desk.act(REQUESTER, &Command::Start(start)).expect("the request starts");
    }

    pub fn is_over(&self) -> bool {
        self.desk.state.status().is_final()
    }

    /// The step at which a request that failed was stuck.
    pub fn stuck_at(&self) -> Option<&str> {
        self.desk.journal.iter().find_map(|event| match event {
            RequestEvent::RequestFailed { reason: FailureReason::Deadlock(step), .. } => Some(step.as_str()),
            _ => None,
        })
    }

    pub fn has_completed(&self) -> bool {
        self.desk.state.status() == RequestStatus::Completed
    }

    /// Whether a step has ended, and was not just withdrawn.
    pub fn has_passed(&self, key: &str) -> bool {
        self.desk.journal.iter().any(|event| match event {
            RequestEvent::StepRouted { step, .. } | RequestEvent::StepCompleted { step, .. } => step.as_str() == key,
            _ => false,
        })
    }

    /// Whether an end failed the request whose error nothing caught.
    pub fn has_failed_at_an_end(&self) -> bool {
        let at_an_end = |event: &RequestEvent| {
            matches!(event, RequestEvent::RequestFailed { reason: FailureReason::ErrorEnd(_), .. })
        };
        self.desk.journal.last().is_some_and(at_an_end)
    }

    /// Plays at random for so many moves, or to the end.
    pub fn play(&mut self, random: &mut Random, most: usize) {
        for _ in 0..most {
            if self.is_over() {
                return;
            }
            self.move_somehow(random);
        }
    }

    fn move_somehow(&mut self, random: &mut Random) {
        let open: Vec<_> = self.desk.state.open.iter().map(|(&id, open)| (id, open.step.clone())).collect();
        if open.is_empty() {
            self.desk.now = self.desk.state.wakes_at().expect("time goes on where nobody can");
            self.desk.perform(None, &Command::FireTimers).expect("timers are never refused");
            return;
        }
        let (id, step) = &open[random.below(open.len())];
        let scopes = self.desk.state.scopes.values().flat_map(|scope| &scope.timers);
        let timer = self.desk.state.open[id].timers.iter().chain(scopes).next().map(|timer| timer.at);
        if let Some(at) = timer.filter(|_| random.chance(25)) {
            self.desk.now = self.desk.now.max(at);
            self.desk.perform(None, &Command::FireTimers).expect("timers are never refused");
            return;
        }
        let graph = self.desk.graph;
        let human = graph.find(step).and_then(|ix| graph.step(ix).human()).expect("a task");
        let outcome = human.outcomes[random.below(human.outcomes.len())].clone();
        let variables = self.anything(random);
        if !self.complete(*id, outcome, variables) {
            self.desk.perform(None, &Command::FireTimers).expect("timers are never refused");
        }
    }

    /// A target for every choice and an instant for every deadline.
    pub fn anything(&self, random: &mut Random) -> JsonMap {
        let graph = self.desk.graph;
        let mut variables = JsonMap::new();
        for (ix, step) in graph.steps() {
            let ways = graph.outgoing(ix);
            if !ways.is_empty() {
                let to = graph.transition(ways[random.below(ways.len())]).to;
                variables.insert(choice_variable(&step.key), json!(graph.step(to).key.as_str()));
                let targets = ways.iter().map(|&t| graph.step(graph.transition(t).to).key.as_str());
                variables.extend(targets.map(|to| {
                    let is_taken = random.chance(50);
                    (taken(step.key.as_str(), to), if is_taken { json!(true) } else { Value::Null })
                }));
            }
            let seconds = i64::try_from(random.below(10_000)).expect("a small number");
            let instant = self.desk.now + chrono::TimeDelta::seconds(1 + seconds);
            variables.insert(until(step.key.as_str()), text(instant));
        }
        variables
    }

    /// Ends a step; `false` where timers follow each other without end before it.
    fn complete(&mut self, step: nexusflow_domain::ids::RequestStepId, outcome: Outcome, variables: JsonMap) -> bool {
        let command = Command::Complete { step, outcome, comment: None, variables };
        match self.desk.act(CLERK, &command) {
            Ok(_) => true,
            Err(Refusal::StillOverdue | Refusal::WrongStatus { .. }) => false,
            Err(refusal) => panic!("{refusal}"),
        }
    }

    /// Goes the way of a trace. `false` where variables cannot lead there: a choice would have to fall
    /// differently twice in one go.
    pub fn follow(&mut self, trace: &Trace) -> bool {
        let plan = Plan::of(self.desk.graph, trace);
        self.start(plan.variables(&self.desk));
        for (at_step, step) in plan.moves {
            if self.is_over() {
                return false;
            }
            if step.key == SCOPE_TIMER {
                let mut armed = self.desk.state.scopes.values().flat_map(|scope| &scope.timers);
                if !armed.any(|timer| timer.at == at(plan_second(at_step))) {
                    return false;
                }
                self.desk.fire_at(plan_second(at_step));
                continue;
            }
            let open = self.desk.state.open.iter().find(|(_, open)| open.step.as_str() == step.key);
            let Some((&id, _)) = open else { return false };
            if let Some(outcome) = &step.outcome {
                let outcome = outcome.parse().expect("an outcome");
                let variables = Plan::of(self.desk.graph, trace).variables(&self.desk);
                if !self.complete(id, outcome, variables) {
                    return false;
                }
            } else {
                self.desk.fire_at(plan_second(at_step));
            }
        }
        self.chose_as(trace) && !self.ended_before(trace)
    }

    /// Whether an end ended everything that a trace has not come to: of steps that are passed in one go, the
    /// engine takes them in order, a trace in any.
    fn ended_before(&self, trace: &Trace) -> bool {
        let ends_all = |key: &str| {
            let step = self.desk.graph.steps().map(|(_, step)| step).find(|step| step.key.as_str() == key);
            step.is_some_and(|step| matches!(step.kind, StepKind::End(EndKind::Error | EndKind::Terminate)))
        };
        let traced = |key: &str| trace.steps.iter().any(|step| step.key == key);
        self.desk.state.attempts.keys().any(|key| ends_all(key.as_str()) && !traced(key.as_str()))
    }

    /// Whether every choice fell as in a trace, as far as that goes.
    fn chose_as(&self, trace: &Trace) -> bool {
        let mut planned: BTreeMap<&str, VecDeque<BTreeSet<&str>>> = BTreeMap::new();
        for step in &trace.steps {
            planned.entry(&step.key).or_default().push_back(step.leads_to.iter().map(String::as_str).collect());
        }
        let graph = self.desk.graph;
        self.desk.journal.iter().all(|event| match event {
            RequestEvent::StepRouted { step, produced, .. } if chooses(graph, step.as_str()) => {
                let to = produced.iter().map(|token| graph.step(graph.transition(token.at).to).key.as_str());
                let plan = planned.get_mut(step.as_str()).and_then(VecDeque::pop_front);
                plan.is_none_or(|plan| plan == to.collect())
            }
            _ => true,
        })
    }

    /// How many executions of a step are open, or how many tokens rest on one way into it.
    pub fn tokens_at(&self, step: StepIx) -> usize {
        let graph = self.desk.graph;
        let open = self.desk.state.open.values().filter(|open| open.step == graph.step(step).key).count();
        let resting =
            graph.incoming(step).iter().map(|&t| self.desk.state.marking.on(t).map(|(_, count)| count as usize).sum());
        resting.chain([open]).max().unwrap_or(0)
    }
}

/// Whether a step takes one or some of its ways.
fn chooses(graph: &Graph, key: &str) -> bool {
    let (_, step) = graph.steps().find(|(_, step)| step.key.as_str() == key).expect("a step of the graph");
    step.split != Split::All && step.kind != StepKind::Race
}

fn text(instant: Timestamp) -> Value {
    json!(instant.to_rfc3339())
}

fn plan_second(at_step: usize) -> i64 {
    1_000 * (i64::try_from(at_step).expect("a short trace") + 1)
}

/// What a trace asks of people, choices and deadlines.
struct Plan<'t> {
    /// The steps that people or deadlines end, and the deadlines of scopes, with their places in the trace.
    moves: Vec<(usize, &'t TraceStep)>,
    /// Per step with a choice, where it leads, in order.
    choices: BTreeMap<&'t str, Vec<&'t [String]>>,
    /// Per deadline, when it passes for each execution of its host; never where people end it.
    deadlines: BTreeMap<String, Vec<i64>>,
}

impl<'t> Plan<'t> {
    fn of(graph: &Graph, trace: &'t Trace) -> Self {
        let mut plan = Plan { moves: Vec::new(), choices: BTreeMap::new(), deadlines: BTreeMap::new() };
        for (at_step, step) in trace.steps.iter().enumerate() {
            let found = graph.steps().find(|(_, found)| found.key.as_str() == step.key).expect("a step of the graph").1;
            if matches!(found.kind, StepKind::Human(_)) {
                plan.moves.push((at_step, step));
                let second = if step.outcome.is_none() { plan_second(at_step) } else { NEVER };
                plan.deadlines.entry(format!("t-{}", step.key)).or_default().push(second);
                continue;
            }
            if step.key == SCOPE_TIMER {
                plan.moves.push((at_step, step));
                plan.deadlines.entry(step.key.clone()).or_default().push(plan_second(at_step));
            }
            plan.choices.entry(&step.key).or_default().push(&step.leads_to);
        }
        plan
    }

    /// What leads on from here as planned.
    fn variables(&self, desk: &Desk<'_>) -> JsonMap {
        let times =
            |key: &str| desk.state.attempts.iter().find(|(step, _)| step.as_str() == key).map_or(0, |(_, n)| *n);
        let mut variables = JsonMap::new();
        for (_, step) in desk.graph.steps() {
            let never = text(at(NEVER));
            variables.insert(until(step.key.as_str()), never);
        }
        for (step, targets) in &self.choices {
            let next = targets.get(times(step) as usize).or(targets.last()).copied().unwrap_or_default();
            variables.insert(format!("next_{step}"), json!(next.first()));
            let all = targets.iter().flat_map(|targets| targets.iter());
            variables
                .extend(all.map(|to| (taken(step, to), if next.contains(to) { json!(true) } else { Value::Null })));
        }
        for (timer, seconds) in &self.deadlines {
            let host = if timer == SCOPE_TIMER { timer } else { &timer[2..] };
            let next = seconds.get(times(host) as usize).copied().unwrap_or(NEVER);
            variables.insert(until(timer), text(at(next)));
        }
        variables
    }
}
