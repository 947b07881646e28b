// SPDX-License-Identifier: GPL-2.0-or-later
//! Single machine instructions (0.11: `include/asm/`).

#[cfg(target_os = "none")]
pub mod io;
#[cfg_attr(feature = "latency", path = "system/measured.rs")]
pub mod system;
