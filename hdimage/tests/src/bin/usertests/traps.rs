// SPDX-License-Identifier: GPL-2.0-or-later
//! Exceptions, odd processor state, the coprocessor.

use crate::support::{HOLE, Outcome, all_well, child, fate, in_child, killed_by};
use abi::Errno;
use abi::pod::Pod;
use abi::signal::Signal;
use abi::sys::utsname::Utsname;
use abi::unistd::number::NR_SYSTEM_CALLS;
use alloc::vec::Vec;
use core::arch::x86::__cpuid;
use core::arch::{asm, naked_asm};
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use user::calls;
use user::env::task_size;
use user::signal::{Handler, sigaction};

/// Makes tests of code that must end the process by a signal: rows
/// `name signal "what must be true" "assembly"`. If the code comes to its end
/// the process exits.
macro_rules! exceptions {
    ($($function:ident $signal:ident $about:literal $code:literal;)*) => {
        $(fn $function() -> Outcome {
            killed_by(Signal::$signal, || {
                // SAFETY: the process ends here.
                unsafe {
                    asm!($code, "mov eax, 1", "xor ebx, ebx", "int 0x80", "ud2", options(noreturn))
                }
            })
        })*

        tests! {
            $($function $about;)*
            trap_vectors "int with any vector that is not a program's is a fault";
            trap_wbinvd "wbinvd, where it traps";
            trap_selectors "loading a selector that is not a program's is a fault";
            trap_far_jumps "far jumps to selectors of the kernel are faults";
            trap_caught "an exception's handler runs, and may go on behind it";
            trap_single_step "the trap flag traps after each instruction";
            trap_step_over_call "the trap flag set at a system call harms nobody";
            trap_nested_task "the NT flag set at a system call harms nobody";
            trap_direction "the direction flag set at a system call harms nobody";
            trap_alignment "the AC flag set at a system call harms nobody";
            trap_flags_kept "flags are kept over a system call";
            trap_stack_anywhere "system calls work with the stack pointer anywhere";
            trap_segments "system calls work with any data segments, and keep them";
            trap_registers_kept "a system call changes no register but eax";
            trap_unknown_call "unknown call numbers are ENOSYS";
            trap_high_code "code at the end of the segment";
            fpu_kept "coprocessor registers are kept over task switches";
            fpu_fork "a child has its parent's coprocessor registers";
            fpu_fresh "a program starts with a fresh coprocessor";
            fpu_exception "an unmasked coprocessor exception is SIGFPE";
            fpu_exception_switch "and in the right process, if another has run meanwhile";
        }
    };
}

exceptions! {
    trap_divide SIGFPE "division by zero" "xor ecx, ecx; xor edx, edx; div ecx";
    trap_divide_overflow SIGFPE "a quotient that is too large" "mov eax, 0x80000000; cdq; mov ecx, -1; idiv ecx";
    trap_breakpoint SIGTRAP "int3" "int3";
    trap_overflow SIGSEGV "into with overflow" "mov al, 127; add al, 1; into";
    trap_bound SIGSEGV "bound out of range" "push 5; push 1; mov eax, 9; bound eax, [esp]";
    trap_undefined SIGILL "ud2" "ud2";
    trap_cli SIGSEGV "cli" "cli";
    trap_sti SIGSEGV "sti" "sti";
    trap_hlt SIGSEGV "hlt" "hlt";
    trap_in SIGSEGV "in" "in al, 0x21";
    trap_in_dx SIGSEGV "in through dx" "mov dx, 0x1f7; in al, dx";
    trap_out SIGSEGV "out" "mov al, 0xff; out 0x21, al";
    trap_outs SIGSEGV "outsb" "mov dx, 0x80; mov esi, esp; outsb";
    trap_lgdt SIGSEGV "lgdt" "lgdt [esp]";
    trap_lidt SIGSEGV "lidt" "lidt [esp]";
    trap_lldt SIGSEGV "lldt" "xor eax, eax; lldt ax";
    trap_ltr SIGSEGV "ltr" "mov eax, 0x20; ltr ax";
    trap_lmsw SIGSEGV "lmsw" "xor eax, eax; lmsw ax";
    trap_cr0 SIGSEGV "mov to cr0" "xor eax, eax; mov cr0, eax";
    trap_cr3 SIGSEGV "mov from cr3" "mov eax, cr3";
    trap_dr7 SIGSEGV "mov to dr7" "xor eax, eax; mov dr7, eax";
    trap_clts SIGSEGV "clts" "clts";
    trap_invlpg SIGSEGV "invlpg" "invlpg [esp]";
    trap_iret_ring0 SIGSEGV "iret to ring 0" "pushfd; push 8; push 0x100000; iretd";
    trap_iret_task SIGSEGV "iret with NT" "pushfd; or dword ptr [esp], 0x4000; popfd; iretd";
    trap_retf SIGSEGV "far return to ring 0" "push 8; push 0x100000; retf";
    trap_stack_fault SIGSEGV "push with esp outside the segment" "mov esp, 0x80000000; push eax";
    trap_null_segment SIGSEGV "an access through a null selector" "xor eax, eax; mov gs, ax; mov eax, gs:[0x1000]";
    trap_long_instruction SIGSEGV "an instruction of too many bytes" ".byte 0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x90";
    trap_lock SIGILL "lock where it may not be" ".byte 0xf0, 0x90";
}

fn trap_vectors() -> Outcome {
    macro_rules! vectors {
        ($($vector:literal)*) => {
            [$((
                $vector,
                // SAFETY: the process ends here.
                (|| unsafe { asm!("int {0}", const $vector) }) as fn(),
            )),*]
        };
    }
    let vectors = vectors!(0 1 2 6 7 8 9 10 11 12 13 14 15 16 17 18 19 30 31 32 33 36 46 47 48 64 100 127 129 200 255);
    for (vector, run) in vectors {
        let status = must!(fate(|| {
            run();
            0
        }));
        check_eq!(
            (vector, status.term_signal()),
            (vector, Some(Signal::SIGSEGV))
        );
    }
    Ok(())
}

/// QEMU 10.0 lets programs run wbinvd, and does nothing.
fn trap_wbinvd() -> Outcome {
    let status = must!(fate(|| {
        // SAFETY: it writes the caches back, which changes no memory.
        unsafe { asm!("wbinvd") };
        0
    }));
    let is_let = is_qemu() && status.exit_status() == Some(0);
    check!(is_let || status.term_signal() == Some(Signal::SIGSEGV));
    Ok(())
}

/// Whether CPUID gives the signature of QEMU's own processor, `TCGTCGTCGTCG`.
fn is_qemu() -> bool {
    let leaf = __cpuid(0x4000_0000);
    let signature = [leaf.ebx, leaf.ecx, leaf.edx].map(u32::to_le_bytes);
    signature.as_flattened() == b"TCGTCGTCGTCG"
}

/// Loads a selector into a data segment register of ring 3.
fn load_selector(selector: u32) {
    // SAFETY: gs is not used by anything else.
    unsafe { asm!("mov gs, {0:x}", in(reg) selector) };
}

fn load_stack_selector(selector: u32) {
    // SAFETY: the process ends here unless it is the selector it had.
    unsafe { asm!("mov ss, {0:x}", in(reg) selector) };
}

fn trap_selectors() -> Outcome {
    for selector in (0x08..0x240).step_by(8) {
        for rpl in [0, 3] {
            killed_by(Signal::SIGSEGV, || load_selector(selector | rpl))?;
        }
    }
    for selector in [0x1c, 0x1f, 0x27, 0xfff7, 0xffff] {
        killed_by(Signal::SIGSEGV, || load_selector(selector))?;
    }
    for selector in [0, 3, 8, 0x10, 0x0f, 0x14, 0x20, 0xffff] {
        killed_by(Signal::SIGSEGV, || load_stack_selector(selector))?;
    }
    // These three may be loaded.
    for selector in [0, 0x0f, 0x17] {
        in_child(|| {
            load_selector(selector);
            check_eq!(calls::getppid().0, must!(in_child_answer()));
            Ok(())
        })?;
    }
    Ok(())
}

/// The parent's id, by way of a fork, so that segment registers are loaded.
fn in_child_answer() -> abi::Result<u32> {
    let parent = calls::getppid();
    let status = fate(|| 0)?;
    status.exit_status().map(|_| parent.0).ok_or(Errno::EIO)
}

fn trap_far_jumps() -> Outcome {
    for selector in (0u32..0x240).step_by(8).chain([0x17, 0x1f, 0xffff]) {
        for rpl in [0, 3] {
            let target = [0x1000, selector | rpl];
            killed_by(Signal::SIGSEGV, || {
                // SAFETY: the process ends here.
                unsafe { asm!(".byte 0xff, 0x28", in("eax") &target) }
            })?;
            killed_by(Signal::SIGSEGV, || {
                // SAFETY: the process ends here.
                unsafe { asm!(".byte 0xff, 0x18", in("eax") &target) }
            })?;
        }
    }
    Ok(())
}

static CAUGHT: AtomicU32 = AtomicU32::new(0);

extern "C" fn count(_signal: u32) {
    CAUGHT.fetch_add(1, Relaxed);
}

fn trap_caught() -> Outcome {
    must!(sigaction(Signal::SIGTRAP, Handler::Catch(count)));
    for _ in 0..10 {
        // SAFETY: the handler returns behind the instruction.
        unsafe { asm!("int3") };
    }
    check_eq!(CAUGHT.load(Relaxed), 10);
    Ok(())
}

/// Runs three instructions with the trap flag set.
#[unsafe(naked)]
extern "C" fn step() {
    naked_asm!(
        "pushfd",
        "or dword ptr [esp], 0x100",
        "popfd",
        "nop",
        "nop",
        "pushfd",
        "and dword ptr [esp], 0xfffffeff",
        "popfd",
        "ret",
    )
}

/// Ends the process when it has come three times.
extern "C" fn exit_at_third(_signal: u32) {
    if CAUGHT.fetch_add(1, Relaxed) == 2 {
        calls::_exit(7);
    }
}

fn trap_single_step() -> Outcome {
    killed_by(Signal::SIGTRAP, || {
        step();
    })?;
    // The handler runs without the flag, or it would end in its own trap. Its
    // return sets the flag again one instruction before the program goes on.
    let status = must!(fate(|| {
        let _ = sigaction(Signal::SIGTRAP, Handler::Catch(exit_at_third));
        step();
        0
    }));
    check_eq!(status.exit_status(), Some(7));
    Ok(())
}

/// Makes a system call with some flags set; what it answers.
fn call_with_flags(flags: u32, number: u32, argument: u32) -> i32 {
    let result;
    // SAFETY: the flags are put back before the compiler's code goes on.
    unsafe {
        asm!(
            "pushfd",
            "pushfd",
            "or dword ptr [esp], {flags}",
            "popfd",
            "int 0x80",
            "popfd",
            flags = in(reg) flags,
            inlateout("eax") number => result,
            in("ebx") argument,
        );
    }
    result
}

const GETPID: u32 = 20;
const UNAME: u32 = 59;
const FORK: u32 = 2;
const SYNC: u32 = 36;

fn check_flags(flags: u32) -> Outcome {
    in_child(|| {
        check_eq!(call_with_flags(flags, GETPID, 0), calls::getpid().0 as i32);
        let mut name = Utsname::zeroed();
        check_eq!(call_with_flags(flags, UNAME, (&raw mut name) as u32), 0);
        check_eq!(name.as_bytes(), must!(calls::uname()).as_bytes());
        check_eq!(call_with_flags(flags, SYNC, 0), 0);
        let pid = call_with_flags(flags, FORK, 0);
        if pid == 0 {
            calls::_exit(0);
        }
        check!(pid > 0);
        all_well(&[calls::Pid(pid as u32)])
    })
}

fn trap_step_over_call() -> Outcome {
    must!(sigaction(Signal::SIGTRAP, Handler::Ignore));
    // An exception of one's own cannot be ignored.
    killed_by(Signal::SIGTRAP, || {
        call_with_flags(0x100, GETPID, 0);
    })?;
    must!(sigaction(Signal::SIGTRAP, Handler::Catch(count)));
    check_flags(0x100)
}

fn trap_nested_task() -> Outcome {
    check_flags(0x4000)
}

fn trap_direction() -> Outcome {
    check_flags(0x400)
}

fn trap_alignment() -> Outcome {
    check_flags(0x4_0000)
}

fn trap_flags_kept() -> Outcome {
    for flags in [0u32, 1, 0x8d5, 0x401, 0x4000] {
        let after: u32;
        // SAFETY: the flags are put back before the compiler's code goes on.
        unsafe {
            asm!(
                "pushfd",
                "push {flags}",
                "popfd",
                "int 0x80",
                "pushfd",
                "pop {after}",
                "popfd",
                flags = in(reg) flags,
                after = lateout(reg) after,
                inlateout("eax") GETPID => _,
            );
        }
        check_eq!(after & 0x4cd5, flags & 0x4cd5);
    }
    Ok(())
}

fn trap_stack_anywhere() -> Outcome {
    for esp in [
        0,
        1,
        3,
        0x1001,
        HOLE,
        task_size(),
        0x8000_0000,
        0xc000_0001,
        u32::MAX,
    ] {
        let result: u32;
        // SAFETY: esp is put back at once; no handler is set that could run on
        // it.
        unsafe {
            asm!("xchg esp, edi", "int 0x80", "xchg esp, edi",
                inlateout("eax") GETPID => result, inlateout("edi") esp => _);
        }
        check_eq!(result, calls::getpid().0);
    }
    Ok(())
}

fn trap_segments() -> Outcome {
    for selector in [0u32, 0x0f, 0x17, 0x16, 0x14] {
        let (result, after): (u32, u32);
        // SAFETY: the segments are put back at once.
        unsafe {
            asm!(
                "mov es, {selector:x}", "mov fs, {selector:x}", "mov gs, {selector:x}", "mov ds, {selector:x}",
                "int 0x80",
                "mov edx, fs", "shl edx, 16", "mov ecx, gs", "or edx, ecx",
                "mov ecx, 0x17", "mov ds, cx", "mov es, cx", "mov fs, cx", "mov gs, cx",
                selector = in(reg) selector,
                inlateout("eax") GETPID => result,
                out("edx") after,
                out("ecx") _,
            );
        }
        check_eq!(result, calls::getpid().0);
        check_eq!(after, selector << 16 | selector);
    }
    Ok(())
}

/// Makes a call and tells which registers have changed, a bit for each of
/// ebx ecx edx esi edi ebp.
#[unsafe(naked)]
extern "C" fn changed_registers(number: u32) -> u32 {
    naked_asm!(
        "push ebp",
        "push ebx",
        "push esi",
        "push edi",
        "mov eax, [esp + 20]",
        "mov ebx, 0x7fff1111",
        "mov ecx, 0x7fff2222",
        "mov edx, 0x7fff3333",
        "mov esi, 0x7fff4444",
        "mov edi, 0x7fff5555",
        "mov ebp, 0x7fff6666",
        "int 0x80",
        "xor eax, eax",
        "cmp ebx, 0x7fff1111",
        "je 2f",
        "or eax, 1",
        "2:",
        "cmp ecx, 0x7fff2222",
        "je 2f",
        "or eax, 2",
        "2:",
        "cmp edx, 0x7fff3333",
        "je 2f",
        "or eax, 4",
        "2:",
        "cmp esi, 0x7fff4444",
        "je 2f",
        "or eax, 8",
        "2:",
        "cmp edi, 0x7fff5555",
        "je 2f",
        "or eax, 16",
        "2:",
        "cmp ebp, 0x7fff6666",
        "je 2f",
        "or eax, 32",
        "2:",
        "pop edi",
        "pop esi",
        "pop ebx",
        "pop ebp",
        "ret",
    )
}

fn trap_registers_kept() -> Outcome {
    // Not those that end, sleep, or change what the next ones do.
    let leave_out = [1, 2, 11, 29, 72, 88];
    in_child(|| {
        for number in (0..100).filter(|number| !leave_out.contains(number)) {
            check_eq!((number, changed_registers(number)), (number, 0));
        }
        Ok(())
    })
}

fn trap_unknown_call() -> Outcome {
    for number in [
        NR_SYSTEM_CALLS as u32,
        100,
        128,
        255,
        256,
        0x7fff_ffff,
        0x8000_0000,
        u32::MAX,
        u32::MAX - 40,
    ] {
        let result: i32;
        // SAFETY: the kernel must refuse the number.
        unsafe { asm!("int 0x80", inlateout("eax") number => result) };
        check_eq!(
            (number, Errno::from_eax(result)),
            (number, Err(Errno::ENOSYS))
        );
    }
    Ok(())
}

fn trap_high_code() -> Outcome {
    // A page at the end of the stack segment, then a jump to its last byte:
    // the next instruction lies outside.
    killed_by(Signal::SIGSEGV, || {
        // SAFETY: the word is unused, and the process ends here.
        unsafe { asm!("mov byte ptr [ecx], 0x90", "jmp ecx", in("ecx") task_size() - 1) }
    })
}

/// Adds a number a thousand times with the sum in the coprocessor, while
/// others do likewise.
fn sum(value: u32, rounds: u32) -> u32 {
    let mut result = 0u32;
    // SAFETY: the coprocessor is the process's own; its stack is empty again
    // behind the block.
    unsafe {
        asm!(
            "fninit",
            "fild dword ptr [{value}]",
            "fldz",
            "2:",
            "fadd st(0), st(1)",
            "push ecx",
            "mov ecx, 200",
            "3: loop 3b",
            "pop ecx",
            "dec ecx",
            "jnz 2b",
            "fistp dword ptr [{result}]",
            "ffree st(0)",
            "fninit",
            value = in(reg) &value,
            result = in(reg) &mut result,
            inout("ecx") rounds => _,
        );
    }
    result
}

fn fpu_kept() -> Outcome {
    let mut children = Vec::new();
    for value in 1..=6 {
        children.push(must!(child(|| {
            check_eq!(sum(value, 1000), value * 1000);
            Ok(())
        })));
    }
    check_eq!(sum(77, 1000), 77_000);
    all_well(&children)
}

fn fpu_fork() -> Outcome {
    let number = 123_456u32;
    let mut result = 0u32;
    // SAFETY: the value stays on the coprocessor's stack over the fork; soft
    // floats leave that alone.
    unsafe { asm!("fninit", "fild dword ptr [{0}]", in(reg) &number) };
    let pid = must!(child(|| {
        let mut inherited = 0u32;
        // SAFETY: as above.
        unsafe { asm!("fistp dword ptr [{0}]", in(reg) &mut inherited) };
        check_eq!(inherited, number);
        Ok(())
    }));
    all_well(&[pid])?;
    // SAFETY: as above.
    unsafe { asm!("fistp dword ptr [{0}]", in(reg) &mut result) };
    check_eq!(result, number);
    Ok(())
}

fn fpu_fresh() -> Outcome {
    in_child(|| {
        let mut control = 0u16;
        // SAFETY: stores the control word.
        unsafe { asm!("fnstcw word ptr [{0}]", in(reg) &mut control) };
        check_eq!(control, 0x37f);
        Ok(())
    })
}

/// Divides 1 by 0 in the coprocessor with the exception unmasked.
fn divide_by_zero() {
    let control = 0x37bu16;
    // SAFETY: the wait reports the exception: the process ends there, or its
    // handler runs.
    unsafe {
        asm!("fninit", "fldcw word ptr [{0}]", "fld1", "fldz", "fdivp st(1), st(0)", "fwait",
            in(reg) &control)
    };
}

fn fpu_exception() -> Outcome {
    killed_by(Signal::SIGFPE, divide_by_zero)?;
    must!(sigaction(Signal::SIGFPE, Handler::Catch(count)));
    divide_by_zero();
    check_eq!(CAUGHT.load(Relaxed), 1);
    // SAFETY: resets the coprocessor.
    unsafe { asm!("fninit") };
    check_eq!(sum(3, 10), 30);
    Ok(())
}

fn fpu_exception_switch() -> Outcome {
    let control = 0x37bu16;
    killed_by(Signal::SIGFPE, || {
        // SAFETY: the exception is pending when the other process runs; the
        // process ends at the wait.
        unsafe {
            asm!("fninit", "fldcw word ptr [{0}]", "fld1", "fldz", "fdivp st(1), st(0)",
                in(reg) &control)
        };
        let _ = fate(|| {
            // SAFETY: resets the child's coprocessor.
            unsafe { asm!("fninit") };
            sum(5, 10) as i32
        });
        // SAFETY: as above.
        unsafe { asm!("fwait") };
    })
}
