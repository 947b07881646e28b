// SPDX-License-Identifier: GPL-2.0-or-later
//! Archives of `tar` (POSIX's ustar format): a block of 512 bytes for each member, with
//! its name and attributes, and its contents behind, filled up to whole blocks. Two empty
//! blocks end an archive. Beside ustar, the long names of GNU's are read.
//!
//! An archive may come from anybody, so nothing in it is trusted: [`Header::parse`] holds
//! to the checksum, and [`is_inside`] and [`leads_out`] say which names and links stay
//! below the working directory.

use crate::number::unsigned;
use alloc::format;
use alloc::vec::Vec;

/// The bytes of a block.
pub const BLOCK: usize = 512;

/// What a member is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A regular file.
    File,
    /// Another name of a member before.
    Link,
    /// A symbolic link.
    Symlink,
    /// A device of characters.
    Character,
    /// A device of blocks.
    Block,
    /// A directory.
    Directory,
    /// A named pipe.
    Fifo,
    /// GNU: the contents are the name of the next member.
    LongName,
    /// GNU: the contents are the target of the next member.
    LongTarget,
    /// POSIX: `length keyword=value` lines about the next member.
    Extended,
    /// POSIX: such lines about all that follow.
    Global,
}

/// What the letter stands for.
const KINDS: [(u8, Kind); 13] = [
    (b'0', Kind::File),
    (0, Kind::File),
    (b'7', Kind::File),
    (b'1', Kind::Link),
    (b'2', Kind::Symlink),
    (b'3', Kind::Character),
    (b'4', Kind::Block),
    (b'5', Kind::Directory),
    (b'6', Kind::Fifo),
    (b'L', Kind::LongName),
    (b'K', Kind::LongTarget),
    (b'x', Kind::Extended),
    (b'g', Kind::Global),
];

/// The block in front of a member.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Header {
    /// Its path.
    pub name: Vec<u8>,
    /// What it is.
    pub kind: Kind,
    /// The bits of `chmod`.
    pub mode: u16,
    /// The owner.
    pub uid: u32,
    /// The group.
    pub gid: u32,
    /// The owner's name.
    pub user: Vec<u8>,
    /// The group's name.
    pub group: Vec<u8>,
    /// The bytes behind.
    pub size: u32,
    /// When it was changed.
    pub time: u32,
    /// What a link leads to.
    pub target: Vec<u8>,
    /// The numbers of a device.
    pub device: (u8, u8),
}

/// Why a block is no header.
#[derive(Debug, PartialEq, Eq)]
pub enum NoHeader {
    /// It is empty: the archive is at its end.
    Empty,
    /// This is no archive, or it is damaged.
    Damaged,
}

/// The text up to the first NUL.
fn text(field: &[u8]) -> &[u8] {
    field.split(|&byte| byte == 0).next().unwrap_or_default()
}

/// An octal number with blanks or NULs around.
fn octal(field: &[u8]) -> Option<u32> {
    match text(field).trim_ascii() {
        [] => Some(0),
        digits => unsigned(digits, 8),
    }
}

/// The sum of all bytes, those of the checksum itself as blanks.
fn checksum(block: &[u8; BLOCK]) -> u32 {
    let bytes = block.iter().zip(0..);
    bytes
        .map(|(&byte, place)| {
            u32::from(if (148..156).contains(&place) {
                b' '
            } else {
                byte
            })
        })
        .sum()
}

impl Header {
    /// Reads a header.
    pub fn parse(block: &[u8; BLOCK]) -> Result<Header, NoHeader> {
        if block.iter().all(|&byte| byte == 0) {
            return Err(NoHeader::Empty);
        }
        Header::of(block).ok_or(NoHeader::Damaged)
    }

    fn of(block: &[u8; BLOCK]) -> Option<Header> {
        let field = |start: usize, length: usize| block.get(start..start + length);
        if octal(field(148, 8)?)? != checksum(block) {
            return None;
        }
        let letter = block[156];
        let (_, kind) = KINDS.iter().find(|(other, _)| *other == letter)?;
        let is_posix = field(257, 6)? == b"ustar\0";
        let (name, prefix) = (text(field(0, 100)?), text(field(345, 155)?));
        let name = match prefix {
            prefix if is_posix && !prefix.is_empty() => [prefix, name].join(&b'/'),
            _ => name.to_vec(),
        };
        // Before there was a letter for directories, they had a slash at their end.
        let is_directory = *kind == Kind::File && name.ends_with(b"/");
        let kind = if is_directory { Kind::Directory } else { *kind };
        let has_contents = !matches!(
            kind,
            Kind::Link
                | Kind::Symlink
                | Kind::Directory
                | Kind::Fifo
                | Kind::Character
                | Kind::Block
        );
        Some(Header {
            name,
            kind,
            mode: octal(field(100, 8)?)? as u16 & 0o7777,
            uid: octal(field(108, 8)?)?,
            gid: octal(field(116, 8)?)?,
            size: if has_contents {
                octal(field(124, 12)?)?
            } else {
                0
            },
            // One that does not fit is as good as none.
            time: octal(field(136, 12)?).unwrap_or(0),
            target: text(field(157, 100)?).to_vec(),
            user: text(field(265, 32)?).to_vec(),
            group: text(field(297, 32)?).to_vec(),
            device: (octal(field(329, 8)?)? as u8, octal(field(337, 8)?)? as u8),
        })
    }

    /// The block; None if the name or the target is too long.
    pub fn block(&self) -> Option<[u8; BLOCK]> {
        let (prefix, name) = split(&self.name)?;
        if self.target.len() > 100 {
            return None;
        }
        let mut block = [0; BLOCK];
        let mut put = |start: usize, bytes: &[u8]| {
            let room = block.iter_mut().skip(start);
            room.zip(bytes).for_each(|(to, from)| *to = *from);
        };
        let number = |value: u32, digits: usize| format!("{value:0digits$o}\0").into_bytes();
        put(0, name);
        put(100, &number(self.mode.into(), 7));
        put(108, &number(self.uid, 7));
        put(116, &number(self.gid, 7));
        put(124, &number(self.size, 11));
        put(136, &number(self.time, 11));
        let letter = KINDS.iter().find(|(_, kind)| *kind == self.kind);
        put(156, &[letter.map_or(b'0', |(letter, _)| *letter)]);
        put(157, &self.target);
        put(257, b"ustar\x0000");
        put(265, self.user.get(..31).unwrap_or(&self.user));
        put(297, self.group.get(..31).unwrap_or(&self.group));
        put(329, &number(self.device.0.into(), 7));
        put(337, &number(self.device.1.into(), 7));
        put(345, prefix);
        let sum = format!("{:06o}\0 ", checksum(&block));
        let room = block.iter_mut().skip(148);
        room.zip(sum.bytes()).for_each(|(to, from)| *to = from);
        Some(block)
    }

    /// How many blocks are behind.
    pub fn blocks(&self) -> u32 {
        self.size.div_ceil(BLOCK as u32)
    }
}

/// A name as prefix and name, which have room for 155 and 100 bytes.
fn split(name: &[u8]) -> Option<(&[u8], &[u8])> {
    if name.len() <= 100 {
        return Some((b"", name));
    }
    let slashes = name.iter().enumerate().filter(|(_, byte)| **byte == b'/');
    let mut places = slashes.map(|(place, _)| place);
    let fits = |place: &usize| *place > 0 && *place <= 155 && name.len() - place - 1 <= 100;
    let place = places.find(|place| fits(place) && place + 1 < name.len())?;
    Some((name.get(..place)?, name.get(place + 1..)?))
}

/// The value of a keyword in the lines of an extended header.
pub fn extended<'a>(lines: &'a [u8], keyword: &[u8]) -> Option<&'a [u8]> {
    let mut rest = lines;
    let mut found = None;
    while !rest.is_empty() {
        let blank = rest.iter().position(|&byte| byte == b' ')?;
        let length = unsigned(rest.get(..blank)?, 10)? as usize;
        let line = rest.get(blank + 1..length)?;
        let line = line.strip_suffix(b"\n")?;
        let value = line
            .strip_prefix(keyword)
            .and_then(|line| line.strip_prefix(b"="));
        found = value.or(found);
        rest = rest.get(length..)?;
    }
    found
}

/// Whether a path stays below the working directory: it does not begin at the root, and
/// nowhere goes up.
pub fn is_inside(path: &[u8]) -> bool {
    !path.is_empty()
        && !path.starts_with(b"/")
        && path.split(|&byte| byte == b'/').all(|part| part != b"..")
}

/// Whether a symbolic link leads out of the working directory: its target begins at the
/// root, or goes up further than the link is deep.
pub fn leads_out(link: &[u8], target: &[u8]) -> bool {
    if target.starts_with(b"/") {
        return true;
    }
    let parts = |path: &'_ [u8]| -> Vec<Vec<u8>> {
        let parts = path.split(|&byte| byte == b'/');
        let parts = parts.filter(|part| !matches!(*part, b"" | b"."));
        parts.map(<[u8]>::to_vec).collect()
    };
    let mut depth = parts(link).len() as i32 - 1;
    parts(target).iter().any(|part| {
        depth += if part == b".." { -1 } else { 1 };
        depth < 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(name: &[u8]) -> Header {
        Header {
            name: name.to_vec(),
            kind: Kind::File,
            mode: 0o4755,
            uid: 100,
            gid: 5,
            user: b"guest".to_vec(),
            group: b"users".to_vec(),
            size: 1025,
            time: 685_108_800,
            target: Vec::new(),
            device: (0, 0),
        }
    }

    #[test]
    fn there_and_back() {
        let long = [b"d".repeat(150), b"f".repeat(100)].join(&b'/');
        for name in [b"a/b".as_slice(), &long] {
            let header = header(name);
            assert_eq!(Header::parse(&header.block().unwrap()), Ok(header.clone()));
            assert_eq!(header.blocks(), 3);
        }
        for name in [b"f".repeat(101), b"d/".repeat(200)] {
            assert_eq!(header(&name).block(), None);
        }
        let mut link = header(b"l");
        (link.kind, link.size) = (Kind::Symlink, 0);
        link.target = b"t".repeat(100);
        assert_eq!(Header::parse(&link.block().unwrap()), Ok(link));
    }

    #[test]
    fn damaged_blocks() {
        assert_eq!(Header::parse(&[0; BLOCK]), Err(NoHeader::Empty));
        let block = header(b"name").block().unwrap();
        for place in 0..BLOCK {
            let mut block = block;
            block[place] ^= 1;
            // In the checksum, a changed blank may not count.
            if !(148..156).contains(&place) {
                assert_eq!(Header::parse(&block), Err(NoHeader::Damaged), "{place}");
            }
        }
    }

    #[test]
    fn names_and_links_that_stay_inside() {
        for path in ["a", "a/b", "./a", "a..b", "..."] {
            assert!(is_inside(path.as_bytes()), "{path}");
        }
        for path in ["", "/", "/etc/passwd", "..", "a/../../b", "a/..", "../a"] {
            assert!(!is_inside(path.as_bytes()), "{path}");
        }
        for (link, target) in [
            ("l", "a"),
            ("d/l", "../a"),
            ("d/l", "."),
            ("a/b/l", "../../x"),
        ] {
            assert!(
                !leads_out(link.as_bytes(), target.as_bytes()),
                "{link} {target}"
            );
        }
        for (link, target) in [
            ("l", "/etc"),
            ("l", ".."),
            ("d/l", "../.."),
            ("d/l", "a/../../.."),
        ] {
            assert!(
                leads_out(link.as_bytes(), target.as_bytes()),
                "{link} {target}"
            );
        }
    }

    #[test]
    fn extended_headers() {
        let lines = b"12 path=abc\n16 linkpath=xyz\n";
        assert_eq!(extended(lines, b"path"), Some(&b"abc"[..]));
        assert_eq!(extended(b"17 linkpath=xyz1\n", b"path"), None);
        assert_eq!(extended(b"999 path=abc\n", b"path"), None);
        assert_eq!(extended(b"0 path=abc\n", b"path"), None);
    }
}
