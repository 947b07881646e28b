// SPDX-License-Identifier: GPL-2.0-or-later
//! What a repair can do, how it is said, and what it costs.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::{self, Write as _};
use fs::layout::{InodeNumber, Zone};
#[cfg(feature = "serde")]
use serde::{Serialize, Serializer};

/// Numbers that one message names.
const NAMED: usize = 8;

#[cfg(feature = "serde")]
fn inode_number<S: Serializer>(number: &InodeNumber, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(number.0)
}

#[cfg(feature = "serde")]
fn zone_numbers<S: Serializer>(zones: &[Zone], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(zones.iter().map(|zone| zone.0))
}

/// Why a zone number was cleared, or another put in its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum ZoneFault {
    /// There is no such zone: cleared.
    Missing,
    /// What it leads to should list zones, and does not: cleared.
    NoList,
    /// Another file has it: this one got a copy.
    Copied,
    /// Another file has it, and a copy can't be meant: cleared.
    Anothers,
    /// Another file has it, and there was no room for a copy: cleared.
    NoRoom,
}

/// Why a name was removed.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(Serialize))]
#[cfg_attr(feature = "serde", serde(tag = "reason", rename_all = "kebab-case"))]
pub enum BadEntry {
    /// `.` or `..` behind the first two places.
    WrongPlace,
    /// It led to an inode that does not exist.
    NoSuchInode {
        /// Its number.
        number: u16,
    },
    /// It led to an inode with nothing in it.
    NotInUse {
        /// Which one.
        #[cfg_attr(feature = "serde", serde(serialize_with = "inode_number"))]
        number: InodeNumber,
    },
    /// The same name of the same inode is there.
    Twice,
    /// The inode's count of links is full.
    TooManyNames {
        /// Which one.
        #[cfg_attr(feature = "serde", serde(serialize_with = "inode_number"))]
        number: InodeNumber,
    },
    /// A directory that is elsewhere already.
    HasAnother {
        /// The directory.
        #[cfg_attr(feature = "serde", serde(serialize_with = "inode_number"))]
        number: InodeNumber,
        /// Where it is.
        other: String,
    },
    /// The directory's count of links is full.
    TooManyDirectories,
}

/// Something that a repair did.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(Serialize))]
#[cfg_attr(feature = "serde", serde(tag = "kind", rename_all = "kebab-case"))]
pub enum Action {
    /// A number of the super block was made what the rest says.
    SuperBlockSet {
        /// Its name in `DiskSuper`.
        field: &'static str,
        /// The old number.
        from: u32,
        /// The new one.
        to: u32,
    },
    /// Inode 1 became a directory again.
    RootRestored,
    /// Inode 1 was made anew.
    RootMade,
    /// A file's type was none, or not what its contents are.
    TypeSet {
        /// The file.
        path: String,
        /// Its inode.
        #[cfg_attr(feature = "serde", serde(serialize_with = "inode_number"))]
        number: InodeNumber,
        /// Its old mode.
        mode: u16,
        /// "file" or "directory".
        made: &'static str,
    },
    /// Zone numbers of a file were cleared or replaced.
    ZonesSettled {
        /// The file.
        path: String,
        /// What was wrong with them.
        fault: ZoneFault,
        /// The numbers.
        #[cfg_attr(feature = "serde", serde(serialize_with = "zone_numbers"))]
        zones: Vec<Zone>,
    },
    /// A size that fits the contents.
    SizeSet {
        /// The file.
        path: String,
        /// The old size.
        from: u32,
        /// The new one.
        to: u32,
    },
    /// Zones of zeros behind the end were cut off.
    EmptyZonesCut {
        /// The file.
        path: String,
        /// How many.
        count: usize,
    },
    /// A directory got a new first block.
    FirstBlockMade {
        /// The directory.
        path: String,
    },
    /// `.` or `..` was written anew.
    DotsSet {
        /// The directory.
        path: String,
        /// Which of the two.
        name: &'static str,
        /// Where it leads now.
        #[cfg_attr(feature = "serde", serde(serialize_with = "inode_number"))]
        number: InodeNumber,
    },
    /// An entry stood in the place of `.` or `..`.
    EntryMoved {
        /// The directory.
        path: String,
        /// The entry.
        name: String,
    },
    /// A name was removed.
    NameRemoved {
        /// The name.
        path: String,
        /// Why.
        #[cfg_attr(feature = "serde", serde(flatten))]
        reason: BadEntry,
    },
    /// A name that can't be was changed.
    Renamed {
        /// The old name.
        path: String,
        /// The new one.
        to: String,
    },
    /// Bytes behind a name were cleared.
    NameTidied {
        /// The name.
        path: String,
    },
    /// A directory for what is found.
    DirectoryMade {
        /// Its path.
        path: String,
    },
    /// An inode without a name got one.
    Attached {
        /// Which one.
        #[cfg_attr(feature = "serde", serde(serialize_with = "inode_number"))]
        number: InodeNumber,
        /// The new name.
        path: String,
    },
    /// An inode without names or links was freed.
    RemovedFreed {
        /// Which one.
        #[cfg_attr(feature = "serde", serde(serialize_with = "inode_number"))]
        number: InodeNumber,
    },
    /// An inode without a name that has nothing was freed.
    EmptyFreed {
        /// Which one.
        #[cfg_attr(feature = "serde", serde(serialize_with = "inode_number"))]
        number: InodeNumber,
    },
    /// Zones of no file became one.
    ZonesKept {
        /// The first.
        first: u16,
        /// The last.
        last: u16,
        /// The file.
        path: String,
    },
    /// A zone of no file could not become one.
    ZoneFreed {
        /// Which one.
        zone: u16,
    },
    /// A link count was set.
    LinksSet {
        /// The file.
        path: String,
        /// Its inode.
        #[cfg_attr(feature = "serde", serde(serialize_with = "inode_number"))]
        number: InodeNumber,
        /// The old count.
        from: u32,
        /// The new one.
        to: u8,
    },
    /// Bits of a bitmap were set or cleared.
    BitsSet {
        /// "inode" or "zone".
        map: &'static str,
        /// "used" or "free".
        state: &'static str,
        /// For what they stand.
        numbers: Vec<u32>,
    },
    /// Bits that stand for nothing were set.
    PaddingSet {
        /// "inode" or "zone".
        map: &'static str,
        /// How many.
        count: u32,
    },
    /// The mark that there are errors was cleared.
    ErrorMarkCleared,
    /// The mark that it is in use was cleared.
    UseMarkCleared,
}

/// How much: of names and inodes, and of zones.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Tally {
    /// Files, by their names or inodes.
    pub files: usize,
    /// Zones of files.
    pub zones: usize,
}

impl Tally {
    /// What these actions throw away. What had nothing in it is not counted, nor
    /// what is elsewhere too.
    pub fn lost(actions: &[Action]) -> Tally {
        let mut lost = Tally::default();
        for action in actions {
            match action {
                Action::NameRemoved {
                    reason:
                        BadEntry::NoSuchInode { .. }
                        | BadEntry::NotInUse { .. }
                        | BadEntry::TooManyNames { .. }
                        | BadEntry::TooManyDirectories,
                    ..
                } => lost.files += 1,
                Action::RootMade => lost.files += 1,
                Action::ZonesSettled { fault, zones, .. } if *fault != ZoneFault::Copied => {
                    lost.zones += zones.len();
                }
                Action::ZoneFreed { .. } => lost.zones += 1,
                _ => {}
            }
        }
        lost
    }

    /// What is there only since these actions: it is not what was saved.
    pub fn made(actions: &[Action]) -> Tally {
        let mut made = Tally::default();
        for action in actions {
            match action {
                Action::RootMade | Action::DirectoryMade { .. } => made.files += 1,
                Action::ZonesKept { .. } => made.files += 1,
                Action::FirstBlockMade { .. } => made.zones += 1,
                _ => {}
            }
        }
        made
    }
}

impl fmt::Display for BadEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use BadEntry::*;
        match self {
            WrongPlace => f.write_str("in the wrong place"),
            NoSuchInode { number } => write!(f, "inode {number} does not exist"),
            NotInUse { number } => write!(f, "inode {number} is not in use"),
            Twice => f.write_str("the same entry is there twice"),
            TooManyNames { number } => {
                write!(f, "inode {number} has more names than it can count")
            }
            HasAnother { number, other } => {
                write!(f, "the directory, inode {number}, is {other} already")
            }
            TooManyDirectories => {
                f.write_str("there are more directories here than can be counted")
            }
        }
    }
}

impl fmt::Display for ZoneFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ZoneFault::Missing => "cleared zone numbers that do not exist",
            ZoneFault::NoList => "cleared numbers of lists that are none",
            ZoneFault::Copied => "made copies of zones that another file has",
            ZoneFault::Anothers => "cleared zone numbers that are another's",
            ZoneFault::NoRoom => "no room for copies of zones that another file has",
        })
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use Action::*;
        match self {
            SuperBlockSet { field, from, to } => {
                write!(f, "super block: {field} set from {from} to {to}")
            }
            RootRestored => f.write_str("inode 1, the root, was not a directory: made one again"),
            RootMade => f.write_str("inode 1, the root, was lost: a new one made"),
            TypeSet {
                path,
                number,
                mode,
                made,
            } => write!(
                f,
                "{path}: inode {number} had the mode {mode:#o}: made a {made}"
            ),
            ZonesSettled { path, fault, zones } => write!(f, "{path}: {fault}: {}", list(zones)),
            SizeSet { path, from, to } => write!(f, "{path}: size set from {from} to {to}"),
            EmptyZonesCut { path, count } => write!(
                f,
                "{path}: gave up {count} empty zones behind the end of the file"
            ),
            FirstBlockMade { path } => {
                write!(f, "{path}: the first block was missing: a new one made")
            }
            DotsSet { path, name, number } => {
                write!(f, "{path}: `{name}` made to lead to inode {number}")
            }
            EntryMoved { path, name } => {
                write!(f, "{path}: `{name}` moved out of the place of `.` or `..`")
            }
            NameRemoved { path, reason } => write!(f, "{path}: {reason}: name removed"),
            Renamed { path, to } => write!(f, "{path}: renamed to `{to}`"),
            NameTidied { path } => {
                write!(f, "{path}: bytes behind the end of the name cleared")
            }
            DirectoryMade { path } => write!(f, "{path}: made"),
            Attached { number, path } => {
                write!(f, "inode {number} was in no directory: now {path}")
            }
            RemovedFreed { number } => {
                write!(f, "inode {number} was removed while it was open: freed")
            }
            EmptyFreed { number } => {
                write!(f, "inode {number} is in no directory, and empty: freed")
            }
            ZonesKept { first, last, path } if first == last => {
                write!(f, "zone {first} was in no file: now {path}")
            }
            ZonesKept { first, last, path } => {
                write!(f, "zones {first} to {last} were in no file: now {path}")
            }
            ZoneFreed { zone } => {
                write!(f, "zone {zone} is in no file, but no inode is left: freed")
            }
            LinksSet {
                path,
                number,
                from,
                to,
            } => write!(
                f,
                "{path}: link count of inode {number} set from {from} to {to}"
            ),
            BitsSet {
                map,
                state,
                numbers,
            } => write!(f, "{map} bitmap: marked {state}: {}", ranges(numbers)),
            PaddingSet { map, count } => {
                write!(f, "{map} bitmap: set {count} bits that stand for nothing")
            }
            ErrorMarkCleared => f.write_str("super block: mark that there are errors cleared"),
            UseMarkCleared => f.write_str("super block: mark that it is in use cleared"),
        }
    }
}

/// The first few numbers, and how many more there are.
fn list(zones: &[Zone]) -> String {
    let named: Vec<String> = zones.iter().take(NAMED).map(Zone::to_string).collect();
    let mut text = named.join(", ");
    if zones.len() > NAMED {
        let _ = write!(text, " and {} more", zones.len() - NAMED);
    }
    text
}

/// Ascending numbers as people write them: `3, 7-9`.
fn ranges(numbers: &[u32]) -> String {
    numbers
        .chunk_by(|a, b| a + 1 == *b)
        .map(|run| match run {
            [one] => one.to_string(),
            [first, .., last] => format!("{first}-{last}"),
            [] => String::new(),
        })
        .collect::<Vec<_>>()
        .join(", ")
}
