//! `leerwerk export`: the log as files, for evaluation and for checks without the platform.

use std::{fmt::Write as _, path::PathBuf};

use audit::{Exported, Filter, Moment, Subject};
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};

use super::history::print;
use crate::{config::Config, platform::Platform};

/// Options of `export`.
#[derive(Args, Debug)]
pub(crate) struct Export {
    /// How the events are written.
    #[arg(long, value_enum)]
    format: Format,

    /// The directory to write to: made when missing, and it must be empty.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// The first moment: a position, a time with its offset (2026-01-31T12:00:00+01:00), or a day (2026-01-31, from
    /// midnight UTC). Without it: the beginning of the log.
    #[arg(long, value_name = "MOMENT")]
    from: Option<Moment>,

    /// The last moment, included: the same forms; a day counts up to its end, midnight UTC. Without it: the end of
    /// the log.
    #[arg(long, value_name = "MOMENT")]
    until: Option<Moment>,

    /// Only events that concern one of these: ids, alone or after a kind (project-<uuid>).
    #[arg(long, value_name = "ID", num_args = 1..)]
    concerns: Vec<Subject>,
}

/// How events are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One JSON object a line, canonical (RFC 8785), with the hash that covers it.
    Ndjson,
    /// A table for a spreadsheet or statistics program.
    Csv,
}

impl Export {
    pub(crate) async fn run(self, config: Config) -> anyhow::Result<()> {
        let platform = Platform::open_beside(&config).await?;
        let signer = crate::log_key::signer(&config)?;
        let directory = self.out.clone();
        let export = audit::Export {
            directory: self.out,
            format: match self.format {
                Format::Ndjson => audit::Format::Ndjson,
                Format::Csv => audit::Format::Csv,
            },
            filter: Filter {
                from: self.from,
                until: self.until,
                concerns: self.concerns.into_iter().map(|subject| subject.id).collect(),
            },
            made_at: app::Source::system().now(),
        };
        platform.note("export", export.filter.concerns.clone()).await?;
        // Shows itself on a terminal only.
        let bar = ProgressBar::new(0).with_style(ProgressStyle::with_template("{wide_bar} {percent:>3} %  {eta}")?);
        let exported = audit::export(&platform.log, &signer, &export, |progress| {
            bar.set_length((progress.last - progress.first + 1).unsigned_abs());
            bar.set_position((progress.reached - progress.first + 1).unsigned_abs());
        })
        .await;
        bar.finish_and_clear();
        platform.close().await?;
        print(&told(&directory, &exported?))
    }
}

/// Counts and digests.
fn told(directory: &std::path::Path, exported: &Exported) -> String {
    let Exported { manifest, manifest_file } = exported;
    let mut text = String::new();
    let total = manifest.counts.total.to_string();
    let width = manifest.counts.per_type.keys().map(String::len).max().unwrap_or_default();
    for (event_type, count) in &manifest.counts.per_type {
        let _ = writeln!(text, "{event_type:<width$}  {count:>0$}", total.len());
    }
    let _ = match (manifest.first_position, manifest.last_position) {
        (Some(first), Some(last)) => writeln!(
            text,
            "{total} events, from position {first} to {last}; the log ended at {}",
            manifest.head_position
        ),
        _ => writeln!(text, "no events; the log ended at {}", manifest.head_position),
    };
    let _ = writeln!(text);
    for file in manifest.files.iter().chain([manifest_file]) {
        let path = directory.join(&file.name);
        let _ = writeln!(text, "{}  {} bytes  sha256 {}", path.display(), file.bytes, file.sha256);
    }
    text
}

#[cfg(test)]
mod tests {
    use audit::{Counts, Filters, Manifest, WrittenFile};

    use super::*;

    #[test]
    fn counts_and_digests_are_told() {
        let file = |name: &str, bytes| WrittenFile { name: name.into(), bytes, sha256: "ab".repeat(32) };
        let manifest = Manifest {
            export_version: 1,
            format: audit::Format::Ndjson,
            filters: Filters { from: None, until: None, from_position: 1, until_position: 900, concerns: Vec::new() },
            counts: Counts { total: 123, per_type: [("AnswerGiven".into(), 23), ("QuestionAsked".into(), 100)].into() },
            first_position: Some(3),
            last_position: Some(890),
            head_position: 900,
            made_at: String::new(),
            files: vec![file("events.ndjson", 1_234)],
        };
        let exported = Exported { manifest, manifest_file: file("manifest.json", 56) };
        insta::assert_snapshot!(told("out".as_ref(), &exported), @r"
        AnswerGiven     23
        QuestionAsked  100
        123 events, from position 3 to 890; the log ended at 900

        out/events.ndjson  1234 bytes  sha256 abababababababababababababababababababababababababababababababab
        out/manifest.json  56 bytes  sha256 abababababababababababababababababababababababababababababababab
        ");
    }
}
