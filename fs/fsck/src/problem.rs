// SPDX-License-Identifier: GPL-2.0-or-later
//! What a check can find, and how it is said.

use alloc::string::String;
use core::fmt;
use fs::layout::{InodeNumber, Zone};
#[cfg(feature = "serde")]
use serde::{Serialize, Serializer};

#[cfg(feature = "serde")]
fn inode_number<S: Serializer>(number: &InodeNumber, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(number.0)
}

#[cfg(feature = "serde")]
fn zone_number<S: Serializer>(zone: &Zone, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(zone.0)
}

/// Something that must not be.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(Serialize))]
#[cfg_attr(feature = "serde", serde(tag = "kind", rename_all = "kebab-case"))]
pub enum Problem {
    /// The super block can't be right, and the rest does not say what is: nothing
    /// else was looked at.
    NoSuperBlock {
        /// What is wrong with it.
        problem: String,
    },
    /// A number of the super block is another than all the rest says.
    SuperBlock {
        /// Its name in `DiskSuper`.
        field: &'static str,
        /// The number that is there.
        found: u32,
        /// The number that the rest agrees on.
        expected: u32,
    },
    /// The super block says that errors were found.
    MarkedWithErrors,
    /// The super block says that it was in use and never unmounted.
    NotUnmounted,
    /// The root inode is no directory; nothing else can be found.
    NoRoot,
    /// Bit 0 of a bitmap is clear.
    BitZero {
        /// "inode" or "zone".
        map: &'static str,
    },
    /// A directory entry leads to an inode that does not exist.
    NoSuchInode {
        /// The entry.
        path: String,
        /// The number in it.
        number: u16,
    },
    /// A directory entry leads to an inode whose mode says nothing known.
    BadMode {
        /// The entry.
        path: String,
        /// The inode.
        #[cfg_attr(feature = "serde", serde(serialize_with = "inode_number"))]
        number: InodeNumber,
        /// Its mode.
        mode: u16,
    },
    /// A name that is empty, holds a slash or occurs twice.
    BadName {
        /// The entry.
        path: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// `.` or `..` is missing or leads elsewhere.
    BadDots {
        /// The directory.
        path: String,
        /// Which of the two.
        name: &'static str,
        /// Where it should lead.
        #[cfg_attr(feature = "serde", serde(serialize_with = "inode_number"))]
        expected: InodeNumber,
    },
    /// A directory has a second name; that makes a loop.
    DirectoryTwice {
        /// The second name.
        path: String,
        /// The inode.
        #[cfg_attr(feature = "serde", serde(serialize_with = "inode_number"))]
        number: InodeNumber,
    },
    /// A size no such file can have.
    BadSize {
        /// The file.
        path: String,
        /// Its size in bytes.
        size: u32,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A zone number outside the data zones.
    NoSuchZone {
        /// The file.
        path: String,
        /// The number.
        zone: u16,
    },
    /// A zone belongs to two files, or to one twice.
    ZoneTwice {
        /// The second owner.
        path: String,
        /// The zone.
        #[cfg_attr(feature = "serde", serde(serialize_with = "zone_number"))]
        zone: Zone,
    },
    /// A file has a zone that its size does not reach.
    ZoneBehindEnd {
        /// The file.
        path: String,
        /// The zone.
        #[cfg_attr(feature = "serde", serde(serialize_with = "zone_number"))]
        zone: Zone,
    },
    /// In use, but free by the bitmap.
    InodeMarkedFree {
        /// Which one.
        #[cfg_attr(feature = "serde", serde(serialize_with = "inode_number"))]
        number: InodeNumber,
    },
    /// Marked in the bitmap, but no directory leads to it.
    InodeLost {
        /// Which one.
        #[cfg_attr(feature = "serde", serde(serialize_with = "inode_number"))]
        number: InodeNumber,
    },
    /// In use, but free by the bitmap.
    ZoneMarkedFree {
        /// Which one.
        #[cfg_attr(feature = "serde", serde(serialize_with = "zone_number"))]
        zone: Zone,
    },
    /// Marked in the bitmap, but no file has it.
    ZoneLost {
        /// Which one.
        #[cfg_attr(feature = "serde", serde(serialize_with = "zone_number"))]
        zone: Zone,
    },
    /// The link count is not the number of directory entries.
    LinkCount {
        /// The inode.
        #[cfg_attr(feature = "serde", serde(serialize_with = "inode_number"))]
        number: InodeNumber,
        /// What the inode says.
        counted: u8,
        /// How many entries there are.
        found: u32,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use Problem::*;
        match self {
            NoSuperBlock { problem } => write!(
                f,
                "super block: {problem}; the rest does not say what is right"
            ),
            SuperBlock {
                field,
                found,
                expected,
            } => write!(
                f,
                "super block: {field} is {found}, but all the rest agrees on {expected}"
            ),
            MarkedWithErrors => write!(f, "the super block says that errors were found"),
            NotUnmounted => write!(f, "the super block says that it was not unmounted"),
            NoRoot => write!(f, "inode 1, the root, is not a directory"),
            BitZero { map } => write!(f, "bit 0 of the {map} bitmap is clear"),
            NoSuchInode { path, number } => {
                write!(f, "{path}: leads to inode {number}, which does not exist")
            }
            BadMode { path, number, mode } => write!(
                f,
                "{path}: inode {number} has the mode {mode:#o}, which is no file's"
            ),
            BadName { path, problem } => write!(f, "{path}: the name {problem}"),
            BadDots {
                path,
                name,
                expected,
            } => write!(f, "{path}: `{name}` should lead to inode {expected}"),
            DirectoryTwice { path, number } => write!(
                f,
                "{path}: the directory, inode {number}, has another name too"
            ),
            BadSize {
                path,
                size,
                problem,
            } => write!(f, "{path}: {size} bytes, {problem}"),
            NoSuchZone { path, zone } => write!(f, "{path}: has zone {zone}, which does not exist"),
            ZoneTwice { path, zone } => write!(f, "{path}: zone {zone} is somebody's already"),
            ZoneBehindEnd { path, zone } => {
                write!(f, "{path}: zone {zone} lies behind the end of the file")
            }
            InodeMarkedFree { number } => write!(f, "inode {number} is in use, but marked free"),
            InodeLost { number } => write!(f, "inode {number} is marked used, but in no directory"),
            ZoneMarkedFree { zone } => write!(f, "zone {zone} is in use, but marked free"),
            ZoneLost { zone } => write!(f, "zone {zone} is marked used, but in no file"),
            LinkCount {
                number,
                counted,
                found,
            } => write!(
                f,
                "inode {number} counts {counted} links, there are {found}"
            ),
        }
    }
}
