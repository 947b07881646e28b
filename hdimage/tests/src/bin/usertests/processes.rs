// SPDX-License-Identifier: GPL-2.0-or-later
//! `fork`, `exit`, `waitpid`.

use crate::memory::free_pages;
use crate::support::{
    Outcome, Pipe, address, all_well, as_user, child, fate, forget_buffers, in_child,
    kill_and_wait, number, sleeper, state_of, wait_for, wait_for_state, wait_until_asleep,
};
use abi::Errno;
use abi::fcntl::{F_SETFL, O_NONBLOCK};
use abi::limits::NR_TASKS;
use abi::ptrace::PTRACE_TRACEME;
use abi::signal::Signal;
use abi::sys::wait::{WNOHANG, WUNTRACED, WaitStatus};
use abi::unistd::SEEK_CUR;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use user::calls::{self, Pid};
use user::env::task_size;
use user::signal::{Handler, sigaction};

tests! {
    exit_status "the low byte of exit's argument reaches the parent";
    exit_closes_files "a process that ends closes its files";
    exit_orphans "orphans get init as parent";
    exit_zombie "a process that has ended is a zombie until its parent asks";
    fork_ids "a child has its own id and knows its parent";
    fork_chain "children of children of children";
    fork_200 "200 processes, one after the other";
    fork_full "with the task table full fork answers EAGAIN, then works again";
    fork_shares_position "parent and child share the position of an open file";
    fork_own_descriptors "descriptors that a child closes stay open in the parent";
    fork_fresh_times "a child starts with no processor time and no alarm";
    fork_fresh_slot "a child has nothing of the process that used its slot before";
    wait_any "waitpid(-1) finds each child once";
    wait_pid "waitpid(pid) finds that child";
    wait_group "waitpid(0) and waitpid(-group) look at process groups";
    wait_no_child "without such a child waitpid answers ECHILD";
    wait_grandchild "a grandchild is no child";
    wait_nohang "WNOHANG answers 0 while there is no news";
    wait_sleeps "waitpid sleeps until a child ends";
    wait_null "waitpid need not store the status";
    wait_bad_address "a bad status address does not lose the child";
    wait_killed_meanwhile "no news is lost while the status address is made ready";
    wait_signalled "the status tells the signal that ended the child";
    wait_stopped "WUNTRACED tells of a stopped child, once";
    wait_not_untraced "without WUNTRACED a stopped child is no news";
    wait_eintr "a signal ends waitpid with EINTR";
    wait_kills_nobody "waitpid with odd options and ids does no harm";
    wait_child_times "times of children are counted when they are waited for";
    nice_limits "nice: only the superuser raises priority";
}

fn exit_status() -> Outcome {
    for (argument, status) in [(0, 0), (1, 1), (42, 42), (255, 255), (256, 0), (-1, 255)] {
        check_eq!(must!(fate(|| argument)).exit_status(), Some(status));
    }
    Ok(())
}

fn exit_closes_files() -> Outcome {
    let pipe = must!(Pipe::new());
    let pid = must!(child(|| Ok(())));
    must!(calls::close(pipe.1));
    let mut byte = [0];
    check_eq!(calls::read(pipe.0, &mut byte), Ok(0));
    all_well(&[pid])
}

fn exit_orphans() -> Outcome {
    let pipe = must!(Pipe::new());
    in_child(|| {
        let parent = calls::getpid();
        must!(child(|| {
            while calls::getppid() == parent {}
            check_eq!(calls::getppid(), Pid(1));
            must!(calls::write(pipe.1, b"x"));
            Ok(())
        }));
        Ok(())
    })?;
    must!(pipe.wait_for(b'x'));
    Ok(())
}

fn exit_zombie() -> Outcome {
    let pid = must!(child(|| Ok(())));
    must!(wait_for_state(pid, b'Z'));
    check_eq!(calls::kill(number(pid), 0), Ok(()));
    check_eq!(calls::kill(number(pid), Signal::SIGKILL.number()), Ok(()));
    check_eq!(must!(wait_for(pid)), WaitStatus(0));
    check_eq!(calls::kill(number(pid), 0), Err(Errno::ESRCH));
    check_eq!(must!(state_of(pid)), None);
    Ok(())
}

fn fork_ids() -> Outcome {
    let me = calls::getpid();
    let group = calls::getpgrp();
    in_child(|| {
        check!(calls::getpid() != me);
        check_eq!(calls::getppid(), me);
        check_eq!(calls::getpgrp(), group);
        Ok(())
    })
}

fn fork_chain() -> Outcome {
    fn generation(left: u32) -> Outcome {
        if left == 0 {
            Ok(())
        } else {
            in_child(|| generation(left - 1))
        }
    }
    generation(20)
}

fn fork_200() -> Outcome {
    for round in 0..200 {
        check_eq!(
            must!(fate(|| round & 0x7f)).exit_status(),
            Some(round as u32 & 0x7f)
        );
    }
    Ok(())
}

fn fork_full() -> Outcome {
    const SPARE: u32 = 10;
    for _ in 0..2 {
        let mut children = Vec::new();
        let error = loop {
            // A machine of 4 MB may not have memory for all; this process needs some.
            if free_pages() < SPARE {
                break Errno::EAGAIN;
            }
            match child(|| {
                loop {
                    calls::pause();
                }
            }) {
                Ok(pid) => children.push(pid),
                Err(errno) => break errno,
            }
        };
        let count = children.len();
        for pid in children {
            check_eq!(
                must!(kill_and_wait(pid)),
                WaitStatus::from_signal(Signal::SIGKILL)
            );
        }
        check_eq!(error, Errno::EAGAIN);
        check!(count > NR_TASKS / 2 && count < NR_TASKS);
    }
    in_child(|| Ok(()))
}

fn fork_shares_position() -> Outcome {
    let file = must!(crate::support::create(c"f"));
    in_child(|| {
        must!(calls::write_all(file.fd(), b"12345"));
        Ok(())
    })?;
    check_eq!(calls::lseek(file.fd(), 0, SEEK_CUR), Ok(5));
    Ok(())
}

fn fork_own_descriptors() -> Outcome {
    let pipe = must!(Pipe::new());
    in_child(|| {
        must!(calls::close(pipe.0));
        must!(calls::close(pipe.1));
        Ok(())
    })?;
    check_eq!(calls::write(pipe.1, b"x"), Ok(1));
    must!(pipe.wait_for(b'x'));
    Ok(())
}

fn fork_fresh_times() -> Outcome {
    calls::alarm(1000);
    in_child(|| {
        let (times, _) = must!(calls::times());
        check!(times.tms_utime + times.tms_stime <= 2);
        check_eq!((times.tms_cutime, times.tms_cstime), (0, 0));
        check_eq!(calls::alarm(0), 0);
        Ok(())
    })?;
    check!(calls::alarm(0) > 900);
    Ok(())
}

/// The first child fills all it can and is killed in `sigsuspend`, with the old
/// mask saved; the next gets its slot.
fn fork_fresh_slot() -> Outcome {
    const ALL: u32 = u32::MAX;
    let first = must!(child(|| {
        must!(calls::ptrace(PTRACE_TRACEME, Pid(0), 0, 0));
        must!(calls::setsid());
        calls::alarm(1000);
        must!(system_call!(ssetmask(ALL)));
        check_eq!(system_call!(sigsuspend(0, 0, 0)), Err(Errno::EINTR));
        Ok(())
    }));
    must!(wait_until_asleep(first));
    must!(kill_and_wait(first));
    in_child(|| {
        extern "C" fn nothing(_: u32) {}
        let mut pending = 0u32;
        must!(system_call!(sigpending(address(&raw mut pending))));
        check_eq!(pending, 0);
        must!(sigaction(Signal::SIGUSR1, Handler::Catch(nothing)));
        must!(calls::raise(Signal::SIGUSR1));
        check_eq!(system_call!(ssetmask(0)), Ok(0));
        check_eq!(calls::alarm(0), 0);
        must!(calls::setsid());
        must!(calls::ptrace(PTRACE_TRACEME, Pid(0), 0, 0));
        Ok(())
    })
}

fn wait_any() -> Outcome {
    let mut children = Vec::new();
    for _ in 0..5 {
        children.push(must!(child(|| Ok(()))));
    }
    for _ in 0..5 {
        let Some((pid, status)) = must!(calls::waitpid(-1, 0)) else {
            return Err(failure!("no child"));
        };
        check_eq!(status, WaitStatus(0));
        check!(children.contains(&pid));
        children.retain(|&child| child != pid);
    }
    check_eq!(calls::waitpid(-1, 0), Err(Errno::ECHILD));
    Ok(())
}

fn wait_pid() -> Outcome {
    let (first, second) = (must!(child(|| Ok(()))), must!(child(|| Ok(()))));
    must!(wait_for_state(first, b'Z'));
    check_eq!(
        calls::waitpid(number(second), 0),
        Ok(Some((second, WaitStatus(0))))
    );
    check_eq!(calls::waitpid(number(second), 0), Err(Errno::ECHILD));
    check_eq!(
        calls::waitpid(number(first), 0),
        Ok(Some((first, WaitStatus(0))))
    );
    Ok(())
}

fn wait_group() -> Outcome {
    let own = must!(sleeper());
    let other = must!(sleeper());
    must!(calls::setpgid(other, Pid(0)));
    for pid in [own, other] {
        must!(calls::kill(number(pid), Signal::SIGTERM.number()));
    }
    must!(wait_for_state(own, b'Z'));
    must!(wait_for_state(other, b'Z'));
    let term = WaitStatus::from_signal(Signal::SIGTERM);
    check_eq!(calls::waitpid(0, 0), Ok(Some((own, term))));
    check_eq!(calls::waitpid(0, 0), Err(Errno::ECHILD));
    check_eq!(calls::waitpid(-number(own), 0), Err(Errno::ECHILD));
    check_eq!(calls::waitpid(-number(other), 0), Ok(Some((other, term))));
    Ok(())
}

fn wait_no_child() -> Outcome {
    for pid in [-1, 0, 1, number(calls::getpid()), i32::MAX, i32::MIN, -2] {
        for options in [0, WNOHANG, WUNTRACED] {
            check_eq!(calls::waitpid(pid, options), Err(Errno::ECHILD));
        }
    }
    Ok(())
}

fn wait_grandchild() -> Outcome {
    let pipe = must!(Pipe::new());
    let pid = must!(child(|| {
        let grandchild = must!(sleeper());
        must!(calls::write(pipe.1, &grandchild.0.to_le_bytes()));
        calls::pause();
        Ok(())
    }));
    let mut id = [0; 4];
    check_eq!(calls::read(pipe.0, &mut id), Ok(4));
    let grandchild = u32::from_le_bytes(id);
    check_eq!(calls::waitpid(grandchild as i32, 0), Err(Errno::ECHILD));
    must!(calls::kill(grandchild as i32, Signal::SIGKILL.number()));
    must!(kill_and_wait(pid));
    Ok(())
}

fn wait_nohang() -> Outcome {
    let pid = must!(sleeper());
    check_eq!(calls::waitpid(-1, WNOHANG), Ok(None));
    check_eq!(calls::waitpid(number(pid), WNOHANG), Ok(None));
    must!(calls::kill(number(pid), Signal::SIGKILL.number()));
    must!(wait_for_state(pid, b'Z'));
    let killed = WaitStatus::from_signal(Signal::SIGKILL);
    check_eq!(calls::waitpid(-1, WNOHANG), Ok(Some((pid, killed))));
    Ok(())
}

fn wait_sleeps() -> Outcome {
    let me = calls::getpid();
    let pid = must!(child(|| {
        must!(wait_until_asleep(me));
        Ok(())
    }));
    all_well(&[pid])
}

fn wait_null() -> Outcome {
    let pid = must!(child(|| Ok(())));
    check_eq!(system_call!(waitpid(pid.0, 0, 0)), Ok(pid.0));
    Ok(())
}

fn wait_bad_address() -> Outcome {
    let pid = must!(child(|| Ok(())));
    for bad in [task_size(), task_size() - 3, u32::MAX, 0x10] {
        check_eq!(system_call!(waitpid(pid.0, bad, 0)), Err(Errno::EFAULT));
    }
    all_well(&[pid])
}

/// The page of the status has to be loaded, which sleeps. Meanwhile the child,
/// which was stopped, is killed.
fn wait_killed_meanwhile() -> Outcome {
    static NOT_LOADED: [AtomicU32; 3072] = [const { AtomicU32::new(1) }; 3072];
    let killed = WaitStatus::from_signal(Signal::SIGKILL);
    let (ready, go) = (must!(Pipe::new()), must!(Pipe::new()));
    must!(calls::fcntl(go.0, F_SETFL, O_NONBLOCK));
    let stopped = must!(sleeper());
    must!(calls::kill(number(stopped), Signal::SIGSTOP.number()));
    must!(wait_for_state(stopped, b'T'));
    forget_buffers()?;
    let killer = must!(child(|| {
        must!(calls::write(ready.1, b"x"));
        // It does not sleep, so it runs as soon as the parent does.
        while calls::read(go.0, &mut [0]) == Err(Errno::EAGAIN) {}
        must!(calls::kill(number(stopped), Signal::SIGKILL.number()));
        Ok(())
    }));
    must!(ready.wait_for(b'x'));
    must!(calls::write(go.1, b"x"));
    let status = &NOT_LOADED[1536];
    must!(system_call!(waitpid(stopped.0, address(status), WUNTRACED)));
    if WaitStatus(status.load(Relaxed)) != killed {
        check_eq!(must!(wait_for(stopped)), killed);
    }
    all_well(&[killer])
}

fn wait_signalled() -> Outcome {
    for signal in [
        Signal::SIGHUP,
        Signal::SIGKILL,
        Signal::SIGTERM,
        Signal::SIGSEGV,
    ] {
        let pid = must!(sleeper());
        must!(calls::kill(number(pid), signal.number()));
        check_eq!(must!(wait_for(pid)), WaitStatus(signal.number()));
    }
    Ok(())
}

fn wait_stopped() -> Outcome {
    for signal in [
        Signal::SIGSTOP,
        Signal::SIGTSTP,
        Signal::SIGTTIN,
        Signal::SIGTTOU,
    ] {
        let pid = must!(sleeper());
        must!(calls::kill(number(pid), signal.number()));
        let stopped = WaitStatus::from_stop(signal);
        check_eq!(
            calls::waitpid(number(pid), WUNTRACED),
            Ok(Some((pid, stopped)))
        );
        check_eq!(must!(state_of(pid)), Some(b'T'));
        check_eq!(calls::waitpid(number(pid), WUNTRACED | WNOHANG), Ok(None));
        must!(calls::kill(number(pid), Signal::SIGCONT.number()));
        check!(must!(state_of(pid)) != Some(b'T'));
        must!(kill_and_wait(pid));
    }
    Ok(())
}

fn wait_not_untraced() -> Outcome {
    let pid = must!(sleeper());
    must!(calls::kill(number(pid), Signal::SIGSTOP.number()));
    must!(wait_for_state(pid, b'T'));
    check_eq!(calls::waitpid(-1, WNOHANG), Ok(None));
    // A stopped process can be killed.
    check_eq!(
        must!(kill_and_wait(pid)),
        WaitStatus::from_signal(Signal::SIGKILL)
    );
    Ok(())
}

fn wait_eintr() -> Outcome {
    extern "C" fn nothing(_signal: u32) {}
    must!(sigaction(Signal::SIGUSR1, Handler::Catch(nothing)));
    let me = calls::getpid();
    let pid = must!(child(|| {
        must!(wait_until_asleep(me));
        must!(calls::kill(number(me), Signal::SIGUSR1.number()));
        loop {
            calls::pause();
        }
    }));
    check_eq!(calls::waitpid(-1, 0), Err(Errno::EINTR));
    must!(kill_and_wait(pid));
    Ok(())
}

fn wait_kills_nobody() -> Outcome {
    let pid = must!(sleeper());
    for options in [WNOHANG, WNOHANG | 0xffff_fff8, WNOHANG | WUNTRACED | 0x80] {
        check_eq!(calls::waitpid(number(pid), options), Ok(None));
    }
    check_eq!(calls::waitpid(i32::MIN, WNOHANG), Err(Errno::ECHILD));
    must!(kill_and_wait(pid));
    Ok(())
}

fn wait_child_times() -> Outcome {
    let pid = must!(child(|| {
        while must!(calls::times()).0.tms_utime + must!(calls::times()).0.tms_stime < 5 {}
        Ok(())
    }));
    must!(wait_for_state(pid, b'Z'));
    let (times, _) = must!(calls::times());
    check_eq!((times.tms_cutime, times.tms_cstime), (0, 0));
    all_well(&[pid])?;
    let (times, _) = must!(calls::times());
    check!(times.tms_cutime + times.tms_cstime >= 5);
    let mut words = [0u32; 4];
    // A null pointer only asks for the ticks.
    check!(must!(system_call!(times(0))) > 0);
    must!(system_call!(times(address(words.as_mut_ptr()))));
    check!(words[2] + words[3] >= 5);
    Ok(())
}

fn nice_limits() -> Outcome {
    in_child(|| {
        for increment in [-1, 1, i32::MIN, i32::MAX, 0, -1000] {
            check_eq!(system_call!(nice(increment as u32)), Ok(0));
        }
        in_child(|| Ok(()))
    })?;
    as_user(100, 10, || {
        check_eq!(system_call!(nice(-1i32 as u32)), Err(Errno::EPERM));
        check_eq!(system_call!(nice(i32::MIN as u32)), Err(Errno::EPERM));
        check_eq!(system_call!(nice(1000)), Ok(0));
        in_child(|| Ok(()))
    })
}
