//! That the texts are what the rest relies on.

use serde_json::Value;

use super::*;

const SETTINGS: [Setting; Setting::COUNT] =
    [Setting::Hospital, Setting::Hospice, Setting::Practice, Setting::CareHome, Setting::HomeCare, Setting::Network];
const LONGEST_REGION: &str = "Rotterdam en omstreken";

fn texts() -> Texts {
    Texts::read().expect("the texts read")
}

/// Every string of a file, in the words of every setting.
fn everything(words: &Words, value: &Value, check: &mut impl FnMut(String)) {
    match value {
        Value::String(text) => {
            for setting in SETTINGS {
                check(words.fit(text, setting, LONGEST_REGION));
            }
        }
        Value::Array(values) => values.iter().for_each(|value| everything(words, value, check)),
        Value::Object(map) => map.values().for_each(|value| everything(words, value, check)),
        _ => {}
    }
}

#[test]
fn the_platform_takes_every_text_in_the_words_of_every_setting() {
    let words = texts().words;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/texts");
    let mut files = 0;
    for file in std::fs::read_dir(folder).expect("a folder") {
        let path = file.expect("a file").path();
        if path.ends_with("words.json") {
            continue;
        }
        files += 1;
        let value = serde_json::from_str(&std::fs::read_to_string(&path).expect("text")).expect("JSON");
        everything(&words, &value, &mut |text| {
            assert!(!text.contains(['{', '}']), "a word is missing in {}: {text}", path.display());
            assert!(Prose::parse(&text).is_ok(), "{}: {text}", path.display());
        });
    }
    assert!(files > 10, "{files}");
}

#[test]
fn titles_fit_in_a_line_even_when_asked_again() {
    let texts = texts();
    for topic in &texts.topics {
        for (ask, again) in topic.asks.iter().flat_map(|ask| texts.words.again.iter().map(move |again| (ask, again))) {
            let title = texts.words.fit(&format!("{}. {again}", ask.title), Setting::Hospital, LONGEST_REGION);
            assert!(Line::parse(&title).is_ok(), "{title}");
        }
    }
    let aims = texts.ramps.iter().flat_map(|ramp| ramp.cycles.iter().map(|cycle| &cycle.aim));
    let titles = texts.experiences.iter().map(|account| &account.title);
    for title in aims.chain(titles).chain(texts.projects.iter().map(|plan| &plan.name)) {
        assert!(Line::parse(&format!("{title} (regio {LONGEST_REGION}) 1000")).is_ok(), "{title}");
    }
}

#[test]
fn what_texts_refer_to_is_there() {
    let texts = texts();
    let topics = texts.topics.iter().filter_map(|topic| topic.key.as_deref());
    let accounts = texts.experiences.iter().filter_map(|account| account.key.as_deref());
    let citable: Vec<&str> = topics.chain(accounts).collect();
    for topic in &texts.topics {
        let asks = 0..topic.asks.len();
        let told = asks.clone().all(|ask| !topic.answers_to(ask).is_empty()) || topic.answers.is_empty();
        let named = topic.answers.iter().flat_map(|reply| reply.to.iter().flatten());
        assert!(told && named.into_iter().all(|ask| asks.contains(ask)), "{:?}", topic.key);
    }
    for page in &texts.pages {
        assert!(texts.intervention(&page.intervention).is_some() && texts.theme(&page.theme).is_some());
        assert!(page.revision.0 < page.sections.len());
        for key in page.sections.iter().flat_map(|section| &section.cites) {
            assert!(citable.contains(&key.as_str()), "{key}");
        }
    }
    for solves in texts.experiences.iter().filter_map(|account| account.solves.as_ref()) {
        assert!(texts.bottlenecks.iter().any(|obstacle| obstacle.key.as_ref() == Some(solves)), "{solves}");
    }
    let named = texts.topics.iter().filter_map(|topic| topic.intervention.as_deref());
    let named = named.chain(texts.experiences.iter().filter_map(|account| account.intervention.as_deref()));
    let named = named.chain(texts.bottlenecks.iter().filter_map(|obstacle| obstacle.intervention.as_deref()));
    let named = named.chain(texts.ramps.iter().filter_map(|ramp| ramp.intervention.as_deref()));
    for key in named.chain(texts.projects.iter().flat_map(|plan| plan.interventions.iter().map(String::as_str))) {
        assert!(texts.intervention(key).is_some(), "{key}");
    }
    let themes = texts.topics.iter().flat_map(|topic| &topic.themes);
    for key in themes.chain(texts.experiences.iter().flat_map(|account| &account.themes)) {
        assert!(texts.theme(key).is_some(), "{key}");
    }
}

#[test]
fn there_are_enough_texts() {
    let texts = texts();
    let asks: usize = texts.topics.iter().map(|topic| topic.asks.len()).sum();
    let cycles: usize = texts.ramps.iter().map(|ramp| ramp.cycles.len()).sum();
    let open = texts.topics.iter().filter(|topic| topic.answers.is_empty()).count();
    assert!(asks >= 70 && texts.experiences.len() >= 40 && texts.bottlenecks.len() >= 30 && cycles >= 25);
    assert_eq!((texts.projects.len(), texts.pages.len(), open), (24, 8, 8));
    assert!(texts.ramps.iter().flat_map(|ramp| &ramp.cycles).all(|cycle| !cycle.observations.is_empty()));
    let register = &texts.register;
    assert_eq!((register.regions.len(), register.organisations.len(), register.themes.len()), (12, 40, 6));
}

/// Story 2: who looks for "huisartsen" finds what somebody wrote about a "huisarts".
#[test]
fn questions_about_gps_have_answers_about_a_gp() {
    let texts = texts();
    let about = |topic: &&Topic| topic.asks.iter().any(|ask| ask.title.to_lowercase().contains("huisartsen"));
    let found: Vec<&Topic> = texts.topics.iter().filter(about).collect();
    let singular = |reply: &Reply| {
        reply.body.split(|letter: char| !letter.is_alphabetic()).any(|word| word.to_lowercase() == "huisarts")
    };
    let answered = found.iter().filter(|topic| topic.answers.iter().any(singular)).count();
    assert!(found.len() >= 5 && answered >= 3, "{} {answered}", found.len());
}
