// SPDX-License-Identifier: GPL-2.0-or-later
//! The file system that the kernel runs.
//!
//! System calls, page faults and drivers get it from here by [`file_system`]. What the file
//! system itself needs of scheduler and drivers is in `platform.rs`, which is above
//! all of them; `main` passes it in.
#![deny(unsafe_code)]

use fs::buffer::BufferHead;
use fs::platform::Platform;
use fs::{Fs, Tables};
use spin::Once;

static TABLES: Tables = Tables::new();
static FS: Once<Fs<'static>> = Once::new();

/// Starts the file system on this platform, with this memory for buffers (0.11:
/// `buffer_init`).
pub fn fs_init(platform: &'static dyn Platform<'static>, buffers: &'static [BufferHead]) {
    FS.call_once(|| Fs::new(platform, buffers, &TABLES));
}

/// The file system.
#[inline(always)]
pub fn file_system() -> &'static Fs<'static> {
    FS.get()
        .expect("fs_init comes before every user of the file system")
}
