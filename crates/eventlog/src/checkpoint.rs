//! Signed tree heads: checkpoints after <https://c2sp.org/tlog-checkpoint>, signed notes after
//! <https://c2sp.org/signed-note> with Ed25519.
//!
//! A checkpoint is what an auditor keeps: it commits the log to its whole history up to a size. A log may have several
//! keys, and then signs with each; that is how a key is replaced while those who know the old one can still check.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use chacha20poly1305::aead::OsRng;
use ed25519_dalek::SigningKey;
use signed_note::{Note, Signer, StandardSigner, StandardVerifier, Verifier, VerifierList};
use tlog_tiles::{Checkpoint, Hash as TlogHash};

use crate::{record::Position, tree::TreeHead};

/// The byte that stands for Ed25519 before a key.
const ED25519: u8 = 1;

/// A key or a checkpoint that cannot be taken.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// A line is not a key of the form `PRIVATE+KEY+name+id+base64` (to sign) or `name+id+base64` (to check).
    #[error("line {line} is not a log key")]
    Key {
        /// Which line, from 1.
        line: usize,
    },
    /// There is no key at all, or keys have different names.
    #[error("a log has at least one key, and all its keys have the same name")]
    Names,
    /// The name cannot be that of a log.
    #[error("the name of a log is not empty and has neither spaces nor plus signs")]
    Origin,
    /// The text is not a signed note with a checkpoint in it.
    #[error("this is not a signed checkpoint")]
    Malformed,
    /// It is the checkpoint of another log.
    #[error("this is a checkpoint of {0}")]
    OtherLog(String),
    /// None of the known keys signed it, or a signature is wrong.
    #[error("the checkpoint is not signed by a known key of the log")]
    Signature,
}

/// The keys a log signs its tree heads with.
pub struct LogSigner {
    origin: String,
    keys: Vec<StandardSigner>,
    verifier_keys: Vec<String>,
}

impl std::fmt::Debug for LogSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("LogSigner").field(&self.verifier_keys).finish()
    }
}

/// A fresh key for a log of this name: as a line for [`LogSigner::parse`], to be kept secret.
pub fn generate_log_key(origin: &str) -> Result<String, CheckpointError> {
    if !signed_note::is_key_name_valid(origin) || origin.chars().any(char::is_control) {
        return Err(CheckpointError::Origin);
    }
    Ok(signed_note::generate_key(&mut OsRng, origin).0)
}

impl LogSigner {
    /// From one key a line; empty lines and lines that begin with `#` are left out.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let (mut keys, mut verifier_keys) = (Vec::new(), Vec::new());
        for (line, key) in key_lines(text) {
            let broken = CheckpointError::Key { line };
            let signer = StandardSigner::new(key).map_err(|_| CheckpointError::Key { line })?;
            verifier_keys.push(verifier_key(signer.name(), key).ok_or(broken)?);
            keys.push(signer);
        }
        let origin = one_name(keys.iter().map(Signer::name))?;
        Ok(Self { origin, keys, verifier_keys })
    }

    /// The name of the log.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The public halves of the keys, `name+id+base64` each: what those who check need.
    pub fn verifier_keys(&self) -> &[String] {
        &self.verifier_keys
    }

    /// The checkpoint of a tree head: three lines, an empty one, and a signature by each key.
    pub fn sign(&self, head: &TreeHead) -> Result<String, CheckpointError> {
        let size = u64::try_from(head.size).map_err(|_| CheckpointError::Malformed)?;
        let checkpoint = Checkpoint::new(&self.origin, size, TlogHash(head.root), "");
        let text = checkpoint.map_err(|_| CheckpointError::Origin)?.to_bytes();
        let mut note = Note::new(&text, &[]).map_err(|_| CheckpointError::Malformed)?;
        let keys: Vec<&dyn Signer> = self.keys.iter().map(|key| key as &dyn Signer).collect();
        note.add_sigs(&keys).map_err(|_| CheckpointError::Signature)?;
        String::from_utf8(note.to_bytes()).map_err(|_| CheckpointError::Malformed)
    }
}

/// The public keys of a log, to check its checkpoints with.
#[derive(Clone, Debug)]
pub struct LogVerifier {
    origin: String,
    keys: Vec<String>,
}

impl LogVerifier {
    /// From one verifier key a line; empty lines and lines that begin with `#` are left out.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let mut keys = Vec::new();
        for (line, key) in key_lines(text) {
            keys.push((StandardVerifier::new(key).map_err(|_| CheckpointError::Key { line })?, key.to_owned()));
        }
        let origin = one_name(keys.iter().map(|(verifier, _)| verifier.name()))?;
        Ok(Self { origin, keys: keys.into_iter().map(|(_, key)| key).collect() })
    }

    /// The name of the log.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The tree head in a checkpoint, if a known key signed it. A wrong signature by a known key refuses the whole.
    pub fn open(&self, checkpoint: &str) -> Result<TreeHead, CheckpointError> {
        let note = Note::from_bytes(checkpoint.as_bytes()).map_err(|_| CheckpointError::Malformed)?;
        let head = Checkpoint::from_bytes(note.text()).map_err(|_| CheckpointError::Malformed)?;
        if head.origin() != self.origin {
            return Err(CheckpointError::OtherLog(head.origin().to_owned()));
        }
        let known = self.keys.iter().filter_map(|key| StandardVerifier::new(key).ok());
        let known = VerifierList::new(known.map(|key| Box::new(key) as Box<dyn Verifier>).collect());
        let (signed, _) = note.verify(&known).map_err(|_| CheckpointError::Signature)?;
        if signed.is_empty() {
            return Err(CheckpointError::Signature);
        }
        let size = Position::try_from(head.size()).map_err(|_| CheckpointError::Malformed)?;
        Ok(TreeHead { size, root: head.hash().0 })
    }
}

fn key_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = (1..).zip(text.lines().map(str::trim));
    lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

fn one_name<'a>(mut names: impl Iterator<Item = &'a str>) -> Result<String, CheckpointError> {
    let first = names.next().ok_or(CheckpointError::Names)?;
    if names.any(|name| name != first) { Err(CheckpointError::Names) } else { Ok(first.to_owned()) }
}

/// The public half of a private key that is known to be well formed.
fn verifier_key(name: &str, key: &str) -> Option<String> {
    let bytes = BASE64.decode(key.splitn(5, '+').nth(4)?).ok()?;
    let [ED25519, seed @ ..] = bytes.as_slice() else { return None };
    let key = SigningKey::try_from(seed).ok()?;
    Some(signed_note::new_ed25519_verifier_key(name, &key.verifying_key()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example note of <https://pkg.go.dev/golang.org/x/mod/sumdb/note>: its key, and the text it signs.
    const SIGNING_KEY: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    const VERIFIER_KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const NOTE: &str = "If you think cryptography is the answer to your problem,\n\
                        then you don't know what your problem is.\n\
                        \n\
                        — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    fn head(size: Position) -> TreeHead {
        TreeHead { size, root: [7; 32] }
    }

    #[test]
    fn keys_and_signatures_are_those_of_go() {
        let signer = LogSigner::parse(SIGNING_KEY).expect("a key");
        assert_eq!(signer.verifier_keys(), [VERIFIER_KEY]);
        let known = VerifierList::new(vec![Box::new(StandardVerifier::new(VERIFIER_KEY).expect("a key"))]);
        let note = Note::from_bytes(NOTE.as_bytes()).expect("a note");
        assert_eq!(note.verify(&known).expect("verified").0.len(), 1);
        let mut again = Note::new(note.text(), &[]).expect("a note");
        again.add_sigs(&[&signer.keys[0] as &dyn Signer]).expect("signed");
        assert_eq!(String::from_utf8(again.to_bytes()).expect("text"), NOTE);
    }

    #[test]
    fn a_checkpoint_has_the_published_form() {
        let signer = LogSigner::parse(SIGNING_KEY).expect("a key");
        let note = signer.sign(&head(20_852_163)).expect("signed");
        let lines: Vec<&str> = note.lines().collect();
        assert_eq!(lines[..4], ["PeterNeumann", "20852163", "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=", ""]);
        assert!(lines[4].starts_with("— PeterNeumann x08go"));
        assert_eq!(LogVerifier::parse(VERIFIER_KEY).expect("a key").open(&note), Ok(head(20_852_163)));
    }

    #[test]
    fn while_a_key_is_replaced_both_the_old_and_the_new_one_check() {
        let [old, new] = [(); 2].map(|()| generate_log_key("log.example/a").expect("a key"));
        let both = LogSigner::parse(&format!("# the old one\n{old}\n\n{new}\n")).expect("keys");
        let note = both.sign(&head(9)).expect("signed");
        for key in both.verifier_keys() {
            assert_eq!(LogVerifier::parse(key).expect("a key").open(&note), Ok(head(9)));
        }
        let stranger = generate_log_key("log.example/a").expect("a key");
        let stranger = LogSigner::parse(&stranger).expect("a key").verifier_keys()[0].clone();
        assert_eq!(LogVerifier::parse(&stranger).expect("a key").open(&note), Err(CheckpointError::Signature));
    }

    #[test]
    fn what_is_not_signed_as_it_stands_is_refused() {
        let key = generate_log_key("log.example/a").expect("a key");
        let signer = LogSigner::parse(&key).expect("a key");
        let verifier = LogVerifier::parse(&signer.verifier_keys().join("\n")).expect("a key");
        let note = signer.sign(&head(1_234)).expect("signed");
        assert_eq!(verifier.open(&note), Ok(head(1_234)));
        assert_eq!(verifier.open(&note.replace("1234", "1235")), Err(CheckpointError::Signature));
        assert_eq!(verifier.open(&note.replace("1234", "01234")), Err(CheckpointError::Malformed));
        let (text, _) = note.split_once("\n\n").expect("signatures");
        assert!(matches!(verifier.open(text), Err(CheckpointError::Malformed)));
        let other = LogSigner::parse(&generate_log_key("log.example/b").expect("a key")).expect("a key");
        let other = other.sign(&head(1_234)).expect("signed");
        assert_eq!(verifier.open(&other), Err(CheckpointError::OtherLog("log.example/b".into())));
    }

    #[test]
    fn what_is_no_key_is_told_with_its_line() {
        assert_eq!(LogSigner::parse("\n# nothing\n").err(), Some(CheckpointError::Names));
        assert_eq!(LogSigner::parse(&format!("{SIGNING_KEY}\nnonsense")).err(), Some(CheckpointError::Key { line: 2 }));
        assert_eq!(LogVerifier::parse(&VERIFIER_KEY[..60]).err(), Some(CheckpointError::Key { line: 1 }));
        let other = generate_log_key("log.example/b").expect("a key");
        assert_eq!(LogSigner::parse(&format!("{SIGNING_KEY}\n{other}")).err(), Some(CheckpointError::Names));
        for name in ["", "a b", "a+b", "a\nb"] {
            assert_eq!(generate_log_key(name), Err(CheckpointError::Origin));
        }
    }
}
