//! Configuration: flags with environment twins. What is wrong is told all at once, before anything starts.
#![expect(clippy::doc_markdown, reason = "the docs of options are printed as help, where backticks are noise")]

mod retention;

use std::{net::SocketAddr, path::PathBuf};

use anyhow::{Context as _, bail};
use api::{Limit, Limits, ProviderOptions};
use audit::Moment;
use axum::http::HeaderName;
use clap::Args;
use eventlog::{KeyEncryptionKey, KeyEncryptionKeys, LogSigner};
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::postgres::PgConnectOptions;

pub(crate) use retention::RetentionConfig;

/// Options of every subcommand.
#[derive(Clone, Debug, Args)]
pub(crate) struct Config {
    /// Where the private Postgres and the key-encryption key live, unless DATABASE_URL is given. Root's Postgres runs as
    /// another user, who must be able to get there.
    #[arg(long, env = "LEERWERK_DATA_DIR", default_value = default_data_dir(), global = true)]
    pub(crate) data_dir: PathBuf,

    /// A Postgres (15 or later) of your own, e.g. postgres://user:password@host/database. Takes precedence over a
    /// private one.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, global = true)]
    pub(crate) database_url: Option<String>,

    /// The same database as its owner, who brings the schema up to date. Without it DATABASE_URL is used for that too;
    /// with it, the login of DATABASE_URL need only be a member of leerwerk_service.
    #[arg(long, env = "LEERWERK_OWNER_DATABASE_URL", hide_env_values = true, global = true)]
    owner_database_url: Option<String>,

    /// 32 random bytes in hex that wrap all data keys; earlier ones after commas until `rewrap-keys` is done. Needed with
    /// DATABASE_URL; whoever loses it loses all texts.
    #[arg(long, env = "LEERWERK_KEY_ENCRYPTION_KEY", hide_env_values = true, global = true)]
    key_encryption_key: Option<SecretString>,

    /// A file that holds the key-encryption key on its first line, and earlier ones on others.
    #[arg(long, env = "LEERWERK_KEY_ENCRYPTION_KEY_FILE", global = true)]
    key_encryption_key_file: Option<PathBuf>,

    /// The keys that sign the heads of the log, one a line (make one with: leerwerk log-key). Needed with DATABASE_URL.
    #[arg(long, env = "LEERWERK_LOG_SIGNING_KEY", hide_env_values = true, global = true)]
    log_signing_key: Option<SecretString>,

    /// A file that holds them.
    #[arg(long, env = "LEERWERK_LOG_SIGNING_KEY_FILE", global = true)]
    log_signing_key_file: Option<PathBuf>,

    /// Connections to the database for reading.
    #[arg(long, env = "LEERWERK_CONNECTIONS", default_value_t = 16, global = true)]
    pub(crate) connections: u32,

    /// How much memory building read models may take, in MiB; what is more goes to the database and comes back.
    #[arg(long, env = "LEERWERK_BUILD_MEMORY", default_value_t = 512, global = true)]
    build_memory: usize,

    /// What is logged, e.g. `info` or `leerwerk=debug,sqlx=warn`.
    #[arg(long, env = "LEERWERK_LOG", default_value = "info,sqlx=warn,sqlx::pool=error", global = true)]
    pub(crate) log: String,

    /// How it is logged: for people or, one JSON object a line, for machines.
    #[arg(long, env = "LEERWERK_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text, global = true)]
    pub(crate) log_format: LogFormat,
}

/// A folder beside the program's working directory; for root the system's place for such things, since nobody else may
/// enter root's home.
fn default_data_dir() -> &'static str {
    if private_postgres::user_id() == 0 { "/var/lib/leerwerk" } else { "data" }
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// Options of `serve`.
#[derive(Clone, Debug, Args)]
pub(crate) struct ServeConfig {
    /// Where to listen.
    #[arg(long, env = "LEERWERK_LISTEN", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,

    /// The address people use, when it is not that of `listen`, e.g. https://leerwerk.example.
    #[arg(long, env = "LEERWERK_PUBLIC_URL")]
    pub(crate) public_url: Option<String>,

    /// Whom to tell of a weakness, for security.txt: a mailto: or https: address.
    #[arg(long, env = "LEERWERK_SECURITY_CONTACT")]
    pub(crate) security_contact: Option<String>,

    /// How mail leaves: smtps://user:password@host, smtp://host:port?tls=required, or folder:path, which writes files.
    /// Without it nobody is written to, and nobody can ask for access.
    #[arg(long, env = "LEERWERK_MAIL", hide_env_values = true)]
    mail: Option<String>,

    /// From whom mail is.
    #[arg(long, env = "LEERWERK_MAIL_FROM", default_value = "Leerwerk <leerwerk@localhost>")]
    mail_from: String,

    /// A TOML file that says whom one can sign in with: a [[provider]] each, see deploy/README.md.
    #[arg(long, env = "LEERWERK_SIGN_IN")]
    pub(crate) sign_in: Option<PathBuf>,

    /// How often one may begin to sign in from one address: so many at once, and so many a minute from then on.
    #[arg(long, env = "LEERWERK_LIMIT_SIGNING_IN", default_value = "100:60")]
    limit_signing_in: Limit,

    /// How often one may ask for access from one address, or confirm that.
    #[arg(long, env = "LEERWERK_LIMIT_ASKING_FOR_ACCESS", default_value = "20:4")]
    limit_asking_for_access: Limit,

    /// How often a member may ask, answer or change something; ten times that from one address.
    #[arg(long, env = "LEERWERK_LIMIT_CONTRIBUTING", default_value = "100:60")]
    limit_contributing: Limit,

    /// How often a member may search; ten times that from one address.
    #[arg(long, env = "LEERWERK_LIMIT_SEARCHING", default_value = "200:300")]
    limit_searching: Limit,

    /// The header in which the proxy in front says where a request came from, e.g. x-real-ip. It must overwrite or append
    /// what clients send. Without it all requests come from the proxy.
    #[arg(long, env = "LEERWERK_ADDRESS_HEADER")]
    pub(crate) address_header: Option<HeaderName>,

    #[command(flatten)]
    pub(crate) retention: RetentionConfig,

    /// Load the demo world into an empty log, and let anybody sign in as one of its personas. Never in production: it is
    /// refused on a database on which somebody has signed in with an account.
    #[arg(long, env = "LEERWERK_DEMO")]
    pub(crate) demo: bool,

    /// Show the whole platform as it was, read-only: at a position of the log, e.g. 2500, or at a moment, e.g.
    /// 2026-03-03 or 2026-03-03T12:00:00Z (a day to its end). Runs beside a service that goes on; give it another --listen.
    #[arg(long, value_name = "POSITION|TIME")]
    pub(crate) as_of: Option<Moment>,
}

impl ServeConfig {
    /// How often one may do things.
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            signing_in: self.limit_signing_in,
            asking_for_access: self.limit_asking_for_access,
            contributing: self.limit_contributing,
            searching: self.limit_searching,
        }
    }

    /// Whom one can sign in with.
    pub(crate) fn providers(&self) -> anyhow::Result<Vec<ProviderOptions>> {
        self.sign_in.as_deref().map_or(Ok(Vec::new()), crate::providers::read)
    }

    /// How mail leaves; nothing when it does not. `listen` is where the service is, when it has no other address.
    pub(crate) fn mail(&self, listen: SocketAddr) -> anyhow::Result<Option<mail::Options>> {
        let Some(post) = &self.mail else { return Ok(None) };
        let base = self.public_url.clone().unwrap_or_else(|| format!("http://{listen}"));
        Ok(Some(mail::Options { post: post.parse()?, from: self.mail_from.clone(), base }))
    }

    /// Everything that is wrong, in words.
    fn wrong(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        if let Err(error) = self.providers() {
            wrong.push(format!("LEERWERK_SIGN_IN: {error:#}"));
        }
        if let Err(error) = self.mail(self.listen) {
            wrong.push(format!("LEERWERK_MAIL: {error:#}"));
        }
        wrong.extend(self.retention.wrong());
        wrong
    }
}

impl Config {
    /// How read models are built.
    pub(crate) fn build_options(&self) -> readmodel::BuildOptions {
        readmodel::BuildOptions { memory: self.build_memory << 20, ..readmodel::BuildOptions::default() }
    }

    /// Everything that is wrong, in one error.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        self.check_with(Vec::new())
    }

    /// The same, for `serve`.
    pub(crate) fn check_to_serve(&self, serve: &ServeConfig) -> anyhow::Result<()> {
        self.check_with(serve.wrong())
    }

    /// The same, for whoever goes by retention.
    pub(crate) fn check_to_retain(&self, retention: &RetentionConfig) -> anyhow::Result<()> {
        self.check_with(retention.wrong())
    }

    fn check_with(&self, mut wrong: Vec<String>) -> anyhow::Result<()> {
        if let Some(url) = &self.database_url
            && let Err(error) = url.parse::<PgConnectOptions>()
        {
            wrong.push(format!("DATABASE_URL does not read: {error}"));
        }
        if let Err(error) = self.owner() {
            wrong.push(format!("LEERWERK_OWNER_DATABASE_URL does not read: {error}"));
        }
        if self.owner_database_url.is_some() && self.database_url.is_none() {
            wrong.push("with LEERWERK_OWNER_DATABASE_URL, set DATABASE_URL to the service's own login".into());
        }
        match self.key_encryption_keys() {
            Err(error) => wrong.push(format!("the key-encryption key does not read: {error:#}")),
            Ok(None) if self.database_url.is_some() => wrong.push(
                "with DATABASE_URL, set LEERWERK_KEY_ENCRYPTION_KEY or LEERWERK_KEY_ENCRYPTION_KEY_FILE \
                 (make one with: openssl rand -hex 32)"
                    .into(),
            ),
            Ok(_) => {}
        }
        if self.key_encryption_key.is_some() && self.key_encryption_key_file.is_some() {
            wrong.push("set LEERWERK_KEY_ENCRYPTION_KEY or LEERWERK_KEY_ENCRYPTION_KEY_FILE, not both".into());
        }
        match self.log_signing_key() {
            Err(error) => wrong.push(format!("the log-signing key does not read: {error:#}")),
            Ok(None) if self.database_url.is_some() => wrong.push(
                "with DATABASE_URL, set LEERWERK_LOG_SIGNING_KEY or LEERWERK_LOG_SIGNING_KEY_FILE \
                 (make one with: leerwerk log-key NAME)"
                    .into(),
            ),
            Ok(_) => {}
        }
        if self.log_signing_key.is_some() && self.log_signing_key_file.is_some() {
            wrong.push("set LEERWERK_LOG_SIGNING_KEY or LEERWERK_LOG_SIGNING_KEY_FILE, not both".into());
        }
        if self.connections < 4 {
            wrong.push("LEERWERK_CONNECTIONS must be at least 4".into());
        }
        if let Err(error) = self.log.parse::<tracing_subscriber::EnvFilter>() {
            wrong.push(format!("LEERWERK_LOG does not read: {error}"));
        }
        if wrong.is_empty() { Ok(()) } else { bail!("the configuration is not right:\n  - {}", wrong.join("\n  - ")) }
    }

    /// How to connect as the owner of the database, where that is not who the service is.
    pub(crate) fn owner(&self) -> Result<Option<PgConnectOptions>, sqlx::Error> {
        self.owner_database_url.as_deref().map(str::parse).transpose()
    }

    /// The configured keys, if any.
    pub(crate) fn key_encryption_keys(&self) -> anyhow::Result<Option<KeyEncryptionKeys>> {
        match (&self.key_encryption_key, &self.key_encryption_key_file) {
            (Some(keys), _) => parse_keys(keys.expose_secret()).map(Some),
            (None, Some(path)) => {
                let text =
                    std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
                parse_keys(&text).map(Some)
            }
            (None, None) => Ok(None),
        }
    }

    /// The configured keys of the log, if any.
    pub(crate) fn log_signing_key(&self) -> anyhow::Result<Option<LogSigner>> {
        let text = match (&self.log_signing_key, &self.log_signing_key_file) {
            (Some(keys), _) => keys.expose_secret().to_owned(),
            (None, Some(path)) => {
                std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?
            }
            (None, None) => return Ok(None),
        };
        Ok(Some(LogSigner::parse(&text)?))
    }
}

/// Keys of 32 bytes in hex, by line or comma; the first one is the current one.
pub(crate) fn parse_keys(text: &str) -> anyhow::Result<KeyEncryptionKeys> {
    let mut keys = Vec::new();
    for hex in text.split(['\n', ',']).map(str::trim).filter(|hex| !hex.is_empty()) {
        let mut key = [0; 32];
        hex::decode_to_slice(hex, &mut key).context("each must be 64 hexadecimal digits")?;
        keys.push(KeyEncryptionKey::new(key));
    }
    let mut keys = keys.into_iter();
    let current = keys.next().context("there is none")?;
    Ok(KeyEncryptionKeys::new(current, keys.collect()))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Only {
        #[command(flatten)]
        config: Config,
    }

    fn config(args: &[&str]) -> Config {
        Only::parse_from([&["leerwerk"], args].concat()).config
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let error = config(&[
            "--database-url",
            "nonsense",
            "--owner-database-url",
            "elsewhere",
            "--connections",
            "1",
            "--log",
            "==",
        ])
        .check();
        let told = format!("{:#}", error.expect_err("refused"));
        for expected in [
            "  - DATABASE_URL does not read",
            "LEERWERK_OWNER_DATABASE_URL does not read",
            "LEERWERK_KEY_ENCRYPTION_KEY",
            "LEERWERK_LOG_SIGNING_KEY",
            "LEERWERK_CONNECTIONS",
            "LEERWERK_LOG",
        ] {
            assert!(told.contains(expected), "{expected} is missing from: {told}");
        }
    }

    #[test]
    fn an_owner_without_a_service_is_not_enough() {
        let alone = Config { database_url: None, ..config(&["--owner-database-url", "postgres://owner@localhost/x"]) };
        let told = format!("{:#}", alone.check().expect_err("refused"));
        assert!(told.contains("set DATABASE_URL to the service's own login"), "{told}");
    }

    #[test]
    fn earlier_keys_stand_on_further_lines_or_after_commas() {
        let (new, old) = ("ab".repeat(32), "cd".repeat(32));
        for text in [format!("{new}\n"), format!("{new}\n{old}\n"), format!("{new}, {old}")] {
            assert!(parse_keys(&text).is_ok(), "{text}");
        }
        for text in ["", "\n", "ab", &format!("{new}\nab")] {
            assert!(parse_keys(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_defaults_are_right() {
        // Whatever the environment of the test says about databases is left aside.
        let defaults = Config {
            database_url: None,
            owner_database_url: None,
            key_encryption_key: None,
            key_encryption_key_file: None,
            log_signing_key: None,
            log_signing_key_file: None,
            ..config(&[])
        };
        defaults.check().expect("right");
    }
}
