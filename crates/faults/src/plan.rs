//! What a campaign is to do: the long form for the report, the short one for every day.

use crate::fault::Fault;

/// How small a small disk is, in MiB: room for an empty cluster, some WAL and some minutes of load.
const SMALL: u64 = 512;

/// What is to be done.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What it is called in the report.
    pub name: &'static str,
    /// What random choices begin with.
    pub seed: u64,
    /// Clients that append.
    pub clients: u64,
    /// The longest that a client rests between two intentions, in ms.
    pub rest: u64,
    /// Service processes.
    pub services: usize,
    /// How often each fault is done; their order is random.
    pub faults: Vec<(Fault, usize)>,
    /// The longest pause between two faults, in ms.
    pub pause: u64,
    /// Where Postgres is to have a disk of its own: its size in MiB.
    pub small_disk: Option<u64>,
}

impl Plan {
    /// Every fault that needs no disk of its own, some of them many times: about ten minutes.
    pub fn long(seed: u64) -> Self {
        let faults = vec![
            (Fault::ServiceKilled, 300),
            (Fault::AllServicesKilled, 15),
            (Fault::ServiceFrozen, 16),
            (Fault::PostgresKilled, 50),
            (Fault::PostgresStopped, 40),
            (Fault::BackendKilled, 25),
            (Fault::ConnectionsCut, 80),
            (Fault::AnswersLost, 120),
            (Fault::HeadHeldSlowly, 15),
            (Fault::HeadHeldIdle, 8),
            (Fault::ClockJumped, 50),
            (Fault::LongTransaction, 10),
            (Fault::LongTransactionElsewhere, 10),
        ];
        Self {
            name: "On a disk with room",
            seed,
            clients: 32,
            rest: 60,
            services: 3,
            faults,
            pause: 600,
            small_disk: None,
        }
    }

    /// A disk that is full again and again, with some of the other faults in between: about a minute.
    pub fn long_small_disk(seed: u64) -> Self {
        let faults = vec![
            (Fault::DiskFull, 12),
            (Fault::ServiceKilled, 12),
            (Fault::PostgresKilled, 6),
            (Fault::PostgresStopped, 4),
            (Fault::ConnectionsCut, 6),
        ];
        Self { name: "On a small disk", faults, small_disk: Some(SMALL), pause: 1_000, ..Self::long(seed) }
    }

    /// Each of the first kind at least once, in well under a minute.
    pub fn short(seed: u64) -> Self {
        let long = Self::long(seed);
        let times = |fault| match fault {
            Fault::ServiceKilled | Fault::AnswersLost => 8,
            Fault::PostgresKilled | Fault::PostgresStopped | Fault::ConnectionsCut => 2,
            _ => 1,
        };
        let faults = long.faults.iter().map(|(fault, _)| (*fault, times(*fault))).collect();
        Self { faults, pause: 100, ..long }
    }

    /// A disk that is full once, with a few other faults.
    pub fn short_small_disk(seed: u64) -> Self {
        let faults = vec![(Fault::DiskFull, 1), (Fault::ServiceKilled, 1), (Fault::PostgresKilled, 1)];
        Self { faults, pause: 100, ..Self::long_small_disk(seed) }
    }
}
