//! `faults campaign` tries the log and writes the report; `faults serve` is one of the processes that it kills.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use faults::campaign::{self, Plan};

/// Tries what the log promises while everything around it breaks.
#[derive(Debug, Parser)]
#[command(name = "faults")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Carry out a campaign and print its report.
    Campaign {
        /// Write the report to this file instead.
        #[arg(long)]
        report: Option<PathBuf>,
        /// What random choices begin with.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// The short form.
        #[arg(long)]
        short: bool,
    },
    /// A service process of a campaign.
    #[command(hide = true)]
    Serve {
        #[arg(long)]
        socket: PathBuf,
        #[arg(long)]
        database: String,
    },
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Campaign { report, seed, short } => campaign(report, seed, short).await,
        Command::Serve { socket, database } => Ok(faults::service::serve(&socket, &database).await?),
    }
}

async fn campaign(report: Option<PathBuf>, seed: u64, short: bool) -> anyhow::Result<()> {
    let program = std::env::current_exe().context("where am I")?;
    let (mut plans, mut skipped) = (Vec::new(), Vec::new());
    plans.push(if short { Plan::short(seed) } else { Plan::long(seed) });
    match campaign::can_be_mounted() {
        Ok(()) => plans.push(if short { Plan::short_small_disk(seed) } else { Plan::long_small_disk(seed) }),
        Err(why) => skipped.push(format!("a full disk, as no small one could be mounted here ({why}).")),
    }
    let mut outcomes = Vec::new();
    for plan in plans {
        let name = plan.name;
        eprintln!("{name}");
        outcomes.push(campaign::run(plan, &program, |how| eprintln!("{name}: {how}")).await?);
    }
    let text = faults::report::report(&outcomes, &skipped);
    for skipped in &skipped {
        eprintln!("NOT TRIED: {skipped}");
    }
    match report {
        Some(path) => std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?,
        None => print!("{text}"),
    }
    let wrongs: usize = outcomes.iter().map(|outcome| outcome.wrong.len()).sum();
    anyhow::ensure!(wrongs == 0, "{wrongs} wrongs; see the report");
    eprintln!("nothing is wrong");
    Ok(())
}
