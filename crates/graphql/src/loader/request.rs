use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use nexusflow_application::request::{Escalation, JobPause, Message, Request, RequestStep};
use nexusflow_domain::ids::{JobPauseId, MessageId, RequestId};

use super::keys::{EscalationsOf, ParkedBy, StepsOf};
use super::reads::{ReadError, Reads, by_key, grouped};
use crate::node_id::RequestStepKey;

impl Loader<RequestId> for Reads {
    type Value = Request;
    type Error = ReadError;

    async fn load(&self, keys: &[RequestId]) -> Result<HashMap<RequestId, Request>, ReadError> {
        let requests = self.application().request_reads.requests(self.call()?, keys).await?;
        Ok(by_key(requests, |request| request.id))
    }
}

impl Loader<RequestStepKey> for Reads {
    type Value = RequestStep;
    type Error = ReadError;

    async fn load(&self, keys: &[RequestStepKey]) -> Result<HashMap<RequestStepKey, RequestStep>, ReadError> {
        let ids: Vec<_> = keys.iter().map(|key| (key.request, key.step)).collect();
        let steps = self.application().request_reads.steps(self.call()?, &ids).await?;
        Ok(by_key(steps, |step| RequestStepKey { request: step.request, step: step.id }))
    }
}

impl Loader<MessageId> for Reads {
    type Value = Message;
    type Error = ReadError;

    async fn load(&self, keys: &[MessageId]) -> Result<HashMap<MessageId, Message>, ReadError> {
        let messages = self.application().messages.messages(self.call()?, keys).await?;
        Ok(by_key(messages, |message| message.id))
    }
}

impl Loader<JobPauseId> for Reads {
    type Value = JobPause;
    type Error = ReadError;

    async fn load(&self, keys: &[JobPauseId]) -> Result<HashMap<JobPauseId, JobPause>, ReadError> {
        let pauses = self.application().job_pauses.pauses(self.call()?, keys).await?;
        Ok(by_key(pauses, |pause| pause.id))
    }
}

impl Loader<ParkedBy> for Reads {
    type Value = u32;
    type Error = ReadError;

    async fn load(&self, keys: &[ParkedBy]) -> Result<HashMap<ParkedBy, u32>, ReadError> {
        let pauses: Vec<JobPauseId> = keys.iter().map(|key| key.0).collect();
        let parked = self.application().job_pauses.parked_jobs(self.call()?, &pauses).await?;
        Ok(parked.into_iter().map(|(pause, jobs)| (ParkedBy(pause), jobs)).collect())
    }
}

impl Loader<StepsOf> for Reads {
    type Value = Vec<RequestStep>;
    type Error = ReadError;

    async fn load(&self, keys: &[StepsOf]) -> Result<HashMap<StepsOf, Vec<RequestStep>>, ReadError> {
        let requests: Vec<RequestId> = keys.iter().map(|key| key.0).collect();
        let steps = self.application().request_reads.steps_of(self.call()?, &requests).await?;
        Ok(grouped(keys, steps, |step| (StepsOf(step.request), step)))
    }
}

impl Loader<EscalationsOf> for Reads {
    type Value = Vec<Escalation>;
    type Error = ReadError;

    async fn load(&self, keys: &[EscalationsOf]) -> Result<HashMap<EscalationsOf, Vec<Escalation>>, ReadError> {
        let requests: Vec<RequestId> = keys.iter().map(|key| key.0).collect();
        let escalations = self.application().request_reads.escalations_of(self.call()?, &requests).await?;
        Ok(grouped(keys, escalations, |escalation| (EscalationsOf(escalation.request), escalation)))
    }
}
