//! What can be done with questions and answers.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject, Union};
use domain::{
    Aggregate as _, Sealed,
    id::{AnswerId, QuestionId},
    intervention::Intervention as InterventionAggregate,
    project::Project as ProjectAggregate,
    question::{
        AcceptAnswer, AskQuestion, GiveAnswer, HadSameQuestion, MarkHelpful, Question as QuestionAggregate,
        RedactQuestion, RevealAsker, UnacceptAnswer, UnmarkHelpful,
    },
    sealed::KeyScope,
    theme::Theme as ThemeAggregate,
};
use readmodel::models::question::Questions;
use serde::Serialize;

use super::{Phase, Question};
use crate::graphql::{
    catalogue,
    context::Viewing as _,
    error::Failed,
    mutation::{self, Change, Creation, RedactionGround, Refusal, Wrong, line, maybe, prose, thing, things},
    text::Position,
};

/// A question after something happened to it.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct QuestionChanged {
    pub(crate) question: Question,
    /// What is read from here on includes the change.
    pub(crate) position: Position,
}

/// The question as it is now, or why it is not.
#[derive(Clone, Debug, Union)]
pub(crate) enum QuestionPayload {
    Changed(Box<QuestionChanged>),
    Refusal(Refusal),
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct AskQuestionInput {
    /// What it is about, in one line of at most 160 characters.
    title: String,
    /// The question, in Markdown, at most 20,000 characters.
    body: String,
    /// At least one.
    theme_ids: Vec<ID>,
    intervention_id: Option<ID>,
    /// The phase the asker is in.
    phase: Option<Phase>,
    /// The project it came up in; not for an anonymous question.
    project_id: Option<ID>,
    /// Hides from everybody who asks.
    #[graphql(default)]
    anonymous: bool,
    #[graphql(flatten)]
    #[serde(flatten)]
    creation: Creation,
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct HadSameQuestionInput {
    question_id: ID,
    #[graphql(flatten)]
    #[serde(flatten)]
    change: Change,
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct GiveAnswerInput {
    question_id: ID,
    /// In Markdown, at most 20,000 characters.
    body: String,
    #[graphql(flatten)]
    #[serde(flatten)]
    change: Change,
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct AcceptAnswerInput {
    question_id: ID,
    answer_id: ID,
    #[graphql(flatten)]
    #[serde(flatten)]
    change: Change,
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct UnacceptAnswerInput {
    question_id: ID,
    answer_id: ID,
    #[graphql(flatten)]
    #[serde(flatten)]
    change: Change,
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct MarkHelpfulInput {
    question_id: ID,
    answer_id: ID,
    #[graphql(flatten)]
    #[serde(flatten)]
    change: Change,
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct UnmarkHelpfulInput {
    question_id: ID,
    answer_id: ID,
    #[graphql(flatten)]
    #[serde(flatten)]
    change: Change,
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct RevealAskerInput {
    question_id: ID,
    #[graphql(flatten)]
    #[serde(flatten)]
    change: Change,
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct RedactQuestionInput {
    question_id: ID,
    /// Which answer; left out, the question itself.
    answer_id: Option<ID>,
    ground: RedactionGround,
    #[graphql(flatten)]
    #[serde(flatten)]
    change: Change,
}

/// What can be done with questions.
#[derive(Debug, Default)]
pub(crate) struct QuestionMutations;

fn question(id: &ID) -> Result<QuestionId, Wrong> {
    thing("questionId", QuestionAggregate::KIND, id)
}

fn answer(id: &ID) -> Result<AnswerId, Wrong> {
    thing("answerId", "answer", id)
}

/// Runs a command and shows the question it was about.
async fn run<C: domain::Command>(
    ctx: &Context<'_>,
    input: &impl Serialize,
    change: Change,
    command: Result<C, Wrong>,
) -> Result<QuestionPayload, Failed> {
    match mutation::run(ctx, input, change, command).await? {
        Err(refusal) => Ok(QuestionPayload::Refusal(refusal)),
        Ok(done) => {
            let row = ctx.row::<Questions>(done.stream.id).await?;
            let question = row.map(Question).ok_or_else(|| Failed::internal(&catalogue::Dangling(done.stream.id)))?;
            Ok(QuestionPayload::Changed(Box::new(QuestionChanged { question, position: Position(done.position) })))
        }
    }
}

#[Object]
impl QuestionMutations {
    /// Ask a question, openly or anonymously.
    async fn ask_question(&self, ctx: &Context<'_>, input: AskQuestionInput) -> Result<QuestionPayload, Failed> {
        let app = &ctx.platform()?.app;
        let id: QuestionId = app.source().id();
        let hidden = if input.anonymous { Some(app.hide_asker(id, ctx.contributor()?).await?) } else { None };
        let scope = KeyScope::of(QuestionAggregate::KIND, id);
        let command = (|| {
            Ok(AskQuestion {
                question: id,
                title: Sealed::new(scope.clone(), line("title", &input.title)?),
                body: prose("body", &scope, &input.body)?,
                themes: things("themeIds", ThemeAggregate::KIND, &input.theme_ids)?,
                intervention: maybe("interventionId", InterventionAggregate::KIND, input.intervention_id.as_ref())?,
                phase: input.phase.map(Into::into),
                project: maybe("projectId", ProjectAggregate::KIND, input.project_id.as_ref())?,
                anonymous: hidden,
            })
        })();
        run(ctx, &input, (&input.creation).into(), command).await
    }

    /// Say that you had this question too.
    async fn had_same_question(
        &self,
        ctx: &Context<'_>,
        input: HadSameQuestionInput,
    ) -> Result<QuestionPayload, Failed> {
        let command = question(&input.question_id).map(|question| HadSameQuestion { question });
        run(ctx, &input, input.change.clone(), command).await
    }

    /// Answer a question.
    async fn give_answer(&self, ctx: &Context<'_>, input: GiveAnswerInput) -> Result<QuestionPayload, Failed> {
        let answer: AnswerId = ctx.platform()?.app.source().id();
        let command = question(&input.question_id).and_then(|question| {
            let body = prose("body", &KeyScope::of("answer", answer), &input.body)?;
            Ok(GiveAnswer { question, answer, body })
        });
        run(ctx, &input, input.change.clone(), command).await
    }

    /// Say that an answer to your question helped you.
    async fn accept_answer(&self, ctx: &Context<'_>, input: AcceptAnswerInput) -> Result<QuestionPayload, Failed> {
        let command = question(&input.question_id)
            .and_then(|question| Ok(AcceptAnswer { question, answer: answer(&input.answer_id)? }));
        run(ctx, &input, input.change.clone(), command).await
    }

    /// Take that back.
    async fn unaccept_answer(&self, ctx: &Context<'_>, input: UnacceptAnswerInput) -> Result<QuestionPayload, Failed> {
        let command = question(&input.question_id)
            .and_then(|question| Ok(UnacceptAnswer { question, answer: answer(&input.answer_id)? }));
        run(ctx, &input, input.change.clone(), command).await
    }

    /// Say that an answer is helpful.
    async fn mark_helpful(&self, ctx: &Context<'_>, input: MarkHelpfulInput) -> Result<QuestionPayload, Failed> {
        let command = question(&input.question_id)
            .and_then(|question| Ok(MarkHelpful { question, answer: answer(&input.answer_id)? }));
        run(ctx, &input, input.change.clone(), command).await
    }

    /// Take that back.
    async fn unmark_helpful(&self, ctx: &Context<'_>, input: UnmarkHelpfulInput) -> Result<QuestionPayload, Failed> {
        let command = question(&input.question_id)
            .and_then(|question| Ok(UnmarkHelpful { question, answer: answer(&input.answer_id)? }));
        run(ctx, &input, input.change.clone(), command).await
    }

    /// Take away the text of a question or an answer, for good: that it existed stays. Its author is told.
    async fn redact_question(&self, ctx: &Context<'_>, input: RedactQuestionInput) -> Result<QuestionPayload, Failed> {
        let command = question(&input.question_id).and_then(|question| {
            let answer = maybe("answerId", "answer", input.answer_id.as_ref())?;
            Ok(RedactQuestion { question, answer, ground: input.ground.into() })
        });
        let text = command.as_ref().ok().map(|command| match command.answer {
            Some(answer) => ("answer", answer.0),
            None => (QuestionAggregate::KIND, command.question.0),
        });
        let payload = run(ctx, &input, input.change.clone(), command).await?;
        let (QuestionPayload::Changed(changed), Some((kind, id))) = (&payload, text) else { return Ok(payload) };
        mutation::destroy_text(ctx, kind, id).await?;
        let answer = AnswerId::from(id);
        let shown = mutation::once_gone::<Questions>(ctx, changed.question.0.id, |row| {
            let answer = row.answers.iter().find(|row| row.id == answer);
            answer.map_or(&row.body, |answer| &answer.body).text().is_none()
        });
        let (question, position) = (Question(shown.await?), changed.position);
        Ok(QuestionPayload::Changed(Box::new(QuestionChanged { question, position })))
    }

    /// Make yourself known as who asked an anonymous question. This cannot be undone.
    async fn reveal_asker(&self, ctx: &Context<'_>, input: RevealAskerInput) -> Result<QuestionPayload, Failed> {
        let member = ctx.contributor()?;
        let command = question(&input.question_id).map(|question| RevealAsker { question, member });
        run(ctx, &input, input.change.clone(), command).await
    }
}
