//! Whether a reader that follows sees every event once and in order while many write, and how soon.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{
    event::Raised,
    measure::{Distribution, closed_loop},
    peer::{Peer, Seen},
};

/// At a steady pace: so many callers, each appending one event every so often (500 events a second together).
const CALLERS: usize = 16;
const PACE: Duration = Duration::from_millis(32);
const APPENDS: usize = 100;
/// Then as fast as it goes.
const CROWD: usize = 32;
const RUSH: Duration = Duration::from_secs(3);
/// A reader that has seen nothing new for so long will not.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a reader saw of what was stored.
pub(crate) struct Checked {
    pub(crate) stored: usize,
    pub(crate) missed: usize,
    pub(crate) doubled: usize,
    /// Seen after an event that stands behind it.
    pub(crate) out_of_order: usize,
    /// From the append's answer to the reader, at the steady pace.
    pub(crate) lag: Distribution,
}

/// Follows an empty store from its first event on; nothing where there is no follower.
pub(crate) async fn check(peer: &dyn Peer) -> anyhow::Result<Option<Checked>> {
    let seen = Seen::default();
    let Some(mut follower) = peer.follow(seen.clone()).await? else { return Ok(None) };
    let told = steadily(peer).await?;
    until_quiet(&seen, told.len()).await;
    let mut callers = Vec::new();
    for _ in 0..CROWD {
        callers.push(peer.caller().await?);
    }
    closed_loop(callers, 1, RUSH).await?;
    let stored = peer.read(usize::MAX).await?.unwrap_or_default();
    until_quiet(&seen, stored.len()).await;
    if let Some(ended) = follower.try_join_next() {
        ended??;
    }
    drop(follower);
    let seen = seen.lock().expect("not poisoned").clone();
    Ok(Some(compare(&stored, &seen, &told)))
}

/// Appends at a steady pace; when each was answered.
async fn steadily(peer: &dyn Peer) -> anyhow::Result<Vec<(Uuid, Instant)>> {
    let mut tasks = JoinSet::new();
    for nth in 0..CALLERS {
        let mut caller = peer.caller().await?;
        let apart = PACE * u32::try_from(nth)? / u32::try_from(CALLERS)?;
        tasks.spawn(async move {
            let mut tick = tokio::time::interval_at(tokio::time::Instant::now() + apart, PACE);
            let mut told = Vec::new();
            for _ in 0..APPENDS {
                tick.tick().await;
                let raised = Raised::new();
                let event = raised.bottleneck;
                caller.append(vec![raised]).await?;
                told.push((event, Instant::now()));
            }
            anyhow::Ok(told)
        });
    }
    let told = tasks.join_all().await.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
    Ok(told.concat())
}

/// Waits until as many events were seen, or no more come.
async fn until_quiet(seen: &Seen, events: usize) {
    let (mut count, mut since) = (0, Instant::now());
    while count < events && since.elapsed() < PATIENCE {
        tokio::time::sleep(Duration::from_millis(10)).await;
        let now = seen.lock().expect("not poisoned").len();
        if now > count {
            (count, since) = (now, Instant::now());
        }
    }
}

fn compare(stored: &[Uuid], seen: &[(Uuid, Instant)], told: &[(Uuid, Instant)]) -> Checked {
    let places: HashMap<Uuid, usize> = stored.iter().enumerate().map(|(place, event)| (*event, place)).collect();
    let (mut first_seen, mut doubled, mut out_of_order, mut furthest) = (HashMap::new(), 0, 0, 0);
    for (event, at) in seen {
        if first_seen.contains_key(event) {
            doubled += 1;
            continue;
        }
        first_seen.insert(*event, *at);
        let place = places.get(event).copied().unwrap_or_default();
        out_of_order += usize::from(place < furthest);
        furthest = furthest.max(place);
    }
    let lags = told
        .iter()
        .filter_map(|(event, answered)| first_seen.get(event).map(|seen| seen.saturating_duration_since(*answered)));
    Checked {
        stored: stored.len(),
        missed: stored.iter().filter(|event| !first_seen.contains_key(event)).count(),
        doubled,
        out_of_order,
        lag: Distribution::of(lags.collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missed_a_doubled_and_a_late_event_are_each_counted() {
        let now = Instant::now();
        let [a, b, c, d] = [1, 2, 3, 4].map(Uuid::from_u128);
        let seen = [a, c, b, a].map(|event| (event, now));
        let checked = compare(&[a, b, c, d], &seen, &[]);
        assert_eq!((checked.stored, checked.missed, checked.doubled, checked.out_of_order), (4, 1, 1, 1));
    }
}
