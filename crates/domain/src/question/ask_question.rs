//! Asking is the hurdle, and the one thing that pays (rule 3, **L**): as little as possible refuses it.

use uuid::Uuid;

use super::{HiddenAsker, Question, QuestionEvent};
use crate::{
    Actor, Aggregate, Command, Refusal, Sealed, Timestamp,
    id::{InterventionId, MemberId, ProjectId, QuestionId, ThemeId},
    intervention::Intervention,
    phase::Phase,
    project::Project,
    text::{Line, Prose},
    theme::Theme,
};

/// Ask a question, openly or anonymously.
#[derive(Clone, Debug)]
pub struct AskQuestion {
    /// The new question.
    pub question: QuestionId,
    /// What it is about, in one line.
    pub title: Sealed<Line>,
    /// The question.
    pub body: Sealed<Prose>,
    /// At least one.
    pub themes: Vec<ThemeId>,
    /// The intervention it is about.
    pub intervention: Option<InterventionId>,
    /// The phase the asker is in.
    pub phase: Option<Phase>,
    /// The project it came up in.
    pub project: Option<ProjectId>,
    /// Present when asked anonymously.
    pub anonymous: Option<HiddenAsker>,
}

/// Why a question is not taken like this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Without a theme nobody finds it.
    #[error("a question needs at least one theme")]
    NoTheme,
    /// The project would give away who asks.
    #[error("an anonymous question cannot name a project")]
    ProjectGivesAway,
}

impl Refusal for Refused {
    fn code(&self) -> &'static str {
        match self {
            Self::NoTheme => "NO_THEME",
            Self::ProjectGivesAway => "PROJECT_GIVES_AWAY",
        }
    }

    fn in_dutch(&self) -> String {
        match self {
            Self::NoTheme => "Kies ten minste één thema, dan vinden anderen je vraag.".into(),
            Self::ProjectGivesAway => {
                "Een anonieme vraag kan niet bij een project horen: dat zou verraden wie je bent.".into()
            }
        }
    }

    fn in_english(&self) -> String {
        match self {
            Self::NoTheme => "Choose at least one theme, so that others find your question.".into(),
            Self::ProjectGivesAway => {
                "An anonymous question cannot belong to a project: that would give away who you are.".into()
            }
        }
    }
}

impl Command for AskQuestion {
    type State = Question;
    type Refused = Refused;
    const NAME: &'static str = "ask_question";
    const CREATES: bool = true;

    fn target(&self) -> Uuid {
        self.question.0
    }

    fn mentions(&self) -> Vec<(&'static str, Uuid)> {
        let themes = self.themes.iter().map(|id| (Theme::KIND, id.0));
        let intervention = self.intervention.iter().map(|id| (Intervention::KIND, id.0));
        let project = self.project.iter().map(|id| (Project::KIND, id.0));
        themes.chain(intervention).chain(project).collect()
    }

    fn speaks_as(&self, _state: &Question, member: MemberId) -> Actor {
        match self.anonymous {
            Some(_) => Actor::Asker(self.question),
            None => Actor::Member(member),
        }
    }

    fn decide(self, question: &Question, _by: Actor, _at: Timestamp) -> Result<Vec<QuestionEvent>, Refused> {
        if question.asked() {
            return Ok(vec![]);
        }
        if self.themes.is_empty() {
            return Err(Refused::NoTheme);
        }
        if self.anonymous.is_some() && self.project.is_some() {
            return Err(Refused::ProjectGivesAway);
        }
        let Self { question: _, title, body, themes, intervention, phase, project, anonymous } = self;
        Ok(vec![QuestionEvent::QuestionAsked { title, body, themes, intervention, phase, project, anonymous }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        question::state::examples::{asked, hidden, line, prose},
        testing::{given, id},
    };

    fn ask() -> AskQuestion {
        AskQuestion {
            question: id(2),
            title: line("Wie begint het gesprek?"),
            body: prose("De huisarts of wij?"),
            themes: vec![id(10)],
            intervention: None,
            phase: None,
            project: None,
            anonymous: None,
        }
    }

    #[test]
    fn a_question_is_asked_openly_or_anonymously() {
        given([]).when(ask()).then([asked(None)]);
        given([]).when(AskQuestion { anonymous: Some(hidden(1)), ..ask() }).then([asked(Some(hidden(1)))]);
    }

    #[test]
    fn who_asks_anonymously_is_not_the_actor() {
        let question = Question::default();
        let anonymous = AskQuestion { anonymous: Some(hidden(1)), ..ask() };
        assert_eq!(anonymous.speaks_as(&question, id(1)), Actor::Asker(id(2)));
        assert_eq!(ask().speaks_as(&question, id(1)), Actor::Member(id(1)));
    }

    #[test]
    fn a_question_without_a_theme_is_refused() {
        given([]).when(AskQuestion { themes: vec![], ..ask() }).refused(Refused::NoTheme);
    }

    #[test]
    fn an_anonymous_question_names_no_project() {
        given([])
            .when(AskQuestion { anonymous: Some(hidden(1)), project: Some(id(9)), ..ask() })
            .refused(Refused::ProjectGivesAway);
    }

    #[test]
    fn a_question_is_asked_once() {
        given([asked(None)]).when(ask()).then_nothing();
    }
}
