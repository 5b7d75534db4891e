//! Taking back that an answer is helpful.

use uuid::Uuid;

use super::{Question, QuestionEvent};
use crate::{
    Actor, Command, Refusal, Timestamp,
    id::{AnswerId, QuestionId},
};

/// Take back that an answer is helpful.
#[derive(Clone, Debug)]
pub struct UnmarkHelpful {
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

impl Command for UnmarkHelpful {
    type State = Question;
    type Refused = Refused;
    const NAME: &'static str = "unmark_helpful";

    fn target(&self) -> Uuid {
        self.question.0
    }

    fn decide(self, question: &Question, by: Actor, _at: Timestamp) -> Result<Vec<QuestionEvent>, Refused> {
        let answer = question.answers.get(&self.answer).ok_or(Refused::NoSuchAnswer)?;
        if !answer.helpful_to.contains(&by) {
            return Ok(vec![]);
        }
        Ok(vec![QuestionEvent::HelpfulUnmarked { answer: self.answer }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        question::state::examples::{answered, asked, joost},
        testing::{given, id},
    };

    fn unmark() -> UnmarkHelpful {
        UnmarkHelpful { question: id(2), answer: id(50) }
    }

    #[test]
    fn a_mark_is_taken_back_once() {
        let marked = QuestionEvent::HelpfulMarked { answer: id(50) };
        let unmarked = QuestionEvent::HelpfulUnmarked { answer: id(50) };
        given([asked(None), answered()])
            .and(joost(), marked.clone())
            .by(joost())
            .when(unmark())
            .then([unmarked.clone()]);
        given([asked(None), answered()])
            .and(joost(), marked)
            .and(joost(), unmarked)
            .by(joost())
            .when(unmark())
            .then_nothing();
    }

    #[test]
    fn nobody_takes_back_the_mark_of_another() {
        given([asked(None), answered()])
            .and(joost(), QuestionEvent::HelpfulMarked { answer: id(50) })
            .when(unmark())
            .then_nothing();
    }

    #[test]
    fn an_answer_to_another_question_is_refused() {
        given([asked(None)]).when(unmark()).refused(Refused::NoSuchAnswer);
    }
}
