//! `leerwerk rewrap-keys`: every data key under the current key-encryption key.

use super::history::print;
use crate::{config::Config, platform::Platform};

pub(crate) async fn run(config: Config) -> anyhow::Result<()> {
    let platform = Platform::open_beside(&config).await?;
    let rewrapped = platform.log.keys().rewrap().await;
    platform.close().await?;
    let told = match rewrapped? {
        0 => "every data key is under the current key-encryption key\n".to_owned(),
        keys => format!("{keys} data keys rewrapped; every one is under the current key-encryption key\n"),
    };
    print(&told)
}
