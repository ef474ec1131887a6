use async_graphql::{Context, ID, Object, Result, SimpleObject};
use nexusflow_domain::ids::WorkflowId;

use super::document::read;
use super::filter::WorkflowFilter;
use crate::connection::{Connection, PageArguments, SortKey};
use crate::context::{application, require_call};
use crate::error::{argument_id, failure};
use crate::limits::page_cost;
use crate::loader::Linked;
use crate::scalar::Json;
use crate::workflow::{Problem, Workflow};

/// Reading definitions.
#[derive(Debug, Default)]
pub struct WorkflowQuery;

/// What is wrong with a document.
#[derive(Debug, SimpleObject)]
pub struct WorkflowValidation {
    /// Everything wrong with it; empty when it can be published.
    problems: Vec<Problem>,
}

#[Object]
impl WorkflowQuery {
    /// Workflows by id. Needs `VIEW_WORKFLOW`.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn workflows(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which of them.")] filter: Option<WorkflowFilter>,
        #[graphql(desc = "That many from the start, at most 100; 20 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "That many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what precedes this cursor.")] before: Option<String>,
    ) -> Result<Option<Connection<Workflow>>> {
        let call = require_call(ctx)?;
        let page = PageArguments { first, after, last, before }.read(SortKey::Id)?;
        let filter = filter.unwrap_or_default().into();
        let workflows = application(ctx)?.workflows.list(call, &filter, &page).await.map_err(failure)?;
        Ok(Some(Connection::of(workflows, Workflow::from)))
    }

    /// One workflow; null when there is none that the caller may see. One that was never published
    /// needs `VIEW_WORKFLOW`.
    async fn workflow(&self, ctx: &Context<'_>, #[graphql(desc = "Which.")] id: ID) -> Result<Option<Workflow>> {
        require_call(ctx)?;
        argument_id::<WorkflowId>(&id, "id")?.find(ctx).await
    }

    /// Everything that keeps a document from being published, without storing it. Needs
    /// `VIEW_WORKFLOW`.
    async fn validate_workflow(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A workflow document.")] document: Json,
    ) -> Result<Option<WorkflowValidation>> {
        let call = require_call(ctx)?;
        let problems = match read(&document) {
            Ok(document) => application(ctx)?.workflows.validate(call, &document).await.map_err(failure)?,
            Err(problem) => vec![problem],
        };
        Ok(Some(WorkflowValidation { problems: problems.into_iter().map(Into::into).collect() }))
    }
}
