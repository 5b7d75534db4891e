//! Whoever asks anonymously stays so for anybody who has all of the database but no key, all mail, and all that was
//! logged: no row, id, letter or line leads from the question to her or back (rule 3, **L**; story 2).

use std::collections::BTreeSet;

use axum::{
    body::Body,
    http::{Request, header},
};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Row as _};

use crate::support::{Visitor, World, member};

const CHANGED: &str = "... on QuestionChanged { position question { id answers { id } } } ... on Refusal { code }";

async fn act(visitor: &Visitor<'_>, mutation: &str, input: Value) -> Value {
    let name = format!("{}{}", mutation[..1].to_uppercase(), &mutation[1..]);
    let query = format!("mutation($input: {name}Input!) {{ {mutation}(input: $input) {{ {CHANGED} }} }}");
    let done = visitor.ask(&query, json!({ "input": input })).await[mutation].take();
    assert!(done["position"].is_number(), "{mutation}: {done}");
    done
}

/// Every row of every table, as (table, text), ids without their hyphens.
async fn dump(world: &World) -> Vec<(String, String)> {
    let pool = world.pool().await;
    let tables = sqlx::query(
        "SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables
         WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')",
    );
    let tables = tables.fetch_all(&pool).await.expect("tables");
    let mut rows = Vec::new();
    for table in tables {
        let table: String = table.get(0);
        let sql = AssertSqlSafe(format!("SELECT row_to_json(kept)::text FROM {table} AS kept"));
        for row in sqlx::query(sql).fetch_all(&pool).await.expect("rows") {
            let text: String = row.get(0);
            rows.push((table.clone(), text.to_lowercase().replace('-', "")));
        }
    }
    rows
}

/// The ids in some texts: runs of exactly 32 hexadecimal digits.
fn ids<'a>(texts: impl IntoIterator<Item = &'a str>) -> BTreeSet<&'a str> {
    let runs = texts.into_iter().flat_map(|text| text.split(|c: char| !c.is_ascii_hexdigit()));
    runs.filter(|run| run.len() == 32).collect()
}

/// The rows that hold any of some words.
fn with<'a>(rows: &'a [(String, String)], words: &[&str]) -> Vec<&'a str> {
    let holds = |text: &str| words.iter().any(|word| text.contains(word));
    rows.iter().map(|(_, text)| &**text).filter(|text| holds(text)).collect()
}

#[tokio::test]
async fn nothing_that_is_kept_or_sent_links_asker_and_question() {
    let world = World::new().await.writing().await;
    let (sanne, joost) = (world.visitor("sanne").await, world.visitor("joost").await);
    let before = dump(&world).await;

    let ask = json!({
        "title": "Durf ik dit te vragen?", "body": "Ik weet het niet.", "themeIds": [world.theme],
        "interventionId": world.intervention, "phase": "PREPARATION", "anonymous": true, "idempotencyKey": "een-sleutel",
    });
    let question = act(&sanne, "askQuestion", ask).await["question"]["id"].clone();
    // Under her own name meanwhile, so that there is something to be linked by.
    let open = json!({
        "title": "Wie belt na?", "body": "Na een overlijden.", "themeIds": [world.theme], "anonymous": false,
        "idempotencyKey": "een-andere",
    });
    act(&sanne, "askQuestion", open).await;
    let answer = json!({ "questionId": question, "body": "Ja, graag." });
    let answered = act(&joost, "giveAnswer", answer).await;
    let accept = json!({ "questionId": question, "answerId": answered["question"]["answers"][0]["id"] });
    act(&sanne, "acceptAnswer", accept).await;
    let reaction =
        json!({ "questionId": question, "body": "Dank, dat ga ik proberen.", "idempotencyKey": "een-derde" });
    act(&sanne, "giveAnswer", reaction).await;
    // She looks at it, at all that is kept of her, and at what erasing it would do.
    let looked = sanne.ask(
        "query($id: ID!, $self: ID!) { question(id: $id) { askedByViewer } questions(filter: { mine: true }) { nodes { id } }
           accessLog(aboutId: $self) { action } erasurePreview(memberId: $self) { texts { count } } }",
        json!({ "id": question, "self": format!("member-{}", member("sanne")) }),
    );
    assert_eq!(looked.await["question"]["askedByViewer"], true, "she herself still sees it as hers");
    let download = Request::get("/own-data/json").header(header::COOKIE, &sanne.cookie).body(Body::empty());
    assert_eq!(world.send(download.expect("a request")).await.status(), 200);

    let after = dump(&world).await;
    let uuid = |id: &str| id.split_once('-').map_or(id, |(_, uuid)| uuid).replace('-', "");
    let question = uuid(question.as_str().expect("an id"));
    let her = member("sanne").to_string().replace('-', "");
    // (Names and addresses too: a row that names her need not hold her id.)
    let hers = [&*her, "sanne"];
    let about = with(&after, &[&question]);
    assert!(about.len() >= 6, "events, read models, keys");
    let both: Vec<_> = about.iter().filter(|row| hers.iter().any(|word| row.contains(word))).collect();
    assert!(both.is_empty(), "rows that hold both: {both:#?}");
    for secret in ["durf ik dit", "ik weet het niet"] {
        // The read models show the text; what they are folded from does not hold it.
        let logged = after.iter().filter(|(table, row)| table.starts_with("log.") && row.contains(secret));
        assert_eq!(logged.count(), 0, "the log holds the text");
    }

    // What is in both: nothing but what was there before anything was asked, which is everybody's.
    let known = ids(before.iter().map(|(_, text)| &**text));
    let of_question: BTreeSet<_> = ids(about.iter().copied()).difference(&known).copied().collect();
    let of_her: BTreeSet<_> = ids(with(&after, &hers)).difference(&known).copied().collect();
    assert!(of_question.len() > 2 && of_her.len() > 2, "{of_question:?} {of_her:?}");
    // One step further: what shares an id with the question, and what does with her.
    let reached = |ids_of: &BTreeSet<&str>| -> BTreeSet<&str> {
        let words: Vec<&str> = ids_of.iter().copied().collect();
        ids(with(&after, &words)).difference(&known).copied().collect()
    };
    let shared: Vec<_> = reached(&of_question).intersection(&of_her).copied().map(str::to_owned).collect();
    assert_eq!(shared, [""; 0], "ids lead from the question to her");
    let shared: Vec<_> = reached(&of_her).intersection(&of_question).copied().map(str::to_owned).collect();
    assert_eq!(shared, [""; 0], "ids lead from her to the question");

    // Mail: headers and all.
    for letter in world.letters("@", 0).await {
        let letter = letter.to_lowercase().replace('-', "");
        assert!(!letter.contains(&question) || !letter.contains("sanne"), "{letter}");
    }
}
