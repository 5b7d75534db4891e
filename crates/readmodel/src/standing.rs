//! How far each model is, as far as this process knows, and who is told.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
};

use chrono::{DateTime, Utc};
use eventlog::Position;
use sqlx::PgPool;
use tokio::sync::{broadcast, watch};

use crate::{definition::Definition, error::ReadModelError, model::Seen, told::Stopped};

/// Batches a slow subscriber may lag behind before it must catch up from the log.
const NEWS: usize = 256;

/// How news begins that models which keep up have reached a position.
const REACHED: &str = "reached\n";

/// News for other processes: how far models are that keep up, by their labels.
pub(crate) fn reached<'a>(models: impl Iterator<Item = (&'a String, &'a Position)>) -> String {
    let lines: Vec<String> = models.map(|(label, position)| format!("{position} {label}")).collect();
    format!("{REACHED}{}", lines.join("\n"))
}

/// One model.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Stand {
    /// Every event up to here is in its table.
    pub(crate) position: Position,
    /// This process folds it.
    pub(crate) held: bool,
    /// Since when it does not keep up with the others.
    pub(crate) stale_since: Option<DateTime<Utc>>,
    /// Where it stopped and why; not while it catches up.
    pub(crate) stopped: Option<Stopped>,
    /// So many erasures are seen to.
    pub(crate) erasures: i64,
}

/// A stored stand.
struct Stored {
    model: String,
    version: String,
    position: Position,
    holder: Option<i32>,
    stale_since: Option<DateTime<Utc>>,
    stopped_at: Option<Position>,
    trouble: Option<String>,
    erasures: i64,
    destroyed: i64,
}

/// All models, in the order of the definitions.
#[derive(Debug)]
pub(crate) struct Standing {
    stands: Mutex<Vec<Stand>>,
    /// So often something was erased.
    destroyed: AtomicI64,
    /// Every event up to here was told to whoever keeps what it read.
    noted: AtomicI64,
    /// Every event up to here can be seen in every model that is not stale.
    reached: watch::Sender<Position>,
    news: broadcast::Sender<Arc<[Seen]>>,
    /// Why nothing goes on, such as the database being away.
    trouble: Mutex<HashMap<Part, String>>,
}

/// The parts of the engine that meet trouble, each of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    Worker,
    Follower,
}

impl Standing {
    pub(crate) fn new(models: usize) -> Self {
        Self {
            stands: Mutex::new(vec![Stand::default(); models]),
            destroyed: AtomicI64::new(0),
            noted: AtomicI64::new(0),
            reached: watch::Sender::new(0),
            news: broadcast::Sender::new(NEWS),
            trouble: Mutex::default(),
        }
    }

    pub(crate) fn reached(&self) -> watch::Receiver<Position> {
        self.reached.subscribe()
    }

    pub(crate) fn news(&self) -> broadcast::Receiver<Arc<[Seen]>> {
        self.news.subscribe()
    }

    pub(crate) fn trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).values().next().cloned()
    }

    /// Notes what keeps a part from going on, or that nothing does.
    pub(crate) fn note(&self, part: Part, error: Option<&ReadModelError>) {
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(error) = error {
            tracing::error!(error = error as &dyn std::error::Error, "the read models do not go on");
            trouble.insert(part, error.to_string());
        } else {
            trouble.remove(&part);
        }
    }

    pub(crate) fn all(&self) -> Vec<Stand> {
        self.stands().clone()
    }

    pub(crate) fn of(&self, model: usize) -> Stand {
        self.stands()[model].clone()
    }

    fn stands(&self) -> MutexGuard<'_, Vec<Stand>> {
        self.stands.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every event up to here was told to whoever keeps what it read.
    pub(crate) fn note_until(&self, position: Position) {
        self.noted.fetch_max(position, Ordering::AcqRel);
    }

    /// So often something was erased.
    pub(crate) fn destroyed(&self) -> i64 {
        self.destroyed.load(Ordering::Acquire)
    }

    /// The models that this process folds page by page.
    pub(crate) fn keeping_up(&self) -> Vec<usize> {
        let stands = self.stands();
        let keeping_up = |stand: &Stand| stand.held && stand.stale_since.is_none();
        stands.iter().enumerate().filter(|(_, stand)| keeping_up(stand)).map(|(n, _)| n).collect()
    }

    /// Changes what is known of a model.
    pub(crate) fn change(&self, model: usize, change: impl FnOnce(&mut Stand)) {
        change(&mut self.stands()[model]);
    }

    /// Reads from the database how all models stand, and tells who waits. What another process folded counts; what the
    /// database has lost, having crashed, does not any more. Returns whether something was lost.
    pub(crate) async fn learn(
        &self,
        pool: &PgPool,
        definitions: &[Definition],
        me: i32,
    ) -> Result<bool, ReadModelError> {
        // What was known before the question is in the answer, unless it was lost.
        let before = self.all();
        let rows = sqlx::query_as!(
            Stored,
            r#"SELECT model, version, position, holder, stale_since, stopped_at, trouble, erasures,
                      coalesce((SELECT destroyed FROM log.erasure), 0) AS "destroyed!"
               FROM readmodel.build WHERE role = 'live'"#
        )
        .fetch_all(pool)
        .await?;
        let mut stored: HashMap<String, Stored> =
            rows.into_iter().map(|row| (format!("{} {}", row.model, row.version), row)).collect();
        let mut lost = false;
        {
            let mut stands = self.stands();
            for ((definition, stand), before) in definitions.iter().zip(stands.iter_mut()).zip(before) {
                let Some(row) = stored.remove(&definition.label()) else { continue };
                if row.position < before.position {
                    lost = true;
                    stand.position = row.position;
                } else {
                    stand.position = stand.position.max(row.position);
                }
                self.destroyed.store(row.destroyed, Ordering::Release);
                stand.held = row.holder == Some(me);
                stand.erasures = row.erasures;
                stand.stale_since = row.stale_since;
                stand.stopped = row.stopped_at.zip(row.trouble).map(|(position, why)| Stopped { position, why });
            }
        }
        self.publish(None);
        Ok(lost)
    }

    /// Takes in what another process tells of its models (see [`reached`]). Returns false when it tells something else.
    pub(crate) fn hear(&self, definitions: &[Definition], news: &str) -> bool {
        let Some(news) = news.strip_prefix(REACHED) else { return false };
        {
            let mut stands = self.stands();
            for (position, label) in news.lines().filter_map(|line| line.split_once(' ')) {
                let model = definitions
                    .iter()
                    .position(|definition| label.split_once(' ') == Some((definition.name(), &*definition.version)));
                let Some((stand, position)) = model.map(|model| &mut stands[model]).zip(position.parse().ok()) else {
                    continue; // of a program with other definitions
                };
                // What was read from the database may be of later than what is heard.
                if position > stand.position {
                    *stand = Stand { position, stale_since: None, stopped: None, ..stand.clone() };
                }
            }
        }
        self.publish(None);
        true
    }

    /// Tells who waits how far all are. `seen` are the events that led here, if this process has them and folds all
    /// models; who listens to news reads them from the log otherwise.
    pub(crate) fn publish(&self, seen: Option<Arc<[Seen]>>) {
        let position = {
            let stands = self.stands();
            let keeping_up = stands.iter().filter(|stand| stand.stale_since.is_none());
            match keeping_up.map(|stand| stand.position).min() {
                Some(position) => position.min(self.noted.load(Ordering::Acquire)),
                None => return,
            }
        };
        let before = self.reached.send_replace(position);
        metrics::gauge!("readmodel_position").set(crate::as_gauge(position));
        if position > before {
            // Nobody may be listening.
            let _ = self.news.send(seen.unwrap_or_default());
        }
    }

    /// Puts each model's position, and where it stopped, among the metrics.
    pub(crate) fn measure(&self, definitions: &[Definition]) {
        for (definition, stand) in definitions.iter().zip(self.all()) {
            let stopped_at = stand.stopped.map_or(0, |stopped| stopped.position);
            metrics::gauge!("readmodel_model_position", "model" => definition.name())
                .set(crate::as_gauge(stand.position));
            metrics::gauge!("readmodel_stopped_at", "model" => definition.name()).set(crate::as_gauge(stopped_at));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition;

    #[test]
    fn what_another_process_tells_counts_unless_later_is_known() {
        let definitions = definition::all();
        let standing = Standing::new(definitions.len());
        let labels: Vec<String> = definitions.iter().map(Definition::label).collect();
        let tell = |position: Position| reached(labels.iter().zip(std::iter::repeat(&position)));
        let positions = || standing.all().iter().map(|stand| stand.position).collect::<Vec<_>>();
        standing.note_until(100);
        standing.change(0, |stand| stand.stale_since = Some(DateTime::UNIX_EPOCH));
        standing.change(1, |stand| stand.position = 9);

        assert!(standing.hear(&definitions, &tell(7)));
        let expected = |n| if n == 1 { 9 } else { 7 };
        assert_eq!(positions(), (0..definitions.len()).map(expected).collect::<Vec<_>>());
        assert_eq!(standing.of(0).stale_since, None, "it keeps up again");
        assert_eq!(*standing.reached().borrow(), 7);

        assert!(standing.hear(&definitions, &reached([(&"project 1-of-others".to_owned(), &50)].into_iter())));
        assert_eq!(*standing.reached().borrow(), 7, "another definition says nothing of ours");
        assert!(!standing.hear(&definitions, "switched") && !standing.hear(&definitions, ""));
    }
}
