//! The leerwerk binary: configuration, telemetry, a private Postgres where none is given, and the subcommands.

mod commands;
mod config;
mod database;
mod demo_world;
mod housekeeping;
mod log_key;
mod platform;
mod providers;
mod telemetry;

use clap::{Parser, Subcommand};

use crate::config::Config;

/// Much of what the service does is small pieces of JSON made and dropped again.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Leerwerk: where palliative-care professionals learn from each other. Every action is an immutable event.
#[derive(Debug, Parser)]
#[command(name = "leerwerk", version, propagate_version = true)]
struct Cli {
    #[command(flatten)]
    config: Config,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the web client, GraphQL and downloads.
    Serve(Box<commands::serve::Serve>),
    /// Bring the database to the present schema and build the read models, then stop.
    Migrate,
    /// Invite a member, e.g. the first administrator of a new platform.
    Invite(commands::invite::Invite),
    /// Fill an empty log with the demo world.
    Demo(commands::demo::Demo),
    /// Print the history of one thing and the state it led to.
    History(commands::history::History),
    /// Look at the tables of the read models, build them anew, or go back to those of before.
    ReadModels(commands::read_models::ReadModels),
    /// Rebuild the read models from the log and compare.
    Replay(commands::replay::Replay),
    /// Write the log to files for evaluation.
    Export(commands::export::Export),
    /// Check that nobody altered the log: an export, or the database itself.
    Verify(commands::verify::Verify),
    /// Make a key that signs the heads of the log.
    LogKey(commands::log_key::LogKey),
    /// List what is kept for how long, what is due, and what went.
    Retention(commands::retention::Retention),
    /// Destroy the data keys of some scopes, so that what is sealed under them is gone for good, and sweep.
    Erase(commands::erase::Erase),
    /// See to it that no file of the database holds a byte of what was erased.
    Sweep(commands::sweep::Sweep),
    /// Wrap every data key anew under the current key-encryption key, so that earlier ones can go.
    RewrapKeys,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    telemetry::start(&cli.config)?;
    match cli.command {
        Command::Serve(serve) => serve.run(cli.config).await,
        Command::Migrate => commands::migrate::run(cli.config).await,
        Command::Invite(invite) => invite.run(cli.config).await,
        Command::Demo(demo) => demo.run(cli.config).await,
        Command::History(history) => history.run(cli.config).await,
        Command::ReadModels(read_models) => read_models.run(cli.config).await,
        Command::Replay(replay) => replay.run(cli.config).await,
        Command::Export(export) => export.run(cli.config).await,
        Command::Verify(verify) => verify.run(cli.config).await,
        Command::LogKey(log_key) => log_key.run(),
        Command::Retention(retention) => retention.run(cli.config).await,
        Command::Erase(erase) => erase.run(cli.config).await,
        Command::Sweep(sweep) => sweep.run(cli.config).await,
        Command::RewrapKeys => commands::rewrap_keys::run(cli.config).await,
    }
}
