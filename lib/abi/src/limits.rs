// SPDX-License-Identifier: GPL-2.0-or-later
//! Limits that programs may rely on (0.11: `include/limits.h`, and the constants of
//! `include/linux/fs.h` and `sched.h` that matter to programs).

/// Ticks a second (0.11: `HZ`).
pub const HZ: u32 = 100;
/// Processes at once (0.11: `NR_TASKS`).
pub const NR_TASKS: usize = 64;
/// Files a process may have open (0.11: `NR_OPEN`).
pub const NR_OPEN: usize = 20;
/// Bytes of a file name; it need not end with a NUL (0.11: `NAME_LEN`).
pub const NAME_MAX: usize = 14;
/// Bytes of a path, its closing NUL included.
pub const PATH_MAX: usize = 1024;
/// Names a file may have; Minix v1 keeps the number in one byte.
pub const LINK_MAX: u8 = 250;
/// Bytes that a pipe takes in one piece (its page, less the byte that tells
/// full from empty).
pub const PIPE_BUF: usize = 4095;
/// Supplementary groups of a process.
pub const NGROUPS_MAX: usize = 32;

/// Bytes of a page.
pub const PAGE_SIZE: u32 = 4096;
/// Pages for the arguments and environment of a program
/// (0.11: `MAX_ARG_PAGES`).
pub const MAX_ARG_PAGES: usize = 32;
/// Bytes for the arguments and environment of a program.
pub const ARG_MAX: usize = MAX_ARG_PAGES * PAGE_SIZE as usize;
