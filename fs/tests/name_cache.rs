// SPDX-License-Identifier: GPL-2.0-or-later
//! Names that were found lately are remembered, and what is remembered is what
//! the directories say.

mod common;

use abi::Errno;
use abi::fcntl::{O_CREAT, O_EXCL, O_RDONLY, O_WRONLY};
use common::{
    MISSING, Machine, OTHER, ROOT, mount, number, read, touch, unmount, with_second_disk, write,
};
use fs::host::{Host, MemoryDisk};
use fs::layout::InodeNumber;
use fs::mkfs::Options;
use fs::{Fs, FsTask};

/// A small cache, and names of 14 bytes and of 30.
fn both_kinds() -> [Machine; 2] {
    [false, true].map(|long_names| {
        let options = Options {
            long_names,
            inodes: Some(300),
            ..Options::new(500)
        };
        Machine::with(20, &options)
    })
}

/// The blocks of directories and files leave the buffers.
fn forget_blocks<'a>(fs: &'a Fs<'a>) {
    fs.sys_sync().unwrap();
    for block in 400..500 {
        fs.bread(ROOT, block).unwrap();
    }
}

#[test]
fn known_names_are_not_read_again() {
    for machine in both_kinds() {
        machine.run(|fs, task| {
            let directories = ["a", "dir", "four", "directory", "fourteen-bytes"];
            let mut paths = Vec::new();
            for directory in directories {
                fs.sys_mkdir(task, directory.as_bytes(), 0o755).unwrap();
                for file in ["f", "name", "a-longer-name", "fourteen-bytes"] {
                    let path = format!("/{directory}/{file}");
                    touch(fs, task, &path).unwrap();
                    paths.push((number(fs, task, &path), path));
                }
            }
            forget_blocks(fs);
            let before = machine.host.transfers();
            for (expected, path) in &paths {
                assert_eq!(number(fs, task, path), *expected);
                let slashes = path.replace('/', "//");
                assert_eq!(number(fs, task, &slashes[1..]), *expected);
            }
            assert_eq!(machine.host.transfers(), before);
        });
    }
}

fn finding_takes_one_block<'a>(machine: &Machine, fs: &'a Fs<'a>, task: &FsTask<'a>) {
    for n in [199, 197, 3] {
        forget_blocks(fs);
        let before = machine.host.transfers().0;
        let (path, flags) = (format!("/d/{n}"), O_CREAT | O_EXCL | O_WRONLY);
        let made = fs.sys_open(task, path.as_bytes(), flags, 0o644);
        assert_eq!(made, Err(Errno::EEXIST));
        assert_eq!(machine.host.transfers().0, before + 1, "{n}");
    }
}

/// Of a directory of many blocks only that one is read in which a known entry is.
#[test]
fn a_known_entry_is_not_searched_for() {
    for machine in both_kinds() {
        machine.run(|fs, task| {
            fs.sys_mkdir(task, b"/d", 0o755).unwrap();
            let path = |n: u32| format!("/d/{n}");
            for n in 0..200 {
                touch(fs, task, &path(n)).unwrap();
            }
            finding_takes_one_block(&machine, fs, task);
        });
        // All of it is there at the next mount, and known once it was found.
        machine.run(|fs, task| {
            for n in 0..200 {
                assert!(number(fs, task, &format!("/d/{n}")).is_ok(), "{n}");
            }
            finding_takes_one_block(&machine, fs, task);
        });
    }
}

/// A name that vanished from the disk below us is not known in the next directory
/// with that number.
#[test]
fn names_of_a_directory_end_with_it() {
    let machine = Machine::new(300);
    let fs = &machine.host.fs();
    let task = &mount(fs).unwrap();
    fs.sys_mkdir(task, b"/d", 0o755).unwrap();
    fs.sys_mkdir(task, b"/other", 0o755).unwrap();
    touch(fs, task, "/other/f").unwrap();
    fs.sys_link(task, b"/other/f", b"/d/f").unwrap();
    assert_eq!(number(fs, task, "/d/f"), number(fs, task, "/other/f"));
    let directory = fs.namei(task, b"/d").unwrap();
    let block = fs.bread(ROOT, directory.bmap(0).unwrap().block()).unwrap();
    let mut data = block.data();
    assert!(data[34..].starts_with(b"f\0"));
    data[32..34].fill(0);
    drop(data);
    drop((directory, block));
    let old = number(fs, task, "/d");
    fs.sys_rmdir(task, b"/d").unwrap();
    fs.sys_sync().unwrap();
    // The next one with its number.
    let mut made: Vec<String> = Vec::new();
    while made.last().is_none_or(|path| number(fs, task, path) != old) {
        made.push(format!("/{}", made.len()));
        fs.sys_mkdir(task, made.last().unwrap().as_bytes(), 0o755)
            .unwrap();
    }
    let file = format!("{}/f", made.last().unwrap());
    assert_eq!(number(fs, task, &file), MISSING);
}

#[test]
fn a_name_that_was_removed_is_forgotten() {
    Machine::new(300).run(|fs, task| {
        for n in 0..3 {
            let (path, text) = ("/f", format!("{n}"));
            assert_eq!(number(fs, task, path), MISSING);
            write(fs, task, path, 0, text.as_bytes()).unwrap();
            assert_eq!(read(fs, task, path, 0, 9).unwrap(), text.as_bytes());
            fs.sys_unlink(task, path.as_bytes()).unwrap();
            assert_eq!(number(fs, task, path), MISSING);
            assert_eq!(
                fs.sys_open(task, path.as_bytes(), O_RDONLY, 0),
                Err(Errno::ENOENT)
            );
            assert_eq!(fs.sys_unlink(task, path.as_bytes()), Err(Errno::ENOENT));
            fs.sys_sync().unwrap();
        }
    });
}

#[test]
fn links_have_their_own_names() {
    Machine::new(300).run(|fs, task| {
        write(fs, task, "/one", 0, b"text").unwrap();
        fs.sys_link(task, b"/one", b"/two").unwrap();
        let expected = number(fs, task, "/one");
        assert_eq!(number(fs, task, "/two"), expected);
        fs.sys_unlink(task, b"/one").unwrap();
        assert_eq!(number(fs, task, "/one"), MISSING);
        assert_eq!(number(fs, task, "/two"), expected);
        assert_eq!(read(fs, task, "/two", 0, 9).unwrap(), b"text");
    });
}

#[test]
fn renaming() {
    Machine::new(300).run(|fs, task| {
        for path in [&b"/a"[..], b"/a/b", b"/c"] {
            fs.sys_mkdir(task, path, 0o755).unwrap();
        }
        write(fs, task, "/a/b/f", 0, b"old").unwrap();
        write(fs, task, "/c/f", 0, b"new").unwrap();
        let (old, new) = (number(fs, task, "/a/b/f"), number(fs, task, "/c/f"));

        fs.sys_rename(task, b"/a", b"/d").unwrap();
        assert_eq!(number(fs, task, "/a/b/f"), MISSING);
        assert_eq!(number(fs, task, "/d/b/f"), old);

        // In place of another.
        fs.sys_rename(task, b"/c/f", b"/d/b/f").unwrap();
        assert_eq!(number(fs, task, "/c/f"), MISSING);
        assert_eq!(number(fs, task, "/d/b/f"), new);
        assert_eq!(read(fs, task, "/d/b/f", 0, 9).unwrap(), b"new");

        // Another parent.
        let parent = |path: &str| number(fs, task, &format!("{path}/.."));
        assert_eq!(parent("/d/b"), number(fs, task, "/d"));
        fs.sys_rename(task, b"/d/b", b"/c/b").unwrap();
        assert_eq!(parent("/c/b"), number(fs, task, "/c"));
        assert_eq!(number(fs, task, "/d/b/f"), MISSING);
        assert_eq!(number(fs, task, "/c/b/../b/f"), new);

        // An empty directory in place of an empty one.
        fs.sys_mkdir(task, b"/e", 0o755).unwrap();
        let moved = number(fs, task, "/d");
        assert_ne!(number(fs, task, "/e"), moved);
        fs.sys_rename(task, b"/d", b"/e").unwrap();
        assert_eq!(number(fs, task, "/e"), moved);
    });
}

#[test]
fn a_directory_with_the_number_of_an_old_one_is_empty() {
    Machine::with(
        64,
        &Options {
            inodes: Some(1),
            ..Options::new(300)
        },
    )
    .run(|fs, task| {
        fs.sys_mkdir(task, b"/old", 0o755).unwrap();
        touch(fs, task, "/old/f").unwrap();
        let old = number(fs, task, "/old");
        assert!(number(fs, task, "/old/f").is_ok());
        fs.sys_unlink(task, b"/old/f").unwrap();
        fs.sys_rmdir(task, b"/old").unwrap();
        assert_eq!(number(fs, task, "/old"), MISSING);
        fs.sys_sync().unwrap();
        // The table has 32 inodes: one of these gets the number.
        let mut again = false;
        for n in 0..30 {
            let path = format!("/new{n}");
            fs.sys_mkdir(task, path.as_bytes(), 0o755).unwrap();
            again |= number(fs, task, &path) == old;
            assert_eq!(number(fs, task, &format!("{path}/f")), MISSING);
        }
        assert!(again);
    });
}

#[test]
fn in_a_directory_that_was_removed_is_nothing() {
    Machine::new(300).run(|fs, task| {
        fs.sys_mkdir(task, b"/d", 0o755).unwrap();
        touch(fs, task, "/d/f").unwrap();
        fs.sys_chdir(task, b"/d").unwrap();
        assert!(number(fs, task, "f").is_ok());
        assert!(number(fs, task, "..").is_ok());
        fs.sys_unlink(task, b"f").unwrap();
        fs.sys_rmdir(task, b"/d").unwrap();
        assert_eq!(number(fs, task, "f"), MISSING);
        assert_eq!(number(fs, task, ".."), MISSING);
        assert_eq!(touch(fs, task, "f"), Err(Errno::ENOENT));
        fs.sys_chdir(task, b"/").unwrap();
    });
}

#[test]
fn dots_and_the_root_are_the_callers() {
    Machine::new(300).run(|fs, task| {
        for path in [&b"/jail"[..], b"/jail/in", b"/out"] {
            fs.sys_mkdir(task, path, 0o755).unwrap();
        }
        write(fs, task, "/jail/f", 0, b"inside").unwrap();
        write(fs, task, "/f", 0, b"outside").unwrap();
        let outside = number(fs, task, "/jail/in/../../f").unwrap();
        assert_eq!(number(fs, task, "/f"), Ok(outside));

        let prisoner = FsTask::new();
        prisoner.copy_from(task);
        fs.sys_chroot(&prisoner, b"/jail").unwrap();
        fs.sys_chdir(&prisoner, b"/in").unwrap();
        let inside = number(fs, &prisoner, "/f").unwrap();
        assert_ne!(inside, outside);
        for path in ["/../f", "../../f", "/in/../../f", "../../../jail/../f"] {
            let found = number(fs, &prisoner, path);
            assert!(found == Ok(inside) || found == MISSING, "{path}");
        }
        assert_eq!(number(fs, &prisoner, "/out"), MISSING);
        assert_eq!(number(fs, task, "/f"), Ok(outside));
        assert_eq!(number(fs, task, "/jail/./in/../f"), Ok(inside));
        prisoner.clear();
    });
}

#[test]
fn who_may_not_search_does_not_find_what_others_found() {
    Machine::new(300).run(|fs, task| {
        fs.sys_mkdir(task, b"/d", 0o755).unwrap();
        fs.sys_mkdir(task, b"/d/e", 0o755).unwrap();
        touch(fs, task, "/d/e/f").unwrap();
        let user = FsTask::new();
        user.copy_from(task);
        for id in [&user.uid, &user.euid, &user.gid, &user.egid] {
            id.set(7);
        }
        let expected = number(fs, task, "/d/e/f");
        assert_eq!(number(fs, &user, "/d/e/f"), expected);
        for path in [&b"/d"[..], b"/d/e"] {
            fs.sys_chmod(task, path, 0o744).unwrap();
            assert_eq!(number(fs, &user, "/d/e/f"), Err(Errno::EACCES));
            assert_eq!(number(fs, task, "/d/e/f"), expected);
            fs.sys_chmod(task, path, 0o755).unwrap();
        }
        assert_eq!(number(fs, &user, "/d/e/f"), expected);
        user.clear();
    });
}

#[test]
fn a_file_is_no_directory() {
    Machine::new(300).run(|fs, task| {
        touch(fs, task, "/f").unwrap();
        for _ in 0..2 {
            assert!(number(fs, task, "/f").is_ok());
            for path in ["/f/", "/f/x", "/f/.", "/f//"] {
                assert_eq!(number(fs, task, path), Err(Errno::ENOTDIR), "{path}");
            }
        }
        assert_eq!(
            fs.sys_open(task, b"/f", O_CREAT | O_EXCL | O_WRONLY, 0o600),
            Err(Errno::EEXIST)
        );
    });
}

#[test]
fn a_name_of_a_link_leads_where_the_link_does() {
    Machine::new(300).run(|fs, task| {
        fs.sys_mkdir(task, b"/d", 0o755).unwrap();
        touch(fs, task, "/d/f").unwrap();
        fs.sys_symlink(task, b"/d", b"/link").unwrap();
        let expected = number(fs, task, "/d/f");
        for _ in 0..2 {
            assert_eq!(number(fs, task, "/link/f"), expected);
            assert_eq!(number(fs, task, "/link"), number(fs, task, "/d"));
            let link = fs.sys_lstat(task, b"/link").unwrap();
            assert_ne!(Ok(link.st_ino), number(fs, task, "/d"));
        }
        fs.sys_unlink(task, b"/link").unwrap();
        assert_eq!(number(fs, task, "/link/f"), MISSING);
        fs.sys_mkdir(task, b"/link", 0o755).unwrap();
        assert_eq!(number(fs, task, "/link/f"), MISSING);
    });
}

#[test]
fn a_name_that_is_cut_is_the_same_as_the_cut_one() {
    for long_names in [false, true] {
        let options = Options {
            long_names,
            ..Options::new(300)
        };
        Machine::with(64, &options).run(|fs, task| {
            let cut = if long_names { 30 } else { 14 };
            let name = "/abcdefghijklmnopqrstuvwxyz0123456789";
            let short = &name[..1 + cut];
            // Found by either, removed by the other.
            for (found, removed) in [(short, name), (name, short)] {
                touch(fs, task, name).unwrap();
                let expected = number(fs, task, found);
                assert_eq!(number(fs, task, removed), expected);
                assert_eq!(number(fs, task, &name[..cut]), MISSING);
                fs.sys_unlink(task, removed.as_bytes()).unwrap();
                assert_eq!(number(fs, task, found), MISSING);
            }
            // Each length up to where names of paths are no longer packed.
            for len in 1..=cut {
                touch(fs, task, &name[..1 + len]).unwrap();
            }
            let mut numbers: Vec<_> = (1..=cut)
                .map(|len| number(fs, task, &name[..1 + len]).unwrap())
                .collect();
            numbers.sort_unstable();
            numbers.dedup();
            assert_eq!(numbers.len(), cut);
        });
    }
}

#[test]
fn names_of_a_device_end_with_its_mount() {
    with_second_disk(|fs, task| {
        touch(fs, task, "/mnt/f").unwrap();
        let covered = number(fs, task, "/mnt/f");
        // The number that one had becomes the other's.
        for (made, other) in [("d", "e"), ("e", "d"), ("d", "e")] {
            let made = format!("/mnt/{made}");
            let other = format!("/mnt/{other}");
            fs.mkfs(OTHER, &Options::new(200)).unwrap();
            assert_eq!(number(fs, task, "/mnt/f"), covered);
            fs.sys_mount(task, b"/disk", b"/mnt", false).unwrap();
            assert_eq!(number(fs, task, "/mnt/f"), MISSING);
            fs.sys_mkdir(task, made.as_bytes(), 0o755).unwrap();
            assert_eq!(number(fs, task, &made), Ok(2));
            fs.sys_chdir(task, b"/mnt").unwrap();
            assert_eq!(number(fs, task, &other[5..]), MISSING);
            fs.sys_chdir(task, b"/").unwrap();
            for _ in 0..2 {
                let stat = fs.sys_stat(task, made.as_bytes()).unwrap();
                assert_eq!(stat.st_dev, OTHER.0);
                let parent = fs.sys_stat(task, b"/mnt/..").unwrap();
                assert_eq!((parent.st_dev, parent.st_ino), (ROOT.0, 1));
            }
            fs.sys_umount(task, b"/disk").unwrap();
        }
    });
}

#[test]
fn more_names_than_are_remembered() {
    let options = Options {
        inodes: Some(1600),
        ..Options::new(2000)
    };
    Machine::with(256, &options).run(|fs, task| {
        let path = |n: u32| format!("/{n}");
        for n in 0..1500 {
            touch(fs, task, &path(n)).unwrap();
        }
        let numbers: Vec<_> = (0..1500).map(|n| number(fs, task, &path(n))).collect();
        for n in (0..1500).step_by(3) {
            fs.sys_unlink(task, path(n).as_bytes()).unwrap();
        }
        for n in 0..1500 {
            let expected = if n % 3 == 0 {
                MISSING
            } else {
                numbers[n as usize]
            };
            assert_eq!(number(fs, task, &path(n)), expected);
        }
    });
}

/// A repair program may move entries while the device is mounted.
#[test]
fn an_entry_is_looked_at_before_it_is_changed() {
    // The whole entries change places, and the numbers in them alone.
    for length in [16, 2] {
        swap_entries_and_unlink(length);
    }
}

fn swap_entries_and_unlink(length: usize) {
    let host = Host::new(64);
    host.attach(ROOT, MemoryDisk::new(300));
    let fs = host.fs();
    fs.mkfs(ROOT, &Options::new(300)).unwrap();
    let task = &mount(&fs).unwrap();
    write(&fs, task, "/one", 0, b"1").unwrap();
    write(&fs, task, "/two", 0, b"2").unwrap();
    let first = u32::from(fs.geometry(ROOT).unwrap().firstdatazone);
    let directory = fs.bread(ROOT, first).unwrap();
    let mut data = directory.data();
    let (one, two) = data[32..64].split_at_mut(16);
    assert!(one[2..].starts_with(b"one\0") && two[2..].starts_with(b"two\0"));
    one[..length].swap_with_slice(&mut two[..length]);
    drop(data);
    drop(directory);
    fs.sys_unlink(task, b"/one").unwrap();
    assert_eq!(number(&fs, task, "/one"), MISSING);
    let left = if length == 2 { b"1" } else { b"2" };
    let inodes = (1..4).map(|number| fs.iget(ROOT, InodeNumber(number)));
    let files: Vec<_> = inodes.filter_map(Result::ok).collect();
    assert_eq!(files.len(), 2, "the root directory and a file");
    assert_eq!(
        fs.bread(ROOT, files[1].bmap(0).unwrap().block())
            .unwrap()
            .data()[..1],
        left[..]
    );
    drop(files);
    unmount(&fs, task).unwrap();
}
