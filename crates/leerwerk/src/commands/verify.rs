//! `leerwerk verify`: has anybody altered the log?

use std::{fmt::Write as _, path::PathBuf};

use anyhow::{Context as _, bail};
use audit::{Against, Report};
use clap::Args;
use eventlog::LogVerifier;
use indicatif::{ProgressBar, ProgressStyle};

use super::history::print;
use crate::{config::Config, platform::Platform};

/// Options of `verify`.
#[derive(Args, Debug)]
pub(crate) struct Verify {
    /// The directory of an export. No database is needed to check it.
    #[arg(value_name = "DIR", required_unless_present = "database", conflicts_with = "database")]
    export: Option<PathBuf>,

    /// Check the database itself, also while the platform runs.
    #[arg(long)]
    database: bool,

    /// A checkpoint that was kept: the log must go on from it. May be given several times.
    #[arg(long, value_name = "FILE")]
    checkpoint: Vec<PathBuf>,

    /// The public keys of the log, one a line, as you were told them: a file, or a key itself.
    #[arg(long, value_name = "FILE|KEY")]
    log_key: Option<String>,

    /// The directory of an earlier export of everything: tells which events were altered since.
    #[arg(long, value_name = "DIR")]
    earlier: Option<PathBuf>,
}

impl Verify {
    pub(crate) async fn run(self, config: Config) -> anyhow::Result<()> {
        let against = self.against()?;
        let told_key = against.verifier.is_some();
        let report = match self.export {
            Some(directory) => {
                tokio::task::spawn_blocking(move || audit::verify_export(&directory, &against)).await??
            }
            None => of_database(&config, against).await?,
        };
        print(&told(&report, told_key))?;
        if report.wrongs > 0 {
            bail!("the log is not what was recorded: {} things are wrong", report.wrongs);
        }
        Ok(())
    }

    fn against(&self) -> anyhow::Result<Against> {
        let read = |path: &PathBuf| {
            std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))
        };
        let verifier = match &self.log_key {
            None => None,
            Some(key) if std::path::Path::new(key).exists() => Some(LogVerifier::parse(&read(&key.into())?)?),
            Some(key) => Some(LogVerifier::parse(key).context("this is neither a file nor the public key of a log")?),
        };
        let checkpoints = self.checkpoint.iter().map(|path| Ok((path.display().to_string(), read(path)?)));
        Ok(Against {
            verifier,
            checkpoints: checkpoints.collect::<anyhow::Result<_>>()?,
            earlier: self.earlier.clone(),
        })
    }
}

async fn of_database(config: &Config, mut against: Against) -> anyhow::Result<Report> {
    let platform = Platform::open_beside(config).await?;
    if against.verifier.is_none() {
        let keys = crate::log_key::signer(config)?.verifier_keys().join("\n");
        against.verifier = Some(LogVerifier::parse(&keys)?);
    }
    let bar = ProgressBar::new(0).with_style(ProgressStyle::with_template("{wide_bar} {percent:>3} %  {eta}")?);
    let report = audit::verify_database(&platform.log, &against, |reached, last| {
        bar.set_length(last.unsigned_abs());
        bar.set_position(reached.unsigned_abs());
    })
    .await;
    bar.finish_and_clear();
    platform.close().await?;
    Ok(report?)
}

/// What was found, in words.
fn told(report: &Report, told_key: bool) -> String {
    let mut text = String::new();
    let root = hex::encode(report.tree.root);
    let _ = writeln!(text, "{} events read; the tree of {} has the root {root}", report.events, report.tree.size);
    for (checkpoint, size) in &report.agreed {
        let _ = writeln!(text, "agrees with {checkpoint}, signed at position {size}");
    }
    if !told_key && !report.agreed.is_empty() {
        let _ = writeln!(
            text,
            "(checked with the key that came with the log: compare it with the one you were told, or use --log-key)"
        );
    }
    for wrong in &report.wrong {
        let _ = writeln!(text, "WRONG  {wrong}");
    }
    if report.wrongs > report.wrong.len() {
        let _ = writeln!(text, "… and {} more", report.wrongs - report.wrong.len());
    }
    if report.wrongs == 0 {
        let _ = writeln!(text, "nothing is wrong");
    }
    text
}

#[cfg(test)]
mod tests {
    use audit::Wrong;
    use eventlog::TreeHead;

    use super::*;

    fn report(wrong: Vec<Wrong>, wrongs: usize) -> Report {
        let tree = TreeHead { size: 900, root: [0xab; 32] };
        Report { events: 900, tree, agreed: vec![("kept.txt".into(), 800)], wrong, wrongs }
    }

    #[test]
    fn a_sound_log_is_told_with_what_it_agrees_with() {
        insta::assert_snapshot!(told(&report(vec![], 0), false), @r"
        900 events read; the tree of 900 has the root abababababababababababababababababababababababababababababababab
        agrees with kept.txt, signed at position 800
        (checked with the key that came with the log: compare it with the one you were told, or use --log-key)
        nothing is wrong
        ");
    }

    #[test]
    fn what_is_wrong_is_told_by_position() {
        let wrong = vec![
            Wrong::Missing { first: 3, last: 3 },
            Wrong::Changed { position: 7 },
            Wrong::Node { first: 257, last: 512 },
            Wrong::Truncated { end: 890, signed: 900, checkpoint: "kept.txt".into() },
            Wrong::Forked { agreed: 800, signed: 900, checkpoint: "kept.txt".into() },
        ];
        insta::assert_snapshot!(told(&report(wrong, 6), true), @r"
        900 events read; the tree of 900 has the root abababababababababababababababababababababababababababababababab
        agrees with kept.txt, signed at position 800
        WRONG  position 3: the event is missing
        WRONG  position 7: the event is not what was recorded
        WRONG  positions 257 to 512: the tree holds another hash than that of these events
        WRONG  positions 891 to 900: the events are missing; the log ends at 890, and when kept.txt was signed it ended at 900
        WRONG  positions 801 to 900: the history is another than the one that was signed (kept.txt)
        … and 1 more
        ");
    }
}
