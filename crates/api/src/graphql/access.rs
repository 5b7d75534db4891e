//! One's own sessions and access tokens. Not part of the log: signing in and out is nobody's contribution.

use app::Act;
use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject, Union};
use chrono::{DateTime, TimeDelta, Utc};
use domain::id::MemberId;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{
    context::Viewing,
    error::Failed,
    id::{global, local},
    mutation::{Creation, Refusal, line},
    patient_details,
};
use crate::access::{Access, Scope, Scopes, SessionInfo, TokenInfo, Tokens};

const SESSION: &str = "session";
const ACCESS_TOKEN: &str = "token";

/// A sign-in in one browser.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct Session {
    id: ID,
    /// When they signed in.
    begun_at: DateTime<Utc>,
    /// When it was used last, to the minute.
    used_at: DateTime<Utc>,
    /// When it ends by itself if it is not used any more.
    ends_at: DateTime<Utc>,
    /// The name of the provider they signed in with; null in the demo world, and for one that is not offered any more.
    provider: Option<String>,
    /// What the browser calls itself.
    agent: Option<String>,
    /// It is the one that asks.
    current: bool,
}

/// What an access token may be for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Enum)]
#[graphql(remote = "crate::access::Scope")]
pub(crate) enum AccessTokenScope {
    /// Queries and subscriptions.
    Read,
    /// Mutations, and reading what they give back.
    Contribute,
    /// The events of the log as recorded, for whoever may read them.
    Entries,
}

/// Lets a program speak for a member: `Authorization: Bearer …`.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct AccessToken {
    id: ID,
    /// What they call it.
    name: String,
    scopes: Vec<AccessTokenScope>,
    created_at: DateTime<Utc>,
    /// It does not count from here on.
    expires_at: DateTime<Utc>,
    /// When it was used last, to the minute; null when it never was.
    used_at: Option<DateTime<Utc>>,
}

impl From<TokenInfo> for AccessToken {
    fn from(token: TokenInfo) -> Self {
        Self {
            id: global(ACCESS_TOKEN, token.id),
            name: token.name,
            scopes: token.scopes.iter().map(AccessTokenScope::from).collect(),
            created_at: token.created_at,
            expires_at: token.expires_at,
            used_at: token.used_at,
        }
    }
}

/// The sessions that count, the one used last first. Only a session may look: a program has no business with them.
pub(crate) async fn sessions(ctx: &Context<'_>) -> Result<Vec<Session>, Failed> {
    let (member, current) = person(ctx)?;
    let access = access(ctx)?;
    let session = |info: SessionInfo| {
        let provider = info.provider.and_then(|key| access.providers.get(&key));
        Session {
            id: global(SESSION, info.id),
            begun_at: info.begun_at,
            used_at: info.used_at,
            ends_at: info.ends_at,
            provider: provider.map(|provider| provider.options.name.clone()),
            agent: info.agent,
            current: info.id == current,
        }
    };
    Ok(access.sessions.of(member).await?.into_iter().map(session).collect())
}

/// The tokens that count, the newest first.
pub(crate) async fn tokens(ctx: &Context<'_>) -> Result<Vec<AccessToken>, Failed> {
    let (member, _) = person(ctx)?;
    Ok(access(ctx)?.tokens.of(member).await?.into_iter().map(AccessToken::from).collect())
}

/// What this is kept with. Nobody tells when it changes, so the answer is not kept.
fn access<'a>(ctx: &'a Context<'_>) -> Result<&'a Access, Failed> {
    ctx.platform()?;
    ctx.data().map_err(|_| Failed::Internal)
}

/// Whoever asks, in person, and the session in which they do.
fn person(ctx: &Context<'_>) -> Result<(MemberId, Uuid), Failed> {
    let member = ctx.somebody()?;
    Ok((member, ctx.caller()?.credential.session().ok_or(Failed::OutOfScope)?))
}

/// As [`person`], where the policies allow it.
async fn acting(ctx: &Context<'_>, act: Act) -> Result<(MemberId, Uuid), Failed> {
    let (member, session) = person(ctx)?;
    ctx.pace()?.contribute(member, ctx.caller()?.address)?;
    if ctx.open()?.app.may(member, act, None).await? { Ok((member, session)) } else { Err(ctx.caller()?.forbidden()) }
}

/// The sessions that are left.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct SessionsChanged {
    sessions: Vec<Session>,
}

/// The sessions as they are now, or why not.
#[derive(Clone, Debug, Union)]
pub(crate) enum SessionPayload {
    Changed(SessionsChanged),
    Refusal(Refusal),
}

/// The tokens that are left.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct AccessTokensChanged {
    access_tokens: Vec<AccessToken>,
}

/// A token that was just made.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct AccessTokenCreated {
    access_token: AccessToken,
    /// What a program sends. Shown this once: nobody can find it out later.
    secret: String,
}

/// What became of tokens, or why not.
#[derive(Clone, Debug, Union)]
pub(crate) enum AccessTokenPayload {
    Created(AccessTokenCreated),
    Changed(AccessTokensChanged),
    Refusal(Refusal),
}

#[derive(Clone, Debug, InputObject)]
pub(crate) struct EndSessionInput {
    session_id: ID,
    #[graphql(flatten)]
    creation: Creation,
}

#[derive(Clone, Debug, InputObject)]
pub(crate) struct EndOtherSessionsInput {
    #[graphql(flatten)]
    creation: Creation,
}

#[derive(Clone, Debug, InputObject)]
pub(crate) struct CreateAccessTokenInput {
    /// What to call it, in one line of at most 160 characters.
    name: String,
    /// At least one.
    scopes: Vec<AccessTokenScope>,
    /// After how many days it ends, 1 to 366.
    days: i32,
    #[graphql(flatten)]
    creation: Creation,
}

#[derive(Clone, Debug, InputObject)]
pub(crate) struct RevokeAccessTokenInput {
    access_token_id: ID,
    #[graphql(flatten)]
    creation: Creation,
}

/// What can be done with one's own sessions and tokens. All of it is for people who are signed in, not for programs.
#[derive(Debug, Default)]
pub(crate) struct AccessMutations;

#[Object]
impl AccessMutations {
    /// End one of your sessions, e.g. on a phone that you lost. Ending it again changes nothing.
    async fn end_session(&self, ctx: &Context<'_>, input: EndSessionInput) -> Result<SessionPayload, Failed> {
        let (member, _) = acting(ctx, app::END_SESSION).await?;
        if let Some(id) = local::<Uuid>(SESSION, &input.session_id) {
            access(ctx)?.sessions.end(member, id).await?;
        }
        Ok(SessionPayload::Changed(SessionsChanged { sessions: sessions(ctx).await? }))
    }

    /// End all of your sessions but this one.
    async fn end_other_sessions(
        &self,
        ctx: &Context<'_>,
        input: EndOtherSessionsInput,
    ) -> Result<SessionPayload, Failed> {
        drop(input);
        let (member, current) = acting(ctx, app::END_SESSION).await?;
        access(ctx)?.sessions.end_others(member, current).await?;
        Ok(SessionPayload::Changed(SessionsChanged { sessions: sessions(ctx).await? }))
    }

    /// Make an access token for a program. Its secret is shown once: a repetition with the same key is refused, and says
    /// so.
    async fn create_access_token(
        &self,
        ctx: &Context<'_>,
        input: CreateAccessTokenInput,
    ) -> Result<AccessTokenPayload, Failed> {
        let (member, _) = acting(ctx, app::CREATE_ACCESS_TOKEN).await?;
        let language = ctx.caller()?.language;
        let refused = |code: &str, field: Option<&str>, nl: &str, en: &str| {
            let message = if language.is_dutch() { nl } else { en };
            let field = field.map(str::to_owned);
            Ok(AccessTokenPayload::Refusal(Refusal { code: code.into(), message: message.into(), field }))
        };
        let name = match line("name", &input.name) {
            Ok(name) => name,
            Err(wrong) => return Ok(AccessTokenPayload::Refusal(wrong.refusal(language))),
        };
        if !input.creation.patient_details_checked
            && let Some(refusal) = patient_details::in_text("name", name.as_str(), language)
        {
            return Ok(AccessTokenPayload::Refusal(refusal));
        }
        let scopes: Scopes = input.scopes.iter().map(|scope| Scope::from(*scope)).collect();
        if scopes.is_empty() {
            let (nl, en) = ("Kies waar de sleutel voor is.", "Choose what the token is for.");
            return refused("SCOPES_EMPTY", Some("scopes"), nl, en);
        }
        if !(1..=Tokens::LONGEST).contains(&input.days) {
            let (nl, en) = ("Kies 1 tot en met 366 dagen.", "Choose 1 to 366 days.");
            return refused("DAYS_OUT_OF_RANGE", Some("days"), nl, en);
        }
        let id = match &input.creation.idempotency_key {
            Some(key) => named_by(member, key),
            None => ctx.platform()?.app.source().id(),
        };
        let lasts = TimeDelta::days(input.days.into());
        let access = access(ctx)?;
        if let Some((token, secret)) = access.tokens.create(id, member, &name, scopes, lasts).await? {
            let access_token = token.into();
            return Ok(AccessTokenPayload::Created(AccessTokenCreated { access_token, secret }));
        }
        if access.tokens.counts(id, member).await? {
            return refused(
                "TOKEN_CREATED_BEFORE",
                None,
                "Deze sleutel is al gemaakt, en wordt maar één keer getoond. Heb je hem niet? Trek hem in en maak een nieuwe.",
                "This token was made before, and is shown only once. Don't have it? Revoke it and make another.",
            );
        }
        refused(
            "TOO_MANY_TOKENS",
            None,
            "Je hebt al 20 sleutels. Trek er eerst een in.",
            "You have 20 tokens already. Revoke one first.",
        )
    }

    /// Revoke one of your access tokens. Revoking it again changes nothing.
    async fn revoke_access_token(
        &self,
        ctx: &Context<'_>,
        input: RevokeAccessTokenInput,
    ) -> Result<AccessTokenPayload, Failed> {
        let (member, _) = acting(ctx, app::REVOKE_ACCESS_TOKEN).await?;
        if let Some(id) = local::<Uuid>(ACCESS_TOKEN, &input.access_token_id) {
            access(ctx)?.tokens.revoke(member, id).await?;
        }
        Ok(AccessTokenPayload::Changed(AccessTokensChanged { access_tokens: tokens(ctx).await? }))
    }
}

/// The id of what a member makes under a key: the same every time.
fn named_by(member: MemberId, key: &str) -> Uuid {
    let digest = Sha256::new().chain_update(member.0.as_bytes()).chain_update(key).finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}
