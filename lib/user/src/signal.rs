// SPDX-License-Identifier: GPL-2.0-or-later
//! Catching signals (0.11: `signal` and `sigaction` of its C library).
//!
//! The kernel enters a handler with a frame on the stack, which [`abi::signal`]
//! draws. The handler's `ret` goes to `restore_with_mask`, which undoes the frame.

use crate::syscall;
use abi::errno::Result;
use abi::pod::Pod;
use abi::signal::{SIG_DFL, SIG_IGN, Sigaction, Signal, SignalSet};
use abi::sys::types::UserAddress;
use abi::unistd::number;
use core::arch::naked_asm;

/// What is done on a signal.
///
/// A handler may come between any two instructions: it must neither allocate
/// nor print, but may use [`calls`](crate::calls) and atomics.
#[derive(Clone, Copy)]
pub enum Handler {
    /// What the kernel does by default.
    Default,
    /// Nothing.
    Ignore,
    /// Runs a function, with the signal blocked meanwhile.
    Catch(extern "C" fn(signal: u32)),
}

/// Sets what is done on a signal; tells what it was.
pub fn sigaction(signal: Signal, handler: Handler) -> Result<Handler> {
    let action = Sigaction {
        sa_handler: match handler {
            Handler::Default => SIG_DFL,
            Handler::Ignore => SIG_IGN,
            Handler::Catch(function) => UserAddress(function as usize as u32),
        },
        sa_mask: SignalSet::EMPTY,
        sa_flags: 0,
        sa_restorer: UserAddress(restore_with_mask as *const () as u32),
    };
    let mut old = Sigaction::zeroed();
    // SAFETY: the kernel reads one `Sigaction` and writes another.
    unsafe {
        syscall::sigaction(
            signal.number(),
            (&raw const action) as u32,
            (&raw mut old) as u32,
        )
    }?;
    Ok(match old.sa_handler {
        SIG_DFL => Handler::Default,
        SIG_IGN => Handler::Ignore,
        UserAddress(address) => {
            // SAFETY: handlers are only ever set above, from such a function.
            Handler::Catch(unsafe {
                core::mem::transmute::<*const (), extern "C" fn(u32)>(address as *const ())
            })
        }
    })
}

/// Where the `ret` of a handler goes. On the stack, from `esp` up: signal
/// number, mask, eax, ecx, edx, eflags, eip.
#[unsafe(naked)]
extern "C" fn restore_with_mask() {
    naked_asm!(
        "add esp, 4",       // drop the signal number
        "xchg ebx, [esp]",  // the mask as argument; ebx is the program's
        "mov eax, {ssetmask}",
        "int 0x80",
        "pop ebx",
        "pop eax",
        "pop ecx",
        "pop edx",
        "popfd",
        "ret",
        ssetmask = const number::ssetmask,
    )
}

/// Where the `ret` of a handler goes whose signal was not blocked meanwhile
/// (`SA_NOMASK`, `signal`): the frame has no mask.
#[unsafe(naked)]
pub extern "C" fn restore_without_mask() {
    naked_asm!(
        "add esp, 4", // drop the signal number
        "pop eax",
        "pop ecx",
        "pop edx",
        "popfd",
        "ret",
    )
}
