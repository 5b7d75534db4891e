//! Following the log: each page of events goes into all models that this process holds, in one transaction. A model that
//! cannot take an event stops there, and the others go on.

use std::{
    collections::BTreeSet,
    pin::pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use eventlog::{Log, Position, Recorded};
use futures::{StreamExt as _, future::BoxFuture};
use sqlx::{PgPool, PgTransaction};
use tokio::{sync::watch, task::JoinSet};

use crate::{
    definition::Definition,
    engine::PAGE,
    error::ReadModelError,
    model::Seen,
    standing::{Part, Standing, reached},
    told::{Stopped, Told, position, tell},
    worker::Me,
};

/// How long to wait before going on after trouble.
const PAUSE: Duration = Duration::from_millis(500);
/// How long until a model that stopped tries again.
const RETRY: Duration = Duration::from_secs(5);

/// Follows the log and folds it.
pub(crate) struct Follower {
    pub(crate) pool: PgPool,
    pub(crate) log: Arc<Log>,
    pub(crate) definitions: Arc<[Definition]>,
    pub(crate) standing: Arc<Standing>,
    pub(crate) me: Arc<Me>,
    /// Pages up to here are folded or being folded.
    pub(crate) cursor: AtomicI64,
    /// Models that have a task of their own for now.
    pub(crate) busy: Mutex<BTreeSet<usize>>,
    /// Nothing is folded beyond this position.
    pub(crate) until: Option<Position>,
}

/// What a page came to in one model.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    /// It stands here.
    Reached(Position),
    /// It lacks events before the page.
    Behind,
    /// It stopped at an event of the page.
    Stopped(Stopped),
}

impl Follower {
    /// Goes on until it is dropped. `tended` tells that how models stand may have changed, `switched` that rows did,
    /// without an event.
    pub(crate) async fn run(self: Arc<Self>, mut tended: watch::Receiver<()>, mut switched: watch::Receiver<()>) {
        let mut apart = JoinSet::new();
        let mut forgotten = self.log.keys().forgotten();
        // What is stale catches up by itself.
        let stands = self.standing.all();
        let keeping_up = stands.iter().filter(|stand| stand.stale_since.is_none()).map(|stand| stand.position).min();
        let mut after = keeping_up.or_else(|| stands.iter().map(|stand| stand.position).max()).unwrap_or_default();
        self.cursor.store(after, Ordering::Release);
        self.log.changes().begin(after);
        self.standing.note_until(self.until.unwrap_or(after));
        self.standing.publish(None);
        loop {
            let mut pages = pin!(self.log.follow(after, PAGE));
            loop {
                tokio::select! {
                    page = pages.next(), if self.until.is_none() => match page {
                        Some(Ok(events)) => match self.take(&events).await {
                            Ok(()) => {
                                after = self.cursor.load(Ordering::Acquire);
                                self.standing.note(Part::Follower, None);
                            }
                            Err(error) => {
                                self.standing.note(Part::Follower, Some(&error));
                                tokio::time::sleep(PAUSE).await;
                                break;
                            }
                        },
                        Some(Err(error)) => {
                            self.standing.note(Part::Follower, Some(&error.into()));
                            tokio::time::sleep(PAUSE).await;
                            break;
                        }
                        None => return,
                    },
                    Ok(()) = tended.changed() => {
                        // The database answered.
                        if self.until.is_some() || after >= *self.log.watch().borrow() {
                            self.standing.note(Part::Follower, None);
                        }
                    }
                    Ok(()) = switched.changed() => self.log.changes().forget(),
                    Ok(()) = forgotten.changed() => {
                        self.log.changes().forget();
                        if let Err(error) = self.standing.learn(&self.pool, &self.definitions, self.me.number).await {
                            self.standing.note(Part::Follower, Some(&error));
                        }
                    }
                    Some(_) = apart.join_next() => {}
                }
                self.tend(&mut apart);
            }
        }
    }

    /// Folds a page into all models that keep up.
    async fn take(&self, events: &[Recorded]) -> Result<(), ReadModelError> {
        let Some(last) = events.last().map(|event| event.position) else { return Ok(()) };
        let before = self.cursor.load(Ordering::Acquire);
        self.log.changes().note(events);
        self.standing.note_until(last);
        // Whoever catches up apart goes on until it is as far as this.
        self.cursor.store(last, Ordering::Release);
        let which = self.standing.keeping_up();
        let folded = if which.is_empty() { Ok(Vec::new()) } else { self.fold_anew(&which, events).await };
        if folded.is_err() {
            self.cursor.store(before, Ordering::Release);
        }
        let told = folded?;
        // Only when all models are ours and here, are these all the news.
        let all_here = which.len() == self.definitions.len()
            && self.standing.all().iter().all(|stand| stand.position == last || stand.stale_since.is_some());
        let seen = all_here.then(|| told.into_iter().filter_map(Result::ok).collect::<Arc<[Seen]>>());
        self.standing.publish(seen);
        Ok(())
    }

    /// Opens a page and folds it; again when a text of it was erased meanwhile.
    async fn fold_anew(&self, which: &[usize], events: &[Recorded]) -> Result<Vec<Told>, ReadModelError> {
        loop {
            let destroyed = self.log.keys().destroyed();
            let told = tell(self.log.keys(), events).await?;
            if self.fold(which, &told, destroyed).await? {
                return Ok(told);
            }
        }
    }

    /// Folds events into some models in one transaction. If the database does not take what one of them writes, each is
    /// folded for itself, and that one event by event. Returns false when a text was erased after the events were opened.
    fn fold<'a>(
        &'a self,
        which: &'a [usize],
        events: &'a [Told],
        destroyed: i64,
    ) -> BoxFuture<'a, Result<bool, ReadModelError>> {
        Box::pin(async move {
            let error = match self.fold_together(which, events, destroyed).await {
                Err(error) if is_its_own(&error) => error,
                done => return done,
            };
            if which.len() > 1 {
                for model in which {
                    if !self.fold(std::slice::from_ref(model), events, destroyed).await? {
                        return Ok(false);
                    }
                }
            } else if events.len() > 1 {
                for event in events {
                    if !self.fold(which, std::slice::from_ref(event), destroyed).await? {
                        return Ok(false);
                    }
                }
            } else if let (Some(model), Some(event)) = (which.first(), events.first()) {
                let stopped = Stopped { position: position(event), why: crate::told::chain(&error) };
                let mut transaction = self.begin().await?;
                let outcomes = [(*model, Outcome::Stopped(stopped))];
                self.settle(&mut transaction, &outcomes).await?;
                transaction.commit().await?;
                self.learn(&outcomes).await?;
            }
            Ok(true)
        })
    }

    async fn begin(&self) -> Result<PgTransaction<'_>, ReadModelError> {
        let mut transaction = self.pool.begin().await?;
        // Read models can be folded again: they need not wait for the disk. (A crash of the database may undo the last
        // folds, together with their positions; that is noticed, and they are done again.) Whoever hangs meanwhile does
        // not keep others from going on.
        sqlx::query!(
            "SELECT set_config('synchronous_commit', 'off', true) AS one,
                    set_config('idle_in_transaction_session_timeout', '5s', true) AS other"
        )
        .fetch_one(&mut *transaction)
        .await?;
        Ok(transaction)
    }

    async fn fold_together(&self, which: &[usize], events: &[Told], destroyed: i64) -> Result<bool, ReadModelError> {
        let (Some(first), Some(last)) = (events.first().map(position), events.last().map(position)) else {
            return Ok(true);
        };
        let mut transaction = self.begin().await?;
        let stands = self.lock(&mut transaction, which).await?;
        // Not in the statement that takes the lock: its snapshot may be older.
        if self.log.keys().destroyed_since(destroyed, &mut transaction).await? {
            return Ok(false);
        }
        let mut outcomes = Vec::with_capacity(which.len());
        for (model, stands_at, stopped) in stands {
            let outcome = if stands_at + 1 < first {
                Outcome::Behind
            } else {
                let from = events.partition_point(|event| position(event) <= stands_at);
                let definition = &self.definitions[model];
                let projected = if from < events.len() {
                    definition.model.project(&mut transaction, &definition.live(), &events[from..]).await?
                } else {
                    None
                };
                projected.map_or(Outcome::Reached(last.max(stands_at)), Outcome::Stopped)
            };
            // What stopped there before, too, is known.
            if !matches!((&outcome, stopped), (Outcome::Stopped(at), Some(known)) if at.position == known) {
                outcomes.push((model, outcome));
            }
        }
        self.settle(&mut transaction, &outcomes).await?;
        transaction.commit().await?;
        self.learn(&outcomes).await?;
        Ok(true)
    }

    /// Locks the models that are still ours. Returns where each stands, and where it stopped if it did.
    async fn lock(
        &self,
        transaction: &mut PgTransaction<'_>,
        which: &[usize],
    ) -> Result<Vec<(usize, Position, Option<Position>)>, ReadModelError> {
        let labels: Vec<String> = which.iter().map(|model| self.definitions[*model].label()).collect();
        let rows = sqlx::query!(
            r#"SELECT model || ' ' || version AS "label!", position, stopped_at FROM readmodel.build
               WHERE role = 'live' AND holder = $1 AND model || ' ' || version = ANY($2)
               ORDER BY model, version FOR UPDATE"#,
            self.me.number,
            &labels
        )
        .fetch_all(&mut **transaction)
        .await?;
        let mut stands = Vec::with_capacity(which.len());
        for (model, label) in which.iter().zip(labels) {
            match rows.iter().find(|row| row.label == label) {
                Some(row) => stands.push((*model, row.position, row.stopped_at)),
                None => self.standing.change(*model, |stand| stand.held = false),
            }
        }
        Ok(stands)
    }

    /// Stores what came of it.
    async fn settle(
        &self,
        transaction: &mut PgTransaction<'_>,
        outcomes: &[(usize, Outcome)],
    ) -> Result<(), ReadModelError> {
        let (mut labels, mut positions, mut stops, mut troubles, mut fresh) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let cursor = self.cursor.load(Ordering::Acquire);
        for (model, outcome) in outcomes {
            let (position, stopped) = match outcome {
                Outcome::Behind => continue,
                Outcome::Reached(position) => (*position, None),
                Outcome::Stopped(stopped) => (stopped.position - 1, Some(stopped)),
            };
            labels.push(self.definitions[*model].label());
            positions.push(position);
            stops.push(stopped.map(|stopped| stopped.position));
            troubles.push(stopped.map(|stopped| stopped.why.clone()));
            fresh.push(stopped.is_none() && position >= cursor);
        }
        if labels.is_empty() {
            return Ok(());
        }
        sqlx::query!(
            "UPDATE readmodel.build b
             SET position = new.position, stopped_at = new.stopped_at, trouble = new.trouble,
                 stale_since = CASE WHEN new.stopped_at IS NOT NULL THEN coalesce(b.stale_since, now())
                                    WHEN NOT new.fresh THEN b.stale_since END
             FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::boolean[])
                  AS new (label, position, stopped_at, trouble, fresh)
             WHERE b.role = 'live' AND b.holder = $1 AND b.model || ' ' || b.version = new.label",
            self.me.number,
            &labels,
            &positions,
            &stops as &[Option<Position>],
            &troubles as &[Option<String>],
            &fresh
        )
        .execute(&mut **transaction)
        .await?;
        if self.me.watched() {
            // Whoever hears that all keep up need not ask how they stand.
            let news =
                if fresh.iter().all(|fresh| *fresh) { reached(labels.iter().zip(&positions)) } else { String::new() };
            sqlx::query!("SELECT pg_notify('readmodel', $1) AS done", news).execute(&mut **transaction).await?;
        }
        Ok(())
    }

    /// Keeps in memory what was stored.
    async fn learn(&self, outcomes: &[(usize, Outcome)]) -> Result<(), ReadModelError> {
        let cursor = self.cursor.load(Ordering::Acquire);
        for (model, outcome) in outcomes {
            self.standing.change(*model, |stand| match outcome {
                Outcome::Behind => {}
                Outcome::Reached(position) => {
                    stand.position = *position;
                    stand.stopped = None;
                    if *position >= cursor {
                        stand.stale_since = None;
                    }
                }
                Outcome::Stopped(stopped) => {
                    let (model, position) = (self.definitions[*model].name(), stopped.position);
                    tracing::error!(model, position, why = stopped.why, "a read model stopped");
                    stand.position = position - 1;
                }
            });
        }
        if outcomes.iter().any(|(_, outcome)| matches!(outcome, Outcome::Stopped(_))) {
            self.standing.learn(&self.pool, &self.definitions, self.me.number).await?; // since when
        }
        Ok(())
    }

    /// Sees to models that need something of their own: that lag behind or stopped, or hold what was erased.
    fn tend(self: &Arc<Self>, apart: &mut JoinSet<()>) {
        let cursor = self.cursor.load(Ordering::Acquire);
        let destroyed = self.standing.destroyed();
        for (model, stand) in self.standing.all().into_iter().enumerate() {
            let lags = stand.position < cursor;
            let erase = stand.erasures < destroyed;
            if !stand.held || !(lags || erase) || !self.set_busy(model, true) {
                continue;
            }
            let follower = self.clone();
            apart.spawn(async move {
                let done = if erase { follower.mend(model).await } else { Ok(()) };
                let done = match done {
                    Ok(()) => follower.catch_up(model).await,
                    Err(error) => Err(error),
                };
                match done {
                    Ok(()) if follower.standing.of(model).stopped.is_some() => tokio::time::sleep(RETRY).await,
                    Ok(()) => {}
                    Err(error) => {
                        let name = follower.definitions[model].name();
                        tracing::warn!(error = &error as &dyn std::error::Error, model = name, "it does not catch up");
                        tokio::time::sleep(PAUSE).await;
                    }
                }
                follower.set_busy(model, false);
            });
        }
    }

    fn set_busy(&self, model: usize, busy: bool) -> bool {
        let mut set = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        if busy { set.insert(model) } else { set.remove(&model) }
    }

    /// Folds one model until it is where the others are.
    async fn catch_up(&self, model: usize) -> Result<(), ReadModelError> {
        loop {
            let stand = self.standing.of(model);
            if !stand.held || stand.position >= self.cursor.load(Ordering::Acquire) {
                return Ok(());
            }
            let events = self.log.page(stand.position, PAGE).await?;
            if events.is_empty() {
                return Ok(());
            }
            self.fold_anew(&[model], &events).await?;
            self.standing.publish(None);
            let now = self.standing.of(model);
            if now.position == stand.position {
                return Ok(()); // it stops where it stopped
            }
        }
    }

    /// Folds the rows anew that hold what was erased, and drops the table of before.
    async fn mend(&self, model: usize) -> Result<(), ReadModelError> {
        let definition = &self.definitions[model];
        let (erasures, scopes) = self.log.keys().erased_since(self.standing.of(model).erasures).await?;
        let events = self.log.sealed_under(&scopes, Position::MAX).await?;
        // What does not read is in no row.
        let told = tell(self.log.keys(), &events).await?;
        let mut transaction = self.begin().await?;
        let Some((_, position, _)) = self.lock(&mut transaction, &[model]).await?.pop() else { return Ok(()) };
        let rows = {
            let seen = told.into_iter().filter_map(Result::ok).filter(|event| event.position <= position);
            let seen: Vec<Seen> = seen.collect();
            definition.model.mend(&mut transaction, &definition.live(), &self.log, &seen, position).await?
        };
        crate::tables::drop(&mut transaction, &definition.previous()).await?;
        sqlx::query!(
            "DELETE FROM readmodel.build WHERE model = $1 AND version = $2 AND role = 'previous'",
            definition.name(),
            definition.version
        )
        .execute(&mut *transaction)
        .await?;
        sqlx::query!(
            "UPDATE readmodel.build SET erasures = $3 WHERE model = $1 AND version = $2 AND role = 'live'",
            definition.name(),
            definition.version,
            erasures
        )
        .execute(&mut *transaction)
        .await?;
        sqlx::query!("SELECT pg_notify('readmodel', 'switched') AS done").execute(&mut *transaction).await?;
        transaction.commit().await?;
        self.standing.change(model, |stand| stand.erasures = erasures);
        tracing::info!(model = definition.name(), rows, "rows that held what was erased were folded anew");
        Ok(())
    }
}

/// Whether an error lies in what a model reads or writes, rather than in the database being away.
fn is_its_own(error: &ReadModelError) -> bool {
    match error {
        ReadModelError::Row { .. } => true,
        ReadModelError::Database(error) => {
            let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
            code.is_some_and(|code| ["22", "23", "54"].contains(&&code[..2]))
        }
        _ => false,
    }
}
