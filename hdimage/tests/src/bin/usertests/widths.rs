// SPDX-License-Identifier: GPL-2.0-or-later
//! Arguments that 0.11's headers declare shorter than a register: compilers of
//! the time leave rubbish above them.

use crate::support::{Outcome, address, as_user, in_child, write_file};
use abi::Errno;
use abi::fcntl::{O_CREAT, O_WRONLY};
use abi::pod::Pod;
use abi::sys::stat::{S_IFBLK, S_IFCHR, S_IFIFO};
use abi::sys::types::{Device, Ustat};
use core::ffi::CStr;
use user::calls;

tests! {
    width_access "access looks at three bits";
    width_mode "a mode has 16 bits; open, creat and mkdir take permissions only";
    width_mknod "a device number has 16 bits";
    width_chown "a user has 16 bits, a group 8";
    width_ids "setuid takes 16 bits and setgid 8";
    width_two_ids "setreuid and setregid take an int, of which a task keeps 16 bits";
    width_ustat "ustat takes a device of 16 bits";
}

/// What may stand above 8 and above 16 bits.
const ABOVE_8: [u32; 4] = [0, 0x0100, 0xdead_be00, 0xffff_ff00];
const ABOVE_16: [u32; 4] = [0, 0x0001_0000, 0xdead_0000, 0xffff_0000];

fn path(path: &CStr) -> u32 {
    address(path.as_ptr())
}

fn width_access() -> Outcome {
    must!(write_file(c"f", b"x"));
    must!(calls::chmod(c"f", 0o754));
    as_user(100, 10, || {
        // What gcc 1.40 asks for its preprocessor.
        check_eq!(
            system_call!(access(path(c"f"), 0xffff_0001)),
            Err(Errno::EACCES)
        );
        for above in [0, 8, 0x1_0000, 0xffff_fff8] {
            for (mode, expected) in [(0, Ok(0)), (4, Ok(0)), (2, Err(Errno::EACCES))] {
                let answer = system_call!(access(path(c"f"), above | mode));
                check_eq!((above, mode, answer), (above, mode, expected));
            }
        }
        Ok(())
    })?;
    check_eq!(system_call!(access(path(c"f"), 0xffff_0001)), Ok(0));
    Ok(())
}

fn width_mode() -> Outcome {
    in_child(|| {
        let mode = |path| calls::stat(path).map(|stat| stat.st_mode);
        for above in ABOVE_16 {
            check_eq!(must!(system_call!(umask(above | 0o7022))) & !0o777, 0);
            check_eq!(system_call!(umask(above | 0o022)), Ok(0o022));
            let flags = O_CREAT | O_WRONLY;
            let fd = must!(system_call!(open(path(c"o"), flags, above | 0o7757)));
            must!(system_call!(close(fd)));
            let fd = must!(system_call!(creat(path(c"c"), above | 0o7757)));
            must!(system_call!(close(fd)));
            check_eq!((mode(c"o"), mode(c"c")), (Ok(0o100_755), Ok(0o100_755)));
            must!(system_call!(mkdir(path(c"d"), above | 0o7757)));
            check_eq!(mode(c"d"), Ok(0o040_755));
            // The type of a file is not chmod's to change.
            must!(system_call!(chmod(path(c"o"), above | 0o047_751)));
            check_eq!(mode(c"o"), Ok(0o107_751));
            must!(calls::unlink(c"o"));
            must!(calls::unlink(c"c"));
            must!(calls::rmdir(c"d"));
        }
        Ok(())
    })
}

fn width_mknod() -> Outcome {
    for above in ABOVE_16 {
        for (kind, device) in [(S_IFCHR, 0x0105), (S_IFBLK, 0xffee), (S_IFIFO, 0)] {
            let mode = u32::from(kind | 0o640);
            must!(system_call!(mknod(
                path(c"n"),
                above | mode,
                above | device
            )));
            let stat = must!(calls::stat(c"n"));
            check_eq!((stat.st_mode, stat.st_rdev), (kind | 0o640, device as u16));
            must!(calls::unlink(c"n"));
        }
    }
    Ok(())
}

fn width_chown() -> Outcome {
    must!(write_file(c"f", b"x"));
    for uid in ABOVE_16 {
        for gid in ABOVE_8 {
            must!(calls::chown(c"f", 1, 1));
            must!(system_call!(chown(path(c"f"), uid | 300, gid | 20)));
            let stat = must!(calls::stat(c"f"));
            check_eq!((stat.st_uid, stat.st_gid), (300, 20));
        }
    }
    // No number means "as it is".
    must!(system_call!(chown(path(c"f"), u32::MAX, u32::MAX)));
    let stat = must!(calls::stat(c"f"));
    check_eq!((stat.st_uid, stat.st_gid), (0xffff, 0xff));
    Ok(())
}

/// Real and effective user and group, at the width that a task has for them.
fn ids() -> [u32; 4] {
    let ids = [
        system_call!(getuid()),
        system_call!(geteuid()),
        system_call!(getgid()),
        system_call!(getegid()),
    ];
    ids.map(|id| id.unwrap_or(u32::MAX))
}

fn width_ids() -> Outcome {
    for gid in ABOVE_8 {
        for uid in ABOVE_16 {
            in_child(|| {
                must!(system_call!(setgid(gid | 7)));
                must!(system_call!(setuid(uid | 300)));
                check_eq!(ids(), [300, 300, 7, 7]);
                // Also where only the own ids may be asked for.
                must!(system_call!(setgid(gid | 7)));
                must!(system_call!(setuid(uid | 300)));
                check_eq!(system_call!(setgid(gid)), Err(Errno::EPERM));
                check_eq!(system_call!(setuid(uid)), Err(Errno::EPERM));
                check_eq!(ids(), [300, 300, 7, 7]);
                Ok(())
            })?;
        }
    }
    Ok(())
}

fn width_two_ids() -> Outcome {
    const UNCHANGED: u32 = u32::MAX;
    for above in ABOVE_16 {
        in_child(|| {
            must!(system_call!(setregid(above | 300, UNCHANGED)));
            must!(system_call!(setregid(UNCHANGED, above | 0x180)));
            must!(system_call!(setreuid(above | 400, UNCHANGED)));
            must!(system_call!(setreuid(UNCHANGED, above | 500)));
            check_eq!(ids(), [400, 500, 300, 0x180]);
            must!(system_call!(setreuid(UNCHANGED, UNCHANGED)));
            check_eq!(system_call!(setreuid(above, UNCHANGED)), Err(Errno::EPERM));
            check_eq!(system_call!(setregid(UNCHANGED, above)), Err(Errno::EPERM));
            check_eq!(ids(), [400, 500, 300, 0x180]);
            Ok(())
        })?;
    }
    Ok(())
}

fn width_ustat() -> Outcome {
    let root = must!(calls::stat(c"/")).st_dev;
    for above in ABOVE_16 {
        let mut ustat = Ustat::zeroed();
        let to = address(&raw mut ustat);
        must!(system_call!(ustat(above | u32::from(root), to)));
        check!(ustat.f_tinode != 0);
        check_eq!(system_call!(ustat(above | 0x0999, to)), Err(Errno::EINVAL));
    }
    check!(calls::ustat(Device(root)).is_ok());
    Ok(())
}
