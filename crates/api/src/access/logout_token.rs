//! Logout tokens: a provider says that somebody signed out there (OpenID Connect Back-Channel Logout 1.0).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::{
    JsonWebKey as _,
    core::{CoreJsonWebKey, CoreJwsSigningAlgorithm},
};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    Access, Provider,
    provider::{Known, Untrusted},
};

/// The event that such a token tells of.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// How old a token may be, as the standard recommends to accept only recent ones, and how far clocks may differ.
const RECENT: TimeDelta = TimeDelta::minutes(2);

/// Why a token ends nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotLoggedOut {
    /// It is none, or none that holds; the text says what is wrong.
    #[error("the logout token does not hold: {0}")]
    Invalid(&'static str),
    /// The provider's keys cannot be fetched.
    #[error(transparent)]
    Provider(#[from] Untrusted),
    /// The database is away.
    #[error("the database cannot be asked")]
    Database(#[from] sqlx::Error),
}

#[derive(Deserialize)]
struct Header {
    alg: CoreJwsSigningAlgorithm,
    kid: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    #[serde(with = "chrono::serde::ts_seconds")]
    iat: DateTime<Utc>,
    #[serde(default, with = "chrono::serde::ts_seconds_option")]
    exp: Option<DateTime<Utc>>,
    jti: String,
    sub: Option<String>,
    sid: Option<String>,
    events: Map<String, Value>,
    nonce: Option<Value>,
}

impl Access {
    /// Ends the sessions that a logout token speaks of; gives how many there were.
    pub(crate) async fn logged_out(
        &self,
        provider: &Provider,
        token: &str,
        now: DateTime<Utc>,
    ) -> Result<u64, NotLoggedOut> {
        let [header, claims, signature] = token.split('.').collect::<Vec<_>>()[..] else {
            return Err(NotLoggedOut::Invalid("it has no three parts"));
        };
        let signed = &token.as_bytes()[..header.len() + 1 + claims.len()];
        let header: Header = part(header)?;
        let signature = URL_SAFE_NO_PAD.decode(signature);
        let signature = signature.map_err(|_| NotLoggedOut::Invalid("its signature does not read"))?;
        let known = provider.known(now).await?;
        if !holds(&known, &header, signed, &signature) {
            let anew = provider.known_anew(&known, now).await?;
            if !anew.is_some_and(|known| holds(&known, &header, signed, &signature)) {
                return Err(NotLoggedOut::Invalid("its signature does not hold"));
            }
        }
        let claims: Claims = part(claims)?;
        check(&claims, provider.issuer(), &provider.options.client_id, now).map_err(NotLoggedOut::Invalid)?;
        let until = claims.exp.unwrap_or(claims.iat) + RECENT;
        // Both or neither: a token that ended nothing must be good for the provider's next try.
        let mut transaction = self.pool.begin().await?;
        let first_time = sqlx::query!(
            "INSERT INTO session.logout_token (issuer, id, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            claims.iss,
            claims.jti,
            until
        );
        if first_time.execute(&mut *transaction).await?.rows_affected() == 0 {
            return Err(NotLoggedOut::Invalid("it was taken before"));
        }
        let (subject, sid) = (claims.sub.as_deref(), claims.sid.as_deref());
        Ok(self.sessions.end_of_account(transaction, &claims.iss, subject, sid).await?)
    }
}

fn part<T: for<'a> Deserialize<'a>>(part: &str) -> Result<T, NotLoggedOut> {
    let json = URL_SAFE_NO_PAD.decode(part).ok();
    json.and_then(|json| serde_json::from_slice(&json).ok()).ok_or(NotLoggedOut::Invalid("a part of it does not read"))
}

/// Whether one of the provider's keys made the signature. Only keys that have a private half count: a shared secret would
/// be one that more than the provider knows.
fn holds(known: &Known, header: &Header, signed: &[u8], signature: &[u8]) -> bool {
    let secret = [
        CoreJwsSigningAlgorithm::HmacSha256,
        CoreJwsSigningAlgorithm::HmacSha384,
        CoreJwsSigningAlgorithm::HmacSha512,
        CoreJwsSigningAlgorithm::None,
    ];
    let fits =
        |key: &&CoreJsonWebKey| header.kid.as_ref().is_none_or(|kid| key.key_id().is_some_and(|id| id.as_str() == kid));
    !secret.contains(&header.alg)
        && known
            .metadata
            .jwks()
            .keys()
            .iter()
            .filter(fits)
            .any(|key| key.verify_signature(&header.alg, signed, signature).is_ok())
}

/// What the standard asks of the claims (§2.4, §2.6).
fn check(claims: &Claims, issuer: &str, client: &str, now: DateTime<Utc>) -> Result<(), &'static str> {
    let for_us = match &claims.aud {
        Audience::One(audience) => audience == client,
        Audience::Several(audiences) => audiences.iter().any(|audience| audience == client),
    };
    if claims.iss != issuer {
        Err("it is of another issuer")
    } else if !for_us {
        Err("it is for somebody else")
    } else if claims.exp.is_some_and(|exp| exp < now) || claims.iat < now - RECENT || claims.iat > now + RECENT {
        Err("it is not of now")
    } else if !claims.events.get(EVENT).is_some_and(Value::is_object) {
        Err("it does not tell of signing out")
    } else if claims.nonce.is_some() {
        Err("it has a nonce, as an ID token has")
    } else if claims.sub.is_none() && claims.sid.is_none() {
        Err("it names nobody")
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ISSUER: &str = "https://zorg.example";

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).expect("a moment")
    }

    fn claims(change: impl FnOnce(&mut Value)) -> Result<(), &'static str> {
        let mut value = json!({
            "iss": ISSUER, "aud": "leerwerk", "iat": now().timestamp(), "exp": now().timestamp() + 60, "jti": "1",
            "sub": "sanne", "sid": "7", "events": { EVENT: {} },
        });
        change(&mut value);
        check(&serde_json::from_value(value).expect("claims"), ISSUER, "leerwerk", now())
    }

    #[test]
    fn a_logout_token_holds_when_everything_the_standard_asks_for_is_so() {
        assert_eq!(claims(|_| {}), Ok(()));
        assert_eq!(claims(|value| value["aud"] = json!(["other", "leerwerk"])), Ok(()));
        assert_eq!(claims(|value| value["sub"] = Value::Null), Ok(()));
        let wrong: [(&str, Value); 8] = [
            ("iss", json!("https://elders.example")),
            ("aud", json!("other")),
            ("iat", json!(now().timestamp() - 121)),
            ("iat", json!(now().timestamp() + 121)),
            ("exp", json!(now().timestamp() - 1)),
            ("events", json!({})),
            ("events", json!({ EVENT: "yes" })),
            ("nonce", json!("n")),
        ];
        for (claim, value) in wrong {
            let told = format!("{claim}: {value}");
            assert!(claims(|claims| claims[claim] = value).is_err(), "{told}");
        }
        let nobody = claims(|value| {
            value["sub"] = Value::Null;
            value["sid"] = Value::Null;
        });
        assert!(nobody.is_err());
    }
}
