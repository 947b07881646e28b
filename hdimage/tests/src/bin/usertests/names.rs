// SPDX-License-Identifier: GPL-2.0-or-later
//! Names: links, directories, renaming, nodes, `chroot`, `mount`.

use crate::support::{Outcome, as_user, create, in_child, numbered, read_file, write_file};
use abi::Errno;
use abi::fcntl::{O_CREAT, O_EXCL, O_RDWR, O_TRUNC, O_WRONLY};
use abi::sys::stat::{S_ISBLK, S_ISCHR, S_ISFIFO, S_ISLNK};
use abi::sys::types::Device;
use user::calls::{self, File};

tests! {
    link_same "a link is the same file, and counted";
    link_errors "what cannot be linked, and why";
    link_many "250 names of a file, not one more";
    unlink_errors "what cannot be unlinked, and why";
    name_cut "names are cut to 14 characters";
    name_slashes "slashes and dots in paths";
    mkdir_counts "mkdir and rmdir count links of the parent";
    mkdir_errors "what cannot be made";
    rmdir_errors "what cannot be removed";
    rmdir_current "a directory that is removed while one is in it";
    directory_deep "forty directories deep, and back by ..";
    directory_large "a directory of 200 names, and its holes used again";
    chdir_errors "what is no directory to be in";
    rename_file "rename moves a name, over another one too";
    rename_directory "rename moves a directory and its ..";
    rename_errors "what cannot be renamed, and why";
    rename_same "renaming a file to itself, or to another name of itself";
    mknod_kinds "mknod makes devices, pipes and files";
    mknod_errors "mknod refuses what it cannot make";
    device_no_driver "devices without driver are ENXIO, and survive O_TRUNC";
    symlink_follow "symbolic links are followed, relative and absolute";
    symlink_text "readlink tells the text, lstat the link";
    symlink_loop "loops of symbolic links are ELOOP";
    symlink_dangling "a link to nowhere: open makes the file, O_EXCL does not";
    chroot_jail "chroot keeps a process inside, by .. and by /";
    chroot_errors "chroot is for the superuser, and for directories";
    mount_errors "what cannot be mounted, and why";
    umount_errors "what cannot be unmounted, and why";
    remount_errors "who may mount root again, and when not";
    mount_root_again "the root device cannot be mounted twice or unmounted";
}

fn link_same() -> Outcome {
    must!(write_file(c"a", b"text"));
    must!(calls::link(c"a", c"b"));
    let (first, second) = (must!(calls::stat(c"a")), must!(calls::stat(c"b")));
    check_eq!((first.st_ino, first.st_nlink), (second.st_ino, 2));
    must!(calls::unlink(c"a"));
    check_eq!(must!(read_file(c"b")), b"text");
    check_eq!(must!(calls::stat(c"b")).st_nlink, 1);
    Ok(())
}

fn link_errors() -> Outcome {
    must!(write_file(c"f", b""));
    must!(calls::mkdir(c"d", 0o755));
    check_eq!(calls::link(c"nothing", c"x"), Err(Errno::ENOENT));
    check_eq!(calls::link(c"f", c"d"), Err(Errno::EEXIST));
    check_eq!(calls::link(c"f", c"f"), Err(Errno::EEXIST));
    check_eq!(calls::link(c"f", c"nowhere/x"), Err(Errno::ENOENT));
    check_eq!(calls::link(c"f", c"f/x"), Err(Errno::ENOTDIR));
    check_eq!(calls::link(c"d", c"x"), Err(Errno::EPERM));
    check_eq!(calls::link(c"f", c""), Err(Errno::ENOENT));
    check_eq!(calls::link(c"", c"x"), Err(Errno::ENOENT));
    Ok(())
}

fn link_many() -> Outcome {
    must!(write_file(c"f", b""));
    let mut count = 1;
    let error = loop {
        match calls::link(c"f", &numbered("l", count)) {
            Ok(()) => count += 1,
            Err(errno) => break errno,
        }
    };
    check_eq!(error, Errno::EMLINK);
    check_eq!(count, usize::from(abi::limits::LINK_MAX));
    check_eq!(usize::from(must!(calls::stat(c"f")).st_nlink), count);
    Ok(())
}

fn unlink_errors() -> Outcome {
    must!(write_file(c"f", b""));
    must!(calls::mkdir(c"d", 0o755));
    check_eq!(calls::unlink(c"nothing"), Err(Errno::ENOENT));
    check_eq!(calls::unlink(c"f/x"), Err(Errno::ENOTDIR));
    for path in [c"d", c".", c"..", c"/", c"d/.", c"d/.."] {
        check_eq!((path, calls::unlink(path)), (path, Err(Errno::EPERM)));
    }
    check_eq!(calls::unlink(c""), Err(Errno::ENOENT));
    Ok(())
}

fn name_cut() -> Outcome {
    must!(write_file(c"fourteen_chars_and_more", b"x"));
    check_eq!(must!(read_file(c"fourteen_chars")), b"x");
    check_eq!(must!(read_file(c"fourteen_chars_but_others")), b"x");
    check_eq!(calls::stat(c"fourteen_char").err(), Some(Errno::ENOENT));
    must!(calls::unlink(c"fourteen_charsX"));
    Ok(())
}

fn name_slashes() -> Outcome {
    must!(calls::mkdir(c"d", 0o755));
    must!(write_file(c"d/f", b"x"));
    for path in [
        c"d//f",
        c"./d/./f",
        c"d/../d/f",
        c".//.//d///f",
        c"/tmp/usertests/d/f",
        c"//tmp///usertests/d/f",
        c"/../tmp/../tmp/usertests/d/f",
    ] {
        check_eq!(must!(read_file(path)), b"x");
    }
    let root = must!(calls::stat(c"/")).st_ino;
    for path in [c"/..", c"/.", c"//", c"/../../.."] {
        check_eq!(must!(calls::stat(path)).st_ino, root);
    }
    check_eq!(
        must!(calls::stat(c"d/")).st_ino,
        must!(calls::stat(c"d")).st_ino
    );
    Ok(())
}

fn mkdir_counts() -> Outcome {
    let links = || calls::stat(c".").map(|stat| stat.st_nlink);
    let before = must!(links());
    must!(calls::mkdir(c"d", 0o711));
    check_eq!(links(), Ok(before + 1));
    let stat = must!(calls::stat(c"d"));
    check_eq!(
        (stat.st_mode, stat.st_nlink, stat.st_size),
        (0o40711, 2, 32)
    );
    must!(calls::rmdir(c"d"));
    check_eq!(links(), Ok(before));
    Ok(())
}

fn mkdir_errors() -> Outcome {
    must!(write_file(c"f", b""));
    must!(calls::mkdir(c"d", 0o755));
    for path in [c"f", c"d", c".", c"..", c"/", c"d/."] {
        check_eq!(
            (path, calls::mkdir(path, 0o755)),
            (path, Err(Errno::EEXIST))
        );
    }
    check_eq!(calls::mkdir(c"x/y", 0o755), Err(Errno::ENOENT));
    check_eq!(calls::mkdir(c"f/y", 0o755), Err(Errno::ENOTDIR));
    check_eq!(calls::mkdir(c"", 0o755), Err(Errno::ENOENT));
    must!(calls::mkdir(c"new/", 0o755));
    check!(calls::stat(c"new").is_ok());
    Ok(())
}

fn rmdir_errors() -> Outcome {
    must!(write_file(c"f", b""));
    must!(calls::mkdir(c"d", 0o755));
    must!(write_file(c"d/f", b""));
    check_eq!(calls::rmdir(c"d"), Err(Errno::ENOTEMPTY));
    check_eq!(calls::rmdir(c"f"), Err(Errno::ENOTDIR));
    check_eq!(calls::rmdir(c"nothing"), Err(Errno::ENOENT));
    check_eq!(calls::rmdir(c"d/."), Err(Errno::EINVAL));
    check_eq!(calls::rmdir(c"d/.."), Err(Errno::ENOTEMPTY));
    check!(calls::rmdir(c"/").is_err());
    check!(calls::rmdir(c"/dev").is_err());
    must!(calls::unlink(c"d/f"));
    check_eq!(calls::rmdir(c"d/"), Ok(()));
    Ok(())
}

fn rmdir_current() -> Outcome {
    must!(calls::mkdir(c"d", 0o755));
    in_child(|| {
        must!(calls::chdir(c"d"));
        must!(calls::rmdir(c"../d"));
        check_eq!(create(c"f").err(), Some(Errno::ENOENT));
        check_eq!(calls::mkdir(c"e", 0o755), Err(Errno::ENOENT));
        check_eq!(must!(calls::stat(c".")).st_nlink, 0);
        let _ = calls::stat(c"..");
        let _ = calls::chdir(c"..");
        let _ = calls::rename(c"f", c"g");
        Ok(())
    })?;
    check_eq!(calls::stat(c"d").err(), Some(Errno::ENOENT));
    Ok(())
}

fn directory_deep() -> Outcome {
    in_child(|| {
        let top = must!(calls::stat(c".")).st_ino;
        for _ in 0..40 {
            must!(calls::mkdir(c"d", 0o755));
            must!(calls::chdir(c"d"));
        }
        must!(write_file(c"f", b"deep"));
        for _ in 0..40 {
            must!(calls::chdir(c".."));
        }
        check_eq!(must!(calls::stat(c".")).st_ino, top);
        let mut path = alloc::vec::Vec::new();
        for _ in 0..40 {
            path.extend_from_slice(b"d/");
        }
        path.extend_from_slice(b"f");
        let path = alloc::ffi::CString::new(path).unwrap_or_default();
        check_eq!(must!(read_file(&path)), b"deep");
        Ok(())
    })
}

fn directory_large() -> Outcome {
    for number in 0..200 {
        must!(calls::mknod(&numbered("n", number), 0o100644, Device::NONE));
    }
    let size = must!(calls::stat(c".")).st_size;
    for number in (0..200).step_by(3) {
        must!(calls::unlink(&numbered("n", number)));
    }
    for number in (0..200).step_by(3) {
        must!(calls::mknod(&numbered("m", number), 0o100644, Device::NONE));
    }
    check_eq!(must!(calls::stat(c".")).st_size, size);
    for number in 0..200 {
        check_eq!(calls::stat(&numbered("n", number)).is_ok(), number % 3 != 0);
        check_eq!(calls::stat(&numbered("m", number)).is_ok(), number % 3 == 0);
    }
    Ok(())
}

fn chdir_errors() -> Outcome {
    must!(write_file(c"f", b""));
    check_eq!(calls::chdir(c"f"), Err(Errno::ENOTDIR));
    check_eq!(calls::chdir(c"nothing"), Err(Errno::ENOENT));
    check_eq!(calls::chdir(c""), Err(Errno::ENOENT));
    check_eq!(calls::chdir(c"/dev/null"), Err(Errno::ENOTDIR));
    must!(calls::mkdir(c"d", 0o600));
    as_user(100, 10, || {
        check_eq!(calls::chdir(c"d"), Err(Errno::EACCES));
        Ok(())
    })
}

fn rename_file() -> Outcome {
    must!(write_file(c"a", b"a"));
    must!(write_file(c"b", b"b"));
    must!(calls::rename(c"a", c"c"));
    check_eq!(calls::stat(c"a").err(), Some(Errno::ENOENT));
    check_eq!(must!(read_file(c"c")), b"a");
    must!(calls::rename(c"c", c"b"));
    check_eq!(must!(read_file(c"b")), b"a");
    check_eq!(must!(calls::stat(c"b")).st_nlink, 1);
    must!(calls::mkdir(c"d", 0o755));
    must!(calls::rename(c"b", c"d/x"));
    check_eq!(must!(read_file(c"d/x")), b"a");
    Ok(())
}

fn rename_directory() -> Outcome {
    must!(calls::mkdir(c"a", 0o755));
    must!(calls::mkdir(c"b", 0o755));
    must!(calls::mkdir(c"a/sub", 0o755));
    must!(write_file(c"a/sub/f", b"x"));
    must!(calls::rename(c"a/sub", c"b/moved"));
    check_eq!(must!(read_file(c"b/moved/f")), b"x");
    check_eq!(
        must!(calls::stat(c"b/moved/..")).st_ino,
        must!(calls::stat(c"b")).st_ino
    );
    check_eq!(
        (
            must!(calls::stat(c"a")).st_nlink,
            must!(calls::stat(c"b")).st_nlink
        ),
        (2, 3)
    );
    // Over an empty one.
    must!(calls::rename(c"b/moved", c"a"));
    check_eq!(must!(read_file(c"a/f")), b"x");
    check_eq!(must!(calls::stat(c"b")).st_nlink, 2);
    Ok(())
}

fn rename_errors() -> Outcome {
    must!(write_file(c"f", b""));
    must!(calls::mkdir(c"d", 0o755));
    must!(calls::mkdir(c"d/e", 0o755));
    must!(calls::mkdir(c"empty", 0o755));
    check_eq!(calls::rename(c"nothing", c"x"), Err(Errno::ENOENT));
    check_eq!(calls::rename(c"f", c"nowhere/x"), Err(Errno::ENOENT));
    check_eq!(calls::rename(c"f", c"d"), Err(Errno::EISDIR));
    check_eq!(calls::rename(c"d", c"f"), Err(Errno::ENOTDIR));
    check_eq!(calls::rename(c"empty", c"d"), Err(Errno::ENOTEMPTY));
    check_eq!(calls::rename(c"d", c"d/e/x"), Err(Errno::EINVAL));
    check_eq!(calls::rename(c"d", c"d/x"), Err(Errno::EINVAL));
    for (old, new) in [
        (c".", c"x"),
        (c"d/.", c"x"),
        (c"d/..", c"x"),
        (c"d", c"empty/."),
        (c"/", c"x"),
        (c"d", c"/"),
    ] {
        check!(calls::rename(old, new).is_err());
    }
    check!(calls::stat(c"d/e").is_ok() && calls::stat(c"f").is_ok());
    Ok(())
}

fn rename_same() -> Outcome {
    must!(write_file(c"a", b"x"));
    must!(calls::link(c"a", c"b"));
    must!(calls::rename(c"a", c"a"));
    must!(calls::rename(c"a", c"b"));
    check_eq!(must!(calls::stat(c"a")).st_nlink, 2);
    must!(calls::mkdir(c"d", 0o755));
    must!(calls::rename(c"d", c"d"));
    check!(calls::stat(c"d/.").is_ok());
    Ok(())
}

fn mknod_kinds() -> Outcome {
    must!(calls::mknod(c"c", 0o020666, Device(0x0103)));
    must!(calls::mknod(c"b", 0o060666, Device(0x0300)));
    must!(calls::mknod(c"p", 0o010666, Device::NONE));
    must!(calls::mknod(c"r", 0o100666, Device::NONE));
    must!(calls::mknod(c"s", 0o666, Device::NONE));
    let mode = |path| calls::stat(path).map_or(0, |stat| stat.st_mode);
    check!(S_ISCHR(mode(c"c")) && S_ISBLK(mode(c"b")) && S_ISFIFO(mode(c"p")));
    check_eq!((mode(c"r"), mode(c"s")), (0o100644, 0o100644));
    check_eq!(must!(calls::stat(c"c")).st_rdev, 0x0103);
    must!(write_file(c"c", b"into the void"));
    check_eq!(must!(read_file(c"c")), b"");
    as_user(100, 10, || {
        check_eq!(
            calls::mknod(c"x", 0o020666, Device(0x0103)),
            Err(Errno::EPERM)
        );
        check_eq!(
            calls::mknod(c"x", 0o060666, Device(0x0300)),
            Err(Errno::EPERM)
        );
        Ok(())
    })
}

fn mknod_errors() -> Outcome {
    for kind in [0o040000u16, 0o120000, 0o140000, 0o170000, 0o030000] {
        check!(calls::mknod(c"x", kind | 0o644, Device::NONE).is_err());
    }
    check_eq!(
        calls::mknod(c".", 0o100644, Device::NONE),
        Err(Errno::EEXIST)
    );
    check_eq!(
        calls::mknod(c"a/b", 0o100644, Device::NONE),
        Err(Errno::ENOENT)
    );
    check_eq!(calls::stat(c"x").err(), Some(Errno::ENOENT));
    Ok(())
}

fn device_no_driver() -> Outcome {
    for number in [
        0x0000u16,
        0x0100,
        0x0106,
        0x01ff,
        0x0400 + 200,
        0x0600,
        0x0700,
        0xff00,
        0xffff,
        0x0501,
    ] {
        must!(calls::mknod(c"c", 0o020666, Device(number)));
        must!(calls::mknod(c"b", 0o060666, Device(number)));
        for path in [c"c", c"b"] {
            for flags in [0, 1, 2, O_RDWR | O_TRUNC, O_RDWR | O_CREAT | O_TRUNC] {
                let result = File::open_with(path, flags, 0o644).map(drop);
                // The RAM disk may be there, as a block device.
                if result.is_ok() && !(path == c"b" && number >> 8 == 1) {
                    return Err(failure!("{path:?} {number:#x} could be opened"));
                }
            }
            check_eq!(must!(calls::stat(path)).st_rdev, number);
            must!(calls::unlink(path));
        }
    }
    must!(calls::mknod(c"h", 0o060666, Device(0x0309)));
    check!(File::open(c"h").is_err());
    Ok(())
}

fn symlink_follow() -> Outcome {
    must!(calls::mkdir(c"d", 0o755));
    must!(write_file(c"d/f", b"x"));
    must!(calls::symlink(c"d/f", c"l"));
    must!(calls::symlink(c"d", c"dl"));
    must!(calls::symlink(c"/tmp/usertests/d/f", c"absolute"));
    must!(calls::symlink(c"f", c"d/near"));
    for path in [
        c"l",
        c"dl/f",
        c"absolute",
        c"d/near",
        c"dl/near",
        c"dl/../d/f",
    ] {
        check_eq!(must!(read_file(path)), b"x");
    }
    must!(calls::unlink(c"l"));
    check_eq!(must!(read_file(c"d/f")), b"x");
    Ok(())
}

fn symlink_text() -> Outcome {
    must!(calls::symlink(c"some/where", c"l"));
    let mut buffer = [0xee; 64];
    check_eq!(calls::readlink(c"l", &mut buffer), Ok(&b"some/where"[..]));
    let mut short = [0; 4];
    check_eq!(calls::readlink(c"l", &mut short), Ok(&b"some"[..]));
    let stat = must!(calls::lstat(c"l"));
    check!(S_ISLNK(stat.st_mode));
    check_eq!(stat.st_size, 10);
    must!(write_file(c"f", b""));
    check_eq!(calls::readlink(c"f", &mut short), Err(Errno::EINVAL));
    check_eq!(calls::symlink(c"x", c"f"), Err(Errno::EEXIST));
    check_eq!(calls::symlink(c"", c"y"), Err(Errno::ENOENT));
    Ok(())
}

fn symlink_loop() -> Outcome {
    must!(calls::symlink(c"b", c"a"));
    must!(calls::symlink(c"a", c"b"));
    must!(calls::symlink(c"s/s/s", c"s"));
    for path in [c"a", c"b", c"a/x", c"s", c"s/x"] {
        check_eq!(calls::stat(path).err(), Some(Errno::ELOOP));
    }
    check_eq!(
        File::open_with(c"a", O_RDWR | O_CREAT, 0o644).err(),
        Some(Errno::ELOOP)
    );
    Ok(())
}

fn symlink_dangling() -> Outcome {
    must!(calls::symlink(c"target", c"l"));
    check_eq!(File::open(c"l").err(), Some(Errno::ENOENT));
    check_eq!(
        File::open_with(c"l", O_RDWR | O_CREAT | O_EXCL, 0o644).err(),
        Some(Errno::EEXIST)
    );
    must!(File::open_with(c"l", O_RDWR | O_CREAT, 0o644));
    check!(calls::stat(c"target").is_ok());
    Ok(())
}

fn chroot_jail() -> Outcome {
    must!(calls::mkdir(c"jail", 0o755));
    must!(calls::mkdir(c"jail/sub", 0o755));
    must!(write_file(c"jail/f", b"inside"));
    in_child(|| {
        must!(calls::chroot(c"jail"));
        must!(calls::chdir(c"/"));
        let inside = must!(calls::stat(c"/")).st_ino;
        for path in [c"..", c"../..", c"/..", c"/sub/../..", c"sub/../../.."] {
            check_eq!(must!(calls::stat(path)).st_ino, inside);
        }
        check_eq!(must!(read_file(c"/f")), b"inside");
        check_eq!(calls::stat(c"/etc").err(), Some(Errno::ENOENT));
        must!(calls::symlink(c"/f", c"/sub/l"));
        check_eq!(must!(read_file(c"/sub/l")), b"inside");
        Ok(())
    })
}

fn chroot_errors() -> Outcome {
    must!(write_file(c"f", b""));
    check_eq!(calls::chroot(c"f"), Err(Errno::ENOTDIR));
    check_eq!(calls::chroot(c"nothing"), Err(Errno::ENOENT));
    as_user(100, 10, || {
        check_eq!(calls::chroot(c"/"), Err(Errno::EPERM));
        Ok(())
    })
}

fn mount_errors() -> Outcome {
    must!(calls::mkdir(c"d", 0o755));
    must!(write_file(c"f", b""));
    check_eq!(calls::mount(c"/nothing", c"d", false), Err(Errno::ENOENT));
    check_eq!(calls::mount(c"f", c"d", false), Err(Errno::ENOTBLK));
    check_eq!(calls::mount(c"/dev/null", c"d", false), Err(Errno::ENOTBLK));
    // The kernel's partition has no file system; nor has one that is not there.
    for device in [
        c"/dev/hd1",
        c"/dev/hd0",
        c"/dev/hd3",
        c"/dev/hd9",
        c"/dev/fd0",
    ] {
        check!(calls::mount(device, c"d", false).is_err());
    }
    as_user(100, 10, || {
        check_eq!(calls::mount(c"/dev/hd1", c"d", false), Err(Errno::EPERM));
        check_eq!(calls::umount(c"/dev/hd1"), Err(Errno::EPERM));
        Ok(())
    })
}

fn remount_errors() -> Outcome {
    must!(calls::mkdir(c"d", 0o755));
    must!(write_file(c"f", b""));
    check_eq!(calls::remount(c"/nothing", true), Err(Errno::ENOENT));
    check_eq!(calls::remount(c"d", true), Err(Errno::EINVAL));
    check_eq!(calls::remount(c"f", true), Err(Errno::ENOTBLK));
    // It is writable already.
    check_eq!(calls::remount(c"/", false), Ok(()));
    let file = must!(File::open_with(c"f", O_WRONLY, 0));
    check_eq!(calls::remount(c"/", true), Err(Errno::EBUSY));
    // A file without a name is written, too: it goes when it is closed.
    drop(file);
    let file = must!(File::open(c"f"));
    must!(calls::unlink(c"f"));
    check_eq!(calls::remount(c"/", true), Err(Errno::EBUSY));
    drop(file);
    must!(write_file(c"f", b"still writable"));
    as_user(100, 10, || {
        check_eq!(calls::remount(c"/", true), Err(Errno::EPERM));
        check_eq!(calls::remount(c"/", false), Err(Errno::EPERM));
        Ok(())
    })
}

fn umount_errors() -> Outcome {
    must!(write_file(c"f", b""));
    check_eq!(calls::umount(c"/nothing"), Err(Errno::ENOENT));
    check_eq!(calls::umount(c"f"), Err(Errno::ENOTBLK));
    check_eq!(calls::umount(c"/dev/hd1"), Err(Errno::EINVAL));
    check_eq!(calls::umount(c"/dev/hd9"), Err(Errno::EINVAL));
    Ok(())
}

fn mount_root_again() -> Outcome {
    must!(calls::mkdir(c"d", 0o755));
    let root = Device(must!(calls::stat(c"/")).st_dev);
    must!(calls::mknod(c"root", 0o060600, root));
    check_eq!(calls::mount(c"root", c"d", false), Err(Errno::EBUSY));
    check_eq!(calls::umount(c"root"), Err(Errno::EBUSY));
    Ok(())
}
