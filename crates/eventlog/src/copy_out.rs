//! Reading a great part of the log: by COPY in its binary format, the cheapest way out.

use bytes::Buf as _;
use chrono::TimeDelta;
use futures::{Stream, StreamExt as _, TryStreamExt as _, stream};
use serde_json::value::RawValue;
use sqlx::{Connection as _, PgConnection};
use tokio::sync::mpsc::UnboundedSender;
use uuid::Uuid;

use crate::{
    Log,
    copy::{EPOCH, HEADER},
    error::ReadError,
    read::unreadable,
    record::{Position, Recorded, StreamId, names_a_kind},
};

/// A page ends with the event that makes it this large, in bytes: it stays in the cache of a core while it is read.
const PAGE_BYTES: usize = 256 << 10;
/// Room for that event, too, as a rule.
const PAGE_ROOM: usize = PAGE_BYTES + (64 << 10);

/// Events as they came out of the log, some hundreds of them. Reading them takes longer than fetching them, so where and
/// when that is done is up to whoever asked.
#[derive(Debug)]
pub struct Copied {
    /// Whole rows.
    rows: Vec<u8>,
    /// Takes the room they took, for others.
    spent: UnboundedSender<Vec<u8>>,
}

impl Drop for Copied {
    fn drop(&mut self) {
        let mut room = std::mem::take(&mut self.rows);
        room.clear();
        let _ = self.spent.send(room); // all may have come
    }
}

impl Log {
    /// All events after a position up to another, in order: of the streams of some kinds, or of all when none is named.
    /// One statement on a connection of its own, so that it sees the log as of one moment.
    pub async fn copy_out(
        &self,
        after: Position,
        until: Position,
        kinds: &[&str],
    ) -> Result<impl Stream<Item = Result<Copied, ReadError>> + Send + use<>, ReadError> {
        let mut connection =
            PgConnection::connect_with(&self.connect.clone().application_name("eventlog reader")).await?;
        // COPY takes no parameters.
        let of_kinds = if kinds.is_empty() {
            String::new()
        } else {
            let names: Vec<String> =
                kinds.iter().filter(|kind| names_a_kind(kind)).map(|kind| format!("'{kind}'")).collect();
            format!("AND stream_kind IN ({})", names.join(", "))
        };
        let sql = format!(
            "COPY (SELECT position, stream_kind, stream_id, version, id, type, schema_version, at, actor, correlation,
                          causation, concerns, data::text, leaf_hash
                   FROM log.event WHERE position > {after} AND position <= {until} {of_kinds} ORDER BY position)
             TO STDOUT (FORMAT binary)"
        );
        let (pages, coming) = tokio::sync::mpsc::channel(2);
        let (spent, mut spare) = tokio::sync::mpsc::unbounded_channel();
        let mut room = move || spare.try_recv().unwrap_or_else(|_| Vec::with_capacity(PAGE_ROOM));
        tokio::spawn(async move {
            let done = async {
                // Rows lie in the order of their positions already: sorting those of some kinds would take longer than
                // passing over the others, and nothing would come until it is done.
                sqlx::raw_sql("SET enable_sort = off").execute(&mut connection).await?;
                let mut pieces = connection.copy_out_raw(&sql).await?;
                let (mut page, mut begun) = (room(), false);
                loop {
                    let piece = pieces.try_next().await?;
                    let last = piece.is_none();
                    page.extend_from_slice(&piece.unwrap_or_default());
                    if page.len() < PAGE_BYTES && !last {
                        continue;
                    }
                    if !begun {
                        begun = page.starts_with(HEADER);
                        if !begun {
                            return Err(unreadable("COPY", "no header of the binary format"));
                        }
                        page.drain(..HEADER.len());
                    }
                    let (mut rest, whole) = (room(), whole_rows(&page));
                    rest.extend_from_slice(&page[whole..]);
                    page.truncate(whole);
                    let rows = std::mem::replace(&mut page, rest);
                    let handed_on = pages.send(Ok(Copied { rows, spent: spent.clone() })).await;
                    if handed_on.is_err() || last {
                        return Ok(());
                    }
                }
            };
            if let Err(error) = done.await {
                let _ = pages.send(Err(error)).await; // nobody may be reading any more
            }
        });
        Ok(stream::unfold(coming, |mut coming| async move { Some((coming.recv().await?, coming)) }).boxed())
    }
}

impl Copied {
    /// The events.
    pub fn read(&self) -> Result<Vec<Recorded>, ReadError> {
        let mut rows = &*self.rows;
        let mut events = Vec::with_capacity(rows.len() / 512);
        while rows.has_remaining() {
            if let Some(event) = row(&mut rows)? {
                events.push(event);
            }
        }
        Ok(events)
    }
}

/// Where the last row ends of which all has come.
fn whole_rows(bytes: &[u8]) -> usize {
    std::iter::successors(Some(0), |at| end_of_row(bytes, *at)).last().unwrap_or_default()
}

/// Where the row ends that begins at a place; nothing while its end has not come.
fn end_of_row(bytes: &[u8], mut at: usize) -> Option<usize> {
    let fields = i16::from_be_bytes(*bytes.get(at..)?.first_chunk()?);
    at += 2;
    for _ in 0..fields {
        let length = i32::from_be_bytes(*bytes.get(at..)?.first_chunk()?);
        at += 4 + usize::try_from(length).unwrap_or(0);
    }
    (at <= bytes.len()).then_some(at)
}

/// One row; nothing for the trailer.
fn row(bytes: &mut &[u8]) -> Result<Option<Recorded>, ReadError> {
    if bytes.get_i16() < 0 {
        return Ok(None);
    }
    Ok(Some(Recorded {
        position: field(bytes, "position")?.get_i64(),
        stream: StreamId { kind: text(field(bytes, "stream_kind")?)?, id: uuid(field(bytes, "stream_id")?)? },
        version: field(bytes, "version")?.get_i32(),
        id: uuid(field(bytes, "id")?)?,
        event_type: text(field(bytes, "type")?)?,
        schema_version: field(bytes, "schema_version")?.get_i16(),
        at: EPOCH + TimeDelta::microseconds(field(bytes, "at")?.get_i64()),
        actor: text(field(bytes, "actor")?)?,
        correlation: uuid(field(bytes, "correlation")?)?,
        causation: nullable(bytes, "causation")?.map(uuid).transpose()?,
        concerns: uuids(field(bytes, "concerns")?)?,
        data: RawValue::from_string(text(field(bytes, "data")?)?).map_err(|error| unreadable("data", error))?,
        leaf_hash: field(bytes, "leaf_hash")?
            .try_into()
            .map_err(|_| unreadable("leaf_hash", "a leaf hash has 32 bytes"))?,
    }))
}

/// The next field of a row; nothing where there is no value: its length is -1.
fn nullable<'a>(bytes: &mut &'a [u8], name: &'static str) -> Result<Option<&'a [u8]>, ReadError> {
    let Ok(length) = usize::try_from(bytes.get_i32()) else { return Ok(None) };
    let (field, rest) = bytes.split_at_checked(length).ok_or_else(|| unreadable(name, "too short"))?;
    *bytes = rest;
    Ok(Some(field))
}

fn field<'a>(bytes: &mut &'a [u8], name: &'static str) -> Result<&'a [u8], ReadError> {
    nullable(bytes, name)?.ok_or_else(|| unreadable(name, "no value"))
}

fn text(bytes: &[u8]) -> Result<String, ReadError> {
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|error| unreadable("text", error))
}

fn uuid(bytes: &[u8]) -> Result<Uuid, ReadError> {
    Uuid::from_slice(bytes).map_err(|error| unreadable("uuid", error))
}

/// An array: see [`crate::copy`].
fn uuids(mut bytes: &[u8]) -> Result<Vec<Uuid>, ReadError> {
    let dimensions = bytes.get_i32();
    bytes.advance(8);
    if dimensions == 0 {
        return Ok(Vec::new());
    }
    bytes.advance(8);
    let mut ids = Vec::with_capacity(bytes.len() / 20);
    for element in bytes.chunks(20) {
        ids.push(uuid(element.get(4..).unwrap_or_default())?);
    }
    Ok(ids)
}
