// SPDX-License-Identifier: GPL-2.0-or-later
//! Disks and the root file system, as task 1 asks for them by `setup`
//! (0.11: the end of `sys_setup` in `kernel/blk_drv/hd.c`, `mount_root`).

use crate::blk_drv::hd;
use crate::fs_seam::fs;
use crate::power;
use crate::sched::current;
use crate::setup_data;
use lib::lock::Word;
use lib::sys::types::{Device, major};
use lib::{Errno, Result};

static DONE: Word = Word::new(0);

/// Reads the partition tables and mounts root. `EPERM` the second time. The
/// kernel is of no use without a root: it says why and stops.
pub fn setup() -> Result<()> {
    if DONE.get() != 0 {
        return Err(Errno::EPERM);
    }
    DONE.set(1);
    hd::sys_setup_disks();
    let device = root_device();
    if let Err(error) = fs().mount_root(device, &current().fs) {
        power::stop(format_args!(
            "No root file system: cannot mount device {device}: {error}.\n\
             Give the right one by root=, for example root=/dev/hd2"
        ));
    }
    Ok(())
}

/// `root=` on the command line, else what the boot sector says.
fn root_device() -> Device {
    setup_data::parameter("root")
        .and_then(parse_device)
        .unwrap_or_else(setup_data::root_dev)
}

/// `/dev/hdN` or a device number of four hexadecimal digits.
fn parse_device(name: &str) -> Option<Device> {
    match name.strip_prefix("/dev/hd") {
        Some(minor) => Some(Device::new(major::HARD_DISK, minor.parse().ok()?)),
        None => u16::from_str_radix(name, 16).ok().map(Device),
    }
}
