use std::time::{Duration, Instant};

use crate::evidence::{Acknowledged, Effect};
use crate::journal::plain;
use crate::run::Finished;

/// What is falsified to see whether the checker finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Sabotage {
    /// Something was acknowledged that nobody recorded.
    Acknowledgement,
    /// An effect was repeated without a reason.
    Effect,
    /// A stored row is not what its journal leads to.
    Row,
    /// An event is missing from a journal.
    Event,
}

impl Sabotage {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Acknowledgement, Self::Effect, Self::Row, Self::Event];

    /// Falsifies what a run left; a part of what the checker must say.
    pub async fn apply(self, finished: &mut Finished) -> anyhow::Result<&'static str> {
        match self {
            Self::Acknowledgement => {
                let (step, stamp) = ("rst_00000000000000000000000000000000".to_owned(), "nobody's#0".to_owned());
                finished.notes.acknowledged.push(Acknowledged::Worked { step, stamp });
                Ok("acknowledged and lost")
            }
            Self::Effect => {
                for hours in [1, 2] {
                    let at = Instant::now() + Duration::from_hours(hours);
                    let effects = finished.notes.effects.entry(plain("rst_00")).or_default();
                    effects.push(Effect { at, number: hours });
                }
                Ok("no fault between")
            }
            Self::Row => {
                let sql = "UPDATE workflow_requests SET title = 'another' \
                    WHERE id = (SELECT id FROM workflow_requests ORDER BY id LIMIT 1)";
                finished.database.execute(sql).await?;
                Ok("column title is not what its journal leads to")
            }
            Self::Event => {
                let sql = "DELETE FROM audit_logs WHERE event = 'REQUEST_STARTED' \
                    AND request_id = (SELECT id FROM workflow_requests ORDER BY id DESC LIMIT 1)";
                finished.database.execute(sql).await?;
                Ok("records are missing")
            }
        }
    }
}
