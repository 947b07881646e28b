// SPDX-License-Identifier: GPL-2.0-or-later
//! `ioctl`s of the consoles and the keyboard, which 0.11 does not have.
//!
//! The ioctls of consoles have the names and numbers of `linux/vt.h` since Linux
//! 0.98; those of the keyboard's layout are Eleven's own.

use crate::abi_struct;

/// Tells the [`VtStat`].
pub const VT_GETSTATE: u32 = 0x5603;
/// Brings a console to the front: 1 is the first.
pub const VT_ACTIVATE: u32 = 0x5606;
/// Waits until a console is in front.
pub const VT_WAITACTIVE: u32 = 0x5607;

/// Tells the keyboard's layout, an index of [`LAYOUTS`].
pub const KDGKBLAYOUT: u32 = 0x4B80;
/// Sets the keyboard's layout.
pub const KDSKBLAYOUT: u32 = 0x4B81;

/// The layouts of the keyboard: of the United States, Germany, France, Finland.
pub const LAYOUTS: [&str; 4] = ["us", "de", "fr", "fi"];

abi_struct! {
    /// The consoles (`struct vt_stat` of `linux/vt.h`).
    pub struct VtStat, 6 bytes {
        /// The one in front: 1 is the first.
        0 => v_active: u16,
        /// Always 0.
        2 => v_signal: u16,
        /// Bit `n` for each console `n` that there is, and bit 0.
        4 => v_state: u16,
    }
}
