//! Whose an account at a provider is.

use domain::id::MemberId;
use readmodel::{ReadModelError, ReadModels};
use serde::Serialize;

use super::{Access, Person};

/// An account as its owner sees it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct AccountInfo {
    pub(crate) issuer: String,
    pub(crate) subject: String,
}

/// Whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) member: MemberId,
    /// They signed in with it for the first time.
    pub(crate) first: bool,
}

/// Why it is nobody's.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotFound {
    /// The provider does not vouch for the address, or tells none.
    #[error("the provider does not vouch for the e-mail address")]
    EmailNotVerified,
    /// No member has the address.
    #[error("no member has this e-mail address")]
    NoMember,
    /// Several have it.
    #[error("several members have this e-mail address")]
    SeveralMembers,
    /// The member has another account at the same provider: addresses are handed on, members are not.
    #[error("the member signs in with another account of this provider")]
    OtherAccount,
    /// The database is away.
    #[error("the database cannot be asked")]
    Database(#[from] sqlx::Error),
    /// The read models cannot be asked.
    #[error("the read models cannot be asked")]
    ReadModels(#[from] ReadModelError),
}

impl Access {
    /// Whose an account is: known by issuer and subject, at first by an address that the provider vouches for.
    pub(crate) async fn member_of(&self, models: &ReadModels, person: &Person) -> Result<Found, NotFound> {
        if let Some(member) = self.known(person).await? {
            return Ok(Found { member, first: false });
        }
        let email = person.verified_email.as_deref().ok_or(NotFound::EmailNotVerified)?;
        let member = match models.members_with_email(email).await?[..] {
            [member] => member,
            [] => return Err(NotFound::NoMember),
            _ => return Err(NotFound::SeveralMembers),
        };
        let linked = sqlx::query!(
            "INSERT INTO session.account (issuer, subject, member) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            person.issuer,
            person.subject,
            member.0
        );
        if linked.execute(&self.pool).await?.rows_affected() > 0 {
            return Ok(Found { member, first: true });
        }
        // At the same moment in another window, or with another account.
        match self.known(person).await? {
            Some(member) => Ok(Found { member, first: false }),
            None => Err(NotFound::OtherAccount),
        }
    }

    /// The accounts of a member.
    pub(crate) async fn accounts(&self, member: MemberId) -> sqlx::Result<Vec<AccountInfo>> {
        let accounts =
            sqlx::query_as!(AccountInfo, "SELECT issuer, subject FROM session.account WHERE member = $1", member.0);
        accounts.fetch_all(&self.pool).await
    }

    async fn known(&self, person: &Person) -> sqlx::Result<Option<MemberId>> {
        let member = sqlx::query_scalar!(
            "SELECT member FROM session.account WHERE issuer = $1 AND subject = $2",
            person.issuer,
            person.subject
        );
        Ok(member.fetch_optional(&self.pool).await?.map(MemberId::from))
    }
}
