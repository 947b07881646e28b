// SPDX-License-Identifier: GPL-2.0-or-later
//! What the file system needs of the kernel (`fs::platform`).
//!
//! This is the only place where the `fs` crate meets scheduler, drivers and clock.
#![deny(unsafe_code)]

use crate::blk_drv::{floppy, hd, ll_rw_blk};
use crate::chr_drv::tty_io::{self, OpenTty};
use crate::chr_drv::{mem, tty_ioctl};
use crate::deliver::deliver;
use crate::sched::{self, current};
use crate::sleep;
use abi::signal::Signal;
use abi::sys::types::{Device, Time, major};
use abi::{Errno, Result};
use core::fmt;
use fs::buffer::BufferHead;
use fs::platform::{Condition, Direction, OpenDevice, Platform, UserBuffer};
use sync::{Sleep, WaitQueue};

/// The kernel as seen by the file system.
pub struct KernelPlatform;

/// The only one.
pub static PLATFORM: KernelPlatform = KernelPlatform;

impl Sleep for KernelPlatform {
    fn sleep_while(&self, queue: &WaitQueue, busy: &mut dyn FnMut() -> bool) {
        sched::sleep_while(queue, busy);
    }

    fn wake_up(&self, queue: &WaitQueue) {
        sched::wake_up(queue);
    }
}

impl Platform<'static> for KernelPlatform {
    fn interruptible_sleep_on(&self, queue: &WaitQueue) -> Result<()> {
        sleep::interruptible_sleep_on(queue)
    }

    fn sleep_on_any(
        &self,
        queues: &[&WaitQueue],
        ticks: Option<u32>,
        busy: &mut dyn FnMut() -> bool,
    ) -> Result<()> {
        sleep::interruptible_sleep_on_any(queues, ticks, busy)
    }

    #[inline]
    fn give_way(&self) -> bool {
        sched::give_way()
    }

    fn ll_rw_block(&self, direction: Direction, buffers: &[&'static BufferHead]) {
        ll_rw_blk::ll_rw_block(direction, buffers);
    }

    fn flush_cache(&self, major: u8) -> Result<()> {
        match major {
            major::HARD_DISK => hd::flush_cache(),
            _ => Ok(()),
        }
    }

    fn device_blocks(&self, device: Device) -> u32 {
        ll_rw_blk::device_blocks(device)
    }

    fn media_changed(&self, device: Device) -> bool {
        device.major() == major::FLOPPY && floppy::floppy_change(device.minor())
    }

    fn current_time(&self) -> Time {
        sched::current_time()
    }

    fn broken_pipe(&self) {
        deliver(Signal::SIGPIPE, current());
    }

    fn file_too_large(&self) {
        deliver(Signal::SIGXFSZ, current());
    }

    fn may_use_reserve(&self) -> bool {
        current().fs_task.may_use_reserve()
    }

    fn open_device(&self, device: Device, is_block: bool, flags: u32) -> Result<OpenDevice> {
        match device.major() {
            _ if is_block && ll_rw_blk::has_driver(device) => Ok(OpenDevice::new(device)),
            major::MEM if !is_block => mem::open(device).map(|()| OpenDevice::new(device)),
            major::TTYX | major::TTY if !is_block => tty_io::tty_open(device, flags),
            _ => Err(Errno::ENXIO),
        }
    }

    fn close_device(&self, opened: OpenDevice) {
        tty_io::tty_close(opened);
    }

    fn rw_char(
        &self,
        direction: Direction,
        opened: OpenDevice,
        buffer: &mut dyn UserBuffer,
        position: &mut u32,
        flags: u32,
    ) -> Result<usize> {
        match (opened.device.major(), direction) {
            (major::MEM, _) => mem::rw_memory(direction, opened.device, buffer, position),
            (major::TTYX, Direction::Read) => tty_io::tty_read(opened, buffer, flags),
            (major::TTYX, Direction::Write) => tty_io::tty_write(opened, buffer, flags),
            _ => Err(Errno::ENXIO),
        }
    }

    fn is_ready(&self, opened: OpenDevice, condition: Condition) -> bool {
        match OpenTty::of(opened) {
            Some(tty) => tty.is_ready(condition),
            // Memory never waits.
            None => condition != Condition::Exceptional,
        }
    }

    fn queue(&self, opened: OpenDevice, condition: Condition) -> Option<&WaitQueue> {
        OpenTty::of(opened).map(|tty| tty.queue(condition))
    }

    fn ioctl(&self, opened: OpenDevice, flags: u32, command: u32, argument: u32) -> Result<u32> {
        let tty = OpenTty::of(opened).ok_or(Errno::ENOTTY)?;
        tty_ioctl::tty_ioctl(tty, flags, command, argument)
    }

    fn printk(&self, message: fmt::Arguments<'_>) {
        crate::printk::printk(message);
    }
}
