// SPDX-License-Identifier: GPL-2.0-or-later
//! `ioctl` (0.11: `fs/ioctl.c`). Its table of drivers is in the kernel's
//! `Platform`.

use crate::{Fs, FsTask};
use abi::sys::stat::S_IFCHR;
use abi::{Errno, Result};

impl<'fs> Fs<'fs> {
    /// Asks the driver of an open device for something of its own. `ENOTTY`
    /// for anything but a character device.
    pub fn sys_ioctl(
        &self,
        task: &FsTask<'fs>,
        fd: u32,
        command: u32,
        argument: u32,
    ) -> Result<u32> {
        let file = task.file(fd)?;
        match file.file_type() {
            S_IFCHR => (self.platform).ioctl(file.open_device(), file.flags(), command, argument),
            _ => Err(Errno::ENOTTY),
        }
    }
}
