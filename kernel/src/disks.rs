// SPDX-License-Identifier: GPL-2.0-or-later
//! Disks and the root file system, as task 1 asks for them by `setup`
//! (0.11: the end of `sys_setup` in `kernel/blk_drv/hd.c`, `mount_root`).

use crate::blk_drv::{hd, ramdisk};
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
    let device = load_ram_disk(root_device());
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

/// A root that is a floppy, or the RAM disk, is loaded into the RAM disk from
/// the floppy if that can be done. Otherwise it is the floppy itself, or what
/// the boot sector says.
fn load_ram_disk(root: Device) -> Device {
    let floppy = match root {
        ramdisk::RAM_DISK => floppy(0),
        _ if root.major() == major::FLOPPY => root,
        _ => return root,
    };
    match ramdisk::rd_load(floppy) {
        true => ramdisk::RAM_DISK,
        false if root == ramdisk::RAM_DISK => setup_data::root_dev(),
        false => root,
    }
}

/// A disk of 1.44 MB in a floppy drive.
fn floppy(drive: u8) -> Device {
    const KIND_1440: u8 = 7;
    Device::new(major::FLOPPY, 4 * KIND_1440 + drive)
}

/// `/dev/hdN`, `/dev/fdN`, `/dev/ram` or a device number of four hexadecimal
/// digits.
fn parse_device(name: &str) -> Option<Device> {
    if let Some(minor) = name.strip_prefix("/dev/hd") {
        return Some(Device::new(major::HARD_DISK, minor.parse().ok()?));
    }
    match name {
        "/dev/fd0" => Some(floppy(0)),
        "/dev/fd1" => Some(floppy(1)),
        "/dev/ram" => Some(ramdisk::RAM_DISK),
        _ => u16::from_str_radix(name, 16).ok().map(Device),
    }
}
