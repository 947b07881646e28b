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
//! One lock guards the state of a terminal. Output to a screen happens at once.
//! Output to a serial line goes to `write_q`, which the interrupts of the UART
//! empty. `readers` and `writers` are woken when there may be something to read, or
//! room to write; tasks that sleep there then check again.

mod line_discipline;
mod tty;

use super::{console, serial};
use crate::deliver::kill_pgrp;
use crate::sched::{self, NO_TTY, State as TaskState, Task, Work, current, timer};
use crate::sleep;
use abi::fcntl::{O_ACCMODE, O_NOCTTY, O_NONBLOCK, O_WRONLY};
use abi::signal::Signal;
use abi::sys::types::{Device, major};
use abi::termios::{B38400, ControlFlags, LocalFlags, Winsize};
use abi::{Errno, Result};
use fs::platform::{Condition, OpenDevice, UserBuffer, in_pieces, moved};
use line_discipline::Event;
pub use line_discipline::{LineDiscipline, LineError};
use sync::{IrqLock, IrqLockGuard};
pub use tty::{Driver, OpenTty, State, Tty, WriteQueue};

/// How many bytes move between a program and a terminal at a time: interrupts are
/// masked meanwhile.
const CHUNK: usize = 128;
/// VTIME counts tenths of a second.
const TICKS_PER_TENTH: u32 = sched::HZ / 10;
/// The minor number of the first serial line; below are the consoles.
pub const FIRST_SERIAL: u8 = 64;

/// How many terminals there are.
const NR_TTYS: usize = console::NR_CONSOLES + 2;

/// What changes of each terminal. It is all zeros, and takes no room in the kernel's file.
static STATES: [IrqLock<State>; NR_TTYS] = [const { IrqLock::new(State::new()) }; NR_TTYS];

/// All terminals (0.11: `tty_table`).
static TTY_TABLE: [Tty; NR_TTYS] = [
    Tty::new(1, Driver::Console(0), &STATES[0]),
    Tty::new(2, Driver::Console(1), &STATES[1]),
    Tty::new(3, Driver::Console(2), &STATES[2]),
    Tty::new(4, Driver::Console(3), &STATES[3]),
    Tty::new(FIRST_SERIAL, Driver::Serial(0), &STATES[4]),
    Tty::new(FIRST_SERIAL + 1, Driver::Serial(1), &STATES[5]),
];

/// Gives the terminals their settings, and tells programs the size of the screen.
pub fn set_defaults() {
    for state in &STATES {
        state.lock().line.set_defaults(B38400);
    }
    let (lines, columns) = console::size();
    for tty in &TTY_TABLE[..console::NR_CONSOLES] {
        tty.state.lock().winsize = Winsize {
            ws_row: lines as u16,
            ws_col: columns as u16,
            ..Winsize::default()
        };
    }
}

/// The terminal of the console in front, which the keyboard types on.
pub fn front_console() -> &'static Tty {
    &TTY_TABLE[console::fg_console()]
}

/// Brings a console, counted from 0, to the front, and wakes the tasks that wait
/// for that (0.12: `change_console`). Returns false if there is no such console.
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
    sleep::interruptible_sleep_while(&TTY_TABLE[number].writers, &mut || {
        console::fg_console() != number
    })
}

/// The terminal of a serial line.
pub fn serial_tty(port: usize) -> &'static Tty {
    &TTY_TABLE[console::NR_CONSOLES + port]
}

/// The terminal of a device, whether the machine has it or not.
fn find(device: Device) -> Option<&'static Tty> {
    TTY_TABLE.iter().find(|tty| tty.device() == device)
}

/// The terminal that opening a device opens: for tty0 the console in front, for
/// /dev/tty the caller's controlling terminal. `EPERM` if it has none, `ENXIO` if
/// the machine has no such terminal (as in 0.11's `sys_open` and `rw_tty`).
fn meant_by(device: Device) -> Result<&'static Tty> {
    let tty = match (device.major(), device.minor()) {
        (major::TTYX, 0) => front_console(),
        (major::TTY, 0) => controlling_tty(current()).ok_or(Errno::EPERM)?,
        _ => find(device).ok_or(Errno::ENXIO)?,
    };
    let is_present = match tty.driver {
        Driver::Console(number) => console::is_present(number),
        Driver::Serial(port) => serial::is_present(port),
    };
    if is_present {
        Ok(tty)
    } else {
        Err(Errno::ENXIO)
    }
}

fn controlling_tty(task: &Task) -> Option<&'static Tty> {
    TTY_TABLE.iter().find(|tty| tty.controls(task))
}

/// Passes bytes that were typed to [`tty_intr`]. The interrupt handler of the
/// keyboard calls it (0.11: `do_tty_interrupt`).
pub fn do_tty_interrupt(tty: &Tty, bytes: &[u8]) {
    tty_intr(tty, bytes.iter().map(|&byte| (byte, None)));
}

/// Takes bytes that were typed or came over the line, perhaps with errors. The line
/// discipline gets them, the tasks that wait for them are woken, and the foreground
/// group gets its signals (0.11: `tty_intr`).
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
        finish_input(tty, state, event);
        if event.signal.is_none() {
            return;
        }
    }
}

/// Unlocks the terminal's state after input, and does what the event asks for.
/// Editing that is not done yet goes on before ring 3 does, where it delays no
/// interrupt.
fn finish_input(tty: &Tty, state: IrqLockGuard<'_, State>, event: Event) {
    if state.line.is_busy() {
        sched::PENDING_WORK.set_bits(Work::Terminal as u32);
    }
    let pgrp = state.pgrp;
    drop(state);
    act(tty, pgrp, event);
}

/// Does the next piece of editing on all terminals that have any.
pub fn go_on_editing() {
    for tty in &TTY_TABLE {
        let mut state = tty.state.lock();
        if state.line.is_busy() {
            let event = tty.with_sink(&mut state, usize::MAX, |line, echo| line.go_on(echo));
            finish_input(tty, state, event);
        }
    }
}

/// Hangs up a serial line whose other end has gone, unless the modem lines are
/// ignored. Interrupt handlers call it.
pub fn carrier_lost(tty: &Tty) {
    let mut state = tty.state.lock();
    let flags = state.line.termios.c_cflag;
    if flags.contains(ControlFlags::CLOCAL) || state.opens == 0 {
        return;
    }
    state.write_q.clear();
    drop(state);
    tty.hang_up();
    if let Driver::Serial(port) = tty.driver
        && flags.contains(ControlFlags::HUPCL)
    {
        serial::pick_up(port, false);
    }
}

/// Hangs up the controlling terminal of a session whose leader ends. What was
/// written is still sent. May sleep.
pub fn leader_ended(task: &Task) {
    if let Some(tty) = controlling_tty(task) {
        let is_open = tty.state.lock().opens != 0;
        tty.hang_up();
        if is_open {
            let_go(tty);
        }
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
        signal_front(tty, pgrp, signal);
    }
}

/// Sends a signal to the foreground process group. If all its members have ended and
/// the shell does not know yet, the shell gets it, as leader of the session: a ^C
/// between two commands of a loop must not be lost.
fn signal_front(tty: &Tty, pgrp: u32, signal: Signal) {
    let is_alive = |task: &Task| task.pgrp.get() == pgrp && task.state() != TaskState::Zombie;
    if pgrp == 0 || sched::tasks().any(is_alive) {
        return kill_pgrp(pgrp, signal);
    }
    let leads = |task: &&Task| task.leader.get() != 0 && tty.controls(task);
    if let Some(leader) = sched::tasks().find(leads) {
        kill_pgrp(leader.pgrp.get(), signal);
    }
}

/// Opens a terminal. A session leader without a controlling terminal that opens it
/// for reading gets it as such, if no other session has it, and its process group
/// becomes the foreground group (0.11: `sys_open`). Opening for writing only does
/// not do this, because everybody may write to a terminal.
///
/// # Errors
/// `ENXIO` if there is no such terminal, `EPERM` for /dev/tty without a
/// controlling terminal, `EBUSY` if it is reserved by TIOCEXCL; `EINTR` while
/// it waits for a carrier, which it does without CLOCAL and O_NONBLOCK.
pub fn tty_open(device: Device, flags: u32) -> Result<OpenDevice> {
    let tty = meant_by(device)?;
    let task = current();
    if device.major() == major::TTYX {
        pick_up(tty);
        if flags & O_NONBLOCK == 0 {
            tty.wait_for_carrier()?;
        }
    }
    let mut state = tty.state.lock();
    let is_own = task.session.get() == state.session;
    match device.major() {
        major::TTYX if state.exclusive && !task.fs_task.is_superuser() => return Err(Errno::EBUSY),
        // It may have been hung up just now.
        major::TTY if !is_own => return Err(Errno::EPERM),
        _ => state.opens += 1,
    }
    if flags & O_NOCTTY == 0 {
        // Otherwise it is opened without becoming the controlling terminal.
        let _ = take_as_controlling(tty, &mut state, flags);
    }
    let generation = state.generation;
    Ok(OpenTty { tty, generation }.device())
}

/// Prepares a line that nobody has open.
fn pick_up(tty: &Tty) {
    let state = tty.state.lock();
    if state.opens == 0
        && let Driver::Serial(port) = tty.driver
        && state.line.termios.c_cflag.intersects(ControlFlags::CBAUD)
    {
        serial::pick_up(port, true);
    }
}

/// Closes a file that [`tty_open`] has opened. The last one ends a reservation. May
/// sleep. After a hang-up all files count as closed already.
pub fn tty_close(opened: OpenDevice) {
    let Some(tty) = OpenTty::of(opened) else {
        return;
    };
    let Ok(mut state) = tty.lock() else { return };
    state.opens = state.opens.saturating_sub(1);
    if state.opens == 0 {
        state.exclusive = false;
        drop(state);
        let_go(tty.tty);
    }
}

/// Called when nobody has the terminal open any more: with HUPCL it hangs up the
/// line when all output was sent.
fn let_go(tty: &'static Tty) {
    let state = tty.state.lock();
    let hangs_up = state.line.termios.c_cflag.contains(ControlFlags::HUPCL);
    let can_send = !state.line.stopped;
    let generation = state.generation;
    drop(state);
    if let Driver::Serial(port) = tty.driver
        && hangs_up
    {
        // A signal ends the waiting, but not the hanging up.
        let _ = can_send.then(|| OpenTty { tty, generation }.wait_until_sent());
        if tty.state.lock().opens == 0 {
            serial::pick_up(port, false);
        }
    }
}

/// Makes it the controlling terminal of the caller, if the caller leads a session,
/// has no controlling terminal, and has opened it for reading, as `flags` say.
/// `EPERM` otherwise.
pub fn take_as_controlling(tty: &Tty, state: &mut State, flags: u32) -> Result<()> {
    let task = current();
    let session = task.session.get();
    if task.tty.get() == u32::from(tty.minor) && state.session == session {
        return Ok(());
    }
    let may_read = flags & O_ACCMODE != O_WRONLY;
    let is_free = task.tty.get() == NO_TTY && state.session == 0;
    if task.leader.get() == 0 || !is_free || !may_read {
        return Err(Errno::EPERM);
    }
    task.tty.set(u32::from(tty.minor));
    state.session = session;
    state.pgrp = task.pgrp.get();
    Ok(())
}

/// Reads what is ready: up to the end of a line in canonical mode, otherwise as
/// VMIN and VTIME say. 0 is the end of the input.
///
/// # Errors
/// `EINTR` if a signal came first; `EAGAIN` with O_NONBLOCK if nothing is ready;
/// `EIO` or `EINTR` in the background; `EFAULT`. A terminal that was hung up is at
/// the end of its input, also for tasks that wait already.
// A place for a breakpoint: `make bench` stops here at the first prompt.
#[inline(never)]
pub fn tty_read(opened: OpenDevice, buffer: &mut dyn UserBuffer, flags: u32) -> Result<usize> {
    let tty = OpenTty::of(opened).ok_or(Errno::ENXIO)?;
    tty.check_read()?;
    let canonical = tty.state.lock().line.is_canonical();
    let count = buffer.remaining();
    let result = match (count, canonical) {
        (0, _) => Ok(()),
        (_, true) => read_line(tty, buffer, flags),
        (_, false) => read_raw(tty, buffer, flags),
    };
    moved(count - buffer.remaining(), result)
}

fn read_line(tty: OpenTty, buffer: &mut dyn UserBuffer, flags: u32) -> Result<()> {
    let count = buffer.remaining();
    if flags & O_NONBLOCK != 0 && !tty.is_ready(Condition::Readable) {
        return Err(Errno::EAGAIN);
    }
    // Another task may have read it, which is no end of file.
    while tty.wait_readable(None)? && !take(tty, buffer)? && buffer.remaining() == count {}
    Ok(())
}

fn read_raw(tty: OpenTty, buffer: &mut dyn UserBuffer, flags: u32) -> Result<()> {
    let count = buffer.remaining();
    let (minimum, tenths) = tty.state.lock().line.min_and_time();
    let ticks = tenths * TICKS_PER_TENTH;
    let mut deadline = (minimum == 0).then(|| timer::after(sched::jiffies(), ticks));
    loop {
        let is_end = take(tty, buffer)?;
        let total = count - buffer.remaining();
        if buffer.remaining() == 0 || total >= minimum.max(1) || is_end {
            return Ok(());
        }
        if flags & O_NONBLOCK != 0 {
            return match minimum {
                0 => Ok(()),
                _ => Err(Errno::EAGAIN),
            };
        }
        if minimum > 0 && ticks > 0 && total > 0 {
            // This is the time between two bytes.
            deadline = Some(timer::after(sched::jiffies(), ticks));
        }
        if !tty.wait_readable(deadline)? {
            return Ok(());
        }
    }
}

/// Moves what is readable to the program, a chunk at a time, up to the end of a
/// line in canonical mode. Whether that is the end: so is a hang-up.
fn take(tty: OpenTty, buffer: &mut dyn UserBuffer) -> Result<bool> {
    while buffer.remaining() > 0 {
        let mut chunk = [0; CHUNK];
        let size = buffer.remaining().min(CHUNK);
        buffer.prepare(size)?;
        let Ok(mut state) = tty.lock() else {
            return Ok(true);
        };
        let taken = state.line.take(&mut chunk[..size]);
        drop(state);
        buffer.put(&chunk[..taken.count]);
        if taken.unthrottled {
            tty.go_on();
        }
        if taken.end || taken.count < size {
            return Ok(taken.end);
        }
    }
    Ok(false)
}

/// Writes everything, waiting while output is stopped or the queue is full.
///
/// # Errors
/// If nothing was written: `EINTR` if a signal came first; `EAGAIN` with
/// O_NONBLOCK if there is no room; `EINTR` or `EIO` in the background with TOSTOP;
/// `EIO` if the terminal was hung up; `EFAULT`.
pub fn tty_write(opened: OpenDevice, buffer: &mut dyn UserBuffer, flags: u32) -> Result<usize> {
    let tty = OpenTty::of(opened).ok_or(Errno::ENXIO)?;
    let modes = tty.state.lock().line.termios.c_lflag;
    if modes.contains(LocalFlags::TOSTOP) {
        tty.check_change()?;
    }
    let mut written = 0;
    let result = in_pieces(buffer, CHUNK, |buffer, size| {
        let mut chunk = [0; CHUNK];
        buffer.get(&mut chunk[..size]);
        write_chunk(tty, &chunk[..size], flags, &mut written)
    });
    moved(written, result)
}

fn write_chunk(tty: OpenTty, mut rest: &[u8], flags: u32, written: &mut usize) -> Result<()> {
    while !rest.is_empty() {
        give_way(*written)?;
        tty.wait_writable(flags)?;
        let mut state = tty.lock()?;
        let count = tty.with_sink(&mut state, console::MOST_WORK, |line, sink| {
            line.write(rest, sink)
        });
        drop(state);
        *written += count;
        rest = &rest[count..];
    }
    Ok(())
}

/// Lets others run between the pieces of long output when the time slice is over;
/// `EINTR` if a signal has come.
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
