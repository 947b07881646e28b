// SPDX-License-Identifier: GPL-2.0-or-later
//! The last system calls, for somebody who looks at the machine from outside
//! (0.11 has nothing of the kind).
//!
//! An emulator or a debugger sets [`RECORDING`] to 1 in the machine's memory. The
//! next clock tick sees it and gives `int 80h` the gate of traced calls. From then
//! on each call leaves a [`Record`] in [`RECORDS`], which is read from outside too.
//! When [`RECORDING`] is 0 again, the ordinary gate comes back:
//!
//! ```text
//! do_timer -> do_tick          has the word changed? then: another gate
//! int 80h  -> begin            who calls what
//!             the call itself
//!             end              what it returned; `exit` never does
//! ```
//!
//! While the word is 0 a system call takes the ordinary gate, at no cost. A program
//! can neither set the word nor read a record: both are in the kernel's memory, which
//! only the super-user sees, in `/dev/mem` and `/dev/kmem`.
#![deny(unsafe_code)]

use crate::descriptor_tables;
use crate::frame::Registers;
use crate::sched::{current, tasks};
use crate::segment::peek_user;
use abi::sys::types::UserAddress;
use sync::{AtomicWord, Lock};

/// How many calls are kept.
const LENGTH: usize = 256;
/// How much is kept of a name that a call is given.
const TEXT: usize = 32;

/// Whether calls are to be recorded. Nothing in the kernel sets it; `used` keeps
/// the compiler from taking it for a constant.
#[used]
static RECORDING: AtomicWord = AtomicWord::new(0);
/// Whether calls are recorded now.
static IS_ON: AtomicWord = AtomicWord::new(0);

/// The last calls: call `n` is at index `n % LENGTH`. `used` is needed, since the
/// kernel itself never reads what it writes there.
#[used]
static RECORDS: Lock<Records> = Lock::new(Records {
    last: 0,
    ring: [Record::NONE; LENGTH],
});

struct Records {
    /// The number of the last call.
    last: u32,
    ring: [Record; LENGTH],
}

/// A system call.
#[expect(dead_code, reason = "read from outside only")]
#[derive(Clone, Copy)]
struct Record {
    /// Calls are numbered from 1; 0 means that this record is empty.
    number: u32,
    pid: u32,
    /// The name of the caller's program, zero-padded.
    program: [u8; 16],
    /// Which call, as it stood in `eax`.
    call: u32,
    /// `ebx ecx edx esi`.
    arguments: [u32; 4],
    /// What the first argument refers to, if that is in memory: most names are
    /// passed there. For other arguments it means nothing.
    text: [u8; TEXT],
    /// 1 once it has returned.
    has_returned: u32,
    /// What it returned in `eax`.
    result: u32,
}

impl Record {
    const NONE: Record = Record {
        number: 0,
        pid: 0,
        program: [0; 16],
        call: 0,
        arguments: [0; 4],
        text: [0; TEXT],
        has_returned: 0,
        result: 0,
    };
}

/// Whether calls are recorded.
pub fn is_on() -> bool {
    IS_ON.get() != 0
}

/// Begins or ends recording as [`RECORDING`] says; called at each clock tick.
#[inline(always)]
pub fn do_tick() {
    if (RECORDING.get() != 0) != is_on() {
        switch();
    }
}

#[cold]
fn switch() {
    IS_ON.set(u32::from(!is_on()));
    choose_gate();
}

/// Chooses the gate of system calls: another one while a tracee is to stop at its
/// calls, or while calls are recorded. Interrupts are masked.
pub fn choose_gate() {
    let any = tasks().any(|task| task.trace.system_calls.get() != 0);
    descriptor_tables::trace_system_calls(any || is_on());
}

/// A call begins. Returns the number of its record, or 0 if there is none. Calls of
/// the idle task are not recorded, since it calls `pause` at each tick.
pub fn begin(registers: &Registers) -> u32 {
    let task = current();
    if !is_on() || task.number() == 0 {
        return 0;
    }
    let mut text = [0; TEXT];
    peek_user(UserAddress(registers.ebx), &mut text);
    let mut records = RECORDS.lock();
    records.last = records.last.wrapping_add(1).max(1);
    let number = records.last;
    records.ring[number as usize % LENGTH] = Record {
        number,
        pid: task.pid.get(),
        program: *task.name.lock(),
        call: registers.error_code,
        arguments: [registers.ebx, registers.ecx, registers.edx, registers.esi],
        text,
        ..Record::NONE
    };
    number
}

/// The call of record `number` returns `result`, unless so many others came
/// meanwhile that its record is gone.
pub fn end(number: u32, result: u32) {
    let mut records = RECORDS.lock();
    let record = &mut records.ring[number as usize % LENGTH];
    if number != 0 && record.number == number {
        record.result = result;
        record.has_returned = 1;
    }
}
