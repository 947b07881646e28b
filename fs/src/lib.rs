// SPDX-License-Identifier: GPL-2.0-or-later
//! The buffer cache and the Minix v1 file system (0.11's `fs/`).
//!
//! The kernel, `mkimage` and the host tests run this very code. What it needs
//! of its surroundings is written down in [`platform`].
//!
//! ```text
//! open.rs read_write.rs stat.rs fcntl.rs ioctl.rs   system calls: a task and its descriptors
//! file_table.rs                                     open files
//! namei.rs                                          paths, directories
//! file_dev.rs block_dev.rs char_dev.rs pipe.rs      what an open file can be
//! inode.rs truncate.rs                              files without names
//! super.rs bitmap.rs                                mounted devices, free zones and inodes
//! buffer.rs                                         copies of disk blocks
//! platform.rs                                       the kernel, or the host
//! ```
//!
//! [`Fs`] has all of it. Handles ([`buffer::Buffer`], [`inode::Inode`],
//! [`file_table::File`]) are owned; dropping one is `brelse`, `iput`, `close`.
//!
//! # Locks
//!
//! Sleeping locks are taken in this order:
//!
//! 1. the mount lock (mount and umount);
//! 2. an open file's position;
//! 3. the tree lock, taken by whoever is going to lock two inodes (rename, rmdir);
//! 4. an inode. Path walks, open, link, unlink and reading and writing hold
//!    one at a time. With the tree lock held a second and third may be taken,
//!    in any order: nobody who holds an inode waits for one without it. (A new
//!    inode does not count: nobody else can wait for it.)
//! 5. the order lock (changes of metadata in buffers, and writing those);
//! 6. a buffer's I/O lock.
//!
//! An inode that is being read in is locked too, but its owner only waits for the
//! disk. The last owner of an inode without names locks it to free it; nobody else
//! can have it then.
//!
//! Spinning locks are taken inside these, for a few instructions, in the order task,
//! inode or file table, name cache, inode state or super block, contents of a buffer.
//! The lock of a pipe is taken behind the inode table's or alone, that of the buffer cache
//! while no other is held. No spinning lock is held over anything that may sleep, such as
//! dropping a handle.
//!
//! # Order of changes
//!
//! The machine may stop at any point, even in the middle of a write: `fsck` can
//! repair what is left, and nothing is lost that [`Fs::sys_sync`] had written and
//! that was not changed since. Both in memory and on the disk:
//!
//! * what a reference points to is made before the reference. A list of zones or a
//!   block of a directory is filled before an inode or a list names it. An inode is
//!   in its block before a directory entry names it, and an inode that grew is
//!   there before a directory refers to its new part;
//! * a reference is removed before what it pointed to is freed, and that is used
//!   again only when the disk no longer refers to it ([`bitmap`]);
//! * `rename` and `link` make the new entry before the old one can go.
//!
//! `buffer/write_back.rs` tells how buffers keep that order on their way to the
//! disk. A stop can leave zones and inodes without an owner; wrong link counts;
//! both names of a file that was being renamed; the old and the new file of a name
//! that was used again; a `..` that leads to the old parent of a directory that was
//! moved; names of new files in a new block of a directory, whose inodes are still
//! empty. It never leaves a zone with two owners, or a zone that is in use but
//! marked free.
#![forbid(unsafe_code)]
// The pages are read with --document-private-items too.
#![allow(rustdoc::private_intra_doc_links)]
#![cfg_attr(not(any(test, feature = "host")), no_std)]

pub mod bitmap;
pub mod block_dev;
pub mod buffer;
pub mod char_dev;
pub mod exec;
pub mod fcntl;
pub mod file_dev;
pub mod file_table;
#[cfg(any(test, feature = "host"))]
pub mod host;
pub mod inode;
pub mod ioctl;
mod known_paths;
pub mod layout;
mod list;
pub mod mkfs;
mod name_cache;
mod name_set;
pub mod namei;
pub mod open;
pub mod pipe;
pub mod platform;
pub mod read_write;
pub mod readdir;
pub mod select;
pub mod stat;
/// `super` is a keyword of Rust, so only the file has 0.11's name.
#[path = "super.rs"]
pub mod super_block;
pub mod task;
pub mod truncate;

pub use inode::{Executable, Inode};
pub use task::FsTask;

use abi::sys::types::Time;
use buffer::{BufferHead, DriverLocks, MOST_BUFFERS, Marks};
use file_table::FileTable;
use inode::InodeSlot;
use list::{Hand, Index};
use name_cache::NameCache;
use platform::Platform;
use super_block::SuperBlock;
use sync::{Lock, SleepLock, TaskCell, WaitQueue};

/// Inodes in memory (0.11: 32).
pub const NR_INODE: usize = 768;
// `sync_inodes` looks at 8 of them together.
const _: () = assert!(NR_INODE.is_multiple_of(8));
/// The last free inodes in memory are for the super-user.
pub const RESERVED_INODES: u32 = 32;
/// Mounted file systems (0.11: 8).
pub const NR_SUPER: usize = 8;
/// Open files (0.11: 64).
pub const NR_FILE: usize = 704;
/// The last free files are for the super-user.
pub const RESERVED_FILES: u32 = 32;

/// The tables of the file system, without the buffers.
pub struct Tables {
    /// Finds buffers: the cache lock.
    buffers: Lock<buffer::Cache>,
    /// The buffer at which the search for one for another block begins. Guarded likewise.
    buffer_hand: Hand,
    /// Waits for a buffer to become unused (0.11: `buffer_wait`).
    buffer_wait: WaitQueue,
    /// Buffers that are changed or being written.
    marks: Marks,
    /// Held while the order of writes matters.
    order_locks: DriverLocks,
    /// Finds inodes: the inode table's lock.
    inodes: Lock<inode::Table>,
    inode_slots: [InodeSlot; NR_INODE],
    /// How many of them have handles. Guarded by the inode table's lock.
    used_inodes: TaskCell<u32>,
    /// The slot at which the next inode looks for room. Guarded likewise.
    inode_hand: Hand,
    /// The newest number of a program's contents.
    last_text: TaskCell<u32>,
    /// Numbers up to this one count no longer: a whole device was written.
    old_text: TaskCell<u32>,
    /// Names that were found lately.
    names: Lock<NameCache>,
    supers: [SuperBlock; NR_SUPER],
    files: FileTable,
    mount_lock: SleepLock,
    tree_locks: DriverLocks,
}

impl Tables {
    /// Empty tables.
    pub const fn new() -> Tables {
        Tables {
            buffers: Lock::new(Index::new()),
            buffer_hand: Hand::new(),
            buffer_wait: WaitQueue::new(),
            marks: Marks::new(),
            order_locks: DriverLocks::new(),
            inodes: Lock::new(Index::new()),
            inode_slots: [const { InodeSlot::new() }; NR_INODE],
            used_inodes: TaskCell::new(0),
            inode_hand: Hand::new(),
            last_text: TaskCell::new(0),
            old_text: TaskCell::new(0),
            names: Lock::new(NameCache::new()),
            supers: [const { SuperBlock::new() }; NR_SUPER],
            files: FileTable::new(),
            mount_lock: SleepLock::new(),
            tree_locks: DriverLocks::new(),
        }
    }
}

impl Default for Tables {
    fn default() -> Self {
        Self::new()
    }
}

/// The file system: its surroundings, its buffers and its tables.
pub struct Fs<'m> {
    platform: &'m dyn Platform<'m>,
    buffers: &'m [BufferHead],
    tables: &'m Tables,
}

impl<'m> Fs<'m> {
    /// Connects the parts and makes the tables ready (0.11: `buffer_init`). This is done
    /// once for each `tables`.
    ///
    /// `buffers[n]` must be `BufferHead::new(n, _)`. An operation holds up to
    /// half a dozen buffers at a time and a mounted device up to sixteen for
    /// its bitmaps, so there should be a hundred or more. Those behind the first
    /// 16384 are not used.
    pub fn new(
        platform: &'m dyn Platform<'m>,
        buffers: &'m [BufferHead],
        tables: &'m Tables,
    ) -> Fs<'m> {
        let fs = Fs::join(platform, buffers, tables);
        tables.buffers.lock().clear();
        fs.inode_init();
        tables.files.init();
        fs
    }

    /// Makes an `Fs` of parts that [`Fs::new`] has connected before.
    pub(crate) const fn join(
        platform: &'m dyn Platform<'m>,
        buffers: &'m [BufferHead],
        tables: &'m Tables,
    ) -> Fs<'m> {
        let is_few = buffers.len() <= MOST_BUFFERS;
        let used = if is_few { buffers.len() } else { MOST_BUFFERS };
        Fs {
            platform,
            buffers: buffers.split_at(used).0,
            tables,
        }
    }

    /// The surroundings.
    pub fn platform(&self) -> &'m dyn Platform<'m> {
        self.platform
    }

    /// Seconds since 1970 (0.11: `CURRENT_TIME`).
    fn current_time(&self) -> Time {
        self.platform.current_time()
    }
}

/// Prints a message of the file system.
macro_rules! printk {
    ($fs:expr, $($argument:tt)*) => {
        $fs.platform.printk(format_args!($($argument)*))
    };
}
pub(crate) use printk;
