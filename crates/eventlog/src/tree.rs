//! The Merkle tree over the leaf hashes of all events, in the order of their positions (RFC 6962 §2.1).
//!
//! To append, one needs only the roots of the full subtrees that a tree consists of, one for each bit that is set in
//! its size: at most 63 hashes, kept in the head row. Of the inside of the tree, every eighth level is stored (the
//! hashes of the tiles of <https://c2sp.org/tlog-tiles>); the lowest is the column of leaf hashes.

use sha2::{Digest, Sha256};

use crate::record::Position;

/// SHA-256.
pub type Hash = [u8; 32];

/// How many levels of the tree a tile spans; its lowest has 2^8 hashes.
pub(crate) const TILE_HEIGHT: u32 = 8;

/// The root of a tree of some size: what stands for a whole history.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TreeHead {
    /// Events in it: the position of the last one; 0 for the empty tree.
    pub size: Position,
    /// The root (RFC 6962 §2.1, `MTH`).
    pub root: Hash,
}

impl std::fmt::Debug for TreeHead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TreeHead({}, ", self.size)?;
        self.root.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str(")")
    }
}

/// A hash inside the tree that is stored: the root of a full subtree of 256^level leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// 1 for the root of 256 leaves, 2 for that of 65,536, and so on.
    pub level: i16,
    /// Which of its level, from 0.
    pub index: i64,
    /// The root of the subtree.
    pub hash: Hash,
}

/// A tree that can grow and tell its root, but does not know its inside: a "compact range" from the first leaf on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    size: u64,
    /// The roots of its full subtrees, the largest first.
    peaks: Vec<Hash>,
}

/// The hash of an inner node: SHA-256(0x01 ‖ left ‖ right) (RFC 6962 §2.1).
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

impl Tree {
    /// From its size and the roots of its full subtrees, the largest first, one after the other; nothing when there
    /// are too few or too many.
    pub(crate) fn read(size: Position, peaks: &[u8]) -> Option<Self> {
        let size = u64::try_from(size).ok()?;
        let (peaks, rest) = peaks.as_chunks::<32>();
        let right = rest.is_empty() && peaks.len() == size.count_ones() as usize;
        right.then(|| Self { size, peaks: peaks.to_vec() })
    }

    /// The roots of its full subtrees, the largest first, one after the other.
    pub fn peaks(&self) -> Vec<u8> {
        self.peaks.concat()
    }

    /// How many leaves it has: the position of the last one.
    pub fn size(&self) -> Position {
        self.size.cast_signed()
    }

    /// Adds the leaf at the next position. The nodes it completes, of those that are stored, are passed to `node`.
    pub fn push(&mut self, leaf: Hash, mut node: impl FnMut(Node)) {
        let mut hash = leaf;
        // Each bit at the end of the size that is set is a full subtree, waiting for one of the same height.
        for height in 1..=self.size.trailing_ones() {
            let Some(left) = self.peaks.pop() else { break };
            hash = node_hash(&left, &hash);
            if height % TILE_HEIGHT == 0 {
                let level = i16::try_from(height / TILE_HEIGHT).unwrap_or(i16::MAX);
                node(Node { level, index: (self.size >> height).cast_signed(), hash });
            }
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// Its size and root. The root of the empty tree is the hash of nothing.
    pub fn head(&self) -> TreeHead {
        let mut peaks = self.peaks.iter().rev();
        let root = match peaks.next() {
            None => Sha256::digest([]).into(),
            Some(smallest) => peaks.fold(*smallest, |right, left| node_hash(left, &right)),
        };
        TreeHead { size: self.size(), root }
    }
}

#[cfg(test)]
mod tests {
    use tlog_tiles::{
        Error as TlogError, Hash as TlogHash, HashReader, Tile, stored_hashes_for_record_hash, tree_hash,
    };

    use super::*;
    use crate::canonical::leaf_hash;

    /// The leaves of the test vectors in certificate-transparency-go (`TestVector` of its Merkle tests), which are
    /// those of the reference implementation of RFC 6962.
    const LEAVES: [&str; 8] =
        ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
    const ROOTS: [&str; 9] = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    fn leaf(number: u64) -> Hash {
        leaf_hash(&number.to_be_bytes())
    }

    #[test]
    fn roots_are_those_of_the_published_vectors() {
        let mut tree = Tree::default();
        assert_eq!(hex::encode(tree.head().root), ROOTS[0]);
        for (leaf, root) in LEAVES.iter().zip(&ROOTS[1..]) {
            tree.push(leaf_hash(&hex::decode(leaf).expect("hex")), drop);
            assert_eq!(hex::encode(tree.head().root), *root);
        }
    }

    /// Hashes as a port of Go's sumdb stores them.
    #[derive(Default)]
    struct Stored(Vec<TlogHash>);

    impl HashReader for Stored {
        fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<TlogHash>, TlogError> {
            Ok(indexes.iter().map(|index| self.0[usize::try_from(*index).expect("small")]).collect())
        }
    }

    #[test]
    fn roots_and_stored_nodes_are_those_of_another_implementation() {
        let (mut tree, mut stored, mut nodes) = (Tree::default(), Stored::default(), Vec::new());
        for number in 0..70_000_u64 {
            tree.push(leaf(number), |node| nodes.push(node));
            let more = stored_hashes_for_record_hash(number, TlogHash(leaf(number)), &stored).expect("hashes");
            stored.0.extend(more);
            if number % 997 == 0 || number < 600 {
                assert_eq!(tree.head().root, tree_hash(number + 1, &stored).expect("a root").0, "{number}");
            }
        }
        for level in [1_i16, 2] {
            let of_it: Vec<&Node> = nodes.iter().filter(|node| node.level == level).collect();
            assert_eq!(of_it.len(), 70_000 >> (8 * level));
            for (index, node) in (0_u32..).zip(of_it) {
                assert_eq!(node.index, i64::from(index));
                let tile =
                    Tile::new(8, u8::try_from(level).expect("small"), u64::from(index >> 8), (index & 255) + 1, false);
                let data = tile.read_data(&stored).expect("a tile");
                assert_eq!(data[data.len() - 32..], node.hash);
            }
        }
    }

    #[test]
    fn a_tree_goes_on_from_its_peaks() {
        let mut whole = Tree::default();
        for number in 0..300_u64 {
            let again = Tree::read(whole.size(), &whole.peaks()).expect("reads");
            assert_eq!(again, whole);
            whole.push(leaf(number), drop);
        }
        assert!(Tree::read(299, &whole.peaks()).is_none());
        assert!(Tree::read(300, &whole.peaks()[1..]).is_none());
        assert!(Tree::read(-1, &[]).is_none());
    }
}
