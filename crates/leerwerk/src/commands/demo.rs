//! `leerwerk demo`: fill an empty log with the demo world, then stop.

use std::time::Duration;

use anyhow::{Context as _, anyhow};
use app::Source;
use clap::Args;
use demo::{LoadError, Options, PERSONAS, Summary};
use indicatif::{ProgressBar, ProgressStyle};

use crate::{config::Config, platform::Platform};

/// Options of `demo`.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// At least so many events, e.g. 1000000 for a benchmark. Without it: a small world of a few thousand.
    #[arg(long)]
    events: Option<usize>,

    /// Another seed, another world; the same seed on the same moment, the same world.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

impl Demo {
    pub(crate) async fn run(self, config: Config) -> anyhow::Result<()> {
        let platform = Platform::open(&config).await?;
        let options = Options { seed: self.seed, until: Source::system().now(), events: self.events };
        let bar = bar(options.events);
        let loaded = demo::load(platform.log.clone(), &options, |events| bar.set_position(events as u64)).await;
        bar.finish_and_clear();
        let told = match loaded {
            Ok(summary) => {
                tell(&summary);
                Ok(())
            }
            Err(LoadError::NotEmpty { events }) => Err(anyhow!(
                "the log holds {events} events already, and the demo world is for an empty one; \
                 choose another --data-dir or DATABASE_URL"
            )),
            Err(error) => Err(error).context("the demo world was not loaded; begin anew with an empty log"),
        };
        platform.close().await?;
        told
    }
}

/// Shows how far it is, where somebody looks.
fn bar(events: Option<usize>) -> ProgressBar {
    let (bar, template) = match events {
        Some(events) => (ProgressBar::new(events as u64), "{pos} of {len} events, {per_sec}, {eta} left"),
        None => (ProgressBar::no_length(), "{pos} events"),
    };
    bar.enable_steady_tick(Duration::from_millis(200));
    bar.with_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn tell(summary: &Summary) {
    let Summary { events, regions, organisations, members, projects, questions, anonymous, unanswered, .. } = summary;
    println!("{events} events: {regions} regions, {organisations} organisations, {members} members,");
    println!("{projects} projects, {questions} questions ({anonymous} anonymous, {unanswered} unanswered),");
    let Summary { experiences, cycles, pages, .. } = summary;
    println!("{experiences} experiences, {cycles} PDSA cycles, {pages} knowledge pages.");
    println!("With `leerwerk serve --demo` one can be:");
    for persona in PERSONAS {
        println!("  {:8} {} – {}", persona.key, persona.name, persona.about.en);
    }
}
