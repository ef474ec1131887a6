//! Every way in which a position may go on when an open step ends, each choice being free.

use super::TraceStep;
use crate::workflow::{
    AdvanceError, EndKind, Entry, FrameId, Graph, Made, Move, Occupant, Outcome, Player, Position, Split, StepIx,
    StepKind, TransitionIx, UNNAMED_ERROR, advance, make,
};

/// The most steps passed in one go.
const MOST_MOVES: usize = 1_000;
/// The most ways in which one position may go on.
const MOST_WAYS: usize = 4_096;

/// A position may go on in more ways than are worth playing.
pub(super) struct Uncountable;

/// What happens when an open step ends, up to the next waits.
pub(super) struct Go {
    pub position: Position,
    /// The steps that ended, in order.
    pub steps: Vec<TraceStep>,
    pub ended: Ended,
}

/// How a go ends.
pub(super) enum Ended {
    /// Something is open, or tokens rest, or nothing is left.
    Waiting,
    /// The request is over, whatever is left.
    Over,
    /// A boundary event catches an error, and goes on from there.
    Elsewhere,
}

/// What may happen when a request begins.
pub(super) fn first_goes(graph: &Graph) -> Result<Vec<Go>, Uncountable> {
    let position = Position::default();
    play(graph, &position, &[], Entry::Step(graph.start(), FrameId::REQUEST))
}

/// What may happen when an open step ends.
pub(super) fn goes_after(graph: &Graph, before: &Position, ended: Occupant) -> Result<Vec<Go>, Uncountable> {
    let outcomes: Vec<Option<&Outcome>> = match graph.step(ended.step).outcomes() {
        [] => vec![None],
        outcomes => outcomes.iter().map(Some).collect(),
    };
    let mut goes = Vec::new();
    for outcome in outcomes {
        for way in ways(graph, ended.step, outcome)? {
            let mut position = before.clone();
            position.vacate(ended);
            for rival in rivals(graph, ended) {
                position.vacate(rival);
            }
            let made = make(graph, &mut position, ended.step, ended.frame, &way);
            let first = passed(graph, ended.step, outcome, &way);
            goes.extend(play(graph, &position, &[first], Entry::Tokens(&made.tokens))?);
        }
    }
    Ok(goes)
}

/// The other steps of the race that an open step belongs to.
fn rivals(graph: &Graph, open: Occupant) -> Vec<Occupant> {
    let races = graph.incoming(open.step).iter().map(|&t| graph.transition(t).from);
    let race = races.into_iter().find(|&from| graph.step(from).kind == StepKind::Race);
    let rivals = race.into_iter().flat_map(|race| graph.outgoing(race)).map(|&t| graph.transition(t).to);
    rivals.filter(|&step| step != open.step).map(|step| Occupant { step, frame: open.frame }).collect()
}

/// Plays with every series of choices. One that comes to a further choice is taken up again once for
/// each way to make it.
fn play(graph: &Graph, before: &Position, steps: &[TraceStep], entry: Entry<'_>) -> Result<Vec<Go>, Uncountable> {
    let mut goes = Vec::new();
    let mut series = vec![Vec::new()];
    while let Some(choices) = series.pop() {
        if goes.len() + series.len() > MOST_WAYS {
            return Err(Uncountable);
        }
        let mut position = before.clone();
        let mut player = Series { graph, choices: &choices, made: 0 };
        match advance(graph, &mut position, entry, MOST_MOVES, &mut player) {
            Ok(moves) => goes.push(told(graph, position, steps, &moves)),
            Err(AdvanceError::Choice(Further::Ways(ways))) => {
                series.extend(ways.into_iter().map(|way| [choices.as_slice(), &[way]].concat()));
            }
            Err(AdvanceError::Choice(Further::TooMany(uncountable))) => return Err(uncountable),
            Err(AdvanceError::Endless { .. } | AdvanceError::TooManyBranches { .. }) => return Err(Uncountable),
        }
    }
    Ok(goes)
}

/// Choices made beforehand, in the order in which they are asked for.
struct Series<'a> {
    graph: &'a Graph,
    choices: &'a [Vec<TransitionIx>],
    made: usize,
}

enum Further {
    /// One of these is to be chosen.
    Ways(Vec<Vec<TransitionIx>>),
    TooMany(Uncountable),
}

impl Player for Series<'_> {
    type Error = Further;

    fn choose(&mut self, step: StepIx) -> Result<Vec<TransitionIx>, Further> {
        let mut ways = ways(self.graph, step, None).map_err(Further::TooMany)?;
        if ways.len() == 1 {
            return Ok(ways.swap_remove(0));
        }
        self.made += 1;
        self.choices.get(self.made - 1).cloned().ok_or(Further::Ways(ways))
    }

    fn may_start(&mut self, _: StepIx) -> bool {
        true
    }
}

/// The sets of transitions that an outcome of a step may take.
fn ways(graph: &Graph, step: StepIx, outcome: Option<&Outcome>) -> Result<Vec<Vec<TransitionIx>>, Uncountable> {
    let all: Vec<TransitionIx> = graph.of_outcome(step, outcome).map(|(t, _)| t).collect();
    match graph.step(step).split {
        Split::All => Ok(vec![all]),
        Split::One => Ok(all.into_iter().map(|t| vec![t]).collect()),
        Split::Some => {
            let (defaults, conditional): (Vec<_>, Vec<_>) =
                all.into_iter().partition(|&t| graph.transition(t).is_default);
            let (sure, optional): (Vec<_>, Vec<_>) =
                conditional.into_iter().partition(|&t| graph.transition(t).condition.is_none());
            let mut sets = vec![sure];
            for t in optional {
                let with: Vec<_> = sets.iter().map(|set| [set.as_slice(), &[t]].concat()).collect();
                sets.extend(with);
                if sets.len() > MOST_WAYS {
                    return Err(Uncountable);
                }
            }
            sets.retain(|set| !set.is_empty());
            sets.extend(defaults.into_iter().map(|t| vec![t]));
            Ok(sets)
        }
    }
}

/// A go of these moves, which come after `first`.
fn told(graph: &Graph, position: Position, first: &[TraceStep], moves: &[Move]) -> Go {
    let mut go = Go { position, steps: first.to_vec(), ended: Ended::Waiting };
    for next in moves {
        match next {
            Move::Route { step, produced: Made { tokens, .. }, .. } => {
                let taken: Vec<TransitionIx> = tokens.iter().map(|token| token.at).collect();
                go.steps.push(passed(graph, *step, None, &taken));
            }
            Move::Race { step, rivals, .. } => go.steps.push(passed(graph, *step, None, rivals)),
            Move::End { step, kind, .. } => {
                go.steps.push(passed(graph, *step, None, &[]));
                go.ended = match kind {
                    EndKind::Normal => Ended::Waiting,
                    EndKind::Terminate => Ended::Over,
                    EndKind::Error => {
                        let code = graph.step(*step).error_code.as_deref().unwrap_or(UNNAMED_ERROR);
                        if graph.catcher_of(*step, code).is_some() { Ended::Elsewhere } else { Ended::Over }
                    }
                };
            }
            Move::Activate { .. } | Move::Discard { .. } | Move::Withdraw { .. } | Move::LimitReached { .. } => {}
        }
    }
    go
}

fn passed(graph: &Graph, step: StepIx, outcome: Option<&Outcome>, taken: &[TransitionIx]) -> TraceStep {
    let key = |ix: StepIx| graph.step(ix).key.to_string();
    TraceStep {
        key: key(step),
        name: graph.step(step).name.clone(),
        outcome: outcome.map(ToString::to_string),
        leads_to: taken.iter().map(|&t| key(graph.transition(t).to)).collect(),
    }
}
