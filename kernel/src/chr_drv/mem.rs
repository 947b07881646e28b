// SPDX-License-Identifier: GPL-2.0-or-later
//! Memory as a device: `/dev/null`, `/dev/zero`, `/dev/mem` and kin
//! (0.11: `rw_ram`, `rw_mem`, `rw_kmem`, `rw_port`, `rw_memory` in
//! `fs/char_dev.c`).
//!
//! Their major number is 1, and their minor numbers are those of Linux; 128 and 129 are
//! our own.
//!
//! ```text
//!   1 mem, 2 kmem         physical memory, up to its end
//!   3 null, 5 zero        nothing, and zeroes without end
//!   4 port                the I/O ports
//!   7 full                zeroes, and no room to write
//!   8 random, 9 urandom   random bytes
//!  11 kmsg                the last messages of the kernel, for `dmesg`
//! 128 ps                  the table of tasks as text, a line for each, for `ps`
//! 129 usage               what is in use, as text, for `free`, for tests of leaks,
//!                         and for semaphores by name
//! ```
//!
//! The modes of the nodes say who may open them.

use super::random;
use crate::file_system::file_system;
use crate::printk;
use crate::sched::{self, NO_TTY, State, Task};
use crate::sem;
use abi::sys::types::{Device, major};
use abi::{Errno, Result};
use asm::io::{inb, outb};
use core::fmt::{self, Write};
use fs::platform::{Direction, UserBuffer, in_pieces, moved};
use mm::memory::{self, PAGE_SIZE, PHYSICAL_LIMIT, PageFlags, Space};
use mm::{LinearAddress, PhysicalAddress};

const MEM: u8 = 1;
const KMEM: u8 = 2;
const NULL: u8 = Device::NULL.minor();
const PORT: u8 = 4;
const ZERO: u8 = 5;
const FULL: u8 = 7;
const RANDOM: u8 = 8;
const URANDOM: u8 = 9;
const KMSG: u8 = 11;
const PS: u8 = 128;
const USAGE: u8 = 129;

/// The longest line about a task or a semaphore.
const LINE: usize = 112;

/// `ENXIO` for a minor number without a driver.
pub fn open(device: Device) -> Result<()> {
    match device.minor() {
        MEM | KMEM | NULL | PORT | ZERO | FULL | RANDOM | URANDOM | KMSG | PS | USAGE => Ok(()),
        _ => Err(Errno::ENXIO),
    }
}

/// Reads or writes one of the devices (0.11: `rw_memory`).
pub fn rw_memory(
    direction: Direction,
    device: Device,
    buffer: &mut dyn UserBuffer,
    position: &mut u32,
) -> Result<usize> {
    let count = buffer.remaining();
    let result = match (device.minor(), direction) {
        (NULL, Direction::Read) => Ok(()),
        (NULL | ZERO, Direction::Write) => return Ok(count),
        (ZERO | FULL, Direction::Read) => read_zero(buffer),
        (FULL, Direction::Write) => Err(Errno::ENOSPC),
        (RANDOM | URANDOM, Direction::Read) => random::read_random(buffer),
        (RANDOM | URANDOM, Direction::Write) => random::write_random(buffer),
        (MEM | KMEM, _) => rw_mem(direction, buffer, position),
        (PORT, _) => rw_port(direction, buffer, position),
        (PS, Direction::Read) => read_tasks(buffer, position),
        (USAGE, Direction::Read) => read_usage(buffer, position),
        (KMSG, Direction::Read) => read_messages(buffer, position),
        (KMSG | PS | USAGE, Direction::Write) => Err(Errno::EINVAL),
        _ => Err(Errno::ENXIO),
    };
    moved(count - buffer.remaining(), result)
}

fn read_zero(buffer: &mut dyn UserBuffer) -> Result<()> {
    const ZEROES: [u8; 256] = [0; 256];
    in_pieces(buffer, ZEROES.len(), |buffer, count| {
        buffer.put(&ZEROES[..count]);
        Ok(())
    })
}

fn rw_mem(direction: Direction, buffer: &mut dyn UserBuffer, position: &mut u32) -> Result<()> {
    while buffer.remaining() > 0 && *position < memory::end().0 {
        let in_page = PAGE_SIZE - *position as usize % PAGE_SIZE;
        let piece = in_page.min(buffer.remaining()).min(LINE);
        buffer.prepare(piece)?;
        let bytes = &mut [0; LINE][..piece];
        match direction {
            Direction::Read => {
                read_memory(*position, bytes);
                buffer.put(bytes);
            }
            Direction::Write => {
                // The kernel's text is read-only for the kernel too.
                if !is_allowed(*position, PageFlags::WRITE) {
                    return Err(Errno::EFAULT);
                }
                buffer.get(bytes);
                write_memory(*position, bytes);
            }
        }
        *position += piece as u32;
    }
    Ok(())
}

/// Whether the kernel may use the memory so. Some pages that it maps at their own
/// address are left out: page 0, and the guards of the kernel stacks.
fn is_allowed(position: u32, flags: PageFlags) -> bool {
    let entry = memory::lookup(Space::KERNEL, LinearAddress(position));
    position >= PHYSICAL_LIMIT || entry.is_some_and(|entry| entry.flags().contains(flags))
}

/// Reads memory; a page that is left out reads as zeroes.
fn read_memory(position: u32, bytes: &mut [u8]) {
    if !is_allowed(position, PageFlags::PRESENT) {
        return;
    }
    memory::with_pointer(PhysicalAddress(position), |pointer| {
        for (index, byte) in bytes.iter_mut().enumerate() {
            // SAFETY: the byte is mapped, and any value is a byte. It may belong to
            // anybody: that is what this device is for.
            *byte = unsafe { pointer.add(index).read_volatile() };
        }
    });
}

fn write_memory(position: u32, bytes: &[u8]) {
    memory::with_pointer(PhysicalAddress(position), |pointer| {
        for (index, byte) in bytes.iter().enumerate() {
            // SAFETY: the byte is mapped and writable. The super-user has asked for
            // this, and can break the kernel by it, as in 0.11.
            unsafe { pointer.add(index).write_volatile(*byte) };
        }
    });
}

fn rw_port(direction: Direction, buffer: &mut dyn UserBuffer, position: &mut u32) -> Result<()> {
    while buffer.remaining() > 0 && *position <= u32::from(u16::MAX) {
        buffer.prepare(1)?;
        let mut byte = [0];
        let port = *position as u16;
        // SAFETY: only the super-user opens this device, and asks for it.
        unsafe {
            match direction {
                Direction::Read => buffer.put(&[inb(port)]),
                Direction::Write => {
                    buffer.get(&mut byte);
                    outb(byte[0], port);
                }
            }
        }
        *position += 1;
    }
    Ok(())
}

/// Reads the kernel's messages. The position counts from the first one that there was. A
/// reader who comes too late for it goes on with the oldest message that is kept.
fn read_messages(buffer: &mut dyn UserBuffer, position: &mut u32) -> Result<()> {
    while buffer.remaining() > 0 {
        let piece = buffer.remaining().min(LINE);
        buffer.prepare(piece)?;
        let mut bytes = [0; LINE];
        let (start, count) = printk::read_log(*position, &mut bytes[..piece]);
        if count == 0 {
            break;
        }
        buffer.put(&bytes[..count]);
        *position = start.wrapping_add(count as u32);
    }
    Ok(())
}

/// A line of text in an array.
struct Line {
    bytes: [u8; LINE],
    length: usize,
}

impl Line {
    /// A line of this text, or as much of it as there is room for.
    fn of(text: fmt::Arguments<'_>) -> Line {
        let mut line = Line {
            bytes: [0; LINE],
            length: 0,
        };
        // A `Line` takes what fits and never fails.
        let _ = line.write_fmt(text);
        line
    }
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = &mut self.bytes[self.length..];
        let count = text.len().min(room.len());
        room[..count].copy_from_slice(&text.as_bytes()[..count]);
        self.length += count;
        Ok(())
    }
}

fn line_of(task: &Task) -> Line {
    let state = match task.state() {
        State::Running => 'R',
        State::Interruptible => 'S',
        State::Uninterruptible => 'D',
        State::Stopped => 'T',
        State::Zombie | State::Unused | State::New => 'Z',
    };
    let ticks = task.utime.get().wrapping_add(task.stime.get());
    let name = *task.name.lock();
    let end = name
        .iter()
        .position(|&byte| byte == 0)
        .unwrap_or(name.len());
    let name = core::str::from_utf8(&name[..end]).unwrap_or("?");
    let (pid, father, group) = (task.pid.get(), task.father.get(), task.pgrp.get());
    let mut line = Line::of(format_args!("{pid} {father} {group} "));
    let _ = match task.tty.get() {
        NO_TTY => write!(line, "-"),
        minor => write!(line, "{}", u32::from(major::TTYX) << 8 | minor),
    };
    let _ = writeln!(line, " {state} {ticks} {} {name}", task.brk.get());
    line
}

/// Text that a device makes anew for each reader, piece by piece. The reader gets the part
/// from `position` on.
struct Text<'a> {
    buffer: &'a mut dyn UserBuffer,
    position: &'a mut u32,
    at: u32,
}

impl Text<'_> {
    fn add(&mut self, line: &Line) -> Result<()> {
        let end = self.at + line.length as u32;
        if end > *self.position && self.buffer.remaining() > 0 {
            let text = &line.bytes[(*self.position - self.at) as usize..line.length];
            let piece = text.len().min(self.buffer.remaining());
            self.buffer.prepare(piece)?;
            self.buffer.put(&text[..piece]);
            *self.position += piece as u32;
        }
        self.at = end;
        Ok(())
    }
}

/// Reads the table of tasks, a line for each.
fn read_tasks(buffer: &mut dyn UserBuffer, position: &mut u32) -> Result<()> {
    let mut text = Text {
        buffer,
        position,
        at: 0,
    };
    sched::tasks().try_for_each(|task| text.add(&line_of(task)))
}

/// Reads a line that tells how many pages are free and how many there are, how many inodes
/// and buffers are in use, how many buffers there are, and how many files are open. Then
/// comes a line for each semaphore that has a name.
fn read_usage(buffer: &mut dyn UserBuffer, position: &mut u32) -> Result<()> {
    let (free, pages) = memory::calc_mem();
    let cache = file_system().buffer_count();
    let (inodes, buffers) = (
        file_system().inodes_in_use(),
        file_system().buffers_in_use(),
    );
    let files = file_system().files_in_use();
    let mut text = Text {
        buffer,
        position,
        at: 0,
    };
    text.add(&Line::of(format_args!(
        "pages {free} of {pages} inodes {inodes} buffers {buffers} cache {cache} files {files}\n"
    )))?;
    sem::named().try_for_each(|(name, permits)| {
        text.add(&Line::of(format_args!(
            "semaphore {name} permits {permits}\n"
        )))
    })
}
