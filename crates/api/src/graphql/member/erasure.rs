//! Being forgotten: what will happen, and a certificate of what did.

use app::Ground;
use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject, Union};
use chrono::{DateTime, Utc};
use domain::{
    Aggregate as _,
    id::MemberId,
    member::{EraseMember, ErasureGround, Member as MemberAggregate},
};
use readmodel::models::{member::Members, project::ProjectFilter};
use serde::Serialize;

use crate::{
    access::Access,
    erasure::{self, Destroyed, Kept},
    graphql::{
        access_log,
        context::Viewing as _,
        error::Failed,
        id::local,
        limits,
        mutation::{self, Change, Refusal, thing},
        text::{Position, Text},
    },
};

/// What becomes of the texts of somebody who is erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Enum)]
#[graphql(remote = "domain::member::Contributions")]
pub(crate) enum ErasedContributions {
    /// They stay, as those of a former member.
    Kept,
    /// They go too.
    Erased,
}

/// Texts of one kind.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct TextCount {
    /// question, answer, experience, update, bottleneck or observation.
    kind: String,
    count: i32,
}

/// What was asked anonymously counts for whoever asked alone.
fn counted(kept: &Kept, oneself: bool) -> Vec<TextCount> {
    let count = |(kind, count): (&str, usize)| TextCount {
        kind: kind.to_owned(),
        count: i32::try_from(count).unwrap_or(i32::MAX),
    };
    kept.counts(oneself).into_iter().map(count).collect()
}

/// What will happen when somebody is erased.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct ErasurePreview {
    /// Texts that they wrote by themselves; they choose whether these stay. Those they asked anonymously count for
    /// themselves alone.
    texts: Vec<TextCount>,
    /// Browsers in which they are signed in.
    sessions: i32,
    /// Programs that speak for them.
    access_tokens: i32,
    /// Names of projects that they lead and that go on without them.
    leads: Vec<Text>,
}

/// What was destroyed, for whoever asked for it.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct ErasureCertificate {
    /// Who was erased, by the id that stays in the log and that nobody can give a name any more.
    member_id: ID,
    /// The event that records it.
    position: Position,
    at: DateTime<Utc>,
    contributions: ErasedContributions,
    /// Texts whose keys were destroyed; none when they stay.
    texts: Vec<TextCount>,
    /// Sessions that were ended.
    sessions: i32,
    /// Access tokens that were revoked.
    access_tokens: i32,
    /// Accounts at providers that were forgotten.
    accounts: i32,
    /// The root of the tree over all events at that position, hex: the log is as it was but for this event.
    root: String,
}

/// They were erased, or why they were not.
#[derive(Clone, Debug, Union)]
pub(crate) enum EraseMemberPayload {
    Erased(Box<ErasureCertificate>),
    Refusal(Refusal),
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct EraseMemberInput {
    /// Oneself, or somebody who asked an administrator for it.
    member_id: ID,
    contributions: ErasedContributions,
    #[graphql(flatten)]
    #[serde(flatten)]
    change: Change,
}

/// Questions about being forgotten.
#[derive(Debug, Default)]
pub(crate) struct ErasureQueries;

#[Object]
impl ErasureQueries {
    /// What will happen when a member is erased. Null for whoever may not erase them.
    #[graphql(complexity = "500 + child_complexity")]
    async fn erasure_preview(&self, ctx: &Context<'_>, member_id: ID) -> Result<Option<ErasurePreview>, Failed> {
        let viewer = ctx.somebody()?;
        let Some(member) = local::<MemberId>(MemberAggregate::KIND, &member_id) else { return Ok(None) };
        let crate::Platform { app, models, pool, .. } = ctx.platform()?;
        let (contributions, ground) = (ErasedContributions::Kept.into(), ErasureGround::Asked);
        let command = EraseMember { member, contributions, ground };
        if ctx.row::<Members>(member).await?.is_none() || !app.may_run(&command, app::By::Member(viewer)).await? {
            return Ok(None);
        }
        if viewer != member {
            access_log::note(ctx, "preview_erasure", vec![member.0], Ground::Administration).await?;
        }
        let kept = erasure::kept(app, models, member).await?;
        let (sessions, tokens) = crate::access::counts(pool, member).await.map_err(|error| Failed::internal(&error))?;
        let filter = ProjectFilter { participant: Some(member), ..ProjectFilter::default() };
        let limit = i64::try_from(limits::PAGE).unwrap_or_default();
        let projects = models.projects(&filter, i64::MAX, limit).await?.into_iter();
        let leads = projects.filter(|row| row.lead == member).map(|row| (&row.name).into()).collect();
        let texts = counted(&kept, viewer == member);
        Ok(Some(ErasurePreview { texts, sessions, access_tokens: tokens, leads }))
    }
}

/// What can be done about being forgotten.
#[derive(Debug, Default)]
pub(crate) struct ErasureMutations;

#[Object]
impl ErasureMutations {
    /// Erase what is known of a member: oneself, or somebody who asked an administrator for it. There is no way back. The
    /// log, its proofs and earlier exports hold; what they did stays, without a name.
    async fn erase_member(&self, ctx: &Context<'_>, input: EraseMemberInput) -> Result<EraseMemberPayload, Failed> {
        let contributions = input.contributions.into();
        let viewer = ctx.contributor()?;
        // There is no way back: no program does it by itself.
        ctx.caller()?.credential.session().ok_or(Failed::OutOfScope)?;
        let command = thing("memberId", MemberAggregate::KIND, &input.member_id).map(|member| EraseMember {
            member,
            contributions,
            ground: ErasureGround::Asked,
        });
        let done = match mutation::run(ctx, &input, input.change.clone(), command).await? {
            Ok(done) => done,
            Err(refusal) => return Ok(EraseMemberPayload::Refusal(refusal)),
        };
        let member: MemberId = done.stream.id.into();
        // As it was recorded: when it was done before, what was chosen then holds.
        let erased = ctx.platform()?.models.row::<Members>(member.to_string()).await?.and_then(|row| row.erased);
        let erased = erased.ok_or(Failed::Unavailable)?;
        let crate::Platform { app, models, pool, .. } = ctx.platform()?.clone();
        // It goes on should whoever asked not wait for it.
        let destroying = tokio::spawn(async move { erasure::destroy(&app, &models, &pool, member, erased).await });
        let destroyed = destroying.await.map_err(|error| Failed::internal(&error))?;
        let Destroyed { kept, forgotten } = destroyed?;
        let app = &ctx.platform()?.app;
        ctx.data::<Access>().map_err(|_| Failed::Internal)?.forget();
        let event = app.log().at(done.position).await?;
        let root = app.log().tree_head_at(done.position).await?.root;
        let count = |count: u64| i32::try_from(count).unwrap_or(i32::MAX);
        Ok(EraseMemberPayload::Erased(Box::new(ErasureCertificate {
            member_id: input.member_id,
            position: Position(done.position),
            at: event.map_or_else(|| app.source().now(), |event| event.at),
            contributions: erased.contributions.into(),
            texts: counted(&kept, viewer == member),
            sessions: count(forgotten.sessions),
            access_tokens: count(forgotten.tokens),
            accounts: count(forgotten.accounts),
            root: hex::encode(root),
        })))
    }
}
