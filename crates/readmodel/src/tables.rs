//! The rows of a model, whatever the model: made, read, folded, written.

use std::{any::Any, collections::HashMap, marker::PhantomData, panic::AssertUnwindSafe, sync::Arc};

use eventlog::{Log, Position};
use futures::future::BoxFuture;
use sqlx::{AssertSqlSafe, PgConnection, Row as _};

use crate::{
    bulk::{Bulk, Folder, Memory},
    error::ReadModelError,
    mend,
    model::{Model, Rows, Seen},
    told::{Stopped, Told, readable},
};

/// A model without its types, so that the engine can hold many.
pub(crate) trait AnyModel: Send + Sync {
    fn name(&self) -> &'static str;

    /// Changes with the definition of the model, and with the edition if there is one.
    fn version(&self, edition: &str) -> String;

    /// The kinds of streams whose events it folds.
    fn kinds(&self) -> &'static [&'static str];

    /// What goes along with its rows.
    fn brings(&self) -> &'static [(&'static str, &'static str)];

    /// A stored document as a row of the model's type.
    fn read(&self, doc: &str) -> Result<Arc<dyn Any + Send + Sync>, ReadModelError>;

    /// Folds events, in order, into a table, as far as they can be.
    fn project<'a>(
        &'a self,
        connection: &'a mut PgConnection,
        table: &'a str,
        events: &'a [Told],
    ) -> BoxFuture<'a, Result<Option<Stopped>, ReadModelError>>;

    /// Folds very many events, in order, into a new table, over connections of its own.
    fn bulk(&self, connection: PgConnection, beside: Vec<PgConnection>, table: String, memory: Memory)
    -> Box<dyn Bulk>;

    /// Folds the rows anew into which some events went, as of a position. Returns how many changed.
    fn mend<'a>(
        &'a self,
        connection: &'a mut PgConnection,
        table: &'a str,
        log: &'a Log,
        events: &'a [Seen],
        until: Position,
    ) -> BoxFuture<'a, Result<usize, ReadModelError>>;
}

pub(crate) struct Of<M>(PhantomData<M>);

impl<M: Model> Of<M> {
    pub(crate) fn boxed() -> Box<dyn AnyModel> {
        Box::new(Self(PhantomData))
    }
}

impl<M: Model> AnyModel for Of<M> {
    fn name(&self) -> &'static str {
        M::NAME
    }

    fn version(&self, edition: &str) -> String {
        use sha2::{Digest, Sha256};
        // Comments and how lines are broken up mean nothing, nor do the tests below.
        let (definition, _) = M::DEFINITION.split_once("#[cfg(test)]").unwrap_or((M::DEFINITION, ""));
        let lines = definition.lines().map(str::trim).filter(|line| !line.starts_with("//"));
        let words = lines.flat_map(str::split_whitespace).chain(edition.split_whitespace());
        let hash = words.fold(Sha256::new(), |hash, word| hash.chain_update(word).chain_update([0]));
        format!("{}-{}", M::VERSION, &hex::encode(hash.finalize())[..12])
    }

    fn kinds(&self) -> &'static [&'static str] {
        M::KINDS
    }

    fn brings(&self) -> &'static [(&'static str, &'static str)] {
        M::BRINGS
    }

    fn read(&self, doc: &str) -> Result<Arc<dyn Any + Send + Sync>, ReadModelError> {
        Ok(Arc::new(read::<M>(doc)?))
    }

    fn project<'a>(
        &'a self,
        connection: &'a mut PgConnection,
        table: &'a str,
        events: &'a [Told],
    ) -> BoxFuture<'a, Result<Option<Stopped>, ReadModelError>> {
        Box::pin(async move {
            let (mut events, mut stopped) = readable(events, M::KINDS);
            loop {
                let mut keys: Vec<String> = events.iter().flat_map(|event| M::touches(event)).collect();
                keys.sort_unstable();
                keys.dedup();
                let mut rows = Rows::new(load::<M>(connection, table, &keys).await?);
                match fold::<M>(&mut rows, &events) {
                    Ok(()) => {
                        store::<M>(connection, table, &rows).await?;
                        return Ok(stopped);
                    }
                    // Half an event may have been folded: begin again with the events before it.
                    Err((n, why)) => {
                        stopped = Some(Stopped { position: events[n].position, why });
                        events.truncate(n);
                    }
                }
            }
        })
    }

    fn bulk(
        &self,
        connection: PgConnection,
        beside: Vec<PgConnection>,
        table: String,
        memory: Memory,
    ) -> Box<dyn Bulk> {
        Box::new(Folder::<M>::new(connection, beside, table, memory))
    }

    fn mend<'a>(
        &'a self,
        connection: &'a mut PgConnection,
        table: &'a str,
        log: &'a Log,
        events: &'a [Seen],
        until: Position,
    ) -> BoxFuture<'a, Result<usize, ReadModelError>> {
        Box::pin(mend::mend::<M>(connection, table, log, events, until))
    }
}

/// Folds events one after the other. Tells at which one the fold broke, and what it said.
pub(crate) fn fold<M: Model>(rows: &mut Rows<M::Row>, events: &[&Seen]) -> Result<(), (usize, String)> {
    events.iter().enumerate().try_for_each(|(n, event)| {
        std::panic::catch_unwind(AssertUnwindSafe(|| M::fold(rows, event))).map_err(|panic| (n, said(&*panic)))
    })
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("the fold broke: {}", text.unwrap_or("it did not say why"))
}

/// The one shape of a table, without its key. A document stays with its key as long as both fit in a page: it is written
/// and read without a detour. It is compressed by LZ4 where the server can: several times faster than its default.
pub(crate) async fn create(connection: &mut PgConnection, table: &str) -> Result<(), ReadModelError> {
    let mut sql = format!(
        "CREATE TABLE {table} (key text COLLATE \"C\" NOT NULL, doc jsonb NOT NULL) WITH (toast_tuple_target = 8160)"
    );
    let lz4 = "SELECT 'lz4' = ANY(enumvals) FROM pg_settings WHERE name = 'default_toast_compression'";
    if sqlx::query_scalar::<_, Option<bool>>(lz4).fetch_optional(&mut *connection).await?.flatten() == Some(true) {
        sql = format!("{sql}; ALTER TABLE {table} ALTER doc SET COMPRESSION lz4");
    }
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await?;
    Ok(())
}

/// The statement that gives a table its key. (A unique index rather than a primary key, as other indexes can be made
/// beside it.)
pub(crate) fn key_of(table: &str) -> String {
    format!("CREATE UNIQUE INDEX ON {table} (key)")
}

pub(crate) async fn drop(connection: &mut PgConnection, table: &str) -> Result<(), ReadModelError> {
    sqlx::raw_sql(AssertSqlSafe(format!("DROP TABLE IF EXISTS {table}"))).execute(connection).await?;
    Ok(())
}

/// The rows with these keys.
pub(crate) async fn load<M: Model>(
    connection: &mut PgConnection,
    table: &str,
    keys: &[String],
) -> Result<HashMap<String, M::Row>, ReadModelError> {
    Ok(load_sized::<M>(connection, table, keys).await?.0)
}

/// The same, and how many bytes their documents are.
pub(crate) async fn load_sized<M: Model>(
    connection: &mut PgConnection,
    table: &str,
    keys: &[String],
) -> Result<(HashMap<String, M::Row>, usize), ReadModelError> {
    let (mut found, mut bytes) = (HashMap::new(), 0);
    if keys.is_empty() {
        return Ok((found, bytes));
    }
    let sql = format!("SELECT key, doc::text FROM {table} WHERE key = ANY($1)");
    for row in sqlx::query(AssertSqlSafe(sql)).bind(keys).fetch_all(connection).await? {
        let (key, doc): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        bytes += doc.len();
        found.insert(key, read::<M>(&doc)?);
    }
    Ok((found, bytes))
}

/// A stored document as a row.
pub(crate) fn read<M: Model>(doc: &str) -> Result<M::Row, ReadModelError> {
    serde_json::from_str(doc).map_err(|source| ReadModelError::Row { model: M::NAME, source })
}

/// A row as a document.
pub(crate) fn write<M: Model>(row: &M::Row) -> Result<String, ReadModelError> {
    serde_json::to_string(row).map_err(|source| ReadModelError::Row { model: M::NAME, source })
}

/// The same, after what a buffer holds already.
pub(crate) fn write_to<M: Model>(row: &M::Row, buffer: &mut Vec<u8>) -> Result<(), ReadModelError> {
    serde_json::to_writer(buffer, row).map_err(|source| ReadModelError::Row { model: M::NAME, source })
}

async fn store<M: Model>(
    connection: &mut PgConnection,
    table: &str,
    rows: &Rows<M::Row>,
) -> Result<(), ReadModelError> {
    let changed = rows.changed();
    let mut keys = Vec::with_capacity(changed.len());
    let mut docs = Vec::with_capacity(changed.len());
    for (key, row) in changed {
        keys.push(key.to_owned());
        docs.push(write::<M>(row)?);
    }
    upsert(connection, table, keys, docs).await
}

/// Writes documents by their keys, in place of those that are there.
pub(crate) async fn upsert(
    connection: &mut PgConnection,
    table: &str,
    keys: Vec<String>,
    docs: Vec<String>,
) -> Result<(), ReadModelError> {
    if keys.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "INSERT INTO {table} (key, doc) SELECT key, doc::jsonb FROM unnest($1::text[], $2::text[]) AS new (key, doc)
         ON CONFLICT (key) DO UPDATE SET doc = excluded.doc"
    );
    sqlx::query(AssertSqlSafe(sql)).bind(keys).bind(docs).execute(connection).await?;
    Ok(())
}
