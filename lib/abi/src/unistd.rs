// SPDX-License-Identifier: GPL-2.0-or-later
//! The system call table (0.11: `include/unistd.h`, `include/linux/sys.h`).
//!
//! [`system_call_table!`](crate::system_call_table) is the one place where a
//! number, a name, a handler and the arguments of a call stand together. It
//! passes all rows to a macro of the caller's: the kernel makes its jump table
//! of them, the user side its stubs, the tests their list of names.
//!
//! The convention (0.11: `_system_call`): number in `eax`; arguments in `ebx`,
//! `ecx`, `edx`, then `esi`, `edi`; the result, or minus an error number,
//! comes back in `eax`. All other registers are kept.

/// Calls `$with!` with a row `number name handler (arguments);` for each system
/// call. Rows stand in order of number, without a gap. A handler behind `fs.` is a
/// method of the file system.
///
/// Numbers 0 to 71 are 0.11's. Those behind are the ones that Linux 0.12 to
/// 0.97 gave out next, which programs of the time call. From 90 on they are our
/// own.
#[macro_export]
macro_rules! system_call_table {
    ($with:ident) => {
        $with! {
             0 setup     sys_setup     (parameters);
             1 exit      sys_exit      (status);
             2 fork      sys_fork      ();
             3 read      sys_read      (fd, buffer, count);
             4 write     sys_write     (fd, buffer, count);
             5 open      fs.sys_open   (path, flags, mode);
             6 close     fs.sys_close  (fd);
             7 waitpid   sys_waitpid   (pid, status, options);
             8 creat     fs.sys_creat  (path, mode);
             9 link      fs.sys_link   (old_path, new_path);
            10 unlink    fs.sys_unlink (path);
            11 execve    sys_execve    (path, argv, envp);
            12 chdir     fs.sys_chdir  (path);
            13 time      sys_time      (time);
            14 mknod     fs.sys_mknod  (path, mode, device);
            15 chmod     fs.sys_chmod  (path, mode);
            16 chown     fs.sys_chown  (path, uid, gid);
            17 break_    sys_break     ();
            18 stat      sys_stat      (path, stat);
            19 lseek     fs.sys_lseek  (fd, offset, origin);
            20 getpid    sys_getpid    ();
            21 mount     sys_mount     (device, directory, flags);
            22 umount    fs.sys_umount (path);
            23 setuid    sys_setuid    (uid);
            24 getuid    sys_getuid    ();
            25 stime     sys_stime     (time);
            26 ptrace    sys_ptrace    (request, pid, address, data);
            27 alarm     sys_alarm     (seconds);
            28 fstat     sys_fstat     (fd, stat);
            29 pause     sys_pause     ();
            30 utime     sys_utime     (path, times);
            31 stty      sys_stty      (fd, sgttyb);
            32 gtty      sys_gtty      (fd, sgttyb);
            33 access    fs.sys_access (path, mode);
            34 nice      sys_nice      (increment);
            35 ftime     sys_ftime     (timeb);
            36 sync      sys_sync      ();
            37 kill      sys_kill      (pid, signal);
            38 rename    fs.sys_rename (old_path, new_path);
            39 mkdir     fs.sys_mkdir  (path, mode);
            40 rmdir     fs.sys_rmdir  (path);
            41 dup       fs.sys_dup    (fd);
            42 pipe      sys_pipe      (fds);
            43 times     sys_times     (tms);
            44 prof      sys_prof      ();
            45 brk       sys_brk       (end_data);
            46 setgid    sys_setgid    (gid);
            47 getgid    sys_getgid    ();
            48 signal    sys_signal    (signal, handler, restorer);
            49 geteuid   sys_geteuid   ();
            50 getegid   sys_getegid   ();
            51 acct      sys_acct      ();
            52 phys      sys_phys      ();
            53 lock      sys_lock      ();
            54 ioctl     fs.sys_ioctl  (fd, command, argument);
            55 fcntl     fs.sys_fcntl  (fd, command, argument);
            56 mpx       sys_mpx       ();
            57 setpgid   sys_setpgid   (pid, pgid);
            58 ulimit    sys_ulimit    (command, limit);
            59 uname     sys_uname     (utsname);
            60 umask     sys_umask     (mask);
            61 chroot    fs.sys_chroot (path);
            62 ustat     sys_ustat     (device, ustat);
            63 dup2      fs.sys_dup2   (old_fd, new_fd);
            64 getppid   sys_getppid   ();
            65 getpgrp   sys_getpgrp   ();
            66 setsid    sys_setsid    ();
            67 sigaction sys_sigaction (signal, action, old_action);
            68 sgetmask  sys_sgetmask  ();
            69 ssetmask  sys_ssetmask  (mask);
            70 setreuid  sys_setreuid  (ruid, euid);
            71 setregid  sys_setregid  (rgid, egid);
            72 sigsuspend sys_sigsuspend (reserved1, reserved2, mask);
            73 sigpending sys_sigpending (set);
            74 sethostname sys_sethostname (name, length);
            75 setrlimit sys_setrlimit (resource, limit);
            76 getrlimit sys_getrlimit (resource, limit);
            77 getrusage sys_getrusage (who, usage);
            78 gettimeofday sys_gettimeofday (time, zone);
            79 settimeofday sys_settimeofday (time, zone);
            80 getgroups sys_getgroups (size, list);
            81 setgroups sys_setgroups (size, list);
            82 select    sys_select    (arguments);
            83 symlink   fs.sys_symlink (target, path);
            84 lstat     sys_lstat     (path, stat);
            85 readlink  sys_readlink  (path, buffer, size);
            86 uselib    sys_uselib    (path);
            87 swapon    sys_swapon    (path);
            88 reboot    sys_reboot    (magic, magic2, flag);
            89 readdir   sys_readdir   (fd, entry, count);
            90 sem_open  sys_sem_open  (name, value);
            91 sem_wait  sys_sem_wait  (semaphore);
            92 sem_post  sys_sem_post  (semaphore);
            93 sem_close sys_sem_close (semaphore);
            94 sem_unlink sys_sem_unlink (name);
        }
    };
}

/// The numbers, by name: `number::WRITE` is 4.
pub mod number {
    #![allow(non_upper_case_globals, missing_docs)]
    macro_rules! numbers {
        ($($number:literal $name:ident $($handler:ident).+ ($($argument:ident),*);)*) => {
            $(pub const $name: u32 = $number;)*
            /// One more than the largest number in the table.
            pub const NR_SYSTEM_CALLS: usize = [$($number),*].len();
            /// The names in order of number.
            pub const NAMES: [&str; NR_SYSTEM_CALLS] = [$(stringify!($name)),*];
            /// The names of their arguments in order of number.
            pub const ARGUMENTS: [&[&str]; NR_SYSTEM_CALLS] =
                [$(&[$(stringify!($argument)),*]),*];
            const NUMBERS: [usize; NR_SYSTEM_CALLS] = [$($number),*];
        };
    }
    crate::system_call_table!(numbers);

    // A row out of place would silently call the wrong handler.
    const _: () = {
        let mut index = 0;
        while index < NR_SYSTEM_CALLS {
            assert!(NUMBERS[index] == index);
            index += 1;
        }
    };
}

/// `lseek` from the start of the file.
pub const SEEK_SET: u32 = 0;
/// `lseek` from where the file stands.
pub const SEEK_CUR: u32 = 1;
/// `lseek` from the end of the file.
pub const SEEK_END: u32 = 2;

/// `access`: does it exist.
pub const F_OK: u32 = 0;
/// `access`: may it be executed.
pub const X_OK: u32 = 1;
/// `access`: may it be written.
pub const W_OK: u32 = 2;
/// `access`: may it be read.
pub const R_OK: u32 = 4;

/// Descriptor of standard input.
pub const STDIN_FILENO: u32 = 0;
/// Descriptor of standard output.
pub const STDOUT_FILENO: u32 = 1;
/// Descriptor of standard error.
pub const STDERR_FILENO: u32 = 2;
