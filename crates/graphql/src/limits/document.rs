use async_graphql::ServerError;
use async_graphql::parser::types::ExecutableDocument;

use super::Limits;
use super::weight::{Scales, Weight};
use crate::http::Code;

/// Lists of the introspection schema inside each other at most: the response grows with the schema's
/// size to this power (`MaxIntrospectionDepthRule` of graphql-js).
const INTROSPECTION_LISTS: usize = 2;

/// Whether an operation may ask for the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Introspection {
    Allowed,
    Refused,
}

/// Refuses a parsed document of which any operation exceeds a limit, before validation and execution
/// walk it once for each spread of a fragment.
pub(crate) fn check_document(
    document: &ExecutableDocument,
    limits: &Limits,
    introspection: Introspection,
) -> Result<(), ServerError> {
    let mut scales = Scales::new(document);
    for (_, operation) in document.operations.iter() {
        let mut weight = scales.weigh(&operation.node.selection_set.node)?;
        weight.directives = weight.directives.saturating_add(operation.node.directives.len());
        check(weight.own_fields, limits.root_fields, "root fields")?;
        check_weight(weight, limits)?;
        if weight.introspects {
            check_introspection(weight, introspection)?;
        }
    }
    // Fragments that nothing spreads are validated too.
    for fragment in document.fragments.values() {
        check_weight(scales.weigh(&fragment.node.selection_set.node)?, limits)?;
    }
    Ok(())
}

fn check_weight(weight: Weight, limits: &Limits) -> Result<(), ServerError> {
    check(weight.depth, limits.depth, "fields inside each other")?;
    check(weight.levels, limits.levels, "selections inside each other")?;
    check(weight.aliases, limits.aliases, "aliases")?;
    check(weight.directives, limits.directives, "directives")?;
    check(weight.fields, limits.fields, "fields")
}

fn check(found: usize, limit: usize, what: &str) -> Result<(), ServerError> {
    if found <= limit {
        return Ok(());
    }
    Err(Code::CostExceeded.error(format!("the operation has {found} {what}; at most {limit} are allowed")))
}

fn check_introspection(weight: Weight, introspection: Introspection) -> Result<(), ServerError> {
    if introspection == Introspection::Refused {
        return Err(Code::Unauthenticated.error("sign in to read the schema"));
    }
    if weight.introspection_lists > INTROSPECTION_LISTS {
        return Err(Code::CostExceeded.error("the introspection nests lists of fields or types too deep"));
    }
    Ok(())
}
