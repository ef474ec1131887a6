//! `evolve` is total: events in any order, about anything, never panic, and what a state does not
//! know changes nothing but the version.

pub mod support;

use nexusflow_domain::request::{RequestEvent, RequestState, evolve};
use proptest::prelude::*;
use serde_json::json;
use support::{Desk, edge, graph_of, task};

fn golden() -> Vec<RequestEvent> {
    let journals: Vec<Vec<RequestEvent>> =
        serde_json::from_str(include_str!("golden/events.json")).expect("golden events");
    journals.concat()
}

fn arbitrary_event() -> impl Strategy<Value = RequestEvent> {
    prop_oneof![
        20 => prop::sample::select(golden()),
        1 => any::<i64>().prop_map(|moved_by| RequestEvent::RequestResumed { moved_by }),
        1 => Just(RequestEvent::RequestResumed { moved_by: i64::MAX }),
        1 => Just(RequestEvent::RequestResumed { moved_by: i64::MIN }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn any_order_of_events_folds(events in prop::collection::vec(arbitrary_event(), 0..60)) {
        let mut state = RequestState::blank();
        for (n, event) in events.iter().enumerate() {
            state = evolve(state, event);
            prop_assert_eq!(state.version, n as u64 + 1);
            prop_assert!(state.ended_at().is_none_or(|_| state.wakes_at().is_none()));
            let text = serde_json::to_string(&state).unwrap();
            prop_assert_eq!(&serde_json::from_str::<RequestState>(&text).unwrap(), &state);
        }
    }
}

#[test]
fn events_about_unknown_executions_change_nothing_but_the_version() {
    let graph = graph_of(&[task("a", &json!({}))], &[edge("start", "a"), edge("a", "end")]);
    let known = Desk::started(&graph, &json!({ "kept": 1 })).state;
    let mut seen = 0;
    for event in golden() {
        let about_a_known_one = match &event {
            RequestEvent::StepClaimed { .. }
            | RequestEvent::StepReleased { .. }
            | RequestEvent::StepCompleted { .. }
            | RequestEvent::StepCancelled { .. } => true,
            RequestEvent::Escalated(record) => record.request_step.is_some(),
            _ => false,
        };
        if about_a_known_one {
            seen += 1;
            let expected = RequestState { version: known.version + 1, ..known.clone() };
            assert_eq!(evolve(known.clone(), &event), expected, "{event:?}");
        }
    }
    assert!(seen > 8);
}

#[test]
fn cancelling_an_execution_leaves_another_one_of_the_same_step_waiting() {
    let state = golden().iter().take(7).fold(RequestState::blank(), evolve);
    let id = golden()[3].request_step().expect("an execution");
    assert!(!state.awaited.contains_key(&id));
    let step = state.awaited.values().next().map(|awaited| awaited.step.clone()).expect("a join waits");
    let after = evolve(state.clone(), &RequestEvent::StepCancelled { id, step, misses_milestone: false, reason: None });
    assert_eq!(after.awaited, state.awaited);
}
