//! Who acts: the `actor` of an event's envelope.

use std::{fmt, str::FromStr};

use uuid::Uuid;

use crate::id::{MemberId, QuestionId};

/// Who did it, as the envelope records it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Actor {
    /// A member, under their pseudonymous id.
    Member(MemberId),
    /// Whoever asked this question anonymously. Everything they do on their own question is recorded
    /// under this name, so that no envelope links the question to a person (rule 3, **L**).
    Asker(QuestionId),
    /// The platform itself, e.g. when it fills the catalogue.
    Platform,
}

impl Actor {
    /// The member, unless the actor is anonymous or the platform.
    pub fn member(self) -> Option<MemberId> {
        match self {
            Self::Member(id) => Some(id),
            Self::Asker(_) | Self::Platform => None,
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Member(id) => write!(f, "member:{id}"),
            Self::Asker(id) => write!(f, "asker:{id}"),
            Self::Platform => f.write_str("platform"),
        }
    }
}

/// The text is none of `member:<uuid>`, `asker:<uuid>`, `platform`.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} does not name an actor")]
pub struct NotAnActor(String);

impl FromStr for Actor {
    type Err = NotAnActor;

    fn from_str(text: &str) -> Result<Self, NotAnActor> {
        let wrong = || NotAnActor(text.to_owned());
        match text.split_once(':') {
            None if text == "platform" => Ok(Self::Platform),
            Some(("member", id)) => Uuid::parse_str(id).map(|id| Self::Member(id.into())).map_err(|_| wrong()),
            Some(("asker", id)) => Uuid::parse_str(id).map(|id| Self::Asker(id.into())).map_err(|_| wrong()),
            _ => Err(wrong()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_reads_back_as_written() {
        for actor in
            [Actor::Member(Uuid::from_u128(1).into()), Actor::Asker(Uuid::from_u128(2).into()), Actor::Platform]
        {
            assert_eq!(actor.to_string().parse(), Ok(actor));
        }
        assert!("somebody".parse::<Actor>().is_err());
        assert!("member:1".parse::<Actor>().is_err());
    }
}
