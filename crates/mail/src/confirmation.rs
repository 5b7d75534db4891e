//! Showing that an address is one's own: what was sent is kept, encrypted, until the link in a mail is followed.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Payload},
};
use hmac::{Hmac, Mac as _};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use crate::{
    Mail, MailError,
    letter::{About, Language},
    outbox,
};

/// How long a link holds, in hours.
pub const HOLDS: i32 = 48;
/// How often one address is written to before links expire: nobody's mailbox is filled by somebody else.
const MOST: i64 = 3;
const NONCE: usize = 24;

/// What waits for its confirmation.
#[derive(Serialize, Deserialize)]
struct Waiting<T> {
    email: String,
    language: Language,
    content: T,
}

/// Whom to write to, so that they confirm.
pub(crate) struct Asked {
    pub(crate) email: String,
    pub(crate) language: Language,
    pub(crate) token: String,
}

/// An address was shown to be somebody's own.
#[derive(Debug)]
pub struct Confirmed<T> {
    /// Under which it was kept.
    pub id: Uuid,
    /// What they sent.
    pub content: T,
}

/// Nothing is confirmed.
#[derive(Debug, thiserror::Error)]
pub enum NotConfirmed {
    /// The link was never given out, has expired or was used.
    #[error("the link holds no longer")]
    NoLonger,
    /// Something broke.
    #[error(transparent)]
    Mail(#[from] MailError),
}

impl From<sqlx::Error> for NotConfirmed {
    fn from(error: sqlx::Error) -> Self {
        Self::Mail(error.into())
    }
}

impl Mail {
    /// Keeps what somebody sent and writes to the address, in a language, with a link to confirm it. Whoever sends it is
    /// told nothing about the address, not even whether it is written to.
    pub async fn confirm<T: Serialize>(
        &self,
        id: Uuid,
        email: &str,
        language: Language,
        content: T,
    ) -> Result<(), MailError> {
        let waiting = Waiting { email: email.to_owned(), language, content };
        let sealed = self.seal(id, &serde_json::to_vec(&waiting)?)?;
        let address = self.keyed("confirmation address", mailbox(email).as_bytes());
        let mut transaction = self.pool.begin().await?;
        let kept = sqlx::query!(
            "INSERT INTO mail.confirmation (id, content, address, expires_at)
             SELECT $1, $2, $3, now() + make_interval(hours => $4)
             WHERE (SELECT count(*) FROM mail.confirmation WHERE address = $3 AND expires_at > now()) < $5",
            id,
            sealed,
            &address[..],
            HOLDS,
            MOST
        );
        if kept.execute(&mut *transaction).await?.rows_affected() > 0 {
            outbox::put(&mut *transaction, &About::Confirm { confirmation: id }).await?;
        }
        transaction.commit().await?;
        self.due.notify_one();
        Ok(())
    }

    /// What the link with a token confirms. It stays until [`Mail::settle`], so that nothing is lost in between.
    pub async fn confirmed<T: DeserializeOwned>(&self, token: &str) -> Result<Confirmed<T>, NotConfirmed> {
        let id = self.id_of(token).ok_or(NotConfirmed::NoLonger)?;
        let Waiting { content, .. } = self.waiting::<T>(id).await?.ok_or(NotConfirmed::NoLonger)?;
        Ok(Confirmed { id, content })
    }

    /// What was confirmed has been taken care of, and goes.
    pub async fn settle(&self, id: Uuid) -> Result<(), MailError> {
        sqlx::query!("DELETE FROM mail.confirmation WHERE id = $1", id).execute(&self.pool).await?;
        Ok(())
    }

    /// Whom to write to about a confirmation that is still awaited.
    pub(crate) async fn asked(&self, id: Uuid) -> Result<Option<Asked>, MailError> {
        let waiting = self.waiting::<serde_json::Value>(id).await?;
        let token = self.token(id);
        Ok(waiting.map(|Waiting { email, language, .. }| Asked { email, language, token }))
    }

    async fn waiting<T: DeserializeOwned>(&self, id: Uuid) -> Result<Option<Waiting<T>>, MailError> {
        let content =
            sqlx::query_scalar!("SELECT content FROM mail.confirmation WHERE id = $1 AND expires_at > now()", id);
        let Some(content) = content.fetch_optional(&self.pool).await? else { return Ok(None) };
        Ok(Some(serde_json::from_slice(&self.unseal(id, &content)?)?))
    }

    /// Only whoever reads the mail knows it, and nobody with a copy of the database: it is computed from the id.
    fn token(&self, id: Uuid) -> String {
        let mut token = id.as_bytes().to_vec();
        token.extend(self.keyed("confirmation token", id.as_bytes()));
        BASE64.encode(token)
    }

    fn id_of(&self, token: &str) -> Option<Uuid> {
        let bytes = BASE64.decode(token).ok()?;
        let (id, mac) = bytes.split_at_checked(16)?;
        let expected = self.keyed("confirmation token", id);
        bool::from(expected.ct_eq(mac)).then(|| Uuid::from_slice(id).ok())?
    }

    fn keyed(&self, purpose: &str, message: &[u8]) -> [u8; 32] {
        let secret = self.log.keys().derive(purpose);
        let mac = <Hmac<Sha256> as hmac::Mac>::new_from_slice(&secret)
            .map(|mac| mac.chain_update(message).finalize().into_bytes());
        mac.map(Into::into).unwrap_or_default()
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.log.keys().derive("confirmation").into())
    }

    fn seal(&self, id: Uuid, plain: &[u8]) -> Result<Vec<u8>, MailError> {
        #[expect(clippy::disallowed_methods, reason = "a nonce is used once and nothing depends on which it is")]
        let nonce: [u8; NONCE] = rand::random();
        let payload = Payload { msg: plain, aad: id.as_bytes() };
        let sealed = self.cipher().encrypt(XNonce::from_slice(&nonce), payload).map_err(|_| unsealed())?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    fn unseal(&self, id: Uuid, sealed: &[u8]) -> Result<Vec<u8>, MailError> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE).ok_or_else(unsealed)?;
        let payload = Payload { msg: sealed, aad: id.as_bytes() };
        self.cipher().decrypt(XNonce::from_slice(nonce), payload).map_err(|_| unsealed())
    }
}

/// The mailbox behind an address: many mail servers put `name+anything` with `name`.
fn mailbox(email: &str) -> String {
    let email = email.to_lowercase();
    match email.rsplit_once('@') {
        Some((user, host)) => format!("{}@{host}", user.split('+').next().unwrap_or(user)),
        None => email,
    }
}

/// What was kept was kept under another key.
fn unsealed() -> MailError {
    MailError::Database(sqlx::Error::Decode("what waits for its confirmation does not open".into()))
}
