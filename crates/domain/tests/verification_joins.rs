//! Joins that count, splits that take some branches, scopes that are interrupted: as nets.

mod verification_support;

use nexusflow_domain::workflow::verification::{
    CountingJoin, LateArrivals, Limits, Net, NetStepIx, NetTransition, PlaceIx, PlaceRole, SomeBranch, Verdict,
    Violation, add_counting_join, add_some_split, verify,
};
use verification_support::brute_force::{Found, brute_force};

/// A net in the making: steps by name, places in front of them.
struct Sketch {
    net: Net,
    beginning: PlaceIx,
}

impl Sketch {
    fn new() -> Self {
        let mut net = Net::default();
        let beginning = net.add_place(PlaceRole::Beginning);
        net.place_mut(beginning).initial = 1;
        Self { net, beginning }
    }

    fn place(&mut self, name: &str) -> PlaceIx {
        self.net.add_place(PlaceRole::Internal(name.to_owned()))
    }

    fn places(&mut self, name: &str, count: usize) -> Vec<PlaceIx> {
        (0..count).map(|at| self.place(&format!("{name}{at}"))).collect()
    }

    fn step(&mut self, name: &str, consumed: &[PlaceIx], produced: &[PlaceIx]) -> NetStepIx {
        self.step_resetting(name, consumed, produced, &[])
    }

    fn step_resetting(
        &mut self,
        name: &str,
        consumed: &[PlaceIx],
        produced: &[PlaceIx],
        reset: &[PlaceIx],
    ) -> NetStepIx {
        let step = self.net.add_step(name, "", produced.is_empty());
        self.net.add_transition(NetTransition {
            step: Some(step),
            consumed: consumed.to_vec(),
            produced: produced.to_vec(),
            reset: reset.to_vec(),
            ..NetTransition::default()
        });
        step
    }

    /// The verdict, which a simple explorer shares.
    fn verdict(&self) -> Verdict {
        let verdict = verify(&self.net, Limits::without_deadline());
        let found = brute_force(&self.net, 100_000);
        assert_eq!(verdict == Verdict::Sound, found == Found::Sound, "{verdict:?}, {found:?}");
        verdict
    }
}

fn violation(verdict: Verdict) -> Violation {
    match verdict {
        Verdict::Unsound { violation, .. } => violation,
        other => panic!("expected unsound, found {other:?}"),
    }
}

/// A fork of `branches` single steps into a K-of-N join; what comes after the join ends, or repeats.
fn k_of_n(branches: usize, needed: u8, repeats: bool) -> Sketch {
    let mut sketch = Sketch::new();
    let (again, started) = (sketch.place("again"), sketch.place("started"));
    let (open, done) = (sketch.places("open", branches), sketch.places("done", branches));
    let (beginning, expected) = (sketch.beginning, u8::try_from(branches).expect("few branches"));
    sketch.step("start", &[beginning], &[again]);
    sketch.step("fork", &[again], &open);
    for (at, (open, done)) in open.iter().zip(&done).enumerate() {
        sketch.step(&format!("branch{at}"), &[*open], &[*done]);
    }
    let step = sketch.step("after", &[started], &[]);
    let late = LateArrivals::Ignored;
    add_counting_join(
        &mut sketch.net,
        &CountingJoin { step, incoming: &done, expected, needed, starts: started, late },
    );
    if repeats {
        sketch.net.add_transition(NetTransition {
            step: Some(step),
            consumed: vec![started],
            produced: vec![again],
            ..NetTransition::default()
        });
    }
    sketch
}

#[test]
fn a_k_of_n_join_starts_once_and_swallows_what_is_late() {
    for needed in 1..=4 {
        assert_eq!(k_of_n(4, needed, false).verdict(), Verdict::Sound, "{needed} of 4");
    }
}

#[test]
fn a_second_round_of_a_k_of_n_join_meets_late_arrivals_of_the_first() {
    let found = violation(k_of_n(3, 2, true).verdict());
    assert!(matches!(found, Violation::TwoTokens { .. }), "{found:?}");
    assert_eq!(k_of_n(3, 3, true).verdict(), Verdict::Sound);
}

#[test]
fn a_k_of_n_join_that_gets_fewer_than_k_deadlocks() {
    let mut sketch = k_of_n(3, 3, false);
    let open = sketch.net.places().find(|(_, place)| place.role == PlaceRole::Internal("open1".to_owned())).unwrap().0;
    sketch.step("gives-up", &[open], &[]);
    assert!(matches!(violation(sketch.verdict()), Violation::Deadlock { .. }));
}

#[test]
fn a_cancelling_k_of_n_join_may_repeat() {
    let mut sketch = Sketch::new();
    let (again, started) = (sketch.place("again"), sketch.place("started"));
    let (open, done) = (sketch.places("open", 3), sketch.places("done", 3));
    let beginning = sketch.beginning;
    sketch.step("start", &[beginning], &[again]);
    sketch.step("fork", &[again], &open);
    for (at, (open, done)) in open.iter().zip(&done).enumerate() {
        sketch.step(&format!("branch{at}"), &[*open], &[*done]);
    }
    let step = sketch.step("end", &[started], &[]);
    let late = LateArrivals::Cancelled(&open);
    let join = CountingJoin { step, incoming: &done, expected: 3, needed: 2, starts: started, late };
    add_counting_join(&mut sketch.net, &join);
    sketch.step("repeat", &[started], &[again]);
    assert_eq!(sketch.verdict(), Verdict::Sound);
}

/// A split SOME with `branches`, into a join that waits for what it made, or for one token of each.
fn some(branches: usize, paired: bool) -> Sketch {
    let mut sketch = Sketch::new();
    let started = sketch.place("started");
    let (open, done) = (sketch.places("open", branches), sketch.places("done", branches));
    for (at, (open, done)) in open.iter().zip(&done).enumerate() {
        sketch.step(&format!("branch{at}"), &[*open], &[*done]);
    }
    let step = sketch.step("end", &[started], &[]);
    let (split, count) = (sketch.net.add_step("split", "", false), u8::try_from(branches).expect("few branches"));
    let late = LateArrivals::Ignored;
    let join = CountingJoin { step, incoming: &done, expected: count, needed: count, starts: started, late };
    let arrived = add_counting_join(&mut sketch.net, &join);
    let branches: Vec<SomeBranch> =
        open.iter().map(|&taken| SomeBranch { taken, skipped: paired.then_some(arrived) }).collect();
    let start = NetTransition { step: Some(split), consumed: vec![sketch.beginning], ..NetTransition::default() };
    add_some_split(&mut sketch.net, start, &branches);
    sketch
}

#[test]
fn a_join_waits_for_what_its_paired_split_made() {
    for branches in 1..=5 {
        assert_eq!(some(branches, true).verdict(), Verdict::Sound, "{branches} branches");
    }
}

#[test]
fn a_join_that_waits_for_every_branch_deadlocks_after_a_split_that_takes_some() {
    assert!(matches!(violation(some(3, false).verdict()), Violation::Deadlock { .. }));
}

#[test]
fn a_split_that_takes_some_takes_at_least_one() {
    let mut sketch = Sketch::new();
    let (open, missed) = (sketch.places("open", 2), sketch.places("missed", 2));
    let split = sketch.net.add_step("split", "", false);
    for (at, open) in open.iter().enumerate() {
        sketch.step(&format!("branch{at}"), &[*open], &[]);
    }
    sketch.step("one-missed", &missed[..1], &[]);
    sketch.step("other-missed", &missed[1..], &[]);
    sketch.step("both-missed", &missed, &[]);
    let branches: Vec<SomeBranch> =
        open.iter().zip(&missed).map(|(&taken, &missed)| SomeBranch { taken, skipped: Some(missed) }).collect();
    let start = NetTransition { step: Some(split), consumed: vec![sketch.beginning], ..NetTransition::default() };
    add_some_split(&mut sketch.net, start, &branches);
    let Violation::DeadSteps { steps } = violation(sketch.verdict()) else { panic!("expected a dead step") };
    assert_eq!(steps.iter().map(|step| step.key.as_str()).collect::<Vec<_>>(), ["both-missed"]);
    assert!(steps[0].missing.is_empty(), "{steps:?}");
}

/// A scope of two parallel steps and their join, which a timer interrupts while the join waits.
fn interrupted(reset_all: bool) -> Sketch {
    let mut sketch = Sketch::new();
    let (inside, done) = (sketch.places("inside", 2), sketch.places("done", 2));
    let (armed, out) = (sketch.place("armed"), sketch.place("out"));
    let beginning = sketch.beginning;
    sketch.step("enter", &[beginning], &[inside[0], inside[1], armed]);
    sketch.step("first", &inside[..1], &done[..1]);
    sketch.step("second", &inside[1..], &done[1..]);
    sketch.step("leave", &[done[0], done[1], armed], &[out]);
    let scope: Vec<PlaceIx> = inside.iter().chain(&done).copied().take(if reset_all { 4 } else { 3 }).collect();
    sketch.step_resetting("timer", &[armed], &[out], &scope);
    sketch.step("end", &[out], &[]);
    sketch
}

#[test]
fn an_interrupted_scope_leaves_nothing_behind() {
    assert_eq!(interrupted(true).verdict(), Verdict::Sound);
}

#[test]
fn an_interruption_that_forgets_an_edge_strands_its_token() {
    assert!(matches!(violation(interrupted(false).verdict()), Violation::Deadlock { .. }));
}

#[test]
fn a_terminating_end_clears_a_waiting_join() {
    let mut sketch = Sketch::new();
    let edges = sketch.places("edge", 3);
    let beginning = sketch.beginning;
    sketch.step("fork", &[beginning], &edges[..2]);
    sketch.step("join", &edges[1..], &[]);
    let everything = [vec![beginning], edges.clone()].concat();
    sketch.step_resetting("stop", &edges[..1], &[], &everything);
    sketch.step("go-on", &edges[..1], &edges[2..]);
    assert_eq!(sketch.verdict(), Verdict::Sound);
}

#[test]
fn places_that_may_hold_several_tokens_are_no_violation() {
    let mut sketch = Sketch::new();
    let edges = sketch.places("edge", 2);
    let merged = sketch.place("merged");
    let beginning = sketch.beginning;
    sketch.step("fork", &[beginning], &edges);
    sketch.step("first", &edges[..1], &[merged]);
    sketch.step("second", &edges[1..], &[merged]);
    sketch.step("each", &[merged], &[]);
    assert!(matches!(violation(sketch.verdict()), Violation::TwoTokens { .. }));
    sketch.net.place_mut(merged).allows_multiple = true;
    assert_eq!(sketch.verdict(), Verdict::Sound);
}

#[test]
fn a_milestone_reads_a_token_and_leaves_it() {
    let mut sketch = Sketch::new();
    let (reached, waiting, out) = (sketch.place("reached"), sketch.place("waiting"), sketch.places("out", 2));
    let beginning = sketch.beginning;
    sketch.step("fork", &[beginning], &[reached, waiting]);
    let step = sketch.net.add_step("while-reached", "", false);
    sketch.net.add_transition(NetTransition {
        step: Some(step),
        consumed: vec![waiting],
        produced: vec![out[0]],
        read: vec![reached],
        ..NetTransition::default()
    });
    sketch.step("pass", &[reached, out[0]], &[out[1]]);
    sketch.step("end", &out[1..], &[]);
    assert_eq!(sketch.verdict(), Verdict::Sound);
    // Passing the milestone first leaves the other waiting for ever.
    sketch.step("pass-early", &[reached], &[]);
    assert!(matches!(violation(sketch.verdict()), Violation::Deadlock { .. }));
}
