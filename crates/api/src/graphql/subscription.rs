//! What arrives without asking again. Each subscription takes up after any position, so that whoever lost the
//! connection misses nothing: what it names was seen already is not told again, everything after it is, in order.

use std::sync::Arc;

use async_graphql::{Context, ID, SimpleObject, Subscription as GraphqlSubscription};
use domain::{
    Aggregate as _, Event,
    experience::ExperienceEvent,
    id::{ProjectId, QuestionId},
    project::Project as ProjectAggregate,
    question::{Question as QuestionAggregate, QuestionEvent},
};
use futures::{Stream, StreamExt as _, TryStreamExt as _};
use readmodel::{
    ReadModels, Seen,
    models::{project::Projects, question::Questions, timeline::Entry},
};
use tokio::sync::broadcast::error::RecvError;

use super::{
    context::Viewing as _,
    decision::listening,
    error::Failed,
    event::TimelineEntry,
    id::local,
    project::Project,
    question::{Question, QuestionChanged},
    text::Position,
};

/// Events read at once when catching up.
const PAGE: i64 = 500;

/// Something that happened to a project or concerns it.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct ProjectChange {
    entry: TimelineEntry,
    project: Project,
    /// What is read from here on includes it.
    position: Position,
}

/// Something that happened.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct Change {
    /// What is read from here on includes it.
    position: Position,
    entry: TimelineEntry,
}

/// What can be listened to.
#[derive(Debug, Default)]
pub(crate) struct Subscription;

#[GraphqlSubscription]
impl Subscription {
    /// Everything that happens to one question, from just after `after` (left out: from now).
    async fn question_changed(
        &self,
        ctx: &Context<'_>,
        question_id: ID,
        after: Option<Position>,
    ) -> Result<impl Stream<Item = Result<QuestionChanged, Failed>> + use<>, Failed> {
        listening(ctx, "questionChanged").await?;
        let id: QuestionId = local(QuestionAggregate::KIND, &question_id)
            .ok_or_else(|| Failed::BadInput("`questionId` is not the id of a question".into()))?;
        let models = ctx.platform()?.models.clone();
        let about = seen_after(&models, after).try_filter(move |seen| {
            std::future::ready(seen.stream.id == id.0 && seen.stream.kind == QuestionAggregate::KIND)
        });
        Ok(about.and_then(move |seen| {
            let models = models.clone();
            async move {
                let row = models.row::<Questions>(id.to_string()).await?.ok_or(Failed::Unavailable)?;
                Ok(QuestionChanged { question: Question(row), position: Position(seen.position) })
            }
        }))
    }

    /// Every event that concerns a project, from just after `after` (left out: from now).
    async fn project_changed(
        &self,
        ctx: &Context<'_>,
        project_id: ID,
        after: Option<Position>,
    ) -> Result<impl Stream<Item = Result<ProjectChange, Failed>> + use<>, Failed> {
        listening(ctx, "projectChanged").await?;
        let id: ProjectId = local(ProjectAggregate::KIND, &project_id)
            .ok_or_else(|| Failed::BadInput("`projectId` is not the id of a project".into()))?;
        let models = ctx.platform()?.models.clone();
        let about =
            seen_after(&models, after).try_filter(move |seen| std::future::ready(seen.concerns.contains(&id.0)));
        Ok(about.and_then(move |seen| {
            let models = models.clone();
            async move {
                let row = models.row::<Projects>(id.to_string()).await?.ok_or(Failed::Unavailable)?;
                let entry = TimelineEntry(Entry::of(&seen));
                Ok(ProjectChange { entry, project: Project(row), position: Position(seen.position) })
            }
        }))
    }

    /// New questions, answers and experiences, from just after `after` (left out: from now).
    async fn contribution_added(
        &self,
        ctx: &Context<'_>,
        after: Option<Position>,
    ) -> Result<impl Stream<Item = Result<Change, Failed>> + use<>, Failed> {
        listening(ctx, "contributionAdded").await?;
        let events = seen_after(&ctx.platform()?.models, after);
        Ok(events
            .try_filter(|seen| std::future::ready(is_contribution(&seen.event)))
            .map_ok(|seen| Change { position: Position(seen.position), entry: TimelineEntry(Entry::of(&seen)) }))
    }
}

fn is_contribution(event: &Event) -> bool {
    matches!(
        event,
        Event::Question(QuestionEvent::QuestionAsked { .. } | QuestionEvent::AnswerGiven { .. })
            | Event::Experience(ExperienceEvent::ExperienceShared { .. })
    )
}

/// Every event that can be seen, from just after a position, in order, each once: first from the log, then as the
/// read models reach it; from the log again when this listener was too slow.
fn seen_after(models: &Arc<ReadModels>, after: Option<Position>) -> impl Stream<Item = Result<Seen, Failed>> + use<> {
    let models = models.clone();
    // Listen first, then read what there is: nothing falls between the two.
    let news = models.news();
    let after = after.map_or_else(|| models.position(), |position| position.0);
    let pages = futures::stream::unfold(Some((models, news, after)), |state| async move {
        let (models, mut news, after) = state?;
        loop {
            let reached = models.position();
            if reached > after {
                let (mut page, last) = match models.seen_after(after, PAGE).await {
                    Ok(page) => page,
                    // Told once; whoever listens takes up again after the last position it saw.
                    Err(error) => return Some((Err(Failed::from(error)), None)),
                };
                page.retain(|seen| seen.position <= reached);
                let last = last.min(reached);
                if last > after {
                    return Some((Ok(page), Some((models, news, last))));
                }
            }
            match news.recv().await {
                Ok(batch) if batch.first().is_some_and(|seen| seen.position <= after + 1) => {
                    let fresh: Vec<Seen> = batch.iter().filter(|seen| seen.position > after).cloned().collect();
                    if let Some(last) = fresh.last().map(|seen| seen.position) {
                        return Some((Ok(fresh), Some((models, news, last))));
                    }
                }
                // A gap: another process folded meanwhile, or this listener lagged. Read it from the log.
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return None,
            }
        }
    });
    pages.flat_map(|page| {
        futures::stream::iter(match page {
            Ok(seen) => seen.into_iter().map(Ok).collect(),
            Err(failed) => vec![Err(failed)],
        })
    })
}
