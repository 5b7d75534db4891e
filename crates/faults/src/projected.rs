//! Read models in a campaign: the service processes fold them, and after every fault what is live is compared with the
//! same fold in the coordinator's memory.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use eventlog::{Log, Options, Position};
use readmodel::{
    Model, Options as Opened, ReadModels, Rows, Seen,
    models::{catalogue::Catalogue, timeline::Timeline},
};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::{
    Error, sample,
    stage::{DEADLINE, in_time},
    world::World,
};

/// The models into which the campaign's events go, folded here as far as they were last compared.
#[derive(Default)]
pub(crate) struct Projected {
    catalogue: Folded<Catalogue>,
    timeline: Folded<Timeline>,
    /// How often they were compared.
    pub(crate) compared: usize,
    /// What was not equal.
    pub(crate) wrong: Vec<String>,
}

/// One model.
struct Folded<M: Model> {
    rows: Rows<M::Row>,
    until: Position,
}

impl<M: Model> Default for Folded<M> {
    fn default() -> Self {
        Self { rows: Rows::default(), until: 0 }
    }
}

impl Projected {
    /// Waits until what was in the log when this was asked is folded by whoever lives, and compares what changed since
    /// the last time.
    pub(crate) async fn compare(&mut self, world: &World) -> Result<(), Error> {
        let began = Instant::now();
        let mut head = None;
        loop {
            match self.try_to_compare(world, &mut head).await {
                Ok(true) => {
                    self.compared += 1;
                    return Ok(());
                }
                Ok(false) | Err(Error::Database(_) | Error::Read(_) | Error::ReadModels(_)) => {}
                Err(error) => return Err(error),
            }
            if began.elapsed() > DEADLINE {
                return Err(Error::Stalled("read models that go on after a fault".into()));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn try_to_compare(&mut self, world: &World, head: &mut Option<Position>) -> Result<bool, Error> {
        // A log of its own each time: an earlier one's connections may have been cut.
        let log = sample::open(&world.connect, &Options::default()).await?;
        let head = match head {
            Some(head) => *head,
            None => *head.insert(log.head().await?.position),
        };
        let mut connection = world.admin("postgres").await?;
        let wrong = &mut self.wrong;
        let catalogue = self.catalogue.compare(&mut connection, &log, head, wrong).await?;
        let timeline = self.timeline.compare(&mut connection, &log, head, wrong).await?;
        connection.close().await?;
        Ok(catalogue && timeline)
    }

    /// All rows of all models, live against rebuilt.
    pub(crate) async fn compare_all(&mut self, world: &World) -> Result<(), Error> {
        let log = Arc::new(sample::open(&world.connect, &Options::default()).await?);
        let standby = Opened { standby: true, ..Opened::default() };
        let models = ReadModels::open(sample::pool(&world.connect), log, &standby).await?;
        in_time("read models", models.catch_up()).await??;
        for compared in models.check(&[]).await? {
            if compared.live != compared.rebuilt {
                self.wrong.push(format!("{} is not what the log says: {:?}", compared.model, compared.difference));
            }
        }
        Ok(models.close().await?)
    }
}

impl<M: Model<Row: PartialEq + std::fmt::Debug>> Folded<M> {
    /// Compares at the position at which the live table stands, if that is far enough.
    async fn compare(
        &mut self,
        connection: &mut PgConnection,
        log: &Log,
        head: Position,
        wrong: &mut Vec<String>,
    ) -> Result<bool, Error> {
        let mut snapshot = connection.begin().await?;
        sqlx::raw_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ").execute(&mut *snapshot).await?;
        let sql = "SELECT position FROM readmodel.build WHERE model = $1 AND role = 'live'";
        let position: Option<Position> = sqlx::query_scalar(sql).bind(M::NAME).fetch_optional(&mut *snapshot).await?;
        let Some(position) = position.filter(|position| *position >= head.max(self.until)) else { return Ok(false) };
        while self.until < position {
            let page = log.page(self.until, (position - self.until).min(1_000)).await?;
            let Some(last) = page.last().map(|event| event.position) else { return Ok(false) };
            let opened = log.keys().open(&page).await.map_err(eventlog::ReadError::from)?;
            for (event, opened) in page.iter().zip(opened) {
                M::fold(&mut self.rows, &Seen::new(event, &opened)?);
            }
            self.until = last;
        }
        let keys: Vec<String> = self.rows.written().map(str::to_owned).collect();
        let sql = format!("SELECT key, doc::text FROM {} WHERE key = ANY($1)", readmodel::table(M::NAME));
        let live: Vec<(String, String)> =
            sqlx::query_as(AssertSqlSafe(sql)).bind(&keys).fetch_all(&mut *snapshot).await?;
        let live: HashMap<String, String> = live.into_iter().collect();
        for key in &keys {
            let shown = live.get(key).map(|doc| serde_json::from_str::<M::Row>(doc));
            let same = match (&shown, self.rows.get(key)) {
                (Some(Ok(shown)), Some(row)) => shown == row,
                (None, None) => true,
                _ => false,
            };
            if !same {
                let follows = self.rows.get(key);
                wrong.push(format!("{} {key} at {position}: {shown:?} is shown, {follows:?} follows", M::NAME));
            }
        }
        self.rows.settle(M::is_final);
        Ok(true)
    }
}
