//! Files as spreadsheets write them, good and faulty.

use super::*;
use readmodel::models::catalogue::About;

fn entry(id: u128, about: About) -> Entry {
    Entry { id: Uuid::from_u128(id), about }
}

fn register() -> Register {
    let facts = RegionFacts::new(&Line::parse("Groningen").expect("line"), Consortium::Ligare);
    let organisation = |id, name: &str| {
        let (name, settings) = (name.to_owned(), vec![]);
        let (organisation_kind, region) = (OrganisationKind::Hospice, RegionId(Uuid::from_u128(30)));
        entry(id, About::Organisation { name, organisation_kind, settings, region })
    };
    let cura = About::Intervention { name: "CURA".into(), summary: String::new() };
    Register {
        regions: vec![entry(30, About::Region(facts))],
        organisations: vec![organisation(20, "Hospice De Ark"), organisation(21, "Thuis Best")],
        interventions: vec![entry(40, cura)],
        ..Register::default()
    }
}

fn rows(listing: Listing, text: &str) -> Vec<Row> {
    let mut next = 0;
    let id = || {
        next += 1;
        Uuid::from_u128(next)
    };
    read(listing, text, &register(), id).expect("a list")
}

fn faults(row: &Row) -> Vec<(Option<&'static str>, Wrong)> {
    match &row.outcome {
        Outcome::Faulty(faults) => faults.iter().map(|fault| (fault.column, fault.wrong.clone())).collect(),
        _ => vec![],
    }
}

#[test]
fn a_spreadsheet_export_is_read_whatever_its_separator() {
    for separator in [";", ",", "\t"] {
        let text = "\u{feff}Naam;Soort;Regio;Settings\r\nHospice De Linde;Hospice;groningen;hospice|thuis\r\n\r\n";
        let rows = rows(Listing::Organisations, &text.replace(';', separator));
        let [Row { line: 2, outcome: Outcome::New(Planned::Organisation(linde)), .. }] = &rows[..] else {
            panic!("{rows:?}");
        };
        assert_eq!(linde.settings, [CareSetting::Hospice, CareSetting::Home]);
        assert_eq!(linde.region, RegionId(Uuid::from_u128(30)));
    }
}

#[test]
fn every_fault_is_named_with_its_line_and_column() {
    let text = "naam;soort;regio\nHospice A;kasteel;Atlantis\n;hospice;Groningen\nHospice B;hospice;Groningen\n\
                hospice b;hospice;Groningen\nHospice C;hospice\nhospice de ark;hospice;Groningen\n";
    let rows = rows(Listing::Organisations, text);
    assert_eq!(rows.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 3, 4, 5, 6, 7]);
    let kinds = KINDS.iter().map(|(word, _)| *word).collect();
    assert_eq!(
        faults(&rows[0]),
        [(Some("soort"), Wrong::NoSuchWord(kinds)), (Some("regio"), Wrong::NoSuchName("Atlantis".into()))]
    );
    assert_eq!(faults(&rows[1]), [(Some("naam"), Wrong::Text(TextError::Empty))]);
    assert!(matches!(rows[2].outcome, Outcome::New(_)));
    assert_eq!(faults(&rows[3]), [(Some("naam"), Wrong::AlsoOnLine(4))]);
    assert_eq!(faults(&rows[4]), [(None, Wrong::Cells), (Some("regio"), Wrong::Text(TextError::Empty))]);
    assert!(matches!(rows[5].outcome, Outcome::Known));
}

#[test]
fn grants_have_a_number_and_a_period() {
    let text = "nummer;organisaties;interventies;van;tot_en_met;ronde\n\
                844.001.316;Hospice De Ark|Thuis Best;CURA;01-01-2026;2027-12-31;\n\
                x;Hospice De Ark;CURA;2026-13-01;2027-12-31;\n\
                PAL-1;Hospice De Ark;CURA;2026-02-01;2026-01-31;Ronde 9\n";
    let rows = rows(Listing::Grants, text);
    let Outcome::New(Planned::Grant(grant)) = &rows[0].outcome else { panic!("{rows:?}") };
    assert_eq!((grant.number.as_str(), grant.terms.organisations.len()), ("844001316", 2));
    assert_eq!(faults(&rows[1]), [(Some("nummer"), Wrong::NoGrantNumber), (Some("van"), Wrong::NoDate)]);
    assert_eq!(
        faults(&rows[2]),
        [(Some("ronde"), Wrong::NoSuchName("Ronde 9".into())), (Some("tot en met"), Wrong::EndsBeforeItBegins)]
    );
}

#[test]
fn a_file_without_the_needed_columns_or_lines_is_no_list() {
    let read = |text| read(Listing::Regions, text, &register(), Uuid::nil).expect_err("unreadable");
    assert_eq!(read("naam;plaats\na;b\n"), Unreadable::Missing(vec!["consortium"]));
    assert_eq!(read("naam;consortium\n;\n"), Unreadable::Empty);
    assert_eq!(read(&format!("naam;consortium\n{}", "a;Ligare\n".repeat(MOST + 1))), Unreadable::TooLong);
}
