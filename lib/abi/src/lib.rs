// SPDX-License-Identifier: GPL-2.0-or-later
//! What the kernel, programs and host tools agree on (0.11: `include/`).
//!
//! Numbers and layouts are those of 0.11, byte for byte, and do not change. There
//! is little else: the names of errors, calendar dates, the parser of the kernel's
//! command line, and for the kernel's target the functions that the compiler itself
//! calls ([`string`]) and a stub for each system call ([`syscall`]).
#![cfg_attr(not(test), no_std)]

pub mod a_out;
pub mod command_line;
pub mod errno;
pub mod fcntl;
pub mod hdreg;
pub mod kd;
pub mod limits;
pub mod pod;
pub mod ptrace;
pub mod reboot;
pub mod sgtty;
pub mod signal;
#[cfg(target_os = "none")]
pub mod string;
pub mod sys;
#[cfg(target_os = "none")]
pub mod syscall;
pub mod termios;
pub mod time;
pub mod unistd;
pub mod utime;
pub mod utmp;

pub use errno::{Errno, Result};
