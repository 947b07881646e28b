// SPDX-License-Identifier: GPL-2.0-or-later
//! Paths and directories.

mod common;

use abi::Errno;
use abi::fcntl::{O_CREAT, O_EXCL, O_RDONLY, O_WRONLY};
use abi::sys::stat::{S_IFBLK, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG};
use abi::sys::types::Device;
use common::{Machine, ROOT, read, touch, write};
use fs::FsTask;
use fs::host::ReadInto;
use fs::mkfs::Options;

#[test]
fn paths() {
    let machine = Machine::new(400);
    machine.run(|fs, task| {
        fs.sys_mkdir(task, b"/a", 0o755).unwrap();
        fs.sys_mkdir(task, b"/a/b/", 0o755).unwrap();
        write(fs, task, "/a/b/f", 0, b"text").unwrap();
        for path in [
            "/a/b/f",
            "//a//b///f",
            "/a/./b/f",
            "/a/../a/b/f",
            "/../a/b/f",
            "a/b/f",
        ] {
            assert_eq!(
                read(fs, task, path, 0, 9).as_deref(),
                Ok(&b"text"[..]),
                "{path}"
            );
        }
        assert_eq!(fs.sys_stat(task, b"/a/b/f/x"), Err(Errno::ENOTDIR));
        assert_eq!(fs.sys_stat(task, b"/a/x/f"), Err(Errno::ENOENT));
        assert_eq!(fs.sys_mkdir(task, b"/a/b", 0o755), Err(Errno::EEXIST));
        assert_eq!(fs.sys_mkdir(task, b"/", 0o755), Err(Errno::EEXIST));
        fs.sys_chdir(task, b"/a/b").unwrap();
        assert_eq!(read(fs, task, "f", 0, 9).unwrap(), b"text");
        assert_eq!(read(fs, task, "../b/./f", 0, 9).unwrap(), b"text");
        assert_eq!(fs.sys_chdir(task, b"f"), Err(Errno::ENOTDIR));
        let number = |path: &[u8]| fs.sys_stat(task, path).unwrap().st_ino;
        assert_eq!(number(b"."), number(b"/a/b"));
        assert_eq!(number(b"../.."), 1);
    });
}

#[test]
fn names_are_cut_at_14_characters_or_30() {
    for (long_names, len) in [(false, 14), (true, 30)] {
        let machine = Machine::with(
            64,
            &Options {
                long_names,
                ..Options::new(200)
            },
        );
        machine.run(move |fs, task| {
            let name = "abcdefghijklmnopqrstuvwxyz0123456789";
            touch(fs, task, &format!("/{name}")).unwrap();
            assert!(
                fs.sys_stat(task, format!("/{}", &name[..len]).as_bytes())
                    .is_ok()
            );
            assert!(fs.sys_stat(task, format!("/{name}more").as_bytes()).is_ok());
            assert!(
                fs.sys_stat(task, format!("/{}", &name[..len - 1]).as_bytes())
                    .is_err()
            );
            let taken = fs.sys_open(task, name.as_bytes(), O_CREAT | O_EXCL | O_WRONLY, 0o600);
            assert_eq!(taken, Err(Errno::EEXIST));
        });
    }
}

/// As `ls` of the time does it.
#[test]
fn reading_a_directory_gives_16_byte_entries() {
    let machine = Machine::new(200);
    machine.run(|fs, task| {
        touch(fs, task, "/first").unwrap();
        touch(fs, task, "/second").unwrap();
        fs.sys_unlink(task, b"/first").unwrap();
        let fd = fs.sys_open(task, b"/", O_RDONLY, 0).unwrap() as u32;
        let mut bytes = [0; 100];
        assert_eq!(fs.sys_read(task, fd, &mut ReadInto(&mut bytes)), Ok(64));
        assert_eq!(&bytes[..16], b"\x01\0.\0\0\0\0\0\0\0\0\0\0\0\0\0");
        assert_eq!(&bytes[16..32], b"\x01\0..\0\0\0\0\0\0\0\0\0\0\0\0");
        assert_eq!(&bytes[32..40], b"\0\0first\0");
        assert_eq!(
            &bytes[48..],
            [b"\x03\0second".as_slice(), &[0; 44]].concat()
        );
    });
}

#[test]
fn a_directory_grows_and_its_free_entries_are_used_again() {
    let machine = Machine::new(600);
    machine.run(|fs, task| {
        fs.sys_mkdir(task, b"/d", 0o755).unwrap();
        for n in 0..150 {
            touch(fs, task, &format!("/d/file{n}")).unwrap();
        }
        let size = fs.sys_stat(task, b"/d").unwrap().st_size;
        assert_eq!(size, 152 * 16);
        for n in (0..150).step_by(3) {
            fs.sys_unlink(task, format!("/d/file{n}").as_bytes())
                .unwrap();
        }
        for n in 0..50 {
            touch(fs, task, &format!("/d/new{n}")).unwrap();
        }
        assert_eq!(fs.sys_stat(task, b"/d").unwrap().st_size, size);
        assert!(fs.sys_stat(task, b"/d/file1").is_ok() && fs.sys_stat(task, b"/d/file0").is_err());
    });
}

#[test]
fn directories_come_and_go() {
    let machine = Machine::new(400);
    machine.run(|fs, task| {
        let links = |path: &[u8]| fs.sys_stat(task, path).unwrap().st_nlink;
        assert_eq!(links(b"/"), 2);
        fs.sys_mkdir(task, b"/a", 0o777).unwrap();
        fs.sys_mkdir(task, b"/a/b", 0o777).unwrap();
        assert_eq!((links(b"/"), links(b"/a"), links(b"/a/b")), (3, 3, 2));
        assert_eq!(fs.sys_stat(task, b"/a").unwrap().st_mode, S_IFDIR | 0o777);
        assert_eq!(fs.sys_rmdir(task, b"/a"), Err(Errno::ENOTEMPTY));
        assert_eq!(fs.sys_rmdir(task, b"/a/b/."), Err(Errno::EINVAL));
        assert_eq!(fs.sys_rmdir(task, b"/a/b/.."), Err(Errno::ENOTEMPTY));
        assert_eq!(fs.sys_rmdir(task, b"/nothing"), Err(Errno::ENOENT));
        assert_eq!(fs.sys_unlink(task, b"/a"), Err(Errno::EPERM));
        fs.sys_rmdir(task, b"/a/b/").unwrap();
        fs.sys_rmdir(task, b"/a").unwrap();
        assert_eq!(links(b"/"), 2);
        touch(fs, task, "/f").unwrap();
        assert_eq!(fs.sys_rmdir(task, b"/f"), Err(Errno::ENOTDIR));
    });
}

#[test]
fn a_removed_working_directory_is_empty_for_good() {
    let machine = Machine::new(400);
    machine.run(|fs, task| {
        let free = fs.free_counts(common::ROOT).unwrap();
        fs.sys_mkdir(task, b"/a", 0o755).unwrap();
        fs.sys_chdir(task, b"/a").unwrap();
        fs.sys_rmdir(task, b"/a").unwrap();
        assert_eq!(touch(fs, task, "f"), Err(Errno::ENOENT));
        assert_eq!(fs.sys_mkdir(task, b"d", 0o755), Err(Errno::ENOENT));
        assert_eq!(fs.sys_stat(task, b".."), Err(Errno::ENOENT));
        assert!(fs.sys_stat(task, b".").is_ok());
        fs.sys_chdir(task, b"/").unwrap();
        assert_eq!(fs.free_counts(common::ROOT).unwrap(), free);
    });
}

#[test]
fn links() {
    let machine = Machine::new(400);
    machine.run(|fs, task| {
        write(fs, task, "/f", 0, b"text").unwrap();
        fs.sys_link(task, b"/f", b"/g").unwrap();
        assert_eq!(fs.sys_stat(task, b"/g").unwrap().st_nlink, 2);
        assert_eq!(fs.sys_link(task, b"/f", b"/g"), Err(Errno::EEXIST));
        assert_eq!(fs.sys_link(task, b"/nothing", b"/h"), Err(Errno::ENOENT));
        assert_eq!(fs.sys_link(task, b"/", b"/h"), Err(Errno::EPERM));
        fs.sys_unlink(task, b"/f").unwrap();
        assert_eq!(read(fs, task, "/g", 0, 9).unwrap(), b"text");
        for n in 1..250 {
            fs.sys_link(task, b"/g", format!("/g{n}").as_bytes())
                .unwrap();
        }
        assert_eq!(fs.sys_link(task, b"/g", b"/g250"), Err(Errno::EMLINK));
        for n in 2..250 {
            fs.sys_mkdir(task, format!("/d{n}").as_bytes(), 0o755)
                .unwrap_or_else(|error| {
                    // The disk has not got inodes for all; that is another test.
                    assert_eq!(error, Errno::ENOSPC);
                });
        }
    });
}

#[test]
fn a_directory_has_at_most_248_others_in_it() {
    let machine = Machine::new(1200);
    machine.run(|fs, task| {
        for n in 0..248 {
            fs.sys_mkdir(task, format!("/{n}").as_bytes(), 0o755)
                .unwrap();
        }
        assert_eq!(fs.sys_mkdir(task, b"/more", 0o755), Err(Errno::EMLINK));
        fs.sys_mkdir(task, b"/0/more", 0o755).unwrap();
        assert_eq!(
            fs.sys_rename(task, b"/0/more", b"/more"),
            Err(Errno::EMLINK)
        );
        fs.sys_rmdir(task, b"/7").unwrap();
        fs.sys_rename(task, b"/0/more", b"/more").unwrap();
    });
}

#[test]
fn rename() {
    let machine = Machine::new(600);
    machine.run(|fs, task| {
        let rename = |old: &str, new: &str| fs.sys_rename(task, old.as_bytes(), new.as_bytes());
        let text =
            |path: &str| read(fs, task, path, 0, 99).map(|bytes| String::from_utf8(bytes).unwrap());
        let links = |path: &[u8]| fs.sys_stat(task, path).unwrap().st_nlink;
        fs.sys_mkdir(task, b"/a", 0o755).unwrap();
        fs.sys_mkdir(task, b"/b", 0o755).unwrap();
        write(fs, task, "/f", 0, b"f").unwrap();
        write(fs, task, "/g", 0, b"g").unwrap();

        // Files: in place, over another, into a directory, onto themselves.
        rename("/f", "/f2").unwrap();
        assert_eq!(text("/f"), Err(Errno::ENOENT));
        rename("/f2", "/g").unwrap();
        assert_eq!(text("/g").unwrap(), "f");
        rename("/g", "/a/g").unwrap();
        fs.sys_link(task, b"/a/g", b"/a/h").unwrap();
        rename("/a/g", "/a/h").unwrap();
        assert_eq!((text("/a/g").unwrap(), links(b"/a/h")), ("f".into(), 2));
        rename("/a/g", "/a/g").unwrap();
        assert_eq!(rename("/nothing", "/x"), Err(Errno::ENOENT));
        assert_eq!(rename("/a/g", "/b"), Err(Errno::EISDIR));
        assert_eq!(rename("/a/g", "/x/"), Err(Errno::ENOTDIR));
        assert_eq!(rename("/a/g", "/x/y"), Err(Errno::ENOENT));

        // Directories: below another, `..` and link counts with them.
        rename("/a", "/b/a").unwrap();
        assert_eq!(
            (links(b"/"), links(b"/b"), text("/b/a/g").unwrap()),
            (3, 3, "f".into())
        );
        assert_eq!(
            fs.sys_stat(task, b"/b/a/..").unwrap(),
            fs.sys_stat(task, b"/b").unwrap()
        );
        for (old, new) in [("/b", "/b/a/x"), ("/b", "/b/x"), ("/b/a", "/b/a/x")] {
            assert_eq!(rename(old, new), Err(Errno::EINVAL), "{old} {new}");
        }
        assert_eq!(rename("/b/a", "/b/a/g"), Err(Errno::EINVAL));
        assert_eq!(rename("/b/a/", "/c/").and(rename("/c", "/b/a")), Ok(()));
        fs.sys_mkdir(task, b"/empty", 0o755).unwrap();
        assert_eq!(rename("/empty", "/b"), Err(Errno::ENOTEMPTY));
        assert_eq!(rename("/b/a", "/b"), Err(Errno::ENOTEMPTY));
        write(fs, task, "/plain", 0, b"p").unwrap();
        assert_eq!(rename("/empty", "/plain"), Err(Errno::ENOTDIR));
        rename("/b/a", "/empty").unwrap();
        assert_eq!(
            (links(b"/"), links(b"/b"), text("/empty/g").unwrap()),
            (4, 2, "f".into())
        );
        rename("/empty", "/b").unwrap();
        assert_eq!((links(b"/"), text("/b/h").unwrap()), (3, "f".into()));
        for (old, new) in [("/b/.", "/c"), ("/b", "/b/.."), ("/", "/c"), ("/b", "/")] {
            assert_eq!(rename(old, new), Err(Errno::EBUSY), "{old} {new}");
        }
    });
}

#[test]
fn symbolic_links() {
    let machine = Machine::new(400);
    machine.run(|fs, task| {
        fs.sys_mkdir(task, b"/d", 0o755).unwrap();
        write(fs, task, "/d/f", 0, b"text").unwrap();
        fs.sys_symlink(task, b"d", b"/to-d").unwrap();
        fs.sys_symlink(task, b"/to-d/f", b"/d/to-f").unwrap();
        fs.sys_symlink(task, b"../d/./made", b"/d/dangling")
            .unwrap();
        fs.sys_symlink(task, b"loop", b"/loop").unwrap();
        assert_eq!(read(fs, task, "/to-d/to-f", 0, 9).unwrap(), b"text");
        assert_eq!(
            fs.sys_lstat(task, b"/to-d").unwrap().st_mode & S_IFMT,
            S_IFLNK
        );
        assert_eq!(
            fs.sys_lstat(task, b"/to-d/").unwrap().st_mode & S_IFMT,
            S_IFDIR
        );
        assert_eq!(fs.sys_stat(task, b"/loop"), Err(Errno::ELOOP));
        assert_eq!(fs.sys_stat(task, b"/d/dangling"), Err(Errno::ENOENT));
        let exclusive = fs.sys_open(task, b"/d/dangling", O_CREAT | O_EXCL | O_WRONLY, 0o600);
        assert_eq!(exclusive, Err(Errno::EEXIST));
        touch(fs, task, "/d/dangling").unwrap();
        assert_eq!(
            fs.sys_lstat(task, b"/d/made").unwrap().st_mode & S_IFMT,
            S_IFREG
        );
        let mut text = [0; 4];
        assert_eq!(
            fs.sys_readlink(task, b"/d/to-f", &mut ReadInto(&mut text)),
            Ok(4)
        );
        assert_eq!(&text, b"/to-");
        assert_eq!(
            fs.sys_readlink(task, b"/d/f", &mut ReadInto(&mut text)),
            Err(Errno::EINVAL)
        );
        fs.sys_unlink(task, b"/to-d").unwrap();
        assert!(fs.sys_stat(task, b"/d/f").is_ok());
    });
}

/// A link that does not begin with a slash goes on from where it is.
#[test]
fn a_relative_link_begins_in_its_directory() {
    let machine = Machine::new(400);
    machine.run(|fs, task| {
        fs.sys_mkdir(task, b"/d", 0o755).unwrap();
        write(fs, task, "/f", 0, b"above").unwrap();
        write(fs, task, "/d/f", 0, b"here").unwrap();
        fs.sys_symlink(task, b"f", b"/d/here").unwrap();
        fs.sys_symlink(task, b"/f", b"/d/above").unwrap();
        for directory in [&b"/"[..], b"/d"] {
            fs.sys_chdir(task, directory).unwrap();
            assert_eq!(read(fs, task, "/d/here", 0, 9).unwrap(), b"here");
            assert_eq!(read(fs, task, "/d/above", 0, 9).unwrap(), b"above");
        }
    });
}

/// A slash behind a name asks for a directory, and `open` makes none.
#[test]
fn open_with_a_slash_behind_the_name() {
    let machine = Machine::new(400);
    machine.run(|fs, task| {
        fs.sys_mkdir(task, b"/d", 0o755).unwrap();
        touch(fs, task, "/f").unwrap();
        for (target, link) in [("f", "/to-f"), ("d", "/to-d"), ("new", "/to-new")] {
            fs.sys_symlink(task, target.as_bytes(), link.as_bytes())
                .unwrap();
        }
        let open = |path: &str, flags| {
            let fd = fs.sys_open(task, path.as_bytes(), flags, 0o644)?;
            fs.sys_close(task, fd as u32)
        };
        for (path, flags, expected) in [
            ("/f/", O_RDONLY, Err(Errno::ENOTDIR)),
            ("/f/", O_CREAT | O_RDONLY, Err(Errno::ENOTDIR)),
            ("/to-f/", O_RDONLY, Err(Errno::ENOTDIR)),
            ("/to-f/", O_CREAT | O_RDONLY, Err(Errno::ENOTDIR)),
            ("/d/", O_RDONLY, Ok(())),
            ("/d/", O_CREAT | O_RDONLY, Err(Errno::EISDIR)),
            ("/to-d/", O_RDONLY, Ok(())),
            ("/new/", O_RDONLY, Err(Errno::ENOENT)),
            ("/new/", O_CREAT | O_RDONLY, Err(Errno::EISDIR)),
            ("/to-new/", O_CREAT | O_RDONLY, Err(Errno::EISDIR)),
        ] {
            assert_eq!(open(path, flags), expected, "{path} {flags:o}");
        }
        assert_eq!(fs.sys_stat(task, b"/new"), Err(Errno::ENOENT));
        open("/to-new", O_CREAT | O_RDONLY).unwrap();
        assert!(fs.sys_stat(task, b"/new").is_ok());
    });
}

/// Each change of a directory tells when, and so does what a name was made or taken
/// of; nothing else does.
#[test]
fn times_of_changes() {
    let machine = Machine::new(400);
    machine.run(|fs, task| {
        let times = |path: &str| {
            let stat = fs.sys_lstat(task, path.as_bytes()).unwrap();
            (stat.st_mtime, stat.st_ctime)
        };
        let mut now = 2_000_000;
        let mut tick = || {
            now += 10;
            machine.host.set_time(now);
            now
        };
        fs.sys_mkdir(task, b"/a", 0o755).unwrap();
        fs.sys_mkdir(task, b"/b", 0o755).unwrap();
        let made = tick();
        touch(fs, task, "/a/f").unwrap();
        assert_eq!(fs.sys_stat(task, b"/a/f").unwrap().st_atime, made);
        for path in ["/a", "/a/f"] {
            assert_eq!(times(path), (made, made), "{path}");
        }
        for (path, device) in [("/a/pipe", Device::NONE), ("/a/disk", ROOT)] {
            let (made, mode) = (tick(), if device == ROOT { S_IFBLK } else { S_IFIFO });
            fs.sys_mknod(task, path.as_bytes(), mode, device).unwrap();
            assert_eq!((times("/a"), times(path)), ((made, made), (made, made)));
        }
        let linked = tick();
        fs.sys_link(task, b"/a/f", b"/b/g").unwrap();
        assert_eq!(times("/a/f"), (made, linked));
        assert_eq!(times("/b"), (linked, linked));
        let moved = tick();
        fs.sys_rename(task, b"/b/g", b"/b/h").unwrap();
        assert_eq!(times("/a/f"), (made, moved));
        assert_eq!(times("/b"), (moved, moved));
        let moved_away = tick();
        fs.sys_rename(task, b"/b/h", b"/a/h").unwrap();
        for path in ["/a", "/b"] {
            assert_eq!(times(path), (moved_away, moved_away), "{path}");
        }
        let unlinked = tick();
        fs.sys_unlink(task, b"/a/h").unwrap();
        assert_eq!(times("/a"), (unlinked, unlinked));
        assert_eq!(times("/a/f"), (made, unlinked));
        let directory_made = tick();
        fs.sys_mkdir(task, b"/b/d", 0o755).unwrap();
        assert_eq!(times("/b"), (directory_made, directory_made));
        assert_eq!(times("/b/d"), (directory_made, directory_made));
        let replaced = tick();
        touch(fs, task, "/a/new").unwrap();
        fs.sys_link(task, b"/a/f", b"/a/old").unwrap();
        let replacing = tick();
        fs.sys_rename(task, b"/a/new", b"/a/old").unwrap();
        assert_eq!(times("/a"), (replacing, replacing));
        assert_eq!(times("/a/old"), (replaced, replacing));
        assert_eq!(times("/a/f"), (made, replacing));
        let removed = tick();
        fs.sys_rmdir(task, b"/b/d").unwrap();
        assert_eq!(times("/b"), (removed, removed));
        assert_eq!(times("/a"), (replacing, replacing));
    });
}

#[test]
fn permissions() {
    let machine = Machine::new(400);
    machine.run(|fs, root| {
        let user = FsTask::new();
        user.copy_from(root);
        for id in [&user.uid, &user.euid] {
            id.set(5);
        }
        for id in [&user.gid, &user.egid] {
            id.set(7);
        }
        user.umask.set(0o022);
        fs.sys_mkdir(root, b"/tmp", 0o777).unwrap();
        fs.sys_mkdir(root, b"/root", 0o700).unwrap();
        assert_eq!(touch(fs, &user, "/f"), Err(Errno::EACCES));
        assert_eq!(fs.sys_stat(&user, b"/root/x"), Err(Errno::EACCES));
        assert_eq!(fs.sys_chdir(&user, b"/root"), Err(Errno::EACCES));
        let fd = fs
            .sys_open(&user, b"/tmp/f", O_CREAT | O_WRONLY, 0o666)
            .unwrap();
        fs.sys_close(&user, fd as u32).unwrap();
        let stat = fs.sys_stat(root, b"/tmp/f").unwrap();
        assert_eq!(
            (stat.st_uid, stat.st_gid, stat.st_mode & 0o777),
            (5, 7, 0o644)
        );

        // Owner, group and others each have their own bits, and only those.
        fs.sys_chmod(&user, b"/tmp/f", 0o047).unwrap();
        assert_eq!(
            fs.sys_open(&user, b"/tmp/f", O_RDONLY, 0),
            Err(Errno::EACCES)
        );
        fs.sys_chown(root, b"/tmp/f", 6, 7).unwrap();
        assert_eq!(
            fs.sys_open(&user, b"/tmp/f", O_WRONLY, 0),
            Err(Errno::EACCES)
        );
        let fd = fs.sys_open(&user, b"/tmp/f", O_RDONLY, 0).unwrap();
        fs.sys_close(&user, fd as u32).unwrap();
        assert_eq!(fs.sys_access(&user, b"/tmp/f", 4), Ok(()));
        user.egid.set(8);
        // The mode is 047: others may do everything, the group may only read.
        let fd = fs.sys_open(&user, b"/tmp/f", O_WRONLY, 0).unwrap();
        fs.sys_close(&user, fd as u32).unwrap();
        user.set_supplementary_groups(&[9, 7]).unwrap();
        assert_eq!(
            fs.sys_open(&user, b"/tmp/f", O_WRONLY, 0),
            Err(Errno::EACCES)
        );
        let child = FsTask::new();
        child.copy_from(&user);
        assert_eq!(
            fs.sys_open(&child, b"/tmp/f", O_WRONLY, 0),
            Err(Errno::EACCES)
        );
        child.clear();
        user.set_supplementary_groups(&[]).unwrap();
        user.egid.set(7);
        assert_eq!(user.set_supplementary_groups(&[1; 33]), Err(Errno::EINVAL));
        assert_eq!(fs.sys_access(&user, b"/tmp/f", 1), Err(Errno::EACCES));
        assert_eq!(fs.sys_chmod(&user, b"/tmp/f", 0o777), Err(Errno::EPERM));
        assert_eq!(fs.sys_chown(&user, b"/tmp/f", 5, 7), Err(Errno::EPERM));
        assert_eq!(fs.sys_utime(&user, b"/tmp/f", None), Err(Errno::EACCES));

        // In a sticky directory only owners take names away.
        fs.sys_chmod(root, b"/tmp", 0o1777).unwrap();
        touch(fs, &user, "/tmp/mine").unwrap();
        fs.sys_mkdir(root, b"/tmp/d", 0o777).unwrap();
        assert_eq!(fs.sys_unlink(&user, b"/tmp/f"), Err(Errno::EPERM));
        assert_eq!(fs.sys_rmdir(&user, b"/tmp/d"), Err(Errno::EPERM));
        assert_eq!(
            fs.sys_rename(&user, b"/tmp/f", b"/tmp/g"),
            Err(Errno::EPERM)
        );
        assert_eq!(
            fs.sys_rename(&user, b"/tmp/mine", b"/tmp/f"),
            Err(Errno::EPERM)
        );
        fs.sys_rename(&user, b"/tmp/mine", b"/tmp/own").unwrap();
        fs.sys_unlink(&user, b"/tmp/own").unwrap();
        touch(fs, &user, "/tmp/theirs").unwrap();
        fs.sys_unlink(root, b"/tmp/theirs").unwrap();

        // The super-user may do anything but run what nobody may.
        fs.sys_chmod(root, b"/tmp/f", 0o000).unwrap();
        assert_eq!(fs.sys_access(root, b"/tmp/f", 6), Ok(()));
        assert_eq!(fs.sys_access(root, b"/tmp/f", 1), Err(Errno::EACCES));
        assert_eq!(fs.sys_access(root, b"/tmp", 1), Ok(()));

        let node = abi::sys::stat::S_IFBLK;
        assert_eq!(
            fs.sys_mknod(&user, b"/tmp/n", node, Device(0x300)),
            Err(Errno::EPERM)
        );
        assert_eq!(fs.sys_chroot(&user, b"/tmp"), Err(Errno::EPERM));
        assert_eq!(
            fs.sys_mount(&user, b"/tmp/f", b"/tmp", false),
            Err(Errno::EPERM)
        );
        user.clear();
    });
}

#[test]
fn chroot_has_no_way_out() {
    let machine = Machine::new(400);
    machine.run(|fs, root| {
        fs.sys_mkdir(root, b"/jail", 0o755).unwrap();
        fs.sys_mkdir(root, b"/jail/d", 0o755).unwrap();
        let task = FsTask::new();
        task.copy_from(root);
        fs.sys_chroot(&task, b"/jail").unwrap();
        fs.sys_chdir(&task, b"/").unwrap();
        let jail = fs.sys_stat(root, b"/jail").unwrap().st_ino;
        for path in ["/", "/..", "..", "../../..", "d/../..", "/d/../../../"] {
            assert_eq!(
                fs.sys_stat(&task, path.as_bytes()).unwrap().st_ino,
                jail,
                "{path}"
            );
        }
        task.clear();
    });
}
