// SPDX-License-Identifier: GPL-2.0-or-later
//! Broken and malicious images: no panic, no endless loop, no access behind
//! the end of the device. What is broken is refused or read-only.
//!
//! `FS_HOSTILE_IMAGES` says how many images are tried.

mod common;

use common::{Machine, ROOT, Random, pattern, read, touch, write};
use fs::host::{Editor, MemoryDisk};
use fs::{Fs, FsTask};
use lib::Errno;
use lib::fcntl::{O_RDWR, O_TRUNC};
use lib::sys::stat::{S_IFCHR, S_IFMT, S_ISDIR};

const BLOCKS: u32 = 400;

/// A small file system with one of everything.
fn sound() -> Vec<u8> {
    let machine = Machine::new(BLOCKS);
    machine.run(|fs, task| {
        fs.sys_mkdir(task, b"/d", 0o755).unwrap();
        fs.sys_mkdir(task, b"/d/e", 0o755).unwrap();
        fs.sys_mkdir(task, b"/empty", 0o755).unwrap();
        write(fs, task, "/small", 0, b"text").unwrap();
        write(fs, task, "/d/indirect", 0, &pattern(30_000, 1)).unwrap();
        write(fs, task, "/d/e/double", 530 * 1024, &pattern(20_000, 2)).unwrap();
        fs.sys_link(task, b"/small", b"/d/link").unwrap();
        fs.sys_symlink(task, b"d/e", b"/symlink").unwrap();
        fs.sys_mknod(task, b"/null", u32::from(S_IFCHR) | 0o666, 0x0103)
            .unwrap();
    });
    machine.disk.to_bytes()
}

/// Changes a few bytes, most of them where it hurts.
fn mutate(image: &mut [u8], random: &mut Random) {
    const INODES: u32 = 4 * 1024;
    for _ in 0..1 + random.below(6) {
        let offset = match random.below(8) {
            0 => 1024 + random.below(20),
            1 => 2048 + random.below(200),
            2..=4 => INODES + random.below(12 * 32),
            // Directories and indirect blocks lie at the start of the data.
            _ => 9 * 1024 + random.below(60 * 1024),
        } as usize;
        match random.below(4) {
            0 => image[offset] ^= 1 << random.below(8),
            1 => image[offset] = random.below(256) as u8,
            2 => image[offset] = [0, 0xFF][random.below(2) as usize],
            // The number of an inode or zone that is there.
            _ => {
                image[offset & !1..][..2].copy_from_slice(&(random.below(60) as u16).to_le_bytes())
            }
        }
    }
}

/// Walks down into every directory, reads a part of every file.
fn walk<'a>(fs: &'a Fs<'a>, task: &FsTask<'a>, path: &str, depth: u32) {
    let Ok(listing) = read(fs, task, &format!("{path}/."), 0, 8192) else {
        return;
    };
    for entry in listing
        .chunks_exact(16)
        .filter(|entry| entry[..2] != [0, 0])
    {
        let name: Vec<u8> = entry[2..]
            .iter()
            .copied()
            .take_while(|byte| *byte != 0)
            .collect();
        let Ok(name) = String::from_utf8(name) else {
            continue;
        };
        if name == "." || name == ".." || name.contains('/') || name.is_empty() {
            continue;
        }
        let child = format!("{path}/{name}");
        let Ok(stat) = fs.sys_lstat(task, child.as_bytes()) else {
            continue;
        };
        if S_ISDIR(stat.st_mode) {
            if depth < 6 {
                walk(fs, task, &child, depth + 1);
            }
        } else {
            for offset in [0, 7 * 1024, 530 * 1024, stat.st_size.saturating_sub(100)] {
                let _ = read(fs, task, &child, offset.max(0), 5000);
            }
        }
    }
}

/// Everything a user may try. Any answer will do.
fn use_it<'a>(fs: &'a Fs<'a>, task: &FsTask<'a>) {
    walk(fs, task, "", 0);
    let _ = fs.sys_rename(task, b"/d/e", b"/empty");
    let _ = fs.sys_rename(task, b"/d", b"/empty/e/x");
    let _ = fs.sys_rename(task, b"/small", b"/d/link");
    let _ = fs.sys_rename(task, b"/empty", b"/d");
    for name in ["/new", "/d/new", "/empty/new", "/d/e/new", "/symlink/new"] {
        let _ = touch(fs, task, name);
        let _ = write(fs, task, name, 6 * 1024, &pattern(5000, 3));
        let _ = fs.sys_mkdir(task, format!("{name}dir").as_bytes(), 0o755);
        let _ = fs.sys_link(task, name.as_bytes(), format!("{name}link").as_bytes());
    }
    for name in [
        "/small",
        "/d/indirect",
        "/d/link",
        "/d/e/double",
        "/empty/double",
        "/null",
        "/d",
    ] {
        let _ = write(fs, task, name, 500, &pattern(30_000, 3));
        let _ = write(fs, task, name, 525 * 1024, &pattern(10_000, 3));
        let fd = fs.sys_open(task, name.as_bytes(), O_RDWR | O_TRUNC, 0);
        let _ = fd.and_then(|fd| fs.sys_close(task, fd as u32));
        let _ = fs.sys_unlink(task, name.as_bytes());
        let _ = fs.sys_rmdir(task, name.as_bytes());
    }
    let _ = fs.sys_sync();
    walk(fs, task, "", 0);
}

fn try_image(image: Vec<u8>, seed: u64) {
    let machine = Machine::on(64, MemoryDisk::from_bytes(image));
    let fs = machine.host.fs();
    if let Ok(editor) = Editor::mount(&fs, ROOT) {
        use_it(&fs, editor.task());
        editor
            .unmount()
            .unwrap_or_else(|error| panic!("image {seed}: unmount: {error}"));
    }
    let in_use = (fs.inodes_in_use(), fs.files_in_use(), fs.buffers_in_use());
    assert_eq!(in_use, (0, 0, 0), "image {seed}");
    for message in machine.host.take_messages() {
        // The disk's word for a block that it has not got.
        assert!(
            !message.contains("unexpected end"),
            "image {seed}: {message}"
        );
    }
}

#[test]
fn mutated_images() {
    let images = std::env::var("FS_HOSTILE_IMAGES")
        .ok()
        .and_then(|text| text.parse().ok());
    let sound = sound();
    for seed in 0..images.unwrap_or(500) {
        let mut image = sound.clone();
        mutate(&mut image, &mut Random::new(seed));
        try_image(image, seed);
    }
}

/// Where inode `number` lies in the image.
fn inode(number: usize) -> usize {
    4 * 1024 + (number - 1) * 32
}

fn change(work: impl FnOnce(&mut [u8])) -> Machine {
    let mut image = sound();
    work(&mut image);
    Machine::on(64, MemoryDisk::from_bytes(image))
}

/// Mounts it, does something, and tells what was reported.
fn run(machine: &Machine, work: impl for<'a> FnOnce(&'a Fs<'a>, &FsTask<'a>)) -> String {
    let fs = machine.host.fs();
    let fs = &fs;
    let editor = Editor::mount(fs, ROOT).unwrap();
    work(fs, editor.task());
    editor.unmount().unwrap();
    machine.host.take_messages().concat()
}

/// 0.11 panicked.
#[test]
fn a_zone_that_is_free_already_makes_it_read_only() {
    // All zones are free, says the bitmap.
    let machine = change(|image| image[3 * 1024..4 * 1024].fill(0));
    let said = run(&machine, |fs, task| {
        fs.sys_unlink(task, b"/d/indirect").unwrap();
        assert_eq!(fs.sys_mkdir(task, b"/new", 0o755), Err(Errno::EROFS));
        assert_eq!(read(fs, task, "/small", 0, 9).unwrap(), b"text");
    });
    assert!(
        said.contains("is free already") && said.contains("read-only"),
        "{said}"
    );
}

#[test]
fn an_entry_of_a_free_inode() {
    // Inode 5 is /small's; the bitmap says it's free.
    let machine = change(|image| image[2 * 1024] &= !(1 << 5));
    let said = run(&machine, |fs, task| {
        assert_eq!(fs.sys_stat(task, b"/small"), Err(Errno::EIO));
        assert!(read(fs, task, "/d/indirect", 0, 9).is_ok());
        assert_eq!(touch(fs, task, "/new"), Err(Errno::EROFS));
    });
    assert!(said.contains("inode 5, which is free"), "{said}");
}

#[test]
fn an_entry_of_an_inode_behind_the_last() {
    // 400 blocks have 160 inodes. The root directory's third entry is /d.
    let machine = change(|image| {
        let zone = usize::from(u16::from_le_bytes([
            image[inode(1) + 14],
            image[inode(1) + 15],
        ]));
        image[zone * 1024 + 32..][..2].copy_from_slice(&161u16.to_le_bytes());
    });
    let said = run(&machine, |fs, task| {
        assert_eq!(fs.sys_stat(task, b"/d"), Err(Errno::EIO));
    });
    assert!(said.contains("entry for inode 161\n"), "{said}");
}

/// Two entries, one link: after one unlink the inode is free.
#[test]
fn an_entry_of_an_inode_without_links() {
    let machine = change(|image| image[inode(5) + 13] = 1);
    let said = run(&machine, |fs, task| {
        let fd = fs.sys_open(task, b"/small", O_RDWR, 0).unwrap();
        fs.sys_unlink(task, b"/small").unwrap();
        assert_eq!(fs.sys_stat(task, b"/d/link"), Err(Errno::EIO));
        fs.sys_close(task, fd as u32).unwrap();
    });
    assert!(said.contains("inode 5, which has no links"), "{said}");
}

#[test]
fn a_zone_behind_the_end() {
    let machine = change(|image| {
        image[inode(5) + 14..][..2].copy_from_slice(&(BLOCKS as u16).to_le_bytes());
    });
    let said = run(&machine, |fs, task| {
        assert_eq!(read(fs, task, "/small", 0, 9), Err(Errno::EIO));
    });
    assert!(said.contains("inode 5 refers to zone 400"), "{said}");
}

#[test]
fn a_zone_in_the_inode_table() {
    let machine = change(|image| image[inode(5) + 14..][..2].copy_from_slice(&[4, 0]));
    let said = run(&machine, |fs, task| {
        assert_eq!(write(fs, task, "/small", 0, b"x"), Err(Errno::EIO));
    });
    assert!(said.contains("inode 5 refers to zone 4"), "{said}");
}

#[test]
fn a_directory_that_contains_itself() {
    // /empty/x is /empty.
    let machine = change(|image| {
        let number = 4u16;
        let zone = usize::from(u16::from_le_bytes([
            image[inode(4) + 14],
            image[inode(4) + 15],
        ]));
        image[zone * 1024 + 32..][..2].copy_from_slice(&number.to_le_bytes());
        image[zone * 1024 + 34] = b'x';
        image[inode(4) + 4] = 48;
    });
    run(&machine, |fs, task| {
        assert_eq!(fs.sys_rmdir(task, b"/empty/x"), Err(Errno::EBUSY));
        assert_eq!(fs.sys_rename(task, b"/empty/x", b"/y"), Err(Errno::EINVAL));
        assert!(fs.sys_stat(task, b"/empty/x/x/x").is_ok());
    });
}

#[test]
fn sizes_that_can_not_be() {
    let machine = change(|image| {
        image[inode(4) + 4..][..4].copy_from_slice(&u32::MAX.to_le_bytes());
        image[inode(5) + 4..][..4].copy_from_slice(&u32::MAX.to_le_bytes());
    });
    let said = run(&machine, |fs, task| {
        assert_eq!(fs.sys_stat(task, b"/empty/x"), Err(Errno::ENOENT));
        assert_eq!(
            read(fs, task, "/small", 0, 2048).map(|bytes| bytes.len()),
            Ok(2048)
        );
    });
    assert!(said.contains("inode 4 has size 4294967295"), "{said}");
}

#[test]
fn an_unknown_type_of_file() {
    let machine = change(|image| image[inode(5) + 1] = 0xE1);
    run(&machine, |fs, task| {
        assert_eq!(
            fs.sys_stat(task, b"/small")
                .map(|stat| stat.st_mode & S_IFMT),
            Ok(0o160000)
        );
        assert_eq!(read(fs, task, "/small", 0, 9), Err(Errno::ENXIO));
    });
}

#[test]
fn a_root_that_is_no_directory() {
    let machine = change(|image| image[inode(1) + 1] = 0x81);
    let fs = machine.host.fs();
    assert!(Editor::mount(&fs, ROOT).is_err());
    assert_eq!((fs.inodes_in_use(), fs.buffers_in_use()), (0, 0));
}
