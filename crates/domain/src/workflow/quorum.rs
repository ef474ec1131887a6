//! How many people decide an approval together, and when their votes are enough.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::ids::{RoleId, UserId};
use crate::workflow::Outcome;

/// How an approval is decided, as a document says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApprovalDocument {
    /// Whose votes are enough.
    pub quorum: QuorumDocument,
    /// Names of roles: any other vote than `APPROVED` by one of their holders decides at once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub veto: Vec<String>,
}

/// Whose votes are enough.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum QuorumDocument {
    /// The first vote decides.
    Single {},
    /// So many approve.
    AtLeast {
        /// How many; at least 1.
        count: u32,
    },
    /// Every candidate approves; the first who does not decides.
    Unanimous {},
    /// More than half of the candidates approve, or more than half do not. Exactly half each is a `TIE`,
    /// which the approval declares among its outcomes.
    Majority {},
    /// The weights of those who approve reach a threshold.
    Weighted {
        /// The weight of a role's holders; the heaviest of one's roles counts, 1 for those with none.
        weights: BTreeMap<String, u32>,
        /// The sum that approves; at least 1.
        threshold: u32,
    },
}

/// A compiled quorum of more than one vote, or with a veto.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quorum {
    /// Whose votes are enough.
    pub rule: QuorumRule,
    /// Roles whose holders may veto.
    pub veto: BTreeSet<RoleId>,
}

/// Whose votes are enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QuorumRule {
    /// So many approve.
    AtLeast(u32),
    /// Every candidate approves.
    Unanimous,
    /// More than half of the candidates approve.
    Majority,
    /// The weights of those who approve reach a threshold.
    Weighted {
        /// By role.
        weights: BTreeMap<RoleId, u32>,
        /// The sum that approves.
        threshold: u32,
    },
}

/// One person's part in an approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Vote {
    /// Who cast it.
    pub by: UserId,
    /// Whose vote it is, when it was cast on behalf of somebody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<UserId>,
    /// For which outcome.
    pub outcome: Outcome,
}

impl Vote {
    /// Whose vote it is.
    pub fn voter(&self) -> UserId {
        self.on_behalf_of.unwrap_or(self.by)
    }

    /// Whoever has had a part in it.
    pub fn people(&self) -> impl Iterator<Item = UserId> {
        std::iter::once(self.by).chain(self.on_behalf_of)
    }
}

/// Who may vote now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Electorate {
    /// The candidates, without those whom separation of duties excludes.
    pub candidates: BTreeSet<UserId>,
    /// Active members by role, of the roles that weigh or veto.
    pub holders: BTreeMap<RoleId, BTreeSet<UserId>>,
}

impl Quorum {
    /// What the votes decide, counted on those who may vote now and never on fewer than have voted;
    /// nothing while other votes may still change it. While approval is out of reach for want of
    /// candidates but nobody has voted against it, more candidates are waited for.
    pub fn decided(&self, votes: &[Vote], outcomes: &[Outcome], electorate: &Electorate) -> Option<Outcome> {
        if let Some(veto) = votes.iter().find(|vote| !approves(vote) && self.may_veto(vote.voter(), electorate)) {
            return Some(veto.outcome.clone());
        }
        let mut everybody = electorate.candidates.clone();
        everybody.extend(votes.iter().map(Vote::voter));
        let weigh =
            |who: &mut dyn Iterator<Item = UserId>| -> u64 { who.map(|user| self.weight(user, electorate)).sum() };
        let total = weigh(&mut everybody.iter().copied());
        let approving = weigh(&mut votes.iter().filter(|vote| approves(vote)).map(Vote::voter));
        let opposing = weigh(&mut votes.iter().filter(|vote| !approves(vote)).map(Vote::voter));
        let needed = self.needed(total);
        if approving >= needed {
            return Some(Outcome::approved());
        }
        if opposing == 0 || opposing.saturating_add(needed) <= total {
            return None;
        }
        let halves = self.rule == QuorumRule::Majority && opposing.saturating_mul(2) == total;
        if !halves {
            return leading(votes, outcomes);
        }
        (approving == opposing).then(Outcome::tie)
    }

    /// The sum of weights that approves.
    fn needed(&self, total: u64) -> u64 {
        match &self.rule {
            QuorumRule::AtLeast(count) => u64::from(*count),
            QuorumRule::Unanimous => total.max(1),
            QuorumRule::Majority => total / 2 + 1,
            QuorumRule::Weighted { threshold, .. } => u64::from(*threshold),
        }
    }

    fn weight(&self, user: UserId, electorate: &Electorate) -> u64 {
        let QuorumRule::Weighted { weights, .. } = &self.rule else { return 1 };
        let held = weights.iter().filter(|(role, _)| electorate.holds(user, **role));
        held.map(|(_, weight)| u64::from(*weight)).max().unwrap_or(1)
    }

    fn may_veto(&self, user: UserId, electorate: &Electorate) -> bool {
        self.veto.iter().any(|role| electorate.holds(user, *role))
    }

    /// The roles whose holders an electorate must list.
    pub fn roles(&self) -> impl Iterator<Item = RoleId> + '_ {
        let weighed = match &self.rule {
            QuorumRule::Weighted { weights, .. } => Some(weights.keys().copied()),
            QuorumRule::AtLeast(_) | QuorumRule::Unanimous | QuorumRule::Majority => None,
        };
        weighed.into_iter().flatten().chain(self.veto.iter().copied())
    }
}

impl Electorate {
    fn holds(&self, user: UserId, role: RoleId) -> bool {
        self.holders.get(&role).is_some_and(|holders| holders.contains(&user))
    }
}

fn approves(vote: &Vote) -> bool {
    vote.outcome == Outcome::approved()
}

/// The outcome besides `APPROVED` with most votes; of several, the one declared first.
fn leading(votes: &[Vote], outcomes: &[Outcome]) -> Option<Outcome> {
    let count = |outcome: &Outcome| votes.iter().filter(|vote| vote.outcome == *outcome).count();
    let mut best: Option<(usize, &Outcome)> = None;
    for outcome in outcomes.iter().filter(|outcome| **outcome != Outcome::approved()) {
        let votes = count(outcome);
        if votes > best.map_or(0, |(most, _)| most) {
            best = Some((votes, outcome));
        }
    }
    best.map(|(_, outcome)| outcome.clone())
}
