// SPDX-License-Identifier: GPL-2.0-or-later
//! What a process does about each signal (0.11: `sigaction` in `struct task_struct`).
//!
//! Only the process itself changes its actions. Interrupt handlers ask whether a signal
//! is ignored when they send it.
#![deny(unsafe_code)]

use abi::signal::{SIG_DFL, SIG_IGN, Sigaction, Signal, SignalSet};
use abi::sys::types::UserAddress;
use sync::AtomicWord;

/// Signals there can be.
const NR_SIGNALS: usize = 32;

sync::process_struct! {
    /// A [`Sigaction`].
    pub struct Action {
        inherited {
            handler: AtomicWord = AtomicWord::new(SIG_DFL.0),
            mask: AtomicWord = AtomicWord::new(0),
            flags: AtomicWord = AtomicWord::new(0),
            restorer: AtomicWord = AtomicWord::new(0),
        }
    }
}

/// The actions of a process.
pub struct Actions {
    /// Index `n - 1` for signal `n`.
    table: [Action; NR_SIGNALS],
    /// The signals whose action is not the first one. Most programs have few, and fork
    /// and execve look at no others.
    set: AtomicWord,
    /// The signals that are ignored.
    ignored: AtomicWord,
}

impl Actions {
    /// The default actions.
    pub const fn new() -> Actions {
        Actions {
            table: [const { Action::new() }; NR_SIGNALS],
            set: AtomicWord::new(0),
            ignored: AtomicWord::new(SignalSet::IGNORED_BY_DEFAULT.0),
        }
    }

    /// Takes over another process's actions (`fork`).
    pub fn copy_from(&self, other: &Actions) {
        for signal in SignalSet(self.set.get() | other.set.get()) {
            self.of(signal).copy_from(other.of(signal));
        }
        self.set.copy_from(&other.set);
        self.ignored.copy_from(&other.ignored);
    }

    fn of(&self, signal: Signal) -> &Action {
        &self.table[signal.number() as usize - 1]
    }

    /// The handler of a signal, or [`SIG_DFL`] or [`SIG_IGN`].
    pub fn handler(&self, signal: Signal) -> UserAddress {
        UserAddress(self.of(signal).handler.get())
    }

    /// The action for a signal.
    pub fn get(&self, signal: Signal) -> Sigaction {
        let action = self.of(signal);
        Sigaction {
            sa_handler: UserAddress(action.handler.get()),
            sa_mask: SignalSet(action.mask.get()),
            sa_flags: action.flags.get(),
            sa_restorer: UserAddress(action.restorer.get()),
        }
    }

    /// Sets the action for a signal.
    pub fn set(&self, signal: Signal, new: Sigaction) {
        let action = self.of(signal);
        action.mask.set(new.sa_mask.0);
        action.flags.set(new.sa_flags);
        action.restorer.set(new.sa_restorer.0);
        self.set.set(self.set.get() | signal.bit());
        self.set_handler(signal, new.sa_handler);
    }

    /// Sets the default action; flags and mask stay. That changes nothing where `set`
    /// says that the action is the first one.
    pub fn reset(&self, signal: Signal) {
        self.set_handler(signal, SIG_DFL);
    }

    fn set_handler(&self, signal: Signal, handler: UserAddress) {
        self.of(signal).handler.set(handler.0);
        let (old, bit) = (self.ignored.get(), signal.bit());
        self.ignored.set(match handler {
            SIG_IGN => old | bit,
            SIG_DFL => old & !bit | SignalSet::IGNORED_BY_DEFAULT.0 & bit,
            _ => old & !bit,
        });
    }

    /// Whether a signal is ignored.
    pub fn ignores(&self, signal: Signal) -> bool {
        SignalSet(self.ignored.get()).contains(signal)
    }

    /// Gives all signals their first action for a new program, but those that are
    /// ignored stay so. (0.11 leaves flags and masks, which nobody needs. A shell has
    /// many handlers, and each fork of its programs would copy what is left of them.)
    pub fn forget_handlers(&self) {
        for signal in SignalSet(self.set.get()) {
            if self.handler(signal) != SIG_IGN {
                self.reset(signal);
                self.of(signal).copy_from(&Action::new());
                self.set.clear_bits(signal.bit());
            }
        }
    }
}
