//! Given / when / then: rules are tested as sentences.

use chrono::DateTime;
use uuid::Uuid;

use crate::{Actor, Aggregate, Command, Timestamp, id::MemberId};

/// A fixed moment; tests have no clock.
pub(crate) fn noon() -> Timestamp {
    DateTime::from_timestamp(1_760_000_000, 0).expect("a moment")
}

/// An id that is the same in every run.
pub(crate) fn id<T: From<Uuid>>(n: u128) -> T {
    Uuid::from_u128(n).into()
}

/// The member most tests act as.
pub(crate) fn sanne() -> Actor {
    Actor::Member(id::<MemberId>(1))
}

/// What happened before, done by [`sanne`].
pub(crate) fn given<A: Aggregate>(events: impl IntoIterator<Item = A::Event>) -> Given<A> {
    let mut state = A::default();
    for event in events {
        state.apply(&event, sanne(), noon());
    }
    Given { state, by: sanne() }
}

pub(crate) struct Given<A> {
    pub(crate) state: A,
    by: Actor,
}

impl<A: Aggregate> Given<A> {
    /// What happened next, done by somebody else than [`sanne`].
    #[expect(clippy::needless_pass_by_value, reason = "tests read alike: events are given, not lent")]
    pub(crate) fn and(mut self, by: Actor, event: A::Event) -> Self {
        self.state.apply(&event, by, noon());
        self
    }

    /// The command is given by somebody else than [`sanne`].
    pub(crate) fn by(self, by: Actor) -> Self {
        Self { by, ..self }
    }

    pub(crate) fn when<C: Command<State = A>>(self, command: C) -> Then<C> {
        Then(command.decide(&self.state, self.by, noon()))
    }
}

pub(crate) struct Then<C: Command>(Result<Vec<<C::State as Aggregate>::Event>, C::Refused>);

impl<C: Command> Then<C> {
    #[track_caller]
    pub(crate) fn then(self, expected: impl IntoIterator<Item = <C::State as Aggregate>::Event>) {
        assert_eq!(self.0, Ok(expected.into_iter().collect()));
    }

    /// Asked twice, done once.
    #[track_caller]
    pub(crate) fn then_nothing(self) {
        self.then([]);
    }

    #[track_caller]
    pub(crate) fn refused(self, expected: C::Refused) {
        assert_eq!(self.0, Err(expected));
    }
}
