//! Taking back that an answer helped.

use uuid::Uuid;

use super::{Question, QuestionEvent};
use crate::{
    Actor, Command, Refusal, Timestamp,
    id::{AnswerId, QuestionId},
};

/// Take back that an answer helped. That only the asker does so is policy.
#[derive(Clone, Debug)]
pub struct UnacceptAnswer {
    /// The question.
    pub question: QuestionId,
    /// Which answer.
    pub answer: AnswerId,
}

/// Why it cannot be taken back.
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

impl Command for UnacceptAnswer {
    type State = Question;
    type Refused = Refused;
    const NAME: &'static str = "unaccept_answer";

    fn target(&self) -> Uuid {
        self.question.0
    }

    fn decide(self, question: &Question, _by: Actor, _at: Timestamp) -> Result<Vec<QuestionEvent>, Refused> {
        let answer = question.answers.get(&self.answer).ok_or(Refused::NoSuchAnswer)?;
        if !answer.accepted {
            return Ok(vec![]);
        }
        Ok(vec![QuestionEvent::AnswerUnaccepted { answer: self.answer }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        question::state::examples::{answered, asked},
        testing::{given, id},
    };

    fn unaccept() -> UnacceptAnswer {
        UnacceptAnswer { question: id(2), answer: id(50) }
    }

    #[test]
    fn an_acceptance_is_taken_back_once() {
        let accepted = QuestionEvent::AnswerAccepted { answer: id(50) };
        let unaccepted = QuestionEvent::AnswerUnaccepted { answer: id(50) };
        given([asked(None), answered(), accepted.clone()]).when(unaccept()).then([unaccepted.clone()]);
        given([asked(None), answered(), accepted, unaccepted]).when(unaccept()).then_nothing();
    }

    #[test]
    fn an_answer_that_was_never_accepted_stays_so() {
        given([asked(None), answered()]).when(unaccept()).then_nothing();
    }

    #[test]
    fn an_answer_to_another_question_is_refused() {
        given([asked(None)]).when(unaccept()).refused(Refused::NoSuchAnswer);
    }
}
