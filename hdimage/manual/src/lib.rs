// SPDX-License-Identifier: GPL-2.0-or-later
//! Tests of the pages of the manual: `cargo test -p manual --lib`.
#![cfg_attr(not(test), no_std)]

#[cfg(test)]
mod pages;
#[cfg(test)]
mod tests;
