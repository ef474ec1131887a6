use std::collections::BTreeSet;
use std::path::PathBuf;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{BaseType, TypeKind, TypeSystemDefinition};
use nexusflow_graphql::access::GUARDS;
use nexusflow_graphql::sdl;

#[test]
fn the_schema_file_is_current() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../schema.graphql");
    let current = sdl();
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, &current).expect("the schema file is written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == current, "schema.graphql is not current: run `cargo xtask schema --write`");
}

#[test]
fn every_type_field_argument_and_value_is_described() {
    let mut silent = Vec::new();
    for definition in types() {
        let name = definition.name.node.as_str();
        let mut note = |described: bool, what: &str| {
            if !described {
                silent.push(format!("{name}{what}"));
            }
        };
        note(definition.description.is_some(), "");
        match &definition.kind {
            TypeKind::Object(_) | TypeKind::Interface(_) => {
                for field in fields(&definition.kind) {
                    note(field.description.is_some(), &format!(".{}", field.name.node));
                    for argument in &field.arguments {
                        let argument = &argument.node;
                        note(argument.description.is_some(), &format!(".{}({})", field.name.node, argument.name.node));
                    }
                }
            }
            TypeKind::InputObject(input) => {
                for field in &input.fields {
                    note(field.node.description.is_some(), &format!(".{}", field.node.name.node));
                }
            }
            TypeKind::Enum(values) => {
                for value in &values.values {
                    note(value.node.description.is_some(), &format!(".{}", value.node.value.node));
                }
            }
            TypeKind::Scalar | TypeKind::Union(_) => {}
        }
    }
    assert_eq!(silent, Vec::<String>::new());
}

#[test]
fn every_field_is_in_the_guard_table_once_and_nothing_else_is() {
    let table: BTreeSet<String> = GUARDS.iter().map(|(field, _)| (*field).to_owned()).collect();
    assert_eq!(table.len(), GUARDS.len(), "a field appears twice");
    let objects = types().into_iter().filter(|definition| matches!(definition.kind, TypeKind::Object(_)));
    let schema: BTreeSet<String> = objects
        .flat_map(|definition| {
            let name = definition.name.node.clone();
            let fields = fields(&definition.kind);
            fields.into_iter().map(move |field| format!("{name}.{}", field.name.node)).collect::<Vec<_>>()
        })
        .collect();
    let unguarded: Vec<_> = schema.difference(&table).collect();
    let unknown: Vec<_> = table.difference(&schema).collect();
    assert!(unguarded.is_empty() && unknown.is_empty(), "unguarded: {unguarded:?}, unknown: {unknown:?}");
}

#[test]
fn lists_and_their_items_are_not_null() {
    let mut nullable = Vec::new();
    for definition in types() {
        for field in fields(&definition.kind) {
            if let BaseType::List(item) = &field.ty.node.base
                && item.nullable
            {
                nullable.push(format!("{}.{}", definition.name.node, field.name.node));
            }
        }
    }
    assert_eq!(nullable, ["Query.nodes"], "only what was asked for by id and is not there is null in a list");
}

fn types() -> Vec<async_graphql::parser::types::TypeDefinition> {
    let document = parse_schema(sdl()).expect("the schema parses");
    let definitions = document.definitions.into_iter().filter_map(|definition| match definition {
        TypeSystemDefinition::Type(definition) => Some(definition.node),
        TypeSystemDefinition::Schema(_) | TypeSystemDefinition::Directive(_) => None,
    });
    definitions.collect()
}

fn fields(kind: &TypeKind) -> Vec<async_graphql::parser::types::FieldDefinition> {
    let fields = match kind {
        TypeKind::Object(object) => &object.fields,
        TypeKind::Interface(interface) => &interface.fields,
        _ => return Vec::new(),
    };
    fields.iter().map(|field| field.node.clone()).collect()
}
