//! How much the net of a graph says about its runs. The net has more runs than the graph where it
//! abstracts from something that holds a run back; then a fault of the net may be none of the graph.
//! Where what it abstracts from can hold a run back for ever, a sound net proves nothing either.

use crate::workflow::{
    Boundary, Graph, Join, Scope, Split, Step, StepIx, StepKey, StepKind, TransitionIx, Trigger, reachability,
};

/// Whether every fault of the net is one of the graph. Else a sound net still proves the graph sound, but
/// an unsound one proves nothing: counting joins expect one token from every branch of their split,
/// where runs also bear branches that end early; what waits for a milestone or a mutex may go on; and
/// a timer of a scope that does not interrupt fires once in a request.
pub fn is_exact(graph: &Graph) -> bool {
    let inexact_step = |(ix, step): (StepIx, &Step)| {
        step.join.split().is_some()
            || step.human().is_some_and(|human| human.enabled_while.is_some())
            || (step.allow_multiple && (step.split == Split::Some || adding_timers(graph, &step.key).next().is_some()))
            || passes_by(graph, ix, step)
    };
    let inexact_scope = |scope: &Scope| scope.mutex.is_some() || adding_timers(graph, &scope.key).next().is_some();
    !graph.steps().any(inexact_step) && !graph.scopes().any(inexact_scope)
}

/// What the net leaves out that can hold a run back for ever, or add one; `None` where a sound net
/// proves the graph sound.
pub(super) fn left_out(graph: &Graph) -> Option<String> {
    let milestone = graph.steps().find_map(|(ix, step)| {
        let after = step.human()?.enabled_while.as_ref()?.after.as_ref()?;
        let after_ix = graph.find(after)?;
        let repeated = reachability::is_repeated(graph, after_ix) || reachability::is_repeated(graph, ix);
        repeated.then(|| format!("that {} waits while {after} is open again", step.key))
    });
    let gathering = graph.gathering().iter().find(|&&join| {
        let split = graph.step(join_split(graph, join).unwrap_or(join)).key.clone();
        let outside = |scope: &&Scope| graph.find(&split).is_some_and(|ix| !scope.steps.contains(&ix));
        scopes_with_events(graph, join).any(|scope| outside(&scope))
    });
    let gathering = || Some(format!("which branches of {} are outside its scope", graph.step(*gathering?).key));
    let mutex = || graph.scopes().find_map(|scope| holds_on(graph, scope));
    let timer = || {
        graph.scopes().find_map(|scope| {
            let again = scope.steps.iter().any(|&step| reachability::is_repeated(graph, step));
            let (timer, _) = adding_timers(graph, &scope.key).next().filter(|_| again)?;
            Some(format!("that {} fires each time its scope is entered", graph.step(timer).key))
        })
    };
    let rival = || {
        graph.steps().filter(|(_, step)| step.kind == StepKind::Race).find_map(|(race, _)| {
            let timers = graph.outgoing(race).iter().flat_map(|&t| timers_over(graph, graph.transition(t).to));
            let (timer, _) = timers.into_iter().next()?;
            Some(format!("that {} fires before the race is decided", graph.step(timer).key))
        })
    };
    milestone.or_else(gathering).or_else(mutex).or_else(timer).or_else(rival)
}

fn join_split(graph: &Graph, join: StepIx) -> Option<StepIx> {
    graph.step(join).join.split()
}

/// The timers that can fire and not interrupt anything while a step is open.
fn timers_over(graph: &Graph, step: StepIx) -> impl Iterator<Item = (StepIx, &Boundary)> {
    let hosts = graph.scopes_around(step).map(|scope| &scope.key).chain([&graph.step(step).key]);
    hosts.flat_map(|host| adding_timers(graph, host))
}

/// A critical section that cannot always be left without something outside it.
fn holds_on(graph: &Graph, section: &Scope) -> Option<String> {
    section.mutex.as_ref()?;
    let waits_for_outside = section.steps.iter().find(|&&ix| {
        let step = graph.step(ix);
        let from_outside = graph.incoming(ix).iter().any(|&t| !section.steps.contains(&graph.transition(t).from));
        match step.join {
            Join::Any => step.human().is_some_and(|human| human.enabled_while.is_some()),
            Join::All => from_outside,
            Join::Some { split } | Join::AtLeast { split, .. } => !section.steps.contains(&split),
        }
    });
    let inner = graph
        .scopes()
        .find(|scope| scope.key != section.key && scope.mutex.is_some() && scope.steps.is_subset(&section.steps));
    let found = waits_for_outside.map(|&ix| &graph.step(ix).key).or(inner.map(|scope| &scope.key))?;
    Some(format!("that the mutex of {} is held while {found} waits", section.key))
}

/// The timers and messages of a step or a scope that do not interrupt it.
pub(super) fn adding_timers<'a>(
    graph: &'a Graph,
    host: &'a StepKey,
) -> impl Iterator<Item = (StepIx, &'a Boundary)> + 'a {
    timers(graph, host).filter(|(_, boundary)| !boundary.interrupting)
}

/// The timers and messages of a step or a scope: they may happen or not.
pub(super) fn timers<'a>(graph: &'a Graph, host: &'a StepKey) -> impl Iterator<Item = (StepIx, &'a Boundary)> + 'a {
    graph
        .boundaries_of(host)
        .filter(|(_, boundary)| matches!(boundary.trigger, Trigger::Timer(_) | Trigger::Message(_)))
}

/// The scopes around a step that boundary events leave.
pub(super) fn scopes_with_events(graph: &Graph, step: StepIx) -> impl Iterator<Item = &Scope> {
    graph.scopes_around(step).filter(|scope| graph.boundaries_of(&scope.key).next().is_some())
}

/// Whether the net may empty a scope while a token is on its way through a step that a run passes at
/// once, and by which it leaves the scope or enters it.
fn passes_by(graph: &Graph, ix: StepIx, step: &Step) -> bool {
    let inside = |scope: &Scope, ix: StepIx| scope.steps.contains(&ix);
    let comes_late = |scope: &Scope| {
        inside(scope, ix)
            && step.join == Join::Any
            && graph.incoming(ix).iter().any(|&t| enters_beside(graph, scope, t))
    };
    let crosses = |scope: &Scope| {
        let targets = graph.outgoing(ix).iter().map(|&t| graph.transition(t).to);
        targets.into_iter().any(|to| inside(scope, to) != inside(scope, ix))
    };
    let passed = !step.waits() && !matches!(step.kind, StepKind::End(_));
    let mut scopes = graph.scopes().filter(|scope| graph.boundaries_of(&scope.key).next().is_some());
    passed && scopes.any(|scope| crosses(scope) && (comes_beside(graph, ix) || comes_late(scope)))
}

/// Whether a token may be on its way to a step while another one of the same split is elsewhere.
fn comes_beside(graph: &Graph, step: StepIx) -> bool {
    let mut seen = vec![false; graph.steps.len()];
    let mut behind = vec![step];
    while let Some(step) = behind.pop() {
        for from in graph.incoming(step).iter().map(|&t| graph.transition(t).from) {
            if graph.step(from).split != Split::One && graph.outgoing(from).len() > 1 {
                return true;
            }
            let passed = !graph.step(from).waits();
            if passed && !std::mem::replace(&mut seen[from.0 as usize], true) {
                behind.push(from);
            }
        }
    }
    false
}

/// Whether a transition may lead into a scope while something goes on inside: it may be taken again, or
/// there is another way in. A join that also waits for a token from inside is none.
fn enters_beside(graph: &Graph, scope: &Scope, transition: TransitionIx) -> bool {
    let enters = |t: TransitionIx| graph.entered_by(t).any(|entered| entered.key == scope.key);
    let continues = |step: StepIx| {
        graph.step(step).join == Join::All && graph.incoming(step).iter().any(|&t| graph.runs_inside(t, &scope.key))
    };
    let first = scope.steps.iter().filter(|&&step| !continues(step));
    let ways_in = first.flat_map(|&step| graph.incoming(step)).filter(|&&t| enters(t)).count();
    enters(transition) && (ways_in > 1 || reachability::is_repeated(graph, graph.transition(transition).from))
}
