//! Forgetting somebody (AVG, article 17): the keys to what is known of them are destroyed, and what they signed in with goes.
//!
//! That it was asked for is an event, recorded first. What follows can be repeated until it is done; the key of the member
//! goes last, so that what is left to do can be found until then.

use std::collections::{BTreeMap, BTreeSet};

use app::{App, Failure};
use domain::{
    Actor, Aggregate as _,
    id::{MemberId, QuestionId},
    member::{Contributions, Member},
    question::Question,
    sealed::KeyScope,
};
use eventlog::{KeyState, Recorded, StreamId};
use readmodel::{ReadModels, models::member::Erased};
use serde_json::Value;
use sqlx::PgPool;

use crate::access::{self, Forgotten};

/// Texts that go with their writer when the writer wants that: those they wrote by themselves. What a project or a page
/// holds together stays: it is others' too.
const OWN_TEXTS: [&str; 6] = ["question", "answer", "experience", "update", "bottleneck", "observation"];
/// Events read at once.
const PAGE: i64 = 1_000;

/// What is kept of a member, by where it lies.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept {
    /// Texts that they wrote, by their scopes.
    texts: BTreeSet<String>,
    /// Texts that they wrote as the anonymous asker of a question.
    hidden_texts: BTreeSet<String>,
    /// What links them to such questions, by its scopes.
    hidden: BTreeSet<String>,
}

impl Kept {
    /// How many texts there are of each kind; those written anonymously only if told so.
    pub(crate) fn counts(&self, hidden: bool) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for scope in self.texts.iter().chain(self.hidden_texts.iter().filter(|_| hidden)) {
            let kind = scope.split_once(':').map_or(&**scope, |(kind, _)| kind);
            *counts.entry(kind).or_default() += 1;
        }
        counts
    }
}

/// What was destroyed.
#[derive(Clone, Debug)]
pub(crate) struct Destroyed {
    pub(crate) kept: Kept,
    pub(crate) forgotten: Forgotten,
}

/// Finds what is kept of a member. What they asked anonymously is found by a tag that only their own key can make.
pub(crate) async fn kept(app: &App, models: &ReadModels, member: MemberId) -> Result<Kept, Failure> {
    let mut kept = Kept::default();
    let mut after = 0;
    loop {
        let page = app.log().concerning(member.0, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.position;
        let own = Actor::Member(member).to_string();
        page.iter().filter(|event| event.actor == own).for_each(|event| take(event, &mut kept.texts));
    }
    for question in hidden(app, models, member).await? {
        kept.hidden.insert(KeyScope::of("asker", question).to_string());
        let own = Actor::Asker(question).to_string();
        let events = app.log().stream(&StreamId::new(Question::KIND, question), 0).await?;
        events.iter().filter(|event| event.actor == own).for_each(|event| take(event, &mut kept.hidden_texts));
    }
    Ok(kept)
}

/// The questions that a member asked and that do not show it.
pub(crate) async fn hidden(app: &App, models: &ReadModels, member: MemberId) -> Result<Vec<QuestionId>, Failure> {
    let unreadable = |error: readmodel::ReadModelError| Failure::Unavailable(Some(Box::new(error)));
    let mut own = Vec::new();
    for (question, tag) in models.hidden_questions().await.map_err(unreadable)? {
        if app.asker_tag(question, member).await? == Some(tag) {
            own.push(question);
        }
    }
    Ok(own)
}

/// The scopes of the texts of one's own that an event holds.
fn take(event: &Recorded, texts: &mut BTreeSet<String>) {
    fn walk(value: &Value, texts: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                let kind = |scope: &str| scope.split_once(':').map(|(kind, _)| kind.to_owned());
                if let Some(scope) = fields.get("$sealed").and_then(Value::as_str)
                    && kind(scope).is_some_and(|kind| OWN_TEXTS.contains(&&*kind))
                {
                    texts.insert(scope.to_owned());
                }
                fields.values().for_each(|value| walk(value, texts));
            }
            Value::Array(items) => items.iter().for_each(|value| walk(value, texts)),
            _ => {}
        }
    }
    if let Ok(data) = serde_json::from_str(event.data.get()) {
        walk(&data, texts);
    }
}

/// Destroys what is kept of a member who was erased. May be repeated. What they asked anonymously goes when they did it
/// themselves: whoever does it for them would see which questions vanish.
pub(crate) async fn destroy(
    app: &App,
    models: &ReadModels,
    pool: &PgPool,
    member: MemberId,
    Erased { contributions, by_oneself, .. }: Erased,
) -> Result<Destroyed, Failure> {
    let mut kept = kept(app, models, member).await?;
    if contributions == Contributions::Kept {
        kept.texts.clear();
    }
    if contributions == Contributions::Kept || !by_oneself {
        kept.hidden_texts.clear();
    }
    let unavailable = |error: sqlx::Error| Failure::Unavailable(Some(Box::new(error)));
    let (keys, now) = (app.log().keys(), app.source().now());
    for scope in kept.texts.iter().chain(&kept.hidden_texts).chain(&kept.hidden) {
        keys.destroy(scope, now).await?;
    }
    let forgotten = access::forget_member(pool, member).await.map_err(unavailable)?;
    keys.destroy(KeyScope::of(Member::KIND, member).as_str(), now).await?;
    Ok(Destroyed { kept, forgotten })
}

/// Destroys what was left of a member whose erasure was interrupted; nothing when all is done. Gives whether there was
/// anything left.
pub async fn finish(
    app: &App,
    models: &ReadModels,
    pool: &PgPool,
    member: MemberId,
    erased: Erased,
) -> Result<bool, Failure> {
    if app.log().keys().state(KeyScope::of(Member::KIND, member).as_str()).await? == KeyState::Destroyed {
        return Ok(false);
    }
    destroy(app, models, pool, member, erased).await?;
    Ok(true)
}
