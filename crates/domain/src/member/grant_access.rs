//! Letting somebody take part, as long as a basis holds (rule 1, **L**).

use chrono::NaiveDate;
use uuid::Uuid;

use super::{Access, Member, MemberEvent, state::Standing};
use crate::{
    Actor, Aggregate, Command, Refusal, Sealed, Timestamp,
    basis::Basis,
    id::{BasisId, MemberId, OrganisationId},
    organisation::Organisation,
    period,
    text::Prose,
};

/// Let somebody take part who asked, or on a further basis.
#[derive(Clone, Debug)]
pub struct GrantAccess {
    /// Whom.
    pub member: MemberId,
    /// On what it rests.
    pub basis: BasisId,
    /// When that ends, exclusive.
    pub basis_ends: Timestamp,
    /// Where they work. Left out, where they already do.
    pub organisation: Option<OrganisationId>,
    /// The last day, when access ends before its basis.
    pub until: Option<NaiveDate>,
    /// Why.
    pub reason: Sealed<Prose>,
}

/// Why access is not granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// What it would rest on holds no longer.
    #[error("the basis has ended")]
    BasisHasEnded,
    /// The last day has passed.
    #[error("the last day of access has passed")]
    EndHasPassed,
    /// What was known of them is gone.
    #[error("they were erased")]
    Erased,
    /// Nobody said where they work.
    #[error("it is not known where they work")]
    NoOrganisation,
}

impl Refusal for Refused {
    fn code(&self) -> &'static str {
        match self {
            Self::BasisHasEnded => "BASIS_HAS_ENDED",
            Self::EndHasPassed => "END_HAS_PASSED",
            Self::Erased => "ERASED",
            Self::NoOrganisation => "NO_ORGANISATION",
        }
    }

    fn in_dutch(&self) -> String {
        match self {
            Self::BasisHasEnded => "Deze toegangsgrond is al afgelopen. Kies een andere, of verleng hem eerst.",
            Self::EndHasPassed => "Deze laatste dag is al voorbij. Kies een latere.",
            Self::Erased => "De gegevens van deze persoon zijn gewist.",
            Self::NoOrganisation => "Kies bij welke organisatie deze deelnemer werkt.",
        }
        .into()
    }

    fn in_english(&self) -> String {
        match self {
            Self::BasisHasEnded => "This basis of access has ended. Choose another, or prolong it first.",
            Self::EndHasPassed => "This last day has passed already. Choose a later one.",
            Self::Erased => "The data of this person was erased.",
            Self::NoOrganisation => "Choose the organisation where this member works.",
        }
        .into()
    }
}

impl Command for GrantAccess {
    type State = Member;
    type Refused = Refused;
    const NAME: &'static str = "grant_access";

    fn target(&self) -> Uuid {
        self.member.0
    }

    fn mentions(&self) -> Vec<(&'static str, Uuid)> {
        let organisation = self.organisation.map(|organisation| (Organisation::KIND, organisation.0));
        [(Basis::KIND, self.basis.0)].into_iter().chain(organisation).collect()
    }

    fn about(&self) -> Option<MemberId> {
        Some(self.member)
    }

    fn decide(self, member: &Member, _by: Actor, at: Timestamp) -> Result<Vec<MemberEvent>, Refused> {
        let Self { member: _, basis, basis_ends, organisation, until, reason } = self;
        if member.standing == Standing::Erased {
            return Err(Refused::Erased);
        }
        if basis_ends <= at {
            return Err(Refused::BasisHasEnded);
        }
        if until.is_some_and(|until| period::end_of(until) <= at) {
            return Err(Refused::EndHasPassed);
        }
        if member.accesses.contains(&Access { basis, until }) {
            return Ok(vec![]);
        }
        let organisation = organisation.or(member.organisation()).ok_or(Refused::NoOrganisation)?;
        Ok(vec![MemberEvent::AccessGranted { basis, organisation, until, reason: Some(reason) }])
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::{
        member::{
            AccessEnd, Contributions, ErasureGround,
            state::examples::{invited, prose, requested},
        },
        testing::{given, id, noon},
    };

    fn grant(basis: u128) -> GrantAccess {
        GrantAccess {
            member: id(5),
            basis: id(basis),
            basis_ends: noon() + TimeDelta::days(300),
            organisation: Some(id(20)),
            until: None,
            reason: prose("De subsidie is voor CURA."),
        }
    }

    fn granted(basis: u128) -> MemberEvent {
        let reason = Some(prose("De subsidie is voor CURA."));
        MemberEvent::AccessGranted { basis: id(basis), organisation: id(20), until: None, reason }
    }

    #[test]
    fn who_asked_is_admitted_once() {
        given([requested()]).when(grant(70)).then([granted(70)]);
        given([requested(), granted(70)]).when(grant(70)).then_nothing();
    }

    #[test]
    fn a_second_basis_is_added() {
        given([requested(), granted(70)]).when(GrantAccess { organisation: None, ..grant(71) }).then([granted(71)]);
        given([invited()]).when(GrantAccess { organisation: None, ..grant(71) }).then([granted(71)]);
    }

    #[test]
    fn who_left_can_come_back() {
        let reason = Some(prose("Heeft een andere baan."));
        let ended = MemberEvent::AccessEnded { cause: AccessEnd::Withdrawn, last_day: None, reason };
        given([requested(), granted(70), ended]).when(grant(70)).then([granted(70)]);
    }

    #[test]
    fn a_basis_that_has_ended_gives_nothing() {
        given([requested()]).when(GrantAccess { basis_ends: noon(), ..grant(70) }).refused(Refused::BasisHasEnded);
    }

    #[test]
    fn access_does_not_end_before_it_is_granted_nor_come_back_to_who_is_gone() {
        let until = Some(period::day_of(noon()) - TimeDelta::days(1));
        given([requested()]).when(GrantAccess { until, ..grant(70) }).refused(Refused::EndHasPassed);
        let erased = MemberEvent::MemberErased { contributions: Contributions::Kept, ground: ErasureGround::Asked };
        given([requested(), erased]).when(grant(70)).refused(Refused::Erased);
    }

    #[test]
    fn who_was_invited_on_no_basis_does_not_come_to_hang_on_one() {
        let member = given::<Member>([invited(), granted(70)]).state;
        assert!(member.is_unbound());
    }

    #[test]
    fn whoever_asked_needs_an_organisation_of_the_register() {
        given([requested()]).when(GrantAccess { organisation: None, ..grant(70) }).refused(Refused::NoOrganisation);
    }
}
