//! Asking for access, deciding on it, and its end (story 1).

use chrono::{Days, NaiveDate, Utc};
use domain::{
    Period, Scope, Sealed,
    basis::{AwardGrant, EndBasis, GrantNumber, ReviseBasis, Terms},
    id::BasisId,
    member::{Access, GiveRole, InviteMember, Role},
    sealed::KeyScope,
    text::{Line, Prose},
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Visitor, World, member};

const REQUEST: &str = "mutation($input: RequestAccessInput!) { requestAccess(input: $input) { \
    ... on AccessAskedFor { linkHoldsHours } ... on Refusal { code field } } }";
const CONFIRM: &str = "mutation($token: String!) { confirmAccessRequest(input: { token: $token }) { \
    ... on AccessRequestConfirmed { position } ... on Refusal { code field } } }";
const REQUESTS: &str = "{ accessRequests { memberId name { text } email { text } organisation { text } basisKind \
    basis { text } motivation { text } interventions { name } alike { name } sameAddress { name { text } } \
    decision { granted reason { text } by { name { text } } } \
    matches { basis { id name } sameName coversInterventions holdsNow namesOrganisation } } }";

fn today() -> NaiveDate {
    #[expect(clippy::disallowed_methods, reason = "the service reads the clock too")]
    Utc::now().date_naive()
}

/// A grant that ends so many days from now.
async fn grant(world: &World, number: &str, days: u64) -> BasisId {
    let number = GrantNumber::parse(number).expect("a number");
    let uuid = |id: &str| id.split_once('-').expect("an id").1.parse::<Uuid>().expect("an id");
    let terms = Terms {
        organisations: vec![uuid(&world.organisation).into()],
        interventions: vec![uuid(&world.intervention).into()],
        period: Period::new(today() - Days::new(100), today() + Days::new(days)).expect("a period"),
    };
    let basis = number.basis();
    world.platform(AwardGrant { number, round: None, terms }).await;
    basis
}

async fn manager(world: &World) -> Visitor<'_> {
    let role = Role::ProgrammeManager;
    world.platform(GiveRole { member: member("joost"), role, scope: Scope::National, until: None }).await;
    world.visitor("joost").await
}

#[expect(clippy::needless_pass_by_value, reason = "tests read alike: what is sent is given, not lent")]
fn input(world: &World, email: &str, basis: Value) -> Value {
    json!({ "input": {
        "name": "Noor de Wit", "email": email, "organisation": "Ziekenhuis Noord", "basis": basis,
        "interventionIds": [world.intervention], "motivation": "We beginnen in maart.",
    } })
}

/// The token in the link of a letter.
fn token(letter: &str) -> String {
    let (_, after) = letter.split_once("/toegang/bevestig#").expect("a link");
    after.lines().next().expect("a token").trim().to_owned()
}

/// Somebody asks and follows the link; gives who they will be.
async fn ask(world: &World, joost: &Visitor<'_>, email: &str, basis: Value) -> String {
    let asked = world.asked(REQUEST, input(world, email, basis)).await;
    assert_eq!(asked["data"]["requestAccess"]["linkHoldsHours"], 48, "{asked}");
    let letter = world.letters(email, 1).await.pop().expect("a letter");
    let confirmed = world.asked(CONFIRM, json!({ "token": token(&letter) })).await;
    assert!(confirmed["data"]["confirmAccessRequest"]["position"].is_number(), "{confirmed}");
    let requests = joost.ask(REQUESTS, json!({})).await["accessRequests"].take();
    let request = requests.as_array().expect("a list").iter().find(|request| request["email"]["text"] == email);
    request.expect("it is there")["memberId"].as_str().expect("an id").to_owned()
}

async fn decide(visitor: &Visitor<'_>, mutation: &str, input: Value) -> Value {
    let name = format!("{}{}", mutation[..1].to_uppercase(), &mutation[1..]);
    let query = format!(
        "mutation($input: {name}Input!) {{ {mutation}(input: $input) {{ \
           ... on AccessDecided {{ outcome member {{ name {{ text }} access {{ lastDay basis {{ name }} }} }} }} \
           ... on Refusal {{ code field }} }} }}"
    );
    visitor.ask(&query, json!({ "input": input })).await[mutation].take()
}

#[tokio::test]
async fn a_grant_holder_and_an_own_funding_organisation_join_and_a_third_is_refused_with_a_reason() {
    let world = World::new().await.writing().await;
    let joost = manager(&world).await;
    let basis = grant(&world, "PAL-1", 300).await;

    let noor = ask(&world, &joost, "noor@noord.example", json!({ "grantNumber": "pal-1" })).await;
    let requests = joost.ask(REQUESTS, json!({})).await;
    let request = &requests["accessRequests"][0];
    assert_eq!((&request["name"]["text"], &request["decision"]), (&json!("Noor de Wit"), &Value::Null));
    assert_eq!(request["alike"], json!([{ "name": "Ziekenhuis Noord" }]));
    assert_eq!(
        request["matches"],
        json!([{
            "basis": { "id": format!("basis-{basis}"), "name": "PAL-1" }, "sameName": true,
            "coversInterventions": true, "holdsNow": true, "namesOrganisation": true,
        }])
    );
    let give = |member: &str, basis: &str| {
        json!({
            "memberId": member, "accessBasisId": basis, "organisationId": world.organisation,
            "reason": "De subsidie is voor CURA.",
        })
    };
    let granted = decide(&joost, "grantAccess", give(&noor, &format!("basis-{basis}"))).await;
    assert_eq!((&granted["outcome"], &granted["member"]["name"]["text"]), (&json!("GRANTED"), &json!("Noor de Wit")));
    assert!(world.letters("noor@noord.example", 2).await[1].contains("Je hebt toegang tot Leerwerk"));

    let wim = ask(&world, &joost, "wim@noord.example", json!({ "ownProject": "Samen waken" })).await;
    let list = json!({ "input": { "name": "Samen waken", "terms": {
        "organisationIds": [world.organisation], "interventionIds": [world.intervention], "from": today(),
        "until": today() + Days::new(200),
    } } });
    let listed = "mutation($input: ListPromisingProjectInput!) { listPromisingProject(input: $input) { \
        ... on AccessBasisChanged { accessBasis { id } } } }";
    let project = joost.ask(listed, list).await["listPromisingProject"]["accessBasis"]["id"].take();
    let granted = decide(&joost, "grantAccess", give(&wim, project.as_str().expect("an id"))).await;
    assert_eq!(granted["member"]["access"][0]["basis"]["name"], "Samen waken");

    let eva = ask(&world, &joost, "eva@elders.example", json!({ "grantNumber": "XYZ-99" })).await;
    let reason = "Dit nummer is van een ander project.";
    let refused = decide(&joost, "refuseAccess", json!({ "memberId": eva, "reason": reason })).await;
    assert_eq!((&refused["outcome"], &refused["member"]), (&json!("REFUSED"), &Value::Null));
    let letter = world.letters("eva@elders.example", 2).await.pop().expect("a letter");
    assert!(letter.contains("afgewezen") && letter.contains(reason), "{letter}");
    let requests = joost.ask(REQUESTS, json!({})).await;
    let decided = requests["accessRequests"].as_array().expect("a list").iter();
    let decided: Vec<_> = decided.map(|request| request["decision"]["granted"].as_bool()).collect();
    assert_eq!(decided, [Some(false), Some(true), Some(true)], "the latest first");
}

#[tokio::test]
async fn nobody_learns_who_has_an_address_and_nothing_is_passed_on_unconfirmed() {
    let world = World::new().await.writing().await;
    let joost = manager(&world).await;
    let head = world.app.log().head().await.expect("a head").position;
    let basis = || json!({ "grantNumber": "PAL-1" });
    let known = world.asked(REQUEST, input(&world, "sanne@leerwerk.example", basis())).await;
    let unknown = world.asked(REQUEST, input(&world, "nieuw@noord.example", basis())).await;
    assert_eq!(known, unknown);
    let to_member = world.letters("sanne@leerwerk.example", 1).await.remove(0);
    let to_other = world.letters("nieuw@noord.example", 1).await.remove(0);
    assert!(to_member.contains("al deelnemer") && !to_other.contains("al deelnemer"));
    assert_eq!(joost.ask(REQUESTS, json!({})).await["accessRequests"], json!([]));
    assert_eq!(world.app.log().head().await.expect("a head").position, head, "the log knows nothing of it");
    let kept =
        sqlx::query_scalar::<_, String>("SELECT string_agg(encode(content, 'escape'), '') FROM mail.confirmation");
    let kept = kept.fetch_one(&world.pool().await).await.expect("kept");
    assert!(!kept.contains("nieuw@") && !kept.contains("Noor"), "kept encrypted");
    let queue = sqlx::query_scalar::<_, String>("SELECT string_agg(about || letter::text, '') FROM mail.outbox");
    let queue = queue.fetch_one(&world.pool().await).await.expect("a queue");
    assert!(!queue.contains('@'), "no address waits in the queue: {queue}");

    // Somebody else's mailbox cannot be filled.
    for _ in 0..5 {
        assert_eq!(world.asked(REQUEST, input(&world, "nieuw@noord.example", basis())).await, unknown);
    }
    let kept = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM mail.confirmation");
    assert_eq!(kept.fetch_one(&world.pool().await).await.expect("a count"), 4, "three and one");

    let good = token(&to_other);
    let confirm = |token: String| world.asked(CONFIRM, json!({ "token": token }));
    for wrong in [String::new(), "x".into(), good.to_lowercase(), format!("{good}A")] {
        let told = confirm(wrong).await;
        assert_eq!(told["data"]["confirmAccessRequest"]["code"], "LINK_HOLDS_NO_LONGER", "{told}");
    }
    assert!(confirm(good.clone()).await["data"]["confirmAccessRequest"]["position"].is_number());
    assert_eq!(confirm(good).await["data"]["confirmAccessRequest"]["code"], "LINK_HOLDS_NO_LONGER");
    let sanne = world.visitor("sanne").await;
    assert_eq!(sanne.ask(REQUESTS, json!({})).await["accessRequests"], Value::Null);
    // Who only asked is no member, and is named to nobody else.
    let requests = joost.ask(REQUESTS, json!({})).await;
    let id = &requests["accessRequests"][0]["memberId"];
    let seen = sanne.ask("query($id: ID!) { member(id: $id) { id } node(id: $id) { id } }", json!({ "id": id })).await;
    assert_eq!(seen, json!({ "member": null, "node": null }));
    let last = world.app.log().head().await.expect("a head").position;
    let told = sanne.ask(
        "query($at: Position!) { event(position: $at) { sentence concerned { name { text } } } }",
        json!({ "at": last }),
    );
    let told = told.await;
    assert_eq!(told["event"]["sentence"], "Iemand vroeg toegang aan");
    assert!(!told.to_string().contains("Noor"));
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_said_before_anything_is_sent() {
    let world = World::new().await.writing().await;
    let wrong = |change: Value| {
        let mut asked = input(&world, "noor@noord.example", json!({ "grantNumber": "PAL-1" }));
        for (field, value) in change.as_object().expect("fields") {
            asked["input"][field] = value.clone();
        }
        world.asked(REQUEST, asked)
    };
    for (change, code, field) in [
        (json!({ "email": "noor" }), "EMAIL_INVALID", "email"),
        (json!({ "name": " " }), "TEXT_EMPTY", "name"),
        (json!({ "basis": { "grantNumber": "geen" } }), "GRANT_NUMBER_INVALID", "grantNumber"),
        (json!({ "interventionIds": [] }), "NO_INTERVENTION", "interventionIds"),
        (json!({ "interventionIds": [world.theme] }), "NOT_FOUND", "interventionIds"),
        (json!({ "interventionIds": [world.intervention.replace('2', "9")] }), "NOT_FOUND", "interventionIds"),
        (json!({ "motivation": "bsn 111222333" }), "TEXT_HOLDS_BSN", "motivation"),
    ] {
        let told = wrong(change.clone()).await["data"]["requestAccess"].take();
        assert_eq!((&told["code"], &told["field"]), (&json!(code), &json!(field)), "{change}");
    }
    let silent = World::new().await;
    let told = silent.asked(REQUEST, input(&silent, "noor@noord.example", json!({ "grantNumber": "PAL-1" }))).await;
    assert_eq!(told["data"]["requestAccess"]["code"], "NO_MAIL");
    assert_eq!(silent.asked("{ takesAccessRequests }", json!({})).await["data"]["takesAccessRequests"], false);
}

/// A member who was invited on a basis.
async fn invite(world: &World, basis: Vec<BasisId>) {
    let member = member("noor");
    let seal = |text: &str| Sealed::new(KeyScope::of("member", member), Line::parse(text).expect("a line"));
    let organisation: Uuid = world.organisation.split_once('-').expect("an id").1.parse().expect("an id");
    world
        .platform(InviteMember {
            member,
            name: seal("noor"),
            email: seal("noor@leerwerk.example"),
            organisation: organisation.into(),
            project: None,
            accesses: basis.into_iter().map(|basis| Access { basis, until: None }).collect(),
        })
        .await;
}

async fn end(world: &World, basis: BasisId) {
    let reason = Sealed::new(KeyScope::of("basis", basis), Prose::parse("Klaar.").expect("prose"));
    world.platform(EndBasis { basis, last_day: today() - Days::new(2), reason }).await;
}

#[tokio::test]
async fn access_ends_with_its_basis_and_a_second_keeps_it_going() {
    let world = World::new().await;
    let (first, second) = (grant(&world, "PAL-1", 300).await, grant(&world, "PAL-2", 300).await);
    invite(&world, vec![first]).await;
    let noor = world.visitor("noor").await;
    let questions = "{ viewer { hasAccess member { name { text } access { basis { name } } } actions } \
        questions(first: 1) { edges { node { id } } } }";
    let seen = noor.ask(questions, json!({})).await;
    assert_eq!(seen["viewer"]["hasAccess"], true);
    assert_eq!(seen["viewer"]["member"]["access"], json!([{ "basis": { "name": "PAL-1" } }]));

    let joost = manager(&world).await;
    let give = json!({
        "memberId": format!("member-{}", member("noor")), "accessBasisId": format!("basis-{second}"),
        "reason": "Ook in ronde 2.",
    });
    assert_eq!(decide(&joost, "grantAccess", give).await["outcome"], "GRANTED");
    end(&world, first).await;
    assert_eq!(noor.ask(questions, json!({})).await["viewer"]["hasAccess"], true, "the second holds");

    end(&world, second).await;
    let ask = "mutation($theme: ID!) { askQuestion(input: { title: \"Mag dit?\", body: \"Nog?\", themeIds: [$theme], \
        anonymous: false }) { ... on QuestionChanged { position } ... on Refusal { code } } }";
    let answer = noor.answer("{ questions(first: 1) { edges { node { id } } } }", json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "ACCESS_ENDED", "{answer}");
    let asked = noor.ask(ask, json!({ "theme": world.theme })).await;
    assert_eq!(asked["askQuestion"]["code"], "FORBIDDEN");
    let own = "{ viewer { hasAccess member { name { text } organisation { name } } sessions { id current } actions } }";
    let own = noor.ask(own, json!({})).await;
    assert_eq!((&own["viewer"]["hasAccess"], &own["viewer"]["actions"]), (&json!(false), &json!([])));
    let session = json!({ "input": { "sessionId": own["viewer"]["sessions"][0]["id"] } });
    let ended = noor.answer("mutation($input: EndSessionInput!) { endSession(input: $input) { __typename } }", session);
    assert!(ended.await.get("errors").is_none(), "sessions are one's own");
    let give = json!({
        "memberId": format!("member-{}", member("noor")), "accessBasisId": format!("basis-{second}"), "reason": "Toch.",
    });
    assert_eq!(decide(&joost, "grantAccess", give).await["code"], "BASIS_HAS_ENDED");
    // Prolonged, it holds anew: access is computed.
    let uuid = |id: &str| id.split_once('-').expect("an id").1.parse::<Uuid>().expect("an id");
    let terms = Terms {
        organisations: vec![uuid(&world.organisation).into()],
        interventions: vec![uuid(&world.intervention).into()],
        period: Period::new(today(), today() + Days::new(30)).expect("a period"),
    };
    world.platform(ReviseBasis { basis: second, terms }).await;
    let noor = world.visitor("noor").await;
    assert_eq!(noor.ask(questions, json!({})).await["viewer"]["hasAccess"], true);
}

#[tokio::test]
async fn who_invites_brings_people_in_on_the_same_basis() {
    let world = World::new().await;
    let basis = grant(&world, "PAL-1", 300).await;
    invite(&world, vec![basis]).await;
    let region: Uuid = world.region.split_once('-').expect("an id").1.parse().expect("an id");
    let scope = Scope::Region { region: region.into() };
    world.platform(GiveRole { member: member("noor"), role: Role::NetworkCoordinator, scope, until: None }).await;
    let noor = world.visitor("noor").await;
    let invite =
        json!({ "input": { "name": "Bas", "email": "bas@noord.example", "organisationId": world.organisation } });
    let query = "mutation($input: InviteMemberInput!) { inviteMember(input: $input) { ... on MemberChanged { member { id } } } }";
    let bas = noor.ask(query, invite).await["inviteMember"]["member"]["id"].take();
    let foreign = grant(&world, "PAL-9", 900).await;
    let invite = json!({ "input": {
        "name": "Eva", "email": "eva@noord.example", "organisationId": world.organisation,
        "accessBasisId": format!("basis-{foreign}"),
    } });
    let query =
        "mutation($input: InviteMemberInput!) { inviteMember(input: $input) { ... on Refusal { code field } } }";
    let refused = noor.ask(query, invite).await["inviteMember"].take();
    assert_eq!(refused, json!({ "code": "NOT_FOUND", "field": "accessBasisId" }), "only on a basis of her own");
    let joost = manager(&world).await;
    let query = "query($id: ID!) { member(id: $id) { access { basis { name members { id } } lastDay } } }";
    let seen = joost.ask(query, json!({ "id": bas })).await;
    assert_eq!(seen["member"]["access"][0]["basis"]["name"], "PAL-1");
    assert_eq!(seen["member"]["access"][0]["basis"]["members"].as_array().map(Vec::len), Some(2));
    let sanne = world.visitor("sanne").await;
    assert_eq!(sanne.ask(query, json!({ "id": bas })).await["member"]["access"], Value::Null);
}

#[tokio::test]
async fn they_are_warned_before_and_told_when_it_was_ended() {
    let world = World::new().await;
    let soon = grant(&world, "PAL-1", 5).await;
    invite(&world, vec![soon]).await;
    let writing = world.writing().await;
    let warned = writing.letters("noor@leerwerk.example", 1).await.remove(0);
    assert!(warned.contains("Subject: Je toegang tot Leerwerk loopt af"), "{warned}");
    let joost = manager(&writing).await;
    let ending = json!({ "memberId": format!("member-{}", member("noor")), "reason": "Heeft een andere baan." });
    assert_eq!(decide(&joost, "endAccess", ending).await["outcome"], "ENDED");
    let told = writing.letters("noor@leerwerk.example", 2).await.remove(1);
    assert!(told.contains("andere baan"), "{told}");
    let own = json!({ "memberId": format!("member-{}", member("joost")), "reason": "Zelf." });
    assert_eq!(decide(&joost, "endAccess", own).await["code"], "FORBIDDEN", "nobody decides on their own");
}

#[tokio::test]
async fn nothing_is_sent_to_somebody_who_was_erased() {
    let world = World::new().await;
    let soon = grant(&world, "PAL-1", 20).await;
    invite(&world, vec![soon]).await;
    let scope = format!("member:{}", member("noor"));
    #[expect(clippy::disallowed_methods, reason = "the service reads the clock too")]
    world.app.log().keys().destroy(&scope, Utc::now()).await.expect("destroyed");
    let pool = world.pool().await;
    let writing = world.writing().await;
    for _ in 0..100 {
        let left =
            sqlx::query_scalar::<_, i64>("SELECT count(*) FROM mail.outbox WHERE due_at IS NULL AND sent_at IS NULL");
        if left.fetch_one(&pool).await.expect("a count") > 0 {
            let (folder, _) = writing.mailbox.as_ref().expect("a mailbox");
            assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0, "nothing was written");
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the warning was never taken up");
}
