// SPDX-License-Identifier: GPL-2.0-or-later
//! Records of an input.

use super::Stream;
use crate::regex::Regex;
use abi::Errno;
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;

/// What separates records.
pub enum Separator {
    Byte(u8),
    /// Empty lines.
    Paragraph,
    Regex(Rc<Regex>),
}

/// An input, and what of it was read ahead.
pub struct Input {
    stream: Box<dyn Stream>,
    buffer: Vec<u8>,
    start: usize,
    /// There is no more than what is in the buffer.
    ended: bool,
}

impl Input {
    pub fn new(stream: Box<dyn Stream>) -> Input {
        Input {
            stream,
            buffer: Vec::new(),
            start: 0,
            ended: false,
        }
    }

    pub fn close(self) -> i32 {
        self.stream.close()
    }

    fn ahead(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    /// Reads more; whether there was any.
    fn fill(&mut self) -> abi::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        self.buffer.drain(..self.start);
        self.start = 0;
        let mut piece = [0; 1024];
        let count = loop {
            match self.stream.read(&mut piece) {
                Err(Errno::EINTR) => {}
                result => break result?,
            }
        };
        self.ended = count == 0;
        self.buffer
            .extend_from_slice(piece.get(..count).unwrap_or_default());
        Ok(count > 0)
    }

    /// The next record; None at the end.
    pub fn record(&mut self, separator: &Separator) -> abi::Result<Option<Vec<u8>>> {
        if let Separator::Paragraph = separator {
            while self.ahead().first() == Some(&b'\n') || self.ahead().is_empty() && self.fill()? {
                self.start += usize::from(self.ahead().first() == Some(&b'\n'));
            }
        }
        // Where the search for a single byte goes on after more was read.
        let mut searched = 0;
        loop {
            if let Some((length, behind)) = self.end(separator, searched) {
                let record = self.ahead().get(..length).unwrap_or_default().to_vec();
                self.start += behind;
                return Ok(Some(record));
            }
            if self.ended {
                break;
            }
            searched = self.ahead().len();
            self.fill()?;
        }
        let mut record = self.ahead().to_vec();
        self.start = self.buffer.len();
        if let Separator::Paragraph = separator {
            record.pop_if(|byte| *byte == b'\n');
        }
        Ok((!record.is_empty()).then_some(record))
    }

    /// Where the record that is ahead ends, and where the next begins, if that is known.
    fn end(&self, separator: &Separator, searched: usize) -> Option<(usize, usize)> {
        let ahead = self.ahead();
        match separator {
            Separator::Byte(byte) => {
                let rest = ahead.get(searched..).unwrap_or_default();
                let place = searched + rest.iter().position(|other| other == byte)?;
                Some((place, place + 1))
            }
            Separator::Paragraph => {
                let place = ahead.windows(2).position(|two| two == b"\n\n")?;
                let rest = ahead.get(place..).unwrap_or_default();
                let newlines = rest.iter().take_while(|&&byte| byte == b'\n').count();
                Some((place, place + newlines))
            }
            Separator::Regex(regex) => {
                let found = regex.find(ahead, 0)?.range();
                // With more text the match might be longer.
                let sure = self.ended || found.end < ahead.len();
                (sure && !found.is_empty()).then_some((found.start, found.end))
            }
        }
    }
}
