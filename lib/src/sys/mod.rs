// SPDX-License-Identifier: GPL-2.0-or-later
//! System types and layouts (0.11: `include/sys/`).

pub mod types;
