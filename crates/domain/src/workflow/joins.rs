//! When a step's join has what it needs.

use std::collections::BTreeSet;

use crate::workflow::{FrameId, Graph, Join, LateArrivals, Position, StepIx, StepKey, Taken, Token};

/// What a structured join does with the tokens it has.
pub(super) enum Gathering {
    /// Nothing yet.
    Wait,
    /// It starts.
    Start(Taken),
    /// They came too late.
    Discard(Vec<Token>),
}

/// What a join ALL takes when a token has come: one token from every incoming transition, of one frame
/// where possible, and never of two runs of one split beside each other.
pub(super) fn all(graph: &Graph, position: &Position, step: StepIx, token: Token) -> Option<Taken> {
    let mut tokens = vec![token];
    for &at in graph.incoming(step).iter().filter(|&&at| at != token.at) {
        let same = Token { at, frame: token.frame };
        let fits = |other: Token| tokens.iter().all(|taken| !position.frames.are_rivals(taken.frame, other.frame));
        let others = || position.marking.on(at).map(|(other, _)| other).find(|&other| fits(other));
        let found = if position.marking.count(same) > 0 { Some(same) } else { others() };
        tokens.push(found?);
    }
    let frame = position.frames.common(tokens.iter().map(|token| token.frame));
    Some(Taken { tokens, frame, run: None, leaves_branches: false })
}

/// What a step takes that starts without waiting for its join: what is there.
pub(super) fn at_once(graph: &Graph, position: &Position, step: StepIx, frame: FrameId) -> Taken {
    match &graph.step(step).join {
        Join::Any => Taken::one(None, frame),
        Join::All => {
            let fits = |&(token, _): &(Token, u32)| !position.frames.are_rivals(token.frame, frame);
            let found = graph.incoming(step).iter().filter_map(|&at| position.marking.on(at).find(fits));
            let tokens: Vec<Token> = found.map(|(token, _)| token).collect();
            let frame = position.frames.common(tokens.iter().map(|token| token.frame).chain([frame]));
            Taken { tokens, frame, run: None, leaves_branches: false }
        }
        Join::Some { split } | Join::AtLeast { split, .. } => {
            let run = position.frames.run_of(frame, &graph.step(*split).key);
            let parent = run.and_then(|run| position.frames.get(run)).map(|found| found.parent);
            let (Some(run), Some(parent)) = (run, parent) else { return Taken::one(None, frame) };
            let mut tokens = tokens_at(graph, position, step);
            tokens.retain(|token| position.frames.within(token.frame, run));
            let leaves_branches = !is_everything(position, run, &tokens);
            Taken { tokens, frame: parent, run: Some(run), leaves_branches }
        }
    }
}

/// What a structured join does now; the oldest run of its split first.
pub(super) fn gather(graph: &Graph, position: &Position, step: StepIx) -> Gathering {
    let (split, quorum) = match &graph.step(step).join {
        Join::Any | Join::All => return Gathering::Wait,
        Join::Some { split } => (*split, None),
        Join::AtLeast { count, split, late } => (*split, Some((*count, *late))),
    };
    let split = &graph.step(split).key;
    let here = tokens_at(graph, position, step);
    let runs: BTreeSet<Option<FrameId>> = here.iter().map(|token| position.frames.run_of(token.frame, split)).collect();
    for run in runs {
        let gathering = match run {
            // A token that never passed the split: alone, as at a join ANY.
            None => alone(graph, position, &here, split),
            Some(run) => gather_run(graph, position, step, &here, run, quorum),
        };
        if !matches!(gathering, Gathering::Wait) {
            return gathering;
        }
    }
    Gathering::Wait
}

fn alone(graph: &Graph, position: &Position, here: &[Token], split: &StepKey) -> Gathering {
    let is_stray = |token: Token| position.frames.run_of(token.frame, split).is_none();
    let stray = here.iter().find(|&&token| is_stray(token) && !is_blocked(graph, position, token));
    stray.map_or(Gathering::Wait, |&token| Gathering::Start(Taken::one(Some(token), token.frame)))
}

fn gather_run(
    graph: &Graph,
    position: &Position,
    step: StepIx,
    here: &[Token],
    run: FrameId,
    quorum: Option<(u32, LateArrivals)>,
) -> Gathering {
    let Some(frame) = position.frames.get(run) else { return Gathering::Wait };
    let key = &graph.step(step).key;
    let tokens: Vec<Token> = here.iter().copied().filter(|token| position.frames.within(token.frame, run)).collect();
    if frame.joined.contains(key) {
        return Gathering::Discard(tokens);
    }
    let everything = is_everything(position, run, &tokens);
    let enough = match quorum {
        None => everything,
        Some((count, late)) => {
            (everything || tokens.len() >= count as usize)
                && !(late == LateArrivals::Block && older_run_goes_on(position, run, &frame.split, key))
        }
    };
    if !enough || tokens.iter().any(|&token| is_blocked(graph, position, token)) {
        return Gathering::Wait;
    }
    Gathering::Start(Taken { tokens, frame: frame.parent, run: Some(run), leaves_branches: !everything })
}

/// Whether these tokens are all that is left of a run.
fn is_everything(position: &Position, run: FrameId, tokens: &[Token]) -> bool {
    position.tokens_within(run).len() == tokens.len() && position.open_within(run).is_empty()
}

/// Whether an earlier run of the split has started the join and still has branches under way.
fn older_run_goes_on(position: &Position, run: FrameId, split: &StepKey, join: &StepKey) -> bool {
    position.frames.iter().any(|(id, frame)| id < run && frame.split == *split && frame.joined.contains(join))
}

/// Whether a token waits to enter a scope because another one with the same mutex is busy.
pub(super) fn is_blocked(graph: &Graph, position: &Position, token: Token) -> bool {
    graph.entered_by(token.at).any(|scope| position.rival_of(graph, scope).is_some())
}

/// Whether a resting token waited for a mutex that is free now, and can start its step.
pub(super) fn was_blocked(graph: &Graph, position: &Position, token: Token) -> bool {
    let step = graph.transition(token.at).to;
    let guarded = graph.entered_by(token.at).any(|scope| scope.mutex.is_some());
    let ready = || match graph.step(step).join {
        Join::Any => true,
        Join::All => all(graph, position, step, token).is_some(),
        Join::Some { .. } | Join::AtLeast { .. } => false,
    };
    guarded && !is_blocked(graph, position, token) && ready()
}

/// The steps at which tokens wait, with the run that a structured join waits for; once for each
/// execution to come.
pub fn waiting(graph: &Graph, position: &Position) -> BTreeSet<(StepIx, FrameId)> {
    let resting = position.marking.marked();
    resting
        .map(|(token, _)| {
            let step = graph.transition(token.at).to;
            let split = graph.step(step).join.split();
            let run = split.and_then(|split| position.frames.run_of(token.frame, &graph.step(split).key));
            (step, run.unwrap_or(FrameId::REQUEST))
        })
        .collect()
}

fn tokens_at(graph: &Graph, position: &Position, step: StepIx) -> Vec<Token> {
    let on = |&at| position.marking.on(at).flat_map(|(token, count)| std::iter::repeat_n(token, count as usize));
    graph.incoming(step).iter().flat_map(on).collect()
}
