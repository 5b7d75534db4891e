//! Followers: some ask a service process that may be killed, some follow in the coordinator.

use std::{pin::pin, sync::Arc, time::Duration};

use eventlog::{Log, Position};
use futures::StreamExt as _;

use crate::{
    checker::Seen,
    stage::Stage,
    wire::{Answer, Line, Request},
};

/// How a follower follows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    /// The most events of one page.
    pub(crate) page: i64,
    /// Whether it now and then stops, and takes up again where it was.
    pub(crate) forgetful: bool,
}

/// Follows through service processes. What has arrived here is what it has seen for good: when a service is killed, it
/// goes on after that at another.
pub(crate) async fn through_services(number: usize, manner: Manner, stage: Arc<Stage>) -> Seen {
    let (mut seen, mut end) = (Seen::new(), stage.last.subscribe());
    for socket in stage.sockets.iter().cycle().skip(number) {
        let Ok(mut line) = Line::open(socket).await else {
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        if line.say(&Request::Follow { after: reached(&seen), page: manner.page }).await.is_err() {
            continue;
        }
        loop {
            let last = reached(&seen);
            let heard = tokio::select! {
                heard = line.hear() => heard,
                _ = end.wait_for(|end| last >= *end) => return seen,
            };
            let Ok(Answer::Page(page)) = heard else { break };
            seen.extend(page);
            stage.follow(number, reached(&seen));
            if manner.forgetful && seen.len().is_multiple_of(97) {
                break;
            }
        }
    }
    seen
}

/// Follows a log in this process.
pub(crate) async fn directly(number: usize, manner: Manner, log: Arc<Log>, stage: Arc<Stage>) -> Seen {
    let (mut seen, mut end) = (Seen::new(), stage.last.subscribe());
    loop {
        let mut pages = pin!(log.follow(reached(&seen), manner.page));
        loop {
            let last = reached(&seen);
            let page = tokio::select! {
                page = pages.next() => page,
                _ = end.wait_for(|end| last >= *end) => return seen,
            };
            // An error of a connection that was cut is passed on, and then it goes on.
            let Some(page) = page else { return seen };
            if let Ok(events) = page {
                seen.extend(events.iter().map(|event| (event.position, event.id)));
                stage.follow(number, reached(&seen));
            }
            if manner.forgetful && seen.len().is_multiple_of(7) {
                break;
            }
        }
    }
}

fn reached(seen: &Seen) -> Position {
    seen.last().map_or(0, |(position, _)| *position)
}
