// SPDX-License-Identifier: GPL-2.0-or-later
//! Reading and writing character devices (0.11: `fs/char_dev.c`).
//!
//! 0.11's table of drivers, `crw_table`, is in the kernel's `Platform`. Memory
//! devices have a position, and terminals ignore it. So no lock is held on it while
//! a driver waits for input.

use crate::Fs;
use crate::file_table::File;
use crate::platform::{Direction, UserBuffer};
use abi::Result;

impl Fs<'_> {
    /// Moves bytes between the caller and the driver (0.11: `rw_char`).
    pub(crate) fn rw_char(
        &self,
        direction: Direction,
        file: &File<'_>,
        buffer: &mut dyn UserBuffer,
    ) -> Result<usize> {
        let mut position = file.position();
        let moved = self.platform.rw_char(
            direction,
            file.open_device(),
            buffer,
            &mut position,
            file.flags(),
        )?;
        file.set_position(position);
        Ok(moved)
    }
}
