//! What deciding about a member needs to remember.

use uuid::Uuid;

use super::{AccessEnd, MemberEvent, Role};
use chrono::NaiveDate;

use crate::{
    Actor, Aggregate, Scope, Timestamp,
    id::{BasisId, OrganisationId},
};

/// A member, as far as the rules and policies need it.
///
/// Does not know its own id, so it never tells that somebody acts on themselves: that is for whoever
/// knows which member a command targets.
#[derive(Clone, Debug, Default)]
pub struct Member {
    organisation: Option<OrganisationId>,
    pub(super) standing: Standing,
    /// They were invited on no basis: their access ends when somebody ends it, whatever else it rests on.
    unbound: bool,
    pub(super) accesses: Vec<Access>,
    /// The last day of access of which it was recorded that it ended with its bases.
    pub(super) recorded_end: Option<NaiveDate>,
    /// What they last told about themselves.
    pub(super) profile: Option<MemberEvent>,
    pub(super) roles: Vec<HeldRole>,
}

/// How somebody stands to the platform.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nothing is known of them.
    #[default]
    Unknown,
    /// They asked for access.
    Requested,
    /// They were refused.
    Refused,
    /// They take part: as long as what their access rests on holds, if it rests on anything.
    Admitted,
    /// Their access was ended.
    Ended,
    /// What was known of them is gone.
    Erased,
}

/// Access that was granted.
#[derive(Clone, Debug, PartialEq)]
pub struct Access {
    /// On what it rests.
    pub basis: BasisId,
    /// The last day, when it ends before its basis.
    pub until: Option<NaiveDate>,
}

/// A role, and until when.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct HeldRole {
    pub(super) role: Role,
    pub(super) scope: Scope,
    /// Exclusive; no end when absent.
    pub(super) until: Option<Timestamp>,
}

impl Member {
    /// Where they work; nothing before they were invited.
    pub fn organisation(&self) -> Option<OrganisationId> {
        self.organisation
    }

    /// The roles they hold at a moment, each with where it holds.
    pub fn roles(&self, at: Timestamp) -> impl Iterator<Item = (Role, &Scope)> {
        self.roles
            .iter()
            .filter(move |held| held.until.is_none_or(|until| at < until))
            .map(|held| (held.role, &held.scope))
    }

    /// When the next of the roles they hold at a moment ends by itself; nothing when none does.
    pub fn next_end(&self, at: Timestamp) -> Option<Timestamp> {
        self.roles.iter().filter_map(|held| held.until).filter(|until| at < *until).min()
    }

    /// Whether they take part on no basis but an invitation.
    pub fn is_unbound(&self) -> bool {
        self.standing == Standing::Admitted && self.unbound
    }

    /// The bases on which they were let in; any that holds is enough. Nothing when they were not, or are no longer.
    pub fn accesses(&self) -> Option<&[Access]> {
        (self.standing == Standing::Admitted).then_some(&*self.accesses)
    }

    pub(super) fn known(&self) -> bool {
        self.standing != Standing::Unknown
    }
}

impl Aggregate for Member {
    type Event = MemberEvent;
    const KIND: &'static str = "member";

    fn apply(&mut self, event: &MemberEvent, _by: Actor, _at: Timestamp) {
        match event {
            MemberEvent::MemberInvited { organisation, .. } => {
                self.organisation = Some(*organisation);
                self.standing = Standing::Admitted;
                self.unbound = true;
            }
            MemberEvent::AccessRequested { .. } => self.standing = Standing::Requested,
            MemberEvent::AccessGranted { basis, organisation, until, reason } => {
                self.organisation = Some(*organisation);
                self.standing = Standing::Admitted;
                // With the invitation: they come in on the basis of whoever invited them.
                self.unbound &= reason.is_some();
                self.accesses.retain(|access| access.basis != *basis);
                self.accesses.push(Access { basis: *basis, until: *until });
            }
            MemberEvent::AccessRefused { .. } => self.standing = Standing::Refused,
            // Access that rests on bases ends and begins with them; that it did is for history.
            MemberEvent::AccessEnded { cause: AccessEnd::BasisEnded, last_day, .. } => self.recorded_end = *last_day,
            MemberEvent::AccessEnded { cause: AccessEnd::Withdrawn, .. } => {
                self.standing = Standing::Ended;
                self.unbound = false;
                self.accesses.clear();
                self.roles.clear();
            }
            MemberEvent::MemberErased { .. } => {
                self.standing = Standing::Erased;
                self.unbound = false;
                self.accesses.clear();
                self.roles.clear();
                self.profile = None;
            }
            MemberEvent::ProfileRevised { .. } => self.profile = Some(event.clone()),
            MemberEvent::RoleGiven { role, scope, until } => {
                self.take(*role, scope);
                self.roles.push(HeldRole { role: *role, scope: scope.clone(), until: *until });
            }
            MemberEvent::RoleTaken { role, scope } => self.take(*role, scope),
        }
    }

    fn subjects(&self) -> Vec<Uuid> {
        Vec::new()
    }
}

impl Member {
    fn take(&mut self, role: Role, scope: &Scope) {
        self.roles.retain(|held| (held.role, &held.scope) != (role, scope));
    }
}

#[cfg(test)]
pub(super) mod examples {
    //! A member to begin a test with.

    use super::*;
    use crate::{
        Sealed,
        basis::GrantNumber,
        member::RequestedBasis,
        sealed::KeyScope,
        testing::id,
        text::{Line, Prose},
    };

    pub(in crate::member) fn line(text: &str) -> Sealed<Line> {
        Sealed::new(KeyScope::of("member", Uuid::from_u128(5)), Line::parse(text).expect("line"))
    }

    /// Member 5, of organisation 20.
    pub(in crate::member) fn invited() -> MemberEvent {
        MemberEvent::MemberInvited {
            name: line("Noor de Wit"),
            email: line("noor@linde.example"),
            organisation: id(20),
        }
    }

    pub(in crate::member) fn prose(text: &str) -> Sealed<Prose> {
        Sealed::new(KeyScope::of("member", Uuid::from_u128(5)), Prose::parse(text).expect("prose"))
    }

    /// Somebody who asked for access with a grant.
    pub(in crate::member) fn requested() -> MemberEvent {
        let scope = KeyScope::of("member", Uuid::from_u128(5));
        MemberEvent::AccessRequested {
            name: line("Noor de Wit"),
            email: line("noor@linde.example"),
            organisation: line("Hospice De Linde"),
            basis: RequestedBasis::Grant {
                number: Sealed::new(scope, GrantNumber::parse("PAL-2026-07").expect("a number")),
            },
            interventions: vec![id(40)],
            motivation: Some(prose("We beginnen in maart.")),
        }
    }

    /// Access on a basis, for somebody of organisation 20.
    pub(in crate::member) fn granted(basis: u128, until: Option<NaiveDate>) -> MemberEvent {
        MemberEvent::AccessGranted { basis: id(basis), organisation: id(20), until, reason: None }
    }

    pub(in crate::member) fn moderator(until: Option<Timestamp>) -> MemberEvent {
        MemberEvent::RoleGiven { role: Role::Moderator, scope: Scope::National, until }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::{
        examples::{invited, moderator},
        *,
    };
    use crate::testing::{id, noon, sanne};

    fn member(events: &[MemberEvent]) -> Member {
        let mut member = Member::default();
        for event in events {
            member.apply(event, sanne(), noon());
        }
        member
    }

    #[test]
    fn a_role_holds_until_its_end_and_no_longer() {
        let member = member(&[invited(), moderator(Some(noon()))]);
        let just_before = noon() - TimeDelta::microseconds(1);
        assert_eq!(member.roles(just_before).collect::<Vec<_>>(), [(Role::Moderator, &Scope::National)]);
        assert_eq!(member.roles(noon()).count(), 0);
    }

    #[test]
    fn the_next_end_is_that_of_the_first_role_to_end() {
        let soon = noon() + TimeDelta::hours(1);
        let region = |until| MemberEvent::RoleGiven {
            role: Role::Moderator,
            scope: Scope::Region { region: id(30) },
            until: Some(until),
        };
        let member = member(&[invited(), moderator(Some(noon())), region(soon)]);
        let just_before = noon() - TimeDelta::microseconds(1);
        assert_eq!(member.next_end(just_before), Some(noon()));
        assert_eq!(member.next_end(noon()), Some(soon));
        assert_eq!(member.next_end(soon), None);
    }

    #[test]
    fn a_role_given_anew_replaces_its_end() {
        let member = member(&[invited(), moderator(Some(noon())), moderator(None)]);
        assert_eq!(member.roles(noon()).collect::<Vec<_>>(), [(Role::Moderator, &Scope::National)]);
    }

    #[test]
    fn a_role_taken_in_one_scope_stays_in_another() {
        let region = Scope::Region { region: id(30) };
        let member = member(&[
            invited(),
            moderator(None),
            MemberEvent::RoleGiven { role: Role::Moderator, scope: region.clone(), until: None },
            MemberEvent::RoleTaken { role: Role::Moderator, scope: Scope::National },
        ]);
        assert_eq!(member.roles(noon()).collect::<Vec<_>>(), [(Role::Moderator, &region)]);
    }

    #[test]
    fn a_member_works_where_they_were_invited() {
        assert_eq!(member(&[invited()]).organisation(), Some(id(20)));
        assert_eq!(Member::default().organisation(), None);
    }
}
