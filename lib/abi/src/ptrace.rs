// SPDX-License-Identifier: GPL-2.0-or-later
//! Watching another process (`include/linux/ptrace.h` of Linux 0.95 to 0.99;
//! 0.11 has the call's number but answers -ENOSYS).
//!
//! The call is `ptrace(request, pid, address, data)`. The three peek requests store
//! the word at `data` and return 0, as the kernels of the time did; the C library
//! made the word the result.

/// The caller is traced by its parent from now on.
pub const PTRACE_TRACEME: u32 = 0;
/// Read a word of text.
pub const PTRACE_PEEKTEXT: u32 = 1;
/// Read a word of data.
pub const PTRACE_PEEKDATA: u32 = 2;
/// Read a register; the address is its place in the user area: four times
/// [`register`]'s numbers.
pub const PTRACE_PEEKUSER: u32 = 3;
/// Write a word of text.
pub const PTRACE_POKETEXT: u32 = 4;
/// Write a word of data.
pub const PTRACE_POKEDATA: u32 = 5;
/// Write a register.
pub const PTRACE_POKEUSER: u32 = 6;
/// Go on, with the signal `data` or none.
pub const PTRACE_CONT: u32 = 7;
/// End it.
pub const PTRACE_KILL: u32 = 8;
/// Go on for one instruction.
pub const PTRACE_SINGLESTEP: u32 = 9;
/// Trace a running process of the same user.
pub const PTRACE_ATTACH: u32 = 16;
/// Trace it no longer; it goes on.
pub const PTRACE_DETACH: u32 = 17;
/// Go on to the next entry or end of a system call.
pub const PTRACE_SYSCALL: u32 = 24;

/// Which word of the user area a register is.
pub mod register {
    #![allow(missing_docs)]
    pub const EBX: usize = 0;
    pub const ECX: usize = 1;
    pub const EDX: usize = 2;
    pub const ESI: usize = 3;
    pub const EDI: usize = 4;
    pub const EBP: usize = 5;
    pub const EAX: usize = 6;
    pub const DS: usize = 7;
    pub const ES: usize = 8;
    pub const FS: usize = 9;
    pub const GS: usize = 10;
    /// The number of the system call that it is in; -1 if it is in none.
    pub const ORIG_EAX: usize = 11;
    pub const EIP: usize = 12;
    pub const CS: usize = 13;
    pub const EFL: usize = 14;
    pub const UESP: usize = 15;
    pub const SS: usize = 16;
    /// How many there are.
    pub const COUNT: usize = 17;
}
