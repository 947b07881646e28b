// SPDX-License-Identifier: GPL-2.0-or-later
//! What a driver sees of its queue (0.11: `kernel/blk_drv/blk.h`).
//!
//! ```text
//! while let Some(request) = blk::current_request(MAJOR) {
//!     // move the contents of blk::current_buffer(MAJOR, 0), then
//!     blk::end_request(MAJOR, true);
//! }
//! ```
//!
//! All may be called from interrupt handlers.
#![deny(unsafe_code)]

use super::ll_rw_blk::{Ended, REQUESTS, WAIT_FOR_REQUEST, driver};
use crate::file_system::fs;
use crate::{printk, sched};
use abi::sys::types::Device;
use fs::buffer::BufferHead;
use fs::platform::Direction;

/// Bytes of a sector.
pub const SECTOR_SIZE: usize = 512;
/// Sectors of a block.
pub const SECTORS_PER_BLOCK: u32 = 2;

/// What is left to do of the request that a driver works at.
#[derive(Clone, Copy, Debug)]
pub struct Current {
    /// The device of all its blocks.
    pub device: Device,
    /// To where.
    pub direction: Direction,
    /// The next block.
    pub block: u32,
    /// How many blocks.
    pub blocks_left: u32,
    /// How often the next block has been tried in vain.
    pub errors: u32,
}

/// The request to work at (0.11: `CURRENT`); `None` if there is nothing to do.
pub fn current_request(major: u8) -> Option<Current> {
    REQUESTS.lock().begin(major).map(|request| Current {
        device: request.device,
        direction: request.direction,
        block: request.block(),
        blocks_left: request.blocks_left(),
        errors: request.errors,
    })
}

/// The buffer of the `index`th block that is left to do. It is locked, so
/// nobody else changes what block it is of.
pub fn current_buffer(major: u8, index: u32) -> Option<&'static BufferHead> {
    REQUESTS.lock().current(major)?.buffer(index)
}

/// The next block could not be moved: leaves it to another try, or gives it up if it was
/// tried `most` times. Whether a reset should come before the next try, which is so after
/// half of them (0.11: `bad_rw_intr`, `bad_flp_intr`).
pub fn bad_rw_intr(major: u8, most: u32) -> bool {
    let errors = REQUESTS.lock().current_mut(major).map_or(0, |request| {
        request.errors += 1;
        request.errors
    });
    if errors >= most {
        end_request(major, false);
        return false;
    }
    errors > most / 2
}

/// The next block is done, well or badly; the one behind it is the next one.
/// Wakes who waits for its buffer or for a free request
/// (0.11: `end_request`, `unlock_buffer`).
pub fn end_request(major: u8, uptodate: bool) {
    let Some(ended) = unlock_buffer(major, uptodate) else {
        return;
    };
    if !uptodate {
        let name = driver(ended.device).map_or("?", |driver| driver.name);
        printk!(
            "{name} I/O error: {}, block {}\n",
            ended.device,
            ended.block
        );
    }
}

/// There is no point in trying: ends all that is left of the current request,
/// badly, with one message.
pub fn end_hopeless_request(major: u8, why: &str) {
    let Some(request) = current_request(major) else {
        return;
    };
    let name = driver(request.device).map_or("?", |driver| driver.name);
    let (device, first) = (request.device, request.block);
    let last = first + request.blocks_left - 1;
    printk!("{name} I/O error: {device}, blocks {first} to {last}: {why}\n");
    for _ in 0..request.blocks_left {
        unlock_buffer(major, false);
    }
}

fn unlock_buffer(major: u8, uptodate: bool) -> Option<Ended<&'static BufferHead>> {
    let ended = REQUESTS.lock().end_buffer(major)?;
    ended.buffer.end_request(fs().platform(), uptodate);
    if ended.request_is_free {
        sched::wake_up(&WAIT_FOR_REQUEST);
    }
    Some(ended)
}
