//! The throw-away cluster that test processes share.

mod common;

use std::time::Duration;

use common::{exists, folder, hold, postmasters, psql, until};

#[test]
fn processes_share_one_cluster_that_outlives_them_and_ends_by_itself() {
    let folder = folder();
    let data_dir = folder.path().join("shared");
    let join = |idle| {
        let output = hold(&data_dir).arg(idle).output().expect("hold runs");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("text").trim().to_owned()
    };
    let url = join("3");
    psql(&url, "create table made_by_the_first ()");
    let first = postmasters(&data_dir);
    assert_eq!(join("3"), url);
    psql(&url, "select * from made_by_the_first");
    assert_eq!(postmasters(&data_dir), first, "still the same one");

    until("it ends when nobody uses it", || !exists(first[0]));
    assert_eq!(psql(&join("1"), "select count(*) from pg_tables where tablename = 'made_by_the_first'"), "0");
    let second = postmasters(&data_dir);
    until("the second one ends too", || !exists(second[0]));
    until("its files are gone", || !data_dir.join("postgres/PG_VERSION").exists());
}

#[test]
fn many_that_come_at_once_get_the_same_cluster() {
    let folder = folder();
    let data_dir = folder.path().join("shared");
    let urls: Vec<_> = (0..4)
        .map(|_| {
            let data_dir = data_dir.clone();
            std::thread::spawn(move || {
                private_postgres::throw_away(&data_dir, Duration::from_secs(1)).map(|shared| shared.url("postgres"))
            })
        })
        .map(|thread| thread.join().expect("no panic").expect("starts"))
        .collect();
    assert!(urls.iter().all(|url| *url == urls[0]));
    let postmaster = postmasters(&data_dir)[0];
    until("it ends", || !exists(postmaster));
    until("its files are gone", || !data_dir.join("postgres/PG_VERSION").exists());
}
