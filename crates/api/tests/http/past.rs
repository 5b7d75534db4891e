//! How things were: what is said of a moment is, to the last field, what everybody saw at that moment.

use crate::support::{Visitor, World, member, member_id};
use domain::{
    Sealed,
    member::{Profession, ReviseProfile},
    sealed::KeyScope,
    text::Line,
};
use serde_json::{Value, json};

/// What is asked of each kind of thing, the things below it included.
const SHOWN: [(&str, &str); 5] = [
    (
        "project",
        "version name { text } phase phases { phase note { text } } lead { name { text } profession }
         participants { name { text } } bottlenecks { text { text } raisedBy { name { text } } resolution {
         solution { text } } } cycles { number stage aim { text } prediction { text } owner { name { text } }
         observations { text { text } } } reuses { experience { title { text } helpfulCount } }
         timeline(newestFirst: false) { nodes { position sentence } }",
    ),
    (
        "question",
        "version title { text } asker { name { text } } anonymous askedByViewer hadByCount hadByViewer solved
         project { phase } answers { body { text } accepted helpfulCount helpfulToViewer author { name { text } } }",
    ),
    ("experience", "version title { text } helpfulCount author { name { text } } reuses { project { name { text } } }"),
    (
        "knowledgePage",
        "version publishedVersion unpublishedChanges editor { name { text } } sections { heading { text } sources {
         ... on Question { solved answerCount } ... on Experience { helpfulCount } } }",
    ),
    ("member", "name { text } profession organisation { name } expertise { name } openToContact"),
];

/// One thing, as it was shown at a position.
struct Picture {
    position: i64,
    field: &'static str,
    id: String,
    shown: Value,
}

/// Who takes a picture of everything there is, again and again.
struct Album<'a> {
    visitor: &'a Visitor<'a>,
    things: Vec<(&'static str, String)>,
    pictures: Vec<Picture>,
}

impl Album<'_> {
    fn add(&mut self, field: &'static str, id: &Value) {
        self.things.push((field, id.as_str().expect("an id").to_owned()));
    }

    async fn picture(&mut self) {
        let position = self.visitor.world.app.log().head().await.expect("reads").position;
        for (field, id) in &self.things {
            let shown = show(self.visitor, field, id, Value::Null).await;
            self.pictures.push(Picture { position, field, id: id.clone(), shown });
        }
    }
}

async fn show(visitor: &Visitor<'_>, field: &str, id: &str, as_of: Value) -> Value {
    let (_, shown) = SHOWN.iter().find(|(other, _)| *other == field).expect("a kind of thing");
    let query = format!("query($id: ID!, $asOf: AsOf) {{ it: {field}(id: $id, asOf: $asOf) {{ {shown} }} }}");
    visitor.ask(&query, json!({ "id": id, "asOf": as_of })).await["it"].take()
}

/// A project with all that can happen to it, a question that its asker owns up to, a page that cites, a member who
/// changes names.
async fn live_through_it(world: &World, album: &mut Album<'_>) {
    let (sanne, joost, emma) =
        (world.visitor("sanne").await, world.visitor("joost").await, world.visitor("emma").await);
    album.add("member", &json!(member_id("sanne")));
    let input = json!({
        "name": "CURA op zes", "aim": "Elk gesprek op tijd", "interventionIds": [world.intervention],
        "organisationIds": [world.organisation], "regionId": world.region, "startsOn": "2026-01-05",
    });
    let project = sanne.mutate("registerProject", "project", "", input).await["project"]["id"].clone();
    album.add("project", &project);
    album.picture().await;
    let input = json!({
        "title": "Wie begint?", "body": "De huisarts?", "themeIds": [world.theme], "anonymous": true,
    });
    let question = sanne.mutate("askQuestion", "question", "", input).await["question"]["id"].clone();
    album.add("question", &question);
    let input = json!({
        "kind": "BOTTLENECK", "title": "Geen tijd", "body": "Druk.", "outcome": "Een vast halfuur.",
        "themeIds": [world.theme],
    });
    let experience = joost.mutate("shareExperience", "experience", "", input).await["experience"]["id"].clone();
    album.add("experience", &experience);
    album.picture().await;

    let input = json!({ "projectId": project, "text": "Te weinig tijd", "kind": "CAPACITY" });
    let raised = sanne.mutate("raiseBottleneck", "project", "bottlenecks { id }", input).await;
    let bottleneck = raised["project"]["bottlenecks"][0]["id"].clone();
    album.picture().await;
    let input = json!({ "projectId": project, "experienceId": experience, "bottleneckId": bottleneck });
    assert!(sanne.mutate("reuseSolution", "project", "", input).await["position"].is_number());
    let input = json!({ "projectId": project, "bottleneckId": bottleneck, "solution": "Een vast halfuur" });
    sanne.mutate("resolveBottleneck", "project", "", input).await;
    sanne.mutate("joinProject", "project", "", json!({ "projectId": project, "memberId": member_id("joost") })).await;
    album.picture().await;

    let line = |text: &str| Line::parse(text).expect("a line");
    let name = Sealed::new(KeyScope::of("member", member("sanne")), line("Sanne Visser"));
    let theme = world.theme["theme-".len()..].parse::<uuid::Uuid>().expect("an id");
    let revised = ReviseProfile {
        member: member("sanne"),
        name,
        profession: Profession::Nurse,
        expertise: vec![theme.into()],
        open_to_contact: true,
    };
    world.platform(revised).await;
    sanne.mutate("advancePhase", "project", "", json!({ "projectId": project, "to": "PREPARATION" })).await;
    album.picture().await;

    let input = json!({
        "projectId": project, "aim": "Vijf gesprekken", "change": "Bellen", "prediction": "Drie lukken",
        "starts": "2026-03-02", "ends": "2026-03-13",
    });
    let cycle = sanne.mutate("planCycle", "cycle", "", input).await["cycle"]["id"].clone();
    album.picture().await;
    sanne.mutate("startCycle", "cycle", "", json!({ "cycleId": cycle })).await;
    let input = json!({ "cycleId": cycle, "text": "Twee gebeld", "asPlanned": true });
    sanne.mutate("recordObservation", "cycle", "", input).await;
    album.picture().await;

    let input = json!({ "questionId": question, "body": "De wijkverpleging." });
    let answered = joost.mutate("giveAnswer", "question", "answers { id }", input).await;
    let answer = &answered["question"]["answers"][0]["id"];
    album.picture().await;
    let draft = json!({ "title": "Beginnen", "interventionId": world.intervention, "themeId": world.theme });
    let page = emma.mutate("draftPage", "knowledgePage", "", draft).await["knowledgePage"]["id"].clone();
    album.add("knowledgePage", &page);
    let input = json!({ "knowledgePageId": page, "heading": "Beginnen", "text": "Zo." });
    let written = emma.mutate("writeSection", "knowledgePage", "sections(draft: true) { id }", input).await;
    let section = &written["knowledgePage"]["sections"][0]["id"];
    for (source, id) in [("questionId", &question), ("experienceId", &experience)] {
        emma.mutate(
            "citeSource",
            "knowledgePage",
            "",
            json!({ "knowledgePageId": page, "sectionId": section, source: id }),
        )
        .await;
    }
    album.picture().await;
    emma.mutate("publishPage", "knowledgePage", "", json!({ "knowledgePageId": page })).await;
    album.picture().await;
    sanne.mutate("acceptAnswer", "question", "", json!({ "questionId": question, "answerId": answer })).await;
    sanne.mutate("markExperienceHelpful", "experience", "", json!({ "experienceId": experience })).await;
    emma.mutate("hadSameQuestion", "question", "", json!({ "questionId": question })).await;
    album.picture().await;
    sanne.mutate("revealAsker", "question", "", json!({ "questionId": question })).await;
    album.picture().await;
}

/// The same, without pictures: gives back the project and the page.
pub(crate) async fn much_has_happened(world: &World) -> [Value; 2] {
    let visitor = world.visitor("sanne").await;
    let mut album = Album { visitor: &visitor, things: Vec::new(), pictures: Vec::new() };
    live_through_it(world, &mut album).await;
    let of = |kind: &str| {
        let thing = album.things.iter().find(|(field, _)| *field == kind);
        json!(thing.expect("there is one").1)
    };
    [of("project"), of("knowledgePage")]
}

#[tokio::test]
async fn what_is_said_of_a_moment_is_what_was_seen_at_that_moment() {
    for viewer in ["joost", "sanne", "emma"] {
        let world = &World::new().await;
        let visitor = world.visitor(viewer).await;
        let mut album = Album { visitor: &visitor, things: Vec::new(), pictures: Vec::new() };
        live_through_it(world, &mut album).await;
        let pictures = album.pictures;
        assert!(pictures.len() > 40, "only {} pictures", pictures.len());
        for Picture { position, field, id, shown } in &pictures {
            let said = show(&visitor, field, id, json!({ "position": position })).await;
            assert_eq!(&said, shown, "{field} as {viewer} saw it at {position}");
        }
        // They differ: this is not the present, over and over.
        for (field, _) in SHOWN {
            let seen: Vec<&Value> =
                pictures.iter().filter(|picture| picture.field == field).map(|picture| &picture.shown).collect();
            assert!(seen.iter().any(|shown| *shown != seen[0]), "{field} never changed");
        }
        // By its time, a moment is the same moment.
        let Picture { position, field, id, shown } = &pictures[pictures.len() / 2];
        let at = world.app.log().at(*position).await.expect("reads").expect("an event").at;
        assert_eq!(&show(&visitor, field, id, json!({ "time": at })).await, shown);
    }
}

#[tokio::test]
async fn the_past_is_to_look_at_and_begins_when_a_thing_does() {
    let world = World::new().await;
    let sanne = world.visitor("sanne").await;
    let begun = world.app.log().head().await.expect("reads").position;
    let input = json!({ "title": "Wie begint?", "body": "De huisarts?", "themeIds": [world.theme] });
    let asked = sanne.mutate("askQuestion", "question", "actions", input).await;
    let (id, position) = (&asked["question"]["id"], &asked["position"]);
    assert_ne!(asked["question"]["actions"], json!([]));
    // Two moments beside each other, and the present.
    let query = "query($id: ID!, $before: Position!, $after: Position!) {
        before: question(id: $id, asOf: { position: $before }) { actions }
        after: question(id: $id, asOf: { position: $after }) { actions answerCount }
        now: question(id: $id) { answerCount } }";
    sanne.mutate("giveAnswer", "question", "", json!({ "questionId": id, "body": "Wij." })).await;
    let shown = sanne.ask(query, json!({ "id": id, "before": begun, "after": position })).await;
    let expected = json!({
        "before": null, "after": { "actions": [], "answerCount": 0 }, "now": { "answerCount": 1 },
    });
    assert_eq!(shown, expected);
    let beyond = json!({ "id": id, "before": 0, "after": 9_000_000_000_i64 });
    assert_eq!(sanne.ask(query, beyond).await["after"]["answerCount"], 1, "the end of the log is now");
    let query = "query($id: ID!, $asOf: AsOf) { question(id: $id, asOf: $asOf) { id } }";
    for wrong in [json!({}), json!({ "position": 1, "time": "2026-01-01T00:00:00Z" }), json!({ "position": -1 })] {
        let answer = sanne.answer(query, json!({ "id": id, "asOf": wrong })).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_INPUT", "{answer}");
    }
}
