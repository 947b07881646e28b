// SPDX-License-Identifier: GPL-2.0-or-later
//! Exceptions (0.11: `kernel/traps.c`).
//!
//! What ring 3 does wrong becomes a signal for the task that did it. What ring
//! 0 does wrong is a bug of the kernel and ends in `panic`. The entries are in
//! `asm.s`; each hands over the frame described there as [`Registers`].

use crate::control_registers::cr2;
use crate::deliver::force_signal;
use crate::descriptor::{Descriptor, Ring, Selector};
use crate::descriptor_tables::{self, set_gate};
use crate::exit::do_exit;
use crate::fault;
use crate::fault::PageFault;
use crate::frame::Registers;
use crate::irq::{FIRST_IRQ_VECTOR, IRQS, do_irq};
use crate::latency::interrupt_flag_macros;
use crate::math::{self, math_emulate::math_emulate};
use crate::ptrace;
use crate::sched::current;
use abi::Errno;
use abi::signal::Signal;
use abi::sys::wait::WaitStatus;
use core::arch::global_asm;
use core::mem::offset_of;

global_asm!(
    interrupt_flag_macros!(),
    include_str!("asm.s"),
    kernel_data = const Selector::KERNEL_DATA.0,
    cs = const offset_of!(Registers, cs),
    error_code = const offset_of!(Registers, error_code),
    divide_error = sym do_divide_error,
    debug = sym do_debug,
    nmi = sym do_nmi,
    int3 = sym do_int3,
    overflow = sym do_overflow,
    bounds = sym do_bounds,
    invalid_op = sym do_invalid_op,
    device_not_available = sym do_device_not_available,
    invalid_tss = sym do_invalid_tss,
    segment_not_present = sym do_segment_not_present,
    stack_segment = sym do_stack_segment,
    general_protection = sym do_general_protection,
    page_fault = sym do_page_fault,
    reserved = sym do_reserved,
    coprocessor_error = sym do_coprocessor_error,
    alignment_check = sym do_alignment_check,
    do_irq = sym do_irq,
    options(att_syntax),
);

unsafe extern "C" {
    safe fn restore_all();
    safe fn return_from_trap();
    safe static exception_entries: [u32; EXCEPTIONS];
    safe static irq_entries: [u32; IRQS];
}

/// Exceptions that the processor defines or reserves.
const EXCEPTIONS: usize = 32;

/// Fills the IDT (0.11: `trap_init`). `cr3` is for the double fault's task.
pub fn trap_init(cr3: u32) {
    for (vector, &entry) in (0..).zip(&exception_entries) {
        let gate = match vector {
            // A program may raise int3, overflow and bounds by an instruction.
            3..=5 => Descriptor::trap_gate(entry, Ring::User),
            // cr2 must be read before another page fault can happen.
            14 => Descriptor::interrupt_gate(entry),
            _ => Descriptor::trap_gate(entry, Ring::Kernel),
        };
        set_gate(vector, gate);
    }
    for (line, entry) in irq_entries.iter().enumerate() {
        set_gate(
            FIRST_IRQ_VECTOR + line as u8,
            Descriptor::interrupt_gate(*entry),
        );
    }
    descriptor_tables::trace_system_calls(false);
    descriptor_tables::set_double_fault_task(do_double_fault, cr3);
    descriptor_tables::load_tables();
}

fn address_of(entry: unsafe extern "C" fn()) -> u32 {
    entry as usize as u32
}

/// Ends a fault: ring 3 gets a signal, ring 0 panics (0.11: `die`).
fn die(name: &str, registers: &Registers, signal: Signal) {
    if registers.is_from_user() {
        force_signal(signal, current());
    } else if returning_to_user(registers) {
        // It is the program's fault: it had set registers that ring 3 cannot have.
        // Interrupts are masked here until ring 3 runs.
        asm::system::sti();
        do_exit(WaitStatus::from_signal(signal));
    } else {
        panic!(
            "{name}: {:04x}\n{registers:#x?}",
            registers.error_code & 0xFFFF
        );
    }
}

/// Whether the fault hit the instructions that restore ring 3's registers.
fn returning_to_user(registers: &Registers) -> bool {
    (address_of(restore_all)..=address_of(return_from_trap)).contains(&registers.eip)
}

/// Makes the handlers of exceptions that only become a signal.
macro_rules! faults {
    ($(fn $handler:ident: $name:literal, $signal:ident;)*) => {
        $(extern "fastcall" fn $handler(registers: &mut Registers) {
            die($name, registers, Signal::$signal);
        })*
    };
}
faults! {
    fn do_divide_error: "divide error", SIGFPE;
    fn do_int3: "int3", SIGTRAP;
    fn do_overflow: "overflow", SIGSEGV;
    fn do_bounds: "bounds", SIGSEGV;
    fn do_invalid_op: "invalid operand", SIGILL;
    fn do_invalid_tss: "invalid TSS", SIGSEGV;
    fn do_segment_not_present: "segment not present", SIGSEGV;
    fn do_stack_segment: "stack segment", SIGSEGV;
    fn do_general_protection: "general protection", SIGSEGV;
    fn do_reserved: "reserved (15,17-47) error", SIGSEGV;
    fn do_alignment_check: "alignment check", SIGSEGV;
}

extern "fastcall" fn do_debug(registers: &mut Registers) {
    if registers.is_from_user() && ptrace::is_stale_step(registers) {
        return;
    }
    die("debug", registers, Signal::SIGTRAP);
}

extern "fastcall" fn do_nmi(_registers: &mut Registers) {
    crate::printk!("NMI: memory or the bus reports an error; going on\n");
}

/// An instruction for the coprocessor, which another task used last or which does
/// not exist.
extern "fastcall" fn do_device_not_available(registers: &mut Registers) {
    if !registers.is_from_user() {
        die("device not available", registers, Signal::SIGFPE);
    } else if math::has_x87() {
        math::math_state_restore();
    } else {
        math_emulate(registers);
    }
}

extern "fastcall" fn do_coprocessor_error(registers: &mut Registers) {
    if registers.is_from_user() {
        math::math_error();
    }
    die("coprocessor error", registers, Signal::SIGFPE);
}

extern "fastcall" fn do_page_fault(registers: &mut Registers) {
    if !registers.is_from_user() {
        panic!("page fault at {:x}\n{registers:#x?}", cr2());
    }
    let fault = PageFault::decode(registers.error_code, cr2());
    asm::system::restore_flags(registers.eflags);
    match fault::handle(current(), &fault) {
        Ok(()) => {}
        Err(Errno::ENOMEM) => fault::out_of_memory(current()),
        Err(_) => die("page fault", registers, Signal::SIGSEGV),
    }
}

extern "C" fn do_double_fault() -> ! {
    panic!(
        "double fault in task {} (kernel stack overflow?)",
        current().number()
    );
}
