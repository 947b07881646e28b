// SPDX-License-Identifier: GPL-2.0-or-later
//! Terminals: reading, writing, controlling terminals
//! (0.11: `kernel/chr_drv/tty_io.c`, `include/linux/tty.h`).
//!
//! A terminal is a [`LineDiscipline`] between programs and a driver:
//!
//! ```text
//! keyboard_interrupt --> do_tty_interrupt --> cooked queue --> tty_read
//! rs_interrupt       -'        | echo
//!                              v
//! tty_write ------------> the screen, or write_q --> rs_write
//! ```
//!
//! The state of a terminal is one lock. Output to a screen happens at once,
//! output to a serial line goes to `write_q`, which the interrupts of the UART
//! empty. `readers` and `writers` are woken when there may be something to
//! read, or room to write; whoever sleeps there looks again.

mod line_discipline;
mod queue;

use super::{console, keyboard, serial};
use crate::exit::kill_pgrp;
use crate::sched::{self, NO_TTY, Task, current};
use fs::seam::{UserBuffer, WaitQueue};
use lib::fcntl::{O_NOCTTY, O_NONBLOCK};
use lib::lock::{IrqLock, IrqLockGuard, Word};
use lib::signal::{SIG_IGN, Signal, SignalSet};
use lib::sys::types::{Device, major};
use lib::termios::{B38400, LocalFlags, Winsize};
use lib::{Errno, Result};
use line_discipline::Event;
pub use line_discipline::{LineDiscipline, Sink};
use queue::Queue;

/// Bytes that can wait to be sent (0.11: `TTY_BUF_SIZE`).
const WRITE_SIZE: usize = 1024;
/// Bytes that move between a program and a terminal at a time: interrupts are
/// masked while they do.
const CHUNK: usize = 128;
/// VTIME counts tenths of a second.
const TICKS_PER_TENTH: u32 = sched::HZ / 10;
/// The minor number of the first serial line; below are the consoles.
const FIRST_SERIAL: u8 = 64;

/// Bytes on their way to a serial line.
pub type WriteQueue = Queue<u8, WRITE_SIZE>;

/// What a terminal's bytes come from and go to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Driver {
    /// Keyboard and screen.
    Console,
    /// A serial line, counted from 0.
    Serial(usize),
}

/// What belongs to a terminal (0.11: `struct tty_struct`).
pub struct State {
    /// Settings, input, and where output stands.
    pub line: LineDiscipline,
    /// Output that the UART has not got yet; nothing for a console.
    pub write_q: WriteQueue,
    /// The process group in front; 0 for none.
    pub pgrp: u32,
    /// The session whose controlling terminal it is; 0 for none.
    pub session: u32,
    /// The size that programs are told.
    pub winsize: Winsize,
    /// Nobody but the superuser may open it.
    pub exclusive: bool,
}

/// A terminal.
pub struct Tty {
    /// Its minor number, which is what [`Task::tty`] holds too.
    minor: u8,
    /// Its driver.
    pub driver: Driver,
    /// Guards all that changes.
    pub state: IrqLock<State>,
    /// Who waits for input.
    pub readers: WaitQueue,
    /// Who waits for room, or for the end of output.
    pub writers: WaitQueue,
}

/// All terminals (0.11: `tty_table`).
static TTY_TABLE: [Tty; 3] = [
    Tty::new(1, Driver::Console),
    Tty::new(FIRST_SERIAL, Driver::Serial(0)),
    Tty::new(FIRST_SERIAL + 1, Driver::Serial(1)),
];

/// The tick at which who waits with a time limit is woken; 0 for none.
static NEXT_TIMEOUT: Word = Word::new(0);

/// Whether tick `a` comes before tick `b`.
fn is_before(a: u32, b: u32) -> bool {
    (a.wrapping_sub(b) as i32) < 0
}

impl Tty {
    const fn new(minor: u8, driver: Driver) -> Tty {
        Tty {
            minor,
            driver,
            state: IrqLock::new(State {
                line: LineDiscipline::new(B38400),
                write_q: Queue::new(0),
                pgrp: 0,
                session: 0,
                winsize: Winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 },
                exclusive: false,
            }),
            readers: WaitQueue::new(),
            writers: WaitQueue::new(),
        }
    }

    /// Whether it is the task's controlling terminal.
    pub fn controls(&self, task: &Task) -> bool {
        task.tty.get() == u32::from(self.minor)
    }

    /// Lets the line discipline work with its device as sink. `budget` limits
    /// what a screen does at once; see [`console::Output`].
    fn with_sink<R>(
        &self,
        state: &mut State,
        budget: usize,
        work: impl FnOnce(&mut LineDiscipline, &mut dyn Sink) -> R,
    ) -> R {
        let State { line, write_q, .. } = state;
        match self.driver {
            Driver::Console => {
                let mut output = console::Output::new(budget);
                let result = work(line, &mut output);
                if output.finish().response {
                    for &byte in console::RESPONSE {
                        line.receive(byte, &mut Nowhere);
                    }
                    sched::wake_up(&self.readers);
                }
                result
            }
            Driver::Serial(port) => {
                let result = work(line, write_q);
                serial::rs_write(port, write_q, line.stopped);
                result
            }
        }
    }

    /// Makes sure that output goes on, and tells who waits for room.
    pub fn go_on(&self) {
        let mut state = self.state.lock();
        let State { line, write_q, .. } = &mut *state;
        if let Driver::Serial(port) = self.driver {
            serial::rs_write(port, write_q, line.stopped);
        }
        let has_room = write_q.len() <= WRITE_SIZE / 2;
        drop(state);
        if has_room {
            sched::wake_up(&self.writers);
        }
    }

    /// Whether the task is in front, or no process group is, or the terminal
    /// does not control the task.
    fn is_in_front(&self, task: &Task) -> bool {
        let pgrp = self.state.lock().pgrp;
        !self.controls(task) || pgrp == 0 || pgrp == task.pgrp.get()
    }

    /// Output and changes of settings by a background process: SIGTTOU for its
    /// group and `EINTR`, unless it ignores or blocks the signal.
    pub fn check_change(&self) -> Result<()> {
        let task = current();
        if self.is_in_front(task) || is_ignored(task, Signal::SIGTTOU) {
            return Ok(());
        }
        kill_pgrp(task.pgrp.get(), Signal::SIGTTOU);
        Err(Errno::EINTR)
    }

    /// Input by a background process: SIGTTIN for its group and `EINTR`; `EIO`
    /// if it ignores or blocks the signal.
    fn check_read(&self) -> Result<()> {
        let task = current();
        if self.is_in_front(task) {
            return Ok(());
        }
        if is_ignored(task, Signal::SIGTTIN) {
            return Err(Errno::EIO);
        }
        kill_pgrp(task.pgrp.get(), Signal::SIGTTIN);
        Err(Errno::EINTR)
    }

    /// Sleeps until there is something to read, or tick `deadline`: then false.
    fn wait_readable(&self, deadline: Option<u32>) -> Result<bool> {
        let mut readable = false;
        sched::interruptible_sleep_while(&self.readers, &mut || {
            readable = self.state.lock().line.readable() > 0;
            !readable && !has_come(deadline)
        })?;
        Ok(readable)
    }

    /// Sleeps until all output is out.
    pub fn wait_until_sent(&self) -> Result<()> {
        sched::interruptible_sleep_while(&self.writers, &mut || {
            let Driver::Serial(port) = self.driver else {
                return false;
            };
            let queued = !self.state.lock().write_q.is_empty();
            // No interrupt tells that the last byte has left the UART: look
            // again at the next tick.
            queued || (serial::is_sending(port) && !has_come(Some(sched::jiffies() + 1)))
        })
    }

    /// Sleeps for some ticks.
    pub fn sleep(&self, ticks: u32) -> Result<()> {
        let deadline = sched::jiffies() + ticks;
        sched::interruptible_sleep_while(&self.writers, &mut || !has_come(Some(deadline)))
    }
}

/// Whether a tick has come. If not, the sleepers of all terminals are woken
/// then; called with interrupts masked.
fn has_come(deadline: Option<u32>) -> bool {
    let Some(deadline) = deadline else {
        return false;
    };
    if !is_before(sched::jiffies(), deadline) {
        return true;
    }
    let next = NEXT_TIMEOUT.get();
    if next == 0 || is_before(deadline, next) {
        NEXT_TIMEOUT.set(deadline.max(1));
    }
    false
}

fn is_ignored(task: &Task, signal: Signal) -> bool {
    SignalSet(task.blocked.get()).contains(signal)
        || task.sigaction.lock()[signal.number() as usize - 1].sa_handler == SIG_IGN
}

/// A sink for echo that nobody is to see.
struct Nowhere;

impl Sink for Nowhere {
    fn room(&self) -> usize {
        usize::MAX
    }
    fn put(&mut self, _bytes: &[u8]) {}
    fn discard(&mut self) {}
}

/// Sets up screen, serial lines and keyboard. Interrupts may come after this
/// (0.11: `tty_init`).
pub fn tty_init() {
    console::con_init();
    let (lines, columns) = console::size();
    TTY_TABLE[0].state.lock().winsize =
        Winsize { ws_row: lines as u16, ws_col: columns as u16, ws_xpixel: 0, ws_ypixel: 0 };
    serial::rs_init();
    keyboard::keyboard_init();
}

/// Each clock tick.
pub fn do_tick() {
    console::do_tick();
    serial::do_tick();
    let timeout = NEXT_TIMEOUT.get();
    if timeout != 0 && !is_before(sched::jiffies(), timeout) {
        NEXT_TIMEOUT.set(0);
        for tty in &TTY_TABLE {
            sched::wake_up(&tty.readers);
            sched::wake_up(&tty.writers);
        }
    }
}

/// The terminal of the console in front, which the keyboard types on.
pub fn front_console() -> &'static Tty {
    &TTY_TABLE[0]
}

/// The terminal of a serial line.
pub fn serial_tty(port: usize) -> &'static Tty {
    &TTY_TABLE[1 + port]
}

/// The terminal with a minor number; 0 is the console in front. `ENXIO` if
/// there is none.
fn minor_tty(minor: u32) -> Result<&'static Tty> {
    if minor == 0 {
        return Ok(front_console());
    }
    TTY_TABLE
        .iter()
        .find(|tty| u32::from(tty.minor) == minor)
        .filter(|tty| match tty.driver {
            Driver::Console => true,
            Driver::Serial(port) => serial::is_present(port),
        })
        .ok_or(Errno::ENXIO)
}

/// The terminal of a device; /dev/tty is the caller's controlling terminal,
/// `EPERM` if it has none (as in 0.11's `sys_open` and `rw_tty`).
pub fn find(device: Device) -> Result<&'static Tty> {
    match (device.major(), device.minor()) {
        (major::TTYX, minor) => minor_tty(u32::from(minor)),
        (major::TTY, 0) => match current().tty.get() {
            NO_TTY => Err(Errno::EPERM),
            minor => minor_tty(minor),
        },
        _ => Err(Errno::ENXIO),
    }
}

/// Bytes were typed, or came over the line: the line discipline gets them, who
/// waits for them is woken, the group in front gets its signals. Called by the
/// interrupt handlers (0.11: `do_tty_interrupt`, `tty_intr`).
pub fn do_tty_interrupt(tty: &Tty, bytes: &[u8]) {
    for &byte in bytes {
        let mut state = tty.state.lock();
        let event = tty.with_sink(&mut state, usize::MAX, |line, echo| line.receive(byte, echo));
        let pgrp = state.pgrp;
        drop(state);
        act(tty, pgrp, event);
    }
}

fn act(tty: &Tty, pgrp: u32, event: Event) {
    if event.readable {
        sched::wake_up(&tty.readers);
    }
    if event.started || event.signal.is_some() {
        tty.go_on();
    }
    if let Some(signal) = event.signal {
        kill_pgrp(pgrp, signal);
    }
}

/// Opening a terminal. A session leader without one gets it as controlling
/// terminal, if it is no other session's, and its process group comes to the
/// front (0.11: `sys_open`).
///
/// # Errors
/// `ENXIO` if there is no such terminal, `EPERM` for /dev/tty without a
/// controlling terminal, `EBUSY` if it is reserved by TIOCEXCL.
pub fn tty_open(device: Device, flags: u32) -> Result<()> {
    let tty = find(device)?;
    let task = current();
    let is_superuser = task.fs.suser();
    let mut state = tty.state.lock();
    if state.exclusive && !is_superuser {
        return Err(Errno::EBUSY);
    }
    if device.major() == major::TTYX && flags & O_NOCTTY == 0 {
        // Otherwise it is opened without becoming the controlling terminal.
        let _ = take_as_controlling(tty, &mut state, task);
    }
    Ok(())
}

/// Makes it the controlling terminal of a session leader that has none.
/// `EPERM` if that may not be.
pub fn take_as_controlling(tty: &Tty, state: &mut State, task: &Task) -> Result<()> {
    let session = task.session.get();
    if tty.controls(task) && state.session == session {
        return Ok(());
    }
    if task.leader.get() == 0 || task.tty.get() != NO_TTY || state.session != 0 {
        return Err(Errno::EPERM);
    }
    task.tty.set(u32::from(tty.minor));
    state.session = session;
    state.pgrp = task.pgrp.get();
    Ok(())
}

/// The session has lost its leader: its controlling terminal is free for
/// another. The tasks are told by the caller.
pub fn detach(session: u32) {
    for tty in &TTY_TABLE {
        let mut state = tty.state.lock();
        if state.session == session && session != 0 {
            state.session = 0;
            state.pgrp = 0;
            state.exclusive = false;
            state.line.start();
        }
    }
}

/// Reads what is ready, up to the end of a line in canonical mode; waits for
/// it as VMIN and VTIME say otherwise. 0 is the end of the input.
///
/// # Errors
/// `EINTR` if a signal came first; `EAGAIN` with O_NONBLOCK if nothing is
/// ready; `EIO` or `EINTR` in the background; `EFAULT`.
pub fn tty_read(device: Device, buffer: &mut dyn UserBuffer, flags: u32) -> Result<usize> {
    let tty = find(device)?;
    tty.check_read()?;
    let canonical = tty.state.lock().line.is_canonical();
    match (buffer.remaining(), canonical) {
        (0, _) => Ok(0),
        (_, true) => read_line(tty, buffer, flags),
        (_, false) => read_raw(tty, buffer, flags),
    }
}

fn read_line(tty: &Tty, buffer: &mut dyn UserBuffer, flags: u32) -> Result<usize> {
    if flags & O_NONBLOCK != 0 && tty.state.lock().line.readable() == 0 {
        return Err(Errno::EAGAIN);
    }
    tty.wait_readable(None)?;
    Ok(take(tty, buffer)?.0)
}

fn read_raw(tty: &Tty, buffer: &mut dyn UserBuffer, flags: u32) -> Result<usize> {
    let (minimum, tenths) = tty.state.lock().line.min_and_time();
    let ticks = tenths * TICKS_PER_TENTH;
    let mut deadline = (minimum == 0).then(|| sched::jiffies().wrapping_add(ticks));
    let mut total = 0;
    loop {
        total += take(tty, buffer)?.0;
        if buffer.remaining() == 0 || total >= minimum.max(1) {
            return Ok(total);
        }
        if flags & O_NONBLOCK != 0 {
            return if total > 0 || minimum == 0 { Ok(total) } else { Err(Errno::EAGAIN) };
        }
        if minimum > 0 && ticks > 0 && total > 0 {
            // The time is that between two bytes.
            deadline = Some(sched::jiffies().wrapping_add(ticks));
        }
        match tty.wait_readable(deadline) {
            Ok(true) => {}
            Err(error) if total == 0 => return Err(error),
            Ok(false) | Err(_) => return Ok(total),
        }
    }
}

/// Moves what is readable to the program, a chunk at a time. Says how much it
/// was, and whether a line ended.
fn take(tty: &Tty, buffer: &mut dyn UserBuffer) -> Result<(usize, bool)> {
    let mut total = 0;
    let mut end = false;
    while buffer.remaining() > 0 && !end {
        let mut chunk = [0; CHUNK];
        let size = buffer.remaining().min(CHUNK);
        buffer.prepare(size)?;
        let taken = tty.state.lock().line.take(&mut chunk[..size]);
        buffer.put(&chunk[..taken.count]);
        total += taken.count;
        end = taken.end || taken.count < size;
    }
    Ok((total, end))
}

/// Writes everything, waiting while output is stopped or the queue is full.
///
/// # Errors
/// If nothing was written: `EINTR` if a signal came first; `EAGAIN` with
/// O_NONBLOCK if there is no room; `EINTR` in the background with TOSTOP;
/// `EFAULT`.
pub fn tty_write(device: Device, buffer: &mut dyn UserBuffer, flags: u32) -> Result<usize> {
    let tty = find(device)?;
    if tty.state.lock().line.termios.c_lflag.contains(LocalFlags::TOSTOP) {
        tty.check_change()?;
    }
    let mut total = 0;
    match write_all(tty, buffer, flags, &mut total) {
        Err(error) if total == 0 => Err(error),
        _ => Ok(total),
    }
}

fn write_all(tty: &Tty, buffer: &mut dyn UserBuffer, flags: u32, total: &mut usize) -> Result<()> {
    while buffer.remaining() > 0 {
        let mut chunk = [0; CHUNK];
        let size = buffer.remaining().min(CHUNK);
        buffer.prepare(size)?;
        buffer.get(&mut chunk[..size]);
        let mut rest = &chunk[..size];
        while !rest.is_empty() {
            wait_writable(tty, flags)?;
            let count = write_chunk(tty, &mut tty.state.lock(), rest);
            *total += count;
            rest = &rest[count..];
        }
    }
    Ok(())
}

fn write_chunk(tty: &Tty, state: &mut IrqLockGuard<'_, State>, bytes: &[u8]) -> usize {
    tty.with_sink(state, console::MOST_WORK, |line, sink| line.write(bytes, sink))
}

/// Sleeps while output is stopped, or the queue is so full that a byte might
/// not fit.
fn wait_writable(tty: &Tty, flags: u32) -> Result<()> {
    let is_full = |most: usize| {
        let state = tty.state.lock();
        state.line.stopped || state.write_q.len() > most
    };
    if !is_full(WRITE_SIZE - CHUNK) {
        return Ok(());
    }
    if flags & O_NONBLOCK != 0 {
        return Err(Errno::EAGAIN);
    }
    sched::interruptible_sleep_while(&tty.writers, &mut || is_full(WRITE_SIZE / 2))
}
