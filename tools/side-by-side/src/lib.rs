// SPDX-License-Identifier: GPL-2.0-or-later
//! From Linux 0.11 to Eleven: what became of each of its symbols and macros.
//!
//! Two kinds of data are in `docs/`: what 0.11 has ([`facts`], never edited)
//! and what became of it here ([`map`], written by hand). From them come
//!
//! * [`check`]: the map is whole, and names only what exists;
//! * [`guide`]: `docs/map.md`, to read;
//! * [`pages`] and [`show`]: 0.11's source and ours, side by side, for who has 0.11's
//!   source ([`original`]). None of it is part of this project.
//!
//! ```text
//! facts.rs      the files and symbols of 0.11
//! map.rs        the map as written
//! project.rs    facts, map and our sources together
//!   rust.rs       the items of a Rust file
//!   assembly.rs   the labels of an assembly file
//!   values.rs     the number that a constant is
//! check.rs      what is wrong with the map
//! guide.rs      the page that is made of it
//! excerpts.rs   items of ours as lines to show
//! original.rs   0.11's sources: a folder, an archive or a disk
//! segments.rs   a source of 0.11, cut at its symbols
//! show.rs       both sources side by side, in a terminal
//! pages.rs      both sources side by side, in HTML
//!   highlight.rs  their colours
//!   links.rs      what their words mean
//!   reader.js     search and keys
//! ```

pub mod assembly;
pub mod check;
pub mod error;
pub mod excerpts;
pub mod facts;
pub mod guide;
pub mod highlight;
pub mod links;
pub mod map;
pub mod original;
pub mod pages;
pub mod project;
pub mod rust;
pub mod segments;
pub mod show;
pub mod values;
