//! The keys that sign the heads of the log: from configuration, or with a private Postgres made once and kept beside it.

use anyhow::Context as _;
use eventlog::LogSigner;

use crate::{config::Config, platform::write_secret};

/// Where a key lives that was made by itself.
const FILE: &str = "log-signing-key";

/// The keys, made when there are none yet. The name of a log that was not named is made up, so that no two are alike.
pub(crate) fn signer(config: &Config) -> anyhow::Result<LogSigner> {
    if let Some(signer) = config.log_signing_key()? {
        return Ok(signer);
    }
    let path = config.data_dir.join(FILE);
    if !path.exists() {
        #[expect(clippy::disallowed_methods, reason = "a name that nobody else has")]
        let name = format!("localhost/leerwerk-{:08x}", rand::random::<u32>());
        write_secret(&path, &eventlog::generate_log_key(&name)?)
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    let text = std::fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    LogSigner::parse(&text).with_context(|| format!("{} does not read", path.display()))
}
