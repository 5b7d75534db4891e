//! When is an answer accepted? When the asker says it helped; several may have.

use uuid::Uuid;

use super::{Question, QuestionEvent};
use crate::{
    Actor, Command, Refusal, Timestamp,
    id::{AnswerId, QuestionId},
};

/// Say that an answer helped. That only the asker says so is policy.
#[derive(Clone, Debug)]
pub struct AcceptAnswer {
    /// The question.
    pub question: QuestionId,
    /// Which answer.
    pub answer: AnswerId,
}

/// Why an answer is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The question has no such answer.
    #[error("the question has no such answer")]
    NoSuchAnswer,
}

impl Refusal for Refused {
    fn code(&self) -> &'static str {
        match self {
            Self::NoSuchAnswer => "NO_SUCH_ANSWER",
        }
    }

    fn in_dutch(&self) -> String {
        match self {
            Self::NoSuchAnswer => "Dit antwoord hoort niet bij de vraag.".into(),
        }
    }

    fn in_english(&self) -> String {
        match self {
            Self::NoSuchAnswer => "This answer does not belong to the question.".into(),
        }
    }
}

impl Command for AcceptAnswer {
    type State = Question;
    type Refused = Refused;
    const NAME: &'static str = "accept_answer";

    fn target(&self) -> Uuid {
        self.question.0
    }

    fn decide(self, question: &Question, _by: Actor, _at: Timestamp) -> Result<Vec<QuestionEvent>, Refused> {
        let answer = question.answers.get(&self.answer).ok_or(Refused::NoSuchAnswer)?;
        if answer.accepted {
            return Ok(vec![]);
        }
        Ok(vec![QuestionEvent::AnswerAccepted { answer: self.answer }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        question::state::examples::{answered, asked, prose},
        testing::{given, id},
    };

    fn accept(answer: u128) -> AcceptAnswer {
        AcceptAnswer { question: id(2), answer: id(answer) }
    }

    fn accepted(answer: u128) -> QuestionEvent {
        QuestionEvent::AnswerAccepted { answer: id(answer) }
    }

    #[test]
    fn an_answer_is_accepted_once() {
        given([asked(None), answered()]).when(accept(50)).then([accepted(50)]);
        given([asked(None), answered(), accepted(50)]).when(accept(50)).then_nothing();
    }

    #[test]
    fn several_answers_may_be_accepted() {
        let other = QuestionEvent::AnswerGiven { answer: id(51), body: prose("Bij ons de wijkverpleegkundige.") };
        given([asked(None), answered(), other, accepted(50)]).when(accept(51)).then([accepted(51)]);
    }

    #[test]
    fn an_answer_to_another_question_is_not_accepted() {
        given([asked(None)]).when(accept(50)).refused(Refused::NoSuchAnswer);
    }
}
