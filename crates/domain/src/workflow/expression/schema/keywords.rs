/// Keywords that describe and assert nothing.
const DESCRIBING: &[&str] = &[
    "$schema",
    "$id",
    "$comment",
    "title",
    "description",
    "default",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
];

const ASSERTING: &[&str] = &[
    "type",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "enum",
    "const",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "pattern",
    "format",
    "x-secret",
];

/// Whether a schema may have the keyword; every other extension is free.
pub(super) fn is_known(keyword: &str) -> bool {
    DESCRIBING.contains(&keyword) || ASSERTING.contains(&keyword) || keyword.starts_with("x-")
}
