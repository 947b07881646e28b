// SPDX-License-Identifier: GPL-2.0-or-later
//! How a program begins and ends (0.11: `crt0.s` of its C library).
//!
//! The kernel leaves on the stack, from `esp` up: the number of arguments, the
//! address of their vector, the address of the environment's vector (0.11:
//! `create_tables`). [`program!`](crate::program) makes an entry point of a
//! `main`; its value, or that of [`exit`], becomes the exit status.

use crate::single::Single;
use crate::{calls, env, malloc, stdio};
use abi::errno::Errno;
use abi::signal::Signal;
use core::ffi::c_char;
use core::panic::PanicInfo;

/// A function that runs before a program ends: it gets the exit status, and returns
/// the one to use.
type AtExit = fn(i32) -> i32;

/// The function that runs before the program ends, if there is one. So a program
/// that prints nothing is not linked to the code that prints.
static AT_EXIT: Single<Option<AtExit>> = Single::new(None);

/// The words on the stack when a program begins.
#[repr(C)]
pub struct InitialStack {
    argc: u32,
    argv: *const *const c_char,
    envp: *const *const c_char,
}

/// Makes a program of `fn main() -> i32`.
#[macro_export]
macro_rules! program {
    ($main:path) => {
        #[global_allocator]
        static ALLOCATOR: $crate::malloc::BrkAllocator =
            $crate::malloc::BrkAllocator::new();

        #[panic_handler]
        fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
            $crate::crt0::panic(info)
        }

        extern "C" fn start(stack: &$crate::crt0::InitialStack) -> ! {
            // SAFETY: called once, with the stack as the kernel left it.
            unsafe { $crate::crt0::start(stack, env!("CARGO_BIN_NAME"), $main) }
        }

        /// The first instruction. `ebp` 0 ends backtraces.
        #[unsafe(naked)]
        #[unsafe(no_mangle)]
        extern "C" fn _start() -> ! {
            core::arch::naked_asm!(
                "xor ebp, ebp",
                "mov eax, esp",
                "and esp, -16",
                "sub esp, 12",
                "push eax",
                "call {start}",
                start = sym start,
            )
        }
    };
}

/// Runs `main` and exits with its value; `built_as` is the program's name.
///
/// # Safety
/// Called once, with the stack as the kernel left it.
pub unsafe fn start(stack: &InitialStack, built_as: &'static str, main: fn() -> i32) -> ! {
    // SAFETY: the kernel ends both vectors with a null pointer; they lie above
    // the stack and nobody else knows of them.
    unsafe { env::init(stack.argv, stack.envp, built_as) };
    exit(main())
}

/// Makes `work` run when the program ends.
pub(super) fn at_exit(work: AtExit) {
    *AT_EXIT.lock() = Some(work);
}

/// Writes what standard output still has, and ends the program. If this or earlier
/// output could not be written, it prints a message and the status is at least 1. A
/// broken pipe is no reason for a message.
pub fn exit(status: i32) -> ! {
    let work = AT_EXIT.lock().take();
    calls::_exit(work.map_or(status, |work| work(status)))
}

/// Prints where the program panicked, and aborts it. If only memory was missing,
/// the program just ends.
pub fn panic(info: &PanicInfo<'_>) -> ! {
    if malloc::is_out_of_memory() {
        stdio::error_message(&[], &Errno::ENOMEM);
        calls::_exit(1);
    }
    crate::eprintln!("{info}");
    let _ = crate::signal::sigaction(Signal::SIGABRT, crate::signal::Handler::Default);
    let _ = calls::raise(Signal::SIGABRT);
    calls::_exit(128 + Signal::SIGABRT.number() as i32)
}
