// SPDX-License-Identifier: GPL-2.0-or-later
//! Which buffers must be looked at when everything is to be written. Each has one
//! bit in a word. If no word of a row has a mark, they are all skipped together.
//!
//! A buffer is marked from its first change on until [`Fs::flush`] has found it
//! unchanged and no longer on its way to the disk. So a buffer without a mark is
//! clean, is not being written, and has no error to report.
//!
//! [`Fs::flush`]: crate::Fs::flush

use super::BufferHead;
use core::sync::atomic::{AtomicU32, Ordering::SeqCst};
use sync::TaskCell;

/// The most buffers there can be: 16 MB.
pub(crate) const MOST_BUFFERS: usize = 16 * 1024;
const WORD: usize = u32::BITS as usize;
/// How many buffers a row of words is for.
const ROW: usize = 8 * WORD;
// The buffers of a group are written together.
const _: () = assert!(WORD <= super::SEARCH);

/// The marks of all buffers.
pub(crate) struct Marks {
    rows: [[AtomicU32; ROW / WORD]; MOST_BUFFERS / ROW],
    /// How many buffers are marked.
    pub(super) count: TaskCell<u32>,
}

impl Marks {
    /// No buffer is marked.
    pub(crate) const fn new() -> Marks {
        Marks {
            rows: [const { [const { AtomicU32::new(0) }; ROW / WORD] }; MOST_BUFFERS / ROW],
            count: TaskCell::new(0),
        }
    }

    /// The word with the mark of a buffer.
    #[inline(always)]
    fn word(&self, number: usize) -> &AtomicU32 {
        &self.rows[number / ROW % self.rows.len()][number / WORD % (ROW / WORD)]
    }

    /// Marks a buffer, after it was changed.
    #[inline]
    pub(super) fn set(&self, number: u32) {
        let word = self.word(number as usize);
        let bit = 1 << (number % WORD as u32);
        if word.fetch_or(bit, SeqCst) & bit == 0 {
            self.count.add(1);
        }
    }

    /// Takes the marks of a group away. The caller looks at the buffers only after this,
    /// and marks those again that need it, so that no change is missed in between. It does
    /// not sleep in between: else a changed buffer would have no mark while others look
    /// for it.
    pub(super) fn clear(&self, group: Marked<'_>) {
        let first = group.buffers.first().map_or(0, |head| head.number);
        let cleared = self.word(first as usize).fetch_and(!group.word, SeqCst) & group.word;
        let left = self.count.get().saturating_sub(cleared.count_ones());
        self.count.set(left);
    }

    /// The marked buffers, in groups.
    #[inline(always)]
    pub(super) fn groups<'a>(&self, buffers: &'a [BufferHead]) -> impl Iterator<Item = Marked<'a>> {
        let marks = |row: &[AtomicU32]| row.iter().fold(0, |all, word| all | word.load(SeqCst));
        (self.rows.iter().zip(buffers.chunks(ROW)))
            .filter(move |(row, _)| marks(*row) != 0)
            .flat_map(|(row, buffers)| row.iter().zip(buffers.chunks(WORD)))
            .map(|(word, buffers)| (word.load(SeqCst), buffers))
            .filter_map(|(word, buffers)| (word != 0).then_some(Marked { word, buffers }))
    }
}

/// Up to 32 buffers, those of a group that were marked.
#[derive(Clone, Copy)]
pub(super) struct Marked<'a> {
    /// Bit `n` is set if it is to have buffer `n`.
    pub(super) word: u32,
    pub(super) buffers: &'a [BufferHead],
}

impl<'a> Iterator for Marked<'a> {
    type Item = &'a BufferHead;

    #[inline(always)]
    fn next(&mut self) -> Option<&'a BufferHead> {
        let n = (self.word != 0).then(|| self.word.trailing_zeros())?;
        let head = self.buffers.get(n as usize)?;
        self.word &= self.word - 1;
        Some(head)
    }
}
