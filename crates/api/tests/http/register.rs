//! Keeping the register, and importing lists into it.

use std::fmt::Write as _;

use domain::{
    Scope,
    member::{GiveRole, Role},
};
use serde_json::{Value, json};

use crate::support::{Visitor, World, member};

/// Runs a mutation of the register; gives the entry with some fields, or the refusal.
async fn act(
    visitor: &Visitor<'_>,
    mutation: &str,
    (changed, entry): (&str, &str),
    fields: &str,
    input: Value,
) -> Value {
    let name = format!("{}{}", mutation[..1].to_uppercase(), &mutation[1..]);
    let query = format!(
        "mutation($input: {name}Input!) {{ {mutation}(input: $input) {{ \
           ... on {changed} {{ {entry} {{ id {fields} }} }} ... on Refusal {{ code field }} }} }}"
    );
    let mut told = visitor.ask(&query, json!({ "input": input })).await[mutation].take();
    if told["code"].is_null() { told[entry].take() } else { told }
}

const REGION: (&str, &str) = ("RegionChanged", "region");
const ORGANISATION: (&str, &str) = ("OrganisationChanged", "organisation");
const COLLABORATION: (&str, &str) = ("CollaborationChanged", "collaboration");
const ROUND: (&str, &str) = ("FundingRoundChanged", "fundingRound");
const BASIS: (&str, &str) = ("AccessBasisChanged", "accessBasis");

async fn manager(world: &World) -> Visitor<'_> {
    let role = Role::ProgrammeManager;
    world.platform(GiveRole { member: member("joost"), role, scope: Scope::National, until: None }).await;
    world.visitor("joost").await
}

#[tokio::test]
async fn the_programme_keeps_regions_organisations_and_collaborations() {
    let world = World::new().await;
    let joost = manager(&world).await;
    let region = act(
        &joost,
        "registerRegion",
        REGION,
        "name consortiumCode inhabitants aged75AndOver urbanity",
        json!({ "name": "Zeeland", "consortium": "ZUIDWEST", "inhabitants": 390_000, "urbanity": "HARDLY" }),
    );
    let region = region.await;
    assert_eq!((&region["name"], &region["urbanity"]), (&json!("Zeeland"), &json!("HARDLY")));
    let revise = json!({
        "regionId": region["id"], "name": "Zeeland", "consortium": "ZUIDWEST", "inhabitants": 391_000,
        "aged75AndOver": 44_000,
    });
    let revised = act(&joost, "reviseRegion", REGION, "inhabitants aged75AndOver urbanity", revise).await;
    assert_eq!(revised["inhabitants"], 391_000);
    assert_eq!((&revised["aged75AndOver"], &revised["urbanity"]), (&json!(44_000), &Value::Null));

    let register = json!({
        "name": "Hospice De Schorre", "kind": "HOSPICE", "settings": ["HOSPICE", "HOME"], "regionId": world.region,
    });
    let hospice = act(&joost, "registerOrganisation", ORGANISATION, "name kind settings", register).await;
    assert_eq!(hospice["settings"], json!(["HOSPICE", "HOME"]));
    let rename = json!({ "organisationId": hospice["id"], "name": "Hospice De Schorren" });
    assert_eq!(act(&joost, "renameOrganisation", ORGANISATION, "name", rename).await["name"], "Hospice De Schorren");
    let moving = json!({ "organisationId": hospice["id"], "regionId": region["id"] });
    let moved = act(&joost, "moveOrganisation", ORGANISATION, "name region { name }", moving).await;
    assert_eq!((&moved["region"]["name"], &moved["name"]), (&json!("Zeeland"), &json!("Hospice De Schorren")));

    let alone = json!({ "name": "Alleen", "organisationIds": [hospice["id"]] });
    let refused = act(&joost, "formCollaboration", COLLABORATION, "name", alone).await;
    assert_eq!(refused["code"], "TOO_FEW_ORGANISATIONS");
    let both = json!({ "name": "Zorg aan Zee", "organisationIds": [hospice["id"], world.organisation] });
    let formed = act(&joost, "formCollaboration", COLLABORATION, "organisations { name }", both).await;
    assert_eq!(formed["organisations"].as_array().map(Vec::len), Some(2));
    let leave = json!({ "collaborationId": formed["id"], "organisationId": hospice["id"] });
    let refused = act(&joost, "leaveCollaboration", COLLABORATION, "name", leave).await;
    assert_eq!(refused["code"], "TOO_FEW_ORGANISATIONS");
    let listed = joost.ask("{ collaborations { name } fundingRounds { name } accessBases { name } }", json!({})).await;
    assert_eq!(listed["collaborations"], json!([{ "name": "Zorg aan Zee" }]));
}

#[tokio::test]
async fn a_grant_holds_in_its_period_and_a_number_stands_for_one() {
    let world = World::new().await;
    let joost = manager(&world).await;
    let open = json!({
        "programme": "Ronde 1", "interventionIds": [world.intervention], "plannedFrom": "2026-01-01",
        "plannedUntil": "2026-06-30",
    });
    let round = act(&joost, "openFundingRound", ROUND, "name closedAt", open).await;
    let close = json!({ "fundingRoundId": round["id"] });
    assert!(act(&joost, "closeFundingRound", ROUND, "closedAt", close).await["closedAt"].is_string());
    let terms = |until: &str| {
        json!({
            "organisationIds": [world.organisation], "interventionIds": [world.intervention], "from": "2026-01-01",
            "until": until,
        })
    };
    let award =
        |number: &str, until: &str| json!({ "number": number, "fundingRoundId": round["id"], "terms": terms(until) });
    let fields = "name kind round { name } until lastDay endedEarly endReason { text }";
    let grant = act(&joost, "awardGrant", BASIS, fields, award("844.001 316", "2027-12-31")).await;
    assert_eq!((&grant["name"], &grant["kind"]), (&json!("844001316"), &json!("GRANT")));
    let taken = act(&joost, "awardGrant", BASIS, fields, award("844001316", "2028-12-31")).await;
    assert_eq!(taken["code"], "GRANT_NUMBER_TAKEN");
    let backwards = act(&joost, "awardGrant", BASIS, fields, award("PAL-2", "2025-12-31")).await;
    assert_eq!((&backwards["code"], &backwards["field"]), (&json!("PERIOD_ENDS_BEFORE_IT_BEGINS"), &json!("until")));
    let odd = act(&joost, "awardGrant", BASIS, fields, award("geen", "2027-12-31")).await;
    assert_eq!((&odd["code"], &odd["field"]), (&json!("GRANT_NUMBER_INVALID"), &json!("number")));

    let end = json!({ "accessBasisId": grant["id"], "lastDay": "2027-03-31", "reason": "Eerder klaar." });
    let ended = act(&joost, "endBasis", BASIS, fields, end).await;
    assert_eq!((&ended["lastDay"], &ended["until"]), (&json!("2027-03-31"), &json!("2027-12-31")));
    assert_eq!(ended["endReason"]["text"], "Eerder klaar.");
    let sanne = world.visitor("sanne").await;
    let seen = sanne.ask("{ accessBases { lastDay endReason { text } } }", json!({})).await;
    assert_eq!(seen["accessBases"], json!([{ "lastDay": "2027-03-31", "endReason": null }]));
    let revise = json!({ "accessBasisId": grant["id"], "terms": terms("2028-06-30") });
    let revised = act(&joost, "reviseBasis", BASIS, fields, revise).await;
    assert_eq!((&revised["lastDay"], &revised["endedEarly"]), (&json!("2028-06-30"), &json!(false)));
    let list = json!({ "name": "Samen waken", "terms": terms("2027-12-31") });
    assert_eq!(act(&joost, "listPromisingProject", BASIS, "kind", list).await["kind"], "PROMISING_PROJECT");
}

#[tokio::test]
async fn only_those_who_keep_the_register_change_it() {
    let world = World::new().await;
    let sanne = world.visitor("sanne").await;
    let register = json!({ "name": "Hospice", "kind": "HOSPICE", "regionId": world.region });
    let refused = act(&sanne, "registerOrganisation", ORGANISATION, "name", register).await;
    assert_eq!(refused["code"], "FORBIDDEN");
    let preview = sanne.ask("{ previewImport(kind: REGIONS, csv: \"naam;consortium\") { lines { line } } }", json!({}));
    assert_eq!(preview.await["previewImport"], Value::Null);
    let import = json!({ "input": { "kind": "REGIONS", "csv": "naam;consortium\nDrenthe;Ligare\n" } });
    assert_eq!(sanne.ask(IMPORT, import).await["importRegister"]["code"], "FORBIDDEN");
}

const IMPORT: &str = "mutation($input: ImportRegisterInput!) { importRegister(input: $input) { \
    ... on RegisterImported { entered known } ... on Refusal { code message field } } }";
const PREVIEW: &str = "query($csv: String!) { previewImport(kind: ORGANISATIONS, csv: $csv) { \
    unreadable lines { line name outcome faults { column message } } } }";

#[tokio::test]
async fn an_import_names_every_faulty_line_before_anything_is_stored() {
    let world = World::new().await;
    let joost = manager(&world).await;
    let csv = "naam;soort;regio\nHospice De Linde;hospice;Groningen\nHospice De Es;kasteel;Atlantis\n\
               ziekenhuis noord;ziekenhuis;Groningen\n";
    let preview = joost.ask(PREVIEW, json!({ "csv": csv })).await;
    let lines = &preview["previewImport"]["lines"];
    assert_eq!(lines[0]["outcome"], "NEW");
    assert_eq!((&lines[1]["line"], &lines[1]["outcome"]), (&json!(3), &json!("FAULTY")));
    assert_eq!(
        lines[1]["faults"][1],
        json!({ "column": "regio", "message": "“Atlantis” staat niet in het register." })
    );
    assert_eq!(lines[2]["outcome"], "KNOWN");
    let import = |csv: &str| json!({ "input": { "kind": "ORGANISATIONS", "csv": csv, "idempotencyKey": "lijst" } });
    let refused = joost.ask(IMPORT, import(csv)).await["importRegister"].take();
    assert_eq!((&refused["code"], &refused["field"]), (&json!("IMPORT_FAULTY"), &json!("csv")));
    assert_eq!(refused["message"], "Er is niets opgeslagen: er staan fouten op regel 3.");
    let names = || async {
        let listed = joost.ask("{ organisations { name } }", json!({})).await;
        listed["organisations"].as_array().expect("a list").len()
    };
    assert_eq!(names().await, 1, "nothing was stored");
    let good = csv.replace("kasteel;Atlantis", "hospice;Groningen");
    let imported = joost.ask(IMPORT, import(&good)).await["importRegister"].take();
    assert_eq!(imported, json!({ "entered": 2, "known": 1 }));
    let again = joost.ask(IMPORT, import(&good)).await["importRegister"].take();
    assert_eq!(again, json!({ "entered": 0, "known": 3 }));
    assert_eq!(names().await, 3);
    let other = joost.ask(PREVIEW, json!({ "csv": "name,kind\nA,hospice\n" })).await;
    assert_eq!(other["previewImport"]["unreadable"], "Op de eerste regel ontbreken deze kolommen: naam, soort, regio.");
}

#[tokio::test]
async fn grants_are_imported_beside_the_organisations_and_interventions_they_name() {
    let world = World::new().await;
    let joost = manager(&world).await;
    let mut csv = "nummer;organisaties;interventies;van;tot en met\n".to_owned();
    for n in 0..120 {
        let _ = writeln!(csv, "PAL-{n:04};Ziekenhuis Noord;CURA;01-01-2026;31-12-2027");
    }
    let input = json!({ "input": { "kind": "GRANTS", "csv": csv } });
    assert_eq!(joost.ask(IMPORT, input.clone()).await["importRegister"], json!({ "entered": 120, "known": 0 }));
    assert_eq!(joost.ask(IMPORT, input).await["importRegister"], json!({ "entered": 0, "known": 120 }));
    let other = json!({ "input": { "kind": "GRANTS", "csv": csv.replace("2027", "2028") } });
    assert_eq!(joost.ask(IMPORT, other).await["importRegister"]["code"], "IMPORT_FAULTY");
}
