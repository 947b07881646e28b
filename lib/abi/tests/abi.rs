// SPDX-License-Identifier: GPL-2.0-or-later
//! The ABI of 0.11, written down once more: offsets, sizes and numbers as a
//! program of the time has them compiled in.

use abi::a_out::Exec;
use abi::errno::Errno;
use abi::pod::Pod;
use abi::signal::{Sigaction, Signal};
use abi::sys::dirent::Dirent;
use abi::sys::resource::{Rlimit, Rusage};
use abi::sys::stat::Stat;
use abi::sys::time::{Timeval, Timezone};
use abi::sys::timeb::Timeb;
use abi::sys::times::Tms;
use abi::sys::types::Ustat;
use abi::sys::utsname::Utsname;
use abi::sys::wait::{WNOHANG, WUNTRACED, WaitStatus};
use abi::termios::{Termio, Termios, Winsize};
use abi::unistd::number::NAMES;
use abi::utime::Utimbuf;
use abi::{fcntl, ptrace, signal, termios, unistd};

/// A structure whose bytes count up from 0: each field must hold those from
/// its offset on, `length` of them.
macro_rules! layouts {
    ($($type:ident $size:literal { $($field:ident at $offset:literal, $length:literal;)* })*) => {
        $({
            let bytes: [u8; $size] = core::array::from_fn(|index| index as u8);
            let value = $type::from_bytes(&bytes).expect("bytes for all of it");
            assert_eq!(size_of::<$type>(), $size, stringify!($type));
            $(assert_eq!(
                value.$field.as_bytes(),
                &bytes[$offset..$offset + $length],
                concat!(stringify!($type), ".", stringify!($field))
            );)*
        })*
    };
}

#[test]
fn structures() {
    layouts! {
        Stat 32 {
            st_dev at 0, 2; st_ino at 2, 2; st_mode at 4, 2; st_nlink at 6, 1; st_uid at 8, 2;
            st_gid at 10, 1; st_rdev at 12, 2; st_size at 16, 4; st_atime at 20, 4;
            st_mtime at 24, 4; st_ctime at 28, 4;
        }
        Termios 36 {
            c_iflag at 0, 4; c_oflag at 4, 4; c_cflag at 8, 4; c_lflag at 12, 4; c_line at 16, 1;
            c_cc at 17, 17;
        }
        Termio 18 {
            c_iflag at 0, 2; c_oflag at 2, 2; c_cflag at 4, 2; c_lflag at 6, 2; c_line at 8, 1;
            c_cc at 9, 8;
        }
        Winsize 8 { ws_row at 0, 2; ws_col at 2, 2; ws_xpixel at 4, 2; ws_ypixel at 6, 2; }
        Tms 16 { tms_utime at 0, 4; tms_stime at 4, 4; tms_cutime at 8, 4; tms_cstime at 12, 4; }
        Utsname 45 {
            sysname at 0, 9; nodename at 9, 9; release at 18, 9; version at 27, 9;
            machine at 36, 9;
        }
        Utimbuf 8 { actime at 0, 4; modtime at 4, 4; }
        Sigaction 16 {
            sa_handler at 0, 4; sa_mask at 4, 4; sa_flags at 8, 4; sa_restorer at 12, 4;
        }
        Timeb 12 { time at 0, 4; millitm at 4, 2; timezone at 6, 2; dstflag at 8, 2; }
        Dirent 44 { ino at 0, 4; off at 4, 4; reclen at 8, 2; name at 10, 34; }
        Ustat 20 { f_tfree at 0, 4; f_tinode at 4, 2; f_fname at 6, 6; f_fpack at 12, 6; }
        Exec 32 {
            a_magic at 0, 4; a_text at 4, 4; a_data at 8, 4; a_bss at 12, 4; a_syms at 16, 4;
            a_entry at 20, 4; a_trsize at 24, 4; a_drsize at 28, 4;
        }
        Timeval 8 { tv_sec at 0, 4; tv_usec at 4, 4; }
        Timezone 8 { tz_minuteswest at 0, 4; tz_dsttime at 4, 4; }
        Rlimit 8 { rlim_cur at 0, 4; rlim_max at 4, 4; }
        Rusage 72 { ru_utime at 0, 8; ru_stime at 8, 8; ru_maxrss at 16, 4; ru_nivcsw at 68, 4; }
    }
    use fcntl::Flock;
    layouts! {
        Flock 16 { l_type at 0, 2; l_whence at 2, 2; l_start at 4, 4; l_len at 8, 4; l_pid at 12, 4; }
    }
}

#[test]
fn error_numbers() {
    let names = "EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM \
        EACCES EFAULT ENOTBLK EBUSY EEXIST EXDEV ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE \
        ENOTTY ETXTBSY EFBIG ENOSPC ESPIPE EROFS EMLINK EPIPE EDOM ERANGE EDEADLK ENAMETOOLONG \
        ENOLCK ENOSYS ENOTEMPTY ELOOP";
    for (number, name) in (1..).zip(names.split(' ')) {
        let errno = Errno::from_eax(-number).expect_err(name);
        assert_eq!(errno.name(), name);
        assert_eq!(i32::from(errno.number()), number);
    }
    assert_eq!(names.split(' ').count(), 40);
    assert_eq!(Errno::LAST, 40);
}

#[test]
fn signal_numbers() {
    let names = "HUP INT QUIT ILL TRAP ABRT UNUSED FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT \
        CHLD CONT STOP TSTP TTIN TTOU";
    for (number, name) in (1..).zip(names.split(' ')) {
        assert_eq!(Signal::new(number).map(Signal::name), Some(name));
    }
    assert_eq!((signal::SIG_DFL.0, signal::SIG_IGN.0), (0, 1));
    let flags = [
        signal::SignalFlags::SA_NOCLDSTOP,
        signal::SignalFlags::SA_NOMASK,
        signal::SignalFlags::SA_ONESHOT,
    ];
    assert_eq!(flags.map(|flag| flag.bits()), [1, 0x4000_0000, 0x8000_0000]);
}

#[test]
fn call_numbers() {
    let names = "setup exit fork read write open close waitpid creat link unlink execve chdir \
        time mknod chmod chown break stat lseek getpid mount umount setuid getuid stime ptrace \
        alarm fstat pause utime stty gtty access nice ftime sync kill rename mkdir rmdir dup pipe \
        times prof brk setgid getgid signal geteuid getegid acct phys lock ioctl fcntl mpx \
        setpgid ulimit uname umask chroot ustat dup2 getppid getpgrp setsid sigaction sgetmask \
        ssetmask setreuid setregid sigsuspend sigpending sethostname setrlimit getrlimit \
        getrusage gettimeofday settimeofday getgroups setgroups select symlink lstat readlink \
        uselib swapon reboot readdir sem_open sem_wait sem_post sem_close sem_unlink";
    let names: Vec<&str> = names.split(' ').collect();
    assert_eq!(NAMES.map(|name| name.trim_end_matches('_')), names[..]);
    assert_eq!(names.iter().position(|name| *name == "setregid"), Some(71));
}

#[test]
fn numbers_of_files() {
    use fcntl::*;
    let flags = [
        O_ACCMODE, O_RDONLY, O_WRONLY, O_RDWR, O_CREAT, O_EXCL, O_NOCTTY, O_TRUNC, O_APPEND,
        O_NONBLOCK, O_NDELAY,
    ];
    assert_eq!(
        flags,
        [
            0o3, 0, 1, 2, 0o100, 0o200, 0o400, 0o1000, 0o2000, 0o4000, 0o4000
        ]
    );
    let commands = [
        F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETLK, F_SETLK, F_SETLKW, FD_CLOEXEC,
    ];
    assert_eq!(commands, [0, 1, 2, 3, 4, 5, 6, 7, 1]);
    assert_eq!([F_RDLCK, F_WRLCK, F_UNLCK], [0, 1, 2]);
    use unistd::*;
    assert_eq!([SEEK_SET, SEEK_CUR, SEEK_END], [0, 1, 2]);
    assert_eq!([F_OK, X_OK, W_OK, R_OK], [0, 1, 2, 4]);
}

#[test]
fn wait_status() {
    assert_eq!((WNOHANG, WUNTRACED), (1, 2));
    assert_eq!(WaitStatus::from_exit(5).0, 0x0500);
    assert_eq!(WaitStatus::from_signal(Signal::SIGKILL).0, 9);
    assert_eq!(WaitStatus::from_stop(Signal::SIGTRAP).0, 0x057f);
}

#[test]
fn terminal_numbers() {
    use termios::*;
    let requests = [
        TCGETS,
        TCSETS,
        TCSETSW,
        TCSETSF,
        TCGETA,
        TCSETA,
        TCSETAW,
        TCSETAF,
        TCSBRK,
        TCXONC,
        TCFLSH,
        TIOCEXCL,
        TIOCNXCL,
        TIOCSCTTY,
        TIOCGPGRP,
        TIOCSPGRP,
        TIOCOUTQ,
        TIOCSTI,
        TIOCGWINSZ,
        TIOCSWINSZ,
        TIOCMGET,
        TIOCMBIS,
        TIOCMBIC,
        TIOCMSET,
        TIOCGSOFTCAR,
        TIOCSSOFTCAR,
        TIOCINQ,
    ];
    for (request, number) in requests.into_iter().zip(0x5401..) {
        assert_eq!(request, number);
    }
    assert_eq!(TIOCVHANGUP, 0x5437);
    let characters = [
        VINTR, VQUIT, VERASE, VKILL, VEOF, VTIME, VMIN, VSWTC, VSTART, VSTOP, VSUSP, VEOL,
        VREPRINT, VDISCARD, VWERASE, VLNEXT, VEOL2,
    ];
    for (index, character) in characters.into_iter().enumerate() {
        assert_eq!(character, index);
    }
    assert_eq!(InputFlags::ICRNL.bits(), 0o400);
    assert_eq!(InputFlags::IXON.bits(), 0o2000);
    assert_eq!(OutputFlags::OPOST.bits() | OutputFlags::ONLCR.bits(), 5);
    assert_eq!(ControlFlags::CS8.bits(), 0o60);
    let local = [
        LocalFlags::ISIG,
        LocalFlags::ICANON,
        LocalFlags::ECHO,
        LocalFlags::ECHOE,
        LocalFlags::TOSTOP,
        LocalFlags::ECHOCTL,
    ];
    assert_eq!(
        local.map(|flag| flag.bits()),
        [1, 2, 0o10, 0o20, 0o400, 0o1000]
    );
}

/// Linux 0.95 to 0.99: `include/linux/ptrace.h`.
#[test]
fn tracing_numbers() {
    use ptrace::register::*;
    use ptrace::*;
    let requests = [
        PTRACE_TRACEME,
        PTRACE_PEEKTEXT,
        PTRACE_PEEKDATA,
        PTRACE_PEEKUSER,
        PTRACE_POKETEXT,
        PTRACE_POKEDATA,
        PTRACE_POKEUSER,
        PTRACE_CONT,
        PTRACE_KILL,
        PTRACE_SINGLESTEP,
    ];
    assert_eq!(requests, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert_eq!([PTRACE_ATTACH, PTRACE_DETACH, PTRACE_SYSCALL], [16, 17, 24]);
    let registers = [
        EBX, ECX, EDX, ESI, EDI, EBP, EAX, DS, ES, FS, GS, ORIG_EAX, EIP, CS, EFL, UESP, SS, COUNT,
    ];
    for (index, register) in registers.into_iter().enumerate() {
        assert_eq!(register, index);
    }
}
