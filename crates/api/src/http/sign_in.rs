//! Signing in with an account at a provider: there, back, and out again.

use axum::{
    Form, Json,
    extract::{Path, Query, State, rejection::FormRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::{Deserialize, Serialize};
use tower_sessions::Session;

use super::{Shared, problem};
use crate::{
    access::{self, Account, Found, NotFound, Pending, Provider, Untrusted},
    pace::{Address, TooOften},
};

/// The page of the web client from which one signs in.
const PAGE: &str = "/aanmelden";

/// A provider, for its button.
#[derive(Serialize)]
pub(super) struct Button {
    key: String,
    name: String,
}

/// Whom one can sign in with.
pub(super) async fn providers(State(shared): State<Shared>) -> Json<Vec<Button>> {
    let button = |Provider { options, .. }: &Provider| Button { key: options.key.clone(), name: options.name.clone() };
    Json(shared.access.providers.iter().map(button).collect())
}

#[derive(Deserialize)]
pub(super) struct Wish {
    /// Where to go afterwards: a path of ours.
    then: Option<String>,
}

/// Sends somebody to a provider.
pub(super) async fn begin(
    State(shared): State<Shared>,
    session: Session,
    address: Address,
    Path(key): Path<String>,
    Query(Wish { then }): Query<Wish>,
) -> Response {
    let Some(provider) = shared.access.providers.get(&key) else { return problem::not_found() };
    if let Err(TooOften(wait)) = shared.pace.sign_in(address) {
        // Somebody is looking: they get the page, and it says so.
        let mut response = Outcome::TooOften.back(provider);
        response.headers_mut().insert(header::RETRY_AFTER, problem::seconds(wait).into());
        return response;
    }
    let now = shared.platform.app.source().now();
    let then = then.filter(|then| is_ours(then)).unwrap_or_else(|| "/".into());
    let mut asked = match provider.ask(now).await {
        Ok(asked) => asked,
        Err(untrusted) => return Outcome::of(&untrusted).back(provider),
    };
    let url = std::mem::take(&mut asked.url);
    match access::begin(&session, Pending::new(&key, asked, then, now), now).await {
        Ok(()) => Redirect::to(&url).into_response(),
        Err(error) => problem::unavailable(&error),
    }
}

/// What a provider sends somebody back with.
#[derive(Deserialize)]
pub(super) struct Answer {
    state: Option<String>,
    code: Option<String>,
    /// Why there is no code (RFC 6749 §4.1.2.1).
    error: Option<String>,
    /// Who answers (RFC 9207): with several providers, none may answer for another.
    iss: Option<String>,
}

/// Somebody comes back from a provider.
pub(super) async fn callback(
    State(shared): State<Shared>,
    session: Session,
    headers: HeaderMap,
    Path(key): Path<String>,
    Query(answer): Query<Answer>,
) -> Response {
    let Some(provider) = shared.access.providers.get(&key) else { return problem::not_found() };
    let now = shared.platform.app.source().now();
    let state = answer.state.unwrap_or_default();
    let pending = match access::pending(&session, &key, &state, now).await {
        Ok(Some(pending)) => pending,
        Ok(None) => return Outcome::NotBegun.back(provider),
        Err(error) => return problem::unavailable(&error),
    };
    let code = match answer.code {
        _ if answer.iss.is_some_and(|iss| iss != provider.issuer()) => return Outcome::NotTrusted.back(provider),
        Some(code) if answer.error.is_none() => code,
        _ => return Outcome::RefusedThere.back(provider),
    };
    let Pending { nonce, verifier, then, .. } = pending;
    let person = match provider.tell(code, nonce, verifier, now).await {
        Ok(person) => person,
        Err(untrusted) => {
            tracing::warn!(provider = key, error = &untrusted as &dyn std::error::Error, "a sign-in does not hold");
            return Outcome::of(&untrusted).back(provider);
        }
    };
    let member = match shared.access.member_of(&shared.platform.models, &person).await {
        Ok(Found { member, first }) => {
            metrics::counter!("sign_ins_total", "outcome" => if first { "first" } else { "known" }).increment(1);
            member
        }
        Err(NotFound::Database(error)) => return problem::unavailable(&error),
        Err(NotFound::ReadModels(error)) => return problem::unavailable(&error),
        Err(NotFound::EmailNotVerified) => return Outcome::EmailNotVerified.back(provider),
        Err(NotFound::NoMember) => return Outcome::NoMember.back(provider),
        Err(NotFound::SeveralMembers) => return Outcome::SeveralMembers.back(provider),
        Err(NotFound::OtherAccount) => return Outcome::OtherAccount.back(provider),
    };
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    let account = Account { provider: key, issuer: person.issuer, subject: person.subject, sid: person.sid };
    let named = (shared.platform.app.source().id(), shared.access.sessions.expiry());
    match access::sign_in(&session, member, Some(account), agent, named).await {
        Ok(()) => Redirect::to(&then).into_response(),
        Err(error) => problem::unavailable(&error),
    }
}

/// Why nobody was signed in; the page says it in words.
#[derive(Clone, Copy, Debug)]
enum Outcome {
    /// The provider cannot be reached.
    Away,
    /// This browser did not begin it, or too long ago, or it was finished before.
    NotBegun,
    /// They said no there, or the provider did.
    RefusedThere,
    /// What the provider sent does not hold.
    NotTrusted,
    /// The provider does not vouch for the address.
    EmailNotVerified,
    /// No member has the address.
    NoMember,
    /// Several members have it.
    SeveralMembers,
    /// The member has another account there.
    OtherAccount,
    /// Too many from one address, one after the other.
    TooOften,
}

impl Outcome {
    fn of(untrusted: &Untrusted) -> Self {
        if matches!(untrusted, Untrusted::Away(_)) { Self::Away } else { Self::NotTrusted }
    }

    fn code(self) -> &'static str {
        match self {
            Self::Away => "PROVIDER_AWAY",
            Self::NotBegun => "NOT_BEGUN",
            Self::RefusedThere => "REFUSED_THERE",
            Self::NotTrusted => "NOT_TRUSTED",
            Self::EmailNotVerified => "EMAIL_NOT_VERIFIED",
            Self::NoMember => "NO_MEMBER",
            Self::SeveralMembers => "SEVERAL_MEMBERS",
            Self::OtherAccount => "OTHER_ACCOUNT",
            Self::TooOften => "TOO_MANY_REQUESTS",
        }
    }

    /// Back to the page from which one signs in.
    fn back(self, provider: &Provider) -> Response {
        metrics::counter!("sign_ins_total", "outcome" => self.code()).increment(1);
        Redirect::to(&format!("{PAGE}?fout={}&bij={}", self.code(), provider.options.key)).into_response()
    }
}

/// Whether it is a path of this platform and nothing that a browser takes for another address.
fn is_ours(then: &str) -> bool {
    let mut chars = then.chars();
    chars.next() == Some('/')
        && !matches!(chars.next(), Some('/' | '\\'))
        && !then.chars().any(char::is_control)
        && !then.starts_with(PAGE)
}

#[derive(Deserialize)]
pub(super) struct LoggedOut {
    logout_token: String,
}

/// A provider says that somebody signed out there (OpenID Connect Back-Channel Logout 1.0 §2.5, §2.8).
pub(super) async fn logged_out(
    State(shared): State<Shared>,
    Path(key): Path<String>,
    form: Result<Form<LoggedOut>, FormRejection>,
) -> Response {
    let Some(provider) = shared.access.providers.get(&key) else { return problem::not_found() };
    let Ok(Form(LoggedOut { logout_token })) = form else {
        return problem::problem(StatusCode::BAD_REQUEST, "BAD_INPUT", "send a form with a logout_token");
    };
    let now = shared.platform.app.source().now();
    let mut response = match shared.access.logged_out(provider, &logout_token, now).await {
        Ok(sessions) => {
            tracing::info!(provider = key, sessions, "a provider ended sessions");
            StatusCode::OK.into_response()
        }
        Err(access::NotLoggedOut::Invalid(detail)) => {
            tracing::warn!(provider = key, detail, "a logout token ended nothing");
            problem::problem(StatusCode::BAD_REQUEST, "INVALID_LOGOUT_TOKEN", detail)
        }
        Err(error) => problem::unavailable(&error),
    };
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_sent_on_to_pages_of_ours_only() {
        for then in ["/", "/vragen/question-1?x=y", "/projecten#nu"] {
            assert!(is_ours(then), "{then}");
        }
        for then in ["", "//elders.example", "/\\elders.example", "https://elders.example", "vragen", "/a\nb", PAGE] {
            assert!(!is_ours(then), "{then}");
        }
    }
}
