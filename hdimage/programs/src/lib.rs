// SPDX-License-Identifier: GPL-2.0-or-later
//! What the programs share.
//!
//! The first modules make no system call: they are tested on the host. The
//! others are there only in programs.
#![cfg_attr(not(test), no_std)]

extern crate alloc;

pub mod columns;
pub mod date;
pub mod editor;
pub mod fields;
pub mod glob;
pub mod mode;
pub mod number;
pub mod options;
pub mod path;
pub mod printf;
pub mod regex;
pub mod shell;
pub mod test_expression;

#[cfg(target_os = "none")]
pub mod accounts;
#[cfg(target_os = "none")]
pub mod command;
#[cfg(target_os = "none")]
pub mod file_tests;
#[cfg(target_os = "none")]
pub mod files;
#[cfg(target_os = "none")]
pub mod kill;
#[cfg(target_os = "none")]
pub mod run;
