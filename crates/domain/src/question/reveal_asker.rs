//! When may it be known who asked anonymously? When the asker says so themselves (rule 3, **L**).

use uuid::Uuid;

use super::{Question, QuestionEvent};
use crate::{
    Actor, Command, Refusal, Timestamp,
    id::{MemberId, QuestionId},
};

/// Make oneself known as who asked an anonymous question.
#[derive(Clone, Debug)]
pub struct RevealAsker {
    /// The question.
    pub question: QuestionId,
    /// Who asked: whoever gives this command.
    pub member: MemberId,
}

/// Why nobody is revealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It was asked openly.
    #[error("the question was not asked anonymously")]
    NotAnonymous,
    /// Nobody reveals another, and nobody claims the question of another.
    #[error("only the asker can make themselves known")]
    NotTheAsker,
}

impl Refusal for Refused {
    fn code(&self) -> &'static str {
        match self {
            Self::NotAnonymous => "NOT_ANONYMOUS",
            Self::NotTheAsker => "NOT_THE_ASKER",
        }
    }

    fn in_dutch(&self) -> String {
        match self {
            Self::NotAnonymous => "Deze vraag is niet anoniem gesteld. Iedereen ziet al wie de vraag stelde.".into(),
            Self::NotTheAsker => "Alleen wie de vraag stelde, kan zich bekendmaken.".into(),
        }
    }

    fn in_english(&self) -> String {
        match self {
            Self::NotAnonymous => {
                "This question was not asked anonymously. Everybody sees already who asked it.".into()
            }
            Self::NotTheAsker => "Only the person who asked the question can make themselves known.".into(),
        }
    }
}

impl Command for RevealAsker {
    type State = Question;
    type Refused = Refused;
    const NAME: &'static str = "reveal_asker";

    fn target(&self) -> Uuid {
        self.question.0
    }

    /// The one thing an anonymous asker does on their question under their own name.
    fn speaks_as(&self, _state: &Question, member: MemberId) -> Actor {
        Actor::Member(member)
    }

    fn decide(self, question: &Question, by: Actor, _at: Timestamp) -> Result<Vec<QuestionEvent>, Refused> {
        let Self { question: _, member } = self;
        if question.asked_openly() {
            return Err(Refused::NotAnonymous);
        }
        if by != Actor::Member(member) {
            return Err(Refused::NotTheAsker);
        }
        if question.asked_by == Some(by) {
            return Ok(vec![]);
        }
        match question.hidden {
            Some((_, asker)) if asker == member => Ok(vec![QuestionEvent::AskerRevealed { member }]),
            _ => Err(Refused::NotTheAsker),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        question::state::examples::{asked, asker, hidden, joost},
        testing::{Given, given, id, sanne},
    };

    fn reveal(member: u128) -> RevealAsker {
        RevealAsker { question: id(2), member: id(member) }
    }

    /// Asked by Sanne, who is member 1.
    fn asked_anonymously() -> Given<Question> {
        given([]).and(asker(), asked(Some(hidden(1))))
    }

    #[test]
    fn the_asker_makes_themselves_known_once() {
        let revealed = QuestionEvent::AskerRevealed { member: id(1) };
        asked_anonymously().when(reveal(1)).then([revealed.clone()]);
        asked_anonymously().and(sanne(), revealed).when(reveal(1)).then_nothing();
    }

    #[test]
    fn the_asker_reveals_themselves_under_their_own_name() {
        let question = asked_anonymously().state;
        assert_eq!(reveal(1).speaks_as(&question, id(1)), sanne());
    }

    #[test]
    fn nobody_reveals_another_or_claims_their_question() {
        asked_anonymously().by(joost()).when(reveal(1)).refused(Refused::NotTheAsker);
        asked_anonymously().by(joost()).when(reveal(4)).refused(Refused::NotTheAsker);
        asked_anonymously()
            .and(sanne(), QuestionEvent::AskerRevealed { member: id(1) })
            .by(joost())
            .when(reveal(4))
            .refused(Refused::NotTheAsker);
    }

    #[test]
    fn an_open_question_has_nobody_to_reveal() {
        given([asked(None)]).when(reveal(1)).refused(Refused::NotAnonymous);
        given([asked(None)]).by(joost()).when(reveal(4)).refused(Refused::NotAnonymous);
    }
}
