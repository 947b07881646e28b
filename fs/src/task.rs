// SPDX-License-Identifier: GPL-2.0-or-later
//! The file system's part of a process (0.11: the file part of `struct
//! task_struct`).
//!
//! The kernel's task contains an [`FsTask`]; the host makes as many as it needs.
//! Every system call gets the caller's as a parameter.
//!
//! `fork` calls [`FsTask::copy_from`] on one that is new or cleared, `execve`
//! calls [`FsTask::close_on_exec`], and `exit` calls [`FsTask::clear`].

use crate::file_table::{Borrowed, File};
use crate::inode::Inode;
use abi::limits::{NGROUPS_MAX, NR_OPEN};
use abi::sys::stat::S_IFMT;
use abi::{Errno, Result};
use sync::{Lock, TaskCell};

sync::process_struct! {
    /// The file system's part of a process. At first it is the super-user's, with
    /// umask 022, without directories and open files.
    pub struct FsTask<'fs> {
        inherited {
            /// The user who started it.
            pub uid: TaskCell<u32> = TaskCell::new(0),
            /// The user whose rights it has.
            pub euid: TaskCell<u32> = TaskCell::new(0),
            /// The group that started it.
            pub gid: TaskCell<u32> = TaskCell::new(0),
            /// The group whose rights it has.
            pub egid: TaskCell<u32> = TaskCell::new(0),
            /// Permissions that new files do not get.
            pub umask: TaskCell<u32> = TaskCell::new(0o022),
            /// No file may grow beyond this many bytes (RLIMIT_FSIZE).
            pub file_size_limit: TaskCell<u32> = TaskCell::new(u32::MAX),
            /// No new descriptor is this or above it (RLIMIT_NOFILE).
            pub open_limit: TaskCell<u32> = TaskCell::new(NR_OPEN as u32),
            /// Further groups whose rights it has.
            groups: Groups = Groups::new(),
            directories: Lock<Directories<'fs>> = Lock::new(Directories::NONE),
            /// A child shares the open files.
            files: Lock<Files<'fs>> = Lock::new(Files::NONE),
        }
    }
}

struct Groups {
    /// How many of the list count; in most processes none.
    count: TaskCell<u32>,
    list: Lock<[u16; NGROUPS_MAX]>,
}

impl Groups {
    const fn new() -> Self {
        Groups {
            count: TaskCell::new(0),
            list: Lock::new([0; NGROUPS_MAX]),
        }
    }

    /// Takes over another process's groups (`fork`).
    fn copy_from(&self, other: &Groups) {
        self.count.copy_from(&other.count);
        if self.count.get() != 0 {
            self.list.copy_from(&other.list);
        }
    }
}

#[derive(Clone)]
struct Directories<'fs> {
    root: Option<Inode<'fs>>,
    pwd: Option<Inode<'fs>>,
}

impl Directories<'_> {
    const NONE: Self = Directories {
        root: None,
        pwd: None,
    };
}

struct Files<'fs> {
    filp: [Option<File<'fs>>; NR_OPEN],
    /// Bit `n`: descriptor `n` is open.
    open: u32,
    /// Bit `n`: descriptor `n` is closed by `execve`.
    close_on_exec: u32,
}

impl<'fs> Files<'fs> {
    const NONE: Self = Files {
        filp: [const { None }; NR_OPEN],
        open: 0,
        close_on_exec: 0,
    };

    /// The lowest free descriptor from `from` up and below `limit`; `EMFILE` if there is
    /// none.
    fn free(&self, from: u32, limit: u32) -> Result<u32> {
        let above = u32::MAX.checked_shl(from).unwrap_or(0);
        match (!self.open & above).trailing_zeros() {
            fd if fd < limit.min(NR_OPEN as u32) => Ok(fd),
            _ => Err(Errno::EMFILE),
        }
    }

    /// Gives a file a descriptor, which is not closed by `execve`. Returns the file that
    /// had it.
    fn put(&mut self, fd: u32, file: File<'fs>) -> Option<File<'fs>> {
        self.open |= 1 << fd;
        self.close_on_exec &= !(1 << fd);
        self.filp[fd as usize].replace(file)
    }

    /// Takes the file of a descriptor.
    fn take(&mut self, fd: u32) -> Option<File<'fs>> {
        let file = self.filp.get_mut(fd as usize)?.take()?;
        self.open &= !(1 << fd);
        Some(file)
    }
}

impl Clone for Files<'_> {
    fn clone(&self) -> Self {
        let mut copy = Files::NONE;
        copy.clone_from(self);
        copy
    }

    fn clone_from(&mut self, other: &Self) {
        for fd in bits(self.open | other.open) {
            self.filp[fd].clone_from(&other.filp[fd]);
        }
        (self.open, self.close_on_exec) = (other.open, other.close_on_exec);
    }
}

/// The numbers of the bits that are set, from the lowest up.
fn bits(mut mask: u32) -> impl Iterator<Item = usize> {
    core::iter::from_fn(move || {
        let bit = (mask != 0).then(|| mask.trailing_zeros() as usize);
        mask &= mask.wrapping_sub(1);
        bit
    })
}

impl<'fs> FsTask<'fs> {
    /// Closes everything and gives up the directories (`exit`). May sleep.
    pub fn clear(&self) {
        self.close_all();
        let old = core::mem::replace(&mut *self.directories.lock(), Directories::NONE);
        drop(old);
    }

    /// Closes all descriptors. May sleep.
    pub fn close_all(&self) {
        self.close_where(u32::MAX);
    }

    /// Closes the descriptors that `execve` has to close. May sleep.
    pub fn close_on_exec(&self) {
        let marked = self.files.lock().close_on_exec;
        self.close_where(marked);
    }

    fn close_where(&self, mask: u32) {
        let open = self.files.lock().open;
        for fd in bits(open & mask) {
            // Nobody else closes it meanwhile.
            let _ = self.take_file(fd as u32);
        }
    }

    /// Whether it may do everything (0.11: `suser`).
    #[inline(always)]
    pub fn is_superuser(&self) -> bool {
        self.euid.get() == 0
    }

    /// Whether it may take the last free tasks, files, inodes and pages. The real
    /// user id counts: a set-user-id program, which anybody can start many times,
    /// must not take them.
    pub fn may_use_reserve(&self) -> bool {
        self.uid.get() == 0
    }

    /// Copies its supplementary groups to `list` and tells how many there are.
    pub fn supplementary_groups(&self, list: &mut [u16; NGROUPS_MAX]) -> usize {
        *list = *self.groups.list.lock();
        self.groups.count.get() as usize
    }

    /// Sets the supplementary groups. `EINVAL` for more than there can be.
    pub fn set_supplementary_groups(&self, list: &[u16]) -> Result<()> {
        let mut groups = self.groups.list.lock();
        let room = groups.get_mut(..list.len());
        room.ok_or(Errno::EINVAL)?.copy_from_slice(list);
        self.groups.count.set(list.len() as u32);
        Ok(())
    }

    /// The group of files that it makes, if that fits on the disk: a task has 16
    /// bits for its group, an inode 8.
    pub(crate) fn disk_group(&self) -> Option<u8> {
        u8::try_from(self.egid.get()).ok()
    }

    /// Whether `gid` is one of the supplementary groups. Most have none.
    pub(crate) fn is_in_group(&self, gid: u16) -> bool {
        let count = self.groups.count.get() as usize;
        count != 0 && self.groups.list.lock()[..count.min(NGROUPS_MAX)].contains(&gid)
    }

    /// The directory where its absolute paths begin.
    pub fn root(&self) -> Result<Inode<'fs>> {
        self.directories.lock().root.clone().ok_or(Errno::ENOENT)
    }

    /// The directory where its relative paths begin.
    pub fn pwd(&self) -> Result<Inode<'fs>> {
        self.directories.lock().pwd.clone().ok_or(Errno::ENOENT)
    }

    /// The directory where absolute or relative paths begin. It stays as long as the
    /// caller, who is this task, works on it.
    #[inline(always)]
    pub(crate) fn directory(&self, is_absolute: bool) -> Result<Borrowed<'_, Inode<'fs>>> {
        self.directories.with(|Directories { root, pwd }| {
            let directory = if is_absolute { root } else { pwd }.as_ref();
            (directory.map(|it| Borrowed::new(it.same()))).ok_or(Errno::ENOENT)
        })
    }

    /// Whether absolute paths begin at `inode`.
    pub(crate) fn is_root(&self, inode: &Inode<'fs>) -> bool {
        self.directories.lock().root.as_ref() == Some(inode)
    }

    pub(crate) fn set_root(&self, inode: Inode<'fs>) {
        let old = self.directories.lock().root.replace(inode);
        drop(old);
    }

    pub(crate) fn set_pwd(&self, inode: Inode<'fs>) {
        let old = self.directories.lock().pwd.replace(inode);
        drop(old);
    }

    /// The open file of a descriptor; `EBADF` if there is none. It stays open as long
    /// as the caller, who is this task, works on it.
    #[inline]
    pub fn file(&self, fd: u32) -> Result<Borrowed<'_, File<'fs>>> {
        self.files.with(|files| {
            let file = files.filp.get(fd as usize).and_then(Option::as_ref);
            file.map(File::borrowed).ok_or(Errno::EBADF)
        })
    }

    /// The lowest free descriptor from `from` up; `EMFILE` if there is none.
    pub(crate) fn free_descriptor(&self, from: u32) -> Result<u32> {
        let limit = self.open_limit.get();
        self.files.with(|files| files.free(from, limit))
    }

    /// Gives a file the descriptor that [`FsTask::free_descriptor`] has found; nobody
    /// but this task can have used it since.
    #[inline]
    pub(crate) fn put(&self, fd: u32, file: File<'fs>) {
        let old = self.files.with(|files| files.put(fd, file));
        drop(old);
    }

    /// Gives a file the lowest free descriptor from `from` up, which is not
    /// closed by `execve`. `EMFILE` if there is none.
    pub(crate) fn install(&self, file: File<'fs>, from: u32) -> Result<u32> {
        let mut files = self.files.lock();
        // If there is none, the file is closed when the guard is gone.
        let fd = files.free(from, self.open_limit.get())?;
        files.put(fd, file);
        Ok(fd)
    }

    /// Gives a file a certain descriptor, and returns the file that had it.
    pub(crate) fn replace(&self, fd: u32, file: File<'fs>) -> Result<Option<File<'fs>>> {
        if fd >= self.open_limit.get().min(NR_OPEN as u32) {
            return Err(Errno::EBADF);
        }
        Ok(self.files.lock().put(fd, file))
    }

    /// Takes a file from its descriptor; `EBADF` if there is none.
    pub(crate) fn take_file(&self, fd: u32) -> Result<File<'fs>> {
        self.files.with(|files| files.take(fd)).ok_or(Errno::EBADF)
    }

    /// Whether `execve` closes an open descriptor.
    pub(crate) fn is_close_on_exec(&self, fd: u32) -> bool {
        fd < NR_OPEN as u32 && self.files.lock().close_on_exec & 1 << fd != 0
    }

    pub(crate) fn set_close_on_exec(&self, fd: u32, close: bool) {
        if fd < NR_OPEN as u32 {
            let mut files = self.files.lock();
            files.close_on_exec = files.close_on_exec & !(1 << fd) | u32::from(close) << fd;
        }
    }

    /// The permissions of `mode` that a new file gets.
    pub(crate) fn masked(&self, mode: u16) -> u16 {
        mode & !S_IFMT & !(self.umask.get() as u16)
    }
}

impl Default for FsTask<'_> {
    fn default() -> Self {
        Self::new()
    }
}
