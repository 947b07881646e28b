// SPDX-License-Identifier: GPL-2.0-or-later
//! A file that gets another name has one of the two on the disk whenever the power may
//! fail: after each block, and after either sector of a block that is being written.

mod common;

use common::{Machine, ROOT, touch};
use fs::host::{MemoryDisk, Storage};
use fs::layout::{BLOCK_SIZE, u16_at};
use fs::mkfs::Options;
use fs::{Fs, FsTask};
use std::io;
use std::sync::{Arc, Mutex};

/// What is looked at: directories' blocks, and the inode that one of them must name.
#[derive(Default)]
struct Watch {
    blocks: Vec<u32>,
    number: u16,
    is_lost: bool,
}

struct Watched {
    disk: MemoryDisk,
    watch: Arc<Mutex<Watch>>,
}

impl Storage for Watched {
    fn blocks(&self) -> u32 {
        self.disk.blocks()
    }

    fn read(&mut self, number: u32, data: &mut [u8; BLOCK_SIZE]) -> io::Result<()> {
        self.disk.read(number, data)
    }

    fn write(&mut self, number: u32, data: &[u8; BLOCK_SIZE]) -> io::Result<()> {
        let mut old = [0; BLOCK_SIZE];
        self.disk.read(number, &mut old)?;
        let (first, second) = (&data[..512], &data[512..]);
        let states = [
            [first, &old[512..]].concat(),
            [&old[..512], second].concat(),
            data.to_vec(),
        ];
        for state in states {
            self.disk
                .write(number, state.as_slice().try_into().unwrap())?;
            self.look();
        }
        Ok(())
    }
}

impl Watched {
    fn look(&mut self) {
        let mut watch = self.watch.lock().unwrap();
        let disk = &mut self.disk;
        let is_named = watch.blocks.iter().any(|&block| {
            let mut data = [0; BLOCK_SIZE];
            disk.read(block, &mut data).unwrap();
            data.chunks(16)
                .any(|entry| u16_at(entry, 0) == watch.number && entry[2] != b'.')
        });
        watch.is_lost |= watch.number != 0 && !is_named;
    }
}

/// Directories `/a` and `/b` with 40 files each, which take both sectors of a block,
/// and what `work` does there to the file at `path`.
fn is_never_lost(path: &str, work: impl for<'a> Fn(&'a Fs<'a>, &FsTask<'a>)) {
    let machine = Machine::with(256, &Options::new(400));
    let watch = Arc::new(Mutex::new(Watch::default()));
    let disk = machine.disk.clone();
    let watched = Watched {
        disk,
        watch: watch.clone(),
    };
    machine.host.attach(ROOT, watched);
    machine.run(|fs, task| {
        for directory in ["/a", "/b"] {
            fs.sys_mkdir(task, directory.as_bytes(), 0o755).unwrap();
            for n in 0..40 {
                touch(fs, task, &format!("{directory}/{n}")).unwrap();
            }
        }
        fs.sys_sync().unwrap();
        let blocks = [&b"/a"[..], b"/b"].map(|path| {
            let directory = fs.namei(task, path).unwrap();
            directory.bmap(0).unwrap().block()
        });
        *watch.lock().unwrap() = Watch {
            blocks: blocks.to_vec(),
            number: fs.sys_stat(task, path.as_bytes()).unwrap().st_ino,
            is_lost: false,
        };
        work(fs, task);
        fs.sys_sync().unwrap();
        assert!(!watch.lock().unwrap().is_lost);
        // Or it would not be seen.
        watch.lock().unwrap().number = 9999;
        touch(fs, task, "/a/last").unwrap();
        fs.sys_sync().unwrap();
        assert!(watch.lock().unwrap().is_lost);
    });
}

#[test]
fn renamed_in_its_directory() {
    // The new name stands in the place of the one that goes: in either sector, and at
    // the same offset in both.
    for (place, old) in [
        ("/a/1", "/a/39"),
        ("/a/38", "/a/2"),
        ("/a/38", "/a/37"),
        ("/a/2", "/a/34"),
        ("/a/34", "/a/2"),
    ] {
        is_never_lost(old, |fs, task| {
            fs.sys_unlink(task, place.as_bytes()).unwrap();
            fs.sys_sync().unwrap();
            fs.sys_rename(task, old.as_bytes(), b"/a/name").unwrap();
        });
        is_never_lost(old, |fs, task| {
            fs.sys_rename(task, old.as_bytes(), place.as_bytes())
                .unwrap();
        });
    }
}

#[test]
fn moved_to_another_directory() {
    for (old, new) in [("/a/39", "/b/new"), ("/b/39", "/a/new"), ("/b/3", "/a/3")] {
        is_never_lost(old, |fs, task| {
            fs.sys_rename(task, old.as_bytes(), new.as_bytes()).unwrap();
        });
    }
}

#[test]
fn linked_and_then_unlinked() {
    for (old, new) in [("/a/39", "/b/new"), ("/b/39", "/a/new")] {
        is_never_lost(old, |fs, task| {
            fs.sys_link(task, old.as_bytes(), new.as_bytes()).unwrap();
            fs.sys_unlink(task, old.as_bytes()).unwrap();
        });
    }
}
