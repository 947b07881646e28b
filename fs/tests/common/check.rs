// SPDX-License-Identifier: GPL-2.0-or-later
//! A checker of images that shares no code with the file system: it knows the
//! layout by written-down numbers.

use std::collections::{BTreeMap, BTreeSet};

const BLOCK: usize = 1024;

pub struct Image<'a> {
    bytes: &'a [u8],
    pub ninodes: u16,
    pub nzones: u16,
    imaps: usize,
    zmaps: usize,
    pub first: u16,
    entry: usize,
}

pub struct Inode {
    pub mode: u16,
    pub size: u32,
    pub nlinks: u8,
    zones: [u16; 9],
}

/// What a clean image has.
#[derive(Debug, PartialEq, Eq)]
pub struct Summary {
    pub zones_used: usize,
    pub inodes_used: usize,
}

impl<'a> Image<'a> {
    pub fn open(bytes: &'a [u8]) -> Result<Image<'a>, String> {
        let word = |offset: usize| u16::from_le_bytes([bytes[offset], bytes[offset + 1]]);
        let entry = match word(1024 + 16) {
            0x137F => 16,
            0x138F => 32,
            magic => return Err(format!("magic {magic:#x}")),
        };
        Ok(Image {
            bytes,
            ninodes: word(1024),
            nzones: word(1024 + 2),
            imaps: word(1024 + 4).into(),
            zmaps: word(1024 + 6).into(),
            first: word(1024 + 8),
            entry,
        })
    }

    fn bit(&self, map: usize, bit: usize) -> bool {
        self.bytes[map * BLOCK + bit / 8] & 1 << (bit % 8) != 0
    }

    pub fn inode_used(&self, number: u16) -> bool {
        self.bit(2, number.into())
    }

    fn zone_used(&self, zone: u16) -> bool {
        self.bit(2 + self.imaps, usize::from(zone - self.first) + 1)
    }

    pub fn inode(&self, number: u16) -> Inode {
        let at = (2 + self.imaps + self.zmaps) * BLOCK + (usize::from(number) - 1) * 32;
        let bytes = &self.bytes[at..at + 32];
        let word = |offset: usize| u16::from_le_bytes([bytes[offset], bytes[offset + 1]]);
        Inode {
            mode: word(0),
            size: u32::from_le_bytes(bytes[4..8].try_into().unwrap()),
            nlinks: bytes[13],
            zones: std::array::from_fn(|n| word(14 + 2 * n)),
        }
    }

    fn zone(&self, zone: u16) -> &'a [u8] {
        &self.bytes[usize::from(zone) * BLOCK..][..BLOCK]
    }

    /// The zone numbers that an indirect block lists.
    fn list(&self, zone: u16) -> Vec<u16> {
        if zone == 0 {
            return vec![0; 512];
        }
        self.zone(zone)
            .chunks(2)
            .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
            .collect()
    }

    /// All zones of an inode: those with contents in order (0 for holes), and
    /// those that list them.
    fn zones(&self, inode: &Inode) -> (Vec<u16>, Vec<u16>) {
        let mut data = inode.zones[..7].to_vec();
        let mut lists = vec![inode.zones[7], inode.zones[8]];
        data.extend(self.list(inode.zones[7]));
        if inode.zones[8] != 0 {
            for indirect in self.list(inode.zones[8]) {
                lists.push(indirect);
                data.extend(self.list(indirect));
            }
        }
        lists.retain(|zone| *zone != 0);
        (data, lists)
    }

    /// The entries of a directory: (name, inode).
    pub fn entries(&self, inode: &Inode) -> Vec<(Vec<u8>, u16)> {
        let (data, _) = self.zones(inode);
        let bytes: Vec<u8> = data
            .iter()
            .filter(|zone| **zone != 0)
            .flat_map(|zone| self.zone(*zone))
            .copied()
            .collect();
        bytes[..(inode.size as usize).min(bytes.len())]
            .chunks_exact(self.entry)
            .map(|entry| {
                let name = entry[2..]
                    .iter()
                    .copied()
                    .take_while(|byte| *byte != 0)
                    .collect();
                (name, u16::from_le_bytes([entry[0], entry[1]]))
            })
            .filter(|(_, number)| *number != 0)
            .collect()
    }
}

impl Image<'_> {
    /// The contents of a file; holes are zeros.
    pub fn contents(&self, inode: &Inode) -> Vec<u8> {
        let (data, _) = self.zones(inode);
        let mut bytes: Vec<u8> = data
            .iter()
            .take((inode.size as usize).div_ceil(BLOCK))
            .flat_map(|zone| match zone {
                0 => &[0; BLOCK],
                zone => self.zone(*zone),
            })
            .copied()
            .collect();
        bytes.truncate(inode.size as usize);
        bytes
    }
}

macro_rules! ensure {
    ($condition:expr, $($message:tt)*) => {
        if !$condition { return Err(format!($($message)*)); }
    };
}

/// Everything that must hold of a file system nobody is writing to.
pub fn check(bytes: &[u8]) -> Result<Summary, String> {
    let image = Image::open(bytes)?;
    let mut owner: BTreeMap<u16, u16> = BTreeMap::new();
    let mut links: BTreeMap<u16, u32> = BTreeMap::new();
    let mut parent = BTreeMap::from([(1u16, 1u16)]);
    let mut queue = vec![1u16];
    while let Some(number) = queue.pop() {
        let inode = image.inode(number);
        ensure!(
            inode.mode & 0o170000 == 0o040000,
            "inode {number} on the queue is no directory"
        );
        ensure!(
            (inode.size as usize).is_multiple_of(image.entry),
            "directory {number} has size {}",
            inode.size
        );
        let mut names = BTreeSet::new();
        for (name, target) in image.entries(&inode) {
            ensure!(
                names.insert(name.clone()),
                "directory {number} has {name:?} twice"
            );
            ensure!(
                (1..=image.ninodes).contains(&target),
                "{name:?} in {number} is inode {target}"
            );
            *links.entry(target).or_default() += 1;
            match &name[..] {
                b"." => ensure!(target == number, ". of {number} is {target}"),
                b".." => ensure!(target == parent[&number], ".. of {number} is {target}"),
                _ if image.inode(target).mode & 0o170000 == 0o040000 => {
                    ensure!(
                        parent.insert(target, number).is_none(),
                        "directory {target} has two parents"
                    );
                    queue.push(target);
                }
                _ => {}
            }
        }
        ensure!(
            names.contains(&b"."[..]) && names.contains(&b".."[..]),
            "{number} lacks . or .."
        );
    }
    let mut inodes_used = 0;
    for number in 1..=image.ninodes {
        let inode = image.inode(number);
        let count = links.get(&number).copied().unwrap_or(0);
        ensure!(
            image.inode_used(number) == (count != 0),
            "inode {number}: bit against {count} entries"
        );
        if count == 0 {
            ensure!(
                inode.mode == 0,
                "free inode {number} has mode {:o}",
                inode.mode
            );
            continue;
        }
        inodes_used += 1;
        ensure!(
            u32::from(inode.nlinks) == count,
            "inode {number}: {} links, {count} entries",
            inode.nlinks
        );
        if !matches!(inode.mode & 0o170000, 0o100000 | 0o040000 | 0o120000) {
            continue;
        }
        let (data, lists) = image.zones(&inode);
        let blocks = (inode.size as usize).div_ceil(BLOCK);
        ensure!(
            data.iter().skip(blocks).all(|zone| *zone == 0),
            "inode {number}: zones behind its end"
        );
        claim(&image, number, data.into_iter().chain(lists), &mut owner)?;
    }
    for zone in image.first..image.nzones {
        let is_owned = owner.contains_key(&zone);
        ensure!(
            image.zone_used(zone) == is_owned,
            "zone {zone}: bit against owned {is_owned}"
        );
    }
    Ok(Summary {
        zones_used: owner.len(),
        inodes_used,
    })
}

/// Enters the zones of an inode: each is in its place and marked, and nobody
/// else has it.
fn claim(
    image: &Image<'_>,
    number: u16,
    zones: impl Iterator<Item = u16>,
    owner: &mut BTreeMap<u16, u16>,
) -> Result<(), String> {
    for zone in zones.filter(|zone| *zone != 0) {
        ensure!(
            (image.first..image.nzones).contains(&zone),
            "inode {number} has zone {zone}"
        );
        ensure!(image.zone_used(zone), "inode {number} has free zone {zone}");
        if let Some(other) = owner.insert(zone, number) {
            return Err(format!("zone {zone} belongs to {other} and {number}"));
        }
    }
    Ok(())
}

/// What holds at every moment: all that the tree refers to is in its place and
/// belongs to nobody else. Lost zones and inodes, link counts, directories with
/// two names, a name that was given again before the disk had forgotten the old
/// one, and names in a new block of a directory whose inodes are not filled in
/// yet, are for `fsck`.
pub fn check_cut(bytes: &[u8]) -> Result<(), String> {
    let image = Image::open(bytes)?;
    let mut owner: BTreeMap<u16, u16> = BTreeMap::new();
    let mut met = BTreeSet::from([1u16]);
    let mut queue = vec![1u16];
    while let Some(number) = queue.pop() {
        let inode = image.inode(number);
        let kind = inode.mode & 0o170000;
        ensure!(image.inode_used(number), "inode {number} is marked free");
        if inode.mode == 0 {
            continue;
        }
        ensure!(
            matches!(kind, 0o100000 | 0o040000 | 0o120000),
            "inode {number} has mode {:o}",
            inode.mode
        );
        let (data, lists) = image.zones(&inode);
        claim(&image, number, data.into_iter().chain(lists), &mut owner)?;
        if kind != 0o040000 {
            continue;
        }
        let entries = image.entries(&inode);
        for (entry, name) in entries.iter().zip([&b"."[..], b".."]) {
            ensure!(entry.0 == name, "directory {number} begins {entries:?}");
        }
        for (name, target) in entries {
            ensure!(
                (1..=image.ninodes).contains(&target),
                "{name:?} in {number} is inode {target}"
            );
            if met.insert(target) {
                queue.push(target);
            }
        }
    }
    Ok(())
}
