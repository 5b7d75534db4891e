//! The life of a private Postgres, seen from outside: with `psql`, signals and a second process.

mod common;

use std::fs;

use common::{Holder, exists, folder, postmasters, psql, until};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use private_postgres::{Options, PrivatePostgres, StartError, start};

#[test]
fn what_was_committed_survives_a_kill_of_the_program_and_no_postgres_is_left() {
    let folder = folder();
    let data_dir = folder.path().join("data");
    let mut holder = Holder::start(&data_dir);
    psql(&holder.url, "create table kept (word text)");
    psql(&holder.url, "insert into kept values ('still here')");
    let postmaster = postmasters(&data_dir);
    assert_eq!(postmaster.len(), 1);

    holder.kill();
    // At once: the start waits for the orphan to end.
    let again = start(&Options::durable(&data_dir)).expect("starts again");
    assert!(!exists(postmaster[0]), "the first Postgres is gone");
    assert_eq!(psql(&again.url("postgres"), "select word from kept"), "still here");

    let pid = again.pid();
    again.stop().expect("an orderly stop");
    assert!(!exists(pid));
}

#[test]
fn a_killed_program_leaves_no_postgres_even_when_nobody_starts_again() {
    let folder = folder();
    let data_dir = folder.path().join("data");
    let mut holder = Holder::start(&data_dir);
    let postmaster = postmasters(&data_dir)[0];
    holder.kill();
    until("the watchdog ends Postgres", || !exists(postmaster));
}

#[test]
fn a_program_killed_while_it_makes_the_cluster_does_no_harm() {
    let folder = folder();
    let data_dir = folder.path().join("data");
    let mut killed = common::hold(&data_dir).spawn().expect("hold runs");
    until("initdb is at work", || data_dir.join("postgres.new/base").exists());
    killed.kill().and_then(|()| killed.wait()).expect("killed");
    let postgres = start(&Options::durable(&data_dir)).expect("starts");
    assert_eq!(psql(&postgres.url("postgres"), "select 1"), "1");
    assert!(!data_dir.join("postgres.new").exists());
}

#[test]
fn a_second_instance_on_the_same_folder_is_refused() {
    let folder = folder();
    let options = Options::durable(folder.path().join("data"));
    let first = start(&options).expect("starts");
    let refused = start(&options).expect_err("refused");
    assert!(matches!(refused, StartError::AlreadyRunning(_)), "{refused}");
    assert_eq!(psql(&first.url("postgres"), "select 1"), "1");
    drop(first);
    start(&options).expect("free again");
}

#[test]
fn a_folder_too_deep_for_a_socket_works_and_leaves_nothing_in_tmp() {
    let folder = folder();
    let data_dir = folder.path().join("deep & odd, \"quoted\" 100%/".repeat(6)).join("data");
    let postgres = start(&Options::durable(&data_dir)).expect("starts");
    assert_eq!(psql(&postgres.url("postgres"), "select 1"), "1");
    let socket_dir = postgres.socket_dir().to_owned();
    assert!(!socket_dir.starts_with(&data_dir));
    drop(postgres);
    assert!(!socket_dir.exists());
}

#[test]
fn odd_characters_in_the_folder_are_no_trouble() {
    let folder = folder();
    let postgres = start(&Options::durable(folder.path().join("a b'c\\d&e+f%é"))).expect("starts");
    assert_eq!(psql(&postgres.url("postgres"), "select 1"), "1");
    assert!(postgres.socket_dir().starts_with(folder.path()));
}

#[test]
fn a_killed_postgres_comes_back_by_itself_with_its_data() {
    let folder = folder();
    let postgres = start(&Options::durable(folder.path().join("data"))).expect("starts");
    psql(&postgres.url("postgres"), "create table kept (word text); insert into kept values ('still here')");
    let first = postgres.pid();
    kill(Pid::from_raw(first.cast_signed()), Signal::SIGKILL).expect("killed");
    until("another Postgres runs", || ![0, first].contains(&postgres.pid()));
    assert_eq!(psql(&postgres.url("postgres"), "select word from kept"), "still here");
}

#[test]
fn an_acknowledged_commit_is_on_disk() {
    let folder = folder();
    let postgres = start(&Options::durable(folder.path().join("data"))).expect("starts");
    for setting in ["fsync", "full_page_writes", "synchronous_commit", "data_checksums"] {
        assert_eq!(psql(&postgres.url("postgres"), &format!("show {setting}")), "on", "{setting}");
    }
    assert_eq!(psql(&postgres.url("postgres"), "show listen_addresses"), "");
}

#[test]
fn settings_of_the_caller_win() {
    let folder = folder();
    let mut options = Options::durable(folder.path().join("data"));
    options.settings.push(("max_connections".into(), "17".into()));
    let postgres = start(&options).expect("starts");
    assert_eq!(psql(&postgres.url("postgres"), "show max_connections"), "17");
}

#[test]
fn a_postgres_that_ends_at_once_is_reported_with_its_own_words() {
    let folder = folder();
    let mut options = Options::durable(folder.path().join("data"));
    options.settings.push(("shared_buffers".into(), "a lot".into()));
    let message = start(&options).expect_err("cannot start").to_string();
    assert!(message.contains("shared_buffers"), "{message}");
    options.settings.clear();
    start(&options).expect("the folder is free and whole");
}

#[test]
fn a_stale_pid_file_that_names_another_process_is_no_hindrance() {
    let folder = folder();
    let data_dir = folder.path().join("data");
    drop(start(&Options::durable(&data_dir)).expect("starts"));
    let mut other = common::as_postgres(&data_dir, "sleep").arg("600").spawn().expect("sleep runs");
    let stale = format!("{}\n{}\n1\n5432\n\n\n  0 0\nready\n", other.id(), data_dir.join("postgres").display());
    fs::write(data_dir.join("postgres/postmaster.pid"), stale).expect("written");
    let again = start(&Options::durable(&data_dir)).map(PrivatePostgres::stop);
    other.kill().and_then(|()| other.wait()).expect("sleep ends");
    assert!(matches!(again, Ok(Ok(()))), "{again:?}");
}
