use crate::workflow::{FrameId, Frames, Graph, Marking, Scope, StepIx, StepKey, Token};

/// Where a request stands in its graph: everything that the token game reads.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position {
    /// Tokens at rest.
    pub marking: Marking,
    /// Runs of splits in use.
    pub frames: Frames,
    /// What is open, sorted; a step may be open several times.
    pub open: Vec<Occupant>,
}

/// An open execution of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Occupant {
    /// The step.
    pub step: StepIx,
    /// The run of a split that it belongs to.
    pub frame: FrameId,
}

impl Position {
    /// Notes an open step, in order.
    pub fn occupy(&mut self, occupant: Occupant) {
        let place = self.open.partition_point(|other| *other <= occupant);
        self.open.insert(place, occupant);
    }

    /// Notes that a step is not open any more.
    pub fn vacate(&mut self, occupant: Occupant) {
        if let Ok(place) = self.open.binary_search(&occupant) {
            self.open.remove(place);
        }
    }

    /// Whether nothing can happen any more.
    pub fn is_finished(&self) -> bool {
        self.open.is_empty() && self.marking.is_empty()
    }

    /// How many tokens and open steps there are.
    pub fn branches(&self) -> usize {
        self.open.len() + self.marking.marked().map(|(_, count)| count as usize).sum::<usize>()
    }

    /// Opens the frame that tokens of a step's split belong to, if a join is paired with it; otherwise
    /// they belong to `parent`.
    pub fn frame_of_split(&mut self, graph: &Graph, split: StepIx, parent: FrameId) -> FrameId {
        if !graph.is_paired(split) {
            return parent;
        }
        let id = self.frames.next_id();
        self.frames.open(id, parent, graph.step(split).key.clone());
        id
    }

    /// Closes the frames that nothing belongs to any more.
    pub fn close_frames(&mut self) {
        let Self { marking, frames, open } = self;
        let tokens = marking.marked().map(|(token, _)| token.frame);
        frames.retain(tokens.chain(open.iter().map(|occupant| occupant.frame)));
    }

    /// Numbers the frames from 1 in their order, so that positions that differ in nothing else are equal.
    pub fn renumber_frames(&mut self) {
        let new = self.frames.renumber();
        if !new.is_empty() {
            self.marking.move_frames(&new);
            for occupant in &mut self.open {
                occupant.frame = new.get(&occupant.frame).copied().unwrap_or(occupant.frame);
            }
            self.open.sort_unstable();
        }
    }

    /// The tokens that belong to one run of a split.
    pub fn tokens_within(&self, frame: FrameId) -> Vec<Token> {
        self.tokens().filter(|token| self.frames.within(token.frame, frame)).collect()
    }

    /// The open steps that belong to one run of a split.
    pub fn open_within(&self, frame: FrameId) -> Vec<Occupant> {
        self.open.iter().copied().filter(|occupant| self.frames.within(occupant.frame, frame)).collect()
    }

    /// Every token, as often as it is there.
    pub fn tokens(&self) -> impl Iterator<Item = Token> + '_ {
        self.marking.marked().flat_map(|(token, count)| std::iter::repeat_n(token, count as usize))
    }

    /// The tokens between two steps of a scope. One on the way into the scope is not yet inside.
    pub fn tokens_inside(&self, graph: &Graph, scope: &StepKey) -> Vec<Token> {
        self.tokens().filter(|token| graph.runs_inside(token.at, scope)).collect()
    }

    /// A scope with the same mutex as the given one in which something happens.
    pub fn rival_of<'a>(&self, graph: &'a Graph, scope: &Scope) -> Option<&'a Scope> {
        let mutex = scope.mutex.as_ref()?;
        let mut others = graph.scopes().filter(|other| other.key != scope.key && other.mutex.as_ref() == Some(mutex));
        others.find(|other| self.occupies(graph, &other.key))
    }

    /// Whether something happens inside a scope.
    pub fn occupies(&self, graph: &Graph, scope: &StepKey) -> bool {
        self.open.iter().any(|occupant| graph.is_inside(occupant.step, scope))
            || self.marking.marked().any(|(token, _)| graph.runs_inside(token.at, scope))
    }
}
