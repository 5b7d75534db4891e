//! Asking to take part (rule 1, **L**).

use uuid::Uuid;

use super::{Member, MemberEvent, RequestedBasis};
use crate::{
    Actor, Aggregate, Command, Sealed, Timestamp,
    basis::Incomplete,
    id::{InterventionId, MemberId},
    intervention::Intervention,
    text::{Line, Prose},
};

/// Ask to take part. Whoever asks has shown that the e-mail address is theirs.
#[derive(Clone, Debug)]
pub struct RequestAccess {
    /// Who they will be.
    pub member: MemberId,
    /// Their name.
    pub name: Sealed<Line>,
    /// Their e-mail address.
    pub email: Sealed<Line>,
    /// Where they say they work.
    pub organisation: Sealed<Line>,
    /// On what their access would rest.
    pub basis: RequestedBasis,
    /// What they say they implement.
    pub interventions: Vec<InterventionId>,
    /// Why they ask.
    pub motivation: Option<Sealed<Prose>>,
}

impl Command for RequestAccess {
    type State = Member;
    type Refused = Incomplete;
    const NAME: &'static str = "request_access";
    const CREATES: bool = true;

    fn target(&self) -> Uuid {
        self.member.0
    }

    fn mentions(&self) -> Vec<(&'static str, Uuid)> {
        self.interventions.iter().map(|id| (Intervention::KIND, id.0)).collect()
    }

    fn about(&self) -> Option<MemberId> {
        Some(self.member)
    }

    fn decide(self, member: &Member, _by: Actor, _at: Timestamp) -> Result<Vec<MemberEvent>, Incomplete> {
        if member.known() {
            return Ok(vec![]);
        }
        let Self { member: _, name, email, organisation, basis, interventions, motivation } = self;
        let interventions = crate::distinct(interventions);
        if interventions.is_empty() {
            return Err(Incomplete::NoIntervention);
        }
        Ok(vec![MemberEvent::AccessRequested { name, email, organisation, basis, interventions, motivation }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        member::state::examples::requested,
        testing::{given, id},
    };

    fn request(interventions: Vec<InterventionId>) -> RequestAccess {
        let MemberEvent::AccessRequested { name, email, organisation, basis, motivation, .. } = requested() else {
            unreachable!("it is a request")
        };
        RequestAccess { member: id(5), name, email, organisation, basis, interventions, motivation }
    }

    #[test]
    fn access_is_asked_for_once() {
        given([]).when(request(vec![id(40), id(40)])).then([requested()]);
        given([requested()]).when(request(vec![id(40)])).then_nothing();
    }

    #[test]
    fn a_request_is_for_something() {
        given([]).when(request(vec![])).refused(Incomplete::NoIntervention);
    }
}
