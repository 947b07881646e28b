// SPDX-License-Identifier: GPL-2.0-or-later
//! Channel 2 of the DMA controller, which moves the floppy's data
//! (0.11: `setup_DMA` in `kernel/blk_drv/floppy.c`, `tmp_floppy_area` in
//! `boot/head.s`).
//!
//! The controller reaches the first 16 MB of memory and cannot carry from bit
//! 15 of an address to bit 16, so everything goes through one area of memory:
//!
//! ```text
//! dma::store(0, bytes); dma::setup_dma(Direction::Write, count);  // then the command
//! dma::setup_dma(Direction::Read, count);  // then the command, and its interrupt
//! dma::load(0, bytes);
//! ```
//!
//! Source: Intel 8237A data sheet; page register 81h of the IBM PC AT.

use super::geometry::MOST_SECTORS;
use crate::blk_drv::blk::SECTOR_SIZE;
use asm::io::outb_p;
use core::cell::UnsafeCell;
use fs::platform::Direction;

/// The registers of address and count of channel 2, which take the low byte first.
const ADDRESS: u16 = 0x04;
const COUNT: u16 = 0x05;
const MASK: u16 = 0x0A;
const MODE: u16 = 0x0B;
/// After any write to it, the next byte of an address or a count is the low one.
const CLEAR_FLIP_FLOP: u16 = 0x0C;
/// Bits 16 to 23 of the address.
const PAGE: u16 = 0x81;

/// The number of the channel, and the bit of the mask register that masks it.
const CHANNEL: u8 = 2;
const MASKED: u8 = 4;
/// Modes: single transfers, with addresses that go up.
const TO_MEMORY: u8 = 0x44 | CHANNEL;
const FROM_MEMORY: u8 = 0x48 | CHANNEL;

/// How many bytes one command can move: a cylinder.
pub const AREA_SIZE: usize = MOST_SECTORS * SECTOR_SIZE;
/// The least power of two that is not smaller than the area. An area that is aligned to it
/// crosses no multiple of 64 KB.
const ALIGNMENT: usize = 0x8000;

/// The area. The device writes to it between [`setup_dma`] and the interrupt of the
/// command. The driver only copies to and from it, and makes no reference.
#[repr(C, align(0x8000))]
struct Area(UnsafeCell<[u8; AREA_SIZE]>);

// SAFETY: `load` and `store` are called by the driver alone, under its lock
// and while no command is under way.
unsafe impl Sync for Area {}

/// The one area that there is (0.11: `tmp_floppy_area`).
static TMP_FLOPPY_AREA: Area = Area(UnsafeCell::new([0; AREA_SIZE]));

static_assertions::const_assert!(AREA_SIZE <= ALIGNMENT && ALIGNMENT <= 0x1_0000);
static_assertions::const_assert_eq!(align_of::<Area>(), ALIGNMENT);

/// A pointer to the `length` bytes at `offset` of the area.
fn part(offset: usize, length: usize) -> *mut u8 {
    assert!(offset <= AREA_SIZE && length <= AREA_SIZE - offset);
    TMP_FLOPPY_AREA.0.get().cast::<u8>().wrapping_add(offset)
}

/// Copies out of the area.
pub fn load(offset: usize, bytes: &mut [u8]) {
    let source = part(offset, bytes.len());
    // SAFETY: `part` lies within the area, which nobody has a reference to,
    // and no command is under way.
    unsafe {
        bytes
            .as_mut_ptr()
            .copy_from_nonoverlapping(source, bytes.len())
    };
}

/// Copies into the area.
pub fn store(offset: usize, bytes: &[u8]) {
    let target = part(offset, bytes.len());
    // SAFETY: as above.
    unsafe { target.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
}

/// Lets the next command move `count` bytes from the beginning of the area on.
pub fn setup_dma(direction: Direction, count: usize) {
    assert!((1..=AREA_SIZE).contains(&count));
    // The kernel lies below 16 MB, mapped at its own address.
    let [low, high, page, _] = (TMP_FLOPPY_AREA.0.get().addr() as u32).to_le_bytes();
    let [count_low, count_high] = ((count - 1) as u16).to_le_bytes();
    let mode = match direction {
        Direction::Read => TO_MEMORY,
        Direction::Write => FROM_MEMORY,
    };
    // SAFETY: nothing else uses channel 2; the area is as long as what it is
    // told to move, and nobody has a reference to it.
    unsafe {
        outb_p(MASKED | CHANNEL, MASK);
        outb_p(0, CLEAR_FLIP_FLOP);
        outb_p(mode, MODE);
        outb_p(low, ADDRESS);
        outb_p(high, ADDRESS);
        outb_p(page, PAGE);
        outb_p(count_low, COUNT);
        outb_p(count_high, COUNT);
        outb_p(CHANNEL, MASK);
    }
}
