// SPDX-License-Identifier: GPL-2.0-or-later
//! Where signals come from and what they interrupt: `kill`, `alarm`, pipes,
//! stopping and going on.

use crate::signals::{COUNT, LAST, catch};
use crate::support::{
    Outcome, Pipe, all_well, as_user, child, in_child, kill_and_wait, killed_by, number, read_file,
    sleeper, state_of, wait_for, wait_for_state, wait_until_asleep,
};
use abi::Errno;
use abi::fcntl::{F_SETFL, O_NONBLOCK};
use abi::ptrace::PTRACE_ATTACH;
use abi::signal::Signal;
use abi::sys::wait::WaitStatus;
use alloc::string::String;
use core::sync::atomic::Ordering::Relaxed;
use user::calls::{self, Pid};
use user::signal::{Handler, sigaction};

tests! {
    signal_pause "pause ends with EINTR when a handler has run";
    signal_sigsuspend "sigsuspend waits with its mask and puts the old one back";
    signal_alarm "alarm sends SIGALRM";
    signal_alarm_left "alarm tells what was left, and 0 cancels it";
    signal_alarm_limits "an alarm may be far away";
    signal_eintr_read "a signal ends a read of an empty pipe with EINTR";
    signal_eintr_write "a signal ends a write to a full pipe";
    signal_chld "a parent gets SIGCHLD when a child ends";
    signal_pipe "writing to a pipe without reader: SIGPIPE and EPIPE";
    signal_stop_continue "a stopped process does nothing until SIGCONT";
    signal_cont_handler "a handler of SIGCONT runs when the process goes on";
    signal_stop_pending "SIGCONT takes back a stop that is blocked";
    kill_self "kill(getpid) has come when it returns";
    kill_group "kill(0) and kill(-group) reach a group and nobody else";
    kill_nobody "kill of nobody is ESRCH, of a bad signal EINVAL";
    kill_permission "another user's process may not be signalled";
    kill_all "kill(-1) of a user reaches that user's processes";
    kill_init "init cannot be killed or stopped";
    kill_thread "a thread of the kernel cannot be killed, stopped, traced or moved";
}

fn signal_pause() -> Outcome {
    must!(catch(Signal::SIGUSR1));
    let me = calls::getpid();
    let pid = must!(child(|| {
        must!(wait_until_asleep(me));
        must!(calls::kill(number(me), Signal::SIGUSR1.number()));
        Ok(())
    }));
    check_eq!(system_call!(pause()), Err(Errno::EINTR));
    check_eq!(COUNT.load(Relaxed), 1);
    all_well(&[pid])
}

fn signal_sigsuspend() -> Outcome {
    must!(catch(Signal::SIGUSR1));
    must!(catch(Signal::SIGUSR2));
    let mask = Signal::SIGUSR1.bit();
    must!(system_call!(ssetmask(mask)));
    // One that waits ends it at once.
    must!(calls::raise(Signal::SIGUSR1));
    check_eq!(system_call!(sigsuspend(0, 0, 0)), Err(Errno::EINTR));
    check_eq!(COUNT.load(Relaxed), 1);
    check_eq!(system_call!(sgetmask()), Ok(mask));
    // One that its mask blocks does not end it.
    let me = calls::getpid();
    let pid = must!(child(|| {
        must!(wait_until_asleep(me));
        must!(calls::kill(number(me), Signal::SIGUSR2.number()));
        must!(wait_until_asleep(me));
        must!(calls::kill(number(me), Signal::SIGUSR1.number()));
        Ok(())
    }));
    check_eq!(
        system_call!(sigsuspend(0, 0, Signal::SIGUSR2.bit())),
        Err(Errno::EINTR)
    );
    check_eq!(system_call!(sgetmask()), Ok(mask));
    // USR2 came in with the old mask.
    check_eq!(COUNT.load(Relaxed), 3);
    all_well(&[pid])
}

fn signal_alarm() -> Outcome {
    must!(catch(Signal::SIGALRM));
    let (_, start) = must!(calls::times());
    calls::alarm(1);
    check_eq!(system_call!(pause()), Err(Errno::EINTR));
    let (_, end) = must!(calls::times());
    check_eq!(LAST.load(Relaxed), Signal::SIGALRM.number());
    check!((95..=150).contains(&(end - start)));
    must!(sigaction(Signal::SIGALRM, Handler::Default));
    killed_by(Signal::SIGALRM, || {
        calls::alarm(1);
        calls::pause();
    })
}

fn signal_alarm_left() -> Outcome {
    check_eq!(calls::alarm(100), 0);
    check!((99..=100).contains(&calls::alarm(50)));
    check!((49..=50).contains(&calls::alarm(0)));
    check_eq!(calls::alarm(0), 0);
    Ok(())
}

fn signal_alarm_limits() -> Outcome {
    for seconds in [
        u32::MAX,
        1 << 31,
        42_949_672,
        42_949_673,
        21_474_836,
        21_474_837,
    ] {
        calls::alarm(seconds);
        let most = seconds.min(i32::MAX as u32);
        check!((most - 1..=most).contains(&calls::alarm(0)));
    }
    Ok(())
}

fn signal_eintr_read() -> Outcome {
    must!(catch(Signal::SIGUSR1));
    let pipe = must!(Pipe::new());
    let me = calls::getpid();
    let pid = must!(child(|| {
        must!(wait_until_asleep(me));
        must!(calls::kill(number(me), Signal::SIGUSR1.number()));
        Ok(())
    }));
    check_eq!(calls::read(pipe.0, &mut [0; 4]), Err(Errno::EINTR));
    all_well(&[pid])
}

fn signal_eintr_write() -> Outcome {
    must!(catch(Signal::SIGUSR1));
    let pipe = must!(Pipe::new());
    let me = calls::getpid();
    let interrupt = || {
        child(|| {
            must!(wait_until_asleep(me));
            must!(calls::kill(number(me), Signal::SIGUSR1.number()));
            Ok(())
        })
    };
    // The first fills the pipe and is then cut short, the second is not begun.
    let first = must!(interrupt());
    let count = must!(calls::write(pipe.1, &[0; 10000]));
    check!((4095..=4096).contains(&count));
    let second = must!(interrupt());
    check_eq!(calls::write(pipe.1, &[0; 10000]), Err(Errno::EINTR));
    all_well(&[first, second])
}

fn signal_chld() -> Outcome {
    must!(catch(Signal::SIGCHLD));
    let pid = must!(child(|| Ok(())));
    must!(wait_for_state(pid, b'Z'));
    check_eq!(LAST.load(Relaxed), Signal::SIGCHLD.number());
    check_eq!(must!(wait_for(pid)), WaitStatus(0));
    Ok(())
}

fn signal_pipe() -> Outcome {
    let pipe = must!(Pipe::new());
    must!(calls::close(pipe.0));
    killed_by(Signal::SIGPIPE, || {
        let _ = calls::write(pipe.1, b"x");
    })?;
    must!(catch(Signal::SIGPIPE));
    check_eq!(calls::write(pipe.1, b"x"), Err(Errno::EPIPE));
    check_eq!(COUNT.load(Relaxed), 1);
    must!(sigaction(Signal::SIGPIPE, Handler::Ignore));
    check_eq!(calls::write(pipe.1, b"x"), Err(Errno::EPIPE));
    Ok(())
}

fn signal_stop_continue() -> Outcome {
    let pipe = must!(Pipe::new());
    let pid = must!(child(|| {
        loop {
            must!(calls::write_all(pipe.1, b"x"));
        }
    }));
    must!(pipe.wait_for(b'x'));
    must!(calls::kill(number(pid), Signal::SIGSTOP.number()));
    must!(wait_for_state(pid, b'T'));
    // Other signals do not make it go on.
    must!(calls::kill(number(pid), Signal::SIGCHLD.number()));
    must!(calls::kill(number(pid), Signal::SIGSTOP.number()));
    must!(calls::fcntl(pipe.0, F_SETFL, O_NONBLOCK));
    let _ = calls::read(pipe.0, &mut [0; 8192]);
    must!(calls::fcntl(pipe.0, F_SETFL, 0));
    check_eq!(must!(state_of(pid)), Some(b'T'));
    must!(calls::kill(number(pid), Signal::SIGCONT.number()));
    must!(pipe.wait_for(b'x'));
    check_eq!(must!(kill_and_wait(pid)), WaitStatus(9));
    Ok(())
}

fn signal_cont_handler() -> Outcome {
    let pid = must!(child(|| {
        must!(catch(Signal::SIGCONT));
        must!(calls::raise(Signal::SIGSTOP));
        check_eq!(COUNT.load(Relaxed), 1);
        Ok(())
    }));
    must!(wait_for_state(pid, b'T'));
    must!(calls::kill(number(pid), Signal::SIGCONT.number()));
    all_well(&[pid])
}

fn signal_stop_pending() -> Outcome {
    in_child(|| {
        must!(system_call!(ssetmask(Signal::SIGTSTP.bit())));
        must!(calls::raise(Signal::SIGTSTP));
        must!(calls::raise(Signal::SIGCONT));
        must!(system_call!(ssetmask(0)));
        Ok(())
    })
}

fn kill_self() -> Outcome {
    must!(catch(Signal::SIGUSR2));
    for round in 1..=50 {
        must!(calls::raise(Signal::SIGUSR2));
        check_eq!(COUNT.load(Relaxed), round);
    }
    Ok(())
}

fn kill_group() -> Outcome {
    let (first, second, other) = (must!(sleeper()), must!(sleeper()), must!(sleeper()));
    must!(calls::setpgid(first, Pid(0)));
    must!(calls::setpgid(second, first));
    must!(calls::kill(-number(first), Signal::SIGTERM.number()));
    check_eq!(must!(wait_for(first)), WaitStatus(15));
    check_eq!(must!(wait_for(second)), WaitStatus(15));
    check_eq!(must!(state_of(other)), Some(b'S'));
    must!(catch(Signal::SIGTERM));
    must!(calls::kill(0, Signal::SIGTERM.number()));
    check_eq!(COUNT.load(Relaxed), 1);
    check_eq!(must!(wait_for(other)), WaitStatus(15));
    Ok(())
}

fn kill_nobody() -> Outcome {
    for pid in [
        0x7ffe,
        32768,
        99999,
        i32::MAX,
        -0x7ffe,
        i32::MIN,
        i32::MIN + 1,
    ] {
        check_eq!(calls::kill(pid, 0), Err(Errno::ESRCH));
        check_eq!(calls::kill(pid, 9), Err(Errno::ESRCH));
    }
    for signal in [33, 64, 256, u32::MAX] {
        check_eq!(
            calls::kill(number(calls::getpid()), signal),
            Err(Errno::EINVAL)
        );
    }
    check_eq!(calls::kill(number(calls::getpid()), 0), Ok(()));
    check_eq!(calls::kill(0, 0), Ok(()));
    Ok(())
}

fn kill_permission() -> Outcome {
    let mine = must!(sleeper());
    as_user(100, 10, || {
        for signal in [0, 9, 15, 19] {
            check_eq!(calls::kill(number(mine), signal), Err(Errno::EPERM));
            check_eq!(calls::kill(1, signal), Err(Errno::EPERM));
        }
        // Of one's own session, SIGCONT may be sent to all.
        check_eq!(calls::kill(number(mine), Signal::SIGCONT.number()), Ok(()));
        let own = must!(sleeper());
        check_eq!(must!(kill_and_wait(own)), WaitStatus(9));
        Ok(())
    })?;
    check_eq!(must!(state_of(mine)), Some(b'S'));
    must!(kill_and_wait(mine));
    Ok(())
}

fn kill_all() -> Outcome {
    let mine = must!(sleeper());
    as_user(201, 10, || {
        let children = [must!(sleeper()), must!(sleeper()), must!(sleeper())];
        must!(calls::kill(-1, Signal::SIGTERM.number()));
        for pid in children {
            check_eq!(must!(wait_for(pid)), WaitStatus(15));
        }
        // There is nobody else of this user.
        check_eq!(calls::kill(-1, Signal::SIGTERM.number()), Err(Errno::EPERM));
        Ok(())
    })?;
    check_eq!(must!(state_of(mine)), Some(b'S'));
    must!(kill_and_wait(mine));
    Ok(())
}

fn kill_init() -> Outcome {
    for signal in [9, 15, 1, 2, 3, 11, 19, 20] {
        check_eq!(calls::kill(1, signal), Ok(()));
    }
    // It still buries orphans.
    let pipe = must!(Pipe::new());
    in_child(|| {
        let orphan = must!(child(|| Ok(())));
        must!(wait_for_state(orphan, b'Z'));
        must!(calls::write(pipe.1, &orphan.0.to_le_bytes()));
        Ok(())
    })?;
    let mut id = [0; 4];
    check_eq!(calls::read(pipe.0, &mut id), Ok(4));
    while must!(state_of(Pid(u32::from_le_bytes(id)))).is_some() {}
    Ok(())
}

fn kill_thread() -> Outcome {
    let text = String::from_utf8(must!(read_file(c"/dev/ps"))).unwrap_or_default();
    let line = text.lines().find(|line| line.ends_with(" [kupdate]"));
    let (id, rest) = must!(line.and_then(|line| line.split_once(' ')).ok_or("no line"));
    // No parent, no group, no terminal; no memory.
    check!(rest.starts_with("0 0 - ") && rest.ends_with(" 0 [kupdate]"));
    let thread = Pid(must!(id.parse()));
    for signal in [0, 9, 15, 1, 2, 3, 11, 18, 19, 20] {
        check_eq!(calls::kill(number(thread), signal), Ok(()));
    }
    must!(wait_until_asleep(thread));
    let attach = || calls::ptrace(PTRACE_ATTACH, thread, 0, 0);
    check_eq!(attach(), Err(Errno::EPERM));
    check_eq!(calls::setpgid(thread, Pid(0)), Err(Errno::ESRCH));
    check_eq!(calls::waitpid(number(thread), 0), Err(Errno::ECHILD));
    as_user(100, 10, || {
        check_eq!(calls::kill(number(thread), 9), Err(Errno::EPERM));
        check_eq!(attach(), Err(Errno::EPERM));
        Ok(())
    })
}
