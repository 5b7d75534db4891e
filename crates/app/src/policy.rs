//! Who may do what: Cedar policies, readable in `schema/policies/`.

use cedar_policy::{Authorizer, Context, Decision, Entities, EntityUid, PolicySet, Request, RestrictedExpression};
use domain::{Standing, Timestamp, member::Role};
use uuid::Uuid;

/// Something the policies speak of that is no command: it leaves no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Act {
    pub(crate) name: &'static str,
    /// What it is done to.
    pub(crate) kind: &'static str,
}

/// Reading the events of the log as recorded, texts sealed.
pub const READ_ENTRIES: Act = Act { name: "read_entries", kind: "log" };
/// Reading who looked at what of whom.
pub const READ_ACCESS_LOG: Act = Act { name: "read_access_log", kind: "access_log" };
/// Reading how long what is kept, and what went when.
pub const READ_RETENTION: Act = Act { name: "read_retention", kind: "retention" };
/// Downloading everything that is kept about oneself.
pub const DOWNLOAD_OWN_DATA: Act = Act { name: "download_own_data", kind: "member" };
/// Ending a session of one's own.
pub const END_SESSION: Act = Act { name: "end_session", kind: "session" };
/// Making a token for a program that speaks for oneself.
pub const CREATE_ACCESS_TOKEN: Act = Act { name: "create_access_token", kind: "access_token" };
/// Revoking such a token of one's own.
pub const REVOKE_ACCESS_TOKEN: Act = Act { name: "revoke_access_token", kind: "access_token" };

/// The policies, parsed.
#[derive(Debug)]
pub struct Policies {
    set: PolicySet,
    authorizer: Authorizer,
}

/// The policies as delivered do not parse.
#[derive(Debug, thiserror::Error)]
#[error("the policies do not parse")]
pub struct PolicyError(#[source] Box<dyn std::error::Error + Send + Sync>);

/// Who asks.
#[derive(Debug, Default)]
pub(crate) struct Principal {
    /// Whether anything is known of them at all.
    pub(crate) known: bool,
    /// Whether they may take part: their access rests on something that holds.
    pub(crate) access: bool,
    /// The roles that hold where the thing lies.
    pub(crate) roles: Vec<Role>,
    /// What that rests on.
    pub(crate) grounds: Grounds,
}

/// What an answer to "may they?" rests on: it stays the same until one of these changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grounds {
    /// Ids of the things whose events were looked at.
    pub things: Vec<Uuid>,
    /// When a role ends by itself; nothing when none does.
    pub until: Option<Timestamp>,
}

/// What is asked of the policies.
#[derive(Debug)]
pub(crate) struct Question<'a> {
    pub(crate) principal: &'a Principal,
    /// A command's name.
    pub(crate) action: &'a str,
    /// The kind of thing.
    pub(crate) kind: &'a str,
    pub(crate) standing: &'a [Standing],
    /// What else the policies go by, as (name, value).
    pub(crate) attributes: &'a [(&'static str, &'static str)],
}

impl<'a> Question<'a> {
    /// Whether somebody may use a query or a subscription, whatever they ask for with it.
    pub(crate) fn of_operation(principal: &'a Principal, action: &'a str) -> Self {
        Self { principal, action, kind: "platform", standing: &[], attributes: &[] }
    }
}

impl Policies {
    /// The platform's own policies.
    pub fn embedded() -> Result<Self, PolicyError> {
        Self::parse(include_str!("../../../schema/policies/leerwerk.cedar"))
    }

    fn parse(text: &str) -> Result<Self, PolicyError> {
        let set = text.parse().map_err(|error: cedar_policy::ParseErrors| PolicyError(Box::new(error)))?;
        Ok(Self { set, authorizer: Authorizer::new() })
    }

    /// Whether the policies allow it. What cannot be evaluated is not allowed.
    pub(crate) fn allow(&self, question: &Question<'_>) -> bool {
        self.evaluate(question).is_ok_and(|decision| decision == Decision::Allow)
    }

    fn evaluate(&self, question: &Question<'_>) -> Result<Decision, Box<dyn std::error::Error>> {
        let strings = |names: Vec<&str>| {
            RestrictedExpression::new_set(names.into_iter().map(|name| RestrictedExpression::new_string(name.into())))
        };
        let roles = question.principal.roles.iter().map(|role| role.as_str()).collect();
        let standing = question.standing.iter().map(|standing| standing.as_str()).collect();
        let attribute =
            |(name, value): &(&str, &str)| ((*name).to_owned(), RestrictedExpression::new_string((*value).to_owned()));
        let known = [
            ("known".to_owned(), RestrictedExpression::new_bool(question.principal.known)),
            ("access".to_owned(), RestrictedExpression::new_bool(question.principal.access)),
            ("roles".to_owned(), strings(roles)),
            ("standing".to_owned(), strings(standing)),
        ];
        let context = Context::from_pairs(known.into_iter().chain(question.attributes.iter().map(attribute)))?;
        let uid = |kind: &str, id: &str| -> Result<EntityUid, Box<dyn std::error::Error>> {
            Ok(EntityUid::from_type_name_and_id(kind.parse()?, id.parse()?))
        };
        let request = Request::new(
            uid("Member", "self")?,
            uid("Action", question.action)?,
            uid("Thing", question.kind)?,
            context,
            None,
        )?;
        Ok(self.authorizer.is_authorized(&request, &self.set, &Entities::empty()).decision())
    }
}
