//! Reading and writing the rows of a model, whatever the model.

use std::{collections::HashMap, marker::PhantomData};

use futures::future::BoxFuture;
use sqlx::{AssertSqlSafe, PgConnection, Row as _};

use crate::{
    error::ReadModelError,
    model::{Model, Rows, Seen},
};

/// A model without its types, so that the engine can hold many.
pub(crate) trait AnyModel: Send + Sync {
    fn name(&self) -> &'static str;

    /// Changes with the definition of the model.
    fn version(&self) -> String;

    /// Makes an empty table with its indexes.
    fn create<'a>(
        &'a self,
        connection: &'a mut PgConnection,
        table: &'a str,
    ) -> BoxFuture<'a, Result<(), ReadModelError>>;

    /// Folds events, in order, into a table.
    fn project<'a>(
        &'a self,
        connection: &'a mut PgConnection,
        table: &'a str,
        events: &'a [Seen],
    ) -> BoxFuture<'a, Result<(), ReadModelError>>;
}

pub(crate) struct Of<M>(PhantomData<M>);

impl<M: Model> Of<M> {
    pub(crate) fn boxed() -> Box<dyn AnyModel> {
        Box::new(Self(PhantomData))
    }
}

/// The table that queries read.
pub(crate) fn live(model: &str) -> String {
    format!("readmodel.{model}")
}

impl<M: Model> AnyModel for Of<M> {
    fn name(&self) -> &'static str {
        M::NAME
    }

    fn version(&self) -> String {
        use sha2::{Digest, Sha256};
        // Comments and how lines are broken up mean nothing, nor do the tests below.
        let (definition, _) = M::DEFINITION.split_once("#[cfg(test)]").unwrap_or((M::DEFINITION, ""));
        let lines = definition.lines().map(str::trim).filter(|line| !line.starts_with("//"));
        let words = lines.flat_map(str::split_whitespace);
        let hash = words.fold(Sha256::new(), |hash, word| hash.chain_update(word).chain_update([0]));
        format!("{}-{}", M::VERSION, &hex::encode(hash.finalize())[..12])
    }

    fn create<'a>(
        &'a self,
        connection: &'a mut PgConnection,
        table: &'a str,
    ) -> BoxFuture<'a, Result<(), ReadModelError>> {
        Box::pin(async move {
            let mut sql = format!("CREATE TABLE {table} (key text COLLATE \"C\" PRIMARY KEY, doc jsonb NOT NULL);");
            for index in M::INDEXES {
                sql.push_str(&index.replace("{table}", table));
                sql.push(';');
            }
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await?;
            Ok(())
        })
    }

    fn project<'a>(
        &'a self,
        connection: &'a mut PgConnection,
        table: &'a str,
        events: &'a [Seen],
    ) -> BoxFuture<'a, Result<(), ReadModelError>> {
        Box::pin(async move {
            let mut keys: Vec<String> = events.iter().flat_map(M::touches).collect();
            keys.sort_unstable();
            keys.dedup();
            let mut rows = Rows::new(load::<M>(connection, table, &keys).await?);
            for event in events {
                M::fold(&mut rows, event);
            }
            store::<M>(connection, table, &rows).await
        })
    }
}

/// The rows with these keys.
pub(crate) async fn load<M: Model>(
    connection: &mut PgConnection,
    table: &str,
    keys: &[String],
) -> Result<HashMap<String, M::Row>, ReadModelError> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = format!("SELECT key, doc::text FROM {table} WHERE key = ANY($1)");
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(keys).fetch_all(connection).await?;
    rows.into_iter()
        .map(|row| {
            let (key, doc): (String, String) = (row.try_get(0)?, row.try_get(1)?);
            Ok((key, read::<M>(&doc)?))
        })
        .collect()
}

/// A stored document as a row.
pub(crate) fn read<M: Model>(doc: &str) -> Result<M::Row, ReadModelError> {
    serde_json::from_str(doc).map_err(|source| ReadModelError::Row { model: M::NAME, source })
}

async fn store<M: Model>(
    connection: &mut PgConnection,
    table: &str,
    rows: &Rows<M::Row>,
) -> Result<(), ReadModelError> {
    let changed = rows.changed();
    if changed.is_empty() {
        return Ok(());
    }
    let mut keys = Vec::with_capacity(changed.len());
    let mut docs = Vec::with_capacity(changed.len());
    for (key, row) in changed {
        keys.push(key.to_owned());
        docs.push(serde_json::to_string(row).map_err(|source| ReadModelError::Row { model: M::NAME, source })?);
    }
    let sql = format!(
        "INSERT INTO {table} (key, doc) SELECT key, doc::jsonb FROM unnest($1::text[], $2::text[]) AS new (key, doc)
         ON CONFLICT (key) DO UPDATE SET doc = excluded.doc"
    );
    sqlx::query(AssertSqlSafe(sql)).bind(keys).bind(docs).execute(connection).await?;
    Ok(())
}
