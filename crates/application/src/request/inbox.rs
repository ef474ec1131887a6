use std::collections::BTreeSet;

use nexusflow_domain::Timestamp;
use nexusflow_domain::access::{Permission, Principal, Voice};
use nexusflow_domain::ids::UserId;
use nexusflow_domain::workflow::HumanKind;

use crate::request::{Request, RequestStep};

/// An open human step of a running request, as its rows show it.
#[derive(Debug, Clone, Copy)]
pub struct OpenWork<'a> {
    /// The step.
    pub step: &'a RequestStep,
    /// Its request.
    pub request: &'a Request,
    /// What kind of work it is; `None` when every voice may do any.
    pub kind: Option<HumanKind>,
    /// Who may not act on it.
    pub excluded: &'a BTreeSet<UserId>,
}

impl OpenWork<'_> {
    /// In whose name `user` may work the step: what `may_act` says of the request's state, said of its
    /// rows. The first of his [`working_voices`] that may is taken.
    pub fn voice_of<'v>(&self, user: UserId, voices: &'v [Voice]) -> Option<&'v Voice> {
        if self.step.claimed_by.is_some_and(|by| by != user) || self.excluded.contains(&user) {
            return None;
        }
        let fits_claim = |voice: &Voice| self.step.claimed_on_behalf_of.is_none_or(|claimed| claimed == voice.user);
        voices.iter().find(|voice| fits_claim(voice) && self.is_for(voice))
    }

    fn is_for(&self, voice: &Voice) -> bool {
        let asked_by_role = self.step.required_role.is_some_and(|role| voice.held.roles.contains(&role));
        let is_candidate = asked_by_role || self.step.assignee == Some(voice.user);
        let permitted = self.kind.is_none_or(|kind| voice.held.permissions.contains(&kind.permission()));
        is_candidate && permitted && voice.reaches(self.request.workflow) && !self.excluded.contains(&voice.user)
    }
}

/// In whose names somebody may do work of a kind, or of any: the own first.
pub fn working_voices(principal: &Principal, now: Timestamp, kind: Option<HumanKind>) -> Vec<Voice> {
    let kinds = HumanKind::ALL.into_iter().filter(|of| kind.is_none_or(|wanted| wanted == *of));
    let permissions: Vec<Permission> = kinds.map(HumanKind::permission).collect();
    let may = |voice: &Voice| permissions.iter().any(|permission| voice.held.permissions.contains(permission));
    principal.voices(now).into_iter().filter(may).collect()
}

/// Whether all voices may do work of any kind, so that the kind need not be known.
pub fn may_do_any_work(voices: &[Voice]) -> bool {
    let may = |voice: &Voice, kind: HumanKind| voice.held.permissions.contains(&kind.permission());
    voices.iter().all(|voice| HumanKind::ALL.into_iter().all(|kind| may(voice, kind)))
}
