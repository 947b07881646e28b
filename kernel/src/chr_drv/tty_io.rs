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
mod tty;

use super::{console, keyboard, serial};
use crate::exit::{kill_pgrp, kill_session};
use crate::sched::{self, NO_TTY, Task, current, timer};
use fs::seam::{Condition, UserBuffer};
use lib::fcntl::{O_NOCTTY, O_NONBLOCK};
use lib::sys::types::{Device, major};
use lib::termios::{ControlFlags, LocalFlags, Winsize};
use lib::{Errno, Result};
use line_discipline::{Event, Taken};
pub use line_discipline::{LineDiscipline, LineError, Sink};
pub use tty::{Driver, State, Tty, WriteQueue};

/// Bytes that move between a program and a terminal at a time: interrupts are
/// masked while they do.
const CHUNK: usize = 128;
/// VTIME counts tenths of a second.
const TICKS_PER_TENTH: u32 = sched::HZ / 10;
/// The minor number of the first serial line; below are the consoles.
pub const FIRST_SERIAL: u8 = 64;

/// All terminals (0.11: `tty_table`).
static TTY_TABLE: [Tty; console::NR_CONSOLES + 2] = [
    Tty::new(1, Driver::Console(0)),
    Tty::new(2, Driver::Console(1)),
    Tty::new(3, Driver::Console(2)),
    Tty::new(4, Driver::Console(3)),
    Tty::new(FIRST_SERIAL, Driver::Serial(0)),
    Tty::new(FIRST_SERIAL + 1, Driver::Serial(1)),
];

/// Sets up screen, serial lines and keyboard. Interrupts may come after this
/// (0.11: `tty_init`).
pub fn tty_init() {
    let (lines, columns) = console::size();
    for tty in &TTY_TABLE[..console::NR_CONSOLES] {
        tty.state.lock().winsize = Winsize {
            ws_row: lines as u16,
            ws_col: columns as u16,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
    }
    serial::rs_init();
    keyboard::keyboard_init();
}

/// Each clock tick.
pub fn do_tick() {
    console::do_tick();
    serial::do_tick();
}

/// The terminal of the console in front, which the keyboard types on.
pub fn front_console() -> &'static Tty {
    &TTY_TABLE[console::fg_console()]
}

/// Brings a console, counted from 0, to the front, and tells who waits for that
/// (0.12: `change_console`). False if there is no such console.
pub fn change_console(number: usize) -> bool {
    let changed = console::update_screen(number);
    if changed {
        sched::wake_up(&TTY_TABLE[number].writers);
    }
    changed
}

/// Sleeps until a console, counted from 0, is in front. `ENXIO` if there is no
/// such console, `EINTR` if a signal came first.
pub fn wait_active(number: usize) -> Result<()> {
    if number >= console::NR_CONSOLES || !console::is_present(number) {
        return Err(Errno::ENXIO);
    }
    sched::interruptible_sleep_while(&TTY_TABLE[number].writers, &mut || {
        console::fg_console() != number
    })
}

/// The terminal of a serial line.
pub fn serial_tty(port: usize) -> &'static Tty {
    &TTY_TABLE[console::NR_CONSOLES + port]
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
            Driver::Console(number) => console::is_present(number),
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

/// Bytes were typed: [`tty_intr`] with them. Called by the interrupt handler of
/// the keyboard (0.11: `do_tty_interrupt`).
pub fn do_tty_interrupt(tty: &Tty, bytes: &[u8]) {
    tty_intr(tty, bytes.iter().map(|&byte| (byte, None)));
}

/// Bytes were typed, or came over the line, perhaps with errors: the line
/// discipline gets them, who waits for them is woken, the group in front gets
/// its signals (0.11: `tty_intr`).
pub fn tty_intr(tty: &Tty, mut bytes: impl Iterator<Item = (u8, Option<LineError>)>) {
    loop {
        let mut state = tty.state.lock();
        let event = tty.with_sink(&mut state, usize::MAX, |line, echo| {
            let mut all = Event::NONE;
            // Signals are sent without the lock.
            while all.signal.is_none()
                && let Some((byte, error)) = bytes.next()
            {
                all = all.and(match error {
                    None => line.receive(byte, echo),
                    Some(error) => line.receive_bad(byte, error, echo),
                });
            }
            all
        });
        let pgrp = state.pgrp;
        drop(state);
        act(tty, pgrp, event);
        if event.signal.is_none() {
            return;
        }
    }
}

/// The other end of a serial line has gone: unless the modem lines are ignored,
/// reads are at their end, writes fail, and the session is told.
pub fn carrier_lost(tty: &Tty) {
    let mut state = tty.state.lock();
    if state.line.termios.c_cflag.contains(ControlFlags::CLOCAL) || state.opens == 0 {
        return;
    }
    state.hung_up = true;
    state.line.flush_input();
    state.write_q.clear();
    let session = state.session;
    drop(state);
    tty.go_on();
    sched::wake_up(&tty.readers);
    kill_session(session);
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
/// controlling terminal, `EBUSY` if it is reserved by TIOCEXCL; `EINTR` while
/// it waits for a carrier, which it does without CLOCAL and O_NONBLOCK.
pub fn tty_open(device: Device, flags: u32) -> Result<()> {
    let tty = find(device)?;
    let task = current();
    let is_superuser = task.fs.is_superuser();
    if device.major() != major::TTYX {
        return Ok(());
    }
    pick_up(tty);
    if flags & O_NONBLOCK == 0 {
        tty.wait_for_carrier()?;
    }
    let mut state = tty.state.lock();
    if state.exclusive && !is_superuser {
        return Err(Errno::EBUSY);
    }
    state.opens += 1;
    if flags & O_NOCTTY == 0 {
        // Otherwise it is opened without becoming the controlling terminal.
        let _ = take_as_controlling(tty, &mut state, task);
    }
    Ok(())
}

/// Makes a line ready that nobody has open.
fn pick_up(tty: &Tty) {
    let mut state = tty.state.lock();
    if state.opens != 0 {
        return;
    }
    state.hung_up = false;
    if let Driver::Serial(port) = tty.driver
        && state.line.termios.c_cflag.intersects(ControlFlags::CBAUD)
    {
        serial::pick_up(port, true);
    }
}

/// A file that [`tty_open`] has opened is closed. The last one gives up the
/// reservation, and with HUPCL hangs up when all output is out. May sleep.
pub fn tty_close(device: Device) {
    let Ok(tty) = find(device) else { return };
    if device.major() != major::TTYX {
        return;
    }
    let mut state = tty.state.lock();
    state.opens = state.opens.saturating_sub(1);
    if state.opens != 0 {
        return;
    }
    state.exclusive = false;
    let hangs_up = state.line.termios.c_cflag.contains(ControlFlags::HUPCL);
    let can_send = !state.line.stopped && !state.hung_up;
    drop(state);
    if let Driver::Serial(port) = tty.driver
        && hangs_up
    {
        // A signal ends the waiting, but not the hanging up.
        let _ = can_send.then(|| tty.wait_until_sent());
        if tty.state.lock().opens == 0 {
            serial::pick_up(port, false);
        }
    }
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
/// ready; `EIO` or `EINTR` in the background; `EFAULT`. A terminal that was hung
/// up is at the end of its input.
// A place for a breakpoint: `make bench` stops here at the first prompt.
#[inline(never)]
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
    if flags & O_NONBLOCK != 0 && !tty.is_ready(Condition::Readable) {
        return Err(Errno::EAGAIN);
    }
    loop {
        if !tty.wait_readable(None)? {
            return Ok(0);
        }
        let taken = take(tty, buffer)?;
        // Somebody else may have had it, which is no end of file.
        if taken.count > 0 || taken.end {
            return Ok(taken.count);
        }
    }
}

fn read_raw(tty: &Tty, buffer: &mut dyn UserBuffer, flags: u32) -> Result<usize> {
    let (minimum, tenths) = tty.state.lock().line.min_and_time();
    let ticks = tenths * TICKS_PER_TENTH;
    let mut deadline = (minimum == 0).then(|| timer::after(sched::jiffies(), ticks));
    let mut total = 0;
    loop {
        total += take(tty, buffer)?.count;
        if buffer.remaining() == 0 || total >= minimum.max(1) {
            return Ok(total);
        }
        if flags & O_NONBLOCK != 0 {
            return if total > 0 || minimum == 0 {
                Ok(total)
            } else {
                Err(Errno::EAGAIN)
            };
        }
        if minimum > 0 && ticks > 0 && total > 0 {
            // The time is that between two bytes.
            deadline = Some(timer::after(sched::jiffies(), ticks));
        }
        match tty.wait_readable(deadline) {
            Ok(true) => {}
            Err(error) if total == 0 => return Err(error),
            Ok(false) | Err(_) => return Ok(total),
        }
    }
}

/// Moves what is readable to the program, a chunk at a time, up to the end of a
/// line in canonical mode.
fn take(tty: &Tty, buffer: &mut dyn UserBuffer) -> Result<Taken> {
    let mut total = Taken::NOTHING;
    while buffer.remaining() > 0 && !total.end {
        let mut chunk = [0; CHUNK];
        let size = buffer.remaining().min(CHUNK);
        match buffer.prepare(size) {
            Err(error) if total.count == 0 => return Err(error),
            Err(_) => break,
            Ok(()) => {}
        }
        let taken = tty.state.lock().line.take(&mut chunk[..size]);
        buffer.put(&chunk[..taken.count]);
        total.count += taken.count;
        total.end = taken.end;
        if taken.released {
            tty.go_on();
        }
        if taken.count < size {
            break;
        }
    }
    Ok(total)
}

/// Writes everything, waiting while output is stopped or the queue is full.
///
/// # Errors
/// If nothing was written: `EINTR` if a signal came first; `EAGAIN` with
/// O_NONBLOCK if there is no room; `EINTR` in the background with TOSTOP;
/// `EFAULT`.
pub fn tty_write(device: Device, buffer: &mut dyn UserBuffer, flags: u32) -> Result<usize> {
    let tty = find(device)?;
    if tty
        .state
        .lock()
        .line
        .termios
        .c_lflag
        .contains(LocalFlags::TOSTOP)
    {
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
            give_way(*total)?;
            tty.wait_writable(flags)?;
            let mut state = tty.state.lock();
            let count = tty.with_sink(&mut state, console::MOST_WORK, |line, sink| {
                line.write(rest, sink)
            });
            drop(state);
            *total += count;
            rest = &rest[count..];
        }
    }
    Ok(())
}

/// Between the pieces of long output: `EINTR` if a signal has come, and others
/// run when the time slice is over.
fn give_way(written: usize) -> Result<()> {
    let task = current();
    if written > 0 && task.pending_signals() != 0 {
        return Err(Errno::EINTR);
    }
    if task.counter.get() == 0 {
        sched::schedule();
    }
    Ok(())
}
