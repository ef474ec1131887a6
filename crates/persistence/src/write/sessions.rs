//! Removing what is left of old sessions.

use nexusflow_application::StoreError;
use nexusflow_domain::Timestamp;

use crate::Store;
use crate::database::Access;
use crate::encoding::storable;
use crate::error::store_error;
use crate::write::sql::execute;

impl Store {
    /// Removes tokens that expired before an instant, then sessions that ended before it and have none left.
    pub(crate) async fn expire_sessions(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let transaction = self.database.write(Access::System).await?;
        let values = || [storable(before).into(), i64::from(limit).into()];
        let tokens = "DELETE FROM refresh_tokens WHERE (organization_id, hash) IN (SELECT organization_id, hash \
            FROM refresh_tokens WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)";
        let tokens = execute(&transaction, tokens, values()).await?;
        let sessions = "DELETE FROM sessions WHERE id IN (SELECT s.id FROM sessions s WHERE s.ends_at < $1 \
            AND NOT EXISTS (SELECT 1 FROM refresh_tokens t \
                WHERE t.organization_id = s.organization_id AND t.session_id = s.id) \
            ORDER BY s.ends_at LIMIT $2)";
        let sessions = execute(&transaction, sessions, values()).await?;
        transaction.commit().await.map_err(store_error)?;
        Ok(tokens + sessions)
    }
}
