// SPDX-License-Identifier: GPL-2.0-or-later
//! The connection between a terminal's line discipline and its device.
#![deny(unsafe_code)]

use super::queue::Queue;

/// Where output goes: a screen, or the queue of a serial line.
pub trait Sink {
    /// Bytes that it takes now.
    fn room(&self) -> usize;
    /// Takes bytes, no more than there is room for.
    fn put(&mut self, bytes: &[u8]);
    /// Throws away what has not reached the device yet.
    fn discard(&mut self);
}

impl<const SIZE: usize> Sink for Queue<u8, SIZE> {
    fn room(&self) -> usize {
        self.room()
    }

    fn put(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            // The caller has asked for room.
            let _ = self.push(byte);
        }
    }

    fn discard(&mut self) {
        self.clear();
    }
}
