use async_graphql::{Context, ID, Object, Result, SimpleObject};
use nexusflow_application::workflow::Validation;
use nexusflow_domain::ids::WorkflowId;
use nexusflow_domain::problem;

use super::coverage::WorkflowCoverage;
use super::document::read;
use super::filter::WorkflowFilter;
use super::soundness::WorkflowSoundness;
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

/// What can be said of a document before it is published.
#[derive(Debug, SimpleObject)]
pub struct WorkflowValidation {
    /// Everything wrong with it; empty when it can be published.
    problems: Vec<Problem>,
    /// What keeps nobody from publishing it but is worth knowing: types of conditions that do not fit all
    /// variables, a soundness that is not known.
    warnings: Vec<Problem>,
    /// Whether its graph is sound; null when other problems keep it from being a graph.
    soundness: Option<WorkflowSoundness>,
    /// What can happen on its graph; null when that is not known.
    coverage: Option<WorkflowCoverage>,
}

impl From<Validation> for WorkflowValidation {
    fn from(validation: Validation) -> Self {
        let told = |problems: Vec<problem::Problem>| problems.into_iter().map(Into::into).collect();
        Self {
            problems: told(validation.problems),
            warnings: told(validation.warnings),
            soundness: validation.finding.map(Into::into),
            coverage: validation.reach.map(Into::into),
        }
    }
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

    /// What can be said of a document before it is published, without storing it: what keeps it from being
    /// published, warnings, soundness and coverage. Needs `VIEW_WORKFLOW`.
    async fn validate_workflow(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A workflow document.")] document: Json,
        #[graphql(desc = "The workflow that it is for: who holds a role only there counts. A new one without it.")]
        workflow_id: Option<ID>,
    ) -> Result<Option<WorkflowValidation>> {
        let call = require_call(ctx)?;
        let workflow = workflow_id.map(|id| argument_id(&id, "workflowId")).transpose()?;
        let validation = match read(&document) {
            Ok(document) => application(ctx)?.workflows.validate(call, &document, workflow).await.map_err(failure)?,
            Err(problem) => Validation { problems: vec![problem], ..Validation::default() },
        };
        Ok(Some(validation.into()))
    }
}
