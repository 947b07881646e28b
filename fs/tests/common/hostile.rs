// SPDX-License-Identifier: GPL-2.0-or-later
//! Images that are broken on purpose: a small file system with one of
//! everything, and a few changes where they hurt.
//!
//! An image is told by its seed alone. [`CORPUS`] are the seeds of some that
//! are refused or complained of in different ways.

use super::{Machine, Random, pattern, write};
use abi::sys::stat::{S_IFCHR, S_ISDIR};
use abi::sys::types::Device;
use fs::layout::{BLOCK_SIZE, DiskInode, DiskSuper, Geometry, InodeNumber, SUPER_BLOCK, Zone};

/// Blocks of an image.
pub const BLOCKS: u32 = 400;

/// The seeds of images worth a look.
pub const CORPUS: [u64; 50] = [
    1, 3, 4, 5, 7, 9, 18, 22, 30, 31, 33, 40, 61, 67, 72, 82, 102, 105, 107, 112, 115, 126, 136,
    139, 143, 159, 173, 194, 208, 227, 241, 263, 283, 284, 310, 355, 363, 396, 567, 945, 1092,
    1490, 2955, 3810, 4347, 6413, 10174, 12991, 21989, 29181,
];

/// The file system before anything is changed.
pub fn sound() -> Vec<u8> {
    let machine = Machine::new(BLOCKS);
    machine.run(|fs, task| {
        for name in ["/d", "/d/e", "/empty"] {
            fs.sys_mkdir(task, name.as_bytes(), 0o755).unwrap();
        }
        write(fs, task, "/small", 0, b"text").unwrap();
        write(fs, task, "/d/indirect", 0, &pattern(20_000, 1)).unwrap();
        write(fs, task, "/d/e/double", 530 * 1024, &pattern(3000, 2)).unwrap();
        fs.sys_link(task, b"/small", b"/d/link").unwrap();
        fs.sys_symlink(task, b"d/e", b"/symlink").unwrap();
        let mode = S_IFCHR | 0o666;
        fs.sys_mknod(task, b"/null", mode, Device(0x0103)).unwrap();
        // A directory of two blocks.
        fs.sys_mkdir(task, b"/many", 0o755).unwrap();
        write(fs, task, "/many/0", 0, b"0").unwrap();
        for n in 1..70 {
            let name = format!("/many/{n}");
            fs.sys_link(task, b"/many/0", name.as_bytes()).unwrap();
        }
    });
    machine.disk.to_bytes()
}

/// A sound image and where in it things are.
pub struct Sound {
    pub bytes: Vec<u8>,
    geometry: Geometry,
    /// Inodes in use.
    inodes: Vec<InodeNumber>,
    /// Zones of directories.
    directories: Vec<Zone>,
    /// Zones that list zones.
    lists: Vec<Zone>,
}

/// Changes of an image: where, and which bytes.
pub type Patch = Vec<(usize, Vec<u8>)>;

impl Sound {
    pub fn new() -> Sound {
        let bytes = sound();
        let block = |n: u32| -> &[u8; BLOCK_SIZE] {
            bytes[n as usize * BLOCK_SIZE..].first_chunk().unwrap()
        };
        let geometry = Geometry::check(&DiskSuper::parse(block(SUPER_BLOCK)), BLOCKS).unwrap();
        let mut inodes = vec![];
        let (mut directories, mut lists): (Vec<Zone>, Vec<Zone>) = (vec![], vec![]);
        for number in (1..=geometry.ninodes).map(InodeNumber) {
            let (place, offset) = geometry.inode_place(number);
            let inode = DiskInode::parse(block(place), offset);
            if inode.mode == 0 {
                continue;
            }
            inodes.push(number);
            if S_ISDIR(inode.mode) {
                directories.extend(inode.zones.iter().take(7));
            }
            lists.extend(&inode.zones[7..]);
        }
        directories.retain(|zone| !zone.is_hole());
        lists.retain(|zone| !zone.is_hole());
        Sound {
            bytes,
            geometry,
            inodes,
            directories,
            lists,
        }
    }

    /// The changes of one seed.
    pub fn patch(&self, seed: u64) -> Patch {
        let mut random = Random::new(seed.wrapping_add(1));
        // The first numbers of neighbouring seeds are alike.
        for _ in 0..8 {
            random.below(1);
        }
        let changes = 1 + random.below(5);
        (0..changes).map(|_| self.change(&mut random)).collect()
    }

    /// The whole image of one seed.
    pub fn image(&self, seed: u64) -> Vec<u8> {
        let mut image = self.bytes.clone();
        for (offset, bytes) in self.patch(seed) {
            image[offset..offset + bytes.len()].copy_from_slice(&bytes);
        }
        image
    }

    fn change(&self, random: &mut Random) -> (usize, Vec<u8>) {
        match random.below(16) {
            0 => self.change_super_block(random),
            1 | 2 => self.change_bitmap(random),
            3..=8 => self.change_inode(random),
            9..=11 => self.change_directory(random),
            12 | 13 => self.change_list(random),
            14 => self.change_block(random),
            _ => {
                let offset = random.below(60 * BLOCK_SIZE as u32) as usize;
                (offset, vec![self.bytes[offset] ^ 1 << random.below(8)])
            }
        }
    }

    fn change_super_block(&self, random: &mut Random) -> (usize, Vec<u8>) {
        let field = random.below(10) as usize;
        let value = self.number(random);
        (BLOCK_SIZE + 2 * field, value.to_le_bytes().into())
    }

    fn change_bitmap(&self, random: &mut Random) -> (usize, Vec<u8>) {
        let map = [self.geometry.inode_map(), self.geometry.zone_map()][random.below(2) as usize];
        let start = map as usize * BLOCK_SIZE;
        match random.below(6) {
            0 => (start, vec![0; BLOCK_SIZE]),
            1 => (start, vec![0xFF; BLOCK_SIZE]),
            _ => {
                let offset = start + random.below(12) as usize;
                (offset, vec![self.bytes[offset] ^ 1 << random.below(8)])
            }
        }
    }

    fn change_inode(&self, random: &mut Random) -> (usize, Vec<u8>) {
        let number = self.inodes[random.below(self.inodes.len() as u32) as usize];
        let (block, offset) = self.geometry.inode_place(number);
        let inode = block as usize * BLOCK_SIZE + offset;
        match random.below(8) {
            // The type.
            0 => (inode + 1, vec![random.below(256) as u8]),
            // The size.
            1 => {
                let sizes = [
                    0,
                    1,
                    15,
                    16,
                    31,
                    1023,
                    1025,
                    7 * 1024 + 1,
                    65_536,
                    0x1008_1C00,
                ];
                let size = match random.below(16) {
                    n @ 0..10 => sizes[n as usize],
                    10 => 0x7FFF_FFFF,
                    11 => 0x8000_0000,
                    12 => u32::MAX,
                    _ => random.below(1 << 30),
                };
                (inode + 4, size.to_le_bytes().into())
            }
            // The links.
            2 => (
                inode + 13,
                vec![[0, 1, 2, 3, 250, 255][random.below(6) as usize]],
            ),
            // All zones are the same.
            3 if random.below(4) == 0 => (inode + 14, self.number(random).to_le_bytes().repeat(9)),
            _ => {
                let zone = random.below(9) as usize;
                (
                    inode + 14 + 2 * zone,
                    self.number(random).to_le_bytes().into(),
                )
            }
        }
    }

    fn change_directory(&self, random: &mut Random) -> (usize, Vec<u8>) {
        let zone = self.directories[random.below(self.directories.len() as u32) as usize];
        let entry = zone.block() as usize * BLOCK_SIZE + 16 * random.below(12) as usize;
        match random.below(3) {
            0 | 1 => (entry, self.number(random).to_le_bytes().into()),
            _ => {
                let names = [
                    "",
                    ".",
                    "..",
                    "/",
                    "a/b",
                    "d",
                    "small",
                    "\u{1}\u{7f}",
                    "12345678901234",
                ];
                let mut name = [0; 14];
                let text = names[random.below(names.len() as u32) as usize];
                name[..text.len()].copy_from_slice(text.as_bytes());
                (entry + 2, name.into())
            }
        }
    }

    fn change_list(&self, random: &mut Random) -> (usize, Vec<u8>) {
        let zone = self.lists[random.below(self.lists.len() as u32) as usize];
        let place = zone.block() as usize * BLOCK_SIZE + 2 * random.below(24) as usize;
        (place, self.number(random).to_le_bytes().into())
    }

    /// A block is another's copy, or zeros, or nonsense.
    fn change_block(&self, random: &mut Random) -> (usize, Vec<u8>) {
        let to = random.below(60) as usize * BLOCK_SIZE;
        let from = random.below(60) as usize * BLOCK_SIZE;
        let bytes = match random.below(3) {
            0 => vec![0; BLOCK_SIZE],
            1 => pattern(BLOCK_SIZE, from as u32),
            _ => self.bytes[from..from + BLOCK_SIZE].to_vec(),
        };
        (to, bytes)
    }

    /// The number of an inode or a zone, or one that can't be.
    fn number(&self, random: &mut Random) -> u16 {
        let pick = |zones: &[Zone], random: &mut Random| {
            zones[random.below(zones.len() as u32) as usize].0
        };
        match random.below(10) {
            0 => 0,
            1 => 1,
            2 => u16::MAX,
            3 => [BLOCKS as u16 - 1, BLOCKS as u16, 0x7FFF, 0x8000][random.below(4) as usize],
            4 => pick(&self.directories, random),
            5 => pick(&self.lists, random),
            6 => self.geometry.firstdatazone - 1 + random.below(2) as u16,
            7 => self.geometry.ninodes + random.below(2) as u16,
            8 => random.below(20) as u16,
            _ => random.below(u32::from(BLOCKS as u16)) as u16,
        }
    }
}
