//! The grammar of every command: what it reads, what may refuse it, what it decides.

use std::{error::Error, fmt::Debug};

use uuid::Uuid;

use crate::{
    Actor, DomainEvent, Timestamp,
    id::{MemberId, ProjectId},
};

/// One kind of thing that events happen to. Its state is what *deciding* needs, folded from its
/// stream; what people look at is a read model's.
pub trait Aggregate: Default + Clone + Send + Sync + 'static {
    /// The facts that can happen to it.
    type Event: DomainEvent;
    /// The kind in its stream's name: `project` in `project-<uuid>`.
    const KIND: &'static str;

    /// Takes a fact into account. State changes here and nowhere else.
    fn apply(&mut self, event: &Self::Event, by: Actor, at: Timestamp);

    /// What every event of this stream touches besides its own stream: themes, project, region …
    /// Goes into `concerns`.
    fn subjects(&self) -> Vec<Uuid>;

    /// Under which name a member acts on it.
    fn speaks_as(&self, member: MemberId) -> Actor {
        Actor::Member(member)
    }

    /// How whoever acts stands to it; the policies in `schema/policies` decide on this.
    fn standing(&self, _by: Actor) -> Vec<Standing> {
        Vec::new()
    }
}

/// How somebody stands to a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Leads the project.
    Lead,
    /// Takes part in the project.
    Participant,
    /// Asked the question.
    Asker,
    /// Shared or wrote it.
    Author,
    /// It is about themselves.
    Oneself,
}

impl Standing {
    /// Its name in the policies.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lead => "lead",
            Self::Participant => "participant",
            Self::Asker => "asker",
            Self::Author => "author",
            Self::Oneself => "oneself",
        }
    }
}

/// Something a member wants to do.
pub trait Command: Clone + Send + Sync + 'static {
    /// What it is done to.
    type State: Aggregate;
    /// What the rules may say no with.
    type Refused: Refusal;
    /// Its name, snake case: the action in the policies.
    const NAME: &'static str;
    /// Whether it begins a new stream; every other command needs one that exists.
    const CREATES: bool = false;

    /// The id of the thing.
    fn target(&self) -> Uuid;

    /// Other things it names, as (kind, id); each must exist.
    fn mentions(&self) -> Vec<(&'static str, Uuid)> {
        Vec::new()
    }

    /// The project whose lead and participants may have a say in it.
    fn within(&self, _state: &Self::State) -> Option<ProjectId> {
        None
    }

    /// Where it takes effect, as (kind, id) of regions and organisations: roles that are held there count.
    fn places(&self) -> Vec<(&'static str, Uuid)> {
        Vec::new()
    }

    /// What else the policies go by, as (name, value): e.g. which role is given.
    fn attributes(&self) -> Vec<(&'static str, &'static str)> {
        Vec::new()
    }

    /// The member it is about, if it is about one: they may do things to themselves that others may not.
    fn about(&self) -> Option<MemberId> {
        None
    }

    /// Under which name the member acts; the envelope's actor.
    fn speaks_as(&self, state: &Self::State, member: MemberId) -> Actor {
        state.speaks_as(member)
    }

    /// The rules: the events that follow, none when it was done already, or the refusal.
    fn decide(
        self,
        state: &Self::State,
        by: Actor,
        at: Timestamp,
    ) -> Result<Vec<<Self::State as Aggregate>::Event>, Self::Refused>;
}

/// The rules said no. `Display` says it in English, lower case, for logs and developers.
pub trait Refusal: Error + Debug + PartialEq + Send + Sync + 'static {
    /// A stable code for clients, `SCREAMING_SNAKE_CASE`.
    fn code(&self) -> &'static str;
    /// What a Dutch reader sees: a whole sentence, B1, saying what to do where possible.
    fn in_dutch(&self) -> String;
    /// What an English reader sees: a whole sentence.
    fn in_english(&self) -> String;
}

/// The refusal of commands that no rule can refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Never {}

impl Refusal for Never {
    fn code(&self) -> &'static str {
        match *self {}
    }
    fn in_dutch(&self) -> String {
        match *self {}
    }
    fn in_english(&self) -> String {
        match *self {}
    }
}
