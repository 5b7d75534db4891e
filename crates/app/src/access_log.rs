//! Who looked at what of whom, and on what ground: the access log (NEN 7513). It stands apart from the log of events and
//! has a retention of its own.

use domain::{Timestamp, id::MemberId};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::Failure;

/// Who acted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Person {
    /// A member.
    Member(MemberId),
    /// Somebody at the command line of the service, by their name there.
    Operator(String),
}

/// Something that somebody did with what is about others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looked {
    /// Who.
    pub by: Person,
    /// By what right they were here: `session`, `token:<id>`, `command line`.
    pub credential: String,
    /// What they did, snake case, e.g. `read_event` or the name of a command.
    pub action: &'static str,
    /// Whose it is, or what: ids of members and things.
    pub subjects: Vec<Uuid>,
    /// On what ground they may.
    pub ground: Ground,
}

/// On what ground somebody may do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// Who takes part may see how what they take part in came to be (**L**).
    Participation,
    /// Auditors check that nothing was altered (**P**).
    Audit,
    /// Those who decide on access see who asks for it (rule 1, **L**).
    Admission,
    /// Keeping the platform, its members and their roles.
    Administration,
    /// It is about themselves (AVG, article 15).
    OwnData,
}

impl Ground {
    /// Its name in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Participation => "participation",
            Self::Audit => "audit",
            Self::Admission => "admission",
            Self::Administration => "administration",
            Self::OwnData => "own_data",
        }
    }
}

/// A line of the access log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number; later lines have higher ones.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// Who: `member:<id>` or `operator:<name>`.
    pub actor: String,
    /// By what right they were here.
    pub credential: String,
    /// What they did.
    pub action: String,
    /// Whose it is, or what.
    pub subjects: Vec<Uuid>,
    /// On what ground they may.
    pub ground: String,
}

/// The access log.
#[derive(Clone, Debug)]
pub struct AccessLog {
    pool: PgPool,
}

impl AccessLog {
    /// In a database.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Writes down that somebody looks. Whoever shows what they look at waits for this first: what cannot be written down
    /// is not shown.
    pub async fn record(&self, looked: Looked) -> Result<(), Failure> {
        let Looked { by, credential, action, mut subjects, ground } = looked;
        let actor = match by {
            Person::Member(member) => format!("member:{member}"),
            Person::Operator(name) => format!("operator:{name}"),
        };
        subjects.sort_unstable();
        subjects.dedup();
        sqlx::query!(
            "INSERT INTO access_log.line (actor, credential, action, subjects, ground) VALUES ($1, $2, $3, $4, $5)",
            actor,
            credential,
            action,
            &subjects,
            ground.as_str()
        )
        .execute(&self.pool)
        .await
        .map_err(unavailable)?;
        Ok(())
    }

    /// Lines before a number, the latest first: all, or those about somebody or something.
    pub async fn lines(&self, about: Option<Uuid>, before: i64, limit: i64) -> Result<Vec<Line>, Failure> {
        let lines = sqlx::query_as!(
            Line,
            "SELECT id, at, actor, credential, action, subjects, ground FROM access_log.line
             WHERE id < $1 AND ($2::uuid IS NULL OR subjects @> ARRAY[$2])
             ORDER BY id DESC LIMIT $3",
            before,
            about,
            limit
        );
        lines.fetch_all(&self.pool).await.map_err(unavailable)
    }

    /// How many lines are of before a moment.
    pub async fn lines_before(&self, before: Timestamp) -> Result<i64, Failure> {
        let lines = sqlx::query_scalar!(r#"SELECT count(*) AS "lines!" FROM access_log.line WHERE at < $1"#, before);
        lines.fetch_one(&self.pool).await.map_err(unavailable)
    }

    /// Lets lines of before a moment go, no more than so many, in the transaction of a connection; gives how many. That those
    /// of the last year stay is up to the database.
    pub async fn prune(connection: &mut PgConnection, before: Timestamp, most: i64) -> Result<i64, Failure> {
        let gone = sqlx::query_scalar!(r#"SELECT access_log.prune_batch($1, $2) AS "gone!""#, before, most);
        gone.fetch_one(connection).await.map_err(unavailable)
    }
}

fn unavailable(error: sqlx::Error) -> Failure {
    Failure::Unavailable(Some(Box::new(error)))
}
