//! Rows of a CSV file as commands: every cell read, every fault named with its line and column.

use std::collections::HashMap;

use chrono::NaiveDate;
use domain::{
    Period,
    basis::{AwardGrant, GrantNumber, ListPromisingProject, Terms},
    id::{BasisId, InterventionId, OrganisationId, RegionId, RoundId},
    organisation::{CareSetting, OrganisationKind, RegisterOrganisation},
    region::{RegionFacts, RegisterRegion, Urbanity},
    scope::Consortium,
    text::{Line, TextError},
};
use readmodel::models::catalogue::Entry;
use serde::{
    Deserialize,
    de::{IntoDeserializer, value::Error as NoSuch},
};
use uuid::Uuid;

/// The most lines of one import.
pub(super) const MOST: usize = 2_000;

/// The most names in one cell.
const MOST_NAMES: usize = 50;

/// What a file lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listing {
    Regions,
    Organisations,
    Grants,
    PromisingProjects,
}

impl Listing {
    /// Its columns, those that must be there first; and how many those are.
    pub(super) fn columns(self) -> (&'static [&'static str], usize) {
        match self {
            Self::Regions => (&["naam", "consortium", "inwoners", "75plus", "stedelijkheid"], 2),
            Self::Organisations => (&["naam", "soort", "regio", "settings"], 3),
            Self::Grants => (&["nummer", "organisaties", "interventies", "van", "tot en met", "ronde"], 5),
            Self::PromisingProjects => (&["naam", "organisaties", "interventies", "van", "tot en met"], 5),
        }
    }
}

/// What is in the register already, to look things up by their names.
#[derive(Debug, Default)]
pub(super) struct Register {
    pub(super) regions: Vec<Entry>,
    pub(super) organisations: Vec<Entry>,
    pub(super) interventions: Vec<Entry>,
    pub(super) rounds: Vec<Entry>,
    pub(super) bases: Vec<Entry>,
}

/// What is wrong with a cell, or with the line as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// The column, when it is about one.
    pub(super) column: Option<&'static str>,
    pub(super) wrong: Wrong,
}

/// Why a cell is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    Text(TextError),
    /// Not one of the words that may stand here.
    NoSuchWord(Vec<&'static str>),
    /// Nothing in the register is called so.
    NoSuchName(String),
    /// Several things in the register are called so.
    SeveralOf(String),
    NoNumber,
    NoGrantNumber,
    NoDate,
    EndsBeforeItBegins,
    /// Another line of the file has the same name or number.
    AlsoOnLine(u64),
    /// The grant number is in the register with other particulars.
    NumberTaken,
    /// More names than are taken in one cell.
    TooMany,
    /// The line has other cells than the header.
    Cells,
}

/// One thing to enter.
#[derive(Clone, Debug)]
pub(super) enum Planned {
    Region(RegisterRegion),
    Organisation(RegisterOrganisation),
    Grant(AwardGrant),
    PromisingProject(ListPromisingProject),
}

/// What becomes of a line.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    /// It will be entered.
    New(Planned),
    /// It is in the register already.
    Known,
    Faulty(Vec<Fault>),
}

/// A line of the file that is not its header.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// Its line, the header being 1.
    pub(super) line: u64,
    /// The name or number it is about.
    pub(super) name: String,
    /// All its cells, as they were sent.
    pub(super) text: String,
    pub(super) outcome: Outcome,
}

/// A file that cannot be read as a list at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// These columns are missing.
    Missing(Vec<&'static str>),
    /// There is nothing after the header.
    Empty,
    /// More lines than are taken at once.
    TooLong,
    /// Not CSV.
    NoCsv,
}

/// Reads a file. Cells are separated by semicolons, commas or tabs, whichever the header has most of; several names in one
/// cell by `|`. `id` makes a new id.
pub(super) fn read(
    listing: Listing,
    text: &str,
    register: &Register,
    mut id: impl FnMut() -> Uuid,
) -> Result<Vec<Row>, Unreadable> {
    // (With other line ends the reader counts lines otherwise than people do.)
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let header = text.lines().next().unwrap_or_default();
    let count = |separator: &u8| header.bytes().filter(|byte| byte == separator).count();
    let separator = [b',', b'\t', b';'].into_iter().max_by_key(count).unwrap_or(b';');
    let mut reader =
        csv::ReaderBuilder::new().delimiter(separator).flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let headers = reader.headers().map_err(|_| Unreadable::NoCsv)?.clone();
    let named: Vec<String> = headers.iter().map(|name| name.to_lowercase().replace('_', " ")).collect();
    let (columns, needed) = listing.columns();
    let place = |column: &str| named.iter().position(|name| name == column);
    let missing: Vec<_> = columns[..needed].iter().copied().filter(|column| place(column).is_none()).collect();
    if !missing.is_empty() {
        return Err(Unreadable::Missing(missing));
    }
    let places: HashMap<&'static str, usize> =
        columns.iter().filter_map(|column| place(column).map(|place| (*column, place))).collect();
    let mut rows = Vec::new();
    let mut seen: HashMap<String, u64> = HashMap::new();
    for record in reader.records() {
        let record = record.map_err(|_| Unreadable::NoCsv)?;
        if record.iter().all(str::is_empty) {
            continue;
        }
        if rows.len() == MOST {
            return Err(Unreadable::TooLong);
        }
        let line = record.position().map_or(0, csv::Position::line);
        let mut cells = Cells { record: &record, places: &places, register, faults: Vec::new() };
        if record.len() != headers.len() {
            cells.fault(None, Wrong::Cells);
        }
        let (name, key, planned) = cells.planned(listing, &mut id);
        if let Some(first) = seen.get(&key) {
            cells.fault(Some(columns[0]), Wrong::AlsoOnLine(*first));
        } else {
            seen.insert(key, line);
        }
        let outcome = match planned {
            Some(outcome) if cells.faults.is_empty() => outcome,
            _ => Outcome::Faulty(cells.faults),
        };
        let text = record.iter().collect::<Vec<_>>().join("\n");
        rows.push(Row { line, name, text, outcome });
    }
    if rows.is_empty() { Err(Unreadable::Empty) } else { Ok(rows) }
}

/// The cells of a line, and what is wrong with them.
struct Cells<'a> {
    record: &'a csv::StringRecord,
    places: &'a HashMap<&'static str, usize>,
    register: &'a Register,
    faults: Vec<Fault>,
}

impl Cells<'_> {
    fn fault(&mut self, column: Option<&'static str>, wrong: Wrong) {
        self.faults.push(Fault { column, wrong });
    }

    fn or_fault<T>(&mut self, column: &'static str, read: Result<T, Wrong>) -> Option<T> {
        read.map_err(|wrong| self.fault(Some(column), wrong)).ok()
    }

    fn cell(&self, column: &'static str) -> &str {
        self.places.get(column).and_then(|place| self.record.get(*place)).unwrap_or_default()
    }

    fn line(&mut self, column: &'static str) -> Option<Line> {
        let read = Line::parse(self.cell(column)).map_err(Wrong::Text);
        self.or_fault(column, read)
    }

    /// A number; nothing where the cell is empty or faulty.
    fn count(&mut self, column: &'static str) -> Option<u32> {
        let digits: String = self.cell(column).chars().filter(|c| !matches!(c, '.' | ' ')).collect();
        if digits.is_empty() {
            return None;
        }
        let read = digits.parse().map_err(|_| Wrong::NoNumber);
        self.or_fault(column, read)
    }

    fn date(&mut self, column: &'static str) -> Option<NaiveDate> {
        let typed = self.cell(column);
        let read = ["%Y-%m-%d", "%d-%m-%Y", "%d/%m/%Y"].iter().find_map(|f| NaiveDate::parse_from_str(typed, f).ok());
        self.or_fault(column, read.ok_or(Wrong::NoDate))
    }

    /// One of some words; its name in the log counts too.
    fn word<T: Copy + for<'d> Deserialize<'d>>(
        &mut self,
        column: &'static str,
        typed: &str,
        words: &[(&'static str, T)],
    ) -> Option<T> {
        let typed = typed.to_lowercase();
        let by_word = words.iter().find(|(word, _)| *word == typed).map(|(_, value)| *value);
        let by_name = || T::deserialize(IntoDeserializer::<NoSuch>::into_deserializer(&*typed)).ok();
        let read = by_word.or_else(by_name);
        let all = || words.iter().map(|(word, _)| *word).collect();
        self.or_fault(column, read.ok_or_else(|| Wrong::NoSuchWord(all())))
    }

    /// The things with the names in a cell.
    fn names<T: From<Uuid>>(&mut self, column: &'static str, among: &[Entry]) -> Option<Vec<T>> {
        let cell = self.cell(column).to_owned();
        let mut found = Vec::new();
        let mut named: Vec<&str> = cell.split('|').map(str::trim).filter(|name| !name.is_empty()).collect();
        if named.len() > MOST_NAMES {
            self.fault(Some(column), Wrong::TooMany);
            return None;
        }
        named.dedup();
        for name in named {
            found.push(self.or_fault(column, find(among, name)).map(T::from));
        }
        if found.is_empty() {
            self.fault(Some(column), Wrong::Text(TextError::Empty));
            return None;
        }
        found.into_iter().collect()
    }

    fn terms(&mut self) -> Option<Terms> {
        let register = self.register;
        let organisations = self.names::<OrganisationId>("organisaties", &register.organisations);
        let interventions = self.names::<InterventionId>("interventies", &register.interventions);
        let (from, until) = (self.date("van"), self.date("tot en met"));
        let period = Period::new(from?, until?);
        let period = self.or_fault("tot en met", period.ok_or(Wrong::EndsBeforeItBegins))?;
        Some(Terms { organisations: organisations?, interventions: interventions?, period })
    }

    /// What the line is about, what no two lines may share, and what becomes of it unless it has faults.
    fn planned(&mut self, listing: Listing, id: &mut impl FnMut() -> Uuid) -> (String, String, Option<Outcome>) {
        let register = self.register;
        let name = self.cell(listing.columns().0[0]).to_owned();
        let mut key = name.to_lowercase();
        let outcome = match listing {
            Listing::Regions => self.region(id).map(|region| known(&register.regions, &name, Planned::Region(region))),
            Listing::Organisations => self
                .organisation(id)
                .map(|organisation| known(&register.organisations, &name, Planned::Organisation(organisation))),
            Listing::Grants => self.grant(&mut key),
            Listing::PromisingProjects => self
                .promising_project(id)
                .map(|project| known(&register.bases, &name, Planned::PromisingProject(project))),
        };
        (name, key, outcome)
    }

    fn region(&mut self, id: &mut impl FnMut() -> Uuid) -> Option<RegisterRegion> {
        let name = self.line("naam");
        let consortia: Vec<_> = Consortium::ALL.into_iter().map(|one| (one.name(), one)).collect();
        let typed = self.cell("consortium").to_owned();
        let consortium = consortia.iter().find(|(name, _)| name.eq_ignore_ascii_case(&typed)).map(|(_, one)| *one);
        let consortium = match consortium {
            Some(consortium) => Some(consortium),
            None => self.word("consortium", &typed, &consortia),
        };
        let (inhabitants, aged75_and_over) = (self.count("inwoners"), self.count("75plus"));
        let typed = self.cell("stedelijkheid").to_owned();
        let urbanity =
            if typed.is_empty() { Some(None) } else { self.word("stedelijkheid", &typed, &URBANITY).map(Some) };
        let known = RegionFacts::new(&name?, consortium?);
        let facts = RegionFacts { inhabitants, aged75_and_over, urbanity: urbanity?, ..known };
        Some(RegisterRegion { region: RegionId(id()), facts })
    }

    fn organisation(&mut self, id: &mut impl FnMut() -> Uuid) -> Option<RegisterOrganisation> {
        let register = self.register;
        let name = self.line("naam");
        let typed = self.cell("soort").to_owned();
        let kind = self.word("soort", &typed, &KINDS);
        let typed = self.cell("regio").to_owned();
        let region = self.or_fault("regio", find(&register.regions, &typed)).map(RegionId);
        let typed = self.cell("settings").to_owned();
        let words = typed.split('|').map(str::trim).filter(|word| !word.is_empty());
        let settings: Option<Vec<CareSetting>> = words.map(|word| self.word("settings", word, &SETTINGS)).collect();
        Some(RegisterOrganisation {
            organisation: OrganisationId(id()),
            name: name?,
            kind: kind?,
            settings: settings?,
            region: region?,
        })
    }

    fn grant(&mut self, key: &mut String) -> Option<Outcome> {
        let register = self.register;
        let number = GrantNumber::parse(self.cell("nummer")).ok_or(Wrong::NoGrantNumber);
        let number = self.or_fault("nummer", number);
        let typed = self.cell("ronde").to_owned();
        let round = match &*typed {
            "" => Some(None),
            _ => self.or_fault("ronde", find(&register.rounds, &typed)).map(|round| Some(RoundId(round))),
        };
        let terms = self.terms();
        let (number, round, terms) = (number?, round?, terms?);
        number.as_str().clone_into(key);
        let id = number.basis().0;
        if let Some(known) = register.bases.iter().find(|entry| entry.id == id) {
            let readmodel::models::catalogue::About::Basis(facts) = &known.about else { return None };
            if facts.terms == terms && facts.round == round {
                return Some(Outcome::Known);
            }
            self.fault(Some("nummer"), Wrong::NumberTaken);
            return None;
        }
        Some(Outcome::New(Planned::Grant(AwardGrant { number, round, terms })))
    }

    fn promising_project(&mut self, id: &mut impl FnMut() -> Uuid) -> Option<ListPromisingProject> {
        let (name, terms) = (self.line("naam"), self.terms());
        Some(ListPromisingProject { basis: BasisId(id()), name: name?, terms: terms? })
    }
}

/// Something that is in the register under its name is not entered again.
fn known(among: &[Entry], name: &str, planned: Planned) -> Outcome {
    if find(among, name) == Err(Wrong::NoSuchName(name.to_owned())) { Outcome::New(planned) } else { Outcome::Known }
}

/// The one thing of a name, whatever its case.
fn find(among: &[Entry], name: &str) -> Result<Uuid, Wrong> {
    if name.is_empty() {
        return Err(Wrong::Text(TextError::Empty));
    }
    let mut found = among.iter().filter(|entry| entry.name().to_lowercase() == name.to_lowercase());
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one.id),
        (None, _) => Err(Wrong::NoSuchName(name.to_owned())),
        (Some(_), Some(_)) => Err(Wrong::SeveralOf(name.to_owned())),
    }
}

const KINDS: [(&str, OrganisationKind); 8] = [
    ("ziekenhuis", OrganisationKind::Hospital),
    ("hospice", OrganisationKind::Hospice),
    ("huisartsengroep", OrganisationKind::GpGroup),
    ("zorginstelling", OrganisationKind::CareInstitution),
    ("thuiszorg", OrganisationKind::HomeCare),
    ("zorgnetwerk", OrganisationKind::CareNetwork),
    ("kennisorganisatie", OrganisationKind::KnowledgeOrganisation),
    ("programmaorganisatie", OrganisationKind::ProgrammeOrganisation),
];

const SETTINGS: [(&str, CareSetting); 5] = [
    ("thuis", CareSetting::Home),
    ("huisartsenpraktijk", CareSetting::GeneralPractice),
    ("ziekenhuis", CareSetting::Hospital),
    ("verpleeghuis", CareSetting::NursingHome),
    ("hospice", CareSetting::Hospice),
];

const URBANITY: [(&str, Urbanity); 5] = [
    ("zeer sterk stedelijk", Urbanity::Extremely),
    ("sterk stedelijk", Urbanity::Strongly),
    ("matig stedelijk", Urbanity::Moderately),
    ("weinig stedelijk", Urbanity::Hardly),
    ("niet stedelijk", Urbanity::Not),
];

#[cfg(test)]
mod tests;
