// SPDX-License-Identifier: GPL-2.0-or-later
//! The last messages, in a ring buffer.

/// Bytes of messages that are kept.
const SIZE: usize = 4096;

/// The last [`SIZE`] bytes of all messages.
pub struct Log {
    bytes: [u8; SIZE],
    /// How many bytes there have been; the next one goes to this place of the ring.
    written: u32,
}

impl Log {
    /// An empty log.
    pub const fn new() -> Log {
        Log {
            bytes: [0; SIZE],
            written: 0,
        }
    }

    /// Adds a message.
    pub fn put(&mut self, message: &[u8]) {
        for piece in message.chunks(SIZE) {
            let (before, after) = self.bytes.split_at_mut(self.written as usize % SIZE);
            let (first, second) = piece.split_at(piece.len().min(after.len()));
            after[..first.len()].copy_from_slice(first);
            before[..second.len()].copy_from_slice(second);
            self.written = self.written.wrapping_add(piece.len() as u32);
        }
    }

    /// Copies messages from byte `position` of all there have been, or from the oldest
    /// byte that is kept. Returns where they begin, and how many bytes were copied.
    pub fn read(&self, position: u32, buffer: &mut [u8]) -> (u32, usize) {
        let oldest = self.written.saturating_sub(SIZE as u32);
        let start = position.max(oldest);
        let count = buffer
            .len()
            .min(self.written.saturating_sub(start) as usize);
        for (byte, place) in buffer[..count].iter_mut().zip(start as usize..) {
            *byte = self.bytes[place % SIZE];
        }
        (start, count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_bytes_are_kept() {
        let mut all = Vec::new();
        let mut log = Log::new();
        let mut buffer = [0; 2 * SIZE];
        for length in [
            0,
            1,
            100,
            SIZE - 101,
            3,
            SIZE - 1,
            SIZE,
            SIZE + 1,
            3 * SIZE + 5,
            7,
        ] {
            let message: Vec<u8> = (0..length).map(|at| (at + length) as u8).collect();
            log.put(&message);
            all.extend(message);
            let oldest = all.len().saturating_sub(SIZE);
            let (start, count) = log.read(0, &mut buffer);
            assert_eq!(start as usize, oldest);
            assert_eq!(buffer[..count], all[oldest..]);
            // From the middle, in a small piece; at the end; and behind it.
            let middle = (oldest + all.len()) / 2;
            let (start, count) = log.read(middle as u32, &mut buffer[..3]);
            assert_eq!(start as usize, middle);
            assert_eq!(buffer[..count], all[middle..all.len().min(middle + 3)]);
            for end in [all.len() as u32, all.len() as u32 + 1, u32::MAX] {
                assert_eq!(log.read(end, &mut buffer), (end, 0));
            }
        }
    }
}
