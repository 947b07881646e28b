// SPDX-License-Identifier: GPL-2.0-or-later
//! Passes addresses that are not the program's to every call that takes one:
//! each must answer EFAULT and leave the system as it is. Prints `ok`.
#![no_std]
#![no_main]

use abi::Errno;
use abi::fcntl::{O_CREAT, O_RDWR};
use abi::termios::TCGETS;
use core::ffi::CStr;
use user::calls::{self, Fd};
use user::env::task_size;
use user::println;
use user::syscall;

user::program!(main);

/// The unmapped first page, across the end of the segment, behind it, a place where
/// there is nothing in any edition, and where a sum with a length wraps around.
fn bad_addresses() -> [u32; 6] {
    let end = task_size();
    [0, 0x10, end - 1, end, 0xc000_0000, u32::MAX]
}
const FILE: &CStr = c"/tmp/t_badptr";

type Call = unsafe fn(bad: u32, good: u32, fd: u32) -> abi::Result<u32>;

/// Makes a table of rows `"name" call(arguments);`.
macro_rules! calls {
    (|$bad:ident, $good:ident, $fd:ident| $($name:literal $call:ident($($argument:expr),*);)*) => {
        &[$(($name, {
            #[allow(unused_variables)]
            unsafe fn call($bad: u32, $good: u32, $fd: u32) -> abi::Result<u32> {
                // SAFETY: passed on to the caller.
                unsafe { syscall::$call($($argument),*) }
            }
            call
        })),*]
    };
}

const CALLS: &[(&str, Call)] = calls! { |bad, good, fd|
    "read" read(fd, bad, 16);
    "read much" read(fd, bad, 0x7fff_ffff);
    "write" write(fd, bad, 16);
    "write much" write(fd, bad, 0x7fff_ffff);
    "open" open(bad, 0, 0);
    "creat" creat(bad, 0o644);
    "link old" link(bad, good);
    "unlink" unlink(bad);
    "execve path" execve(bad, 0, 0);
    "chdir" chdir(bad);
    "mknod" mknod(bad, 0o644, 0);
    "chmod" chmod(bad, 0o644);
    "chown" chown(bad, 0, 0);
    "stat path" stat(bad, good);
    "stat buffer" stat(FILE.as_ptr() as u32, bad);
    "mount" mount(bad, good, 0);
    "umount" umount(bad);
    "fstat" fstat(fd, bad);
    "utime" utime(bad, 0);
    "access" access(bad, 0);
    "rename" rename(bad, good);
    "mkdir" mkdir(bad, 0o755);
    "rmdir" rmdir(bad);
    "pipe" pipe(bad);
    "times" times(bad);
    "sigaction" sigaction(1, bad, 0);
    "uname" uname(bad);
    "chroot" chroot(bad);
    "time" time(bad);
    "stime" stime(bad);
    "ioctl" ioctl(0, TCGETS, bad);
};

/// Calls for which a null pointer has a meaning.
const NULL_ALLOWED: [&str; 3] = ["times", "sigaction", "time"];

fn main() -> i32 {
    let file = match calls::open(FILE, O_RDWR | O_CREAT, 0o644) {
        Ok(file) => file,
        Err(errno) => {
            println!("t_badptr: {FILE:?}: {errno}");
            return 1;
        }
    };
    // A path that begins on the last byte must not end there.
    // SAFETY: the kernel leaves the topmost word of the stack unused.
    unsafe { ((task_size() - 1) as *mut u8).write_volatile(b'x') };
    let mut wrong = bad_status();
    for bad in bad_addresses() {
        wrong += try_all(bad, file);
    }
    let _ = calls::unlink(FILE);
    if wrong == 0 {
        println!("ok");
    }
    (wrong != 0).into()
}

/// How many calls did not refuse the address.
fn try_all(bad: u32, file: Fd) -> u32 {
    let good = [0u8; 64];
    let mut wrong = 0;
    for &(name, call) in CALLS {
        if bad == 0 && NULL_ALLOWED.contains(&name) || name == "ioctl" && !calls::isatty(Fd::STDIN)
        {
            continue;
        }
        // The file has something to read.
        let _ = calls::write(file, b"sixteen bytes ok");
        let _ = calls::lseek(file, 0, abi::unistd::SEEK_SET);
        // SAFETY: the good address is that of enough bytes, and the kernel
        // must refuse the bad one.
        let result = unsafe { call(bad, good.as_ptr() as u32, file.0) };
        if !matches!(result, Err(Errno::EFAULT | Errno::ENOSYS)) {
            println!("t_badptr: {name} at {bad:#x}: {result:?}");
            wrong += 1;
        }
    }
    wrong
}

/// `waitpid` must not lose the child when it cannot store its status.
fn bad_status() -> u32 {
    let Ok(Some(child)) = calls::fork().map(|pid| pid.or_else(|| calls::_exit(7))) else {
        println!("t_badptr: no fork");
        return 1;
    };
    // SAFETY: the kernel must refuse the address.
    let result = unsafe { syscall::waitpid(child.0, task_size(), 0) };
    let after = calls::waitpid(child.0 as i32, 0);
    if result == Err(Errno::EFAULT) && matches!(after, Ok(Some((pid, _))) if pid == child) {
        return 0;
    }
    println!("t_badptr: waitpid: {result:?}, then {after:?}");
    1
}
