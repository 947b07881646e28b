// SPDX-License-Identifier: GPL-2.0-or-later
//! Single machine instructions of the kernel (0.11: `include/asm/`).
//!
//! [`io`] reads and writes ports, [`system`] masks interrupts. The instructions
//! that load descriptor tables and switch tasks are in the kernel, beside what they
//! load.
#![no_std]

#[cfg(target_os = "none")]
pub mod io;
#[cfg_attr(feature = "latency", path = "system/measured.rs")]
pub mod system;
