// SPDX-License-Identifier: GPL-2.0-or-later
//! `ioctl` of terminals (0.11: `kernel/chr_drv/tty_ioctl.c`).
//!
//! What is fetched from the program or stored to it is copied while the terminal is not
//! locked, because copying may sleep.

mod consoles;
mod sgtty;

use super::serial;
use super::tty_io::{self, Driver, OpenTty, State, Tty};
use crate::sched::{self, current, require_super_user};
use crate::segment::{get_user, put_user};
use abi::sgtty::{Sgttyb, TIOCGETP, TIOCSETP};
use abi::sys::types::UserAddress;
use abi::termios::{
    ControlFlags, InputFlags, LocalFlags, NCC, OutputFlags, TCFLSH, TCGETA, TCGETS, TCIFLUSH,
    TCIOFF, TCIOFLUSH, TCION, TCOFLUSH, TCOOFF, TCOON, TCSBRK, TCSETA, TCSETAF, TCSETAW, TCSETS,
    TCSETSF, TCSETSW, TCXONC, TIOCEXCL, TIOCGPGRP, TIOCGSOFTCAR, TIOCGWINSZ, TIOCINQ, TIOCMBIC,
    TIOCMBIS, TIOCMGET, TIOCMSET, TIOCNXCL, TIOCOUTQ, TIOCSCTTY, TIOCSPGRP, TIOCSSOFTCAR, TIOCSTI,
    TIOCSWINSZ, TIOCVHANGUP, Termio, Termios, VSTART, VSTOP, Winsize,
};
use abi::{Errno, Result};

/// A break lasts a quarter of a second.
const BREAK_TICKS: u32 = sched::HZ / 4;

/// When new settings take effect.
#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    Now,
    /// As soon as all output was sent.
    AfterOutput,
    /// As soon as all output was sent; what was typed until then is thrown away.
    AfterOutputAndFlush,
}

/// Carries out a command. `argument` is a number or the address of something
/// in the program, as the command has it; `flags` are those of the file.
///
/// # Errors
/// `EINVAL` for commands and arguments that are not known; `ENOTTY` if the command is for
/// the caller's controlling terminal, and this is another one; `EPERM` for changes, unless
/// it is the caller's controlling terminal or the caller is the superuser; `EFAULT`,
/// `EINTR`; `EIO` if the terminal was hung up.
pub fn tty_ioctl(tty: OpenTty, flags: u32, command: u32, argument: u32) -> Result<u32> {
    let address = UserAddress(argument);
    if is_change(command) {
        check_permission(&tty)?;
    }
    match command {
        TCGETS => put_user(address, &get_termios(tty)?)?,
        TCSETS => set_termios(tty, get_user(address)?, When::Now)?,
        TCSETSW => set_termios(tty, get_user(address)?, When::AfterOutput)?,
        TCSETSF => set_termios(tty, get_user(address)?, When::AfterOutputAndFlush)?,
        TCGETA => put_user(address, &get_termio(tty)?)?,
        TCSETA => set_termio(tty, get_user(address)?, When::Now)?,
        TCSETAW => set_termio(tty, get_user(address)?, When::AfterOutput)?,
        TCSETAF => set_termio(tty, get_user(address)?, When::AfterOutputAndFlush)?,
        TIOCGETP => put_user(address, &sgtty::from_termios(&get_termios(tty)?))?,
        TIOCSETP => set_sgttyb(tty, &get_user(address)?)?,
        TCSBRK => send_break(tty, argument)?,
        TCXONC => flow_control(tty, argument)?,
        TCFLSH => flush(tty, argument)?,
        TIOCEXCL => tty.lock()?.exclusive = true,
        TIOCNXCL => tty.lock()?.exclusive = false,
        TIOCSCTTY => tty_io::take_as_controlling(&tty, &mut *tty.lock()?, flags)?,
        TIOCGPGRP => put_user(address, &get_pgrp(tty)?)?,
        TIOCSPGRP => set_pgrp(tty, get_user(address)?)?,
        TIOCOUTQ => {
            let count = tty.lock()?.write_q.len() as u32;
            put_user(address, &count)?;
        }
        TIOCINQ => {
            let count = tty.lock()?.line.readable() as u32;
            put_user(address, &count)?;
        }
        TIOCSTI => type_byte(tty, get_user(address)?)?,
        TIOCVHANGUP => hang_up(tty)?,
        TIOCGWINSZ => {
            let winsize = tty.lock()?.winsize;
            put_user(address, &winsize)?;
        }
        TIOCSWINSZ => {
            let winsize: Winsize = get_user(address)?;
            tty.lock()?.winsize = winsize;
        }
        TIOCMGET | TIOCMBIS | TIOCMBIC | TIOCMSET => modem(tty, command, address)?,
        TIOCGSOFTCAR => {
            let flags = get_termios(tty)?.c_cflag;
            put_user(address, &u32::from(flags.contains(ControlFlags::CLOCAL)))?;
        }
        TIOCSSOFTCAR => {
            let ignore: u32 = get_user(address)?;
            let mut state = tty.lock()?;
            let flags = &mut state.line.termios.c_cflag;
            flags.set(ControlFlags::CLOCAL, ignore != 0);
        }
        _ => return consoles::console_ioctl(tty, command, argument),
    }
    Ok(0)
}

/// Commands that change something for all who use the terminal, and have no
/// rule of their own.
fn is_change(command: u32) -> bool {
    matches!(
        command,
        TCSETS
            | TCSETSW
            | TCSETSF
            | TCSETA
            | TCSETAW
            | TCSETAF
            | TIOCSETP
            | TCSBRK
            | TCXONC
            | TCFLSH
            | TIOCEXCL
            | TIOCNXCL
            | TIOCSWINSZ
            | TIOCMBIS
            | TIOCMBIC
            | TIOCMSET
            | TIOCSSOFTCAR
    )
}

/// `EPERM` unless it is the caller's controlling terminal or the caller is the superuser:
/// anybody may have it open for writing.
fn check_permission(tty: &Tty) -> Result<()> {
    let task = current();
    if tty.controls(task) || task.fs_task.is_superuser() {
        Ok(())
    } else {
        Err(Errno::EPERM)
    }
}

fn get_termios(tty: OpenTty) -> Result<Termios> {
    Ok(tty.lock()?.line.termios)
}

fn set_termios(tty: OpenTty, termios: Termios, when: When) -> Result<()> {
    tty.check_change()?;
    if when != When::Now {
        tty.wait_until_sent()?;
    }
    let mut state = tty.lock()?;
    if when == When::AfterOutputAndFlush {
        flush_input(&tty, &mut state);
    }
    if !termios.c_iflag.contains(InputFlags::IXOFF) {
        // From now on nothing could ask the other side to go on.
        state.line.unthrottle();
    }
    let old = core::mem::replace(&mut state.line.termios, termios);
    if !termios.c_iflag.contains(InputFlags::IXON) {
        // From now on nothing could start the output.
        state.line.start();
    }
    match tty.driver {
        Driver::Serial(port) if old.c_cflag != termios.c_cflag => {
            serial::change_speed(port, termios.c_cflag);
        }
        _ => {}
    }
    drop(state);
    tty.go_on();
    // What is readable may depend on the mode.
    sched::wake_up(&tty.readers);
    Ok(())
}

fn get_termio(tty: OpenTty) -> Result<Termio> {
    let termios = get_termios(tty)?;
    let mut c_cc = [0; NCC];
    c_cc.copy_from_slice(&termios.c_cc[..NCC]);
    Ok(Termio {
        c_iflag: termios.c_iflag.bits() as u16,
        c_oflag: termios.c_oflag.bits() as u16,
        c_cflag: termios.c_cflag.bits() as u16,
        c_lflag: termios.c_lflag.bits() as u16,
        c_line: termios.c_line,
        c_cc,
        pad: 0,
    })
}

/// Sets what `Termio` has. The high halves of the flags and the later special characters
/// stay as they are.
fn set_termio(tty: OpenTty, termio: Termio, when: When) -> Result<()> {
    let old = get_termios(tty)?;
    let join = |old: u32, low: u16| old & 0xFFFF_0000 | u32::from(low);
    let mut termios = Termios {
        c_iflag: InputFlags::from_bits_retain(join(old.c_iflag.bits(), termio.c_iflag)),
        c_oflag: OutputFlags::from_bits_retain(join(old.c_oflag.bits(), termio.c_oflag)),
        c_cflag: ControlFlags::from_bits_retain(join(old.c_cflag.bits(), termio.c_cflag)),
        c_lflag: LocalFlags::from_bits_retain(join(old.c_lflag.bits(), termio.c_lflag)),
        c_line: termio.c_line,
        ..old
    };
    termios.c_cc[..NCC].copy_from_slice(&termio.c_cc);
    set_termios(tty, termios, when)
}

/// Sets the terminal as Version 7 says, for the call `stty` too.
fn set_sgttyb(tty: OpenTty, sgttyb: &Sgttyb) -> Result<()> {
    let mut termios = get_termios(tty)?;
    sgtty::to_termios(sgttyb, &mut termios);
    set_termios(tty, termios, When::AfterOutputAndFlush)
}

fn send_break(tty: OpenTty, argument: u32) -> Result<()> {
    tty.wait_until_sent()?;
    let Driver::Serial(port) = tty.driver else {
        return Ok(());
    };
    if argument != 0 {
        return Ok(());
    }
    serial::set_break(port, true);
    let result = tty.sleep(BREAK_TICKS);
    serial::set_break(port, false);
    result
}

fn flow_control(tty: OpenTty, argument: u32) -> Result<()> {
    match argument {
        TCOOFF => tty.lock()?.line.stopped = true,
        TCOON => {
            tty.lock()?.line.start();
            tty.go_on();
        }
        TCIOFF => send_special(tty, VSTOP)?,
        TCION => send_special(tty, VSTART)?,
        _ => return Err(Errno::EINVAL),
    }
    Ok(())
}

/// Sends a special character to the other side of a serial line.
fn send_special(tty: OpenTty, index: usize) -> Result<()> {
    if matches!(tty.driver, Driver::Serial(_)) {
        tty.lock()?.line.send_special(index);
        tty.go_on();
    }
    Ok(())
}

/// Throws away input that was not read, also in the UART.
fn flush_input(tty: &Tty, state: &mut State) {
    state.line.flush_input();
    if let Driver::Serial(port) = tty.driver {
        serial::flush_input(port);
    }
}

fn flush(tty: OpenTty, argument: u32) -> Result<()> {
    if !matches!(argument, TCIFLUSH | TCOFLUSH | TCIOFLUSH) {
        return Err(Errno::EINVAL);
    }
    let mut state = tty.lock()?;
    if argument != TCOFLUSH {
        flush_input(&tty, &mut state);
    }
    if argument != TCIFLUSH {
        state.write_q.clear();
    }
    drop(state);
    tty.go_on();
    Ok(())
}

/// The foreground process group, for tasks whose controlling terminal it is.
fn get_pgrp(tty: OpenTty) -> Result<u32> {
    if !tty.controls(current()) {
        return Err(Errno::ENOTTY);
    }
    Ok(tty.lock()?.pgrp)
}

/// Makes a process group of the caller's session the foreground process group.
fn set_pgrp(tty: OpenTty, pgrp: u32) -> Result<()> {
    let session = current().session.get();
    if !tty.controls(current()) {
        return Err(Errno::ENOTTY);
    }
    tty.check_change()?;
    let is_member = |task: &sched::Task| task.pgrp.get() == pgrp && task.session.get() == session;
    if !sched::tasks().any(is_member) {
        return Err(Errno::EPERM);
    }
    tty.lock()?.pgrp = pgrp;
    Ok(())
}

/// Takes a byte as if it were typed. Only the superuser may do this: the task that reads
/// the byte may have more rights than the caller, even on a terminal that both share.
fn type_byte(tty: OpenTty, byte: u8) -> Result<()> {
    if !current().fs_task.is_superuser() {
        return Err(Errno::EPERM);
    }
    drop(tty.lock()?);
    tty_io::do_tty_interrupt(&tty, &[byte]);
    Ok(())
}

/// Takes the terminal away from all that have it open, so that nobody else has it when the
/// next user logs in. Only the superuser may do this.
fn hang_up(tty: OpenTty) -> Result<()> {
    require_super_user()?;
    drop(tty.lock()?);
    tty.hang_up();
    Ok(())
}

fn modem(tty: OpenTty, command: u32, address: UserAddress) -> Result<()> {
    drop(tty.lock()?);
    let Driver::Serial(port) = tty.driver else {
        return Err(Errno::EINVAL);
    };
    if command == TIOCMGET {
        return put_user(address, &serial::modem_lines(port));
    }
    let lines: u32 = get_user(address)?;
    let now = serial::modem_lines(port);
    serial::set_modem_lines(
        port,
        match command {
            TIOCMBIS => now | lines,
            TIOCMBIC => now & !lines,
            _ => lines,
        },
    );
    Ok(())
}
