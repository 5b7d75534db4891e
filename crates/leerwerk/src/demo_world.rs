//! The demo world as `serve --demo` offers it: loaded into an empty log, with personas to sign in as.

use anyhow::{Context as _, ensure};
use api::{About, DemoPersona};
use app::Source;
use demo::PERSONAS;
use serde::Serialize;

use crate::platform::Platform;

/// The seed of the world that everybody sees.
const SEED: u64 = 1;

/// Where somebody has signed in with an account of their own, nobody may come in as whoever they like.
pub(crate) async fn check(platform: &Platform) -> anyhow::Result<()> {
    let real = api::holds_sign_ins(&platform.pool).await?;
    ensure!(!real, "--demo is refused: people have signed in here with accounts of their own; this is no demo world");
    Ok(())
}

/// Loads the small world, unless the log holds something already.
pub(crate) async fn load_if_empty(platform: &Platform) -> anyhow::Result<()> {
    if platform.log.head().await?.position > 0 {
        return Ok(());
    }
    tracing::info!("loading the demo world");
    let options = demo::Options { seed: SEED, until: Source::system().now(), events: None };
    demo::load(platform.log.clone(), &options, |_| {}).await.context("the demo world cannot be loaded")?;
    Ok(())
}

/// Who one can sign in as.
pub(crate) fn personas() -> Vec<DemoPersona> {
    PERSONAS
        .iter()
        .map(|persona| DemoPersona {
            persona: persona.key.into(),
            name: persona.name.into(),
            profession: graphql_name(persona.profession),
            organisation: persona.organisation.into(),
            roles: persona.roles.iter().map(graphql_name).collect(),
            about: About { nl: persona.about.nl.into(), en: persona.about.en.into() },
            member: persona.member(),
        })
        .collect()
}

/// The name of an enum value in the GraphQL schema.
fn graphql_name(value: impl Serialize) -> String {
    let name = serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_uppercase));
    name.unwrap_or_default()
}
