//! `leerwerk read-models`: the tables behind what people see.

use std::{fmt::Write as _, time::Duration};

use clap::{Args, Subcommand, builder::PossibleValuesParser};
use indicatif::{ProgressBar, ProgressStyle};
use readmodel::{BuildOptions, Building, Built};
use tokio::{sync::watch, task::JoinHandle};

use super::history::print;
use crate::{config::Config, platform::Platform};

/// Options of `read-models`.
#[derive(Args, Debug)]
pub(crate) struct ReadModels {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the tables: of which definition, up to which position (what is done when nothing is said).
    List,
    /// Build what this version of the program needs and the one that runs does not have, so that it can take over at
    /// once. The one that runs goes on meanwhile.
    Build,
    /// Build read models anew beside the live ones, and switch. Nobody notices; the tables of before are kept.
    Rebuild(Which),
    /// Go back to the tables of before the last rebuild, brought up to date.
    Back(Which),
}

#[derive(Args, Debug)]
struct Which {
    /// Which read models; all when none is named.
    #[arg(value_name = "MODEL", value_parser = PossibleValuesParser::new(readmodel::models::names()))]
    models: Vec<String>,
}

impl ReadModels {
    pub(crate) async fn run(self, config: Config) -> anyhow::Result<()> {
        let platform = Platform::open_beside(&config).await?;
        let done = self.what.unwrap_or(What::List).run(&platform, config.build_options()).await;
        let listed = readmodel::built(&platform.pool).await;
        platform.close().await?;
        done?;
        print(&table(&listed?))
    }
}

impl What {
    async fn run(self, platform: &Platform, build: BuildOptions) -> anyhow::Result<()> {
        let bar = show(&build);
        let done = match self {
            Self::List => Ok(()),
            Self::Build => {
                let options = readmodel::Options { build, standby: true, ..readmodel::Options::default() };
                platform.read_models(&options).await.map(drop)
            }
            Self::Rebuild(Which { models }) => {
                Ok(readmodel::rebuild(&platform.pool, &platform.log, &models, &build).await?)
            }
            Self::Back(Which { models }) => Ok(readmodel::go_back(&platform.pool, &platform.log, &models).await?),
        };
        bar.abort();
        done
    }
}

/// Shows on a terminal how far building is.
pub(crate) fn show(build: &BuildOptions) -> JoinHandle<()> {
    tokio::spawn(show_all(build.progress.subscribe()))
}

async fn show_all(mut progress: watch::Receiver<Option<Building>>) {
    let template = "building read models: {bar:30} {pos} of {len} events, {per_sec}, {eta} left";
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let mut bar: Option<ProgressBar> = None;
    while progress.changed().await.is_ok() {
        let building = *progress.borrow_and_update();
        match (building, &bar) {
            (Some(Building { position, until, .. }), bar_there) => {
                let length = u64::try_from(until).unwrap_or_default();
                let shown = bar_there.clone().unwrap_or_else(|| ProgressBar::new(length).with_style(style.clone()));
                shown.set_position(u64::try_from(position).unwrap_or_default());
                bar = Some(shown);
            }
            (None, Some(shown)) => {
                shown.finish_and_clear();
                bar = None;
            }
            (None, None) => {}
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// One line for each table.
fn table(built: &[Built]) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{:<16}{:<18}{:<10}{:>10}  {:<17}", "model", "definition", "", "position", "since (UTC)");
    for Built { model, version, role, since, position, stopped_at, trouble, ours } in built {
        let role = if role == "live" && !ours { "other" } else { role };
        let since = since.format("%Y-%m-%d %H:%M");
        let _ = write!(text, "{model:<16}{version:<18}{role:<10}{position:>10}  {since:<17}");
        if let (Some(stopped), Some(trouble)) = (stopped_at, trouble) {
            let _ = write!(text, "  STOPPED at event {stopped}: {trouble}");
        }
        let _ = writeln!(text);
    }
    text
}
