//! What these tests keep for the search for secrets (`tests/support/search.js`): everything that the platform says, at its
//! most talkative, and what is typed and learnt on the way.

use std::{
    fs::{self, File},
    io::Write as _,
    path::Path,
    process,
    sync::{Mutex, Once},
};

use serde_json::{Value, json};
use tracing_subscriber::{
    filter::{LevelFilter, filter_fn},
    fmt,
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

static LISTENING: Once = Once::new();

/// A file of this process, to be added to.
fn file(folder: &str, ending: &str) -> File {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/test-output").join(folder);
    fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join(format!("http-{}.{ending}", process::id()));
    File::options().create(true).append(true).open(path).expect("a file")
}

/// Writes down whatever is said from now on.
pub(crate) fn listen() {
    LISTENING.call_once(|| {
        let lines = fmt::layer().with_ansi(false).with_writer(Mutex::new(file("said", "log")));
        let all = tracing_subscriber::registry().with(LevelFilter::TRACE).with(filter_fn(api::may_be_logged));
        // A test that counts statements listens by itself, and is not listened to here.
        all.with(lines).try_init().ok();
    });
}

/// Something that must turn up in no output: a `credential`, or something `personal`.
pub(crate) fn learnt(kind: &str, secret: &str) {
    let line = format!("{}\n", json!({ "kind": kind, "secret": secret }));
    file("secrets", "ndjson").write_all(line.as_bytes()).expect("written");
}

/// Whatever somebody sends along with an operation: what is typed, and its idempotency key.
pub(crate) fn typed(name: &str, value: &Value) {
    match value {
        Value::String(text) if name == "idempotencyKey" => learnt("credential", text),
        // Ids and names of choices are no secrets, and a single word may stand anywhere.
        Value::String(text) if text.contains([' ', '@']) => learnt("personal", text),
        Value::Array(values) => values.iter().for_each(|value| typed(name, value)),
        Value::Object(fields) => fields.iter().for_each(|(name, value)| typed(name, value)),
        _ => {}
    }
}
