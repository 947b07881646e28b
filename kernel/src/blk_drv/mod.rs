// SPDX-License-Identifier: GPL-2.0-or-later
//! Block devices (0.11: `kernel/blk_drv/`).
//!
//! ```text
//! ll_rw_blk.rs   takes buffers from the file system, keeps the queues
//!   requests.rs  the queues themselves: merging, order
//! blk.rs         what a driver sees of its queue
//! hd.rs          ATA disks
//!   drive.rs       what is known of a drive
//!   partition.rs   the partition table
//!   registers.rs   the ports
//! piix.rs        moves a disk's data, where the command line has `dma`
//!   configuration.rs  finds it on the PCI bus
//!   ports.rs       the ports
//!   regions.rs     the table of where the data goes
//! floppy.rs      floppy disks
//!   controller.rs  the ports
//!   dma.rs         how data gets to memory
//!   drive.rs       whether its disk was changed
//!   geometry.rs    kinds of disks and drives
//!   motor.rs       what takes its time
//! ramdisk.rs     a disk in memory
//! ```
//!
//! A transfer goes this way: `ll_rw_block` puts the buffer into the queue of the
//! device's driver and starts the driver if it is idle. The driver moves the
//! data, piece by piece, in its interrupt handler, and calls
//! [`blk::end_request`] for each buffer, which wakes the tasks that wait for it. Then it
//! takes the next request from its queue.
//!
//! For another driver, add an entry to [`DRIVERS`].
#![deny(unsafe_code)]

pub mod blk;
pub mod floppy;
pub mod hd;
pub mod ll_rw_blk;
pub mod piix;
pub mod ramdisk;

use abi::sys::types::major;
use ll_rw_blk::Driver;

/// The drivers with their major numbers.
static DRIVERS: [(u8, Driver); 3] = [
    (
        major::MEM,
        Driver {
            name: "ramdisk",
            // `rd_init` has taken its memory before.
            init: || {},
            do_request: ramdisk::do_rd_request,
            blocks: ramdisk::blocks,
        },
    ),
    (
        major::FLOPPY,
        Driver {
            name: "floppy",
            init: floppy::floppy_init,
            do_request: floppy::do_fd_request,
            blocks: floppy::blocks,
        },
    ),
    (
        major::HARD_DISK,
        Driver {
            name: "harddisk",
            init: hd::hd_init,
            do_request: hd::do_hd_request,
            blocks: hd::blocks,
        },
    ),
];

/// Starts the drivers. Called before the first interrupt (0.11: `blk_dev_init`,
/// `hd_init` and so on in `main`).
pub fn blk_dev_init() {
    for (major, driver) in &DRIVERS {
        ll_rw_blk::register(*major, driver);
        (driver.init)();
    }
}

/// Called at each clock tick.
#[inline(always)]
pub fn do_tick() {
    hd::do_tick();
    floppy::do_floppy_timer();
}
