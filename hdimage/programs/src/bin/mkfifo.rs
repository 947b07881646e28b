// SPDX-License-Identifier: GPL-2.0-or-later
//! `mkfifo [-m mode] name...`: makes named pipes.
#![no_std]
#![no_main]

use abi::sys::stat::S_IFIFO;
use abi::sys::types::Device;
use programs::command::{At, options, report, status, usage};
use programs::mode::change_mode;
use user::calls;

user::program!(main);

const USAGE: &str = "mkfifo [-m mode] name...";
const MODE: u16 = 0o666;

fn main() -> i32 {
    let options = options("m:", USAGE);
    let wanted = options.value('m').map(|text| text.to_bytes());
    let Some(mode) = wanted.map_or(Some(MODE), |text| change_mode(MODE, text, 0)) else {
        usage(USAGE);
    };
    if options.operands.is_empty() {
        usage(USAGE);
    }
    for path in &options.operands {
        let made = report(calls::mknod(path, S_IFIFO | mode, Device::NONE).at(path));
        // What was asked for holds whatever the mask of the shell is.
        if made.is_some() && wanted.is_some() {
            report(calls::chmod(path, mode).at(path));
        }
    }
    status()
}
