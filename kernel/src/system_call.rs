// SPDX-License-Identifier: GPL-2.0-or-later
//! From registers to typed calls and back (0.11: `kernel/system_call.s`,
//! `sys_call_table` in `include/linux/sys.h`).
//!
//! The rows of [`abi::system_call_table!`] become a jump table here. Each
//! entry takes its arguments from the registers, turns them into the types
//! that the handler declares, and turns the handler's `Result` into `eax`:
//! this is the one place where an error becomes a number.

use crate::descriptor::Selector;
use crate::execve::sys_execve;
use crate::exit::{sys_exit, sys_kill, sys_waitpid};
use crate::file_system::file_system;
use crate::fork::sys_fork;
use crate::frame::Registers;
use crate::fs_calls::*;
use crate::latency::interrupt_flag_macros;
use crate::ptrace::{self, sys_ptrace};
use crate::record;
use crate::resource::*;
use crate::sched::{Work, calls::*, current, schedule_masked};
use crate::segment::PathBuffer;
use crate::sem::*;
use crate::signal::{self, *};
use crate::sys::*;
use abi::sys::types::{Device, Gid, Uid, UserAddress};
use abi::unistd::number::NR_SYSTEM_CALLS;
use abi::{Errno, Result};
use core::arch::global_asm;
use core::convert::identity;
use core::mem::offset_of;

global_asm!(
    interrupt_flag_macros!(),
    include_str!("system_call.s"),
    kernel_data = const Selector::KERNEL_DATA.0,
    nr_system_calls = const NR_SYSTEM_CALLS,
    eax = const offset_of!(Registers, eax),
    enosys = const Errno::ENOSYS.to_eax(),
    sys_call_table = sym SYS_CALL_TABLE,
    reschedule = const Work::Reschedule as u32,
    schedule_masked = sym schedule_masked,
    do_pending_work = sym signal::do_pending_work,
    do_traced_system_call = sym do_traced_system_call,
    options(att_syntax),
);

/// An argument of the handler's type, made from its register. No number is refused
/// here; the handler checks it. The register of a path has its address, and the path is
/// copied to `room`.
///
/// A type that 0.11's headers declare narrower than a register is cut to its width,
/// because compilers of 1991 leave rubbish above a short argument.
trait Argument<'a>: Sized {
    fn from_register(register: u32, room: &'a mut PathBuffer) -> Result<Self>;
}

impl<'a> Argument<'a> for &'a [u8] {
    fn from_register(register: u32, room: &'a mut PathBuffer) -> Result<&'a [u8]> {
        room.get_string(UserAddress(register))
    }
}

/// The types that are the low bits of their register, and what makes them.
macro_rules! low_bits {
    ($($type:ty: $make:expr;)*) => {
        $(impl Argument<'_> for $type {
            fn from_register(register: u32, _: &mut PathBuffer) -> Result<$type> {
                Ok($make(register as _))
            }
        })*
    };
}
low_bits! {
    u32: identity::<u32>;
    i32: identity::<i32>;
    u16: identity::<u16>;
    u8: identity::<u8>;
    UserAddress: UserAddress;
    Device: Device;
    Uid: Uid;
    Gid: Gid;
}

/// What a handler returns, as the program gets it.
trait Answer {
    fn to_eax(self) -> i32;
}

impl Answer for u32 {
    fn to_eax(self) -> i32 {
        self as i32
    }
}

impl Answer for usize {
    fn to_eax(self) -> i32 {
        self as i32
    }
}

impl Answer for () {
    fn to_eax(self) -> i32 {
        0
    }
}

/// Calls a handler. Two want the registers themselves; the others take the arguments of
/// their row, and a method of the file system takes the task before them.
macro_rules! call {
    ($r:ident sys_fork ()) => {
        sys_fork($r)
    };
    ($r:ident sys_execve ($($a:ident),*)) => {
        sys_execve($r)
    };
    ($r:ident fs.$handler:ident ($($a:ident),*)) => {{
        let [$($a,)* ..] = [$r.ebx, $r.ecx, $r.edx, $r.esi];
        file_system().$handler(&current().fs_task $(, argument!($a))*)
    }};
    ($r:ident $handler:ident ($($a:ident),*)) => {{
        let [$($a,)* ..] = [$r.ebx, $r.ecx, $r.edx, $r.esi];
        $handler($(argument!($a)),*)
    }};
}

macro_rules! argument {
    ($register:ident) => {
        Argument::from_register($register, &mut PathBuffer::new())?
    };
}

#[inline(always)]
fn to_eax<A: Answer>(call: impl FnOnce() -> Result<A>) -> i32 {
    call().map_or_else(Errno::to_eax, Answer::to_eax)
}

type Entry = extern "fastcall" fn(&mut Registers) -> i32;

macro_rules! table {
    ($($number:literal $name:ident $($handler:ident).+ ($($argument:ident),*);)*) => {
        /// The calls by number (0.11: `sys_call_table`).
        static SYS_CALL_TABLE: [Entry; NR_SYSTEM_CALLS] = [
            $({
                extern "fastcall" fn $name(registers: &mut Registers) -> i32 {
                    let _ = &registers;
                    to_eax(|| call!(registers $($handler).+ ($($argument),*)))
                }
                $name
            }),*
        ];
    };
}
abi::system_call_table!(table);

/// A system call whose caller may be traced, or that is recorded. The tracer sees
/// -ENOSYS in `eax` at the first stop, and the result at the second.
extern "fastcall" fn do_traced_system_call(registers: &mut Registers) {
    const NO_SUCH_CALL: i32 = Errno::ENOSYS.to_eax();
    let number = registers.error_code as usize;
    let record = record::begin(registers);
    registers.eax = NO_SUCH_CALL as u32;
    if ptrace::stop_at_system_call(registers) {
        let result = SYS_CALL_TABLE
            .get(number)
            .map_or(NO_SUCH_CALL, |entry| entry(registers));
        registers.eax = result as u32;
        record::end(record, registers.eax);
        ptrace::stop_at_system_call(registers);
    }
}
