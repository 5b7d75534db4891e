//! What was done and what came of it, in Markdown.

use std::{fmt::Write as _, fs, time::Duration};

use crate::campaign::{Fault, Outcome};

/// The report of some campaigns. `skipped` says what could not be tried here, and why.
pub fn report(outcomes: &[Outcome], skipped: &[String]) -> String {
    let mut out = String::new();
    let wrongs: usize = outcomes.iter().map(|outcome| outcome.wrong.len()).sum();
    let verdict = if wrongs == 0 { "nothing is wrong".into() } else { format!("{wrongs} wrongs") };
    let seed = outcomes.first().map_or(0, |outcome| outcome.plan.seed);
    line(&mut out, "# The fault campaign\n");
    line(&mut out, INTRODUCTION);
    line(&mut out, &format!("**Verdict: {verdict}.** {}\n", kills(outcomes)));
    for skipped in skipped {
        line(&mut out, &format!("**Not tried: {skipped}**\n"));
    }
    line(
        &mut out,
        &format!(
            "Run again with `make fault-campaign SEED={seed}`: the same faults in the same order, drawn from that seed; when
exactly each one hits is the machine's choice. Everything ran on one machine with {}, with other
work on it, so read the recovery times as upper bounds.\n",
            machine()
        ),
    );
    for outcome in outcomes {
        one(&mut out, outcome);
    }
    out.trim_end().to_owned() + "\n"
}

const INTRODUCTION: &str = "\
Clients append through service processes that share one Postgres with `fsync` on; each service has a log of its own.
They append 1 to 5 events at a time to streams of their own and to shared ones, expecting exact versions or any, most
with an idempotency key, and retry what was put off or not answered, with the same key, at whichever service. Followers
follow, some through services that get killed (going on after what they last received), some beside them. Then come the
faults, in random order, a quarter of the sudden ones before anything has recovered from the one before.

The service processes also fold the read models, each its share. After every fault the coordinator waits until they have
folded what the log held then, and compares what is live with the same fold in its own memory; in the end all models are
rebuilt and compared whole.

In the end everything is quiet, one last append is made, all followers reach it, and the checker
(`crates/faults/src/checker.rs`) compares what everybody was told and saw with the log: nothing acknowledged is lost,
doubled or elsewhere than the receipt says; nothing refused is stored; what is unknown is stored whole or not at all; a
key is one append; positions and versions are dense; moments never decrease; leaf hashes are right; what was
acknowledged before another append was asked for stands before it; every follower saw everything, in order, once; own
writes were read back. That it finds each kind of wrong is tested in `crates/faults/tests/checker.rs`.
";

/// How often the two kinds of process were killed, over all campaigns.
fn kills(outcomes: &[Outcome]) -> String {
    let times =
        |fault| outcomes.iter().filter_map(|outcome| outcome.recoveries.get(&fault)).map(Vec::len).sum::<usize>();
    let services = outcomes.first().map_or(0, |outcome| outcome.plan.services);
    format!(
        "Service processes were killed {} times, Postgres was killed or stopped at once {} times.",
        times(Fault::ServiceKilled) + services * times(Fault::AllServicesKilled),
        times(Fault::PostgresKilled) + times(Fault::PostgresStopped)
    )
}

fn one(out: &mut String, outcome: &Outcome) {
    let Outcome { plan, took, compared, tries, events, followers, reads, longest, .. } = outcome;
    line(out, &format!("## {}\n", plan.name));
    if let Some(size) = plan.small_disk {
        line(
            out,
            &format!("Postgres lives on a tmpfs of {size} MiB, which is filled to the last byte and freed again.\n"),
        );
    }
    let (clients, services, seconds) = (plan.clients, plan.services, took.as_secs());
    line(out, &format!("{clients} clients, {services} service processes, {followers} followers; {seconds} s.\n"));
    line(out, "| Fault | times | to the next acknowledged append, median | longest |");
    line(out, "|---|---|---|---|");
    for (fault, recoveries) in &outcome.recoveries {
        let mut sorted = recoveries.clone();
        sorted.sort_unstable();
        let [median, longest] = [sorted.get(sorted.len() / 2), sorted.last()].map(|found| seconds_of(found.copied()));
        line(out, &format!("| {} | {} | {median} | {longest} |", fault.describe(), sorted.len()));
    }
    line(out, "\n| Tries | |");
    line(out, "|---|---|");
    for (told, times) in &outcome.told {
        line(out, &format!("| {told} | {times} |"));
    }
    line(out, &format!("| in all | {tries} |\n"));
    line(
        out,
        &format!(
            "Events in the log: {events}. Own writes read back: {reads}. Longest wait for an answer: {}. Read models \
             compared with the log: {compared} times.\n",
            seconds_of(Some(*longest))
        ),
    );
    if outcome.wrong.is_empty() {
        line(out, "Verdict: nothing is wrong.\n");
        return;
    }
    line(out, &format!("Verdict: **{} wrongs**; the first:\n", outcome.wrong.len()));
    for wrong in outcome.wrong.iter().take(10) {
        line(out, &format!("* {wrong}"));
    }
    line(out, "");
}

fn line(out: &mut String, text: &str) {
    let _ = writeln!(out, "{text}"); // writing to a string cannot fail
}

fn seconds_of(time: Option<Duration>) -> String {
    time.map_or_else(String::new, |time| format!("{:.2} s", time.as_secs_f64()))
}

/// Cores and memory.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = memory.lines().find_map(|line| line.strip_prefix("MemTotal:")).unwrap_or_default();
    let kibibytes: u64 = total.trim().trim_end_matches(" kB").parse().unwrap_or_default();
    format!("{cores} cores and {} GiB", kibibytes.div_ceil(1 << 20))
}
