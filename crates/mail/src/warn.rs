//! Whose access ends soon: they are told 30 days before and once more 7 days before.

use std::time::Duration;

use chrono::{NaiveDate, TimeDelta};
use domain::period::day_of;
use uuid::Uuid;

use crate::{Mail, MailError, letter::About, outbox};

/// How often it is looked who is to be warned.
const LOOK: Duration = Duration::from_hours(1);
/// How many days before.
pub(crate) const DAYS: [i64; 2] = [7, 30];

/// Warns, for ever.
pub(crate) async fn warn(mail: Mail) {
    loop {
        if let Err(error) = look(&mail).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "nobody is warned for now that access ends");
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Puts a warning into the queue for everybody whose access ends soon, once for each end.
async fn look(mail: &Mail) -> Result<(), MailError> {
    let now = sqlx::query_scalar!(r#"SELECT now() AS "now!""#).fetch_one(&mail.pool).await?;
    let today = day_of(now);
    let bases = mail.models.bases().await?;
    // (Access that ends before its basis is warned of too.)
    let ids: Vec<Uuid> = bases.keys().map(|basis| basis.0).collect();
    for member in mail.models.members_resting_on(&ids).await? {
        let Some(last_day) = member.last_day(&bases) else { continue };
        let left = (last_day - today).num_days();
        if let Some(days) = DAYS.into_iter().find(|days| (0..=*days).contains(&left)) {
            outbox::put(&mail.pool, &About::EndsSoon { member: member.id, last_day, days }).await?;
        }
    }
    mail.due.notify_one();
    Ok(())
}

/// How long before the end a warning is still one.
pub(crate) fn is_soon(last_day: NaiveDate, today: NaiveDate) -> bool {
    last_day >= today && last_day - today <= TimeDelta::days(DAYS[1])
}
