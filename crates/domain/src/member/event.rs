//! What can happen to a member.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    DomainEvent, Scope, Sealed, Timestamp,
    basis::GrantNumber,
    id::{BasisId, InterventionId, OrganisationId, ThemeId},
    text::{Line, Prose},
};

/// A fact about a member. Personal data is sealed under the scope `member:<id>`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum MemberEvent {
    /// Somebody was invited to take part.
    MemberInvited {
        /// Their name.
        name: Sealed<Line>,
        /// Their e-mail address.
        email: Sealed<Line>,
        /// Where they work.
        organisation: OrganisationId,
    },
    /// Somebody asked to take part, and showed that the e-mail address is theirs.
    AccessRequested {
        /// Their name.
        name: Sealed<Line>,
        /// Their e-mail address.
        email: Sealed<Line>,
        /// Where they say they work.
        organisation: Sealed<Line>,
        /// On what their access would rest (rule 1, **L**).
        basis: RequestedBasis,
        /// What they say they implement.
        interventions: Vec<InterventionId>,
        /// Why they ask.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        motivation: Option<Sealed<Prose>>,
    },
    /// They may take part, as long as a basis holds (rule 1, **L**). A second basis keeps it going.
    AccessGranted {
        /// On what it rests.
        basis: BasisId,
        /// Where they work.
        organisation: OrganisationId,
        /// The last day, when access ends before its basis.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<NaiveDate>,
        /// Why. Nothing for those who were invited: they come in on the basis of whoever invited them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Sealed<Prose>>,
    },
    /// They may not take part.
    AccessRefused {
        /// Why; they are told (rule 1, **L**).
        reason: Sealed<Prose>,
    },
    /// They take part no longer: somebody ended it, or no basis holds any more (which is computed, and recorded here).
    AccessEnded {
        /// How it came.
        cause: AccessEnd,
        /// The last day on which a basis gave access, when it ended with them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last_day: Option<NaiveDate>,
        /// Why, when somebody ended it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Sealed<Prose>>,
    },
    /// What is known of them was erased: the keys to it were destroyed (AVG, article 17). What they did stays.
    MemberErased {
        /// What became of the texts they wrote.
        contributions: Contributions,
        /// On what ground. (Before the second version of this payload there was one.)
        #[serde(default)]
        ground: ErasureGround,
    },
    /// They said who they are.
    ProfileRevised {
        /// Their name.
        name: Sealed<Line>,
        /// What they do.
        profession: Profession,
        /// Themes they know well.
        expertise: Vec<ThemeId>,
        /// Whether colleagues may ask for contact (rule 7, **L**).
        open_to_contact: bool,
    },
    /// They were given a role, for a scope and perhaps until a moment.
    RoleGiven {
        /// Which.
        role: Role,
        /// Where it holds.
        scope: Scope,
        /// Until when, exclusive; no end when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    /// A role was taken back.
    RoleTaken {
        /// Which.
        role: Role,
        /// Where it held.
        scope: Scope,
    },
}

/// On what somebody who asks for access says it would rest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RequestedBasis {
    /// A grant.
    Grant {
        /// Its number, as they know it.
        number: Sealed<GrantNumber>,
    },
    /// Own funding of a promising project.
    OwnFunding {
        /// The project.
        project: Sealed<Line>,
    },
}

/// What becomes of the texts of somebody who is erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Contributions {
    /// They stay, as those of a former member.
    Kept,
    /// They go too.
    Erased,
}

/// On what ground somebody is erased.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErasureGround {
    /// They asked for it (AVG, article 17).
    #[default]
    Asked,
    /// Their request for access led to none, and what they sent was kept for as long as it is needed (AVG, article 5).
    RequestLapsed,
    /// They take part no longer, and what is known of them was kept for as long as it is needed (AVG, article 5).
    AccessLapsed,
}

impl ErasureGround {
    /// Its name in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::RequestLapsed => "request_lapsed",
            Self::AccessLapsed => "access_lapsed",
        }
    }
}

/// How access came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccessEnd {
    /// No basis holds any more.
    BasisEnded,
    /// Somebody who keeps members ended it.
    Withdrawn,
}

/// What a member does for a living.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Profession {
    /// Verpleegkundige.
    Nurse,
    /// Verpleegkundig specialist.
    NurseSpecialist,
    /// Huisarts.
    GeneralPractitioner,
    /// Specialist ouderengeneeskunde.
    ElderlyCarePhysician,
    /// Medisch specialist.
    MedicalSpecialist,
    /// Geestelijk verzorger.
    SpiritualCounsellor,
    /// Maatschappelijk werker.
    SocialWorker,
    /// Projectleider.
    ProjectLeader,
    /// Coördinator.
    Coordinator,
    /// Adviseur.
    Adviser,
    /// Onderzoeker.
    Researcher,
}

impl Profession {
    /// What it is called, in Dutch or in English.
    pub fn named(self, dutch: bool) -> &'static str {
        let [nl, en] = match self {
            Self::Nurse => ["verpleegkundige", "nurse"],
            Self::NurseSpecialist => ["verpleegkundig specialist", "nurse specialist"],
            Self::GeneralPractitioner => ["huisarts", "general practitioner"],
            Self::ElderlyCarePhysician => ["specialist ouderengeneeskunde", "elderly care physician"],
            Self::MedicalSpecialist => ["medisch specialist", "medical specialist"],
            Self::SpiritualCounsellor => ["geestelijk verzorger", "spiritual counsellor"],
            Self::SocialWorker => ["maatschappelijk werker", "social worker"],
            Self::ProjectLeader => ["projectleider", "project leader"],
            Self::Coordinator => ["coördinator", "coordinator"],
            Self::Adviser => ["adviseur", "adviser"],
            Self::Researcher => ["onderzoeker", "researcher"],
        };
        if dutch { nl } else { en }
    }
}

/// What a member may do beyond taking part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Publishes and checks knowledge on themes.
    Expert,
    /// Keeps an eye on questions and contributions.
    Moderator,
    /// Writes knowledge pages.
    Editor,
    /// Guides projects and pilots.
    ImplementationCoach,
    /// Coordinates the network of a region.
    NetworkCoordinator,
    /// Chooses the regions of a pilot.
    ProjectGroup,
    /// Runs the programme for the funder.
    ProgrammeManager,
    /// Reads everything that happened, changes nothing.
    Auditor,
    /// Exports the log, pseudonymised, for the review.
    Evaluator,
    /// Keeps the platform running.
    Administrator,
}

impl Role {
    /// All, in the order of the terms above.
    pub const ALL: [Self; 10] = [
        Self::Expert,
        Self::Moderator,
        Self::Editor,
        Self::ImplementationCoach,
        Self::NetworkCoordinator,
        Self::ProjectGroup,
        Self::ProgrammeManager,
        Self::Auditor,
        Self::Evaluator,
        Self::Administrator,
    ];

    /// What it is called, in Dutch or in English.
    pub fn named(self, dutch: bool) -> &'static str {
        let [nl, en] = match self {
            Self::Expert => ["deskundige", "expert"],
            Self::Moderator => ["moderator", "moderator"],
            Self::Editor => ["redacteur", "editor"],
            Self::ImplementationCoach => ["implementatiecoach", "implementation coach"],
            Self::NetworkCoordinator => ["netwerkcoördinator", "network coordinator"],
            Self::ProjectGroup => ["projectgroep", "project group"],
            Self::ProgrammeManager => ["programmamanager", "programme manager"],
            Self::Auditor => ["auditor", "auditor"],
            Self::Evaluator => ["evaluator", "evaluator"],
            Self::Administrator => ["beheerder", "administrator"],
        };
        if dutch { nl } else { en }
    }

    /// Its name in the policies, the same as in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Expert => "expert",
            Self::Moderator => "moderator",
            Self::Editor => "editor",
            Self::ImplementationCoach => "implementation_coach",
            Self::NetworkCoordinator => "network_coordinator",
            Self::ProjectGroup => "project_group",
            Self::ProgrammeManager => "programme_manager",
            Self::Auditor => "auditor",
            Self::Evaluator => "evaluator",
            Self::Administrator => "administrator",
        }
    }
}

impl DomainEvent for MemberEvent {
    fn schema_version(&self) -> u16 {
        match self {
            Self::MemberErased { .. } => 2,
            Self::MemberInvited { .. }
            | Self::AccessRequested { .. }
            | Self::AccessGranted { .. }
            | Self::AccessRefused { .. }
            | Self::AccessEnded { .. }
            | Self::ProfileRevised { .. }
            | Self::RoleGiven { .. }
            | Self::RoleTaken { .. } => 1,
        }
    }

    fn mentions(&self) -> Vec<Uuid> {
        match self {
            Self::MemberInvited { organisation, .. } => vec![organisation.0],
            Self::AccessRequested { interventions, .. } => interventions.iter().map(|id| id.0).collect(),
            Self::AccessGranted { basis, organisation, .. } => vec![basis.0, organisation.0],
            Self::AccessRefused { .. } | Self::AccessEnded { .. } | Self::MemberErased { .. } => vec![],
            Self::ProfileRevised { expertise, .. } => expertise.iter().map(|theme| theme.0).collect(),
            Self::RoleGiven { scope, .. } | Self::RoleTaken { scope, .. } => match scope {
                Scope::Region { region } => vec![region.0],
                Scope::National | Scope::Consortium { .. } => vec![],
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_has_one_name_in_policies_and_in_the_log() {
        for role in Role::ALL {
            assert_eq!(serde_json::to_value(role).expect("serialises"), role.as_str());
        }
    }

    #[test]
    fn a_ground_has_one_name_and_who_was_erased_on_none_had_asked() {
        for ground in [ErasureGround::Asked, ErasureGround::RequestLapsed, ErasureGround::AccessLapsed] {
            assert_eq!(serde_json::to_value(ground).expect("serialises"), ground.as_str());
        }
        let before = crate::event::decode::<crate::member::Member>("MemberErased", 1, r#"{"contributions":"kept"}"#);
        let asked = MemberEvent::MemberErased { contributions: Contributions::Kept, ground: ErasureGround::Asked };
        assert_eq!(before.expect("reads"), asked);
    }
}
