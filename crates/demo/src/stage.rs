//! Where steps become commands: one after the other, or side by side where neither leans on the other.

use std::{collections::HashSet, future::Future, pin::Pin, sync::Arc, time::Duration};

use app::{App, By, Failure, Request, RunError};
use chrono::TimeDelta;
use domain::Command;
use eventlog::Position;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use uuid::Uuid;

use crate::{LoadError, clock::Clock, world::World};

/// Steps closer together than this may share a moment when commands run side by side.
const MOMENT: TimeDelta = TimeDelta::hours(2);
/// How often a command is tried while the database has no time for it, and the pause before each next try.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(250);

/// A command, ready to be run.
pub(crate) struct Job {
    /// What it is done to.
    target: Uuid,
    /// What must be there before.
    leans_on: Vec<Uuid>,
    work: Pin<Box<dyn Future<Output = Result<Position, LoadError>> + Send>>,
}

impl Job {
    /// A command of a member or the platform.
    pub(crate) fn new<C: Command>(app: &Arc<App>, by: By, command: C) -> Self {
        let (target, leans_on) = (command.target(), needs(by, &command));
        let (app, request) = (app.clone(), Request::new(by, app.source().id()));
        Self { target, leans_on, work: Box::pin(async move { run(&app, &request, command).await }) }
    }

    /// A command that is completed just before it is run.
    pub(crate) fn prepared<C, F>(
        app: &Arc<App>,
        by: By,
        command: C,
        prepare: impl FnOnce(Arc<App>, C) -> F + Send + 'static,
    ) -> Self
    where
        C: Command,
        F: Future<Output = Result<C, Failure>> + Send,
    {
        let (target, leans_on) = (command.target(), needs(by, &command));
        let (app, request) = (app.clone(), Request::new(by, app.source().id()));
        let work = async move {
            let command = prepare(app.clone(), command).await.map_err(failed::<C>)?;
            run(&app, &request, command).await
        };
        Self { target, leans_on, work: Box::pin(work) }
    }

    /// The same, leaning also on something that decides whether the member may.
    pub(crate) fn within(mut self, thing: impl Into<Uuid>) -> Self {
        self.leans_on.push(thing.into());
        self
    }
}

fn needs<C: Command>(by: By, command: &C) -> Vec<Uuid> {
    let member = match by {
        By::Member(member) => Some(member.0),
        By::Platform => None,
    };
    command.mentions().into_iter().map(|(_, id)| id).chain(member).collect()
}

fn failed<C: Command>(error: impl std::error::Error + Send + Sync + 'static) -> LoadError {
    LoadError::Command { command: C::NAME, source: Box::new(error) }
}

async fn run<C: Command>(app: &App, request: &Request, command: C) -> Result<Position, LoadError> {
    for _ in 0..TRIES {
        match app.run(command.clone(), request).await {
            Ok(done) => return Ok(done.position),
            Err(RunError::Failed(Failure::Busy)) => tokio::time::sleep(PAUSE).await,
            Err(error) => return Err(failed::<C>(error)),
        }
    }
    Err(failed::<C>(Failure::Busy))
}

/// The lanes in which commands run. Each has its own source of ids, so that ids do not depend on which of the
/// commands that run side by side is faster.
pub(crate) struct Stage {
    lanes: Vec<Arc<App>>,
    clock: Clock,
    /// Commands prepared so far, each in its own lane.
    taken: usize,
    wave: Vec<Job>,
    targets: HashSet<Uuid>,
    events: Position,
}

impl Stage {
    pub(crate) fn new(lanes: Vec<Arc<App>>, clock: Clock) -> Self {
        Self { lanes, clock, taken: 0, wave: Vec::new(), targets: HashSet::new(), events: 0 }
    }

    /// Carries out all steps; tells how many events there are in the end.
    pub(crate) async fn play(&mut self, world: &mut World, progress: impl Fn(usize)) -> Result<usize, LoadError> {
        world.open();
        let mut began = self.clock.now();
        while let Some((at, step)) = world.agenda.next() {
            if self.wave.len() == self.lanes.len() || at - began > MOMENT {
                self.finish(&progress).await?;
            }
            if self.wave.is_empty() {
                self.clock.forward(at);
                began = at;
            }
            let app = self.lanes[self.taken % self.lanes.len()].clone();
            let Some(job) = world.perform(step, at, &app)? else { continue };
            self.taken += 1;
            if self.leans(&job) {
                self.finish(&progress).await?;
                self.clock.forward(at);
                began = at;
            }
            self.targets.insert(job.target);
            self.wave.push(job);
        }
        self.finish(&progress).await?;
        Ok(usize::try_from(self.events).unwrap_or_default())
    }

    fn leans(&self, job: &Job) -> bool {
        std::iter::once(&job.target).chain(&job.leans_on).any(|id| self.targets.contains(id))
    }

    async fn finish(&mut self, progress: &impl Fn(usize)) -> Result<(), LoadError> {
        if self.wave.is_empty() {
            return Ok(());
        }
        self.targets.clear();
        let jobs = self.wave.drain(..).map(|job| job.work).collect::<Vec<_>>();
        let positions: Vec<Position> = stream::iter(jobs).buffer_unordered(self.lanes.len()).try_collect().await?;
        self.events = positions.into_iter().fold(self.events, Position::max);
        progress(usize::try_from(self.events).unwrap_or_default());
        Ok(())
    }
}
