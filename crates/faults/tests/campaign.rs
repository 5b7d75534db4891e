//! The short form of the campaign: every fault at least once.

use std::path::Path;

use faults::campaign::{self, Outcome, Plan};

const PROGRAM: &str = env!("CARGO_BIN_EXE_faults");

async fn carried_out(plan: Plan) -> Outcome {
    let outcome = campaign::run(plan, Path::new(PROGRAM), |how| eprintln!("{how}")).await.expect("carried out");
    eprintln!("{}", faults::report::report(std::slice::from_ref(&outcome), &[]));
    assert!(outcome.wrong.is_empty(), "{} wrongs; the first: {}", outcome.wrong.len(), outcome.wrong[0]);
    for (fault, times) in &outcome.plan.faults {
        assert_eq!(outcome.recoveries.get(fault).map(Vec::len), Some(*times), "{fault:?}");
    }
    outcome
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_keeps_its_promises_while_everything_around_it_breaks() {
    let outcome = carried_out(Plan::short(1)).await;
    let acknowledged = outcome.told["acknowledged: stored"];
    assert!(acknowledged > outcome.tries / 4, "{acknowledged} of {} tries were acknowledged", outcome.tries);
}

/// Callers are told to come back later, nothing acknowledged is lost, and it goes on once there is room.
#[tokio::test(flavor = "multi_thread")]
async fn the_log_keeps_its_promises_when_the_disk_is_full() {
    if let Err(why) = campaign::can_be_mounted() {
        eprintln!("NOT TRIED: no small disk can be mounted here: {why}");
        return;
    }
    let outcome = carried_out(Plan::short_small_disk(1)).await;
    assert!(outcome.told.contains_key("refused: database unavailable"), "{:?}", outcome.told);
}
