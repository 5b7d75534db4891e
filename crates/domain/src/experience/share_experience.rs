//! When is an experience taken? As soon as others can find it.

use uuid::Uuid;

use super::{Experience, ExperienceEvent, ExperienceKind};
use crate::{
    Actor, Aggregate, Command, Refusal, Sealed, Timestamp,
    id::{ExperienceId, InterventionId, ProjectId, ThemeId},
    intervention::Intervention,
    phase::Phase,
    project::Project,
    text::{Line, Prose},
    theme::Theme,
};

/// Share what one went through.
#[derive(Clone, Debug)]
pub struct ShareExperience {
    /// The new experience.
    pub experience: ExperienceId,
    /// What it is an account of.
    pub kind: ExperienceKind,
    /// In one line.
    pub title: Sealed<Line>,
    /// What happened.
    pub body: Sealed<Prose>,
    /// What solved it or what came of it.
    pub outcome: Option<Sealed<Prose>>,
    /// At least one.
    pub themes: Vec<ThemeId>,
    /// The intervention it is about.
    pub intervention: Option<InterventionId>,
    /// The phase in which it happened.
    pub phase: Option<Phase>,
    /// The project in which it happened.
    pub project: Option<ProjectId>,
}

/// Why an experience is not taken like this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Without a theme nobody finds it.
    #[error("an experience needs at least one theme")]
    NoTheme,
}

impl Refusal for Refused {
    fn code(&self) -> &'static str {
        match self {
            Self::NoTheme => "NO_THEME",
        }
    }

    fn in_dutch(&self) -> String {
        match self {
            Self::NoTheme => "Kies ten minste één thema, dan vinden anderen je ervaring.".into(),
        }
    }

    fn in_english(&self) -> String {
        match self {
            Self::NoTheme => "Choose at least one theme, so that others find your experience.".into(),
        }
    }
}

impl Command for ShareExperience {
    type State = Experience;
    type Refused = Refused;
    const NAME: &'static str = "share_experience";
    const CREATES: bool = true;

    fn target(&self) -> Uuid {
        self.experience.0
    }

    fn mentions(&self) -> Vec<(&'static str, Uuid)> {
        let themes = self.themes.iter().map(|id| (Theme::KIND, id.0));
        let intervention = self.intervention.iter().map(|id| (Intervention::KIND, id.0));
        let project = self.project.iter().map(|id| (Project::KIND, id.0));
        themes.chain(intervention).chain(project).collect()
    }

    fn decide(self, experience: &Experience, _by: Actor, _at: Timestamp) -> Result<Vec<ExperienceEvent>, Refused> {
        if experience.shared() {
            return Ok(vec![]);
        }
        if self.themes.is_empty() {
            return Err(Refused::NoTheme);
        }
        let Self { experience: _, kind, title, body, outcome, themes, intervention, phase, project } = self;
        Ok(vec![ExperienceEvent::ExperienceShared { kind, title, body, outcome, themes, intervention, phase, project }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        experience::state::examples::{line, prose, shared},
        testing::{given, id},
    };

    fn share() -> ShareExperience {
        ShareExperience {
            experience: id(60),
            kind: ExperienceKind::Bottleneck,
            title: line("Oefenen in het eigen overleg"),
            body: prose("Een losse scholing lukte niet."),
            outcome: Some(prose("Nu oefenen we elke week tien minuten.")),
            themes: vec![id(10)],
            intervention: None,
            phase: None,
            project: Some(id(2)),
        }
    }

    #[test]
    fn an_experience_is_shared_once() {
        given([]).when(share()).then([shared()]);
        given([shared()]).when(share()).then_nothing();
    }

    #[test]
    fn an_experience_without_a_theme_is_refused() {
        given([]).when(ShareExperience { themes: vec![], ..share() }).refused(Refused::NoTheme);
    }

    #[test]
    fn what_an_experience_names_must_exist() {
        let named = ShareExperience { intervention: Some(id(40)), ..share() }.mentions();
        assert_eq!(named, [("theme", id(10)), ("intervention", id(40)), ("project", id(2))]);
    }
}
