//! Rows that one statement writes, however many they are.

use sea_orm::sqlx::postgres::PgArguments;
use sea_orm::{DbErr, Value};

use crate::arguments::{add_postgres, unknown};

/// Parameters of one statement, below the limit of `SQLite`, which is 32,766.
const MAX_PARAMETERS: usize = 30_000;

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Bool,
    Int,
    BigInt,
    Text,
    Bytes,
    Uuid,
    Time,
}

/// A column: its name, and its type.
pub(crate) type Column = (&'static str, Kind);

/// Rows of values. A statement knows them as `v`, a table with these columns: on `PostgreSQL` by one array for
/// each column, so that its text is always the same and it is planned once; on `SQLite`, which has no arrays, as
/// a list of values. Where it is joined for reading, it is `v CROSS JOIN table WHERE`, which `SQLite` does in this
/// order: through the rows, and looking each up. <https://sqlite.org/optoverview.html>, section 8.2.
#[derive(Debug, Clone)]
pub(crate) struct Rows {
    columns: Vec<Column>,
    /// Row by row.
    cells: Vec<Value>,
}

impl Rows {
    pub fn new(columns: &[Column]) -> Self {
        Self { columns: columns.to_vec(), cells: Vec::new() }
    }

    /// Rows with as many cells as there are columns.
    pub fn of<const N: usize>(columns: &[Column; N], rows: impl IntoIterator<Item = [Value; N]>) -> Self {
        Self { columns: columns.to_vec(), cells: rows.into_iter().flatten().collect() }
    }

    /// One row more; it must have as many cells as there are columns.
    pub fn push(&mut self, row: impl IntoIterator<Item = Value>) {
        self.cells.extend(row);
        debug_assert!(self.cells.len().is_multiple_of(self.columns.len()), "{:?}", self.columns);
    }

    pub const fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    pub fn len(&self) -> usize {
        self.cells.len() / self.columns.len().max(1)
    }

    /// The names of the columns, as a list in a statement.
    pub fn names(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|(name, _)| *name).collect();
        names.join(", ")
    }

    /// What a statement of `PostgreSQL` selects from.
    pub(super) fn arrays(&self) -> String {
        let arrays: Vec<String> =
            (1..).zip(&self.columns).map(|(n, (_, kind))| format!("${n}::{}[]", kind.postgres())).collect();
        format!("unnest({}) AS v ({})", arrays.join(", "), self.names())
    }

    /// One array for each column.
    pub(super) fn into_arrays(self) -> Result<PgArguments, DbErr> {
        let (count, columns) = (self.len(), self.columns);
        let mut by_column: Vec<Vec<Value>> = columns.iter().map(|_| Vec::with_capacity(count)).collect();
        for (index, cell) in self.cells.into_iter().enumerate() {
            if let Some(column) = by_column.get_mut(index % columns.len()) {
                column.push(cell);
            }
        }
        let mut arguments = PgArguments::default();
        for ((_, kind), cells) in columns.into_iter().zip(by_column) {
            kind.add_array(&mut arguments, cells)?;
        }
        Ok(arguments)
    }

    /// What a statement of `SQLite` selects from.
    pub(super) fn values(&self) -> String {
        let width = self.columns.len();
        let renamed: Vec<String> =
            (1..).zip(&self.columns).map(|(n, (name, _))| format!("column{n} AS {name}")).collect();
        // Without numbers: SQLite looks a number up among all of them.
        let row = format!("({})", vec!["?"; width].join(", "));
        let rows = vec![row.as_str(); self.len()];
        format!("(SELECT {} FROM (VALUES {})) AS v", renamed.join(", "), rows.join(", "))
    }

    /// Pieces whose numbers of rows are powers of two, so that there are few texts to prepare.
    pub(super) fn into_pieces(self) -> Vec<Self> {
        let (mut left, columns) = (self.len(), self.columns);
        let most = 1 << (MAX_PARAMETERS / columns.len().max(1)).max(1).ilog2();
        let mut cells = self.cells.into_iter();
        let mut pieces = Vec::new();
        while left > 0 {
            let count = (1 << left.ilog2()).min(most);
            pieces.push(Self { columns: columns.clone(), cells: cells.by_ref().take(count * columns.len()).collect() });
            left -= count;
        }
        pieces
    }

    pub(super) fn into_cells(self) -> Vec<Value> {
        self.cells
    }
}

impl Kind {
    const fn postgres(self) -> &'static str {
        match self {
            Self::Bool => "boolean",
            Self::Int => "integer",
            Self::BigInt => "bigint",
            Self::Text => "text",
            Self::Bytes => "bytea",
            Self::Uuid => "uuid",
            Self::Time => "timestamptz",
        }
    }

    fn add_array(self, arguments: &mut PgArguments, cells: Vec<Value>) -> Result<(), DbErr> {
        macro_rules! array {
            ($variant:ident) => {{
                let cells: Result<Vec<_>, DbErr> = cells
                    .into_iter()
                    .map(|cell| match cell {
                        Value::$variant(cell) => Ok(cell),
                        other => Err(unknown(&other)),
                    })
                    .collect();
                add_postgres(arguments, cells?)
            }};
        }
        match self {
            Self::Bool => array!(Bool),
            Self::Int => array!(Int),
            Self::BigInt => array!(BigInt),
            Self::Text => array!(String),
            Self::Bytes => array!(Bytes),
            Self::Uuid => array!(Uuid),
            Self::Time => array!(ChronoDateTimeUtc),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 2] = [("id", Kind::Uuid), ("n", Kind::BigInt)];

    fn rows(count: i64) -> Rows {
        Rows::of(&COLUMNS, (0..count).map(|n| [Value::Uuid(None), n.into()]))
    }

    #[test]
    fn the_text_for_arrays_does_not_depend_on_the_number_of_rows() {
        assert_eq!(rows(1).arrays(), "unnest($1::uuid[], $2::bigint[]) AS v (id, n)");
        assert_eq!(rows(7).arrays(), rows(1).arrays());
    }

    #[test]
    fn pieces_are_powers_of_two_and_hold_every_row_once() {
        let pieces = rows(100_000).into_pieces();
        assert!(pieces.iter().all(|piece| piece.len().is_power_of_two() && piece.cells.len() <= MAX_PARAMETERS));
        let cells: Vec<Value> = pieces.into_iter().flat_map(Rows::into_cells).collect();
        assert_eq!(cells, rows(100_000).into_cells());
        assert_eq!(rows(3).into_pieces().iter().map(Rows::len).collect::<Vec<_>>(), [2, 1]);
        let text = "(SELECT column1 AS id, column2 AS n FROM (VALUES (?, ?), (?, ?))) AS v";
        assert_eq!(rows(2).values(), text);
    }

    #[test]
    fn a_cell_of_another_type_than_its_column_is_an_error() {
        assert!(Rows::of(&COLUMNS, [["text".into(), 1_i64.into()]]).into_arrays().is_err());
    }
}
