// SPDX-License-Identifier: GPL-2.0-or-later
//! Whom files belong to, and which rights they give away.

mod common;

use common::Machine;
use fs::host::WriteFrom;
use fs::{Fs, FsTask};
use lib::Errno;
use lib::fcntl::{O_RDWR, O_TRUNC};
use lib::sys::types::Device;

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
        user.release();
    });
}

/// As on a disk of 1991.
#[test]
fn a_block_device_null_serves_as_null() {
    with_user(|fs, root, user| {
        let null = lib::sys::stat::S_IFBLK | 0o666;
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
