// SPDX-License-Identifier: GPL-2.0-or-later
//! Paths, and what changes directories (0.11: `fs/namei.c`).
//!
//! * [`Fs::namei`] gives the inode that a path names; [`Fs::dir_namei`] the
//!   directory of its last name, and that name.
//! * [`Fs::open_namei`] is the path part of `open`, and makes files.
//! * The system calls that make and remove names are in [`names`], [`rename`] and
//!   [`symlink`]; [`directory`] has what they do to a directory.
//! * [`walk_known`] is the way along names that were found lately, which
//!   [`name_cache`](crate::name_cache) remembers.
//!
//! A name longer than the file system's 14 (or 30) characters is cut, as in 0.11.
//! If a slash follows the last name, it must be a directory. Symbolic links are
//! followed (0.12; 0.11 has none), at most [`MAX_LINKS`] in one path.
//!
//! In the caller's root `..` is that root itself. In the root of a mounted device
//! it leads to the parent of the directory that is covered. A directory that was
//! removed while a task was in it contains nothing but `.`.

mod directory;
mod names;
mod rename;
mod symlink;
mod walk_known;

use crate::buffer::{Buffer, Rank};
use crate::file_table::Borrowed;
use crate::inode::{Inode, LockedInode};
use crate::layout::{DiskInode, NAME_LEN_MAX};
use crate::{Fs, FsTask};
use abi::fcntl::{O_ACCMODE, O_CREAT, O_EXCL, O_TRUNC};
use abi::sys::stat::{S_IFREG, S_ISDIR, S_ISGID, S_ISLNK, S_ISREG, S_ISVTX};
use abi::{Errno, Result};

/// Permission to execute a file or search a directory.
pub const MAY_EXEC: u32 = 1;
/// Permission to write.
pub const MAY_WRITE: u32 = 2;
/// Permission to read.
pub const MAY_READ: u32 = 4;

/// What each way to open a file needs (0.11: `ACC_MODE`).
const ACC_MODE: [u32; O_ACCMODE as usize + 1] = [
    MAY_READ,
    MAY_WRITE,
    MAY_READ | MAY_WRITE,
    MAY_READ | MAY_WRITE,
];

/// How many symbolic links are followed in one path.
pub const MAX_LINKS: u32 = 5;

/// A name as in a directory, filled up with NULs.
#[derive(Clone, Copy)]
pub(crate) struct Name {
    pub(crate) bytes: [u8; NAME_LEN_MAX],
    pub(crate) len: u8,
}

impl Name {
    const DOT: &'static [u8] = b".";
    const DOT_DOT: &'static [u8] = b"..";

    const EMPTY: Name = Name {
        bytes: [0; NAME_LEN_MAX],
        len: 0,
    };

    fn new(text: &[u8]) -> Name {
        let mut name = Name::EMPTY;
        name.take(text, 0);
        name
    }

    /// Becomes the name at `from` in a path, after any slashes; what is too long for any
    /// file system is cut. Returns the offset of the next name, if there is one, and
    /// whether slashes follow.
    #[inline(always)]
    fn take(&mut self, path: &[u8], from: usize) -> (Option<usize>, bool) {
        let start = skip_slashes(path, from);
        let mut end = start;
        self.bytes = [0; NAME_LEN_MAX];
        while let Some(byte) = path.get(end).filter(|byte| **byte != b'/') {
            if let Some(place) = self.bytes.get_mut(end - start) {
                *place = *byte;
            }
            end += 1;
        }
        self.len = (end - start).min(NAME_LEN_MAX) as u8;
        let next = skip_slashes(path, end);
        ((next != path.len()).then_some(next), next != end)
    }

    #[inline(always)]
    fn is(&self, text: &[u8]) -> bool {
        usize::from(self.len) == text.len() && self.bytes.starts_with(text)
    }

    /// Whether it is `.` or `..`, or empty as behind the slash of the path `/`.
    /// Such names can't be made or removed.
    #[inline(always)]
    pub(crate) fn is_fixed(&self) -> bool {
        matches!(self.bytes, [0, ..] | [b'.', 0, ..] | [b'.', b'.', 0, ..])
    }
}

/// The end of the slashes at `from`.
#[inline(always)]
fn skip_slashes(path: &[u8], mut from: usize) -> usize {
    while path.get(from) == Some(&b'/') {
        from += 1;
    }
    from
}

/// A path: the caller's, or the contents of a symbolic link. A link's contents stay
/// in its buffer, since a kernel stack has no room for several.
enum Path<'p, 'fs> {
    Caller(&'p [u8]),
    Link(Buffer<'fs>, usize),
}

impl Path<'_, '_> {
    /// Looks at the text. `look` may not sleep.
    fn text<R>(&self, look: impl FnOnce(&[u8]) -> R) -> R {
        match self {
            Path::Caller(path) => look(path),
            Path::Link(buffer, len) => look(&buffer.data()[..*len]),
        }
    }
}

/// What [`Fs::dir_namei`] finds: the last name of a path, not looked up yet.
pub(crate) struct Last<'n, 'fs> {
    pub(crate) dir: Inode<'fs>,
    pub(crate) name: &'n Name,
    /// Whether a slash follows, so that it must be a directory.
    pub(crate) slash: bool,
}

/// What an inode, or whatever else has an owner, says of who may use it.
#[derive(Clone, Copy)]
pub struct Rights {
    /// Nine bits, as `chmod` takes them.
    pub mode: u16,
    /// The owner.
    pub uid: u16,
    /// The group.
    pub gid: u16,
}

impl Rights {
    #[inline(always)]
    fn of(disk: &DiskInode) -> Rights {
        Rights {
            mode: disk.mode,
            uid: disk.uid,
            gid: disk.gid.into(),
        }
    }

    /// Whether user and group may do all of `mask`, [`MAY_READ`] and its kin;
    /// the supplementary groups are those of `task`.
    #[inline(always)]
    pub fn allow(&self, task: &FsTask<'_>, uid: u32, gid: u32, mask: u32) -> bool {
        let mode = u32::from(self.mode);
        if uid == 0 {
            return mask & MAY_EXEC == 0 || S_ISDIR(self.mode) || mode & 0o111 != 0;
        }
        let allowed = if uid == u32::from(self.uid) {
            mode >> 6
        } else if gid == u32::from(self.gid) || task.is_in_group(self.gid) {
            mode >> 3
        } else {
            mode
        };
        mask & !allowed & 0o7 == 0
    }

    /// `EACCES` unless `task` may do all of `mask`.
    fn check(&self, task: &FsTask<'_>, mask: u32) -> Result<()> {
        let may = self.allow(task, task.euid.get(), task.egid.get(), mask);
        may.then_some(()).ok_or(Errno::EACCES)
    }
}

impl<'fs> Inode<'fs> {
    /// Whether `task` may do all of `mask` ([`MAY_READ`] ...) with it
    /// (0.11: `permission`). `EACCES` if not. The super-user may do anything
    /// but execute a file that nobody may execute.
    #[inline]
    pub fn permission(&self, task: &FsTask<'_>, mask: u32) -> Result<()> {
        self.rights().check(task, mask)
    }

    /// Who may use it.
    pub(crate) fn rights(&self) -> Rights {
        Rights::of(&self.slot.disk())
    }

    /// Checks that it is a directory that `task` may search.
    fn check_directory(&self, task: &FsTask<'_>) -> Result<()> {
        let rights = self.rights();
        if !S_ISDIR(rights.mode) {
            return Err(Errno::ENOTDIR);
        }
        rights.check(task, MAY_EXEC)
    }

    /// Locks a directory for a search.
    fn lock_directory(&self, task: &FsTask<'_>) -> Result<LockedInode<'_, 'fs>> {
        self.check_directory(task)?;
        Ok(self.lock())
    }

    /// Whether `task` may add and remove entries of this directory.
    fn may_change(&self, task: &FsTask<'_>) -> Result<()> {
        self.permission(task, MAY_WRITE | MAY_EXEC)?;
        match self.is_read_only() {
            true => Err(Errno::EROFS),
            false => Ok(()),
        }
    }

    /// Checks that `task`, which may change this directory, may remove an entry for
    /// `inode`. If the directory has the sticky bit, the task must own one of the
    /// two; `EPERM` otherwise.
    fn may_remove(&self, task: &FsTask<'_>, inode: &Inode<'_>) -> Result<()> {
        let owns = |it: &Inode<'_>| u32::from(it.uid()) == task.euid.get();
        let is_sticky = self.mode() & S_ISVTX != 0;
        if is_sticky && !task.is_superuser() && !owns(inode) && !owns(self) {
            Err(Errno::EPERM)
        } else {
            Ok(())
        }
    }
}

impl<'fs> Fs<'fs> {
    /// The inode that a path names.
    pub fn namei(&'fs self, task: &FsTask<'fs>, path: &[u8]) -> Result<Inode<'fs>> {
        self.find(task, path, true)
    }

    /// As [`Fs::namei`], but a symbolic link that the path names itself is not
    /// followed.
    pub fn lnamei(&'fs self, task: &FsTask<'fs>, path: &[u8]) -> Result<Inode<'fs>> {
        self.find(task, path, false)
    }

    /// Looks at the inode that a path names; if that is a symbolic link, at where it
    /// leads only with `follow`. `look` may not sleep.
    ///
    /// An inode whose path is known is not counted, since it can't be freed while the
    /// inode table is locked.
    #[inline(always)]
    pub(crate) fn look_at<R>(
        &'fs self,
        task: &FsTask<'fs>,
        path: &[u8],
        follow: bool,
        look: impl Fn(&Inode<'fs>) -> R,
    ) -> Result<R> {
        let look_known = |_: &_, slot| look(&Borrowed::new(Inode { fs: self, slot }));
        match self.known(task, path, look_known) {
            Some(result) => Ok(result),
            None => Ok(look(&self.find(task, path, follow)?)),
        }
    }

    /// The inode that a path names; a symbolic link itself without `follow`.
    #[inline(never)]
    fn find(&'fs self, task: &FsTask<'fs>, path: &[u8], follow: bool) -> Result<Inode<'fs>> {
        let (dir, position) = self.walk_known(task, path, true)?;
        if position == path.len() {
            return Ok(dir);
        }
        let (mut links, mut name) = (MAX_LINKS, Name::EMPTY);
        let path = &Path::Caller(path);
        let last = self.walk(task, dir, path, position, &mut links, &mut name)?;
        if follow || last.slash {
            self.finish(task, last, &mut links)
        } else {
            self.lookup(task, &last.dir, last.name)
        }
    }

    /// The directory of a path's last name, and that name, for which `name` has room.
    pub(crate) fn dir_namei<'n>(
        &'fs self,
        task: &FsTask<'fs>,
        path: &[u8],
        name: &'n mut Name,
    ) -> Result<Last<'n, 'fs>> {
        let (dir, position) = self.walk_known(task, path, false)?;
        let path = &Path::Caller(path);
        self.walk(task, dir, path, position, &mut { MAX_LINKS }, name)
    }

    /// Goes along a path up to its last name, from `dir` and from an offset in the
    /// path (0.11: `get_dir`).
    fn walk<'n>(
        &'fs self,
        task: &FsTask<'fs>,
        mut dir: Inode<'fs>,
        path: &Path<'_, 'fs>,
        mut position: usize,
        links: &mut u32,
        name: &'n mut Name,
    ) -> Result<Last<'n, 'fs>> {
        loop {
            match path.text(|path| name.take(path, position)) {
                (None, slash) => return Ok(Last { dir, name, slash }),
                (Some(next), _) => position = next,
            }
            dir = self.enter(task, dir, name, links)?;
        }
    }

    /// The inode of a path's last name.
    fn finish(
        &'fs self,
        task: &FsTask<'fs>,
        last: Last<'_, 'fs>,
        links: &mut u32,
    ) -> Result<Inode<'fs>> {
        let inode = self.enter(task, last.dir, last.name, links)?;
        if last.slash && !S_ISDIR(inode.mode()) {
            return Err(Errno::ENOTDIR);
        }
        Ok(inode)
    }

    /// The inode of a name in a directory. Symbolic links are followed.
    fn enter(
        &'fs self,
        task: &FsTask<'fs>,
        dir: Inode<'fs>,
        name: &Name,
        links: &mut u32,
    ) -> Result<Inode<'fs>> {
        let inode = self.lookup(task, &dir, name)?;
        if !S_ISLNK(inode.mode()) {
            return Ok(inode);
        }
        let mut name = Name::EMPTY;
        let last = self.follow_link(task, dir, inode, links, &mut name)?;
        self.finish(task, last, links)
    }

    /// The inode that a symbolic link in `dir` leads to.
    fn follow_link<'n>(
        &'fs self,
        task: &FsTask<'fs>,
        dir: Inode<'fs>,
        link: Inode<'fs>,
        links: &mut u32,
        name: &'n mut Name,
    ) -> Result<Last<'n, 'fs>> {
        *links = links.checked_sub(1).ok_or(Errno::ELOOP)?;
        let (buffer, len) = link.link_text()?;
        drop(link);
        let path = Path::Link(buffer, len);
        let dir = match path.text(|path| path.starts_with(b"/")) {
            true => task.root()?,
            false => dir,
        };
        self.walk(task, dir, &path, 0, links, name)
    }

    /// The inode of a name in a directory that the caller may search.
    fn lookup(&'fs self, task: &FsTask<'fs>, dir: &Inode<'fs>, name: &Name) -> Result<Inode<'fs>> {
        dir.check_directory(task)?;
        let is_parent = name.is(Name::DOT_DOT);
        if name.len == 0 || name.is(Name::DOT) || is_parent && task.is_root(dir) {
            return Ok(dir.clone());
        }
        let inode = match is_parent {
            true => self.find_inode(&self.uncross_mount(dir.clone()), name),
            false => self.find_inode(dir, name),
        };
        inode.map(|inode| self.cross_mount(inode))
    }

    /// The inode of a name in a directory, without following mounts.
    fn find_inode(&'fs self, dir: &Inode<'fs>, name: &Name) -> Result<Inode<'fs>> {
        // The entry keeps its inode from being freed, and the lock keeps the entry.
        let dir = dir.lock();
        let entry = dir.find_entry(name)?.ok_or(Errno::ENOENT)?;
        self.iget(dir.device(), entry.number)
    }

    /// The inode that `open` opens: an old one that the caller may use as
    /// `flags` ask, or a new one (0.11: `open_namei`).
    pub(crate) fn open_namei(
        &'fs self,
        task: &FsTask<'fs>,
        path: &[u8],
        flags: u32,
        mode: u16,
    ) -> Result<Inode<'fs>> {
        if flags & O_CREAT != 0 {
            return self.open_or_create(task, path, flags, mode);
        }
        let inode = match self.known(task, path, |table, slot| self.count_slot(table, slot)) {
            Some(inode) => inode,
            None => self.find(task, path, true)?,
        };
        self.open_old(task, &inode, flags)?;
        Ok(inode)
    }

    /// As [`Fs::open_namei`] with `O_CREAT`: makes a regular file if there is none. The
    /// directory is locked meanwhile, so that only one of two callers makes it.
    #[inline(never)]
    fn open_or_create(
        &'fs self,
        task: &FsTask<'fs>,
        path: &[u8],
        flags: u32,
        mode: u16,
    ) -> Result<Inode<'fs>> {
        let (mut links, mut name) = (MAX_LINKS, Name::EMPTY);
        let (dir, position) = self.walk_known(task, path, false)?;
        let path = &Path::Caller(path);
        let mut last = self.walk(task, dir, path, position, &mut links, &mut name)?;
        loop {
            let dir = last.dir.lock_directory(task)?;
            if last.name.is_fixed() {
                return Err(Errno::EISDIR);
            }
            let inode = match dir.find_entry(last.name)? {
                Some(_) if flags & O_EXCL != 0 => return Err(Errno::EEXIST),
                Some(entry) => self.iget(dir.device(), entry.number)?,
                None if last.slash => return Err(Errno::EISDIR),
                None => {
                    let mode = S_IFREG | task.masked(mode & 0o777);
                    return self.create(task, &dir, last.name, mode, &|_| Ok(()));
                }
            };
            drop(dir);
            let inode = self.cross_mount(inode);
            if !S_ISLNK(inode.mode()) {
                if last.slash && !S_ISDIR(inode.mode()) {
                    return Err(Errno::ENOTDIR);
                }
                self.open_old(task, &inode, flags)?;
                return Ok(inode);
            }
            let slash = last.slash;
            last = self.follow_link(task, last.dir, inode, &mut links, &mut name)?;
            last.slash |= slash;
        }
    }

    /// Checks that an existing inode may be opened with `flags`, and cuts it if
    /// they say so.
    #[inline(always)]
    fn open_old(&self, task: &FsTask<'fs>, inode: &Inode<'fs>, flags: u32) -> Result<()> {
        let mode = inode.mode();
        let truncate = flags & O_TRUNC != 0;
        let mut mask = ACC_MODE[(flags & O_ACCMODE) as usize];
        if truncate {
            mask |= MAY_WRITE;
        }
        if S_ISDIR(mode) && (mask & MAY_WRITE != 0 || flags & O_CREAT != 0) {
            return Err(Errno::EISDIR);
        }
        inode.permission(task, mask)?;
        // A device node on a read-only file system can be written to.
        if S_ISREG(mode) && mask & MAY_WRITE != 0 && inode.is_read_only() {
            return Err(Errno::EROFS);
        }
        match truncate && S_ISREG(mode) {
            true => self.cut(task, inode),
            false => Ok(()),
        }
    }

    /// Cuts a file to nothing.
    #[inline(never)]
    fn cut(&self, task: &FsTask<'fs>, inode: &Inode<'fs>) -> Result<()> {
        inode.begin_writing()?;
        let locked = inode.lock();
        locked.drop_set_ids(task);
        let result = locked.truncate();
        inode.end_writing();
        result
    }

    /// Makes an inode with its first name, in a directory that the caller may change.
    /// The inode belongs to the caller, and to the directory's group if the disk has no
    /// room for the caller's. `fill` makes what it contains.
    fn create(
        &'fs self,
        task: &FsTask<'fs>,
        dir: &LockedInode<'_, 'fs>,
        name: &Name,
        mode: u16,
        fill: &dyn Fn(&Inode<'_>) -> Result<()>,
    ) -> Result<Inode<'fs>> {
        dir.may_change(task)?;
        let (gid, mode) = match task.disk_group() {
            Some(gid) => (gid, mode),
            // The caller need not be in that group.
            None => (dir.gid(), mode & !S_ISGID),
        };
        let disk = DiskInode {
            mode,
            uid: task.euid.get() as u16,
            gid,
            nlinks: 1,
            ..DiskInode::NONE
        };
        let inode = self.new_inode(dir.super_index(), disk)?;
        fill(&inode)
            // The name comes after the inode, so that it never leads to an old one.
            .and_then(|()| inode.write())
            .and_then(|()| dir.add_entry(name, inode.number(), Rank::Names))
            .inspect_err(|_| inode.discard())?;
        Ok(inode)
    }
}
