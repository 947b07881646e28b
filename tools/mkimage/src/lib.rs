// SPDX-License-Identifier: GPL-2.0-or-later
//! Makes, inspects, checks and edits the disk image.
//!
//! [`build`] puts an image together from a [`manifest`], the [`boot`] code,
//! the kernel ([`kernel_header`], [`packed`]) and the programs ([`a_out`]); [`floppy`] makes
//! one of 1.44 MB; [`image`] is one that is there already. Where things lie is
//! said in [`disk`]. The file systems are the `fs` crate's, reached through
//! [`root_fs`]; the checker of the `fsck` crate, [`dump`], [`map`] and [`drawing`]
//! look at their bytes on their own, as an [`UntrustedVolume`](fsck::UntrustedVolume).
//!
//! What is written on the host goes through [`output`], under the [`lock`]s of what is
//! there already; [`changes`] of an image wait in memory until then.
//!
//! Exit status of the command, which says the same in `mkimage --help`:
//!
//! | status | meaning |
//! |---|---|
//! | 0 | done; `fsck`: clean, or all repaired |
//! | 1 | failed, and nothing was changed, or something could not be read; the message names file and place |
//! | 2 | wrong command line |
//! | 4 | `fsck` found errors and did not, or could not, repair them |
#![forbid(unsafe_code)]

pub mod a_out;
pub mod backup;
pub mod boot;
pub mod build;
pub mod changes;
pub mod complaints;
pub mod convert;
pub mod disk;
pub mod drawing;
pub mod dump;
pub mod elf;
pub mod error;
pub mod floppy;
pub mod foreign;
pub mod geometry;
pub mod holes;
pub mod image;
pub mod image_path;
pub mod kernel_header;
pub mod lock;
pub mod manifest;
pub mod map;
pub mod mode;
pub mod output;
pub mod ownership;
pub mod packed;
pub mod progress;
pub mod root_fs;
#[cfg(test)]
mod sample;
pub mod tree;
pub mod usage;
