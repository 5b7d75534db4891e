//! Rewrapping: bringing every data key under the current key-encryption key, without touching an event.

use crate::{error::KeyError, keys::Keys};

/// Keys wrapped anew in one transaction.
const BATCH: i64 = 500;

impl Keys {
    /// Wraps every data key anew that is not under the current key-encryption key; returns how many. The data keys
    /// themselves stay the same. Safe to interrupt and to repeat, in several processes at once, and beside a service
    /// that knows both key-encryption keys; a key destroyed meanwhile stays destroyed.
    pub async fn rewrap(&self) -> Result<u64, KeyError> {
        let (mut after, mut rewrapped) = (String::new(), 0);
        while let Some((last, done)) = self.rewrap_batch(&after).await? {
            rewrapped += done;
            after = last;
        }
        Ok(rewrapped)
    }

    /// The last scope of a batch and how many keys it held; nothing when there were none left.
    async fn rewrap_batch(&self, after: &str) -> Result<Option<(String, u64)>, KeyError> {
        let mut transaction = self.pool.begin().await?;
        let current = self.keks.current();
        // Locked in one order, so that two who do this do not wait for each other, and until the new bytes are stored,
        // so that nobody's destruction is undone.
        let rows = sqlx::query!(
            r#"SELECT scope, wrapped AS "wrapped!" FROM log.data_key
               WHERE scope > $1 AND wrapped IS NOT NULL AND (octet_length(wrapped) = 72 OR substr(wrapped, 1, 8) <> $2)
               ORDER BY scope LIMIT $3 FOR NO KEY UPDATE"#,
            after,
            current.as_slice(),
            BATCH
        )
        .fetch_all(&mut *transaction)
        .await?;
        let Some(last) = rows.last().map(|row| row.scope.clone()) else { return Ok(None) };
        let (mut scopes, mut wrapped) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
        for row in rows {
            let key = self.keks.unwrap(&row.scope, &row.wrapped)?;
            wrapped.push(self.keks.wrap(&row.scope, &key));
            scopes.push(row.scope);
        }
        let done = sqlx::query!(
            "UPDATE log.data_key k SET wrapped = new.wrapped FROM unnest($1::text[], $2::bytea[]) AS new (scope, wrapped)
             WHERE k.scope = new.scope",
            &scopes,
            &wrapped
        )
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(Some((last, done.rows_affected())))
    }
}
