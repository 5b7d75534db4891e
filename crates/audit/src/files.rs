//! The two forms in which events are written to a file.

use std::{
    fmt,
    fs::File,
    io::{self, BufWriter, Write},
};

use eventlog::Recorded;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::WrittenFile;

/// How events are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// One canonical JSON object (RFC 8785) a line: see [`ndjson_line`].
    Ndjson,
    /// A table with a header (RFC 4180, lines end in LF): the members of [`ndjson_line`] as columns, `concerns`
    /// separated by spaces, `data` as JSON.
    Csv,
}

impl Format {
    /// The name of the file that holds the events.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Ndjson => "events.ndjson",
            Self::Csv => "events.csv",
        }
    }
}

/// The columns of a table.
const COLUMNS: [&str; 13] = [
    "position",
    "stream",
    "version",
    "id",
    "type",
    "schemaVersion",
    "at",
    "actor",
    "correlation",
    "causation",
    "concerns",
    "data",
    "leafHash",
];

/// The canonical envelope of an event with its leaf hash in hex as the member `leafHash`; canonical itself, without
/// a line break.
///
/// Without `leafHash` and in canonical form again, its SHA-256 after a zero byte is `leafHash`.
pub fn ndjson_line(event: &Recorded) -> String {
    let mut line = eventlog::envelope(event);
    let member = format!(",\"leafHash\":\"{}\"", hex::encode(event.leaf_hash));
    // Members are sorted: this one belongs right before `position`. What follows that is written by the log, and
    // quotation marks in strings are escaped, so the last such text is the member and no part of a string.
    let place = line.rfind(",\"position\":").unwrap_or(line.len() - 1);
    line.insert_str(place, &member);
    line
}

fn row(event: &Recorded) -> [String; COLUMNS.len()] {
    let concerns: Vec<String> = event.concerns.iter().map(ToString::to_string).collect();
    [
        event.position.to_string(),
        event.stream.to_string(),
        event.version.to_string(),
        event.id.to_string(),
        event.event_type.clone(),
        event.schema_version.to_string(),
        eventlog::timestamp(event.at),
        event.actor.clone(),
        event.correlation.to_string(),
        event.causation.map(|id| id.to_string()).unwrap_or_default(),
        concerns.join(" "),
        event.data.get().to_owned(),
        hex::encode(event.leaf_hash),
    ]
}

/// Writes events in one of the forms.
pub(crate) enum Events<W: Write> {
    Ndjson(W),
    Csv(Box<csv::Writer<W>>),
}

impl<W: Write> Events<W> {
    /// Begins; a table with its header, even if no event follows.
    pub(crate) fn begin(format: Format, to: W) -> io::Result<Self> {
        Ok(match format {
            Format::Ndjson => Self::Ndjson(to),
            Format::Csv => {
                let mut table = csv::Writer::from_writer(to);
                table.write_record(COLUMNS)?;
                Self::Csv(Box::new(table))
            }
        })
    }

    pub(crate) fn write(&mut self, event: &Recorded) -> io::Result<()> {
        match self {
            Self::Ndjson(lines) => {
                lines.write_all(ndjson_line(event).as_bytes())?;
                lines.write_all(b"\n")
            }
            Self::Csv(table) => Ok(table.write_record(row(event))?),
        }
    }

    /// Ends; gives back what was written to.
    pub(crate) fn end(self) -> io::Result<W> {
        match self {
            Self::Ndjson(lines) => Ok(lines),
            Self::Csv(table) => table.into_inner().map_err(csv::IntoInnerError::into_error),
        }
    }
}

/// A file that is counted and hashed as it is written.
pub(crate) struct Hashed {
    file: BufWriter<File>,
    hash: Sha256,
    bytes: u64,
}

impl Hashed {
    pub(crate) fn new(file: File) -> Self {
        Self { file: BufWriter::with_capacity(1 << 18, file), hash: Sha256::new(), bytes: 0 }
    }

    /// Brings it to the disk; tells what was written, under the name it will have.
    pub(crate) fn finish(self, name: &str) -> io::Result<WrittenFile> {
        let file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        Ok(WrittenFile { name: name.to_owned(), bytes: self.bytes, sha256: hex::encode(self.hash.finalize()) })
    }
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl fmt::Debug for Hashed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hashed").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use eventlog::StreamId;
    use serde_json::value::RawValue;
    use uuid::Uuid;

    use super::*;

    /// An event whose texts try to be taken for something else.
    fn event() -> Recorded {
        let data = r#"{"name":"Zorg, \"thuis\"; één\ntwee","trap":",\"position\":1,\"leafHash\":\"00\""}"#;
        let mut event = Recorded {
            position: 42,
            stream: StreamId::new("project", Uuid::from_u128(1)),
            version: 3,
            id: Uuid::from_u128(2),
            event_type: "PhaseAdvanced".into(),
            schema_version: 1,
            at: chrono::DateTime::from_timestamp_micros(1_760_000_000_123_450).expect("a moment"),
            actor: "member:\",\"position\":\"".into(),
            correlation: Uuid::from_u128(3),
            causation: None,
            concerns: vec![Uuid::from_u128(4), Uuid::from_u128(5)],
            data: RawValue::from_string(data.into()).expect("json"),
            leaf_hash: [0; 32],
        };
        event.leaf_hash = eventlog::leaf_hash(eventlog::envelope(&event).as_bytes());
        event
    }

    fn written(format: Format, events: &[Recorded]) -> String {
        let mut file = Events::begin(format, Vec::new()).expect("begins");
        for event in events {
            file.write(event).expect("writes");
        }
        String::from_utf8(file.end().expect("ends")).expect("text")
    }

    #[test]
    fn a_line_is_canonical_and_without_its_hash_it_is_what_the_hash_covers() {
        let line = ndjson_line(&event());
        let mut parsed: serde_json::Value = serde_json::from_str(&line).expect("json");
        assert_eq!(serde_json_canonicalizer::to_string(&parsed).expect("canonical"), line);
        let hash = parsed.as_object_mut().expect("an object").remove("leafHash").expect("a hash");
        let rest = serde_json_canonicalizer::to_vec(&parsed).expect("canonical");
        assert_eq!(hash, hex::encode(eventlog::leaf_hash(&rest)));
    }

    #[test]
    fn a_table_has_a_header_and_quotes_what_needs_it() {
        insta::assert_snapshot!(written(Format::Csv, &[event()]));
    }

    #[test]
    fn a_table_reads_back_as_written() {
        let text = written(Format::Csv, &[event(), event()]);
        let mut table = csv::Reader::from_reader(text.as_bytes());
        assert_eq!(table.headers().expect("a header"), &csv::StringRecord::from(COLUMNS.to_vec()));
        let rows: Vec<csv::StringRecord> = table.records().collect::<Result<_, _>>().expect("rows");
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0], csv::StringRecord::from(row(&event()).to_vec()));
    }

    #[test]
    fn an_empty_table_still_says_what_its_columns_are() {
        assert_eq!(written(Format::Csv, &[]), format!("{}\n", COLUMNS.join(",")));
        assert_eq!(written(Format::Ndjson, &[]), "");
    }
}
