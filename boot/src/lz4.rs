// SPDX-License-Identifier: GPL-2.0-or-later
//! Takes a block of LZ4 apart.
//!
//! A block is a row of sequences. Each says: take so many bytes as they stand here, then
//! repeat so many bytes from so far back in what there is already.
//!
//! | bytes | what |
//! |---|---|
//! | 1 | high half: how many literals; low half: how many bytes to repeat, less 4 |
//! | 0.. | if the high half is 15: bytes to add to it, up to one that is not 255 |
//! | 0.. | the literals |
//! | 2 | how far back, little-endian |
//! | 0.. | if the low half is 15: bytes to add to it, likewise |
//!
//! The last sequence ends behind its literals. (`lz4_Block_format.md` of the LZ4
//! project.) The crate `lz4_flex` does the same in nearly twice as many instructions.

use core::arch::asm;

/// The fewest bytes that are repeated.
const SHORTEST_REPEAT: usize = 4;
/// In a half of the first byte: more is to come.
const MORE: usize = 15;

/// Fills `output` from `block`; `None` if the block does not fill it exactly.
pub fn decompress(mut block: &[u8], output: &mut [u8]) -> Option<()> {
    let mut filled = 0;
    loop {
        let token = usize::from(take(&mut block)?);
        let count = length(token >> 4, &mut block)?;
        let (literals, behind) = block.split_at_checked(count)?;
        if count > output.len() - filled {
            return None;
        }
        // SAFETY: there are `count` literals, and room for them.
        unsafe { copy_up(literals.as_ptr(), output.as_mut_ptr().add(filled), count) };
        filled += count;
        block = behind;
        if block.is_empty() {
            return (filled == output.len()).then_some(());
        }
        let distance = usize::from(u16::from_le_bytes([take(&mut block)?, take(&mut block)?]));
        let count = SHORTEST_REPEAT + length(token & MORE, &mut block)?;
        if distance > filled || count > output.len() - filled {
            return None;
        }
        let start = output.as_mut_ptr();
        // SAFETY: all in front of `filled` is written, and there is room for `count`.
        // Going up, a byte that is repeated may be one that was just written.
        unsafe { copy_up(start.add(filled - distance), start.add(filled), count) };
        filled += count;
    }
}

fn take(block: &mut &[u8]) -> Option<u8> {
    let (&byte, rest) = block.split_first()?;
    *block = rest;
    Some(byte)
}

/// The count that begins with `half` of the first byte. It is far below 2^32, as the
/// block is.
#[inline(always)]
fn length(half: usize, block: &mut &[u8]) -> Option<usize> {
    let mut sum = half;
    if half == MORE {
        loop {
            let byte = take(block)?;
            sum += usize::from(byte);
            if byte != u8::MAX {
                break;
            }
        }
    }
    Some(sum)
}

/// Copies byte by byte, from the first on.
///
/// # Safety
/// Each of `count` bytes at `from` may be read when it is its turn, and those at `to`
/// may be written.
#[inline(always)]
unsafe fn copy_up(from: *const u8, to: *mut u8, count: usize) {
    // SAFETY: the caller answers for both ranges; the direction flag is clear. `esi`
    // cannot be named as an operand.
    unsafe {
        asm!(
            "xchg esi, {from}",
            "rep movsb",
            "xchg esi, {from}",
            from = inout(reg) from => _,
            inout("ecx") count => _,
            inout("edi") to => _,
            options(nostack, preserves_flags),
        );
    }
}
