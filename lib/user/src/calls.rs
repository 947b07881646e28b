// SPDX-License-Identifier: GPL-2.0-or-later
//! The system calls, typed (0.11: the prototypes of `include/unistd.h`).
//!
//! Paths are C strings, as the kernel wants them. Calls that cannot fail
//! return their value, all others a [`Result`].
//!
//! All of them are safe. The kernel trusts no address, but it cannot know what the
//! program uses the memory there for. The stubs take addresses as numbers, so they
//! are `unsafe`; here a borrowed slice or value says what may be read and written.

use crate::signal::{Handler, sigaction};
use crate::syscall;
use abi::errno::{Errno, Result};
use abi::fcntl::{O_CREAT, O_TRUNC, O_WRONLY};
use abi::kd::{KDGKBLAYOUT, KDSKBLAYOUT, VT_ACTIVATE, VT_GETSTATE, VtStat};
use abi::limits::NGROUPS_MAX;
use abi::pod::Pod;
use abi::ptrace::{PTRACE_PEEKDATA, PTRACE_PEEKTEXT, PTRACE_PEEKUSER};
use abi::reboot::{REBOOT_MAGIC1, REBOOT_MAGIC2};
use abi::sgtty::Sgttyb;
use abi::signal::Signal;
use abi::sys::dirent::Dirent;
use abi::sys::mount::{MS_RDONLY, MS_REMOUNT};
use abi::sys::resource::Rlimit;
use abi::sys::stat::Stat;
use abi::sys::time::{SelectArguments, Timeval};
use abi::sys::times::Tms;
use abi::sys::types::{Device, Time, UserAddress, Ustat};
use abi::sys::utsname::Utsname;
use abi::sys::wait::WaitStatus;
use abi::termios::{
    TCGETS, TCSETSW, TIOCGPGRP, TIOCGWINSZ, TIOCSPGRP, TIOCVHANGUP, Termios, Winsize,
};
use abi::utime::Utimbuf;
use alloc::vec::Vec;
use core::ffi::{CStr, c_char};
use core::fmt;
use core::ptr;
use core::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// A file descriptor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Fd(pub u32);

impl Fd {
    /// Standard input.
    pub const STDIN: Fd = Fd(abi::unistd::STDIN_FILENO);
    /// Standard output.
    pub const STDOUT: Fd = Fd(abi::unistd::STDOUT_FILENO);
    /// Standard error.
    pub const STDERR: Fd = Fd(abi::unistd::STDERR_FILENO);
}

/// A process id.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Pid(pub u32);

impl fmt::Display for Fd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Pid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A semaphore that is open: a number of permits that processes share by name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Semaphore(pub u32);

/// An open file that is closed when dropped.
#[derive(Debug)]
pub struct File(Fd);

impl File {
    /// Opens for reading.
    pub fn open(path: &CStr) -> Result<File> {
        open(path, abi::fcntl::O_RDONLY, 0).map(File)
    }

    /// Opens a file for writing; an old file loses its contents.
    pub fn create(path: &CStr) -> Result<File> {
        open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o666).map(File)
    }

    /// Opens as `open` does, with flags and the mode for a new file.
    pub fn open_with(path: &CStr, flags: u32, mode: u16) -> Result<File> {
        open(path, flags, mode).map(File)
    }

    /// The descriptor, which stays the file's.
    pub fn fd(&self) -> Fd {
        self.0
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // Nothing can be done about an error here; the descriptor is gone.
        let _ = close(self.0);
    }
}

fn address<T: ?Sized>(pointer: *const T) -> u32 {
    pointer.cast::<u8>() as u32
}

/// Wraps calls whose arguments are all numbers or paths.
///
/// Such calls write no memory of ours and read only the paths, which are
/// borrowed over the call, so they are safe.
macro_rules! safe_calls {
    ($($(#[$meta:meta])+ $name:ident($($argument:ident: $type:ty => $word:expr),*) -> $result:ty = $convert:expr;)*) => {
        $(
            $(#[$meta])+
            pub fn $name($($argument: $type),*) -> Result<$result> {
                // SAFETY: the kernel only reads, and only the borrowed paths.
                unsafe { syscall::$name($($word),*) }.map($convert)
            }
        )*
    };
}

safe_calls! {
    /// Opens a file; `mode` is for a new one.
    open(path: &CStr => address(path), flags: u32 => flags, mode: u16 => mode.into()) -> Fd = Fd;
    /// Closes a descriptor.
    close(fd: Fd => fd.0) -> () = drop;
    /// Another descriptor of the same open file.
    dup(fd: Fd => fd.0) -> Fd = Fd;
    /// Makes `new` a descriptor of the open file `old`, closing what it was.
    dup2(old: Fd => old.0, new: Fd => new.0) -> Fd = Fd;
    /// Moves the position of the file, and returns it.
    lseek(fd: Fd => fd.0, offset: i32 => offset as u32, origin: u32 => origin) -> u32 = |place| place;
    /// `fcntl` with a number as argument.
    fcntl(fd: Fd => fd.0, command: u32 => command, argument: u32 => argument) -> u32 = |value| value;
    /// Gives a file another name.
    link(old: &CStr => address(old), new: &CStr => address(new)) -> () = drop;
    /// Removes a name of a file.
    unlink(path: &CStr => address(path)) -> () = drop;
    /// Moves a name.
    rename(old: &CStr => address(old), new: &CStr => address(new)) -> () = drop;
    /// Makes a symbolic link.
    symlink(target: &CStr => address(target), path: &CStr => address(path)) -> () = drop;
    /// Makes a directory.
    mkdir(path: &CStr => address(path), mode: u16 => mode.into()) -> () = drop;
    /// Removes an empty directory.
    rmdir(path: &CStr => address(path)) -> () = drop;
    /// Makes a device node, named pipe or file.
    mknod(path: &CStr => address(path), mode: u16 => mode.into(), device: Device => device.0.into())
        -> () = drop;
    /// Changes the permissions.
    chmod(path: &CStr => address(path), mode: u16 => mode.into()) -> () = drop;
    /// Changes owner and group.
    chown(path: &CStr => address(path), uid: u16 => uid.into(), gid: u8 => gid.into()) -> () = drop;
    /// Tells whether the real user may do what `mode` names.
    access(path: &CStr => address(path), mode: u32 => mode) -> () = drop;
    /// Changes the working directory.
    chdir(path: &CStr => address(path)) -> () = drop;
    /// Changes the root directory.
    chroot(path: &CStr => address(path)) -> () = drop;
    /// Mounts the file system on `device` upon `directory`.
    mount(device: &CStr => address(device), directory: &CStr => address(directory),
        read_only: bool => read_only.into()) -> () = drop;
    /// Unmounts the file system on the device that `path` names, or the one
    /// mounted on the directory that it names.
    umount(path: &CStr => address(path)) -> () = drop;
    /// Sends a signal. `pid`: above 0 that process, 0 the own group, -1 all,
    /// below -1 the group `-pid`. `signal` 0 only tests.
    kill(pid: i32 => pid as u32, signal: u32 => signal) -> () = drop;
    /// Puts a process into a process group.
    setpgid(pid: Pid => pid.0, pgid: Pid => pgid.0) -> () = drop;
    /// Begins a session.
    setsid() -> Pid = Pid;
    /// Changes the user id.
    setuid(uid: u16 => uid.into()) -> () = drop;
    /// Changes the group id.
    setgid(gid: u8 => gid.into()) -> () = drop;
    /// Changes the real and the effective user id; 65535 leaves one as it is.
    setreuid(real: u16 => real.into(), effective: u16 => effective.into()) -> () = drop;
    /// Changes the real and the effective group id; 65535 leaves one as it is.
    setregid(real: u16 => real.into(), effective: u16 => effective.into()) -> () = drop;
    /// Opens the semaphore with a name, or makes one with so many permits.
    sem_open(name: &CStr => address(name), permits: u32 => permits) -> Semaphore = Semaphore;
    /// Takes a permit; waits until there is one. `EINTR` when a signal was handled.
    sem_wait(semaphore: Semaphore => semaphore.0) -> () = drop;
    /// Gives a permit.
    sem_post(semaphore: Semaphore => semaphore.0) -> () = drop;
    /// Closes a semaphore.
    sem_close(semaphore: Semaphore => semaphore.0) -> () = drop;
    /// Takes the name from a semaphore.
    sem_unlink(name: &CStr => address(name)) -> () = drop;
    /// Lowers the priority by `increment`.
    nice(increment: i32 => increment as u32) -> () = drop;
}

/// Wraps calls that cannot fail.
macro_rules! infallible_calls {
    ($($(#[$meta:meta])+ $name:ident($($argument:ident: $type:ty),*) -> $result:ty = $convert:expr;)*) => {
        $(
            $(#[$meta])+
            pub fn $name($($argument: $type),*) -> $result {
                let convert: fn(u32) -> $result = $convert;
                // SAFETY: no argument is an address.
                let value = unsafe { syscall::$name($($argument.into()),*) };
                convert(value.unwrap_or(0))
            }
        )*
    };
}

infallible_calls! {
    /// The id of this process.
    getpid() -> Pid = Pid;
    /// The id of the parent.
    getppid() -> Pid = Pid;
    /// The process group.
    getpgrp() -> Pid = Pid;
    /// The real user id.
    getuid() -> u16 = |id| id as u16;
    /// The effective user id.
    geteuid() -> u16 = |id| id as u16;
    /// The real group id.
    getgid() -> u8 = |id| id as u8;
    /// The effective group id.
    getegid() -> u8 = |id| id as u8;
    /// Sets the mode bits that new files don't get; tells the old ones.
    umask(mask: u16) -> u16 = |mask| mask as u16;
    /// Blocks exactly these signals, a bit each; tells what was blocked.
    ssetmask(mask: u32) -> u32 = |mask| mask;
    /// Sends SIGALRM after some seconds (0: never); tells what was left.
    alarm(seconds: u32) -> u32 = |left| left;
    /// Waits for a signal.
    pause() -> () = drop;
    /// Writes all that is buffered to the disks.
    sync() -> () = drop;
}

/// Ends the process without flushing standard output (0.11: `lib/_exit.c`); see
/// [`crt0::exit`](crate::crt0::exit).
pub fn _exit(status: i32) -> ! {
    // SAFETY: nothing of this process is used again.
    let _ = unsafe { syscall::exit(status as u32) };
    // The kernel does not come back from that call.
    loop {
        pause();
    }
}

/// Reads at most `buffer.len()` bytes; 0 at the end of the file.
pub fn read(fd: Fd, buffer: &mut [u8]) -> Result<usize> {
    // SAFETY: the kernel writes at most the length given to the buffer.
    unsafe { syscall::read(fd.0, address(buffer.as_ptr()), buffer.len() as u32) }
        .map(|count| count as usize)
}

/// Mounts again, for reading only or for writing, what is mounted on `directory`.
pub fn remount(directory: &CStr, read_only: bool) -> Result<()> {
    let flags = MS_REMOUNT | if read_only { MS_RDONLY } else { 0 };
    // SAFETY: the kernel only reads, and only the borrowed path.
    unsafe { syscall::mount(address(directory), address(directory), flags) }.map(drop)
}

/// As [`read`], but goes on after a signal: a program that was stopped and
/// continued while it waited for input waits again.
pub fn read_on(fd: Fd, buffer: &mut [u8]) -> Result<usize> {
    loop {
        match read(fd, buffer) {
            Err(Errno::EINTR) => {}
            result => return result,
        }
    }
}

/// Writes; fewer bytes than given may be taken.
pub fn write(fd: Fd, bytes: &[u8]) -> Result<usize> {
    // SAFETY: the kernel only reads the borrowed bytes.
    unsafe { syscall::write(fd.0, address(bytes.as_ptr()), bytes.len() as u32) }
        .map(|count| count as usize)
}

/// Writes all bytes, going on after a signal.
pub fn write_all(fd: Fd, mut bytes: &[u8]) -> Result<()> {
    while !bytes.is_empty() {
        match write(fd, bytes) {
            Ok(0) => return Err(Errno::EIO),
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// Makes a pipe: what is written to the second descriptor is read from the first.
pub fn pipe() -> Result<(Fd, Fd)> {
    let mut fds = [0u32; 2];
    // SAFETY: the kernel writes two words.
    unsafe { syscall::pipe(address(fds.as_mut_ptr())) }?;
    Ok((Fd(fds[0]), Fd(fds[1])))
}

/// Makes a copy of this process: `Some` with its id in the parent, `None` in
/// the child. Flush standard output first, or both will write it.
pub fn fork() -> Result<Option<Pid>> {
    // SAFETY: the child has its own copy of all memory.
    let pid = unsafe { syscall::fork() }?;
    Ok((pid != 0).then_some(Pid(pid)))
}

/// Runs another program in this process. It returns only with an error.
pub fn execve(path: &CStr, arguments: &[&CStr], environment: &[&CStr]) -> Errno {
    fn vector(strings: &[&CStr]) -> Vec<*const c_char> {
        let mut vector: Vec<_> = strings.iter().map(|string| string.as_ptr()).collect();
        vector.push(ptr::null());
        vector
    }
    let (argv, envp) = (vector(arguments), vector(environment));
    // SAFETY: both vectors end with a null pointer and point to C strings that
    // are borrowed; on success nothing of them is used again.
    let result = unsafe {
        syscall::execve(
            address(path),
            address(argv.as_ptr()),
            address(envp.as_ptr()),
        )
    };
    result.err().unwrap_or(Errno::EIO)
}

/// Waits for a child. `pid`: above 0 that child, -1 any, 0 one of the own
/// process group, below -1 one of the group `-pid`. `None` if there is nothing
/// to tell and `options` has WNOHANG.
pub fn waitpid(pid: i32, options: u32) -> Result<Option<(Pid, WaitStatus)>> {
    let mut status = 0u32;
    // SAFETY: the kernel writes one word.
    let pid = unsafe { syscall::waitpid(pid as u32, address(&raw mut status), options) }?;
    Ok((pid != 0).then_some((Pid(pid), WaitStatus(status))))
}

/// The inode's fields of the file that a path names.
pub fn stat(path: &CStr) -> Result<Stat> {
    let mut stat = Stat::zeroed();
    // SAFETY: the kernel writes one `Stat`.
    unsafe { syscall::stat(address(path), address(&raw mut stat)) }.map(|_| stat)
}

/// As [`stat`], but for a symbolic link itself. A kernel without this call has no
/// symbolic links, so `stat` does the same.
pub fn lstat(path: &CStr) -> Result<Stat> {
    let mut buffer = Stat::zeroed();
    // SAFETY: the kernel writes one `Stat`.
    match unsafe { syscall::lstat(address(path), address(&raw mut buffer)) } {
        Ok(_) => Ok(buffer),
        Err(Errno::ENOSYS) => stat(path),
        Err(errno) => Err(errno),
    }
}

/// The inode's fields of an open file.
pub fn fstat(fd: Fd) -> Result<Stat> {
    let mut stat = Stat::zeroed();
    // SAFETY: the kernel writes one `Stat`.
    unsafe { syscall::fstat(fd.0, address(&raw mut stat)) }.map(|_| stat)
}

/// The next entry of an open directory; `None` at its end.
pub fn readdir(fd: Fd) -> Result<Option<Dirent>> {
    let mut entry = Dirent::zeroed();
    // SAFETY: the kernel writes at most one `Dirent`.
    let length = unsafe { syscall::readdir(fd.0, address(&raw mut entry), 1) }?;
    Ok((length != 0).then_some(entry))
}

/// The target of a symbolic link, as far as the buffer holds it.
pub fn readlink<'a>(path: &CStr, buffer: &'a mut [u8]) -> Result<&'a [u8]> {
    let size = buffer.len() as u32;
    // SAFETY: the kernel writes at most `size` bytes to the buffer.
    let length = unsafe { syscall::readlink(address(path), address(buffer.as_ptr()), size) }?;
    Ok(buffer.get(..length as usize).unwrap_or_default())
}

/// Sets the times of a file; `None`: to now.
pub fn utime(path: &CStr, times: Option<&Utimbuf>) -> Result<()> {
    let times = times.map_or(0, |times| address(times));
    // SAFETY: the kernel only reads the path and the times.
    unsafe { syscall::utime(address(path), times) }.map(drop)
}

/// Watches another process: one of the requests of [`abi::ptrace`]. What a
/// peek request reads is its result, whatever `data` is.
pub fn ptrace(request: u32, pid: Pid, address: u32, data: u32) -> Result<u32> {
    let mut word = 0u32;
    let is_peek = matches!(request, PTRACE_PEEKTEXT | PTRACE_PEEKDATA | PTRACE_PEEKUSER);
    let data = if is_peek {
        (&raw mut word) as u32
    } else {
        data
    };
    // SAFETY: of this process the kernel writes at most the word.
    let result = unsafe { syscall::ptrace(request, pid.0, address, data) }?;
    Ok(if is_peek { word } else { result })
}

/// The time of day.
pub fn time() -> Time {
    // SAFETY: with a null pointer the kernel writes nothing.
    unsafe { syscall::time(0) }.unwrap_or(0)
}

/// The time of day, in microseconds.
pub fn gettimeofday() -> Result<Timeval> {
    let mut time = Timeval::zeroed();
    // SAFETY: the kernel writes one `Timeval`, and nothing at the null pointer.
    unsafe { syscall::gettimeofday(address(&raw mut time), 0) }.map(|_| time)
}

/// Sets the time of day.
pub fn stime(time: Time) -> Result<()> {
    // SAFETY: the kernel reads one word.
    unsafe { syscall::stime(address(&raw const time)) }.map(drop)
}

/// The processor times that were used, and the time since the system started, all
/// in ticks.
pub fn times() -> Result<(Tms, u32)> {
    let mut tms = Tms::zeroed();
    // SAFETY: the kernel writes one `Tms`.
    unsafe { syscall::times(address(&raw mut tms)) }.map(|ticks| (tms, ticks))
}

/// A limit of this process: one of [`abi::sys::resource`].
pub fn getrlimit(resource: u32) -> Result<Rlimit> {
    let mut limit = Rlimit::zeroed();
    // SAFETY: the kernel writes one `Rlimit`.
    unsafe { syscall::getrlimit(resource, address(&raw mut limit)) }.map(|_| limit)
}

/// Sets a limit of this process.
pub fn setrlimit(resource: u32, limit: &Rlimit) -> Result<()> {
    // SAFETY: the kernel reads one `Rlimit`.
    unsafe { syscall::setrlimit(resource, address(limit)) }.map(drop)
}

/// The name of the system.
pub fn uname() -> Result<Utsname> {
    let mut utsname = Utsname::zeroed();
    // SAFETY: the kernel writes one `Utsname`.
    unsafe { syscall::uname(address(&raw mut utsname)) }.map(|_| utsname)
}

/// What is free on a mounted device.
pub fn ustat(device: Device) -> Result<Ustat> {
    let mut ustat = Ustat::zeroed();
    // SAFETY: the kernel writes one `Ustat`.
    unsafe { syscall::ustat(device.0.into(), address(&raw mut ustat)) }.map(|_| ustat)
}

/// Sets of descriptors for [`select`], bit `n` for descriptor `n`: to be read,
/// to be written, with something exceptional.
pub type Sets = [u32; 3];

/// Waits until one of the descriptors below `count` is ready, or for the time
/// given; leaves the ready ones in the sets, and in `timeout` what is left of
/// it. Tells how many there are.
pub fn select(count: u32, sets: &mut Sets, timeout: Option<&mut Timeval>) -> Result<u32> {
    let [read, write, except] = sets.each_mut().map(|set| UserAddress(address(set)));
    let arguments = SelectArguments {
        nfds: count,
        readfds: read,
        writefds: write,
        exceptfds: except,
        timeout: UserAddress(timeout.map_or(0, |timeout| address(timeout))),
    };
    // SAFETY: the kernel reads the arguments and writes what they point to,
    // all of which is borrowed.
    unsafe { syscall::select(address(&raw const arguments)) }
}

/// The supplementary groups of this process.
pub fn getgroups() -> Result<Vec<u16>> {
    let mut groups = [0u16; NGROUPS_MAX];
    // SAFETY: the kernel writes at most so many groups.
    let count = unsafe { syscall::getgroups(NGROUPS_MAX as u32, address(groups.as_mut_ptr())) }?;
    Ok(groups.iter().copied().take(count as usize).collect())
}

/// Sets the supplementary groups of this process.
pub fn setgroups(groups: &[u16]) -> Result<()> {
    // SAFETY: the kernel reads so many groups.
    unsafe { syscall::setgroups(groups.len() as u32, address(groups.as_ptr())) }.map(drop)
}

/// Takes a terminal away from all processes that have it open, this one too.
pub fn hang_up(fd: Fd) -> Result<()> {
    // SAFETY: the argument is a number.
    unsafe { syscall::ioctl(fd.0, TIOCVHANGUP, 0) }.map(drop)
}

/// The settings of a terminal; ENOTTY if it is none.
pub fn tcgetattr(fd: Fd) -> Result<Termios> {
    let mut termios = Termios::zeroed();
    // SAFETY: TCGETS writes one `Termios`.
    unsafe { syscall::ioctl(fd.0, TCGETS, address(&raw mut termios)) }.map(|_| termios)
}

/// Sets the settings of a terminal, when all output is out.
pub fn tcsetattr(fd: Fd, termios: &Termios) -> Result<()> {
    // SAFETY: TCSETSW reads one `Termios`.
    unsafe { syscall::ioctl(fd.0, TCSETSW, address(termios)) }.map(drop)
}

/// The settings of a terminal as Version 7 has them; ENOTTY if it is none.
pub fn gtty(fd: Fd) -> Result<Sgttyb> {
    let mut sgttyb = Sgttyb::zeroed();
    // SAFETY: the kernel writes one `Sgttyb`.
    unsafe { syscall::gtty(fd.0, address(&raw mut sgttyb)) }.map(|_| sgttyb)
}

/// Sets them, when all output is out, and throws input away.
pub fn stty(fd: Fd, sgttyb: &Sgttyb) -> Result<()> {
    // SAFETY: the kernel reads one `Sgttyb`.
    unsafe { syscall::stty(fd.0, address(sgttyb)) }.map(drop)
}

/// Whether the descriptor is a terminal.
pub fn isatty(fd: Fd) -> bool {
    tcgetattr(fd).is_ok()
}

/// The size of a terminal.
pub fn window_size(fd: Fd) -> Result<Winsize> {
    let mut winsize = Winsize::zeroed();
    // SAFETY: TIOCGWINSZ writes one `Winsize`.
    unsafe { syscall::ioctl(fd.0, TIOCGWINSZ, address(&raw mut winsize)) }.map(|_| winsize)
}

/// The foreground process group of a terminal; ENOTTY if it is not the controlling
/// terminal of this process.
pub fn tcgetpgrp(fd: Fd) -> Result<Pid> {
    let mut group = 0u32;
    // SAFETY: TIOCGPGRP writes one word.
    unsafe { syscall::ioctl(fd.0, TIOCGPGRP, address(&raw mut group)) }.map(|_| Pid(group))
}

/// Makes a process group of the session the foreground one.
pub fn tcsetpgrp(fd: Fd, group: Pid) -> Result<()> {
    // SAFETY: TIOCSPGRP reads one word.
    unsafe { syscall::ioctl(fd.0, TIOCSPGRP, address(&raw const group.0)) }.map(drop)
}

/// Which consoles there are and which is in front; `fd` is any console.
pub fn console_state(fd: Fd) -> Result<VtStat> {
    let mut state = VtStat::zeroed();
    // SAFETY: VT_GETSTATE writes one `VtStat`.
    unsafe { syscall::ioctl(fd.0, VT_GETSTATE, address(&raw mut state)) }.map(|_| state)
}

/// Brings a console, counted from 1, to the front; `fd` is any console.
pub fn activate_console(fd: Fd, number: u32) -> Result<()> {
    // SAFETY: the argument is a number.
    unsafe { syscall::ioctl(fd.0, VT_ACTIVATE, number) }.map(drop)
}

/// The keyboard's layout, an index of [`abi::kd::LAYOUTS`]; `fd` is any console.
pub fn keyboard_layout(fd: Fd) -> Result<u32> {
    let mut layout = 0u32;
    // SAFETY: KDGKBLAYOUT writes one word.
    unsafe { syscall::ioctl(fd.0, KDGKBLAYOUT, address(&raw mut layout)) }.map(|_| layout)
}

/// Sets the keyboard's layout.
pub fn set_keyboard_layout(fd: Fd, layout: u32) -> Result<()> {
    // SAFETY: the argument is a number.
    unsafe { syscall::ioctl(fd.0, KDSKBLAYOUT, layout) }.map(drop)
}

/// Halts or restarts the machine; `flag` is one of [`abi::reboot`]'s.
pub fn reboot(flag: u32) -> Result<()> {
    // SAFETY: no argument is an address.
    unsafe { syscall::reboot(REBOOT_MAGIC1, REBOOT_MAGIC2, flag) }.map(drop)
}

/// Sends a signal to this process.
pub fn raise(signal: Signal) -> Result<()> {
    kill(getpid().0 as i32, signal.number())
}

/// Waits some seconds.
pub fn sleep(seconds: u32) -> Result<()> {
    static WOKEN: AtomicBool = AtomicBool::new(false);
    // The alarm may come before `pause`, so it is set again until seen.
    extern "C" fn wake(_signal: u32) {
        WOKEN.store(true, Relaxed);
        alarm(1);
    }
    let old = sigaction(Signal::SIGALRM, Handler::Catch(wake))?;
    WOKEN.store(seconds == 0, Relaxed);
    alarm(seconds);
    while !WOKEN.load(Relaxed) {
        pause();
    }
    alarm(0);
    sigaction(Signal::SIGALRM, old).map(drop)
}
