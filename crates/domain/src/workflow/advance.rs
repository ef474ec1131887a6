//! The token game: what a finished step sets in motion, up to the next waits.
//!
//! Tokens rest on transitions. A token on a transition into a join ANY starts its target at once; a
//! join ALL consumes one token from every incoming transition; structured joins (SOME, `AT_LEAST`)
//! gather the tokens of one run of their split, and are looked at when nothing else moves. Steps
//! that do not wait are passed in the same go. The engine and every search over a graph (replay,
//! verification by running) use this one function; they differ only in how they choose.

use std::collections::VecDeque;

use crate::workflow::{
    EndKind, FrameId, Graph, Join, MAX_STEPS, Occupant, Position, StepIx, StepKind, Token, TransitionIx, joins,
};

/// The most steps passed in one go. More means a cycle of steps none of which waits.
pub const MAX_MOVES: usize = 10_000;
/// The most tokens and open steps that a request may have at a time. It is as many as a version may have
/// steps, so that only a cycle in which tokens multiply comes to it.
pub const MAX_BRANCHES: usize = MAX_STEPS;

/// One step set in motion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Move {
    /// A step that waits opens.
    Activate {
        /// The step.
        step: StepIx,
        /// What it took.
        consumed: Taken,
    },
    /// A step that does not wait was passed.
    Route {
        /// The step.
        step: StepIx,
        /// What it took.
        consumed: Taken,
        /// What it made.
        produced: Made,
    },
    /// A race opens the steps behind it.
    Race {
        /// The race.
        step: StepIx,
        /// What it took.
        consumed: Taken,
        /// The transitions to the steps that open.
        rivals: Vec<TransitionIx>,
    },
    /// Tokens came too late for a join `AT_LEAST` and are gone.
    Discard {
        /// The join.
        step: StepIx,
        /// What is gone.
        consumed: Vec<Token>,
    },
    /// Everything of a run that a join `AT_LEAST` with late arrivals CANCEL left behind is withdrawn.
    Withdraw {
        /// The run.
        frame: FrameId,
    },
    /// A branch reached an end.
    End {
        /// The step.
        step: StepIx,
        /// What it took.
        consumed: Taken,
        /// What the end does.
        kind: EndKind,
    },
    /// A step would start more often than it may.
    LimitReached {
        /// The step.
        step: StepIx,
        /// What it took.
        consumed: Taken,
    },
}

/// The tokens that start a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The tokens.
    pub tokens: Vec<Token>,
    /// The frame in which the step runs.
    pub frame: FrameId,
    /// The run of a split that a structured join gathers.
    pub run: Option<FrameId>,
    /// Whether branches of that run are left.
    pub leaves_branches: bool,
}

impl Taken {
    /// One token, or none where a step starts by itself.
    pub(super) fn one(token: Option<Token>, frame: FrameId) -> Self {
        Self { tokens: token.into_iter().collect(), frame, run: None, leaves_branches: false }
    }

    /// The run of a split that a join `AT_LEAST` started before its last branch came.
    pub fn joined(&self) -> Option<FrameId> {
        self.run.filter(|_| self.leaves_branches)
    }
}

/// What begins a game.
#[derive(Debug, Clone, Copy)]
pub enum Entry<'a> {
    /// These tokens have just come to where they are; the position holds them already.
    Tokens(&'a [Token]),
    /// This step starts by itself, in a frame: the start, a boundary event, or a step jumped to, which
    /// takes what waits at its join.
    Step(StepIx, FrameId),
}

/// The tokens that a finished step makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The tokens.
    pub tokens: Vec<Token>,
    /// The frame that was opened for them, if a join is paired with the step's split.
    pub opened: Option<FrameId>,
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
    /// More than [`MAX_BRANCHES`] tokens and open steps.
    #[error("more than {MAX_BRANCHES} branches would be under way")]
    TooManyBranches {
        /// The step that made them too many.
        step: StepIx,
    },
    /// The chooser refused.
    #[error("{0}")]
    Choice(E),
}

/// What the game asks of whoever plays it.
pub trait Player {
    /// Why it gives up.
    type Error;

    /// Which transitions a passed step takes. Asked once for each move [`Move::Route`], in their order.
    fn choose(&mut self, step: StepIx) -> Result<Vec<TransitionIx>, Self::Error>;

    /// Whether the step may start once more.
    fn may_start(&mut self, step: StepIx) -> bool;
}

/// Makes the tokens of a finished step's chosen transitions.
pub fn make(graph: &Graph, position: &mut Position, step: StepIx, frame: FrameId, chosen: &[TransitionIx]) -> Made {
    let of = position.frame_of_split(graph, step, frame);
    let tokens: Vec<Token> = chosen.iter().map(|&at| Token { at, frame: of }).collect();
    position.marking.produce(&tokens);
    Made { tokens, opened: (of != frame).then_some(of) }
}

/// Plays until everything waits; `position` is left as it is after the last move. A terminating or
/// error end, or a reached visit limit, stops the game at once.
pub fn advance<P: Player>(
    graph: &Graph,
    position: &mut Position,
    entry: Entry<'_>,
    limit: usize,
    player: &mut P,
) -> Result<Vec<Move>, AdvanceError<P::Error>> {
    let mut game = Game { graph, position, queue: VecDeque::new(), moves: Vec::new(), limit, player };
    let goes_on = match entry {
        Entry::Tokens(tokens) => {
            if let Some(first) = tokens.first().filter(|_| game.position.branches() > MAX_BRANCHES) {
                return Err(AdvanceError::TooManyBranches { step: graph.transition(first.at).from });
            }
            game.queue.extend(tokens);
            true
        }
        Entry::Step(step, frame) => {
            let taken = joins::at_once(graph, game.position, step, frame);
            game.start(step, taken)?
        }
    };
    if goes_on {
        game.play()?;
    }
    Ok(game.moves)
}

struct Game<'a, P> {
    graph: &'a Graph,
    position: &'a mut Position,
    queue: VecDeque<Token>,
    moves: Vec<Move>,
    limit: usize,
    player: &'a mut P,
}

/// Whether the game goes on.
type Goes<E> = Result<bool, AdvanceError<E>>;

impl<P: Player> Game<'_, P> {
    fn play(&mut self) -> Result<(), AdvanceError<P::Error>> {
        loop {
            while let Some(token) = self.queue.pop_front() {
                if !self.arrive(token)? {
                    return Ok(());
                }
            }
            self.position.close_frames();
            match self.gathered()? {
                None => break,
                Some(true) => {}
                Some(false) => return Ok(()),
            }
        }
        Ok(())
    }

    /// A token has come to the transition's target.
    fn arrive(&mut self, token: Token) -> Goes<P::Error> {
        let step = self.graph.transition(token.at).to;
        if self.position.marking.count(token) == 0 || joins::is_blocked(self.graph, self.position, token) {
            return Ok(true);
        }
        match self.graph.step(step).join {
            Join::Any => self.start(step, Taken::one(Some(token), token.frame)),
            Join::All => match joins::all(self.graph, self.position, step, token) {
                Some(tokens) => self.start(step, tokens),
                None => Ok(true),
            },
            Join::Some { .. } | Join::AtLeast { .. } => Ok(true),
        }
    }

    /// Starts one structured join, or one step that a mutex kept waiting, if any can start now. `None`
    /// when nothing can.
    fn gathered(&mut self) -> Result<Option<bool>, AdvanceError<P::Error>> {
        for &step in self.graph.gathering() {
            match joins::gather(self.graph, self.position, step) {
                joins::Gathering::Wait => {}
                joins::Gathering::Start(taken) => return self.start(step, taken).map(Some),
                joins::Gathering::Discard(consumed) => {
                    self.position.marking.consume(&consumed);
                    self.moves.push(Move::Discard { step, consumed });
                    return Ok(Some(true));
                }
            }
        }
        let resting: Vec<Token> = self.position.marking.marked().map(|(token, _)| token).collect();
        let freed = resting.into_iter().find(|&token| joins::was_blocked(self.graph, self.position, token));
        freed.map_or(Ok(None), |token| self.arrive(token).map(Some))
    }

    fn start(&mut self, step: StepIx, taken: Taken) -> Goes<P::Error> {
        if self.moves.len() >= self.limit {
            return Err(AdvanceError::Endless { step });
        }
        let left_behind = self.take(step, &taken);
        if !self.player.may_start(step) {
            self.moves.push(Move::LimitReached { step, consumed: taken });
            self.moves.extend(left_behind.map(|frame| Move::Withdraw { frame }));
            return Ok(false);
        }
        let goes_on = self.set_in_motion(step, taken)?;
        if self.position.branches() > MAX_BRANCHES {
            return Err(AdvanceError::TooManyBranches { step });
        }
        self.moves.extend(left_behind.map(|frame| Move::Withdraw { frame }));
        Ok(goes_on)
    }

    fn set_in_motion(&mut self, step: StepIx, taken: Taken) -> Goes<P::Error> {
        match &self.graph.step(step).kind {
            StepKind::Human(_) | StepKind::Job(_) | StepKind::Call(_) | StepKind::Wait(_) => {
                self.position.occupy(Occupant { step, frame: taken.frame });
                self.moves.push(Move::Activate { step, consumed: taken });
            }
            StepKind::Race => {
                let rivals = self.graph.outgoing(step).to_vec();
                let steps: Vec<StepIx> = rivals.iter().map(|&rival| self.graph.transition(rival).to).collect();
                if let Some(&step) = steps.iter().find(|&&step| !self.player.may_start(step)) {
                    self.moves.push(Move::LimitReached { step, consumed: taken });
                    return Ok(false);
                }
                for step in steps {
                    self.position.occupy(Occupant { step, frame: taken.frame });
                }
                self.moves.push(Move::Race { step, consumed: taken, rivals });
            }
            StepKind::Start | StepKind::Inline(_) | StepKind::Decision | StepKind::Boundary(_) => {
                let chosen = self.player.choose(step).map_err(AdvanceError::Choice)?;
                let produced = make(self.graph, self.position, step, taken.frame, &chosen);
                self.queue.extend(&produced.tokens);
                self.moves.push(Move::Route { step, consumed: taken, produced });
            }
            StepKind::End(kind) => {
                let kind = *kind;
                self.moves.push(Move::End { step, consumed: taken, kind });
                return Ok(kind == EndKind::Normal);
            }
        }
        Ok(true)
    }

    /// Takes what starts a step, and everything that a join which cancels late arrivals leaves behind.
    fn take(&mut self, step: StepIx, taken: &Taken) -> Option<FrameId> {
        self.position.marking.consume(&taken.tokens);
        let run = taken.joined()?;
        let step = self.graph.step(step);
        self.position.frames.join(run, &step.key);
        if !step.join.cancels_late() {
            return None;
        }
        let tokens = self.position.tokens_within(run);
        self.position.marking.consume(&tokens);
        for occupant in self.position.open_within(run) {
            self.position.vacate(occupant);
        }
        self.queue.retain(|token| self.position.marking.count(*token) > 0);
        Some(run)
    }
}
