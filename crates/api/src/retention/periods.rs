//! The one list of what is kept for a time, and for how long.

use chrono::TimeDelta;
use domain::member::ErasureGround;

use crate::SessionLimits;

/// A kind of data that is kept for a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DataKind {
    /// What is known of members whose access ended. They are erased; what they contributed stays.
    FormerMember,
    /// Requests for access that led to none: refused, or decided by nobody. Whoever asked is erased.
    LapsedRequest,
    /// Requests for access whose address nobody confirmed.
    UnconfirmedRequest,
    /// Who looked at what of whom.
    AccessLog,
    /// Where somebody is signed in.
    Session,
    /// What programs speak for somebody with.
    AccessToken,
    /// Messages of providers that somebody signed out there, each of which counts once.
    LogoutToken,
    /// Whom mail was written to, and about what: ids.
    Letter,
    /// By what a repeated command is recognised: hashes.
    Receipt,
}

impl DataKind {
    /// All, what is most about people first.
    pub const ALL: [Self; 9] = [
        Self::FormerMember,
        Self::LapsedRequest,
        Self::UnconfirmedRequest,
        Self::AccessLog,
        Self::Session,
        Self::AccessToken,
        Self::LogoutToken,
        Self::Letter,
        Self::Receipt,
    ];

    /// Its name in the record, and in what programs read.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FormerMember => "former_member",
            Self::LapsedRequest => "lapsed_request",
            Self::UnconfirmedRequest => "unconfirmed_request",
            Self::AccessLog => "access_log",
            Self::Session => "session",
            Self::AccessToken => "access_token",
            Self::LogoutToken => "logout_token",
            Self::Letter => "letter",
            Self::Receipt => "receipt",
        }
    }

    /// By its name; nothing for one that another version of the program knows.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// On what ground somebody is erased when it is due; nothing for what is removed without touching the log.
    pub(super) fn ground(self) -> Option<ErasureGround> {
        match self {
            Self::FormerMember => Some(ErasureGround::AccessLapsed),
            Self::LapsedRequest => Some(ErasureGround::RequestLapsed),
            Self::UnconfirmedRequest
            | Self::AccessLog
            | Self::Session
            | Self::AccessToken
            | Self::LogoutToken
            | Self::Letter
            | Self::Receipt => None,
        }
    }
}

/// How long what is kept. What is not here has an end of its own: links that confirm hold for
/// [`mail::LINK_HOLDS_HOURS`], tokens until the day that whoever made them chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Periods {
    /// After access ended.
    pub former_members: TimeDelta,
    /// After a request was refused or, where nobody decided, made.
    pub requests: TimeDelta,
    /// After somebody looked.
    pub access_log: TimeDelta,
    /// Without use, and at most.
    pub sessions: SessionLimits,
    /// After a letter was put into the queue.
    pub letters: TimeDelta,
    /// After the command.
    pub receipts: eventlog::Retention,
}

impl Default for Periods {
    /// Five years after access ended and after somebody looked; a year after a request; three months for letters, a month for
    /// receipts.
    fn default() -> Self {
        Self {
            former_members: TimeDelta::days(1_826),
            requests: TimeDelta::days(365),
            access_log: TimeDelta::days(1_826),
            sessions: SessionLimits::default(),
            letters: TimeDelta::days(90),
            receipts: eventlog::Retention::default(),
        }
    }
}

impl Periods {
    /// How long a kind is kept; zero for what has an end of its own.
    pub fn of(&self, kind: DataKind) -> TimeDelta {
        match kind {
            DataKind::FormerMember => self.former_members,
            DataKind::LapsedRequest => self.requests,
            DataKind::AccessLog => self.access_log,
            DataKind::Session => self.sessions.absolute,
            DataKind::Letter => self.letters,
            DataKind::Receipt => self.receipts.time(),
            DataKind::UnconfirmedRequest => TimeDelta::hours(mail::LINK_HOLDS_HOURS.into()),
            DataKind::AccessToken | DataKind::LogoutToken => TimeDelta::zero(),
        }
    }
}
