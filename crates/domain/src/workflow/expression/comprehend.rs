use crate::workflow::expression::evaluate::{Evaluated, Evaluation};
use crate::workflow::expression::fault::{EvaluationErrorKind as Kind, Fault, misfit};
use crate::workflow::expression::tree::{Body, Comprehension, ComprehensionKind, Node};
use crate::workflow::expression::value::{List, Map, Value};

impl<'a> Evaluation<'a, '_> {
    /// A macro over the elements of a list or the keys of a map.
    pub(super) fn comprehend(&mut self, node: &'a Node, comprehension: &'a Comprehension) -> Evaluated<'a> {
        let Comprehension { kind, range, body } = comprehension;
        let walked = match self.value(range)? {
            Value::List(list) => Walked::List(list),
            Value::Map(map) => Walked::Keys(map),
            other => return Err(misfit(range, kind.name(), "a list or an object", &other)),
        };
        match kind {
            ComprehensionKind::All => self.quantify(node, &walked, body, false),
            ComprehensionKind::Exists => self.quantify(node, &walked, body, true),
            ComprehensionKind::ExistsOne => self.count(node, &walked, body),
            ComprehensionKind::Filter | ComprehensionKind::Map => self.collect(node, &walked, *kind, body),
        }
    }

    /// Evaluates a part with the macro's variable set to an element.
    fn with<T>(&mut self, element: Value<'a>, part: impl FnOnce(&mut Self) -> T) -> T {
        self.locals.push(element);
        let result = part(self);
        self.locals.pop();
        result
    }

    /// Whether the element is chosen; without a condition it is.
    fn chosen(&mut self, body: &'a Body, name: &'static str) -> Result<bool, Fault<'a>> {
        body.predicate.as_ref().map_or(Ok(true), |predicate| self.truth(predicate, name))
    }

    /// `all` and `exists` absorb errors as `&&` and `||` do.
    fn quantify(&mut self, node: &'a Node, walked: &Walked<'a>, body: &'a Body, settling: bool) -> Evaluated<'a> {
        let name = if settling { "exists" } else { "all" };
        let mut fault = None;
        for element in walked.iter() {
            self.spend(node, 1)?;
            match self.with(element, |this| this.chosen(body, name)) {
                Ok(truth) if truth == settling => return Ok(Value::Bool(settling)),
                Ok(_) => {}
                Err(found) if found.kind() == Kind::CostExceeded => return Err(found),
                Err(found) => fault = fault.or(Some(found)),
            }
        }
        fault.map_or(Ok(Value::Bool(!settling)), Err)
    }

    fn count(&mut self, node: &'a Node, walked: &Walked<'a>, body: &'a Body) -> Evaluated<'a> {
        let mut count = 0usize;
        for element in walked.iter() {
            self.spend(node, 1)?;
            count += usize::from(self.with(element, |this| this.chosen(body, "exists_one"))?);
        }
        Ok(Value::Bool(count == 1))
    }

    fn collect(
        &mut self,
        node: &'a Node,
        walked: &Walked<'a>,
        kind: ComprehensionKind,
        body: &'a Body,
    ) -> Evaluated<'a> {
        let mut kept = Vec::new();
        for element in walked.iter() {
            self.spend(node, 1)?;
            let made = self.with(element.clone(), |this| {
                if !this.chosen(body, kind.name())? {
                    return Ok(None);
                }
                body.transform.as_ref().map_or(Ok(element), |transform| this.value(transform)).map(Some)
            })?;
            kept.extend(made);
        }
        Ok(Value::made_list(kept))
    }
}

/// What a macro walks.
enum Walked<'a> {
    List(List<'a>),
    Keys(Map<'a>),
}

impl<'a> Walked<'a> {
    fn iter(&self) -> Box<dyn Iterator<Item = Value<'a>> + '_> {
        match self {
            Self::List(list) => Box::new(list.iter()),
            Self::Keys(map) => Box::new(map.entries().map(|(key, _)| key)),
        }
    }
}
