//! Why a command was not carried out.

use domain::Refusal;
use eventlog::{AppendError, KeyError, ReadError, StreamId};

/// A command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum RunError<R: Refusal> {
    /// The rules of this command said no.
    #[error(transparent)]
    Refused(R),
    /// A rule that holds for all commands said no.
    #[error(transparent)]
    Declined(#[from] Declined),
    /// Something broke.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// What can refuse any command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Declined {
    /// The policies do not allow it.
    #[error("this member may not {action}")]
    Forbidden {
        /// The command's name.
        action: &'static str,
    },
    /// Something the command names does not exist.
    #[error("{stream} does not exist")]
    NoSuch {
        /// What.
        stream: StreamId,
    },
    /// The caller looked at an older version.
    #[error("it changed meanwhile: version {version} is not the one expected")]
    Stale {
        /// The present version.
        version: i32,
    },
    /// The idempotency key was used before for something else.
    #[error("the idempotency key was used before with other content")]
    KeyReused,
    /// The texts of this thing were erased; nothing can be added to it.
    #[error("its texts were erased")]
    Erased,
}

impl Refusal for Declined {
    fn code(&self) -> &'static str {
        match self {
            Self::Forbidden { .. } => "FORBIDDEN",
            Self::NoSuch { .. } => "NOT_FOUND",
            Self::Stale { .. } => "STALE",
            Self::KeyReused => "IDEMPOTENCY_KEY_REUSED",
            Self::Erased => "ERASED",
        }
    }

    fn in_dutch(&self) -> String {
        match self {
            Self::Forbidden { .. } => "Dit mag je hier niet doen. Vraag het aan de projectleider of een moderator.",
            Self::NoSuch { .. } => "Dit bestaat niet (meer). Ververs de pagina en probeer het opnieuw.",
            Self::Stale { .. } => "Iemand anders was je net voor. Bekijk wat er veranderd is en probeer het opnieuw.",
            Self::KeyReused => "Dit is al eerder verstuurd, met een andere inhoud. Ververs de pagina en begin opnieuw.",
            Self::Erased => "De teksten hiervan zijn gewist. Je kunt er niets meer aan toevoegen.",
        }
        .into()
    }

    fn in_english(&self) -> String {
        match self {
            Self::Forbidden { .. } => "You may not do this here. Ask the project lead or a moderator.",
            Self::NoSuch { .. } => "This does not exist (any more). Reload the page and try again.",
            Self::Stale { .. } => "Somebody else was just ahead of you. See what changed and try again.",
            Self::KeyReused => "This was sent before with other content. Reload the page and start again.",
            Self::Erased => "The texts of this were erased. Nothing can be added to it.",
        }
        .into()
    }
}

/// Something broke; nothing was done, except where it says otherwise.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Too much at once; try again a little later.
    #[error("the platform is busy")]
    Busy,
    /// The database is away; try again later.
    #[error("the database cannot be reached")]
    Unavailable(#[source] Option<Box<dyn std::error::Error + Send + Sync>>),
    /// It may have been done. A retry with the same idempotency key finds out.
    #[error("it is not known whether it was done")]
    OutcomeUnknown,
    /// Anything else.
    #[error("the command failed")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Unavailable(_) => Self::Unavailable(Some(Box::new(error))),
            error => Self::Internal(Box::new(error)),
        }
    }
}

impl From<KeyError> for Failure {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Database(source) => Self::from(ReadError::from(source)),
            error => Self::Internal(Box::new(error)),
        }
    }
}

impl From<AppendError> for Failure {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Busy => Self::Busy,
            AppendError::Unavailable(_) => Self::Unavailable(Some(Box::new(error))),
            AppendError::OutcomeUnknown => Self::OutcomeUnknown,
            error => Self::Internal(Box::new(error)),
        }
    }
}

impl From<domain::event::DecodeError> for Failure {
    fn from(error: domain::event::DecodeError) -> Self {
        Self::Internal(Box::new(error))
    }
}
