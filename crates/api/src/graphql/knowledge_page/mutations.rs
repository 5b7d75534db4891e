//! What can be done with knowledge pages.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject, Union};
use domain::{
    Aggregate as _, Sealed,
    experience::Experience as ExperienceAggregate,
    id::{PageId, SectionId},
    intervention::Intervention as InterventionAggregate,
    knowledge_page::{
        CiteSource, DraftPage, DropSource, KnowledgePage as PageAggregate, PublishPage, Source, WriteSection,
    },
    question::Question as QuestionAggregate,
    sealed::KeyScope,
    theme::Theme as ThemeAggregate,
};
use readmodel::models::{knowledge_page::KnowledgePages, question::Questions};
use serde::Serialize;

use super::KnowledgePage;
use crate::graphql::{
    catalogue::Dangling,
    context::Viewing as _,
    error::Failed,
    mutation::{self, Change, Creation, Refusal, Wrong, line, prose, thing},
    text::Position,
};

/// A knowledge page after something happened to it.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct KnowledgePageChanged {
    knowledge_page: KnowledgePage,
    /// What is read from here on includes the change.
    position: Position,
}

/// The page as it is now, or why it is not.
#[derive(Clone, Debug, Union)]
pub(crate) enum KnowledgePagePayload {
    Changed(Box<KnowledgePageChanged>),
    Refusal(Refusal),
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct DraftPageInput {
    /// What it is about, in one line of at most 160 characters.
    title: String,
    intervention_id: ID,
    theme_id: ID,
    #[graphql(flatten)]
    #[serde(flatten)]
    creation: Creation,
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct WriteSectionInput {
    knowledge_page_id: ID,
    /// The section to write anew; left out: a new one, which comes last.
    section_id: Option<ID>,
    /// In one line of at most 160 characters.
    heading: String,
    /// The framing text, in Markdown.
    text: String,
    #[graphql(flatten)]
    #[serde(flatten)]
    change: Change,
}

/// What to cite: exactly one of a question, an answer (with its question) and an experience.
#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct CiteSourceInput {
    knowledge_page_id: ID,
    section_id: ID,
    question_id: Option<ID>,
    /// Needs `questionId` too.
    answer_id: Option<ID>,
    experience_id: Option<ID>,
    #[graphql(flatten)]
    #[serde(flatten)]
    change: Change,
}

/// What to cite no longer; as in `CiteSourceInput`.
#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct DropSourceInput {
    knowledge_page_id: ID,
    section_id: ID,
    question_id: Option<ID>,
    /// Needs `questionId` too.
    answer_id: Option<ID>,
    experience_id: Option<ID>,
    #[graphql(flatten)]
    #[serde(flatten)]
    change: Change,
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct PublishPageInput {
    knowledge_page_id: ID,
    #[graphql(flatten)]
    #[serde(flatten)]
    change: Change,
}

/// What can be done with knowledge pages.
#[derive(Debug, Default)]
pub(crate) struct KnowledgePageMutations;

fn page(id: &ID) -> Result<PageId, Wrong> {
    thing("knowledgePageId", PageAggregate::KIND, id)
}

fn section(id: &ID) -> Result<SectionId, Wrong> {
    thing("sectionId", "section", id)
}

fn source(question: Option<&ID>, answer: Option<&ID>, experience: Option<&ID>) -> Result<Source, Wrong> {
    match (question, answer, experience) {
        (Some(question), None, None) => {
            Ok(Source::Question { question: thing("questionId", QuestionAggregate::KIND, question)? })
        }
        (Some(question), Some(answer), None) => Ok(Source::Answer {
            question: thing("questionId", QuestionAggregate::KIND, question)?,
            answer: thing("answerId", "answer", answer)?,
        }),
        (None, None, Some(experience)) => {
            Ok(Source::Experience { experience: thing("experienceId", ExperienceAggregate::KIND, experience)? })
        }
        _ => Err(Wrong::Choice("questionId")),
    }
}

/// Runs a command and shows the page it was about.
async fn run<C: domain::Command>(
    ctx: &Context<'_>,
    input: &impl Serialize,
    change: Change,
    command: Result<C, Wrong>,
) -> Result<KnowledgePagePayload, Failed> {
    match mutation::run(ctx, input, change, command).await? {
        Err(refusal) => Ok(KnowledgePagePayload::Refusal(refusal)),
        Ok(done) => {
            let row = ctx.row::<KnowledgePages>(done.stream.id).await?;
            let page = row.map(KnowledgePage).ok_or_else(|| Failed::internal(&Dangling(done.stream.id)))?;
            let position = Position(done.position);
            Ok(KnowledgePagePayload::Changed(Box::new(KnowledgePageChanged { knowledge_page: page, position })))
        }
    }
}

#[Object]
impl KnowledgePageMutations {
    /// Begin a knowledge page about an intervention and a theme.
    async fn draft_page(&self, ctx: &Context<'_>, input: DraftPageInput) -> Result<KnowledgePagePayload, Failed> {
        let id: PageId = ctx.platform()?.app.source().id();
        let command = (|| {
            Ok(DraftPage {
                page: id,
                title: Sealed::new(KeyScope::of(PageAggregate::KIND, id), line("title", &input.title)?),
                intervention: thing("interventionId", InterventionAggregate::KIND, &input.intervention_id)?,
                theme: thing("themeId", ThemeAggregate::KIND, &input.theme_id)?,
            })
        })();
        run(ctx, &input, (&input.creation).into(), command).await
    }

    /// Write a section, or write it anew.
    async fn write_section(&self, ctx: &Context<'_>, input: WriteSectionInput) -> Result<KnowledgePagePayload, Failed> {
        let new: SectionId = ctx.platform()?.app.source().id();
        let command = page(&input.knowledge_page_id).and_then(|page| {
            let scope = KeyScope::of(PageAggregate::KIND, page);
            Ok(WriteSection {
                page,
                section: input.section_id.as_ref().map_or(Ok(new), section)?,
                heading: Sealed::new(scope.clone(), line("heading", &input.heading)?),
                text: prose("text", &scope, &input.text)?,
            })
        });
        run(ctx, &input, input.change.clone(), command).await
    }

    /// Refer to what somebody contributed.
    async fn cite_source(&self, ctx: &Context<'_>, input: CiteSourceInput) -> Result<KnowledgePagePayload, Failed> {
        let mut cited = source(input.question_id.as_ref(), input.answer_id.as_ref(), input.experience_id.as_ref());
        // Answers have no stream of their own, so the log cannot tell whether one exists.
        if let Ok(Source::Answer { question, answer }) = &cited {
            let row = ctx.row::<Questions>(*question).await?;
            if !row.is_some_and(|row| row.answers.iter().any(|other| other.id == *answer)) {
                cited = Err(Wrong::Id("answerId"));
            }
        }
        let command = page(&input.knowledge_page_id)
            .and_then(|page| Ok(CiteSource { page, section: section(&input.section_id)?, source: cited? }));
        run(ctx, &input, input.change.clone(), command).await
    }

    /// Refer to it no longer.
    async fn drop_source(&self, ctx: &Context<'_>, input: DropSourceInput) -> Result<KnowledgePagePayload, Failed> {
        let cited = source(input.question_id.as_ref(), input.answer_id.as_ref(), input.experience_id.as_ref());
        let command = page(&input.knowledge_page_id)
            .and_then(|page| Ok(DropSource { page, section: section(&input.section_id)?, source: cited? }));
        run(ctx, &input, input.change.clone(), command).await
    }

    /// Publish the page as it stands.
    async fn publish_page(&self, ctx: &Context<'_>, input: PublishPageInput) -> Result<KnowledgePagePayload, Failed> {
        let command = page(&input.knowledge_page_id).map(|page| PublishPage { page });
        run(ctx, &input, input.change.clone(), command).await
    }
}
