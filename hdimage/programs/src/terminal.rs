// SPDX-License-Identifier: GPL-2.0-or-later
//! Terminals: raw mode, in which each key comes at once and is not shown by itself, and
//! the settings that a person expects.

use abi::Result;
use abi::termios::{
    InputFlags, LocalFlags, OutputFlags, Termios, VEOF, VERASE, VINTR, VKILL, VMIN, VQUIT, VSTART,
    VSTOP, VSUSP, VTIME,
};
use user::calls::{self, Fd};

/// A terminal in raw mode, as long as this lives.
///
/// ^C and ^Z still send their signals. One that ends the program leaves the terminal
/// raw; the shell mends that, and so does `stty sane`.
pub struct RawMode {
    fd: Fd,
    before: Termios,
}

impl RawMode {
    /// Puts the terminal into raw mode; ENOTTY if it is none.
    pub fn new(fd: Fd) -> Result<RawMode> {
        RawMode::with(fd, |_| {})
    }

    /// The same, but ^C and ^Z are keys as all others, and Return is a carriage return.
    pub fn every_key(fd: Fd) -> Result<RawMode> {
        RawMode::with(fd, |raw| {
            raw.c_lflag.remove(LocalFlags::ISIG);
            raw.c_iflag
                .remove(InputFlags::ICRNL | InputFlags::INLCR | InputFlags::IGNCR);
        })
    }

    fn with(fd: Fd, change: impl FnOnce(&mut Termios)) -> Result<RawMode> {
        let before = calls::tcgetattr(fd)?;
        let mut raw = before;
        raw.c_lflag.remove(LocalFlags::ICANON | LocalFlags::ECHO);
        raw.c_iflag.remove(InputFlags::IXON);
        raw.c_cc[VMIN] = 1;
        raw.c_cc[VTIME] = 0;
        change(&mut raw);
        calls::tcsetattr(fd, &raw)?;
        Ok(RawMode { fd, before })
    }

    /// The next byte that is typed; `None` at the end of the input.
    pub fn read_key(&self) -> Result<Option<u8>> {
        let mut key = [0];
        Ok((calls::read_on(self.fd, &mut key)? == 1).then_some(key[0]))
    }
}

impl Drop for RawMode {
    fn drop(&mut self) {
        // A terminal that has hung up has no settings any more.
        let _ = calls::tcsetattr(self.fd, &self.before);
    }
}

/// The settings that a person expects; the speed stays.
pub fn sane(termios: &mut Termios) {
    termios.c_iflag = InputFlags::ICRNL | InputFlags::IXON;
    termios.c_oflag = OutputFlags::OPOST | OutputFlags::ONLCR;
    termios.c_lflag = LocalFlags::ISIG
        | LocalFlags::ICANON
        | LocalFlags::ECHO
        | LocalFlags::ECHOE
        | LocalFlags::ECHOK
        | LocalFlags::ECHOCTL
        | LocalFlags::ECHOKE;
    for (index, code) in [
        (VINTR, 3),
        (VQUIT, 28),
        (VERASE, 127),
        (VKILL, 21),
        (VEOF, 4),
        (VSTART, 17),
        (VSTOP, 19),
        (VSUSP, 26),
    ] {
        termios.c_cc[index] = code;
    }
}
