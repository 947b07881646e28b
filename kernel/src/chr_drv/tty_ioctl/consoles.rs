// SPDX-License-Identifier: GPL-2.0-or-later
//! `ioctl`s that only consoles know: which one is in front, and the keyboard's
//! layout. 0.11 has neither.

use super::check_permission;
use crate::chr_drv::console::{self, NR_CONSOLES};
use crate::chr_drv::keyboard;
use crate::chr_drv::tty_io::{self, Driver, OpenTty};
use crate::segment::put_user;
use abi::kd::{KDGKBLAYOUT, KDSKBLAYOUT, VT_ACTIVATE, VT_GETSTATE, VT_WAITACTIVE, VtStat};
use abi::sys::types::UserAddress;
use abi::{Errno, Result};

/// Carries out a command on any console: it is the same for all of them.
///
/// # Errors
/// `EINVAL` for a command or a layout that is not known, or if the terminal is
/// no console; `ENXIO` if there is no such console; `EPERM` for changes, unless it is the
/// caller's controlling terminal or the caller is the superuser; `EINTR`, `EFAULT`.
pub fn console_ioctl(tty: OpenTty, command: u32, argument: u32) -> Result<u32> {
    drop(tty.lock()?);
    if !matches!(tty.driver, Driver::Console(_)) {
        return Err(Errno::EINVAL);
    }
    match command {
        VT_GETSTATE => put_user(UserAddress(argument), &state())?,
        VT_ACTIVATE => {
            check_permission(&tty)?;
            if !tty_io::change_console(console_number(argument)?) {
                return Err(Errno::ENXIO);
            }
        }
        VT_WAITACTIVE => tty_io::wait_active(console_number(argument)?)?,
        KDGKBLAYOUT => put_user(UserAddress(argument), &(keyboard::layout() as u32))?,
        KDSKBLAYOUT => {
            check_permission(&tty)?;
            if !keyboard::set_layout(argument as usize) {
                return Err(Errno::EINVAL);
            }
        }
        _ => return Err(Errno::EINVAL),
    }
    Ok(0)
}

fn state() -> VtStat {
    let present = (0..NR_CONSOLES).filter(|&number| console::is_present(number));
    VtStat {
        v_active: console::fg_console() as u16 + 1,
        v_signal: 0,
        v_state: present.fold(1, |bits, number| bits | 2 << number),
    }
}

/// The console that a program means, which counts them from 1.
fn console_number(argument: u32) -> Result<usize> {
    argument
        .checked_sub(1)
        .map(|number| number as usize)
        .ok_or(Errno::ENXIO)
}
