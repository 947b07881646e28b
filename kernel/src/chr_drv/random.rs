// SPDX-License-Identifier: GPL-2.0-or-later
//! `/dev/random` and `/dev/urandom`, which are the same here: neither of them ever
//! waits (Linux 1.3: `drivers/char/random.c`; 0.11 has none).
//!
//! Nobody can predict exactly when the disk, the keyboard and the serial lines
//! interrupt. [`add_interrupt_randomness`] mixes the processor's time stamp of each
//! such interrupt into a [`Pool`]. What is written to the devices is mixed in too.
//!
//! The generator is a well-known one: nobody can find the key from its output, or,
//! with the key, the earlier output. But nothing counts how much randomness is in
//! the pool. Right after the start there is little, and in an emulator with an
//! exact clock there is none at all: the same run gives the same bytes. So do not
//! make keys with it.

mod pool;

use crate::sched;
use abi::Result;
use asm::io::{inb, outb};
use core::arch::asm;
use fs::platform::{UserBuffer, in_pieces};
use pool::{PIECE, Pool};
use sync::{AtomicWord, IrqLock};

static POOL: IrqLock<Pool> = IrqLock::new(Pool::new());
/// 1 if the processor counts time stamps.
static HAS_TSC: AtomicWord = AtomicWord::new(0);

/// Finds the best clock there is and begins with the time of day
/// (Linux: `rand_initialize`).
pub fn rand_initialize() {
    HAS_TSC.set(u32::from(has_tsc()));
    let mut pool = POOL.lock();
    pool.stir(sched::current_time());
    pool.stir(now());
}

/// Mixes in the time at which an interrupt of `line` has come.
pub fn add_interrupt_randomness(line: u8) {
    POOL.lock().stir(now() ^ u32::from(line) << 24);
}

/// Fills the buffer with random bytes.
pub fn read_random(buffer: &mut dyn UserBuffer) -> Result<()> {
    in_pieces(buffer, PIECE, |buffer, count| {
        let piece = POOL.lock().generate();
        buffer.put(&piece[..count]);
        Ok(())
    })
}

/// Mixes the buffer in.
pub fn write_random(buffer: &mut dyn UserBuffer) -> Result<()> {
    in_pieces(buffer, PIECE, |buffer, count| {
        let mut piece = [0; PIECE];
        buffer.get(&mut piece[..count]);
        let mut pool = POOL.lock();
        for bytes in piece.as_chunks().0 {
            pool.stir(u32::from_le_bytes(*bytes));
        }
        // Makes a block, so that what was mixed in reaches the key.
        pool.generate();
        Ok(())
    })
}

/// The finest clock there is, low bits only.
fn now() -> u32 {
    if HAS_TSC.get() != 0 {
        let low: u32;
        // SAFETY: the processor has the instruction, which only reads.
        unsafe { asm!("rdtsc", out("eax") low, out("edx") _, options(nomem, nostack)) };
        return low;
    }
    timer_count().wrapping_add(sched::jiffies() << 16)
}

/// The count of channel 0 of the 8254 timer until the next tick (Intel 8254 data
/// sheet, "Counter Latch Command").
fn timer_count() -> u32 {
    const COMMAND: u16 = 0x43;
    const CHANNEL_0: u16 = 0x40;
    const LATCH_CHANNEL_0: u8 = 0x00;
    // SAFETY: latching changes nothing of the count. Interrupts are masked, so
    // the two halves belong together: all callers hold the pool's lock or are
    // interrupt handlers.
    unsafe {
        outb(LATCH_CHANNEL_0, COMMAND);
        u32::from(inb(CHANNEL_0)) | u32::from(inb(CHANNEL_0)) << 8
    }
}

/// Whether the processor has CPUID and RDTSC (Intel SDM vol. 1, 20.1 and vol.
/// 2, CPUID, leaf 1, EDX bit 4).
fn has_tsc() -> bool {
    /// EFLAGS: can be changed where there is CPUID.
    const ID: u32 = 1 << 21;
    const TSC: u32 = 1 << 4;
    let (before, after): (u32, u32);
    // SAFETY: the flags are as before at the end.
    unsafe {
        asm!(
            "pushfd",
            "pop {before}",
            "mov {after}, {before}",
            "xor {after}, {id}",
            "push {after}",
            "popfd",
            "pushfd",
            "pop {after}",
            "push {before}",
            "popfd",
            before = out(reg) before,
            after = out(reg) after,
            id = const ID,
        );
    }
    (before ^ after) & ID != 0 && core::arch::x86::__cpuid(1).edx & TSC != 0
}
