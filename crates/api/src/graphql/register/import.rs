//! Importing lists into the register: first a preview that names every faulty line; then, when no line is, all of it. What
//! is interrupted in between goes on when it is sent again.

use app::{By, Request, Retry, RunError};
use async_graphql::{Context, Enum, InputObject, Object, SimpleObject, Union};
use domain::{
    Aggregate as _, Command,
    basis::{AwardGrant, Basis as BasisAggregate},
    funding_round::FundingRound,
    id::MemberId,
    intervention::Intervention,
    organisation::Organisation,
    region::Region,
    text::TextError,
};
use eventlog::Position as LogPosition;
use futures::{StreamExt as _, TryStreamExt as _};
use serde::Serialize;
use uuid::Uuid;

use super::import_rows::{self as rows, Fault, Listing, MOST, Outcome, Planned, Register, Row, Unreadable};
use crate::{
    graphql::{
        context::Viewing as _,
        error::Failed,
        mutation::{self, Creation, Refusal, Wrong},
        text::Position,
    },
    language::Language,
};

/// How many lines are entered side by side.
const AT_ONCE: usize = 32;
/// How many faulty lines a refusal names.
const NAMED: usize = 5;

/// What a file lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Enum)]
pub(crate) enum ImportKind {
    /// Columns: naam, consortium, inwoners, 75plus, stedelijkheid.
    Regions,
    /// Columns: naam, soort, regio, settings.
    Organisations,
    /// Columns: nummer, organisaties, interventies, van, tot en met, ronde.
    Grants,
    /// Columns: naam, organisaties, interventies, van, tot en met.
    PromisingProjects,
}

impl From<ImportKind> for Listing {
    fn from(kind: ImportKind) -> Self {
        match kind {
            ImportKind::Regions => Self::Regions,
            ImportKind::Organisations => Self::Organisations,
            ImportKind::Grants => Self::Grants,
            ImportKind::PromisingProjects => Self::PromisingProjects,
        }
    }
}

/// What becomes of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum ImportOutcome {
    /// It is entered.
    New,
    /// It is in the register already, and is passed over.
    Known,
    /// It cannot be entered: see its faults.
    Faulty,
}

/// What is wrong with a line.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct ImportFault {
    /// The column, when it is about one.
    column: Option<String>,
    /// A whole sentence in the language of the request.
    message: String,
}

/// A line of the file.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct ImportLine {
    /// Its number in the file; the header is line 1.
    line: i32,
    /// The name or number it is about.
    name: String,
    outcome: ImportOutcome,
    faults: Vec<ImportFault>,
}

/// What would become of a file.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct ImportPreview {
    /// Why the file cannot be read as a list at all; null when it can.
    unreadable: Option<String>,
    /// Its lines without the header and empty ones.
    lines: Vec<ImportLine>,
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct ImportRegisterInput {
    kind: ImportKind,
    /// The whole file as text. Cells are separated by semicolons, commas or tabs; several names in a cell by `|`.
    csv: String,
    #[graphql(flatten)]
    #[serde(flatten)]
    creation: Creation,
}

/// All lines are in the register.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct RegisterImported {
    /// Lines that were entered.
    entered: i32,
    /// Lines that were there already.
    known: i32,
    /// What is read from here on includes them.
    position: Position,
}

/// The file was imported, or why nothing of it was.
#[derive(Clone, Debug, Union)]
pub(crate) enum ImportRegisterPayload {
    Imported(RegisterImported),
    Refusal(Refusal),
}

/// Reads a file beside the register.
async fn read(ctx: &Context<'_>, kind: ImportKind, csv: &str) -> Result<Result<Vec<Row>, Unreadable>, Failed> {
    let models = &ctx.platform()?.models;
    let register = Register {
        regions: models.catalogue(Region::KIND).await?,
        organisations: models.catalogue(Organisation::KIND).await?,
        interventions: models.catalogue(Intervention::KIND).await?,
        rounds: models.catalogue(FundingRound::KIND).await?,
        bases: models.catalogue(BasisAggregate::KIND).await?,
    };
    let source = ctx.platform()?.app.source();
    Ok(rows::read(kind.into(), csv, &register, || source.id()))
}

/// Whether the viewer keeps the register.
async fn keeps(ctx: &Context<'_>) -> Result<bool, Failed> {
    ctx.may::<BasisAggregate>(Uuid::nil(), AwardGrant::NAME).await
}

/// Questions about imports.
#[derive(Debug, Default)]
pub(crate) struct ImportQueries;

#[Object]
impl ImportQueries {
    /// What would become of a file, line by line. Null for whoever does not keep the register.
    #[graphql(complexity = "500 + child_complexity")]
    async fn preview_import(
        &self,
        ctx: &Context<'_>,
        kind: ImportKind,
        csv: String,
    ) -> Result<Option<ImportPreview>, Failed> {
        if !keeps(ctx).await? {
            return Ok(None);
        }
        let language = ctx.caller()?.language;
        Ok(Some(match read(ctx, kind, &csv).await? {
            Err(wrong) => ImportPreview { unreadable: Some(unreadable(&wrong, language)), lines: vec![] },
            Ok(rows) => {
                let lines = rows.into_iter().map(|row| line(row, language)).collect();
                ImportPreview { unreadable: None, lines }
            }
        }))
    }
}

/// What can be done with files.
#[derive(Debug, Default)]
pub(crate) struct ImportMutations;

#[Object]
impl ImportMutations {
    /// Enter everything that a file lists. When any line is faulty, nothing is entered. Sent again, it goes on where it was
    /// interrupted.
    async fn import_register(
        &self,
        ctx: &Context<'_>,
        input: ImportRegisterInput,
    ) -> Result<ImportRegisterPayload, Failed> {
        let change = (&input.creation).into();
        let viewer = match mutation::admit(ctx, &change)? {
            Ok(viewer) => viewer,
            Err(refusal) => return Ok(ImportRegisterPayload::Refusal(refusal)),
        };
        let language = ctx.caller()?.language;
        if !keeps(ctx).await? {
            let declined = app::Declined::Forbidden { action: AwardGrant::NAME };
            return Ok(ImportRegisterPayload::Refusal(mutation::refused(&declined, language)));
        }
        let refused = |code: &str, message| {
            let field = Some("csv".to_owned());
            Ok(ImportRegisterPayload::Refusal(Refusal { code: code.into(), message, field }))
        };
        let rows = match read(ctx, input.kind, &input.csv).await? {
            Ok(rows) => rows,
            Err(wrong) => return refused("IMPORT_UNREADABLE", unreadable(&wrong, language)),
        };
        let faulty: Vec<String> = rows
            .iter()
            .filter(|row| matches!(row.outcome, Outcome::Faulty(_)))
            .map(|row| row.line.to_string())
            .collect();
        if !faulty.is_empty() {
            return refused("IMPORT_FAULTY", faulty_lines(&faulty, language));
        }
        let entered = rows.iter().filter(|row| matches!(row.outcome, Outcome::New(_))).count();
        let known = rows.len() - entered;
        let position = enter(ctx, viewer, input.creation.idempotency_key.as_deref(), rows).await?;
        ctx.platform()?.models.reach(position).await?;
        Ok(ImportRegisterPayload::Imported(RegisterImported {
            entered: i32::try_from(entered).unwrap_or(i32::MAX),
            known: i32::try_from(known).unwrap_or(i32::MAX),
            position: Position(position),
        }))
    }
}

/// Enters what is new; gives the position from which on it shows.
async fn enter(ctx: &Context<'_>, viewer: MemberId, key: Option<&str>, rows: Vec<Row>) -> Result<LogPosition, Failed> {
    let correlation = ctx.platform()?.app.source().id();
    // Each line is retried by itself: what was entered before an interruption is not entered twice.
    let planned = rows.into_iter().filter_map(|Row { line, text, outcome, .. }| match outcome {
        Outcome::New(planned) => {
            let retry = key.map(|key| Retry { key: format!("{key}:{line}"), content: text.into_bytes() });
            Some((planned, Request { retry, ..Request::new(By::Member(viewer), correlation) }))
        }
        _ => None,
    });
    let head = ctx.platform()?.models.position();
    futures::stream::iter(planned)
        .map(|(planned, request)| async move {
            match planned {
                Planned::Region(command) => run(ctx, command, &request).await,
                Planned::Organisation(command) => run(ctx, command, &request).await,
                Planned::Grant(command) => run(ctx, command, &request).await,
                Planned::PromisingProject(command) => run(ctx, command, &request).await,
            }
        })
        .buffer_unordered(AT_ONCE)
        .try_fold(head, |furthest, position| async move { Ok(furthest.max(position)) })
        .await
}

/// Enters one line. Nothing refuses what was read beside the register, but somebody who was faster: then the file is read
/// anew.
async fn run<C: Command>(ctx: &Context<'_>, command: C, request: &Request) -> Result<LogPosition, Failed> {
    match ctx.platform()?.app.run(command, request).await {
        Ok(done) => Ok(done.position),
        Err(RunError::Failed(failure)) => Err(failure.into()),
        Err(RunError::Refused(_) | RunError::Declined(_)) => Err(Failed::Busy),
    }
}

fn line(row: Row, language: Language) -> ImportLine {
    let (outcome, faults) = match row.outcome {
        Outcome::New(_) => (ImportOutcome::New, vec![]),
        Outcome::Known => (ImportOutcome::Known, vec![]),
        Outcome::Faulty(faults) => (ImportOutcome::Faulty, faults),
    };
    let faults = faults
        .into_iter()
        .map(|fault| ImportFault { column: fault.column.map(str::to_owned), message: told(&fault, language) })
        .collect();
    ImportLine { line: i32::try_from(row.line).unwrap_or(i32::MAX), name: row.name, outcome, faults }
}

/// A fault in words.
fn told(fault: &Fault, language: Language) -> String {
    let say = |nl: String, en: String| if language.is_dutch() { nl } else { en };
    let field = fault.column.unwrap_or("csv");
    match &fault.wrong {
        rows::Wrong::Text(TextError::Empty) => say("Dit is leeg.".into(), "This is empty.".into()),
        rows::Wrong::Text(error) => Wrong::Text(field, *error).refusal(language).message,
        rows::Wrong::NoSuchWord(words) => {
            let words = words.join(", ");
            say(format!("Kies uit: {words}."), format!("Choose from: {words}."))
        }
        rows::Wrong::NoSuchName(name) => {
            say(format!("“{name}” staat niet in het register."), format!("“{name}” is not in the register."))
        }
        rows::Wrong::SeveralOf(name) => say(
            format!("“{name}” staat meer dan eens in het register."),
            format!("“{name}” is in the register more than once."),
        ),
        rows::Wrong::NoNumber => say("Dit is geen getal.".into(), "This is no number.".into()),
        rows::Wrong::NoGrantNumber => Wrong::GrantNumber(field).refusal(language).message,
        rows::Wrong::NoDate => say(
            "Dit is geen datum. Schrijf die zoals 31-12-2026.".into(),
            "This is no date. Write it like 31-12-2026.".into(),
        ),
        rows::Wrong::EndsBeforeItBegins => Wrong::Period(field).refusal(language).message,
        rows::Wrong::AlsoOnLine(line) => {
            say(format!("Dit staat ook op regel {line}."), format!("This is also on line {line}."))
        }
        rows::Wrong::NumberTaken => say(
            "Een subsidie met dit nummer staat al in het register, met andere gegevens.".into(),
            "A grant with this number is in the register already, with other particulars.".into(),
        ),
        rows::Wrong::TooMany => {
            say("Dit zijn te veel namen voor één vak.".into(), "These are too many names for one cell.".into())
        }
        rows::Wrong::Cells => say(
            "Deze regel heeft meer of minder vakken dan de eerste regel.".into(),
            "This line has more or fewer cells than the first line.".into(),
        ),
    }
}

fn unreadable(wrong: &Unreadable, language: Language) -> String {
    let say = |nl: String, en: String| if language.is_dutch() { nl } else { en };
    match wrong {
        Unreadable::Missing(columns) => {
            let columns = columns.join(", ");
            say(
                format!("Op de eerste regel ontbreken deze kolommen: {columns}."),
                format!("These columns are missing on the first line: {columns}."),
            )
        }
        Unreadable::Empty => say(
            "Na de eerste regel staat er niets in dit bestand.".into(),
            "There is nothing in this file after the first line.".into(),
        ),
        Unreadable::TooLong => say(
            format!("Dit bestand heeft meer dan {MOST} regels. Deel het op."),
            format!("This file has more than {MOST} lines. Divide it."),
        ),
        Unreadable::NoCsv => say(
            "Dit is geen CSV-bestand. Sla het in je rekenprogramma op als CSV.".into(),
            "This is no CSV file. Save it as CSV in your spreadsheet program.".into(),
        ),
    }
}

fn faulty_lines(lines: &[String], language: Language) -> String {
    let named = lines.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    let more = if lines.len() > NAMED { " …" } else { "" };
    if language.is_dutch() {
        format!("Er is niets opgeslagen: er staan fouten op regel {named}{more}.")
    } else {
        format!("Nothing was stored: there are faults on line {named}{more}.")
    }
}
