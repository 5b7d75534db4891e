//! The log as files: whole or not at all, in bounded memory.

use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
};

use eventlog::{Log, LogSigner, Position, ReadError, Recorded, Timestamp};

use crate::{
    Counts, Filter, Filters, Format, Manifest, Selection, WrittenFile,
    error::ExportError,
    files::{Events, Hashed},
};

/// The file with the signed head of the tree of all events when the export was begun.
pub(crate) const CHECKPOINT: &str = "checkpoint";
/// The file with the public keys that check it.
pub(crate) const LOG_KEYS: &str = "log-keys";
/// In an export of some events: the file with the leaf hashes of all, 32 bytes each, in the order of their positions.
pub(crate) const LEAF_HASHES: &str = "leaf-hashes";
/// Leaf hashes read at once.
const HASHES: u16 = 256;

/// What is to be exported, and where to.
#[derive(Clone, Debug)]
pub struct Export {
    /// A directory, made when missing; it must be empty.
    pub directory: PathBuf,
    /// How the events are written.
    pub format: Format,
    /// Which events.
    pub filter: Filter,
    /// Now.
    pub made_at: Timestamp,
}

/// How far an export is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The first position.
    pub first: Position,
    /// Everything up to here is written.
    pub reached: Position,
    /// The last position.
    pub last: Position,
    /// Events written.
    pub events: u64,
}

/// An export that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// What it holds.
    pub manifest: Manifest,
    /// The file of the manifest: its digest stands for the whole export.
    pub manifest_file: WrittenFile,
}

/// Writes the events and their manifest.
///
/// The ends of the range are fixed at the beginning: what a running platform appends meanwhile is left out. Files get
/// their names when they are complete, the manifest last; when something fails, none stays.
///
/// Beside the events lies the checkpoint of the whole log; where only some events are exported, also the hashes of all,
/// so that those that are there can be checked against it.
pub async fn export(
    log: &Log,
    signer: &LogSigner,
    export: &Export,
    mut progress: impl FnMut(Progress),
) -> Result<Exported, ExportError> {
    let selection = Selection::new(log, &export.filter).await?;
    let checkpoint = signer.sign(&log.tree_head_at(selection.head).await?)?;
    let keys = signer.verifier_keys().join("\n") + "\n";
    let directory = export.directory.clone();
    let format = export.format;
    let mut files = blocking(move || Files::begin(directory, format)).await?;
    let mut pages = selection.pages(log);
    let mut page = pages.next().await?;
    while let Some(reached) = page.last().map(|event| event.position) {
        // The next page is read while this one is written.
        let write = blocking(move || files.write(&page).map(|()| files));
        let (written, next) = tokio::join!(write, pages.next());
        (files, page) = (written?, next?);
        progress(Progress { first: selection.first, reached, last: selection.last, events: files.counts.total });
    }
    if !selection.is_whole() {
        files = hashes_of_all(log, selection.head, files).await?;
    }
    files = blocking(move || {
        files.add(CHECKPOINT, checkpoint.as_bytes())?;
        files.add(LOG_KEYS, keys.as_bytes()).map(|()| files)
    })
    .await?;
    let filters = Filters::new(&export.filter, &selection);
    let (head, made_at) = (selection.head, eventlog::timestamp(export.made_at));
    blocking(move || files.finish(filters, head, made_at)).await
}

/// Writes the leaf hashes of all events up to the head.
async fn hashes_of_all(log: &Log, head: Position, mut files: Files) -> Result<Files, ExportError> {
    let mut file = files.begin_file(LEAF_HASHES)?;
    for index in 0.. {
        let left = head - index * i64::from(HASHES);
        let width = u16::try_from(left.clamp(0, i64::from(HASHES))).unwrap_or(HASHES);
        if width == 0 {
            break;
        }
        let tile = log.tile(0, index.unsigned_abs(), width).await?.ok_or(ReadError::Tree { size: head })?;
        let path = partial(&files.directory, LEAF_HASHES);
        file = blocking(move || file.write_all(&tile).map(|()| file).map_err(ExportError::file(&path))).await?;
    }
    blocking(move || files.end_file(LEAF_HASHES, file).map(|()| files)).await
}

/// Runs what waits for the disk where it holds nobody up.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ExportError> + Send + 'static,
) -> Result<T, ExportError> {
    // What has begun is never cancelled while somebody waits for it: it ends, or it panics.
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

/// The files of an export while they are written.
struct Files {
    directory: PathBuf,
    format: Format,
    events: Events<Hashed>,
    /// What else is there.
    others: Vec<WrittenFile>,
    counts: Counts,
    first: Option<Position>,
    last: Option<Position>,
    unfinished: Unfinished,
}

impl Files {
    fn begin(directory: PathBuf, format: Format) -> Result<Self, ExportError> {
        fs::create_dir_all(&directory).map_err(ExportError::file(&directory))?;
        if fs::read_dir(&directory).map_err(ExportError::file(&directory))?.next().is_some() {
            return Err(ExportError::NotEmpty(directory));
        }
        let mut unfinished = Unfinished::default();
        let path = partial(&directory, format.file_name());
        let file = unfinished.create(&path)?;
        let events = Events::begin(format, Hashed::new(file)).map_err(ExportError::file(&path))?;
        let (others, counts) = (Vec::new(), Counts::default());
        Ok(Self { directory, format, events, others, counts, first: None, last: None, unfinished })
    }

    fn write(&mut self, page: &[Recorded]) -> Result<(), ExportError> {
        for event in page {
            let path = || partial(&self.directory, self.format.file_name());
            self.events.write(event).map_err(|error| ExportError::file(&path())(error))?;
            self.counts.total += 1;
            match self.counts.per_type.get_mut(&event.event_type) {
                Some(count) => *count += 1,
                None => drop(self.counts.per_type.insert(event.event_type.clone(), 1)),
            }
            self.first.get_or_insert(event.position);
            self.last = Some(event.position);
        }
        Ok(())
    }

    /// Begins a further file.
    fn begin_file(&mut self, name: &str) -> Result<Hashed, ExportError> {
        self.unfinished.create(&partial(&self.directory, name)).map(Hashed::new)
    }

    fn end_file(&mut self, name: &str, file: Hashed) -> Result<(), ExportError> {
        self.others.push(file.finish(name).map_err(ExportError::file(&partial(&self.directory, name)))?);
        Ok(())
    }

    /// Writes a further file at once.
    fn add(&mut self, name: &str, content: &[u8]) -> Result<(), ExportError> {
        let mut file = self.begin_file(name)?;
        file.write_all(content).map_err(ExportError::file(&partial(&self.directory, name)))?;
        self.end_file(name, file)
    }

    fn finish(self, filters: Filters, head: Position, made_at: String) -> Result<Exported, ExportError> {
        let Self { directory, format, events, mut others, counts, first, last, mut unfinished } = self;
        let name = format.file_name();
        let written = events.end().and_then(|file| file.finish(name));
        let mut files = vec![written.map_err(ExportError::file(&partial(&directory, name)))?];
        files.append(&mut others);
        let manifest = Manifest {
            export_version: Manifest::VERSION,
            format,
            filters,
            counts,
            first_position: first,
            last_position: last,
            head_position: head,
            made_at,
            files,
        };
        let path = partial(&directory, Manifest::FILE_NAME);
        let mut file = Hashed::new(unfinished.create(&path)?);
        let manifest_file = serde_json::to_writer_pretty(&mut file, &manifest)
            .map_err(Into::into)
            .and_then(|()| file.write_all(b"\n"))
            .and_then(|()| file.finish(Manifest::FILE_NAME))
            .map_err(ExportError::file(&path))?;
        for file in &manifest.files {
            unfinished.name(&directory, &file.name)?;
        }
        unfinished.name(&directory, Manifest::FILE_NAME)?;
        File::open(&directory).and_then(|opened| opened.sync_all()).map_err(ExportError::file(&directory))?;
        unfinished.0.clear();
        Ok(Exported { manifest, manifest_file })
    }
}

/// What a file is called while it is written.
fn partial(directory: &Path, name: &str) -> PathBuf {
    directory.join(format!("{name}.partial"))
}

/// Files to remove when the export is not finished.
#[derive(Debug, Default)]
struct Unfinished(Vec<PathBuf>);

impl Unfinished {
    fn create(&mut self, path: &Path) -> Result<File, ExportError> {
        let file = File::create_new(path).map_err(ExportError::file(path))?;
        self.0.push(path.to_owned());
        Ok(file)
    }

    /// Gives a file its name.
    fn name(&mut self, directory: &Path, name: &str) -> Result<(), ExportError> {
        let path = directory.join(name);
        fs::rename(partial(directory, name), &path).map_err(ExportError::file(&path))?;
        self.0.push(path);
        Ok(())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        for path in &self.0 {
            // It may not be there any more under this name, and there is nobody to tell.
            let _ = fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).expect("a directory");
        let mut names: Vec<_> =
            entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    fn filters() -> Filters {
        Filters { from: None, until: None, from_position: 1, until_position: 0, concerns: Vec::new() }
    }

    #[test]
    fn an_export_that_breaks_off_leaves_nothing_behind() {
        let directory = tempfile::tempdir().expect("a directory");
        let files = Files::begin(directory.path().into(), Format::Csv).expect("begins");
        assert_eq!(names(directory.path()), ["events.csv.partial"]);
        drop(files);
        assert_eq!(names(directory.path()), [""; 0]);
    }

    #[test]
    fn a_finished_export_has_its_manifest_and_nothing_unfinished() {
        let directory = tempfile::tempdir().expect("a directory");
        let files = Files::begin(directory.path().into(), Format::Ndjson).expect("begins");
        let Exported { manifest, manifest_file } = files.finish(filters(), 0, String::new()).expect("finishes");
        assert_eq!(names(directory.path()), ["events.ndjson", "manifest.json"]);
        // SHA-256 of nothing (FIPS 180-4 test vectors).
        let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!((manifest.files[0].bytes, manifest.files[0].sha256.as_str()), (0, nothing));
        let text = fs::read_to_string(directory.path().join("manifest.json")).expect("a manifest");
        assert_eq!(serde_json::from_str::<Manifest>(&text).expect("parses"), manifest);
        assert_eq!(manifest_file.bytes, text.len() as u64);
    }

    #[test]
    fn an_export_needs_a_directory_of_its_own() {
        let directory = tempfile::tempdir().expect("a directory");
        let taken = directory.path().join("taken");
        fs::create_dir(&taken).expect("a directory");
        fs::write(taken.join("events.ndjson"), "").expect("a file");
        assert!(matches!(Files::begin(taken.clone(), Format::Csv), Err(ExportError::NotEmpty(path)) if path == taken));
        Files::begin(directory.path().join("made/on/demand"), Format::Csv).expect("begins");
    }
}
