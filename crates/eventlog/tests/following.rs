//! Followers see every event once, in order, whatever happens around them.

use std::{pin::pin, time::Duration};

use eventlog::{Expected, Log, Position};
use futures::StreamExt as _;

use crate::support::{Database, append, in_time, stream, until};

/// Follows until a position; every page must go on where the last one ended.
async fn follow_to(log: &Log, after: Position, page: i64, until: Position) {
    let mut pages = pin!(log.follow(after, page));
    let mut last = after;
    while last < until {
        let events = in_time("a page", pages.next()).await.expect("it goes on").expect("a page");
        assert!(!events.is_empty() && events.len() <= usize::try_from(page.max(1)).expect("positive"));
        for event in events {
            assert_eq!(event.position, last + 1);
            last = event.position;
        }
    }
    assert_eq!(last, until);
}

#[tokio::test]
async fn a_follower_catches_up_and_then_sees_what_comes() {
    let database = Database::fresh().await;
    let (here, there) = (database.open().await, database.open().await);
    for n in 1..=10 {
        here.append(append(&stream(), Expected::NoStream, n)).await.expect("appended");
    }
    for page in [0, 1, 7, 1_000] {
        follow_to(&here, 0, page, 55).await;
        follow_to(&there, 0, page, 55).await;
        follow_to(&here, 54, page, 55).await;
    }
    let ahead = async {
        for n in 1..=10 {
            here.append(append(&stream(), Expected::NoStream, n)).await.expect("appended");
        }
    };
    // From the past, from the end, and from a place that is yet to come.
    tokio::join!(follow_to(&here, 0, 3, 110), follow_to(&there, 55, 100, 110), follow_to(&there, 100, 100, 110), ahead);
}

#[tokio::test]
async fn a_follower_that_was_dropped_goes_on_where_it_was() {
    let database = Database::fresh().await;
    let log = database.open().await;
    log.append(append(&stream(), Expected::NoStream, 100)).await.expect("appended");
    let mut seen = 0;
    while seen < 100 {
        let mut pages = pin!(log.follow(seen, 9));
        let events = in_time("a page", pages.next()).await.expect("it goes on").expect("a page");
        assert_eq!(events[0].position, seen + 1);
        seen = events.last().expect("never empty").position;
    }
}

/// Another process's appends are heard of at once, not with the next slow look at the head.
#[tokio::test]
async fn news_of_other_processes_arrives_at_once() {
    let database = Database::fresh().await;
    let (here, there) = (database.open().await, database.open().await);
    let mut head = there.watch();
    // The listener may only just be connecting.
    here.append(append(&stream(), Expected::NoStream, 1)).await.expect("appended");
    in_time("the first", head.wait_for(|head| *head == 1)).await.expect("open");
    let began = std::time::Instant::now();
    for position in 2..50 {
        here.append(append(&stream(), Expected::NoStream, 1)).await.expect("appended");
        in_time("the next", head.wait_for(|head| *head >= position)).await.expect("open");
    }
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_listener_that_was_cut_off_misses_nothing() {
    let database = Database::fresh().await;
    let (here, there) = (database.open().await, database.open().await);
    for round in 1..=5 {
        until("both listen", async || {
            let listening = "SELECT count(*) FROM pg_stat_activity
                             WHERE datname = current_database() AND application_name = 'eventlog listener'";
            sqlx::query_scalar::<_, i64>(listening).fetch_one(&database.pool).await.expect("asked") == 2
        })
        .await;
        database.terminate("eventlog listener").await;
        here.append(append(&stream(), Expected::NoStream, 2)).await.expect("appended");
        follow_to(&there, (round - 1) * 2, 10, round * 2).await;
    }
}

/// Reading connections die; the follower says so and goes on at the same place.
#[tokio::test]
async fn a_follower_outlives_the_connections_it_reads_with() {
    let database = Database::fresh().await;
    let (here, there) = (database.open().await, database.open().await);
    let mut pages = pin!(there.follow(0, 10));
    let mut last = 0;
    for _ in 0..5 {
        sqlx::query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name NOT LIKE 'eventlog%'",
        )
        .execute(&database.pool)
        .await
        .expect("terminated");
        let receipt = here.append(append(&stream(), Expected::NoStream, 3)).await.expect("appended");
        while last < receipt.position {
            // An error is passed on, and then it goes on.
            if let Ok(events) = in_time("a page", pages.next()).await.expect("it goes on") {
                assert_eq!(events[0].position, last + 1);
                last = events.last().expect("never empty").position;
            }
        }
    }
}

#[tokio::test]
async fn followers_end_when_the_log_is_dropped() {
    let database = Database::fresh().await;
    let log = database.open().await;
    log.append(append(&stream(), Expected::NoStream, 1)).await.expect("appended");
    let mut pages = pin!(log.follow(0, 10));
    pages.next().await.expect("one").expect("a page");
    drop(log);
    assert!(in_time("the end", pages.next()).await.is_none());
    until("its connections are closed", async || {
        let open = "SELECT count(*) FROM pg_stat_activity
                    WHERE datname = current_database() AND application_name LIKE 'eventlog%'";
        sqlx::query_scalar::<_, i64>(open).fetch_one(&database.pool).await.expect("asked") == 0
    })
    .await;
}
