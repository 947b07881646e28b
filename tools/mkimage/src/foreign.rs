// SPDX-License-Identifier: GPL-2.0-or-later
//! What an image is that this tool does not read, for messages.

use crate::error::Fault;
use fs::layout::{BLOCK_SIZE, u16_at};

/// A magic number: what, at which byte, and which bytes.
type Magic = (&'static str, usize, &'static [u8]);

const MAGICS: [Magic; 16] = [
    ("a Minix file system of version 2", 1040, &[0x68, 0x24]),
    ("a Minix file system of version 2", 1040, &[0x78, 0x24]),
    ("a Minix file system of version 3", 1048, &[0x5a, 0x4d]),
    ("an ext2, ext3 or ext4 file system", 1080, &[0x53, 0xef]),
    ("a FAT file system", 54, b"FAT1"),
    ("a FAT file system", 82, b"FAT32"),
    ("a file compressed by gzip", 0, &[0x1f, 0x8b]),
    ("a file compressed by xz", 0, b"\xfd7zXZ\0"),
    ("a file compressed by bzip2", 0, b"BZh"),
    ("a file compressed by zstd", 0, &[0x28, 0xb5, 0x2f, 0xfd]),
    ("a zip archive", 0, b"PK\x03\x04"),
    ("a tar archive", 257, b"ustar"),
    ("a qcow image of QEMU", 0, b"QFI\xfb"),
    ("an image of VMware", 0, b"KDMV"),
    ("an image of VirtualBox", 0x40, &[0x7f, 0x10, 0xda, 0xbe]),
    ("an executable, not an image", 0, b"\x7fELF"),
];

/// What an image or file system is that begins with `start`, if it is of a kind that
/// is known here but not read.
pub fn name(start: &[u8]) -> Option<&'static str> {
    let is_there =
        |at: usize, magic: &[u8]| start.get(at..).is_some_and(|rest| rest.starts_with(magic));
    let found = MAGICS.iter().find(|(_, at, magic)| is_there(*at, magic));
    match found {
        Some((name, ..)) => Some(name),
        None => is_old_fat(start).then_some("a FAT file system"),
    }
}

/// A boot sector with the parameters of MS-DOS, before they had a magic number: a
/// jump, sectors of 512 bytes, clusters of a power of two, one or two tables.
fn is_old_fat(start: &[u8]) -> bool {
    start.len() >= 512
        && matches!(start[0], 0xeb | 0xe9)
        && u16_at(start, 11) == 512
        && start[13].is_power_of_two()
        && matches!(start[16], 1 | 2)
        && start[21] >= 0xf0
}

/// That what is at `place` is something else than expected.
pub fn fault(start: &[u8], place: &str, expected: &str) -> Fault {
    let what = match name(start) {
        Some(name) => name.to_owned(),
        None if start.len() < 2 * BLOCK_SIZE => format!("a file of {} bytes", start.len()),
        None if start.iter().all(|byte| *byte == 0) => "nothing but zeros".to_owned(),
        None => return Fault::new(place, format!("expected {expected}")),
    };
    Fault::new(place, format!("{what}, expected {expected}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds() {
        let with = |at: usize, bytes: &[u8]| {
            let mut start = vec![0; 4096];
            start[at..at + bytes.len()].copy_from_slice(bytes);
            name(&start)
        };
        assert_eq!(with(0, b"BZh9"), Some("a file compressed by bzip2"));
        assert_eq!(
            with(1080, &[0x53, 0xef]),
            Some("an ext2, ext3 or ext4 file system")
        );
        assert_eq!(with(1040, &[0x7f, 0x13]), None);
        let dos = [
            0xeb, 0x3c, 0x90, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 1, 0, 2, 112, 0, 64, 11, 0xf9,
        ];
        assert_eq!(with(0, &dos), Some("a FAT file system"));
        assert_eq!(name(&[0xeb]), None);
        // Each of the parameters counts.
        for (at, value) in [(0, 0xec), (11, 1), (13, 3), (16, 0), (16, 3), (21, 0xef)] {
            let mut other = dos;
            other[at] = value;
            assert_eq!(with(0, &other), None, "byte {at}");
        }
        let mut sector = [0; 512];
        sector[..dos.len()].copy_from_slice(&dos);
        assert_eq!(name(&sector), Some("a FAT file system"));
        assert_eq!(name(&sector[..511]), None);
    }

    #[test]
    fn what_there_is_instead() {
        let told = |start: &[u8]| fault(start, "here", "an image").to_string();
        assert_eq!(
            told(b"BZh9"),
            "here: a file compressed by bzip2, expected an image"
        );
        assert_eq!(
            told(&[0; 2047]),
            "here: a file of 2047 bytes, expected an image"
        );
        assert_eq!(
            told(&[1; 2047]),
            "here: a file of 2047 bytes, expected an image"
        );
        assert_eq!(
            told(&[0; 2048]),
            "here: nothing but zeros, expected an image"
        );
        assert_eq!(told(&[1; 2048]), "here: expected an image");
    }
}
