//! Reading what the fields of a request ask for together: siblings put their wishes down, and the first to be asked again
//! reads all of them in one statement. (All fields of a request are polled by one task, each until it has to wait, so that
//! nobody comes too late by chance.)

use std::{
    collections::HashMap,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use readmodel::{Answer, Ask, ReadModelError, ReadModels};
use tokio::sync::oneshot;

type Read = Result<HashMap<Ask, Answer>, Arc<ReadModelError>>;

/// The wishes of one request.
#[derive(Debug, Default)]
pub(crate) struct Gathering(Mutex<Vec<(Vec<Ask>, oneshot::Sender<Read>)>>);

impl Gathering {
    /// What is asked for, from what is kept or from the database.
    pub(crate) async fn read(&self, models: &ReadModels, asks: &[Ask]) -> Read {
        let mut found = HashMap::with_capacity(asks.len());
        let mut missing = Vec::new();
        for ask in asks {
            match models.kept(ask) {
                Some(answer) => {
                    found.insert(ask.clone(), answer);
                }
                None => missing.push(ask.clone()),
            }
        }
        if !missing.is_empty() {
            let (tell, told) = oneshot::channel();
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push((missing, tell));
            // The others put down theirs.
            Later(false).await;
            let all = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
            if !all.is_empty() {
                read_all(models, all).await;
            }
            // Without an answer, whoever read was given up, and so are we.
            let read = told.await.unwrap_or_else(|_| Ok(HashMap::new()))?;
            found.extend(asks.iter().filter_map(|ask| Some((ask.clone(), read.get(ask)?.clone()))));
        }
        Ok(found)
    }
}

async fn read_all(models: &ReadModels, all: Vec<(Vec<Ask>, oneshot::Sender<Read>)>) {
    let mut asks: Vec<Ask> = Vec::new();
    for ask in all.iter().flat_map(|(asks, _)| asks) {
        if !asks.contains(ask) {
            asks.push(ask.clone());
        }
    }
    let read = models.gather(&asks).await.map_err(Arc::new);
    for (_, tell) in all {
        // Whoever asked may be gone.
        let _ = tell.send(read.clone());
    }
}

/// Waits until the task comes round again.
struct Later(bool);

impl Future for Later {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.0 {
            return Poll::Ready(());
        }
        self.0 = true;
        context.waker().wake_by_ref();
        Poll::Pending
    }
}
