//! Anything that has an id, by its id (Relay).

use async_graphql::{Context, ID, Interface, Object};
use domain::{
    Aggregate, experience::Experience as ExperienceAggregate, knowledge_page::KnowledgePage as PageAggregate,
    member::Member as MemberAggregate, pdsa::Cycle as CycleAggregate, project::Project as ProjectAggregate,
    question::Question as QuestionAggregate,
};
use eventlog::StreamId;
use readmodel::models::{
    cycle::Cycles, experience::Experiences, knowledge_page::KnowledgePages, project::Projects, question::Questions,
};

use super::{
    context::Viewing as _,
    cycle::Cycle,
    error::Failed,
    experience::Experience,
    knowledge_page::{self, KnowledgePage},
    member::{self, Member},
    project::Project,
    question::Question,
};

/// Something with an id of the form `kind-uuid`, opaque to clients.
#[derive(Clone, Debug, Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Opaque to clients."))]
pub(crate) enum Node {
    Member(Member),
    Question(Question),
    Experience(Experience),
    Project(Project),
    Cycle(Cycle),
    KnowledgePage(KnowledgePage),
}

/// Questions about anything.
#[derive(Debug, Default)]
pub(crate) struct NodeQueries;

#[Object]
impl NodeQueries {
    /// Anything that has a page of its own, by its id.
    async fn node(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Node>, Failed> {
        let Ok(StreamId { kind, id }) = id.parse::<StreamId>() else { return Ok(None) };
        Ok(match kind.as_str() {
            MemberAggregate::KIND => member::maybe_member(ctx, Some(id.into())).await?.map(Node::Member),
            QuestionAggregate::KIND => ctx.row::<Questions>(id).await?.map(|row| Node::Question(Question(row))),
            ExperienceAggregate::KIND => ctx.row::<Experiences>(id).await?.map(|row| Node::Experience(Experience(row))),
            ProjectAggregate::KIND => ctx.row::<Projects>(id).await?.map(|row| Node::Project(Project(row))),
            CycleAggregate::KIND => ctx.row::<Cycles>(id).await?.map(|row| Node::Cycle(Cycle(row))),
            PageAggregate::KIND => match ctx.row::<KnowledgePages>(id).await? {
                Some(row) => knowledge_page::readable(ctx, row).await?.map(Node::KnowledgePage),
                None => None,
            },
            _ => None,
        })
    }
}
