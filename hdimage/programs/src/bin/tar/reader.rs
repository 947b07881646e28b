// SPDX-License-Identifier: GPL-2.0-or-later
//! An archive, member by member.

use abi::Errno;
use alloc::vec::Vec;
use core::ffi::CStr;
use programs::command::{At, Outcome, complain};
use programs::io::Read;
use programs::process::exit;
use programs::tar::{BLOCK, Header, Kind, NoHeader, extended};

/// The longest name that is read in more than a header.
const LONGEST: u32 = 4096;

/// An archive that is read.
pub struct Reader<'a> {
    from: &'a mut dyn Read,
    path: &'a CStr,
    /// Some block was read.
    begun: bool,
}

impl<'a> Reader<'a> {
    /// At the start of an archive.
    pub fn new(from: &'a mut dyn Read, path: &'a CStr) -> Reader<'a> {
        Reader {
            from,
            path,
            begun: false,
        }
    }

    /// Fills the block; false if there is nothing any more.
    fn block(&mut self, block: &mut [u8; BLOCK]) -> Outcome<bool> {
        let mut filled = 0;
        while filled < BLOCK {
            let room = block.get_mut(filled..).unwrap_or_default();
            match self.from.read(room) {
                Ok(0) if filled == 0 => return Ok(false),
                Ok(0) => self.wrong("is cut off"),
                Ok(count) => filled += count,
                Err(Errno::EINTR) => {}
                // A decoder says so.
                Err(Errno::EINVAL) => self.wrong("is no compressed archive, or is damaged"),
                Err(errno) => return Err(errno).at(self.path),
            }
        }
        Ok(true)
    }

    fn wrong(&self, what: &str) -> ! {
        complain(&[self.path.to_bytes()], what);
        exit(2)
    }

    fn next(&mut self) -> Outcome<[u8; BLOCK]> {
        let mut block = [0; BLOCK];
        match self.block(&mut block)? {
            true => Ok(block),
            false => self.wrong("is cut off"),
        }
    }

    /// Goes over the contents of a member.
    pub fn skip(&mut self, blocks: u32) -> Outcome {
        (0..blocks).try_for_each(|_| self.next().map(drop))
    }

    /// Hands over the contents of a member.
    pub fn copy(&mut self, size: u32, each: &mut dyn FnMut(&[u8]) -> Outcome) -> Outcome {
        let mut left = size as usize;
        while left > 0 {
            let block = self.next()?;
            let length = left.min(BLOCK);
            each(block.get(..length).unwrap_or_default())?;
            left -= length;
        }
        Ok(())
    }

    fn contents(&mut self, header: &Header) -> Outcome<Vec<u8>> {
        if header.size > LONGEST {
            self.wrong("has a name that is too long");
        }
        let mut bytes = Vec::new();
        self.copy(header.size, &mut |piece| {
            bytes.extend_from_slice(piece);
            Ok(())
        })?;
        Ok(bytes)
    }

    /// The header of the next member, with its long name if it has one; None at the end.
    pub fn member(&mut self) -> Outcome<Option<Header>> {
        let (mut name, mut target) = (None, None);
        loop {
            let mut block = [0; BLOCK];
            match self.block(&mut block)? {
                true => self.begun = true,
                false if self.begun => return Ok(None),
                false => self.wrong("is no archive"),
            }
            let mut header = match Header::parse(&block) {
                Ok(header) => header,
                Err(NoHeader::Empty) => return Ok(None),
                Err(NoHeader::Damaged) => self.wrong("is no archive, or is damaged"),
            };
            let whole = |mut bytes: Vec<u8>| {
                bytes.pop_if(|byte| *byte == 0);
                Some(bytes)
            };
            match header.kind {
                Kind::LongName => name = whole(self.contents(&header)?),
                Kind::LongTarget => target = whole(self.contents(&header)?),
                Kind::Global => self.skip(header.blocks())?,
                Kind::Extended => {
                    let lines = self.contents(&header)?;
                    name = extended(&lines, b"path").map(<[u8]>::to_vec).or(name);
                    target = extended(&lines, b"linkpath").map(<[u8]>::to_vec).or(target);
                }
                _ => {
                    header.name = name.unwrap_or(header.name);
                    header.target = target.unwrap_or(header.target);
                    return Ok(Some(header));
                }
            }
        }
    }
}
