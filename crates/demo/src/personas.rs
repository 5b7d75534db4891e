//! People of the demo world whom one can be: together they can play every role.

use domain::{
    id::MemberId,
    member::{Profession, Role},
};
use uuid::Uuid;

/// Somebody one can sign in as. All of them are invented.
#[derive(Debug)]
pub struct Persona {
    /// A short name in lower case, for addresses and flags.
    pub key: &'static str,
    /// Their name.
    pub name: &'static str,
    /// What they do for a living.
    pub profession: Profession,
    /// Where they work.
    pub organisation: &'static str,
    /// The roles they hold: for the country, a network coordinator for the region of their organisation.
    pub roles: &'static [Role],
    /// What they do here, in one sentence.
    pub about: About,
    /// The last digits of their id.
    number: u128,
    /// Themes they know well.
    pub(crate) expertise: &'static [&'static str],
}

/// One sentence, in both languages of the screens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    /// Dutch.
    pub nl: &'static str,
    /// English.
    pub en: &'static str,
}

impl Persona {
    /// Their id: the same in every demo world.
    pub fn member(&self) -> MemberId {
        // Version 7 and the variant of RFC 9562, like every other id, but with a moment and a tail of our own.
        MemberId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + self.number))
    }

    /// The persona with this key.
    pub fn of(key: &str) -> Option<&'static Self> {
        PERSONAS.iter().find(|persona| persona.key == key)
    }

    /// Whether they ask, share and take part in projects like everybody else.
    pub(crate) fn contributes(&self) -> bool {
        let like_others = |role: &Role| matches!(role, Role::Expert | Role::NetworkCoordinator | Role::ProjectGroup);
        self.roles.iter().all(like_others)
    }
}

/// All personas, in the order in which one would introduce them.
pub static PERSONAS: &[Persona] = &[
    Persona {
        key: "sanne",
        name: "Sanne van Dijk",
        profession: Profession::Nurse,
        organisation: "Ziekenhuis De Wierdekring",
        roles: &[],
        about: About {
            nl: "Leidt in het ziekenhuis een project over proactieve zorgplanning en stelt hier haar vragen.",
            en: "Leads a project on advance care planning in a hospital and asks her questions here.",
        },
        number: 1,
        expertise: &["implementatie"],
    },
    Persona {
        key: "joost",
        name: "Joost Veenstra",
        profession: Profession::GeneralPractitioner,
        organisation: "Huisartsengroep Reitdiepoever",
        roles: &[],
        about: About {
            nl: "Huisarts in een groepspraktijk; doet mee in Sannes project en leest vooral onderweg, op zijn telefoon.",
            en: "A GP in a group practice; takes part in Sanne's project and mostly reads on the move, on his phone.",
        },
        number: 2,
        expertise: &["communicatie"],
    },
    Persona {
        key: "femke",
        name: "Femke Postma",
        profession: Profession::Nurse,
        organisation: "Hospice De Rietkraag",
        roles: &[],
        about: About {
            nl: "Verpleegkundige in een hospice; ze is al verder met haar project en beantwoordt vaak vragen.",
            en: "A hospice nurse; her project is further along and she often answers questions.",
        },
        number: 3,
        expertise: &["zorginhoud", "communicatie"],
    },
    Persona {
        key: "hanneke",
        name: "Hanneke Wiersma",
        profession: Profession::MedicalSpecialist,
        organisation: "Ziekenhuis De Domwaard",
        roles: &[Role::Expert],
        about: About {
            nl: "Internist en expert palliatieve zorg; beantwoordt lastige vragen en schrijft mee aan kennispagina's.",
            en: "An internist and expert in palliative care; answers difficult questions and helps write knowledge pages.",
        },
        number: 4,
        expertise: &["zorginhoud", "meten", "communicatie"],
    },
    Persona {
        key: "bram",
        name: "Bram Lubbers",
        profession: Profession::Adviser,
        organisation: "Kenniskring Laatste Levensfase",
        roles: &[Role::Editor],
        about: About {
            nl: "Redacteur: bundelt vragen, antwoorden en ervaringen tot kennispagina's.",
            en: "An editor: bundles questions, answers and experiences into knowledge pages.",
        },
        number: 5,
        expertise: &["implementatie"],
    },
    Persona {
        key: "nadia",
        name: "Nadia el Amrani",
        profession: Profession::Adviser,
        organisation: "Programmabureau Samen Leren",
        roles: &[Role::Moderator],
        about: About {
            nl: "Moderator: let erop dat elke vraag een antwoord krijgt en dat niemand over patiënten schrijft.",
            en: "A moderator: sees to it that every question gets an answer and that nobody writes about patients.",
        },
        number: 6,
        expertise: &["communicatie", "patientparticipatie"],
    },
    Persona {
        key: "ruben",
        name: "Ruben Kuipers",
        profession: Profession::Adviser,
        organisation: "Programmabureau Samen Leren",
        roles: &[Role::ImplementationCoach],
        about: About {
            nl: "Implementatiecoach: begeleidt projecten bij hun PDSA-cycli en noteert wat hij ziet.",
            en: "An implementation coach: guides projects through their PDSA cycles and notes what he sees.",
        },
        number: 7,
        expertise: &["implementatie", "meten"],
    },
    Persona {
        key: "tineke",
        name: "Tineke Hofstra",
        profession: Profession::Coordinator,
        organisation: "Netwerk Ommelanden Palliatief",
        roles: &[Role::NetworkCoordinator],
        about: About {
            nl: "Netwerkcoördinator in Groningen: kent de organisaties in de regio en brengt ze bij elkaar.",
            en: "The network coordinator in Groningen: knows the organisations of the region and brings them together.",
        },
        number: 8,
        expertise: &["financiering", "implementatie"],
    },
    Persona {
        key: "ellen",
        name: "Ellen Dekker",
        profession: Profession::ProjectLeader,
        organisation: "Programmabureau Samen Leren",
        roles: &[Role::ProgrammeManager],
        about: About {
            nl: "Programmamanager: nodigt deelnemers uit, geeft rollen en volgt hoe het programma loopt.",
            en: "The programme manager: invites members, gives roles and follows how the programme is going.",
        },
        number: 9,
        expertise: &["financiering"],
    },
    Persona {
        key: "koen",
        name: "Koen van Wijk",
        profession: Profession::Adviser,
        organisation: "Programmabureau Samen Leren",
        roles: &[Role::Auditor],
        about: About {
            nl: "Auditor: leest alles terug wat er gebeurd is en verandert niets.",
            en: "An auditor: reads back everything that happened and changes nothing.",
        },
        number: 10,
        expertise: &[],
    },
    Persona {
        key: "yasmin",
        name: "Yasmin Özdemir",
        profession: Profession::Researcher,
        organisation: "Kenniskring Laatste Levensfase",
        roles: &[Role::Evaluator],
        about: About {
            nl: "Evaluator: onderzoekt met gepseudonimiseerde uitvoer wat het samen leren oplevert.",
            en: "An evaluator: studies what learning together yields, with pseudonymised exports.",
        },
        number: 11,
        expertise: &["meten"],
    },
    Persona {
        key: "marjan",
        name: "Marjan Kok",
        profession: Profession::ElderlyCarePhysician,
        organisation: "Zorggroep Rijnvonder",
        roles: &[Role::ProjectGroup],
        about: About {
            nl: "Specialist ouderengeneeskunde; leidt een project en zit in de projectgroep die pilotregio's kiest.",
            en: "An elderly care physician; leads a project and sits in the group that chooses pilot regions.",
        },
        number: 12,
        expertise: &["zorginhoud"],
    },
    Persona {
        key: "peter",
        name: "Peter Bosman",
        profession: Profession::Adviser,
        organisation: "Programmabureau Samen Leren",
        roles: &[Role::Administrator],
        about: About {
            nl: "Beheerder: houdt het platform draaiend en helpt wie niet kan inloggen.",
            en: "An administrator: keeps the platform running and helps whoever cannot sign in.",
        },
        number: 13,
        expertise: &[],
    },
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_role_can_be_played() {
        let played: HashSet<Role> = PERSONAS.iter().flat_map(|persona| persona.roles).copied().collect();
        assert_eq!(played.len(), 10, "{played:?}");
    }

    #[test]
    fn keys_and_ids_are_those_of_one_persona() {
        let keys: HashSet<_> = PERSONAS.iter().map(|persona| persona.key).collect();
        let ids: HashSet<_> = PERSONAS.iter().map(Persona::member).collect();
        assert_eq!((keys.len(), ids.len()), (PERSONAS.len(), PERSONAS.len()));
        let (version, variant) = (PERSONAS[0].member().0.get_version_num(), PERSONAS[0].member().0.get_variant());
        assert_eq!((version, variant), (7, uuid::Variant::RFC4122));
        assert_eq!(Persona::of("sanne").map(|persona| persona.name), Some("Sanne van Dijk"));
    }
}
