//! What coordinator and service processes say to each other: one line of JSON each, over a Unix socket.

use std::{io, path::Path};

use eventlog::{Expected, IdempotencyKey, Position, Receipt, StreamId};
use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    net::{
        UnixStream,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
};
use uuid::Uuid;

use crate::checker::Unstored;

/// What is asked of a service process.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Request {
    /// Append events with these ids.
    Append { stream: String, expected: Wanted, ids: Vec<Uuid>, key: Option<([u8; 32], [u8; 32])> },
    /// Read a stream after a version.
    Read { stream: String, after: i32 },
    /// Tell of all events after a position, page by page, without end.
    Follow { after: Position, page: i64 },
    /// Set the clock by which events are recorded so many seconds ahead (or back) of the right one.
    Jump { seconds: i64 },
}

/// What a service process answers.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Answer {
    Stored(Stored),
    Unstored(Unstored),
    /// Version and position of each event.
    Read(Vec<(i32, Position)>),
    /// Position and id of each event.
    Page(Vec<(Position, Uuid)>),
    Failed(String),
    Done,
}

/// [`Expected`], to be sent.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Wanted {
    Any,
    NoStream,
    Exists,
    Exact(i32),
}

/// [`Receipt`], to be sent.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Stored {
    stream: String,
    first_version: i32,
    last_version: i32,
    position: Position,
    repeated: bool,
}

impl From<Expected> for Wanted {
    fn from(expected: Expected) -> Self {
        match expected {
            Expected::Any => Self::Any,
            Expected::NoStream => Self::NoStream,
            Expected::Exists => Self::Exists,
            Expected::Exact(version) => Self::Exact(version),
        }
    }
}

impl From<Wanted> for Expected {
    fn from(wanted: Wanted) -> Self {
        match wanted {
            Wanted::Any => Self::Any,
            Wanted::NoStream => Self::NoStream,
            Wanted::Exists => Self::Exists,
            Wanted::Exact(version) => Self::Exact(version),
        }
    }
}

impl From<Receipt> for Stored {
    fn from(receipt: Receipt) -> Self {
        let Receipt { stream, first_version, last_version, position, repeated } = receipt;
        Self { stream: stream.to_string(), first_version, last_version, position, repeated }
    }
}

impl Stored {
    pub(crate) fn receipt(self) -> io::Result<Receipt> {
        let Self { stream, first_version, last_version, position, repeated } = self;
        Ok(Receipt { stream: parsed(&stream)?, first_version, last_version, position, repeated })
    }
}

/// The stream of that name.
pub(crate) fn parsed(stream: &str) -> io::Result<StreamId> {
    stream.parse().map_err(io::Error::other)
}

/// Key and fingerprint, to be sent.
pub(crate) fn pair(key: IdempotencyKey) -> ([u8; 32], [u8; 32]) {
    (key.key, key.fingerprint)
}

/// One end of a conversation.
pub(crate) struct Line {
    heard: Lines<BufReader<OwnedReadHalf>>,
    said: OwnedWriteHalf,
}

impl From<UnixStream> for Line {
    fn from(socket: UnixStream) -> Self {
        let (read, said) = socket.into_split();
        Self { heard: BufReader::new(read).lines(), said }
    }
}

impl Line {
    /// Calls a service process.
    pub(crate) async fn open(socket: &Path) -> io::Result<Self> {
        Ok(UnixStream::connect(socket).await?.into())
    }

    pub(crate) async fn say(&mut self, what: &impl Serialize) -> io::Result<()> {
        let mut line = serde_json::to_vec(what)?;
        line.push(b'\n');
        self.said.write_all(&line).await
    }

    /// What the other end says next; an error once it is gone.
    pub(crate) async fn hear<T: for<'a> Deserialize<'a>>(&mut self) -> io::Result<T> {
        let line = self.heard.next_line().await?.ok_or(io::ErrorKind::UnexpectedEof)?;
        Ok(serde_json::from_str(&line)?)
    }

    /// Says something and waits for the answer.
    pub(crate) async fn ask(&mut self, request: &Request) -> io::Result<Answer> {
        self.say(request).await?;
        self.hear().await
    }
}
