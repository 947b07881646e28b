// SPDX-License-Identifier: GPL-2.0-or-later
//! Where a path led is remembered, as long as it leads there.

mod common;

use abi::Errno;
use abi::fcntl::O_RDONLY;
use common::{MISSING, Machine, OTHER, ROOT, number, read, touch, with_second_disk, write};
use fs::mkfs::Options;
use fs::{Fs, FsTask};

/// Asks until the names are known, then the path to the file's directory, and then the
/// whole path; and once more.
fn remember<'a>(fs: &'a Fs<'a>, task: &FsTask<'a>, path: &str) -> Result<u16, Errno> {
    (0..4).map(|_| number(fs, task, path)).last().unwrap()
}

#[test]
fn a_path_ends_with_each_directory_on_it() {
    Machine::new(300).run(|fs, task| {
        for path in [&b"/one"[..], b"/one/two", b"/one/two/three"] {
            fs.sys_mkdir(task, path, 0o755).unwrap();
        }
        touch(fs, task, "/one/two/three/f").unwrap();
        let expected = remember(fs, task, "/one/two/three/f");
        for (old, new) in [
            ("/one", "/1"),
            ("/1/two", "/1/2"),
            ("/1/2/three", "/1/2/3"),
            ("/1/2", "/2"),
        ] {
            fs.sys_rename(task, old.as_bytes(), new.as_bytes()).unwrap();
            for path in ["/one/two/three/f", "/1/two/three/f", "/1/2/three/f"] {
                assert!(!path.starts_with(old) || number(fs, task, path) == MISSING);
            }
            let path = ["/1/two/three/f", "/1/2/three/f", "/1/2/3/f", "/2/3/f"];
            let path = path.iter().find(|path| path.starts_with(new));
            assert_eq!(remember(fs, task, path.unwrap()), expected);
        }
    });
}

/// The directory that takes the number of a removed one is not where a path to that
/// leads, even if no name was known in it.
#[test]
fn a_path_to_a_directory_that_was_removed_is_forgotten() {
    let options = Options {
        inodes: Some(1),
        ..Options::new(300)
    };
    Machine::with(64, &options).run(|fs, task| {
        fs.sys_mkdir(task, b"/parent", 0o755).unwrap();
        fs.sys_mkdir(task, b"/parent/old", 0o755).unwrap();
        touch(fs, task, "/file").unwrap();
        // The table has 32 inodes: the next directory gets the number, and the memory.
        for n in 0..28 {
            touch(fs, task, &format!("/{n}")).unwrap();
        }
        assert_eq!(touch(fs, task, "/28"), Err(Errno::ENOSPC));
        assert_eq!(remember(fs, task, "/parent/old/f"), MISSING);
        let old = number(fs, task, "/parent/old");
        fs.sys_rmdir(task, b"/parent/old").unwrap();
        fs.sys_sync().unwrap();
        fs.sys_mkdir(task, b"/new", 0o755).unwrap();
        assert_eq!(number(fs, task, "/new"), old);
        fs.sys_link(task, b"/file", b"/new/f").unwrap();
        assert_eq!(number(fs, task, "/parent/old/f"), MISSING);
    });
}

#[test]
fn a_path_ends_where_a_device_is_mounted_and_with_its_device() {
    with_second_disk(|fs, task| {
        fs.sys_mkdir(task, b"/mnt/dir", 0o755).unwrap();
        touch(fs, task, "/mnt/dir/f").unwrap();
        for (made, other) in [("made", "other"), ("other", "made")] {
            let covered = remember(fs, task, "/mnt/dir/f");
            assert!(covered.is_ok());
            fs.mkfs(OTHER, &Options::new(200)).unwrap();
            fs.sys_mount(task, b"/disk", b"/mnt", false).unwrap();
            assert_eq!(number(fs, task, "/mnt/dir/f"), MISSING);
            fs.sys_chdir(task, b"/mnt").unwrap();
            fs.sys_mkdir(task, made.as_bytes(), 0o755).unwrap();
            touch(fs, task, &format!("{made}/f")).unwrap();
            assert!(remember(fs, task, &format!("{made}/f")).is_ok());
            assert_eq!(number(fs, task, &format!("{other}/f")), MISSING);
            fs.sys_chdir(task, b"/").unwrap();
            fs.sys_umount(task, b"/disk").unwrap();
            assert_eq!(number(fs, task, "/mnt/dir/f"), covered);
        }
    });
}

/// However the name is spelt, and whoever removes it.
#[test]
fn a_whole_path_ends_with_its_last_name() {
    Machine::new(300).run(|fs, task| {
        fs.sys_mkdir(task, b"/dir", 0o755).unwrap();
        fs.sys_chdir(task, b"/dir").unwrap();
        let paths = ["/dir/file", "//dir/file", "/dir//file", "file"];
        for removed in paths {
            touch(fs, task, "file").unwrap();
            // The inode lives on.
            fs.sys_link(task, b"file", b"/link").unwrap();
            for path in paths {
                assert_eq!(remember(fs, task, path), number(fs, task, "/link"));
            }
            fs.sys_unlink(task, removed.as_bytes()).unwrap();
            for path in paths {
                assert_eq!(number(fs, task, path), MISSING, "{path}");
                assert_eq!(
                    fs.sys_open(task, path.as_bytes(), O_RDONLY, 0),
                    Err(Errno::ENOENT)
                );
            }
            touch(fs, task, "file").unwrap();
            for path in paths {
                assert_ne!(remember(fs, task, path), number(fs, task, "/link"));
            }
            fs.sys_unlink(task, b"file").unwrap();
            fs.sys_unlink(task, b"/link").unwrap();
        }
    });
}

#[test]
fn a_whole_path_leads_to_what_was_moved_there() {
    Machine::new(300).run(|fs, task| {
        fs.sys_mkdir(task, b"/dir", 0o755).unwrap();
        write(fs, task, "/dir/one", 0, b"1").unwrap();
        write(fs, task, "/dir/two", 0, b"2").unwrap();
        let one = remember(fs, task, "/dir/one");
        let two = remember(fs, task, "/dir/two");
        fs.sys_rename(task, b"/dir/one", b"/dir/two").unwrap();
        assert_eq!(remember(fs, task, "/dir/one"), MISSING);
        assert_eq!(remember(fs, task, "/dir/two"), one);
        assert_ne!(one, two);
        assert_eq!(read(fs, task, "/dir/two", 0, 9).unwrap(), b"1");
        write(fs, task, "/dir/three", 0, b"3").unwrap();
        fs.sys_unlink(task, b"/dir/two").unwrap();
        fs.sys_symlink(task, b"three", b"/dir/two").unwrap();
        assert_eq!(
            remember(fs, task, "/dir/two"),
            number(fs, task, "/dir/three")
        );
        assert_eq!(read(fs, task, "/dir/two", 0, 9).unwrap(), b"3");
    });
}

/// The name cache may lose the last name of a path, and the inode its place in memory.
#[test]
fn a_path_outlives_neither_its_name_nor_its_inode() {
    const MANY: u32 = 1200;
    let options = Options {
        inodes: Some(1300),
        ..Options::new(2000)
    };
    Machine::with(256, &options).run(|fs, task| {
        for directory in [&b"/dir"[..], b"/many"] {
            fs.sys_mkdir(task, directory, 0o755).unwrap();
        }
        write(fs, task, "/dir/kept", 0, b"kept").unwrap();
        touch(fs, task, "/dir/gone").unwrap();
        fs.sys_link(task, b"/dir/gone", b"/link").unwrap();
        let kept = remember(fs, task, "/dir/kept");
        assert!(remember(fs, task, "/dir/gone").is_ok());
        for n in 0..MANY {
            touch(fs, task, &format!("/many/{n}")).unwrap();
        }
        fs.sys_unlink(task, b"/dir/gone").unwrap();
        assert_eq!(number(fs, task, "/dir/gone"), MISSING);
        assert_eq!(remember(fs, task, "/dir/kept"), kept);
        assert_eq!(read(fs, task, "/dir/kept", 0, 9).unwrap(), b"kept");
    });
}

#[test]
fn a_path_is_closed_to_those_who_may_not_go_it() {
    Machine::new(300).run(|fs, task| {
        let user = FsTask::new();
        user.copy_from(task);
        for id in [&user.uid, &user.euid, &user.gid, &user.egid] {
            id.set(7);
        }
        fs.sys_mkdir(task, b"/dir", 0o700).unwrap();
        fs.sys_mkdir(task, b"/dir/open", 0o755).unwrap();
        for path in ["/dir/open/file", "/dir/file"] {
            touch(fs, task, path).unwrap();
            assert!(remember(fs, task, path).is_ok());
            assert_eq!(number(fs, &user, path), Err(Errno::EACCES));
        }
        let file = number(fs, task, "/dir/file");
        fs.sys_chmod(task, b"/dir", 0o755).unwrap();
        assert_eq!(remember(fs, &user, "/dir/file"), file);
        fs.sys_chdir(&user, b"/dir").unwrap();
        assert_eq!(remember(fs, &user, "file"), file);
        fs.sys_chmod(task, b"/dir", 0o754).unwrap();
        for path in ["/dir/file", "file"] {
            assert_eq!(remember(fs, task, "/dir/file"), file);
            assert_eq!(number(fs, &user, path), Err(Errno::EACCES));
            let opened = fs.sys_open(&user, path.as_bytes(), O_RDONLY, 0);
            assert_eq!(opened, Err(Errno::EACCES));
        }
        user.clear();
    });
}

#[test]
fn a_path_begins_at_the_callers_root() {
    Machine::new(300).run(|fs, task| {
        let other = FsTask::new();
        other.copy_from(task);
        fs.sys_mkdir(task, b"/root", 0o755).unwrap();
        for path in ["/file", "/root/file"] {
            touch(fs, task, path).unwrap();
        }
        let outside = remember(fs, task, "/file");
        let inside = remember(fs, task, "/root/file");
        fs.sys_chroot(&other, b"/root").unwrap();
        for _ in 0..2 {
            assert_eq!(remember(fs, &other, "/file"), inside);
            assert_eq!(remember(fs, task, "/file"), outside);
            assert_eq!(number(fs, &other, "/root/file"), MISSING);
        }
        other.clear();
    });
}

#[test]
fn a_whole_path_ends_where_a_device_is_mounted() {
    with_second_disk(|fs, task| {
        let device = |path: &str| {
            remember(fs, task, path).unwrap();
            fs.sys_stat(task, path.as_bytes()).unwrap().st_dev
        };
        fs.mkfs(OTHER, &Options::new(200)).unwrap();
        for _ in 0..2 {
            assert_eq!(device("/mnt"), ROOT.0);
            fs.sys_mount(task, b"/disk", b"/mnt", false).unwrap();
            assert_eq!(device("/mnt"), OTHER.0);
            fs.sys_umount(task, b"/disk").unwrap();
        }
    });
}
