//! The question board and the page of a question with its answers.

use domain::{
    Actor, Aggregate as _, Event, Timestamp,
    id::{AnswerId, InterventionId, MemberId, ProjectId, QuestionId, ThemeId},
    phase::Phase,
    question::{AskerTag, QuestionEvent},
};
use serde::{Deserialize, Serialize};

use crate::{
    ReadModels,
    error::ReadModelError,
    model::{Model, Origin, Rows, Seen, Shown},
    tables,
};

/// Questions; the key of a row is the question's id.
pub struct Questions;

/// A question with its answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuestionRow {
    /// Which.
    pub id: QuestionId,
    /// The version of its stream.
    pub version: i32,
    /// In one line.
    pub title: Shown,
    /// The question.
    pub body: Shown,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// Where in the log it was asked: the order of the board.
    pub asked_position: i64,
    /// Who asked; nobody while that is hidden.
    pub asker: Option<MemberId>,
    /// Present while it is hidden who asked.
    pub hidden: Option<AskerTag>,
    /// What it is about.
    pub themes: Vec<ThemeId>,
    /// The intervention it is about.
    pub intervention: Option<InterventionId>,
    /// The phase the asker was in.
    pub phase: Option<Phase>,
    /// The project it came up in.
    pub project: Option<ProjectId>,
    /// In the order in which they were given.
    pub answers: Vec<AnswerRow>,
    /// Who had this question too, as envelopes name them.
    pub had_by: Vec<String>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnswerRow {
    /// Which.
    pub id: AnswerId,
    /// What was written.
    pub body: Shown,
    /// Who wrote it; nobody when the hidden asker did.
    pub author: Option<MemberId>,
    /// When.
    pub given_at: Timestamp,
    /// Whether the asker was helped by it.
    pub accepted: bool,
    /// Whom it helped, as envelopes name them.
    pub helpful_to: Vec<String>,
}

/// What the board is narrowed down to.
#[derive(Clone, Debug, Default)]
pub struct QuestionFilter {
    /// About this theme.
    pub theme: Option<ThemeId>,
    /// About this intervention.
    pub intervention: Option<InterventionId>,
    /// Asked in this phase.
    pub phase: Option<Phase>,
    /// Without an answer.
    pub unanswered: bool,
    /// Asked openly by this member, or one of `ids`.
    pub asker: Option<MemberId>,
    /// With `asker`: questions that are theirs though it does not show.
    pub ids: Vec<QuestionId>,
}

impl Model for Questions {
    const NAME: &'static str = "question";
    const KINDS: &'static [&'static str] = &[domain::question::Question::KIND];
    const VERSION: u32 = 1;
    const DEFINITION: &'static str = include_str!("question.rs");
    const ORIGIN: Origin = Origin::Stream;
    const INDEXES: &'static [&'static str] = &[
        "CREATE INDEX ON {table} (((doc ->> 'asked_position')::bigint))",
        "CREATE INDEX ON {table} USING gin ((doc -> 'themes'))",
        "CREATE INDEX ON {table} ((doc ->> 'asker'))",
        "CREATE INDEX ON {table} (((doc ->> 'asked_position')::bigint)) WHERE doc ->> 'hidden' IS NOT NULL",
        "CREATE INDEX ON {table} (((doc ->> 'asked_position')::bigint)) WHERE jsonb_array_length(doc -> 'answers') = 0",
    ];
    const BRINGS: &'static [(&'static str, &'static str)] = &[
        ("doc ->> 'asker'", "member"),
        ("jsonb_path_query(doc, '$.answers[*].author') #>> '{}'", "member"),
        ("jsonb_path_query(doc, '$.themes[*]') #>> '{}'", "catalogue"),
        ("doc ->> 'intervention'", "catalogue"),
    ];
    type Row = QuestionRow;

    fn touches(event: &Seen) -> Vec<String> {
        match &event.event {
            Event::Question(_) => vec![event.stream.id.to_string()],
            _ => Vec::new(),
        }
    }

    fn fold(rows: &mut Rows<QuestionRow>, event: &Seen) {
        let Event::Question(happened) = &event.event else { return };
        let key = event.stream.id.to_string();
        let by = event.actor.to_string();
        match happened {
            QuestionEvent::QuestionAsked { title, body, themes, intervention, phase, project, anonymous } => rows.put(
                key.clone(),
                QuestionRow {
                    id: event.stream.id.into(),
                    version: event.version,
                    title: title.into(),
                    body: body.into(),
                    asked_at: event.at,
                    asked_position: event.position,
                    asker: event.actor.member(),
                    hidden: anonymous.as_ref().map(|hidden| hidden.tag.clone()),
                    themes: themes.clone(),
                    intervention: *intervention,
                    phase: *phase,
                    project: *project,
                    answers: Vec::new(),
                    had_by: Vec::new(),
                },
            ),
            QuestionEvent::SameQuestionHad {} => rows.change(&key, |row| row.had_by.push(by)),
            QuestionEvent::AnswerGiven { answer, body } => rows.change(&key, |row| {
                row.answers.push(AnswerRow {
                    id: *answer,
                    body: body.into(),
                    author: event.actor.member(),
                    given_at: event.at,
                    accepted: false,
                    helpful_to: Vec::new(),
                });
            }),
            QuestionEvent::AnswerAccepted { answer } => change(rows, &key, *answer, |answer| answer.accepted = true),
            QuestionEvent::AnswerUnaccepted { answer } => change(rows, &key, *answer, |answer| answer.accepted = false),
            QuestionEvent::HelpfulMarked { answer } => change(rows, &key, *answer, |answer| answer.helpful_to.push(by)),
            QuestionEvent::HelpfulUnmarked { answer } => {
                change(rows, &key, *answer, |answer| answer.helpful_to.retain(|other| *other != by));
            }
            // The text itself goes with its key.
            QuestionEvent::ContributionRedacted { .. } => {}
            QuestionEvent::AskerRevealed { member } => rows.change(&key, |row| {
                row.asker = Some(*member);
                row.hidden = None;
                let (asker, member) = (Actor::Asker(row.id).to_string(), Actor::Member(*member));
                for answer in &mut row.answers {
                    answer.author = answer.author.or(member.member());
                    for name in answer.helpful_to.iter_mut().filter(|name| **name == asker) {
                        *name = member.to_string();
                    }
                }
            }),
        }
        rows.change(&key, |row| row.version = event.version);
    }
}

fn change(rows: &mut Rows<QuestionRow>, key: &str, answer: AnswerId, change: impl FnOnce(&mut AnswerRow)) {
    rows.change(key, |row| {
        if let Some(answer) = row.answers.iter_mut().find(|row| row.id == answer) {
            change(answer);
        }
    });
}

impl ReadModels {
    /// Questions, newest first, asked before a position.
    pub async fn questions(
        &self,
        filter: &QuestionFilter,
        before: i64,
        limit: i64,
    ) -> Result<Vec<QuestionRow>, ReadModelError> {
        let ids: Vec<String> = filter.ids.iter().map(ToString::to_string).collect();
        let docs = sqlx::query_scalar!(
            r#"SELECT doc::text AS "doc!" FROM question
               WHERE (doc ->> 'asked_position')::bigint < $1
                 AND ($2::text IS NULL OR doc -> 'themes' ? $2)
                 AND ($3::text IS NULL OR doc ->> 'intervention' = $3)
                 AND ($4::text IS NULL OR doc ->> 'phase' = $4)
                 AND (NOT $5 OR jsonb_array_length(doc -> 'answers') = 0)
                 AND ($6::text IS NULL OR doc ->> 'asker' = $6 OR key = ANY($7))
               ORDER BY (doc ->> 'asked_position')::bigint DESC LIMIT $8"#,
            before,
            filter.theme.map(|id| id.to_string()),
            filter.intervention.map(|id| id.to_string()),
            filter.phase.and_then(name),
            filter.unanswered,
            filter.asker.map(|id| id.to_string()),
            &ids,
            limit
        )
        .fetch_all(&self.pool)
        .await?;
        docs.iter().map(|doc| tables::read::<Questions>(doc)).collect()
    }

    /// Every question whose asker is hidden, with its tag, for its asker to recognise.
    pub async fn hidden_questions(&self) -> Result<Vec<(QuestionId, AskerTag)>, ReadModelError> {
        let rows =
            sqlx::query!(r#"SELECT key, doc ->> 'hidden' AS "tag!" FROM question WHERE doc ->> 'hidden' IS NOT NULL"#)
                .fetch_all(&self.pool)
                .await?;
        Ok(rows
            .into_iter()
            .filter_map(|row| Some((uuid::Uuid::parse_str(&row.key).ok()?.into(), AskerTag(row.tag))))
            .collect())
    }
}

/// The name of a plain enum value, as documents hold it.
pub(crate) fn name(value: impl Serialize) -> Option<String> {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned))
}
