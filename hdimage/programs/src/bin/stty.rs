// SPDX-License-Identifier: GPL-2.0-or-later
//! `stty [setting...]`: shows or changes the settings of the terminal on standard
//! input: `echo`, `-echo`, `raw`, `-raw`, `sane`, a speed, `cs8`, `erase ^H`, or
//! `min 1`. `stty -7` shows what the call `gtty` tells, in the terms of
//! Version 7.
#![no_std]
#![no_main]

use abi::termios::{
    BAUD_RATES, ControlFlags, InputFlags, LocalFlags, OutputFlags, Termios, VDISCARD, VEOF, VEOL,
    VEOL2, VERASE, VINTR, VKILL, VLNEXT, VMIN, VQUIT, VREPRINT, VSTART, VSTOP, VSUSP, VTIME,
    VWERASE,
};
use programs::command::{complain, fail, status};
use programs::number::unsigned;
use programs::terminal::sane;
use user::calls::{self, Fd};
use user::{env, stdio};
use user::{print, println};

user::program!(main);

const CHARACTERS: [(&[u8], usize); 14] = [
    (b"intr", VINTR),
    (b"quit", VQUIT),
    (b"erase", VERASE),
    (b"kill", VKILL),
    (b"eof", VEOF),
    (b"start", VSTART),
    (b"stop", VSTOP),
    (b"susp", VSUSP),
    (b"eol", VEOL),
    (b"eol2", VEOL2),
    (b"werase", VWERASE),
    (b"rprnt", VREPRINT),
    (b"lnext", VLNEXT),
    (b"discard", VDISCARD),
];

/// What is kept beside the special characters and is a number.
const NUMBERS: [(&[u8], usize); 2] = [(b"min", VMIN), (b"time", VTIME)];

/// Sizes of a character, and how they are called.
const SIZES: [(&[u8], ControlFlags); 4] = [
    (b"cs5", ControlFlags::empty()),
    (b"cs6", ControlFlags::CS6),
    (b"cs7", ControlFlags::CS7),
    (b"cs8", ControlFlags::CS8),
];

const CONTROL: [(&[u8], ControlFlags); 7] = [
    (b"parenb", ControlFlags::PARENB),
    (b"parodd", ControlFlags::PARODD),
    (b"cstopb", ControlFlags::CSTOPB),
    (b"cread", ControlFlags::CREAD),
    (b"hupcl", ControlFlags::HUPCL),
    (b"clocal", ControlFlags::CLOCAL),
    (b"crtscts", ControlFlags::CRTSCTS),
];

const INPUT: [(&[u8], InputFlags); 13] = [
    (b"ignbrk", InputFlags::IGNBRK),
    (b"brkint", InputFlags::BRKINT),
    (b"ignpar", InputFlags::IGNPAR),
    (b"parmrk", InputFlags::PARMRK),
    (b"inpck", InputFlags::INPCK),
    (b"istrip", InputFlags::ISTRIP),
    (b"inlcr", InputFlags::INLCR),
    (b"igncr", InputFlags::IGNCR),
    (b"icrnl", InputFlags::ICRNL),
    (b"iuclc", InputFlags::IUCLC),
    (b"ixon", InputFlags::IXON),
    (b"ixany", InputFlags::IXANY),
    (b"ixoff", InputFlags::IXOFF),
];

const OUTPUT: [(&[u8], OutputFlags); 7] = [
    (b"opost", OutputFlags::OPOST),
    (b"olcuc", OutputFlags::OLCUC),
    (b"onlcr", OutputFlags::ONLCR),
    (b"ocrnl", OutputFlags::OCRNL),
    (b"onocr", OutputFlags::ONOCR),
    (b"onlret", OutputFlags::ONLRET),
    (b"xtabs", OutputFlags::XTABS),
];

const LOCAL: [(&[u8], LocalFlags); 14] = [
    (b"isig", LocalFlags::ISIG),
    (b"icanon", LocalFlags::ICANON),
    (b"iexten", LocalFlags::IEXTEN),
    (b"echo", LocalFlags::ECHO),
    (b"echoe", LocalFlags::ECHOE),
    (b"echok", LocalFlags::ECHOK),
    (b"echonl", LocalFlags::ECHONL),
    (b"echoctl", LocalFlags::ECHOCTL),
    (b"echoke", LocalFlags::ECHOKE),
    (b"noflsh", LocalFlags::NOFLSH),
    (b"tostop", LocalFlags::TOSTOP),
    (b"echoprt", LocalFlags::ECHOPRT),
    (b"xcase", LocalFlags::XCASE),
    (b"flusho", LocalFlags::FLUSHO),
];

fn main() -> i32 {
    let mut termios =
        calls::tcgetattr(Fd::STDIN).unwrap_or_else(|errno| fail(&[b"standard input"], errno));
    let mut settings = env::args().iter().map(|word| word.to_bytes());
    let mut changed = false;
    while let Some(word) = settings.next() {
        match word {
            b"-a" => continue,
            b"-7" => return show_version_7(),
            _ => changed = true,
        }
        let understood = if let Some(index) = find(&CHARACTERS, word) {
            let code = settings.next().and_then(character_code);
            code.map(|code| termios.c_cc[index] = code)
        } else if let Some(index) = find(&NUMBERS, word) {
            let number = settings.next().and_then(|text| unsigned(text, 10));
            let code = number.and_then(|number| u8::try_from(number).ok());
            code.map(|code| termios.c_cc[index] = code)
        } else {
            set(&mut termios, word)
        };
        if understood.is_none() {
            complain(&[word], "unknown setting");
            return 1;
        }
    }
    if !changed {
        show(&termios);
    } else if let Err(errno) = calls::tcsetattr(Fd::STDIN, &termios) {
        complain(&[b"standard input"], errno);
    }
    status()
}

/// Does what one word says; `None` if it says nothing.
fn set(termios: &mut Termios, word: &[u8]) -> Option<()> {
    let (name, on) = match word {
        [b'-', name @ ..] => (name, false),
        name => (name, true),
    };
    match (name, on) {
        (b"sane", true) | (b"cooked", true) | (b"raw", false) => sane(termios),
        (b"raw", true) | (b"cooked", false) => raw(termios),
        _ => {
            if let Some(flag) = find(&INPUT, name) {
                termios.c_iflag.set(flag, on);
            } else if let Some(flag) = find(&OUTPUT, name) {
                termios.c_oflag.set(flag, on);
            } else if let Some(flag) = find(&LOCAL, name) {
                termios.c_lflag.set(flag, on);
            } else if let Some(flag) = find(&CONTROL, name) {
                termios.c_cflag.set(flag, on);
            } else if let Some(size) = find(&SIZES, word) {
                termios.c_cflag.remove(ControlFlags::CSIZE);
                termios.c_cflag.insert(size);
            } else {
                let rate = unsigned(word, 10)?;
                let index = BAUD_RATES.iter().position(|&other| other == rate)?;
                termios.c_cflag.remove(ControlFlags::CBAUD);
                termios.c_cflag |= ControlFlags::from_bits_retain(index as u32);
            }
        }
    }
    Some(())
}

fn find<T: Copy>(table: &[(&[u8], T)], name: &[u8]) -> Option<T> {
    table
        .iter()
        .find(|(other, _)| *other == name)
        .map(|&(_, flag)| flag)
}

fn raw(termios: &mut Termios) {
    termios.c_iflag = InputFlags::empty();
    termios.c_oflag.remove(OutputFlags::OPOST);
    termios.c_lflag = LocalFlags::empty();
    termios.c_cc[VMIN] = 1;
    termios.c_cc[VTIME] = 0;
}

/// A character as typed: `^H`, `x`, or its number.
fn character_code(text: &[u8]) -> Option<u8> {
    match text {
        b"^?" => Some(127),
        b"^-" | b"undef" => Some(0),
        [b'^', letter] => Some(letter.to_ascii_uppercase() & 0x1f),
        [byte] => Some(*byte),
        digits => unsigned(digits, 10)?.try_into().ok(),
    }
}

fn show(termios: &Termios) {
    let speed = (termios.c_cflag & ControlFlags::CBAUD).bits() as usize;
    println!(
        "speed {} baud; line {};",
        BAUD_RATES.get(speed).unwrap_or(&0),
        termios.c_line
    );
    for (name, index) in CHARACTERS {
        stdio::put(name);
        match termios.c_cc.get(index).copied().unwrap_or(0) {
            0 => print!(" = <undef>; "),
            127 => print!(" = ^?; "),
            code @ 1..32 => print!(" = ^{}; ", char::from(code + b'@')),
            code => print!(" = {}; ", char::from(code)),
        }
    }
    for (name, index) in NUMBERS {
        stdio::put(name);
        print!(" = {}; ", termios.c_cc[index]);
    }
    println!();
    let size = termios.c_cflag & ControlFlags::CSIZE;
    for (name, flag) in SIZES {
        if flag == size {
            stdio::put(name);
            stdio::put(b" ");
        }
    }
    show_flags(&CONTROL, |flag| termios.c_cflag.contains(flag));
    show_flags(&INPUT, |flag| termios.c_iflag.contains(flag));
    show_flags(&OUTPUT, |flag| termios.c_oflag.contains(flag));
    show_flags(&LOCAL, |flag| termios.c_lflag.contains(flag));
}

/// What `gtty` tells; the flags in octal, as `abi::sgtty` has them.
fn show_version_7() -> i32 {
    match calls::gtty(Fd::STDIN) {
        Ok(told) => println!(
            "ispeed {} ospeed {} erase {} kill {} flags {:04o}",
            told.sg_ispeed, told.sg_ospeed, told.sg_erase, told.sg_kill, told.sg_flags
        ),
        Err(errno) => complain(&[b"standard input"], errno),
    }
    status()
}

fn show_flags<T: Copy>(table: &[(&[u8], T)], is_on: impl Fn(T) -> bool) {
    for &(name, flag) in table {
        if !is_on(flag) {
            stdio::put(b"-");
        }
        stdio::put(name);
        stdio::put(b" ");
    }
    println!();
}
