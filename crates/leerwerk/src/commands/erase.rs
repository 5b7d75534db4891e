//! `leerwerk erase`: a text goes, for good; that something happened stays.

use std::{fmt::Write as _, time::Instant};

use anyhow::{Context as _, bail};
use api::Forgotten;
use app::Source;
use clap::Args;
use eventlog::KeyState;
use uuid::Uuid;

use super::{history::print, sweep::sweep};
use crate::{config::Config, platform::Platform};

/// Options of `erase`.
#[derive(Args, Debug)]
pub(crate) struct Erase {
    /// What to erase, e.g. `member:<id>` for all personal data of a member, or `answer:<id>` for one text. There is no
    /// way back.
    #[arg(required = true)]
    scopes: Vec<String>,
}

impl Erase {
    pub(crate) async fn run(self, config: Config) -> anyhow::Result<()> {
        let platform = Platform::open_beside(&config).await?;
        let done = self.erase(&platform).await;
        platform.close().await?;
        done
    }

    async fn erase(&self, platform: &Platform) -> anyhow::Result<()> {
        let began = Instant::now();
        self.check(platform).await?;
        let ids = self.scopes.iter().filter_map(|scope| scope.split_once(':')?.1.parse().ok());
        platform.note("erase", ids.collect()).await?;
        let mut told = String::new();
        for scope in &self.scopes {
            let done = platform.log.keys().destroy(scope, Source::system().now()).await?;
            let what = if done { "destroyed" } else { "was destroyed before" };
            writeln!(told, "{scope}: {what}")?;
            if let Some(member) = scope.strip_prefix("member:").and_then(|id| id.parse::<Uuid>().ok()) {
                let Forgotten { sessions, tokens, accounts } = api::forget_member(&platform.pool, member).await?;
                writeln!(
                    told,
                    "{scope}: {sessions} sessions, {tokens} access tokens and {accounts} accounts are gone"
                )?;
            }
        }
        // Whatever comes now, this is done.
        print(&told)?;
        sweep(platform).await.context(
            "the keys are destroyed and nobody can read the texts any more, but files of the database may still hold \
             bytes of them; run `leerwerk sweep` once this is mended",
        )?;
        let (head, took) = (platform.log.head().await?.position, began.elapsed());
        print(&format!(
            "no file of the database holds these texts or their keys any more ({:.1} s); the log stands at position \
             {head}, unchanged\n",
            took.as_secs_f64()
        ))
    }

    /// A scope that never had a key is a slip of the pen: then nothing is done at all.
    async fn check(&self, platform: &Platform) -> anyhow::Result<()> {
        for scope in &self.scopes {
            if platform.log.keys().state(scope).await? == KeyState::None {
                bail!("nothing was ever sealed under {scope}; nothing was erased");
            }
        }
        Ok(())
    }
}
