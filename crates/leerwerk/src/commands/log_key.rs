//! `leerwerk log-key`: a key that signs the heads of the log.

use clap::Args;
use eventlog::LogSigner;

use super::history::print;

/// Options of `log-key`.
#[derive(Args, Debug)]
pub(crate) struct LogKey {
    /// The name of the log: where it is served, without the scheme, e.g. leerwerk.example/tlog. It never changes.
    #[arg(value_name = "NAME")]
    name: String,
}

impl LogKey {
    /// The secret goes to standard output, what may be told to standard error.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let secret = eventlog::generate_log_key(&self.name)?;
        for public in LogSigner::parse(&secret)?.verifier_keys() {
            eprintln!("Those who check need this, the public half: {public}");
        }
        print(&format!("{secret}\n"))
    }
}
