// SPDX-License-Identifier: GPL-2.0-or-later
//! Whose a terminal is: who gets it as controlling terminal, who may change it,
//! and what becomes of it when the leader of its session ends.
//!
//! The tests use a terminal that no session has. Where all of them have one,
//! there is nothing to test.

use crate::support::{
    Outcome, Pipe, address, all_well, as_user, child, in_child, number, type_bytes, wait_for_state,
    wait_until_asleep,
};
use abi::Errno;
use abi::fcntl::{O_NOCTTY, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY};
use abi::sgtty::{TIOCGETP, TIOCSETP};
use abi::signal::Signal;
use abi::sys::wait::{WUNTRACED, WaitStatus};
use abi::termios::{
    LocalFlags, TCFLSH, TCGETA, TCGETS, TCIFLUSH, TCIOFLUSH, TCOOFF, TCOON, TCSBRK, TCSETA,
    TCSETAF, TCSETAW, TCSETS, TCSETSF, TCSETSW, TCXONC, TIOCEXCL, TIOCGWINSZ, TIOCMBIC, TIOCMBIS,
    TIOCMSET, TIOCNXCL, TIOCSCTTY, TIOCSPGRP, TIOCSSOFTCAR, TIOCSTI, TIOCSWINSZ, TIOCVHANGUP,
};
use core::ffi::CStr;
use core::sync::atomic::{AtomicBool, Ordering::Relaxed};
use user::calls::{self, Fd, File, Pid, Sets};
use user::signal::{Handler, sigaction};

tests! {
    tty_type "only the super-user types for others, by TIOCSTI";
    tty_control "who opens a terminal for writing only does not control it";
    tty_permission "only who it controls, and the super-user, change a terminal";
    tty_hang_up "with the leader ends what is open: reads 0, writes EIO";
    tty_hang_up_call "and so does TIOCVHANGUP, for the super-user only";
    tty_hang_up_sleepers "and who waits for it is woken";
    tty_hang_up_settings "a background process cannot change it any more";
    tty_front_close "tty0 is closed where it was opened";
    tty_long_line "what is typed while ^U erases a long line waits for that";
    orphan_not_stopped "what the terminal sends does not stop an orphaned group";
    orphan_reads "in the background it reads and changes nothing: EIO";
    orphan_hang_up "a stopped group that becomes orphaned: SIGHUP, SIGCONT";
    orphan_last_member "likewise when its last tie is one of its own";
}

const TERMINAL_STOPS: [Signal; 3] = [Signal::SIGTSTP, Signal::SIGTTIN, Signal::SIGTTOU];

/// A terminal that no session has.
fn free_terminal() -> Option<&'static CStr> {
    [c"/dev/ttyS1", c"/dev/tty3", c"/dev/tty4"]
        .into_iter()
        .find(|path| {
            in_child(|| {
                must!(lead_session(path));
                must!(File::open(c"/dev/tty"));
                Ok(())
            })
            .is_ok()
        })
}

/// The terminal, or the end of the test.
macro_rules! terminal_or_return {
    () => {
        match free_terminal() {
            Some(path) => path,
            None => return Ok(()),
        }
    };
}

/// Leads a new session with this controlling terminal.
fn lead_session(path: &CStr) -> abi::Result<File> {
    calls::setsid()?;
    File::open_with(path, O_RDWR, 0)
}

fn open(path: &CStr, flags: u32) -> abi::Result<File> {
    File::open_with(path, flags | O_NOCTTY, 0)
}

fn control(fd: Fd, command: u32, argument: u32) -> abi::Result<u32> {
    system_call!(ioctl(fd.0, command, argument))
}

fn become_user() -> abi::Result<()> {
    calls::setgid(100)?;
    calls::setuid(100)
}

fn tty_type() -> Outcome {
    let path = terminal_or_return!();
    in_child(|| {
        let tty = must!(lead_session(path));
        let byte = b'x';
        check!(control(tty.fd(), TIOCSTI, address(&byte)).is_ok());
        must!(become_user());
        let own = must!(File::open_with(c"/dev/tty", O_RDWR, 0));
        for fd in [tty.fd(), own.fd()] {
            check_eq!(control(fd, TIOCSTI, address(&byte)), Err(Errno::EPERM));
        }
        Ok(())
    })
}

fn tty_hang_up_call() -> Outcome {
    let path = terminal_or_return!();
    in_child(|| {
        // Neither one who leads a session there nor one who only has it open keeps it.
        let owner = must!(child(|| {
            must!(sigaction(Signal::SIGHUP, Handler::Ignore));
            let tty = must!(lead_session(path));
            must!(become_user());
            check_eq!(control(tty.fd(), TIOCVHANGUP, 0), Err(Errno::EPERM));
            check_eq!(calls::read(tty.fd(), &mut [0]), Ok(0));
            check_eq!(calls::write(tty.fd(), b"x"), Err(Errno::EIO));
            check!(File::open(c"/dev/tty").is_err());
            Ok(())
        }));
        must!(wait_for_state(owner, b'S'));
        let (first, second) = (must!(open(path, O_RDWR)), must!(open(path, O_RDWR)));
        must!(calls::hang_up(first.fd()));
        check_eq!(calls::write(second.fd(), b"x"), Err(Errno::EIO));
        check_eq!(control(first.fd(), TIOCVHANGUP, 0), Err(Errno::EIO));
        all_well(&[owner])?;
        must!(lead_session(path));
        must!(File::open(c"/dev/tty"));
        Ok(())
    })
}

fn tty_control() -> Outcome {
    let path = terminal_or_return!();
    in_child(|| {
        must!(calls::setsid());
        let tty = must!(File::open_with(path, O_WRONLY, 0));
        check_eq!(File::open(c"/dev/tty").err(), Some(Errno::EPERM));
        check_eq!(control(tty.fd(), TIOCSCTTY, 0), Err(Errno::EPERM));
        check_eq!(File::open(c"/dev/tty").err(), Some(Errno::EPERM));
        let tty = must!(File::open_with(path, O_RDONLY, 0));
        must!(File::open(c"/dev/tty"));
        check_eq!(control(tty.fd(), TIOCSCTTY, 0), Ok(0));
        Ok(())
    })
}

/// Commands that change something, and one that tells what is so now.
const CHANGES: [(u32, u32); 8] = [
    (TCSETS, TCGETS),
    (TCSETSW, TCGETS),
    (TCSETSF, TCGETS),
    (TCSETA, TCGETA),
    (TCSETAW, TCGETA),
    (TCSETAF, TCGETA),
    (TIOCSETP, TIOCGETP),
    (TIOCSWINSZ, TIOCGWINSZ),
];
/// Commands that take a number and, if it may be, change nothing.
const ACTS: [(u32, u32); 5] = [
    (TCSBRK, 1),
    (TCXONC, TCOON),
    (TCFLSH, TCIFLUSH),
    (TIOCEXCL, 0),
    (TIOCNXCL, 0),
];

/// Tries all that changes a terminal.
fn change(fd: Fd, expected: abi::Result<u32>) -> Outcome {
    for (set, get) in CHANGES {
        let mut settings = [0u8; 64];
        let place = address(&raw mut settings);
        must!(control(fd, get, place));
        check_eq!((set, control(fd, set, place)), (set, expected));
    }
    for (command, argument) in ACTS {
        check_eq!(
            (command, control(fd, command, argument)),
            (command, expected)
        );
    }
    Ok(())
}

fn tty_permission() -> Outcome {
    let path = terminal_or_return!();
    let tty = must!(open(path, O_RDWR | O_NONBLOCK));
    change(tty.fd(), Ok(0))?;
    as_user(100, 100, || {
        change(tty.fd(), Err(Errno::EPERM))?;
        let word = 0u32;
        for command in [TIOCMSET, TIOCMBIS, TIOCMBIC, TIOCSSOFTCAR] {
            let result = control(tty.fd(), command, address(&word));
            check_eq!(result, Err(Errno::EPERM));
        }
        let group = calls::getpgrp().0;
        let result = control(tty.fd(), TIOCSPGRP, address(&group));
        check_eq!(result, Err(Errno::ENOTTY));
        Ok(())
    })?;
    in_child(|| {
        let own = must!(lead_session(path));
        must!(become_user());
        change(own.fd(), Ok(0))?;
        // Any descriptor of it will do, as `stty > /dev/ttyS1` has one.
        change(must!(open(c"/dev/tty", O_RDWR)).fd(), Ok(0))?;
        change(tty.fd(), Ok(0))
    })
}

/// A session on the terminal whose leader ends as soon as a byte comes through
/// the pipe. Before, `member` runs in a process of the session that ignores
/// the hang-up.
fn session(path: &CStr, start: &Pipe, member: impl FnOnce() -> Outcome) -> abi::Result<Pid> {
    child(|| {
        let _tty = must!(lead_session(path));
        must!(sigaction(Signal::SIGHUP, Handler::Ignore));
        let member = must!(child(member));
        must!(wait_until_asleep(member));
        must!(start.wait_for(b'!'));
        Ok(())
    })
}

fn is_hung_up(fd: Fd) -> Outcome {
    check_eq!(calls::read(fd, &mut [0; 9]), Ok(0));
    check_eq!(calls::write(fd, b"x"), Err(Errno::EIO));
    check_eq!(calls::tcgetattr(fd).err(), Some(Errno::EIO));
    check_eq!(control(fd, TCFLSH, TCIOFLUSH), Err(Errno::EIO));
    let mut sets: Sets = [1 << fd.0, 1 << fd.0, 0];
    check_eq!(calls::select(fd.0 + 1, &mut sets, None), Ok(2));
    Ok(())
}

fn tty_hang_up() -> Outcome {
    let path = terminal_or_return!();
    let old = must!(open(path, O_RDWR));
    let (start, result) = (must!(Pipe::new()), must!(Pipe::new()));
    let leader = must!(session(path, &start, || {
        let own = must!(File::open_with(c"/dev/tty", O_RDWR, 0));
        // Until the leader ends.
        check_eq!(calls::read(own.fd(), &mut [0; 9]), Ok(0));
        is_hung_up(own.fd())?;
        check_eq!(File::open(c"/dev/tty").err(), Some(Errno::EPERM));
        must!(calls::write(result.1, b"."));
        Ok(())
    }));
    must!(calls::write(start.1, b"!"));
    all_well(&[leader])?;
    must!(result.wait_for(b'.'));
    is_hung_up(old.fd())?;
    // Whoever comes next finds it as ever, and nothing in it.
    in_child(|| {
        let tty = must!(lead_session(path));
        must!(calls::fcntl(tty.fd(), abi::fcntl::F_SETFL, O_NONBLOCK));
        check_eq!(calls::read(tty.fd(), &mut [0; 9]), Err(Errno::EAGAIN));
        check_eq!(calls::write(tty.fd(), b"\r"), Ok(1));
        Ok(())
    })
}

fn tty_hang_up_sleepers() -> Outcome {
    let path = terminal_or_return!();
    let tty = must!(open(path, O_RDWR));
    let fd = tty.fd();
    let start = must!(Pipe::new());
    let leader = must!(session(path, &start, || {
        check_eq!(calls::read(fd, &mut [0; 9]), Ok(0));
        Ok(())
    }));
    must!(control(fd, TCXONC, TCOOFF));
    let writer = must!(child(|| {
        check_eq!(calls::write(fd, &[b' '; 9]), Err(Errno::EIO));
        Ok(())
    }));
    let chooser = must!(child(|| {
        let mut sets: Sets = [1 << fd.0, 0, 0];
        check_eq!(calls::select(fd.0 + 1, &mut sets, None), Ok(1));
        check_eq!(calls::read(fd, &mut [0; 9]), Ok(0));
        Ok(())
    }));
    for pid in [writer, chooser] {
        must!(wait_until_asleep(pid));
    }
    must!(calls::write(start.1, b"!"));
    all_well(&[leader, writer, chooser])
}

/// Who was stopped for changing the settings from the background, and is
/// continued by the hang-up, changes nothing.
fn tty_hang_up_settings() -> Outcome {
    let path = terminal_or_return!();
    let result = must!(Pipe::new());
    let leader = must!(child(|| {
        let tty = must!(lead_session(path));
        let settings = must!(calls::tcgetattr(tty.fd()));
        let member = must!(child(|| {
            must!(calls::setpgid(Pid(0), Pid(0)));
            must!(sigaction(Signal::SIGHUP, Handler::Ignore));
            check_eq!(calls::tcsetattr(tty.fd(), &settings), Err(Errno::EIO));
            must!(calls::write(result.1, b"."));
            Ok(())
        }));
        must!(wait_for_state(member, b'T'));
        Ok(())
    }));
    all_well(&[leader])?;
    must!(result.wait_for(b'.'));
    Ok(())
}

fn tty_front_close() -> Outcome {
    let Ok(third) = open(c"/dev/tty3", O_RDWR) else {
        return Ok(());
    };
    let before = must!(calls::console_state(third.fd())).v_active;
    let can_open = || {
        as_user(100, 100, || {
            must!(open(c"/dev/tty3", O_WRONLY));
            Ok(())
        })
    };
    must!(control(third.fd(), TIOCEXCL, 0));
    drop(third);
    if can_open().is_err() {
        // Somebody works there.
        let third = must!(open(c"/dev/tty3", O_RDWR));
        must!(control(third.fd(), TIOCNXCL, 0));
        return Ok(());
    }
    // The reservation ends with the last close, of the console that was in front.
    let fourth = must!(open(c"/dev/tty4", O_RDWR));
    must!(calls::activate_console(fourth.fd(), 3));
    let front = must!(open(c"/dev/tty0", O_RDWR));
    must!(control(front.fd(), TIOCEXCL, 0));
    must!(calls::activate_console(fourth.fd(), 4));
    drop(front);
    must!(calls::activate_console(fourth.fd(), before.into()));
    can_open()
}

fn tty_long_line() -> Outcome {
    let path = terminal_or_return!();
    in_child(|| {
        let tty = must!(lead_session(path));
        must!(type_bytes(&tty, &[b'\t'; 1000]));
        must!(type_bytes(&tty, b"\x15new\n"));
        let mut line = [0; 16];
        check_eq!(calls::read(tty.fd(), &mut line), Ok(4));
        check_eq!(&line[..4], b"new\n");
        Ok(())
    })
}

fn orphan_not_stopped() -> Outcome {
    let pid = must!(child(|| {
        must!(calls::setsid());
        for signal in TERMINAL_STOPS {
            must!(calls::raise(signal));
        }
        // In the middle of a call it is the same.
        let parent = calls::getpid();
        let sender = must!(child(|| {
            must!(wait_until_asleep(parent));
            must!(calls::kill(number(parent), Signal::SIGTSTP.number()));
            Ok(())
        }));
        all_well(&[sender])?;
        must!(calls::raise(Signal::SIGSTOP));
        Ok(())
    }));
    let stopped = WaitStatus::from_stop(Signal::SIGSTOP);
    check_eq!(
        calls::waitpid(number(pid), WUNTRACED),
        Ok(Some((pid, stopped)))
    );
    must!(calls::kill(number(pid), Signal::SIGCONT.number()));
    all_well(&[pid])
}

fn orphan_reads() -> Outcome {
    let path = terminal_or_return!();
    in_child(|| {
        let tty = must!(lead_session(path));
        let mut settings = must!(calls::tcgetattr(tty.fd()));
        settings.c_lflag.insert(LocalFlags::TOSTOP);
        must!(calls::tcsetattr(tty.fd(), &settings));
        let result = must!(Pipe::new());
        in_child(|| {
            // Its parent will be gone when it begins.
            let middle = calls::getpid();
            must!(child(|| {
                must!(calls::setpgid(Pid(0), Pid(0)));
                while calls::getppid() == middle {}
                check_eq!(calls::read(tty.fd(), &mut [0; 9]), Err(Errno::EIO));
                check_eq!(calls::write(tty.fd(), b"x"), Err(Errno::EIO));
                check_eq!(calls::tcsetattr(tty.fd(), &settings), Err(Errno::EIO));
                must!(calls::write(result.1, b"."));
                Ok(())
            }));
            Ok(())
        })?;
        must!(result.wait_for(b'.'));
        settings.c_lflag.remove(LocalFlags::TOSTOP);
        must!(calls::tcsetattr(tty.fd(), &settings));
        Ok(())
    })
}

/// A child that stops in a group of its own, and says through the pipe that it
/// was hung up and continued.
fn stopped_group(result: &Pipe) -> abi::Result<Pid> {
    static HUNG_UP: AtomicBool = AtomicBool::new(false);
    extern "C" fn on_hang_up(_signal: u32) {
        HUNG_UP.store(true, Relaxed);
    }
    let pid = child(|| {
        must!(calls::setpgid(Pid(0), Pid(0)));
        must!(sigaction(Signal::SIGHUP, Handler::Catch(on_hang_up)));
        must!(calls::raise(Signal::SIGTSTP));
        check!(HUNG_UP.load(Relaxed));
        must!(calls::write(result.1, b"."));
        Ok(())
    })?;
    wait_for_state(pid, b'T')?;
    Ok(pid)
}

fn orphan_hang_up() -> Outcome {
    let result = must!(Pipe::new());
    // The parent of the stopped process ends.
    in_child(|| {
        must!(stopped_group(&result));
        Ok(())
    })?;
    must!(result.wait_for(b'.'));
    Ok(())
}

fn orphan_last_member() -> Outcome {
    let result = must!(Pipe::new());
    // Here the group is tied by a process that is not stopped and ends.
    let pid = must!(child(|| {
        must!(calls::setpgid(Pid(0), Pid(0)));
        let group = calls::getpid();
        let stopped = must!(child(|| {
            // Its parent's end is none of its own group's.
            must!(calls::setpgid(Pid(0), group));
            must!(sigaction(Signal::SIGHUP, Handler::Ignore));
            must!(calls::raise(Signal::SIGTSTP));
            must!(calls::write(result.1, b"."));
            Ok(())
        }));
        must!(wait_for_state(stopped, b'T'));
        Ok(())
    }));
    all_well(&[pid])?;
    must!(result.wait_for(b'.'));
    Ok(())
}
