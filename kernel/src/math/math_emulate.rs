// SPDX-License-Identifier: GPL-2.0-or-later
//! Emulating the coprocessor for machines that have none
//! (0.11: `kernel/math/math_emulate.c`, which only promised it; 0.12 had it).
//!
//! With CR0.EM set, each instruction for the coprocessor causes exception 7; with MP and TS
//! set, FWAIT does so too. [`math_emulate`] decodes the instruction
//! ([`x87::ea`]), executes it on the task's own state ([`x87::instructions`]),
//! and moves `eip` behind it. If the next instructions are for the coprocessor too,
//! it executes a number of them at once.
//!
//! An exception that is not masked becomes a SIGFPE, as with the 387 itself: this happens
//! at the next instruction that waits for exceptions.

use super::begin;
use crate::deliver::force_signal;
use crate::descriptor::Selector;
use crate::fault;
use crate::frame::{EFLAGS_TF, Registers};
use crate::sched::{PENDING_WORK, current};
use crate::segment::{copy_from_user, copy_to_user};
use abi::Errno;
use abi::signal::Signal;
use abi::sys::types::UserAddress;
use mm::memory::PAGE_SIZE;
use x87::ea::{self, Address, Decoded, GeneralRegisters, Segment};
use x87::error::{Result, Stop};
use x87::i387::I387;
use x87::instructions::{Kind, do_emu};
use x87::machine::{Instruction, Machine};

/// The most instructions that are executed at once; then other tasks may run.
const MOST_AT_ONCE: u32 = 32;

/// Executes the program's instructions for the coprocessor.
pub fn math_emulate(registers: &mut Registers) {
    let task = current();
    if task.used_math.get() == 0 {
        begin(task);
    }
    // SAFETY: no other task reaches the state of this one; it is copied, as
    // the task may sleep in between.
    let mut i387 = unsafe { *task.i387.get() };
    let signal = emulate_some(registers, &mut i387);
    // SAFETY: as above.
    unsafe { *task.i387.get() = i387 };
    if let Some(signal) = signal {
        force_signal(signal, task);
    }
}

/// Executes some instructions. Returns the signal that ends this, if there is one.
fn emulate_some(registers: &mut Registers, i387: &mut I387) -> Option<Signal> {
    for count in 0..MOST_AT_ONCE {
        match emulate_one(registers, i387) {
            Ok(true) if registers.eflags & EFLAGS_TF != 0 => return Some(Signal::SIGTRAP),
            Ok(true) if PENDING_WORK.get() == 0 => {}
            Ok(true) => return None,
            // A later instruction fails only when it causes an exception itself.
            _ if count > 0 => return None,
            Ok(false) | Err(Stop::Illegal | Stop::Unmasked) => return Some(Signal::SIGILL),
            Err(Stop::Fault) => return Some(Signal::SIGSEGV),
            Err(Stop::OutOfMemory) => {
                fault::out_of_memory(current());
                return None;
            }
            Err(Stop::Pending) => {
                // `math_error` does the same.
                i387.clear_exceptions();
                return Some(Signal::SIGFPE);
            }
        }
    }
    None
}

/// Carries out the next instruction, if it is one for the coprocessor.
fn emulate_one(registers: &mut Registers, i387: &mut I387) -> Result<bool> {
    let general = general_registers(registers);
    let mut code = Code::at(registers.eip);
    match ea::decode(&mut || code.next(), &general)? {
        Decoded::Other => return Ok(false),
        Decoded::Wait if i387.is_error_pending() => return Err(Stop::Pending),
        Decoded::Wait => {}
        Decoded::Escape(instruction, address) => {
            let mut machine = Program { registers, address };
            if do_emu(i387, instruction, &mut machine)? == Kind::Numeric {
                note_place(i387, registers, instruction, address);
            }
        }
    }
    registers.eip = code.eip;
    Ok(true)
}

/// Why the program's memory cannot be used.
fn stop(error: Errno) -> Stop {
    match error {
        Errno::ENOMEM => Stop::OutOfMemory,
        _ => Stop::Fault,
    }
}

/// The bytes that stand at an address, fetched eight at a time as long as
/// these are in one page.
struct Code {
    eip: u32,
    fetched: [u8; Code::FETCH],
    left: usize,
}

impl Code {
    const FETCH: usize = 8;

    fn at(eip: u32) -> Code {
        Code {
            eip,
            fetched: [0; Code::FETCH],
            left: 0,
        }
    }

    fn next(&mut self) -> Result<u8> {
        if self.left == 0 {
            let to_page_end = PAGE_SIZE - self.eip as usize % PAGE_SIZE;
            self.left = to_page_end.min(Code::FETCH);
            let bytes = &mut self.fetched[Code::FETCH - self.left..];
            copy_from_user(UserAddress(self.eip), bytes).map_err(stop)?;
        }
        let byte = self.fetched[(Code::FETCH - self.left) % Code::FETCH];
        self.left -= 1;
        self.eip = self.eip.wrapping_add(1);
        Ok(byte)
    }
}

/// Notes where the last instruction was, and its operand, for exception handlers.
fn note_place(
    i387: &mut I387,
    registers: &Registers,
    instruction: Instruction,
    address: Option<Address>,
) {
    const OPCODE_SHIFT: u32 = 16;
    let opcode = u32::from(instruction.escape) << 8 | u32::from(instruction.modrm);
    i387.fip = registers.eip;
    i387.fcs = registers.cs & 0xFFFF | opcode << OPCODE_SHIFT;
    if let Some(address) = address {
        i387.foo = address.offset;
        i387.fos = u32::from(selector(registers, address.segment).0);
    }
}

fn general_registers(registers: &Registers) -> GeneralRegisters {
    [
        registers.eax,
        registers.ecx,
        registers.edx,
        registers.ebx,
        registers.esp,
        registers.ebp,
        registers.esi,
        registers.edi,
    ]
}

fn selector(registers: &Registers, segment: Segment) -> Selector {
    let selector = match segment {
        Segment::Es => registers.es,
        Segment::Cs => registers.cs,
        Segment::Ss => registers.ss,
        Segment::Ds => registers.ds,
        Segment::Fs => crate::segment::read_fs_gs()[0],
        Segment::Gs => crate::segment::read_fs_gs()[1],
    };
    Selector(selector as u16)
}

/// The program, as an instruction sees it.
struct Program<'a> {
    registers: &'a mut Registers,
    address: Option<Address>,
}

impl Program<'_> {
    /// The address of the operand, if its segment is one of `segments`. The program
    /// has two, with the same base and limit.
    fn operand(&self, segments: &[Selector]) -> Result<UserAddress> {
        /// The bits that differ in a selector that ring 3 has loaded with another privilege.
        const PRIVILEGE: u16 = 3;
        let address = self.address.ok_or(Stop::Illegal)?;
        let selector = selector(self.registers, address.segment).0 | PRIVILEGE;
        if segments.contains(&Selector(selector)) {
            Ok(UserAddress(address.offset))
        } else {
            Err(Stop::Fault)
        }
    }
}

impl Machine for Program<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> Result<()> {
        let address = self.operand(&[Selector::USER_DATA, Selector::USER_CODE])?;
        copy_from_user(address, bytes).map_err(stop)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let address = self.operand(&[Selector::USER_DATA])?;
        copy_to_user(address, bytes).map_err(stop)
    }

    fn set_ax(&mut self, value: u16) {
        self.registers.eax = self.registers.eax & 0xFFFF_0000 | u32::from(value);
    }
}
