use super::CommonArgs;
use crate::{database, output};

/// Applies pending migrations and names them.
pub(super) async fn run(args: &CommonArgs) -> anyhow::Result<()> {
    let settings = args.settings()?;
    database::check_url(&settings.database.url)?;
    let applied = database::migrate(&settings.database.url).await?;
    if applied.is_empty() {
        output::line("the schema is current")?;
    }
    for name in applied {
        output::line(format!("applied {name}"))?;
    }
    Ok(())
}
