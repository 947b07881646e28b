// SPDX-License-Identifier: GPL-2.0-or-later
//! Makes, inspects, checks and edits the disk image.
//!
//! [`build`] puts an image together from a [`manifest`], the [`boot`] code,
//! the kernel ([`kernel_header`]) and the programs ([`a_out`]); [`image`] is one
//! that is there already. Where things lie is said in [`disk`]. The file systems are the `fs` crate's, reached through
//! [`root_fs`]; only [`fsck`] looks at them on its own.
#![forbid(unsafe_code)]

pub mod a_out;
pub mod boot;
pub mod build;
pub mod disk;
pub mod elf;
pub mod error;
pub mod fsck;
pub mod image;
pub mod image_path;
pub mod kernel_header;
pub mod manifest;
pub mod output;
pub mod root_fs;
pub mod tree;
pub mod usage;
pub mod volume;
