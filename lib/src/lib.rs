// SPDX-License-Identifier: GPL-2.0-or-later
//! The ABI between kernel and programs, and the library of the user side.
//!
//! The first half answers to 0.11's `include/`: numbers and layouts that
//! kernel, programs and host tools share. They are 0.11's byte for byte and
//! do not change. The second half (feature `user`) answers to 0.11's `lib/`:
//! what a program links to so that it can start, call the kernel, allocate
//! and print.
//!
//! [`asm`], [`lock`] and [`process_struct`](mod@process_struct) are the
//! kernel's: the few machine instructions that 0.11 keeps in `include/asm/`,
//! the lock types built on them, and what `fork` does with each of the fields
//! that a process has.
#![cfg_attr(not(test), no_std)]

#[cfg(all(feature = "user", target_os = "none"))]
extern crate alloc;

pub mod a_out;
pub mod asm;
pub mod command_line;
pub mod errno;
pub mod fcntl;
pub mod kd;
pub mod limits;
pub mod lock;
pub mod pod;
pub mod process_struct;
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
#[cfg(all(feature = "user", target_os = "none"))]
pub mod user;
pub mod utime;
pub mod utmp;

pub use errno::{Errno, Result};
