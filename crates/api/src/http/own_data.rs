//! What is kept about a member, as a file for themselves: for programs, and to read.

use std::fmt::Write as _;

use app::{Ground, Looked, Person};
use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};

use domain::period::written;

use super::{Shared, graphql::From, problem};
use crate::{
    language::Language,
    own_data::{self, OwnData},
};

/// `/own-data/json` or `/own-data/html`.
pub(super) async fn download(
    State(shared): State<Shared>,
    headers: HeaderMap,
    From(caller): From,
    Path(format): Path<String>,
) -> Response {
    if format != "json" && format != "html" {
        return problem::not_found();
    }
    let Some(member) = caller.viewer else {
        return problem::problem(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", "sign in first");
    };
    if caller.credential.session().is_none() {
        let detail = "this is for people who are signed in, not for programs";
        return problem::problem(StatusCode::FORBIDDEN, "OUT_OF_SCOPE", detail);
    }
    // It is written down who has it: no other site makes anybody ask for it.
    if headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site") {
        return problem::problem(StatusCode::FORBIDDEN, "CROSS_SITE", "ask for this from the platform itself");
    }
    if let Err(too_often) = shared.pace.contribute(member, caller.address) {
        return problem::too_often(too_often);
    }
    let platform = &shared.platform;
    match platform.app.may(member, app::DOWNLOAD_OWN_DATA, Some(member)).await {
        Ok(true) => {}
        Ok(false) => return problem::problem(StatusCode::FORBIDDEN, "FORBIDDEN", "this may not be downloaded"),
        Err(error) => return problem::unavailable(&error),
    }
    let looked = Looked {
        by: Person::Member(member),
        credential: caller.credential.name(),
        action: "download_own_data",
        subjects: vec![member.0],
        ground: Ground::OwnData,
    };
    if let Err(error) = platform.access_log.record(looked).await {
        return problem::unavailable(&error);
    }
    let data = match own_data::gather(platform, &shared.access, member, caller.language).await {
        Ok(Some(data)) => data,
        Ok(None) => return problem::not_found(),
        Err(error) => return problem::unavailable(&error),
    };
    let mut response = match &*format {
        "json" => Json(data).into_response(),
        _ => Html(page(&data, caller.language)).into_response(),
    };
    let name = if caller.language.is_dutch() { "mijn-gegevens" } else { "my-data" };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}.{format}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A page that needs nothing but itself.
fn page(data: &OwnData, language: Language) -> String {
    let say = |nl: &'static str, en: &'static str| if language.is_dutch() { nl } else { en };
    let mut page = format!(
        "<!doctype html>\n<html lang=\"{}\">\n<meta charset=\"utf-8\">\n<title>{}</title>\n<style>{STYLE}</style>\n<h1>{}</h1>\n\
         <p>{} {}. {} {}.</p>\n",
        say("nl", "en"),
        say("Mijn gegevens op Leerwerk", "My data on Leerwerk"),
        say("Mijn gegevens op Leerwerk", "My data on Leerwerk"),
        say("Gemaakt op", "Made on"),
        written(data.made_at),
        say("Alles wat gebeurde tot en met gebeurtenis", "Everything that happened up to event"),
        data.position,
    );
    let profile = &data.profile;
    let profession = profile.profession.map(|profession| profession.named(language.is_dutch()).to_owned());
    let facts = [
        (say("Naam", "Name"), profile.name.clone().unwrap_or_default()),
        (say("E-mailadres", "E-mail address"), profile.email.clone().unwrap_or_default()),
        (say("Beroep", "Profession"), profession.unwrap_or_default()),
        (say("Organisatie", "Organisation"), profile.organisation.clone().unwrap_or_default()),
        (say("Deskundig in", "Expertise"), profile.expertise.join(", ")),
        (
            say("Collega's mogen contact vragen", "Colleagues may ask for contact"),
            if profile.open_to_contact { say("ja", "yes") } else { say("nee", "no") }.to_owned(),
        ),
        (say("Toegang rust op", "Access rests on"), profile.access.join(", ")),
    ];
    let _ = writeln!(page, "<h2>{}</h2>\n<dl>", say("Wie je hier bent", "Who you are here"));
    for (label, value) in facts.iter().filter(|(_, value)| !value.is_empty()) {
        let _ = writeln!(page, "<dt>{label}</dt><dd>{}</dd>", escaped(value));
    }
    page.push_str("</dl>\n");
    let roles = data.roles.iter().map(|held| {
        let place = held.place.as_deref().unwrap_or(say("heel het land", "the whole country"));
        let until = held.until.map(|until| format!(" – {}", written(until))).unwrap_or_default();
        format!("{} ({place}), {}{until}", held.role.named(language.is_dutch()), written(held.from))
    });
    list(&mut page, say("Rollen", "Roles"), roles, say("Geen.", "None."));
    let _ = writeln!(page, "<h2>{}</h2>\n<ol>", say("Wat er gebeurde", "What happened"));
    for event in &data.events {
        let mark = if event.anonymous {
            say(" (anoniem: alleen jij ziet dit)", " (anonymous: you alone see this)")
        } else {
            ""
        };
        let _ = write!(
            page,
            "<li value=\"{}\"><time>{}</time> {}{mark}",
            event.position,
            written(event.at),
            escaped(&event.sentence)
        );
        if let Some(said) = &event.data {
            let _ = write!(page, "<pre>{}</pre>", escaped(&serde_json::to_string_pretty(said).unwrap_or_default()));
        }
        page.push_str("</li>\n");
    }
    page.push_str("</ol>\n");
    let none = say("Geen.", "None.");
    let sessions = data.sessions.iter().map(|session| {
        format!(
            "{} – {}: {}",
            written(session.begun_at),
            written(session.used_at),
            session.browser.as_deref().unwrap_or_default()
        )
    });
    list(&mut page, say("Waar je bent ingelogd", "Where you are signed in"), sessions, none);
    let tokens = data
        .access_tokens
        .iter()
        .map(|token| format!("{} ({} – {})", token.name, written(token.created_at), written(token.expires_at)));
    list(&mut page, say("Toegang voor programma's", "Access for programs"), tokens, none);
    let accounts = data.accounts.iter().map(|account| format!("{}: {}", account.issuer, account.subject));
    list(&mut page, say("Accounts waarmee je inlogt", "Accounts you sign in with"), accounts, none);
    let lines = data
        .access_log
        .iter()
        .map(|line| format!("{} {}: {} ({})", written(line.at), line.who, line.action, line.ground));
    list(&mut page, say("Wie naar jouw gegevens keek", "Who looked at your data"), lines, none);
    page
}

fn list(page: &mut String, title: &str, items: impl Iterator<Item = String>, none: &str) {
    let _ = writeln!(page, "<h2>{title}</h2>");
    let mut items = items.peekable();
    if items.peek().is_none() {
        let _ = writeln!(page, "<p>{none}</p>");
        return;
    }
    page.push_str("<ul>\n");
    for item in items {
        let _ = writeln!(page, "<li>{}</li>", escaped(&item));
    }
    page.push_str("</ul>\n");
}

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem;color:#1d2b2a}\
    h1,h2{line-height:1.2}dt{font-weight:600}dd{margin:0 0 .5rem}pre{white-space:pre-wrap;background:#f3f5f4;padding:.5rem .75rem}\
    time{color:#5a6b69;font-size:.875rem}li{margin-bottom:.5rem}";
