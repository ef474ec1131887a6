use std::time::Duration;

use anyhow::Result;

use crate::bench::Sizes;
use crate::load::Load;

/// Both sides of one round.
pub struct Round {
    pub ours: Load,
    pub theirs: Load,
}

/// Lets the yardstick and ours take turns, so that whatever else the machine does falls on both. A first
/// round, a quarter as long, warms up and is not counted.
pub async fn alternate(
    sizes: &Sizes,
    mut theirs: impl AsyncFnMut(Duration) -> Result<Load>,
    mut ours: impl AsyncFnMut(Duration) -> Result<Load>,
) -> Result<Vec<Round>> {
    theirs(sizes.round / 4).await?;
    ours(sizes.round / 4).await?;
    let mut rounds = Vec::new();
    for _ in 0..sizes.rounds {
        let theirs = theirs(sizes.round).await?;
        rounds.push(Round { theirs, ours: ours(sizes.round).await? });
    }
    Ok(rounds)
}
