// SPDX-License-Identifier: GPL-2.0-or-later
//! Agreement with the tools of util-linux: `mkfs.minix` and `fsck.minix`.
//! Where they are not installed, the tests say so and pass.

mod common;

use abi::sys::stat::S_IFCHR;
use abi::sys::types::Device;
use common::{Machine, Random, check, pattern, read, touch, write};
use fs::host::MemoryDisk;
use fs::layout::DiskSuper;
use fs::mkfs::Options;
use fs::{Fs, FsTask};
use std::fs as host_fs;
use std::path::PathBuf;
use std::process::Command;

/// Where a tool is; `None`, with a message, if it isn't.
fn tool(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .chain(["/sbin".into(), "/usr/sbin".into()])
        .map(|folder| folder.join(name))
        .find(|file| file.is_file());
    if found.is_none() {
        eprintln!("SKIPPED: no {name} on this machine (package util-linux)");
    }
    found
}

/// A file that is gone when this is.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, bytes: &[u8]) -> Scratch {
        let file = std::env::temp_dir().join(format!("eleven-fs-{}-{name}", std::process::id()));
        host_fs::write(&file, bytes).unwrap();
        Scratch(file)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = host_fs::remove_file(&self.0);
    }
}

/// `fsck.minix -f` must find nothing.
fn fsck(name: &str, bytes: &[u8]) {
    let Some(fsck) = tool("fsck.minix") else {
        return;
    };
    let image = Scratch::new(name, bytes);
    let output = Command::new(fsck).arg("-f").arg(&image.0).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}: {said}");
    for word in [
        "Warning",
        "ERROR",
        "Bad",
        "not used",
        "Marked in use",
        "Counted",
        "cleared",
    ] {
        assert!(!said.contains(word), "{name}: {said}");
    }
}

/// What `mkfs.minix` makes.
fn mkfs(name: &str, blocks: u32, name_len: u32) -> Option<Vec<u8>> {
    let mkfs = tool("mkfs.minix")?;
    let image = Scratch::new(name, &vec![0; blocks as usize * 1024]);
    let mut command = Command::new(mkfs);
    command
        .arg("-1")
        .arg(format!("-n{name_len}"))
        .arg(&image.0)
        .arg(blocks.to_string());
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(host_fs::read(&image.0).unwrap())
}

fn super_block(bytes: &[u8]) -> DiskSuper {
    DiskSuper::parse(bytes[1024..2048].try_into().unwrap())
}

/// Something of everything.
fn fill<'a>(fs: &'a Fs<'a>, task: &FsTask<'a>) {
    for n in 0..5 {
        fs.sys_mkdir(task, format!("/dir{n}").as_bytes(), 0o755)
            .unwrap();
        for m in 0..30 {
            let path = format!("/dir{n}/file{m}");
            let _ = write(fs, task, &path, 0, &pattern(m * m * 20, m as u32));
        }
    }
    write(fs, task, "/sparse", 600_000, b"end").unwrap();
    fs.sys_link(task, b"/sparse", b"/dir0/link").unwrap();
    fs.sys_symlink(task, b"dir0", b"/symlink").unwrap();
    fs.sys_mknod(task, b"/tty", S_IFCHR | 0o622, Device(0x0400))
        .unwrap();
    fs.sys_rename(task, b"/dir1", b"/dir2/moved").unwrap();
    for m in (0..30).step_by(2) {
        fs.sys_unlink(task, format!("/dir3/file{m}").as_bytes())
            .unwrap();
    }
}

#[test]
fn what_is_written_is_clean() {
    for (blocks, long_names) in [
        (1440, false),
        (10_000, false),
        (65_535, false),
        (1440, true),
    ] {
        let machine = Machine::with(
            128,
            &Options {
                long_names,
                ..Options::new(blocks)
            },
        );
        let name = format!("made-{blocks}-{long_names}");
        fsck(&format!("{name}-empty"), &machine.disk.to_bytes());
        machine.run(fill);
        fsck(&name, &machine.disk.to_bytes());
    }
}

#[test]
fn a_full_disk_is_clean() {
    let machine = Machine::new(150);
    machine.run(|fs, task| {
        let mut random = Random::new(1);
        for n in 0..300 {
            let path = format!("/f{}", random.below(40));
            match n % 3 {
                0 => drop(fs.sys_unlink(task, path.as_bytes())),
                1 => drop(fs.sys_mkdir(task, path.as_bytes(), 0o755)),
                _ => drop(write(fs, task, &path, 0, &pattern(20_000, n))),
            }
        }
    });
    fsck("full", &machine.disk.to_bytes());
}

#[test]
fn the_same_layout_as_mkfs_minix() {
    for blocks in [64, 360, 1440, 8191, 24_600, 40_000, 65_535] {
        let Some(theirs) = mkfs("layout", blocks, 14) else {
            return;
        };
        let ours = Machine::new(blocks).disk.to_bytes();
        assert_eq!(super_block(&ours), super_block(&theirs), "{blocks} blocks");
        assert_eq!(check::check(&ours), check::check(&theirs));
        let maps = 2048..2048
            + 1024 * usize::from(super_block(&ours).imap_blocks + super_block(&ours).zmap_blocks);
        assert!(
            ours[maps.clone()] == theirs[maps],
            "bitmaps of {blocks} blocks"
        );
    }
}

#[test]
fn file_systems_of_mkfs_minix_are_read_and_written() {
    for name_len in [14, 30] {
        let Some(image) = mkfs(&format!("theirs{name_len}"), 3000, name_len) else {
            return;
        };
        let machine = Machine::on(128, MemoryDisk::from_bytes(image));
        machine.run(|fs, task| {
            touch(fs, task, "/a-name-of-more-than-14").unwrap();
            fill(fs, task);
            let cut = fs.sys_stat(task, b"/a-name-of-more").is_ok();
            assert_eq!(cut, name_len == 14);
            assert_eq!(
                read(fs, task, "/dir2/moved/file9", 0, 9999).unwrap(),
                pattern(1620, 9)
            );
        });
        fsck(&format!("written{name_len}"), &machine.disk.to_bytes());
    }
}
