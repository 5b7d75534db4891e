//! `leerwerk migrate`: schema and read models, then stop.

use crate::{config::Config, platform::Platform};

pub(crate) async fn run(config: Config) -> anyhow::Result<()> {
    let platform = Platform::open(&config).await?;
    let options = readmodel::Options { standby: true, ..readmodel::Options::default() };
    drop(platform.read_models(&options).await?);
    tracing::info!("the database has the present schema");
    platform.close().await
}
