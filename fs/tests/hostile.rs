// SPDX-License-Identifier: GPL-2.0-or-later
//! Broken and malicious images: no panic, no endless loop, no access behind
//! the end of the device. What is broken is refused or read-only.
//!
//! `FS_HOSTILE_IMAGES` says how many images are tried, `FS_HOSTILE_FIRST`
//! from which seed on.

mod common;

use abi::Errno;
use abi::fcntl::{O_RDWR, O_TRUNC};
use abi::sys::stat::{S_IFMT, S_ISDIR};
use common::hostile::{BLOCKS, CORPUS, Patch, Sound, sound};
use common::{Machine, ROOT, mount, pattern, read, touch, unmount, write};
use fs::host::{Host, MemoryDisk, ReadInto, Storage};
use fs::layout::BLOCK_SIZE;
use fs::{Fs, FsTask};
use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

/// More blocks than any image needs to be read and written.
const MOST_TRANSFERS: u32 = 50_000;
/// How many images are tried if nothing is said, and for how long at most:
/// without optimisation there is time for a part of them only.
const IMAGES: u64 = 200_000;
const TIME: Duration = Duration::from_secs(90);
/// Longer than any image takes.
const MOST_TIME: Duration = Duration::from_secs(20);

/// A disk that shares the bytes of a sound one until they are written.
struct CopyOnWrite {
    sound: Arc<Sound>,
    own: HashMap<u32, Box<[u8; BLOCK_SIZE]>>,
    left: u32,
}

impl CopyOnWrite {
    fn new(sound: &Arc<Sound>, patch: Patch) -> CopyOnWrite {
        let mut disk = CopyOnWrite {
            sound: sound.clone(),
            own: HashMap::new(),
            left: MOST_TRANSFERS,
        };
        for (offset, bytes) in patch {
            for (place, byte) in (offset..).zip(bytes) {
                disk.block((place / BLOCK_SIZE) as u32)[place % BLOCK_SIZE] = byte;
            }
        }
        disk
    }

    fn block(&mut self, number: u32) -> &mut [u8; BLOCK_SIZE] {
        let sound = &self.sound.bytes[number as usize * BLOCK_SIZE..];
        (self.own)
            .entry(number)
            .or_insert_with(|| Box::new(*sound.first_chunk().unwrap()))
    }

    fn count(&mut self) {
        self.left = self.left.checked_sub(1).expect("no end of transfers");
    }
}

impl Storage for CopyOnWrite {
    fn blocks(&self) -> u32 {
        BLOCKS
    }

    fn read(&mut self, number: u32, data: &mut [u8; BLOCK_SIZE]) -> io::Result<()> {
        assert!(number < BLOCKS);
        self.count();
        *data = match self.own.get(&number) {
            Some(own) => **own,
            None => *self.sound.bytes[number as usize * BLOCK_SIZE..]
                .first_chunk()
                .unwrap(),
        };
        Ok(())
    }

    fn write(&mut self, number: u32, data: &[u8; BLOCK_SIZE]) -> io::Result<()> {
        assert!(number < BLOCKS);
        self.count();
        *self.block(number) = *data;
        Ok(())
    }
}

/// Walks down into every directory, reads a part of every file. At most `left`
/// names.
fn walk<'a>(fs: &'a Fs<'a>, task: &FsTask<'a>, path: &str, left: &mut u32) {
    let Ok(listing) = read(fs, task, &format!("{path}/."), 0, 4096) else {
        return;
    };
    let entries = listing.chunks_exact(16);
    for entry in entries.filter(|entry| entry[..2] != [0, 0]) {
        let name = entry[2..].iter().copied().take_while(|byte| *byte != 0);
        let Ok(name) = String::from_utf8(name.collect()) else {
            continue;
        };
        if name == "." || name == ".." || name.contains('/') || name.is_empty() {
            continue;
        }
        let Some(rest) = left.checked_sub(1) else {
            return;
        };
        *left = rest;
        let child = format!("{path}/{name}");
        let Ok(stat) = fs.sys_lstat(task, child.as_bytes()) else {
            continue;
        };
        if S_ISDIR(stat.st_mode) {
            // A directory may contain itself.
            if path.matches('/').count() < 4 {
                walk(fs, task, &child, left);
            }
        } else if !path.starts_with("/many") {
            for offset in [0, 7 * 1024, 530 * 1024, stat.st_size.saturating_sub(100)] {
                let _ = read(fs, task, &child, offset.max(0), 1500);
            }
        }
    }
}

/// Everything a user may try. Any answer will do.
fn use_it<'a>(fs: &'a Fs<'a>, task: &FsTask<'a>) {
    walk(fs, task, "", &mut 60);
    let _ = fs.sys_rename(task, b"/d/e", b"/empty");
    let _ = fs.sys_rename(task, b"/d", b"/empty/e/x");
    let _ = fs.sys_rename(task, b"/small", b"/d/link");
    let _ = fs.sys_rename(task, b"/many/3", b"/d/3");
    let _ = fs.sys_rename(task, b"/empty", b"/d");
    for name in ["/new", "/d/new", "/empty/new", "/symlink/new"] {
        let _ = write(fs, task, name, 6 * 1024, &pattern(3000, 3));
        let _ = fs.sys_mkdir(task, format!("{name}dir").as_bytes(), 0o755);
        let _ = fs.sys_link(task, name.as_bytes(), format!("{name}link").as_bytes());
    }
    for name in [
        "/small",
        "/d/indirect",
        "/d/e/double",
        "/many/1",
        "/null",
        "/d",
    ] {
        let _ = write(fs, task, name, 500, &pattern(9000, 3));
        let _ = write(fs, task, name, 525 * 1024, &pattern(3000, 3));
        let fd = fs.sys_open(task, name.as_bytes(), O_RDWR | O_TRUNC, 0);
        let _ = fd.and_then(|fd| fs.sys_close(task, fd as u32));
        let _ = fs.sys_unlink(task, name.as_bytes());
        let _ = fs.sys_rmdir(task, name.as_bytes());
    }
    let _ = fs.sys_sync();
    walk(fs, task, "", &mut 30);
}

/// Mounts an image, uses it, unmounts it. Returns what was said.
fn try_image(disk: impl Storage + 'static, seed: u64) -> Vec<String> {
    let host = Host::new(64);
    host.attach(ROOT, disk);
    let fs = host.fs();
    if let Ok(task) = mount(&fs) {
        use_it(&fs, &task);
        unmount(&fs, &task).unwrap_or_else(|error| panic!("image {seed}: unmount: {error}"));
    }
    let in_use = (fs.inodes_in_use(), fs.files_in_use(), fs.buffers_in_use());
    assert_eq!(in_use, (0, 0, 0), "image {seed}");
    let messages = host.take_messages();
    // The disk's word for a block that it has not got.
    let beyond = messages.iter().find(|it| it.contains("unexpected end"));
    assert_eq!(beyond, None, "image {seed}");
    messages
}

/// Tries the images of these seeds in as many threads as there are
/// processors. A watchdog ends it all if one takes too long.
fn try_images(first: u64, count: u64, most: Duration) {
    let start = Instant::now();
    let sound = Arc::new(Sound::new());
    let next = AtomicU64::new(first);
    let done = AtomicBool::new(false);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let seeds: Vec<_> = (0..threads).map(|_| AtomicU64::new(0)).collect();
    thread::scope(|scope| {
        let (sound, next, done, seeds) = (&sound, &next, &done, &seeds);
        let watchdog = scope.spawn(move || watch(seeds, done));
        let workers: Vec<_> = (seeds.iter())
            .map(|current| {
                scope.spawn(move || {
                    loop {
                        let seed = next.fetch_add(1, SeqCst);
                        if seed >= first + count || start.elapsed() > most {
                            break;
                        }
                        current.store(seed, SeqCst);
                        try_image(CopyOnWrite::new(sound, sound.patch(seed)), seed);
                    }
                })
            })
            .collect();
        let failed = workers.into_iter().filter_map(|it| it.join().err()).count();
        done.store(true, SeqCst);
        watchdog.join().unwrap();
        assert_eq!(failed, 0, "see above; near image {}", next.load(SeqCst));
    });
    let tried = next.load(SeqCst).min(first + count) - first;
    println!("{tried} images in {:?}", start.elapsed());
}

/// Ends the program if one of the seeds stays the same for too long.
fn watch(seeds: &[AtomicU64], done: &AtomicBool) {
    let now = || -> Vec<u64> { seeds.iter().map(|seed| seed.load(SeqCst)).collect() };
    let mut since: Vec<_> = now()
        .into_iter()
        .map(|seed| (seed, Instant::now()))
        .collect();
    while !done.load(SeqCst) {
        thread::sleep(Duration::from_millis(20));
        for (old, seed) in since.iter_mut().zip(now()) {
            if old.0 != seed {
                *old = (seed, Instant::now());
            } else if old.1.elapsed() > MOST_TIME && !done.load(SeqCst) {
                eprintln!("image {seed} has no end");
                std::process::abort();
            }
        }
    }
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn mutated_images() {
    let first = setting("FS_HOSTILE_FIRST").unwrap_or(0);
    match setting("FS_HOSTILE_IMAGES") {
        Some(images) => try_images(first, images, Duration::MAX),
        None => try_images(first, IMAGES, TIME),
    }
}

/// The corpus that others use, too, is worth it: there is always a complaint,
/// and never the same.
#[test]
fn corpus() {
    let sound = Sound::new();
    for seed in CORPUS {
        let said = try_image(MemoryDisk::from_bytes(sound.image(seed)), seed);
        assert!(!said.is_empty(), "image {seed} is accepted");
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
    let task = mount(fs).unwrap();
    work(fs, &task);
    unmount(fs, &task).unwrap();
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

/// What an inode must not be to be followed: a link without text, or without a zone.
#[test]
fn a_symbolic_link_to_nowhere() {
    let changes: [fn(&mut [u8]); 3] = [
        |image| image[inode(8) + 4..][..4].fill(0),
        |image| {
            image[inode(8) + 14..][..2].fill(0);
            // Nor is it what the boot block has.
            image[..3].copy_from_slice(b"d/e");
        },
        |image| {
            let zone = u16::from_le_bytes([image[inode(8) + 14], image[inode(8) + 15]]);
            image[usize::from(zone) * 1024] = 0;
        },
    ];
    for damage in changes {
        let machine = change(damage);
        run(&machine, |fs, task| {
            assert_eq!(fs.sys_stat(task, b"/symlink"), Err(Errno::ENOENT));
            let mut text = [0; 9];
            assert_eq!(
                fs.sys_readlink(task, b"/symlink", &mut ReadInto(&mut text)),
                Err(Errno::ENOENT)
            );
            assert!(fs.sys_lstat(task, b"/symlink").is_ok());
        });
    }
}

/// A hole in a directory has no entries, whatever the boot block has.
#[test]
fn a_directory_with_a_hole() {
    let machine = change(|image| {
        image[inode(10) + 16..][..2].fill(0);
        image[..2].copy_from_slice(&5u16.to_le_bytes());
        image[2..7].copy_from_slice(b"ghost");
    });
    run(&machine, |fs, task| {
        assert!(fs.sys_stat(task, b"/many/3").is_ok());
        assert_eq!(fs.sys_stat(task, b"/many/ghost"), Err(Errno::ENOENT));
        assert_eq!(fs.sys_stat(task, b"/many/69"), Err(Errno::ENOENT));
    });
}

#[test]
fn an_inode_without_a_type() {
    // The bits of a mode without a type do not make it one in use.
    let machine = change(|image| image[inode(5)..][..2].copy_from_slice(&[0xa4, 0x01]));
    let said = run(&machine, |fs, task| {
        assert_eq!(fs.sys_stat(task, b"/small"), Err(Errno::EIO));
    });
    assert!(said.contains("inode 5, which is free"), "{said}");
}

/// A new entry stands where entries stand, whatever the size of the directory.
#[test]
fn a_directory_whose_size_is_no_number_of_entries() {
    let machine = change(|image| image[inode(4) + 4] = 39);
    run(&machine, |fs, task| touch(fs, task, "/empty/new").unwrap());
    let bytes = machine.disk.to_bytes();
    let zone = u16::from_le_bytes([bytes[inode(4) + 14], bytes[inode(4) + 15]]);
    let entry = &bytes[usize::from(zone) * 1024 + 32..][..16];
    assert_eq!(&entry[2..6], b"new\0");
    assert_eq!(bytes[inode(4) + 4], 48);
}

#[test]
fn a_root_that_is_no_directory() {
    let machine = change(|image| image[inode(1) + 1] = 0x81);
    let fs = machine.host.fs();
    assert!(mount(&fs).is_err());
    assert_eq!((fs.inodes_in_use(), fs.buffers_in_use()), (0, 0));
}
