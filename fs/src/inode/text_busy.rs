// SPDX-License-Identifier: GPL-2.0-or-later
//! A file is either written to or run, never both at once (0.11 does not check
//! this; later systems return `ETXTBSY`).
//!
//! A program's pages are loaded when they are needed, and tasks that run the same
//! file share them. A write in between would mix the old and the new program. To
//! open a regular file for writing, or to cut it, call [`Inode::begin_writing`] and
//! at the end [`Inode::end_writing`]; to run it, keep an [`Executable`].

use super::Inode;
use abi::{Errno, Result};
use core::ops::Deref;
use core::sync::atomic::Ordering::Relaxed;

/// A handle on an inode that is run. While there is one, nobody can write to the
/// file.
#[derive(PartialEq)]
pub struct Executable<'fs>(Inode<'fs>);

impl<'fs> Executable<'fs> {
    /// `ETXTBSY` if it is open for writing.
    pub(crate) fn new(inode: Inode<'fs>) -> Result<Executable<'fs>> {
        inode.count_user(-1)?;
        let (tables, text) = (&inode.fs.tables, &inode.slot.text);
        if text.get() <= tables.old_text.get() {
            tables.last_text.add(1);
            text.copy_from(&tables.last_text);
        }
        Ok(Executable(inode))
    }

    /// The number by which `mm` knows what it contains.
    pub fn text(&self) -> u32 {
        self.0.slot.text.get()
    }
}

impl<'fs> Deref for Executable<'fs> {
    type Target = Inode<'fs>;
    fn deref(&self) -> &Inode<'fs> {
        &self.0
    }
}

impl Clone for Executable<'_> {
    fn clone(&self) -> Self {
        self.0.slot.writers.fetch_sub(1, Relaxed);
        Executable(self.0.clone())
    }
}

impl Drop for Executable<'_> {
    fn drop(&mut self) {
        self.0.slot.writers.fetch_add(1, Relaxed);
    }
}

impl Inode<'_> {
    /// Counts a writer. `ETXTBSY` while the file is run.
    pub(crate) fn begin_writing(&self) -> Result<()> {
        self.count_user(1)?;
        self.slot.text.set(0);
        Ok(())
    }

    /// Counts a writer (`step` is 1) or a task that runs it (-1). `ETXTBSY` if there is
    /// one of the other kind.
    fn count_user(&self, step: i32) -> Result<()> {
        let one_more = |users: i32| (users * step >= 0).then_some(users + step);
        let counted = self.slot.writers.fetch_update(Relaxed, Relaxed, one_more);
        counted.map(drop).map_err(|_| Errno::ETXTBSY)
    }

    /// Undoes [`Inode::begin_writing`].
    pub(crate) fn end_writing(&self) {
        self.slot.writers.fetch_sub(1, Relaxed);
    }
}
