//! Parameters of statements, as the drivers take them.

use sea_orm::sqlx::encode::Encode;
use sea_orm::sqlx::postgres::{PgArguments, Postgres};
use sea_orm::sqlx::sqlite::{Sqlite, SqliteArguments};
use sea_orm::sqlx::{Arguments, Type};
use sea_orm::{DbErr, Value};
use uuid::Uuid;

/// Parameters of a statement of `PostgreSQL`.
pub(crate) fn postgres_arguments(values: Vec<Value>) -> Result<PgArguments, DbErr> {
    let mut arguments = PgArguments::default();
    arguments.reserve(values.len(), 0);
    for value in values {
        match value {
            Value::Bool(value) => add_postgres(&mut arguments, value)?,
            Value::Int(value) => add_postgres(&mut arguments, value)?,
            Value::BigInt(value) => add_postgres(&mut arguments, value)?,
            Value::String(value) => add_postgres(&mut arguments, value)?,
            Value::Bytes(value) => add_postgres(&mut arguments, value)?,
            Value::Uuid(value) => add_postgres(&mut arguments, value)?,
            Value::ChronoDateTimeUtc(value) => add_postgres(&mut arguments, value)?,
            Value::Array(_, Some(values)) => {
                let ids: Result<Vec<Uuid>, DbErr> = values.into_iter().map(id).collect();
                add_postgres(&mut arguments, ids?)?;
            }
            other => return Err(unknown(&other)),
        }
    }
    Ok(arguments)
}

/// Parameters of a statement of `SQLite`.
pub(crate) fn sqlite_arguments(values: Vec<Value>) -> Result<SqliteArguments, DbErr> {
    let mut arguments = SqliteArguments::default();
    arguments.reserve(values.len(), 0);
    for value in values {
        match value {
            Value::Bool(value) => add_sqlite(&mut arguments, value)?,
            Value::Int(value) => add_sqlite(&mut arguments, value)?,
            Value::BigInt(value) => add_sqlite(&mut arguments, value)?,
            Value::String(value) => add_sqlite(&mut arguments, value)?,
            Value::Bytes(value) => add_sqlite(&mut arguments, value)?,
            Value::Uuid(value) => add_sqlite(&mut arguments, value)?,
            Value::ChronoDateTimeUtc(value) => add_sqlite(&mut arguments, value)?,
            other => return Err(unknown(&other)),
        }
    }
    Ok(arguments)
}

/// Adds one parameter of `PostgreSQL`.
pub(crate) fn add_postgres<T>(arguments: &mut PgArguments, value: T) -> Result<(), DbErr>
where
    T: for<'q> Encode<'q, Postgres> + Type<Postgres>,
{
    arguments.add(value).map_err(|error| DbErr::Custom(format!("a parameter: {error}")))
}

fn add_sqlite<T>(arguments: &mut SqliteArguments, value: T) -> Result<(), DbErr>
where
    T: for<'q> Encode<'q, Sqlite> + Type<Sqlite>,
{
    Arguments::add(arguments, value).map_err(|error| DbErr::Custom(format!("a parameter: {error}")))
}

fn id(value: Value) -> Result<Uuid, DbErr> {
    match value {
        Value::Uuid(Some(id)) => Ok(id),
        other => Err(unknown(&other)),
    }
}

/// A value of a type that no column has.
pub(crate) fn unknown(value: &Value) -> DbErr {
    DbErr::Custom(format!("no column takes a parameter such as {value:?}"))
}
