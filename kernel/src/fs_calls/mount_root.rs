// SPDX-License-Identifier: GPL-2.0-or-later
//! Mounting the root file system, when task 1 calls `setup` (0.11: the end of
//! `sys_setup` in `kernel/blk_drv/hd.c`, `mount_root`).
#![deny(unsafe_code)]

use crate::blk_drv::{hd, ramdisk};
use crate::chr_drv::tty_io::{self, FIRST_SERIAL};
use crate::file_system::file_system;
use crate::kupdate;
use crate::sched::current;
use crate::setup_data;
use crate::{power, printk};
use abi::fcntl::{O_NOCTTY, O_RDONLY};
use abi::sys::types::{Device, major};
use abi::{Errno, Result};
use fs::platform::ReadInto;
use fs::super_block::Access;
use sync::AtomicWord;

static DONE: AtomicWord = AtomicWord::new(0);

/// Reads the partition tables and mounts root. `EPERM` the second time. The kernel
/// cannot work without a root: it prints why and stops. A root that was not unmounted
/// cleanly is read-only, until /etc/rc has checked it and mounts it again.
pub fn mount_root() -> Result<()> {
    if DONE.get() != 0 {
        return Err(Errno::EPERM);
    }
    DONE.set(1);
    hd::sys_setup_disks();
    let device = load_ram_disk(root_device());
    while let Err(error) =
        file_system().mount_root_for(device, &current().fs_task, Access::WriteIfClean)
    {
        if device.major() != major::FLOPPY || wait_for_keypress().is_err() {
            power::stop(format_args!(
                "No root file system: cannot mount {device}: {error}.\n\
                 Give the right one by root=, for example root=/dev/hd2"
            ));
        }
    }
    kupdate::start();
    // Nobody would see a message of task 1.
    let is_there = |path: &[u8]| file_system().namei(&current().fs_task, path).is_ok();
    if !is_there(b"/dev/tty1") && !is_there(b"/dev/tty0") {
        printk!(
            "Root has neither /dev/tty1 nor /dev/tty0, on which a shell could run.\n\
             Make one on another machine, by mknod /dev/tty0 c 4 0\n"
        );
    }
    Ok(())
}

/// Asks for the root floppy, and waits for a line on the console (0.11:
/// `wait_for_keypress` in `fs/super.c`).
fn wait_for_keypress() -> Result<()> {
    const LINE: usize = 80;
    printk!("Insert root floppy and press ENTER");
    let minor = match setup_data::parameters().console {
        Some("ttyS0" | "tty64") => FIRST_SERIAL,
        Some("ttyS1" | "tty65") => FIRST_SERIAL + 1,
        // This is the console in front.
        _ => 0,
    };
    let terminal = tty_io::tty_open(Device::new(major::TTYX, minor), O_RDONLY | O_NOCTTY)?;
    let result = tty_io::tty_read(terminal, &mut ReadInto(&mut [0; LINE]), 0);
    tty_io::tty_close(terminal);
    result.map(drop)
}

/// The device that `root=` on the command line names, else that of the boot sector.
fn root_device() -> Device {
    setup_data::parameters()
        .root
        .unwrap_or_else(setup_data::root_dev)
}

/// If root is a floppy or the RAM disk, loads the floppy into the RAM disk where
/// that is possible. Otherwise root is the floppy itself, or what the boot sector
/// says.
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
