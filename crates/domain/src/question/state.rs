//! What deciding about a question needs to remember.

use std::collections::{BTreeMap, HashSet};

use uuid::Uuid;

use super::QuestionEvent;
use crate::{
    Actor, Aggregate, Standing, Timestamp,
    id::{AnswerId, MemberId, QuestionId},
};

/// A question, as far as its rules need it.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// Who asked, as the envelope names them.
    pub(super) asked_by: Option<Actor>,
    /// Who is behind an anonymous question that was not revealed yet; nobody once that was erased.
    pub(super) hidden: Option<(QuestionId, MemberId)>,
    /// Whether the asker of an anonymous question made themselves known.
    revealed: bool,
    pub(super) answers: BTreeMap<AnswerId, Answer>,
    pub(super) had_by: HashSet<Actor>,
    /// What of it was redacted: answers, and the question itself as nothing.
    pub(super) redacted: HashSet<Option<AnswerId>>,
    subjects: Vec<Uuid>,
}

/// An answer, as far as the rules need it.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) by: Actor,
    pub(super) accepted: bool,
    pub(super) helpful_to: HashSet<Actor>,
}

impl Question {
    pub(super) fn asked(&self) -> bool {
        self.asked_by.is_some()
    }

    pub(super) fn asked_openly(&self) -> bool {
        !self.revealed && matches!(self.asked_by, Some(Actor::Member(_) | Actor::Platform))
    }
}

impl Aggregate for Question {
    type Event = QuestionEvent;
    const KIND: &'static str = "question";

    fn apply(&mut self, event: &QuestionEvent, by: Actor, _at: Timestamp) {
        match event {
            QuestionEvent::QuestionAsked { themes, intervention, project, anonymous, .. } => {
                self.asked_by = Some(by);
                if let (Actor::Asker(question), Some(hidden)) = (by, anonymous) {
                    self.hidden = hidden.member.open().map(|member| (question, *member));
                }
                self.subjects = themes
                    .iter()
                    .map(|id| id.0)
                    .chain(intervention.map(Uuid::from))
                    .chain(project.map(Uuid::from))
                    .collect();
            }
            QuestionEvent::SameQuestionHad {} => {
                self.had_by.insert(by);
            }
            QuestionEvent::AnswerGiven { answer, .. } => {
                self.answers.insert(*answer, Answer { by, accepted: false, helpful_to: HashSet::new() });
            }
            QuestionEvent::AnswerAccepted { answer } => {
                self.answers.entry(*answer).and_modify(|answer| answer.accepted = true);
            }
            QuestionEvent::AnswerUnaccepted { answer } => {
                self.answers.entry(*answer).and_modify(|answer| answer.accepted = false);
            }
            QuestionEvent::HelpfulMarked { answer } => {
                self.answers.entry(*answer).and_modify(|answer| {
                    answer.helpful_to.insert(by);
                });
            }
            QuestionEvent::HelpfulUnmarked { answer } => {
                self.answers.entry(*answer).and_modify(|answer| {
                    answer.helpful_to.remove(&by);
                });
            }
            QuestionEvent::ContributionRedacted { answer, .. } => {
                self.redacted.insert(*answer);
            }
            QuestionEvent::AskerRevealed { member } => {
                // From now on they act under their own id; what they did as asker stays theirs.
                if let Some(Actor::Asker(question)) = self.asked_by {
                    let (asker, member) = (Actor::Asker(question), Actor::Member(*member));
                    for answer in self.answers.values_mut() {
                        if answer.helpful_to.remove(&asker) {
                            answer.helpful_to.insert(member);
                        }
                        if answer.by == asker {
                            answer.by = member;
                        }
                    }
                    self.asked_by = Some(member);
                    self.hidden = None;
                    self.revealed = true;
                }
            }
        }
    }

    fn subjects(&self) -> Vec<Uuid> {
        self.subjects.clone()
    }

    /// Whoever asked anonymously acts on the question as its asker, so that no envelope names them.
    fn speaks_as(&self, member: MemberId) -> Actor {
        match self.hidden {
            Some((question, asker)) if asker == member => Actor::Asker(question),
            _ => Actor::Member(member),
        }
    }

    /// The asker of an anonymous question is its asker under both names: under their own, they may reveal
    /// themselves.
    fn standing(&self, by: Actor) -> Vec<Standing> {
        let hidden = self.hidden.map(|(_, member)| Actor::Member(member));
        if self.asked_by == Some(by) || hidden == Some(by) { vec![Standing::Asker] } else { vec![] }
    }
}

#[cfg(test)]
pub(super) mod examples {
    //! A question to begin a test with.

    use super::*;
    use crate::{
        Sealed,
        question::{AskerTag, HiddenAsker},
        sealed::KeyScope,
        testing::id,
        text::{Line, Prose},
    };

    pub(in crate::question) fn line(text: &str) -> Sealed<Line> {
        Sealed::new(KeyScope::of("question", Uuid::nil()), Line::parse(text).expect("line"))
    }

    pub(in crate::question) fn prose(text: &str) -> Sealed<Prose> {
        Sealed::new(KeyScope::of("question", Uuid::nil()), Prose::parse(text).expect("prose"))
    }

    pub(in crate::question) fn hidden(member: u128) -> HiddenAsker {
        HiddenAsker {
            member: Sealed::new(KeyScope::of("asker", Uuid::from_u128(2)), id(member)),
            tag: AskerTag("0".repeat(64)),
        }
    }

    /// Who asked question 2 anonymously.
    pub(in crate::question) fn asker() -> Actor {
        Actor::Asker(id(2))
    }

    /// A colleague, member 4.
    pub(in crate::question) fn joost() -> Actor {
        Actor::Member(id(4))
    }

    /// Answer 50.
    pub(in crate::question) fn answered() -> QuestionEvent {
        QuestionEvent::AnswerGiven { answer: id(50), body: prose("Wie het eerst iets merkt.") }
    }

    /// Question 2, asked under theme 10.
    pub(in crate::question) fn asked(anonymous: Option<HiddenAsker>) -> QuestionEvent {
        QuestionEvent::QuestionAsked {
            title: line("Wie begint het gesprek?"),
            body: prose("De huisarts of wij?"),
            themes: vec![id(10)],
            intervention: None,
            phase: None,
            project: None,
            anonymous,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        examples::{answered, asked, asker, hidden, joost},
        *,
    };
    use crate::{
        Sealed,
        question::{AskerTag, HiddenAsker},
        sealed::KeyScope,
        testing::{given, id, sanne},
    };

    /// Asked anonymously by Sanne, who is member 1; she answered herself, Joost did too.
    fn asked_anonymously() -> Question {
        given::<Question>([])
            .and(asker(), asked(Some(hidden(1))))
            .and(asker(), answered())
            .and(joost(), QuestionEvent::AnswerGiven { answer: id(51), body: examples::prose("Wij doen het zo.") })
            .and(asker(), QuestionEvent::HelpfulMarked { answer: id(51) })
            .state
    }

    fn revealed() -> Question {
        let mut question = asked_anonymously();
        question.apply(&QuestionEvent::AskerRevealed { member: id(1) }, sanne(), crate::testing::noon());
        question
    }

    #[test]
    fn the_anonymous_asker_acts_under_no_name_and_others_under_their_own() {
        let question = asked_anonymously();
        assert_eq!(question.speaks_as(id(1)), asker());
        assert_eq!(question.speaks_as(id(4)), joost());
    }

    #[test]
    fn who_asks_openly_acts_under_their_own_name() {
        let question = given::<Question>([asked(None)]).state;
        assert_eq!(question.speaks_as(id(1)), sanne());
        assert_eq!(question.standing(sanne()), [Standing::Asker]);
        assert_eq!(question.standing(joost()), []);
    }

    #[test]
    fn the_anonymous_asker_is_the_asker_under_both_names() {
        let question = asked_anonymously();
        assert_eq!(question.standing(asker()), [Standing::Asker]);
        assert_eq!(question.standing(sanne()), [Standing::Asker]);
        assert_eq!(question.standing(joost()), []);
    }

    #[test]
    fn after_revealing_themselves_the_asker_acts_under_their_own_name() {
        let question = revealed();
        assert_eq!(question.speaks_as(id(1)), sanne());
        assert_eq!(question.standing(sanne()), [Standing::Asker]);
        assert_eq!(question.standing(asker()), []);
    }

    #[test]
    fn what_the_asker_did_before_revealing_themselves_stays_theirs() {
        let question = revealed();
        assert_eq!(question.answers[&id(50)].by, sanne());
        assert_eq!(question.answers[&id(51)].by, joost());
        assert_eq!(question.answers[&id(51)].helpful_to, HashSet::from([sanne()]));
    }

    #[test]
    fn once_the_asker_is_erased_nobody_is() {
        let erased = HiddenAsker {
            member: Sealed::Erased { scope: KeyScope::of("asker", Uuid::from_u128(2)) },
            tag: AskerTag("0".repeat(64)),
        };
        let question = given::<Question>([]).and(asker(), asked(Some(erased))).state;
        assert_eq!(question.speaks_as(id(1)), sanne());
        assert_eq!(question.standing(sanne()), []);
    }
}
