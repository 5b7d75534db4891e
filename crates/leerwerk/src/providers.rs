//! The file that says whom one can sign in with.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use api::ProviderOptions;
use secrecy::SecretString;
use serde::Deserialize;

/// The file as a whole.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Providers {
    provider: Vec<Provider>,
}

/// One `[[provider]]` of it; deploy/README.md describes the fields.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Provider {
    key: String,
    name: String,
    issuer: String,
    client_id: String,
    client_secret: Option<String>,
    client_secret_file: Option<PathBuf>,
    scopes: Option<Vec<String>>,
    #[serde(default)]
    email_is_verified: bool,
}

/// Reads the file.
pub(crate) fn read(path: &Path) -> anyhow::Result<Vec<ProviderOptions>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    parse(&text).with_context(|| format!("{} does not read", path.display()))
}

fn parse(text: &str) -> anyhow::Result<Vec<ProviderOptions>> {
    // Not what toml says of it: it shows the line, which can hold a secret.
    let providers: Providers = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].lines().count().max(1));
        anyhow::anyhow!("line {line}: {}", error.message())
    })?;
    let providers = providers.provider.into_iter().map(Provider::options).collect::<anyhow::Result<Vec<_>>>()?;
    for (nth, provider) in providers.iter().enumerate() {
        let twice = providers[..nth].iter().any(|other| other.key == provider.key || other.issuer == provider.issuer);
        ensure!(!twice, "{:?} has the key or the issuer of another", provider.key);
    }
    Ok(providers)
}

impl Provider {
    fn options(self) -> anyhow::Result<ProviderOptions> {
        let client_secret = match (self.client_secret, self.client_secret_file) {
            (Some(_), Some(_)) => bail!("{:?}: give client_secret or client_secret_file, not both", self.key),
            (Some(secret), None) => Some(secret),
            (None, Some(path)) => {
                let text = std::fs::read_to_string(&path);
                Some(text.with_context(|| format!("{} cannot be read", path.display()))?.trim().to_owned())
            }
            (None, None) => None,
        };
        let options = ProviderOptions {
            key: self.key,
            name: self.name,
            issuer: self.issuer,
            client_id: self.client_id,
            client_secret: client_secret.map(SecretString::from),
            scopes: self.scopes.unwrap_or_else(|| vec!["email".into(), "profile".into()]),
            email_is_verified: self.email_is_verified,
        };
        options.check().map_err(|wrong| anyhow::anyhow!("{wrong}"))?;
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str =
        "[[provider]]\nkey = 'zorg'\nname = 'Zorg-ID'\nissuer = 'https://zorg.example'\nclient_id = 'lw'\n";

    #[test]
    fn providers_stand_in_the_order_of_their_buttons() {
        let two = format!("{ONE}\n{}", ONE.replace("zorg", "kennis"));
        let providers = parse(&two).expect("reads");
        assert_eq!(providers.iter().map(|provider| &*provider.key).collect::<Vec<_>>(), ["zorg", "kennis"]);
        assert_eq!(providers[0].scopes, ["email", "profile"]);
    }

    #[test]
    fn what_is_wrong_is_told_without_the_secret() {
        let wrong = [
            (format!("{ONE}client_secret = geheim"), "line 6"),
            (format!("{ONE}klant = 'geheim'"), "unknown field"),
            (format!("{ONE}client_secret = 'geheim'\nclient_secret_file = 'geheim'"), "not both"),
            (format!("{ONE}{ONE}"), "of another"),
            (ONE.replace("https", "http"), "https"),
        ];
        for (text, told) in wrong {
            let error = format!("{:#}", parse(&text).expect_err("refused"));
            assert!(error.contains(told) && !error.contains("geheim"), "{error}");
        }
    }
}
