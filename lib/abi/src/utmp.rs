// SPDX-License-Identifier: GPL-2.0-or-later
//! Who is logged in: the records of `/etc/utmp` (0.11 has none; the layout is that of
//! the C library of 1992).
//!
//! Each terminal has its own record in the file ([`Utmp::new`]), so that two users who
//! log in at once don't overwrite each other. A record is true as long as its process
//! has its terminal: nobody removes it at the end of a session, and the next session
//! overwrites it.

use crate::abi_struct;
use crate::sys::types::{Device, major};

/// The file of the records.
pub const UTMP_FILE: &core::ffi::CStr = c"/etc/utmp";
/// [`Utmp::ut_type`] of a session. An empty record has 0.
pub const USER_PROCESS: u16 = 7;
/// The minor number of the first serial line; the consoles are 1 to 4.
const FIRST_SERIAL: u8 = 64;
const LAST_SERIAL: u8 = 65;
/// How many consoles there are.
const CONSOLES: u8 = 4;

abi_struct! {
    /// A session (`struct utmp`).
    pub struct Utmp, 56 bytes {
        /// [`USER_PROCESS`], or 0.
        0 => ut_type: u16,
        /// Padding of C's.
        2 => pad: u16,
        /// The process that the session began with.
        4 => ut_pid: u32,
        /// The terminal without `/dev/`.
        8 => ut_line: [u8; 12],
        /// The end of its name.
        20 => ut_id: [u8; 2],
        /// Padding of C's.
        22 => pad2: u16,
        /// When it began, in seconds since 1970.
        24 => ut_time: u32,
        /// The user.
        28 => ut_user: [u8; 8],
        /// From where; nothing.
        36 => ut_host: [u8; 16],
        /// From where; 0.
        52 => ut_addr: u32,
    }
}

impl Utmp {
    /// The record of a session, and where in the file it belongs. A long name is cut.
    /// `None` for what is no terminal of its own, such as `/dev/tty`.
    pub fn new(terminal: Device, user: &[u8], pid: u32, time: u32) -> Option<(u32, Utmp)> {
        let line = line(terminal)?;
        let [_, _, _, ut_id @ ..] = line;
        let utmp = Utmp {
            ut_type: USER_PROCESS,
            ut_pid: pid,
            ut_line: field(&line),
            ut_id,
            ut_time: time,
            ut_user: field(user),
            ..Utmp::default()
        };
        Some((record_offset(terminal)?, utmp))
    }
}

/// The name of a terminal: `tty1`, or `ttyS0`.
pub fn line(terminal: Device) -> Option<[u8; 5]> {
    match (terminal.major(), terminal.minor()) {
        (major::TTYX, console @ 1..=CONSOLES) => Some([b't', b't', b'y', b'0' + console, 0]),
        (major::TTYX, line @ FIRST_SERIAL..=LAST_SERIAL) => {
            Some([b't', b't', b'y', b'S', b'0' + line - FIRST_SERIAL])
        }
        _ => None,
    }
}

/// Where in the file the record of a terminal is.
fn record_offset(terminal: Device) -> Option<u32> {
    let index = match terminal.minor() {
        console @ 1..=CONSOLES => console - 1,
        line => CONSOLES + line.checked_sub(FIRST_SERIAL)?,
    };
    Some(u32::from(index) * size_of::<Utmp>() as u32)
}

fn field<const SIZE: usize>(text: &[u8]) -> [u8; SIZE] {
    let mut field = [0; SIZE];
    for (byte, &letter) in field.iter_mut().zip(text) {
        *byte = letter;
    }
    field
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pod::Pod;

    #[test]
    fn a_record_byte_for_byte() {
        let terminal = Device::new(major::TTYX, FIRST_SERIAL + 1);
        let (place, utmp) = Utmp::new(terminal, b"long-name", 0x1234, 0x0102_0304).unwrap();
        let bytes = utmp.as_bytes();
        assert_eq!(place, 5 * 56);
        assert_eq!(bytes[..8], [7, 0, 0, 0, 0x34, 0x12, 0, 0]);
        assert_eq!(&bytes[8..24], b"ttyS1\0\0\0\0\0\0\0S1\0\0");
        assert_eq!(&bytes[24..36], b"\x04\x03\x02\x01long-nam");
        assert_eq!(bytes[36..], [0; 20]);
    }

    #[test]
    fn each_terminal_has_its_place() {
        let new = |major, minor| Utmp::new(Device::new(major, minor), b"", 1, 0);
        for (index, minor) in [1, 2, 3, 4, 64, 65].into_iter().enumerate() {
            assert_eq!(new(major::TTYX, minor).unwrap().0, 56 * index as u32);
        }
        for (major, minor) in [
            (major::TTYX, 0),
            (major::TTYX, 5),
            (major::TTYX, 63),
            (major::TTY, 0),
        ] {
            assert!(new(major, minor).is_none());
        }
    }
}
