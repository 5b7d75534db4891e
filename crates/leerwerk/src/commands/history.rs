//! `leerwerk history`: everything that concerns one thing, in words, and the state it led to.

use std::{
    collections::HashMap,
    fmt::Write as _,
    io::{self, Write as _},
};

use anyhow::{Context as _, bail};
use audit::{Happened, Moment, Subject};
use clap::{Args, ValueEnum};
use domain::{
    Aggregate, basis::Basis, collaboration::Collaboration, experience::Experience, funding_round::FundingRound,
    id::MemberId, intervention::Intervention, knowledge_page::KnowledgePage, member::Member,
    organisation::Organisation, pdsa::Cycle, project::Project, question::Question, region::Region, theme::Theme,
};
use eventlog::{Log, Position, StreamId};
use readmodel::{
    Model,
    models::{
        catalogue::Catalogue, cycle::Cycles, experience::Experiences, knowledge_page::KnowledgePages, member::Members,
        project::Projects, question::Questions,
    },
};
use serde_json::{Value, json};

use crate::{config::Config, platform::Platform};

/// Options of `history`.
#[derive(Args, Debug)]
pub(crate) struct History {
    /// What kind of thing.
    #[arg(value_enum)]
    kind: Kind,

    /// Which: its id, alone or as its stream is named (project-<uuid>).
    id: Subject,

    /// The last moment to tell of: a position, a time with its offset (2026-01-31T12:00:00+01:00), or a day
    /// (2026-01-31, up to midnight UTC). Without it: now.
    #[arg(long)]
    until: Option<Moment>,

    /// Print JSON: the events as recorded with their sentences, the state and the position it is of.
    #[arg(long)]
    json: bool,

    /// The language of the sentences.
    #[arg(long, value_enum, default_value_t = Language::Nl)]
    language: Language,
}

/// The kinds of thing that have a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    Project,
    Question,
    Experience,
    #[value(alias = "cycle")]
    Pdsa,
    Page,
    Member,
    Organisation,
    Collaboration,
    Region,
    Theme,
    Intervention,
    Round,
    Basis,
}

/// The languages of sentences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Language {
    /// Dutch.
    Nl,
    /// English.
    En,
}

impl Kind {
    /// What its streams are called.
    fn stream(self) -> &'static str {
        match self {
            Self::Project => Project::KIND,
            Self::Question => Question::KIND,
            Self::Experience => Experience::KIND,
            Self::Pdsa => Cycle::KIND,
            Self::Page => KnowledgePage::KIND,
            Self::Member => Member::KIND,
            Self::Organisation => Organisation::KIND,
            Self::Collaboration => Collaboration::KIND,
            Self::Round => FundingRound::KIND,
            Self::Basis => Basis::KIND,
            Self::Region => Region::KIND,
            Self::Theme => Theme::KIND,
            Self::Intervention => Intervention::KIND,
        }
    }

    /// How a thing of this kind was.
    async fn state(self, log: &Log, stream: &StreamId, until: Position) -> anyhow::Result<Value> {
        match self {
            Self::Project => state::<Projects>(log, stream, until).await,
            Self::Question => state::<Questions>(log, stream, until).await,
            Self::Experience => state::<Experiences>(log, stream, until).await,
            Self::Pdsa => state::<Cycles>(log, stream, until).await,
            Self::Page => state::<KnowledgePages>(log, stream, until).await,
            Self::Member => state::<Members>(log, stream, until).await,
            Self::Organisation
            | Self::Collaboration
            | Self::Region
            | Self::Theme
            | Self::Intervention
            | Self::Round
            | Self::Basis => state::<Catalogue>(log, stream, until).await,
        }
    }
}

async fn state<M: Model>(log: &Log, stream: &StreamId, until: Position) -> anyhow::Result<Value> {
    let rows = readmodel::as_of::<M>(log, stream.id, until).await?;
    let row = rows.get(&stream.id.to_string()).with_context(|| format!("{stream} has events but no state"))?;
    Ok(serde_json::to_value(row)?)
}

/// A history with everything needed to tell it.
struct Told {
    stream: StreamId,
    until: Position,
    happened: Vec<Happened>,
    names: HashMap<MemberId, String>,
    state: Value,
}

impl History {
    pub(crate) async fn run(self, config: Config) -> anyhow::Result<()> {
        let platform = Platform::open_beside(&config).await?;
        platform.note("history", vec![self.id.id]).await?;
        let told = self.tell(&platform.log).await;
        platform.close().await?;
        let told = told?;
        let text = if self.json { told.json()? } else { told.text(self.language) };
        print(&text)
    }

    async fn tell(&self, log: &Log) -> anyhow::Result<Told> {
        let stream = StreamId::new(self.kind.stream(), self.id.id);
        if let Some(kind) = &self.id.kind
            && *kind != stream.kind
        {
            bail!("that is the id of a {kind}, not of a {}", stream.kind);
        }
        let head = log.head().await?.position;
        let until = match self.until {
            Some(until) => until.last(log).await?.min(head),
            None => head,
        };
        let happened = audit::history(log, stream.id, until).await?;
        if !happened.iter().any(|happened| happened.recorded.stream == stream) {
            match log.stream(&stream, 0).await?.first() {
                Some(first) => bail!("{stream} begins at position {}, after position {until}", first.position),
                None => bail!("there is no {stream}"),
            }
        }
        let members = happened.iter().flat_map(|happened| happened.sentence.members());
        let names = audit::names(log, members, until).await?;
        let state = self.kind.state(log, &stream, until).await?;
        Ok(Told { stream, until, happened, names, state })
    }
}

impl Told {
    fn sentence(&self, happened: &Happened, language: Language) -> String {
        happened.sentence.fill(language == Language::Nl, |member| self.names.get(&member).cloned())
    }

    fn json(&self) -> anyhow::Result<String> {
        let mut history = Vec::with_capacity(self.happened.len());
        for happened in &self.happened {
            let mut entry: Value = serde_json::from_str(&audit::ndjson_line(&happened.recorded))?;
            let [nl, en] = [Language::Nl, Language::En].map(|language| self.sentence(happened, language));
            entry["sentence"] = json!({ "nl": nl, "en": en });
            history.push(entry);
        }
        let told = json!({ "history": history, "state": self.state, "until": self.until });
        Ok(serde_json::to_string_pretty(&told)? + "\n")
    }

    fn text(&self, language: Language) -> String {
        let mut text = String::new();
        let width = self.until.to_string().len();
        for happened in &self.happened {
            let recorded = &happened.recorded;
            let at = recorded.at.with_timezone(&chrono::Local).format("%Y-%m-%d %H:%M:%S %:z");
            let sentence = self.sentence(happened, language);
            let (position, event_type) = (recorded.position, &recorded.event_type);
            let _ = write!(text, "{position:>width$}  {at}  {sentence} ({event_type}");
            let _ = match &recorded.stream {
                own if *own == self.stream => writeln!(text, ")"),
                other => writeln!(text, ", {other})"),
            };
        }
        let (stream, until) = (&self.stream, self.until);
        let _ = match language {
            Language::Nl => writeln!(text, "\n{stream} op positie {until}:"),
            Language::En => writeln!(text, "\n{stream} at position {until}:"),
        };
        lay_out(&mut text, &self.state, 2);
        text
    }
}

/// Writes a document for people to read: one member a line, what is inside it further to the right.
fn lay_out(text: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let _ = write!(text, "{:indent$}{name}:", "");
                lay_out_member(text, value, indent);
            }
        }
        Value::Array(items) => {
            for item in items {
                let _ = write!(text, "{:indent$}-", "");
                if item.is_object() && !is_erased(item) {
                    // Its first member stands beside the dash.
                    let mut inside = String::new();
                    lay_out(&mut inside, item, indent + 2);
                    text.push_str(inside.get(indent + 1..).unwrap_or_default());
                } else {
                    lay_out_member(text, item, indent);
                }
            }
        }
        scalar => {
            let _ = writeln!(text, "{:indent$}{}", "", plain(scalar));
        }
    }
}

/// What stands behind a name or a dash.
fn lay_out_member(text: &mut String, value: &Value, indent: usize) {
    let inner = indent + 2;
    match value {
        Value::Object(members) if members.is_empty() => text.push_str(" -\n"),
        Value::Array(items) if items.is_empty() => text.push_str(" -\n"),
        Value::Object(_) | Value::Array(_) if !is_erased(value) => {
            text.push('\n');
            lay_out(text, value, inner);
        }
        Value::String(long) if long.contains('\n') => {
            text.push('\n');
            for line in long.lines() {
                let _ = writeln!(text, "{}", format!("{:inner$}{line}", "").trim_end());
            }
        }
        scalar => {
            let _ = writeln!(text, " {}", plain(scalar));
        }
    }
}

fn is_erased(value: &Value) -> bool {
    *value == json!({ "erased": true })
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        erased if is_erased(erased) => "(erased)".to_owned(),
        other => other.to_string(),
    }
}

/// Prints to standard output. A reader that has seen enough (`| head`) is no error.
pub(super) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => done.context("standard output cannot be written"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_laid_out_for_people() {
        let mut text = String::new();
        let document = json!({
            "aim": "Eén regel.\n\nEn nog een.",
            "bottlenecks": [
                { "kind": "time", "text": { "erased": true }, "votes": [] },
                { "kind": "funding", "resolution": { "at": 1, "by": null } },
            ],
            "name": { "erased": true },
            "open": true,
            "participants": ["a", "b"],
        });
        lay_out(&mut text, &document, 2);
        insta::assert_snapshot!(text, @r"
          aim:
            Eén regel.

            En nog een.
          bottlenecks:
            - kind: time
              text: (erased)
              votes: -
            - kind: funding
              resolution:
                at: 1
                by: -
          name: (erased)
          open: true
          participants:
            - a
            - b
        ");
    }
}
