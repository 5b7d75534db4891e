//! What ended by itself counts no longer; here it goes.

use domain::Timestamp;
use sqlx::{PgConnection, PgPool};

use super::{SessionLimits, seconds};

/// How many sessions have ended at a moment if nobody uses them until then.
pub(crate) async fn sessions_over(pool: &PgPool, limits: SessionLimits, at: Timestamp) -> sqlx::Result<i64> {
    let over = sqlx::query_scalar!(
        r#"SELECT count(*) AS "over!" FROM session.session
           WHERE expires_at < $1 OR used_at + make_interval(secs => $2) < $1 OR begun_at + make_interval(secs => $3) < $1"#,
        at,
        seconds(limits.idle),
        seconds(limits.absolute)
    );
    over.fetch_one(pool).await
}

/// Removes them, no more than so many, in the transaction of a connection; gives how many.
pub(crate) async fn prune_sessions(
    connection: &mut PgConnection,
    limits: SessionLimits,
    at: Timestamp,
    most: i64,
) -> sqlx::Result<u64> {
    let gone = sqlx::query!(
        "DELETE FROM session.session WHERE id_hash IN (
             SELECT id_hash FROM session.session
             WHERE expires_at < $1 OR used_at + make_interval(secs => $2) < $1 OR begun_at + make_interval(secs => $3) < $1
             LIMIT $4 FOR UPDATE SKIP LOCKED)",
        at,
        seconds(limits.idle),
        seconds(limits.absolute),
        most
    );
    Ok(gone.execute(connection).await?.rows_affected())
}

/// How many access tokens have ended at a moment.
pub(crate) async fn tokens_over(pool: &PgPool, at: Timestamp) -> sqlx::Result<i64> {
    let over = sqlx::query_scalar!(r#"SELECT count(*) AS "over!" FROM session.access_token WHERE expires_at < $1"#, at);
    over.fetch_one(pool).await
}

/// Removes them, no more than so many, in the transaction of a connection; gives how many.
pub(crate) async fn prune_tokens(connection: &mut PgConnection, at: Timestamp, most: i64) -> sqlx::Result<u64> {
    let gone = sqlx::query!(
        "DELETE FROM session.access_token WHERE id IN (
             SELECT id FROM session.access_token WHERE expires_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)",
        at,
        most
    );
    Ok(gone.execute(connection).await?.rows_affected())
}

/// How many messages of providers that somebody signed out there have expired at a moment.
pub(crate) async fn logout_tokens_over(pool: &PgPool, at: Timestamp) -> sqlx::Result<i64> {
    let over = sqlx::query_scalar!(r#"SELECT count(*) AS "over!" FROM session.logout_token WHERE expires_at < $1"#, at);
    over.fetch_one(pool).await
}

/// Removes them, no more than so many, in the transaction of a connection; gives how many.
pub(crate) async fn prune_logout_tokens(connection: &mut PgConnection, at: Timestamp, most: i64) -> sqlx::Result<u64> {
    let gone = sqlx::query!(
        "DELETE FROM session.logout_token WHERE (issuer, id) IN (
             SELECT issuer, id FROM session.logout_token WHERE expires_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)",
        at,
        most
    );
    Ok(gone.execute(connection).await?.rows_affected())
}
