use anyhow::{Context, Result};
use sea_orm::DbBackend;
use uuid::Uuid;

/// Added to every number, so that all have twelve digits.
pub const FIRST: u64 = 100_000_000_000;

/// What an id is of: the fourth group of its digits, which keeps kinds apart and the variant right.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    Request,
    /// The how many-th step of a request.
    Step(usize),
    Record,
}

impl Kind {
    fn group(self) -> String {
        match self {
            Self::Request => "8000".to_owned(),
            Self::Step(place) => format!("9{place:03x}"),
            Self::Record => "a000".to_owned(),
        }
    }
}

/// `UUIDv7`s that both a program and a statement can compute from a number: the last twelve digits are
/// the number's, the time is `start` plus `step` milliseconds for each number.
#[derive(Debug, Clone, Copy)]
pub struct NumberedIds {
    pub start: u64,
    pub step: u64,
}

impl NumberedIds {
    /// All of an id's own time.
    pub fn at_time_of(id: Uuid) -> Result<Self> {
        Ok(Self { start: u64::try_from(id.as_u128() >> 80)?, step: 0 })
    }

    /// The id of a number.
    pub fn id(&self, kind: Kind, number: u64) -> Result<Uuid> {
        let time = self.start + self.step * number;
        let text = format!("{time:012x}7000{}{}", kind.group(), FIRST + number);
        Uuid::try_parse(&text).with_context(|| format!("not an id: {text}"))
    }

    /// What the ids of a kind begin with, where all have the same time; [`FIRST`] and the number follow.
    pub fn prefix(&self, kind: Kind) -> Result<String> {
        Ok(self.id(kind, 0)?.to_string().chars().take(24).collect())
    }

    /// The same as an expression of SQL that gives the text with hyphens; `number` is one too.
    pub fn text(&self, backend: DbBackend, kind: Kind, number: &str) -> String {
        let (start, step, kind) = (self.start, self.step, kind.group());
        let (time, digits) = match backend {
            DbBackend::Postgres => {
                let time = format!("lpad(to_hex({start} + {step} * {number}::bigint), 12, '0')");
                (time, format!("({FIRST} + {number}::bigint)::text"))
            }
            _ => (format!("printf('%012x', {start} + {step} * {number})"), format!("({FIRST} + {number})")),
        };
        format!("(substr({time}, 1, 8) || '-' || substr({time}, 9, 4) || '-7000-{kind}-' || {digits})")
    }

    /// The same as a column holds it.
    pub fn column(&self, backend: DbBackend, kind: Kind, number: &str) -> String {
        let text = self.text(backend, kind, number);
        match backend {
            DbBackend::Postgres => format!("{text}::uuid"),
            _ => format!("unhex(replace({text}, '-', ''))"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::sqlite;
    use sea_orm::{ConnectionTrait, Statement};

    #[tokio::test]
    async fn a_program_and_a_statement_compute_the_same_ids() {
        let ids = NumberedIds { start: 1_795_287_925_828, step: 250 };
        let connection = sqlite("sqlite::memory:").await.unwrap();
        for (kind, number) in [(Kind::Request, 0), (Kind::Step(3), 999_999), (Kind::Record, 12)] {
            let id = ids.id(kind, number).unwrap();
            let column = ids.column(DbBackend::Sqlite, kind, &number.to_string());
            let text = ids.text(DbBackend::Sqlite, kind, &number.to_string());
            let statement = Statement::from_string(DbBackend::Sqlite, format!("SELECT {column}, {text}"));
            let row = connection.query_one_raw(statement).await.unwrap().unwrap();
            assert_eq!(row.try_get_by_index::<Uuid>(0).unwrap(), id);
            assert_eq!(row.try_get_by_index::<String>(1).unwrap(), id.to_string());
            assert_eq!((id.get_version_num(), id.get_variant()), (7, uuid::Variant::RFC4122));
        }
        assert_eq!(NumberedIds::at_time_of(ids.id(Kind::Request, 2).unwrap()).unwrap().start, ids.start + 500);
    }
}
