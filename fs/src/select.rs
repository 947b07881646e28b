// SPDX-License-Identifier: GPL-2.0-or-later
//! Waiting for several files at once (0.12: `fs/select.c`; 0.11 has none).
//!
//! Each [`Condition`] has a set of descriptors: bit `n` of a word is
//! descriptor `n`. A caller whose files are all not ready sleeps in the wait
//! queue of each of them at once, and looks again when one of them wakes it.

use crate::file_table::{Borrowed, File};
use crate::platform::Condition;
use crate::{Fs, FsTask};
use abi::Result;
use abi::limits::NR_OPEN;
use abi::sys::stat::{S_IFCHR, S_IFIFO};
use sync::WaitQueue;

/// A set of descriptors for each condition: readable, writable, exceptional.
pub type Sets = [u32; 3];

/// The files of the descriptors that are in a set.
type Files<'a, 'fs> = [Option<Borrowed<'a, File<'fs>>>; NR_OPEN];

const CONDITIONS: [Condition; 3] = [
    Condition::Readable,
    Condition::Writable,
    Condition::Exceptional,
];

impl<'fs> File<'fs> {
    /// Whether it is ready (0.12: `check_in`, `check_out`, `check_ex`).
    /// Regular files and block devices always are.
    fn is_ready(&self, condition: Condition) -> bool {
        match self.file_type() {
            S_IFIFO => self.inode().pipe().is_ready(condition),
            S_IFCHR => self.fs.platform.is_ready(self.open_device(), condition),
            _ => condition != Condition::Exceptional,
        }
    }

    /// The queue that is woken when that may have changed; `None` if it never
    /// does.
    fn queue(&self, condition: Condition) -> Option<&'fs WaitQueue> {
        match self.file_type() {
            S_IFIFO => Some(self.inode().pipe().queue()),
            S_IFCHR => self.fs.platform.queue(self.open_device(), condition),
            _ => None,
        }
    }
}

impl<'fs> Fs<'fs> {
    /// Waits until one of the descriptors in `wanted` is ready, or until `ticks`
    /// clock ticks have passed, unless that is `None`. Returns which descriptors
    /// are ready: none if the time is over.
    ///
    /// # Errors
    /// `EBADF` if one of them is not open; `EINTR` if a signal came first.
    pub fn sys_select(
        &'fs self,
        task: &FsTask<'fs>,
        wanted: Sets,
        ticks: Option<u32>,
    ) -> Result<Sets> {
        let mut files = [const { None }; NR_OPEN];
        let any = wanted[0] | wanted[1] | wanted[2];
        for fd in (0..u32::BITS).filter(|fd| any & 1 << fd != 0) {
            let file = task.file(fd)?;
            files[fd as usize] = Some(file);
        }
        let mut ready = ready_of(&files, wanted);
        if ready != [0; 3] || ticks == Some(0) {
            return Ok(ready);
        }
        let nobody = WaitQueue::new();
        let mut queues = [&nobody; 3 * NR_OPEN];
        let mut count = 0;
        for_each(&files, wanted, |file, _, index| {
            if let Some(queue) = file.queue(CONDITIONS[index]) {
                queues[count] = queue;
                count += 1;
            }
        });
        self.platform
            .sleep_on_any(&queues[..count], ticks, &mut || {
                ready = ready_of(&files, wanted);
                ready == [0; 3]
            })?;
        Ok(ready)
    }
}

/// Which descriptors are ready for the condition that they are wanted for.
fn ready_of(files: &Files<'_, '_>, wanted: Sets) -> Sets {
    let mut ready = [0; 3];
    for_each(files, wanted, |file, bit, index| {
        if file.is_ready(CONDITIONS[index]) {
            ready[index] |= bit;
        }
    });
    ready
}

/// Calls `visit` with each file, the bit of its descriptor, and the index of
/// each condition that it is wanted for.
fn for_each<'a, 'fs>(
    files: &'a Files<'_, 'fs>,
    wanted: Sets,
    mut visit: impl FnMut(&'a File<'fs>, u32, usize),
) {
    for (fd, file) in files.iter().enumerate() {
        let Some(file) = file else { continue };
        for (index, set) in wanted.iter().enumerate() {
            if set & 1 << fd != 0 {
                visit(file, 1 << fd, index);
            }
        }
    }
}
