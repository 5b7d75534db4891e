//! Many events at once: COPY into a table with the columns and indexes of the log's, the limit for any import.

use std::time::{Duration, Instant};

use sqlx09::PgConnection;
use uuid::Uuid;

use crate::{
    event::{self, Raised},
    place::Place,
};

/// In what form rows are copied.
#[derive(Clone, Copy)]
pub(crate) enum Form {
    Text,
    Binary,
}

const COLUMNS: &str = "position, stream_id, correlation, id, at, version, schema_version, stream_kind, type, actor, \
                       concerns, leaf_hash, data";

/// A database with a table that looks like the log's.
pub(crate) struct Table {
    connection: PgConnection,
    position: i64,
}

impl Table {
    pub(crate) async fn create(place: Place) -> anyhow::Result<Self> {
        place.migrate().await?;
        place
            .run(
                "CREATE SCHEMA bulk;
                 CREATE TABLE bulk.event (LIKE log.event INCLUDING ALL);
                 ALTER INDEX bulk.event_concerns_idx RESET (gin_pending_list_limit);",
            )
            .await?;
        Ok(Self { connection: place.connect().await?, position: 0 })
    }

    /// Copies events in, one stream for each thousand, and says how long that took. Their rows are made beforehand.
    pub(crate) async fn copy(&mut self, form: Form, events: usize) -> anyhow::Result<Duration> {
        let mut rows = Vec::new();
        let mut stream = event::id();
        for nth in 0..events {
            if nth % 1_000 == 0 {
                stream = event::id();
            }
            self.position += 1;
            let version = i32::try_from(nth % 1_000)? + 1;
            match form {
                Form::Text => text_row(&mut rows, self.position, stream, version)?,
                Form::Binary => binary_row(&mut rows, self.position, stream, version)?,
            }
        }
        let (head, tail, named) = match form {
            Form::Text => (&b""[..], &b""[..], "text"),
            // Signature, flags, no header extension; a last row of -1 columns.
            Form::Binary => (&b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0"[..], &b"\xff\xff"[..], "binary"),
        };
        let began = Instant::now();
        let sql = format!("COPY bulk.event ({COLUMNS}) FROM STDIN (FORMAT {named})");
        let mut copy = self.connection.copy_in_raw(&sql).await?;
        copy.send(head).await?;
        for chunk in rows.chunks(1 << 16) {
            copy.send(chunk).await?;
        }
        copy.send(tail).await?;
        copy.finish().await?;
        Ok(began.elapsed())
    }
}

fn text_row(rows: &mut Vec<u8>, position: i64, stream: Uuid, version: i32) -> anyhow::Result<()> {
    let concerns: Vec<String> = event::concerns(stream).iter().map(Uuid::to_string).collect();
    let row = format!(
        "{position}\t{stream}\t{}\t{}\t{}\t{version}\t1\tproject\tBottleneckRaised\t{}\t{{{}}}\t\\\\x{}\t{}\n",
        event::id(),
        event::id(),
        event::now().to_rfc3339(),
        event::ACTOR,
        concerns.join(","),
        "07".repeat(32),
        serde_json::to_string(&Raised::new())?,
    );
    rows.extend_from_slice(row.as_bytes());
    Ok(())
}

fn binary_row(rows: &mut Vec<u8>, position: i64, stream: Uuid, version: i32) -> anyhow::Result<()> {
    /// Microseconds from 1970, where Unix begins, to 2000, where Postgres does.
    const POSTGRES_EPOCH: i64 = 946_684_800_000_000;
    /// The type `uuid` in an array.
    const UUID: i32 = 2950;
    let mut concerns: Vec<u8> = [1, 0, UUID, 4, 1].iter().flat_map(|word: &i32| word.to_be_bytes()).collect();
    for id in event::concerns(stream) {
        concerns.extend(16_i32.to_be_bytes());
        concerns.extend(id.as_bytes());
    }
    let at = event::now().timestamp_micros() - POSTGRES_EPOCH;
    let (correlation, id) = (event::id(), event::id());
    let fields: [&[u8]; 13] = [
        &position.to_be_bytes(),
        stream.as_bytes(),
        correlation.as_bytes(),
        id.as_bytes(),
        &at.to_be_bytes(),
        &version.to_be_bytes(),
        &1_i16.to_be_bytes(),
        b"project",
        b"BottleneckRaised",
        event::ACTOR.as_bytes(),
        &concerns,
        &[7; 32],
        &serde_json::to_vec(&Raised::new())?,
    ];
    rows.extend(13_i16.to_be_bytes());
    for field in fields {
        rows.extend(i32::try_from(field.len())?.to_be_bytes());
        rows.extend(field);
    }
    Ok(())
}
