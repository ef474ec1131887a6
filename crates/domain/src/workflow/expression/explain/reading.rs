use serde_json::Value as Json;

use crate::workflow::expression::tree::{Constant, Form, Node, TypeName};
use crate::workflow::expression::{Declarations, Scope};

/// How many places of a value are shown, and how many characters of a text.
const SHOWN_PLACES: usize = 100;
const SHOWN_CHARACTERS: usize = 200;
const CUT: &str = "…";

/// A variable, or a part of one, that a leaf read.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Such as `customer.age` or `items[0].sku`.
    pub path: String,
    /// What was there; none if nothing was.
    pub value: Option<Json>,
}

/// What a leaf reads, each path once. Inside a macro it is the whole list that is read.
pub(super) fn readings(leaf: &Node, scope: &Scope<'_>, declarations: &Declarations<'_>) -> Vec<Reading> {
    let mut paths = Vec::new();
    collect(leaf, &mut paths);
    let mut readings: Vec<Reading> = Vec::new();
    for names in paths {
        let (path, found) = (written(&names), scope.look_up(&names));
        let is_type = found.is_none() && TypeName::of_name(&path).is_some();
        if !is_type && readings.iter().all(|reading| reading.path != path) {
            let value = found.map(|value| declarations.redacted(&names, &shortened(&value)));
            readings.push(Reading { path, value });
        }
    }
    readings
}

fn collect(node: &Node, paths: &mut Vec<Vec<String>>) {
    if let Form::Leaf(leaf) = &node.form {
        paths.push(leaf.field.split('.').map(str::to_owned).collect());
    } else if let Some(path) = path(node) {
        paths.push(path);
    } else {
        for part in node.parts() {
            collect(part, paths);
        }
    }
}

/// The path that a part spells: a name, fields and literal keys.
fn path(node: &Node) -> Option<Vec<String>> {
    let (base, name) = match &node.form {
        Form::Variable(name, _) => return Some(vec![name.to_string()]),
        Form::Select(base, field) | Form::Has(base, field) => (base.as_ref(), field.to_string()),
        Form::Index(parts) => match &parts[1].form {
            Form::Constant(Constant::Text(key)) => (&parts[0], key.to_string()),
            Form::Constant(Constant::Int(index)) => (&parts[0], index.to_string()),
            _ => return None,
        },
        _ => return None,
    };
    let mut path = path(base)?;
    path.push(name);
    Some(path)
}

fn written(names: &[String]) -> String {
    let Some((first, rest)) = names.split_first() else { return String::new() };
    let is_index = |name: &str| name.bytes().all(|b| b.is_ascii_digit());
    let rest = rest.iter().map(|name| if is_index(name) { format!("[{name}]") } else { format!(".{name}") });
    std::iter::once(first.clone()).chain(rest).collect()
}

/// A copy that is small whatever the value is.
fn shortened(value: &Json) -> Json {
    copied(value, &mut { SHOWN_PLACES })
}

fn copied(value: &Json, places: &mut usize) -> Json {
    *places = places.saturating_sub(1);
    match value {
        Json::String(text) if text.chars().nth(SHOWN_CHARACTERS).is_some() => {
            Json::String(text.chars().take(SHOWN_CHARACTERS).chain(CUT.chars()).collect())
        }
        Json::Array(items) => {
            let mut shown: Vec<_> = within(items.iter(), places, copied).collect();
            if shown.len() < items.len() {
                shown.push(CUT.into());
            }
            Json::Array(shown)
        }
        Json::Object(object) => {
            let copy = |(name, value): (&String, &Json), places: &mut usize| (name.clone(), copied(value, places));
            let mut shown: crate::JsonMap = within(object.iter(), places, copy).collect();
            if shown.len() < object.len() {
                shown.insert(CUT.to_owned(), CUT.into());
            }
            Json::Object(shown)
        }
        _ => value.clone(),
    }
}

/// The copies of as many items as there are places for.
fn within<'p, T, C>(
    items: impl Iterator<Item = T> + 'p,
    places: &'p mut usize,
    copy: impl Fn(T, &mut usize) -> C + 'p,
) -> impl Iterator<Item = C> + 'p {
    items.map_while(move |item| (*places > 0).then(|| copy(item, places)))
}
