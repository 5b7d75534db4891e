//! Events in the binary format of Postgres' COPY: for many rows at once the cheapest way in.
//!
//! The format stands in the documentation of COPY ("Binary Format"); each field is what the type's `recv` function
//! reads.

use chrono::DateTime;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{batch::Columns, record::Timestamp};

const STATEMENT: &str =
    "COPY log.event (position, stream_kind, stream_id, version, id, type, schema_version, at, actor,
                                         correlation, causation, concerns, data, leaf_hash)
                         FROM STDIN (FORMAT binary)";
const FIELDS: i16 = 14;
/// A signature, no flags, no extension of the header.
pub(crate) const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const TRAILER: i16 = -1;
/// Sent at a time: Postgres reads the rows of one piece while the next is on its way.
const PIECE: usize = 64 << 10;
/// Of the type `uuid`.
const UUID_OID: i32 = 2950;
/// Postgres counts from 2000, in microseconds; 946,684,800 seconds after the Unix epoch.
pub(crate) const EPOCH: Timestamp = DateTime::from_timestamp_secs(946_684_800).expect("a moment");

/// The events as COPY takes them.
pub(crate) fn encode(events: &Columns<'_>) -> Vec<u8> {
    let payloads: usize = events.data.iter().map(|data| data.len()).sum();
    let mut rows = Rows(Vec::with_capacity(HEADER.len() + payloads + 400 * events.position.len()));
    rows.0.extend_from_slice(HEADER);
    for n in 0..events.position.len() {
        rows.0.extend(FIELDS.to_be_bytes());
        rows.field(&events.position[n].to_be_bytes());
        rows.field(events.stream_kind[n].as_bytes());
        rows.field(events.stream_id[n].as_bytes());
        rows.field(&events.version[n].to_be_bytes());
        rows.field(events.id[n].as_bytes());
        rows.field(events.event_type[n].as_bytes());
        rows.field(&events.schema_version[n].to_be_bytes());
        rows.field(&(events.at[n] - EPOCH).num_microseconds().unwrap_or(i64::MAX).to_be_bytes());
        rows.field(events.actor[n].as_bytes());
        rows.field(events.correlation[n].as_bytes());
        match &events.causation[n] {
            Some(id) => rows.field(id.as_bytes()),
            None => rows.int(-1),
        }
        rows.uuids(events.concerns[n]);
        rows.field(events.data[n].as_bytes());
        rows.field(&events.leaf_hash[n]);
    }
    rows.0.extend(TRAILER.to_be_bytes());
    rows.0
}

struct Rows(Vec<u8>);

impl Rows {
    fn int(&mut self, number: i32) {
        self.0.extend(number.to_be_bytes());
    }

    fn length(&mut self, length: usize) {
        // What is appended is bounded far below 2 GiB.
        self.int(i32::try_from(length).unwrap_or(i32::MAX));
    }

    fn field(&mut self, bytes: &[u8]) {
        self.length(bytes.len());
        self.0.extend_from_slice(bytes);
    }

    /// An array: dimensions, whether there are nulls, type; for each dimension its length and first index; elements.
    /// An empty one has no dimension.
    fn uuids(&mut self, ids: &[Uuid]) {
        let dimensions = i32::from(!ids.is_empty());
        self.length(if ids.is_empty() { 12 } else { 20 + 20 * ids.len() });
        self.int(dimensions);
        self.int(0);
        self.int(UUID_OID);
        if !ids.is_empty() {
            self.length(ids.len());
            self.int(1);
        }
        for id in ids {
            self.field(id.as_bytes());
        }
    }
}

/// Stores encoded events.
pub(crate) async fn copy(connection: &mut PgConnection, rows: &[u8]) -> Result<(), sqlx::Error> {
    let mut copy = connection.copy_in_raw(STATEMENT).await?;
    for piece in rows.chunks(PIECE) {
        copy.send(piece).await?;
    }
    copy.finish().await?;
    Ok(())
}
