use std::fmt::Write;

use nexusflow_domain::Timestamp;
use sea_orm::{DbBackend, Statement, Value};
use uuid::Uuid;

use crate::encoding::storable;

/// A statement in the making: its text and the values of its `$n` parameters.
#[derive(Debug, Clone)]
pub(super) struct Sql {
    backend: DbBackend,
    text: String,
    values: Vec<Value>,
}

impl Sql {
    /// Nothing yet, but the values of `$1`, `$2` and so on, which the text may name.
    pub fn new(backend: DbBackend, values: impl Into<Vec<Value>>) -> Self {
        Self { backend, text: String::new(), values: values.into() }
    }

    /// More text.
    pub fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// A further parameter.
    pub fn bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        let number = self.values.len();
        self.push("$").number(number)
    }

    /// A literal number, for what plans should depend on, such as a limit.
    pub fn number(&mut self, number: impl TryInto<u64>) -> &mut Self {
        // Writing to a string cannot fail.
        let _ = write!(self.text, "{}", number.try_into().unwrap_or(u64::MAX));
        self
    }

    /// A further parameter, an instant as columns hold it.
    pub fn at(&mut self, at: Timestamp) -> &mut Self {
        self.bind(storable(at))
    }

    /// What before a column keeps `SQLite` from choosing an index for it: a unary plus. Without statistics
    /// it takes all rows of a tenant for few. <https://sqlite.org/optoverview.html>, section 5.
    pub fn unindexed(&self) -> &'static str {
        if self.backend == DbBackend::Sqlite { "+" } else { "" }
    }

    /// `column = $1`, the tenant, where another condition leads to few rows.
    pub fn of_tenant(&mut self, column: &str) -> &mut Self {
        let prefix = self.unindexed();
        self.push(prefix).push(column).push(" = $1")
    }

    /// `column = text`; false for a text with a NUL character, which no column holds and which
    /// `PostgreSQL` would refuse.
    pub fn equals(&mut self, column: &str, text: &str) -> &mut Self {
        if text.contains('\0') {
            return self.push("1 = 0");
        }
        self.push(column).push(" = ").bind(text)
    }

    /// `column` is one of the ids: one array on `PostgreSQL`, so that the text stays the same, a list
    /// on `SQLite`, which takes up to 32,766 parameters.
    pub fn any(&mut self, column: &str, ids: impl IntoIterator<Item = Uuid>) -> &mut Self {
        let ids: Vec<Uuid> = ids.into_iter().collect();
        self.push(column);
        if self.backend == DbBackend::Postgres {
            return self.push(" = ANY (").bind(ids).push(")");
        }
        self.push(" IN (");
        for (index, id) in ids.into_iter().enumerate() {
            self.push(if index == 0 { "" } else { ", " }).bind(id);
        }
        self.push(")")
    }

    /// `column` is one of the texts, which come from the code, not from callers.
    pub fn one_of(&mut self, column: &str, texts: &[&'static str]) -> &mut Self {
        let quoted: Vec<String> = texts.iter().map(|text| format!("'{text}'")).collect();
        self.push(column).push(" IN (").push(&quoted.join(", ")).push(")")
    }

    /// The operator that compares texts whatever the case; on `SQLite` of ASCII letters.
    pub fn like(&mut self) -> &mut Self {
        self.push(if self.backend == DbBackend::Postgres { " ILIKE " } else { " LIKE " })
    }

    /// This text before the other's, with the other's values: for statements about statements.
    #[cfg(test)]
    pub fn followed_by(self, other: Self) -> Self {
        Self { text: self.text + &other.text, ..other }
    }

    /// The finished statement.
    pub fn statement(self) -> Statement {
        Statement::from_sql_and_values(self.backend, self.text, self.values)
    }
}

/// `alias.name` for every name: the columns that a row is read from.
pub(super) fn columns(alias: &str, names: &[&str]) -> String {
    let columns: Vec<String> = names.iter().map(|name| format!("{alias}.{name}")).collect();
    columns.join(", ")
}
