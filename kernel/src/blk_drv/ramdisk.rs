// SPDX-License-Identifier: GPL-2.0-or-later
//! The RAM disk, major 1 minor 1 (0.11: `kernel/blk_drv/ramdisk.c`).
//!
//! `ramdisk=KB[,BLOCK]` on the command line asks for one of that size; 0.11 has a constant
//! for that in its Makefile. [`rd_init`] takes the memory at the start.
//! When root is to be a floppy or the RAM disk, [`rd_load`] fills it with the
//! file system image that begins at block BLOCK of the floppy, behind a
//! kernel.
#![deny(unsafe_code)]

use super::blk;
use super::ll_rw_blk;
use crate::file_system::file_system;
use crate::{printk, setup_data};
use abi::sys::types::{Device, major};
use fs::layout::{BLOCK_SIZE, DiskSuper, Geometry, SUPER_BLOCK};
use fs::platform::Direction;
use mm::PAGE_SIZE;
use sync::IrqLock;

/// The device.
pub const RAM_DISK: Device = Device::new(major::MEM, 1);
/// How many blocks are read at once. After each piece the progress is shown.
const PIECE: u32 = 16;

type Block = [u8; BLOCK_SIZE];

/// Its memory (0.11: `rd_start`, `rd_length`).
static RD: IrqLock<&mut [Block]> = IrqLock::new(&mut []);

/// Takes memory for the RAM disk from `start` on, if there is to be one, and returns where
/// it ends. `end` is the end of the memory that it can take.
pub fn rd_init(start: u32, end: u32) -> u32 {
    let Some((blocks, _)) = setup_data::parameters().ramdisk else {
        return start;
    };
    let start = start.next_multiple_of(PAGE_SIZE as u32);
    let length = u64::from(blocks) * BLOCK_SIZE as u64;
    if u64::from(start) + length > end.into() {
        printk!("ramdisk={blocks}: not so much memory\n");
        return start;
    }
    let length = length as u32;
    *RD.lock() = take_memory(start, blocks);
    printk!("ram: {blocks} KB at {start:#x}\n");
    start + length
}

/// Makes blocks of zeros out of memory that is for the RAM disk alone.
#[allow(unsafe_code)]
fn take_memory(start: u32, blocks: u32) -> &'static mut [Block] {
    let first: *mut Block = core::ptr::with_exposed_provenance_mut(start as usize);
    // SAFETY: the memory is there and mapped at its own address, is nobody's
    // yet and is given to nobody else; any bytes are a block.
    unsafe {
        first.write_bytes(0, blocks as usize);
        core::slice::from_raw_parts_mut(first, blocks as usize)
    }
}

/// How many blocks a minor has.
pub fn blocks(minor: u8) -> u32 {
    if minor == RAM_DISK.minor() {
        RD.lock().len() as u32
    } else {
        0
    }
}

/// Called when the queue is no longer empty. When this returns, it is empty again.
pub fn do_rd_request() {
    while let Some(request) = blk::current_request(major::MEM) {
        let is_done = copy(request.direction, request.block).is_some();
        blk::end_request(major::MEM, is_done);
    }
}

/// Moves the next block of the current request.
fn copy(direction: Direction, number: u32) -> Option<()> {
    let head = blk::current_buffer(major::MEM, 0)?;
    let mut memory = RD.lock();
    let block = memory.get_mut(number as usize)?;
    match direction {
        Direction::Read => head.data().copy_from_slice(block),
        Direction::Write => block.copy_from_slice(&head.data()[..]),
    }
    Some(())
}

/// Fills the RAM disk with the file system image on a floppy. If that can't be done, it
/// prints the reason and returns false. A task calls this before root is mounted.
pub fn rd_load(floppy: Device) -> bool {
    let Some((_, first)) = setup_data::parameters().ramdisk else {
        return false;
    };
    let available = blocks(RAM_DISK.minor());
    file_system().check_disk_change(floppy);
    let Some(count) = image_blocks(floppy, first) else {
        printk!("ram: no file system at block {first} of {floppy}\n");
        return false;
    };
    if count > available {
        printk!("ram: the image has {count} KB, the RAM disk {available}\n");
        return false;
    }
    printk!("ram: loading {count} KB from {floppy}:     0");
    for done in 0..count {
        let ahead = first + done + 1..first + (done + PIECE).min(count);
        let Ok(block) = file_system().breada(floppy, first + done, ahead) else {
            printk!(
                "\nram: block {} of the image cannot be read\n",
                first + done
            );
            return false;
        };
        RD.lock()[done as usize] = **block.data();
        if (done + 1) % PIECE == 0 || done + 1 == count {
            printk!("\x08\x08\x08\x08\x08{:5}", done + 1);
        }
    }
    printk!("\n");
    true
}

/// The size of the file system that begins at block `first` of a floppy;
/// `None` if there is none.
fn image_blocks(floppy: Device, first: u32) -> Option<u32> {
    let size = ll_rw_blk::device_blocks(floppy).checked_sub(first)?;
    let block = file_system().bread(floppy, first + SUPER_BLOCK).ok()?;
    let disk = DiskSuper::parse(&block.data());
    let geometry = Geometry::check(&disk, size).ok()?;
    Some(geometry.nzones.into())
}
