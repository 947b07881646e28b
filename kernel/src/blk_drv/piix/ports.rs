// SPDX-License-Identifier: GPL-2.0-or-later
//! The ports by which the PIIX is found and told what to do.
//!
//! Each function of a device on the PCI bus has 256 bytes of registers, its
//! configuration space. The address register is told which 32 bits of it the data
//! register then stands for (PCI Local Bus Specification 2.1, 3.2.2.3.2, configuration
//! mechanism 1).

use super::configuration::COMMAND;
use asm::io::{inb, inl, outb, outl};
use bitflags::bitflags;
use mm::PhysicalAddress;

const CONFIG_ADDRESS: u16 = 0xCF8;
const CONFIG_DATA: u16 = 0xCFC;
/// The bit of the address register that makes the data register work.
const ENABLE: u32 = 1 << 31;

/// A function of a device on the first bus: bits 8 to 15 of the address register, of
/// which the lower three are the number of the function.
#[derive(Clone, Copy)]
pub struct Function(u32);

/// All functions that there can be. The registers of one that is not there read as 1s.
pub fn functions() -> impl Iterator<Item = Function> {
    (0..=0xFF).map(Function)
}

fn select(function: Function, register: u8) {
    // SAFETY: the address register has no effect but on the data register, and only this
    // module uses the two, before the first interrupt.
    unsafe {
        outl(
            ENABLE | function.0 << 8 | u32::from(register),
            CONFIG_ADDRESS,
        )
    };
}

/// Reads 32 bits of the configuration space.
pub fn read(function: Function, register: u8) -> u32 {
    select(function, register);
    // SAFETY: as above; to read the configuration space changes nothing.
    unsafe { inl(CONFIG_DATA) }
}

/// Lets the function answer at its I/O ports, and use the bus itself.
pub fn allow_bus_master(function: Function) {
    const IO_SPACE: u16 = 1 << 0;
    const BUS_MASTER: u16 = 1 << 2;
    // The upper half is the status, where 0s change nothing.
    let command = read(function, COMMAND) as u16 | IO_SPACE | BUS_MASTER;
    // SAFETY: as above. The function does not write to memory before it is started.
    unsafe { outl(command.into(), CONFIG_DATA) };
}

bitflags! {
    /// The command register.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub struct Command: u8 {
        /// Data is being moved; without this bit none is.
        const START = 0x01;
        /// The data goes to memory; without this bit it comes from there.
        const TO_MEMORY = 0x08;
    }

    /// The status register. The BIOS has stored other bits there for its own use.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub struct Status: u8 {
        /// Data is being moved, and more is to come.
        const ACTIVE = 0x01;
        /// The bus reported an error. To write 1 clears this bit.
        const ERROR = 0x02;
        /// The drive has interrupted. To write 1 clears this bit.
        const INTERRUPT = 0x04;
        const _ = !0;
    }
}

/// The registers of the primary channel's bus master.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BusMaster {
    command: u16,
    status: u16,
    table: u16,
}

impl BusMaster {
    /// The registers from port `base` on.
    pub fn new(base: u16) -> BusMaster {
        BusMaster {
            command: base,
            status: base + 2,
            table: base + 4,
        }
    }

    /// What it was told to do.
    pub fn command(self) -> Command {
        // SAFETY: the ports are this device's; to read the register changes nothing.
        Command::from_bits_truncate(unsafe { inb(self.command) })
    }

    /// Tells it what to do.
    pub fn set_command(self, command: Command) {
        // SAFETY: it reads and writes the memory that the table describes: buffers that
        // are the driver's until it ends them, which it does only after it has stopped
        // the device.
        unsafe { outb(command.bits(), self.command) };
    }

    /// How the transfer stands.
    pub fn status(self) -> Status {
        // SAFETY: as in `command`.
        Status::from_bits_retain(unsafe { inb(self.status) })
    }

    /// Clears what an earlier transfer has left in the status.
    pub fn clear_status(self) {
        let status = self.status() | Status::ERROR | Status::INTERRUPT;
        // SAFETY: it is stopped, and so it stays.
        unsafe { outb(status.bits(), self.status) };
    }

    /// Tells where the table of the next transfer is.
    pub fn set_table(self, table: PhysicalAddress) {
        // SAFETY: as above.
        unsafe { outl(table.0, self.table) };
    }
}
