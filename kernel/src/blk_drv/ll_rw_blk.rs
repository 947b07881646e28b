// SPDX-License-Identifier: GPL-2.0-or-later
//! From the buffer cache to the drivers (0.11: `kernel/blk_drv/ll_rw_blk.c`).
//!
//! The file system locks buffers and calls [`ll_rw_block`], which returns as soon as the
//! transfers are in the queues of their drivers. When a transfer is over, the driver says
//! so by [`blk::end_request`](super::blk::end_request). This file knows no driver by its
//! name: the table of them is in `mod.rs`, above this file.
#![deny(unsafe_code)]

mod requests;

use crate::file_system::file_system;
use crate::{printk, sched};
use abi::sys::types::Device;
use fs::buffer::BufferHead;
use fs::platform::Direction;
pub(super) use requests::MOST_BUFFERS;
use requests::{Added, NR_BLK_DEV, Requests, Transfer};
use spin::Once;
use sync::{IrqLock, WaitQueue};

/// A driver of block devices (0.11: `struct blk_dev_struct`).
pub struct Driver {
    /// Its name in messages.
    pub name: &'static str,
    /// Finds its devices and makes itself ready.
    pub init: fn(),
    /// Called with no lock held when its queue is no longer empty.
    pub do_request: fn(),
    /// How many blocks the device with that minor has; 0 if there is none.
    pub blocks: fn(u8) -> u32,
}

/// The drivers that were registered, by their major numbers (0.11: `blk_dev`).
static BLK_DEV: [Once<&'static Driver>; NR_BLK_DEV] = [const { Once::new() }; NR_BLK_DEV];

/// Makes the requests for a major number go to a driver.
pub(super) fn register(major: u8, driver: &'static Driver) {
    BLK_DEV[usize::from(major)].call_once(|| driver);
}

/// All requests. The drivers' interrupt handlers use them too.
pub(super) static REQUESTS: IrqLock<Requests<&BufferHead>> = IrqLock::new(Requests::new());
/// The tasks that wait for a free request (0.11: `wait_for_request`).
pub(super) static WAIT_FOR_REQUEST: WaitQueue = WaitQueue::new();

/// The driver of a device.
pub(super) fn driver(device: Device) -> Option<&'static Driver> {
    BLK_DEV.get(usize::from(device.major()))?.get().copied()
}

/// The size of a device in blocks; 0 if there is no such device.
pub fn device_blocks(device: Device) -> u32 {
    driver(device).map_or(0, |driver| (driver.blocks)(device.minor()))
}

/// Whether the device is there and has a driver.
pub fn has_driver(device: Device) -> bool {
    device_blocks(device) != 0
}

/// Starts the transfers of locked buffers (0.11: `ll_rw_block`, for one). Sleeps while all
/// requests are in use.
pub fn ll_rw_block(direction: Direction, mut heads: &[&'static BufferHead]) {
    while let [first, ..] = *heads {
        let (device, mut block) = (first.device(), first.block());
        let is_other = |head: &&BufferHead| {
            let is_next = head.block() == block && head.device() == device;
            block = block.wrapping_add(1);
            !is_next
        };
        let length = heads.iter().position(is_other);
        let (run, rest) = heads.split_at(length.unwrap_or(heads.len()));
        make_request(direction, run);
        heads = rest;
    }
}

/// Starts the transfers of blocks that follow one another on a device.
fn make_request(direction: Direction, run: &[&'static BufferHead]) {
    let [first, ..] = *run else { return };
    let (device, block) = (first.device(), first.block());
    let room = device_blocks(device).saturating_sub(block) as usize;
    let (buffers, too_far) = run.split_at(room.min(run.len()));
    for head in too_far {
        let block = head.block();
        printk!("Trying to reach block {block} of {device}, which does not exist\n");
        head.end_request(file_system().platform(), direction, false);
    }
    let mut transfer = Transfer {
        device,
        direction,
        block,
        buffers,
    };
    while !transfer.buffers.is_empty() {
        let added = REQUESTS.lock().add(&mut transfer);
        match (added, driver(device)) {
            (Added::Started, Some(driver)) => (driver.do_request)(),
            (Added::Full, _) => {
                let mut is_full = || REQUESTS.lock().is_full(direction, device.major());
                sched::sleep_while(&WAIT_FOR_REQUEST, &mut is_full);
            }
            _ => {}
        }
    }
}
