// SPDX-License-Identifier: GPL-2.0-or-later
//! What the programs share.
//!
//! It stands on `user`, which has what every program needs: its start, memory,
//! arguments and environment, `print!`, and the system calls. Here is what is built
//! of that: [`io`] for reading and writing, `files` for files and trees, `process`
//! for other programs, `terminal` for keys, `time`, `command` for the way in which
//! every tool takes its options and tells its errors.
//! docs/write-a-program.md shows how to use it.
//!
//! The first modules make no system call: they are tested on the host. The
//! others are there only in programs.
#![cfg_attr(not(test), no_std)]

extern crate alloc;

pub mod accounts;
pub mod awk;
pub mod bc;
pub mod columns;
pub mod crc32;
pub mod date;
pub mod diff;
pub mod dump;
pub mod ed;
pub mod editor;
pub mod fields;
pub mod glob;
pub mod gzip;
pub mod io;
pub mod mode;
pub mod number;
pub mod options;
pub mod pager;
pub mod partitions;
pub mod password;
pub mod patch;
pub mod path;
pub mod printf;
pub mod regex;
pub mod sed;
pub mod shell;
pub mod snake;
pub mod sorting;
pub mod tar;
pub mod test_expression;
pub mod vi;

#[cfg(target_os = "none")]
pub mod authentication;
#[cfg(target_os = "none")]
pub mod command;
#[cfg(target_os = "none")]
pub mod disk;
#[cfg(target_os = "none")]
pub mod file_tests;
#[cfg(target_os = "none")]
pub mod files;
#[cfg(target_os = "none")]
pub mod kill;
#[cfg(target_os = "none")]
pub mod logins;
#[cfg(target_os = "none")]
pub mod process;
#[cfg(target_os = "none")]
pub mod run;
#[cfg(target_os = "none")]
pub mod tasks;
#[cfg(target_os = "none")]
pub mod terminal;
#[cfg(target_os = "none")]
pub mod time;
