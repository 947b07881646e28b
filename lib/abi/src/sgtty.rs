// SPDX-License-Identifier: GPL-2.0-or-later
//! The terminal settings of Unix Version 7: what `stty` and `gtty` take
//! (V7: `<sgtty.h>`; 0.11 gives out the numbers of the calls only).
//!
//! The kernel converts them from and to [`Termios`](crate::termios::Termios).
//! Settings that they do not have stay as they are.

use crate::abi_struct;
use bitflags::bitflags;

/// `ioctl`: tell the [`Sgttyb`]; what `gtty` does.
pub const TIOCGETP: u32 = (b't' as u32) << 8 | 8;
/// `ioctl`: set the [`Sgttyb`] when all output is out, and throw input away;
/// what `stty` does.
pub const TIOCSETP: u32 = (b't' as u32) << 8 | 9;

bitflags! {
    /// The modes of a [`Sgttyb`].
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub struct SgttyFlags: u32 {
        /// Ask the other side to stop when the queue is full.
        const TANDEM = 0o1;
        /// Input comes by characters; ^C and its kin still send signals.
        const CBREAK = 0o2;
        /// Capitals become small.
        const LCASE = 0o4;
        /// Show what is typed.
        const ECHO = 0o10;
        /// Carriage return is read as newline, newline is written as both.
        const CRMOD = 0o20;
        /// Input comes by characters, nothing is done to it or to output.
        const RAW = 0o40;
        /// Odd parity; with `EVENP`: no parity.
        const ODDP = 0o100;
        /// Even parity.
        const EVENP = 0o200;
        /// Tabs become spaces.
        const XTABS = 0o6000;
    }
}

abi_struct! {
    /// Settings of a terminal (V7: `struct sgttyb`, with an `int` of 32 bits).
    pub struct Sgttyb, 8 bytes {
        /// Speed of input, an index of [`BAUD_RATES`](crate::termios::BAUD_RATES).
        0 => sg_ispeed: u8,
        /// Speed of output.
        1 => sg_ospeed: u8,
        /// Erases a character.
        2 => sg_erase: u8,
        /// Erases the line.
        3 => sg_kill: u8,
        /// [`SgttyFlags`].
        4 => sg_flags: u32,
    }
}
