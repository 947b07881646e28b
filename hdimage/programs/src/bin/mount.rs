// SPDX-License-Identifier: GPL-2.0-or-later
//! `mount [-r] device directory`: mounts a file system, with `-r` for reading only;
//! without operands lists those mounted on directories of the root.
#![no_std]
#![no_main]

use lib::println;
use lib::user::{calls, stdio};
use programs::command::{At, options, report, status, usage};
use programs::files::{device_node, mounts};

lib::program!(main);

const USAGE: &str = "mount [-r] [device directory]";

fn main() -> i32 {
    let options = options("r", USAGE);
    match options.operands.as_slice() {
        [] => list(),
        [device, directory] => {
            report(calls::mount(device, directory, options.has('r')).at(device));
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
