use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwapOption;
use nexusflow_application::StoreError;
use nexusflow_application::access::{PolicyHorizon, PolicySource};
use nexusflow_domain::ids::OrganizationId;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::compiled::CompiledPolicy;
use crate::engine::PolicySettings;

/// What is known of one organization's policy, and when it was last compared with the source.
#[derive(Default)]
pub(crate) struct CachedPolicy {
    current: ArcSwapOption<Loaded>,
    /// Counts the changes announced by this process.
    announced: AtomicU64,
    /// Held while the source is asked, so that it is asked once for all who wait; holds when the last
    /// attempt failed.
    asking: Mutex<Option<Instant>>,
}

/// Whose policy, where from.
pub(crate) struct Question<'a> {
    pub(crate) source: &'a dyn PolicySource,
    pub(crate) organization: OrganizationId,
    /// What was over before is left out.
    pub(crate) horizon: PolicyHorizon,
}

impl Question<'_> {
    async fn load(&self) -> Result<Arc<CompiledPolicy>, StoreError> {
        let snapshot = self.source.policy(self.organization, self.horizon).await?;
        Ok(Arc::new(CompiledPolicy::build(self.organization, snapshot).await?))
    }
}

struct Loaded {
    policy: Arc<CompiledPolicy>,
    /// The announcements that the policy contains.
    announced: u64,
    /// When the source last confirmed the policy.
    confirmed_at: Instant,
    /// When the source was last asked, successfully or not.
    asked_at: Instant,
}

impl CachedPolicy {
    /// This process changed the mappings: what is loaded is not served any more.
    pub(crate) fn announce(&self) {
        self.announced.fetch_add(1, Ordering::AcqRel);
    }

    /// The policy as it is now, within the bounds that [`PolicySettings`] describes.
    pub(crate) async fn get(
        &self,
        question: &Question<'_>,
        settings: &PolicySettings,
    ) -> Result<Arc<CompiledPolicy>, StoreError> {
        if let Some(policy) = self.recently_asked(settings) {
            return Ok(policy);
        }
        let mut failed_at = self.asking.lock().await;
        if let Some(policy) = self.recently_asked(settings) {
            return Ok(policy);
        }
        if failed_at.is_some_and(|at| at.elapsed() < settings.retry_interval) {
            return Err(StoreError::Unavailable("reading the policy failed a moment ago".into()));
        }
        let answer = self.ask(question, settings).await;
        *failed_at = answer.is_err().then(Instant::now);
        answer
    }

    fn recently_asked(&self, settings: &PolicySettings) -> Option<Arc<CompiledPolicy>> {
        let loaded = self.current.load();
        let loaded = loaded.as_ref()?;
        let usable = loaded.announced == self.announced.load(Ordering::Acquire)
            && loaded.asked_at.elapsed() < settings.check_interval;
        usable.then(|| loaded.policy.clone())
    }

    /// The policy as the source has it now, or an error.
    pub(crate) async fn fresh(&self, question: &Question<'_>) -> Result<Arc<CompiledPolicy>, StoreError> {
        let mut failed_at = self.asking.lock().await;
        let asked_at = Instant::now();
        let announced = self.announced.load(Ordering::Acquire);
        if let Some(known) = self.current.load_full().filter(|loaded| loaded.announced == announced)
            && question.source.policy_version(question.organization).await? == known.policy.snapshot().version
        {
            let policy = known.policy.clone();
            return Ok(self.keep(Loaded { policy, announced, confirmed_at: asked_at, asked_at }));
        }
        let policy = question.load().await?;
        *failed_at = None;
        Ok(self.keep(Loaded { policy, announced, confirmed_at: asked_at, asked_at }))
    }

    /// Compares versions when there is something to compare, and loads what is missing or outdated.
    async fn ask(&self, question: &Question<'_>, settings: &PolicySettings) -> Result<Arc<CompiledPolicy>, StoreError> {
        let organization = question.organization;
        // Read before the source is: a change announced meanwhile is loaded by the next question.
        let announced = self.announced.load(Ordering::Acquire);
        let asked_at = Instant::now();
        let known = self.current.load_full().filter(|loaded| loaded.announced == announced);
        if let Some(known) = known {
            match question.source.policy_version(organization).await {
                Ok(version) if version == known.policy.snapshot().version => {
                    let policy = known.policy.clone();
                    return Ok(self.keep(Loaded { policy, announced, confirmed_at: asked_at, asked_at }));
                }
                Ok(_) => {}
                Err(error) if known.confirmed_at.elapsed() < settings.grace => {
                    tracing::warn!(%organization, error = &error as &dyn std::error::Error, "policy version unknown");
                    let (policy, confirmed_at) = (known.policy.clone(), known.confirmed_at);
                    return Ok(self.keep(Loaded { policy, announced, confirmed_at, asked_at: Instant::now() }));
                }
                Err(error) => return Err(error),
            }
        }
        let policy = question.load().await?;
        Ok(self.keep(Loaded { policy, announced, confirmed_at: asked_at, asked_at }))
    }

    fn keep(&self, loaded: Loaded) -> Arc<CompiledPolicy> {
        let policy = loaded.policy.clone();
        self.current.store(Some(Arc::new(loaded)));
        policy
    }
}
