// SPDX-License-Identifier: GPL-2.0-or-later
//! Signals where something is wrong with handler, stack or program.

use crate::signals::{COUNT, DEEPEST, DEPTH, action, catch, note, set_action};
use crate::support::{HOLE, Outcome, fate, killed_by, number};
use abi::signal::{Signal, SignalFlags, SignalSet};
use abi::sys::types::UserAddress;
use core::arch::asm;
use core::sync::atomic::Ordering::Relaxed;
use user::calls;
use user::env::task_size;
use user::signal::{Handler, sigaction};

tests! {
    signal_segv_blocked "a fault with SIGSEGV blocked or ignored ends the process";
    signal_segv_caught "a fault can be caught";
    signal_segv_loop "a fault in the handler of faults ends the process";
    signal_bad_stack "a signal with the stack pointer anywhere ends only the process";
    signal_bad_handler "a handler outside the program is a fault";
    signal_bad_restorer "a restorer outside the program is a fault";
    signal_big_frame "handlers nested deep use the stack as it grows";
}

/// Writes where nothing is.
fn fault() {
    // SAFETY: the page is not there: the processor ends this.
    unsafe { asm!("mov dword ptr [0], 1") };
}

fn signal_segv_blocked() -> Outcome {
    killed_by(Signal::SIGSEGV, || {
        let _ = system_call!(ssetmask(u32::MAX));
        fault();
    })?;
    killed_by(Signal::SIGSEGV, || {
        let _ = sigaction(Signal::SIGSEGV, Handler::Ignore);
        fault();
    })?;
    killed_by(Signal::SIGSEGV, || {
        let _ = catch(Signal::SIGSEGV);
        let _ = system_call!(ssetmask(u32::MAX));
        fault();
    })
}

extern "C" fn exit_7(signal: u32) {
    calls::_exit(if signal == Signal::SIGSEGV.number() {
        7
    } else {
        8
    });
}

fn signal_segv_caught() -> Outcome {
    let status = must!(fate(|| {
        let _ = sigaction(Signal::SIGSEGV, Handler::Catch(exit_7));
        fault();
        0
    }));
    check_eq!(status.exit_status(), Some(7));
    Ok(())
}

extern "C" fn fault_again(_signal: u32) {
    fault();
}

fn signal_segv_loop() -> Outcome {
    killed_by(Signal::SIGSEGV, || {
        let mut action = action(fault_again, SignalFlags::empty());
        action.sa_mask = SignalSet::EMPTY.with(Signal::SIGSEGV);
        let _ = set_action(Signal::SIGSEGV, &action);
        fault();
    })?;
    // Without a mask it eats up the stack first; begin near its limit.
    killed_by(Signal::SIGSEGV, || {
        let _ = set_action(
            Signal::SIGSEGV,
            &action(fault_again, SignalFlags::SA_NOMASK),
        );
        // SAFETY: the process ends here.
        unsafe {
            asm!("mov esp, {0}", "mov dword ptr [0], 1", in(reg) task_size() - (8 << 20) + 0x1_0000,
                options(noreturn))
        }
    })
}

/// Sends this process a signal with the stack pointer anywhere.
fn kill_with_stack(esp: u32) {
    // SAFETY: the process ends here.
    unsafe {
        asm!(
            "mov esp, edi", "int 0x80", "mov eax, 1", "mov ebx, 3", "int 0x80", "ud2",
            in("edi") esp, in("eax") 37, in("ebx") calls::getpid().0,
            in("ecx") Signal::SIGUSR1.number(), options(noreturn),
        )
    }
}

fn signal_bad_stack() -> Outcome {
    let _ = action(note, SignalFlags::empty());
    for esp in [
        0,
        1,
        3,
        16,
        0xfff,
        0x1000,
        HOLE,
        task_size() + 4,
        task_size() + 0x100,
        0x8000_0000,
        0xc000_0000,
        u32::MAX,
    ] {
        killed_by(Signal::SIGSEGV, || {
            let _ = catch(Signal::SIGUSR1);
            kill_with_stack(esp);
        })?;
    }
    Ok(())
}

fn signal_bad_handler() -> Outcome {
    for handler in [
        2,
        0x10,
        HOLE,
        task_size() - 1,
        task_size(),
        0xc000_0000,
        u32::MAX,
    ] {
        killed_by(Signal::SIGSEGV, || {
            let mut action = action(note, SignalFlags::empty());
            action.sa_handler = UserAddress(handler);
            let _ = set_action(Signal::SIGUSR1, &action);
            let _ = calls::raise(Signal::SIGUSR1);
        })?;
    }
    Ok(())
}

fn signal_bad_restorer() -> Outcome {
    for restorer in [0, 0x10, HOLE, task_size(), u32::MAX] {
        killed_by(Signal::SIGSEGV, || {
            let mut action = action(note, SignalFlags::empty());
            action.sa_restorer = UserAddress(restorer);
            let _ = set_action(Signal::SIGUSR1, &action);
            let _ = calls::raise(Signal::SIGUSR1);
        })?;
    }
    Ok(())
}

/// As `again`, a thousand times.
extern "C" fn deep(signal: u32) {
    DEEPEST.fetch_max(DEPTH.fetch_add(1, Relaxed) + 1, Relaxed);
    if COUNT.fetch_add(1, Relaxed) < 999 {
        let _ = calls::kill(number(calls::getpid()), signal);
    }
    DEPTH.fetch_sub(1, Relaxed);
}

fn signal_big_frame() -> Outcome {
    must!(set_action(
        Signal::SIGUSR1,
        &action(deep, SignalFlags::SA_NOMASK)
    ));
    must!(calls::raise(Signal::SIGUSR1));
    check_eq!(COUNT.load(Relaxed), 1000);
    check_eq!(DEEPEST.load(Relaxed), 1000);
    Ok(())
}
