//! Where steps become commands: one after the other, or side by side where neither leans on the other.

use std::{collections::HashMap, future::Future, pin::Pin, sync::Arc, time::Duration};

use app::{App, By, Failure, Request, RunError};
use chrono::TimeDelta;
use domain::Command;
use eventlog::Position;
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
        By::Member(member) | By::Newcomer(member) => Some(member.0),
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

/// The lanes in which commands run: those of one lane one after the other, the lanes side by side. Each has its own
/// source of ids, so that ids do not depend on which lane is faster, and what happens to one thing happens in one lane,
/// which remembers it.
pub(crate) struct Stage {
    lanes: Vec<Arc<App>>,
    clock: Clock,
    /// What runs at the next moment, lane by lane.
    waves: Vec<Vec<Job>>,
    /// How many commands that is.
    waiting: usize,
    /// What they are done to, and in which lane.
    targets: HashMap<Uuid, usize>,
    events: Position,
}

impl Stage {
    pub(crate) fn new(lanes: Vec<Arc<App>>, clock: Clock) -> Self {
        let waves = lanes.iter().map(|_| Vec::new()).collect();
        Self { lanes, clock, waves, waiting: 0, targets: HashMap::new(), events: 0 }
    }

    /// Carries out all steps; tells how many events there are in the end.
    pub(crate) async fn play(&mut self, world: &mut World, progress: impl Fn(usize)) -> Result<usize, LoadError> {
        world.open();
        // With a single lane each command has a moment of its own.
        let most = if self.lanes.len() == 1 { 1 } else { self.lanes.len() * 2 };
        let mut began = self.clock.now();
        while let Some((at, step)) = world.agenda.next() {
            if self.waiting == most || at - began > MOMENT {
                self.finish(&progress).await?;
            }
            if self.waiting == 0 {
                self.clock.forward(at);
                began = at;
            }
            let lane = world.lane(step) % self.lanes.len();
            let app = self.lanes[lane].clone();
            let Some(job) = world.perform(step, at, &app)? else { continue };
            if self.leans(&job, lane) {
                self.finish(&progress).await?;
                self.clock.forward(at);
                began = at;
            }
            self.targets.insert(job.target, lane);
            self.waves[lane].push(job);
            self.waiting += 1;
        }
        self.finish(&progress).await?;
        Ok(usize::try_from(self.events).unwrap_or_default())
    }

    /// Whether it needs what another lane has yet to do.
    fn leans(&self, job: &Job, lane: usize) -> bool {
        let mut needed = std::iter::once(&job.target).chain(&job.leans_on);
        needed.any(|id| self.targets.get(id).is_some_and(|other| *other != lane))
    }

    /// Runs what waits.
    async fn finish(&mut self, progress: &impl Fn(usize)) -> Result<(), LoadError> {
        if self.waiting == 0 {
            return Ok(());
        }
        self.targets.clear();
        self.waiting = 0;
        let waves: Vec<Vec<Job>> = self.waves.iter_mut().map(std::mem::take).filter(|wave| !wave.is_empty()).collect();
        let lanes = waves.into_iter().map(async |wave| {
            let mut last = 0;
            for job in wave {
                last = job.work.await?.max(last);
            }
            Ok::<_, LoadError>(last)
        });
        let positions = futures::future::try_join_all(lanes).await?;
        self.events = positions.into_iter().fold(self.events, Position::max);
        progress(usize::try_from(self.events).unwrap_or_default());
        Ok(())
    }
}
