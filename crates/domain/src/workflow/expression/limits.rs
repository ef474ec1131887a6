/// The longest CEL source, in bytes of UTF-8.
pub const MAX_SOURCE_BYTES: usize = 4096;

/// How deep brackets may nest in a CEL source.
pub const MAX_BRACKETS: usize = 32;

/// How deep the tree of a CEL source may be: operators, calls and selections on top of one another.
/// The operands of one chain of `&&` or `||` stand side by side.
pub const MAX_DEPTH: usize = 64;

/// The cost at which an evaluation is given up. One unit is a node evaluated, an element or entry of a
/// list or map walked, or a byte of text copied or compared; a byte that a pattern is searched in costs 4 to
/// 256, by the size of the pattern's automaton.
pub const COST_LIMIT: u64 = 1_000_000;
