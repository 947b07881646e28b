// SPDX-License-Identifier: GPL-2.0-or-later
//! Messages of the kernel that wait for the UART.
//!
//! Bytes that find no room are counted, and their number is sent when there is room
//! again. Until all earlier bytes have been sent, no more are taken, so that the
//! number is sent at the place where they are missing.

use crate::chr_drv::queue::Queue;
use core::fmt::{self, Write};

/// Bytes that are kept: enough for a list of all tasks.
const SIZE: usize = 4096;

/// Bytes to send, first in, first out.
pub struct Messages {
    bytes: Queue<u8, SIZE>,
    /// Bytes that found no room.
    lost: u32,
}

impl Messages {
    /// No message.
    pub const fn new() -> Self {
        Messages {
            bytes: Queue::new(0),
            lost: 0,
        }
    }

    /// Keeps a byte, or counts it.
    pub fn put(&mut self, byte: u8) {
        if self.lost > 0 || !self.bytes.push(byte) {
            self.lost = self.lost.saturating_add(1);
        }
    }

    /// The next byte to send.
    pub fn take(&mut self) -> Option<u8> {
        if self.bytes.is_empty() && self.lost > 0 {
            let lost = core::mem::take(&mut self.lost);
            // The queue is empty: there is room.
            let _ = write!(self, "\r\n({lost} characters lost)\r\n");
        }
        self.bytes.pop()
    }

    /// Whether another byte would be kept.
    pub fn has_room(&self) -> bool {
        self.lost == 0 && self.bytes.room() > 0
    }

    /// Whether there is nothing to send.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty() && self.lost == 0
    }
}

impl Write for Messages {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.bytes().for_each(|byte| self.put(byte));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(messages: &mut Messages) -> String {
        let bytes: Vec<u8> = core::iter::from_fn(|| messages.take()).collect();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn what_is_lost_is_told_where_it_is_missing() {
        let mut messages = Messages::new();
        write!(messages, "{:SIZE$}late", "early").unwrap();
        // There is room now, but what was lost comes first.
        assert_eq!(messages.take(), Some(b'e'));
        messages.put(b'!');
        let text = sent(&mut messages);
        assert!(text.starts_with("arly "), "{text}");
        assert!(text.ends_with(" \r\n(5 characters lost)\r\n"), "{text}");
        assert!(messages.is_empty());
        messages.put(b'!');
        assert_eq!(sent(&mut messages), "!");
    }
}
