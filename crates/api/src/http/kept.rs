//! Answers that were given before: given again, without asking the database, while what they rest on has not changed.

use std::sync::Arc;

use axum::body::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use domain::id::MemberId;
use eventlog::Moment;
use quick_cache::Weighter;
use readmodel::ForgettingCache;

use super::graphql::Media;
use crate::{
    Platform,
    access::Credential,
    graphql::{Basis, Caller},
    language::Language,
};

/// How much is kept, in bytes.
const KEPT: u64 = 64 << 20;
/// About how many answers these are.
const ANSWERS: usize = 10_000;
/// How long an answer is kept at most: it says how far the log was, and whoever goes on from there reads what came since.
const AGE: TimeDelta = TimeDelta::minutes(1);

/// A request, by everything that makes a difference to its answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Asked {
    viewer: Option<MemberId>,
    access: bool,
    credential: Credential,
    language: Language,
    media: Media,
    /// Query, operation and variables, as they were sent.
    text: Bytes,
}

/// An answer as it is kept.
#[derive(Clone, Debug)]
struct Given {
    body: Bytes,
    basis: app::Grounds,
    /// Before anything of it was read.
    moment: Moment,
    ends: DateTime<Utc>,
}

#[derive(Clone, Debug)]
struct Weight;

impl Weighter<Asked, Given> for Weight {
    fn weight(&self, asked: &Asked, given: &Given) -> u64 {
        (asked.text.len() + given.body.len() + 16 * given.basis.things.len() + 200) as u64
    }
}

/// The answers that are kept.
#[derive(Clone, Debug)]
pub(super) struct Answers(Arc<ForgettingCache<Asked, Given, Weight>>);

impl Asked {
    pub(super) fn new(caller: Caller, media: Media, text: Bytes) -> Self {
        let Caller { viewer, access, credential, language, .. } = caller;
        Self { viewer, access, credential, language, media, text }
    }
}

impl Answers {
    /// None yet. They leave memory whenever what was kept is to be forgotten, as they can hold a text that was erased.
    pub(super) fn begin(platform: &Platform) -> Self {
        let answers = Arc::new(ForgettingCache::new(ANSWERS, KEPT, Weight));
        tokio::spawn(answers.clone().forget(platform.app.log().changes().forgotten()));
        Self(answers)
    }

    /// The answer that was given to the same request, if it is still what would be answered.
    pub(super) fn get(&self, platform: &Platform, asked: &Asked) -> Option<Bytes> {
        let given = self.0.get(asked)?;
        let changes = platform.app.log().changes();
        let holds = platform.app.source().now() < given.ends
            && given.basis.things.iter().all(|id| changes.is_fresh(*id, given.moment))
            // Every answer says what does not keep up.
            && platform.models.stale().is_empty();
        metrics::counter!("graphql_answers_kept_total", "used" => if holds { "yes" } else { "no" }).increment(1);
        holds.then_some(given.body)
    }

    /// Keeps an answer, if it can be told what it rests on. `moment` is from before anything of it was read.
    pub(super) fn keep(&self, platform: &Platform, asked: &Asked, body: Bytes, moment: Moment, basis: &Basis) {
        if let Some(basis) = basis.grounds() {
            let end = platform.app.source().now() + AGE;
            let ends = basis.until.map_or(end, |until| until.min(end));
            let given = Given { body, basis, moment, ends };
            self.0.keep(platform.app.log().changes(), asked, given, moment);
        }
    }
}
