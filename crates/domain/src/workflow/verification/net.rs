//! Labelled Petri nets, with read arcs and reset arcs, in the form that verification needs.
//!
//! A place is an edge of the graph (or the way into a step that any arrival starts), a transition is
//! one way in which a step can end. Reset arcs empty places when a transition fires (Dufourd, Finkel,
//! Schnoebelen, "Reset nets between decidability and undecidability", 1998); cancellation and
//! terminating ends are made of them. Read arcs ask for a token and leave it where it is.

/// A place of a net, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlaceIx(pub(super) usize);

/// A transition of a net, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FiringIx(pub(super) usize);

/// A step that transitions of a net belong to, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NetStepIx(pub(super) usize);

/// A step of the graph that a net was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetStep {
    /// Its key.
    pub key: String,
    /// For people.
    pub name: String,
    /// Whether tokens end here; says so in coverage.
    pub is_end: bool,
}

/// Where tokens rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// What it stands for in the graph.
    pub role: PlaceRole,
    /// Tokens at the beginning.
    pub initial: u8,
    /// Whether more than one token at a time is no violation.
    pub allows_multiple: bool,
    /// Whether tokens left here do not keep a run from being complete: the memory of a join that
    /// ignores late arrivals.
    pub ignored_at_completion: bool,
}

/// What a place stands for in the graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlaceRole {
    /// Nothing has happened yet.
    Beginning,
    /// The way into a step that any arrival starts.
    Into(NetStepIx),
    /// The edge from one step to another.
    Edge {
        /// The step it leaves.
        from: NetStepIx,
        /// The step it enters.
        to: NetStepIx,
    },
    /// The only sink of a workflow net.
    Finished,
    /// Bookkeeping of a join, in words.
    Internal(String),
}

/// One way in which a step can happen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NetTransition {
    /// The step; `None` for bookkeeping, which no trace shows.
    pub step: Option<NetStepIx>,
    /// What the step ends with, where it has outcomes.
    pub outcome: Option<String>,
    /// The steps that it leads to.
    pub leads_to: Vec<NetStepIx>,
    /// A token is taken from each; a place may be named several times.
    pub consumed: Vec<PlaceIx>,
    /// A token is put on each; a place may be named several times.
    pub produced: Vec<PlaceIx>,
    /// A token must be on each, and stays.
    pub read: Vec<PlaceIx>,
    /// Emptied after consuming and before producing.
    pub reset: Vec<PlaceIx>,
}

/// When a run of a net is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completion {
    /// No token is left: every end swallows its token (BPMN 2.0, section 13.5).
    NoTokenLeft,
    /// Exactly one token is left, on this place, and none before it arrives there with others
    /// elsewhere (van der Aalst, "The application of Petri nets to workflow management", 1998).
    OneTokenOn(PlaceIx),
}

/// A net.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Net {
    pub(super) steps: Vec<NetStep>,
    pub(super) places: Vec<Place>,
    pub(super) transitions: Vec<NetTransition>,
    pub(super) completion: Completion,
}

impl Default for Net {
    fn default() -> Self {
        Self { steps: Vec::new(), places: Vec::new(), transitions: Vec::new(), completion: Completion::NoTokenLeft }
    }
}

impl Net {
    /// Adds a step, for labels.
    pub fn add_step(&mut self, key: impl Into<String>, name: impl Into<String>, is_end: bool) -> NetStepIx {
        self.steps.push(NetStep { key: key.into(), name: name.into(), is_end });
        NetStepIx(self.steps.len() - 1)
    }

    /// Adds an empty place that holds one token at most.
    pub fn add_place(&mut self, role: PlaceRole) -> PlaceIx {
        self.places.push(Place { role, initial: 0, allows_multiple: false, ignored_at_completion: false });
        PlaceIx(self.places.len() - 1)
    }

    /// Adds a transition.
    pub fn add_transition(&mut self, transition: NetTransition) -> FiringIx {
        self.transitions.push(transition);
        FiringIx(self.transitions.len() - 1)
    }

    /// The place's properties, to be changed.
    pub fn place_mut(&mut self, place: PlaceIx) -> &mut Place {
        &mut self.places[place.0]
    }

    /// Makes the net a workflow net: a run is complete with one token on `sink`.
    pub fn complete_with_one_token_on(&mut self, sink: PlaceIx) {
        self.completion = Completion::OneTokenOn(sink);
    }

    /// Every place, in order.
    pub fn places(&self) -> impl Iterator<Item = (PlaceIx, &Place)> {
        self.places.iter().enumerate().map(|(ix, place)| (PlaceIx(ix), place))
    }

    /// Every transition, in order.
    pub fn transitions(&self) -> impl Iterator<Item = (FiringIx, &NetTransition)> {
        self.transitions.iter().enumerate().map(|(ix, transition)| (FiringIx(ix), transition))
    }

    /// Every step, in order.
    pub fn steps(&self) -> impl Iterator<Item = (NetStepIx, &NetStep)> {
        self.steps.iter().enumerate().map(|(ix, step)| (NetStepIx(ix), step))
    }

    /// When a run is complete.
    pub fn completion(&self) -> Completion {
        self.completion
    }

    /// A step by its number.
    pub fn step(&self, ix: NetStepIx) -> &NetStep {
        &self.steps[ix.0]
    }

    /// A place in words: where in the graph its tokens are.
    pub fn describe_place(&self, ix: PlaceIx) -> String {
        let named = |step: NetStepIx| self.steps[step.0].in_words();
        match &self.places[ix.0].role {
            PlaceRole::Beginning => "the beginning".to_owned(),
            PlaceRole::Into(step) => format!("the way into {}", named(*step)),
            PlaceRole::Edge { from, to } => format!("the edge from {} to {}", named(*from), named(*to)),
            PlaceRole::Finished => "the end".to_owned(),
            PlaceRole::Internal(words) => words.clone(),
        }
    }
}

impl NetStep {
    /// Key and name, the name only where it says more.
    pub fn in_words(&self) -> String {
        in_words(&self.key, &self.name)
    }
}

/// A step's key and name, the name only where it says more.
pub(super) fn in_words(key: &str, name: &str) -> String {
    if name.is_empty() || name == key { key.to_owned() } else { format!("{key} ({name})") }
}
