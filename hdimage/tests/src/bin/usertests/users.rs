// SPDX-License-Identifier: GPL-2.0-or-later
//! `passwd` and `su`, which anybody runs with root's rights, given what they must not
//! trust: arguments, open files, limits, signals, a name that is taken.
//!
//! To hash a new password takes some 23 million instructions, so a test does it once.

use crate::support::{
    Failure, Outcome, Pipe, child, in_child, number, read_file, wait_for, write_file,
};
use abi::Errno;
use abi::fcntl::O_WRONLY;
use abi::signal::Signal;
use abi::sys::resource::{RLIMIT_FSIZE, RLIMIT_NOFILE, Rlimit};
use abi::sys::stat::S_IFIFO;
use abi::sys::types::Device;
use abi::sys::wait::WaitStatus;
use alloc::vec::Vec;
use core::ffi::CStr;
use core::time::Duration;
use programs::time::sleep;
use user::calls::{self, Fd, File, Pid};

tests! {
    user_changes_password "passwd changes one field and keeps mode and owner";
    user_refused "what passwd does not do, and leaves the file as it is";
    user_limits "limits on files do not cut the file of passwords";
    user_signals "nor do signals of the user";
    user_alarm "nor do those that come from the clock and the keys";
    user_closed_files "messages of a set-user-id program go into no file that it opens";
    user_lock_taken "a link in the place of the new file is not followed";
    user_no_arguments "su and passwd without any argument, even their name";
    user_su "su with the right password, and none for root";
    user_broken_line "a broken line of the file of passwords makes nobody root";
}

const PROGRAMS: [&CStr; 2] = [c"/bin/su", c"/bin/passwd"];
const PASSWD: &CStr = c"/etc/passwd";
const NEW: &CStr = c"/etc/ptmp";
/// The real file of passwords meanwhile.
const REAL: &CStr = c"/etc/passwd.real";
/// What the tests work on. The password is `secret`.
const LINES: &[u8] = b"root::0:0:root:/usr/root:/bin/sh\n\
    user:$5$rounds=1000$abc$Mz4DiYKTnNKbZLo/mIp3d8Y4aQBhv3uhSwxLDy55/Y8:300:30:a b:/tmp\n\
    user:$5$rounds=1000$abc$Mz4DiYKTnNKbZLo/mIp3d8Y4aQBhv3uhSwxLDy55/Y8:300:30:a b:/tmp:/bin/sh\n\
    evil::0:0:x:/\n\
    last::301:30:::\n";
const START: &[u8] = b"user:$5$";

/// Runs a test with [`LINES`] as the file of passwords, and puts the real one back.
fn with_lines(run: impl FnOnce() -> Outcome) -> Outcome {
    // A test that was killed has left it there.
    let _ = calls::rename(REAL, PASSWD);
    must!(calls::rename(PASSWD, REAL));
    must!(write_file(PASSWD, LINES));
    let outcome = run();
    let is_left = calls::unlink(NEW).is_ok();
    must!(calls::rename(REAL, PASSWD));
    outcome?;
    check!(!is_left);
    Ok(())
}

/// Starts a program as a user without a terminal, after `prepare`, with `input` as what
/// is typed. What it says comes into the file `said`.
fn start_as(
    uid: u16,
    program: &CStr,
    arguments: &[&CStr],
    input: &[u8],
    prepare: impl FnOnce(),
) -> abi::Result<Pid> {
    let typed = Pipe::new()?;
    calls::write_all(typed.1, input)?;
    calls::close(typed.1)?;
    child(|| {
        must!(calls::setsid());
        must!(calls::dup2(typed.0, Fd::STDIN));
        let said = must!(File::create(c"said"));
        must!(calls::setgroups(&[28]));
        must!(calls::setgid(29));
        must!(calls::setuid(uid));
        must!(calls::dup2(said.fd(), Fd::STDOUT));
        must!(calls::dup2(said.fd(), Fd::STDERR));
        // The program begins with no other file.
        must!(calls::close(typed.0));
        drop(said);
        prepare();
        let error = calls::execve(program, arguments, &[]);
        Err(failure!("{program:?}: {error:?}"))
    })
}

/// How such a program ends; the first argument names it.
fn run_as(
    uid: u16,
    arguments: &[&CStr],
    input: &[u8],
    prepare: impl FnOnce(),
) -> abi::Result<WaitStatus> {
    let program = match arguments.first() {
        Some(&name) if name == c"passwd" => PROGRAMS[1],
        _ => PROGRAMS[0],
    };
    wait_for(start_as(uid, program, arguments, input, prepare)?)
}

const NOTHING: fn() = || ();
const TYPED: &[u8] = b"secret\nnew\nnew\n";

/// What the file must be after a change: all as before but for one field.
fn is_changed() -> Result<bool, Failure> {
    let now = must!(read_file(PASSWD));
    let lines = |text: &[u8]| {
        text.split(|&byte| byte == b'\n')
            .map(<[u8]>::to_vec)
            .collect::<Vec<_>>()
    };
    let (old, new) = (lines(LINES), lines(&now));
    check_eq!(new.len(), old.len());
    for (index, (old, new)) in old.iter().zip(&new).enumerate() {
        if index != 2 {
            check!(old == new);
        }
    }
    check!(new[2].starts_with(START) && new[2].ends_with(b":300:30:a b:/tmp:/bin/sh"));
    Ok(new[2] != old[2])
}

fn user_changes_password() -> Outcome {
    with_lines(|| {
        must!(calls::chmod(PASSWD, 0o604));
        must!(calls::chown(PASSWD, 0, 7));
        let mask = || {
            calls::umask(0o777);
        };
        check_eq!(must!(run_as(300, &[c"passwd"], TYPED, mask)), WaitStatus(0));
        check!(is_changed()?);
        let stat = must!(calls::stat(PASSWD));
        check_eq!(
            (stat.st_mode & 0o7777, stat.st_uid, stat.st_gid),
            (0o604, 0, 7)
        );
        Ok(())
    })
}

fn user_refused() -> Outcome {
    with_lines(|| {
        for (arguments, input) in [
            (&[c"passwd", c"root"][..], &b"x\nx\nx\n"[..]),
            (&[c"passwd", c"user"], b"secret\n\n\n"),
            (&[c"passwd", c"user"], b"secret\na\nb\n"),
            (&[c"passwd", c"user"], b"secret\na\n"),
            (&[c"passwd", c"user"], b""),
            (&[c"passwd", c"-d"], b""),
            (&[c"passwd", c"-d", c"user"], b""),
            (&[c"passwd", c"last"], b"x\nx\n"),
            (&[c"passwd", c"a:b\nx::0:0:::"], b"x\nx\n"),
            (&[c"passwd", c""], b"x\nx\n"),
            (&[c"passwd", c"evil"], b"x\nx\n"),
        ] {
            let status = must!(run_as(300, arguments, input, NOTHING));
            check!(matches!(status.exit_status(), Some(1 | 2)));
            check!(must!(read_file(PASSWD)) == LINES);
        }
        Ok(())
    })
}

/// Sets a limit.
fn limit(resource: u32, most: i32) {
    let limit = Rlimit {
        rlim_cur: most,
        rlim_max: most,
    };
    let _ = calls::setrlimit(resource, &limit);
}

fn user_limits() -> Outcome {
    with_lines(|| {
        let limits = || {
            // The questions go into a file, too.
            limit(RLIMIT_FSIZE, 100);
        };
        check_eq!(
            must!(run_as(300, &[c"passwd"], TYPED, limits)),
            WaitStatus(0)
        );
        check!(is_changed()?);
        let before = must!(read_file(PASSWD));
        for most in 0..4 {
            let files = || limit(RLIMIT_NOFILE, most);
            let status = must!(run_as(300, &[c"passwd"], b"new\nnew\nnew\n", files));
            // With standard files and no more it is not even begun.
            check_eq!(status.exit_status(), Some(126));
            check!(must!(read_file(PASSWD)) == before);
        }
        Ok(())
    })
}

fn user_signals() -> Outcome {
    signal_for_passwd(300, Signal::SIGKILL)
}

/// The signals of clock and keys ask nobody whose process it is.
fn user_alarm() -> Outcome {
    signal_for_passwd(0, Signal::SIGALRM)
}

/// Sends a signal to passwd while it writes the new file.
fn signal_for_passwd(sender: u16, signal: Signal) -> Outcome {
    with_lines(|| {
        // In a pipe's place passwd waits for what it reads.
        must!(calls::unlink(PASSWD));
        must!(calls::mknod(PASSWD, S_IFIFO | 0o644, Device::NONE));
        let passwd = must!(start_as(300, PROGRAMS[1], &[c"passwd"], TYPED, NOTHING));
        let asks = must!(File::open_with(PASSWD, O_WRONLY, 0));
        must!(calls::write_all(asks.fd(), LINES));
        drop(asks);
        // It closes the pipe before it hashes passwords.
        must!(sleep(Duration::from_millis(100)));
        let replaces = must!(File::open_with(PASSWD, O_WRONLY, 0));
        must!(calls::stat(NEW));
        in_child(|| {
            must!(calls::setuid(sender));
            let sent = calls::kill(number(passwd), signal.number());
            check_eq!(sent.is_ok(), sender == 0);
            Ok(())
        })?;
        must!(calls::write_all(replaces.fd(), LINES));
        drop(replaces);
        check_eq!(must!(wait_for(passwd)), WaitStatus(0));
        check!(is_changed()?);
        Ok(())
    })
}

fn user_closed_files() -> Outcome {
    with_lines(|| {
        for closed in 1..8 {
            let close = || {
                for fd in (0..3).filter(|fd| closed & 1 << fd != 0) {
                    let _ = calls::close(Fd(fd));
                }
            };
            let before = must!(read_file(PASSWD));
            let status = must!(run_as(300, &[c"passwd", c"nobody"], b"", close));
            check_eq!(status.exit_status(), Some(1));
            check!(must!(read_file(PASSWD)) == before);
        }
        let close = || {
            let _ = calls::close(Fd::STDOUT);
            let _ = calls::close(Fd::STDERR);
        };
        // The shell of the other user can say something, into no file of that user.
        let command = c"echo said && echo said >&2";
        let su = [c"su", c"last", c"-c", command];
        check_eq!(must!(run_as(300, &su, b"", close)), WaitStatus(0));
        check_eq!(
            must!(run_as(300, &[c"passwd"], TYPED, close)),
            WaitStatus(0)
        );
        check!(is_changed()?);
        Ok(())
    })
}

fn user_lock_taken() -> Outcome {
    with_lines(|| {
        must!(calls::symlink(c"/etc/target", NEW));
        let status = must!(run_as(300, &[c"passwd"], TYPED, NOTHING));
        check_eq!(status.exit_status(), Some(1));
        check!(must!(read_file(PASSWD)) == LINES);
        check_eq!(calls::stat(c"/etc/target").err(), Some(Errno::ENOENT));
        must!(calls::unlink(NEW));
        Ok(())
    })
}

fn user_no_arguments() -> Outcome {
    with_lines(|| {
        for arguments in [&[][..], &[c""]] {
            // Root has no password here, and a shell without input ends well.
            for (program, status, end) in [
                (PROGRAMS[0], 0, &b""[..]),
                (PROGRAMS[1], 1, b"passwd: last: unchanged\n"),
            ] {
                let pid = must!(start_as(301, program, arguments, b"", NOTHING));
                check_eq!(must!(wait_for(pid)).exit_status(), Some(status));
                check!(must!(read_file(c"said")).ends_with(end));
            }
        }
        check!(must!(read_file(PASSWD)) == LINES);
        Ok(())
    })
}

fn user_su() -> Outcome {
    with_lines(|| {
        let command = c"id -u > id; id -g >> id; id -G >> id; echo $USER $HOME >> id";
        must!(calls::chmod(c".", 0o777));
        let su = [c"su", c"user", c"-c", command];
        check_eq!(must!(run_as(301, &su, b"secret\n", NOTHING)), WaitStatus(0));
        check_eq!(
            must!(read_file(c"id")).as_slice(),
            b"300\n30\n30\nuser /tmp\n"
        );
        must!(calls::unlink(c"id"));
        // Root needs no password, and nobody one for a user who has none.
        check_eq!(must!(run_as(0, &su, b"", NOTHING)), WaitStatus(0));
        must!(calls::unlink(c"id"));
        let su = [c"su", c"last", c"-c", command];
        check_eq!(must!(run_as(300, &su, b"", NOTHING)), WaitStatus(0));
        check_eq!(must!(read_file(c"id")).as_slice(), b"301\n30\n30\nlast /\n");
        Ok(())
    })
}

fn user_broken_line() -> Outcome {
    with_lines(|| {
        let su = [c"su", c"evil", c"-c", c"id -u > id"];
        must!(calls::chmod(c".", 0o777));
        check_eq!(must!(run_as(0, &su, b"", NOTHING)).exit_status(), Some(1));
        check_eq!(calls::stat(c"id").err(), Some(Errno::ENOENT));
        Ok(())
    })
}
