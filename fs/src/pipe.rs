// SPDX-License-Identifier: GPL-2.0-or-later
//! Pipes (0.11: `fs/pipe.c`).
//!
//! A pipe is an inode without a device, and a page that is used as a ring buffer.
//! Both ends are open files of that inode; closing one wakes the tasks that wait at
//! the other. (0.11 had the page's address in `i_size` and the two positions in
//! `i_zone`.)

use crate::file_table::File;
use crate::platform::{Condition, OpenDevice, Platform, UserBuffer};
use crate::{Fs, FsTask};
use abi::fcntl::{O_ACCMODE, O_NONBLOCK, O_RDONLY, O_WRONLY};
use abi::limits::PIPE_BUF;
use abi::sys::stat::S_IFIFO;
use abi::{Errno, Result};
use mm::{PAGE_SIZE, Page};
use sync::{Lock, WaitQueue};

/// The part of an inode that is used if it is a pipe.
pub(crate) struct Pipe {
    state: Lock<PipeState>,
    /// Readers wait for bytes, writers for room (0.11: `i_wait`).
    queue: WaitQueue,
}

struct PipeState {
    /// Its page, while an end is open.
    page: Option<Page>,
    /// How many bytes have been read, counted on for ever. In the page, the oldest byte
    /// is at this offset.
    tail: usize,
    /// How many bytes wait to be read.
    length: usize,
    /// The open files of each end.
    readers: u32,
    writers: u32,
    /// How often each end of a named pipe was opened: for reading, for writing.
    opens: [u32; 2],
}

/// How many readers and writers a file with these flags is.
fn ends(flags: u32) -> (u32, u32) {
    match flags & O_ACCMODE {
        O_RDONLY => (1, 0),
        O_WRONLY => (0, 1),
        _ => (1, 1),
    }
}

/// How many bytes of `count` are written where there is room for less.
#[cold]
#[inline(never)]
fn piece(count: usize, room: usize) -> usize {
    if count <= PIPE_BUF { 0 } else { room }
}

impl PipeState {
    fn room(&self) -> usize {
        PAGE_SIZE - self.length
    }

    /// Moves `count` bytes to `buffer`, which was prepared for them, if there are as
    /// many.
    #[inline(always)]
    fn read(&mut self, count: usize, buffer: &mut impl UserBuffer) -> bool {
        match &self.page {
            Some(page) if self.length >= count => {
                let start = self.tail % PAGE_SIZE;
                self.length -= count;
                self.tail = self.tail.wrapping_add(count);
                if count <= PAGE_SIZE - start {
                    buffer.put(&page[start..start + count]);
                } else {
                    let (front, back) = page.split_at(start);
                    buffer.put(back);
                    buffer.put(&front[..count - back.len()]);
                }
                true
            }
            _ => false,
        }
    }

    /// Moves `count` bytes from `buffer`, which was prepared for them, or fewer if there
    /// is no room; see [`piece`]. Returns how many, or `None` if nobody can read them.
    #[inline(always)]
    fn write(&mut self, count: usize, buffer: &mut impl UserBuffer) -> Option<usize> {
        if self.readers == 0 {
            return None;
        }
        let room = self.room();
        let count = if room >= count {
            count
        } else {
            piece(count, room)
        };
        let page = self.page.as_mut()?;
        let start = self.tail.wrapping_add(self.length) % PAGE_SIZE;
        self.length += count;
        if count <= PAGE_SIZE - start {
            buffer.get(&mut page[start..start + count]);
        } else {
            let (front, back) = page.split_at_mut(start);
            buffer.get(back);
            buffer.get(&mut front[..count - back.len()]);
        }
        Some(count)
    }
}

impl Pipe {
    pub(crate) const fn new() -> Pipe {
        Pipe {
            state: Lock::new(PipeState {
                page: None,
                tail: 0,
                length: 0,
                readers: 0,
                writers: 0,
                opens: [0; 2],
            }),
            queue: WaitQueue::new(),
        }
    }

    /// Bytes that wait to be read.
    pub(crate) fn length(&self) -> usize {
        self.state.lock().length
    }

    /// Whether reading or writing would not wait; only a write of more bytes than
    /// there is room for may. A closed end is an exceptional condition.
    pub(crate) fn is_ready(&self, condition: Condition) -> bool {
        let state = self.state.lock();
        match condition {
            Condition::Readable => state.length != 0 || state.writers == 0,
            Condition::Writable => state.room() != 0 || state.readers == 0,
            Condition::Exceptional => state.readers == 0 || state.writers == 0,
        }
    }

    /// The tasks that wait for it to change.
    pub(crate) fn queue(&self) -> &WaitQueue {
        &self.queue
    }

    /// Opens an end, or with O_RDWR both, of a named pipe, and waits until the
    /// other is open too. With O_NONBLOCK a reader does not wait, and a writer
    /// without a reader gets `ENXIO`. (0.11 opens no named pipes.)
    pub(crate) fn open(&self, platform: &dyn Platform<'_>, flags: u32) -> Result<()> {
        let (reads, writes) = ends(flags);
        let mut spare = Some(mm::memory::get_free_page().ok_or(Errno::ENOMEM)?);
        let mut state = self.state.lock();
        if flags & (O_ACCMODE | O_NONBLOCK) == O_WRONLY | O_NONBLOCK && state.readers == 0 {
            return Err(Errno::ENXIO);
        }
        if state.page.is_none() {
            state.page = spare.take();
            (state.tail, state.length) = (0, 0);
        }
        state.readers += reads;
        state.writers += writes;
        for (opens, more) in state.opens.iter_mut().zip([reads, writes]) {
            *opens = opens.wrapping_add(more);
        }
        let opens = state.opens;
        drop(state);
        drop(spare);
        platform.wake_up(&self.queue);
        let is_alone = || {
            let state = self.state.lock();
            // The task that opened the other end may have closed it again.
            (state.readers == 0 && state.opens[0] == opens[0])
                || (state.writers == 0 && state.opens[1] == opens[1])
        };
        while flags & O_NONBLOCK == 0 && is_alone() {
            platform
                .interruptible_sleep_on(&self.queue)
                .inspect_err(|_| self.close(platform, flags))?;
        }
        Ok(())
    }

    /// Closes an end; `flags` are those of its file.
    pub(crate) fn close(&self, platform: &dyn Platform<'_>, flags: u32) {
        let (reads, writes) = ends(flags);
        let mut state = self.state.lock();
        state.readers = state.readers.saturating_sub(reads);
        state.writers = state.writers.saturating_sub(writes);
        let page = if state.readers == 0 && state.writers == 0 {
            state.page.take()
        } else {
            None
        };
        drop(state);
        drop(page);
        platform.wake_up(&self.queue);
    }

    #[inline(always)]
    fn wake_up(&self, file: &File<'_>) {
        if !self.queue.is_empty() {
            file.fs.platform.wake_up(&self.queue);
        }
    }

    /// Sleeps until the pipe has changed, on behalf of a call that cannot go on. `EAGAIN`
    /// with O_NONBLOCK, `EINTR` if a signal comes.
    #[inline(always)]
    fn sleep(&self, file: &File<'_>) -> Result<()> {
        if file.flags() & O_NONBLOCK != 0 {
            return Err(Errno::EAGAIN);
        }
        file.fs.platform.interruptible_sleep_on(&self.queue)
    }

    /// Reads what is in the pipe: at least one byte, unless nobody can write any
    /// more (0.11: `read_pipe`, which waited for all bytes).
    #[inline(never)]
    pub(crate) fn read(&self, file: &File<'_>, buffer: &mut impl UserBuffer) -> Result<()> {
        loop {
            let look = |state: &mut PipeState| (state.length, state.writers);
            let (length, writers) = self.state.with(look);
            if length != 0 {
                let count = buffer.remaining().min(length);
                buffer.prepare(count)?;
                // Another reader may have been faster.
                if self.state.with(|state| state.read(count, buffer)) {
                    self.wake_up(file);
                    return Ok(());
                }
            } else if writers == 0 {
                return Ok(());
            } else {
                self.sleep(file)?;
            }
        }
    }

    /// Writes all bytes, of which there is at least one, and waits for room (0.11:
    /// `write_pipe`). Up to `PIPE_BUF` bytes are not mixed with those of other writers.
    /// `EPIPE` if nobody reads. The buffer stays prepared over a sleep, since nobody but
    /// the task itself takes pages from it.
    #[inline(never)]
    pub(crate) fn write(&self, file: &File<'_>, buffer: &mut impl UserBuffer) -> Result<()> {
        loop {
            let count = buffer.remaining().min(PAGE_SIZE);
            buffer.prepare(count)?;
            loop {
                match self.state.with(|state| state.write(count, buffer)) {
                    None => {
                        file.fs.platform.broken_pipe();
                        return Err(Errno::EPIPE);
                    }
                    Some(0) => self.sleep(file)?,
                    Some(_) => break,
                }
            }
            self.wake_up(file);
            if buffer.remaining() == 0 {
                return Ok(());
            }
        }
    }
}

impl<'fs> Fs<'fs> {
    /// Makes a pipe; the descriptors of its reading and its writing end. `ENOMEM`
    /// if there is no page for it.
    pub fn sys_pipe(&'fs self, task: &FsTask<'fs>) -> Result<[u32; 2]> {
        let inode = self.get_pipe_inode()?;
        let page = mm::memory::get_free_page().ok_or(Errno::ENOMEM)?;
        let now = self.current_time();
        {
            let mut state = inode.state();
            state.disk.mode = S_IFIFO | 0o600;
            state.disk.nlinks = 1;
            state.disk.uid = task.euid.get() as u16;
            // A group that is too large for the field is cut, as 0.11's gid_t cuts
            // the result of getegid. This gives nobody rights, since a pipe has no
            // name to open it by.
            state.disk.gid = task.egid.get() as u8;
            state.disk.time = now;
            (state.atime, state.ctime) = (now, now);
        }
        let reader = self.new_file(inode.clone(), S_IFIFO, O_RDONLY, OpenDevice::NONE)?;
        let writer = self.new_file(inode.clone(), S_IFIFO, O_WRONLY, OpenDevice::NONE)?;
        *inode.pipe().state.lock() = PipeState {
            page: Some(page),
            tail: 0,
            length: 0,
            readers: 1,
            writers: 1,
            opens: [0; 2],
        };
        let read_fd = task.install(reader, 0)?;
        let write_fd = task
            .install(writer, 0)
            .inspect_err(|_| drop(task.take_file(read_fd)))?;
        Ok([read_fd, write_fd])
    }
}
