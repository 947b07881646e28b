// SPDX-License-Identifier: GPL-2.0-or-later
//! The virtual consoles: what each has of its own, which is in front, the
//! keyboard's layout, the beep. An adapter with memory for one console only
//! leaves nothing to test here.

use crate::support::{Outcome, address, all_well, as_user, child, type_bytes, wait_until_asleep};
use abi::Errno;
use abi::fcntl::{O_NOCTTY, O_RDONLY, O_RDWR, O_WRONLY};
use abi::kd::{KDSKBLAYOUT, LAYOUTS, VT_ACTIVATE, VT_WAITACTIVE};
use abi::pod::Pod;
use abi::termios::{LocalFlags, TCFLSH, TCIOFLUSH, TIOCINQ, TIOCSWINSZ, VMIN, VTIME, Winsize};
use abi::unistd::SEEK_SET;
use core::ffi::CStr;
use user::calls::{self, File};

tests! {
    console_settings "each console has settings and a size of its own";
    console_input "what is typed on one console is read from that one";
    console_answers "a console tells what and where it is";
    console_front "consoles come to the front when asked to";
    console_wait "a process waits until a console is in front";
    console_permission "others' consoles stay where they are";
    console_numbers "numbers that no console has";
    console_layout "the layouts of the keyboard";
    console_beep "the bell starts and stops";
}

fn open(path: &CStr) -> abi::Result<File> {
    File::open_with(path, O_RDWR | O_NOCTTY, 0)
}

/// The last two consoles, which somebody seldom works on.
fn consoles() -> Option<[File; 2]> {
    Some([open(c"/dev/tty3").ok()?, open(c"/dev/tty4").ok()?])
}

fn console_settings() -> Outcome {
    let Some([third, fourth]) = consoles() else {
        return Ok(());
    };
    let old = must!(calls::tcgetattr(third.fd()));
    let size = must!(calls::window_size(third.fd()));
    let others = must!(calls::tcgetattr(fourth.fd()));
    let mut new = old;
    new.c_lflag.toggle(LocalFlags::ECHO);
    let small = Winsize {
        ws_row: 7,
        ws_col: 9,
        ..size
    };
    must!(calls::tcsetattr(third.fd(), &new));
    must!(system_call!(ioctl(
        third.fd().0,
        TIOCSWINSZ,
        address(&small)
    )));
    let other_size = must!(calls::window_size(fourth.fd()));
    check_eq!(other_size.as_bytes(), size.as_bytes());
    check_eq!(
        must!(calls::tcgetattr(fourth.fd())).as_bytes(),
        others.as_bytes()
    );
    check_eq!(
        must!(calls::tcgetattr(third.fd())).as_bytes(),
        new.as_bytes()
    );
    must!(calls::tcsetattr(third.fd(), &old));
    must!(system_call!(ioctl(
        third.fd().0,
        TIOCSWINSZ,
        address(&size)
    )));
    Ok(())
}

fn waiting(tty: &File) -> abi::Result<u32> {
    let mut count = 0u32;
    system_call!(ioctl(tty.fd().0, TIOCINQ, address(&raw mut count))).map(|_| count)
}

fn console_input() -> Outcome {
    let Some([third, fourth]) = consoles() else {
        return Ok(());
    };
    for tty in [&third, &fourth] {
        must!(system_call!(ioctl(tty.fd().0, TCFLSH, TCIOFLUSH)));
    }
    must!(type_bytes(&third, b"third\n"));
    must!(type_bytes(&fourth, b"4th\n"));
    check_eq!(waiting(&third), Ok(6));
    check_eq!(waiting(&fourth), Ok(4));
    let mut line = [0; 16];
    check_eq!(calls::read(fourth.fd(), &mut line), Ok(4));
    check_eq!(&line[..4], b"4th\n");
    check_eq!(calls::read(third.fd(), &mut line), Ok(6));
    check_eq!(&line[..6], b"third\n");
    Ok(())
}

fn console_answers() -> Outcome {
    let Some([_, tty]) = consoles() else {
        return Ok(());
    };
    let old = must!(calls::tcgetattr(tty.fd()));
    let mut raw = old;
    raw.c_lflag = LocalFlags::empty();
    raw.c_cc[VMIN] = 0;
    raw.c_cc[VTIME] = 0;
    must!(calls::tcsetattr(tty.fd(), &raw));
    must!(system_call!(ioctl(tty.fd().0, TCFLSH, TCIOFLUSH)));
    let ask = |question: &[u8], answer: &[u8]| -> Outcome {
        must!(calls::write_all(tty.fd(), question));
        let mut bytes = [0; 64];
        let count = must!(calls::read(tty.fd(), &mut bytes));
        check_eq!(&bytes[..count], answer);
        Ok(())
    };
    ask(b"\x1b[5n", b"\x1b[0n")?;
    ask(b"\x1b[c", b"\x1b[?1;2c")?;
    ask(b"\x1bZ", b"\x1b[?1;2c")?;
    ask(b"\x1b7\x1b[2;3H\x1b[6n", b"\x1b[2;3R")?;
    ask(b"ab\n\x1b[6n", b"\x1b[3;1R")?;
    ask(b"\x1b[999;999H\x1b[6n\x1b8", b"\x1b[25;80R")?;
    must!(calls::tcsetattr(tty.fd(), &old));
    Ok(())
}

fn console_front() -> Outcome {
    let Some([tty, _]) = consoles() else {
        return Ok(());
    };
    let before = must!(calls::console_state(tty.fd()));
    check_eq!(before.v_state, 0b11111);
    let old = must!(calls::window_size(tty.fd()));
    for number in [4, 3] {
        must!(calls::activate_console(tty.fd(), number));
        check_eq!(
            must!(calls::console_state(tty.fd())).v_active,
            number as u16
        );
        must!(system_call!(ioctl(tty.fd().0, VT_WAITACTIVE, number)));
    }
    // /dev/tty0 is whichever is in front when it is opened.
    let front = must!(open(c"/dev/tty0"));
    must!(calls::activate_console(tty.fd(), 4));
    let small = Winsize { ws_row: 5, ..old };
    must!(system_call!(ioctl(
        front.fd().0,
        TIOCSWINSZ,
        address(&small)
    )));
    check_eq!(must!(calls::window_size(tty.fd())).ws_row, 5);
    must!(system_call!(ioctl(tty.fd().0, TIOCSWINSZ, address(&old))));
    must!(calls::activate_console(tty.fd(), before.v_active.into()));
    Ok(())
}

fn console_wait() -> Outcome {
    let Some([tty, _]) = consoles() else {
        return Ok(());
    };
    let before = must!(calls::console_state(tty.fd())).v_active;
    must!(calls::activate_console(tty.fd(), 3));
    let pid = must!(child(|| {
        must!(system_call!(ioctl(tty.fd().0, VT_WAITACTIVE, 4)));
        check_eq!(must!(calls::console_state(tty.fd())).v_active, 4);
        Ok(())
    }));
    must!(wait_until_asleep(pid));
    must!(calls::activate_console(tty.fd(), 4));
    all_well(&[pid])?;
    must!(calls::activate_console(tty.fd(), before.into()));
    Ok(())
}

fn console_permission() -> Outcome {
    as_user(100, 100, || {
        let Ok(tty) = File::open_with(c"/dev/tty4", O_WRONLY | O_NOCTTY, 0) else {
            return Ok(());
        };
        let before = must!(calls::console_state(tty.fd())).v_active;
        check_eq!(calls::activate_console(tty.fd(), 3), Err(Errno::EPERM));
        check_eq!(calls::set_keyboard_layout(tty.fd(), 1), Err(Errno::EPERM));
        check_eq!(must!(calls::console_state(tty.fd())).v_active, before);
        Ok(())
    })
}

fn console_numbers() -> Outcome {
    let tty = must!(open(c"/dev/tty1"));
    for number in [0, 5, 64, 0x8000_0000, u32::MAX] {
        for command in [VT_ACTIVATE, VT_WAITACTIVE] {
            check_eq!(
                system_call!(ioctl(tty.fd().0, command, number)),
                Err(Errno::ENXIO)
            );
        }
    }
    check_eq!(open(c"/dev/tty5").err(), Some(Errno::ENOENT));
    if let Ok(serial) = open(c"/dev/ttyS0") {
        check_eq!(calls::console_state(serial.fd()).err(), Some(Errno::EINVAL));
    }
    Ok(())
}

fn console_layout() -> Outcome {
    let tty = must!(open(c"/dev/tty1"));
    let before = must!(calls::keyboard_layout(tty.fd()));
    for layout in 0..LAYOUTS.len() as u32 {
        must!(calls::set_keyboard_layout(tty.fd(), layout));
        check_eq!(calls::keyboard_layout(tty.fd()), Ok(layout));
    }
    must!(calls::set_keyboard_layout(tty.fd(), before));
    for layout in [LAYOUTS.len() as u32, u32::MAX] {
        check_eq!(
            system_call!(ioctl(tty.fd().0, KDSKBLAYOUT, layout)),
            Err(Errno::EINVAL)
        );
    }
    check_eq!(calls::keyboard_layout(tty.fd()), Ok(before));
    Ok(())
}

/// Whether both bits are set that connect the loudspeaker with the timer.
fn beeps(port: &File) -> abi::Result<bool> {
    const LOUDSPEAKER: i32 = 0x61;
    let mut bits = [0];
    calls::lseek(port.fd(), LOUDSPEAKER, SEEK_SET)?;
    calls::read(port.fd(), &mut bits)?;
    Ok(bits[0] & 3 == 3)
}

fn console_beep() -> Outcome {
    let tty = must!(open(c"/dev/tty1"));
    let port = must!(File::open_with(c"/dev/port", O_RDONLY, 0));
    // On a busy host it may be over before one looks.
    let mut heard = false;
    for _ in 0..5 {
        must!(calls::write_all(tty.fd(), b"\x07"));
        heard |= must!(beeps(&port));
    }
    check!(heard);
    let (_, start) = must!(calls::times());
    while must!(beeps(&port)) {
        let (_, now) = must!(calls::times());
        check!(now - start < 100);
    }
    Ok(())
}
