//! The log as it is stored, for those who check it: nothing is taken for granted, not even that positions are dense.

use futures::TryStreamExt as _;

use crate::{
    Log,
    error::ReadError,
    read::Row,
    record::{Position, Recorded},
    tree::{Node, Tree},
};

/// Where the log says that it ends, and where its rows do, at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ends {
    /// The position in the head row.
    pub head: Position,
    /// The tree in the head row; nothing when what is stored is none.
    pub tree: Option<Tree>,
    /// The highest position of a row; nothing when there are no rows.
    pub last: Option<Position>,
}

impl Log {
    /// Where the log says that it ends, and where its rows do.
    pub async fn ends(&self) -> Result<Ends, ReadError> {
        let row = sqlx::query!(
            r#"SELECT position, tree_size, peaks, (SELECT max(position) FROM log.event) AS last
               FROM log.head"#
        )
        .fetch_one(&self.pool)
        .await?;
        let tree = Tree::read(row.tree_size, &row.peaks);
        Ok(Ends { head: row.position, tree, last: row.last })
    }

    /// Rows after a position, in order, at most `limit`, whatever is missing between them; a row that does not read is
    /// given by its position.
    pub async fn rows(&self, after: Position, limit: i64) -> Result<Vec<Result<Recorded, Position>>, ReadError> {
        let page = sqlx::query_as!(
            Row,
            r#"SELECT position, stream_kind, stream_id, version, id, type AS event_type, schema_version, at, actor,
                      correlation, causation, concerns, data::text AS "data!", leaf_hash
               FROM log.event WHERE position > $1 ORDER BY position LIMIT $2"#,
            after,
            limit
        )
        .fetch(&self.pool)
        .map_ok(readable)
        .try_collect()
        .await
        .map_err(ReadError::from);
        match page {
            Err(ReadError::Database(_)) => self.rows_one_by_one(after, limit).await,
            page => page,
        }
    }

    /// The same where a column of some row cannot even be decoded.
    async fn rows_one_by_one(&self, after: Position, limit: i64) -> Result<Vec<Result<Recorded, Position>>, ReadError> {
        let positions = sqlx::query_scalar!(
            "SELECT position FROM log.event WHERE position > $1 ORDER BY position LIMIT $2",
            after,
            limit
        )
        .fetch_all(&self.pool)
        .await?;
        let mut rows = Vec::with_capacity(positions.len());
        for position in positions {
            let row = sqlx::query_as!(
                Row,
                r#"SELECT position, stream_kind, stream_id, version, id, type AS event_type, schema_version, at, actor,
                          correlation, causation, concerns, data::text AS "data!", leaf_hash
                   FROM log.event WHERE position = $1"#,
                position
            );
            rows.push(match row.fetch_one(&self.pool).await.map_err(ReadError::from) {
                Ok(row) => readable(row),
                Err(ReadError::Database(_)) => Err(position),
                Err(error) => return Err(error),
            });
        }
        Ok(rows)
    }

    /// The stored nodes of the tree after one of them, in order of level and index, at most `limit`.
    pub async fn nodes(&self, after: (i16, i64), limit: i64) -> Result<Vec<Node>, ReadError> {
        let rows = sqlx::query!(
            "SELECT level, index, hash FROM log.tree_node WHERE (level, index) > ($1, $2) ORDER BY level, index LIMIT $3",
            after.0,
            after.1,
            limit
        )
        .fetch_all(&self.pool)
        .await?;
        // (The table takes hashes of 32 bytes only; another length would be as wrong as another hash.)
        let hash = |hash: Vec<u8>| hash.try_into().unwrap_or_default();
        Ok(rows.into_iter().map(|row| Node { level: row.level, index: row.index, hash: hash(row.hash) }).collect())
    }
}

fn readable(row: Row) -> Result<Recorded, Position> {
    let position = row.position;
    Recorded::try_from(row).map_err(|_| position)
}
