//! A campaign: load, faults drawn at random, then quiet, one last append, and the verdict.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use eventlog::{Log, Options};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};
use tokio::task::JoinSet;

use crate::{
    Error,
    checker::{self, History, Seen, Unstored},
    client::Client,
    fault::{Struck, pause},
    follower::{self, Manner},
    projected::Projected,
    sample,
    stage::{Stage, in_time},
    world::World,
};
pub use crate::{disk::can_be_mounted, fault::Fault, plan::Plan};

/// How a follower follows, and whether through a service process.
const FOLLOWERS: [(bool, Manner); 5] = [
    (true, Manner { page: 1_000, forgetful: false }),
    (true, Manner { page: 7, forgetful: false }),
    (true, Manner { page: 100, forgetful: true }),
    (false, Manner { page: 1_000, forgetful: false }),
    (false, Manner { page: 50, forgetful: true }),
];
/// Streams to which all clients append.
const SHARED: usize = 6;
/// How many faults are done between two lines of progress.
const TELL: usize = 20;
/// How often a fault is tried that could not be done, as another one is not over yet.
const TRIES: usize = 50;

/// What came of it.
#[derive(Debug)]
pub struct Outcome {
    /// The plan that was followed.
    pub plan: Plan,
    /// How long it took, the verdict included.
    pub took: Duration,
    /// For each fault that was done: how long it took from there to the next acknowledged append.
    pub recoveries: BTreeMap<Fault, Vec<Duration>>,
    /// All tries of all clients.
    pub tries: usize,
    /// How many were told what, by name.
    pub told: BTreeMap<&'static str, usize>,
    /// The longest that a client waited for an answer.
    pub longest: Duration,
    /// Own writes read back.
    pub reads: usize,
    /// Events in the log.
    pub events: usize,
    /// Followers.
    pub followers: usize,
    /// How often read models were compared with the log.
    pub compared: usize,
    /// What is not right; empty when all is.
    pub wrong: Vec<String>,
}

/// Carries out a plan. `program` is this crate's program, whose `serve` is a service process; `say` is told how it
/// goes.
pub async fn run(plan: Plan, program: &Path, say: impl Fn(&str)) -> Result<Outcome, Error> {
    let began = Instant::now();
    let mut world = World::start(program, plan.services, plan.small_disk).await?;
    let shared = (0..SHARED).map(|_| sample::thing()).collect();
    let stage = Arc::new(Stage::new(world.sockets(), shared, FOLLOWERS.len()));
    let log = Arc::new(sample::open(&world.connect, &Options::default()).await?);
    let followers: Vec<_> = FOLLOWERS.iter().enumerate().map(|(n, how)| follow(n, *how, &log, &stage)).collect();
    let mut clients = JoinSet::new();
    for client in 0..plan.clients {
        clients.spawn(Client::new(plan.seed << 32 | client, plan.rest, &stage).run());
    }
    stage.recovered(None, Instant::now()).await?;

    let mut projected = Projected::default();
    let recoveries = do_faults(&plan, &mut world, &stage, &mut projected, &say).await?;
    say("quiet; one last append");
    stage.ending.send_replace(true);
    let mut histories = in_time("the clients' end", clients.join_all()).await?;
    world.clean_slate().await?;
    histories
        .push(in_time("the last append", Client::new(plan.seed << 32 | plan.clients, 0, &stage).append_once()).await?);
    // Read over fresh connections: those of the followers' log may have been cut without having noticed yet.
    let judged = sample::open(&world.connect, &Options::default()).await?;
    let head = judged.tree_head().await?;
    stage.last.send_replace(head.size);
    let mut history = together(histories);
    for follower in followers {
        history.followers.push(in_time("a follower's end", follower).await??);
    }

    say("judging");
    let events = sample::everything(&judged).await?;
    let mut wrong = checker::wrong(&events, &head, &history);
    projected.compare(&world).await?;
    projected.compare_all(&world).await?;
    wrong.append(&mut projected.wrong);
    drop((log, judged));
    world.end().await?;
    let mut outcome = outcome(plan, began, recoveries, &history, events.len(), wrong);
    outcome.compared = projected.compared;
    Ok(outcome)
}

fn follow(
    number: usize,
    (through_services, manner): (bool, Manner),
    log: &Arc<Log>,
    stage: &Arc<Stage>,
) -> tokio::task::JoinHandle<Seen> {
    let (log, stage) = (log.clone(), stage.clone());
    if through_services {
        tokio::spawn(follower::through_services(number, manner, stage))
    } else {
        tokio::spawn(follower::directly(number, manner, log, stage))
    }
}

/// Does all faults in random order. Most are waited out, some not.
async fn do_faults(
    plan: &Plan,
    world: &mut World,
    stage: &Arc<Stage>,
    projected: &mut Projected,
    say: &impl Fn(&str),
) -> Result<BTreeMap<Fault, Vec<Duration>>, Error> {
    let mut random = StdRng::seed_from_u64(plan.seed);
    let mut faults: Vec<Fault> =
        plan.faults.iter().flat_map(|(fault, times)| std::iter::repeat_n(*fault, *times)).collect();
    faults.shuffle(&mut random);
    let (mut recoveries, mut pending) = (BTreeMap::<Fault, Vec<Duration>>::new(), JoinSet::new());
    for (done, fault) in faults.iter().copied().enumerate() {
        pause(&mut random, 0, plan.pause).await;
        match strike(world, fault, stage, &mut random).await? {
            Struck::Recovered(after) => recoveries.entry(fault).or_default().push(after),
            Struck::Wait { whose, since } => {
                let stage = stage.clone();
                pending.spawn(async move { (fault, stage.recovered(whose, since).await) });
            }
        }
        if !(fault.overlaps() && random.random_bool(0.25)) {
            while let Some(recovered) = pending.join_next().await {
                let (fault, after) = recovered?;
                recoveries.entry(fault).or_default().push(after?);
            }
        }
        projected.compare(world).await?;
        if (done + 1).is_multiple_of(TELL) {
            say(&progress(done + 1, faults.len(), stage));
        }
    }
    while let Some(recovered) = pending.join_next().await {
        let (fault, after) = recovered?;
        recoveries.entry(fault).or_default().push(after?);
    }
    Ok(recoveries)
}

/// Does one fault. One that needs the database may have to wait until that is back from the fault before.
async fn strike(world: &mut World, fault: Fault, stage: &Arc<Stage>, random: &mut StdRng) -> Result<Struck, Error> {
    let mut tries = 0;
    loop {
        tries += 1;
        match world.strike(fault, stage, random).await {
            Err(Error::Database(_)) if tries < TRIES => pause(random, 20, 100).await,
            struck => return struck,
        }
    }
}

fn progress(done: usize, of: usize, stage: &Stage) -> String {
    let (tried, stored) = (stage.tried.load(Ordering::Relaxed), stage.stored.load(Ordering::Relaxed));
    format!("{done} of {of} faults, {tried} tries, {stored} acknowledged")
}

fn together(histories: Vec<History>) -> History {
    let mut all = History::default();
    for History { tries, reads, followers } in histories {
        all.tries.extend(tries);
        all.reads.extend(reads);
        all.followers.extend(followers);
    }
    all
}

fn outcome(
    plan: Plan,
    began: Instant,
    recoveries: BTreeMap<Fault, Vec<Duration>>,
    history: &History,
    events: usize,
    mut wrong: Vec<String>,
) -> Outcome {
    let mut told = BTreeMap::new();
    for one in &history.tries {
        *told.entry(name(&one.told)).or_default() += 1;
        if let Err(Unstored::Other(what)) = &one.told {
            wrong.push(format!("a client was told what no client should be told: {what}"));
        }
    }
    let longest = history.tries.iter().map(|one| one.answered - one.asked).max().unwrap_or_default();
    Outcome {
        plan,
        took: began.elapsed(),
        recoveries,
        tries: history.tries.len(),
        told,
        longest,
        reads: history.reads.len(),
        events,
        followers: history.followers.len(),
        compared: 0,
        wrong,
    }
}

/// What a client was told, for the report.
fn name(told: &Result<eventlog::Receipt, Unstored>) -> &'static str {
    match told {
        Ok(receipt) if receipt.repeated => "acknowledged: stored by an earlier try with its key",
        Ok(_) => "acknowledged: stored",
        Err(Unstored::Conflict(_)) => "refused: another version",
        Err(Unstored::KeyReused) => "refused: key used for something else",
        Err(Unstored::Busy) => "refused: busy",
        Err(Unstored::Unavailable) => "refused: database unavailable",
        Err(Unstored::Unknown) => "unknown: no answer",
        Err(Unstored::Other(_)) => "anything else",
    }
}
