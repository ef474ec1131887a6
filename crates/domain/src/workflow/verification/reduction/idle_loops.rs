//! Transitions that change nothing (Murata, "Petri nets: properties, analysis and applications",
//! 1989, section V.C: elimination of self-loop transitions).
//!
//! A transition that produces exactly what it consumes leads from each marking to itself, so it
//! decides nothing about completion or tokens. What is left to keep is whether its step can occur:
//! with one place, exactly if a token comes there; with several, exactly if another transition with
//! the same needs can fire. Where there is no other, the transition stays.

use super::Workspace;

pub(super) fn apply(workspace: &mut Workspace) -> bool {
    let mut changed = false;
    for ix in workspace.transition_numbers() {
        changed |= remove_if_idle(workspace, ix).is_some();
    }
    changed
}

fn remove_if_idle(workspace: &mut Workspace, ix: usize) -> Option<()> {
    let idle = workspace.transition(ix)?;
    if idle.consumed != idle.produced || !idle.is_plain() {
        return None;
    }
    match *idle.consumed {
        [place] => {
            let idle = workspace.remove(ix)?;
            workspace.cover_by_arrival(place, &idle.covers);
        }
        [first, _, ..] => {
            let same_needs = |&other: &usize| {
                workspace.transition(other).is_some_and(|other| other.is_plain() && other.consumed == idle.consumed)
            };
            let other = workspace.consumers(first).iter().copied().find(|other| *other != ix && same_needs(other))?;
            let idle = workspace.remove(ix)?;
            workspace.cover_by(other, &idle.covers);
        }
        [] => return None,
    }
    Some(())
}
