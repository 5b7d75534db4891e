//! Inviting people, saying who one is, and roles: who may give which, where, and who held them when.

use domain::{
    Scope,
    id::{OrganisationId, RegionId},
    member::{GiveRole, Role},
    organisation::{OrganisationKind, RegisterOrganisation},
    region::{RegionFacts, RegisterRegion},
    scope::Consortium,
    text::Line,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Visitor, World, member, member_id};

const FIELDS: &str = "name { text } profession expertise { id } openToContact organisation { id } \
    roles { role region { id } consortium until givenBy { id } }";

async fn act(visitor: &Visitor<'_>, mutation: &str, input: Value) -> Value {
    let name = format!("{}{}", mutation[..1].to_uppercase(), &mutation[1..]);
    let query = format!(
        "mutation($input: {name}Input!) {{ {mutation}(input: $input) {{ \
           ... on MemberChanged {{ position member {{ id {FIELDS} }} }} ... on Refusal {{ code field }} }} }}"
    );
    visitor.ask(&query, json!({ "input": input })).await[mutation].take()
}

/// What stands in the way; nothing when it is done.
async fn refused(visitor: &Visitor<'_>, mutation: &str, input: Value) -> Option<String> {
    act(visitor, mutation, input).await["code"].as_str().map(str::to_owned)
}

async fn give(world: &World, name: &str, role: Role, scope: Scope) {
    world.platform(GiveRole { member: member(name), role, scope, until: None }).await;
}

/// A second region with an organisation, in another consortium.
async fn elsewhere(world: &World) -> (RegionId, OrganisationId) {
    let (region, organisation): (RegionId, OrganisationId) = (Uuid::from_u128(31).into(), Uuid::from_u128(41).into());
    let line = |text: &str| Line::parse(text).expect("a line");
    let consortium = Consortium::Propallia;
    world.platform(RegisterRegion { region, facts: RegionFacts::new(&line("Zuid-Holland Noord"), consortium) }).await;
    let kind = OrganisationKind::Hospice;
    world
        .platform(RegisterOrganisation { organisation, name: line("Hospice Zuid"), kind, settings: vec![], region })
        .await;
    (region, organisation)
}

/// The region of the world.
fn here(world: &World) -> Scope {
    let region: Uuid = world.region.trim_start_matches("region-").parse().expect("an id");
    Scope::Region { region: region.into() }
}

#[tokio::test]
async fn whoever_keeps_members_invites_into_any_organisation_a_coordinator_into_those_of_the_network() {
    let world = World::new().await;
    let (_, far) = elsewhere(&world).await;
    let [near, far] = [world.organisation.clone(), format!("organisation-{far}")];
    let input = |name: &str, organisation: &str| {
        json!({
            "name": name, "email": format!("{name}@linde.example"), "organisationId": organisation,
        })
    };
    let forbidden = Some("FORBIDDEN".to_owned());
    let sanne = world.visitor("sanne").await;
    assert_eq!(refused(&sanne, "inviteMember", input("noor", &near)).await, forbidden);
    give(&world, "sanne", Role::NetworkCoordinator, here(&world)).await;
    assert_eq!(refused(&sanne, "inviteMember", input("noor", &near)).await, None);
    assert_eq!(refused(&sanne, "inviteMember", input("bas", &far)).await, forbidden, "another network");
    give(&world, "joost", Role::ProgrammeManager, Scope::National).await;
    let joost = world.visitor("joost").await;
    let invited = act(&joost, "inviteMember", input("bas", &far)).await;
    assert_eq!(invited["member"]["name"]["text"], "bas");
    assert_eq!(invited["member"]["organisation"]["id"], far);
}

#[tokio::test]
async fn the_lead_of_a_project_invites_into_its_organisations_and_no_others() {
    let world = World::new().await;
    let (_, far) = elsewhere(&world).await;
    let sanne = world.visitor("sanne").await;
    let registered = sanne.mutate(
        "registerProject",
        "project",
        "",
        json!({
            "name": "Samen", "aim": "Eerder praten.", "interventionIds": [world.intervention],
            "organisationIds": [world.organisation], "regionId": world.region, "startsOn": "2026-01-05",
        }),
    );
    let project = registered.await["project"]["id"].clone();
    let input = |organisation: &str, project: &Value| {
        json!({
            "name": "Noor", "email": "noor@linde.example", "organisationId": organisation, "projectId": project,
        })
    };
    let far = format!("organisation-{far}");
    let forbidden = Some("FORBIDDEN".to_owned());
    assert_eq!(refused(&sanne, "inviteMember", input(&far, &project)).await, forbidden);
    assert_eq!(refused(&sanne, "inviteMember", input(&world.organisation, &Value::Null)).await, forbidden);
    let joost = world.visitor("joost").await;
    assert_eq!(refused(&joost, "inviteMember", input(&world.organisation, &project)).await, forbidden);
    assert_eq!(refused(&sanne, "inviteMember", input(&world.organisation, &project)).await, None);
    // A project in one's network is no way into organisations elsewhere.
    give(&world, "joost", Role::NetworkCoordinator, here(&world)).await;
    assert_eq!(refused(&joost, "inviteMember", input(&far, &project)).await, forbidden);
}

#[tokio::test]
async fn an_address_is_invited_once_and_only_those_who_may_invite_hear_that_it_is_known() {
    let world = World::new().await;
    give(&world, "joost", Role::Administrator, Scope::National).await;
    let joost = world.visitor("joost").await;
    let input = |email: &str, key: &str| {
        json!({
            "name": "Noor", "email": email, "organisationId": world.organisation, "idempotencyKey": key,
        })
    };
    let first = act(&joost, "inviteMember", input("noor@linde.example", "1")).await;
    assert_eq!(act(&joost, "inviteMember", input("noor@linde.example", "1")).await, first, "a retry is no second one");
    let again = act(&joost, "inviteMember", input("Noor@Linde.example ", "2")).await;
    assert_eq!((&again["code"], &again["field"]), (&json!("EMAIL_TAKEN"), &json!("email")));
    for wrong in ["noor", "noor@linde", ""] {
        assert_eq!(act(&joost, "inviteMember", input(wrong, "3")).await["field"], "email", "{wrong}");
    }
    let sanne = world.visitor("sanne").await;
    for email in ["noor@linde.example", "nieuw@linde.example"] {
        let told = refused(&sanne, "inviteMember", input(email, "4")).await;
        assert_eq!(told.as_deref(), Some("FORBIDDEN"), "{email}");
    }
}

#[tokio::test]
async fn one_says_who_one_is() {
    let world = World::new().await;
    let sanne = world.visitor("sanne").await;
    let input = json!({
        "name": "Sanne van Dijk", "profession": "NURSE", "expertiseIds": [world.theme], "openToContact": true,
    });
    let revised = act(&sanne, "reviseProfile", input).await["member"].take();
    assert_eq!(revised["id"], member_id("sanne"));
    assert_eq!(revised["name"]["text"], "Sanne van Dijk");
    assert_eq!((&revised["profession"], &revised["openToContact"]), (&json!("NURSE"), &json!(true)));
    assert_eq!(revised["expertise"], json!([{ "id": world.theme }]));
}

#[tokio::test]
async fn who_may_give_which_role_where() {
    let world = World::new().await;
    let (far, _) = elsewhere(&world).await;
    give(&world, "sanne", Role::NetworkCoordinator, here(&world)).await;
    give(&world, "joost", Role::ProgrammeManager, Scope::National).await;
    give(&world, "anna", Role::Administrator, Scope::National).await;
    let near = json!({ "regionId": world.region });
    let far = json!({ "regionId": format!("region-{far}") });
    let consortium = json!({ "consortium": "LIGARE" });
    let to = |role: &str, scope: &Value| json!({ "memberId": member_id("emma"), "role": role, "scope": scope });
    for (who, role, scope, allowed) in [
        ("sanne", "EXPERT", &near, true),
        ("sanne", "MODERATOR", &near, true),
        ("sanne", "EDITOR", &near, false),
        ("sanne", "MODERATOR", &far, false),
        ("sanne", "MODERATOR", &consortium, false),
        ("sanne", "MODERATOR", &Value::Null, false),
        ("joost", "NETWORK_COORDINATOR", &far, true),
        ("joost", "PROJECT_GROUP", &Value::Null, true),
        ("joost", "AUDITOR", &Value::Null, false),
        ("joost", "EVALUATOR", &Value::Null, false),
        ("joost", "ADMINISTRATOR", &Value::Null, false),
        ("joost", "PROGRAMME_MANAGER", &Value::Null, false),
        ("anna", "AUDITOR", &Value::Null, true),
        ("anna", "ADMINISTRATOR", &consortium, true),
        ("emma", "EXPERT", &near, false),
    ] {
        let visitor = world.visitor(who).await;
        for mutation in ["giveRole", "takeRole"] {
            let told = refused(&visitor, mutation, to(role, scope)).await;
            let expected = if allowed { None } else { Some("FORBIDDEN".to_owned()) };
            assert_eq!(told, expected, "{who} {mutation} {role} {scope}");
        }
    }
    // What may be taken back is told with each.
    give(&world, "emma", Role::Expert, here(&world)).await;
    give(&world, "emma", Role::Expert, Scope::National).await;
    let query = "{ roleHoldings(role: EXPERT) { region { id } actions } }";
    let told = world.visitor("sanne").await.ask(query, json!({})).await;
    let expected = json!([
        { "region": { "id": world.region }, "actions": ["take_role"] },
        { "region": null, "actions": [] },
    ]);
    assert_eq!(told["roleHoldings"], expected);
    // Not even an administrator promotes themselves; but everybody may step down.
    let anna = world.visitor("anna").await;
    let own = json!({ "memberId": member_id("anna"), "role": "EXPERT" });
    assert_eq!(refused(&anna, "giveRole", own).await.as_deref(), Some("FORBIDDEN"));
    let down = json!({ "memberId": member_id("anna"), "role": "ADMINISTRATOR" });
    assert_eq!(refused(&anna, "takeRole", down.clone()).await, None);
    assert_eq!(refused(&anna, "giveRole", to("EXPERT", &near)).await.as_deref(), Some("FORBIDDEN"), "no longer");
    for (who, roles, actions) in
        [("sanne", json!(["EXPERT", "MODERATOR"]), vec!["invite_member", "give_role"]), ("emma", json!([]), vec![])]
    {
        let told = world.visitor(who).await.ask("{ viewer { rolesToGive actions } }", json!({})).await;
        assert_eq!(told["viewer"]["rolesToGive"], roles, "{who}");
        let kept = told["viewer"]["actions"].as_array().expect("actions").iter();
        let kept: Vec<_> =
            kept.filter(|action| ["invite_member", "give_role"].contains(&action.as_str().unwrap_or(""))).collect();
        assert_eq!(json!(kept), json!(actions), "{who}");
    }
}

#[tokio::test]
async fn a_role_is_refused_when_its_end_has_passed() {
    let world = World::new().await;
    give(&world, "anna", Role::Administrator, Scope::National).await;
    let anna = world.visitor("anna").await;
    let input = |until: &str| json!({ "memberId": member_id("emma"), "role": "EXPERT", "until": until });
    assert_eq!(refused(&anna, "giveRole", input("2020-01-01T00:00:00Z")).await.as_deref(), Some("END_HAS_PASSED"));
    let given = act(&anna, "giveRole", input("2999-01-01T00:00:00Z")).await;
    let expert = &given["member"]["roles"].as_array().expect("roles")[1];
    assert_eq!(expert["until"], "2999-01-01T00:00:00+00:00");
    assert_eq!(expert["givenBy"]["id"], member_id("anna"));
}

#[tokio::test]
async fn who_was_moderator_of_a_region_at_a_moment_can_be_asked() {
    let world = World::new().await;
    let (far, _) = elsewhere(&world).await;
    let far = format!("region-{far}");
    give(&world, "anna", Role::Administrator, Scope::National).await;
    let anna = world.visitor("anna").await;
    let moment = || world.app.source().now();
    let before = moment();
    let change = |scope: Value| json!({ "memberId": member_id("joost"), "role": "MODERATOR", "scope": scope });
    act(&anna, "giveRole", change(json!({ "regionId": world.region }))).await;
    let first = moment();
    act(&anna, "takeRole", change(json!({ "regionId": world.region }))).await;
    act(&anna, "giveRole", change(json!({ "consortium": "PROPALLIA" }))).await;
    let second = moment();
    let mut national = change(Value::Null);
    national["memberId"] = json!(member_id("sanne"));
    act(&anna, "giveRole", national).await;

    let query = "query($region: ID, $at: DateTime) { roleHoldings(role: MODERATOR, regionId: $region, at: $at) { \
        member { id } } }";
    let holders = async |region: &str, at: Option<domain::Timestamp>| {
        let told = anna.ask(query, json!({ "region": region, "at": at })).await;
        let holders = told["roleHoldings"].as_array().expect("a list").iter();
        holders.map(|holding| holding["member"]["id"].as_str().expect("an id").to_owned()).collect::<Vec<_>>()
    };
    let (joost, sanne) = (member_id("joost"), member_id("sanne"));
    assert_eq!(holders(&world.region, Some(before)).await, Vec::<String>::new());
    assert_eq!(holders(&world.region, Some(first)).await, vec![joost.clone()]);
    assert_eq!(holders(&far, Some(first)).await, Vec::<String>::new());
    assert_eq!(holders(&world.region, Some(second)).await, Vec::<String>::new());
    assert_eq!(holders(&far, Some(second)).await, vec![joost.clone()], "through its consortium");
    assert_eq!(holders(&world.region, None).await, vec![sanne.clone()], "through the country");
    assert_eq!(holders(&far, None).await, [sanne, joost]);
    // And as a member was at that moment.
    let query = "query($id: ID!, $at: DateTime!) { member(id: $id, asOf: { time: $at }) { roles { role } } }";
    let then = anna.ask(query, json!({ "id": member_id("joost"), "at": first })).await;
    assert_eq!(then["member"]["roles"], json!([{ "role": "MODERATOR" }]));
}
