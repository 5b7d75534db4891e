//! Knowledge pages. What can be done with them is in `knowledge_page/mutations.rs`.

mod mutations;

use async_graphql::{
    Context, ID, InputObject, Object, Union,
    connection::{Connection, EmptyFields},
};
use chrono::{DateTime, Utc};
use domain::{
    Aggregate as _, Command as _,
    id::PageId,
    intervention::Intervention as InterventionAggregate,
    knowledge_page::{
        CiteSource, DropSource, KnowledgePage as PageAggregate, PublishPage, Source as Cited, WriteSection,
    },
    theme::Theme as ThemeAggregate,
};
use readmodel::models::{
    experience::Experiences,
    knowledge_page::{KnowledgePageFilter as Filter, KnowledgePageRow, KnowledgePages, SectionRow},
    question::Questions,
};

pub(crate) use mutations::KnowledgePageMutations;

use super::{
    catalogue::{self, Intervention, Theme},
    context::Viewing as _,
    error::Failed,
    experience::Experience,
    id::{filter, global, local},
    limits,
    member::{Member, maybe_member},
    paging::{Cursor, Page},
    past::{self, AsOf},
    question::{Answer, Question},
    text::Text,
};

/// Knowledge bundled and framed by an editor.
#[derive(Clone, Debug)]
pub(crate) struct KnowledgePage(pub(crate) KnowledgePageRow);

/// What can be done with a page.
const ACTIONS: &[&str] = &[WriteSection::NAME, CiteSource::NAME, DropSource::NAME, PublishPage::NAME];

impl KnowledgePage {
    async fn may_edit(&self, ctx: &Context<'_>) -> Result<bool, Failed> {
        ctx.may::<PageAggregate>(self.0.id.0, WriteSection::NAME).await
    }
}

/// Knowledge bundled and framed by an editor.
#[Object]
impl KnowledgePage {
    pub(crate) async fn id(&self) -> ID {
        global(PageAggregate::KIND, self.0.id)
    }

    /// Rises with everything that happens to it; for `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// What it is about, in one line.
    async fn title(&self) -> Text {
        (&self.0.title).into()
    }

    async fn intervention(&self, ctx: &Context<'_>) -> Result<Intervention, Failed> {
        catalogue::intervention(ctx, self.0.intervention).await
    }

    async fn theme(&self, ctx: &Context<'_>) -> Result<Theme, Failed> {
        catalogue::theme(ctx, self.0.theme).await
    }

    /// The version readers see, 1-based; 0 while it was never published.
    async fn published_version(&self) -> u32 {
        self.0.published_version
    }

    async fn published_at(&self) -> Option<DateTime<Utc>> {
        self.0.published_at
    }

    /// Who began it.
    async fn editor(&self, ctx: &Context<'_>) -> Result<Option<Member>, Failed> {
        maybe_member(ctx, self.0.editor).await
    }

    /// As published; with `draft`, as its editors see it (for others as published).
    #[graphql(complexity = "5 * child_complexity")]
    async fn sections(&self, ctx: &Context<'_>, #[graphql(default)] draft: bool) -> Result<Vec<Section>, Failed> {
        let rows = if draft && self.may_edit(ctx).await? { &self.0.draft } else { &self.0.published };
        Ok(rows.iter().cloned().map(Section).collect())
    }

    /// Whether its editors wrote something that readers do not see yet.
    async fn unpublished_changes(&self) -> bool {
        self.0.draft != self.0.published
    }

    /// What the viewer may do with it: names of commands, e.g. `write_section`.
    #[graphql(complexity = 5)]
    async fn actions(&self, ctx: &Context<'_>) -> Result<Vec<&'static str>, Failed> {
        ctx.actions::<PageAggregate>(self.0.id.0, None, ACTIONS).await
    }
}

/// A page for whoever may see it: one that was never published only for its editors.
pub(crate) async fn readable(ctx: &Context<'_>, row: KnowledgePageRow) -> Result<Option<KnowledgePage>, Failed> {
    let page = KnowledgePage(row);
    Ok(if page.0.published_version > 0 || page.may_edit(ctx).await? { Some(page) } else { None })
}

/// A section of a knowledge page.
#[derive(Clone, Debug)]
pub(crate) struct Section(SectionRow);

/// A section of a knowledge page.
#[Object]
impl Section {
    async fn id(&self) -> ID {
        global("section", self.0.id)
    }

    async fn heading(&self) -> Text {
        (&self.0.heading).into()
    }

    /// The framing text.
    async fn text(&self) -> Text {
        (&self.0.text).into()
    }

    /// What it cites, in order, as it is now; below a page of the past, as it was then.
    #[graphql(complexity = "3 * child_complexity")]
    async fn sources(&self, ctx: &Context<'_>) -> Result<Vec<Source>, Failed> {
        let questions = self.0.sources.iter().filter_map(|source| match source {
            Cited::Question { question } | Cited::Answer { question, .. } => Some(question.0),
            Cited::Experience { .. } => None,
        });
        let experiences = self.0.sources.iter().filter_map(|source| match source {
            Cited::Experience { experience } => Some(experience.0),
            Cited::Question { .. } | Cited::Answer { .. } => None,
        });
        let questions = ctx.some::<Questions>(questions).await?;
        let experiences = ctx.some::<Experiences>(experiences).await?;
        let shown = self.0.sources.iter().filter_map(|source| match source {
            Cited::Question { question } => {
                let row = questions.iter().find(|row| row.id == *question)?;
                Some(Source::Question(Box::new(Question(row.clone()))))
            }
            Cited::Answer { question, answer } => {
                let question = questions.iter().find(|row| row.id == *question)?;
                let row = question.answers.iter().find(|row| row.id == *answer)?.clone();
                Some(Source::Answer(Box::new(Answer { row, question: Question(question.clone()) })))
            }
            Cited::Experience { experience } => {
                let row = experiences.iter().find(|row| row.id == *experience)?;
                Some(Source::Experience(Box::new(Experience(row.clone()))))
            }
        });
        Ok(shown.collect())
    }
}

/// What a section cites.
#[derive(Clone, Debug, Union)]
pub(crate) enum Source {
    Question(Box<Question>),
    Answer(Box<Answer>),
    Experience(Box<Experience>),
}

/// What the list is narrowed down to; all of it holds.
#[derive(Clone, Debug, Default, InputObject)]
pub(crate) struct KnowledgePageFilter {
    theme_id: Option<ID>,
    intervention_id: Option<ID>,
}

/// Questions about knowledge pages.
#[derive(Debug, Default)]
pub(crate) struct KnowledgePageQueries;

#[Object]
impl KnowledgePageQueries {
    /// A knowledge page, now or as it was; one that was not published then only for its editors.
    async fn knowledge_page(
        &self,
        ctx: &Context<'_>,
        id: ID,
        as_of: Option<AsOf>,
    ) -> Result<Option<KnowledgePage>, Failed> {
        past::stand_at(ctx, as_of, &id).await?;
        let Some(id) = local::<PageId>(PageAggregate::KIND, &id) else { return Ok(None) };
        match ctx.row::<KnowledgePages>(id).await? {
            Some(row) => readable(ctx, row).await,
            None => Ok(None),
        }
    }

    /// Knowledge pages, newest first; for editors also those that were never published.
    #[graphql(complexity = "first.min(limits::PAGE) * child_complexity")]
    async fn knowledge_pages(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 20)] first: usize,
        after: Option<String>,
        filter: Option<KnowledgePageFilter>,
    ) -> Result<Connection<Cursor, KnowledgePage, EmptyFields, EmptyFields>, Failed> {
        let page = Page::new(first, after.as_deref())?;
        let asked = filter.unwrap_or_default();
        let none = uuid::Uuid::nil();
        let narrowed = Filter {
            theme: self::filter(ThemeAggregate::KIND, asked.theme_id.as_ref())?,
            intervention: self::filter(InterventionAggregate::KIND, asked.intervention_id.as_ref())?,
            drafts: ctx.may::<PageAggregate>(none, WriteSection::NAME).await?,
        };
        let rows = ctx.platform()?.models.knowledge_pages(&narrowed, page.before(), page.limit()).await?;
        Ok(page.of(rows, |row| row.drafted_position, KnowledgePage))
    }
}
