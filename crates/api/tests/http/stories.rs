//! What people do, through GraphQL: asking, answering, sharing, leading a project, a PDSA cycle, a knowledge page.

use crate::support::{Visitor, World, member, member_id};
use serde_json::{Value, json};

async fn ask(visitor: &Visitor<'_>, anonymous: bool) -> Value {
    let input = json!({
        "title": "Wie begint het gesprek?", "body": "De **huisartsen** of wij?",
        "themeIds": [visitor.world.theme], "interventionId": visitor.world.intervention, "anonymous": anonymous,
    });
    visitor.mutate("askQuestion", "question", "anonymous asker { id } askedByViewer actions", input).await
}

async fn begin_project(visitor: &Visitor<'_>) -> String {
    let world = visitor.world;
    let input = json!({
        "name": "CURA op zes", "aim": "Elk gesprek op tijd", "interventionIds": [world.intervention],
        "organisationIds": [world.organisation], "regionId": world.region, "startsOn": "2026-01-05",
    });
    let changed = visitor.mutate("registerProject", "project", "phase", input).await;
    changed["project"]["id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn a_question_is_asked_answered_and_accepted() {
    let world = World::new().await;
    let (sanne, joost) = (world.visitor("sanne").await, world.visitor("joost").await);
    let asked = ask(&sanne, false).await;
    let id = asked["question"]["id"].clone();
    assert_eq!(asked["question"]["asker"]["id"], member_id("sanne"));
    let board =
        joost.ask("{ questions(filter: { unanswered: true }) { nodes { id body { html } } } }", json!({})).await;
    assert_eq!(board["questions"]["nodes"][0]["id"], id);
    assert_eq!(board["questions"]["nodes"][0]["body"]["html"], "<p>De <strong>huisartsen</strong> of wij?</p>\n");
    let input = json!({ "questionId": id, "body": "Bij ons belt de huisarts." });
    let answered = joost.mutate("giveAnswer", "question", "answers { id byViewer }", input).await;
    let answer = answered["question"]["answers"][0].clone();
    assert_eq!(answer["byViewer"], true);
    let input = json!({ "questionId": id, "answerId": answer["id"] });
    let own = joost.mutate("markHelpful", "question", "", input.clone()).await;
    assert_eq!(own["code"], "OWN_ANSWER");
    let not_asker = joost.mutate("acceptAnswer", "question", "", input.clone()).await;
    assert_eq!(not_asker["code"], "FORBIDDEN");
    let accepted = sanne.mutate("acceptAnswer", "question", "solved answers { accepted }", input).await;
    assert_eq!(accepted["question"]["solved"], true);
}

#[tokio::test]
async fn an_answer_written_with_another_form_of_the_word_is_found_while_typing() {
    let world = World::new().await;
    let (sanne, joost) = (world.visitor("sanne").await, world.visitor("joost").await);
    let asked = ask(&sanne, false).await;
    let input = json!({ "questionId": asked["question"]["id"], "body": "De wijkverpleging belt." });
    joost.mutate("giveAnswer", "question", "", input).await;
    let query = "query($text: String!) { similar(text: $text) { title excerpt contribution { __typename } } }";
    let found = sanne.ask(query, json!({ "text": "huisarts" })).await;
    assert_eq!(found["similar"][0]["title"], "Wie begint het gesprek?");
    assert_eq!(found["similar"][0]["excerpt"], "De **huisartsen** of wij?");
    let found = sanne.ask(query, json!({ "text": "wijkverpleging" })).await;
    assert_eq!(found["similar"][0]["excerpt"], "De wijkverpleging belt.");
    assert_eq!(sanne.ask(query, json!({ "text": "de het een" })).await["similar"], json!([]));
}

#[tokio::test]
async fn an_anonymous_question_is_its_askers_alone_until_revealed() {
    let world = World::new().await;
    let (sanne, joost) = (world.visitor("sanne").await, world.visitor("joost").await);
    let asked = ask(&sanne, true).await;
    let id = asked["question"]["id"].clone();
    assert_eq!(asked["question"]["anonymous"], true);
    assert_eq!(asked["question"]["asker"], Value::Null);
    assert_eq!(asked["question"]["askedByViewer"], true);
    let mine = "{ questions(filter: { mine: true }) { nodes { id } } }";
    assert_eq!(sanne.ask(mine, json!({})).await["questions"]["nodes"][0]["id"], id);
    assert_eq!(joost.ask(mine, json!({})).await["questions"]["nodes"], json!([]));
    let input = json!({ "questionId": id, "body": "Vraag het de huisarts." });
    let answered = joost.mutate("giveAnswer", "question", "askedByViewer answers { id }", input).await;
    assert_eq!(answered["question"]["askedByViewer"], false);
    let answer = &answered["question"]["answers"][0]["id"];
    let input = json!({ "questionId": id, "answerId": answer });
    let accepted = sanne.mutate("acceptAnswer", "question", "solved", input.clone()).await;
    assert_eq!(accepted["question"]["solved"], true);
    sanne.mutate("markHelpful", "question", "", input).await;

    let page = world.app.log().page(0, 1000).await.expect("reads");
    let about = id.as_str().and_then(|id| id.strip_prefix("question-")).expect("an id");
    let her = member("sanne").to_string();
    for event in page.iter().map(eventlog::envelope).filter(|event| event.contains(about)) {
        assert!(!event.contains(&her), "links the question to its asker: {event}");
    }

    let input = json!({ "questionId": id });
    assert_eq!(joost.mutate("revealAsker", "question", "", input.clone()).await["code"], "FORBIDDEN");
    let revealed = sanne.mutate("revealAsker", "question", "anonymous asker { id }", input).await;
    assert_eq!(revealed["question"]["anonymous"], false);
    assert_eq!(revealed["question"]["asker"]["id"], member_id("sanne"));
}

#[tokio::test]
async fn an_illegal_step_of_a_project_is_refused_in_plain_dutch_and_nothing_changes() {
    let world = World::new().await;
    let sanne = world.visitor("sanne").await;
    let project = begin_project(&sanne).await;
    let to = |phase: &str| json!({ "projectId": project, "to": phase });
    let skipped = sanne.mutate("advancePhase", "project", "", to("EMBEDDING")).await;
    assert_eq!(skipped["code"], "NOT_THE_NEXT_PHASE");
    let told = "Het project is in de fase verkenning. Daarna komt voorbereiding; je kunt die fase niet overslaan.";
    assert_eq!(skipped["message"], told);
    let advanced = sanne.mutate("advancePhase", "project", "phase phases { phase }", to("PREPARATION")).await;
    assert_eq!((&advanced["project"]["phase"], &advanced["project"]["version"]), (&json!("PREPARATION"), &json!(2)));
    let backwards = sanne.mutate("advancePhase", "project", "", to("ORIENTATION")).await;
    assert_eq!(backwards["code"], "NOT_THE_NEXT_PHASE");
    let stranger = world.visitor("joost").await;
    assert_eq!(stranger.mutate("advancePhase", "project", "", to("IMPLEMENTATION")).await["code"], "FORBIDDEN");
    let still = stranger.ask("query($id: ID!) { project(id: $id) { phase version } }", json!({ "id": project })).await;
    assert_eq!(still["project"], json!({ "phase": "PREPARATION", "version": 2 }));
}

#[tokio::test]
async fn a_project_shows_its_bottlenecks_people_cycles_and_timeline() {
    let world = World::new().await;
    let sanne = world.visitor("sanne").await;
    let project = begin_project(&sanne).await;
    let input = json!({ "projectId": project, "text": "Te weinig tijd", "kind": "CAPACITY" });
    let raised = sanne.mutate("raiseBottleneck", "project", "bottlenecks { id }", input).await;
    let bottleneck = &raised["project"]["bottlenecks"][0]["id"];
    let input = json!({ "projectId": project, "bottleneckId": bottleneck, "solution": "Een vast moment in het MDO" });
    sanne.mutate("resolveBottleneck", "project", "", input).await;
    sanne.mutate("joinProject", "project", "", json!({ "projectId": project, "memberId": member_id("joost") })).await;
    let input = json!({
        "projectId": project, "aim": "Vijf gesprekken", "change": "Bellen na ontslag", "prediction": "Drie lukken",
        "starts": "2026-03-02", "ends": "2026-03-13",
    });
    sanne.mutate("planCycle", "cycle", "", input).await;
    let query = "query($id: ID!) { project(id: $id) {
        openBottleneckCount bottlenecks { text { text } resolution { solution { text } } }
        participants { name { text } } cycles { number stage }
        timeline(newestFirst: false) { nodes { type sentence } } } }";
    let shown = sanne.ask(query, json!({ "id": project })).await;
    assert_eq!(shown["project"]["openBottleneckCount"], 0);
    assert_eq!(shown["project"]["participants"][1]["name"]["text"], "joost");
    assert_eq!(shown["project"]["cycles"], json!([{ "number": 1, "stage": "PLANNED" }]));
    let told: Vec<&str> = shown["project"]["timeline"]["nodes"]
        .as_array()
        .expect("entries")
        .iter()
        .filter_map(|entry| entry["sentence"].as_str())
        .collect();
    let expected = [
        "Sanne begon het project",
        "Sanne meldde een knelpunt",
        "Sanne loste een knelpunt op",
        "Joost doet mee aan het project",
        "Sanne plande PDSA-cyclus 1",
        "Sanne schreef op wat de cyclus zou opleveren",
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn the_steps_of_a_cycle_keep_their_order() {
    let world = World::new().await;
    let sanne = world.visitor("sanne").await;
    let project = begin_project(&sanne).await;
    let input = json!({
        "projectId": project, "aim": "Vijf gesprekken", "change": "Bellen na ontslag",
        "starts": "2026-03-02", "ends": "2026-03-13",
    });
    let planned = sanne.mutate("planCycle", "cycle", "", input).await;
    let cycle = &planned["cycle"]["id"];
    let result = json!({ "cycleId": cycle, "result": "4", "learned": "Bellen werkt", "predictionMet": "MET" });
    let early = sanne.mutate("logPdsaResult", "cycle", "", result.clone()).await;
    assert_eq!(early["code"], "NOT_STARTED");
    let start = json!({ "cycleId": cycle });
    assert_eq!(sanne.mutate("startCycle", "cycle", "", start.clone()).await["code"], "NO_PREDICTION");
    let predict = json!({ "cycleId": cycle, "prediction": "Drie lukken" });
    sanne.mutate("makePrediction", "cycle", "", predict.clone()).await;
    assert_eq!(sanne.mutate("startCycle", "cycle", "stage", start).await["cycle"]["stage"], "STARTED");
    let late = sanne.mutate("makePrediction", "cycle", "", predict).await;
    assert_eq!(late["code"], "AFTER_START");
    assert!(late["message"].as_str().is_some_and(|told| told.contains("voorspelling")), "{late}");
    assert_eq!(sanne.mutate("logPdsaResult", "cycle", "stage", result).await["cycle"]["stage"], "STUDIED");
    let decide = json!({ "cycleId": cycle, "decision": "ADOPT" });
    assert_eq!(sanne.mutate("decideCycle", "cycle", "stage", decide).await["cycle"]["stage"], "DECIDED");
}

#[tokio::test]
async fn a_knowledge_page_bundles_what_was_contributed() {
    let world = World::new().await;
    let (sanne, emma) = (world.visitor("sanne").await, world.visitor("emma").await);
    let asked = ask(&sanne, false).await;
    let input = json!({
        "kind": "BOTTLENECK", "title": "Geen tijd voor gesprekken", "body": "Iedereen was druk.",
        "outcome": "Een vast halfuur.", "themeIds": [world.theme],
    });
    let shared = sanne.mutate("shareExperience", "experience", "outcome { text }", input).await;
    let draft =
        json!({ "title": "Praten over wat telt", "interventionId": world.intervention, "themeId": world.theme });
    assert_eq!(sanne.mutate("draftPage", "knowledgePage", "", draft.clone()).await["code"], "FORBIDDEN");
    let page = emma.mutate("draftPage", "knowledgePage", "", draft).await["knowledgePage"]["id"].clone();
    let input = json!({ "knowledgePageId": page, "heading": "Beginnen", "text": "Zo begin je." });
    let written = emma.mutate("writeSection", "knowledgePage", "sections(draft: true) { id }", input).await;
    let section = &written["knowledgePage"]["sections"][0]["id"];
    let cite = |source: (&str, &Value)| json!({ "knowledgePageId": page, "sectionId": section, source.0: source.1 });
    emma.mutate("citeSource", "knowledgePage", "", cite(("questionId", &asked["question"]["id"]))).await;
    emma.mutate("citeSource", "knowledgePage", "", cite(("experienceId", &shared["experience"]["id"]))).await;
    let read = "query($id: ID!) { knowledgePage(id: $id) { publishedVersion
        sections { heading { text } sources { ... on Question { title { text } } ... on Experience { title { text } } } } } }";
    let hidden = sanne.ask(read, json!({ "id": page })).await;
    assert_eq!(hidden["knowledgePage"], Value::Null, "a draft is its editors' alone");
    emma.mutate("publishPage", "knowledgePage", "", json!({ "knowledgePageId": page })).await;
    let shown = sanne.ask(read, json!({ "id": page })).await;
    assert_eq!(shown["knowledgePage"]["publishedVersion"], 1);
    let sources = &shown["knowledgePage"]["sections"][0]["sources"];
    assert_eq!(sources[0]["title"]["text"], "Wie begint het gesprek?");
    assert_eq!(sources[1]["title"]["text"], "Geen tijd voor gesprekken");
}

#[tokio::test]
async fn an_event_tells_what_each_id_that_it_concerns_stands_for() {
    let world = World::new().await;
    let (sanne, joost) = (world.visitor("sanne").await, world.visitor("joost").await);
    let id = ask(&sanne, false).await["question"]["id"].clone();
    let input = json!({ "questionId": id, "body": "Bij ons belt de huisarts." });
    let answered = joost.mutate("giveAnswer", "question", "", input).await;
    let told = concerned(&sanne, &answered["position"]).await;
    let known = |kind: &str, thing: &str, name: Value| json!({ "kind": kind, "thingId": thing, "name": name });
    let text = |text: &str| json!({ "text": text });
    let id = id.as_str().expect("an id");
    assert_eq!(
        told,
        [
            known("theme", &world.theme, text("Communicatie")),
            known("intervention", &world.intervention, text("CURA")),
            known("member", &member_id("joost"), text("joost")),
            known("question", id, text("Wie begint het gesprek?")),
            known("answer", id, Value::Null),
        ]
    );
}

#[tokio::test]
async fn a_page_that_was_never_published_is_named_to_nobody_but_its_editors() {
    let world = World::new().await;
    let (sanne, emma) = (world.visitor("sanne").await, world.visitor("emma").await);
    let draft = json!({ "title": "Nog geheim", "interventionId": world.intervention, "themeId": world.theme });
    let drafted = emma.mutate("draftPage", "knowledgePage", "", draft).await;
    let page = &drafted["knowledgePage"]["id"];
    let input = json!({ "knowledgePageId": page, "heading": "Beginnen", "text": "Zo begin je." });
    let written = emma.mutate("writeSection", "knowledgePage", "", input).await;
    let told = concerned(&sanne, &written["position"]).await;
    assert!(told.contains(&json!({ "kind": "page", "thingId": null, "name": null })), "{told:?}");
    assert!(told.contains(&json!({ "kind": null, "thingId": null, "name": null })), "its section: {told:?}");
    let told = concerned(&emma, &written["position"]).await;
    assert!(told.contains(&json!({ "kind": "page", "thingId": page, "name": { "text": "Nog geheim" } })), "{told:?}");
    let by_id = "query($id: ID!) { node(id: $id) { id } }";
    assert_eq!(sanne.ask(by_id, json!({ "id": page })).await["node"], Value::Null);
    assert_eq!(emma.ask(by_id, json!({ "id": page })).await["node"]["id"], *page);
}

async fn concerned(visitor: &Visitor<'_>, position: &Value) -> Vec<Value> {
    let query = "query($p: Position!) { event(position: $p) { concerned { kind thingId name { text } } } }";
    let mut answer = visitor.ask(query, json!({ "p": position })).await;
    answer["event"]["concerned"].as_array_mut().map(std::mem::take).expect("a list")
}
