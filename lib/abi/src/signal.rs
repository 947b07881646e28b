// SPDX-License-Identifier: GPL-2.0-or-later
//! Signals (0.11: `include/signal.h`).
//!
//! # What the kernel pushes
//! When a handler is to run, the kernel puts these words on the user stack,
//! lowest address first, and lets the program go on at the handler
//! (0.11: `do_signal`):
//!
//! ```text
//! esp -> sa_restorer          where the handler's `ret` goes
//!        signal number        the handler's argument, left by its `ret`
//!        blocked signals      only if not SA_NOMASK
//!        eax ecx edx eflags   of the interrupted program
//!        eip                  where it goes on
//! ```
//!
//! The restorer drops the signal number, puts back the mask by `ssetmask` if
//! it is there, and pops the rest.

use crate::abi_struct;
use crate::sys::types::UserAddress;
use bitflags::bitflags;
use core::fmt;

/// A signal number, 1..=32.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Signal(u8);

macro_rules! signal_table {
    ($($number:literal $name:ident $text:literal;)*) => {
        impl Signal {
            $(#[doc = concat!($text, ".")] pub const $name: Signal = Signal($number);)*

            /// The symbolic name without `SIG`, for example `"SEGV"`; empty
            /// for numbers that have none.
            pub const fn name(self) -> &'static str {
                // Cut by the compiler: a program that did it would have all that a
                // panic tells of a text that is cut in the wrong place.
                match self.0 { $($number => const { stringify!($name).split_at(3).1 },)* _ => "" }
            }

            /// What a shell prints of a child that it killed.
            pub const fn text(self) -> &'static str {
                match self.0 { $($number => $text,)* _ => "Unknown signal" }
            }
        }
    };
}

signal_table! {
     1 SIGHUP    "Hangup";
     2 SIGINT    "Interrupt";
     3 SIGQUIT   "Quit";
     4 SIGILL    "Illegal instruction";
     5 SIGTRAP   "Trace trap";
     6 SIGABRT   "Aborted";
     7 SIGUNUSED "Unused signal";
     8 SIGFPE    "Floating point exception";
     9 SIGKILL   "Killed";
    10 SIGUSR1   "User signal 1";
    11 SIGSEGV   "Segmentation fault";
    12 SIGUSR2   "User signal 2";
    13 SIGPIPE   "Broken pipe";
    14 SIGALRM   "Alarm clock";
    15 SIGTERM   "Terminated";
    16 SIGSTKFLT "Stack fault";
    17 SIGCHLD   "Child exited";
    18 SIGCONT   "Continued";
    19 SIGSTOP   "Stopped (signal)";
    20 SIGTSTP   "Stopped";
    21 SIGTTIN   "Stopped (tty input)";
    22 SIGTTOU   "Stopped (tty output)";
    // 0.11 ends with the line above; these are Linux 0.96's.
    23 SIGIO     "I/O possible";
    24 SIGXCPU   "CPU time limit exceeded";
    25 SIGXFSZ   "File size limit exceeded";
}

impl Signal {
    /// The largest number with a name.
    pub const LAST_NAMED: u32 = 25;

    /// A signal from its number, or `None` outside 1..=32.
    pub const fn new(number: u32) -> Option<Signal> {
        if number >= 1 && number <= 32 {
            Some(Signal(number as u8))
        } else {
            None
        }
    }

    /// The number, 1..=32.
    pub const fn number(self) -> u32 {
        self.0 as u32
    }

    /// The bit that stands for it in a [`SignalSet`].
    pub const fn bit(self) -> u32 {
        1 << (self.0 - 1)
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signal({} {})", self.0, self.name())
    }
}

/// A set of signals: bit n-1 stands for signal n (0.11: `sigset_t`).
#[derive(Clone, Copy, PartialEq, Eq, Default)]
#[repr(transparent)]
pub struct SignalSet(pub u32);

impl SignalSet {
    /// No signal.
    pub const EMPTY: SignalSet = SignalSet(0);
    /// Those that stop a process by default.
    pub const STOPS: SignalSet = SignalSet(
        Signal::SIGSTOP.bit()
            | Signal::SIGTSTP.bit()
            | Signal::SIGTTIN.bit()
            | Signal::SIGTTOU.bit(),
    );
    /// Those about which nothing is done by default.
    pub const IGNORED_BY_DEFAULT: SignalSet =
        SignalSet(Signal::SIGCHLD.bit() | Signal::SIGCONT.bit());
    /// Those that can be neither caught, ignored nor blocked.
    pub const UNBLOCKABLE: SignalSet = SignalSet(Signal::SIGKILL.bit() | Signal::SIGSTOP.bit());

    /// Whether the signal is in the set.
    pub const fn contains(self, signal: Signal) -> bool {
        self.0 & signal.bit() != 0
    }

    /// The set with the signal.
    #[must_use]
    pub const fn with(self, signal: Signal) -> SignalSet {
        SignalSet(self.0 | signal.bit())
    }

    /// The set without the signal.
    #[must_use]
    pub const fn without(self, signal: Signal) -> SignalSet {
        SignalSet(self.0 & !signal.bit())
    }

    /// What is in this set and not in `other`.
    #[must_use]
    pub const fn minus(self, other: SignalSet) -> SignalSet {
        SignalSet(self.0 & !other.0)
    }

    /// The member with the lowest number.
    pub const fn first(self) -> Option<Signal> {
        Signal::new(self.0.trailing_zeros() + 1)
    }
}

/// The signals, from the lowest number up.
impl Iterator for SignalSet {
    type Item = Signal;

    fn next(&mut self) -> Option<Signal> {
        let first = self.first()?;
        self.0 &= self.0 - 1;
        Some(first)
    }
}

impl fmt::Debug for SignalSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignalSet({:#010x})", self.0)
    }
}

/// As handler: what the kernel does by default.
pub const SIG_DFL: UserAddress = UserAddress(0);
/// As handler: nothing.
pub const SIG_IGN: UserAddress = UserAddress(1);

bitflags! {
    /// The flags of [`Sigaction`].
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub struct SignalFlags: u32 {
        /// No SIGCHLD when a child stops.
        const SA_NOCLDSTOP = 1;
        /// The signal is not blocked while its handler runs.
        const SA_NOMASK = 0x4000_0000;
        /// The handler serves once, then the default is back.
        const SA_ONESHOT = 0x8000_0000;
    }
}

abi_struct! {
    /// What is done on a signal (0.11: `struct sigaction`).
    pub struct Sigaction, 16 bytes {
        /// The handler, [`SIG_DFL`] or [`SIG_IGN`].
        0 => sa_handler: UserAddress,
        /// What is blocked besides while the handler runs.
        4 => sa_mask: SignalSet,
        /// Bits of [`SignalFlags`].
        8 => sa_flags: u32,
        /// The code that the handler returns to.
        12 => sa_restorer: UserAddress,
    }
}

impl Sigaction {
    /// The known flags; others are ignored, as in 0.11.
    pub const fn flags(&self) -> SignalFlags {
        SignalFlags::from_bits_truncate(self.sa_flags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_0_11() {
        let expected = [
            "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "UNUSED", "FPE", "KILL", "USR1", "SEGV",
            "USR2", "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN",
            "TTOU", "IO", "XCPU", "XFSZ",
        ];
        let names: Vec<_> = (1..=Signal::LAST_NAMED)
            .map(|number| Signal::new(number).unwrap().name())
            .collect();
        assert_eq!(names, expected);
        assert_eq!(Signal::new(0), None);
        assert_eq!(Signal::new(33), None);
    }

    #[test]
    fn sets() {
        let set = SignalSet::EMPTY.with(Signal::SIGTTOU).with(Signal::SIGINT);
        assert_eq!(set.0, 1 << 21 | 1 << 1);
        assert_eq!(set.first(), Some(Signal::SIGINT));
        assert!(set.contains(Signal::SIGTTOU) && !set.contains(Signal::SIGHUP));
        assert_eq!(
            set.without(Signal::SIGINT)
                .minus(SignalSet(1 << 21))
                .first(),
            None
        );
        assert_eq!(SignalSet::UNBLOCKABLE.0, 0x0004_0100);
        assert_eq!(SignalSet::STOPS.0, 0x003C_0000);
        assert_eq!(SignalSet(1 << 31).first(), Signal::new(32));
    }
}
