//! Who may mark an answer as helpful? Everybody but who wrote it, once.

use uuid::Uuid;

use super::{Question, QuestionEvent};
use crate::{
    Actor, Command, Refusal, Timestamp,
    id::{AnswerId, QuestionId},
};

/// Say that somebody's answer is helpful.
#[derive(Clone, Debug)]
pub struct MarkHelpful {
    /// The question.
    pub question: QuestionId,
    /// Which answer.
    pub answer: AnswerId,
}

/// Why an answer is not marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The question has no such answer.
    #[error("the question has no such answer")]
    NoSuchAnswer,
    /// Nobody praises themselves.
    #[error("the answer is one's own")]
    OwnAnswer,
}

impl Refusal for Refused {
    fn code(&self) -> &'static str {
        match self {
            Self::NoSuchAnswer => "NO_SUCH_ANSWER",
            Self::OwnAnswer => "OWN_ANSWER",
        }
    }

    fn in_dutch(&self) -> String {
        match self {
            Self::NoSuchAnswer => "Dit antwoord hoort niet bij de vraag.".into(),
            Self::OwnAnswer => "Dit is je eigen antwoord. Alleen anderen kunnen zeggen dat het nuttig is.".into(),
        }
    }

    fn in_english(&self) -> String {
        match self {
            Self::NoSuchAnswer => "This answer does not belong to the question.".into(),
            Self::OwnAnswer => "This is your own answer. Only others can say that it is helpful.".into(),
        }
    }
}

impl Command for MarkHelpful {
    type State = Question;
    type Refused = Refused;
    const NAME: &'static str = "mark_helpful";

    fn target(&self) -> Uuid {
        self.question.0
    }

    fn decide(self, question: &Question, by: Actor, _at: Timestamp) -> Result<Vec<QuestionEvent>, Refused> {
        let answer = question.answers.get(&self.answer).ok_or(Refused::NoSuchAnswer)?;
        if answer.by == by {
            return Err(Refused::OwnAnswer);
        }
        if answer.helpful_to.contains(&by) {
            return Ok(vec![]);
        }
        Ok(vec![QuestionEvent::HelpfulMarked { answer: self.answer }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        question::state::examples::{answered, asked, joost},
        testing::{given, id},
    };

    fn mark() -> MarkHelpful {
        MarkHelpful { question: id(2), answer: id(50) }
    }

    #[test]
    fn an_answer_is_helpful_to_each_reader_once() {
        let marked = QuestionEvent::HelpfulMarked { answer: id(50) };
        given([asked(None), answered()]).by(joost()).when(mark()).then([marked.clone()]);
        given([asked(None), answered()]).and(joost(), marked).by(joost()).when(mark()).then_nothing();
    }

    #[test]
    fn nobody_marks_their_own_answer() {
        given([asked(None), answered()]).when(mark()).refused(Refused::OwnAnswer);
    }

    #[test]
    fn an_answer_to_another_question_is_refused() {
        given([asked(None)]).when(mark()).refused(Refused::NoSuchAnswer);
    }
}
