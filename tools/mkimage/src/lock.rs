// SPDX-License-Identifier: GPL-2.0-or-later
//! Files and block devices of the host that are there already, and who else has
//! them in use.
//!
//! [`open_to_change`] gives a file to one process at a time, and to none while an
//! emulator has it. Whoever changes an image often puts a new file in its place,
//! so a lock counts only if the name still leads to what was locked.
//! [`open_to_read`] waits for whoever writes in place; what is replaced can be
//! read meanwhile. Where the host has no locks, all goes on without.
//!
//! | holder | how it shows |
//! |---|---|
//! | `mkimage` | `flock`, as of flock(1) |
//! | QEMU | bytes 100 to 103 are locked for what it does, 200 to 203 for what no other may do |
//! | Bochs | an empty file `IMAGE.lock`, which it leaves behind when it is killed |
//! | the host, of a block device | it can't be opened for itself alone (O_EXCL) |

use crate::error::{Fault, HostContext, Result};
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use nix::unistd::geteuid;
use std::ffi::OsString;
use std::fs::{self, File, FileType, Metadata, OpenOptions, TryLockError};
use std::io::{self, Seek, SeekFrom};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long another process may keep an image.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long a reader waits, who would rather see something half done than nothing.
const READERS_PATIENCE: Duration = Duration::from_secs(2);
/// How often a lock is asked for.
const PAUSE: Duration = Duration::from_millis(10);

/// The bytes that QEMU locks to read, to write, and to let nobody else write (its
/// `block/file-posix.c`).
const QEMU_READS: i64 = 100;
const QEMU_WRITES: i64 = 101;
const QEMU_FORBIDS_WRITING: i64 = 201;

/// Opens a file or block device to read it.
pub fn open_to_read(path: &Path) -> Result<File> {
    check_kind(path)?;
    let file = File::open(path).on_host("open", path)?;
    if is_changed_in_place(&file.metadata().on_host("look at", path)?) {
        try_until(Instant::now() + READERS_PATIENCE, || file.try_lock_shared());
    }
    Ok(file)
}

/// Opens a file or block device to change it. Nobody else does so until the
/// file is closed.
pub fn open_to_change(path: &Path) -> Result<File> {
    open_within(path, PATIENCE)
}

fn open_within(path: &Path, patience: Duration) -> Result<File> {
    let deadline = Instant::now() + patience;
    loop {
        let file = open_to_write(path)?;
        // Whoever started an emulator may have the lock as long as it runs.
        check_emulators(path, &file)?;
        if !try_until(deadline, || file.try_lock()) {
            let problem = format!(
                "another process has had it for {} s, expected it to be free",
                patience.as_secs_f32()
            );
            return Err(Fault::new("lock", problem).in_file(path));
        }
        let locked = file.metadata().on_host("look at", path)?;
        if fs::metadata(path).is_ok_and(|named| is_same(&named, &locked)) {
            keep_qemu_away(&file);
            check_emulators(path, &file)?;
            return Ok(file);
        }
    }
}

/// Whether both are one file.
pub fn is_same(one: &Metadata, other: &Metadata) -> bool {
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// Whether another file can't take its place: it is a device, has further names,
/// or an owner that a new file would not have.
pub fn is_changed_in_place(metadata: &Metadata) -> bool {
    let me = geteuid();
    !metadata.is_file() || metadata.nlink() > 1 || !(me.is_root() || metadata.uid() == me.as_raw())
}

/// How many bytes a file or block device has.
pub fn length(mut file: &File) -> io::Result<u64> {
    file.seek(SeekFrom::End(0))
}

/// Reading from anything else might wait for ever.
fn check_kind(path: &Path) -> Result<Metadata> {
    let metadata = fs::metadata(path).on_host("open", path)?;
    let kind = metadata.file_type();
    if kind.is_file() || kind.is_block_device() {
        return Ok(metadata);
    }
    let problem = format!("{}, expected a file or a block device", name_of(kind));
    Err(Fault::new("image", problem).in_file(path))
}

/// This kind of file in words.
pub fn name_of(kind: FileType) -> &'static str {
    if kind.is_dir() {
        "a directory"
    } else if kind.is_fifo() {
        "a named pipe"
    } else if kind.is_socket() {
        "a socket"
    } else if kind.is_char_device() {
        "a character device"
    } else if kind.is_block_device() {
        "a block device"
    } else {
        "a file"
    }
}

fn open_to_write(path: &Path) -> Result<File> {
    let metadata = check_kind(path)?;
    let is_device = metadata.file_type().is_block_device();
    let mode = metadata.mode() & 0o7777;
    // Root may write all the same, but nobody should without a word.
    if !is_device && mode & 0o222 == 0 {
        let problem = format!("read-only (mode {mode:04o}), expected leave to write: chmod u+w");
        return Err(Fault::new("file", problem).in_file(path));
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    if is_device {
        options.custom_flags(libc::O_EXCL);
    }
    match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {
            let problem = "in use by the host, expected it not to be mounted";
            Err(Fault::new("block device", problem).in_file(path))
        }
        opened => opened.on_host("open to write", path),
    }
}

/// Asks for a lock until it is there; `false` if time is up. Without locks on the
/// host there is nothing to wait for.
fn try_until(
    deadline: Instant,
    mut lock: impl FnMut() -> std::result::Result<(), TryLockError>,
) -> bool {
    while let Err(TryLockError::WouldBlock) = lock() {
        if Instant::now() > deadline {
            return false;
        }
        sleep(PAUSE);
    }
    true
}

/// QEMU won't take an image as long as it is open as `file`.
fn keep_qemu_away(file: &File) {
    for byte in [QEMU_WRITES, QEMU_FORBIDS_WRITING] {
        // Without such locks on the host, QEMU has none either.
        let _ = fcntl(file, FcntlArg::F_OFD_SETLK(&lock_of(libc::F_RDLCK, byte)));
    }
}

/// Neither QEMU nor Bochs has the image.
fn check_emulators(path: &Path, file: &File) -> Result<()> {
    let held = |holder: String| Err(Fault::new("image", holder).in_file(path));
    let mut found = lock_of(libc::F_WRLCK, QEMU_READS);
    let asked = fcntl(file, FcntlArg::F_OFD_GETLK(&mut found));
    if asked.is_ok() && i32::from(found.l_type) != libc::F_UNLCK {
        return held("QEMU has it open, expected no emulator to run on it".into());
    }
    let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    for lock in [bochs_lock(path), bochs_lock(&real)] {
        if fs::metadata(&lock).is_ok_and(|found| found.is_file() && found.len() == 0) {
            return held(format!(
                "Bochs has it open, says {}, expected no emulator to run on it; \
                 if Bochs was killed, remove that file",
                lock.display()
            ));
        }
    }
    Ok(())
}

fn lock_of(kind: i32, byte: i64) -> libc::flock {
    libc::flock {
        l_type: kind as i16,
        l_whence: libc::SEEK_SET as i16,
        l_start: byte,
        l_len: 1,
        l_pid: 0,
    }
}

fn bochs_lock(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".lock");
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    const SHORT: Duration = Duration::from_millis(50);

    #[test]
    fn one_at_a_time_under_whatever_name() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("image"), folder.path().join("link"));
        fs::write(&path, "x").unwrap();
        symlink("image", &link).unwrap();
        let first = open_within(&path, SHORT).unwrap();
        for name in [&path, &link] {
            let message = open_within(name, SHORT).unwrap_err().to_string();
            assert!(message.contains("lock: another process has had it for 0.05 s"));
        }
        drop(first);
        open_within(&link, SHORT).unwrap();
    }

    #[test]
    fn the_book_tells_how_long_a_process_waits() {
        let book = include_str!("../../../docs/mkimage.md");
        let told = format!("wait, at most {} seconds", PATIENCE.as_secs());
        assert!(book.contains(&told), "{told}");
    }

    #[test]
    fn the_lock_is_that_of_the_file_that_the_name_leads_to() {
        let folder = tempfile::tempdir().unwrap();
        let (path, new) = (folder.path().join("image"), folder.path().join("new"));
        fs::write(&path, "old").unwrap();
        fs::write(&new, "new").unwrap();
        let old = open_within(&path, SHORT).unwrap();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| open_within(&path, PATIENCE).unwrap());
            sleep(SHORT);
            fs::rename(&new, &path).unwrap();
            drop(old);
            let found = waiting.join().unwrap().metadata().unwrap();
            let named = fs::metadata(&path).unwrap();
            assert_eq!((found.dev(), found.ino()), (named.dev(), named.ino()));
        });
    }

    #[test]
    fn a_reader_waits_only_for_what_is_changed_in_place() {
        let folder = tempfile::tempdir().unwrap();
        let (path, second) = (folder.path().join("image"), folder.path().join("second"));
        fs::write(&path, "x").unwrap();
        let changing = open_within(&path, SHORT).unwrap();
        open_to_read(&path).unwrap();
        fs::hard_link(&path, &second).unwrap();
        std::thread::scope(|scope| {
            let reader = scope.spawn(|| open_to_read(&second).unwrap());
            sleep(SHORT);
            assert!(!reader.is_finished());
            drop(changing);
            let reading = reader.join().unwrap();
            assert!(open_within(&path, SHORT).is_err());
            drop(reading);
            open_within(&path, SHORT).unwrap();
        });
    }

    #[test]
    fn what_is_read_only_or_no_image_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("image");
        fs::write(&path, "x").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
        let message = open_to_change(&path).unwrap_err().to_string();
        assert!(
            message.contains("image: file: read-only (mode 0444)"),
            "{message}"
        );
        open_to_read(&path).unwrap();
        for (path, what) in [("/dev/zero", "a character device"), ("/dev", "a directory")] {
            let message = open_to_read(Path::new(path)).unwrap_err().to_string();
            let expected = format!("{path}: image: {what}, expected a file or a block device");
            assert_eq!(message, expected);
        }
    }

    #[test]
    fn an_emulator_that_holds_the_image_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("image"), folder.path().join("link"));
        fs::write(&path, "x").unwrap();
        symlink("image", &link).unwrap();
        // QEMU with a disk that it only reads, as with -snapshot.
        let emulator = File::open(&path).unwrap();
        let lock = lock_of(libc::F_RDLCK, QEMU_READS);
        fcntl(&emulator, FcntlArg::F_OFD_SETLK(&lock)).unwrap();
        let begin = Instant::now();
        let told = || {
            let message = open_to_change(&link).unwrap_err().to_string();
            message.contains("link: image: QEMU has it open")
        };
        assert!(told());
        // Its own lock, or that of whoever started it, is not waited for.
        emulator.try_lock().unwrap();
        assert!(told() && begin.elapsed() < PATIENCE);
        open_to_read(&path).unwrap();
        drop(emulator);

        let lock = folder.path().join("image.lock");
        fs::write(&lock, "").unwrap();
        for name in [&path, &link] {
            let message = open_within(name, SHORT).unwrap_err().to_string();
            assert!(message.contains("Bochs has it open, says "), "{message}");
        }
        // Such as Cargo.lock.
        fs::write(&lock, "contents").unwrap();
        open_within(&path, SHORT).unwrap();
    }

    #[test]
    fn qemu_is_kept_away() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("image");
        fs::write(&path, "x").unwrap();
        let changing = open_within(&path, SHORT).unwrap();
        let emulator = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&path)
            .unwrap();
        let is_free = |byte| {
            let mut found = lock_of(libc::F_WRLCK, byte);
            fcntl(&emulator, FcntlArg::F_OFD_GETLK(&mut found)).unwrap();
            i32::from(found.l_type) == libc::F_UNLCK
        };
        // It asks for the first where it only reads, for the second to write.
        assert!(!is_free(QEMU_WRITES) && !is_free(QEMU_FORBIDS_WRITING));
        drop(changing);
        assert!(is_free(QEMU_WRITES) && is_free(QEMU_FORBIDS_WRITING));
    }
}
