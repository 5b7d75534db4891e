//! What people in the demo world write. All texts stand in `texts/*.json`; a place in braces, such as `{mensen}`,
//! takes the word that fits where the writer works (see [`Setting`]).

use domain::{
    Sealed,
    experience::ExperienceKind,
    member::Profession,
    organisation::OrganisationKind,
    pdsa::{Decision, PredictionMet},
    phase::Phase,
    project::BottleneckKind,
    region::Urbanity,
    scope::Consortium,
    sealed::KeyScope,
    text::{Line, Prose},
};
use serde::{Deserialize, de::DeserializeOwned};

use crate::LoadError;

/// All texts.
#[derive(Debug)]
pub(crate) struct Texts {
    pub(crate) register: Register,
    pub(crate) names: Names,
    pub(crate) words: Words,
    pub(crate) topics: Vec<Topic>,
    pub(crate) experiences: Vec<Account>,
    pub(crate) bottlenecks: Vec<Obstacle>,
    pub(crate) projects: Vec<Plan>,
    pub(crate) updates: Updates,
    pub(crate) ramps: Vec<Ramp>,
    pub(crate) pages: Vec<Page>,
}

/// What stands in the register and the catalogue.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Register {
    pub(crate) themes: Vec<Theme>,
    pub(crate) interventions: Vec<Intervention>,
    pub(crate) regions: Vec<Region>,
    pub(crate) organisations: Vec<Organisation>,
    pub(crate) rounds: Vec<Round>,
    pub(crate) own_funding: Vec<OwnFunding>,
    pub(crate) collaborations: Vec<Collaboration>,
}

/// A funding round, and how many days after the beginning it opens.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Round {
    pub(crate) name: String,
    pub(crate) interventions: Vec<String>,
    pub(crate) day: i64,
}

/// A promising project that an organisation funds itself.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnFunding {
    pub(crate) name: String,
    pub(crate) organisation: String,
    pub(crate) intervention: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Collaboration {
    pub(crate) name: String,
    pub(crate) organisations: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Theme {
    pub(crate) key: String,
    pub(crate) nl: String,
    pub(crate) en: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Intervention {
    pub(crate) key: String,
    pub(crate) name: String,
    pub(crate) summary: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Region {
    pub(crate) name: String,
    pub(crate) consortium: Consortium,
    pub(crate) inhabitants: Option<u32>,
    /// Invented, so not for real comparisons.
    pub(crate) urbanity: Option<Urbanity>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Organisation {
    pub(crate) name: String,
    pub(crate) kind: OrganisationKind,
    pub(crate) region: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Names {
    pub(crate) first: Vec<String>,
    pub(crate) last: Vec<String>,
}

/// Where somebody works, as far as it changes their words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Setting {
    Hospital,
    Hospice,
    Practice,
    CareHome,
    HomeCare,
    Network,
}

impl Setting {
    pub(crate) const COUNT: usize = 6;

    pub(crate) fn of(kind: OrganisationKind, profession: Profession) -> Self {
        match kind {
            _ if profession == Profession::GeneralPractitioner => Self::Practice,
            OrganisationKind::Hospital => Self::Hospital,
            OrganisationKind::Hospice => Self::Hospice,
            OrganisationKind::CareInstitution => Self::CareHome,
            OrganisationKind::HomeCare => Self::HomeCare,
            OrganisationKind::GpGroup
            | OrganisationKind::CareNetwork
            | OrganisationKind::KnowledgeOrganisation
            | OrganisationKind::ProgrammeOrganisation => Self::Network,
        }
    }
}

/// For each place in braces the word per setting, in the order of [`Setting`].
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Words {
    places: Vec<(String, [String; Setting::COUNT])>,
    /// Why a PDSA cycle is stopped early.
    pub(crate) stopped: Vec<String>,
    /// Ways to ask a question again elsewhere.
    pub(crate) again: Vec<String>,
}

/// One thing people ask about, in different words, and what others answer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Topic {
    #[serde(default)]
    pub(crate) key: Option<String>,
    pub(crate) themes: Vec<String>,
    #[serde(default)]
    pub(crate) intervention: Option<String>,
    #[serde(default)]
    pub(crate) phase: Option<Phase>,
    pub(crate) asks: Vec<Ask>,
    /// None: it stays unanswered.
    #[serde(default)]
    pub(crate) answers: Vec<Reply>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ask {
    pub(crate) title: String,
    pub(crate) body: String,
    /// Who would ask it like this; anybody when absent.
    #[serde(default)]
    pub(crate) by: Option<Setting>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reply {
    pub(crate) body: String,
    /// Which ways of asking it fits, by their places; all when absent.
    #[serde(default)]
    to: Option<Vec<usize>>,
    #[serde(default)]
    pub(crate) by: Option<Setting>,
}

impl Topic {
    /// What others answer to one way of asking.
    pub(crate) fn answers_to(&self, ask: usize) -> Vec<&Reply> {
        self.answers.iter().filter(|reply| reply.to.as_ref().is_none_or(|fits| fits.contains(&ask))).collect()
    }
}

/// A shared experience.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Account {
    /// The key of the bottleneck it tells about.
    #[serde(default)]
    pub(crate) solves: Option<String>,
    #[serde(default)]
    pub(crate) key: Option<String>,
    pub(crate) kind: ExperienceKind,
    pub(crate) themes: Vec<String>,
    #[serde(default)]
    pub(crate) intervention: Option<String>,
    #[serde(default)]
    pub(crate) by: Option<Setting>,
    pub(crate) title: String,
    pub(crate) body: String,
    #[serde(default)]
    pub(crate) outcome: Option<String>,
}

/// A bottleneck and what solved it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Obstacle {
    #[serde(default)]
    pub(crate) key: Option<String>,
    pub(crate) kind: BottleneckKind,
    pub(crate) text: String,
    pub(crate) solution: String,
    #[serde(default)]
    pub(crate) intervention: Option<String>,
}

/// A project.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    pub(crate) name: String,
    pub(crate) aim: String,
    pub(crate) interventions: Vec<String>,
    /// The phase it is in when the world ends.
    pub(crate) phase: Phase,
    /// Whose project it is.
    pub(crate) by: Setting,
}

/// What projects tell along the way.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Updates {
    /// News in each phase.
    pub(crate) orientation: Vec<String>,
    pub(crate) preparation: Vec<String>,
    pub(crate) implementation: Vec<String>,
    pub(crate) embedding: Vec<String>,
    pub(crate) scale_up: Vec<String>,
    /// On going to the next phase, in the order of the phases gone to.
    pub(crate) notes: [Vec<String>; 4],
    /// On going back.
    pub(crate) returns: Vec<String>,
}

impl Updates {
    pub(crate) fn of(&self, phase: Phase) -> &[String] {
        match phase {
            Phase::Orientation => &self.orientation,
            Phase::Preparation => &self.preparation,
            Phase::Implementation => &self.implementation,
            Phase::Embedding => &self.embedding,
            Phase::ScaleUp => &self.scale_up,
        }
    }
}

/// PDSA cycles on one change, one after the other.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ramp {
    #[serde(default)]
    pub(crate) intervention: Option<String>,
    /// Where it can be tried; anywhere when empty.
    #[serde(default)]
    pub(crate) by: Vec<Setting>,
    pub(crate) cycles: Vec<CycleText>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CycleText {
    pub(crate) aim: String,
    pub(crate) change: String,
    pub(crate) prediction: String,
    #[serde(default)]
    pub(crate) plan: Option<String>,
    pub(crate) observations: Vec<Seen>,
    pub(crate) result: String,
    pub(crate) met: PredictionMet,
    pub(crate) learned: String,
    pub(crate) decision: Decision,
    #[serde(default)]
    pub(crate) reason: Option<String>,
    /// Why it would be stopped early.
    #[serde(default)]
    pub(crate) stopped: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Seen {
    pub(crate) text: String,
    /// Absent: as planned.
    #[serde(default)]
    pub(crate) otherwise: bool,
}

/// A knowledge page.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Page {
    pub(crate) title: String,
    pub(crate) intervention: String,
    pub(crate) theme: String,
    pub(crate) sections: Vec<Section>,
    /// Section (0-based) and text: written anew later.
    pub(crate) revision: (usize, String),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Section {
    pub(crate) heading: String,
    pub(crate) text: String,
    /// Keys of topics and experiences.
    #[serde(default)]
    pub(crate) cites: Vec<String>,
}

/// Files of one kind, one after the other.
macro_rules! all {
    ($($name:literal),+ $(,)?) => {{
        let mut all = Vec::new();
        $(all.append(&mut parse(concat!($name, ".json"), include_str!(concat!("../texts/", $name, ".json")))?);)+
        all
    }};
}

macro_rules! one {
    ($name:literal) => {
        parse(concat!($name, ".json"), include_str!(concat!("../texts/", $name, ".json")))?
    };
}

fn parse<T: DeserializeOwned>(file: &'static str, text: &str) -> Result<T, LoadError> {
    serde_json::from_str(text).map_err(|source| LoadError::Texts { file, source })
}

impl Texts {
    /// Reads the files that are part of the program.
    pub(crate) fn read() -> Result<Self, LoadError> {
        Ok(Self {
            register: one!("register"),
            names: one!("names"),
            words: one!("words"),
            topics: all!(
                "questions-communicatie",
                "questions-samenwerking",
                "questions-zorginhoud",
                "questions-meten",
                "questions-implementatie",
                "questions-financiering",
                "questions-participatie",
                "questions-open"
            ),
            experiences: all!("experiences-1", "experiences-2", "experiences-3"),
            bottlenecks: one!("bottlenecks"),
            projects: one!("projects"),
            updates: one!("updates"),
            ramps: all!("cycles-1", "cycles-2"),
            pages: one!("pages"),
        })
    }

    pub(crate) fn theme(&self, key: &str) -> Option<usize> {
        self.register.themes.iter().position(|theme| theme.key == key)
    }

    pub(crate) fn intervention(&self, key: &str) -> Option<usize> {
        self.register.interventions.iter().position(|intervention| intervention.key == key)
    }
}

impl Words {
    /// The text in the words of where somebody works.
    pub(crate) fn fit(&self, text: &str, setting: Setting, region: &str) -> String {
        let mut text = text.replace("{regio}", region);
        if text.contains('{') {
            for (place, words) in &self.places {
                text = text.replace(place.as_str(), &words[setting as usize]);
            }
        }
        text
    }
}

/// A title or name, sealed.
pub(crate) fn line(scope: &KeyScope, text: &str) -> Result<Sealed<Line>, LoadError> {
    Ok(Sealed::new(scope.clone(), plain_line(text)?))
}

/// A longer text, sealed.
pub(crate) fn prose(scope: &KeyScope, text: &str) -> Result<Sealed<Prose>, LoadError> {
    Ok(Sealed::new(scope.clone(), plain_prose(text)?))
}

pub(crate) fn plain_line(text: &str) -> Result<Line, LoadError> {
    Line::parse(text).map_err(|source| LoadError::Text { text: text.to_owned(), source })
}

pub(crate) fn plain_prose(text: &str) -> Result<Prose, LoadError> {
    Prose::parse(text).map_err(|source| LoadError::Text { text: text.to_owned(), source })
}

#[cfg(test)]
mod tests;
