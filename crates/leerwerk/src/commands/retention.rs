//! `leerwerk retention`: what is kept for how long, what is due, and what went. Changes nothing, and names nobody.

use std::{fmt::Write as _, sync::Arc};

use api::{Listed, Retention as Retaining, Run};
use app::{App, Policies, Source};
use chrono::TimeDelta;
use clap::Args;
use serde_json::{Value, json};

use super::history::print;
use crate::{
    config::{Config, RetentionConfig},
    platform::Platform,
};

/// How many of the last runs are told.
const RUNS: i64 = 20;

/// Options of `retention`.
#[derive(Args, Debug)]
pub(crate) struct Retention {
    #[command(flatten)]
    config: RetentionConfig,

    /// For programs: one JSON object, times in hours.
    #[arg(long)]
    json: bool,
}

impl Retention {
    pub(crate) async fn run(self, config: Config) -> anyhow::Result<()> {
        config.check_to_retain(&self.config)?;
        let platform = Platform::open_beside(&config).await?;
        let told = self.tell(&platform, config.build_options()).await;
        platform.close().await?;
        print(&told?)
    }

    async fn tell(&self, platform: &Platform, build: readmodel::BuildOptions) -> anyhow::Result<String> {
        let options = readmodel::Options { build, ..readmodel::Options::default() };
        let models = platform.read_models(&options).await?;
        let app = Arc::new(App::new(platform.log.clone(), Policies::embedded()?, Source::system()));
        let retaining = Retaining::new(app, models.clone(), platform.pool.clone(), self.config.periods());
        let (listed, runs) = (retaining.list().await, retaining.runs(RUNS).await);
        drop(retaining);
        if let Some(models) = Arc::into_inner(models) {
            models.close().await?;
        }
        let (listed, runs) = (listed?, runs?);
        Ok(if self.json { format!("{:#}\n", as_json(&listed, &runs)) } else { table(&listed, &runs) })
    }
}

fn as_json(listed: &[Listed], runs: &[Run]) -> Value {
    let run = |run: &Run| {
        let Run { at, kind, gone, period, up_to } = run;
        let period = period.num_hours();
        json!({ "at": at, "kind": kind.as_str(), "gone": gone, "periodHours": period, "upTo": up_to })
    };
    let kind = |listed: &Listed| {
        let Listed { kind, period, due, soon, last } = listed;
        let period = period.num_hours();
        let last = last.as_ref().map(run);
        json!({ "kind": kind.as_str(), "periodHours": period, "due": due, "dueSoon": soon, "lastRun": last })
    };
    json!({
        "kinds": listed.iter().map(kind).collect::<Vec<_>>(),
        "runs": runs.iter().map(run).collect::<Vec<_>>(),
    })
}

/// One line for each kind, and one for each of the last runs.
fn table(listed: &[Listed], runs: &[Run]) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{:<22}{:>14}{:>10}{:>12}  last run (UTC)", "kind", "kept for", "due now", "in 30 days");
    for Listed { kind, period, due, soon, last } in listed {
        let last = last.map_or("never".to_owned(), |run| run.at.format("%Y-%m-%d %H:%M").to_string());
        let _ = writeln!(text, "{:<22}{:>14}{due:>10}{soon:>12}  {last}", kind.as_str(), long(*period));
    }
    let _ = writeln!(text, "\n{:<18}{:<22}{:>10}{:>16}  up to (UTC)", "run (UTC)", "kind", "gone", "kept for");
    for Run { at, kind, gone, period, up_to } in runs {
        let (at, up_to) = (at.format("%Y-%m-%d %H:%M"), up_to.format("%Y-%m-%d %H:%M"));
        let _ = writeln!(text, "{at:<18}{:<22}{gone:>10}{:>16}  {up_to}", kind.as_str(), long(*period));
    }
    if runs.is_empty() {
        let _ = writeln!(text, "the job has not run here yet");
    }
    text
}

/// A time as people read it.
fn long(period: TimeDelta) -> String {
    match (period.num_days(), period.num_hours()) {
        (_, 0) => "to its own end".into(),
        (days, hours) if days * 24 == hours => format!("{days} d"),
        (_, hours) => format!("{hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_in_days_where_it_is_days() {
        let told = [0, 12, 48, 43_824].map(|hours| long(TimeDelta::hours(hours)));
        assert_eq!(told, ["to its own end", "12 h", "2 d", "1826 d"]);
    }
}
