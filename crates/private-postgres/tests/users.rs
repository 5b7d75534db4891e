//! As root it drops to an unprivileged user, as anybody else it just runs.

mod common;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use common::{Holder, folder, is_root, postmasters, psql};
use private_postgres::{Options, StartError, start};

#[test]
fn an_ordinary_user_runs_it_without_further_ado() {
    let folder = folder();
    let data_dir = folder.path().join("home/data");
    let holder = Holder::start_as_ordinary_user(&data_dir);
    assert_eq!(psql(&holder.url, "select current_user"), "postgres");
    let postmaster = fs::metadata(format!("/proc/{}", postmasters(&data_dir)[0])).expect("it runs");
    assert_eq!(postmaster.uid(), fs::metadata(&data_dir).expect("made").uid());
    assert_ne!(postmaster.uid(), 0);
}

#[test]
fn root_drops_to_an_unprivileged_user_who_can_read_nothing_else() {
    if !is_root() {
        return;
    }
    let folder = folder();
    let data_dir = folder.path().join("data");
    let postgres = start(&Options::durable(&data_dir)).expect("starts");
    let process = format!("/proc/{}", postgres.pid());
    assert_ne!(fs::metadata(&process).expect("it runs").uid(), 0);
    let groups = fs::read_to_string(format!("{process}/status")).expect("it runs");
    assert!(groups.lines().any(|line| line.trim_end() == "Groups:"), "no supplementary groups:\n{groups}");
    let environment = fs::read_to_string(format!("{process}/environ")).expect("it runs");
    assert!(!environment.contains("CARGO"), "our environment is not Postgres's: {environment}");
    assert_eq!(fs::metadata(&data_dir).expect("made").mode() & 0o777, 0o710, "entered, not listed");
    assert_eq!(fs::metadata(postgres.socket_dir()).expect("made").mode() & 0o777, 0o700);
}

#[test]
fn a_closed_folder_on_the_way_is_named() {
    if !is_root() {
        return;
    }
    let folder = folder();
    let closed = folder.path().join("closed");
    fs::create_dir(&closed).expect("made");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).expect("closed");
    let refused = start(&Options::durable(closed.join("data"))).expect_err("cannot enter");
    assert!(matches!(&refused, StartError::NotEnterable { folder, .. } if *folder == closed), "{refused}");
}

#[test]
fn a_cluster_restored_by_root_is_given_back_to_its_user() {
    if !is_root() {
        return;
    }
    let folder = folder();
    let options = Options::durable(folder.path().join("data"));
    drop(start(&options).expect("starts"));
    let chown = std::process::Command::new("chown").args(["-R", "0:0"]).arg(&options.data_dir).status();
    assert!(chown.expect("chown runs").success());
    start(&options).expect("starts again");
}
