//! Checking an export, without a database and without the platform.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader, Read},
    path::{Path, PathBuf},
};

use eventlog::{Hash, LogVerifier, Position};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::{Against, Check, Leaf, Report, VerifyError, Wrong, refused};
use crate::{
    Format, Manifest,
    export::{CHECKPOINT, LEAF_HASHES, LOG_KEYS},
};

/// Reads an export and recomputes what can be. Without a key in `against`, the one that lies in the export checks its
/// checkpoint, which shows only that the export fits together.
pub fn verify_export(directory: &Path, against: &Against) -> Result<Report, VerifyError> {
    let text = read(&directory.join(Manifest::FILE_NAME))?;
    let manifest: Manifest =
        serde_json::from_str(&text).map_err(|error| VerifyError::NoExport(directory.to_owned(), error))?;
    let mut against = against.clone();
    let own = against.verifier.is_none();
    let mut unread = None;
    if own {
        match LogVerifier::parse(&read(&directory.join(LOG_KEYS))?) {
            Ok(verifier) => against.verifier = Some(verifier),
            Err(error) => unread = Some(refused(LOG_KEYS, &error)),
        }
    }
    if against.verifier.is_some() {
        let checkpoint = read(&directory.join(CHECKPOINT))?;
        against.checkpoints.push(("the checkpoint of the export".into(), checkpoint));
    }
    let mut check = Check::new(&against)?;
    if let Some(wrong) = unread {
        check.note(wrong);
    }
    files(directory, &manifest, &mut check)?;
    let mut earlier = Earlier::open(&against)?;
    let mut events = Events::open(directory, manifest.format)?;
    if is_whole(&manifest) {
        while let Some(event) = events.next()? {
            match event {
                Ok(event) => {
                    check.event(&event.leaf());
                    earlier.compare(&mut check, event.position, event.recorded)?;
                }
                Err(Unreadable) => check.unreadable(check.tree.size() + 1),
            }
        }
        check.missing_up_to(manifest.head_position);
    } else {
        some_events(directory, &manifest, &mut check, &mut earlier, &mut events)?;
    }
    if check.events != manifest.counts.total && check.wrongs == 0 {
        let what = format!("{} events are there, and {} should be", check.events, manifest.counts.total);
        check.note(Wrong::File { name: manifest.format.file_name().into(), what });
    }
    Ok(check.finish())
}

/// Whether an export holds every event of the log.
fn is_whole(manifest: &Manifest) -> bool {
    let filters = &manifest.filters;
    filters.concerns.is_empty() && filters.from_position == 1 && filters.until_position == manifest.head_position
}

/// Sizes and digests as the manifest has them.
fn files(directory: &Path, manifest: &Manifest, check: &mut Check) -> Result<(), VerifyError> {
    for file in &manifest.files {
        let path = directory.join(&file.name);
        let mut hash = Sha256::new();
        let copied = File::open(&path).and_then(|mut opened| io::copy(&mut opened, &mut hash));
        let bytes = copied.map_err(|source| VerifyError::File { path, source })?;
        if (bytes, hex::encode(hash.finalize())) != (file.bytes, file.sha256.clone()) {
            let what = "it is not the file that the manifest describes".to_owned();
            check.note(Wrong::File { name: file.name.clone(), what });
        }
    }
    Ok(())
}

/// An export of some events: each is checked against its hash among those of all.
fn some_events(
    directory: &Path,
    manifest: &Manifest,
    check: &mut Check,
    earlier: &mut Earlier,
    events: &mut Events,
) -> Result<(), VerifyError> {
    let path = directory.join(LEAF_HASHES);
    let mut hashes = BufReader::new(open(&path)?);
    let mut next = events.next()?;
    for position in 1..=manifest.head_position {
        let mut leaf = [0; 32];
        match hashes.read_exact(&mut leaf) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break,
            done => done.map_err(|source| VerifyError::File { path: path.clone(), source })?,
        }
        earlier.compare(check, position, leaf)?;
        check.push(leaf);
        while let Some(event) = next.take() {
            match event {
                Ok(event) if event.position > position => {
                    next = Some(Ok(event));
                    break;
                }
                Ok(event) if event.position < position => {
                    check.events += 1;
                    check.note(Wrong::Unexpected { position: event.position });
                }
                Ok(event) => {
                    check.events += 1;
                    if event.content != leaf || event.recorded != leaf {
                        check.note(Wrong::Changed { position });
                    }
                }
                Err(Unreadable) => check.note(Wrong::Unreadable { position }),
            }
            next = events.next()?;
        }
    }
    while let Some(event) = next {
        let position = event.map_or_else(|Unreadable| manifest.head_position + 1, |event| event.position);
        check.note(Wrong::Unexpected { position });
        next = events.next()?;
    }
    if check.tree.size() < manifest.head_position {
        let what = format!("it ends after {} hashes of {}", check.tree.size(), manifest.head_position);
        check.note(Wrong::File { name: LEAF_HASHES.into(), what });
    }
    Ok(())
}

/// The leaf hashes of an earlier export of everything, beside those of now.
pub(super) struct Earlier(Option<Events>);

impl Earlier {
    pub(super) fn open(against: &Against) -> Result<Self, VerifyError> {
        let Some(directory) = &against.earlier else { return Ok(Self(None)) };
        let text = read(&directory.join(Manifest::FILE_NAME))?;
        let manifest: Manifest =
            serde_json::from_str(&text).map_err(|error| VerifyError::NoExport(directory.clone(), error))?;
        if !is_whole(&manifest) {
            return Err(VerifyError::Partial(directory.clone()));
        }
        Events::open(directory, manifest.format).map(|events| Self(Some(events)))
    }

    /// Positions come in order, one by one.
    pub(super) fn compare(&mut self, check: &mut Check, position: Position, leaf: Hash) -> Result<(), VerifyError> {
        let Self(Some(events)) = self else { return Ok(()) };
        while let Some(event) = events.next()? {
            match event {
                Ok(event) if event.position < position => {}
                Ok(event) => {
                    if event.position == position && event.content != leaf {
                        check.note(Wrong::Rewritten { position });
                    }
                    return Ok(());
                }
                Err(Unreadable) => check.note(Wrong::Rewritten { position }),
            }
        }
        self.0 = None;
        Ok(())
    }
}

/// An event of an export.
struct Event {
    position: Position,
    stream: String,
    version: i32,
    at: String,
    content: Hash,
    recorded: Hash,
}

impl Event {
    /// From the members of an envelope and its leaf hash.
    fn new(mut members: Map<String, Value>) -> Option<Self> {
        let recorded = hex::decode(members.remove("leafHash")?.as_str()?).ok()?.try_into().ok()?;
        let text = |name: &str| members.get(name)?.as_str().map(str::to_owned);
        let number = |name: &str| members.get(name)?.as_i64();
        let (position, version) = (number("position")?, i32::try_from(number("version")?).ok()?);
        let (stream, at) = (text("stream")?, text("at")?);
        let content = eventlog::leaf_hash(&serde_json_canonicalizer::to_vec(&members).ok()?);
        Some(Self { position, stream, version, at, content, recorded })
    }

    fn leaf(&self) -> Leaf<'_> {
        let Self { position, stream, version, at, content, recorded } = self;
        Leaf { position: *position, stream, version: *version, at, content: *content, recorded: *recorded }
    }
}

/// What stands in an export where an event should stand does not read.
struct Unreadable;

/// The events of an export, in the order in which they stand there.
enum Events {
    Ndjson { path: PathBuf, lines: io::Lines<BufReader<File>> },
    Csv { path: PathBuf, columns: csv::StringRecord, rows: csv::StringRecordsIntoIter<File> },
}

impl Events {
    fn open(directory: &Path, format: Format) -> Result<Self, VerifyError> {
        let path = directory.join(format.file_name());
        let file = open(&path)?;
        Ok(match format {
            Format::Ndjson => Self::Ndjson { path, lines: BufReader::new(file).lines() },
            Format::Csv => {
                let mut table = csv::Reader::from_reader(file);
                let columns = table.headers().cloned().map_err(|error| unreadable(&path, error))?;
                Self::Csv { path, columns, rows: table.into_records() }
            }
        })
    }

    fn next(&mut self) -> Result<Option<Result<Event, Unreadable>>, VerifyError> {
        match self {
            Self::Ndjson { path, lines } => match lines.next().transpose() {
                Ok(line) => {
                    Ok(line.map(|line| serde_json::from_str(&line).ok().and_then(Event::new).ok_or(Unreadable)))
                }
                Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(Some(Err(Unreadable))),
                Err(source) => Err(VerifyError::File { path: path.clone(), source }),
            },
            Self::Csv { path, columns, rows } => match rows.next().transpose() {
                Ok(row) => Ok(row.map(|row| members(columns, &row).and_then(Event::new).ok_or(Unreadable))),
                Err(error) if error.is_io_error() => Err(unreadable(path, error)),
                Err(_) => Ok(Some(Err(Unreadable))),
            },
        }
    }
}

/// A row of a table as the members of an envelope.
fn members(columns: &csv::StringRecord, row: &csv::StringRecord) -> Option<Map<String, Value>> {
    let member = |(name, text): (&str, &str)| {
        let value = match name {
            "position" | "version" | "schemaVersion" => Value::from(text.parse::<i64>().ok()?),
            "data" => serde_json::from_str(text).ok()?,
            "concerns" => text.split_whitespace().map(Value::from).collect(),
            "causation" if text.is_empty() => Value::Null,
            _ => Value::from(text),
        };
        Some((name.to_owned(), value))
    };
    columns.iter().zip(row).map(member).collect()
}

fn open(path: &Path) -> Result<File, VerifyError> {
    File::open(path).map_err(|source| VerifyError::File { path: path.to_owned(), source })
}

fn read(path: &Path) -> Result<String, VerifyError> {
    std::fs::read_to_string(path).map_err(|source| VerifyError::File { path: path.to_owned(), source })
}

fn unreadable(path: &Path, error: csv::Error) -> VerifyError {
    VerifyError::File { path: path.to_owned(), source: error.into() }
}
