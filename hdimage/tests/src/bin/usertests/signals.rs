// SPDX-License-Identifier: GPL-2.0-or-later
//! Signals: actions, handlers, masks.

use crate::support::{
    Outcome, Pipe, address, all_well, child, in_child, kill_and_wait, killed_by, number, sleeper,
    wait_for, wait_until_asleep,
};
use abi::Errno;
use abi::pod::Pod;
use abi::signal::{SIG_DFL, SIG_IGN, Sigaction, Signal, SignalFlags, SignalSet};
use abi::sys::types::UserAddress;
use abi::sys::wait::{WNOHANG, WaitStatus};
use core::arch::naked_asm;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use user::calls;
use user::signal::{Handler, restore_without_mask, sigaction};

tests! {
    signal_default "what no handler is set for ends the process";
    signal_default_ignored "SIGCHLD and SIGCONT do nothing by default";
    signal_ignored "an ignored signal does nothing, and interrupts nothing";
    signal_handler "a handler gets the number of its signal";
    signal_old_action "sigaction tells the old action";
    signal_uncatchable "SIGKILL and SIGSTOP cannot be caught, ignored or blocked";
    signal_bad_number "signals 0 and above 32 are EINVAL";
    signal_masked_in_handler "sa_mask is blocked while the handler runs";
    signal_nomask "with SA_NOMASK a handler is interrupted by its own signal";
    signal_oneshot "with SA_ONESHOT a handler serves once";
    signal_call "signal() sets a handler for once and tells the old one";
    signal_registers "a handler changes no register of the interrupted program";
    signal_storm "hundreds of signals into a calculation do not disturb it";
    signal_blocked_waits "a blocked signal comes when it is let in, once";
    signal_pending "sigpending tells what is blocked and waits";
    signal_all_pending "several signals at once all run their handlers";
    signal_mask_old "ssetmask tells the old mask";
    signal_mask_fork "a child has its parent's mask and handlers, but no pending signals";
}

/// How many handlers have run, and the number of the last signal.
pub static COUNT: AtomicU32 = AtomicU32::new(0);
pub static LAST: AtomicU32 = AtomicU32::new(0);
/// How many of them run now, and how many ever did at once.
pub static DEPTH: AtomicU32 = AtomicU32::new(0);
pub static DEEPEST: AtomicU32 = AtomicU32::new(0);

pub extern "C" fn note(signal: u32) {
    COUNT.fetch_add(1, Relaxed);
    LAST.store(signal, Relaxed);
}

pub fn catch(signal: Signal) -> abi::Result<()> {
    sigaction(signal, Handler::Catch(note)).map(drop)
}

/// Runs its own signal again, five times in all.
extern "C" fn again(signal: u32) {
    let depth = DEPTH.fetch_add(1, Relaxed) + 1;
    DEEPEST.fetch_max(depth, Relaxed);
    if COUNT.fetch_add(1, Relaxed) < 4 {
        let _ = calls::kill(number(calls::getpid()), signal);
    }
    DEPTH.fetch_sub(1, Relaxed);
}

/// An action with the library's restorer.
pub fn action(handler: extern "C" fn(u32), flags: SignalFlags) -> Sigaction {
    let mut action = get_action(Signal::SIGUSR1);
    if action.sa_restorer.is_null() {
        let _ = catch(Signal::SIGUSR1);
        action = get_action(Signal::SIGUSR1);
    }
    action.sa_handler = UserAddress(handler as usize as u32);
    action.sa_flags = flags.bits();
    if flags.contains(SignalFlags::SA_NOMASK) {
        action.sa_restorer = UserAddress(restore_without_mask as *const () as u32);
    }
    action
}

pub fn get_action(signal: Signal) -> Sigaction {
    let mut action = Sigaction::zeroed();
    let _ = system_call!(sigaction(signal.number(), 0, address(&raw mut action)));
    action
}

pub fn set_action(signal: Signal, action: &Sigaction) -> abi::Result<u32> {
    system_call!(sigaction(signal.number(), address(action), 0))
}

fn signal_default() -> Outcome {
    let stops_or_nothing = 17..=22;
    for signal in (1..=32).filter(|signal| !stops_or_nothing.contains(signal)) {
        let pid = must!(sleeper());
        must!(calls::kill(number(pid), signal));
        check_eq!(must!(wait_for(pid)), WaitStatus(signal));
    }
    Ok(())
}

fn signal_default_ignored() -> Outcome {
    for signal in [Signal::SIGCHLD, Signal::SIGCONT] {
        must!(calls::raise(signal));
        let pid = must!(sleeper());
        must!(calls::kill(number(pid), signal.number()));
        check_eq!(must!(kill_and_wait(pid)), WaitStatus(9));
    }
    Ok(())
}

fn signal_ignored() -> Outcome {
    must!(sigaction(Signal::SIGUSR1, Handler::Ignore));
    must!(calls::raise(Signal::SIGUSR1));
    let pipe = must!(Pipe::new());
    let me = calls::getpid();
    let pid = must!(child(|| {
        must!(wait_until_asleep(me));
        must!(calls::kill(number(me), Signal::SIGUSR1.number()));
        must!(calls::write(pipe.1, b"x"));
        Ok(())
    }));
    check_eq!(calls::read(pipe.0, &mut [0; 4]), Ok(1));
    all_well(&[pid])
}

fn signal_handler() -> Outcome {
    for signal in [
        1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18, 20, 21, 22, 31, 32,
    ] {
        let Some(signal) = Signal::new(signal) else {
            continue;
        };
        must!(catch(signal));
        let before = COUNT.load(Relaxed);
        must!(calls::raise(signal));
        check_eq!(COUNT.load(Relaxed), before + 1);
        check_eq!(LAST.load(Relaxed), signal.number());
    }
    Ok(())
}

fn signal_old_action() -> Outcome {
    // As in 0.11 a mask has its own signal, and is empty with SA_NOMASK.
    let mut first = action(note, SignalFlags::SA_ONESHOT);
    first.sa_mask = SignalSet(0x1234).with(Signal::SIGUSR2);
    must!(set_action(Signal::SIGUSR2, &first));
    let told = get_action(Signal::SIGUSR2);
    check_eq!(told.as_bytes(), first.as_bytes());
    // Old and new may be the same memory.
    let mut both = action(note, SignalFlags::empty());
    let at = address(&raw mut both);
    must!(system_call!(sigaction(Signal::SIGUSR2.number(), at, at)));
    check_eq!(both.as_bytes(), first.as_bytes());
    Ok(())
}

fn signal_uncatchable() -> Outcome {
    for signal in [Signal::SIGKILL, Signal::SIGSTOP] {
        let action = action(note, SignalFlags::empty());
        check_eq!(set_action(signal, &action), Err(Errno::EINVAL));
        check_eq!(
            system_call!(signal(signal.number(), SIG_IGN.0, 0)),
            Err(Errno::EINVAL)
        );
    }
    must!(system_call!(ssetmask(u32::MAX)));
    check_eq!(system_call!(sgetmask()), Ok(!SignalSet::UNBLOCKABLE.0));
    killed_by(Signal::SIGKILL, || {
        let _ = calls::raise(Signal::SIGKILL);
    })
}

fn signal_bad_number() -> Outcome {
    for bad in [0, 33, 34, 64, 0x7fff_ffff, u32::MAX] {
        let action = action(note, SignalFlags::empty());
        check_eq!(
            system_call!(sigaction(bad, address(&action), 0)),
            Err(Errno::EINVAL)
        );
        check_eq!(system_call!(signal(bad, SIG_IGN.0, 0)), Err(Errno::EINVAL));
    }
    Ok(())
}

fn signal_masked_in_handler() -> Outcome {
    let mut action = action(again, SignalFlags::empty());
    action.sa_mask = SignalSet::EMPTY.with(Signal::SIGUSR1).with(Signal::SIGUSR2);
    must!(set_action(Signal::SIGUSR1, &action));
    must!(calls::raise(Signal::SIGUSR1));
    check_eq!(COUNT.load(Relaxed), 5);
    check_eq!(DEEPEST.load(Relaxed), 1);
    check_eq!(system_call!(sgetmask()), Ok(0));
    Ok(())
}

fn signal_nomask() -> Outcome {
    must!(set_action(
        Signal::SIGUSR1,
        &action(again, SignalFlags::SA_NOMASK)
    ));
    must!(calls::raise(Signal::SIGUSR1));
    check_eq!(COUNT.load(Relaxed), 5);
    check_eq!(DEEPEST.load(Relaxed), 5);
    Ok(())
}

fn signal_oneshot() -> Outcome {
    must!(set_action(
        Signal::SIGUSR1,
        &action(note, SignalFlags::SA_ONESHOT)
    ));
    must!(calls::raise(Signal::SIGUSR1));
    check_eq!(COUNT.load(Relaxed), 1);
    check_eq!(get_action(Signal::SIGUSR1).sa_handler, SIG_DFL);
    killed_by(Signal::SIGUSR1, || {
        let _ = calls::raise(Signal::SIGUSR1);
    })
}

fn signal_call() -> Outcome {
    let (handler, restorer) = (
        note as *const () as u32,
        restore_without_mask as *const () as u32,
    );
    let number = Signal::SIGUSR2.number();
    check_eq!(system_call!(signal(number, SIG_IGN.0, 0)), Ok(SIG_DFL.0));
    check_eq!(
        system_call!(signal(number, handler, restorer)),
        Ok(SIG_IGN.0)
    );
    must!(calls::raise(Signal::SIGUSR2));
    check_eq!(LAST.load(Relaxed), number);
    check_eq!(
        system_call!(signal(number, handler, restorer)),
        Ok(SIG_DFL.0)
    );
    check_eq!(system_call!(signal(number, SIG_DFL.0, 0)), Ok(handler));
    Ok(())
}

/// Sends this process a signal and tells which registers are not as before:
/// bits 0 to 5 for ebx ecx edx esi edi ebp, bit 6 for the flags.
#[unsafe(naked)]
extern "C" fn kill_and_compare(pid: u32, signal: u32) -> u32 {
    naked_asm!(
        "push ebp",
        "push ebx",
        "push esi",
        "push edi",
        "mov ebx, [esp + 20]",
        "mov ecx, [esp + 24]",
        "mov edx, 0x33333333",
        "mov esi, 0x44444444",
        "mov edi, 0x55555555",
        "mov ebp, 0x66666666",
        "push ebx",
        "push ecx",
        "mov eax, 37",
        "stc",
        "int 0x80",
        "pushfd",
        "xor eax, eax",
        "cmp ebx, [esp + 8]",
        "je 2f",
        "or eax, 1",
        "2:",
        "cmp ecx, [esp + 4]",
        "je 2f",
        "or eax, 2",
        "2:",
        "cmp edx, 0x33333333",
        "je 2f",
        "or eax, 4",
        "2:",
        "cmp esi, 0x44444444",
        "je 2f",
        "or eax, 8",
        "2:",
        "cmp edi, 0x55555555",
        "je 2f",
        "or eax, 16",
        "2:",
        "cmp ebp, 0x66666666",
        "je 2f",
        "or eax, 32",
        "2:",
        "pop ecx",
        "test ecx, 1",
        "jnz 2f",
        "or eax, 64",
        "2:",
        "add esp, 8",
        "pop edi",
        "pop esi",
        "pop ebx",
        "pop ebp",
        "ret",
    )
}

fn signal_registers() -> Outcome {
    must!(catch(Signal::SIGUSR1));
    check_eq!(
        kill_and_compare(calls::getpid().0, Signal::SIGUSR1.number()),
        0
    );
    check_eq!(COUNT.load(Relaxed), 1);
    Ok(())
}

fn signal_storm() -> Outcome {
    must!(catch(Signal::SIGUSR1));
    let me = calls::getpid();
    let pid = must!(child(|| {
        for _ in 0..300 {
            must!(calls::kill(number(me), Signal::SIGUSR1.number()));
        }
        Ok(())
    }));
    let mut rounds = 0u32;
    while must!(calls::waitpid(number(pid), WNOHANG)).is_none() {
        let count = core::hint::black_box(1000);
        let sum = (0..count).fold(1u32, |sum, value| sum.wrapping_mul(31).wrapping_add(value));
        check_eq!(sum, sum_of_1000());
        rounds += 1;
    }
    check!(COUNT.load(Relaxed) > 0);
    check!(rounds > 0);
    Ok(())
}

fn sum_of_1000() -> u32 {
    const {
        let mut sum = 1u32;
        let mut value = 0;
        while value < 1000 {
            sum = sum.wrapping_mul(31).wrapping_add(value);
            value += 1;
        }
        sum
    }
}

fn signal_blocked_waits() -> Outcome {
    must!(catch(Signal::SIGUSR1));
    must!(system_call!(ssetmask(Signal::SIGUSR1.bit())));
    must!(calls::raise(Signal::SIGUSR1));
    must!(calls::raise(Signal::SIGUSR1));
    check_eq!(COUNT.load(Relaxed), 0);
    must!(system_call!(ssetmask(0)));
    check_eq!(COUNT.load(Relaxed), 1);
    Ok(())
}

fn signal_pending() -> Outcome {
    must!(catch(Signal::SIGUSR1));
    let mut set = 0u32;
    let at = address(&raw mut set);
    must!(system_call!(sigpending(at)));
    check_eq!(set, 0);
    must!(system_call!(ssetmask(
        Signal::SIGUSR1.bit() | Signal::SIGHUP.bit()
    )));
    must!(calls::raise(Signal::SIGUSR1));
    must!(system_call!(sigpending(at)));
    check_eq!(set, Signal::SIGUSR1.bit());
    must!(system_call!(ssetmask(0)));
    must!(system_call!(sigpending(at)));
    check_eq!(set, 0);
    Ok(())
}

fn signal_all_pending() -> Outcome {
    let signals = [
        Signal::SIGHUP,
        Signal::SIGUSR1,
        Signal::SIGUSR2,
        Signal::SIGTERM,
    ];
    must!(system_call!(ssetmask(u32::MAX)));
    for signal in signals {
        must!(catch(signal));
        must!(calls::raise(signal));
    }
    must!(system_call!(ssetmask(0)));
    check_eq!(COUNT.load(Relaxed), 4);
    check_eq!(system_call!(sgetmask()), Ok(0));
    Ok(())
}

fn signal_mask_old() -> Outcome {
    check_eq!(system_call!(ssetmask(0x1234)), Ok(0));
    check_eq!(system_call!(sgetmask()), Ok(0x1234));
    check_eq!(system_call!(ssetmask(0)), Ok(0x1234));
    Ok(())
}

fn signal_mask_fork() -> Outcome {
    must!(catch(Signal::SIGUSR1));
    must!(system_call!(ssetmask(Signal::SIGUSR1.bit())));
    must!(calls::raise(Signal::SIGUSR1));
    in_child(|| {
        check_eq!(system_call!(sgetmask()), Ok(Signal::SIGUSR1.bit()));
        must!(system_call!(ssetmask(0)));
        check_eq!(COUNT.load(Relaxed), 0);
        must!(calls::raise(Signal::SIGUSR1));
        check_eq!(COUNT.load(Relaxed), 1);
        Ok(())
    })
}
