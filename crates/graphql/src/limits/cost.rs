use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextValidation};
use async_graphql::{ObjectType, Schema, SchemaBuilder, ServerError, SubscriptionType, ValidationResult};

use super::Limits;
use crate::http::Code;

/// Finishes a schema with the limits that only validation can check.
pub fn limited<Q, M, S>(builder: SchemaBuilder<Q, M, S>, limits: &Limits) -> Schema<Q, M, S>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    builder
        .limit_depth(limits.depth)
        .limit_recursive_depth(limits.levels)
        .limit_directives(limits.directives)
        // The library's own check names neither the cost nor the limit.
        .limit_complexity(usize::MAX)
        .extension(CostLimit { limit: limits.complexity })
        .finish()
}

/// Refuses operations that cost too much and notes the cost of the others.
#[derive(Debug, Clone, Copy)]
pub struct CostLimit {
    /// The greatest cost that is executed.
    pub limit: usize,
}

impl ExtensionFactory for CostLimit {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(*self)
    }
}

#[async_trait::async_trait]
impl Extension for CostLimit {
    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let result = next.run(ctx).await?;
        let progress = ctx.data_opt::<Arc<Progress>>();
        if let Some(progress) = progress {
            progress.cost.get_or_init(|| result.complexity);
        }
        if result.complexity > self.limit {
            let message = format!("the operation costs {}; at most {} is allowed", result.complexity, self.limit);
            return Err(vec![Code::CostExceeded.error(message)]);
        }
        if let Some(progress) = progress {
            progress.executing.store(true, Ordering::Release);
        }
        Ok(result)
    }
}

/// How far one operation came, for the transport that waits for it.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    cost: OnceLock<usize>,
    executing: AtomicBool,
}

impl Progress {
    /// What the operation costs, once it is known.
    pub(crate) fn cost(&self) -> Option<usize> {
        self.cost.get().copied()
    }

    /// Whether it was valid, so that errors are of its execution and not of the request.
    pub(crate) fn is_executing(&self) -> bool {
        self.executing.load(Ordering::Acquire)
    }
}
