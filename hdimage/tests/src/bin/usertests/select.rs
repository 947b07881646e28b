// SPDX-License-Identifier: GPL-2.0-or-later
//! Waiting for several files at once.

use crate::support::{
    HOLE, Outcome, Pipe, address, all_well, child, create, must_open_terminal, type_bytes,
    wait_until_asleep,
};
use abi::Errno;
use abi::fcntl::O_RDWR;
use abi::limits::{HZ, PIPE_BUF};
use abi::signal::Signal;
use abi::sys::time::{SelectArguments, Timeval};
use abi::sys::types::UserAddress;
use abi::termios::{LocalFlags, TCFLSH, TCIOFLUSH, TCOOFF, TCOON, TCXONC, VMIN, VTIME};
use user::calls::{self, Fd, File, Sets};
use user::env::task_size;
use user::signal::{Handler, sigaction};

tests! {
    select_pipe "a pipe is readable with bytes, writable with room";
    select_pipe_closed "an end that is closed makes the other ready and exceptional";
    select_always "files, directories, disks and /dev/null are always ready";
    select_wakes "a sleeper is woken by a write to a pipe";
    select_many "any of several pipes and a terminal wakes";
    select_both_ends "a sleeper that wants room is woken by a read";
    select_two_sleepers "two processes wait for the same pipe";
    select_timeout "the time is over, and hardly any processor time with it";
    select_time_left "what is left of the timeout is stored";
    select_sleep "without descriptors it sleeps";
    select_signal "a signal ends it with EINTR, and the sets are untouched";
    select_terminal "a terminal is readable when a line has ended, or a byte is there";
    select_terminal_stopped "a stopped terminal is not writable, a started one wakes";
    select_nfds "descriptors from nfds on are not looked at";
    select_bad_descriptor "EBADF for descriptors that are not open";
    select_bad_time "EINVAL for times that are none";
    select_bad_address "EFAULT for each bad pointer";
}

const NO_TIME: Timeval = Timeval {
    tv_sec: 0,
    tv_usec: 0,
};

fn bit(fd: Fd) -> u32 {
    1 << fd.0
}

/// What of the sets is ready now.
fn ready(mut sets: Sets) -> abi::Result<Sets> {
    let count = calls::select(32, &mut sets, Some(&mut NO_TIME.clone()))?;
    let bits: u32 = sets.iter().map(|set| set.count_ones()).sum();
    if bits == count {
        Ok(sets)
    } else {
        Err(Errno::EIO)
    }
}

fn select_pipe() -> Outcome {
    let pipe = must!(Pipe::new());
    let (reader, writer) = (bit(pipe.0), bit(pipe.1));
    let all = [reader | writer; 3];
    check_eq!(must!(ready(all))[0], 0);
    check!(must!(ready(all))[1] & writer != 0);
    must!(calls::write(pipe.1, b"x"));
    check_eq!(
        must!(ready([reader, writer, reader | writer])),
        [reader, writer, 0]
    );
    must!(calls::write(pipe.1, &[0; PIPE_BUF]));
    check_eq!(must!(ready([reader, writer, 0])), [reader, 0, 0]);
    must!(calls::read(pipe.0, &mut [0; 10]));
    check_eq!(must!(ready([reader, writer, 0])), [reader, writer, 0]);
    must!(calls::read(pipe.0, &mut [0; PIPE_BUF + 1]));
    check_eq!(must!(ready([reader, writer, 0])), [0, writer, 0]);
    Ok(())
}

fn select_pipe_closed() -> Outcome {
    let pipe = must!(Pipe::new());
    must!(calls::close(pipe.1));
    check_eq!(
        must!(ready([bit(pipe.0), 0, bit(pipe.0)])),
        [bit(pipe.0), 0, bit(pipe.0)]
    );
    let pipe = must!(Pipe::new());
    must!(calls::write(pipe.1, &[0; PIPE_BUF + 1]));
    must!(calls::close(pipe.0));
    check_eq!(
        must!(ready([0, bit(pipe.1), bit(pipe.1)])),
        [0, bit(pipe.1), bit(pipe.1)]
    );
    Ok(())
}

fn select_always() -> Outcome {
    let files = [
        must!(create(c"f")),
        must!(File::open(c".")),
        must!(File::open(c"/dev/hd0")),
        must!(File::open_with(c"/dev/null", O_RDWR, 0)),
    ];
    let all = files.iter().fold(0, |all, file| all | bit(file.fd()));
    check_eq!(must!(ready([all; 3])), [all, all, 0]);
    Ok(())
}

/// Makes a child that does something when the caller sleeps.
fn when_asleep(run: impl FnOnce() -> Outcome) -> abi::Result<calls::Pid> {
    let me = calls::getpid();
    child(|| {
        must!(wait_until_asleep(me));
        run()
    })
}

fn select_wakes() -> Outcome {
    let pipe = must!(Pipe::new());
    let pid = must!(when_asleep(|| {
        check_eq!(calls::write(pipe.1, b"x"), Ok(1));
        Ok(())
    }));
    let mut sets = [bit(pipe.0), 0, bit(pipe.0)];
    check_eq!(calls::select(32, &mut sets, None), Ok(1));
    check_eq!(sets, [bit(pipe.0), 0, 0]);
    all_well(&[pid])
}

fn select_many() -> Outcome {
    let tty = must_open_terminal()?;
    let pipes = [must!(Pipe::new()), must!(Pipe::new()), must!(Pipe::new())];
    let readers = pipes.iter().fold(0, |set, pipe| set | bit(pipe.0));
    for round in [2, 0, 1, 0] {
        let pid = must!(when_asleep(|| {
            must!(calls::write(pipes[round].1, b"x"));
            Ok(())
        }));
        let mut sets = [readers | bit(tty.fd()), 0, 0];
        check_eq!(calls::select(32, &mut sets, None), Ok(1));
        check_eq!(sets[0], bit(pipes[round].0));
        must!(calls::read(pipes[round].0, &mut [0; 4]));
        all_well(&[pid])?;
    }
    let pid = must!(when_asleep(|| {
        must!(type_bytes(&tty, b"\n"));
        Ok(())
    }));
    let mut sets = [readers | bit(tty.fd()), 0, 0];
    check_eq!(calls::select(32, &mut sets, None), Ok(1));
    check_eq!(sets[0], bit(tty.fd()));
    must!(calls::read(tty.fd(), &mut [0; 4]));
    all_well(&[pid])
}

fn select_both_ends() -> Outcome {
    let pipe = must!(Pipe::new());
    must!(calls::write(pipe.1, &[0; PIPE_BUF + 1]));
    let pid = must!(when_asleep(|| {
        check_eq!(calls::read(pipe.0, &mut [0; 9]), Ok(9));
        Ok(())
    }));
    let mut sets = [0, bit(pipe.1), 0];
    check_eq!(calls::select(32, &mut sets, None), Ok(1));
    check_eq!(sets, [0, bit(pipe.1), 0]);
    all_well(&[pid])
}

fn select_two_sleepers() -> Outcome {
    let pipe = must!(Pipe::new());
    let other = must!(Pipe::new());
    let wait = || {
        let mut sets = [bit(pipe.0) | bit(other.0), 0, 0];
        check_eq!(calls::select(32, &mut sets, None), Ok(1));
        check_eq!(sets[0], bit(pipe.0));
        Ok(())
    };
    let pids = [must!(child(wait)), must!(child(wait))];
    for pid in pids {
        must!(wait_until_asleep(pid));
    }
    must!(calls::write(pipe.1, b"x"));
    all_well(&pids)
}

/// Ticks since the start, and ticks that this process has used.
fn ticks() -> abi::Result<(u32, u32)> {
    calls::times().map(|(tms, now)| (now, tms.tms_utime + tms.tms_stime))
}

fn select_timeout() -> Outcome {
    let pipe = must!(Pipe::new());
    let (start, used) = must!(ticks());
    let mut sets = [bit(pipe.0), 0, bit(pipe.0)];
    let mut timeout = Timeval {
        tv_sec: 0,
        tv_usec: 300_000,
    };
    check_eq!(calls::select(32, &mut sets, Some(&mut timeout)), Ok(0));
    check_eq!(sets, [0; 3]);
    check_eq!(timeout, NO_TIME);
    let (end, used_now) = must!(ticks());
    check!((30..60).contains(&(end - start)));
    check!(used_now - used <= 2);
    Ok(())
}

fn select_time_left() -> Outcome {
    let pipe = must!(Pipe::new());
    must!(calls::write(pipe.1, b"x"));
    let ten = Timeval {
        tv_sec: 10,
        tv_usec: 0,
    };
    let mut timeout = ten;
    check_eq!(
        calls::select(32, &mut [bit(pipe.0), 0, 0], Some(&mut timeout)),
        Ok(1)
    );
    check!(timeout == ten || (timeout.tv_sec, timeout.tv_usec) == (9, 990_000));
    must!(calls::read(pipe.0, &mut [0]));
    let pid = must!(when_asleep(|| {
        let (start, _) = must!(ticks());
        while must!(ticks()).0 < start + HZ / 4 {}
        must!(calls::write(pipe.1, b"x"));
        Ok(())
    }));
    let mut timeout = ten;
    check_eq!(
        calls::select(32, &mut [bit(pipe.0), 0, 0], Some(&mut timeout)),
        Ok(1)
    );
    check!((8..10).contains(&timeout.tv_sec) && timeout.tv_usec <= 990_000);
    all_well(&[pid])
}

fn select_sleep() -> Outcome {
    let (start, _) = must!(ticks());
    let arguments = SelectArguments {
        timeout: UserAddress(address(&Timeval {
            tv_sec: 0,
            tv_usec: 100_001,
        })),
        ..SelectArguments::default()
    };
    check_eq!(system_call!(select(address(&arguments))), Ok(0));
    check!(must!(ticks()).0 - start >= 11);
    Ok(())
}

fn select_signal() -> Outcome {
    extern "C" fn nothing(_signal: u32) {}
    must!(sigaction(Signal::SIGUSR1, Handler::Catch(nothing)));
    let pipe = must!(Pipe::new());
    let me = calls::getpid();
    let pid = must!(when_asleep(|| {
        must!(calls::kill(me.0 as i32, Signal::SIGUSR1.number()));
        Ok(())
    }));
    let mut sets = [bit(pipe.0), 0, bit(pipe.1)];
    check_eq!(calls::select(32, &mut sets, None), Err(Errno::EINTR));
    check_eq!(sets, [bit(pipe.0), 0, bit(pipe.1)]);
    all_well(&[pid])
}

fn select_terminal() -> Outcome {
    let tty = must_open_terminal()?;
    let set = bit(tty.fd());
    must!(system_call!(ioctl(tty.fd().0, TCFLSH, TCIOFLUSH)));
    check_eq!(must!(ready([set; 3])), [0, set, 0]);
    must!(type_bytes(&tty, b"half"));
    check_eq!(must!(ready([set, 0, 0])), [0, 0, 0]);
    must!(type_bytes(&tty, b"\n"));
    check_eq!(must!(ready([set, 0, 0])), [set, 0, 0]);
    must!(calls::read(tty.fd(), &mut [0; 8]));
    check_eq!(must!(ready([set, 0, 0])), [0, 0, 0]);

    let old = must!(calls::tcgetattr(tty.fd()));
    let mut raw = old;
    raw.c_lflag = LocalFlags::empty();
    (raw.c_cc[VMIN], raw.c_cc[VTIME]) = (3, 0);
    must!(calls::tcsetattr(tty.fd(), &raw));
    must!(type_bytes(&tty, b"ab"));
    check_eq!(must!(ready([set, 0, 0])), [0, 0, 0]);
    must!(type_bytes(&tty, b"c"));
    check_eq!(must!(ready([set, 0, 0])), [set, 0, 0]);
    must!(calls::read(tty.fd(), &mut [0; 3]));
    // With VTIME a read waits for one byte only.
    raw.c_cc[VTIME] = 1;
    must!(calls::tcsetattr(tty.fd(), &raw));
    check_eq!(must!(ready([set, 0, 0])), [0, 0, 0]);
    must!(type_bytes(&tty, b"d"));
    check_eq!(must!(ready([set, 0, 0])), [set, 0, 0]);
    must!(calls::read(tty.fd(), &mut [0; 3]));
    must!(calls::tcsetattr(tty.fd(), &old));
    Ok(())
}

fn select_terminal_stopped() -> Outcome {
    let tty = must_open_terminal()?;
    let set = bit(tty.fd());
    must!(system_call!(ioctl(tty.fd().0, TCXONC, TCOOFF)));
    let stopped = ready([0, set, 0]);
    let pid = must!(when_asleep(|| {
        must!(system_call!(ioctl(tty.fd().0, TCXONC, TCOON)));
        Ok(())
    }));
    let mut sets = [0, set, 0];
    check_eq!(calls::select(32, &mut sets, None), Ok(1));
    check_eq!(stopped, Ok([0, 0, 0]));
    all_well(&[pid])
}

fn select_nfds() -> Outcome {
    let pipe = must!(Pipe::new());
    let mut sets = [0, bit(pipe.1), 0];
    let none = Some(&mut NO_TIME.clone());
    check_eq!(calls::select(pipe.1.0, &mut sets, none), Ok(0));
    check_eq!(sets, [0; 3]);
    let mut sets = [0, bit(pipe.1) | 1 << 31, 0];
    check_eq!(calls::select(pipe.1.0 + 1, &mut sets, None), Ok(1));
    check_eq!(sets, [0, bit(pipe.1), 0]);
    for count in [32, 33, 1000, u32::MAX] {
        check_eq!(calls::select(count, &mut [0, bit(pipe.1), 0], None), Ok(1));
    }
    Ok(())
}

fn select_bad_descriptor() -> Outcome {
    for fd in [17, 20, 31] {
        for set in 0..3 {
            let mut sets = [0; 3];
            sets[set] = 1 << fd;
            check_eq!(ready(sets), Err(Errno::EBADF));
        }
    }
    Ok(())
}

fn select_bad_time() -> Outcome {
    for (tv_sec, tv_usec) in [(-1, 0), (0, -1), (0, 1_000_000), (i32::MIN, i32::MAX)] {
        let mut timeout = Timeval { tv_sec, tv_usec };
        check_eq!(
            calls::select(0, &mut [0; 3], Some(&mut timeout)),
            Err(Errno::EINVAL)
        );
    }
    let pipe = must!(Pipe::new());
    let mut timeout = Timeval {
        tv_sec: i32::MAX,
        tv_usec: 999_999,
    };
    check_eq!(
        calls::select(32, &mut [0, bit(pipe.1), 0], Some(&mut timeout)),
        Ok(1)
    );
    Ok(())
}

fn select_bad_address() -> Outcome {
    for bad in [task_size() - 1, task_size(), u32::MAX, HOLE] {
        check_eq!(system_call!(select(bad)), Err(Errno::EFAULT));
        let bad = UserAddress(bad);
        let none = SelectArguments {
            nfds: 32,
            ..SelectArguments::default()
        };
        for arguments in [
            SelectArguments {
                readfds: bad,
                ..none
            },
            SelectArguments {
                writefds: bad,
                ..none
            },
            SelectArguments {
                exceptfds: bad,
                ..none
            },
            SelectArguments {
                timeout: bad,
                ..none
            },
        ] {
            check_eq!(
                system_call!(select(address(&arguments))),
                Err(Errno::EFAULT)
            );
        }
    }
    Ok(())
}
