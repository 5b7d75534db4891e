//! Who the program is in the database: its owner while it brings the schema up to date, and from then on a role that
//! may append to the log and read it, but change nothing there.

use std::{collections::HashMap, time::Duration};

use anyhow::{Context as _, bail, ensure};
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

/// The role that the service works in, made by a migration.
pub(crate) const SERVICE: &str = "leerwerk_service";

/// Migrations of everything but the read models' own tables.
static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations");

/// Brings the database to the present schema as its owner. Where `login` is no owner and none is given, the schema must
/// be the present one.
pub(crate) async fn migrate(login: &PgConnectOptions, owner: Option<&PgConnectOptions>) -> anyhow::Result<()> {
    let pool = pool(owner.unwrap_or(login), 1).await.context("the database cannot be reached")?;
    if owner.is_some() || may_migrate(&pool).await? {
        MIGRATIONS.run(&pool).await.context("the database cannot be brought to the present schema")?;
    } else {
        check(&applied(&pool).await?)?;
    }
    pool.close().await;
    Ok(())
}

/// Connections that work in the service's role from their first statement on, and how to make more of them.
pub(crate) async fn as_service(
    login: PgConnectOptions,
    connections: u32,
) -> anyhow::Result<(PgPool, PgConnectOptions)> {
    let connect = login.options([("role", SERVICE)]);
    let pool = pool(&connect, connections)
        .await
        .with_context(|| format!("the database cannot be reached in the role {SERVICE}"))?;
    let role: String = sqlx::query_scalar("SELECT current_user::text").fetch_one(&pool).await?;
    ensure!(
        role == SERVICE,
        "the database lets the program in as {role}, not in the role {SERVICE}: a pooler in between may drop the \
         options of connections; then run: ALTER ROLE {role} SET role = '{SERVICE}'"
    );
    Ok((pool, connect))
}

async fn pool(connect: &PgConnectOptions, connections: u32) -> Result<PgPool, sqlx::Error> {
    PgPoolOptions::new()
        .max_connections(connections)
        // The ping before each use costs a round trip; a dead connection is told by the query itself.
        .test_before_acquire(false)
        .acquire_timeout(Duration::from_secs(2))
        .connect_with(connect.clone())
        .await
}

/// Whether the login owns the schema or, where there is none, may make it.
async fn may_migrate(pool: &PgPool) -> Result<bool, sqlx::Error> {
    let sql = "SELECT coalesce((SELECT pg_has_role(relowner, 'USAGE') FROM pg_class
                                WHERE oid = to_regclass('_sqlx_migrations')),
                               has_database_privilege(current_database(), 'CREATE'))";
    sqlx::query_scalar(sql).fetch_one(pool).await
}

/// The digest of each migration that was applied, by version.
async fn applied(pool: &PgPool) -> anyhow::Result<HashMap<i64, Vec<u8>>> {
    let sql = "SELECT has_table_privilege(to_regclass('_sqlx_migrations'), 'SELECT')";
    match sqlx::query_scalar(sql).fetch_one(pool).await? {
        Some(true) => {}
        Some(false) => bail!(
            "permission denied to see which migrations the database has: it lacks that of the role {SERVICE}, or the \
             login of DATABASE_URL is no member of that role; run `leerwerk migrate` of this version as the owner, or \
             set LEERWERK_OWNER_DATABASE_URL"
        ),
        None => return Ok(HashMap::new()),
    }
    let sql = "SELECT version, checksum FROM _sqlx_migrations WHERE success";
    Ok(sqlx::query_as(sql).fetch_all(pool).await?.into_iter().collect())
}

/// What applying the migrations would find, for whoever may not apply them.
fn check(applied: &HashMap<i64, Vec<u8>>) -> anyhow::Result<()> {
    for migration in MIGRATIONS.iter() {
        let version = migration.version;
        match applied.get(&version) {
            None => bail!(
                "the database lacks migration {version}, and the login of DATABASE_URL does not own the schema: run \
                 `leerwerk migrate` of this version as the owner, or set LEERWERK_OWNER_DATABASE_URL"
            ),
            Some(digest) if *digest != *migration.checksum => {
                bail!("migration {version} was another one when it was applied to the database")
            }
            Some(_) => {}
        }
    }
    match applied.keys().find(|version| !MIGRATIONS.version_exists(**version)) {
        Some(version) => bail!("the database has migration {version}, of a newer version of the program than this one"),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> HashMap<i64, Vec<u8>> {
        MIGRATIONS.iter().map(|migration| (migration.version, migration.checksum.to_vec())).collect()
    }

    #[test]
    fn a_login_that_may_not_migrate_needs_exactly_the_present_schema() {
        check(&all()).expect("the present one");
        let newest = MIGRATIONS.iter().map(|migration| migration.version).max().expect("a migration");
        let mut older = all();
        older.remove(&newest);
        let mut newer = all();
        newer.insert(newest + 1, vec![0]);
        let mut other = all();
        other.insert(newest, vec![0]);
        for (schema, told) in [(older, "lacks migration"), (newer, "of a newer version"), (other, "was another one")] {
            let refused = check(&schema).expect_err(told).to_string();
            assert!(refused.contains(told) && refused.contains(&newest.to_string()[..8]), "{refused}");
        }
    }

    /// Also what reading through the service's connections would not show: the login is the superuser here.
    #[tokio::test]
    async fn every_connection_of_the_service_is_in_its_role() {
        let database = testdb::fresh("empty", async |_| ()).await;
        let login: PgConnectOptions = database.url.parse().expect("an address");
        migrate(&login, None).await.expect("migrated");
        let (pool, connect) = as_service(login, 3).await.expect("connected");
        let mut held = Vec::new();
        for _ in 0..3 {
            held.push(pool.acquire().await.expect("a connection"));
        }
        let mut more = sqlx::ConnectOptions::connect(&connect).await.expect("a connection");
        for connection in held.iter_mut().map(|held| &mut **held).chain([&mut more]) {
            let sql = "SELECT concat_ws(' ', current_user, current_setting('is_superuser'))";
            let role: String = sqlx::query_scalar(sql).fetch_one(connection).await.expect("asked");
            assert_eq!(role, "leerwerk_service off");
        }
    }
}
