//! Tiles of the Merkle tree, and proofs from them: that an event is in a tree (RFC 6962 §2.1.1), and that one tree goes
//! on from another (§2.1.2).

use std::{cell::RefCell, collections::HashMap};

use tlog_tiles::{Hash as TlogHash, HashReader, Tile, check_record, check_tree, prove_record, prove_tree, tree_hash};

use crate::{
    Log,
    error::ReadError,
    record::Position,
    tree::{Hash, TILE_HEIGHT, Tree, TreeHead},
};

/// Hashes in a full tile.
const TILE_WIDTH: i64 = 1 << TILE_HEIGHT;

impl Log {
    /// The head of the tree of all events, as the database has it now.
    pub async fn tree_head(&self) -> Result<TreeHead, ReadError> {
        let row = sqlx::query!("SELECT tree_size, peaks FROM log.head").fetch_one(&self.pool).await?;
        let tree = Tree::read(row.tree_size, &row.peaks).ok_or(ReadError::Tree { size: row.tree_size })?;
        Ok(tree.head())
    }

    /// The head of the tree of the first `size` events, from the stored hashes.
    pub async fn tree_head_at(&self, size: Position) -> Result<TreeHead, ReadError> {
        let leaves = self.leaves_up_to(size).await?;
        let root = self.compute(size, |reader| tree_hash(leaves, reader)).await?;
        Ok(TreeHead { size, root: root.0 })
    }

    /// The proof that the event at `position` is in the tree of the first `size` events: the hashes beside its path to
    /// the root, from the leaf upwards. See [`check_inclusion`].
    pub async fn prove_inclusion(&self, position: Position, size: Position) -> Result<Vec<Hash>, ReadError> {
        let leaves = self.leaves_up_to(size).await?;
        let index = index(position).filter(|index| *index < leaves).ok_or(ReadError::Tree { size })?;
        let proof = self.compute(size, |reader| prove_record(leaves, index, reader)).await?;
        Ok(proof.into_iter().map(|hash| hash.0).collect())
    }

    /// The proof that the tree of the first `newer` events goes on from that of the first `older`. See
    /// [`check_consistency`].
    pub async fn prove_consistency(&self, older: Position, newer: Position) -> Result<Vec<Hash>, ReadError> {
        let leaves = self.leaves_up_to(newer).await?;
        let from = u64::try_from(older).ok().filter(|from| (1..=leaves).contains(from));
        let from = from.ok_or(ReadError::Tree { size: older })?;
        let proof = self.compute(newer, |reader| prove_tree(leaves, from, reader)).await?;
        Ok(proof.into_iter().map(|hash| hash.0).collect())
    }

    /// A tile: `width` consecutive hashes (1 to 256), one after the other, beginning with number `index` × 256 of its
    /// level. At level 0 they are those of the leaves, at level 1 the roots of 256 leaves, and so on. Nothing when the
    /// tree does not have them all.
    pub async fn tile(&self, level: u8, index: u64, width: u16) -> Result<Option<Vec<u8>>, ReadError> {
        let Some(first) = i64::try_from(index).ok().and_then(|index| index.checked_mul(TILE_WIDTH)) else {
            return Ok(None);
        };
        let last = first.saturating_add(i64::from(width));
        let hashes = if level == 0 {
            let tree_size = sqlx::query_scalar!("SELECT tree_size FROM log.head").fetch_one(&self.pool).await?;
            let last = last.min(tree_size);
            sqlx::query_scalar!(
                "SELECT leaf_hash FROM log.event WHERE position > $1 AND position <= $2 ORDER BY position",
                first,
                last
            )
            .fetch_all(&self.pool)
            .await?
        } else {
            sqlx::query_scalar!(
                "SELECT hash FROM log.tree_node WHERE level = $1 AND index >= $2 AND index < $3 ORDER BY index",
                i16::from(level),
                first,
                last
            )
            .fetch_all(&self.pool)
            .await?
        };
        Ok((hashes.len() == usize::from(width)).then(|| hashes.concat()))
    }

    /// A size as the number of leaves of a tree that the log has.
    async fn leaves_up_to(&self, size: Position) -> Result<u64, ReadError> {
        let tree_size = sqlx::query_scalar!("SELECT tree_size FROM log.head").fetch_one(&self.pool).await?;
        let there = u64::try_from(size).ok().filter(|_| size <= tree_size);
        there.ok_or(ReadError::Tree { size })
    }

    /// Runs a computation over hashes of the tree twice: first to learn which ones it wants, then with these.
    async fn compute<T>(
        &self,
        size: Position,
        run: impl Fn(&Reader) -> Result<T, tlog_tiles::Error>,
    ) -> Result<T, ReadError> {
        let asking = Reader::Asking(RefCell::default());
        if let Ok(done) = run(&asking) {
            return Ok(done);
        }
        let Reader::Asking(wanted) = asking else { return Err(ReadError::Tree { size }) };
        let known = self.stored_hashes(size, wanted.into_inner()).await?;
        run(&Reader::Knowing(known)).map_err(|_| ReadError::Tree { size })
    }

    /// Hashes inside the tree by their number in the order in which an append completes them
    /// (`tlog_tiles::stored_hash_index`), each computed from the hashes of one tile.
    async fn stored_hashes(&self, size: Position, wanted: Vec<u64>) -> Result<HashMap<u64, TlogHash>, ReadError> {
        let mut known = HashMap::with_capacity(wanted.len());
        for number in wanted {
            let tile = Tile::from_index(8, number);
            let width = u16::try_from(tile.width()).map_err(|_| ReadError::Tree { size })?;
            let data = self.tile(tile.level(), tile.level_index(), width).await?.ok_or(ReadError::Tree { size })?;
            let hash = tile.hash_at_index(&data, number).map_err(|_| ReadError::Tree { size })?;
            known.insert(number, hash);
        }
        Ok(known)
    }
}

/// The place of an event in the tree, from 0.
fn index(position: Position) -> Option<u64> {
    position.checked_sub(1).and_then(|index| u64::try_from(index).ok())
}

/// What a computation reads hashes from.
enum Reader {
    /// Notes what is wanted, and has nothing.
    Asking(RefCell<Vec<u64>>),
    /// Has what was wanted.
    Knowing(HashMap<u64, TlogHash>),
}

impl HashReader for Reader {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<TlogHash>, tlog_tiles::Error> {
        match self {
            Self::Asking(wanted) => {
                wanted.borrow_mut().extend(indexes);
                Err(tlog_tiles::Error::IndexesNotInTree)
            }
            Self::Knowing(known) => {
                let hash = |index| known.get(index).copied().ok_or(tlog_tiles::Error::IndexesNotInTree);
                indexes.iter().map(hash).collect()
            }
        }
    }
}

/// Whether a proof shows that the leaf with this hash stands at `position` in a tree.
pub fn check_inclusion(proof: &[Hash], leaf: &Hash, position: Position, tree: &TreeHead) -> bool {
    let (Some(index), Ok(size)) = (index(position), u64::try_from(tree.size)) else { return false };
    index < size && check_record(&tlog(proof), size, TlogHash(tree.root), index, TlogHash(*leaf)).is_ok()
}

/// Whether a proof shows that `newer` begins with all that `older` holds, in the same order.
pub fn check_consistency(proof: &[Hash], older: &TreeHead, newer: &TreeHead) -> bool {
    let (Ok(from), Ok(to)) = (u64::try_from(older.size), u64::try_from(newer.size)) else { return false };
    (1..=to).contains(&from) && check_tree(&tlog(proof), to, TlogHash(newer.root), from, TlogHash(older.root)).is_ok()
}

fn tlog(proof: &[Hash]) -> Vec<TlogHash> {
    proof.iter().copied().map(TlogHash).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::leaf_hash;

    fn hashes(hex: &[&str]) -> Vec<Hash> {
        hex.iter().map(|hex| hex::decode(hex).expect("hex").try_into().expect("32 bytes")).collect()
    }

    fn head(size: Position, root: &str) -> TreeHead {
        TreeHead { size, root: hashes(&[root])[0] }
    }

    const ONE: &str = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
    const TWO: &str = "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125";
    const FIVE: &str = "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4";
    const SIX: &str = "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef";
    const EIGHT: &str = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328";
    const A: &str = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7";
    const B: &str = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
    const C: &str = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";
    const D: &str = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
    const E: &str = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";
    const F: &str = "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7";
    const G: &str = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";

    /// The audit paths in the Merkle tests of the reference implementation of RFC 6962, over its eight leaves.
    #[test]
    fn published_inclusion_proofs_hold_and_no_others() {
        let leaves = ["", "10", "40414243"].map(|hex| leaf_hash(&hex::decode(hex).expect("hex")));
        for (position, leaf, size, root, proof) in [
            (1, leaves[0], 1, ONE, &[] as &[&str]),
            (1, leaves[0], 8, EIGHT, &[A, B, C]),
            (6, leaves[2], 8, EIGHT, &[D, E, F]),
            (3, leaves[1], 5, FIVE, &["07506a85fd9dd2f120eb694f86011e5bb4662e5c415a62917033d4a9624487e7", TWO, D]),
        ] {
            let (proof, tree) = (hashes(proof), head(size, root));
            let holds = check_inclusion(&proof, &leaf, position, &tree);
            assert!(holds, "{position} in {size}");
            assert!(!check_inclusion(&proof, &[0; 32], position, &tree));
            assert!(!check_inclusion(&proof, &leaf, position + 1, &tree));
            assert!(!check_inclusion(&proof, &leaf, position, &head(size, ONE)) || size == 1);
            assert!(!check_inclusion(&[proof.clone(), hashes(&[A])].concat(), &leaf, position, &tree));
        }
        for outside in [i64::MIN, -1, 0, 9, i64::MAX] {
            assert!(!check_inclusion(&hashes(&[A, B, C]), &leaves[0], outside, &head(8, EIGHT)));
        }
    }

    #[test]
    fn published_consistency_proofs_hold_and_no_others() {
        for (from, older, to, newer, proof) in [
            (1, ONE, 1, ONE, &[] as &[&str]),
            (1, ONE, 8, EIGHT, &[A, B, C]),
            (6, SIX, 8, EIGHT, &[G, E, F]),
            (2, TWO, 5, FIVE, &[B, D]),
        ] {
            let (proof, older, newer) = (hashes(proof), head(from, older), head(to, newer));
            assert!(check_consistency(&proof, &older, &newer), "{from} to {to}");
            let another = TreeHead { root: [0; 32], ..older };
            assert!(!check_consistency(&proof, &another, &newer));
            assert!(!check_consistency(&proof, &older, &TreeHead { root: [0; 32], ..newer }));
            assert!(!check_consistency(&[proof.clone(), hashes(&[A])].concat(), &older, &newer));
        }
        for (from, to) in [(0, 8), (-1, 8), (9, 8), (8, -8)] {
            assert!(!check_consistency(&[], &head(from, EIGHT), &head(to, EIGHT)));
        }
    }
}
