// SPDX-License-Identifier: GPL-2.0-or-later
//! The registers of the primary ATA channel (0.11: `include/linux/hdreg.h`,
//! `port_read`, `port_write`).
//!
//! Source: ANSI INCITS 361 (ATA/ATAPI-6), clauses 7 and 8. This module is the
//! only one that touches the ports. Data moves between them and the slices that are
//! passed, or by DMA, as `piix.rs` has it.

use super::drive::{Address, Width};
use asm::io::{inb, io_delay, outb};
use bitflags::bitflags;
use core::arch::asm;

const DATA: u16 = 0x1F0;
/// When it is read, it tells why the last command failed.
const ERROR: u16 = 0x1F1;
const SECTOR_COUNT: u16 = 0x1F2;
const SECTOR: u16 = 0x1F3;
const CYLINDER_LOW: u16 = 0x1F4;
const CYLINDER_HIGH: u16 = 0x1F5;
const DEVICE: u16 = 0x1F6;
const STATUS: u16 = 0x1F7;
const COMMAND: u16 = 0x1F7;
/// When it is read, it is the status, and the drive does not take back its interrupt.
const ALTERNATE_STATUS: u16 = 0x3F6;
const CONTROL: u16 = 0x3F6;

/// Bit 4 of the device register selects the second drive. Bits 5 and 7 had a meaning
/// once, and are set for drives of that time.
const SECOND_DRIVE: u8 = 0x10;
const OBSOLETE_BITS: u8 = 0xA0;

bitflags! {
    /// The status register.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub struct Status: u8 {
        /// The command failed; the error register says why.
        const ERROR = 0x01;
        /// A sector, or a block of them, is to be moved.
        const DATA_REQUEST = 0x08;
        /// The drive failed.
        const DEVICE_FAULT = 0x20;
        /// The drive works at a command; no other bit means anything.
        const BUSY = 0x80;
        const _ = !0;
    }
}

/// What a drive can be told to do (0.11: `WIN_READ` and so on).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Command {
    /// Move the arm to cylinder 0 (0.11: `WIN_RESTORE`).
    Recalibrate = 0x10,
    /// Read, with one interrupt for each sector.
    ReadSectors = 0x20,
    /// Write, with one interrupt for each sector.
    WriteSectors = 0x30,
    /// Count with these numbers of heads, and of sectors of a track (0.11:
    /// `WIN_SPECIFY`).
    InitializeParameters = 0x91,
    /// Read, with one interrupt for each block of sectors.
    ReadMultiple = 0xC4,
    /// Write, with one interrupt for each block of sectors.
    WriteMultiple = 0xC5,
    /// Take this number of sectors as a block.
    SetMultiple = 0xC6,
    /// Read by DMA, with one interrupt at the end.
    ReadDma = 0xC8,
    /// Write by DMA, with one interrupt at the end.
    WriteDma = 0xCA,
    /// Bring what is in the cache to the medium; this may take half a minute.
    FlushCache = 0xE7,
    /// Describe yourself, in one sector of data.
    Identify = 0xEC,
}

/// What the control register is given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Control {
    /// The drive interrupts.
    Interrupts = 0x08,
    /// The drive does not interrupt.
    Polled = 0x0A,
    /// Both drives are being reset.
    Reset = 0x0C,
}

fn read(port: u16) -> u8 {
    // SAFETY: a register of the channel, which this module owns.
    unsafe { inb(port) }
}

fn write(value: u8, port: u16) {
    // SAFETY: as above. A drive writes to memory only if `piix.rs` lets it.
    unsafe { outb(value, port) }
}

/// Reads the status; the drive takes back its interrupt.
pub fn status() -> Status {
    Status::from_bits_retain(read(STATUS))
}

/// Reads the status and leaves the interrupt as it is.
pub fn alternate_status() -> Status {
    Status::from_bits_retain(read(ALTERNATE_STATUS))
}

/// Whether the last command failed because the drive does not know it.
pub fn was_aborted() -> bool {
    const ABORTED: u8 = 0x04;
    read(ERROR) & ABORTED != 0
}

/// Reads the cylinder registers as a reset or a refused command has left them: by them a
/// drive that is no disk says so.
pub fn signature() -> [u8; 2] {
    [read(CYLINDER_LOW), read(CYLINDER_HIGH)]
}

/// Writes the control register.
pub fn control(value: Control) {
    write(value as u8, CONTROL);
}

/// Makes drive 0 or 1 the one that commands go to.
pub fn select(drive: usize, head: u8) {
    let second = if drive == 0 { 0 } else { SECOND_DRIVE };
    write(OBSOLETE_BITS | second | head, DEVICE);
    // After 400 ns the status is that of the new drive.
    io_delay();
}

/// Gives the selected drive a command for `count` sectors; 0 stands for 256.
pub fn command(command: Command, count: u8, address: Address) {
    let [low, high] = address.cylinder.to_le_bytes();
    write(count, SECTOR_COUNT);
    write(address.sector, SECTOR);
    write(low, CYLINDER_LOW);
    write(high, CYLINDER_HIGH);
    write(command as u8, COMMAND);
}

/// Fetches whole sectors that the drive has ready (0.11: `port_read`).
pub fn read_data(bytes: &mut [u8], width: Width) {
    let to = bytes.as_mut_ptr();
    // SAFETY: the destination is borrowed exclusively and has that many
    // units; the direction flag is clear; es equals ds in the kernel.
    unsafe {
        match width {
            Width::Words => asm!("rep insw", in("dx") DATA, inout("edi") to => _,
                inout("ecx") bytes.len() / 2 => _, options(nostack, preserves_flags)),
            Width::Doublewords => asm!("rep insd", in("dx") DATA, inout("edi") to => _,
                inout("ecx") bytes.len() / 4 => _, options(nostack, preserves_flags)),
        }
    }
}

/// Sends whole sectors that the drive waits for (0.11: `port_write`).
pub fn write_data(bytes: &[u8], width: Width) {
    let from = bytes.as_ptr();
    // SAFETY: the source is borrowed and has that many units. `esi` cannot be
    // named as an operand, so it is exchanged around the loop.
    unsafe {
        match width {
            Width::Words => asm!("xchg esi, {0}", "rep outsw", "xchg esi, {0}",
                inout(reg) from => _, in("dx") DATA, inout("ecx") bytes.len() / 2 => _,
                options(nostack, preserves_flags)),
            Width::Doublewords => asm!("xchg esi, {0}", "rep outsd", "xchg esi, {0}",
                inout(reg) from => _, in("dx") DATA, inout("ecx") bytes.len() / 4 => _,
                options(nostack, preserves_flags)),
        }
    }
}

/// Fetches the rest of a sector that the drive still has, and forgets it.
pub fn drain() {
    const WORDS: usize = super::SECTOR_SIZE / 2;
    for _ in 0..WORDS {
        if !alternate_status().contains(Status::DATA_REQUEST) {
            return;
        }
        read_data(&mut [0; 2], Width::Words);
    }
}
