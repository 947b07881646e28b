// SPDX-License-Identifier: GPL-2.0-or-later
//! Who may do what.

use crate::support::{Outcome, Pipe, as_user, in_child, read_file, write_file};
use abi::Errno;
use abi::fcntl::{O_CREAT, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY};
use abi::sys::types::Device;
use abi::unistd::{F_OK, R_OK, W_OK, X_OK};
use abi::utime::Utimbuf;
use user::calls::{self, File};

tests! {
    may_open "owner, group and others have their own bits";
    may_root "the superuser may read and write everything";
    may_search "a directory needs x on the way";
    may_change_directory "names are made and removed in directories one may write";
    may_remove_sticky "in a sticky directory only owners take names away";
    may_truncate "O_TRUNC needs permission to write";
    may_chmod "only the owner and the superuser change the mode";
    may_chown "only the superuser gives files away";
    may_chown_range "a file may have the largest numbers as owners";
    may_not_keep_set_ids "a write by a user and a new owner take the set-id bits away";
    may_not_give_group "who is not in a file's group does not set its set-group-id bit";
    may_group_of_directory "a new file of a group above 255 gets its directory's group";
    may_utime "who may set the times";
    may_access_real "access looks at the real ids, open at the effective ones";
    may_access_modes "access tells what the bits say";
    may_umask "umask takes bits from files, directories and nodes";
    may_new_owner "a new file belongs to the effective ids";
    may_devices "ordinary users may not open disks and memory";
    may_keep_open "what is open stays usable when the rights go";
}

fn may_open() -> Outcome {
    must!(write_file(c"f", b"x"));
    must!(calls::chown(c"f", 100, 10));
    let who = [(100, 20, 6), (101, 10, 3), (101, 20, 0), (100, 10, 6)];
    for mode in [
        0o400, 0o200, 0o600, 0o040, 0o020, 0o060, 0o004, 0o002, 0o006, 0o000, 0o644, 0o077,
    ] {
        must!(calls::chmod(c"f", mode));
        for (uid, gid, shift) in who {
            let bits = mode >> shift & 7;
            as_user(uid, gid, || {
                for (flags, need) in [(O_RDONLY, 4), (O_WRONLY, 2), (O_RDWR, 6)] {
                    let expected = if bits & need == need {
                        None
                    } else {
                        Some(Errno::EACCES)
                    };
                    check_eq!(
                        (mode, uid, gid, File::open_with(c"f", flags, 0).err()),
                        (mode, uid, gid, expected)
                    );
                }
                Ok(())
            })?;
        }
    }
    Ok(())
}

fn may_root() -> Outcome {
    must!(write_file(c"f", b"x"));
    must!(calls::chown(c"f", 100, 10));
    must!(calls::chmod(c"f", 0));
    check_eq!(must!(read_file(c"f")), b"x");
    must!(File::open_with(c"f", O_RDWR | O_TRUNC, 0));
    must!(calls::mkdir(c"d", 0));
    must!(write_file(c"d/f", b"y"));
    check_eq!(must!(read_file(c"d/f")), b"y");
    Ok(())
}

fn may_search() -> Outcome {
    must!(calls::mkdir(c"d", 0o755));
    must!(write_file(c"d/f", b"x"));
    for (mode, search, list) in [
        (0o755, true, true),
        (0o711, true, false),
        (0o744, false, true),
        (0o700, false, false),
    ] {
        must!(calls::chmod(c"d", mode));
        as_user(100, 10, || {
            check_eq!(read_file(c"d/f").is_ok(), search);
            check_eq!(calls::stat(c"d/f").is_ok(), search);
            check_eq!(File::open(c"d").is_ok(), list);
            check_eq!(calls::chdir(c"d").is_ok(), search);
            Ok(())
        })?;
    }
    Ok(())
}

fn may_change_directory() -> Outcome {
    must!(calls::mkdir(c"d", 0o755));
    must!(write_file(c"d/f", b"x"));
    as_user(100, 10, || {
        let denied = Err(Errno::EACCES);
        check_eq!(
            File::open_with(c"d/new", O_RDWR | O_CREAT, 0o644).map(drop),
            denied
        );
        check_eq!(calls::unlink(c"d/f"), denied);
        check_eq!(calls::mkdir(c"d/sub", 0o755), denied);
        check_eq!(calls::link(c"d/f", c"d/g"), denied);
        check_eq!(calls::rename(c"d/f", c"d/g"), denied);
        check_eq!(calls::symlink(c"f", c"d/l"), denied);
        check_eq!(calls::mknod(c"d/n", 0o100644, Device::NONE), denied);
        Ok(())
    })?;
    check_eq!(must!(read_file(c"d/f")), b"x");
    Ok(())
}

fn may_remove_sticky() -> Outcome {
    must!(calls::mkdir(c"d", 0o777));
    must!(calls::chmod(c"d", 0o1777));
    must!(write_file(c"d/root", b""));
    must!(calls::mkdir(c"d/sub", 0o777));
    as_user(100, 10, || {
        check_eq!(calls::unlink(c"d/root"), Err(Errno::EPERM));
        check_eq!(calls::rmdir(c"d/sub"), Err(Errno::EPERM));
        check_eq!(calls::rename(c"d/root", c"d/mine"), Err(Errno::EPERM));
        must!(write_file(c"d/mine", b""));
        check_eq!(calls::rename(c"d/mine", c"d/root"), Err(Errno::EPERM));
        must!(calls::rename(c"d/mine", c"d/other"));
        must!(calls::unlink(c"d/other"));
        must!(write_file(c"d/mine", b""));
        Ok(())
    })?;
    as_user(101, 10, || {
        check_eq!(calls::unlink(c"d/mine"), Err(Errno::EPERM));
        Ok(())
    })?;
    must!(calls::unlink(c"d/mine"));
    Ok(())
}

fn may_truncate() -> Outcome {
    must!(write_file(c"f", b"x"));
    as_user(100, 10, || {
        for flags in [
            O_RDONLY | O_TRUNC,
            O_RDWR | O_TRUNC,
            O_WRONLY | O_CREAT | O_TRUNC,
        ] {
            check_eq!(File::open_with(c"f", flags, 0).err(), Some(Errno::EACCES));
        }
        Ok(())
    })?;
    check_eq!(must!(read_file(c"f")), b"x");
    Ok(())
}

fn may_chmod() -> Outcome {
    must!(write_file(c"f", b"x"));
    must!(write_file(c"own", b"x"));
    must!(calls::chown(c"own", 100, 10));
    as_user(100, 10, || {
        check_eq!(calls::chmod(c"f", 0o777), Err(Errno::EPERM));
        check_eq!(calls::chmod(c"own", 0o4777), Ok(()));
        Ok(())
    })?;
    check_eq!(must!(calls::stat(c"f")).st_mode, 0o100644);
    check_eq!(must!(calls::stat(c"own")).st_mode, 0o104777);
    // The type of a file stays.
    must!(calls::chmod(c"own", 0o047777));
    check_eq!(must!(calls::stat(c"own")).st_mode, 0o107777);
    Ok(())
}

fn may_chown() -> Outcome {
    must!(write_file(c"f", b"x"));
    must!(calls::chown(c"f", 100, 10));
    as_user(100, 10, || {
        check_eq!(calls::chown(c"f", 101, 10), Err(Errno::EPERM));
        check_eq!(calls::chown(c"f", 100, 10), Err(Errno::EPERM));
        Ok(())
    })?;
    let stat = must!(calls::stat(c"f"));
    check_eq!((stat.st_uid, stat.st_gid), (100, 10));
    Ok(())
}

fn may_chown_range() -> Outcome {
    must!(write_file(c"f", b"x"));
    must!(calls::chown(c"f", 0xffff, 0xff));
    let stat = must!(calls::stat(c"f"));
    check_eq!((stat.st_uid, stat.st_gid), (0xffff, 0xff));
    Ok(())
}

fn may_not_keep_set_ids() -> Outcome {
    must!(write_file(c"f", b"x"));
    let mode = || calls::stat(c"f").map_or(0, |stat| stat.st_mode & 0o7777);
    let write = || {
        let file = must!(File::open_with(c"f", O_WRONLY, 0));
        check_eq!(calls::write(file.fd(), b"y"), Ok(1));
        Ok(())
    };
    let cut = || {
        must!(File::open_with(c"f", O_RDWR | O_TRUNC, 0));
        Ok(())
    };
    for (before, after) in [(0o6777, 0o777), (0o6766, 0o2766), (0o4755 | 0o022, 0o777)] {
        must!(calls::chmod(c"f", before));
        write()?;
        cut()?;
        check_eq!(mode(), before);
        as_user(100, 10, write)?;
        check_eq!(mode(), after);
        must!(calls::chmod(c"f", before));
        as_user(100, 10, cut)?;
        check_eq!(mode(), after);
        must!(calls::chmod(c"f", before));
        must!(calls::chown(c"f", 0, 0));
        check_eq!(mode(), after);
    }
    Ok(())
}

fn may_not_give_group() -> Outcome {
    must!(write_file(c"f", b"x"));
    must!(calls::chown(c"f", 100, 10));
    let mode = || calls::stat(c"f").map_or(0, |stat| stat.st_mode & 0o7777);
    for (gid, expected) in [(20, 0o755), (10, 0o2755)] {
        as_user(100, gid, || {
            must!(calls::chmod(c"f", 0o2755));
            Ok(())
        })?;
        check_eq!(mode(), expected);
    }
    Ok(())
}

fn may_group_of_directory() -> Outcome {
    must!(calls::mkdir(c"d", 0o777));
    must!(calls::chmod(c"d", 0o777));
    must!(calls::chown(c"d", 0, 20));
    in_child(|| {
        must!(system_call!(setregid(300, 300)));
        must!(calls::setuid(100));
        must!(write_file(c"d/f", b"x"));
        must!(calls::mkdir(c"d/d", 0o755));
        must!(calls::mknod(c"d/p", 0o012755, Device::NONE));
        for path in [c"d/f", c"d/d", c"d/p"] {
            let stat = must!(calls::stat(path));
            check_eq!((stat.st_uid, stat.st_gid), (100, 20));
            check_eq!(stat.st_mode & 0o7000, 0);
        }
        let pipe = must!(Pipe::new());
        check_eq!(must!(calls::fstat(pipe.0)).st_gid, 300u16 as u8);
        Ok(())
    })
}

fn may_utime() -> Outcome {
    must!(write_file(c"f", b"x"));
    must!(write_file(c"own", b"x"));
    must!(write_file(c"open", b"x"));
    must!(calls::chown(c"own", 100, 10));
    must!(calls::chmod(c"open", 0o666));
    let times = Utimbuf {
        actime: 1,
        modtime: 2,
    };
    as_user(100, 10, || {
        check_eq!(calls::utime(c"own", Some(&times)), Ok(()));
        check!(calls::utime(c"f", Some(&times)).is_err());
        check!(calls::utime(c"f", None).is_err());
        check!(calls::utime(c"open", Some(&times)).is_err());
        check_eq!(calls::utime(c"open", None), Ok(()));
        Ok(())
    })
}

fn may_access_real() -> Outcome {
    must!(write_file(c"f", b"x"));
    must!(calls::chmod(c"f", 0o600));
    in_child(|| {
        must!(system_call!(setreuid(100, 0)));
        check_eq!(calls::access(c"f", R_OK), Err(Errno::EACCES));
        check!(read_file(c"f").is_ok());
        must!(system_call!(setreuid(0, 100)));
        check_eq!(calls::access(c"f", R_OK | W_OK), Ok(()));
        check_eq!(read_file(c"f").err(), Some(Errno::EACCES));
        Ok(())
    })
}

fn may_access_modes() -> Outcome {
    must!(write_file(c"f", b"x"));
    check_eq!(calls::access(c"f", F_OK), Ok(()));
    check_eq!(calls::access(c"f", X_OK), Err(Errno::EACCES));
    check_eq!(calls::access(c"nothing", F_OK), Err(Errno::ENOENT));
    must!(calls::chmod(c"f", 0o754));
    as_user(100, 10, || {
        check_eq!(calls::access(c"f", R_OK), Ok(()));
        check_eq!(calls::access(c"f", W_OK), Err(Errno::EACCES));
        check_eq!(calls::access(c"f", R_OK | X_OK), Err(Errno::EACCES));
        Ok(())
    })
}

fn may_umask() -> Outcome {
    in_child(|| {
        calls::umask(0o027);
        must!(File::open_with(c"f", O_RDWR | O_CREAT, 0o777));
        must!(calls::mkdir(c"d", 0o777));
        must!(calls::mknod(c"n", 0o010777, Device::NONE));
        let mode = |path| calls::stat(path).map_or(0, |stat| stat.st_mode & 0o777);
        check_eq!((mode(c"f"), mode(c"d"), mode(c"n")), (0o750, 0o750, 0o750));
        Ok(())
    })
}

fn may_new_owner() -> Outcome {
    in_child(|| {
        must!(system_call!(setregid(5, 6)));
        must!(system_call!(setreuid(100, 200)));
        must!(File::open_with(c"f", O_RDWR | O_CREAT, 0o644));
        let stat = must!(calls::stat(c"f"));
        check_eq!((stat.st_uid, stat.st_gid), (200, 6));
        Ok(())
    })
}

fn may_devices() -> Outcome {
    as_user(100, 10, || {
        for path in [
            c"/dev/hd0",
            c"/dev/hd2",
            c"/dev/mem",
            c"/dev/kmem",
            c"/dev/port",
        ] {
            check_eq!((path, File::open(path).err()), (path, Some(Errno::EACCES)));
        }
        Ok(())
    })
}

fn may_keep_open() -> Outcome {
    must!(write_file(c"f", b"x"));
    let file = must!(File::open_with(c"f", O_RDWR, 0));
    must!(calls::chmod(c"f", 0));
    as_user(100, 10, || {
        check_eq!(calls::read(file.fd(), &mut [0]), Ok(1));
        check_eq!(calls::write(file.fd(), b"y"), Ok(1));
        Ok(())
    })
}
