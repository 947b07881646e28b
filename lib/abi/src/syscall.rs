// SPDX-License-Identifier: GPL-2.0-or-later
//! A stub for each system call (0.11: the `_syscall` macros of
//! `include/unistd.h`).
//!
//! Number in `eax`, arguments in `ebx`, `ecx`, `edx`, `esi`; the result comes
//! back in `eax`, and the kernel keeps all other registers. Addresses are
//! passed as numbers, so the stubs are `unsafe`; programs use
//! `user::calls`.

use crate::errno::{Errno, Result};
use core::arch::asm;

/// Executes `int 80h` with the arguments given.
macro_rules! int_80h {
    ($number:literal $(, $argument:ident in $register:tt)*) => {{
        let eax: i32;
        // SAFETY: the caller of the stub answers for what the call does to
        // memory. Registers but eax are kept by the kernel.
        unsafe {
            asm!("int 0x80", inlateout("eax") $number => eax,
                $(in($register) $argument,)* options(nostack, preserves_flags));
        }
        Errno::from_eax(eax)
    }};
}

/// Gives each argument its register.
macro_rules! system_call {
    ($number:literal) => {
        int_80h!($number)
    };
    ($number:literal, $a:ident) => {
        int_80h!($number, $a in "ebx")
    };
    ($number:literal, $a:ident, $b:ident) => {
        int_80h!($number, $a in "ebx", $b in "ecx")
    };
    ($number:literal, $a:ident, $b:ident, $c:ident) => {
        int_80h!($number, $a in "ebx", $b in "ecx", $c in "edx")
    };
    // `esi` cannot be named as an operand (LLVM keeps it), so the fourth
    // argument comes in edi and is exchanged with it around the call.
    ($number:literal, $a:ident, $b:ident, $c:ident, $d:ident) => {{
        let eax: i32;
        // SAFETY: as in `int_80h`; esi is back when the block ends.
        unsafe {
            asm!("xchg esi, edi", "int 0x80", "xchg esi, edi",
                inlateout("eax") $number => eax, in("ebx") $a, in("ecx") $b, in("edx") $c,
                in("edi") $d, options(nostack, preserves_flags));
        }
        Errno::from_eax(eax)
    }};
}

macro_rules! stubs {
    ($($number:literal $name:ident $($handler:ident).+ ($($argument:ident),*);)*) => {
        $(
            #[doc = concat!("System call ", $number, ", `", stringify!($name), "`.")]
            ///
            /// # Safety
            /// What the call reads or writes through an argument that is an
            /// address must be memory that may be so used.
            #[inline(always)]
            pub unsafe fn $name($($argument: u32),*) -> Result<u32> {
                system_call!($number $(, $argument)*)
            }
        )*
    };
}
crate::system_call_table!(stubs);
