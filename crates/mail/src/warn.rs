//! Whose access ends soon: they are told 30 days before and once more 7 days before.

use std::{collections::HashMap, time::Duration};

use chrono::{NaiveDate, TimeDelta};
use domain::{id::BasisId, period::day_of};
use readmodel::models::{
    catalogue::{About as Entry, BasisFacts},
    member::MemberRow,
};
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
    let bases = mail.bases().await?;
    // (Access that ends before its basis is warned of too.)
    let ids: Vec<Uuid> = bases.keys().map(|basis| basis.0).collect();
    for member in mail.models.members_resting_on(&ids).await? {
        let Some(last_day) = last_day(&member, &bases) else { continue };
        let left = (last_day - today).num_days();
        if let Some(days) = DAYS.into_iter().find(|days| (0..=*days).contains(&left)) {
            outbox::put(&mail.pool, &About::EndsSoon { member: member.id, last_day, days }).await?;
        }
    }
    mail.due.notify_one();
    Ok(())
}

/// The last day on which any basis gives somebody access; nothing when it rests on none.
pub(crate) fn last_day(member: &MemberRow, bases: &HashMap<BasisId, BasisFacts>) -> Option<NaiveDate> {
    let held = member.accesses.iter().filter_map(|held| {
        let last = bases.get(&held.basis)?.last_day();
        Some(held.until.map_or(last, |until| until.min(last)))
    });
    held.max()
}

impl Mail {
    /// What access rests on, by its id.
    pub(crate) async fn bases(&self) -> Result<HashMap<BasisId, BasisFacts>, MailError> {
        let entries = self.models.catalogue("basis").await?.into_iter();
        Ok(entries
            .filter_map(|entry| match entry.about {
                Entry::Basis(facts) => Some((entry.id.into(), facts)),
                _ => None,
            })
            .collect())
    }
}

/// How long before the end a warning is still one.
pub(crate) fn is_soon(last_day: NaiveDate, today: NaiveDate) -> bool {
    last_day >= today && last_day - today <= TimeDelta::days(DAYS[1])
}
