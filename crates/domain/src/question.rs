//! Questions and their answers: the one thing on the platform that pays at once (rule 3, **L**).

mod accept_answer;
mod ask_question;
mod event;
mod give_answer;
mod had_same_question;
mod mark_helpful;
mod redact_question;
mod reveal_asker;
mod state;
mod unaccept_answer;
mod unmark_helpful;

pub use accept_answer::{AcceptAnswer, Refused as AcceptAnswerRefused};
pub use ask_question::{AskQuestion, Refused as AskQuestionRefused};
pub use event::{AskerTag, HiddenAsker, QuestionEvent};
pub use give_answer::GiveAnswer;
pub use had_same_question::{HadSameQuestion, Refused as HadSameQuestionRefused};
pub use mark_helpful::{MarkHelpful, Refused as MarkHelpfulRefused};
pub use redact_question::{RedactQuestion, Refused as RedactQuestionRefused};
pub use reveal_asker::{Refused as RevealAskerRefused, RevealAsker};
pub use state::Question;
pub use unaccept_answer::{Refused as UnacceptAnswerRefused, UnacceptAnswer};
pub use unmark_helpful::{Refused as UnmarkHelpfulRefused, UnmarkHelpful};
