//! Receipts are kept for as long as was promised, and then go.

use chrono::TimeDelta;
use eventlog::{Expected, Retention, Timestamp};

use crate::support::{Database, append, keyed, now, stream};

const MONTH: TimeDelta = TimeDelta::days(30);

async fn kept(database: &Database) -> Vec<Timestamp> {
    sqlx::query_scalar("SELECT at FROM log.receipt ORDER BY at").fetch_all(&database.pool).await.expect("read")
}

#[tokio::test]
async fn a_receipt_goes_when_its_time_is_over_and_not_a_moment_before() {
    let database = Database::fresh().await;
    let log = database.open().await;
    let stream = stream();
    let begun = now() - TimeDelta::days(400);
    // More than a batch on the first day, and one a day for two months.
    for hour in 0..1_100 {
        let mut one = keyed(append(&stream, Expected::Any, 1), hour, 1);
        one.at = begun;
        log.append(one).await.expect("appended");
    }
    for day in 1..=60 {
        let mut one = keyed(append(&stream, Expected::Any, 1), 10_000 + day, 1);
        one.at = begun + TimeDelta::days(day.cast_signed());
        log.append(one).await.expect("appended");
    }
    let first = kept(&database).await[0];
    let retention = Retention::new(MONTH).expect("long enough");
    let prune = async |now: Timestamp| {
        let due = log.receipts_due(retention, now, TimeDelta::zero()).await.expect("counted");
        let mut connection = database.pool.acquire().await.expect("a connection");
        let (mut gone, most) = (0, 1_000);
        loop {
            let done = log.prune_receipts(&mut connection, retention, now, most).await.expect("pruned");
            gone += done;
            if done < most.cast_unsigned() {
                assert_eq!(gone.cast_signed(), due, "what goes was listed");
                return gone;
            }
        }
    };
    assert_eq!(prune(first + MONTH).await, 0, "not a moment early");
    assert_eq!(prune(first + MONTH + TimeDelta::microseconds(1)).await, 1_100);
    assert_eq!(prune(first + MONTH + TimeDelta::days(10)).await, 9);
    // Whatever a clock says that jumped ahead: the log's own last moment counts.
    assert_eq!(prune(first + TimeDelta::days(10_000)).await, 20);
    assert_eq!(kept(&database).await.first(), Some(&(first + MONTH)));
    assert_eq!(log.head().await.expect("read").position, 1_160, "no event went");

    // What is kept is still recognised, what went is not.
    let kept = log.append(keyed(append(&stream, Expected::Any, 1), 10_060, 1)).await.expect("found");
    assert!(kept.repeated);
    let gone = log.append(keyed(append(&stream, Expected::Any, 1), 10_001, 1)).await.expect("appended");
    assert!(!gone.repeated);
}

#[test]
fn a_retention_too_short_for_a_client_that_was_away_is_refused() {
    assert_eq!(Retention::new(Retention::LEAST - TimeDelta::seconds(1)), None);
    assert!(Retention::new(Retention::LEAST).is_some());
}
