//! What came out, as tables in Markdown, and beside what we promise.

use std::collections::HashMap;

use crate::{
    measure::{Round, median},
    tail::Checked,
};

/// So many callers at once.
pub(crate) const CALLERS: [usize; 4] = [1, 8, 32, 128];
/// Rows of one UNNEST: what single appends that share a commit could reach at best.
pub(crate) const LIMITS: [usize; 2] = [32, 128];

const RAW: &str = "raw INSERT";
const UNNEST: &str = "raw UNNEST";
const OURS: &str = "leerwerk eventlog";

/// Medians of the rounds.
#[derive(Clone, Copy)]
struct Line {
    rate: f64,
    p50: f64,
    p99: f64,
}

impl Line {
    fn of(rounds: &[Round]) -> Self {
        Self {
            rate: median(rounds.iter().map(|round| round.rate)),
            p50: median(rounds.iter().map(|round| round.latency.p50)),
            p99: median(rounds.iter().map(|round| round.latency.p99)),
        }
    }
}

/// Gathers, then prints.
#[derive(Default)]
pub(crate) struct Report {
    names: Vec<&'static str>,
    singles: HashMap<(&'static str, usize), Line>,
    limits: HashMap<usize, Line>,
    batches: Vec<(&'static str, Line)>,
    bulk: Option<[f64; 3]>,
    sizes: Vec<(&'static str, u64)>,
    followed: Vec<(&'static str, Option<Checked>)>,
    /// COPY's rate and each peer's, where it has a way to read all.
    copied_out: Option<f64>,
    read: Vec<(&'static str, Option<f64>)>,
}

impl Report {
    pub(crate) fn single(&mut self, callers: usize, names: &[&'static str], rounds: Vec<Vec<Round>>) {
        self.names = names.to_vec();
        for (name, rounds) in names.iter().zip(rounds) {
            self.singles.insert((name, callers), Line::of(&rounds));
        }
    }

    pub(crate) fn limit(&mut self, size: usize, rounds: Vec<Vec<Round>>) {
        let rounds: Vec<Round> = rounds.into_iter().flatten().collect();
        self.limits.insert(size, Line::of(&rounds));
    }

    pub(crate) fn batch(&mut self, names: &[&'static str], rounds: Vec<Vec<Round>>) {
        self.batches = names.iter().zip(rounds).map(|(name, rounds)| (*name, Line::of(&rounds))).collect();
    }

    /// COPY as text, COPY binary, our import.
    pub(crate) fn bulk(&mut self, rates: [f64; 3]) {
        self.bulk = Some(rates);
    }

    /// Bytes and events before and after.
    pub(crate) fn sizes(&mut self, names: &[&'static str], before: &[(u64, u64)], after: &[(u64, u64)]) {
        let grown = before.iter().zip(after).map(|(before, after)| (after.0 - before.0) / (after.1 - before.1).max(1));
        self.sizes = names.iter().copied().zip(grown).collect();
    }

    pub(crate) fn followed(&mut self, name: &'static str, checked: Option<Checked>) {
        self.followed.push((name, checked));
    }

    pub(crate) fn reading(&mut self, copy: f64, rates: impl Iterator<Item = (&'static str, Vec<f64>)>) {
        let rates = rates.map(|(name, rates)| (name, (!rates.is_empty()).then(|| median(rates))));
        (self.copied_out, self.read) = (Some(copy), rates.collect());
    }

    pub(crate) fn print(&self) {
        self.print_singles();
        self.print_limits();
        self.print_batches();
        self.print_bulk();
        self.print_sizes();
        self.print_followed();
        self.print_reading();
        self.print_promises();
    }

    fn print_singles(&self) {
        let cell = |name: &&'static str, callers: usize| self.singles.get(&(*name, callers));
        let table = |title: &str, show: &dyn Fn(&Line, usize) -> String| {
            println!(
                "\n### {title}\n\n| | {} callers |\n|---|{}",
                CALLERS.map(|n| n.to_string()).join(" | "),
                "---|".repeat(4)
            );
            for name in &self.names {
                let cells = CALLERS.map(|n| cell(name, n).map_or_else(String::new, |line| show(line, n)));
                println!("| {name} | {} |", cells.join(" | "));
            }
        };
        if self.names.is_empty() {
            return;
        }
        table("One event per append: events/s (× raw INSERT)", &|line, n| {
            let base = self.singles[&(RAW, n)].rate;
            format!("{:.0} ({:.2})", line.rate, line.rate / base)
        });
        table("One event per append: p50 / p99, ms", &|line, _| format!("{:.2} / {:.2}", line.p50, line.p99));
    }

    fn print_limits(&self) {
        if self.limits.is_empty() {
            return;
        }
        println!("\n### The limit for single appends that share a commit\n");
        println!("| One connection, one UNNEST of | rows/s | p50 ms | ours with as many callers | ratio |");
        println!("|---|---|---|---|---|");
        for size in LIMITS {
            let Some(limit) = self.limits.get(&size) else { continue };
            let ours = self.singles.get(&(OURS, size)).map_or(f64::NAN, |line| line.rate);
            let ratio = ours / limit.rate;
            println!("| {size} rows | {:.0} | {:.2} | {ours:.0} | {ratio:.2} |", limit.rate, limit.p50);
        }
    }

    fn print_batches(&self) {
        let Some(base) = self.batched(UNNEST) else { return };
        println!("\n### Appends of 100 events, 4 callers\n");
        println!("| | events/s | p50 ms | p99 ms | × raw UNNEST |\n|---|---|---|---|---|");
        for (name, line) in &self.batches {
            let ratio = line.rate / base;
            println!("| {name} | {:.0} | {:.2} | {:.2} | {ratio:.2} |", line.rate, line.p50, line.p99);
        }
    }

    fn print_bulk(&self) {
        let Some([text, binary, import]) = self.bulk else { return };
        println!("\n### Many events at once, into the log's columns and indexes\n");
        println!("| | events/s | × COPY text |\n|---|---|---|");
        for (name, rate) in [("raw COPY, text", text), ("raw COPY, binary", binary), (OURS, import)] {
            println!("| {name} | {rate:.0} | {:.2} |", rate / text);
        }
    }

    fn print_sizes(&self) {
        println!("\n### Bytes per event, indexes and TOAST included\n\n| | bytes |\n|---|---|");
        for (name, bytes) in &self.sizes {
            println!("| {name} | {bytes} |");
        }
    }

    fn print_followed(&self) {
        if self.followed.is_empty() {
            return;
        }
        println!("\n### A reader that follows\n");
        println!(
            "| | stored | missed | doubled | out of order | answer to reader p50 / p99, ms |\n|---|---|---|---|---|---|"
        );
        for (name, checked) in &self.followed {
            match checked {
                Some(Checked { stored, missed, doubled, out_of_order, lag }) => {
                    let lag = format!("{:.2} / {:.2}", lag.p50, lag.p99);
                    println!("| {name} | {stored} | {missed} | {doubled} | {out_of_order} | {lag} |");
                }
                None => println!("| {name} | has no reader that follows | | | | |"),
            }
        }
    }

    fn print_reading(&self) {
        let Some(copy) = self.copied_out else { return };
        println!("\n### Reading all\n\n| | events/s | × raw COPY |\n|---|---|---|");
        println!("| raw COPY of our table, text, not decoded | {copy:.0} | 1.00 |");
        for (name, rate) in &self.read {
            match rate {
                Some(rate) => println!("| {name} | {rate:.0} | {:.2} |", rate / copy),
                None => println!("| {name} | has no way to read all | |"),
            }
        }
    }

    fn batched(&self, name: &str) -> Option<f64> {
        self.batches.iter().find(|(other, _)| *other == name).map(|(_, line)| line.rate)
    }

    /// Each promise with what was measured; left out is what was not.
    fn print_promises(&self) {
        println!("\n### What is promised\n\n| | to reach | measured | |\n|---|---|---|---|");
        let of = |name, callers| self.singles.get(&(name, callers)).copied();
        let rates = |name, other, callers| Some(of(name, callers)?.rate / of(other, callers)?.rate);
        promise("one caller, × raw INSERT", 0.8, rates(OURS, RAW, 1));
        promise("32 callers, × raw INSERT", 1.5, rates(OURS, RAW, 32));
        promise("32 callers, × message-db", 5.0, rates(OURS, "message-db", 32));
        promise("32 callers, × UmaDB", 1.0, rates(OURS, "UmaDB", 32));
        let p99 = |callers| Some(of(RAW, callers)?.p99 / of(OURS, callers)?.p99);
        promise("p99 at 32 callers, raw INSERT's ÷ ours", 1.0, p99(32));
        let limit = |size| Some(of(OURS, size)?.rate / self.limits.get(&size)?.rate);
        promise("128 single callers, × one UNNEST of 128 rows", 0.6, limit(128));
        let batch = || Some(self.batched(OURS)? / self.batched(UNNEST)?);
        promise("batches of 100, × raw UNNEST", 0.8, batch());
        promise("bulk import, × raw COPY", 0.8, self.bulk.map(|[text, binary, import]| import / text.max(binary)));
        let reading = || Some(self.read.iter().find(|(name, _)| *name == OURS)?.1? / self.copied_out?);
        promise("reading all, × raw COPY out", 0.6, reading());
        let lag = || self.followed.iter().find(|(name, _)| *name == OURS)?.1.as_ref().map(|checked| checked.lag.p99);
        promise("answer to follower p99, 5 ms ÷ ours", 1.0, lag().map(|lag| 5.0 / lag));
    }
}

fn promise(what: &str, wanted: f64, measured: Option<f64>) {
    if let Some(measured) = measured {
        let word = if measured >= wanted { "reached" } else { "**not reached**" };
        println!("| {what} | {wanted:.1} | {measured:.2} | {word} |");
    }
}
