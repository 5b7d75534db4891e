//! `leerwerk sweep`: after an erasure, no file of the database holds a byte of what was erased.

use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use eventlog::Erasures;

use super::history::print;
use crate::{config::Config, platform::Platform};

/// How long to wait for whoever still looks at what must go, such as a backup.
const PATIENCE: Duration = Duration::from_mins(1);

/// Options of `sweep`.
#[derive(Args, Debug)]
pub(crate) struct Sweep {
    /// Also when nothing was erased since the last sweep, e.g. after restoring a backup or rewrapping keys.
    #[arg(long)]
    always: bool,
}

impl Sweep {
    pub(crate) async fn run(self, config: Config) -> anyhow::Result<()> {
        let platform = Platform::open_beside(&config).await?;
        let done = self.sweep(&platform).await;
        platform.close().await?;
        print(done?)
    }

    async fn sweep(&self, platform: &Platform) -> anyhow::Result<&'static str> {
        let Erasures { destroyed, swept } = platform.log.erasures().await?;
        if swept >= destroyed && !self.always {
            return Ok("nothing was erased since the last sweep\n");
        }
        sweep(platform).await?;
        Ok("swept: no file of the database holds what was erased\n")
    }
}

/// Rebuilds the read models into fresh files and leaves nothing of the old ones, nor of keys that were destroyed.
pub(crate) async fn sweep(platform: &Platform) -> anyhow::Result<()> {
    eventlog::can_sweep(&platform.owner).await?;
    let seen = platform.log.erasures().await?;
    readmodel::renew(&platform.pool, &platform.log).await.context("the read models cannot be rebuilt")?;
    let tables: Vec<&str> = api::TABLES.into_iter().chain(mail::TABLES).collect();
    Ok(platform.log.sweep(&platform.owner, seen, &tables, PATIENCE).await?)
}
