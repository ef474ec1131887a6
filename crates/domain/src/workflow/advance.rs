//! The token game: what a finished step sets in motion, up to the next waits.
//!
//! Tokens rest on transitions. A token on a transition into a join ANY starts its target at once; a
//! join ALL consumes one token from every incoming transition. Steps that do not wait are passed in
//! the same go. The engine and every search over a graph (replay, verification) use this one
//! function; they differ only in how they choose.

use std::collections::{BTreeMap, VecDeque};

use crate::workflow::{EndKind, Graph, Join, StepIx, StepKind, TransitionIx};

/// The most steps passed in one go. More means a cycle of steps none of which waits.
pub const MAX_MOVES: usize = 10_000;

/// Tokens on transitions; a transition without tokens has no entry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Marking(BTreeMap<TransitionIx, u32>);

impl Marking {
    /// How many tokens rest on a transition.
    pub fn tokens(&self, transition: TransitionIx) -> u32 {
        self.0.get(&transition).copied().unwrap_or(0)
    }

    /// Whether no token rests anywhere.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Transitions with tokens.
    pub fn marked(&self) -> impl Iterator<Item = (TransitionIx, u32)> + '_ {
        self.0.iter().map(|(&transition, &tokens)| (transition, tokens))
    }

    /// Puts a token on each transition.
    pub fn produce(&mut self, transitions: &[TransitionIx]) {
        for &transition in transitions {
            *self.0.entry(transition).or_insert(0) += 1;
        }
    }

    /// Takes a token from each transition; one that has none is left alone.
    pub fn consume(&mut self, transitions: &[TransitionIx]) {
        for transition in transitions {
            if let Some(tokens) = self.0.get_mut(transition) {
                *tokens -= 1;
                if *tokens == 0 {
                    self.0.remove(transition);
                }
            }
        }
    }

    /// Takes every token.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

/// One step set in motion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Move {
    /// A human step opens.
    Activate {
        /// The step.
        step: StepIx,
        /// The tokens it took.
        consumed: Vec<TransitionIx>,
    },
    /// A step that does not wait was passed.
    Route {
        /// The step.
        step: StepIx,
        /// The tokens it took.
        consumed: Vec<TransitionIx>,
        /// The tokens it made.
        produced: Vec<TransitionIx>,
    },
    /// A join holds its first token, or one more than it just took, and waits for others.
    Await {
        /// The step.
        step: StepIx,
    },
    /// A branch reached an end.
    End {
        /// The step.
        step: StepIx,
        /// The tokens it took.
        consumed: Vec<TransitionIx>,
        /// What the end does.
        kind: EndKind,
    },
}

/// Why the game stopped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdvanceError<E> {
    /// More moves than the limit: a cycle in which nothing waits.
    #[error("a cycle of automatic steps does not come to a wait")]
    Endless {
        /// A step of the cycle.
        step: StepIx,
    },
    /// The chooser refused.
    #[error("{0}")]
    Choice(E),
}

/// Plays from freshly `produced` tokens until everything waits. `marking` must already hold them; it
/// is left as it is after the last move. `choose` answers which transitions a passed step takes.
/// A terminating end stops the game at once.
pub fn advance<E>(
    graph: &Graph,
    marking: &mut Marking,
    produced: &[TransitionIx],
    limit: usize,
    choose: &mut dyn FnMut(StepIx) -> Result<Vec<TransitionIx>, E>,
) -> Result<Vec<Move>, AdvanceError<E>> {
    let mut queue: VecDeque<TransitionIx> = produced.iter().copied().collect();
    let mut moves = Vec::new();
    while let Some(arrived) = queue.pop_front() {
        let step = graph.transition(arrived).to;
        if moves.len() >= limit {
            return Err(AdvanceError::Endless { step });
        }
        let Some(consumed) = enabled(graph, marking, step, arrived) else {
            if resting(graph, marking, &queue, step) == 1 {
                moves.push(Move::Await { step });
            }
            continue;
        };
        marking.consume(&consumed);
        match &graph.step(step).kind {
            StepKind::Human(_) => moves.push(Move::Activate { step, consumed }),
            StepKind::Start | StepKind::Decision => {
                let produced = choose(step).map_err(AdvanceError::Choice)?;
                marking.produce(&produced);
                queue.extend(&produced);
                moves.push(Move::Route { step, consumed, produced });
            }
            StepKind::End(kind) => {
                moves.push(Move::End { step, consumed, kind: *kind });
                match kind {
                    EndKind::Normal => {}
                    EndKind::Terminate | EndKind::Error => break,
                }
            }
        }
        if resting(graph, marking, &queue, step) > 0 {
            moves.push(Move::Await { step });
        }
    }
    Ok(moves)
}

/// Tokens that wait at a step: those on its incoming transitions whose arrival is no longer in the
/// queue. Several may arrive in one go.
fn resting(graph: &Graph, marking: &Marking, queue: &VecDeque<TransitionIx>, step: StepIx) -> usize {
    if graph.step(step).join == Join::Any {
        return 0;
    }
    let tokens: u32 = graph.incoming(step).iter().map(|&t| marking.tokens(t)).sum();
    let arriving = queue.iter().filter(|&&t| graph.transition(t).to == step).count();
    (tokens as usize).saturating_sub(arriving)
}

/// The tokens that a step takes if it can start now that a token `arrived`.
fn enabled(graph: &Graph, marking: &Marking, step: StepIx, arrived: TransitionIx) -> Option<Vec<TransitionIx>> {
    match graph.step(step).join {
        Join::Any => (marking.tokens(arrived) > 0).then(|| vec![arrived]),
        Join::All => {
            let incoming = graph.incoming(step);
            incoming.iter().all(|&t| marking.tokens(t) > 0).then(|| incoming.to_vec())
        }
    }
}
