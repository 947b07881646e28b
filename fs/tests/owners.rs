// SPDX-License-Identifier: GPL-2.0-or-later
//! Whom files belong to, and which rights they give away.

mod common;

use abi::Errno;
use abi::fcntl::{O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY};
use abi::limits::NGROUPS_MAX;
use abi::sys::stat::{S_IFDIR, S_IFIFO, S_IFREG, S_ISGID, S_ISUID};
use abi::sys::types::Device;
use common::{Machine, touch, write};
use fs::host::WriteFrom;
use fs::platform::UserBuffer;
use fs::{Fs, FsTask};

/// A user of group 7 beside root, and `/tmp`, where everybody may do anything.
fn with_user(work: impl for<'a> FnOnce(&'a Fs<'a>, &FsTask<'a>, &FsTask<'a>)) {
    Machine::new(200).run(|fs, root| {
        root.umask.set(0);
        fs.sys_mkdir(root, b"/tmp", 0o777).unwrap();
        fs.sys_chown(root, b"/tmp", 0, 3).unwrap();
        let user = FsTask::new();
        user.copy_from(root);
        user.uid.set(5);
        user.euid.set(5);
        user.gid.set(7);
        user.egid.set(7);
        work(fs, root, &user);
        user.clear();
    });
}

/// A mode and what is left of it when the rights it gives are dropped.
const MODES: [(u16, u16); 5] = [
    (0o6777, 0o777),
    (0o4776, 0o776),
    (0o2777, 0o777),
    // Without execution by the group S_ISGID is no right.
    (0o6767, 0o2767),
    (0o1777, 0o1777),
];

/// What happens to a file.
type Change = for<'a> fn(&'a Fs<'a>, &FsTask<'a>);

#[test]
fn a_change_by_others_than_root_drops_set_ids() {
    let changes: [(&str, Change); 4] = [
        ("write", |fs, task| {
            assert_eq!(write(fs, task, "/tmp/f", 3, b"x"), Ok(1));
        }),
        ("O_TRUNC", |fs, task| {
            let fd = fs.sys_open(task, b"/tmp/f", O_RDWR | O_TRUNC, 0).unwrap();
            fs.sys_close(task, fd as u32).unwrap();
        }),
        ("creat", |fs, task| {
            let fd = fs.sys_creat(task, b"/tmp/f", 0o644).unwrap();
            fs.sys_close(task, fd as u32).unwrap();
        }),
        ("nothing", |fs, task| {
            let fd = fs.sys_open(task, b"/tmp/f", O_RDWR, 0).unwrap() as u32;
            assert_eq!(fs.sys_write(task, fd, &mut WriteFrom(b"")), Ok(0));
            fs.sys_close(task, fd).unwrap();
        }),
    ];
    with_user(|fs, root, user| {
        touch(fs, root, "/tmp/f").unwrap();
        let mode = || fs.sys_stat(root, b"/tmp/f").unwrap().st_mode;
        for (name, change) in changes {
            for (before, after) in MODES {
                let set = || fs.sys_chmod(root, b"/tmp/f", before).unwrap();
                set();
                change(fs, root);
                assert_eq!(mode(), S_IFREG | before, "{name} by root");
                set();
                change(fs, user);
                let after = if name == "nothing" { before } else { after };
                assert_eq!(mode(), S_IFREG | after, "{name} by a user");
            }
        }
    });
}

#[test]
fn a_new_owner_drops_set_ids() {
    with_user(|fs, root, _| {
        touch(fs, root, "/tmp/f").unwrap();
        fs.sys_mkdir(root, b"/tmp/d", 0o755).unwrap();
        fs.sys_mknod(root, b"/tmp/p", S_IFIFO, Device::NONE)
            .unwrap();
        let mode = |path| fs.sys_stat(root, path).unwrap().st_mode;
        for (before, after) in MODES {
            for path in [&b"/tmp/f"[..], b"/tmp/d", b"/tmp/p"] {
                fs.sys_chmod(root, path, before).unwrap();
                fs.sys_chown(root, path, 5, 7).unwrap();
            }
            assert_eq!(mode(b"/tmp/f"), S_IFREG | after);
            assert_eq!(mode(b"/tmp/d"), S_IFDIR | before);
            assert_eq!(mode(b"/tmp/p"), S_IFIFO | before);
        }
    });
}

/// Memory whose paging in takes so long that others can do something.
struct Slow<'a> {
    bytes: WriteFrom<'a>,
    meanwhile: &'a dyn Fn(),
}

impl UserBuffer for Slow<'_> {
    fn remaining(&self) -> usize {
        self.bytes.remaining()
    }

    fn prepare(&mut self, _count: usize) -> abi::Result<()> {
        (self.meanwhile)();
        Ok(())
    }

    fn put(&mut self, _bytes: &[u8]) {}

    fn get(&mut self, bytes: &mut [u8]) {
        self.bytes.get(bytes);
    }
}

#[test]
fn set_ids_given_during_a_write_are_dropped() {
    with_user(|fs, root, user| {
        touch(fs, root, "/tmp/f").unwrap();
        fs.sys_chmod(root, b"/tmp/f", 0o777).unwrap();
        let fd = fs.sys_open(user, b"/tmp/f", O_WRONLY, 0).unwrap() as u32;
        let mut buffer = Slow {
            bytes: WriteFrom(&[1; 20_000]),
            meanwhile: &|| fs.sys_chmod(root, b"/tmp/f", 0o4777).unwrap(),
        };
        assert_eq!(fs.sys_write(user, fd, &mut buffer), Ok(20_000));
        fs.sys_close(user, fd).unwrap();
        assert_eq!(fs.sys_stat(root, b"/tmp/f").unwrap().st_mode & S_ISUID, 0);
    });
}

#[test]
fn a_group_without_room_is_the_directorys() {
    with_user(|fs, root, user| {
        let stat = |path| fs.sys_lstat(root, path).unwrap();
        // To the last that the disk has room for, the caller's own.
        for (egid, expected) in [(7, 7), (255, 255), (256, 3), (300, 3), (0xFFFF, 3)] {
            user.egid.set(egid);
            touch(fs, user, "/tmp/f").unwrap();
            fs.sys_mkdir(user, b"/tmp/d", 0o700).unwrap();
            fs.sys_symlink(user, b"f", b"/tmp/l").unwrap();
            let mode = S_IFIFO | 0o600;
            fs.sys_mknod(user, b"/tmp/p", mode, Device::NONE).unwrap();
            for path in [&b"/tmp/f"[..], b"/tmp/d", b"/tmp/l", b"/tmp/p"] {
                assert_eq!(stat(path).st_gid, expected, "{egid}");
            }
            // An unnamed pipe has no directory: what has room of the number.
            let [reader, writer] = fs.sys_pipe(user).unwrap();
            assert_eq!(fs.sys_fstat(user, reader).unwrap().st_gid, egid as u8);
            fs.sys_close(user, reader).unwrap();
            fs.sys_close(user, writer).unwrap();
            fs.sys_rmdir(user, b"/tmp/d").unwrap();
            for path in [&b"/tmp/f"[..], b"/tmp/l", b"/tmp/p"] {
                fs.sys_unlink(user, path).unwrap();
            }
        }
    });
}

/// The group of a directory is not the caller's to give away.
#[test]
fn only_members_give_away_the_rights_of_a_group() {
    with_user(|fs, root, user| {
        let mode = || fs.sys_stat(root, b"/tmp/f").unwrap().st_mode;
        let mknod = || {
            let mode = S_IFREG | S_ISGID | 0o755;
            fs.sys_mknod(user, b"/tmp/f", mode, Device::NONE).unwrap();
        };
        user.egid.set(300);
        mknod();
        assert_eq!(mode(), S_IFREG | 0o755);
        fs.sys_chmod(user, b"/tmp/f", 0o7755).unwrap();
        assert_eq!(mode(), S_IFREG | 0o5755);
        user.set_supplementary_groups(&[4, 3]).unwrap();
        fs.sys_chmod(user, b"/tmp/f", 0o2755).unwrap();
        assert_eq!(mode(), S_IFREG | 0o2755);
        user.set_supplementary_groups(&[]).unwrap();
        fs.sys_unlink(user, b"/tmp/f").unwrap();
        user.egid.set(7);
        mknod();
        assert_eq!(mode(), S_IFREG | 0o2755);
        fs.sys_chmod(user, b"/tmp/f", 0o2711).unwrap();
        assert_eq!(mode(), S_IFREG | 0o2711);
        // A directory gives nobody the rights of its group.
        fs.sys_mkdir(user, b"/tmp/d", 0o755).unwrap();
        fs.sys_chown(root, b"/tmp/d", 5, 9).unwrap();
        fs.sys_chmod(user, b"/tmp/d", 0o2755).unwrap();
        assert_eq!(
            fs.sys_stat(root, b"/tmp/d").unwrap().st_mode,
            S_IFDIR | 0o2755
        );
        // Root need not be a member.
        fs.sys_chown(root, b"/tmp/f", 5, 9).unwrap();
        fs.sys_chmod(root, b"/tmp/f", 0o2755).unwrap();
        assert_eq!(mode(), S_IFREG | 0o2755);
        fs.sys_chmod(user, b"/tmp/f", 0o2755).unwrap();
        assert_eq!(mode(), S_IFREG | 0o755);
        let fd = fs.sys_open(user, b"/tmp/f", O_RDONLY, 0).unwrap() as u32;
        fs.sys_close(user, fd).unwrap();
        assert_eq!(fs.sys_chmod(user, b"/tmp", 0o777), Err(Errno::EPERM));
    });
}

/// As on a disk of 1991.
#[test]
fn a_block_device_null_serves_as_null() {
    with_user(|fs, root, user| {
        let null = abi::sys::stat::S_IFBLK | 0o666;
        fs.sys_mknod(root, b"/null", null, Device::NULL).unwrap();
        let fd = fs.sys_open(user, b"/null", O_RDWR | O_TRUNC, 0).unwrap() as u32;
        assert_eq!(fs.sys_write(user, fd, &mut WriteFrom(b"gone")), Ok(4));
        assert_eq!(fs.sys_fstat(user, fd).unwrap().st_mode, null);
        fs.sys_close(user, fd).unwrap();
        assert_eq!(common::read(fs, user, "/null", 0, 9), Ok(vec![]));
        fs.sys_mknod(root, b"/mem", null, Device::new(1, 2))
            .unwrap();
        assert_eq!(fs.sys_open(user, b"/mem", O_RDWR, 0), Err(Errno::ENXIO));
    });
}

/// Whoever may write in a directory takes away anybody's names there, but for a sticky
/// one: there the file's owner does, and the directory's.
#[test]
fn who_takes_names_away() {
    with_user(|fs, root, user| {
        fs.sys_mkdir(user, b"/tmp/own", 0o777).unwrap();
        for (directory, mode, expected) in [
            ("/tmp", 0o777, Ok(())),
            ("/tmp", 0o1777, Err(Errno::EPERM)),
            ("/tmp/own", 0o1777, Ok(())),
        ] {
            fs.sys_chmod(root, directory.as_bytes(), mode).unwrap();
            let file = format!("{directory}/f");
            let below = format!("{directory}/d");
            touch(fs, root, &file).unwrap();
            fs.sys_mkdir(root, below.as_bytes(), 0o755).unwrap();
            assert_eq!(fs.sys_unlink(user, file.as_bytes()), expected, "{file}");
            assert_eq!(fs.sys_rmdir(user, below.as_bytes()), expected, "{below}");
            let _ = fs.sys_unlink(root, file.as_bytes());
            let _ = fs.sys_rmdir(root, below.as_bytes());
        }
    });
}

/// To cut a file is to write to it, however it is opened.
#[test]
fn only_who_may_write_cuts_a_file() {
    with_user(|fs, root, user| {
        write(fs, root, "/tmp/f", 0, b"text").unwrap();
        let open = |flags| fs.sys_open(user, b"/tmp/f", flags, 0);
        assert_eq!(open(O_RDONLY | O_TRUNC), Err(Errno::EACCES));
        assert_eq!(fs.sys_stat(root, b"/tmp/f").unwrap().st_size, 4);
        fs.sys_chmod(root, b"/tmp/f", 0o666).unwrap();
        let fd = open(O_RDONLY | O_TRUNC).unwrap();
        fs.sys_close(user, fd as u32).unwrap();
        assert_eq!(fs.sys_stat(root, b"/tmp/f").unwrap().st_size, 0);
    });
}

/// To open a file for both takes the rights for both.
#[test]
fn what_each_way_to_open_a_file_needs() {
    with_user(|fs, root, user| {
        touch(fs, root, "/tmp/f").unwrap();
        for (mode, allowed) in [
            (0o000, [false, false, false]),
            (0o004, [true, false, false]),
            (0o002, [false, true, false]),
            (0o006, [true, true, true]),
        ] {
            fs.sys_chmod(root, b"/tmp/f", mode).unwrap();
            let ways = [O_RDONLY, O_WRONLY, O_RDWR];
            let opened = ways.map(|flags| {
                let fd = fs.sys_open(user, b"/tmp/f", flags, 0);
                fd.map(|fd| fs.sys_close(user, fd as u32).unwrap())
            });
            let expected = allowed.map(|it| if it { Ok(()) } else { Err(Errno::EACCES) });
            assert_eq!(opened, expected, "{mode:o}");
        }
    });
}

#[test]
fn a_child_has_the_groups_of_its_parent() {
    let (parent, child) = (FsTask::new(), FsTask::new());
    for groups in [&[4, 3][..], &[], &[5]] {
        parent.set_supplementary_groups(groups).unwrap();
        child.copy_from(&parent);
        let mut list = [0; NGROUPS_MAX];
        let count = child.supplementary_groups(&mut list);
        assert_eq!(&list[..count], groups);
    }
}
