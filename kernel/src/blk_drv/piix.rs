// SPDX-License-Identifier: GPL-2.0-or-later
//! The bus master of a PIIX: it moves a disk's data between the drive and memory, while
//! the processor does other things. 0.11 knows none; there the processor moves each word.
//!
//! [`piix_init`] looks for it once. If it [`is_usable`], the driver of the disks calls,
//! for each command:
//!
//! ```text
//! prepare(request)   tells where the data is or goes
//!                    the drive gets its command
//! start()            lets the data move
//! is_moving()        until the drive has interrupted
//! stop()             nothing moves any more; tells whether all has moved
//! ```
//!
//! From `start` to `stop` the contents of the buffers are the bus master's. So the driver
//! calls `stop` before it ends any of them, also if the drive failed or is silent. It
//! makes all of these calls with its lock held.
//!
//! The BIOS has set how fast drive and controller work together; this is not changed here.
//!
//! Sources: Intel 82371FB/82371SB (PIIX, PIIX3) data sheet, "Bus Master IDE Registers";
//! Programming Interface for Bus Master IDE Controller, revision 1.0.
#![deny(unsafe_code)]

mod configuration;
#[allow(unsafe_code)]
mod ports;
mod regions;

use super::blk::{self, CurrentRequest};
use super::ll_rw_blk::MOST_BUFFERS;
use crate::{printk, setup_data};
use configuration::{BASE_ADDRESS_4, CLASS, ID};
use core::sync::atomic::{AtomicBool, Ordering::Relaxed};
use fs::platform::Direction;
use mm::memory::physical;
use ports::{BusMaster, Command, Status};
use regions::{MOST_REGIONS, Regions};
use sync::AtomicWord;

/// The first port of the primary channel's bus master; 0 if none is used.
static BASE: AtomicWord = AtomicWord::new(0);
/// [`start`] was called, and [`stop`] was not called since.
static IS_STARTED: AtomicBool = AtomicBool::new(false);
/// Where the data of the command under way is or goes.
static REGIONS: Regions = Regions::new();

static_assertions::const_assert!(MOST_BUFFERS <= MOST_REGIONS);

/// Looks for the bus master, if the command line wants it. Called before the first
/// interrupt.
pub fn piix_init() {
    if setup_data::parameters().dma {
        BASE.set(find().unwrap_or_default().into());
    }
}

/// Finds the bus master and allows it to use the bus. Returns its first port.
fn find() -> Option<u16> {
    let is_ide = |&function: &_| {
        configuration::is_ide(ports::read(function, ID), ports::read(function, CLASS))
    };
    let function = ports::functions().find(is_ide)?;
    let base = configuration::io_base(ports::read(function, BASE_ADDRESS_4))?;
    ports::allow_bus_master(function);
    Some(base)
}

fn bus_master() -> Option<BusMaster> {
    Some(BASE.get() as u16)
        .filter(|base| *base != 0)
        .map(BusMaster::new)
}

/// Whether there is a bus master, and it has always done its work.
pub fn is_usable() -> bool {
    BASE.get() != 0
}

/// Tells where the data of the next command is or goes: in all buffers of the request that
/// the driver works at. Nothing moves yet.
pub fn prepare(request: &CurrentRequest) {
    let Some(bus_master) = bus_master() else {
        return;
    };
    let mut regions = 0;
    blk::with_contents(request.device.major(), request.blocks_left, |block| {
        REGIONS.set_last(regions, physical::address(block));
        regions += 1;
    });
    bus_master.set_table(physical::address(&REGIONS));
    bus_master.clear_status();
    bus_master.set_command(match request.direction {
        Direction::Read => Command::TO_MEMORY,
        Direction::Write => Command::empty(),
    });
}

/// Lets the data move as soon as the drive, which has its command, is ready.
pub fn start() {
    if let Some(bus_master) = bus_master() {
        IS_STARTED.store(true, Relaxed);
        bus_master.set_command(bus_master.command() | Command::START);
    }
}

/// Whether data may still move: the drive has not interrupted since [`prepare`]. When it
/// has, all that it sent before is in memory.
pub fn is_moving() -> bool {
    IS_STARTED.load(Relaxed)
        && bus_master().is_some_and(|it| !it.status().contains(Status::INTERRUPT))
}

/// Stops the bus master, which does not touch memory from then on. Returns whether it was
/// started and all data has moved. If the drive has not interrupted, it does not work with
/// this drive, and is not used again.
pub fn stop() -> bool {
    let was_started = IS_STARTED.swap(false, Relaxed);
    let Some(bus_master) = bus_master().filter(|_| was_started) else {
        return false;
    };
    let status = bus_master.status();
    bus_master.set_command(Command::empty());
    if !status.contains(Status::INTERRUPT) {
        printk!("DMA does not work, going on without it\n");
        BASE.set(0);
    }
    let ends = Status::INTERRUPT | Status::ERROR | Status::ACTIVE;
    status.intersection(ends) == Status::INTERRUPT
}
