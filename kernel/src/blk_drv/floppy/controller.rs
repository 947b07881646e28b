// SPDX-License-Identifier: GPL-2.0-or-later
//! The NEC 765 and what an AT has around it (0.11: `include/linux/fdreg.h`,
//! `output_byte` and `result` in `kernel/blk_drv/floppy.c`).
//!
//! A command is given byte by byte. The controller carries it out and interrupts; then
//! some bytes can be read that tell how it went:
//!
//! ```text
//! controller::output_bytes(&[Command::Seek as u8, drive, track])?;   // interrupt
//! let (st0, track) = controller::sense_interrupt()?;
//! ```
//!
//! Source: NEC µPD765A and Intel 82077AA data sheets. This module is the only
//! one that touches the ports.

use super::geometry::Rate;
use asm::io::{inb, io_delay, outb, poll};
use bitflags::bitflags;

/// Motors, selection and reset (0.11: `FD_DOR`).
const DIGITAL_OUTPUT: u16 = 0x3F2;
/// The main status register (0.11: `FD_STATUS`).
const MAIN_STATUS: u16 = 0x3F4;
/// The bytes of commands and answers (0.11: `FD_DATA`).
const DATA: u16 = 0x3F5;
/// Read: bit 7 says that the disk of the selected drive was changed
/// (0.11: `FD_DIR`).
const DIGITAL_INPUT: u16 = 0x3F7;
const DISK_CHANGED: u8 = 0x80;
/// Write: the data rate (0.11: `FD_DCR`).
const CONFIGURATION: u16 = 0x3F7;

/// After so many looks at the main status, a microsecond each, the controller must want a
/// byte or have one.
const READY_POLLS: u32 = 10_000;
/// The most bytes that a command answers with (0.11: `MAX_REPLIES`).
const MAX_REPLIES: usize = 7;

bitflags! {
    /// The digital output register.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub struct DigitalOutput: u8 {
        /// The number of the selected drive; bit 1 is for drives 2 and 3.
        const SELECT = 0x03;
        /// The controller is not held in reset.
        const ENABLE = 0x04;
        /// It may interrupt and use DMA.
        const INTERRUPT = 0x08;
        /// The motor of the first drive.
        const MOTOR_0 = 0x10;
        /// The motor of the second drive.
        const MOTOR_1 = 0x20;
    }

    /// The main status register.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    struct MainStatus: u8 {
        /// A command or its answer is not complete.
        const BUSY = 0x10;
        /// The next byte comes from the controller (0.11: `STATUS_DIR`).
        const TO_PROCESSOR = 0x40;
        /// A byte can be moved (0.11: `STATUS_READY`).
        const READY = 0x80;
        const _ = !0;
    }

    /// The first status byte (0.11: `ST0`).
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub struct St0: u8 {
        /// There was no ready signal.
        const NOT_READY = 0x08;
        /// Track 0 was not found, or the drive failed.
        const EQUIPMENT_CHECK = 0x10;
        /// The arm is where it was sent.
        const SEEK_END = 0x20;
        /// How the command ended; 0 means that it ended well.
        const INTERRUPT_CODE = 0xC0;
        /// If one of these bits is set, the command failed.
        const FAILED = Self::NOT_READY.bits()
            | Self::EQUIPMENT_CHECK.bits()
            | Self::INTERRUPT_CODE.bits();
        const _ = !0;
    }

    /// The second status byte (0.11: `ST1`).
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub struct St1: u8 {
        /// The disk is write protected.
        const NOT_WRITABLE = 0x02;
        /// No address mark, no sector, overrun, bad checksum, end of track.
        const FAILED = 0xB5;
        const _ = !0;
    }

    /// The third status byte (0.11: `ST2`).
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub struct St2: u8 {
        /// No data mark, wrong or bad cylinder, bad checksum, deleted data.
        const FAILED = 0x73;
        const _ = !0;
    }
}

/// What the controller can be told to do. Transfers go on from one side of a cylinder to
/// the other, and are in MFM.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Command {
    /// Set step rate and head times (0.11: `FD_SPECIFY`).
    Specify = 0x03,
    /// Move the arm to track 0.
    Recalibrate = 0x07,
    /// Tell what the interrupt was for (0.11: `FD_SENSEI`).
    SenseInterrupt = 0x08,
    /// Move the arm.
    Seek = 0x0F,
    /// Read sectors, but not deleted ones.
    Read = 0xE6,
    /// Write sectors.
    Write = 0xC5,
}

/// The controller does not do what it should do next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotReady;

fn main_status() -> MainStatus {
    // SAFETY: a register of the controller, which this module owns; reading
    // it changes nothing.
    MainStatus::from_bits_retain(unsafe { inb(MAIN_STATUS) })
}

/// Sets motors and selection.
pub fn digital_output(value: DigitalOutput) {
    // SAFETY: as above. The driver is ready for the interrupt of a reset.
    unsafe { outb(value.bits(), DIGITAL_OUTPUT) };
    io_delay();
}

/// Whether the disk of the selected drive was changed, or there is none. The
/// drive says so until its arm moves with a disk in it.
pub fn disk_changed() -> bool {
    // SAFETY: as above. Bits 0 to 6 belong to the hard disk's controller.
    unsafe { inb(DIGITAL_INPUT) & DISK_CHANGED != 0 }
}

/// Sets the data rate.
pub fn set_rate(rate: Rate) {
    // SAFETY: as above.
    unsafe { outb(rate as u8, CONFIGURATION) };
}

/// Waits until the controller can move a byte; says what else it does.
fn wait_for_ready() -> Result<MainStatus, NotReady> {
    let ready = || Some(main_status()).filter(|status| status.contains(MainStatus::READY));
    poll(READY_POLLS, ready).ok_or(NotReady)
}

/// Gives the controller a command with its parameters (0.11: `output_byte`).
pub fn output_bytes(bytes: &[u8]) -> Result<(), NotReady> {
    for &byte in bytes {
        if wait_for_ready()?.contains(MainStatus::TO_PROCESSOR) {
            return Err(NotReady);
        }
        // SAFETY: as above. What a command writes to memory is what
        // `dma::setup_dma` has prepared.
        unsafe { outb(byte, DATA) };
        // The status is of this byte after 12 µs at most.
        for _ in 0..12 {
            io_delay();
        }
    }
    Ok(())
}

/// What a command has answered, `N` bytes (0.11: `result`).
pub fn result<const N: usize>() -> Result<[u8; N], NotReady> {
    const { assert!(N <= MAX_REPLIES) };
    let mut reply = [0; N];
    for byte in &mut reply {
        let status = wait_for_ready()?;
        if !status.contains(MainStatus::TO_PROCESSOR | MainStatus::BUSY) {
            return Err(NotReady);
        }
        // SAFETY: as above.
        *byte = unsafe { inb(DATA) };
    }
    Ok(reply)
}

/// Asks what an interrupt was for, and where the arm is. `NotReady` if there was no reason
/// for one: then the answer is one byte only.
pub fn sense_interrupt() -> Result<(St0, u8), NotReady> {
    output_bytes(&[Command::SenseInterrupt as u8])?;
    let [st0, track] = result()?;
    Ok((St0::from_bits_retain(st0), track))
}
