//! Checking that nobody altered the log: every event against its hash, the hashes against the tree, the tree against
//! checkpoints that were kept elsewhere.
//!
//! The log proves nothing by itself: whoever can rewrite all of it can compute a new tree as well. What cannot be
//! rewritten is a checkpoint that somebody else has kept.

mod database;
mod export;
mod wrong;

pub use database::verify_database;
pub use export::verify_export;
pub use wrong::Wrong;

use std::{collections::HashMap, path::PathBuf};

use eventlog::{CheckpointError, Hash, LogVerifier, Node, Position, Tree, TreeHead};

/// More than so many wrongs are counted but not listed.
const LISTED: usize = 100;

/// What a log is checked against, apart from itself.
#[derive(Clone, Debug, Default)]
pub struct Against {
    /// The public keys of the log, as they were told by another way.
    pub verifier: Option<LogVerifier>,
    /// Checkpoints that were kept: what each is called, and its text.
    pub checkpoints: Vec<(String, String)>,
    /// The directory of an earlier export, to find out what differs.
    pub earlier: Option<PathBuf>,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Events that were read.
    pub events: u64,
    /// The tree that they make; of a partial export the tree of all leaf hashes.
    pub tree: TreeHead,
    /// Checkpoints that were signed by a known key and agree, and the size of each.
    pub agreed: Vec<(String, Position)>,
    /// What is wrong, of the first hundred.
    pub wrong: Vec<Wrong>,
    /// How many things are wrong in all.
    pub wrongs: usize,
}

/// A log cannot be checked. (That something is wrong with it is no error.)
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The log cannot be read.
    #[error("the log cannot be read")]
    Log(#[from] eventlog::ReadError),
    /// A file cannot be read.
    #[error("{} cannot be read", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The directory holds no export.
    #[error("{} holds no export: its manifest does not read", .0.display())]
    NoExport(PathBuf, #[source] serde_json::Error),
    /// Checkpoints were given without a key to check them with.
    #[error("to check checkpoints, tell the public key of the log")]
    NoKey,
    /// An earlier export holds only some events.
    #[error("{} holds only some of the events up to its end", .0.display())]
    Partial(PathBuf),
}

/// An event as a check sees it.
struct Leaf<'a> {
    position: Position,
    stream: &'a str,
    version: i32,
    /// In the form of envelopes, so that texts are ordered as moments are.
    at: &'a str,
    /// The hash of what stands there.
    content: Hash,
    /// The hash that was recorded.
    recorded: Hash,
}

/// A check under way: events come in the order of their positions.
struct Check {
    tree: Tree,
    nodes: Vec<Node>,
    versions: HashMap<String, i32>,
    at: String,
    /// Checkpoints that were signed, by size.
    signed: Vec<(TreeHead, String)>,
    /// How many of them were looked at.
    looked: usize,
    agreed: Vec<(String, Position)>,
    forked: bool,
    events: u64,
    wrong: Vec<Wrong>,
    wrongs: usize,
}

impl Check {
    fn new(against: &Against) -> Result<Self, VerifyError> {
        let mut check = Self {
            tree: Tree::default(),
            nodes: Vec::new(),
            versions: HashMap::new(),
            at: String::new(),
            signed: Vec::new(),
            looked: 0,
            agreed: Vec::new(),
            forked: false,
            events: 0,
            wrong: Vec::new(),
            wrongs: 0,
        };
        if !against.checkpoints.is_empty() {
            let verifier = against.verifier.as_ref().ok_or(VerifyError::NoKey)?;
            for (name, text) in &against.checkpoints {
                match verifier.open(text) {
                    Ok(head) => check.signed.push((head, name.clone())),
                    Err(error) => check.note(refused(name, &error)),
                }
            }
            check.signed.sort_by_key(|(head, _)| head.size);
        }
        check.look();
        Ok(check)
    }

    fn note(&mut self, wrong: Wrong) {
        self.wrongs += 1;
        if self.wrong.len() < LISTED {
            self.wrong.push(wrong);
        }
    }

    /// The next event; positions that are passed over are missing.
    fn event(&mut self, leaf: &Leaf<'_>) {
        self.events += 1;
        if leaf.position <= self.tree.size() {
            return self.note(Wrong::Unexpected { position: leaf.position });
        }
        self.missing_up_to(leaf.position - 1);
        if leaf.content != leaf.recorded {
            self.note(Wrong::Changed { position: leaf.position });
        }
        self.order(leaf);
        self.push(leaf.content);
    }

    /// Versions without holes, moments that never decrease.
    fn order(&mut self, leaf: &Leaf<'_>) {
        let version = match self.versions.get_mut(leaf.stream) {
            Some(version) => version,
            None => self.versions.entry(leaf.stream.to_owned()).or_default(),
        };
        let due = *version + 1;
        *version = leaf.version;
        if leaf.version != due {
            self.note(Wrong::Version { position: leaf.position, due, has: leaf.version });
        }
        if *leaf.at < *self.at {
            self.note(Wrong::BackInTime { position: leaf.position });
        }
        leaf.at.clone_into(&mut self.at);
    }

    /// An event that does not read.
    fn unreadable(&mut self, position: Position) {
        self.events += 1;
        self.missing_up_to(position - 1);
        self.note(Wrong::Unreadable { position });
        self.push([0; 32]);
    }

    /// Every event up to a position has been seen, or is missing.
    fn missing_up_to(&mut self, last: Position) {
        let first = self.tree.size() + 1;
        if last >= first {
            self.note(Wrong::Missing { first, last });
            for _ in first..=last {
                self.push([0; 32]);
            }
        }
    }

    /// The hash of the event at the next position, whether the event is looked at or not.
    fn push(&mut self, leaf: Hash) {
        self.tree.push(leaf, |node| self.nodes.push(node));
        self.look();
    }

    /// Compares the tree with the checkpoints of its size.
    fn look(&mut self) {
        while let Some((head, name)) = self.signed.get(self.looked).filter(|(head, _)| head.size == self.tree.size()) {
            let (size, name) = (head.size, name.clone());
            if *head == self.tree.head() {
                self.agreed.push((name, size));
            } else if !self.forked {
                let agreed = self.agreed.last().map_or(0, |(_, size)| *size);
                self.forked = true;
                self.note(Wrong::Forked { agreed, signed: size, checkpoint: name });
            }
            self.looked += 1;
        }
    }

    /// All events have been seen.
    fn finish(mut self) -> Report {
        let end = self.tree.size();
        for (head, name) in self.signed.split_off(self.looked) {
            self.note(Wrong::Truncated { end, signed: head.size, checkpoint: name });
        }
        let Self { tree, agreed, events, wrong, wrongs, .. } = self;
        Report { events, tree: tree.head(), agreed, wrong, wrongs }
    }
}

fn refused(name: &str, error: &CheckpointError) -> Wrong {
    Wrong::Checkpoint { checkpoint: name.to_owned(), why: error.to_string() }
}

/// The events under a node.
fn under(node: &Node) -> Wrong {
    let width = 1_i64.checked_shl(8 * u32::from(node.level.unsigned_abs())).unwrap_or(i64::MAX);
    let first = node.index.saturating_mul(width).saturating_add(1);
    Wrong::Node { first, last: first.saturating_add(width - 1) }
}
