// SPDX-License-Identifier: GPL-2.0-or-later
//! How long the file system takes on the host, with its disk in memory.
//!
//! `cargo bench -p fs`

use abi::fcntl::{O_CREAT, O_RDONLY, O_RDWR};
use abi::sys::types::Device;
use abi::unistd::SEEK_SET;
use divan::{Bencher, counter::BytesCount, counter::ItemsCount};
use fs::host::{Host, MemoryDisk, ReadInto, WriteFrom};
use fs::layout::BLOCK_SIZE;
use fs::mkfs::Options;
use fs::{Fs, FsTask};

const ROOT: Device = Device::new(3, 2);
const BLOCKS: u32 = 32 * 1024;
const MEGABYTE: usize = 1 << 20;

fn main() {
    divan::main();
}

/// A host with an empty file system.
fn machine(buffers: u32) -> Host {
    let host = Host::new(buffers);
    host.attach(ROOT, MemoryDisk::new(BLOCKS));
    host.fs().mkfs(ROOT, &Options::new(BLOCKS)).expect("mkfs");
    host
}

/// Does something with it mounted.
fn with<R>(host: &Host, work: impl for<'a> FnOnce(&'a Fs<'a>, &FsTask<'a>) -> R) -> R {
    let fs = host.fs();
    mounted(&fs, work)
}

fn mounted<'a, R>(fs: &'a Fs<'a>, work: impl FnOnce(&'a Fs<'a>, &FsTask<'a>) -> R) -> R {
    let task = FsTask::new();
    fs.mount_root(ROOT, &task).expect("mount");
    let result = work(fs, &task);
    task.clear();
    fs.umount_root(ROOT).expect("unmount");
    result
}

fn write_file<'a>(fs: &'a Fs<'a>, task: &FsTask<'a>, path: &str, bytes: &[u8]) {
    let fd = fs.sys_creat(task, path.as_bytes(), 0o755).expect("creat") as u32;
    let written = fs.sys_write(task, fd, &mut WriteFrom(bytes));
    assert_eq!(written, Ok(bytes.len()));
    fs.sys_close(task, fd).expect("close");
}

/// As `mkimage build` does: directories, programs, small files, device nodes.
#[divan::bench]
fn build(bencher: Bencher) {
    let program = vec![0x5A; 40 * 1024];
    bencher
        .counter(BytesCount::new(100 * program.len()))
        .with_inputs(|| machine(1024))
        .bench_values(|host| {
            with(&host, |fs, task| {
                for folder in ["bin", "etc", "dev", "usr"] {
                    let path = format!("/{folder}");
                    fs.sys_mkdir(task, path.as_bytes(), 0o755).expect("mkdir");
                    for n in 0..25 {
                        let path = format!("{path}/{n}");
                        write_file(fs, task, &path, &program);
                    }
                }
            });
            host
        });
}

#[divan::bench]
fn create_and_unlink(bencher: Bencher) {
    let host = machine(1024);
    with(&host, |fs, task| {
        bencher.counter(ItemsCount::new(1u32)).bench_local(|| {
            let fd = fs.sys_creat(task, b"/file", 0o644).expect("creat");
            fs.sys_close(task, fd as u32).expect("close");
            fs.sys_unlink(task, b"/file").expect("unlink");
        });
    });
}

/// One name at the end of a long path.
#[divan::bench(args = [1, 8, 32])]
fn look_up_deep(bencher: Bencher, depth: usize) {
    let host = machine(1024);
    with(&host, |fs, task| {
        let mut path = String::new();
        for _ in 0..depth {
            path.push_str("/d");
            fs.sys_mkdir(task, path.as_bytes(), 0o755).expect("mkdir");
        }
        bencher.bench_local(|| fs.sys_stat(task, path.as_bytes()).expect("stat"));
    });
}

/// The last name of a long directory.
#[divan::bench(args = [10, 100, 1000])]
fn look_up_wide(bencher: Bencher, files: u32) {
    let host = machine(1024);
    with(&host, |fs, task| {
        let mut path = String::new();
        for n in 0..files {
            path = format!("/{n}");
            let fd = fs.sys_creat(task, path.as_bytes(), 0o644).expect("creat");
            fs.sys_close(task, fd as u32).expect("close");
        }
        bencher.bench_local(|| fs.sys_stat(task, path.as_bytes()).expect("stat"));
    });
}

/// With all blocks in buffers, and with few of them.
#[divan::bench(args = [4096, 256])]
fn read_sequential(bencher: Bencher, buffers: u32) {
    let host = machine(buffers);
    with(&host, |fs, task| {
        let bytes = vec![1; MEGABYTE];
        write_file(fs, task, "/file", &bytes);
        let fd = fs.sys_open(task, b"/file", O_RDONLY, 0).expect("open") as u32;
        let mut memory = vec![0; 4096];
        bencher.counter(BytesCount::new(MEGABYTE)).bench_local(|| {
            fs.sys_lseek(task, fd, 0, SEEK_SET).expect("lseek");
            while fs
                .sys_read(task, fd, &mut ReadInto(&mut memory))
                .expect("read")
                != 0
            {}
        });
        fs.sys_close(task, fd).expect("close");
    });
}

/// Over the same file again and again.
#[divan::bench(args = [4096, 256])]
fn write_sequential(bencher: Bencher, buffers: u32) {
    let host = machine(buffers);
    with(&host, |fs, task| {
        let fd = fs.sys_open(task, b"/file", O_CREAT | O_RDWR, 0o644);
        let fd = fd.expect("open") as u32;
        let memory = vec![1; 4096];
        bencher.counter(BytesCount::new(MEGABYTE)).bench_local(|| {
            fs.sys_lseek(task, fd, 0, SEEK_SET).expect("lseek");
            for _ in 0..MEGABYTE / memory.len() {
                fs.sys_write(task, fd, &mut WriteFrom(&memory))
                    .expect("write");
            }
        });
        fs.sys_close(task, fd).expect("close");
    });
}

/// Single blocks of a large file, here and there.
#[divan::bench(args = [16384, 256])]
fn read_random(bencher: Bencher, buffers: u32) {
    const SIZE: usize = 8 * MEGABYTE;
    let host = machine(buffers);
    with(&host, |fs, task| {
        let bytes = vec![1; SIZE];
        write_file(fs, task, "/file", &bytes);
        let fd = fs.sys_open(task, b"/file", O_RDONLY, 0).expect("open") as u32;
        let mut memory = vec![0; BLOCK_SIZE];
        let mut block = 1;
        bencher
            .counter(BytesCount::new(BLOCK_SIZE))
            .bench_local(|| {
                block = block * 4099 % (SIZE / BLOCK_SIZE);
                let position = (block * BLOCK_SIZE) as i32;
                fs.sys_lseek(task, fd, position, SEEK_SET).expect("lseek");
                fs.sys_read(task, fd, &mut ReadInto(&mut memory))
                    .expect("read")
            });
        fs.sys_close(task, fd).expect("close");
    });
}

/// A rename with the removal and the new name in one sector.
#[divan::bench]
fn rename(bencher: Bencher) {
    let host = machine(1024);
    with(&host, |fs, task| {
        write_file(fs, task, "/a", b"");
        bencher.bench_local(|| {
            fs.sys_rename(task, b"/a", b"/b").expect("rename");
            fs.sys_rename(task, b"/b", b"/a").expect("rename");
        });
    });
}
