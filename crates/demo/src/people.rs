//! Who and what is there: themes, interventions, regions, organisations, members and their roles.

use std::sync::Arc;

use app::{App, By};
use chrono::TimeDelta;
use domain::{
    Aggregate as _, Scope, Timestamp,
    id::{InterventionId, MemberId, OrganisationId, RegionId, ThemeId},
    intervention::AddIntervention,
    member::{Access, GiveRole, InviteMember, Member, Profession, ReviseProfile, Role},
    organisation::{CareSetting, OrganisationKind, RegisterOrganisation},
    region::{RegionFacts, RegisterRegion},
    sealed::KeyScope,
    theme::AddTheme,
};
use rand::{Rng, seq::IndexedRandom as _};

use crate::{
    LoadError, PERSONAS, Persona, agenda,
    clock::Calendar,
    register,
    stage::Job,
    texts::{Setting, line, plain_line, plain_prose},
    world::{Person, World},
};

/// Members of the small world.
const MEMBERS: usize = 150;
/// Experts besides the persona.
const EXPERTS: usize = 5;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Theme(usize),
    Intervention(usize),
    Region(usize),
    Organisation(usize),
    /// A persona by their place among the personas, then others.
    Invite(usize),
    Profile(usize),
    Role(usize),
}

impl From<Step> for agenda::Step {
    fn from(step: Step) -> Self {
        Self::People(step)
    }
}

/// The first days: the platform is filled, then the programme manager invites the others.
pub(crate) fn open(world: &mut World) {
    let texts = world.texts.clone();
    let register = &texts.register;
    let begin = world.calendar.first_morning();
    let mut at = begin;
    let steps = (0..register.themes.len())
        .map(Step::Theme)
        .chain((0..register.interventions.len()).map(Step::Intervention))
        .chain((0..register.regions.len()).map(Step::Region))
        .chain((0..register.organisations.len()).map(Step::Organisation));
    for step in steps {
        at += TimeDelta::seconds(20);
        world.agenda.put(at, step.into());
    }
    at = register::open(world, at);
    let manager = manager();
    at += TimeDelta::minutes(10);
    world.agenda.put(at, Step::Invite(manager).into());
    let personas = (0..PERSONAS.len()).filter(|persona| *persona != manager);
    for persona in personas {
        at += TimeDelta::minutes(4);
        world.agenda.put(at, Step::Invite(persona).into());
    }
    let until = world.calendar.until;
    for member in PERSONAS.len()..world.scaled(MEMBERS) {
        // Most come with the start of the programme, the others bit by bit.
        let raw = if world.rng.random_bool(0.55) {
            Calendar::between(&mut world.rng, begin + TimeDelta::days(1), begin + TimeDelta::days(18))
        } else {
            Calendar::between(&mut world.rng, begin + TimeDelta::days(18), until - TimeDelta::days(20))
        };
        world.at_work(raw, TimeDelta::zero(), Step::Invite(member).into());
    }
}

fn manager() -> usize {
    PERSONAS.iter().position(|persona| persona.roles.contains(&Role::ProgrammeManager)).unwrap_or_default()
}

/// Where the people of such an organisation usually give care.
fn settings(kind: OrganisationKind) -> Vec<CareSetting> {
    match kind {
        OrganisationKind::Hospital => vec![CareSetting::Hospital],
        OrganisationKind::Hospice => vec![CareSetting::Hospice],
        OrganisationKind::GpGroup => vec![CareSetting::GeneralPractice, CareSetting::Home],
        OrganisationKind::CareInstitution => vec![CareSetting::NursingHome],
        OrganisationKind::HomeCare => vec![CareSetting::Home],
        OrganisationKind::CareNetwork
        | OrganisationKind::KnowledgeOrganisation
        | OrganisationKind::ProgrammeOrganisation => vec![],
    }
}

/// A number for whom or what a step is about.
pub(crate) fn place(step: Step) -> usize {
    match step {
        Step::Theme(place)
        | Step::Intervention(place)
        | Step::Region(place)
        | Step::Organisation(place)
        | Step::Invite(place)
        | Step::Profile(place)
        | Step::Role(place) => place,
    }
}

pub(crate) fn perform(world: &mut World, step: Step, at: Timestamp, app: &Arc<App>) -> Result<Option<Job>, LoadError> {
    let texts = world.texts.clone();
    Ok(Some(match step {
        Step::Theme(place) => {
            let id: ThemeId = app.source().id();
            let theme = &texts.register.themes[place];
            world.themes.push(id);
            let (name, name_in_english) = (plain_line(&theme.nl)?, plain_line(&theme.en)?);
            Job::new(app, By::Platform, AddTheme { theme: id, name, name_in_english })
        }
        Step::Intervention(place) => {
            let id: InterventionId = app.source().id();
            let intervention = &texts.register.interventions[place];
            world.interventions.push(id);
            let (name, summary) = (plain_line(&intervention.name)?, plain_prose(&intervention.summary)?);
            Job::new(app, By::Platform, AddIntervention { intervention: id, name, summary })
        }
        Step::Region(place) => {
            let id: RegionId = app.source().id();
            let region = &texts.register.regions[place];
            world.regions.push(id);
            let known = RegionFacts::new(&plain_line(&region.name)?, region.consortium);
            let facts = RegionFacts { inhabitants: region.inhabitants, urbanity: region.urbanity, ..known };
            Job::new(app, By::Platform, RegisterRegion { region: id, facts })
        }
        Step::Organisation(place) => {
            let id: OrganisationId = app.source().id();
            let organisation = &texts.register.organisations[place];
            world.organisations.push(id);
            let region = world.regions[region_of(world, place)?];
            let (name, kind) = (plain_line(&organisation.name)?, organisation.kind);
            let settings = settings(kind);
            Job::new(app, By::Platform, RegisterOrganisation { organisation: id, name, kind, settings, region })
        }
        Step::Invite(member) => return invite(world, member, at, app).map(Some),
        Step::Profile(place) => return profile(world, place, app).map(Some),
        Step::Role(place) => return Ok(give_role(world, place, app)),
    }))
}

fn region_of(world: &World, organisation: usize) -> Result<usize, LoadError> {
    let register = &world.texts.register;
    let name = &register.organisations[organisation].region;
    let place = register.regions.iter().position(|region| region.name == *name);
    place.ok_or_else(|| LoadError::Unknown(name.clone()))
}

fn invite(world: &mut World, member: usize, at: Timestamp, app: &Arc<App>) -> Result<Job, LoadError> {
    let persona = PERSONAS.get(member);
    let (id, organisation, profession) = if let Some(persona) = persona {
        (persona.member(), workplace(world, persona)?, persona.profession)
    } else {
        let organisation = anywhere(world);
        let kind = world.texts.register.organisations[organisation].kind;
        (app.source().id(), organisation, profession(&mut world.rng, kind))
    };
    let register = &world.texts.register;
    let kind = register.organisations[organisation].kind;
    let setting = Setting::of(kind, profession);
    let person =
        Person { number: member, id, organisation, region: region_of(world, organisation)?, profession, setting };
    let place = world.people.add(person, persona.is_none_or(Persona::contributes));
    let name = name(world, member);
    let email =
        format!("{}@{}.example", slug(&name, "."), slug(&world.texts.register.organisations[organisation].name, "-"));
    let scope = KeyScope::of(Member::KIND, id);
    let command = InviteMember {
        member: id,
        name: line(&scope, &name)?,
        email: line(&scope, &email)?,
        organisation: world.organisations[organisation],
        project: None,
        // People of the programme and the networks come without; so do the personas, who are to stay.
        accesses: match world.bases.get(&organisation) {
            Some(basis) if persona.is_none() => vec![Access { basis: *basis, until: None }],
            _ => vec![],
        },
    };
    let minutes = world.rng.random_range(2..4);
    world.agenda.put(at + TimeDelta::minutes(minutes), Step::Role(place).into());
    let later =
        if persona.is_some() { TimeDelta::minutes(50) } else { TimeDelta::hours(world.rng.random_range(1..70)) };
    world.at_work(at, later, Step::Profile(place).into());
    Ok(Job::new(app, by_manager(member == manager()), command))
}

/// The programme manager invites everybody but themselves.
pub(crate) fn by_manager(themselves: bool) -> By {
    if themselves { By::Platform } else { By::Member(PERSONAS[manager()].member()) }
}

fn workplace(world: &World, persona: &Persona) -> Result<usize, LoadError> {
    let place = world.texts.register.organisations.iter().position(|one| one.name == persona.organisation);
    place.ok_or_else(|| LoadError::Unknown(persona.organisation.to_owned()))
}

/// An organisation that provides care or coordinates it.
fn anywhere(world: &mut World) -> usize {
    let organisations = &world.texts.register.organisations;
    loop {
        let place = world.rng.random_range(0..organisations.len());
        if organisations[place].kind != OrganisationKind::ProgrammeOrganisation {
            return place;
        }
    }
}

fn profession(rng: &mut impl Rng, kind: OrganisationKind) -> Profession {
    use Profession as P;
    let usual: &[P] = match kind {
        OrganisationKind::Hospital => {
            &[P::Nurse, P::Nurse, P::NurseSpecialist, P::MedicalSpecialist, P::ProjectLeader, P::SpiritualCounsellor]
        }
        OrganisationKind::Hospice => &[P::Nurse, P::Nurse, P::Coordinator, P::SpiritualCounsellor],
        OrganisationKind::GpGroup => {
            &[P::GeneralPractitioner, P::GeneralPractitioner, P::GeneralPractitioner, P::NurseSpecialist]
        }
        OrganisationKind::CareInstitution => {
            &[P::Nurse, P::ElderlyCarePhysician, P::NurseSpecialist, P::SocialWorker, P::SpiritualCounsellor]
        }
        OrganisationKind::HomeCare => &[P::Nurse, P::Nurse, P::NurseSpecialist, P::ProjectLeader],
        OrganisationKind::CareNetwork => &[P::Coordinator, P::Adviser],
        OrganisationKind::KnowledgeOrganisation | OrganisationKind::ProgrammeOrganisation => {
            &[P::Researcher, P::Adviser]
        }
    };
    usual.choose(rng).copied().unwrap_or(P::Nurse)
}

/// A name of one's own: first names and surnames run through all pairs, then surnames are doubled.
fn name(world: &World, member: usize) -> String {
    if let Some(persona) = PERSONAS.get(member) {
        return persona.name.to_owned();
    }
    let names = &world.texts.names;
    let (firsts, lasts) = (names.first.len(), names.last.len());
    let nth = member - PERSONAS.len();
    let round = nth / firsts;
    let first = &names.first[nth % firsts];
    // A stride without a divisor in common with the number of surnames meets them all.
    let last = &names.last[(nth * 7 + round) % lasts];
    let second = round / lasts;
    if second == 0 { format!("{first} {last}") } else { format!("{first} {last}-{}", names.last[second % lasts]) }
}

fn slug(name: &str, between: &str) -> String {
    let plain = |letter: char| match letter {
        'ö' | 'ó' => 'o',
        'ë' | 'é' => 'e',
        'ü' => 'u',
        'ï' => 'i',
        other => other,
    };
    let words: Vec<String> = name
        .to_lowercase()
        .chars()
        .map(plain)
        .collect::<String>()
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    words.join(between)
}

/// They say who they are.
fn profile(world: &mut World, place: usize, app: &Arc<App>) -> Result<Job, LoadError> {
    let person = world.people.all[place];
    let member = person.id;
    let persona = PERSONAS.get(person.number);
    let known: Vec<String> = if let Some(persona) = persona {
        persona.expertise.iter().map(|key| (*key).to_owned()).collect()
    } else {
        let count = world.rng.random_range(0..=2);
        world.texts.register.themes.choose_multiple(&mut world.rng, count).map(|theme| theme.key.clone()).collect()
    };
    let command = ReviseProfile {
        member,
        name: line(&KeyScope::of(Member::KIND, member), &name(world, world.people.all[place].number))?,
        profession: person.profession,
        expertise: world.themes_of(&known)?,
        open_to_contact: persona.is_some() || world.rng.random_bool(0.8),
    };
    Ok(Job::new(app, By::Member(member), command))
}

/// The role of a persona; some others are experts too.
fn give_role(world: &World, place: usize, app: &Arc<App>) -> Option<Job> {
    let person = world.people.all[place];
    let role = match PERSONAS.get(person.number) {
        Some(persona) => *persona.roles.first()?,
        None if person.number < PERSONAS.len() + EXPERTS => Role::Expert,
        None => return None,
    };
    let scope = match role {
        Role::NetworkCoordinator => Scope::Region { region: world.regions[person.region] },
        _ => Scope::National,
    };
    let command = GiveRole { member: person.id, role, scope, until: None };
    // The programme gives none to itself, nor to those who look at it from outside.
    let apart = matches!(role, Role::ProgrammeManager | Role::Administrator | Role::Auditor | Role::Evaluator);
    Some(Job::new(app, by_manager(apart), command))
}

/// The place of a persona among those who take part, once invited.
pub(crate) fn place_of(world: &World, key: &str) -> Option<usize> {
    let member: MemberId = Persona::of(key)?.member();
    world.people.all.iter().position(|person| person.id == member)
}
