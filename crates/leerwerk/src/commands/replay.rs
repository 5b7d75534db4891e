//! `leerwerk replay`: does what people see follow from the log?

use std::{collections::BTreeSet, fmt::Write as _};

use anyhow::bail;
use clap::{Args, builder::PossibleValuesParser};
use readmodel::{Comparison, Difference};
use serde_json::{Map, Value};

use super::history::print;
use crate::{config::Config, platform::Platform};

/// Options of `replay`.
#[derive(Args, Debug)]
pub(crate) struct Replay {
    /// Rebuild read models beside the live ones, compare the two and leave everything as it is: the one thing to do so
    /// far. Fails when any differs.
    #[arg(long, required = true)]
    check: bool,
    /// Which read models; all when none is named.
    #[arg(value_name = "MODEL", value_parser = PossibleValuesParser::new(readmodel::models::names()))]
    models: Vec<String>,
}

impl Replay {
    pub(crate) async fn run(self, config: Config) -> anyhow::Result<()> {
        let platform = Platform::open_beside(&config).await?;
        let compared = compare(&platform, &self.models).await;
        platform.close().await?;
        let compared = compared?;
        print(&table(&compared))?;
        match compared.iter().filter(|model| differs(model)).count() {
            0 => Ok(()),
            n => bail!("{n} of {} read models differ from the log", compared.len()),
        }
    }
}

async fn compare(platform: &Platform, only: &[String]) -> anyhow::Result<Vec<Comparison>> {
    let options = readmodel::Options { standby: true, ..readmodel::Options::default() };
    Ok(platform.read_models(&options).await?.check(only).await?)
}

fn differs(model: &Comparison) -> bool {
    model.live != model.rebuilt
}

/// The columns that hold numbers, aligned at their right.
const ROWS: usize = 1;
const POSITION: usize = 2;

/// One line a model, then the first difference.
fn table(compared: &[Comparison]) -> String {
    let short = |digest: &str| digest.get(..12).unwrap_or(digest).to_owned();
    let header = ["model", "rows", "position", "live", "rebuilt", ""].map(str::to_owned);
    let rows = compared.iter().map(|model| {
        [
            model.model.to_owned(),
            model.rows.to_string(),
            model.position.to_string(),
            short(&model.live),
            short(&model.rebuilt),
            if differs(model) { "DIFFERS" } else { "ok" }.to_owned(),
        ]
    });
    let rows: Vec<_> = std::iter::once(header).chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or_default();
    let widths: [usize; 6] = std::array::from_fn(width);
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
            let _ = match column {
                ROWS | POSITION => write!(line, "{cell:>width$}  "),
                _ => write!(line, "{cell:<width$}  "),
            };
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
    let first = compared.iter().find_map(|model| model.difference.as_ref().map(|difference| (model, difference)));
    if let Some((model, difference)) = first {
        let _ = writeln!(text, "\nthe first row of {} that differs: {}", model.model, difference.key);
        explain(&mut text, difference);
    }
    text
}

/// The members of a row that differ, or that there is none on one side.
fn explain(text: &mut String, difference: &Difference) {
    let read = |document: &Option<String>| {
        document.as_ref().and_then(|document| serde_json::from_str::<Map<String, Value>>(document).ok())
    };
    let (Some(live), Some(rebuilt)) = (read(&difference.live), read(&difference.rebuilt)) else {
        let shown = |document: &Option<String>| document.clone().unwrap_or_else(|| "(no such row)".to_owned());
        let _ = writeln!(text, "  live     {}", shown(&difference.live));
        let _ = writeln!(text, "  rebuilt  {}", shown(&difference.rebuilt));
        return;
    };
    let names: BTreeSet<&String> = live.keys().chain(rebuilt.keys()).collect();
    for name in names.into_iter().filter(|name| live.get(*name) != rebuilt.get(*name)) {
        let shown = |row: &Map<String, Value>| row.get(name).map_or("(absent)".to_owned(), Value::to_string);
        let _ = writeln!(text, "  {name}\n    live     {}\n    rebuilt  {}", shown(&live), shown(&rebuilt));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(model: &'static str, live: &str, rebuilt: &str, difference: Option<Difference>) -> Comparison {
        Comparison { model, position: 25_104, rows: 24, live: live.repeat(32), rebuilt: rebuilt.repeat(32), difference }
    }

    #[test]
    fn what_differs_is_said_with_the_first_row() {
        let row = |document: &str| Some(document.to_owned());
        let (live, rebuilt) = (row(r#"{"name": 1, "phase": "x"}"#), row(r#"{"name": 1, "phase": null, "new": []}"#));
        let difference = Difference { key: "7".into(), live, rebuilt };
        let text = table(&[compared("member", "ab", "ab", None), compared("project", "ab", "cd", Some(difference))]);
        insta::assert_snapshot!(text, @r#"
        model    rows  position  live          rebuilt
        member     24     25104  abababababab  abababababab  ok
        project    24     25104  abababababab  cdcdcdcdcdcd  DIFFERS

        the first row of project that differs: 7
          new
            live     (absent)
            rebuilt  []
          phase
            live     "x"
            rebuilt  null
        "#);
    }

    #[test]
    fn a_row_that_is_missing_is_said_to_be() {
        let difference = Difference { key: "7".into(), live: None, rebuilt: Some("{}".into()) };
        let text = table(&[compared("member", "ab", "cd", Some(difference))]);
        assert!(text.ends_with("  live     (no such row)\n  rebuilt  {}\n"), "{text}");
    }
}
