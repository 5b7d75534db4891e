//! `UmaDB`: an engine of its own, asked over gRPC on the loopback interface by its published client, as its users do.
//! The server runs in this process, on threads of its own, with the settings that its program has by default; it
//! syncs its file before it answers.

use std::{net::TcpListener, path::PathBuf};

use anyhow::Context as _;
use async_trait::async_trait;
use futures::StreamExt as _;
use tokio::sync::oneshot;
use umadb_client::{AsyncUmaDbClient, UmaDbClient};
use umadb_core::mvcc::StorageOptions;
use umadb_dcb::{DcbAppendCondition, DcbEvent, DcbEventStoreAsync as _, DcbQuery, DcbQueryItem};
use umadb_server::{ServerOptions, start_server_with_options};
use uuid::Uuid;

use crate::{
    event::{self, Raised},
    peer::{Caller, Follower, Home, Peer, Seen, note},
};

/// A running server; it ends with this.
pub(crate) struct UmaDb {
    file: PathBuf,
    url: String,
    _stop: oneshot::Sender<()>,
}

impl UmaDb {
    pub(crate) fn start(file: PathBuf) -> anyhow::Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let (stop, stopped) = oneshot::channel();
        let options = ServerOptions {
            listen_addr: address.clone(),
            tls: None,
            api_key: None,
            storage: StorageOptions::default().db_path(&file),
        };
        let runtime = tokio::runtime::Runtime::new()?;
        std::thread::Builder::new().name("umadb".into()).spawn(move || {
            if let Err(error) = runtime.block_on(start_server_with_options(options, stopped)) {
                eprintln!("UmaDB ended: {error}");
            }
        })?;
        Ok(Self { file, url: format!("http://{address}"), _stop: stop })
    }

    /// Each caller has a connection of its own.
    async fn connect(&self) -> anyhow::Result<AsyncUmaDbClient> {
        UmaDbClient::new(self.url.clone()).connect_async().await.context("UmaDB does not answer")
    }
}

#[async_trait]
impl Peer for UmaDb {
    fn name(&self) -> &'static str {
        "UmaDB"
    }

    async fn caller(&self) -> anyhow::Result<Box<dyn Caller>> {
        let stream = format!("project-{}", event::id());
        Ok(Box::new(Appender { client: self.connect().await?, stream, last: None }))
    }

    async fn read(&self, limit: usize) -> anyhow::Result<Option<Vec<Uuid>>> {
        let client = self.connect().await?;
        // (Where the number is too large for its protocol, there is no limit.)
        let mut all = client.read(None, None, false, u32::try_from(limit).ok()).await?;
        let mut events = Vec::new();
        while let Some(event) = all.next().await {
            events.push(event::known_by(&event?.event.data)?);
        }
        Ok(Some(events))
    }

    async fn follow(&self, seen: Seen) -> anyhow::Result<Option<Follower>> {
        let client = self.connect().await?;
        let mut follower = Follower::new();
        follower.spawn(async move {
            let mut events = client.subscribe(None, None).await?;
            while let Some(event) = events.next().await {
                note(&seen, [event::known_by(&event?.event.data)?]);
            }
            Ok(())
        });
        Ok(Some(follower))
    }

    fn home(&self) -> Home<'_> {
        Home::File(&self.file)
    }

    async fn count(&self) -> anyhow::Result<u64> {
        Ok(self.connect().await?.head().await?.unwrap_or_default())
    }
}

struct Appender {
    client: AsyncUmaDbClient,
    stream: String,
    last: Option<u64>,
}

#[async_trait]
impl Caller for Appender {
    async fn append(&mut self, events: Vec<Raised>) -> anyhow::Result<()> {
        let event = |raised: Raised| {
            anyhow::Ok(
                DcbEvent::default()
                    .event_type("BottleneckRaised")
                    .tags([self.stream.as_str()])
                    .data(serde_json::to_vec(&raised)?)
                    .uuid(event::id())
                    .metadata_entry("actor", event::ACTOR)
                    .metadata_entry("correlation", event::id().to_string()),
            )
        };
        let events = events.into_iter().map(event).collect::<anyhow::Result<Vec<_>>>()?;
        let mine = DcbQuery::new().item(DcbQueryItem::new().tags([self.stream.as_str()]));
        let unchanged = DcbAppendCondition::new(mine).after(self.last);
        self.last = Some(self.client.append(events, Some(unchanged), None).await?);
        Ok(())
    }
}
