//! The address of a tile: `<L>/<N>[.p/<W>]` or `entries/<N>[.p/<W>]` (<https://c2sp.org/tlog-tiles>).

/// What of the log an address names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TilePath {
    pub(super) place: Place,
    /// Which tile of its level, from 0.
    pub(super) index: u64,
    /// Hashes or entries in it: 256, or fewer where it is partial.
    pub(super) width: u16,
}

/// Hashes of a level, or the entries under level 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Level(u8),
    Entries,
}

/// Hashes in a full tile.
const FULL: u16 = 256;

impl TilePath {
    /// Reads an address; nothing when it has not the one form that the specification gives it.
    pub(super) fn parse(path: &str) -> Option<Self> {
        let (place, rest) = path.split_once('/')?;
        let place = match place {
            "entries" => Place::Entries,
            level => {
                Place::Level(decimal(level).filter(|level| *level < 64).and_then(|level| u8::try_from(level).ok())?)
            }
        };
        let (number, width) = match rest.split_once(".p/") {
            None => (rest, FULL),
            Some((number, width)) => (number, decimal(width).and_then(|width| u16::try_from(width).ok())?),
        };
        if !(1..=FULL).contains(&width) || (width == FULL) == rest.contains(".p/") {
            return None;
        }
        Some(Self { place, index: index(number)?, width })
    }
}

/// A number without leading zeros.
fn decimal(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}

/// A number in groups of three digits, all but the last after an `x`: `x001/x234/067`.
fn index(text: &str) -> Option<u64> {
    let mut groups = text.split('/').rev();
    let last = digits(groups.next()?)?;
    let mut higher: Vec<u64> = groups.map(|group| group.strip_prefix('x').and_then(digits)).collect::<Option<_>>()?;
    higher.reverse();
    if higher.first() == Some(&0) {
        return None;
    }
    let shift = |number: u64, group: u64| number.checked_mul(1_000)?.checked_add(group);
    higher.into_iter().chain([last]).try_fold(0, shift)
}

fn digits(group: &str) -> Option<u64> {
    let three = group.len() == 3 && group.bytes().all(|byte| byte.is_ascii_digit());
    if three { group.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_the_one_form_of_the_specification() {
        let tile = |place, index, width| Some(TilePath { place, index, width });
        assert_eq!(TilePath::parse("0/x001/x234/067"), tile(Place::Level(0), 1_234_067, 256));
        assert_eq!(TilePath::parse("63/000.p/1"), tile(Place::Level(63), 0, 1));
        assert_eq!(TilePath::parse("1/x018/999.p/255"), tile(Place::Level(1), 18_999, 255));
        assert_eq!(TilePath::parse("entries/x001/000.p/7"), tile(Place::Entries, 1_000, 7));
        for wrong in [
            "",
            "0",
            "0/",
            "64/000",
            "00/000",
            "-1/000",
            "+1/000",
            "0/0",
            "0/0000",
            "0/x000/001",
            "0/001/002",
            "0/x001/x002",
            "0/000.p/0",
            "0/000.p/256",
            "0/000.p/01",
            "0/000.p/",
            "0/000.p/1/2",
            "data/000",
            "0/x018/x446/x744/x073/x709/x551/616",
            "0/../000",
        ] {
            assert_eq!(TilePath::parse(wrong), None, "{wrong}");
        }
    }
}
