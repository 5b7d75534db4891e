//! What the ids that an event concerns stand for: of what kind each thing is, and how it is called now.

use std::collections::HashMap;

use async_graphql::{Context, ID, Object};
use domain::{
    Aggregate as _, basis::Basis, collaboration::Collaboration, experience::Experience, funding_round::FundingRound,
    intervention::Intervention, knowledge_page::KnowledgePage, member::Member, organisation::Organisation, pdsa::Cycle,
    project::Project, question::Question, region::Region, theme::Theme,
};
use readmodel::{
    Shown,
    models::{
        catalogue::{About, Catalogue},
        cycle::Cycles,
        experience::Experiences,
        knowledge_page::KnowledgePages,
        member::Members,
        project::Projects,
        question::Questions,
    },
};
use uuid::Uuid;

use super::{context::Viewing as _, error::Failed, id::global, knowledge_page, text::Text};

/// Something an event touches.
#[derive(Clone, Debug)]
pub(crate) struct Concerned {
    uuid: Uuid,
    known: Option<Known>,
}

/// What is known of it.
#[derive(Clone, Debug)]
struct Known {
    kind: &'static str,
    /// Itself, or what it is a part of.
    thing: Option<ID>,
    name: Option<Shown>,
}

/// Something an event touches.
#[Object]
impl Concerned {
    /// As in `concerns`.
    async fn uuid(&self) -> String {
        self.uuid.to_string()
    }

    /// The kind of thing: project, question, member … or of a part of one: answer, bottleneck, update, observation,
    /// section. Null when nothing is known by this id.
    async fn kind(&self) -> Option<&str> {
        self.known.as_ref().map(|known| known.kind)
    }

    /// The thing, or the one it is a part of. Null when the viewer may not see it.
    async fn thing_id(&self) -> Option<ID> {
        self.known.as_ref().and_then(|known| known.thing.clone())
    }

    /// How it is called now, in the language of the request. Parts have no name.
    async fn name(&self) -> Option<Text> {
        self.known.as_ref().and_then(|known| known.name.as_ref()).map(Text::from)
    }
}

/// Everything that some ids stand for, each once, in their order.
pub(crate) async fn concerned(ctx: &Context<'_>, concerns: &[Uuid]) -> Result<Vec<Concerned>, Failed> {
    let mut ids: Vec<Uuid> = Vec::with_capacity(concerns.len());
    for id in concerns {
        if !ids.contains(id) {
            ids.push(*id);
        }
    }
    let mut found = Found::default();
    found.names(ctx, &ids).await?;
    found.contributions(ctx, &ids).await?;
    found.projects(ctx, &ids).await?;
    found.pages(ctx, &ids).await?;
    Ok(ids.into_iter().map(|uuid| Concerned { uuid, known: found.0.remove(&uuid) }).collect())
}

/// What was found by its id.
#[derive(Default)]
struct Found(HashMap<Uuid, Known>);

impl Found {
    /// A thing with a name.
    fn thing(&mut self, kind: &'static str, id: impl Into<Uuid>, name: Shown) {
        let id = id.into();
        self.0.insert(id, Known { kind, thing: Some(global(kind, id)), name: Some(name) });
    }

    /// Parts of a thing.
    fn parts(&mut self, kind: &'static str, ids: impl IntoIterator<Item = Uuid>, thing: &ID) {
        self.0.extend(ids.into_iter().map(|id| (id, Known { kind, thing: Some(thing.clone()), name: None })));
    }

    async fn names(&mut self, ctx: &Context<'_>, ids: &[Uuid]) -> Result<(), Failed> {
        let dutch = ctx.caller()?.language.is_dutch();
        for entry in ctx.some::<Catalogue>(ids.iter().copied()).await? {
            let (kind, name) = match entry.about {
                About::Theme { name_in_english, .. } if !dutch => (Theme::KIND, name_in_english),
                About::Theme { name, .. } => (Theme::KIND, name),
                About::Intervention { name, .. } => (Intervention::KIND, name),
                About::Region(facts) => (Region::KIND, facts.name),
                About::Organisation { name, .. } => (Organisation::KIND, name),
                About::Collaboration { name, .. } => (Collaboration::KIND, name),
                About::Round { name, .. } => (FundingRound::KIND, name),
                About::Basis(facts) => (Basis::KIND, facts.name),
            };
            self.thing(kind, entry.id, Shown::Text(name));
        }
        for row in ctx.some::<Members>(ids.iter().copied()).await? {
            if row.came() {
                self.thing(Member::KIND, row.id, row.name);
            } else {
                self.0.insert(row.id.0, Known { kind: Member::KIND, thing: None, name: None });
            }
        }
        Ok(())
    }

    async fn contributions(&mut self, ctx: &Context<'_>, ids: &[Uuid]) -> Result<(), Failed> {
        for row in ctx.some::<Questions>(ids.iter().copied()).await? {
            let answers = row.answers.iter().map(|answer| answer.id.0);
            self.parts("answer", answers, &global(Question::KIND, row.id));
            self.thing(Question::KIND, row.id, row.title);
        }
        for row in ctx.some::<Experiences>(ids.iter().copied()).await? {
            self.thing(Experience::KIND, row.id, row.title);
        }
        Ok(())
    }

    async fn projects(&mut self, ctx: &Context<'_>, ids: &[Uuid]) -> Result<(), Failed> {
        for row in ctx.some::<Projects>(ids.iter().copied()).await? {
            let project = global(Project::KIND, row.id);
            self.parts("bottleneck", row.bottlenecks.iter().map(|bottleneck| bottleneck.id.0), &project);
            self.parts("update", row.updates.iter().map(|update| update.id.0), &project);
            self.thing(Project::KIND, row.id, row.name);
        }
        for row in ctx.some::<Cycles>(ids.iter().copied()).await? {
            let observations = row.observations.iter().map(|observation| observation.id.0);
            self.parts("observation", observations, &global(Cycle::KIND, row.id));
            self.thing(Cycle::KIND, row.id, row.change);
        }
        Ok(())
    }

    /// Of a page that was never published, only its editors learn more than that it is one.
    async fn pages(&mut self, ctx: &Context<'_>, ids: &[Uuid]) -> Result<(), Failed> {
        for row in ctx.some::<KnowledgePages>(ids.iter().copied()).await? {
            let sections: Vec<Uuid> = row.draft.iter().chain(&row.published).map(|section| section.id.0).collect();
            let id = row.id;
            if let Some(page) = knowledge_page::readable(ctx, row).await? {
                self.parts("section", sections, &global(KnowledgePage::KIND, id));
                self.thing(KnowledgePage::KIND, id, page.0.title);
            } else {
                self.0.insert(id.0, Known { kind: KnowledgePage::KIND, thing: None, name: None });
            }
        }
        Ok(())
    }
}
