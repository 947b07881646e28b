// SPDX-License-Identifier: GPL-2.0-or-later
//! `ioctl` (0.11: `fs/ioctl.c`). Its table of drivers is on the kernel's side
//! of the seam.

use crate::{Fs, FsTask};
use lib::sys::stat::S_IFCHR;
use lib::{Errno, Result};

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
            S_IFCHR => (self.seam).ioctl(file.open_device(), file.flags(), command, argument),
            _ => Err(Errno::ENOTTY),
        }
    }
}
