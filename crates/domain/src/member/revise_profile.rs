//! Telling who one is.

use uuid::Uuid;

use super::{Member, MemberEvent, Profession};
use crate::{
    Actor, Aggregate, Command, Sealed, Timestamp,
    command::Never,
    id::{MemberId, ThemeId},
    text::Line,
    theme::Theme,
};

/// Tell who one is: name, profession, themes one knows well, and whether colleagues may ask for contact.
#[derive(Clone, Debug)]
pub struct ReviseProfile {
    /// Whose profile.
    pub member: MemberId,
    /// Their name.
    pub name: Sealed<Line>,
    /// What they do.
    pub profession: Profession,
    /// Themes they know well.
    pub expertise: Vec<ThemeId>,
    /// Whether colleagues may ask for contact (rule 7, **L**).
    pub open_to_contact: bool,
}

impl Command for ReviseProfile {
    type State = Member;
    type Refused = Never;
    const NAME: &'static str = "revise_profile";

    fn target(&self) -> Uuid {
        self.member.0
    }

    fn mentions(&self) -> Vec<(&'static str, Uuid)> {
        self.expertise.iter().map(|id| (Theme::KIND, id.0)).collect()
    }

    fn about(&self) -> Option<MemberId> {
        Some(self.member)
    }

    fn decide(self, member: &Member, _by: Actor, _at: Timestamp) -> Result<Vec<MemberEvent>, Never> {
        let Self { member: _, name, profession, expertise, open_to_contact } = self;
        let revised = MemberEvent::ProfileRevised { name, profession, expertise, open_to_contact };
        if member.profile.as_ref() == Some(&revised) {
            return Ok(vec![]);
        }
        Ok(vec![revised])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        member::state::examples::{invited, line},
        testing::{given, id},
    };

    fn revise(name: &str) -> ReviseProfile {
        ReviseProfile {
            member: id(5),
            name: line(name),
            profession: Profession::Nurse,
            expertise: vec![id(10)],
            open_to_contact: true,
        }
    }

    fn revised(name: &str) -> MemberEvent {
        MemberEvent::ProfileRevised {
            name: line(name),
            profession: Profession::Nurse,
            expertise: vec![id(10)],
            open_to_contact: true,
        }
    }

    #[test]
    fn a_profile_is_revised_when_something_in_it_changes() {
        given([invited()]).when(revise("Noor de Wit")).then([revised("Noor de Wit")]);
        given([invited(), revised("Noor de Wit")]).when(revise("Noor Bos")).then([revised("Noor Bos")]);
    }

    #[test]
    fn the_same_profile_again_is_nothing_new() {
        given([invited(), revised("Noor de Wit")]).when(revise("Noor de Wit")).then_nothing();
    }
}
