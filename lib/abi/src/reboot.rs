// SPDX-License-Identifier: GPL-2.0-or-later
//! The words of the `reboot` call (Linux 0.97; 0.11 has no such call).
//!
//! Both magic numbers must be right, so that no stray call stops the machine.

/// First magic number.
pub const REBOOT_MAGIC1: u32 = 0xfee1_dead;
/// Second magic number.
pub const REBOOT_MAGIC2: u32 = 672_274_793;
/// Flag: restart the machine at once.
pub const REBOOT_RESTART: u32 = 0x0123_4567;
/// Flag: stop the machine, and switch it off where that is possible.
pub const REBOOT_HALT: u32 = 0xcdef_0123;
/// Flag: Ctrl-Alt-Del restarts the machine.
pub const REBOOT_CAD_ON: u32 = 0x89ab_cdef;
/// Flag: Ctrl-Alt-Del sends SIGINT to task 1.
pub const REBOOT_CAD_OFF: u32 = 0;
