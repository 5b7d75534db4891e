//! Who looked at what of whom: the access log (NEN 7513).

use app::{AccessLine, Ground, Looked, Person};
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use domain::{Aggregate as _, id::MemberId, member::Member as MemberAggregate};
use eventlog::StreamId;
use uuid::Uuid;

use super::{
    concerned::{Concerned, concerned},
    context::{Caller, Viewing as _},
    error::Failed,
    limits,
    member::{Member, maybe_member},
};

/// Somebody looked at something, or did something to somebody.
#[derive(Clone, Debug)]
pub(crate) struct AccessLogLine {
    line: AccessLine,
    /// Who reads it because it is about them sees nobody else in it.
    only: Option<Uuid>,
}

/// Somebody looked at something, or did something to somebody.
#[Object]
impl AccessLogLine {
    /// Its number; later lines have higher ones.
    async fn number(&self) -> String {
        self.line.id.to_string()
    }

    async fn at(&self) -> DateTime<Utc> {
        self.line.at
    }

    /// `member:<uuid>`, or `operator:<name>` for the command line of the service.
    async fn actor(&self) -> &str {
        &self.line.actor
    }

    async fn member(&self, ctx: &Context<'_>) -> Result<Option<Member>, Failed> {
        let id = self.line.actor.strip_prefix("member:").and_then(|id| id.parse::<Uuid>().ok());
        maybe_member(ctx, id.map(MemberId::from)).await
    }

    /// By what right they were here: `session`, `token:<uuid>`, `command line`.
    async fn credential(&self) -> &str {
        &self.line.credential
    }

    /// What they did, e.g. `read_event`, `read_past` or the name of a command.
    async fn action(&self) -> &str {
        &self.line.action
    }

    /// Whose it is, or what; at most a hundred.
    #[graphql(complexity = "12 * child_complexity")]
    async fn subjects(&self, ctx: &Context<'_>) -> Result<Vec<Concerned>, Failed> {
        if let Some(only) = self.only {
            return concerned(ctx, &[only]).await;
        }
        let shown = self.line.subjects.len().min(limits::PAGE);
        concerned(ctx, &self.line.subjects[..shown]).await
    }

    /// On what ground they may: `participation`, `audit`, `admission`, `administration` or `own_data`.
    async fn ground(&self) -> &str {
        &self.line.ground
    }
}

/// Writes down that the viewer looks at something. What cannot be written down is not shown.
pub(crate) async fn note(
    ctx: &Context<'_>,
    action: &'static str,
    subjects: Vec<Uuid>,
    ground: Ground,
) -> Result<(), Failed> {
    let Caller { viewer, credential, .. } = ctx.caller()?;
    let by = Person::Member(viewer.ok_or(Failed::Unauthenticated)?);
    let credential = credential.name();
    Ok(ctx.platform()?.access_log.record(Looked { by, credential, action, subjects, ground }).await?)
}

/// The same for a thing by its global id; nothing for what is no id.
pub(crate) async fn note_thing(ctx: &Context<'_>, action: &'static str, id: &ID) -> Result<(), Failed> {
    match id.parse::<StreamId>() {
        Ok(stream) => note(ctx, action, vec![stream.id], Ground::Participation).await,
        Err(_) => Ok(()),
    }
}

/// Questions about who looked at what.
#[derive(Debug, Default)]
pub(crate) struct AccessLogQueries;

#[Object]
impl AccessLogQueries {
    /// Lines of the access log before a number, the latest first: all, or those about a member or thing. For auditors;
    /// everybody reads those about themselves. Null for others.
    #[graphql(complexity = "first.min(limits::PAGE) * child_complexity")]
    async fn access_log(
        &self,
        ctx: &Context<'_>,
        about_id: Option<ID>,
        #[graphql(default = 20)] first: usize,
        before: Option<String>,
    ) -> Result<Option<Vec<AccessLogLine>>, Failed> {
        let viewer = ctx.somebody()?;
        let wrong = || Failed::BadInput("`aboutId` is no id".into());
        let about = about_id.map(|id| id.parse::<StreamId>().map_err(|_| wrong())).transpose()?;
        let person = about.as_ref().filter(|about| about.kind == MemberAggregate::KIND).map(|about| about.id.into());
        let app = &ctx.platform()?.app;
        if !app.may(viewer, app::READ_ACCESS_LOG, person).await? {
            return Ok(None);
        }
        let before = before.map(|number| number.parse().map_err(|_| Failed::BadInput("`before` is no number".into())));
        let (before, limit) = (before.transpose()?.unwrap_or(i64::MAX), first.min(limits::PAGE));
        let about = about.map(|about| about.id);
        let lines = ctx.platform()?.access_log.lines(about, before, i64::try_from(limit).unwrap_or_default()).await?;
        let own = person == Some(viewer);
        let ground = if own { Ground::OwnData } else { Ground::Audit };
        let subjects = match about {
            Some(about) => vec![about],
            None => lines.iter().flat_map(|line| line.subjects.iter().copied()).collect(),
        };
        note(ctx, "read_access_log", subjects, ground).await?;
        let only = about.filter(|_| own);
        Ok(Some(lines.into_iter().map(|line| AccessLogLine { line, only }).collect()))
    }
}
