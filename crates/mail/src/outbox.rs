//! The queue: what somebody is to be told, until it was sent.

use std::time::Duration;

use sqlx::{PgExecutor, types::Json};

use crate::{Mail, MailError, letter::About, transport::PostError};

/// How often the queue is looked at even when nothing was put in by this process.
const LOOK: Duration = Duration::from_secs(5);
/// The pause before each next try, in seconds, longer than any mail server may take; then the letter is given up. Two days in
/// all.
const PAUSES: [i32; 9] = [300, 300, 600, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400];

/// Puts a letter into the queue, unless it was there before.
pub(crate) async fn put(executor: impl PgExecutor<'_>, about: &About) -> Result<(), MailError> {
    let inserted = sqlx::query!(
        "INSERT INTO mail.outbox (about, letter) VALUES ($1, $2) ON CONFLICT (about) DO NOTHING",
        about.name(),
        serde_json::to_value(about)?
    );
    inserted.execute(executor).await?;
    Ok(())
}

/// A letter that is due.
struct Due {
    id: i64,
    letter: Json<About>,
    tries: i32,
}

/// Sends what is due, for ever.
pub(crate) async fn send(mail: Mail) {
    loop {
        tokio::select! {
            () = mail.due.notified() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
        loop {
            match one(&mail).await {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "no mail is sent for now");
                    break;
                }
            }
        }
    }
}

/// Sends one letter that is due, if there is one. Before it is sent it is put off, so that other processes leave it alone
/// and it is tried again should this one end.
async fn one(mail: &Mail) -> Result<bool, MailError> {
    let due = sqlx::query_as!(
        Due,
        r#"UPDATE mail.outbox SET tries = tries + 1, due_at = now() + make_interval(secs => ($1::int[])[least(tries + 1, $2)])
           WHERE id = (SELECT id FROM mail.outbox WHERE due_at <= now() ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
           RETURNING id, letter AS "letter!: Json<About>", tries"#,
        &PAUSES,
        i32::try_from(PAUSES.len()).unwrap_or(i32::MAX)
    )
    .fetch_optional(&mail.pool)
    .await?;
    let Some(Due { id, letter: Json(about), tries }) = due else { return Ok(false) };
    let last = usize::try_from(tries).is_ok_and(|tries| tries >= PAUSES.len());
    let outcome = match mail.write(&about).await {
        Err(error) if !last => return Err(error),
        Err(error) => {
            tracing::error!(id, error = &error as &dyn std::error::Error, "a mail cannot be written");
            "given up"
        }
        Ok(None) => "void",
        Ok(Some(letter)) => match mail.transport.send(letter, &about.name()).await {
            Ok(()) => "sent",
            Err(error) => {
                let given_up = last || matches!(error, PostError::Refused(_));
                tracing::warn!(id, tries, given_up, error = &error as &dyn std::error::Error, "a mail was not sent");
                if given_up { "given up" } else { "put off" }
            }
        },
    };
    metrics::counter!("mails_total", "outcome" => outcome).increment(1);
    if outcome != "put off" {
        let done = sqlx::query!(
            "UPDATE mail.outbox SET due_at = NULL, sent_at = CASE WHEN $2 THEN now() END WHERE id = $1",
            id,
            outcome == "sent"
        );
        done.execute(&mail.pool).await?;
    }
    Ok(true)
}
