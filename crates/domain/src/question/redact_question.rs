//! Taking away the text of a question or an answer.

use uuid::Uuid;

use super::{Question, QuestionEvent};
use crate::{
    Actor, Command, Refusal, Timestamp,
    id::{AnswerId, QuestionId},
    redaction::RedactionGround,
};

/// Take away the text of a question or of an answer to it, for good.
#[derive(Clone, Debug)]
pub struct RedactQuestion {
    /// The question.
    pub question: QuestionId,
    /// Which answer; the question itself when absent.
    pub answer: Option<AnswerId>,
    /// Why.
    pub ground: RedactionGround,
}

/// Why nothing is taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The question has no such answer.
    #[error("the question has no such answer")]
    NoSuchAnswer,
}

impl Refusal for Refused {
    fn code(&self) -> &'static str {
        "NO_SUCH_ANSWER"
    }

    fn in_dutch(&self) -> String {
        "Dit antwoord hoort niet bij deze vraag. Ververs de pagina.".into()
    }

    fn in_english(&self) -> String {
        "This answer does not belong to this question. Reload the page.".into()
    }
}

impl Command for RedactQuestion {
    type State = Question;
    type Refused = Refused;
    const NAME: &'static str = "redact_question";

    fn target(&self) -> Uuid {
        self.question.0
    }

    fn decide(self, question: &Question, _by: Actor, _at: Timestamp) -> Result<Vec<QuestionEvent>, Refused> {
        let Self { question: _, answer, ground } = self;
        if answer.is_some_and(|answer| !question.answers.contains_key(&answer)) {
            return Err(Refused::NoSuchAnswer);
        }
        if question.redacted.contains(&answer) {
            return Ok(vec![]);
        }
        Ok(vec![QuestionEvent::ContributionRedacted { answer, ground }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        question::state::examples::{answered, asked},
        testing::{given, id},
    };

    fn redact(answer: Option<u128>) -> RedactQuestion {
        RedactQuestion { question: id(2), answer: answer.map(id), ground: RedactionGround::NamesPatient }
    }

    fn redacted(answer: Option<u128>) -> QuestionEvent {
        QuestionEvent::ContributionRedacted { answer: answer.map(id), ground: RedactionGround::NamesPatient }
    }

    #[test]
    fn a_text_is_taken_away_once() {
        given([asked(None), answered()]).when(redact(Some(50))).then([redacted(Some(50))]);
        given([asked(None), answered(), redacted(Some(50))]).when(redact(Some(50))).then_nothing();
        given([asked(None), answered(), redacted(Some(50))]).when(redact(None)).then([redacted(None)]);
    }

    #[test]
    fn an_answer_belongs_to_its_question() {
        given([asked(None)]).when(redact(Some(50))).refused(Refused::NoSuchAnswer);
    }
}
