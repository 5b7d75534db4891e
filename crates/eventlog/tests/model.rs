//! Random operations against a model of a few lines.

use std::collections::HashMap;

use eventlog::{AppendError, Expected, Log, Receipt, StreamId};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use uuid::Uuid;

use crate::support::{Database, append, everything, keyed};

#[derive(Clone, Debug)]
enum Operation {
    Append { process: usize, stream: usize, expected: Expected, events: usize, key: Option<(u64, u8)> },
    ReadStream { process: usize, stream: usize, after: i32 },
    ReadAll { process: usize },
    Reopen { process: usize },
}

fn operation() -> impl Strategy<Value = Operation> {
    let expected = prop_oneof![
        2 => Just(Expected::Any),
        2 => Just(Expected::NoStream),
        1 => Just(Expected::Exists),
        5 => (0..8).prop_map(Expected::Exact),
    ];
    let key = prop::option::weighted(0.4, (0_u64..12, 0_u8..2));
    let append =
        (0..2_usize, 0..3_usize, expected, 1..4_usize, key).prop_map(|(process, stream, expected, events, key)| {
            Operation::Append { process, stream, expected, events, key }
        });
    prop_oneof![
        20 => append,
        3 => (0..2_usize, 0..3_usize, 0..6).prop_map(|(process, stream, after)| Operation::ReadStream { process, stream, after }),
        1 => (0..2_usize).prop_map(|process| Operation::ReadAll { process }),
        1 => (0..2_usize).prop_map(|process| Operation::Reopen { process }),
    ]
}

/// What a log is, without what makes it fast, safe and shared.
#[derive(Default)]
struct Model {
    events: Vec<(StreamId, i32, Uuid)>,
    receipts: HashMap<u64, (u8, Receipt)>,
}

impl Model {
    fn stream(&self, stream: &StreamId, after: i32) -> Vec<(i32, Uuid)> {
        let of_it = self.events.iter().filter(|(of, version, _)| of == stream && *version > after);
        of_it.map(|(_, version, id)| (*version, *id)).collect()
    }

    fn append(&mut self, stream: &StreamId, expected: Expected, ids: &[Uuid], key: Option<(u64, u8)>) -> Told {
        if let Some((key, content)) = key
            && let Some((used_for, receipt)) = self.receipts.get(&key)
        {
            let again = Receipt { repeated: true, ..receipt.clone() };
            return if *used_for == content { Told::Accepted(again) } else { Told::KeyReused };
        }
        let version = i32::try_from(self.stream(stream, 0).len()).expect("small");
        let holds = match expected {
            Expected::Any => true,
            Expected::NoStream => version == 0,
            Expected::Exists => version > 0,
            Expected::Exact(expected) => version == expected,
        };
        if !holds {
            return Told::Conflict(version);
        }
        self.events.extend((version + 1..).zip(ids).map(|(version, id)| (stream.clone(), version, *id)));
        let receipt = Receipt {
            stream: stream.clone(),
            first_version: version + 1,
            last_version: version + i32::try_from(ids.len()).expect("small"),
            position: i64::try_from(self.events.len()).expect("small"),
            repeated: false,
        };
        if let Some((key, content)) = key {
            self.receipts.insert(key, (content, receipt.clone()));
        }
        Told::Accepted(receipt)
    }
}

#[derive(Debug, PartialEq)]
enum Told {
    Accepted(Receipt),
    Conflict(i32),
    KeyReused,
}

impl From<Result<Receipt, AppendError>> for Told {
    fn from(result: Result<Receipt, AppendError>) -> Self {
        match result {
            Ok(receipt) => Self::Accepted(receipt),
            Err(AppendError::Conflict { actual, .. }) => Self::Conflict(actual),
            Err(AppendError::KeyReused) => Self::KeyReused,
            Err(error) => panic!("{error}"),
        }
    }
}

async fn agree(operations: Vec<Operation>) -> Result<(), TestCaseError> {
    let database = Database::fresh().await;
    let streams = [1, 2, 3].map(|n| StreamId::new("project", Uuid::from_u128(n)));
    let mut logs: [Log; 2] = [database.open().await, database.open().await];
    let mut model = Model::default();
    for operation in operations {
        match operation {
            Operation::Append { process, stream, expected, events, key } => {
                let mut asked = append(&streams[stream], expected, events);
                let ids: Vec<Uuid> = asked.events.iter().map(|event| event.id).collect();
                if let Some((key, content)) = key {
                    asked = keyed(asked, key, content);
                }
                let told = Told::from(logs[process].append(asked).await);
                prop_assert_eq!(told, model.append(&streams[stream], expected, &ids, key));
            }
            Operation::ReadStream { process, stream, after } => {
                let read = logs[process].stream(&streams[stream], after).await.expect("read");
                let read: Vec<(i32, Uuid)> = read.iter().map(|event| (event.version, event.id)).collect();
                prop_assert_eq!(read, model.stream(&streams[stream], after));
            }
            Operation::ReadAll { process } => {
                let read = everything(&logs[process]).await;
                let read: Vec<_> = read.into_iter().map(|event| (event.stream, event.version, event.id)).collect();
                prop_assert_eq!(&read, &model.events);
            }
            Operation::Reopen { process } => logs[process] = database.open().await,
        }
    }
    Ok(())
}

#[test]
fn a_log_does_what_its_model_does() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let config = Config { cases: 40, failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
    let operations = prop::collection::vec(operation(), 1..80);
    let tried = TestRunner::new(config).run(&operations, |operations| runtime.block_on(agree(operations)));
    tried.expect("they agree");
}
