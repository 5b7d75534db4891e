//! What others already asked, answered or shared: found by a text, also while it is being typed.

use std::collections::HashSet;

use domain::{Aggregate as _, Event, Sealed, experience::ExperienceEvent, question::QuestionEvent, text::Prose};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    ReadModels,
    analysis::lexemes,
    error::ReadModelError,
    model::{Model, Rows, Seen, Shown},
    tables,
};

/// Contributions by their lexemes; the key of a row is the question's or experience's id.
pub struct Similar;

/// Characters of a passage that are shown.
const EXCERPT: usize = 240;
/// Candidates that are ranked.
const CANDIDATES: i64 = 200;

/// A question with its answers, or an experience.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SimilarRow {
    /// Which.
    pub id: Uuid,
    /// Which of the two.
    pub kind: ContributionKind,
    /// In one line.
    pub title: Shown,
    /// When it was contributed, as a position.
    pub position: i64,
    /// Its texts: body, outcome, each answer.
    pub passages: Vec<Passage>,
    /// The lexemes of all of it.
    pub lexemes: Vec<String>,
}

/// What kind of contribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContributionKind {
    /// A question.
    Question,
    /// An experience.
    Experience,
}

/// One of the texts of a contribution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Passage {
    /// Its beginning.
    pub text: String,
    /// Its lexemes.
    pub lexemes: Vec<String>,
}

/// Something that resembles a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Which.
    pub id: Uuid,
    /// A question or an experience.
    pub kind: ContributionKind,
    /// In one line.
    pub title: String,
    /// The passage that resembles it most.
    pub excerpt: String,
}

impl Model for Similar {
    const NAME: &'static str = "contribution";
    const KINDS: &'static [&'static str] = &[domain::question::Question::KIND, domain::experience::Experience::KIND];
    const VERSION: u32 = 1;
    const DEFINITION: &'static str = include_str!("similar.rs");
    const INDEXES: &'static [&'static str] = &["CREATE INDEX ON {table} USING gin (readmodel.lexemes(doc))"];
    type Row = SimilarRow;

    fn touches(event: &Seen) -> Vec<String> {
        match &event.event {
            Event::Question(_) | Event::Experience(_) => vec![event.stream.id.to_string()],
            _ => Vec::new(),
        }
    }

    fn fold(rows: &mut Rows<SimilarRow>, event: &Seen) {
        let key = event.stream.id.to_string();
        let new = |kind, title: Shown, texts: Vec<&Sealed<Prose>>| {
            let mut row = SimilarRow {
                id: event.stream.id,
                kind,
                lexemes: title.text().map(lexemes).unwrap_or_default(),
                title,
                position: event.position,
                passages: Vec::new(),
            };
            for text in texts {
                add(&mut row, text);
            }
            row
        };
        match &event.event {
            Event::Question(QuestionEvent::QuestionAsked { title, body, .. }) => {
                rows.put(key, new(ContributionKind::Question, title.into(), vec![body]));
            }
            Event::Question(QuestionEvent::AnswerGiven { body, .. }) => rows.change(&key, |row| add(row, body)),
            Event::Experience(ExperienceEvent::ExperienceShared { title, body, outcome, .. }) => {
                let texts = [body].into_iter().chain(outcome).collect();
                rows.put(key, new(ContributionKind::Experience, title.into(), texts));
            }
            _ => {}
        }
    }
}

fn add(row: &mut SimilarRow, text: &Sealed<Prose>) {
    let Some(text) = text.open() else { return };
    let told = lexemes(text.as_str());
    row.lexemes.extend(told.iter().cloned());
    row.lexemes.sort_unstable();
    row.lexemes.dedup();
    row.passages.push(Passage { text: text.as_str().chars().take(EXCERPT).collect(), lexemes: told });
}

impl ReadModels {
    /// Contributions that resemble a text, best first: by the share of its lexemes that they hold, a title counting
    /// twice; the newest first among equals.
    pub async fn similar(&self, text: &str, limit: usize) -> Result<Vec<Found>, ReadModelError> {
        let asked = lexemes(text);
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        let query = asked.iter().map(|lexeme| format!("'{lexeme}'")).collect::<Vec<_>>().join(" | ");
        let docs = sqlx::query_scalar!(
            r#"SELECT doc::text AS "doc!" FROM contribution
               WHERE readmodel.lexemes(doc) @@ $1::text::tsquery
               ORDER BY (SELECT count(*) FROM unnest($2::text[]) AS lexeme WHERE doc -> 'lexemes' ? lexeme) DESC,
                        (doc ->> 'position')::bigint DESC
               LIMIT $3"#,
            query,
            &asked,
            CANDIDATES
        )
        .fetch_all(&self.pool)
        .await?;
        let mut found = Vec::with_capacity(docs.len());
        for doc in docs {
            let row = tables::read::<Similar>(&doc)?;
            if let Some(title) = row.title.text() {
                found.push((score(&asked, &row, title), row.position, row.clone(), title.to_owned()));
            }
        }
        found.sort_by(|a, b| b.0.cmp(&a.0).then(b.1.cmp(&a.1)));
        found.truncate(limit);
        Ok(found
            .into_iter()
            .map(|(_, _, row, title)| Found {
                id: row.id,
                kind: row.kind,
                title,
                excerpt: best_passage(&asked, &row.passages),
            })
            .collect())
    }
}

fn hits(asked: &[String], told: &[String]) -> usize {
    let told: HashSet<&String> = told.iter().collect();
    asked.iter().filter(|lexeme| told.contains(lexeme)).count()
}

fn score(asked: &[String], row: &SimilarRow, title: &str) -> usize {
    hits(asked, &row.lexemes) + hits(asked, &lexemes(title))
}

fn best_passage(asked: &[String], passages: &[Passage]) -> String {
    let best = passages.iter().rev().max_by_key(|passage| hits(asked, &passage.lexemes));
    best.map(|passage| passage.text.clone()).unwrap_or_default()
}
