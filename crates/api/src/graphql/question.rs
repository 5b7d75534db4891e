//! Questions and answers. What can be done with them is in `question/mutations.rs`.

mod mutations;

use async_graphql::{
    Context, Enum, ID, InputObject, Object,
    connection::{Connection, EmptyFields},
};
use chrono::{DateTime, Utc};
use domain::{
    Actor, Aggregate as _, Command as _,
    id::{MemberId, QuestionId},
    intervention::Intervention as InterventionAggregate,
    question::{
        AcceptAnswer, GiveAnswer, HadSameQuestion, MarkHelpful, Question as QuestionAggregate, RedactQuestion,
        RevealAsker, UnacceptAnswer, UnmarkHelpful,
    },
    theme::Theme as ThemeAggregate,
};
use readmodel::models::{
    project::Projects,
    question::{AnswerRow, QuestionFilter as Filter, QuestionRow, Questions},
};
use serde::Serialize;

pub(crate) use mutations::{QuestionChanged, QuestionMutations};

use super::{
    catalogue::{self, Intervention, Theme},
    context::Viewing as _,
    error::Failed,
    id::{filter, global, local},
    limits,
    member::{Member, maybe_member},
    paging::{Cursor, Page},
    past::{self, AsOf},
    project::Project,
    text::Text,
};

/// The phase of a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, Serialize)]
#[graphql(remote = "domain::phase::Phase")]
pub(crate) enum Phase {
    /// Verkenning.
    Orientation,
    /// Voorbereiding.
    Preparation,
    /// Uitvoering.
    Implementation,
    /// Borging.
    Embedding,
    /// Opschaling.
    ScaleUp,
}

/// A question with its answers.
#[derive(Clone, Debug)]
pub(crate) struct Question(pub(crate) QuestionRow);

/// What can be done with a question.
const ACTIONS: &[&str] = &[
    HadSameQuestion::NAME,
    GiveAnswer::NAME,
    AcceptAnswer::NAME,
    UnacceptAnswer::NAME,
    MarkHelpful::NAME,
    UnmarkHelpful::NAME,
    RevealAsker::NAME,
    RedactQuestion::NAME,
];

impl Question {
    /// Under which names the viewer acts on it.
    async fn viewer_names(&self, ctx: &Context<'_>) -> Result<Vec<String>, Failed> {
        let mut names = vec![Actor::Member(ctx.viewer()?).to_string()];
        if ctx.asked(self.0.id, self.0.hidden.as_ref()).await? {
            names.push(Actor::Asker(self.0.id).to_string());
        }
        Ok(names)
    }
}

/// A question with its answers.
#[Object]
impl Question {
    pub(crate) async fn id(&self) -> ID {
        global(QuestionAggregate::KIND, self.0.id)
    }

    /// Rises with everything that happens to it; for `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// What it is about, in one line.
    async fn title(&self) -> Text {
        (&self.0.title).into()
    }

    /// The question.
    async fn body(&self) -> Text {
        (&self.0.body).into()
    }

    async fn asked_at(&self) -> DateTime<Utc> {
        self.0.asked_at
    }

    /// Null when asked anonymously.
    async fn asker(&self, ctx: &Context<'_>) -> Result<Option<Member>, Failed> {
        maybe_member(ctx, self.0.asker).await
    }

    /// Whether it is hidden who asked.
    async fn anonymous(&self) -> bool {
        self.0.hidden.is_some()
    }

    /// Whether the viewer asked it, also when that is hidden from others.
    async fn asked_by_viewer(&self, ctx: &Context<'_>) -> Result<bool, Failed> {
        Ok(self.0.asker == Some(ctx.viewer()?) || ctx.asked(self.0.id, self.0.hidden.as_ref()).await?)
    }

    async fn themes(&self, ctx: &Context<'_>) -> Result<Vec<Theme>, Failed> {
        catalogue::themes(ctx, &self.0.themes).await
    }

    async fn intervention(&self, ctx: &Context<'_>) -> Result<Option<Intervention>, Failed> {
        catalogue::maybe_intervention(ctx, self.0.intervention).await
    }

    /// The phase the asker was in.
    async fn phase(&self) -> Option<Phase> {
        self.0.phase.map(Phase::from)
    }

    /// The project it came up in.
    async fn project(&self, ctx: &Context<'_>) -> Result<Option<Project>, Failed> {
        match self.0.project {
            Some(project) => Ok(ctx.row::<Projects>(project).await?.map(Project)),
            None => Ok(None),
        }
    }

    /// In the order in which they were given.
    async fn answers(&self) -> Vec<Answer> {
        self.0.answers.iter().map(|row| Answer { row: row.clone(), question: self.clone() }).collect()
    }

    async fn answer_count(&self) -> usize {
        self.0.answers.len()
    }

    /// Whether an answer was accepted.
    async fn solved(&self) -> bool {
        self.0.answers.iter().any(|answer| answer.accepted)
    }

    /// How many others had this question too.
    async fn had_by_count(&self) -> usize {
        self.0.had_by.len()
    }

    async fn had_by_viewer(&self, ctx: &Context<'_>) -> Result<bool, Failed> {
        let viewer = Actor::Member(ctx.viewer()?).to_string();
        Ok(self.0.had_by.contains(&viewer))
    }

    /// What the viewer may do with it: names of commands, e.g. `give_answer`.
    #[graphql(complexity = 5)]
    async fn actions(&self, ctx: &Context<'_>) -> Result<Vec<&'static str>, Failed> {
        let allowed = ctx.actions::<QuestionAggregate>(self.0.id.0, None, ACTIONS).await?;
        // Revealing oneself makes sense for a hidden asker only.
        let hidden = self.0.hidden.is_some();
        Ok(allowed.into_iter().filter(|action| hidden || *action != RevealAsker::NAME).collect())
    }
}

/// An answer to a question.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) row: AnswerRow,
    pub(crate) question: Question,
}

/// An answer to a question.
#[Object]
impl Answer {
    async fn id(&self) -> ID {
        global("answer", self.row.id)
    }

    /// What was written.
    async fn body(&self) -> Text {
        (&self.row.body).into()
    }

    /// Null when the anonymous asker wrote it.
    async fn author(&self, ctx: &Context<'_>) -> Result<Option<Member>, Failed> {
        maybe_member(ctx, self.row.author).await
    }

    /// Whether whoever asked wrote it.
    async fn by_asker(&self) -> bool {
        self.row.author == self.question.0.asker
    }

    async fn by_viewer(&self, ctx: &Context<'_>) -> Result<bool, Failed> {
        let viewer = ctx.viewer()?;
        Ok(match self.row.author {
            Some(author) => author == viewer,
            None => ctx.asked(self.question.0.id, self.question.0.hidden.as_ref()).await?,
        })
    }

    async fn given_at(&self) -> DateTime<Utc> {
        self.row.given_at
    }

    /// Whether the asker was helped by it.
    async fn accepted(&self) -> bool {
        self.row.accepted
    }

    /// How many it helped.
    async fn helpful_count(&self) -> usize {
        self.row.helpful_to.len()
    }

    async fn helpful_to_viewer(&self, ctx: &Context<'_>) -> Result<bool, Failed> {
        let names = self.question.viewer_names(ctx).await?;
        Ok(self.row.helpful_to.iter().any(|name| names.contains(name)))
    }

    async fn question(&self) -> Question {
        self.question.clone()
    }
}

/// What the board is narrowed down to; all of it holds.
#[derive(Clone, Debug, Default, InputObject)]
pub(crate) struct QuestionFilter {
    theme_id: Option<ID>,
    intervention_id: Option<ID>,
    phase: Option<Phase>,
    /// Without an answer.
    #[graphql(default)]
    unanswered: bool,
    /// Asked by the viewer, also anonymously.
    #[graphql(default)]
    mine: bool,
}

/// Questions about questions.
#[derive(Debug, Default)]
pub(crate) struct QuestionQueries;

#[Object]
impl QuestionQueries {
    /// A question with its answers, now or as it was; null before it was asked.
    async fn question(&self, ctx: &Context<'_>, id: ID, as_of: Option<AsOf>) -> Result<Option<Question>, Failed> {
        past::stand_at(ctx, as_of, &id).await?;
        let Some(id) = local::<QuestionId>(QuestionAggregate::KIND, &id) else { return Ok(None) };
        Ok(ctx.row::<Questions>(id).await?.map(Question))
    }

    /// Questions, newest first.
    #[graphql(complexity = "first.min(limits::PAGE) * child_complexity")]
    async fn questions(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 20)] first: usize,
        after: Option<String>,
        filter: Option<QuestionFilter>,
    ) -> Result<Connection<Cursor, Question, EmptyFields, EmptyFields>, Failed> {
        let viewer = ctx.viewer()?;
        let page = Page::new(first, after.as_deref())?;
        let filter = narrowed(ctx, filter.unwrap_or_default(), viewer).await?;
        let rows = ctx.platform()?.models.questions(&filter, page.before(), page.limit()).await?;
        Ok(page.of(rows, |row| row.asked_position, Question))
    }
}

async fn narrowed(ctx: &Context<'_>, asked: QuestionFilter, viewer: MemberId) -> Result<Filter, Failed> {
    let mut narrowed = Filter {
        theme: filter(ThemeAggregate::KIND, asked.theme_id.as_ref())?,
        intervention: filter(InterventionAggregate::KIND, asked.intervention_id.as_ref())?,
        phase: asked.phase.map(Into::into),
        unanswered: asked.unanswered,
        ..Filter::default()
    };
    if asked.mine {
        narrowed.asker = Some(viewer);
        let platform = ctx.platform()?;
        for (question, tag) in platform.models.hidden_questions().await? {
            if platform.app.asker_tag(question, viewer).await? == Some(tag) {
                narrowed.ids.push(question);
            }
        }
    }
    Ok(narrowed)
}
