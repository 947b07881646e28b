// SPDX-License-Identifier: GPL-2.0-or-later
//! `mount [-r] [-o options] device directory`, `mount -o remount,rw directory`:
//! mounts a file system. With `-r` or `-o ro` it is for reading only. With `remount`
//! among the options, what is mounted on the directory changes: `rw` lets write to
//! it, `ro` makes it for reading only again. Without operands it lists the file
//! systems that are mounted on directories of the root.
#![no_std]
#![no_main]

use programs::command::{At, fail, options, report, status, usage};
use programs::files::{device_node, mounts};
use user::println;
use user::{calls, stdio};

user::program!(main);

const USAGE: &str = "mount [-r] [-o ro|rw|remount,...] [[device] directory]";

fn main() -> i32 {
    let options = options("ro:", USAGE);
    let (mut is_read_only, mut is_again) = (options.has('r'), false);
    let words = options.value('o').unwrap_or(c"").to_bytes();
    for word in words
        .split(|&byte| byte == b',')
        .filter(|word| !word.is_empty())
    {
        match word {
            b"ro" => is_read_only = true,
            b"rw" => is_read_only = false,
            b"remount" => is_again = true,
            _ => fail(&[word], "unknown option of -o"),
        }
    }
    match options.operands.as_slice() {
        [] if words.is_empty() => list(),
        [directory] | [_, directory] if is_again => {
            report(calls::remount(directory, is_read_only).at(directory));
        }
        [device, directory] => {
            report(calls::mount(device, directory, is_read_only).at(device));
        }
        _ => usage(USAGE),
    }
    status()
}

fn list() {
    for mount in mounts() {
        let node = device_node(mount.device).unwrap_or_else(|| c"?".into());
        stdio::put(&[node.to_bytes(), b" on ", mount.directory.to_bytes()].concat());
        println!();
    }
}
