//! Random parts of workflows that fit together so that the whole is valid and never deadlocks.

#[path = "draft.rs"]
mod draft;

pub use draft::{document_of, ladder_of};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A part of a workflow with one way in and one way out.
#[derive(Debug, Clone)]
pub enum Block {
    Human(Human),
    Sequence(Vec<Block>),
    /// Conditional branches and a default; the choice stands on its own or on a human step.
    Choice(Option<Human>, Vec<(u8, Block)>, Box<Block>),
    /// Branches side by side; the join stands on its own or on a human step.
    Fork(Vec<Block>, Option<Human>),
    /// Any of some conditional branches, or the default, and a join of what was chosen.
    Inclusive(Vec<(u8, Block)>, Box<Block>, Option<Human>),
    /// Branches side by side of which so many suffice; what becomes of the late ones, by number.
    Partial(u8, u8, Vec<Block>, Option<Human>),
    /// A part, a person who sends it back or lets it pass, and how often at most.
    Loop(Box<Block>, Human, Option<u8>),
    /// The first of several persons or times, and what follows each.
    Race(Vec<(Rest, Block)>),
    /// So long, or until the instant in the variable `visit`.
    Rest(Rest),
    /// A rest with a timer that interrupts it or does not, and who is asked then.
    Timed(Rest, u8, bool, Human),
    /// A part that can be left as a whole, and what follows then.
    Scope(Box<Block>, Leaving, Box<Block>),
    /// Ends the whole request on a condition: terminated, or failed.
    Exit(u8, bool),
    /// Throws an error on a condition.
    Throw(u8),
    /// An approval whose refusal fails the request.
    Gate(Human),
}

/// What a request rests at.
#[derive(Debug, Clone)]
pub enum Rest {
    Human(Human),
    /// Minutes.
    Wait(u8),
    /// The instant in the variable `visit`.
    Until,
}

/// On what a scope is left: a timer in minutes, an error, by number. And whether it is a critical section.
#[derive(Debug, Clone)]
pub struct Leaving {
    pub timer: Option<u8>,
    pub error: Option<u8>,
    pub mutex: bool,
}

/// A human step, by numbers that the draft makes a description of.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Human {
    pub approval: bool,
    pub candidate: u8,
    pub not_requester: bool,
    pub not_decider_of: Option<u8>,
    pub sla: Option<Ladder>,
    pub optional: bool,
    pub mutex: bool,
    pub milestone: (Option<u8>, Option<u8>),
}

/// Minutes until due, rungs as minutes after that and an action, and whether an outcome is taken last.
#[derive(Debug, Clone)]
pub struct Ladder {
    pub due_in: u8,
    pub rungs: Vec<(u8, u8)>,
    pub take: bool,
}

pub fn arbitrary_ladder() -> impl Strategy<Value = Ladder> {
    (1..120u8, prop::collection::vec((0..60u8, 0..5u8), 0..3), prop::bool::weighted(0.6))
        .prop_map(|(due_in, rungs, take)| Ladder { due_in, rungs, take })
}

fn arbitrary_human() -> impl Strategy<Value = Human> {
    let who = (0..6u8, prop::bool::weighted(0.3), prop::option::weighted(0.3, any::<u8>()));
    let seldom = |chance| prop::option::weighted(chance, any::<u8>());
    let rules = (any::<bool>(), prop::bool::weighted(0.2), (seldom(0.05), seldom(0.1)));
    (any::<bool>(), who, prop::option::of(arbitrary_ladder()), rules).prop_map(
        |(approval, (candidate, not_requester, not_decider_of), sla, (optional, mutex, milestone))| Human {
            approval,
            candidate,
            not_requester,
            not_decider_of,
            sla,
            optional,
            mutex,
            milestone,
        },
    )
}

fn arbitrary_rest() -> impl Strategy<Value = Rest> {
    prop_oneof![
        3 => arbitrary_human().prop_map(Rest::Human),
        2 => (1..120u8).prop_map(Rest::Wait),
        1 => Just(Rest::Until),
    ]
}

fn arbitrary_leaving() -> impl Strategy<Value = Leaving> {
    (prop::option::of(1..120u8), prop::option::weighted(0.7, any::<u8>()), prop::bool::weighted(0.4))
        .prop_map(|(timer, error, mutex)| Leaving { timer, error, mutex })
}

fn arbitrary_leaf() -> impl Strategy<Value = Block> {
    prop_oneof![
        8 => arbitrary_human().prop_map(Block::Human),
        3 => arbitrary_rest().prop_map(Block::Rest),
        2 => (arbitrary_rest(), 1..120u8, any::<bool>(), arbitrary_human())
            .prop_map(|(host, after, interrupting, then)| Block::Timed(host, after, interrupting, then)),
        1 => (any::<u8>(), any::<bool>()).prop_map(|(guard, terminate)| Block::Exit(guard, terminate)),
        1 => any::<u8>().prop_map(Block::Throw),
        1 => arbitrary_human().prop_map(Block::Gate),
    ]
}

pub fn arbitrary_block() -> impl Strategy<Value = Block> {
    arbitrary_leaf().prop_recursive(4, 24, 3, |inner| {
        let some = |range| prop::collection::vec(inner.clone(), range);
        let guarded = |range| prop::collection::vec((any::<u8>(), inner.clone()), range);
        let human = || prop::option::weighted(0.3, arbitrary_human());
        let back = prop::option::weighted(0.3, 1..4u8);
        prop_oneof![
            2 => some(1..4).prop_map(Block::Sequence),
            2 => (prop::option::of(arbitrary_human()), guarded(1..3), inner.clone())
                .prop_map(|(on, some, default)| Block::Choice(on, some, Box::new(default))),
            2 => (some(2..4), human()).prop_map(|(all, join)| Block::Fork(all, join)),
            2 => (guarded(1..4), inner.clone(), human())
                .prop_map(|(some, default, join)| Block::Inclusive(some, Box::new(default), join)),
            2 => (any::<u8>(), any::<u8>(), some(2..4), human())
                .prop_map(|(count, late, all, join)| Block::Partial(count, late, all, join)),
            2 => (inner.clone(), arbitrary_human(), back)
                .prop_map(|(part, human, most)| Block::Loop(Box::new(part), human, most)),
            1 => prop::collection::vec((arbitrary_rest(), inner.clone()), 2..4).prop_map(Block::Race),
            3 => (inner.clone(), arbitrary_leaving(), inner.clone())
                .prop_map(|(part, on, then)| Block::Scope(Box::new(part), on, Box::new(then))),
        ]
    })
}

/// Variables of right and, seldom, of wrong types.
pub fn arbitrary_variables() -> impl Strategy<Value = Value> {
    let amount = prop_oneof![
        6 => (0..200i64).prop_map(Value::from),
        4 => (0.0..200.0f64).prop_map(Value::from),
        2 => Just(json!("much")),
        1 => Just(Value::Null),
    ];
    let kind = prop::sample::select(vec![json!("a"), json!("b"), json!(3), json!([])]);
    let flag = prop::sample::select(vec![json!([true]), json!([]), json!({ "0": 1 })]);
    let note = prop::sample::select(vec![json!("xx"), json!("xy"), json!("y"), json!("é\u{0}"), json!(5)]);
    let visit = prop_oneof![
        9 => (-5_000..50_000i64).prop_map(|second| json!(super::support::at(second).to_rfc3339())),
        1 => Just(json!("soon")),
    ];
    let visit = prop::option::weighted(0.7, visit);
    let values = (prop::option::of(amount), prop::option::of(kind), prop::option::of(flag), prop::option::of(note));
    (values, visit).prop_map(|((amount, kind, flag, note), visit)| {
        let named = [("amount", amount), ("kind", kind), ("flag", flag), ("note", note), ("visit", visit)];
        named
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    })
}
