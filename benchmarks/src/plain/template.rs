//! Statements in which some values are still open.

/// What stands in a statement in the place of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    Null,
    /// As it was written.
    Constant(String),
    /// The request's id.
    Request,
    /// The id of the step that ends.
    Finished,
    /// The id of the step that opens.
    Opened,
    /// The version before the transition, plus this.
    Version(u64),
}

/// A statement: text and values in turns, text first.
pub struct Template(Vec<(String, Option<Cell>)>);

impl Template {
    /// The SQL, with each value as told.
    pub fn render(&self, mut value: impl FnMut(&Cell) -> String) -> String {
        let parts =
            self.0.iter().flat_map(|(text, cell)| [text.clone(), cell.as_ref().map_or_else(String::new, &mut value)]);
        parts.collect()
    }

    /// Sets columns of the row that has certain values.
    pub fn update(table: &str, assignments: Vec<(String, Cell)>, of: &[(&str, Cell)]) -> Self {
        let set = assignments.into_iter().enumerate().map(|(place, (column, cell))| {
            let before = if place == 0 { format!("UPDATE {table} SET ") } else { ", ".to_owned() };
            (format!("{before}{column} = "), Some(cell))
        });
        let of = of.iter().enumerate().map(|(place, (column, cell))| {
            (format!(" {} {column} = ", if place == 0 { "WHERE" } else { "AND" }), Some(cell.clone()))
        });
        Self(set.chain(of).collect())
    }

    /// Inserts rows with the same columns.
    pub fn insert(table: &str, rows: &[Vec<(String, Cell)>]) -> Self {
        let columns: Vec<&str> = rows.iter().take(1).flatten().map(|(column, _)| column.as_str()).collect();
        let mut parts = vec![(format!("INSERT INTO {table} ({}) VALUES ", columns.join(", ")), None)];
        for (row, cells) in rows.iter().enumerate() {
            for (place, (_, cell)) in cells.iter().enumerate() {
                let before = match (row, place) {
                    (0, 0) => "(",
                    (_, 0) => "), (",
                    _ => ", ",
                };
                parts.push((before.to_owned(), Some(cell.clone())));
            }
        }
        parts.push((")".to_owned(), None));
        Self(parts)
    }
}
