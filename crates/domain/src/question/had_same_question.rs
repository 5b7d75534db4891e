//! Who may say "I had this question too"? Everybody but the asker, once.

use uuid::Uuid;

use super::{Question, QuestionEvent};
use crate::{Actor, Command, Refusal, Timestamp, id::QuestionId};

/// Say that one had this question too, so that the asker sees they are not the only one (rule 3, **L**).
#[derive(Clone, Debug)]
pub struct HadSameQuestion {
    /// The question.
    pub question: QuestionId,
}

/// Why that does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Who asks has the question anyhow.
    #[error("the asker had the question in the first place")]
    OwnQuestion,
}

impl Refusal for Refused {
    fn code(&self) -> &'static str {
        match self {
            Self::OwnQuestion => "OWN_QUESTION",
        }
    }

    fn in_dutch(&self) -> String {
        match self {
            Self::OwnQuestion => "Dit is je eigen vraag. Alleen anderen kunnen zeggen dat ze die ook hadden.".into(),
        }
    }

    fn in_english(&self) -> String {
        match self {
            Self::OwnQuestion => "This is your own question. Only others can say that they had it too.".into(),
        }
    }
}

impl Command for HadSameQuestion {
    type State = Question;
    type Refused = Refused;
    const NAME: &'static str = "had_same_question";

    fn target(&self) -> Uuid {
        self.question.0
    }

    fn decide(self, question: &Question, by: Actor, _at: Timestamp) -> Result<Vec<QuestionEvent>, Refused> {
        if question.asked_by == Some(by) {
            return Err(Refused::OwnQuestion);
        }
        if question.had_by.contains(&by) {
            return Ok(vec![]);
        }
        Ok(vec![QuestionEvent::SameQuestionHad {}])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        question::state::examples::{asked, asker, hidden, joost},
        testing::given,
    };

    fn had() -> HadSameQuestion {
        HadSameQuestion { question: crate::testing::id(2) }
    }

    #[test]
    fn somebody_else_had_the_same_question_once() {
        given([asked(None)]).by(joost()).when(had()).then([QuestionEvent::SameQuestionHad {}]);
        given([asked(None)]).and(joost(), QuestionEvent::SameQuestionHad {}).by(joost()).when(had()).then_nothing();
    }

    #[test]
    fn the_asker_does_not_count() {
        given([asked(None)]).when(had()).refused(Refused::OwnQuestion);
    }

    #[test]
    fn the_anonymous_asker_does_not_count_either() {
        given([]).and(asker(), asked(Some(hidden(1)))).by(asker()).when(had()).refused(Refused::OwnQuestion);
    }
}
