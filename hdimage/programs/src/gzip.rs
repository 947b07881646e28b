// SPDX-License-Identifier: GPL-2.0-or-later
//! Files of `gzip` (RFC 1952): an [`Encoder`] compresses what is written to it, a
//! [`Decoder`] gives what a compressed file holds. The compression itself (RFC 1951) is
//! done by the crate `miniz_oxide`.
//!
//! An encoder needs some 320 KB of memory, a decoder some 50.

use crate::crc32::Crc32;
use crate::io::{Read, Write};
use abi::{Errno, Result};
use alloc::boxed::Box;
use alloc::vec::Vec;
use miniz_oxide::deflate::core::CompressorOxide;
use miniz_oxide::deflate::stream::deflate;
use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZFlush, MZStatus};

/// Bytes that are read or collected at a time.
const BUFFER: usize = 4096;
/// What each file begins with; the third byte is the method, which is always this one.
const MAGIC: [u8; 3] = [0x1f, 0x8b, 8];
/// The system that the file comes from is a Unix.
const UNIX: u8 = 3;
/// Bits of the flags.
const HEADER_CRC: u8 = 2;
const EXTRA: u8 = 4;
const NAME: u8 = 8;
const COMMENT: u8 = 16;
const RESERVED: u8 = 0xe0;

/// Compresses.
pub struct Encoder<W: Write> {
    to: W,
    state: Box<CompressorOxide>,
    crc: Crc32,
    size: u32,
}

impl<W: Write> Encoder<W> {
    /// Begins a file. `level` is 1 (quick) to 9 (small); the name and the time are kept
    /// in the file.
    pub fn new(mut to: W, level: u8, name: &[u8], time: u32) -> Result<Encoder<W>> {
        let flags = if name.is_empty() { 0 } else { NAME };
        let best = match level {
            1 => 4,
            9 => 2,
            _ => 0,
        };
        let mut header = MAGIC.to_vec();
        header.push(flags);
        header.extend_from_slice(&time.to_le_bytes());
        header.extend_from_slice(&[best, UNIX]);
        header.extend_from_slice(name);
        header.extend(name.first().map(|_| 0));
        to.write_all(&header)?;
        let mut state: Box<CompressorOxide> = Box::default();
        state.set_format_and_level(DataFormat::Raw, level);
        Ok(Encoder {
            to,
            state,
            crc: Crc32::default(),
            size: 0,
        })
    }

    fn step(&mut self, bytes: &[u8], flush: MZFlush) -> Result<(usize, bool)> {
        let mut buffer = [0; BUFFER];
        let result = deflate(&mut self.state, bytes, &mut buffer, flush);
        let written = buffer.get(..result.bytes_written).unwrap_or_default();
        self.to.write_all(written)?;
        Ok((
            result.bytes_consumed,
            result.status == Ok(MZStatus::StreamEnd),
        ))
    }

    /// Ends the file; gives back what it was written to.
    pub fn finish(mut self) -> Result<W> {
        while !self.step(&[], MZFlush::Finish)?.1 {}
        self.to.write_all(&self.crc.sum().to_le_bytes())?;
        self.to.write_all(&self.size.to_le_bytes())?;
        self.to.flush()?;
        Ok(self.to)
    }
}

impl<W: Write> Write for Encoder<W> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        let (consumed, _) = self.step(bytes, MZFlush::None)?;
        let taken = bytes.get(..consumed).unwrap_or_default();
        self.crc.add(taken);
        self.size = self.size.wrapping_add(consumed as u32);
        // Whoever is told 0 would give up.
        match consumed {
            0 if !bytes.is_empty() => self.write(bytes),
            consumed => Ok(consumed),
        }
    }
}

/// What a decoder waits for.
#[derive(PartialEq)]
enum Phase {
    Header,
    Body,
    End,
}

/// Gives what a compressed file holds; several that stand one behind the other are one.
pub struct Decoder<R: Read> {
    from: R,
    buffer: Vec<u8>,
    start: usize,
    state: Box<InflateState>,
    phase: Phase,
    /// Some file was whole.
    had_one: bool,
    crc: Crc32,
    size: u32,
    problem: Option<&'static str>,
}

impl<R: Read> Decoder<R> {
    /// A decoder of `from`.
    pub fn new(from: R) -> Decoder<R> {
        Decoder {
            from,
            buffer: Vec::new(),
            start: 0,
            state: InflateState::new_boxed(DataFormat::Raw),
            phase: Phase::Header,
            had_one: false,
            crc: Crc32::default(),
            size: 0,
            problem: None,
        }
    }

    /// What is wrong with the file, if a read has failed with EINVAL.
    pub fn problem(&self) -> Option<&'static str> {
        self.problem
    }

    fn wrong<T>(&mut self, problem: &'static str) -> Result<T> {
        self.problem = Some(problem);
        self.phase = Phase::End;
        Err(Errno::EINVAL)
    }

    /// Reads more behind what is ahead; whether there was any.
    fn fill(&mut self) -> Result<bool> {
        self.buffer.drain(..self.start);
        self.start = 0;
        let mut piece = [0; BUFFER];
        let count = loop {
            match self.from.read(&mut piece) {
                Err(Errno::EINTR) => {}
                result => break result?,
            }
        };
        self.buffer
            .extend_from_slice(piece.get(..count).unwrap_or_default());
        Ok(count > 0)
    }

    /// The next byte; None at the end.
    fn byte(&mut self) -> Result<Option<u8>> {
        if self.start == self.buffer.len() && !self.fill()? {
            return Ok(None);
        }
        let byte = self.buffer.get(self.start).copied();
        self.start += 1;
        Ok(byte)
    }

    fn needed(&mut self) -> Result<u8> {
        match self.byte()? {
            Some(byte) => Ok(byte),
            None => self.wrong("unexpected end of file"),
        }
    }

    fn number(&mut self) -> Result<u32> {
        let mut bytes = [0; 4];
        for byte in &mut bytes {
            *byte = self.needed()?;
        }
        Ok(u32::from_le_bytes(bytes))
    }

    fn text(&mut self) -> Result<()> {
        while self.needed()? != 0 {}
        Ok(())
    }

    /// Goes over a header; false if there is none any more.
    fn header(&mut self) -> Result<bool> {
        for (index, wanted) in MAGIC.into_iter().enumerate() {
            match self.byte()? {
                None if self.had_one && index == 0 => return Ok(false),
                None => return self.wrong("unexpected end of file"),
                Some(byte) if byte == wanted => {}
                // Tapes are filled up with zeros.
                Some(0) if self.had_one && index == 0 => return Ok(false),
                Some(_) if self.had_one => return self.wrong("rubbish behind the end"),
                Some(_) => return self.wrong("not in gzip format"),
            }
        }
        let flags = self.needed()?;
        if flags & RESERVED != 0 {
            return self.wrong("unknown flags");
        }
        for _ in 0..6 {
            self.needed()?;
        }
        if flags & EXTRA != 0 {
            let length = u16::from_le_bytes([self.needed()?, self.needed()?]);
            for _ in 0..length {
                self.needed()?;
            }
        }
        for flag in [NAME, COMMENT] {
            if flags & flag != 0 {
                self.text()?;
            }
        }
        if flags & HEADER_CRC != 0 {
            self.needed()?;
            self.needed()?;
        }
        self.state.reset(DataFormat::Raw);
        self.crc = Crc32::default();
        self.size = 0;
        Ok(true)
    }

    fn trailer(&mut self) -> Result<()> {
        let (sum, size) = (self.number()?, self.number()?);
        if sum != self.crc.sum() {
            return self.wrong("the checksum is wrong");
        }
        if size != self.size {
            return self.wrong("the length is wrong");
        }
        self.had_one = true;
        self.phase = Phase::Header;
        Ok(())
    }
}

impl<R: Read> Read for Decoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        loop {
            match self.phase {
                Phase::End => return Ok(0),
                Phase::Header => {
                    self.phase = match self.header()? {
                        true => Phase::Body,
                        false => Phase::End,
                    };
                }
                Phase::Body => {
                    let ahead = self.buffer.get(self.start..).unwrap_or_default();
                    let result = inflate(&mut self.state, ahead, buffer, MZFlush::None);
                    self.start += result.bytes_consumed;
                    let written = buffer.get(..result.bytes_written).unwrap_or_default();
                    self.crc.add(written);
                    self.size = self.size.wrapping_add(written.len() as u32);
                    let count = written.len();
                    match result.status {
                        Ok(MZStatus::StreamEnd) => self.trailer()?,
                        _ if count > 0 || result.bytes_consumed > 0 => {}
                        Err(miniz_oxide::MZError::Data) => {
                            return self.wrong("the compressed data is damaged");
                        }
                        _ if !self.fill()? => return self.wrong("unexpected end of file"),
                        _ => {}
                    }
                    if count > 0 {
                        return Ok(count);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(text: &[u8], level: u8) -> Vec<u8> {
        let mut encoder = Encoder::new(Vec::new(), level, b"name", 42).unwrap();
        for piece in text.chunks(777) {
            encoder.write_all(piece).unwrap();
        }
        encoder.finish().unwrap()
    }

    fn unpacked(bytes: &[u8]) -> core::result::Result<Vec<u8>, &'static str> {
        let mut decoder = Decoder::new(bytes);
        let mut text = Vec::new();
        match decoder.read_to_end(&mut text) {
            Ok(_) => Ok(text),
            Err(Errno::EINVAL) => Err(decoder.problem().unwrap()),
            Err(errno) => panic!("{errno}"),
        }
    }

    fn text() -> Vec<u8> {
        let words = (0..30_000u32).map(|number| format!("{} ", number * number % 1009));
        words.collect::<String>().into_bytes()
    }

    #[test]
    fn there_and_back() {
        for level in [1, 6, 9] {
            let bytes = packed(&text(), level);
            assert!(bytes.len() < text().len() / 2);
            assert!(unpacked(&bytes).unwrap() == text());
        }
        assert_eq!(unpacked(&packed(b"", 6)), Ok(Vec::new()));
        let two = [packed(b"one", 6), packed(b"two", 1), vec![0; 100]].concat();
        assert_eq!(unpacked(&two), Ok(b"onetwo".to_vec()));
    }

    #[test]
    fn damaged_files_are_told() {
        let whole = packed(&text()[..2000], 6);
        for length in 0..whole.len() {
            assert_eq!(
                unpacked(&whole[..length]),
                Err("unexpected end of file"),
                "{length}"
            );
        }
        let mut damaged = 0;
        // But for the time, the system and the name, each byte counts. A changed reference
        // may lead to the same bytes elsewhere, though.
        for place in (0..4).chain(15..whole.len()) {
            let mut bytes = whole.clone();
            bytes[place] ^= 0x81;
            let same = unpacked(&bytes).map(|other| other == text()[..2000]);
            assert_ne!(same, Ok(false), "{place}");
            damaged += usize::from(same.is_err());
        }
        assert!(damaged > whole.len() * 9 / 10);
        assert_eq!(unpacked(b"no gzip"), Err("not in gzip format"));
        let rubbish = [whole.as_slice(), b"x"].concat();
        assert_eq!(unpacked(&rubbish), Err("rubbish behind the end"));
    }
}
