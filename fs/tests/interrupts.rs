// SPDX-License-Identifier: GPL-2.0-or-later
//! A disk as the kernel has one: transfers are queued, and end later and in
//! another order, in an interrupt, which here is a thread of its own.

mod common;

use abi::Result;
use abi::sys::types::Device;
use common::{Random, check, pattern, read, touch, write};
use fs::buffer::BufferHead;
use fs::host;
use fs::layout::BLOCK_SIZE;
use fs::mkfs::Options;
use fs::platform::{Direction, OpenDevice, Platform, UserBuffer};
use fs::{Fs, FsTask, Tables};
use std::fmt::Arguments;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Condvar, Mutex};
use std::thread;
use sync::{Sleep, WaitQueue};

const ROOT: Device = Device::new(3, 1);
const BLOCKS: u32 = 1200;

/// The surroundings: a queue of requests and sleeping threads.
struct Queued {
    requests: Mutex<(Vec<(Direction, &'static BufferHead)>, bool)>,
    arrived: Condvar,
    sleep: Mutex<()>,
    woken: Condvar,
}

impl Queued {
    fn new() -> Queued {
        Queued {
            requests: Mutex::new((vec![], false)),
            arrived: Condvar::new(),
            sleep: Mutex::new(()),
            woken: Condvar::new(),
        }
    }

    /// The controller: does one request at a time, whichever it likes.
    fn serve(&self, bytes: &mut [u8]) {
        let mut random = Random::new(1);
        loop {
            let (direction, buffer) = {
                let mut guard = self.requests.lock().unwrap();
                while guard.0.is_empty() {
                    if guard.1 {
                        return;
                    }
                    guard = self.arrived.wait(guard).unwrap();
                }
                let choice = random.below(guard.0.len() as u32);
                guard.0.swap_remove(choice as usize)
            };
            let block = &mut bytes[buffer.block() as usize * BLOCK_SIZE..][..BLOCK_SIZE];
            match direction {
                Direction::Read => buffer.data().copy_from_slice(block),
                Direction::Write => block.copy_from_slice(&buffer.data()[..]),
            }
            buffer.end_request(self, direction, true);
        }
    }
}

/// Ends the controller, also when a test fails.
struct Stop<'a>(&'a Queued);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.requests.lock().unwrap().1 = true;
        self.0.arrived.notify_all();
    }
}

impl Sleep for Queued {
    fn sleep_while(&self, queue: &WaitQueue, busy: &mut dyn FnMut() -> bool) {
        let mut guard = self.sleep.lock().unwrap();
        queue.sleepers[0].fetch_add(1, SeqCst);
        while busy() {
            guard = self.woken.wait(guard).unwrap();
        }
        queue.sleepers[0].fetch_sub(1, SeqCst);
    }

    fn wake_up(&self, _queue: &WaitQueue) {
        let _guard = self.sleep.lock().unwrap();
        self.woken.notify_all();
    }
}

impl Platform<'static> for Queued {
    fn interruptible_sleep_on(&self, _queue: &WaitQueue) -> Result<()> {
        unreachable!("there are no pipes here")
    }

    fn sleep_on_any(
        &self,
        _queues: &[&WaitQueue],
        _ticks: Option<u32>,
        _busy: &mut dyn FnMut() -> bool,
    ) -> Result<()> {
        unreachable!("nobody selects here")
    }

    fn ll_rw_block(&self, direction: Direction, buffers: &[&'static BufferHead]) {
        for buffer in buffers {
            assert!(buffer.device() == ROOT && buffer.block() < BLOCKS);
            self.requests.lock().unwrap().0.push((direction, buffer));
        }
        self.arrived.notify_all();
    }

    fn device_blocks(&self, device: Device) -> u32 {
        if device == ROOT { BLOCKS } else { 0 }
    }

    fn current_time(&self) -> u32 {
        1
    }

    fn broken_pipe(&self) {}

    fn open_device(&self, device: Device, _: bool, _: u32) -> Result<OpenDevice> {
        Ok(OpenDevice::new(device))
    }

    fn rw_char(
        &self,
        _: Direction,
        _: OpenDevice,
        _: &mut dyn UserBuffer,
        _: &mut u32,
        _: u32,
    ) -> Result<usize> {
        Ok(0)
    }

    fn ioctl(&self, _: OpenDevice, _: u32, _: u32, _: u32) -> Result<u32> {
        Ok(0)
    }

    fn printk(&self, message: Arguments<'_>) {
        let message = message.to_string();
        assert!(!message.contains("error"), "{message}");
    }
}

/// One thread's work: files of its own, and a directory that all change.
fn work<'a>(fs: &'a Fs<'a>, task: &FsTask<'a>, number: u32) {
    let mut random = Random::new(u64::from(number) + 10);
    for round in 0..25 {
        let own = format!("/own{number}-{}", round % 4);
        let bytes = pattern(1 + random.below(70_000) as usize, round);
        fs.sys_creat(task, own.as_bytes(), 0o644)
            .and_then(|fd| fs.sys_close(task, fd as u32))
            .unwrap();
        assert_eq!(write(fs, task, &own, 0, &bytes), Ok(bytes.len()));
        assert!(
            read(fs, task, &own, 0, bytes.len() + 1).unwrap() == bytes,
            "{own}"
        );

        let name = |random: &mut Random| format!("/shared/{}", random.below(6));
        let (one, two) = (name(&mut random), name(&mut random));
        // Whatever they answer, the image is checked after all.
        let _ = match random.below(5) {
            0 => touch(fs, task, &one),
            1 => fs.sys_mkdir(task, one.as_bytes(), 0o755),
            2 => fs.sys_rename(task, one.as_bytes(), two.as_bytes()),
            3 => fs.sys_unlink(task, one.as_bytes()),
            _ => fs.sys_rmdir(task, one.as_bytes()),
        };
        match random.below(6) {
            0 => fs.sys_sync().unwrap(),
            1 => fs.sync_dev(ROOT).unwrap(),
            2 => fs.sys_unlink(task, own.as_bytes()).unwrap(),
            _ => {}
        }
    }
}

/// Runs `work` on an empty file system on such a disk, not mounted yet, and
/// checks it after that.
fn with_disk(buffers: u32, work: impl FnOnce(&'static Fs<'static>)) {
    // A test's buffers may stay for ever.
    let platform: &Queued = Box::leak(Box::new(Queued::new()));
    let buffers = Vec::leak(host::buffers(buffers));
    let tables = Box::leak(Box::<Tables>::default());
    let fs: &Fs = Box::leak(Box::new(Fs::new(platform, buffers, tables)));
    let mut bytes = vec![0; BLOCKS as usize * BLOCK_SIZE];
    thread::scope(|scope| {
        scope.spawn(|| platform.serve(&mut bytes));
        let _stop = Stop(platform);
        fs.mkfs(ROOT, &Options::new(BLOCKS)).unwrap();
        work(fs);
        assert_eq!((fs.inodes_in_use(), fs.buffers_in_use()), (0, 0));
    });
    check::check(&bytes).unwrap();
}

fn run(buffers: u32, threads: u32) {
    with_disk(buffers, |fs| {
        let root = FsTask::new();
        fs.mount_root(ROOT, &root).unwrap();
        fs.sys_mkdir(&root, b"/shared", 0o777).unwrap();
        thread::scope(|scope| {
            for number in 0..threads {
                let task = FsTask::new();
                task.copy_from(&root);
                scope.spawn(move || {
                    work(fs, &task, number);
                    task.clear();
                });
            }
        });
        root.clear();
        fs.umount_root(ROOT).unwrap();
    });
}

#[test]
fn overwriting_a_block_that_is_being_read() {
    with_disk(32, |fs| {
        for first in (600..1100).step_by(10) {
            drop(fs.breada(ROOT, first, first + 1..first + 8).unwrap());
            for block in (first..first + 8).rev() {
                fs.getblk(ROOT, block)
                    .overwrite(|data| *data = [7; BLOCK_SIZE]);
                thread::yield_now();
                assert!(**fs.bread(ROOT, block).unwrap().data() == [7; BLOCK_SIZE]);
            }
        }
        for block in (600..1100).filter(|block| block % 10 < 8) {
            let buffer = fs.bread(ROOT, block).unwrap();
            assert!(**buffer.data() == [7; BLOCK_SIZE], "block {block}");
        }
        fs.sys_sync().unwrap();
    });
}

#[test]
fn one_thread() {
    run(100, 1);
}

#[test]
fn several_threads() {
    run(200, 4);
}

#[test]
fn several_threads_that_wait_for_buffers() {
    run(28, 4);
}
