use std::collections::HashMap;

use async_graphql::parser::types::{Directive, ExecutableDocument, Field, Selection, SelectionSet};
use async_graphql::{Name, Positioned, ServerError};

use crate::http::Code;

/// What a selection set amounts to once its fragments are expanded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Weight {
    /// Fields inside each other.
    pub(super) depth: usize,
    /// Selections of any kind inside each other.
    pub(super) levels: usize,
    pub(super) fields: usize,
    pub(super) aliases: usize,
    pub(super) directives: usize,
    /// Fields of this set itself, fragments expanded.
    pub(super) own_fields: usize,
    /// Lists of the introspection schema inside each other.
    pub(super) introspection_lists: usize,
    /// Whether `__schema` or `__type` is selected.
    pub(super) introspects: bool,
}

impl Weight {
    /// Beside each other.
    fn beside(self, other: Self) -> Self {
        Self {
            depth: self.depth.max(other.depth),
            levels: self.levels.max(other.levels),
            fields: self.fields.saturating_add(other.fields),
            aliases: self.aliases.saturating_add(other.aliases),
            directives: self.directives.saturating_add(other.directives),
            own_fields: self.own_fields.saturating_add(other.own_fields),
            introspection_lists: self.introspection_lists.max(other.introspection_lists),
            introspects: self.introspects || other.introspects,
        }
    }

    /// As a field's children.
    fn inside(self, field: &Field) -> Self {
        let name = field.name.node.as_str();
        Self {
            depth: self.depth + 1,
            fields: self.fields.saturating_add(1),
            aliases: self.aliases.saturating_add(usize::from(field.alias.is_some())),
            own_fields: 1,
            introspection_lists: self.introspection_lists + usize::from(is_introspection_list(name)),
            introspects: self.introspects || matches!(name, "__schema" | "__type"),
            ..self
        }
    }

    /// One level down, with a selection's directives.
    fn below(self, directives: &[Positioned<Directive>]) -> Self {
        let directives = self.directives.saturating_add(directives.len());
        Self { levels: self.levels + 1, directives, ..self }
    }
}

fn is_introspection_list(name: &str) -> bool {
    matches!(name, "fields" | "inputFields" | "interfaces" | "possibleTypes")
}

/// Weighs selection sets; each fragment once, so that a document of n tokens takes O(n) steps however
/// often its fragments are spread.
pub(super) struct Scales<'a> {
    document: &'a ExecutableDocument,
    /// `None` while the fragment is being weighed.
    fragments: HashMap<&'a Name, Option<Weight>>,
}

impl<'a> Scales<'a> {
    pub(super) fn new(document: &'a ExecutableDocument) -> Self {
        Self { document, fragments: HashMap::new() }
    }

    pub(super) fn weigh(&mut self, set: &'a SelectionSet) -> Result<Weight, ServerError> {
        set.items.iter().try_fold(Weight::default(), |sum, selection| Ok(sum.beside(self.selection(&selection.node)?)))
    }

    fn selection(&mut self, selection: &'a Selection) -> Result<Weight, ServerError> {
        let inner = match selection {
            Selection::Field(field) => self.weigh(&field.node.selection_set.node)?.inside(&field.node),
            Selection::InlineFragment(fragment) => self.weigh(&fragment.node.selection_set.node)?,
            Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name)?,
        };
        Ok(inner.below(selection.directives()))
    }

    fn fragment(&mut self, name: &'a Positioned<Name>) -> Result<Weight, ServerError> {
        match self.fragments.get(&name.node) {
            Some(Some(weight)) => return Ok(*weight),
            Some(None) => {
                let message = format!("the fragment {} contains itself", name.node);
                return Err(Code::Validation.error_at(message, name.pos));
            }
            None => {}
        }
        // An unknown fragment weighs nothing; validation names it.
        let Some(fragment) = self.document.fragments.get(&name.node) else { return Ok(Weight::default()) };
        self.fragments.insert(&name.node, None);
        let weight = self.weigh(&fragment.node.selection_set.node)?;
        self.fragments.insert(&name.node, Some(weight));
        Ok(weight)
    }
}
