// SPDX-License-Identifier: GPL-2.0-or-later
//! The interrupt flag (0.11: `include/asm/system.h`), with a clock.
//!
//! This file is `system.rs` for `make latency`: the same functions, which also
//! measure how long interrupts are masked. They read the time stamp counter where
//! the flag is cleared and where it is set again; in Bochs it counts instructions.
//! They write the longest stretches, one for each pair of places, to port E9h,
//! which Bochs prints:
//!
//! ```text
//! masked TICKS from ADDRESS CALLER CALLER to ADDRESS CALLER CALLER
//! ```
//!
//! The first stretch, from the start of the kernel, is not measured, because
//! nothing waits yet. The kernel's entries and its task switch change the flag
//! without these functions, and call [`masked`] and [`taken`] themselves.

use crate::io::outb;
use core::arch::asm;
use core::fmt::{self, Write};
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Bit 9 of EFLAGS: maskable interrupts are taken (Intel SDM vol. 1, 3.4.3).
pub const EFLAGS_IF: u32 = 1 << 9;

/// Where the flag was changed: an address, and who called, and who called that.
pub type Place = [u32; 3];

/// Masks interrupts and tells what EFLAGS was before.
#[inline(always)]
pub fn save_flags_and_cli() -> u32 {
    let flags: u32;
    // SAFETY: masking interrupts can only delay them. Memory is taken as
    // touched, so nothing moves out of the masked stretch.
    unsafe { asm!("pushfd", "pop {0}", "cli", out(reg) flags) };
    if flags & EFLAGS_IF != 0 {
        masked(here());
    }
    flags
}

/// Undoes [`save_flags_and_cli`]: takes interrupts again if they were taken.
#[inline(always)]
pub fn restore_flags(flags: u32) {
    if flags & EFLAGS_IF != 0 {
        sti();
    }
}

/// Takes the interrupts that wait, then masks them again. `sti` takes effect
/// only after the instruction behind it.
#[inline(always)]
pub fn let_interrupts_in() {
    sti();
    // SAFETY: it does nothing.
    unsafe { asm!("nop") };
    cli();
}

/// Takes interrupts.
#[inline(always)]
pub fn sti() {
    if eflags() & EFLAGS_IF == 0 {
        taken(here());
    }
    // SAFETY: every handler in the IDT is ready before the first `sti`, and
    // data shared with handlers is reached only with interrupts masked.
    unsafe { asm!("sti") };
}

/// Masks interrupts.
#[inline(always)]
pub fn cli() {
    save_flags_and_cli();
}

/// Takes interrupts and stops until one comes. The pair `sti; hlt` cannot be
/// torn apart: `sti` takes effect only after the instruction behind it
/// (Intel SDM vol. 2, STI).
#[inline(always)]
pub fn sti_and_hlt() {
    taken(here());
    // SAFETY: as `sti`.
    unsafe { asm!("sti", "hlt") };
}

/// EFLAGS.
#[inline(always)]
pub fn eflags() -> u32 {
    let flags: u32;
    // SAFETY: reading the flags changes nothing.
    unsafe { asm!("pushfd", "pop {0}", out(reg) flags) };
    flags
}

/// 1 while a stretch is measured.
static MEASURING: AtomicU32 = AtomicU32::new(0);
/// When it began.
static SINCE: AtomicU32 = AtomicU32::new(0);
/// Where it began.
static FROM: [AtomicU32; 3] = [const { AtomicU32::new(0) }; 3];
/// The worst stretches: ticks, and the addresses where they began and ended.
static WORST: [[AtomicU32; 3]; 16] = [const { [const { AtomicU32::new(0) }; 3] }; 16];

/// A stretch has begun. To be called with interrupts masked.
#[inline(never)]
pub fn masked(from: Place) {
    MEASURING.store(1, Relaxed);
    for (word, address) in FROM.iter().zip(from) {
        word.store(address, Relaxed);
    }
    SINCE.store(ticks(), Relaxed);
}

/// The stretch ends: interrupts are taken after this.
#[inline(never)]
pub fn taken(to: Place) {
    let ticks = ticks().wrapping_sub(SINCE.load(Relaxed));
    if MEASURING.swap(0, Relaxed) == 1 && is_new(ticks, FROM[0].load(Relaxed), to[0]) {
        // A `Port` never fails.
        let _ = tell(ticks, to);
    }
}

/// Enters a stretch among the worst, if it belongs there.
fn is_new(ticks: u32, from: u32, to: u32) -> bool {
    let is_same =
        |row: &&[AtomicU32; 3]| row[1].load(Relaxed) == from && row[2].load(Relaxed) == to;
    let shortest = || WORST.iter().min_by_key(|row| row[0].load(Relaxed));
    let row = WORST.iter().find(is_same).or_else(shortest);
    row.filter(|row| row[0].load(Relaxed) < ticks)
        .is_some_and(|row| {
            for (word, value) in row.iter().zip([ticks, from, to]) {
                word.store(value, Relaxed);
            }
            true
        })
}

fn tell(ticks: u32, to: Place) -> fmt::Result {
    write!(Port, "masked {ticks} from")?;
    FROM.iter()
        .try_for_each(|word| write!(Port, " {:x}", word.load(Relaxed)))?;
    write!(Port, " to")?;
    to.iter()
        .try_for_each(|address| write!(Port, " {address:x}"))?;
    writeln!(Port)
}

/// The port on which Bochs listens.
struct Port;

impl Write for Port {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        const BOCHS_PRINTS: u16 = 0xE9;
        for byte in text.bytes() {
            // SAFETY: in Bochs, for which this kernel is made, the port prints.
            unsafe { outb(byte, BOCHS_PRINTS) };
        }
        Ok(())
    }
}

/// The low half of the time stamp counter.
#[inline(always)]
fn ticks() -> u32 {
    // SAFETY: `i686-kernel.json` builds for a Pentium, which has the counter.
    unsafe { core::arch::x86::_rdtsc() as u32 }
}

/// This place in the code. The kernel is built with frame pointers: in each
/// frame the caller's frame comes first, then the return address.
#[inline(always)]
fn here() -> Place {
    const LONGEST_FRAME: u32 = 4096;
    let (address, frame): (u32, u32);
    // SAFETY: reading eip and ebp changes nothing.
    unsafe {
        asm!("lea {0}, [2f]", "mov {1}, ebp", "2:", out(reg) address, out(reg) frame,
            options(nomem, nostack, preserves_flags));
    }
    let [above, caller] = read_frame(frame);
    // Above the first frame of a stack are ring 3's registers.
    let is_frame = above > frame && above - frame < LONGEST_FRAME;
    let of_caller = if is_frame { read_frame(above)[1] } else { 0 };
    [address, caller, of_caller]
}

fn read_frame(frame: u32) -> [u32; 2] {
    let pointer: *const [u32; 2] = core::ptr::with_exposed_provenance(frame as usize);
    // SAFETY: a frame of the stack that is in use; what is there is only shown.
    unsafe { pointer.read_volatile() }
}
