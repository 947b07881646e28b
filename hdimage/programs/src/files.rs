// SPDX-License-Identifier: GPL-2.0-or-later
//! Work on files and trees that several programs share.

use crate::command::{At, Outcome, complain, report};
use crate::io::{Read, Write};
use crate::path::{base_name, c_string, join};
use abi::Errno;
use alloc::ffi::CString;
use alloc::vec::Vec;
use core::ffi::CStr;
use user::print;

use abi::fcntl::{O_CREAT, O_TRUNC, O_WRONLY};
use abi::sys::stat::{
    S_IFIFO, S_IFMT, S_ISBLK, S_ISCHR, S_ISDIR, S_ISFIFO, S_ISLNK, S_ISREG, Stat,
};
use abi::sys::types::Device;
use abi::unistd::SEEK_CUR;
use abi::utime::Utimbuf;
use user::calls::{self, Fd, File};
use user::dirent::Directory;
use user::stdio;

impl Read for File {
    fn read(&mut self, buffer: &mut [u8]) -> abi::Result<usize> {
        calls::read(self.fd(), buffer)
    }
}

impl Write for File {
    fn write(&mut self, bytes: &[u8]) -> abi::Result<usize> {
        calls::write(self.fd(), bytes)
    }
}

/// Standard input is read as `Fd::STDIN`.
impl Read for Fd {
    fn read(&mut self, buffer: &mut [u8]) -> abi::Result<usize> {
        calls::read(*self, buffer)
    }
}

impl Write for Fd {
    fn write(&mut self, bytes: &[u8]) -> abi::Result<usize> {
        calls::write(*self, bytes)
    }
}

/// Bytes copied at a time.
const CHUNK: usize = 8192;

/// Calls `each` with every piece of what is left of a file.
pub fn for_each_chunk(fd: Fd, mut each: impl FnMut(&[u8]) -> Outcome, path: &CStr) -> Outcome {
    chunks(fd, &mut each, path)
}

/// One function for all closures: a program need not have one for each.
fn chunks(fd: Fd, each: &mut dyn FnMut(&[u8]) -> Outcome, path: &CStr) -> Outcome {
    let mut buffer = alloc::vec![0; CHUNK];
    loop {
        let count = calls::read_on(fd, &mut buffer).at(path)?;
        if count == 0 {
            return Ok(());
        }
        each(buffer.get(..count).unwrap_or_default())?;
    }
}

/// All of a file.
pub fn read_file(path: &CStr) -> Outcome<Vec<u8>> {
    contents(File::open(path).at(path)?.fd(), path)
}

/// All of a file, or of standard input where the path is `-`.
pub fn read_input(path: &CStr) -> Outcome<Vec<u8>> {
    match path == c"-" {
        true => contents(Fd::STDIN, path),
        false => read_file(path),
    }
}

fn contents(fd: Fd, path: &CStr) -> Outcome<Vec<u8>> {
    let mut contents = Vec::new();
    let keep = |chunk: &[u8]| {
        contents.extend_from_slice(chunk);
        Ok(())
    };
    for_each_chunk(fd, keep, path)?;
    Ok(contents)
}

/// As [`for_each_file`], but the bytes of a directory are nothing to work on:
/// EISDIR is reported.
pub fn for_each_input(
    operands: &[&'static CStr],
    mut work: impl FnMut(Fd, &'static CStr) -> Outcome,
) {
    for_each_file(operands, |fd, path| {
        if S_ISDIR(calls::fstat(fd).at(path)?.st_mode) {
            return Err(Errno::EISDIR).at(path);
        }
        work(fd, path)
    });
}

/// As [`for_each_input`], for programs that print while they read: an input that
/// is standard output itself is refused, as its end would never be reached.
pub fn for_each_stream(
    operands: &[&'static CStr],
    mut work: impl FnMut(Fd, &'static CStr) -> Outcome,
) {
    for_each_input(operands, |fd, path| {
        if is_output(fd) {
            complain(&[path.to_bytes()], "input file is output file");
            return Ok(());
        }
        work(fd, path)
    });
}

/// Whether what is still to be read is in the file that is standard output.
pub fn is_output(fd: Fd) -> bool {
    let (Ok(input), Ok(output)) = (calls::fstat(fd), calls::fstat(Fd::STDOUT)) else {
        return false;
    };
    let something_left =
        || calls::lseek(fd, 0, SEEK_CUR).is_ok_and(|place| (place as i32) < input.st_size);
    S_ISREG(input.st_mode) && same_file(&input, &output) && something_left()
}

/// Calls `work` with each operand opened for reading, and with standard input
/// for `-` or if there is no operand. What fails is reported.
pub fn for_each_file(
    operands: &[&'static CStr],
    mut work: impl FnMut(Fd, &'static CStr) -> Outcome,
) {
    for &path in if operands.is_empty() {
        &[c"-"]
    } else {
        operands
    } {
        report(if path == c"-" {
            work(Fd::STDIN, path)
        } else {
            File::open(path)
                .at(path)
                .and_then(|file| work(file.fd(), path))
        });
    }
}

/// The names in a directory but `.` and `..`, sorted.
pub fn names_in(directory: &CStr) -> Outcome<Vec<Vec<u8>>> {
    let mut names = Vec::new();
    for entry in Directory::open(directory).at(directory)? {
        match entry.at(directory)?.name() {
            b"." | b".." => {}
            name => names.push(name.to_vec()),
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// Whether the path is a directory.
pub fn is_directory(path: &CStr) -> bool {
    calls::stat(path).is_ok_and(|stat| S_ISDIR(stat.st_mode))
}

/// The way `cp`, `mv` and `ln` take operands: `work` is called with a source
/// and the path it is to have. The last operand is that path, or a directory
/// for all the others. False if there are not enough operands.
pub fn for_each_pair(
    operands: &[&'static CStr],
    mut work: impl FnMut(&CStr, &CStr) -> Outcome,
) -> bool {
    let Some((&target, sources)) = operands
        .split_last()
        .filter(|(_, sources)| !sources.is_empty())
    else {
        return false;
    };
    let into_directory = is_directory(target);
    if sources.len() > 1 && !into_directory {
        complain(&[target.to_bytes()], Errno::ENOTDIR);
        return true;
    }
    for &source in sources {
        report(if into_directory {
            work(source, &join(target, base_name(source)))
        } else {
            work(source, target)
        });
    }
    true
}

/// Whether both paths are of the same file.
pub fn same_file(a: &Stat, b: &Stat) -> bool {
    (a.st_dev, a.st_ino) == (b.st_dev, b.st_ino)
}

/// What [`copy`] does beside copying contents.
#[derive(Clone, Copy)]
pub struct CopyOptions {
    /// Copies directories with all that is in them, and device nodes as such.
    pub recursive: bool,
    /// Keeps owner, permissions and times.
    pub preserve: bool,
    /// Says what is copied.
    pub verbose: bool,
}

/// Prints `text 'path' -> 'path'`, as the tools do that are asked to say what they do.
pub fn say(text: &str, from: &CStr, to: Option<&CStr>) {
    print!("{text}'");
    stdio::put(from.to_bytes());
    if let Some(to) = to {
        stdio::put(b"' -> '");
        stdio::put(to.to_bytes());
    }
    stdio::put(b"'\n");
}

/// Copies a file, or a tree. In a tree, reports what fails and goes on.
pub fn copy(from: &CStr, to: &CStr, options: CopyOptions) -> Outcome {
    let stat = if options.recursive {
        calls::lstat(from)
    } else {
        calls::stat(from)
    }
    .at(from)?;
    if calls::stat(to).is_ok_and(|other| same_file(&stat, &other)) {
        complain(&[from.to_bytes(), to.to_bytes()], "same file");
        return Ok(());
    }
    // Told before what is in it; where it is there already, nothing is new.
    let is_new = !S_ISDIR(stat.st_mode) || (options.recursive && !is_directory(to));
    if options.verbose && is_new {
        say("", from, Some(to));
    }
    if S_ISDIR(stat.st_mode) {
        if !options.recursive {
            return Err(Errno::EISDIR).at(from);
        }
        copy_tree(from, to, &stat, options)?;
    } else if options.recursive && S_ISLNK(stat.st_mode) {
        let mut buffer = [0; abi::limits::PATH_MAX];
        let target = c_string(calls::readlink(from, &mut buffer).at(from)?);
        return calls::symlink(&target, to).at(to);
    } else if options.recursive && (S_ISCHR(stat.st_mode) || S_ISBLK(stat.st_mode)) {
        calls::mknod(to, stat.st_mode, Device(stat.st_rdev)).at(to)?;
    } else if options.recursive && S_ISFIFO(stat.st_mode) {
        calls::mknod(to, S_IFIFO | stat.st_mode & 0o777, Device::NONE).at(to)?;
    } else {
        copy_contents(from, to, stat.st_mode)?;
    }
    if options.preserve {
        copy_attributes(&stat, to)
    } else {
        Ok(())
    }
}

fn copy_contents(from: &CStr, to: &CStr, mode: u16) -> Outcome {
    let source = File::open(from).at(from)?;
    let target = File::open_with(to, O_WRONLY | O_CREAT | O_TRUNC, mode & 0o777).at(to)?;
    for_each_chunk(
        source.fd(),
        |chunk| calls::write_all(target.fd(), chunk).at(to),
        from,
    )
}

fn copy_tree(from: &CStr, to: &CStr, stat: &Stat, options: CopyOptions) -> Outcome {
    // Whoever copies a directory into itself would never end.
    if inside(to, stat) {
        complain(&[to.to_bytes()], "cannot copy a directory into itself");
        return Ok(());
    }
    if !is_directory(to) {
        calls::mkdir(to, stat.st_mode & 0o777 | 0o700).at(to)?;
    }
    for name in names_in(from)? {
        report(copy(&join(from, &name), &join(to, &name), options));
    }
    Ok(())
}

/// Whether `path`, or the directory it would be made in, lies below the
/// directory of `stat`.
fn inside(path: &CStr, stat: &Stat) -> bool {
    let mut directory = crate::path::directory_name(path);
    let mut before: Option<Stat> = None;
    while let Ok(here) = calls::stat(&directory) {
        if same_file(&here, stat) {
            return true;
        }
        // The root is its own parent.
        if before.is_some_and(|before| same_file(&here, &before)) {
            return false;
        }
        before = Some(here);
        directory = join(&directory, b"..");
    }
    false
}

fn copy_attributes(stat: &Stat, to: &CStr) -> Outcome {
    let times = Utimbuf {
        actime: stat.st_atime,
        modtime: stat.st_mtime,
    };
    calls::utime(to, Some(&times)).at(to)?;
    // Only root may give files away; others keep what they can.
    if calls::chown(to, stat.st_uid, stat.st_gid).is_err() && calls::geteuid() == 0 {
        complain(&[to.to_bytes()], "owner not kept");
    }
    calls::chmod(to, stat.st_mode & !S_IFMT).at(to)
}

/// What [`remove`] does beside removing a file.
#[derive(Clone, Copy, Default)]
pub struct RemoveOptions {
    /// Removes directories with all that is in them.
    pub recursive: bool,
    /// Says what is removed.
    pub verbose: bool,
}

/// Removes a file, or a tree; reports what fails and goes on.
pub fn remove(path: &CStr, options: RemoveOptions) -> Outcome {
    let stat = calls::lstat(path).at(path)?;
    let is_directory = S_ISDIR(stat.st_mode);
    if is_directory {
        if !options.recursive {
            return Err(Errno::EISDIR).at(path);
        }
        for name in names_in(path)? {
            report(remove(&join(path, &name), options));
        }
        calls::rmdir(path).at(path)?;
    } else {
        calls::unlink(path).at(path)?;
    }
    if options.verbose {
        let what = if is_directory {
            "removed directory "
        } else {
            "removed "
        };
        say(what, path, None);
    }
    Ok(())
}

/// Calls `work` with the path and, if `recursive` and it is a directory, with
/// all that is in it. What fails is reported.
pub fn for_tree(path: &CStr, recursive: bool, work: &mut dyn FnMut(&CStr, &Stat) -> Outcome) {
    let Some(stat) = report(calls::lstat(path).at(path)) else {
        return;
    };
    // A link's target is not part of the tree.
    if recursive && S_ISLNK(stat.st_mode) {
        return;
    }
    report(work(path, &stat));
    if recursive && S_ISDIR(stat.st_mode) {
        for name in report(names_in(path)).unwrap_or_default() {
            for_tree(&join(path, &name), true, work);
        }
    }
}

/// A mounted file system: its device and where it is mounted.
pub struct Mount {
    /// The device.
    pub device: Device,
    /// The directory.
    pub directory: CString,
}

/// The root file system and those mounted on directories of the root. The
/// kernel has no list of them, but the device of a mounted directory is not
/// that of its parent.
pub fn mounts() -> Vec<Mount> {
    let mut mounts = Vec::new();
    let mut add = |directory: CString| {
        if let Ok(stat) = calls::stat(&directory) {
            let device = Device(stat.st_dev);
            if !mounts.iter().any(|mount: &Mount| mount.device == device) {
                mounts.push(Mount { device, directory });
            }
        }
    };
    add(c"/".into());
    for name in names_in(c"/").unwrap_or_default() {
        let path = join(c"/", &name);
        if is_directory(&path) {
            add(path);
        }
    }
    mounts
}

/// The node in `/dev` of a block device.
pub fn device_node(device: Device) -> Option<CString> {
    node(|stat| S_ISBLK(stat.st_mode) && Device(stat.st_rdev) == device)
}

/// The node in `/dev` of a terminal.
pub fn terminal_node(device: Device) -> Option<CString> {
    node(|stat| S_ISCHR(stat.st_mode) && Device(stat.st_rdev) == device)
}

fn node(is_it: impl Fn(&Stat) -> bool) -> Option<CString> {
    let names = names_in(c"/dev").ok()?;
    let mut paths = names.iter().map(|name| join(c"/dev", name));
    paths.find(|path| calls::stat(path).is_ok_and(|stat| is_it(&stat)))
}

/// The path of the working directory.
///
/// The kernel keeps no such path. Going up from directory to directory, the
/// name of each is the entry of its parent that has its inode. ENOENT if the
/// directory was removed.
pub fn working_directory() -> abi::Result<Vec<u8>> {
    let root = calls::stat(c"/")?;
    let mut way: CString = c".".into();
    let mut here = calls::stat(&way)?;
    let mut path = Vec::new();
    while !same_file(&here, &root) {
        way = join(&way, b"..");
        let parent = calls::stat(&way)?;
        if same_file(&parent, &here) {
            break;
        }
        path = [b"/", name_of(&here, &parent, &way)?.as_slice(), &path].concat();
        here = parent;
    }
    if path.is_empty() {
        path.push(b'/');
    }
    Ok(path)
}

/// The name of a directory in its parent, whose path is `way`.
fn name_of(directory: &Stat, parent: &Stat, way: &CStr) -> abi::Result<Vec<u8>> {
    // Where a file system is mounted, the entry has the inode below it.
    let mounted = directory.st_dev != parent.st_dev;
    for entry in Directory::open(way)? {
        let entry = entry?;
        let is_it = |name: &[u8]| {
            calls::stat(&join(way, name)).is_ok_and(|stat| same_file(&stat, directory))
        };
        let candidate = mounted || entry.ino == u32::from(directory.st_ino);
        if candidate && !matches!(entry.name(), b"." | b"..") && is_it(entry.name()) {
            return Ok(entry.name().to_vec());
        }
    }
    Err(Errno::ENOENT)
}
