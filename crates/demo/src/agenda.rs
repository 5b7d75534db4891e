//! What is still to happen, in the order of time.

use std::{cmp::Reverse, collections::BinaryHeap};

use domain::Timestamp;

use crate::{cycles, experiences, pages, people, projects, questions, register};

/// One thing to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    People(people::Step),
    Register(register::Step),
    Project(projects::Step),
    Question(questions::Step),
    Experience(experiences::Step),
    Cycle(cycles::Step),
    Page(pages::Step),
}

/// Steps by their moment; those of one moment in the order in which they were put on.
#[derive(Debug)]
pub(crate) struct Agenda {
    until: Timestamp,
    put_on: u64,
    steps: BinaryHeap<Reverse<(Timestamp, u64, Step)>>,
}

impl Agenda {
    /// Empty. What would happen after `until` does not happen.
    pub(crate) fn new(until: Timestamp) -> Self {
        Self { until, put_on: 0, steps: BinaryHeap::new() }
    }

    /// Whether it will happen.
    pub(crate) fn put(&mut self, at: Timestamp, step: Step) -> bool {
        let happens = at <= self.until;
        if happens {
            self.put_on += 1;
            self.steps.push(Reverse((at, self.put_on, step)));
        }
        happens
    }

    pub(crate) fn next(&mut self) -> Option<(Timestamp, Step)> {
        self.steps.pop().map(|Reverse((at, _, step))| (at, step))
    }
}
