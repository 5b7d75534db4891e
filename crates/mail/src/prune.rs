//! What is kept no longer of what was written, or was to be confirmed. It goes also where no mail leaves any more.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};

/// How many lines of the queue were put in before a moment: sent, given up, or never sent. Whoever is told something is not
/// told it again for as long as its line is there.
pub async fn letters_before(pool: &PgPool, before: DateTime<Utc>) -> sqlx::Result<i64> {
    let letters =
        sqlx::query_scalar!(r#"SELECT count(*) AS "letters!" FROM mail.outbox WHERE created_at < $1"#, before);
    letters.fetch_one(pool).await
}

/// Removes them, no more than so many, in the transaction of a connection; gives how many.
pub async fn prune_letters(connection: &mut PgConnection, before: DateTime<Utc>, most: i64) -> sqlx::Result<u64> {
    let gone = sqlx::query!(
        "DELETE FROM mail.outbox WHERE id IN (SELECT id FROM mail.outbox WHERE created_at < $1 ORDER BY id LIMIT $2)",
        before,
        most
    );
    Ok(gone.execute(connection).await?.rows_affected())
}

/// How much of what waits for its confirmation waits in vain from a moment on.
pub async fn confirmations_before(pool: &PgPool, at: DateTime<Utc>) -> sqlx::Result<i64> {
    let waiting =
        sqlx::query_scalar!(r#"SELECT count(*) AS "waiting!" FROM mail.confirmation WHERE expires_at < $1"#, at);
    waiting.fetch_one(pool).await
}

/// Removes it, no more than so much, in the transaction of a connection; gives how much.
pub async fn prune_confirmations(connection: &mut PgConnection, at: DateTime<Utc>, most: i64) -> sqlx::Result<u64> {
    let gone = sqlx::query!(
        "DELETE FROM mail.confirmation WHERE id IN (SELECT id FROM mail.confirmation WHERE expires_at < $1 LIMIT $2)",
        at,
        most
    );
    Ok(gone.execute(connection).await?.rows_affected())
}
