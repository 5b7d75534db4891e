mod x {
    use eventlog::{KeyEncryptionKey, Log};
    use std::{io::Write, sync::Arc};
    static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations");
    #[tokio::test(flavor = "multi_thread")]
    async fn dump() {
        let n: Option<usize> = std::env::var("EVENTS").ok().and_then(|n| n.parse().ok());
        let database = testdb::fresh("demo dump 3", async |pool| MIGRATIONS.run(&pool).await.expect("migrates")).await;
        let log = Arc::new(
            Log::open(
                database.pool().await,
                database.url.parse().unwrap(),
                KeyEncryptionKey::new([7; 32]),
                &eventlog::Options::default(),
            )
            .await
            .unwrap(),
        );
        let began = std::time::Instant::now();
        let s = demo::load(
            log.clone(),
            &demo::Options { seed: 1, until: "2026-03-05T13:30:00Z".parse().unwrap(), events: n },
            |_| (),
        )
        .await
        .unwrap();
        eprintln!("{s:?} in {:?}", began.elapsed());
        eprintln!(
            "{}",
            std::fs::read_to_string("/proc/self/status")
                .unwrap()
                .lines()
                .filter(|l| l.starts_with("VmHWM"))
                .collect::<String>()
        );
        let Ok(out) = std::env::var("OUT") else { return };
        let mut out = std::fs::File::create(out).unwrap();
        let mut after = 0;
        loop {
            let page = log.page(after, 1000).await.unwrap();
            if page.is_empty() {
                break;
            }
            let opened = log.keys().open(&page).await.unwrap();
            for (e, p) in page.iter().zip(opened) {
                after = e.position;
                writeln!(out, "{}", serde_json::json!({"p": e.position, "s": e.stream.to_string(), "v": e.version, "id": e.id, "t": e.event_type, "at": e.at, "by": e.actor, "c": e.concerns, "d": p})).unwrap();
            }
        }
    }
}
