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
//! Interrupt handlers may call all of these functions.
#![deny(unsafe_code)]

use super::ll_rw_blk::{REQUESTS, WAIT_FOR_REQUEST, driver};
use crate::file_system::file_system;
use crate::{printk, sched};
use abi::sys::types::Device;
use fs::buffer::BufferHead;
use fs::layout::BLOCK_SIZE;
use fs::platform::Direction;

/// Bytes of a sector.
pub const SECTOR_SIZE: usize = 512;
/// Sectors of a block.
pub const SECTORS_PER_BLOCK: u32 = 2;

/// What is left to do of the request that a driver works at.
#[derive(Clone, Copy, Debug)]
pub struct CurrentRequest {
    /// The device of all its blocks.
    pub device: Device,
    /// Whether the blocks are read or written.
    pub direction: Direction,
    /// The block that comes next.
    pub block: u32,
    /// How many blocks are left, the next one included.
    pub blocks_left: u32,
    /// How often the next block has been tried in vain.
    pub errors: u32,
}

/// The interrupt that a driver expects, and the time that is left until it must have come
/// (0.11: `DEVICE_INTR`; 0.12: `DEVICE_TIMEOUT`).
pub struct DeviceIntr<Expected> {
    /// What the next interrupt will mean; `None` while no command is under way.
    pub expected: Option<Expected>,
    ticks_left: u32,
}

impl<Expected> DeviceIntr<Expected> {
    /// No command is under way.
    pub const NONE: Self = DeviceIntr {
        expected: None,
        ticks_left: 0,
    };

    /// A command is under way that ends after `ticks` clock ticks at most.
    pub fn expect(&mut self, expected: Expected, ticks: u32) {
        self.expected = Some(expected);
        self.ticks_left = ticks;
    }

    /// Counts a clock tick; returns whether a command takes too long.
    pub fn tick(&mut self) -> bool {
        self.ticks_left = self.ticks_left.saturating_sub(1);
        self.expected.is_some() && self.ticks_left == 0
    }
}

/// The request to work at (0.11: `CURRENT`); `None` if there is nothing to do.
pub fn current_request(major: u8) -> Option<CurrentRequest> {
    REQUESTS.lock().begin(major).map(|request| CurrentRequest {
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
    let requests = REQUESTS.lock();
    let buffers = requests.current_request(major)?.buffers();
    *buffers.get(index as usize)?
}

/// Calls `work` with the contents of the next `count` blocks.
#[inline(always)]
pub fn with_contents(major: u8, count: u32, mut work: impl FnMut(&mut [u8; BLOCK_SIZE])) {
    let requests = REQUESTS.lock();
    let buffers = requests
        .current_request(major)
        .map_or(&[][..], |request| request.buffers());
    let next = buffers.get(..count as usize).unwrap_or(buffers);
    let heads = next.iter().flatten();
    heads.for_each(|head| work(&mut head.data.lock_too(&requests)));
}

/// Called when the next block could not be moved: it is left to another try, or given up
/// if it was tried `most` times. After half of the tries this returns true: a reset should
/// come before the next one (0.11: `bad_rw_intr`, `bad_flp_intr`).
pub fn bad_rw_intr(major: u8, most: u32) -> bool {
    let errors = REQUESTS
        .lock()
        .current_request_mut(major)
        .map_or(0, |request| {
            request.errors += 1;
            request.errors
        });
    if errors >= most {
        end_request(major, false);
        return false;
    }
    errors > most / 2
}

/// Ends the next block, well or badly, so that the one behind it is the next. The tasks
/// that wait for its buffer or for a free request are woken (0.11: `end_request`,
/// `unlock_buffer`).
pub fn end_request(major: u8, uptodate: bool) {
    if !uptodate && let Some(request) = current_request(major) {
        let name = driver(request.device).map_or("?", |driver| driver.name);
        let (device, block) = (request.device, request.block);
        printk!("{name} I/O error: {device}, block {block}\n");
    }
    end_blocks(major, 1, uptodate);
}

/// Ends all that is left of the current request as failed, with one message, because
/// further tries make no sense.
pub fn end_hopeless_request(major: u8, why: &str) {
    let Some(request) = current_request(major) else {
        return;
    };
    let name = driver(request.device).map_or("?", |driver| driver.name);
    let (device, first) = (request.device, request.block);
    let last = first + request.blocks_left - 1;
    printk!("{name} I/O error: {device}, blocks {first} to {last}: {why}\n");
    end_blocks(major, request.blocks_left, false);
}

/// As [`end_request`] for the next `count` blocks, without a message.
pub fn end_blocks(major: u8, count: u32, uptodate: bool) {
    let platform = file_system().platform();
    let end = |head: &BufferHead, direction| head.end_request(platform, direction, uptodate);
    if REQUESTS.lock().end_buffers(major, count, end) {
        sched::wake_up(&WAIT_FOR_REQUEST);
    }
}
