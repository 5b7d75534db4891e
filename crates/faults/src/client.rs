//! A client: appends to streams of its own and to shared ones, with and without keys, retries, and keeps a record.

use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use eventlog::{Expected, IdempotencyKey, Receipt, StreamId};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};

use crate::{
    checker::{History, ReadBack, Try, Unstored},
    sample,
    stage::Stage,
    wire::{Answer, Line, Request, pair},
};

/// How long a client waits for an answer before it hangs up and asks elsewhere. A log that lives mostly answers
/// earlier; a process that is frozen never does.
const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) struct Client {
    random: StdRng,
    stage: Arc<Stage>,
    own: StreamId,
    /// The service it mostly asks.
    home: usize,
    /// The longest it rests between two intentions, in ms.
    rest: u64,
    lines: Vec<Option<Line>>,
    /// The versions of streams as far as it knows.
    versions: HashMap<StreamId, i32>,
    history: History,
}

/// What a client wants to append, however many tries that takes.
struct Intention {
    stream: StreamId,
    any: bool,
    key: Option<IdempotencyKey>,
}

impl Client {
    pub(crate) fn new(seed: u64, rest: u64, stage: &Arc<Stage>) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let home = random.random_range(0..stage.sockets.len());
        Self {
            random,
            stage: stage.clone(),
            own: sample::thing(),
            home,
            rest,
            lines: stage.sockets.iter().map(|_| None).collect(),
            versions: HashMap::new(),
            history: History::default(),
        }
    }

    /// Appends until the campaign ends.
    pub(crate) async fn run(mut self) -> History {
        while !self.ending() {
            let intention = self.intention();
            self.carry_out(intention).await;
            tokio::time::sleep(Duration::from_millis(self.random.random_range(0..=self.rest))).await;
        }
        self.history
    }

    /// Appends to a new stream, come what may.
    pub(crate) async fn append_once(mut self) -> History {
        while !matches!(self.history.tries.last(), Some(Try { told: Ok(_), .. })) {
            let key = Some(self.key());
            self.carry_out(Intention { stream: sample::thing(), any: false, key }).await;
        }
        self.history
    }

    fn any_service(&mut self) -> usize {
        self.random.random_range(0..self.lines.len())
    }

    fn ending(&self) -> bool {
        *self.stage.ending.borrow()
    }

    fn key(&mut self) -> IdempotencyKey {
        IdempotencyKey { key: self.random.random(), fingerprint: self.random.random() }
    }

    fn intention(&mut self) -> Intention {
        let stream = match self.random.random_range(0..10) {
            0 => sample::thing(),
            1..6 => self.own.clone(),
            _ => self.stage.shared[self.random.random_range(0..self.stage.shared.len())].clone(),
        };
        let key = self.random.random_bool(0.8).then(|| self.key());
        Intention { stream, any: self.random.random_bool(0.3), key }
    }

    /// Tries until it is told something definite; without a key, once.
    async fn carry_out(&mut self, intention: Intention) {
        loop {
            let service = if self.random.random_bool(0.7) { self.home } else { self.any_service() };
            let told = self.attempt(service, &intention).await;
            let retries = intention.key.is_some();
            let again = match told {
                // Nobody there to ask.
                None => true,
                Some(Ok(receipt)) => {
                    self.read_back(receipt).await;
                    self.abuse(&intention).await;
                    // Some do not believe it.
                    retries && self.random.random_bool(0.05)
                }
                Some(Err(Unstored::Conflict(_))) => retries && self.random.random_bool(0.8),
                Some(Err(Unstored::Busy | Unstored::Unavailable)) => {
                    self.stage.put_off.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(Duration::from_millis(self.random.random_range(20..100))).await;
                    true
                }
                Some(Err(Unstored::Unknown)) => retries,
                Some(Err(Unstored::KeyReused | Unstored::Other(_))) => false,
            };
            if !again || self.ending() {
                return;
            }
        }
    }

    /// One try; nothing when nobody could be asked.
    async fn attempt(&mut self, service: usize, intention: &Intention) -> Option<Result<Receipt, Unstored>> {
        let Intention { stream, any, key } = intention;
        self.call(service).await?;
        let expected = match self.versions.get(stream).copied().unwrap_or_default() {
            _ if *any => Expected::Any,
            0 => Expected::NoStream,
            version => Expected::Exact(version),
        };
        let ids: Vec<_> = (0..self.random.random_range(1..=5)).map(|_| sample::id()).collect();
        let request = Request::Append {
            stream: stream.to_string(),
            expected: expected.into(),
            ids: ids.clone(),
            key: key.map(pair),
        };
        // Some hang up before they are answered.
        let impatient = self.random.random_bool(0.01);
        let patience = if impatient { Duration::from_millis(self.random.random_range(0..20)) } else { PATIENCE };
        self.stage.tried.fetch_add(1, Ordering::Relaxed);
        let asked = Instant::now();
        let told = match self.ask(service, &request, patience).await {
            Some(Answer::Stored(stored)) => stored.receipt().map_err(|error| Unstored::Other(error.to_string())),
            Some(Answer::Unstored(unstored)) => Err(unstored),
            Some(other) => Err(Unstored::Other(format!("{other:?}"))),
            None => Err(Unstored::Unknown),
        };
        let answered = Instant::now();
        match &told {
            Ok(receipt) => {
                self.stage.acknowledge(service, asked);
                self.learn(&receipt.stream, receipt.last_version);
            }
            Err(Unstored::Conflict(version)) => self.learn(stream, *version),
            Err(_) => {}
        }
        self.history.tries.push(Try {
            stream: stream.clone(),
            expected,
            ids,
            key: *key,
            asked,
            answered,
            told: told.clone(),
        });
        Some(told)
    }

    fn learn(&mut self, stream: &StreamId, version: i32) {
        let known = self.versions.entry(stream.clone()).or_default();
        *known = version.max(*known);
    }

    /// Uses a key again for something else, now and then; nobody may accept that.
    async fn abuse(&mut self, intention: &Intention) {
        if let Some(key) = intention.key
            && self.random.random_bool(0.01)
        {
            let other = IdempotencyKey { fingerprint: self.random.random(), ..key };
            let service = self.any_service();
            self.attempt(service, &Intention { stream: sample::thing(), any: true, key: Some(other) }).await;
        }
    }

    /// What was acknowledged can be read at once, at every service that answers.
    async fn read_back(&mut self, receipt: Receipt) {
        if !self.random.random_bool(0.3) {
            return;
        }
        let service = self.any_service();
        let request = Request::Read { stream: receipt.stream.to_string(), after: receipt.last_version - 1 };
        if self.call(service).await.is_some()
            && let Some(Answer::Read(events)) = self.ask(service, &request, PATIENCE).await
        {
            self.history.reads.push(ReadBack { receipt, found: events.first().copied() });
        }
    }

    /// Makes sure that there is a line to a service.
    async fn call(&mut self, service: usize) -> Option<()> {
        if self.lines[service].is_none() {
            let Ok(line) = Line::open(&self.stage.sockets[service]).await else {
                tokio::time::sleep(Duration::from_millis(10)).await;
                return None;
            };
            self.lines[service] = Some(line);
        }
        Some(())
    }

    /// Asks over an open line. Without an answer the line is cut, and nobody knows what was done.
    async fn ask(&mut self, service: usize, request: &Request, patience: Duration) -> Option<Answer> {
        let mut line = self.lines[service].take()?;
        let answer = tokio::time::timeout(patience, line.ask(request)).await.ok()?.ok()?;
        self.lines[service] = Some(line);
        Some(answer)
    }
}
