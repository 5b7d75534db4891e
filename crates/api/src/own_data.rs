//! Everything that is kept about a member, for themselves (AVG, articles 15 and 20): readable by people and by programs.

use std::collections::HashMap;

use app::{AccessLine, Failure};
use domain::{
    Actor, Aggregate as _, Event, Scope, Timestamp,
    id::MemberId,
    member::{Profession, Role},
    question::Question,
    sentence,
};
use eventlog::{ReadError, Recorded, StreamId};
use readmodel::{
    ReadModelError, ReadModels,
    models::{
        catalogue::Catalogue,
        member::{MemberRow, Members, Request, Standing},
    },
};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::{
    Platform,
    access::{Access, AccountInfo},
    erasure,
    language::Language,
};

/// The most lines of the access log that a download holds; the page shows the others.
const LINES: i64 = 10_000;

/// Everything that is kept about a member.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OwnData {
    pub(crate) made_at: Timestamp,
    /// Up to which position of the log.
    pub(crate) position: i64,
    pub(crate) profile: Profile,
    pub(crate) roles: Vec<HeldRole>,
    /// Everything that concerns them, the first first.
    pub(crate) events: Vec<Happened>,
    pub(crate) sessions: Vec<Session>,
    pub(crate) access_tokens: Vec<Token>,
    pub(crate) accounts: Vec<AccountInfo>,
    /// Who looked at what is about them, the latest first.
    pub(crate) access_log: Vec<Line>,
}

/// Who they are here.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Profile {
    pub(crate) id: MemberId,
    pub(crate) name: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) profession: Option<Profession>,
    pub(crate) organisation: Option<String>,
    pub(crate) expertise: Vec<String>,
    pub(crate) open_to_contact: bool,
    pub(crate) standing: Standing,
    /// On what their access rests, by number or name.
    pub(crate) access: Vec<String>,
    /// What they asked for, when they came by asking.
    pub(crate) request: Option<Request>,
}

/// A role that they hold or held.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HeldRole {
    pub(crate) role: Role,
    /// The region or consortium; the country when absent.
    #[serde(rename = "where")]
    pub(crate) place: Option<String>,
    pub(crate) from: Timestamp,
    pub(crate) until: Option<Timestamp>,
}

/// Something that happened.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Happened {
    pub(crate) position: i64,
    pub(crate) at: Timestamp,
    #[serde(rename = "type")]
    pub(crate) event_type: String,
    pub(crate) stream: String,
    /// In words.
    pub(crate) sentence: String,
    /// What it says, when they did it or it happened to them; texts as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) data: Option<Value>,
    /// Nobody else sees that it was them.
    pub(crate) anonymous: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Session {
    pub(crate) begun_at: Timestamp,
    pub(crate) used_at: Timestamp,
    pub(crate) browser: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Token {
    pub(crate) name: String,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Line {
    pub(crate) at: Timestamp,
    pub(crate) who: String,
    pub(crate) action: String,
    pub(crate) ground: String,
}

/// It cannot be gathered for now.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotGathered {
    /// The history cannot be read.
    #[error("the history cannot be read")]
    History(#[from] audit::HistoryError),
    /// The read models cannot be read.
    #[error("the read models cannot be read")]
    ReadModels(#[from] ReadModelError),
    /// The log cannot be read.
    #[error("the log cannot be read")]
    Log(#[from] ReadError),
    /// Something else is away.
    #[error(transparent)]
    Failed(#[from] Failure),
    /// What one signs in with cannot be read.
    #[error("sessions and tokens cannot be read")]
    Database(#[from] sqlx::Error),
}

/// Gathers it.
pub(crate) async fn gather(
    platform: &Platform,
    access: &Access,
    member: MemberId,
    language: Language,
) -> Result<Option<OwnData>, NotGathered> {
    let Platform { app, models, access_log, .. } = platform;
    let Some(row) = models.row::<Members>(member.to_string()).await? else { return Ok(None) };
    let head = app.log().head().await?.position;
    let mut people = Names { models, known: HashMap::new() };
    let mut events = Vec::new();
    for happened in audit::history(app.log(), member.0, head).await? {
        let own =
            happened.recorded.actor == Actor::Member(member).to_string() || happened.recorded.stream.id == member.0;
        let data = own.then(|| opened(happened.event.encode().data));
        events.push(tell(&mut people, &happened.recorded, &happened.sentence, data, false, language).await?);
    }
    for question in erasure::hidden(app, models, member).await? {
        let asker = Actor::Asker(question);
        let stream = app.log().stream(&StreamId::new(Question::KIND, question), 0).await?;
        for seen in models.see(&stream).await? {
            let Some(recorded) = stream.iter().find(|event| event.position == seen.position) else { continue };
            if seen.actor == asker {
                let sentence = sentence::tell(&seen.event, asker);
                let data = Some(opened(Event::encode(&seen.event).data));
                events.push(tell(&mut people, recorded, &sentence, data, true, language).await?);
            }
        }
    }
    events.sort_by_key(|event| event.position);
    let (profile, roles) = profile(models, row).await?;
    let mut lines = Vec::new();
    for line in access_log.lines(Some(member.0), i64::MAX, LINES).await? {
        lines.push(looked(&mut people, line).await?);
    }
    Ok(Some(OwnData {
        made_at: app.source().now(),
        position: head,
        profile,
        roles,
        events,
        sessions: access
            .sessions
            .of(member)
            .await?
            .into_iter()
            .map(|session| Session { begun_at: session.begun_at, used_at: session.used_at, browser: session.agent })
            .collect(),
        access_tokens: access
            .tokens
            .of(member)
            .await?
            .into_iter()
            .map(|token| Token { name: token.name, created_at: token.created_at, expires_at: token.expires_at })
            .collect(),
        accounts: access.accounts(member).await?,
        access_log: lines,
    }))
}

async fn profile(models: &ReadModels, row: MemberRow) -> Result<(Profile, Vec<HeldRole>), NotGathered> {
    let ids = row.organisation.map(|id| id.0).into_iter();
    let ids = ids.chain(row.expertise.iter().map(|id| id.0)).chain(row.accesses.iter().map(|held| held.basis.0));
    let regions = row.roles.iter().filter_map(|held| match held.scope {
        Scope::Region { region } => Some(region.0),
        Scope::National | Scope::Consortium { .. } => None,
    });
    let mut names = HashMap::new();
    for id in ids.chain(regions) {
        if let Some(entry) = models.row::<Catalogue>(id.to_string()).await? {
            names.insert(id, entry.name().to_owned());
        }
    }
    let name = |id: Uuid| names.get(&id).cloned();
    let roles = row.roles.iter().map(|held| HeldRole {
        role: held.role,
        place: match held.scope {
            Scope::National => None,
            Scope::Consortium { consortium } => Some(consortium.name().to_owned()),
            Scope::Region { region } => name(region.0),
        },
        from: held.from,
        until: held.until,
    });
    let roles = roles.collect();
    let profile = Profile {
        id: row.id,
        name: row.name.text().map(str::to_owned),
        email: row.email.text().map(str::to_owned),
        profession: row.profession,
        organisation: row.organisation.and_then(|id| name(id.0)),
        expertise: row.expertise.iter().filter_map(|id| name(id.0)).collect(),
        open_to_contact: row.open_to_contact,
        standing: row.standing,
        access: row.accesses.iter().filter_map(|held| name(held.basis.0)).collect(),
        request: row.request,
    };
    Ok((profile, roles))
}

/// A payload with its texts in place of what sealed them.
fn opened(value: Value) -> Value {
    match value {
        Value::Object(mut fields) if fields.contains_key("$sealed") => fields.remove("open").unwrap_or(Value::Null),
        Value::Object(fields) => fields.into_iter().map(|(key, value)| (key, opened(value))).collect(),
        Value::Array(items) => items.into_iter().map(opened).collect(),
        other => other,
    }
}

/// The names of members, each looked up once.
struct Names<'a> {
    models: &'a ReadModels,
    known: HashMap<MemberId, Option<String>>,
}

impl Names<'_> {
    async fn of(&mut self, member: MemberId) -> Result<Option<String>, NotGathered> {
        if let Some(known) = self.known.get(&member) {
            return Ok(known.clone());
        }
        let row = self.models.row::<Members>(member.to_string()).await?.filter(MemberRow::came);
        let name = row.and_then(|row| row.name.text().map(str::to_owned));
        self.known.insert(member, name.clone());
        Ok(name)
    }
}

async fn tell(
    people: &mut Names<'_>,
    recorded: &Recorded,
    sentence: &sentence::Sentence,
    data: Option<Value>,
    anonymous: bool,
    language: Language,
) -> Result<Happened, NotGathered> {
    let mut names = HashMap::new();
    for member in sentence.members() {
        if let Some(name) = people.of(member).await? {
            names.insert(member, name);
        }
    }
    Ok(Happened {
        position: recorded.position,
        at: recorded.at,
        event_type: recorded.event_type.clone(),
        stream: recorded.stream.to_string(),
        sentence: sentence.fill(language.is_dutch(), |member| names.get(&member).cloned()),
        data,
        anonymous,
    })
}

async fn looked(people: &mut Names<'_>, line: AccessLine) -> Result<Line, NotGathered> {
    let member = line.actor.strip_prefix("member:").and_then(|id| id.parse::<Uuid>().ok());
    let named = match member {
        Some(member) => people.of(member.into()).await?,
        None => None,
    };
    let who = named.unwrap_or(line.actor);
    Ok(Line { at: line.at, who, action: line.action, ground: line.ground })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_stand_as_they_were_written() {
        let sealed = json!({ "title": { "$sealed": "question:1", "open": "Wie belt na?" }, "themes": ["a"] });
        assert_eq!(opened(sealed), json!({ "title": "Wie belt na?", "themes": ["a"] }));
        assert_eq!(opened(json!({ "$sealed": "member:1", "erased": true })), Value::Null);
    }
}
