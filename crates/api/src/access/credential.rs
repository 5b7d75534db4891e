//! By what right a request speaks for a member.

use uuid::Uuid;

use super::{Scope, Scopes};

/// What a request came with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Credential {
    /// Nothing.
    None,
    /// The cookie of a session; its id in the list of sessions.
    Session(Uuid),
    /// An access token.
    Token {
        /// Which.
        id: Uuid,
        /// What it was made for.
        scopes: Scopes,
    },
}

impl Credential {
    /// Whether it lets one do such things: a session all that its member may, a token what it was made for.
    pub(crate) fn allows(self, scope: Scope) -> bool {
        match self {
            Self::None => false,
            Self::Session(_) => true,
            Self::Token { scopes, .. } => scopes.hold(scope),
        }
    }

    /// As the access log says it.
    pub(crate) fn name(self) -> String {
        match self {
            Self::None => "nothing".to_owned(),
            Self::Session(_) => "session".to_owned(),
            Self::Token { id, .. } => format!("token:{id}"),
        }
    }

    /// The session, where what is asked is for people and not for programs.
    pub(crate) fn session(self) -> Option<Uuid> {
        match self {
            Self::Session(id) => Some(id),
            Self::None | Self::Token { .. } => None,
        }
    }
}
