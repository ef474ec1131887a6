//! A compiled step: what it does, when it starts, and which transitions it takes.

use crate::access::Permission;
use crate::duration::Duration;
use crate::workflow::expression::{Expression, Mapping};
use crate::workflow::{
    CallStep, Candidate, EndKind, InlineAction, JobStep, LateArrivals, MessageWait, Milestone, Multi, Outcome, Quorum,
    Separation, Sla, StepIx, StepKey,
};

/// A compiled step.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Its key.
    pub key: StepKey,
    /// For people.
    pub name: String,
    /// What it does.
    pub kind: StepKind,
    /// When it starts.
    pub join: Join,
    /// Which transitions it takes.
    pub split: Split,
    /// How often it may start in one request.
    pub max_visits: Option<u32>,
    /// Whether several tokens may arrive on one transition.
    pub allow_multiple: bool,
    /// Whether an operator may not skip it.
    pub required: bool,
    /// The code of an ERROR end.
    pub error_code: Option<String>,
    /// Once for each item of a list.
    pub multi: Option<Multi>,
    /// What it is given.
    pub input: Option<Mapping>,
    /// Which variables it sets.
    pub output: Option<Mapping>,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
pub enum StepKind {
    /// Where every request begins.
    Start,
    /// Where a branch ends.
    End(EndKind),
    /// Waits for a person.
    Human(HumanStep),
    /// Waits for a worker, or for what NexusFlow does outside.
    Job(Box<JobStep>),
    /// Does something at once.
    Inline(InlineAction),
    /// Waits for another workflow.
    Call(CallStep),
    /// Routes at once.
    Decision,
    /// Waits for something to happen.
    Wait(Wait),
    /// Opens the steps behind it; the first that ends withdraws the others.
    Race,
    /// Fires when something happens while its host is open.
    Boundary(Boundary),
}

/// The code of the error that a step throws which would start more often than it may.
pub const VISIT_LIMIT: &str = "VISIT_LIMIT";
/// The code of the error that an ERROR end throws which names none.
pub const UNNAMED_ERROR: &str = "ERROR";

/// What a step waits for.
#[derive(Debug, Clone, PartialEq)]
pub enum Wait {
    /// A time.
    Timer(Timer),
    /// A message.
    Message(MessageWait),
    /// A call of the address that the execution is given.
    Webhook,
}

/// A time, counted from when something opens or told by the variables.
#[derive(Debug, Clone, PartialEq)]
pub enum Timer {
    /// So long after the opening.
    After(Duration),
    /// At the instant that this makes.
    Until(Expression),
}

/// What a boundary event is attached to and reacts to.
#[derive(Debug, Clone, PartialEq)]
pub struct Boundary {
    /// A step or a scope.
    pub host: StepKey,
    /// What makes it fire.
    pub trigger: Trigger,
    /// Whether the host is cancelled.
    pub interrupting: bool,
}

impl Boundary {
    /// Which error it catches, if it catches errors; an inner `None` stands for all.
    pub fn code(&self) -> Option<Option<&str>> {
        match &self.trigger {
            Trigger::Error(code) => Some(code.as_deref()),
            Trigger::Timer(_) | Trigger::Message(_) => None,
        }
    }
}

/// What makes a boundary event fire.
#[derive(Debug, Clone, PartialEq)]
pub enum Trigger {
    /// A time.
    Timer(Timer),
    /// A message.
    Message(MessageWait),
    /// An error with this code, or any.
    Error(Option<String>),
}

/// A step that waits for a person.
#[derive(Debug, Clone, PartialEq)]
pub struct HumanStep {
    /// A task or an approval.
    pub kind: HumanKind,
    /// Who is asked.
    pub candidate: Candidate,
    /// What it can end with; never empty.
    pub outcomes: Vec<Outcome>,
    /// Who may not act.
    pub separation: Separation,
    /// By when.
    pub sla: Option<Sla>,
    /// Of the steps with the same mutex only one is worked at a time.
    pub mutex: Option<String>,
    /// May only be worked while this holds.
    pub enabled_while: Option<Milestone>,
    /// Whose votes decide; `None` when the first does.
    pub quorum: Option<Quorum>,
}

/// The two forms of human work; they need different permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HumanKind {
    /// Work.
    Task,
    /// A decision.
    Approval,
}

impl HumanKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Task, Self::Approval];

    /// What working a step of this kind needs.
    pub const fn permission(self) -> Permission {
        match self {
            Self::Task => Permission::CompleteTask,
            Self::Approval => Permission::ApproveRequest,
        }
    }
}

/// When a step starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Join {
    /// On each arrival.
    Any,
    /// Once per set of arrivals from every incoming transition.
    All,
    /// Once everything of one run of the split has arrived.
    Some {
        /// The split.
        split: StepIx,
    },
    /// Once so many of one run of the split have arrived, or all that are left.
    AtLeast {
        /// How many.
        count: u32,
        /// The split.
        split: StepIx,
        /// What becomes of the others.
        late: LateArrivals,
    },
}

impl Join {
    /// The split that a structured join is paired with.
    pub const fn split(&self) -> Option<StepIx> {
        match self {
            Self::Any | Self::All => None,
            Self::Some { split } | Self::AtLeast { split, .. } => Some(*split),
        }
    }

    /// Whether the branches that have not arrived are withdrawn.
    pub const fn cancels_late(&self) -> bool {
        matches!(self, Self::AtLeast { late: LateArrivals::Cancel, .. })
    }
}

/// Which transitions a finished step takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// One.
    One,
    /// All whose condition holds.
    Some,
    /// All of the outcome.
    All,
}

impl Step {
    /// The human part, if a person works this step.
    pub fn human(&self) -> Option<&HumanStep> {
        match &self.kind {
            StepKind::Human(human) => Some(human),
            StepKind::Start
            | StepKind::End(_)
            | StepKind::Job(_)
            | StepKind::Call(_)
            | StepKind::Inline(_)
            | StepKind::Decision
            | StepKind::Wait(_)
            | StepKind::Race
            | StepKind::Boundary(_) => None,
        }
    }

    /// The part for workers and actions, if one works this step.
    pub fn job(&self) -> Option<&JobStep> {
        match &self.kind {
            StepKind::Job(job) => Some(job),
            StepKind::Start
            | StepKind::End(_)
            | StepKind::Human(_)
            | StepKind::Call(_)
            | StepKind::Inline(_)
            | StepKind::Decision
            | StepKind::Wait(_)
            | StepKind::Race
            | StepKind::Boundary(_) => None,
        }
    }

    /// What it can end with; nothing for steps that just end.
    pub fn outcomes(&self) -> &[Outcome] {
        match &self.kind {
            StepKind::Human(human) => &human.outcomes,
            StepKind::Job(job) => &job.outcomes,
            StepKind::Start
            | StepKind::End(_)
            | StepKind::Call(_)
            | StepKind::Inline(_)
            | StepKind::Decision
            | StepKind::Wait(_)
            | StepKind::Race
            | StepKind::Boundary(_) => &[],
        }
    }

    /// Whether a request rests here until something happens.
    pub const fn waits(&self) -> bool {
        match self.kind {
            StepKind::Human(_) | StepKind::Job(_) | StepKind::Call(_) | StepKind::Wait(_) => true,
            StepKind::Start
            | StepKind::End(_)
            | StepKind::Inline(_)
            | StepKind::Decision
            | StepKind::Race
            | StepKind::Boundary(_) => false,
        }
    }

    /// Whether a request gets past by itself, without a person, a time or anything from outside.
    pub const fn is_automatic(&self) -> bool {
        match self.kind {
            StepKind::Start
            | StepKind::End(_)
            | StepKind::Job(_)
            | StepKind::Inline(_)
            | StepKind::Call(_)
            | StepKind::Decision
            | StepKind::Boundary(_) => true,
            StepKind::Human(_) | StepKind::Wait(_) | StepKind::Race => false,
        }
    }

    /// Whether it may throw errors, which boundary events of its own catch.
    pub const fn throws(&self) -> bool {
        matches!(self.kind, StepKind::Job(_) | StepKind::Call(_))
    }
}
