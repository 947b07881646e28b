// SPDX-License-Identifier: GPL-2.0-or-later
//! `mknod [-m mode] name b|c major minor`, `mknod name p`: makes a device node or a
//! named pipe.
#![no_std]
#![no_main]

use abi::sys::stat::{S_IFBLK, S_IFCHR, S_IFIFO};
use abi::sys::types::Device;
use programs::command::{At, options, report, status, usage};
use programs::mode::change_mode;
use programs::number::unsigned;
use user::calls;

user::program!(main);

const USAGE: &str = "mknod [-m mode] name b|c major minor\n       mknod [-m mode] name p";

fn main() -> i32 {
    let options = options("m:", USAGE);
    let mode = options
        .value('m')
        .map_or(Some(0o666), |text| change_mode(0o666, text.to_bytes(), 0));
    let Some(mode) = mode else { usage(USAGE) };
    let byte = |text: &core::ffi::CStr| {
        let number = unsigned(text.to_bytes(), 10).and_then(|number| u8::try_from(number).ok());
        number.unwrap_or_else(|| usage(USAGE))
    };
    let (path, kind, device) = match options.operands.as_slice() {
        [path, kind] if *kind == c"p" => (path, S_IFIFO, Device::NONE),
        [path, kind, major, minor] => {
            let kind = match kind.to_bytes() {
                b"b" => S_IFBLK,
                b"c" => S_IFCHR,
                _ => usage(USAGE),
            };
            (path, kind, Device::new(byte(major), byte(minor)))
        }
        _ => usage(USAGE),
    };
    report(calls::mknod(path, kind | mode, device).at(path));
    status()
}
