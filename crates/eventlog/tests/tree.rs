//! The Merkle tree: grown with every append, the same as anybody computes from the leaves, proved from its tiles.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use eventlog::{Expected, Hash, Log, ReadError, Tree, TreeHead, check_consistency, check_inclusion};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use sha2_for_ct_merkle::Sha256;

use crate::support::{Database, append, everything, keyed, stream};

/// The tree of a log, from nothing but its leaves.
async fn from_leaves(log: &Log) -> Tree {
    let mut tree = Tree::default();
    for event in everything(log).await {
        tree.push(event.leaf_hash, drop);
    }
    tree
}

#[tokio::test]
async fn an_empty_log_has_the_empty_tree() {
    let database = Database::fresh().await;
    let log = database.open().await;
    assert_eq!(log.tree_head().await.expect("a head"), Tree::default().head());
    assert_eq!(log.tree_head_at(0).await.expect("a head"), Tree::default().head());
    assert!(matches!(log.prove_inclusion(1, 0).await, Err(ReadError::Tree { size: 0 })));
}

/// By bets and with care, in batches and alone, by two processes in turns.
#[tokio::test]
async fn the_tree_is_that_of_the_leaves_after_every_append() {
    let database = Database::fresh().await;
    let logs = [database.open().await, database.open().await];
    let mut random = StdRng::seed_from_u64(6962);
    let shared = stream();
    for key in 0..60 {
        let log = &logs[usize::from(random.random_bool(0.3))];
        let events = random.random_range(1..40);
        let whole = match random.random_range(0..4) {
            0 => append(&shared, Expected::Any, events),
            1 => keyed(append(&stream(), Expected::NoStream, events), key, 1),
            _ => append(&stream(), Expected::NoStream, events),
        };
        log.append(whole).await.expect("appended");
        if key % 10 == 0 {
            assert_eq!(logs[0].tree_head().await.expect("a head"), from_leaves(log).await.head());
        }
    }
    let head = logs[1].tree_head().await.expect("a head");
    assert_eq!(head, from_leaves(&logs[0]).await.head());
    assert_eq!(head.size, logs[0].head().await.expect("a head").position);
}

/// Proofs made from stored tiles, checked here, and the roots compared with an independent implementation.
#[tokio::test]
async fn every_event_is_proved_and_every_tree_goes_on_from_those_before() {
    let database = Database::fresh().await;
    let log = database.open().await;
    for _ in 0..7 {
        log.append(append(&stream(), Expected::NoStream, 100)).await.expect("appended");
    }
    let events = everything(&log).await;
    let mut theirs = MemoryBackedTree::<Sha256, Vec<u8>>::new();
    let mut heads = vec![];
    for event in &events {
        theirs.push(eventlog::envelope(event).into_bytes());
        heads.push(TreeHead { size: event.position, root: theirs.root().as_bytes().0 });
    }
    for size in [1, 2, 3, 255, 256, 257, 511, 512, 513, 699, 700] {
        let tree = heads[size - 1];
        assert_eq!(log.tree_head_at(tree.size).await.expect("a head"), tree);
        for position in [1, 2, 200, 255, 256, 257, 600, 700].into_iter().filter(|position| *position <= tree.size) {
            let leaf = &events[usize::try_from(position).expect("small") - 1].leaf_hash;
            let proof = log.prove_inclusion(position, tree.size).await.expect("a proof");
            assert!(check_inclusion(&proof, leaf, position, &tree), "{position} in {size}");
            assert!(!check_inclusion(&proof, &[1; 32], position, &tree));
        }
        for older in [1, 2, 100, 256, 300, 512, 700].into_iter().filter(|older| *older <= size) {
            let older = heads[older - 1];
            let proof = log.prove_consistency(older.size, tree.size).await.expect("a proof");
            assert!(check_consistency(&proof, &older, &tree), "{older:?} to {tree:?}");
            assert!(!check_consistency(&proof, &TreeHead { root: [1; 32], ..older }, &tree));
        }
    }
    for (position, size) in [(0, 700), (-1, 700), (701, 700), (1, 701), (i64::MAX, i64::MAX), (1, -1)] {
        assert!(matches!(log.prove_inclusion(position, size).await, Err(ReadError::Tree { .. })));
    }
    for (older, newer) in [(0, 700), (-1, 700), (701, 700), (1, 701)] {
        assert!(matches!(log.prove_consistency(older, newer).await, Err(ReadError::Tree { .. })));
    }
}

#[tokio::test]
async fn tiles_are_there_as_far_as_the_tree_goes() {
    let database = Database::fresh().await;
    let log = database.open().await;
    for _ in 0..6 {
        log.append(append(&stream(), Expected::NoStream, 100)).await.expect("appended");
    }
    let leaves: Vec<Hash> = everything(&log).await.iter().map(|event| event.leaf_hash).collect();
    for (index, width) in [(0, 256), (0, 1), (0, 255), (1, 256), (2, 88), (2, 3)] {
        let first = usize::try_from(index * 256).expect("small");
        let tile = log.tile(0, index, width).await.expect("asked").expect("a tile");
        assert_eq!(tile, leaves[first..first + usize::from(width)].concat());
    }
    let tile = log.tile(1, 0, 2).await.expect("asked").expect("a tile");
    for (of, hash) in leaves.chunks(256).zip(tile.chunks(32)) {
        let mut tree = Tree::default();
        for leaf in of {
            tree.push(*leaf, drop);
        }
        assert_eq!(tree.head().root, hash);
    }
    for (level, index, width) in [(0, 2, 89), (0, 3, 1), (1, 0, 3), (2, 0, 1), (63, u64::MAX, 256), (0, 1 << 60, 1)] {
        assert!(log.tile(level, index, width).await.expect("asked").is_none(), "{level}/{index}/{width}");
    }
}

/// Before there was a tree, and while an older program still runs beside a newer one.
#[tokio::test]
async fn events_appended_without_the_tree_are_added_to_it_before_the_next() {
    let database = Database::fresh().await;
    let log = database.open().await;
    for _ in 0..3 {
        log.append(append(&stream(), Expected::NoStream, 300)).await.expect("appended");
    }
    let whole = log.tree_head().await.expect("a head");
    let forget = "ALTER TABLE log.head DISABLE TRIGGER USER; ALTER TABLE log.tree_node DISABLE TRIGGER USER;
                  DELETE FROM log.tree_node; UPDATE log.head SET tree_size = 0, peaks = '';
                  ALTER TABLE log.head ENABLE TRIGGER USER; ALTER TABLE log.tree_node ENABLE TRIGGER USER";
    database.run(forget).await.expect("as it was before");
    // Opening is enough.
    assert_eq!(database.open().await.tree_head().await.expect("a head"), whole);
    database.run(forget).await.expect("as it was before");
    log.append(append(&stream(), Expected::NoStream, 1)).await.expect("appended");
    let head = log.tree_head().await.expect("a head");
    assert_eq!(head, from_leaves(&log).await.head());
    let proof = log.prove_consistency(whole.size, head.size).await.expect("a proof");
    assert!(check_consistency(&proof, &whole, &head));
}
