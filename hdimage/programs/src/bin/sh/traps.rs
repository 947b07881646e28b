// SPDX-License-Identifier: GPL-2.0-or-later
//! Signals that the shell catches: those of `trap`, and ^C at the prompt.
//!
//! The handler only notes the signal. Lists and loops ask
//! [`leaving`](Interpreter::leaving) between any two commands, which runs what
//! `trap` has set, and leaves them after ^C.

use crate::execute::{Interpreter, Leave};
use crate::input::Input;
use abi::signal::Signal;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use user::signal::{Handler, sigaction};

/// Signals that have come, a bit each.
static PENDING: AtomicU32 = AtomicU32::new(0);

extern "C" fn on_signal(number: u32) {
    let bit = Signal::new(number).map_or(0, Signal::bit);
    PENDING.fetch_or(bit, Relaxed);
}

/// The number that stands for the end of the shell.
pub const EXIT: u32 = 0;

/// What `trap` has set, by the number of the signal. Empty text: to be ignored.
#[derive(Default)]
pub struct Traps(BTreeMap<u32, Vec<u8>>);

impl Traps {
    /// What is set, in order.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &[u8])> {
        self.0
            .iter()
            .map(|(&number, action)| (number, action.as_slice()))
    }

    /// Sets what is done on a signal, `None` for what it does by itself. That of a
    /// shell at a terminal, which ignores some, is `own`.
    pub fn set(&mut self, number: u32, action: Option<&[u8]>, own: Handler) -> abi::Result<()> {
        if let Some(signal) = Signal::new(number) {
            let handler = match action {
                None => own,
                Some([]) => Handler::Ignore,
                Some(_) => Handler::Catch(on_signal),
            };
            sigaction(signal, handler)?;
        }
        match action {
            Some(action) => drop(self.0.insert(number, action.to_vec())),
            None => drop(self.0.remove(&number)),
        }
        Ok(())
    }

    /// A new process does not do what its parent does on signals; what that
    /// ignores, it ignores too.
    pub fn forget(&mut self) {
        PENDING.store(0, Relaxed);
        self.0.retain(|&number, action| {
            if let Some(signal) = Signal::new(number).filter(|_| !action.is_empty()) {
                // It could be set before.
                let _ = sigaction(signal, Handler::Default);
            }
            action.is_empty() && number != EXIT
        });
    }

    /// What is done at the end, once.
    pub fn take_exit(&mut self) -> Option<Vec<u8>> {
        self.0.remove(&EXIT)
    }
}

/// Lets ^C be noted.
pub fn catch_interrupt() {
    // Its number is not refused.
    let _ = sigaction(Signal::SIGINT, Handler::Catch(on_signal));
}

/// Forgets a ^C that nobody needs to know of any more.
pub fn forget_interrupt() {
    PENDING.fetch_and(!Signal::SIGINT.bit(), Relaxed);
}

/// Whether ^C was typed, which is forgotten then, unless `trap` has set what it does.
pub fn take_interrupt(shell: &Interpreter) -> bool {
    let number = Signal::SIGINT.number();
    let taken =
        !shell.traps.0.contains_key(&number) && PENDING.load(Relaxed) & Signal::SIGINT.bit() != 0;
    if taken {
        forget_interrupt();
    }
    taken
}

/// A signal that has come and was not yet acted on.
pub fn pending() -> Option<Signal> {
    let pending = PENDING.load(Relaxed);
    let mut signals = (1..=32).filter_map(Signal::new);
    signals.find(|signal| pending & signal.bit() != 0)
}

impl Interpreter {
    /// Whether the commands that follow are not to be run. What `trap` has set for
    /// signals that have come runs first.
    pub fn leaving(&mut self) -> bool {
        while self.leave.is_none()
            && let Some(signal) = pending()
        {
            PENDING.fetch_and(!signal.bit(), Relaxed);
            match self.traps.0.get(&signal.number()).cloned() {
                Some(action) => self.run_action(&action),
                None if signal == Signal::SIGINT => self.leave = Some(Leave::Interrupt),
                None => {}
            }
        }
        self.leave.is_some()
    }

    /// Runs what `trap` has set. `$?` is afterwards what it was before.
    fn run_action(&mut self, action: &[u8]) {
        let status = self.variables.status;
        self.run_input(Input::text(action));
        if self.leave.is_none() {
            self.variables.status = status;
        }
    }

    /// What is to be done before the process ends; its exit status.
    pub fn finish(&mut self) -> i32 {
        if let Some(action) = self.traps.take_exit() {
            let status = self.variables.status;
            self.leave = None;
            self.run_input(Input::text(&action));
            if self.leave != Some(Leave::Exit) {
                self.variables.status = status;
            }
        }
        self.variables.status
    }
}
