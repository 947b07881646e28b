// SPDX-License-Identifier: GPL-2.0-or-later
//! Reads from the terminal on standard input in canonical and raw mode, by
//! bytes that it types itself (TIOCSTI), and tries the other `ioctl`s. Prints
//! `ok`.
#![no_std]
#![no_main]

use abi::fcntl::{F_GETFL, F_SETFL, O_NONBLOCK};
use abi::pod::Pod;
use abi::termios::{
    LocalFlags, TCFLSH, TCGETA, TCIFLUSH, TCOOFF, TCOON, TCSBRK, TCSETA, TCSETS, TCXONC, TIOCGPGRP,
    TIOCGWINSZ, TIOCINQ, TIOCOUTQ, TIOCSPGRP, TIOCSTI, TIOCSWINSZ, Termio, Termios, VMIN, VTIME,
    Winsize,
};
use abi::{Errno, Result};
use user::calls::{self, Fd};
use user::println;
use user::syscall;

user::program!(main);

/// Ticks a second of `times`.
const HZ: u32 = 100;

fn main() -> i32 {
    let Ok(old) = calls::tcgetattr(Fd::STDIN) else {
        println!("t_tty: standard input is no terminal");
        return 1;
    };
    let mut tests = Tests { wrong: 0 };
    tests.canonical(&old);
    tests.raw(&old);
    tests.nonblocking(&old);
    tests.settings(&old);
    tests.output();
    tests.groups();
    let _ = ioctl(TCSETS, &mut old.clone());
    if tests.wrong == 0 {
        println!("ok");
    }
    i32::from(tests.wrong != 0)
}

fn ioctl<T: Pod>(command: u32, value: &mut T) -> Result<u32> {
    let address = core::ptr::from_mut(value).addr() as u32;
    // SAFETY: the commands used here read or write one `T`.
    unsafe { syscall::ioctl(0, command, address) }
}

fn ioctl_number(command: u32, number: u32) -> Result<u32> {
    // SAFETY: the commands used here take a number.
    unsafe { syscall::ioctl(0, command, number) }
}

/// Types bytes on the terminal.
fn type_bytes(bytes: &[u8]) {
    for byte in bytes {
        let _ = ioctl(TIOCSTI, &mut byte.clone());
    }
}

/// Types bytes after a pause, while the caller goes on.
fn type_later(bytes: &[u8], ticks: u32) {
    if let Ok(None) = calls::fork() {
        let start = now();
        while now().wrapping_sub(start) < ticks {
            core::hint::spin_loop();
        }
        type_bytes(bytes);
        calls::_exit(0);
    }
}

fn now() -> u32 {
    calls::times().map_or(0, |(_, ticks)| ticks)
}

struct Tests {
    wrong: u32,
}

impl Tests {
    fn check(&mut self, what: &str, good: bool) {
        if !good {
            println!("t_tty: {what}");
            self.wrong += 1;
        }
    }

    fn read(&mut self, what: &str, size: usize, expected: &[u8]) {
        let mut buffer = [0; 64];
        let result = calls::read(Fd::STDIN, &mut buffer[..size]);
        let count = result.unwrap_or(0);
        if result.is_err() || buffer[..count] != *expected {
            println!("t_tty: {what}: {result:?} {:?}", &buffer[..count]);
            self.wrong += 1;
        }
    }

    fn set(&mut self, old: &Termios, raw: bool, min: u8, time: u8) {
        let mut termios = *old;
        termios.c_lflag.remove(LocalFlags::ECHO);
        termios.c_lflag.set(LocalFlags::ICANON, !raw);
        if raw {
            termios.c_cc[VMIN] = min;
            termios.c_cc[VTIME] = time;
        }
        let result = ioctl(TCSETS, &mut termios);
        self.check("TCSETS", result.is_ok());
    }

    fn canonical(&mut self, old: &Termios) {
        self.set(old, false, 0, 0);
        type_bytes(b"one\ntwx\x7fo\r\x04three\x04");
        self.read("line", 64, b"one\n");
        self.read("part of a line", 2, b"tw");
        self.read("rest of a line", 64, b"o\n");
        self.read("end of file", 64, b"");
        self.read("line without newline", 5, b"three");
        type_later(b"late\n", HZ / 2);
        self.read("line to come", 64, b"late\n");
    }

    fn raw(&mut self, old: &Termios) {
        self.set(old, true, 0, 0);
        self.read("MIN 0 TIME 0, nothing", 64, b"");
        type_bytes(b"ab\x04");
        self.read("MIN 0 TIME 0", 64, b"ab\x04");

        self.set(old, true, 0, 5);
        let start = now();
        self.read("MIN 0 TIME 5, nothing", 64, b"");
        let ticks = now().wrapping_sub(start);
        self.check("TIME 5 takes half a second", (40..80).contains(&ticks));
        type_later(b"x", HZ / 5);
        self.read("MIN 0 TIME 5", 64, b"x");

        self.set(old, true, 3, 0);
        type_later(b"ab", HZ / 5);
        type_bytes(b"_");
        self.read("MIN 3", 64, b"_ab");

        self.set(old, true, 3, 3);
        type_later(b"ab", HZ / 2);
        self.read("MIN 3 TIME 3, time between bytes", 64, b"ab");
        type_bytes(b"cdef");
        self.read("MIN 3 TIME 3, more than MIN", 64, b"cdef");
        self.set(old, true, 9, 0);
        type_bytes(b"gh");
        self.read("MIN 9, size 2", 2, b"gh");
    }

    fn nonblocking(&mut self, old: &Termios) {
        let flags = calls::fcntl(Fd::STDIN, F_GETFL, 0).unwrap_or(0);
        let _ = calls::fcntl(Fd::STDIN, F_SETFL, flags | O_NONBLOCK);
        for (raw, min) in [(false, 0), (true, 1)] {
            self.set(old, raw, min, 0);
            let result = calls::read(Fd::STDIN, &mut [0; 8]);
            self.check("EAGAIN", result == Err(Errno::EAGAIN));
        }
        let _ = calls::fcntl(Fd::STDIN, F_SETFL, flags);
    }

    fn settings(&mut self, old: &Termios) {
        self.set(old, false, 0, 0);
        let mut termio = Termio::zeroed();
        self.check("TCGETA", ioctl(TCGETA, &mut termio).is_ok());
        self.check(
            "TCGETA flags",
            u32::from(termio.c_iflag) == old.c_iflag.bits() & 0xFFFF,
        );
        self.check("TCSETA", ioctl(TCSETA, &mut termio).is_ok());
        let mut before = Winsize::zeroed();
        self.check("TIOCGWINSZ", ioctl(TIOCGWINSZ, &mut before).is_ok());
        let mut size = Winsize {
            ws_row: 33,
            ws_col: 44,
            ..before
        };
        let _ = ioctl(TIOCSWINSZ, &mut size);
        let mut found = Winsize::zeroed();
        let _ = ioctl(TIOCGWINSZ, &mut found);
        self.check("TIOCSWINSZ", found == size);
        let _ = ioctl(TIOCSWINSZ, &mut before);

        let mut count = 0u32;
        type_bytes(b"abc\nde");
        let _ = ioctl(TIOCINQ, &mut count);
        self.check("TIOCINQ", count >= 4);
        self.check("TCFLSH", ioctl_number(TCFLSH, TCIFLUSH).is_ok());
        let _ = ioctl(TIOCINQ, &mut count);
        self.check("TCFLSH throws input away", count == 0);
        self.check("TCFLSH 7", ioctl_number(TCFLSH, 7) == Err(Errno::EINVAL));
        self.check("TCXONC 7", ioctl_number(TCXONC, 7) == Err(Errno::EINVAL));
        self.check(
            "unknown command",
            ioctl_number(0x54FF, 0) == Err(Errno::EINVAL),
        );
        self.check("bad address", ioctl_number(TCGETA, 0) == Err(Errno::EFAULT));
    }

    fn output(&mut self) {
        self.check("TCSBRK", ioctl_number(TCSBRK, 1).is_ok());
        let mut count = 1u32;
        let _ = ioctl(TIOCOUTQ, &mut count);
        self.check("TIOCOUTQ after TCSBRK", count == 0);
        let start = now();
        let _ = ioctl_number(TCXONC, TCOOFF);
        if let Ok(None) = calls::fork() {
            while now().wrapping_sub(start) < HZ / 2 {
                core::hint::spin_loop();
            }
            let _ = ioctl_number(TCXONC, TCOON);
            calls::_exit(0);
        }
        println!("stopped for half a second");
        user::stdio::flush();
        self.check(
            "output waits while stopped",
            now().wrapping_sub(start) >= HZ / 2,
        );
    }

    fn groups(&mut self) {
        let mut pgrp = 0u32;
        self.check("TIOCGPGRP", ioctl(TIOCGPGRP, &mut pgrp).is_ok());
        self.check("the own group is in front", pgrp == calls::getpgrp().0);
        self.check("TIOCSPGRP", ioctl(TIOCSPGRP, &mut pgrp).is_ok());
        let mut nobody = 30_000u32;
        self.check(
            "TIOCSPGRP of nobody",
            ioctl(TIOCSPGRP, &mut nobody) == Err(Errno::EPERM),
        );
    }
}
