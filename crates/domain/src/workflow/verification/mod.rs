//! Verification of a graph's control flow before it is published: whether every run can be
//! completed, properly, with no dead step and no two tokens on one edge.
//!
//! The layers, each a file: a labelled net ([`Net`]) made of a graph ([`net_of_graph`],
//! [`net_of_flow_graph`]); its reduction by rules that keep the verdict; the exploration of what is
//! left, within [`Limits`]; and the [`Verdict`], with a run of the original net that shows what is
//! wrong. Guards are abstracted to free choice. To verify another form of graph, translate it into a
//! [`Net`].

mod compiled;
mod coverage;
mod diagnosis;
mod endings;
mod exploration;
mod finding;
mod flow_graph;
mod forgetting;
mod free_choice;
mod from_graph;
mod graph_verdict;
mod joins;
mod limits;
mod marking_store;
mod net;
mod precision;
mod reach;
mod reduction;
mod slicing;
mod state_space;
mod token_game;
mod verdict;
mod verify;

pub use coverage::{Coverage, coverage};
pub use finding::{Finding, Soundness};
pub use flow_graph::{EndSemantics, FlowEdge, FlowGraph, FlowNode, Gate, InvalidFlowGraph, net_of_flow_graph};
pub use from_graph::net_of_graph;
pub use graph_verdict::verify_graph;
pub use joins::{CountingJoin, LateArrivals, SomeBranch, add_counting_join, add_some_split};
pub use limits::{DEFAULT_BYTES, Limit, Limits};
pub use net::{Completion, FiringIx, Net, NetStep, NetStepIx, NetTransition, Place, PlaceIx, PlaceRole};
pub use precision::is_exact;
pub use reach::{Reach, StepReach, reach};
pub use verdict::{DeadStep, Trace, TraceStep, Verdict, Violation};
pub use verify::verify;
