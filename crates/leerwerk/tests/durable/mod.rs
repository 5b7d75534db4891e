//! A platform on a durable Postgres of its own, as in production, for tests of what is left on disk.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use app::{App, By, Policies, Request, Source};
use domain::{
    Aggregate as _, Command, Sealed,
    id::{AnswerId, MemberId, OrganisationId, QuestionId, RegionId, ThemeId},
    member::{InviteMember, Member},
    organisation::{OrganisationKind, RegisterOrganisation},
    question::{AskQuestion, GiveAnswer, Question},
    region::{RegionFacts, RegisterRegion},
    scope::Consortium,
    sealed::KeyScope,
    text::{Line, Prose},
    theme::AddTheme,
};
use eventlog::{KeyEncryptionKey, Log, Position, Recorded};
use private_postgres::PrivatePostgres;
use sqlx::{
    ConnectOptions as _, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tempfile::TempDir;
use uuid::Uuid;

pub(crate) static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations");
/// How long anything may take that is waited for.
const DEADLINE: Duration = Duration::from_mins(1);

/// A folder that Postgres may enter, who is another user when the tests run as root.
pub(crate) fn folder() -> TempDir {
    let open = fs::Permissions::from_mode(0o711);
    tempfile::Builder::new().permissions(open).tempdir().expect("a directory")
}

/// Starts a durable Postgres in a folder, with settings on top of ours.
pub(crate) async fn start(data_dir: &Path, settings: &[(&str, String)]) -> PrivatePostgres {
    let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let options = private_postgres::Options { data_dir: data_dir.to_owned(), durable: true, settings };
    let started = tokio::task::spawn_blocking(move || private_postgres::start(&options)).await;
    started.expect("no panic").expect("a Postgres")
}

pub(crate) async fn pool(connect: &PgConnectOptions) -> PgPool {
    let connect = connect.clone().disable_statement_logging();
    PgPoolOptions::new().max_connections(6).connect_with(connect).await.expect("a connection")
}

/// Waits for a condition.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let look = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    assert!(tokio::time::timeout(DEADLINE, look).await.is_ok(), "waited in vain: {what}");
}

/// A process on a database: the log, and commands.
pub(crate) struct Process {
    pub(crate) log: Arc<Log>,
    pub(crate) app: App,
    pub(crate) pool: PgPool,
}

impl Process {
    /// Opens a database that is migrated.
    pub(crate) async fn open(connect: &PgConnectOptions, kek: KeyEncryptionKey) -> Self {
        let pool = pool(connect).await;
        let log = Log::open(pool.clone(), connect.clone(), kek, &eventlog::Options::default()).await.expect("opens");
        let log = Arc::new(log);
        let app = App::new(log.clone(), Policies::embedded().expect("policies"), Source::system());
        Self { log, app, pool }
    }

    /// Runs a command that must succeed.
    pub(crate) async fn run<C: Command>(&self, by: By, command: C) -> Position {
        let request = Request::new(by, self.app.source().id::<Uuid>());
        self.app.run(command, &request).await.expect("done").position
    }

    /// A theme and a member of this name.
    pub(crate) async fn furnish(&self, name: &str) -> (ThemeId, MemberId) {
        let source = self.app.source();
        let (region, organisation): (RegionId, OrganisationId) = (source.id(), source.id());
        let (theme, member): (ThemeId, MemberId) = (source.id(), source.id());
        let (named, name_in_english) = (line("Communicatie"), line("Communication"));
        self.run(By::Platform, AddTheme { theme, name: named, name_in_english }).await;
        let facts = RegionFacts::new(&line("Groningen"), Consortium::Ligare);
        self.run(By::Platform, RegisterRegion { region, facts }).await;
        let (named, kind) = (line("Hospice De Ark"), OrganisationKind::Hospice);
        self.run(By::Platform, RegisterOrganisation { organisation, name: named, kind, settings: vec![], region })
            .await;
        let scope = KeyScope::of(Member::KIND, member);
        let (name, email) = (Sealed::new(scope.clone(), line(name)), Sealed::new(scope, line("naam@zorg.example")));
        self.run(By::Platform, InviteMember { member, name, email, organisation, project: None, accesses: vec![] })
            .await;
        (theme, member)
    }

    pub(crate) async fn ask(&self, (theme, by): (ThemeId, MemberId), title: &str, body: &str) -> QuestionId {
        let question: QuestionId = self.app.source().id();
        let scope = KeyScope::of(Question::KIND, question);
        let command = AskQuestion {
            question,
            title: Sealed::new(scope.clone(), line(title)),
            body: Sealed::new(scope, Prose::parse(body).expect("prose")),
            themes: vec![theme],
            intervention: None,
            phase: None,
            project: None,
            anonymous: None,
        };
        self.run(By::Member(by), command).await;
        question
    }

    pub(crate) async fn answer(&self, by: MemberId, question: QuestionId, body: &str) -> AnswerId {
        let answer: AnswerId = self.app.source().id();
        let body = Sealed::new(KeyScope::of("answer", answer), Prose::parse(body).expect("prose"));
        self.run(By::Member(by), GiveAnswer { question, answer, body }).await;
        answer
    }

    /// The whole log: every leaf hash, version and node of the tree was recomputed.
    pub(crate) async fn verified(&self) -> Vec<Recorded> {
        let mut all: Vec<Recorded> = Vec::new();
        loop {
            let page = self.log.page(all.last().map_or(0, |event| event.position), 500).await.expect("a page");
            if page.is_empty() {
                break;
            }
            all.extend(page);
        }
        let report = audit::verify_database(&self.log, &audit::Against::default(), |_, _| {}).await.expect("checked");
        assert_eq!((report.wrong, report.events), (Vec::new(), all.len() as u64));
        all
    }

    /// Waits until every read model has folded the whole log, whichever process does it.
    pub(crate) async fn folded(&self) {
        let head = self.log.head().await.expect("read").position;
        until("the read models fold the log", async || {
            let sql = "SELECT count(*) > 0 AND min(position) >= $1 FROM readmodel.build WHERE role = 'live'";
            sqlx::query_scalar::<_, Option<bool>>(sql).bind(head).fetch_one(&self.pool).await.expect("read")
                == Some(true)
        })
        .await;
    }

    /// The wrapped key of a scope, without the id of the key-encryption key in front, which all have in common.
    pub(crate) async fn wrapped(&self, scope: &str) -> Vec<u8> {
        let sql = "SELECT substr(wrapped, 9) FROM log.data_key WHERE scope = $1";
        sqlx::query_scalar(sql).bind(scope).fetch_one(&self.pool).await.expect("a key")
    }

    pub(crate) async fn sql(&self, sql: &str) {
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&self.pool).await.expect("done");
    }
}

pub(crate) fn hashes(events: &[Recorded]) -> Vec<[u8; 32]> {
    events.iter().map(|event| event.leaf_hash).collect()
}

fn line(text: &str) -> Line {
    Line::parse(text).expect("a line")
}

/// A word that nobody writes: found wherever a text with it is stored.
#[expect(clippy::disallowed_methods, reason = "no two tests may look for the same word")]
pub(crate) fn marker() -> String {
    format!("zq{:032x}", rand::random::<u128>())
}

/// The files below a folder that hold a piece of what is looked for. Pieces of eight bytes: where Postgres compresses,
/// no more than eight bytes stand together (its compression puts a byte of flags before every eight). So a text of
/// fifteen bytes or more that does not repeat itself is found even there.
pub(crate) fn holding(folder: &Path, what: &[u8]) -> Vec<PathBuf> {
    let pieces = what.windows(8).filter(|piece| !piece.iter().any(|byte| matches!(byte, 0 | b'\n')));
    let mut patterns = Vec::new();
    for piece in pieces {
        patterns.extend_from_slice(piece);
        patterns.push(b'\n');
    }
    assert!(!patterns.is_empty(), "too little to look for");
    let list = tempfile::NamedTempFile::new().expect("a file");
    fs::write(list.path(), patterns).expect("written");
    let mut grep = std::process::Command::new("grep");
    grep.env("LC_ALL", "C").args(["-rlaF", "--devices=skip", "-f"]).arg(list.path()).arg(folder);
    let output = grep.output().expect("grep runs");
    // (Files that go while it looks are no trouble: what matters is what stays.)
    String::from_utf8_lossy(&output.stdout).lines().map(PathBuf::from).collect()
}
