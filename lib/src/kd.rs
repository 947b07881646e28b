// SPDX-License-Identifier: GPL-2.0-or-later
//! `ioctl`s of the consoles and the keyboard, which 0.11 does not have.
//!
//! Those of consoles have the names and numbers of `linux/vt.h` since Linux
//! 0.98; those of the keyboard's layout are Eleven's own.

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
