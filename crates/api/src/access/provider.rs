//! An OpenID provider: asking it who somebody is (authorisation code flow with PKCE, OpenID Connect Core 1.0 §3.1), and
//! believing the answer only after checking it.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::{
    AccessTokenHash, AdditionalClaims, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken,
    EmptyAdditionalClaims, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, IdTokenClaims,
    IdTokenFields, IssuerUrl, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope,
    StandardErrorResponse, StandardTokenResponse, TokenResponse as _, UserInfoClaims,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreErrorResponseType, CoreGenderClaim,
        CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreProviderMetadata,
        CoreRevocableToken, CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
    },
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

/// How long a provider may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// What a provider says of itself is asked again after this long.
const FRESH: TimeDelta = TimeDelta::hours(1);
/// Keys that do not fit, or no answer, are no reason to ask again sooner than this: not whoever sends rubbish decides how
/// often we ask.
const SETTLED: TimeDelta = TimeDelta::seconds(5);

/// How to sign in with a provider.
#[derive(Clone, Debug)]
pub struct ProviderOptions {
    /// Its name in addresses: lowercase letters, digits and hyphens.
    pub key: String,
    /// Its name on the button.
    pub name: String,
    /// Its issuer identifier; below it lies `.well-known/openid-configuration`.
    pub issuer: String,
    /// What it knows this platform by.
    pub client_id: String,
    /// The secret it gave this platform; none for a public client, which PKCE protects alone.
    pub client_secret: Option<SecretString>,
    /// What to ask for beside `openid`.
    pub scopes: Vec<String>,
    /// It hands out only addresses that it has verified, though it does not say so in `email_verified`.
    pub email_is_verified: bool,
}

impl ProviderOptions {
    /// What is wrong with them, if anything.
    pub fn check(&self) -> Result<(), String> {
        let named = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.key.is_empty() || self.key == "providers" || !self.key.chars().all(named) {
            return Err(format!("the key {:?} must consist of lowercase letters, digits and hyphens", self.key));
        }
        let issuer = self.issuer.parse::<http::Uri>().map_err(|_| format!("the issuer {:?} is no URL", self.issuer))?;
        let near = matches!(issuer.host(), Some("localhost" | "127.0.0.1" | "[::1]"));
        match issuer.scheme_str() {
            Some("https") => Ok(()),
            Some("http") if near => Ok(()),
            _ => Err(format!("the issuer {:?} must be an https:// URL", self.issuer)),
        }
    }
}

/// The claims beyond the standard ones.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Sid {
    sid: Option<String>,
}

impl AdditionalClaims for Sid {}

type Claims = IdTokenClaims<Sid, CoreGenderClaim>;
type Tokens = StandardTokenResponse<
    IdTokenFields<
        Sid,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;
type Client = openidconnect::Client<
    Sid,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// Why a provider's answer is not believed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Untrusted {
    /// It cannot be reached, or its description does not read.
    #[error("the provider cannot be asked: {0}")]
    Away(String),
    /// It gave no tokens for the code: used before, too old, or not ours.
    #[error("the provider gave no tokens for the code: {0}")]
    NoTokens(String),
    /// It gave tokens without saying who it is.
    #[error("the provider gave no ID token")]
    NoIdToken,
    /// The ID token does not hold.
    #[error("the ID token does not hold: {0}")]
    IdToken(#[from] ClaimsVerificationError),
    /// The access token is not the one that belongs to the ID token.
    #[error("the access token does not belong to the ID token")]
    AccessToken,
}

/// Who somebody is, as a provider tells.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) issuer: String,
    pub(crate) subject: String,
    /// The provider's name for this sign-in.
    pub(crate) sid: Option<String>,
    /// An address the provider vouches for.
    pub(crate) verified_email: Option<String>,
}

/// Where to send somebody, and what must come back with them.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) url: String,
    pub(crate) state: String,
    pub(crate) nonce: String,
    pub(crate) verifier: String,
}

/// A provider, and what it last said of itself.
#[derive(Debug)]
pub(crate) struct Provider {
    pub(crate) options: ProviderOptions,
    redirect: RedirectUrl,
    issuer: IssuerUrl,
    http: reqwest::Client,
    known: Mutex<LastAsked>,
}

/// What came of asking it.
#[derive(Debug, Default)]
struct LastAsked {
    known: Option<Known>,
    /// When it could not be asked, and why.
    failed: Option<(DateTime<Utc>, String)>,
}

#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) metadata: Arc<CoreProviderMetadata>,
    at: DateTime<Utc>,
}

/// The providers one can sign in with, in the order of their buttons.
#[derive(Clone, Debug, Default)]
pub(crate) struct Providers(Arc<Vec<Provider>>);

impl Providers {
    /// `base` is the address of the platform, without a path.
    pub(crate) fn new(options: Vec<ProviderOptions>, base: &str) -> Result<Self, Untrusted> {
        options
            .into_iter()
            .map(|options| Provider::new(options, base))
            .collect::<Result<_, _>>()
            .map(Arc::new)
            .map(Self)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Provider> {
        self.0.iter()
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Provider> {
        self.iter().find(|provider| provider.options.key == key)
    }
}

impl Provider {
    fn new(options: ProviderOptions, base: &str) -> Result<Self, Untrusted> {
        let away = |error: &dyn std::fmt::Display| Untrusted::Away(error.to_string());
        let redirect = format!("{}/sign-in/{}/callback", base.trim_end_matches('/'), options.key);
        let redirect = RedirectUrl::new(redirect).map_err(|error| away(&error))?;
        let issuer = IssuerUrl::new(options.issuer.clone()).map_err(|error| away(&error))?;
        // Somebody else's redirects would lead requests elsewhere.
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(PATIENCE);
        let http = http.build().map_err(|error| away(&error))?;
        Ok(Self { options, redirect, issuer, http, known: Mutex::default() })
    }

    /// What it says of itself, no older than an hour.
    pub(super) async fn known(&self, now: DateTime<Utc>) -> Result<Known, Untrusted> {
        self.at_least(now - FRESH, now).await
    }

    /// The same, asked again because its keys did not fit; nothing when it was asked only just now.
    pub(super) async fn known_anew(&self, last: &Known, now: DateTime<Utc>) -> Result<Option<Known>, Untrusted> {
        if now < last.at + SETTLED {
            return Ok(None);
        }
        self.at_least(now - SETTLED, now).await.map(Some)
    }

    /// Asked only once, however many wait for it, also when it does not answer.
    async fn at_least(&self, since: DateTime<Utc>, now: DateTime<Utc>) -> Result<Known, Untrusted> {
        let mut last = self.known.lock().await;
        if let Some(known) = last.known.as_ref().filter(|known| known.at > since) {
            return Ok(known.clone());
        }
        if let Some((_, why)) = last.failed.as_ref().filter(|(at, _)| now < *at + SETTLED) {
            return Err(Untrusted::Away(why.clone()));
        }
        match CoreProviderMetadata::discover_async(self.issuer.clone(), &self.http).await {
            Ok(metadata) => {
                let known = Known { metadata: Arc::new(metadata), at: now };
                *last = LastAsked { known: Some(known.clone()), failed: None };
                Ok(known)
            }
            Err(error) => {
                let why = chain(&error);
                last.failed = Some((now, why.clone()));
                Err(Untrusted::Away(why))
            }
        }
    }

    /// Its issuer identifier.
    pub(crate) fn issuer(&self) -> &str {
        self.issuer.as_str()
    }

    fn client(&self, known: &Known) -> Client {
        let secret = self.options.client_secret.as_ref();
        let secret = secret.map(|secret| ClientSecret::new(secret.expose_secret().to_owned()));
        let id = ClientId::new(self.options.client_id.clone());
        Client::from_provider_metadata((*known.metadata).clone(), id, secret).set_redirect_uri(self.redirect.clone())
    }

    /// Where to send somebody who wants to sign in.
    pub(crate) async fn ask(&self, now: DateTime<Utc>) -> Result<Asked, Untrusted> {
        let client = self.client(&self.known(now).await?);
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let mut request = client.authorize_url(flow, CsrfToken::new_random, Nonce::new_random);
        request = request.set_pkce_challenge(challenge);
        for scope in &self.options.scopes {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        let (url, state, nonce) = request.url();
        Ok(Asked {
            url: url.into(),
            state: state.into_secret(),
            nonce: nonce.secret().clone(),
            verifier: verifier.into_secret(),
        })
    }

    /// Who somebody is that came back with a code.
    pub(crate) async fn tell(
        &self,
        code: String,
        nonce: String,
        verifier: String,
        now: DateTime<Utc>,
    ) -> Result<Person, Untrusted> {
        let known = self.known(now).await?;
        let client = self.client(&known);
        let request = client.exchange_code(AuthorizationCode::new(code));
        let request = request.map_err(|error| Untrusted::Away(chain(&error)))?;
        let tokens = request.set_pkce_verifier(PkceCodeVerifier::new(verifier)).request_async(&self.http).await;
        let tokens = tokens.map_err(|error| Untrusted::NoTokens(chain(&error)))?;
        let nonce = Nonce::new(nonce);
        let claims = match checked(&client, &tokens, &nonce) {
            // Perhaps it changed its keys.
            Err(Untrusted::IdToken(ClaimsVerificationError::SignatureVerification(error))) => {
                match self.known_anew(&known, now).await? {
                    Some(known) => checked(&self.client(&known), &tokens, &nonce)?,
                    None => return Err(ClaimsVerificationError::SignatureVerification(error).into()),
                }
            }
            claims => claims?,
        };
        let email = self.verified_email(&client, &tokens, &claims).await?;
        Ok(Person {
            issuer: self.issuer().to_owned(),
            subject: claims.subject().as_str().to_owned(),
            sid: claims.additional_claims().sid.clone(),
            verified_email: email,
        })
    }

    /// From the ID token, or else from the user info (OpenID Connect Core 1.0 §5.3).
    async fn verified_email(
        &self,
        client: &Client,
        tokens: &Tokens,
        claims: &Claims,
    ) -> Result<Option<String>, Untrusted> {
        let vouched = |verified: Option<bool>| verified.unwrap_or(self.options.email_is_verified);
        if let Some(email) = claims.email() {
            return Ok(vouched(claims.email_verified()).then(|| email.as_str().to_owned()));
        }
        let Ok(request) = client.user_info(tokens.access_token().clone(), Some(claims.subject().clone())) else {
            return Ok(None);
        };
        let info: Result<UserInfoClaims<EmptyAdditionalClaims, CoreGenderClaim>, _> =
            request.request_async(&self.http).await;
        let info = info.map_err(|error| Untrusted::Away(chain(&error)))?;
        Ok(info.email().filter(|_| vouched(info.email_verified())).map(|email| email.as_str().to_owned()))
    }
}

/// The claims of the ID token, once signature, issuer, audience, times, nonce and the access token's hash hold.
fn checked(client: &Client, tokens: &Tokens, nonce: &Nonce) -> Result<Claims, Untrusted> {
    let id_token = tokens.id_token().ok_or(Untrusted::NoIdToken)?;
    let verifier = client.id_token_verifier();
    let claims = id_token.claims(&verifier, nonce)?;
    if let Some(expected) = claims.access_token_hash() {
        let algorithm = id_token.signing_alg().map_err(|_| Untrusted::AccessToken)?;
        let key = id_token.signing_key(&verifier).map_err(|_| Untrusted::AccessToken)?;
        let actual = AccessTokenHash::from_token(tokens.access_token(), algorithm, key);
        if actual.map_err(|_| Untrusted::AccessToken)? != *expected {
            return Err(Untrusted::AccessToken);
        }
    }
    Ok(claims.clone())
}

/// An error with what caused it. Not what the provider sent: that may hold personal data.
fn chain(error: &dyn std::error::Error) -> String {
    let mut told = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        told = format!("{told}: {next}");
        cause = next.source();
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(key: &str, issuer: &str) -> ProviderOptions {
        ProviderOptions {
            key: key.into(),
            name: "Zorg-ID".into(),
            issuer: issuer.into(),
            client_id: "leerwerk".into(),
            client_secret: None,
            scopes: vec!["email".into()],
            email_is_verified: false,
        }
    }

    #[test]
    fn a_provider_is_asked_over_a_safe_connection_unless_it_is_on_the_same_machine() {
        for issuer in ["https://zorg.example", "http://127.0.0.1:4000", "http://localhost:4000/realm"] {
            assert_eq!(options("zorg", issuer).check(), Ok(()), "{issuer}");
        }
        for issuer in ["http://zorg.example", "zorg.example", "", "ftp://localhost"] {
            assert!(options("zorg", issuer).check().is_err(), "{issuer}");
        }
    }

    #[test]
    fn a_key_stands_in_an_address() {
        for key in ["zorg", "zorg-id-2"] {
            assert_eq!(options(key, "https://zorg.example").check(), Ok(()), "{key}");
        }
        for key in ["", "Zorg", "zorg/id", "providers"] {
            assert!(options(key, "https://zorg.example").check().is_err(), "{key}");
        }
    }
}
