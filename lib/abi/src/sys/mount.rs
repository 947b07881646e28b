// SPDX-License-Identifier: GPL-2.0-or-later
//! The flags of the `mount` call (Linux 0.99; 0.11 takes 0 and 1).

/// For reading only.
pub const MS_RDONLY: u32 = 1;
/// What is mounted on the directory changes between reading only and writing. The
/// device is not looked at.
pub const MS_REMOUNT: u32 = 32;
