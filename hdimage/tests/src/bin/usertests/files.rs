// SPDX-License-Identifier: GPL-2.0-or-later
//! Regular files: opening, reading, writing, `lseek`, holes, sizes.

use crate::support::{Outcome, create, numbered, pattern, read_all, read_file, write_file};
use abi::Errno;
use abi::fcntl::{O_APPEND, O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY};
use abi::sys::stat::{S_ISDIR, S_ISREG};
use abi::unistd::{SEEK_CUR, SEEK_END, SEEK_SET};
use abi::utime::Utimbuf;
use alloc::vec;
use user::calls::{self, Fd, File};

tests! {
    file_create "O_CREAT makes a file, O_EXCL only a new one";
    file_creat "creat makes or empties, for writing only";
    file_open_errors "what cannot be opened, and why";
    file_access_mode "descriptors allow what they were opened for";
    file_trunc "O_TRUNC empties and gives the zones back";
    file_append "O_APPEND writes at the end, wherever others have put it";
    file_sizes "what is written is read, for sizes around blocks";
    file_overwrite "overwriting in the middle leaves the rest";
    file_hole "a hole reads as zeroes and takes no zones";
    file_indirect "a file of the indirect range";
    file_double_indirect "a file of the double indirect range, with holes";
    file_largest "no byte behind the largest size";
    file_lseek "lseek from start, place and end";
    file_lseek_bad "lseek to bad places changes nothing";
    file_read_end "reading at and behind the end";
    file_zero_bytes "reads and writes of nothing";
    file_unlinked "an unlinked file lives until it is closed";
    file_many "a hundred files in a directory";
    file_rewrite "the same file written a hundred times";
    file_large "a quarter of a megabyte, read in odd pieces";
    file_two_descriptors "two descriptors of a file have their own positions";
    file_stat_fields "stat tells what is true, in 0.11's layout";
    file_times "reading and writing move the times";
    file_utime "utime sets them";
    file_directory_read "a directory is read as entries of 16 bytes";
    file_directory_write "a directory cannot be written";
    file_sync "what was written is there after sync";
}

fn file_create() -> Outcome {
    check_eq!(File::open(c"f").err(), Some(Errno::ENOENT));
    check_eq!(
        File::open_with(c"f", O_RDWR | O_TRUNC, 0).err(),
        Some(Errno::ENOENT)
    );
    must!(File::open_with(c"f", O_RDWR | O_CREAT | O_EXCL, 0o640));
    check_eq!(must!(calls::stat(c"f")).st_mode, 0o100640);
    check_eq!(
        File::open_with(c"f", O_RDWR | O_CREAT | O_EXCL, 0).err(),
        Some(Errno::EEXIST)
    );
    must!(File::open_with(c"f", O_RDWR | O_CREAT, 0));
    check_eq!(must!(calls::stat(c"f")).st_mode, 0o100640);
    // A mode with type bits makes a regular file all the same.
    must!(File::open_with(c"g", O_RDWR | O_CREAT, 0o177777));
    check!(S_ISREG(must!(calls::stat(c"g")).st_mode));
    Ok(())
}

fn file_creat() -> Outcome {
    must!(write_file(c"f", b"old"));
    let fd = Fd(must!(system_call!(creat(c"f".as_ptr() as u32, 0o600))));
    check_eq!(must!(calls::fstat(fd)).st_size, 0);
    check_eq!(calls::write(fd, b"x"), Ok(1));
    check_eq!(calls::read(fd, &mut [0]), Err(Errno::EBADF));
    must!(calls::close(fd));
    Ok(())
}

fn file_open_errors() -> Outcome {
    must!(write_file(c"f", b""));
    must!(calls::mkdir(c"d", 0o755));
    let open = |path, flags| File::open_with(path, flags, 0o644).err();
    check_eq!(open(c"", O_RDONLY), Some(Errno::ENOENT));
    check_eq!(open(c"f/x", O_RDONLY), Some(Errno::ENOTDIR));
    check_eq!(open(c"f/", O_RDONLY), Some(Errno::ENOTDIR));
    check_eq!(open(c"f/.", O_RDONLY), Some(Errno::ENOTDIR));
    check_eq!(open(c"f/..", O_RDONLY), Some(Errno::ENOTDIR));
    check_eq!(open(c"x/y", O_RDWR | O_CREAT), Some(Errno::ENOENT));
    check_eq!(open(c"d", O_WRONLY), Some(Errno::EISDIR));
    check_eq!(open(c"d", O_RDWR), Some(Errno::EISDIR));
    check_eq!(open(c"d", O_RDONLY | O_TRUNC), Some(Errno::EISDIR));
    check_eq!(open(c".", O_RDWR), Some(Errno::EISDIR));
    check_eq!(open(c"new/", O_RDWR | O_CREAT), Some(Errno::EISDIR));
    check_eq!(open(c"d", O_RDONLY), None);
    check_eq!(open(c"f", 3), Some(Errno::EINVAL));
    check!(open(c"f", u32::MAX).is_some());
    Ok(())
}

fn file_access_mode() -> Outcome {
    must!(write_file(c"f", b"abc"));
    let reading = must!(File::open_with(c"f", O_RDONLY, 0));
    check_eq!(calls::write(reading.fd(), b"x"), Err(Errno::EBADF));
    check_eq!(calls::read(reading.fd(), &mut [0]), Ok(1));
    let writing = must!(File::open_with(c"f", O_WRONLY, 0));
    check_eq!(calls::read(writing.fd(), &mut [0]), Err(Errno::EBADF));
    check_eq!(calls::write(writing.fd(), b"x"), Ok(1));
    Ok(())
}

fn file_trunc() -> Outcome {
    let device = abi::sys::types::Device(must!(calls::stat(c".")).st_dev);
    let before = must!(calls::ustat(device)).f_tfree;
    must!(write_file(c"f", &pattern(20_000, 1)));
    // Twenty blocks and an indirect one; the directory may have grown by one.
    check!((21..=22).contains(&(before - must!(calls::ustat(device)).f_tfree)));
    must!(File::open_with(c"f", O_RDWR | O_TRUNC, 0));
    check_eq!(must!(calls::stat(c"f")).st_size, 0);
    check!((0..=1).contains(&(before - must!(calls::ustat(device)).f_tfree)));
    check_eq!(must!(read_file(c"f")), b"");
    Ok(())
}

fn file_append() -> Outcome {
    let other = must!(create(c"f"));
    let file = must!(File::open_with(c"f", O_WRONLY | O_APPEND, 0));
    must!(calls::write_all(file.fd(), b"one"));
    must!(calls::lseek(other.fd(), 5, SEEK_SET));
    must!(calls::write_all(other.fd(), b"two"));
    must!(calls::lseek(file.fd(), 0, SEEK_SET));
    must!(calls::write_all(file.fd(), b"three"));
    check_eq!(calls::lseek(file.fd(), 0, SEEK_CUR), Ok(13));
    check_eq!(must!(read_file(c"f")), b"one\0\0twothree");
    Ok(())
}

fn file_sizes() -> Outcome {
    for size in [
        1, 2, 511, 512, 1023, 1024, 1025, 2048, 4095, 4096, 4097, 7167, 7168, 7169, 10_000,
    ] {
        let data = pattern(size, size);
        must!(write_file(c"f", &data));
        check_eq!(must!(calls::stat(c"f")).st_size, size as i32);
        check!(must!(read_file(c"f")) == data);
    }
    Ok(())
}

fn file_overwrite() -> Outcome {
    let mut data = pattern(9000, 1);
    must!(write_file(c"f", &data));
    let file = must!(File::open_with(c"f", O_RDWR, 0));
    for (start, length) in [
        (0, 1),
        (1000, 100),
        (1023, 2),
        (2048, 1024),
        (5000, 3000),
        (8999, 1),
    ] {
        let part = pattern(length, 99);
        must!(calls::lseek(file.fd(), start as i32, SEEK_SET));
        must!(calls::write_all(file.fd(), &part));
        data[start..start + length].copy_from_slice(&part);
    }
    check!(must!(read_file(c"f")) == data);
    Ok(())
}

fn file_hole() -> Outcome {
    let device = abi::sys::types::Device(must!(calls::stat(c".")).st_dev);
    let file = must!(create(c"f"));
    let before = must!(calls::ustat(device)).f_tfree;
    must!(calls::lseek(file.fd(), 5000, SEEK_SET));
    must!(calls::write_all(file.fd(), b"x"));
    check_eq!(before - must!(calls::ustat(device)).f_tfree, 1);
    check_eq!(must!(calls::fstat(file.fd())).st_size, 5001);
    let contents = must!(read_file(c"f"));
    check!(contents.iter().take(5000).all(|&byte| byte == 0));
    check_eq!(contents.last(), Some(&b'x'));
    // Filling the hole changes nothing else.
    must!(calls::lseek(file.fd(), 1500, SEEK_SET));
    must!(calls::write_all(file.fd(), b"y"));
    let contents = must!(read_file(c"f"));
    check_eq!(contents.iter().filter(|&&byte| byte != 0).count(), 2);
    Ok(())
}

fn file_indirect() -> Outcome {
    let data = pattern(30_000, 5);
    must!(write_file(c"f", &data));
    check!(must!(read_file(c"f")) == data);
    Ok(())
}

fn file_double_indirect() -> Outcome {
    let file = must!(create(c"f"));
    // Around the borders of the ranges, and far out.
    let borders = [6u32, 7, 518, 519, 520, 1030, 1031, 1032, 100_000, 262_662];
    for block in borders {
        must!(calls::lseek(
            file.fd(),
            (block * 1024 + 100) as i32,
            SEEK_SET
        ));
        must!(calls::write_all(file.fd(), &block.to_le_bytes()));
    }
    for block in borders {
        must!(calls::lseek(
            file.fd(),
            (block * 1024 + 100) as i32,
            SEEK_SET
        ));
        let mut word = [0; 4];
        check_eq!(calls::read(file.fd(), &mut word), Ok(4));
        check_eq!(u32::from_le_bytes(word), block);
    }
    must!(calls::lseek(file.fd(), 600 * 1024, SEEK_SET));
    let mut hole = [1; 1024];
    check_eq!(calls::read(file.fd(), &mut hole), Ok(1024));
    check_eq!(hole, [0; 1024]);
    check_eq!(must!(calls::fstat(file.fd())).st_size, 262_662 * 1024 + 104);
    Ok(())
}

fn file_largest() -> Outcome {
    const LARGEST: i32 = (7 + 512 + 512 * 512) * 1024;
    let file = must!(create(c"f"));
    must!(calls::lseek(file.fd(), LARGEST - 2, SEEK_SET));
    check_eq!(calls::write(file.fd(), b"abc"), Ok(2));
    check_eq!(calls::write(file.fd(), b"c"), Err(Errno::EFBIG));
    check_eq!(must!(calls::fstat(file.fd())).st_size, LARGEST);
    must!(calls::lseek(file.fd(), i32::MAX, SEEK_SET));
    check_eq!(calls::write(file.fd(), b"c"), Err(Errno::EFBIG));
    check_eq!(calls::read(file.fd(), &mut [0]), Ok(0));
    Ok(())
}

fn file_lseek() -> Outcome {
    let file = must!(create(c"f"));
    must!(calls::write_all(file.fd(), b"0123456789"));
    check_eq!(calls::lseek(file.fd(), 3, SEEK_SET), Ok(3));
    check_eq!(calls::lseek(file.fd(), 2, SEEK_CUR), Ok(5));
    check_eq!(calls::lseek(file.fd(), -1, SEEK_CUR), Ok(4));
    check_eq!(calls::lseek(file.fd(), -10, SEEK_END), Ok(0));
    check_eq!(calls::lseek(file.fd(), 5, SEEK_END), Ok(15));
    check_eq!(
        calls::lseek(file.fd(), i32::MAX, SEEK_SET),
        Ok(i32::MAX as u32)
    );
    check_eq!(must!(calls::fstat(file.fd())).st_size, 10);
    Ok(())
}

fn file_lseek_bad() -> Outcome {
    let file = must!(create(c"f"));
    must!(calls::write_all(file.fd(), b"0123456789"));
    for (offset, origin) in [
        (-1, SEEK_SET),
        (-11, SEEK_CUR),
        (-11, SEEK_END),
        (i32::MIN, SEEK_SET),
        (i32::MAX, SEEK_CUR),
        (i32::MAX, SEEK_END),
        (0, 3),
        (0, u32::MAX),
    ] {
        check_eq!(calls::lseek(file.fd(), offset, origin), Err(Errno::EINVAL));
        check_eq!(calls::lseek(file.fd(), 0, SEEK_CUR), Ok(10));
    }
    Ok(())
}

fn file_read_end() -> Outcome {
    let file = must!(create(c"f"));
    must!(calls::write_all(file.fd(), b"0123456789"));
    check_eq!(calls::read(file.fd(), &mut [0; 10]), Ok(0));
    must!(calls::lseek(file.fd(), 8, SEEK_SET));
    check_eq!(calls::read(file.fd(), &mut [0; 10]), Ok(2));
    must!(calls::lseek(file.fd(), 100_000, SEEK_SET));
    check_eq!(calls::read(file.fd(), &mut [0; 10]), Ok(0));
    check_eq!(calls::lseek(file.fd(), 0, SEEK_CUR), Ok(100_000));
    Ok(())
}

fn file_zero_bytes() -> Outcome {
    let file = must!(create(c"f"));
    must!(calls::lseek(file.fd(), 100, SEEK_SET));
    check_eq!(calls::write(file.fd(), &[]), Ok(0));
    check_eq!(calls::read(file.fd(), &mut []), Ok(0));
    check_eq!(must!(calls::fstat(file.fd())).st_size, 0);
    Ok(())
}

fn file_unlinked() -> Outcome {
    let data = pattern(9000, 3);
    let file = must!(create(c"f"));
    must!(calls::unlink(c"f"));
    check_eq!(must!(calls::fstat(file.fd())).st_nlink, 0);
    must!(calls::write_all(file.fd(), &data));
    must!(write_file(c"f", b"another"));
    must!(calls::lseek(file.fd(), 0, SEEK_SET));
    check!(must!(read_all(file.fd())) == data);
    Ok(())
}

fn file_many() -> Outcome {
    for number in 0..100 {
        must!(write_file(&numbered("file", number), &[number as u8]));
    }
    for number in 0..100 {
        check_eq!(must!(read_file(&numbered("file", number))), [number as u8]);
    }
    for number in (0..100).step_by(2) {
        must!(calls::unlink(&numbered("file", number)));
    }
    for number in 0..100 {
        check_eq!(
            calls::stat(&numbered("file", number)).is_ok(),
            number % 2 == 1
        );
    }
    Ok(())
}

fn file_rewrite() -> Outcome {
    for round in 0..100 {
        must!(write_file(c"f", &[round; 3000]));
    }
    check!(must!(read_file(c"f")) == [99; 3000]);
    Ok(())
}

fn file_large() -> Outcome {
    let data = pattern(0x4_0000, 7);
    let file = must!(create(c"f"));
    must!(calls::write_all(file.fd(), &data));
    must!(calls::lseek(file.fd(), 0, SEEK_SET));
    let mut at = 0;
    let mut piece = vec![0; 9999];
    let mut length = 1;
    while at < data.len() {
        let count = must!(calls::read(file.fd(), &mut piece[..length]));
        check_eq!(count, length.min(data.len() - at));
        check!(piece[..count] == data[at..at + count]);
        at += count;
        length = (length * 7 + 3) % 9998 + 1;
    }
    Ok(())
}

fn file_two_descriptors() -> Outcome {
    let first = must!(create(c"f"));
    let second = must!(File::open_with(c"f", O_RDWR, 0));
    must!(calls::write_all(first.fd(), b"abc"));
    check_eq!(must!(read_all(second.fd())), b"abc");
    must!(calls::write_all(second.fd(), b"def"));
    check_eq!(must!(read_all(first.fd())), b"def");
    Ok(())
}

fn file_stat_fields() -> Outcome {
    must!(write_file(c"f", b"12345"));
    must!(calls::link(c"f", c"g"));
    must!(calls::chown(c"f", 300, 20));
    must!(calls::chmod(c"f", 0o4751));
    let mut bytes = [0xeeu8; 40];
    must!(system_call!(stat(
        c"f".as_ptr() as u32,
        bytes.as_mut_ptr() as u32
    )));
    let word = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
    check_eq!(word(0), must!(calls::stat(c".")).st_dev);
    check!(word(2) > 1);
    check_eq!(word(4), 0o104751);
    check_eq!(bytes[6], 2);
    check_eq!(word(8), 300);
    check_eq!(bytes[10], 20);
    check_eq!(word(12), 0);
    check_eq!(bytes[16..20], [5, 0, 0, 0]);
    check_eq!(bytes[32..], [0xee; 8]);
    let null = must!(calls::stat(c"/dev/null"));
    check_eq!(null.st_rdev, 0x0103);
    check!(S_ISDIR(must!(calls::stat(c"/")).st_mode));
    check_eq!(must!(calls::stat(c"/")).st_ino, 1);
    Ok(())
}

fn file_times() -> Outcome {
    must!(write_file(c"f", b"x"));
    must!(calls::utime(
        c"f",
        Some(&Utimbuf {
            actime: 1000,
            modtime: 2000
        })
    ));
    let now = calls::time();
    must!(read_file(c"f"));
    let stat = must!(calls::stat(c"f"));
    check!(stat.st_atime >= now);
    check_eq!(stat.st_mtime, 2000);
    let file = must!(File::open_with(c"f", O_RDWR, 0));
    must!(calls::write_all(file.fd(), b"y"));
    check!(must!(calls::stat(c"f")).st_mtime >= now);
    check!(must!(calls::stat(c".")).st_mtime >= now - 60);
    Ok(())
}

fn file_utime() -> Outcome {
    must!(write_file(c"f", b"x"));
    must!(calls::utime(
        c"f",
        Some(&Utimbuf {
            actime: 123_456,
            modtime: u32::MAX
        })
    ));
    let stat = must!(calls::stat(c"f"));
    check_eq!((stat.st_atime, stat.st_mtime), (123_456, u32::MAX));
    check!(stat.st_ctime + 60 > calls::time());
    must!(calls::utime(c"f", None));
    let stat = must!(calls::stat(c"f"));
    check!(calls::time() - stat.st_atime <= 1 && calls::time() - stat.st_mtime <= 1);
    Ok(())
}

fn file_directory_read() -> Outcome {
    must!(calls::mkdir(c"d", 0o755));
    must!(write_file(c"d/fourteen_chars", b""));
    let contents = must!(read_file(c"d"));
    check_eq!(contents.len(), 48);
    let inode = |at: usize| u16::from_le_bytes([contents[at], contents[at + 1]]);
    check_eq!(inode(0), must!(calls::stat(c"d")).st_ino);
    check_eq!(&contents[2..16], b".\0\0\0\0\0\0\0\0\0\0\0\0\0");
    check_eq!(inode(16), must!(calls::stat(c".")).st_ino);
    check_eq!(&contents[18..21], b"..\0");
    check_eq!(&contents[34..48], b"fourteen_chars");
    Ok(())
}

fn file_directory_write() -> Outcome {
    let directory = must!(File::open(c"."));
    check_eq!(calls::write(directory.fd(), b"x"), Err(Errno::EBADF));
    check_eq!(calls::lseek(directory.fd(), 0, SEEK_SET), Ok(0));
    Ok(())
}

fn file_sync() -> Outcome {
    let data = pattern(50_000, 9);
    must!(write_file(c"f", &data));
    calls::sync();
    check!(must!(read_file(c"f")) == data);
    Ok(())
}
