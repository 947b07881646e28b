// SPDX-License-Identifier: GPL-2.0-or-later
//! Checks a Minix v1 file system without using the code that made it.
//!
//! [`check`] walks the tree from the root, and compares what it meets with the
//! bitmaps and link counts. It reads each zone once for each thing it can be,
//! so it ends on any input, and it keeps at most [`KEPT`] problems.
//!
//! Only the layout is shared with the `fs` crate, not its algorithms.

use crate::error::Fault;
use fs::layout::{
    BITS_PER_BLOCK, BLOCK_SIZE, DIRECT_ZONES, DOUBLE_INDIRECT, DiskInode, DiskSuper, ENTRY_NAME,
    Geometry, INDIRECT, InodeNumber, MAX_FILE_SIZE, ROOT_INODE, SUPER_BLOCK, ZONES_PER_BLOCK, Zone,
    u16_at,
};
use lib::sys::stat::{
    S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_ISDIR, S_ISLNK, S_ISREG,
};
use std::collections::{HashSet, VecDeque};
use std::fmt;

/// How many problems a [`Report`] lists; the rest is only counted.
pub const KEPT: usize = 1000;

/// Something that must not be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Problem {
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
        expected: InodeNumber,
    },
    /// A directory has a second name; that makes a loop.
    DirectoryTwice {
        /// The second name.
        path: String,
        /// The inode.
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
        zone: Zone,
    },
    /// A file has a zone that its size does not reach.
    ZoneBehindEnd {
        /// The file.
        path: String,
        /// The zone.
        zone: Zone,
    },
    /// In use, but free by the bitmap.
    InodeMarkedFree(InodeNumber),
    /// Marked in the bitmap, but no directory leads to it.
    InodeLost(InodeNumber),
    /// In use, but free by the bitmap.
    ZoneMarkedFree(Zone),
    /// Marked in the bitmap, but no file has it.
    ZoneLost(Zone),
    /// The link count is not the number of directory entries.
    LinkCount {
        /// The inode.
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
            InodeMarkedFree(number) => write!(f, "inode {number} is in use, but marked free"),
            InodeLost(number) => write!(f, "inode {number} is marked used, but in no directory"),
            ZoneMarkedFree(zone) => write!(f, "zone {zone} is in use, but marked free"),
            ZoneLost(zone) => write!(f, "zone {zone} is marked used, but in no file"),
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

/// What [`check`] found.
#[derive(Debug, Default)]
pub struct Report {
    /// The first [`KEPT`] problems.
    pub problems: Vec<Problem>,
    /// How many problems there are in all.
    pub count: usize,
    /// Inodes in the tree.
    pub inodes_used: u32,
    /// Zones of the files in the tree.
    pub zones_used: u32,
}

impl Report {
    /// Whether there are no problems.
    pub fn is_clean(&self) -> bool {
        self.count == 0
    }
}

/// Checks the file system that begins at the start of `image`; fails if its
/// super block makes no sense.
pub fn check(image: &[u8]) -> Result<Report, Fault> {
    let blocks = (image.len() / BLOCK_SIZE) as u32;
    let fault = |problem: String| Fault::new("super block", problem);
    let block = block(image, SUPER_BLOCK)
        .ok_or_else(|| fault("the file system has less than 2 blocks".into()))?;
    let geometry =
        Geometry::check(&DiskSuper::parse(block), blocks).map_err(|bad| fault(bad.to_string()))?;
    let mut checker = Checker {
        image,
        geometry,
        report: Report::default(),
        links: vec![0; usize::from(geometry.ninodes) + 1],
        met: vec![false; usize::from(geometry.ninodes) + 1],
        zone_used: vec![false; usize::from(geometry.nzones)],
        directories: VecDeque::new(),
    };
    checker.walk();
    checker.compare_inodes();
    checker.compare_zones();
    Ok(checker.report)
}

fn block(image: &[u8], number: u32) -> Option<&[u8; BLOCK_SIZE]> {
    image.get(number as usize * BLOCK_SIZE..)?.first_chunk()
}

struct Directory {
    number: InodeNumber,
    parent: InodeNumber,
    path: String,
    /// Its blocks, in order; a hole is `None`.
    blocks: Vec<Option<Zone>>,
    size: u32,
}

struct Checker<'a> {
    image: &'a [u8],
    geometry: Geometry,
    report: Report,
    /// Directory entries met, by inode number.
    links: Vec<u32>,
    /// Whether [`Checker::meet`] was called for it, by inode number.
    met: Vec<bool>,
    /// Whether a file has it, by zone number.
    zone_used: Vec<bool>,
    /// Those met whose entries were not looked at yet.
    directories: VecDeque<Directory>,
}

impl Checker<'_> {
    fn problem(&mut self, problem: Problem) {
        self.report.count += 1;
        if self.report.problems.len() < KEPT {
            self.report.problems.push(problem);
        }
    }

    /// The inode; nothing there reads as a free one.
    fn inode(&self, number: InodeNumber) -> DiskInode {
        let (block_number, offset) = self.geometry.inode_place(number);
        block(self.image, block_number)
            .map(|block| DiskInode::parse(block, offset))
            .unwrap_or_default()
    }

    fn walk(&mut self) {
        if !S_ISDIR(self.inode(ROOT_INODE).mode) {
            self.problem(Problem::NoRoot);
            return;
        }
        self.meet(ROOT_INODE, ROOT_INODE, String::new());
        while let Some(directory) = self.directories.pop_front() {
            self.check_directory(&directory);
        }
    }

    /// The first time an inode is met: its mode, size and zones.
    fn meet(&mut self, number: InodeNumber, parent: InodeNumber, path: String) {
        let inode = self.inode(number);
        self.met[usize::from(number.0)] = true;
        self.report.inodes_used += 1;
        match inode.mode & S_IFMT {
            S_IFDIR | S_IFREG | S_IFLNK => {}
            S_IFCHR | S_IFBLK | S_IFIFO => return,
            _ => {
                return self.problem(Problem::BadMode {
                    path,
                    number,
                    mode: inode.mode,
                });
            }
        }
        if inode.size > self.geometry.max_size.min(MAX_FILE_SIZE) {
            let problem = "more than a file can have";
            self.problem(Problem::BadSize {
                path: path.clone(),
                size: inode.size,
                problem,
            });
        }
        let blocks = self.claim_zones(&inode, &path);
        let end = inode.size.div_ceil(BLOCK_SIZE as u32);
        for (index, zone) in &blocks {
            if *index >= end && (S_ISREG(inode.mode) || S_ISLNK(inode.mode) || S_ISDIR(inode.mode))
            {
                self.problem(Problem::ZoneBehindEnd {
                    path: path.clone(),
                    zone: *zone,
                });
            }
        }
        if S_ISDIR(inode.mode) {
            if !inode.size.is_multiple_of(self.geometry.entry_size() as u32) {
                let problem = "which is no whole number of directory entries";
                self.problem(Problem::BadSize {
                    path: path.clone(),
                    size: inode.size,
                    problem,
                });
            }
            let last = blocks
                .iter()
                .map(|(index, _)| index + 1)
                .max()
                .unwrap_or(0)
                .min(end);
            if last < end {
                let problem = "but its last block is missing";
                self.problem(Problem::BadSize {
                    path: path.clone(),
                    size: inode.size,
                    problem,
                });
            }
            let mut by_index = vec![None; last as usize];
            for (index, zone) in blocks {
                if let Some(slot) = by_index.get_mut(index as usize) {
                    *slot = Some(zone);
                }
            }
            self.directories.push_back(Directory {
                number,
                parent,
                path,
                blocks: by_index,
                size: inode.size,
            });
        }
    }

    /// Marks the zones of a file as used. Returns its data zones, each with
    /// its place in the file; those that are not its own are left out.
    fn claim_zones(&mut self, inode: &DiskInode, path: &str) -> Vec<(u32, Zone)> {
        let mut data = Vec::new();
        for index in 0..DIRECT_ZONES {
            self.claim(inode.zones[index as usize], 0, index, path, &mut data);
        }
        self.claim(inode.zones[INDIRECT], 1, DIRECT_ZONES, path, &mut data);
        self.claim(
            inode.zones[DOUBLE_INDIRECT],
            2,
            DIRECT_ZONES + ZONES_PER_BLOCK,
            path,
            &mut data,
        );
        data
    }

    /// Claims one zone, `depth` levels above the data, and all below it;
    /// `index` is the place in the file of the first block it leads to.
    fn claim(
        &mut self,
        zone: Zone,
        depth: u32,
        index: u32,
        path: &str,
        data: &mut Vec<(u32, Zone)>,
    ) {
        if zone.is_hole() {
            return;
        }
        if !self.geometry.has_zone(zone) {
            return self.problem(Problem::NoSuchZone {
                path: path.to_owned(),
                zone: zone.0,
            });
        }
        if std::mem::replace(&mut self.zone_used[usize::from(zone.0)], true) {
            return self.problem(Problem::ZoneTwice {
                path: path.to_owned(),
                zone,
            });
        }
        self.report.zones_used += 1;
        if depth == 0 {
            data.push((index, zone));
            return;
        }
        let image = self.image;
        let Some(list) = block(image, zone.block()) else {
            return;
        };
        let step = if depth == 1 { 1 } else { ZONES_PER_BLOCK };
        for (slot, entry) in (0..).zip(list.chunks_exact(2)) {
            self.claim(
                Zone(u16_at(entry, 0)),
                depth - 1,
                index + slot * step,
                path,
                data,
            );
        }
    }

    fn check_directory(&mut self, directory: &Directory) {
        let image = self.image;
        let entry_size = self.geometry.entry_size();
        let mut names = HashSet::new();
        let mut left = directory.size as usize;
        for zone in &directory.blocks {
            let here = left.min(BLOCK_SIZE);
            left -= here;
            let Some(block) = zone.and_then(|zone| block(image, zone.block())) else {
                continue;
            };
            for entry in block[..here].chunks_exact(entry_size) {
                self.check_entry(
                    directory,
                    u16_at(entry, 0),
                    &entry[ENTRY_NAME..],
                    &mut names,
                );
            }
        }
        for (name, expected) in [(".", directory.number), ("..", directory.parent)] {
            if !names.contains(name.as_bytes()) {
                let path = shown(&directory.path);
                self.problem(Problem::BadDots {
                    path,
                    name,
                    expected,
                });
            }
        }
    }

    fn check_entry(
        &mut self,
        directory: &Directory,
        number: u16,
        name: &[u8],
        names: &mut HashSet<Vec<u8>>,
    ) {
        if number == 0 {
            return;
        }
        let name = name.split(|&byte| byte == 0).next().unwrap_or_default();
        let path = join(&directory.path, name);
        let wrong = match name {
            b"" => Some("is empty"),
            name if name.contains(&b'/') => Some("holds a slash"),
            name if !names.insert(name.to_vec()) => Some("occurs twice in its directory"),
            _ => None,
        };
        if let Some(problem) = wrong {
            self.problem(Problem::BadName {
                path: path.clone(),
                problem,
            });
        }
        let number = InodeNumber(number);
        if !self.geometry.has_inode(number) {
            return self.problem(Problem::NoSuchInode {
                path,
                number: number.0,
            });
        }
        self.links[usize::from(number.0)] += 1;
        match name {
            b"." => self.check_dots(directory, ".", number, directory.number),
            b".." => self.check_dots(directory, "..", number, directory.parent),
            _ if !self.met[usize::from(number.0)] => self.meet(number, directory.number, path),
            _ if S_ISDIR(self.inode(number).mode) => {
                self.problem(Problem::DirectoryTwice { path, number })
            }
            _ => {}
        }
    }

    fn check_dots(
        &mut self,
        directory: &Directory,
        name: &'static str,
        number: InodeNumber,
        expected: InodeNumber,
    ) {
        if number != expected {
            self.problem(Problem::BadDots {
                path: shown(&directory.path),
                name,
                expected,
            });
        }
    }

    fn bit(&self, map: u32, number: u32) -> bool {
        let block_number = map + number / BITS_PER_BLOCK;
        let bit = number % BITS_PER_BLOCK;
        block(self.image, block_number)
            .is_some_and(|block| block[bit as usize / 8] & 1 << (bit % 8) != 0)
    }

    fn compare_inodes(&mut self) {
        let map = self.geometry.inode_map();
        if !self.bit(map, 0) {
            self.problem(Problem::BitZero { map: "inode" });
        }
        for number in (1..=self.geometry.ninodes).map(InodeNumber) {
            let found = self.links[usize::from(number.0)];
            let marked = self.bit(map, number.0.into());
            let counted = self.inode(number).nlinks;
            if found == 0 && marked {
                self.problem(Problem::InodeLost(number));
            }
            if found > 0 && !marked {
                self.problem(Problem::InodeMarkedFree(number));
            }
            if found > 0 && found != u32::from(counted) {
                self.problem(Problem::LinkCount {
                    number,
                    counted,
                    found,
                });
            }
        }
    }

    fn compare_zones(&mut self) {
        let map = self.geometry.zone_map();
        if !self.bit(map, 0) {
            self.problem(Problem::BitZero { map: "zone" });
        }
        for zone in (self.geometry.firstdatazone..self.geometry.nzones).map(Zone) {
            let used = self.zone_used[usize::from(zone.0)];
            let marked = self.bit(map, u32::from(zone.0 - self.geometry.firstdatazone) + 1);
            if used && !marked {
                self.problem(Problem::ZoneMarkedFree(zone));
            }
            if !used && marked {
                self.problem(Problem::ZoneLost(zone));
            }
        }
    }
}

/// The path of an entry, shortened where directories are nested beyond sense.
fn join(directory: &str, name: &[u8]) -> String {
    let directory = if directory.len() > 4096 {
        "/..."
    } else {
        directory
    };
    format!(
        "{directory}/{}",
        String::from_utf8_lossy(name).escape_debug()
    )
}

/// The path of a directory for messages; the root's is empty inside.
fn shown(path: &str) -> String {
    if path.is_empty() {
        "/".into()
    } else {
        path.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fs::layout::put_at;

    /// An empty file system of 64 blocks and 32 inodes: inode bitmap in block
    /// 2, zone bitmap in 3, inodes in 4, data from 5 on, the root in 5.
    /// On it `/d` (inode 2, zone 6) and `/d/f` (inode 3, 3 bytes in zone 7).
    fn sample() -> Vec<u8> {
        let mut image = vec![0; 64 * BLOCK_SIZE];
        let disk = DiskSuper {
            ninodes: 32,
            nzones: 64,
            imap_blocks: 1,
            zmap_blocks: 1,
            firstdatazone: 5,
            max_size: MAX_FILE_SIZE,
            magic: fs::layout::SUPER_MAGIC,
            ..DiskSuper::default()
        };
        disk.store(image[BLOCK_SIZE..].first_chunk_mut().unwrap());
        image[2 * BLOCK_SIZE] = 0b1111;
        image[3 * BLOCK_SIZE] = 0b1111;
        inode(&mut image, 1, S_IFDIR | 0o755, 48, 3, [5]);
        inode(&mut image, 2, S_IFDIR | 0o755, 48, 2, [6]);
        inode(&mut image, 3, S_IFREG | 0o644, 3, 1, [7]);
        entries(&mut image, 5, &[(1, "."), (1, ".."), (2, "d")]);
        entries(&mut image, 6, &[(2, "."), (1, ".."), (3, "f")]);
        image
    }

    fn inode<const N: usize>(
        image: &mut [u8],
        number: u16,
        mode: u16,
        size: u32,
        nlinks: u8,
        zones: [u16; N],
    ) {
        let mut inode = DiskInode {
            mode,
            size,
            nlinks,
            ..DiskInode::default()
        };
        for (slot, zone) in inode.zones.iter_mut().zip(zones) {
            *slot = Zone(zone);
        }
        inode.store(
            image[4 * BLOCK_SIZE..].first_chunk_mut().unwrap(),
            (usize::from(number) - 1) * 32,
        );
    }

    fn entries(image: &mut [u8], zone: usize, entries: &[(u16, &str)]) {
        for (slot, (number, name)) in entries.iter().enumerate() {
            let entry = &mut image[zone * BLOCK_SIZE + slot * 16..][..16];
            put_at(entry, 0, number.to_le_bytes());
            entry[2..].fill(0);
            entry[2..2 + name.len()].copy_from_slice(name.as_bytes());
        }
    }

    /// What is found after `change`, one line each.
    fn found(change: impl FnOnce(&mut Vec<u8>)) -> Vec<String> {
        let mut image = sample();
        change(&mut image);
        check(&image)
            .unwrap()
            .problems
            .iter()
            .map(Problem::to_string)
            .collect()
    }

    #[test]
    fn a_sound_one_is_clean() {
        let report = check(&sample()).unwrap();
        assert_eq!(report.problems, []);
        assert_eq!((report.inodes_used, report.zones_used), (3, 3));
    }

    #[test]
    fn bitmaps_that_disagree() {
        assert_eq!(
            found(|image| image[2 * BLOCK_SIZE] = 0b0111),
            ["inode 3 is in use, but marked free"]
        );
        assert_eq!(
            found(|image| image[2 * BLOCK_SIZE] = 0b11110),
            [
                "bit 0 of the inode bitmap is clear",
                "inode 4 is marked used, but in no directory"
            ]
        );
        assert_eq!(
            found(|image| image[3 * BLOCK_SIZE] = 0b11011),
            [
                "zone 6 is in use, but marked free",
                "zone 8 is marked used, but in no file"
            ]
        );
        assert_eq!(
            found(|image| image[3 * BLOCK_SIZE] = 0b1110),
            ["bit 0 of the zone bitmap is clear"]
        );
    }

    #[test]
    fn link_counts() {
        assert_eq!(
            found(|image| inode(image, 3, S_IFREG, 3, 2, [7])),
            ["inode 3 counts 2 links, there are 1"]
        );
        // A second name that is not counted.
        assert_eq!(
            found(|image| {
                inode(image, 1, S_IFDIR, 64, 3, [5]);
                entries(image, 5, &[(1, "."), (1, ".."), (2, "d"), (3, "g")]);
            }),
            ["inode 3 counts 1 links, there are 2"]
        );
    }

    #[test]
    fn zones_that_are_not_the_files_own() {
        assert_eq!(
            found(|image| inode(image, 3, S_IFREG, 3, 1, [6])),
            [
                "/d/f: zone 6 is somebody's already",
                "zone 7 is marked used, but in no file"
            ]
        );
        assert_eq!(
            found(|image| inode(image, 3, S_IFREG, 3, 1, [64, 7]))[..2],
            [
                "/d/f: has zone 64, which does not exist",
                "/d/f: zone 7 lies behind the end of the file",
            ]
        );
        assert_eq!(
            found(|image| inode(image, 3, S_IFREG, 3, 1, [4]))[0],
            "/d/f: has zone 4, which does not exist"
        );
        // An indirect block that lists itself: it must not be read for ever.
        assert_eq!(
            found(|image| {
                inode(image, 3, S_IFREG, 8 * 1024, 1, [0, 0, 0, 0, 0, 0, 0, 0, 7]);
                put_at(image, 7 * BLOCK_SIZE, 7u16.to_le_bytes());
            }),
            ["/d/f: zone 7 is somebody's already"]
        );
    }

    #[test]
    fn sizes() {
        assert_eq!(
            found(|image| inode(image, 3, S_IFREG, MAX_FILE_SIZE + 1, 1, [7])),
            ["/d/f: 268966913 bytes, more than a file can have"]
        );
        assert_eq!(
            found(|image| inode(image, 2, S_IFDIR, 50, 2, [6])),
            ["/d: 50 bytes, which is no whole number of directory entries"]
        );
        assert_eq!(
            found(|image| inode(image, 2, S_IFDIR, 2000, 2, [6])),
            ["/d: 2000 bytes, but its last block is missing"]
        );
    }

    #[test]
    fn directory_entries() {
        let with = |extra: &[(u16, &str)]| {
            found(|image| {
                inode(image, 2, S_IFDIR, 48 + 16 * extra.len() as u32, 2, [6]);
                entries(
                    image,
                    6,
                    &[&[(2, "."), (1, ".."), (3, "f")], extra].concat(),
                );
            })
        };
        assert_eq!(with(&[(0, "gone")]), [""; 0]);
        assert_eq!(
            with(&[(33, "x")]),
            ["/d/x: leads to inode 33, which does not exist"]
        );
        assert_eq!(
            with(&[(3, "f")])[0],
            "/d/f: the name occurs twice in its directory"
        );
        assert_eq!(with(&[(3, "")])[0], "/d/: the name is empty");
        assert_eq!(with(&[(3, "a/b")])[0], "/d/a/b: the name holds a slash");
        assert_eq!(
            with(&[(1, "up")])[0],
            "/d/up: the directory, inode 1, has another name too"
        );
        assert_eq!(
            with(&[(9, "x")])[0],
            "/d/x: inode 9 has the mode 0o0, which is no file's"
        );
        assert_eq!(
            found(|image| entries(image, 6, &[(2, "."), (2, ".."), (3, "f")]))[0],
            "/d: `..` should lead to inode 1"
        );
        assert_eq!(
            found(|image| entries(image, 5, &[(0, "."), (1, ".."), (2, "d")]))[0],
            "/: `.` should lead to inode 1"
        );
    }

    #[test]
    fn without_a_root_or_a_super_block() {
        assert_eq!(
            found(|image| inode(image, 1, S_IFREG, 48, 1, [5]))[0],
            "inode 1, the root, is not a directory"
        );
        assert!(check(&[0; 1000]).is_err());
        assert!(check(&[0; 4096]).unwrap_err().problem.contains("magic"));
        // A device smaller than the file system says.
        assert!(check(&sample()[..63 * BLOCK_SIZE]).is_err());
    }

    #[test]
    fn problems_are_counted_but_not_kept_without_end() {
        let mut image = sample();
        image[2 * BLOCK_SIZE..4 * BLOCK_SIZE].fill(0xff);
        // An indirect block of 512 bad zones, three times.
        for number in 4..7u16 {
            inode(
                &mut image,
                number,
                S_IFREG,
                1 << 20,
                1,
                [0, 0, 0, 0, 0, 0, 0, 4 + number],
            );
            image[usize::from(4 + number) * BLOCK_SIZE..][..BLOCK_SIZE].fill(0xff);
        }
        inode(&mut image, 2, S_IFDIR, 96, 2, [6]);
        entries(
            &mut image,
            6,
            &[(2, "."), (1, ".."), (3, "f"), (4, "a"), (5, "b"), (6, "c")],
        );
        let report = check(&image).unwrap();
        assert_eq!(report.problems.len(), KEPT);
        assert!(report.count > 1500);
    }
}
