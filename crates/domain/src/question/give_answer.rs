//! Answering: nothing refuses it.

use uuid::Uuid;

use super::{Question, QuestionEvent};
use crate::{
    Actor, Command, Sealed, Timestamp,
    command::Never,
    id::{AnswerId, QuestionId},
    text::Prose,
};

/// Answer a question.
#[derive(Clone, Debug)]
pub struct GiveAnswer {
    /// The question.
    pub question: QuestionId,
    /// The new answer.
    pub answer: AnswerId,
    /// What one writes.
    pub body: Sealed<Prose>,
}

impl Command for GiveAnswer {
    type State = Question;
    type Refused = Never;
    const NAME: &'static str = "give_answer";

    fn target(&self) -> Uuid {
        self.question.0
    }

    fn decide(self, question: &Question, _by: Actor, _at: Timestamp) -> Result<Vec<QuestionEvent>, Never> {
        if question.answers.contains_key(&self.answer) {
            return Ok(vec![]);
        }
        Ok(vec![QuestionEvent::AnswerGiven { answer: self.answer, body: self.body }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        question::state::examples::{answered, asked, joost, prose},
        testing::{given, id},
    };

    fn answer() -> GiveAnswer {
        GiveAnswer { question: id(2), answer: id(50), body: prose("Wie het eerst iets merkt.") }
    }

    #[test]
    fn an_answer_is_given_once() {
        given([asked(None)]).by(joost()).when(answer()).then([answered()]);
        given([asked(None)]).and(joost(), answered()).by(joost()).when(answer()).then_nothing();
    }

    #[test]
    fn who_found_out_may_answer_their_own_question() {
        given([asked(None)]).when(answer()).then([answered()]);
    }
}
