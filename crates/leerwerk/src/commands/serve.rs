//! `leerwerk serve`: the service.

use std::{io::Write, sync::Arc};

use anyhow::Context as _;
use app::{App, Policies, Source};
use clap::Args;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};
use tokio::{net::TcpListener, signal::unix::SignalKind};

use crate::{
    config::{Config, ServeConfig},
    housekeeping,
    platform::Platform,
};

/// Histogram bounds in seconds, for everything whose name ends in `_seconds`.
const SECONDS: [f64; 11] = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];

#[derive(Debug, Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    config: ServeConfig,
}

impl Serve {
    pub(crate) async fn run(self, config: Config) -> anyhow::Result<()> {
        config.check()?;
        let listener = TcpListener::bind(self.config.listen)
            .await
            .with_context(|| format!("cannot listen on {}", self.config.listen))?;
        let metrics = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &SECONDS)?
            .install_recorder()?;
        let platform = Platform::open(&config).await?;
        if self.config.demo {
            crate::demo_world::load_if_empty(&platform).await?;
        }
        let models = platform.read_models(&readmodel::Options::default()).await?;
        let app = Arc::new(App::new(platform.log.clone(), Policies::embedded()?, Source::system()));
        let _housekeeping = housekeeping::start(&app, self.config.receipt_retention);
        let demo = if self.config.demo { Some(crate::demo_world::personas()) } else { None };
        let router = api::router(
            api::Platform { app, models, pool: platform.pool.clone() },
            api::Options {
                public_url: self.config.public_url.clone(),
                security_contact: self.config.security_contact.clone(),
                signer: crate::log_key::signer(&config)?,
                demo,
                metrics: Box::new(move || metrics.render()),
            },
        );
        self.announce(listener.local_addr()?);
        let stop = stop_signal()?;
        let (leave, left) = tokio::sync::oneshot::channel();
        let serving = tokio::spawn(
            axum::serve(listener, router)
                .with_graceful_shutdown(async move {
                    stop.await;
                    let _ = leave.send(());
                })
                .into_future(),
        );
        // Requests in flight end by themselves; subscriptions do not, and are cut after a moment.
        let _ = left.await;
        let _ = tokio::time::timeout(std::time::Duration::from_secs(3), serving).await;
        platform.close().await
    }

    /// Where the platform is and who one can be, for people at a terminal. Nobody may be reading; that is no trouble.
    fn announce(&self, address: std::net::SocketAddr) {
        let _ = self.tell(&mut std::io::stdout().lock(), address);
    }

    fn tell(&self, out: &mut impl Write, address: std::net::SocketAddr) -> std::io::Result<()> {
        let url = self.config.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
        writeln!(out, "\nLeerwerk is at {url}  (GraphiQL: {url}/graphiql)")?;
        if self.config.demo {
            writeln!(out, "\nThis is the demo world. Sign in as:")?;
            for persona in crate::demo_world::personas() {
                writeln!(out, "  {:<12} {} – {}", persona.persona, persona.name, persona.about.nl)?;
            }
        }
        writeln!(out, "\nStop with Ctrl-C.\n")
    }
}

/// Resolves when the service is asked to stop.
fn stop_signal() -> anyhow::Result<impl Future<Output = ()>> {
    let mut terminate = tokio::signal::unix::signal(SignalKind::terminate())?;
    let mut interrupt = tokio::signal::unix::signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
    })
}
