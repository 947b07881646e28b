// SPDX-License-Identifier: GPL-2.0-or-later
//! `ptrace`: one process watches another.

use crate::helper::PROGRAM;
use crate::support::{
    HOLE, Outcome, Pipe, address, as_user, child, copy_file, in_child, kill_and_wait, number,
    read_all, sleeper, wait_for, wait_for_state, wait_until_asleep,
};
use abi::ptrace::register::*;
use abi::ptrace::*;
use abi::signal::Signal;
use abi::sys::wait::{WNOHANG, WaitStatus};
use abi::unistd::number as call;
use abi::{Errno, Result};
use core::arch::{asm, naked_asm};
use core::ffi::CStr;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use user::calls::{self, Fd, Pid};
use user::env::task_size;
use user::signal::{Handler, sigaction};

tests! {
    trace_exec "execve of a traced program stops with SIGTRAP";
    trace_memory "a tracer reads and writes its tracee's memory, and nobody else's";
    trace_text "text that is changed is changed for the tracee only";
    trace_across_pages "a word that lies in two pages";
    trace_registers "a tracer reads and writes registers";
    trace_registers_refused "selectors and system flags stay as they are";
    trace_step "single steps go instruction by instruction";
    trace_step_fork "a step over fork does not follow the child";
    trace_signals "a tracer drops signals, replaces them, hands them on";
    trace_ignored_signal "a tracer sees signals that its tracee ignores";
    trace_held "SIGCONT does not end a tracer's stop, SIGKILL does";
    trace_killed "PTRACE_KILL ends the tracee";
    trace_system_calls "stops before and behind each system call";
    trace_child "a child of a tracee is not traced";
    trace_tracer_ends "tracees go on when their tracer ends";
    trace_step_tracer_ends "even in the middle of a step";
    trace_attach "a running process is attached to and let go";
    trace_attach_stopped "a stopped one as well";
    trace_attached_end "a tracer that is not the parent hears of the end before it does";
    trace_setuid "a traced program gains no rights";
    trace_unreadable "nobody sees by tracing what he may not read";
    trace_exec_registers "a program starts with clean registers and flags";
    trace_permission "only one's own processes can be traced, and once";
    trace_not_standing "requests to what does not stand are ESRCH";
    trace_bad_requests "wrong requests, addresses and signals are EIO";
}

static VALUE: AtomicU32 = AtomicU32::new(0);

/// Lets its parent trace it and stands still.
fn trace_me() -> Outcome {
    must!(calls::ptrace(PTRACE_TRACEME, Pid(0), 0, 0));
    must!(calls::raise(Signal::SIGSTOP));
    Ok(())
}

/// A traced child, which stands and then does something.
fn tracee(run: impl FnOnce() -> Outcome) -> Result<Pid> {
    let pid = child(|| {
        trace_me()?;
        run()
    })?;
    match wait_for(pid)?.stop_signal() {
        Some(Signal::SIGSTOP) => Ok(pid),
        _ => Err(Errno::EIO),
    }
}

fn go_on(request: u32, pid: Pid, signal: u32) -> Result<WaitStatus> {
    calls::ptrace(request, pid, 1, signal)?;
    wait_for(pid)
}

fn register(pid: Pid, register: usize) -> Result<u32> {
    calls::ptrace(PTRACE_PEEKUSER, pid, register as u32 * 4, 0)
}

fn set_register(pid: Pid, register: usize, value: u32) -> Result<u32> {
    calls::ptrace(PTRACE_POKEUSER, pid, register as u32 * 4, value)
}

fn trap() -> WaitStatus {
    WaitStatus::from_stop(Signal::SIGTRAP)
}

fn trace_exec() -> Outcome {
    let pid = must!(child(|| {
        must!(calls::ptrace(PTRACE_TRACEME, Pid(0), 0, 0));
        Err(failure!(
            "{:?}",
            calls::execve(c"/bin/true", &[c"true"], &[])
        ))
    }));
    check_eq!(must!(wait_for(pid)), WaitStatus(0x057f));
    // It stands before its first instruction.
    check_eq!(
        must!(calls::ptrace(
            PTRACE_PEEKDATA,
            pid,
            must!(register(pid, UESP)),
            0
        )),
        1
    );
    check_eq!(must!(go_on(PTRACE_CONT, pid, 0)), WaitStatus(0));
    Ok(())
}

fn trace_memory() -> Outcome {
    VALUE.store(0x1234_5678, Relaxed);
    let pid = must!(tracee(|| {
        check_eq!(VALUE.load(Relaxed), 0xdead_beef);
        Ok(())
    }));
    let at = address(&raw const VALUE);
    check_eq!(calls::ptrace(PTRACE_PEEKDATA, pid, at, 0), Ok(0x1234_5678));
    check_eq!(calls::ptrace(PTRACE_PEEKTEXT, pid, at, 0), Ok(0x1234_5678));
    must!(calls::ptrace(PTRACE_POKEDATA, pid, at, 0xdead_beef));
    check_eq!(calls::ptrace(PTRACE_PEEKDATA, pid, at, 0), Ok(0xdead_beef));
    check_eq!(VALUE.load(Relaxed), 0x1234_5678);
    // On the stack, as it grows.
    let deep = must!(register(pid, UESP)) - 0x1_0000;
    check_eq!(calls::ptrace(PTRACE_PEEKDATA, pid, deep, 0), Ok(0));
    check_eq!(must!(go_on(PTRACE_CONT, pid, 0)), WaitStatus(0));
    Ok(())
}

#[unsafe(naked)]
extern "C" fn answer() -> u32 {
    naked_asm!("mov eax, 41", "ret")
}

fn trace_text() -> Outcome {
    let pid = must!(tracee(|| {
        check_eq!(answer(), 42);
        Ok(())
    }));
    // The operand of the first instruction.
    let at = answer as *const () as u32 + 1;
    check_eq!(calls::ptrace(PTRACE_PEEKTEXT, pid, at, 0), Ok(41));
    must!(calls::ptrace(PTRACE_POKETEXT, pid, at, 42));
    check_eq!(answer(), 41);
    in_child(|| {
        check_eq!(answer(), 41);
        Ok(())
    })?;
    check_eq!(must!(go_on(PTRACE_CONT, pid, 0)), WaitStatus(0));
    // Nor is the file changed, nor what runs it now.
    let sleeping = must!(child(|| {
        must!(calls::ptrace(PTRACE_TRACEME, Pid(0), 0, 0));
        Err(failure!(
            "{:?}",
            calls::execve(PROGRAM, &[PROGRAM, c"--helper", c"mask"], &[])
        ))
    }));
    check_eq!(must!(wait_for(sleeping)), trap());
    check_eq!(calls::ptrace(PTRACE_PEEKTEXT, sleeping, at, 0), Ok(41));
    must!(calls::ptrace(PTRACE_POKETEXT, sleeping, at, 43));
    check_eq!(answer(), 41);
    must!(calls::ptrace(PTRACE_KILL, sleeping, 0, 0));
    check_eq!(
        must!(wait_for(sleeping)).term_signal(),
        Some(Signal::SIGKILL)
    );
    Ok(())
}

fn trace_across_pages() -> Outcome {
    let end = must!(system_call!(brk(0)));
    let page = end.next_multiple_of(4096) + 4096;
    let pid = must!(tracee(|| Ok(())));
    // The child's heap ends below: nothing is there.
    check_eq!(
        calls::ptrace(PTRACE_PEEKDATA, pid, page - 2, 0),
        Err(Errno::EIO)
    );
    check_eq!(must!(go_on(PTRACE_CONT, pid, 0)), WaitStatus(0));
    let pid = must!(child(|| {
        must!(system_call!(brk(page + 4096)));
        trace_me()?;
        // SAFETY: both bytes are part of the heap.
        let bytes = unsafe { [*((page - 1) as *const u8), *(page as *const u8)] };
        check_eq!(bytes, [0x22, 0x33]);
        Ok(())
    }));
    must!(wait_for(pid));
    must!(calls::ptrace(PTRACE_POKEDATA, pid, page - 2, 0x4433_2211));
    check_eq!(
        calls::ptrace(PTRACE_PEEKDATA, pid, page - 2, 0),
        Ok(0x4433_2211)
    );
    check_eq!(
        calls::ptrace(PTRACE_PEEKDATA, pid, page - 3, 0),
        Ok(0x3322_1100)
    );
    check_eq!(must!(go_on(PTRACE_CONT, pid, 0)), WaitStatus(0));
    Ok(())
}

fn trace_registers() -> Outcome {
    let pid = must!(tracee(|| {
        let (ecx, edx, edi): (u32, u32, u32);
        // SAFETY: the tracer changes registers that are declared to change.
        unsafe {
            asm!("int3", inout("eax") 0x11 => _, inout("ecx") 0x22 => ecx,
                inout("edx") 0x33 => edx, inout("edi") 0x44 => edi);
        }
        check_eq!([ecx, edx, edi], [0x222, 0x333, 0x444]);
        Ok(())
    }));
    check_eq!(must!(go_on(PTRACE_CONT, pid, 0)), trap());
    let values = [EAX, ECX, EDX, EDI, CS, SS, DS, ES, FS];
    let values = values.map(|index| register(pid, index).unwrap_or(u32::MAX));
    check_eq!(
        values,
        [0x11, 0x22, 0x33, 0x44, 0x0f, 0x17, 0x17, 0x17, 0x17]
    );
    // Behind the one byte of int3, in no system call.
    let eip = must!(register(pid, EIP));
    check_eq!(
        must!(calls::ptrace(PTRACE_PEEKTEXT, pid, eip - 1, 0)) & 0xff,
        0xcc
    );
    check_eq!(register(pid, ORIG_EAX), Ok(u32::MAX));
    for (index, value) in [(ECX, 0x222), (EDX, 0x333), (EDI, 0x444)] {
        must!(set_register(pid, index, value));
        check_eq!(register(pid, index), Ok(value));
    }
    check_eq!(must!(go_on(PTRACE_CONT, pid, 0)), WaitStatus(0));
    Ok(())
}

fn trace_registers_refused() -> Outcome {
    let pid = must!(tracee(|| {
        must!(calls::raise(Signal::SIGSTOP));
        Ok(())
    }));
    for index in [CS, SS, DS, ES, FS, GS, ORIG_EAX] {
        for value in [8, 0x10, 0x20, 0x2b, 0x14, 0xffff] {
            check_eq!(set_register(pid, index, value), Err(Errno::EIO));
        }
    }
    let flags = must!(register(pid, EFL));
    must!(set_register(pid, EFL, u32::MAX));
    // Interrupt flag, privilege level, NT, RF, VM, AC are as before.
    check_eq!(must!(register(pid, EFL)) & !0xdd5, flags & !0xdd5);
    must!(set_register(pid, EFL, flags));
    check_eq!(
        must!(go_on(PTRACE_CONT, pid, 0)).stop_signal(),
        Some(Signal::SIGSTOP)
    );
    // It dies of a wild instruction pointer; nobody else does.
    must!(set_register(pid, EIP, 0xf000_0000));
    must!(set_register(pid, UESP, 0xf000_0000));
    let status = must!(go_on(PTRACE_CONT, pid, 0));
    check!(status.stop_signal() == Some(Signal::SIGSEGV) || status.term_signal().is_some());
    if status.stop_signal().is_some() {
        check_eq!(
            must!(go_on(PTRACE_CONT, pid, Signal::SIGSEGV.number())).term_signal(),
            Some(Signal::SIGSEGV)
        );
    }
    Ok(())
}

fn trace_step() -> Outcome {
    let pid = must!(tracee(|| {
        // SAFETY: does nothing.
        unsafe { asm!("int3", "nop", "nop", "nop", "nop") };
        Ok(())
    }));
    check_eq!(must!(go_on(PTRACE_CONT, pid, 0)), trap());
    let start = must!(register(pid, EIP));
    for step in 1..=4 {
        check_eq!(must!(go_on(PTRACE_SINGLESTEP, pid, 0)), trap());
        check_eq!(register(pid, EIP), Ok(start + step));
        // The trap flag is not the program's.
        check_eq!(must!(register(pid, EFL)) & 0x100, 0);
    }
    check_eq!(must!(go_on(PTRACE_CONT, pid, 0)), WaitStatus(0));
    Ok(())
}

fn trace_step_fork() -> Outcome {
    let pid = must!(tracee(|| in_child(|| Ok(()))));
    let mut status = trap();
    let mut steps = 0;
    while status.stop_signal().is_some() && steps < 20_000 {
        let signal = status
            .stop_signal()
            .filter(|signal| *signal != Signal::SIGTRAP);
        status = must!(go_on(
            PTRACE_SINGLESTEP,
            pid,
            signal.map_or(0, Signal::number)
        ));
        steps += 1;
    }
    check_eq!(status, WaitStatus(0));
    check!(steps > 100);
    Ok(())
}

extern "C" fn note(signal: u32) {
    VALUE.fetch_or(1 << signal, Relaxed);
}

fn trace_signals() -> Outcome {
    let pid = must!(tracee(|| {
        must!(sigaction(Signal::SIGUSR1, Handler::Catch(note)));
        must!(sigaction(Signal::SIGUSR2, Handler::Catch(note)));
        for expected in [0, 1 << 12, 1 << 12 | 1 << 10] {
            must!(calls::raise(Signal::SIGUSR1));
            check_eq!(VALUE.load(Relaxed), expected);
        }
        Ok(())
    }));
    let user_1 = WaitStatus::from_stop(Signal::SIGUSR1);
    check_eq!(must!(go_on(PTRACE_CONT, pid, 0)), user_1);
    check_eq!(must!(go_on(PTRACE_CONT, pid, 0)), user_1);
    check_eq!(
        must!(go_on(PTRACE_CONT, pid, Signal::SIGUSR2.number())),
        user_1
    );
    check_eq!(
        must!(go_on(PTRACE_CONT, pid, Signal::SIGUSR1.number())),
        WaitStatus(0)
    );
    Ok(())
}

fn trace_ignored_signal() -> Outcome {
    let pid = must!(tracee(|| {
        must!(sigaction(Signal::SIGTERM, Handler::Ignore));
        must!(calls::raise(Signal::SIGTERM));
        must!(calls::raise(Signal::SIGCHLD));
        Ok(())
    }));
    for signal in [Signal::SIGTERM, Signal::SIGCHLD] {
        check_eq!(
            must!(go_on(PTRACE_CONT, pid, 0)),
            WaitStatus::from_stop(signal)
        );
    }
    check_eq!(must!(go_on(PTRACE_CONT, pid, 0)), WaitStatus(0));
    Ok(())
}

fn trace_held() -> Outcome {
    let pid = must!(tracee(|| Ok(())));
    must!(calls::kill(number(pid), Signal::SIGCONT.number()));
    must!(wait_for_state(pid, b'T'));
    check_eq!(calls::waitpid(number(pid), WNOHANG), Ok(None));
    must!(calls::kill(number(pid), Signal::SIGKILL.number()));
    check_eq!(must!(wait_for(pid)).term_signal(), Some(Signal::SIGKILL));
    Ok(())
}

fn trace_killed() -> Outcome {
    let pid = must!(tracee(|| Ok(())));
    must!(calls::ptrace(PTRACE_KILL, pid, 0, 0));
    check_eq!(must!(wait_for(pid)).term_signal(), Some(Signal::SIGKILL));
    Ok(())
}

fn trace_system_calls() -> Outcome {
    let pid = must!(tracee(|| {
        check_eq!(calls::getppid(), Pid(4711));
        check_eq!(system_call!(mpx()), Err(Errno::ENOSYS));
        Ok(())
    }));
    let next = |expected: u32| -> Outcome {
        check_eq!(must!(go_on(PTRACE_SYSCALL, pid, 0)), trap());
        check_eq!(register(pid, ORIG_EAX), Ok(expected));
        Ok(())
    };
    next(call::getppid)?;
    check_eq!(register(pid, EAX), Ok(Errno::ENOSYS.to_eax() as u32));
    next(call::getppid)?;
    check_eq!(register(pid, EAX), Ok(calls::getpid().0));
    must!(set_register(pid, EAX, 4711));
    next(call::mpx)?;
    next(call::mpx)?;
    // Others make their calls as ever.
    in_child(|| Ok(()))?;
    next(call::exit)?;
    check_eq!(must!(go_on(PTRACE_SYSCALL, pid, 0)), WaitStatus(0));
    Ok(())
}

fn trace_child() -> Outcome {
    let pid = must!(tracee(|| {
        let pid = must!(child(|| {
            must!(calls::raise(Signal::SIGTRAP));
            Ok(())
        }));
        // Ended, not stopped.
        check_eq!(must!(wait_for(pid)).term_signal(), Some(Signal::SIGTRAP));
        Ok(())
    }));
    let mut status = must!(go_on(PTRACE_SYSCALL, pid, 0));
    while let Some(signal) = status.stop_signal() {
        let signal = if signal == Signal::SIGTRAP {
            0
        } else {
            signal.number()
        };
        status = must!(go_on(PTRACE_SYSCALL, pid, signal));
    }
    check_eq!(status, WaitStatus(0));
    Ok(())
}

/// A tracer that ends while its tracee is as `leave` leaves it; the tracee
/// must write its byte all the same.
fn end_of_tracer(leave: impl FnOnce(Pid) -> Outcome) -> Outcome {
    let pipe = must!(Pipe::new());
    in_child(|| {
        let pid = must!(tracee(|| {
            for _ in 0..100 {
                calls::getpid();
            }
            must!(calls::write(pipe.1, b"x"));
            Ok(())
        }));
        leave(pid)
    })?;
    must!(calls::close(pipe.1));
    check_eq!(must!(read_all(pipe.0)), b"x");
    Ok(())
}

fn trace_tracer_ends() -> Outcome {
    end_of_tracer(|_| Ok(()))?;
    end_of_tracer(|pid| {
        check_eq!(must!(go_on(PTRACE_SYSCALL, pid, 0)), trap());
        Ok(())
    })
}

fn trace_step_tracer_ends() -> Outcome {
    end_of_tracer(|pid| {
        check_eq!(must!(go_on(PTRACE_SINGLESTEP, pid, 0)), trap());
        must!(calls::ptrace(PTRACE_SINGLESTEP, pid, 0, 0));
        Ok(())
    })
}

fn trace_attach() -> Outcome {
    let pid = must!(sleeper());
    must!(calls::ptrace(PTRACE_ATTACH, pid, 0, 0));
    check_eq!(must!(wait_for(pid)), WaitStatus::from_stop(Signal::SIGSTOP));
    check_eq!(register(pid, ORIG_EAX), Ok(call::pause));
    must!(calls::ptrace(PTRACE_DETACH, pid, 0, 0));
    must!(wait_until_asleep(pid));
    check_eq!(calls::ptrace(PTRACE_DETACH, pid, 0, 0), Err(Errno::ESRCH));
    must!(calls::kill(number(pid), Signal::SIGTERM.number()));
    check_eq!(must!(wait_for(pid)).term_signal(), Some(Signal::SIGTERM));
    Ok(())
}

fn trace_attach_stopped() -> Outcome {
    let pid = must!(sleeper());
    must!(calls::kill(number(pid), Signal::SIGTSTP.number()));
    must!(wait_for_state(pid, b'T'));
    must!(calls::ptrace(PTRACE_ATTACH, pid, 0, 0));
    check_eq!(must!(wait_for(pid)), WaitStatus::from_stop(Signal::SIGSTOP));
    check!(register(pid, EIP).is_ok());
    check_eq!(
        must!(go_on(PTRACE_CONT, pid, Signal::SIGTERM.number())).term_signal(),
        Some(Signal::SIGTERM)
    );
    Ok(())
}

fn trace_attached_end() -> Outcome {
    let pid = must!(sleeper());
    let tracer = must!(child(|| {
        must!(calls::ptrace(PTRACE_ATTACH, pid, 0, 0));
        check_eq!(must!(wait_for(pid)), WaitStatus::from_stop(Signal::SIGSTOP));
        let status = must!(go_on(PTRACE_CONT, pid, Signal::SIGTERM.number()));
        check_eq!(status.term_signal(), Some(Signal::SIGTERM));
        check_eq!(calls::waitpid(-1, 0), Err(Errno::ECHILD));
        Ok(())
    }));
    // Stops are no news of ours.
    check_eq!(must!(wait_for(pid)).term_signal(), Some(Signal::SIGTERM));
    check_eq!(must!(wait_for(tracer)), WaitStatus(0));
    Ok(())
}

fn trace_setuid() -> Outcome {
    must!(copy_file(PROGRAM, c"p"));
    must!(calls::chmod(c"p", 0o6755));
    as_user(100, 10, || {
        let pipe = must!(Pipe::new());
        let pid = must!(child(|| {
            must!(calls::dup2(pipe.1, Fd::STDOUT));
            become_traced(c"./p", c"ids")
        }));
        check_eq!(must!(wait_for(pid)), trap());
        check_eq!(must!(go_on(PTRACE_CONT, pid, 0)), WaitStatus(0));
        must!(calls::close(pipe.1));
        check_eq!(must!(read_all(pipe.0)), [100, 0, 100, 0, 10, 0, 10, 0]);
        Ok(())
    })
}

/// Becomes a traced program that runs a helper.
fn become_traced(path: &CStr, helper: &CStr) -> Outcome {
    let arguments = [PROGRAM, c"--helper", c"traced", path, c"--helper", helper];
    Err(failure!("{:?}", calls::execve(PROGRAM, &arguments, &[])))
}

/// A child that runs a program, which sleeps.
fn program_that_sleeps(path: &CStr) -> Result<Pid> {
    let pid = child(|| {
        let arguments = [path, c"--helper", c"sleep"];
        Err(failure!("{:?}", calls::execve(path, &arguments, &[])))
    })?;
    wait_until_asleep(pid)?;
    Ok(pid)
}

fn trace_unreadable() -> Outcome {
    must!(copy_file(PROGRAM, c"p"));
    must!(calls::chmod(c"p", 0o711));
    as_user(100, 10, || {
        let pid = must!(child(|| become_traced(c"./p", c"ids")));
        let refused = u32::from(Errno::EACCES.number());
        // The first stop is in the helper itself, before it says that it is
        // traced: there is none.
        check_eq!(must!(wait_for(pid)).exit_status(), Some(refused));
        let running = must!(program_that_sleeps(c"./p"));
        check_eq!(
            calls::ptrace(PTRACE_ATTACH, running, 0, 0),
            Err(Errno::EPERM)
        );
        must!(kill_and_wait(running));
        Ok(())
    })?;
    // The super-user reads everything.
    let pid = must!(child(|| become_traced(c"./p", c"ids")));
    check_eq!(must!(wait_for(pid)), trap());
    must!(kill_and_wait(pid));
    Ok(())
}

fn trace_exec_registers() -> Outcome {
    let pid = must!(child(|| {
        must!(calls::ptrace(PTRACE_TRACEME, Pid(0), 0, 0));
        let path = c"/bin/true";
        let vector = [address(path.as_ptr()), 0];
        // SAFETY: the call does not come back, or the flags are put right.
        unsafe {
            asm!(
                "mov eax, ds",
                "mov gs, eax",
                "pushfd",
                "or dword ptr [esp], 0x44400", // AC, NT, DF
                "popfd",
                "mov eax, 11",
                "mov edi, 0x55555555",
                "int 0x80",
                "pushfd",
                "and dword ptr [esp], ~0x44400",
                "popfd",
                inout("eax") 0 => _,
                out("edi") _,
                in("ebx") path.as_ptr(),
                in("ecx") &vector,
                in("edx") 0,
            );
        }
        Err(failure!("execve came back"))
    }));
    check_eq!(must!(wait_for(pid)), trap());
    for name in [EAX, EBX, ECX, EDX, ESI, EDI, EBP, GS] {
        check_eq!((name, must!(register(pid, name))), (name, 0));
    }
    for name in [DS, ES, FS, SS] {
        check_eq!((name, must!(register(pid, name))), (name, 0x17));
    }
    check_eq!(must!(register(pid, EFL)), 0x202);
    check_eq!(must!(go_on(PTRACE_CONT, pid, 0)), WaitStatus(0));
    Ok(())
}

fn trace_permission() -> Outcome {
    let attach = |pid| calls::ptrace(PTRACE_ATTACH, pid, 0, 0);
    let mine = must!(sleeper());
    as_user(100, 10, || {
        check_eq!(attach(mine), Err(Errno::EPERM));
        // It has changed its ids; what it runs next has not.
        let changed = must!(sleeper());
        check_eq!(attach(changed), Err(Errno::EPERM));
        must!(kill_and_wait(changed));
        let own = must!(program_that_sleeps(PROGRAM));
        check_eq!(attach(own), Ok(0));
        must!(wait_for(own));
        must!(calls::ptrace(PTRACE_KILL, own, 0, 0));
        must!(wait_for(own));
        Ok(())
    })?;
    for (pid, errno) in [
        (Pid(1), Errno::EPERM),
        (calls::getpid(), Errno::EPERM),
        (Pid(0), Errno::ESRCH),
        (Pid(u32::MAX), Errno::ESRCH),
        (Pid(0x7ffe), Errno::ESRCH),
    ] {
        check_eq!(attach(pid), Err(errno));
    }
    must!(attach(mine));
    must!(wait_for(mine));
    check_eq!(attach(mine), Err(Errno::EPERM));
    in_child(|| {
        check_eq!(attach(mine), Err(Errno::EPERM));
        for request in [PTRACE_CONT, PTRACE_KILL, PTRACE_PEEKUSER] {
            check_eq!(calls::ptrace(request, mine, 0, 0), Err(Errno::ESRCH));
        }
        must!(calls::ptrace(PTRACE_TRACEME, Pid(0), 0, 0));
        check_eq!(
            calls::ptrace(PTRACE_TRACEME, Pid(0), 0, 0),
            Err(Errno::EPERM)
        );
        Ok(())
    })?;
    must!(calls::ptrace(PTRACE_KILL, mine, 0, 0));
    must!(wait_for(mine));
    Ok(())
}

fn trace_not_standing() -> Outcome {
    let pid = must!(tracee(|| {
        loop {
            calls::pause();
        }
    }));
    must!(calls::ptrace(PTRACE_CONT, pid, 0, 0));
    must!(wait_until_asleep(pid));
    for request in [
        PTRACE_PEEKDATA,
        PTRACE_POKEDATA,
        PTRACE_PEEKUSER,
        PTRACE_POKEUSER,
        PTRACE_CONT,
        PTRACE_SINGLESTEP,
        PTRACE_SYSCALL,
        PTRACE_DETACH,
    ] {
        check_eq!(
            calls::ptrace(request, pid, address(&raw const VALUE), 0),
            Err(Errno::ESRCH)
        );
    }
    must!(calls::ptrace(PTRACE_KILL, pid, 0, 0));
    must!(wait_for(pid));
    check_eq!(calls::ptrace(PTRACE_KILL, pid, 0, 0), Err(Errno::ESRCH));
    Ok(())
}

fn trace_bad_requests() -> Outcome {
    let pid = must!(tracee(|| Ok(())));
    for request in [10, 15, 18, 23, 25, u32::MAX] {
        check_eq!(calls::ptrace(request, pid, 0, 0), Err(Errno::EIO));
    }
    for at in [
        0,
        HOLE,
        task_size() - 3,
        task_size(),
        0x8000_0000,
        u32::MAX - 3,
        u32::MAX,
    ] {
        for request in [PTRACE_PEEKDATA, PTRACE_POKETEXT] {
            check_eq!(calls::ptrace(request, pid, at, 0), Err(Errno::EIO));
        }
    }
    for at in [1, 2, 3, 66, 68, 72, 284, 0x8000_0000, u32::MAX] {
        for request in [PTRACE_PEEKUSER, PTRACE_POKEUSER] {
            check_eq!(calls::ptrace(request, pid, at, 0), Err(Errno::EIO));
        }
    }
    for bad in [1, HOLE, task_size(), u32::MAX] {
        let value = address(&raw const VALUE);
        check_eq!(
            system_call!(ptrace(PTRACE_PEEKDATA, pid.0, value, bad)),
            Err(Errno::EFAULT)
        );
        check_eq!(
            system_call!(ptrace(PTRACE_PEEKUSER, pid.0, 0, bad)),
            Err(Errno::EFAULT)
        );
    }
    for signal in [33, 0x100, u32::MAX] {
        for request in [PTRACE_CONT, PTRACE_DETACH, PTRACE_SYSCALL] {
            check_eq!(calls::ptrace(request, pid, 1, signal), Err(Errno::EIO));
        }
    }
    check_eq!(must!(go_on(PTRACE_CONT, pid, 0)), WaitStatus(0));
    Ok(())
}
