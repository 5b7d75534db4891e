//! Finding colleagues: by what they do and where, and only those who are open to contact.

use domain::{
    Sealed,
    member::{EndAccess, Ending},
    sealed::KeyScope,
    text::Prose,
};
use serde_json::{Value, json};

use crate::support::{Visitor, World, member, member_id};

const FIND: &str = "query($filter: ColleagueFilter, $first: Int!, $after: String) {
    colleagues(filter: $filter, first: $first, after: $after) {
        nodes { id member { name { text } } projects { name { text } } } pageInfo { hasNextPage endCursor } } }";

/// The names of those who are found.
async fn found(visitor: &Visitor<'_>, filter: Value) -> Vec<String> {
    let answer = visitor.ask(FIND, json!({ "filter": filter, "first": 20 })).await;
    let nodes = answer["colleagues"]["nodes"].as_array().expect("a list");
    nodes.iter().map(|node| node["member"]["name"]["text"].as_str().expect("a name").to_owned()).collect()
}

/// Says who one is.
async fn tell(visitor: &Visitor<'_>, name: &str, theme: Option<&str>, open: bool) {
    let profile = "mutation($input: ReviseProfileInput!) { reviseProfile(input: $input) { __typename } }";
    let input = json!({ "input": {
        "name": name, "profession": "NURSE", "expertiseIds": theme.into_iter().collect::<Vec<_>>(), "openToContact": open,
    } });
    visitor.ask(profile, input).await;
}

#[tokio::test]
async fn those_who_are_open_to_contact_are_found_by_what_they_do_and_where() {
    let world = World::new().await;
    let (sanne, joost, emma) =
        (world.visitor("sanne").await, world.visitor("joost").await, world.visitor("emma").await);
    assert_eq!(found(&emma, json!({})).await, [""; 0], "nobody has said that they are");
    tell(&sanne, "Sanne Özdemir", Some(&world.theme), true).await;
    tell(&joost, "Joost de Wit", None, true).await;
    let idea = json!({
        "name": "Samen vooruit", "aim": "Vaker praten.", "interventionIds": [world.intervention],
        "organisationIds": [world.organisation], "regionId": world.region, "startsOn": "2026-09-01",
    });
    joost.mutate("registerProject", "project", "", idea).await;

    let both = ["Sanne Özdemir", "Joost de Wit"];
    assert_eq!(found(&emma, json!({})).await, both);
    assert_eq!(found(&sanne, json!({})).await, both[1..], "one does not find oneself");
    for (filter, expected) in [
        (json!({ "text": "ozdemir" }), &both[..1]),
        (json!({ "text": "ÖZDEMIR" }), &both[..1]),
        (json!({ "text": " ziekenhuis noord " }), &both[..]),
        (json!({ "text": "%" }), &[][..]),
        (json!({ "text": " " }), &both[..]),
        (json!({ "expertiseId": world.theme }), &both[..1]),
        (json!({ "interventionId": world.intervention }), &both[1..]),
        (json!({ "interventionId": world.intervention, "phase": "ORIENTATION" }), &both[1..]),
        (json!({ "phase": "SCALE_UP" }), &[]),
        (json!({ "organisationKind": "HOSPITAL", "regionId": world.region }), &both[..]),
        (json!({ "organisationKind": "HOSPICE" }), &[]),
        (json!({ "text": "joost", "expertiseId": world.theme }), &[]),
    ] {
        assert_eq!(found(&emma, filter.clone()).await, expected, "{filter}");
    }
    let first = emma.ask(FIND, json!({ "first": 1 })).await["colleagues"].take();
    assert_eq!(first["nodes"][0]["projects"], json!([]));
    assert_eq!(first["pageInfo"]["hasNextPage"], true);
    let next = emma.ask(FIND, json!({ "first": 1, "after": first["pageInfo"]["endCursor"] })).await;
    assert_eq!(next["colleagues"]["nodes"][0]["projects"][0]["name"]["text"], "Samen vooruit");
    assert_eq!(next["colleagues"]["pageInfo"]["hasNextPage"], false);

    tell(&sanne, "Sanne Özdemir", None, false).await;
    assert_eq!(found(&emma, json!({})).await, both[1..], "whoever changes their mind is found no longer");
    let reason = Sealed::new(KeyScope::of("member", member("joost")), Prose::parse("Andere baan.").expect("prose"));
    world.platform(EndAccess { member: member("joost"), ending: Ending::Withdrawn(reason) }).await;
    assert_eq!(found(&emma, json!({})).await, [""; 0], "nor whose access ended");
}

#[tokio::test]
async fn what_makes_no_sense_is_said() {
    let world = World::new().await;
    let emma = world.visitor("emma").await;
    for filter in [json!({ "regionId": member_id("emma") }), json!({ "text": "x".repeat(161) })] {
        let answer = emma.answer(FIND, json!({ "filter": filter, "first": 20 })).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_INPUT", "{filter}");
    }
}
