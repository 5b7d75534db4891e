//! The units in `deploy/` start: each gives its command all the configuration that it asks for.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

/// The values of a setting of a unit, in order.
fn values<'a>(unit: &'a str, setting: &str) -> Vec<&'a str> {
    unit.lines().filter_map(|line| line.strip_prefix(setting)?.strip_prefix('=')).collect()
}

fn leerwerk() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leerwerk"));
    command.env_clear().stdin(Stdio::null());
    command
}

#[test]
fn every_unit_configures_what_its_command_needs() {
    let credentials = tempfile::tempdir().expect("a folder");
    let key = leerwerk().args(["log-key", "leerwerk.example/tlog"]).output().expect("runs");
    fs::write(credentials.path().join("log-signing-key"), key.stdout).expect("written");
    fs::write(credentials.path().join("key-encryption-key"), "07".repeat(32)).expect("written");
    let provider = "[[provider]]\nkey = 'a'\nname = 'A'\nissuer = 'https://a.example'\nclient_id = 'leerwerk'\n";
    fs::write(credentials.path().join("providers.toml"), provider).expect("written");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy");
    let units = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let units: Vec<_> = units.filter(|path| path.extension().is_some_and(|extension| extension == "service")).collect();
    assert!(units.len() >= 3, "{units:?}");
    for path in units {
        let unit = fs::read_to_string(&path).expect("text");
        let start = values(&unit, "ExecStart")[0];
        let loaded = values(&unit, "LoadCredential");
        let mut command = leerwerk();
        command.args(start.split_whitespace().skip(1));
        // As in the example of the environment file, but a database that nobody has.
        command.env("DATABASE_URL", "postgres://leerwerk_app@127.0.0.1:1/leerwerk");
        command.env("LEERWERK_PUBLIC_URL", "https://leerwerk.example");
        for (name, value) in values(&unit, "Environment").into_iter().filter_map(|setting| setting.split_once('=')) {
            let file = value.strip_prefix("%d/").expect("a credential");
            assert!(loaded.iter().any(|loaded| loaded.starts_with(&format!("{file}:"))), "{file} in {path:?}");
            command.env(name, credentials.path().join(file));
        }
        let output = command.output().expect("runs");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && !told.contains("configuration"), "{path:?}: {told}");
    }
}
