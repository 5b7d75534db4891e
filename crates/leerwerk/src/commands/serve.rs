//! `leerwerk serve`: the service.

use std::{
    convert::Infallible,
    io::Write,
    net::SocketAddr,
    sync::{Arc, OnceLock},
    task::{Context as TaskContext, Poll},
};

use anyhow::Context as _;
use api::{AsOf, Retention};
use app::{AccessLog, App, Policies, Source};
use audit::Moment;
use axum::{Router, body::Body, extract::Request, response::Response, serve::Listener as _};
use clap::Args;
use eventlog::{Log, Position};
use futures::future::BoxFuture;
use mail::Mail;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use readmodel::ReadModels;
use tokio::{signal::unix::SignalKind, task::JoinSet};
use tower::{Service, ServiceExt as _};

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
        config.check_to_serve(&self.config)?;
        let listener = api::listen(self.config.listen)
            .await
            .with_context(|| format!("cannot listen on {}", self.config.listen))?;
        let metrics = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &SECONDS)?
            .install_recorder()?;
        let build = config.build_options();
        let gate = Gate { starting: api::starting(build.progress.subscribe()), ready: Arc::default() };
        let address = listener.local_addr()?;
        let stop = stop_signal()?;
        let (leave, mut left) = tokio::sync::oneshot::channel();
        let served = Router::new().fallback_service(gate.clone());
        let served = served.into_make_service_with_connect_info::<SocketAddr>();
        let serving = tokio::spawn(
            axum::serve(listener, served)
                .with_graceful_shutdown(async move {
                    stop.await;
                    let _ = leave.send(());
                })
                .into_future(),
        );
        let (platform, models, mut tasks) = tokio::select! {
            prepared = self.prepare(&config, build, &gate, address, metrics) => prepared?,
            // Asked to stop while it prepared.
            _ = &mut left => return Ok(()),
        };
        self.announce(address, models.until());
        // Requests in flight end by themselves; subscriptions do not, and are cut after a moment.
        let _ = left.await;
        let _ = tokio::time::timeout(std::time::Duration::from_secs(3), serving).await;
        tasks.shutdown().await;
        drop(gate);
        if let Some(models) = Arc::into_inner(models) {
            models.close().await?;
        }
        platform.close().await
    }

    /// Opens the platform and the gate.
    async fn prepare(
        &self,
        config: &Config,
        build: readmodel::BuildOptions,
        gate: &Gate,
        address: SocketAddr,
        metrics: PrometheusHandle,
    ) -> anyhow::Result<(Platform, Arc<ReadModels>, JoinSet<()>)> {
        let platform = if self.config.as_of.is_some() {
            Platform::open_beside(config).await?
        } else {
            Platform::open(config).await?
        };
        if self.config.demo {
            crate::demo_world::check(&platform).await?;
        }
        if self.config.demo && self.config.as_of.is_none() {
            crate::demo_world::load_if_empty(&platform).await?;
        }
        let as_of = match self.config.as_of {
            Some(moment) => Some(find(moment, &platform.log).await?),
            None => None,
        };
        let until = as_of.map(|as_of| as_of.position);
        let bar = super::read_models::show(&build);
        let options = readmodel::Options { build, until, ..readmodel::Options::default() };
        let models = platform.read_models(&options).await?;
        bar.abort();
        let app = Arc::new(App::new(platform.log.clone(), Policies::embedded()?, Source::system()));
        let (periods, session_limits) = (self.config.retention.periods(), self.config.retention.session_limits());
        // Who shows the past changes nothing, not even receipts.
        let retention = Retention::new(app.clone(), models.clone(), platform.pool.clone(), periods);
        let retention = as_of.is_none().then_some(retention);
        let access_log = AccessLog::new(platform.pool.clone());
        // Before anything happens that somebody is to be told.
        let mail = match self.config.mail(address)? {
            Some(options) if as_of.is_none() => {
                Some(Mail::open(platform.pool.clone(), platform.log.clone(), models.clone(), options).await?)
            }
            _ => None,
        };
        let mut tasks = housekeeping::start(&app, &models, retention, &platform.pool);
        if let Some(mail) = &mail {
            mail.start(&mut tasks);
        }
        let demo = if self.config.demo { Some(crate::demo_world::personas()) } else { None };
        let router = api::router(
            api::Platform {
                app,
                models: models.clone(),
                pool: platform.pool.clone(),
                access_log,
                mail,
                periods,
                as_of,
            },
            api::Options {
                public_url: self.config.public_url.clone(),
                address: address.to_string(),
                providers: self.config.providers()?,
                session_limits,
                limits: self.config.limits(),
                address_header: self.config.address_header.clone(),
                security_contact: self.config.security_contact.clone(),
                signer: crate::log_key::signer(config)?,
                demo,
                metrics: Box::new(move || metrics.render()),
            },
        )?;
        let _ = gate.ready.set(router); // nobody else sets it
        Ok((platform, models, tasks))
    }

    /// Where the platform is and who one can be, for people at a terminal. Nobody may be reading; that is no trouble.
    fn announce(&self, address: SocketAddr, until: Option<Position>) {
        let _ = self.tell(&mut std::io::stdout().lock(), address, until);
    }

    fn tell(&self, out: &mut impl Write, address: SocketAddr, until: Option<Position>) -> std::io::Result<()> {
        let url = self.config.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
        writeln!(out, "\nLeerwerk is at {url}  (GraphiQL: {url}/graphiql)")?;
        if let Some(position) = until {
            writeln!(out, "\nIt shows everything as it was at position {position}; nothing can be changed.")?;
        }
        if self.config.demo {
            writeln!(out, "\nThis is the demo world. Sign in as:")?;
            for persona in crate::demo_world::personas() {
                writeln!(out, "  {:<12} {} – {}", persona.persona, persona.name, persona.about.nl)?;
            }
        }
        writeln!(out, "\nStop with Ctrl-C.\n")
    }
}

/// The last event at or before a moment.
async fn find(moment: Moment, log: &Log) -> anyhow::Result<AsOf> {
    let position = moment.last(log).await?;
    let event = log.at(position).await?;
    let event = event.with_context(|| format!("{moment} lies outside of the log: it holds no such event"))?;
    Ok(AsOf { position, at: event.at })
}

/// Lets requests through to the platform once that is ready.
#[derive(Clone)]
struct Gate {
    /// Answers until then.
    starting: Router,
    ready: Arc<OnceLock<Router>>,
}

impl Service<Request<Body>> for Gate {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let router = self.ready.get().unwrap_or(&self.starting).clone();
        Box::pin(router.oneshot(request))
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
