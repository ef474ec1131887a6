use std::sync::Arc;

use async_graphql::parser::parse_query;
use async_graphql::parser::types::ExecutableDocument;
use async_graphql::{Request, ServerError};
use moka::sync::Cache;

use super::code::Code;
use crate::limits::{Limits, check_tokens};

/// About how many bytes of parsed documents are kept.
const CAPACITY: u64 = 4 << 20;
/// About how many bytes a parsed document takes for each of its text.
const BYTES_OF_BYTE: u32 = 24;

/// Documents that were parsed before: clients send the same few again and again. Bounded; the least used ones go.
pub(super) struct Documents(Cache<String, Arc<ExecutableDocument>>);

impl Documents {
    pub(super) fn new() -> Self {
        let weight = |text: &String, _: &Arc<ExecutableDocument>| {
            u32::try_from(text.len()).unwrap_or(u32::MAX).saturating_mul(BYTES_OF_BYTE)
        };
        Self(Cache::builder().max_capacity(CAPACITY).weigher(weight).build())
    }

    /// The document of a request, which has it parsed from now on. Its text is within the limits.
    pub(super) fn parse(&self, request: &mut Request, limits: &Limits) -> Result<Arc<ExecutableDocument>, ServerError> {
        let known = self.0.get(request.query.as_str());
        let document = known.map_or_else(|| self.parse_new(&request.query, limits), Ok)?;
        request.set_parsed_query(ExecutableDocument::clone(&document));
        Ok(document)
    }

    fn parse_new(&self, text: &str, limits: &Limits) -> Result<Arc<ExecutableDocument>, ServerError> {
        check_tokens(text, limits)?;
        let document = parse_query(text).map_err(|error| Code::Validation.on(error.into()))?;
        let document = Arc::new(document);
        self.0.insert(text.to_owned(), document.clone());
        Ok(document)
    }
}
