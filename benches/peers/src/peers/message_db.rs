//! message-db: functions in Postgres, from the npm package `@eventide/message-db`.

use std::path::Path;

use anyhow::Context as _;
use async_trait::async_trait;
use sqlx09::{ConnectOptions as _, PgConnection, Row as _};
use uuid::Uuid;

use crate::{
    event::{self, Raised},
    peer::{Caller, Follower, Home, Peer, Seen, note},
    place::Place,
};

/// What the package's own install.sh runs, in its order (views left out: nobody reads them here).
const FILES: [&str; 20] = [
    "roles/message-store.sql",
    "schema/message-store.sql",
    "extensions/pgcrypto.sql",
    "tables/messages.sql",
    "types/message.sql",
    "functions/message-store-version.sql",
    "functions/hash-64.sql",
    "functions/acquire-lock.sql",
    "functions/category.sql",
    "functions/is-category.sql",
    "functions/id.sql",
    "functions/cardinal-id.sql",
    "functions/stream-version.sql",
    "functions/write-message.sql",
    "functions/get-stream-messages.sql",
    "functions/get-category-messages.sql",
    "functions/get-last-stream-message.sql",
    "indexes/messages-id.sql",
    "indexes/messages-stream.sql",
    "indexes/messages-category.sql",
];

/// A message store with one category, as a service has.
pub(crate) struct MessageDb {
    place: Place,
}

impl MessageDb {
    /// `package` is the folder in which the package was installed.
    pub(crate) async fn create(place: Place, package: &Path) -> anyhow::Result<Self> {
        place.run("ALTER ROLE postgres SET search_path TO message_store, public").await?;
        for file in FILES {
            let path = package.join("database").join(file);
            let sql = std::fs::read_to_string(&path).with_context(|| format!("{} is missing", path.display()))?;
            place.run(sql).await.with_context(|| format!("{file} failed"))?;
        }
        place.run("ALTER ROLE postgres RESET search_path").await?;
        Ok(Self { place })
    }

    async fn connect(&self) -> anyhow::Result<PgConnection> {
        // As the package tells its users to connect.
        Ok(self.place.options()?.options([("search_path", "message_store,public")]).connect().await?)
    }
}

#[async_trait]
impl Peer for MessageDb {
    fn name(&self) -> &'static str {
        "message-db"
    }

    async fn caller(&self) -> anyhow::Result<Box<dyn Caller>> {
        let stream = format!("project-{}", event::id());
        Ok(Box::new(Writer { connection: self.connect().await?, stream, version: -1 }))
    }

    async fn read(&self, limit: usize) -> anyhow::Result<Option<Vec<Uuid>>> {
        let (mut connection, mut next, mut events) = (self.connect().await?, 1, Vec::new());
        while events.len() < limit {
            let page = page(&mut connection, &mut next).await?;
            if page.is_empty() {
                break;
            }
            events.extend(page);
        }
        Ok(Some(events))
    }

    async fn follow(&self, seen: Seen) -> anyhow::Result<Option<Follower>> {
        let (mut connection, mut next) = (self.connect().await?, 1);
        let mut follower = Follower::new();
        follower.spawn(async move {
            loop {
                let page = page(&mut connection, &mut next).await?;
                if page.is_empty() {
                    tokio::time::sleep(super::POLL).await;
                }
                note(&seen, page);
            }
        });
        Ok(Some(follower))
    }

    fn home(&self) -> Home<'_> {
        Home::Database(&self.place)
    }

    async fn count(&self) -> anyhow::Result<u64> {
        self.place.number("SELECT count(*) FROM message_store.messages").await
    }
}

/// The next messages of the category, the published way.
async fn page(connection: &mut PgConnection, next: &mut i64) -> anyhow::Result<Vec<Uuid>> {
    let rows = sqlx09::query("SELECT global_position, data FROM get_category_messages('project', $1, 1000)")
        .bind(*next)
        .fetch_all(connection)
        .await?;
    if let Some(last) = rows.last() {
        *next = last.get::<i64, _>(0) + 1;
    }
    rows.iter().map(|row| Ok(event::known_by(row.get::<&str, _>(1).as_bytes())?)).collect()
}

struct Writer {
    connection: PgConnection,
    stream: String,
    version: i64,
}

#[async_trait]
impl Caller for Writer {
    async fn append(&mut self, events: Vec<Raised>) -> anyhow::Result<()> {
        let many = events.len() > 1;
        if many {
            sqlx09::raw_sql("BEGIN").execute(&mut self.connection).await?;
        }
        for event in &events {
            let written = sqlx09::query("SELECT write_message($1, $2, $3, $4::text::jsonb, $5::text::jsonb, $6)")
                .bind(event::id().to_string())
                .bind(&self.stream)
                .bind("BottleneckRaised")
                .bind(serde_json::to_string(event)?)
                .bind(format!(r#"{{"actor":"{}","correlation":"{}"}}"#, event::ACTOR, event::id()))
                .bind(self.version)
                .fetch_one(&mut self.connection)
                .await?;
            self.version = written.get(0);
        }
        if many {
            sqlx09::raw_sql("COMMIT").execute(&mut self.connection).await?;
        }
        Ok(())
    }
}
