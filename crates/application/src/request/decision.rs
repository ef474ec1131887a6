use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use nexusflow_domain::ids::{RoleId, UserId};
use nexusflow_domain::insight::Origin;
use nexusflow_domain::request::{Command, Context, Decision, Refusal, decide, evolve};

use crate::platform::Ids;
use crate::request::execution::Acting;
use crate::request::expectations::{job_changes, reception, subscription_changes};
use crate::request::journal::{Chronicler, Summary};
use crate::request::projection::{Projection, Projector};
use crate::request::{CommitUnit, LoadedRequest, RequestService, Wake};
use crate::workflow::PublishedVersion;

impl RequestService {
    /// The unit to commit; `None` when nothing changes.
    pub(super) fn decide(
        &self,
        acting: Acting<'_>,
        loaded: &LoadedRequest,
        version: &PublishedVersion,
        holders: &BTreeMap<RoleId, BTreeSet<UserId>>,
        command: &Command,
    ) -> Result<Option<CommitUnit>, Refusal> {
        let now = self.clock.now();
        let (principal, on_behalf_of, origin, lease) = match acting {
            Acting::Person { call, on_behalf_of } => (Some(&call.principal), on_behalf_of, call.origin.clone(), None),
            Acting::LeaseHolder(call, lease) => (Some(&call.principal), None, call.origin.clone(), Some(lease)),
            Acting::Outside { origin, .. } => (None, None, origin.clone(), None),
            Acting::Worker { lease, .. } => (None, None, Origin::default(), lease),
        };
        let mut ids = Ids(&*self.ids);
        let mut context = Context { now, principal, on_behalf_of, holders, ids: &mut ids };
        let actor = context.actor();
        let Decision { events, state } = decide(&version.graph, loaded.state.clone(), command, &mut context)?;
        if events.is_empty() {
            return Ok(None);
        }
        let mut chronicler = Chronicler { ids: &*self.ids, at: now, actor, origin, head: loaded.head };
        let projection = Projection::default();
        let mut projector = Projector { before: &loaded.state, version, ids: &*self.ids, at: now, projection };
        let mut records = Vec::with_capacity(events.len());
        let mut before = Cow::Borrowed(&loaded.state);
        for (left, event) in (0..events.len()).rev().zip(&events) {
            let summary = Summary::of(event, &before);
            let after = match left {
                0 => Cow::Borrowed(&state),
                _ => Cow::Owned(evolve(before.into_owned(), event)),
            };
            records.push(chronicler.record(event, &summary, &after));
            projector.apply(event, &after);
            before = after;
        }
        let Projection { steps, escalations, notifications } = projector.projection;
        let (before, after) = (loaded.state.wakes_at(), state.wakes_at());
        // The claim of a timer ends with its commit, so that it is always written anew.
        let fires = lease.is_some_and(|lease| lease.job.uuid() == state.id.uuid());
        let wake = match after {
            _ if before == after && !fires => Wake::Unchanged,
            Some(at) => Wake::At(at),
            None => Wake::Never,
        };
        let expected_version = loaded.state.version;
        let created_at = if expected_version == 0 { now } else { loaded.created_at };
        let jobs = job_changes(&version.graph, &loaded.state, &state, now, lease);
        let subscriptions = subscription_changes(&loaded.state, &state, now);
        Ok(Some(CommitUnit {
            expected_version,
            state,
            records,
            steps,
            escalations,
            notifications,
            wake,
            jobs,
            subscriptions,
            receives: reception(&events),
            lease,
            idempotency: None,
            created_at,
            at: now,
        }))
    }
}
