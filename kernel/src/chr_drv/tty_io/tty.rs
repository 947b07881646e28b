// SPDX-License-Identifier: GPL-2.0-or-later
//! A terminal: its state, its connection of line discipline and driver, and waiting
//! for it (0.11: `struct tty_struct` in `include/linux/tty.h`).
//!
//! A file has an [`OpenTty`]: the terminal, and the generation that it was opened
//! in. A hang-up begins a new generation. Files of an older one are at the end of
//! input and can't be written. So all work for a program gets the state by
//! [`OpenTty::lock`], which refuses it then.

use super::CHUNK;
use super::line_discipline::LineDiscipline;
use crate::chr_drv::queue::Queue;
use crate::chr_drv::sink::Sink;
use crate::chr_drv::{console, serial};
use crate::deliver::{kill_pgrp, kill_session};
use crate::job_control::{is_orphaned, stop_here};
use crate::sched::{self, NO_TTY, Task, current, timer};
use crate::sleep;
use abi::fcntl::O_NONBLOCK;
use abi::signal::{SIG_IGN, Signal, SignalSet};
use abi::sys::types::{Device, major};
use abi::termios::{ControlFlags, Winsize};
use abi::{Errno, Result};
use core::ops::Deref;
use fs::platform::{Condition, OpenDevice};
use sync::{IrqLock, IrqLockGuard, WaitQueue};

/// Bytes that can wait to be sent (0.11: `TTY_BUF_SIZE`, a quarter of this): the
/// echo of what comes in at once, as long as it can wait to be read.
const WRITE_SIZE: usize = 4096;
/// Bytes on their way to a serial line.
pub type WriteQueue = Queue<u8, WRITE_SIZE>;

/// The device that a terminal's bytes come from and go to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Driver {
    /// A screen, counted from 0, and the keyboard while it is in front.
    Console(usize),
    /// A serial line, counted from 0.
    Serial(usize),
}

/// The state of a terminal (0.11: `struct tty_struct`).
pub struct State {
    /// Settings, input, and the column of output.
    pub line: LineDiscipline,
    /// Output that the UART has not got yet; nothing for a console.
    pub write_q: WriteQueue,
    /// The foreground process group; 0 for none.
    pub pgrp: u32,
    /// The session whose controlling terminal it is; 0 for none.
    pub session: u32,
    /// The size that programs get.
    pub winsize: Winsize,
    /// Only the super-user may open it.
    pub exclusive: bool,
    /// Counts the hang-ups.
    pub generation: u32,
    /// How often it was opened since the last hang-up.
    pub opens: u32,
}

/// A terminal.
pub struct Tty {
    /// Its minor number, which is what [`Task::tty`] holds too.
    pub(super) minor: u8,
    /// Its driver.
    pub driver: Driver,
    /// Guards all that changes.
    pub state: &'static IrqLock<State>,
    /// The tasks that wait for input.
    pub readers: WaitQueue,
    /// The tasks that wait for room, or for the end of output.
    pub writers: WaitQueue,
}

impl State {
    /// A terminal at rest, without settings: all zeros.
    pub(super) const fn new() -> State {
        State {
            line: LineDiscipline::new(),
            write_q: Queue::new(0),
            pgrp: 0,
            session: 0,
            winsize: Winsize {
                ws_row: 0,
                ws_col: 0,
                ws_xpixel: 0,
                ws_ypixel: 0,
            },
            exclusive: false,
            generation: 0,
            opens: 0,
        }
    }
}

impl Tty {
    /// A terminal at rest.
    pub(super) const fn new(minor: u8, driver: Driver, state: &'static IrqLock<State>) -> Tty {
        Tty {
            minor,
            driver,
            state,
            readers: WaitQueue::new(),
            writers: WaitQueue::new(),
        }
    }

    /// Its device number.
    pub(super) fn device(&self) -> Device {
        Device::new(major::TTYX, self.minor)
    }

    /// Whether it is the task's controlling terminal.
    pub fn controls(&self, task: &Task) -> bool {
        task.tty.get() == u32::from(self.minor) && self.state.lock().session == task.session.get()
    }

    /// Takes the terminal away from all that have it open. Input that was not read
    /// is lost. The session loses its terminal, and its tasks get a signal.
    /// Interrupt handlers may call it.
    pub fn hang_up(&self) {
        let mut state = self.state.lock();
        state.generation = state.generation.wrapping_add(1);
        state.opens = 0;
        state.exclusive = false;
        state.pgrp = 0;
        let session = core::mem::take(&mut state.session);
        state.line.flush_input();
        state.line.start();
        drop(state);
        let is_member = |task: &&Task| session != 0 && task.session.get() == session;
        for task in sched::tasks().filter(is_member) {
            task.tty.set(NO_TTY);
        }
        self.go_on();
        sched::wake_up(&self.readers);
        sched::wake_up(&self.writers);
        kill_session(session);
    }

    /// Calls a function with the line discipline and its device as sink. `budget`
    /// limits what a screen does at once; see [`console::Output`].
    pub(super) fn with_sink<R>(
        &self,
        state: &mut State,
        budget: usize,
        work: impl FnOnce(&mut LineDiscipline, &mut dyn Sink) -> R,
    ) -> R {
        let State { line, write_q, .. } = state;
        match self.driver {
            Driver::Console(number) => {
                let mut output = console::Output::new(number, budget);
                let result = work(line, &mut output);
                let effects = output.finish();
                if !effects.response.as_bytes().is_empty() {
                    for &byte in effects.response.as_bytes() {
                        line.receive(byte, &mut Nowhere);
                    }
                    sched::wake_up(&self.readers);
                }
                result
            }
            Driver::Serial(port) => {
                let result = work(line, write_q);
                serial::rs_write(port, line, write_q);
                result
            }
        }
    }

    /// Makes sure that output goes on, and wakes the tasks that wait for room.
    pub fn go_on(&self) {
        if let Driver::Serial(port) = self.driver {
            let mut state = self.state.lock();
            let State { line, write_q, .. } = &mut *state;
            serial::rs_write(port, line, write_q);
        }
        self.wake_writers();
    }

    /// Wakes the tasks that wait for room, if there is some.
    pub fn wake_writers(&self) {
        if self.state.lock().write_q.len() <= WRITE_SIZE / 2 {
            sched::wake_up(&self.writers);
        }
    }

    /// Sleeps for some ticks.
    pub fn sleep(&self, ticks: u32) -> Result<()> {
        let deadline = timer::after(sched::jiffies(), ticks);
        sleep::interruptible_sleep_while(&self.writers, &mut || !has_come(Some(deadline)))
    }

    /// Sleeps until there is a carrier, unless the modem lines are ignored.
    pub(super) fn wait_for_carrier(&self) -> Result<()> {
        let Driver::Serial(port) = self.driver else {
            return Ok(());
        };
        sleep::interruptible_sleep_while(&self.writers, &mut || {
            let flags = self.state.lock().line.termios.c_cflag;
            !flags.contains(ControlFlags::CLOCAL) && !serial::has_carrier(port)
        })
    }
}

/// A terminal as a file has it open.
#[derive(Clone, Copy)]
pub struct OpenTty {
    pub(super) tty: &'static Tty,
    pub(super) generation: u32,
}

impl Deref for OpenTty {
    type Target = Tty;
    fn deref(&self) -> &Tty {
        self.tty
    }
}

impl OpenTty {
    /// The terminal of an [`OpenTty::device`]; `None` if that is no terminal.
    pub fn of(opened: OpenDevice) -> Option<OpenTty> {
        Some(OpenTty {
            tty: super::find(opened.device)?,
            generation: opened.generation,
        })
    }

    /// The device that the file keeps.
    pub(super) fn device(&self) -> OpenDevice {
        OpenDevice {
            device: self.tty.device(),
            generation: self.generation,
        }
    }

    /// The state of the terminal. `EIO` if it was hung up since it was opened.
    pub fn lock(&self) -> Result<IrqLockGuard<'static, State>> {
        let state = self.tty.state.lock();
        let is_hung_up = state.generation != self.generation;
        if is_hung_up {
            Err(Errno::EIO)
        } else {
            Ok(state)
        }
    }

    /// Whether the task is in the foreground, or no process group is, or this is
    /// not the task's controlling terminal.
    fn is_in_front(&self, task: &Task) -> bool {
        let pgrp = self.tty.state.lock().pgrp;
        !self.controls(task) || pgrp == 0 || pgrp == task.pgrp.get()
    }

    /// Checks output and changes of settings. The group of a background process
    /// gets SIGTTOU, unless the process ignores or blocks the signal. It goes on
    /// when it is continued in the foreground; `EINTR` if it has a handler. `EIO`
    /// if nobody could continue it, or if the terminal was hung up.
    pub fn check_change(&self) -> Result<()> {
        let task = current();
        while !self.is_in_front(task) && !is_ignored(task, Signal::SIGTTOU) {
            if is_orphaned(task.pgrp.get()) {
                return Err(Errno::EIO);
            }
            kill_pgrp(task.pgrp.get(), Signal::SIGTTOU);
            if !stop_here() {
                return Err(Errno::EINTR);
            }
        }
        self.lock().map(drop)
    }

    /// Checks input in the same way, with SIGTTIN; but if a background process
    /// ignores or blocks that signal, this is `EIO`, too.
    pub(super) fn check_read(&self) -> Result<()> {
        let task = current();
        while !self.is_in_front(task) {
            if is_ignored(task, Signal::SIGTTIN) || is_orphaned(task.pgrp.get()) {
                return Err(Errno::EIO);
            }
            kill_pgrp(task.pgrp.get(), Signal::SIGTTIN);
            if !stop_here() {
                return Err(Errno::EINTR);
            }
        }
        Ok(())
    }

    /// Whether a read, or a write of some bytes, would not wait
    /// (0.12: `check_in`, `check_out`).
    pub fn is_ready(&self, condition: Condition) -> bool {
        self.lock().map_or(true, |state| match condition {
            Condition::Readable => state.line.has_input(),
            Condition::Writable => !state.line.stopped && state.write_q.len() <= WRITE_SIZE - CHUNK,
            Condition::Exceptional => false,
        })
    }

    /// The queue that is woken when that may have changed.
    pub fn queue(&self, condition: Condition) -> &'static WaitQueue {
        match condition {
            Condition::Writable => &self.tty.writers,
            _ => &self.tty.readers,
        }
    }

    /// Sleeps until there is something to read, or until tick `deadline`. Returns
    /// false if the terminal was hung up, so that there will never be anything.
    pub(super) fn wait_readable(&self, deadline: Option<u32>) -> Result<bool> {
        let mut readable = false;
        sleep::interruptible_sleep_while(&self.readers, &mut || {
            let Ok(state) = self.lock() else { return false };
            readable = state.line.readable() > 0;
            drop(state);
            !readable && !has_come(deadline)
        })?;
        Ok(readable)
    }

    /// Sleeps until all output was sent. `EIO` if the terminal was hung up.
    pub fn wait_until_sent(&self) -> Result<()> {
        let mut hung_up = false;
        sleep::interruptible_sleep_while(&self.writers, &mut || {
            let queued = self.lock().map(|state| !state.write_q.is_empty());
            hung_up = queued.is_err();
            match self.driver {
                Driver::Console(_) => false,
                Driver::Serial(_) if hung_up => false,
                // No interrupt tells that the last byte has left the UART: look
                // again at the next tick.
                Driver::Serial(port) => {
                    queued == Ok(true)
                        || (serial::is_sending(port)
                            && !has_come(Some(timer::after(sched::jiffies(), 1))))
                }
            }
        })?;
        if hung_up { Err(Errno::EIO) } else { Ok(()) }
    }

    /// Sleeps while output is stopped, or the queue is so full that a byte
    /// might not fit. `EAGAIN` instead with O_NONBLOCK; `EIO` if the terminal
    /// was hung up.
    pub(super) fn wait_writable(&self, flags: u32) -> Result<()> {
        let is_full = |most: usize| {
            let state = self.lock();
            state.map(|state| state.line.stopped || state.write_q.len() > most)
        };
        if is_full(WRITE_SIZE - CHUNK)? {
            if flags & O_NONBLOCK != 0 {
                return Err(Errno::EAGAIN);
            }
            sleep::interruptible_sleep_while(&self.writers, &mut || {
                is_full(WRITE_SIZE / 2) == Ok(true)
            })?;
        }
        Ok(())
    }
}

/// Whether a tick has come. If not, the caller is woken then; called with
/// interrupts masked, right before it sleeps.
fn has_come(deadline: Option<u32>) -> bool {
    let Some(deadline) = deadline else {
        return false;
    };
    let now = sched::jiffies();
    if timer::has_come(deadline, now) {
        return true;
    }
    sched::set_timeout(Some(deadline.wrapping_sub(now)));
    false
}

fn is_ignored(task: &Task, signal: Signal) -> bool {
    SignalSet(task.blocked.get()).contains(signal) || task.actions.handler(signal) == SIG_IGN
}

/// A sink for echo that nobody shall see.
struct Nowhere;

impl Sink for Nowhere {
    fn room(&self) -> usize {
        usize::MAX
    }
    fn put(&mut self, _bytes: &[u8]) {}
    fn discard(&mut self) {}
}
