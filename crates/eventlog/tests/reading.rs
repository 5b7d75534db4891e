//! Reading: by place, by stream, by what is concerned, by moment.

use chrono::TimeDelta;
use eventlog::{Append, Expected, NewEvent};
use futures::{StreamExt as _, TryStreamExt as _};
use serde_json::json;

use crate::support::{Database, append, canonical, event, id, now, stream};

#[tokio::test]
async fn a_stream_is_read_from_any_version() {
    let database = Database::fresh().await;
    let log = database.open().await;
    let (a, b) = (stream(), stream());
    for _ in 0..5 {
        log.append(append(&a, Expected::Any, 2)).await.expect("appended");
        log.append(append(&b, Expected::Any, 1)).await.expect("appended");
    }
    for after in [-1, 0, 1, 9, 10, 11] {
        let versions: Vec<i32> = log.stream(&a, after).await.expect("read").iter().map(|event| event.version).collect();
        assert_eq!(versions, ((after.max(0) + 1)..=10).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_stream_is_read_backward_from_any_version() {
    let database = Database::fresh().await;
    let log = database.open().await;
    let stream = stream();
    log.append(append(&stream, Expected::NoStream, 10)).await.expect("appended");
    for (before, limit, versions) in [
        (i32::MAX, 3, vec![10, 9, 8]),
        (11, 100, (1..=10).rev().collect()),
        (5, 2, vec![4, 3]),
        (2, 9, vec![1]),
        (1, 9, vec![]),
    ] {
        let events = log.stream_backward(&stream, before, limit).await.expect("read");
        assert_eq!(events.iter().map(|event| event.version).collect::<Vec<_>>(), versions);
    }
}

/// Across the bounds of pages, from anywhere, and for as long as somebody wants more.
#[tokio::test]
async fn all_is_read_one_by_one_up_to_the_end() {
    let database = Database::fresh().await;
    let log = database.open().await;
    assert_eq!(log.read(0).count().await, 0);
    for _ in 0..4 {
        log.append(append(&stream(), Expected::NoStream, 625)).await.expect("appended");
    }
    for after in [-1, 0, 999, 1_000, 1_001, 2_499, 2_500, 9_999] {
        let positions: Vec<i64> =
            log.read(after).map_ok(|event| event.position).try_collect().await.expect("read to the end");
        assert_eq!(positions, (after.max(0) + 1..=2_500).collect::<Vec<_>>());
    }
    let first: Vec<i64> = log.read(0).take(3).map_ok(|event| event.position).try_collect().await.expect("read");
    assert_eq!(first, [1, 2, 3]);
}

#[tokio::test]
async fn an_event_is_found_by_its_position_alone() {
    let database = Database::fresh().await;
    let log = database.open().await;
    log.append(append(&stream(), Expected::NoStream, 3)).await.expect("appended");
    for (position, there) in
        [(i64::MIN, false), (-1, false), (0, false), (1, true), (3, true), (4, false), (i64::MAX, false)]
    {
        let found = log.at(position).await.expect("asked");
        assert_eq!(found.map(|event| event.position), there.then_some(position));
    }
}

#[tokio::test]
async fn what_concerns_something_is_read_in_order_and_in_pages() {
    let database = Database::fresh().await;
    let log = database.open().await;
    let (theme, region) = (id(), id());
    for n in 0..30 {
        let concerns = match n % 3 {
            0 => vec![theme],
            1 => vec![region, theme],
            _ => vec![region],
        };
        let whole = Append { events: vec![NewEvent { concerns, ..event(n) }], ..append(&stream(), Expected::Any, 0) };
        log.append(whole).await.expect("appended");
    }
    let expected: Vec<i64> = (1..=30).filter(|position| position % 3 != 0).collect();
    for limit in [1, 7, 100] {
        let mut found = Vec::new();
        loop {
            let page = log.concerning(theme, found.last().copied().unwrap_or_default(), limit).await.expect("read");
            if page.is_empty() {
                break;
            }
            assert!(page.len() <= usize::try_from(limit).expect("positive"));
            found.extend(page.iter().map(|event| event.position));
        }
        assert_eq!(found, expected);
    }
    assert!(log.concerning(id(), 0, 10).await.expect("read").is_empty());
}

/// Several events may share a moment; the position is that of the last of them.
#[tokio::test]
async fn the_position_at_a_moment_is_that_of_the_last_event_until_then() {
    let database = Database::fresh().await;
    let log = database.open().await;
    let begun = now();
    assert_eq!(log.position_at(begun).await.expect("asked"), 0);
    let mut expected = Vec::new();
    for (minute, events) in [(1, 1), (2, 5), (2, 2), (3, 1), (10, 3)] {
        let at = begun + TimeDelta::minutes(minute);
        let receipt = log.append(Append { at, ..append(&stream(), Expected::Any, events) }).await.expect("appended");
        expected.push((minute, receipt.position));
    }
    for minute in 0..12 {
        let until = expected.iter().filter(|(at, _)| *at <= minute).map(|(_, position)| *position).max();
        let moment = begun + TimeDelta::minutes(minute);
        assert_eq!(log.position_at(moment).await.expect("asked"), until.unwrap_or_default(), "minute {minute}");
        let before = expected.iter().filter(|(at, _)| *at < minute).map(|(_, position)| *position).max();
        let moment = moment - TimeDelta::milliseconds(1);
        assert_eq!(log.position_at(moment).await.expect("asked"), before.unwrap_or_default(), "before {minute}");
    }
}

/// A page of a thousand of the largest events would be a gigabyte.
#[tokio::test]
async fn a_page_of_very_large_events_ends_early_and_the_next_goes_on() {
    let database = Database::fresh().await;
    let log = database.open().await;
    let large = || NewEvent { data: canonical(&json!("x".repeat((1 << 20) - 2))), ..event(0) };
    for _ in 0..5 {
        let events = (0..8).map(|_| large()).collect();
        log.append(Append { events, ..append(&stream(), Expected::Any, 0) }).await.expect("appended");
    }
    let mut last = 0;
    let mut sizes = Vec::new();
    loop {
        let page = log.page(last, 1_000).await.expect("read");
        let Some(event) = page.last() else { break };
        assert_eq!(page[0].position, last + 1);
        last = event.position;
        sizes.push(page.len());
    }
    assert_eq!((last, sizes), (40, vec![16, 16, 8]));
}
