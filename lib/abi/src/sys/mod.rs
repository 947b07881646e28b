// SPDX-License-Identifier: GPL-2.0-or-later
//! System types and layouts (0.11: `include/sys/`).

pub mod dirent;
pub mod mount;
pub mod resource;
pub mod stat;
pub mod time;
pub mod timeb;
pub mod times;
pub mod types;
pub mod utsname;
pub mod wait;
