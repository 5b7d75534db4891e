//! Which events: a range whose ends are fixed once, and what they must concern.

use std::collections::VecDeque;

use eventlog::{Log, Position, ReadError, Recorded};
use uuid::Uuid;

use crate::{Moment, error::ExportError};

/// Events read at once, at most.
const PAGE: i64 = 1_000;

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// The first moment; the beginning of the log when absent.
    pub from: Option<Moment>,
    /// The last moment, included; the end of the log when absent.
    pub until: Option<Moment>,
    /// Only events that concern one of these, unless there are none.
    pub concerns: Vec<Uuid>,
}

/// What is asked for, with its ends fixed: asked again it gives the same events, whatever was appended since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// The first position.
    pub first: Position,
    /// The last position, included; `first - 1` when there is none.
    pub last: Position,
    /// The end of the log when the ends were fixed.
    pub head: Position,
    /// Only events that concern one of these, unless there are none; sorted, without repeats.
    pub concerns: Vec<Uuid>,
}

impl Selection {
    /// Fixes the ends.
    pub async fn new(log: &Log, filter: &Filter) -> Result<Self, ExportError> {
        let head = log.head().await?.position;
        let first = match filter.from {
            Some(from) => from.first(log).await?.min(head + 1),
            None => 1,
        };
        let last = match filter.until {
            Some(until) => until.last(log).await?.min(head),
            None => head,
        };
        if last < first - 1 {
            return Err(ExportError::Backwards { first, last });
        }
        let mut concerns = filter.concerns.clone();
        concerns.sort_unstable();
        concerns.dedup();
        Ok(Self { first, last, head, concerns })
    }

    /// Whether these are all events of the log.
    pub fn is_whole(&self) -> bool {
        self.concerns.is_empty() && self.first == 1 && self.last == self.head
    }

    /// The events, page by page.
    pub fn pages<'a>(&self, log: &'a Log) -> Pages<'a> {
        let after = self.first - 1;
        let about = |&subject| About { subject, after, read: VecDeque::new() };
        Pages { log, after, last: self.last, about: self.concerns.iter().map(about).collect() }
    }
}

/// Events in order, in pages of bounded length.
#[derive(Debug)]
pub struct Pages<'a> {
    log: &'a Log,
    after: Position,
    last: Position,
    about: Vec<About>,
}

/// The events that concern one thing, as far as they were read and not yet handed out.
#[derive(Debug)]
struct About {
    subject: Uuid,
    after: Position,
    read: VecDeque<Recorded>,
}

impl Pages<'_> {
    /// The next events; none at the end.
    pub async fn next(&mut self) -> Result<Vec<Recorded>, ExportError> {
        if self.about.is_empty() { self.next_of_all().await } else { Ok(self.next_about().await?) }
    }

    async fn next_of_all(&mut self) -> Result<Vec<Recorded>, ExportError> {
        if self.after >= self.last {
            return Ok(Vec::new());
        }
        let events = self.log.page(self.after, PAGE.min(self.last - self.after)).await?;
        for event in &events {
            if event.position != self.after + 1 {
                return Err(ExportError::Gap(self.after + 1));
            }
            self.after = event.position;
        }
        if events.is_empty() { Err(ExportError::Gap(self.after + 1)) } else { Ok(events) }
    }

    /// Merges what concerns each thing; an event that concerns several is handed out once.
    async fn next_about(&mut self) -> Result<Vec<Recorded>, ReadError> {
        let mut events = Vec::new();
        for _ in 0..PAGE {
            for about in &mut self.about {
                about.read_on(self.log, self.last).await?;
            }
            let nearest = |about: &About| about.read.front().map(|event| event.position);
            let Some(next) = self.about.iter().filter_map(nearest).min() else { break };
            let mut found = None;
            for about in &mut self.about {
                if nearest(about) == Some(next) {
                    found = about.read.pop_front();
                }
            }
            events.extend(found);
        }
        Ok(events)
    }
}

impl About {
    /// Reads a page when all that was read is handed out and there may be more.
    async fn read_on(&mut self, log: &Log, last: Position) -> Result<(), ReadError> {
        if self.read.is_empty() && self.after < last {
            self.read = log.concerning(self.subject, self.after, PAGE).await?.into();
            self.after = self.read.back().map_or(last, |event| event.position);
            self.read.truncate(self.read.partition_point(|event| event.position <= last));
        }
        Ok(())
    }
}
