// SPDX-License-Identifier: GPL-2.0-or-later
//! What tests are written with.
//!
//! A test is a function that answers `Ok(())` or says what is wrong. It uses
//! [`check!`], [`check_eq!`] and [`must!`], which name the line, and makes
//! children by [`child`], [`in_child`] and [`killed_by`].

use abi::fcntl::{O_CREAT, O_NOCTTY, O_RDWR, O_TRUNC};
use abi::signal::Signal;
use abi::sys::wait::WaitStatus;
use abi::termios::TIOCSTI;
use abi::{Errno, Result};
use alloc::ffi::CString;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::ffi::CStr;
use core::panic::Location;
use user::calls::{self, Fd, File, Pid};
use user::print;
use user::stdio;

/// A test.
pub struct Test {
    /// What it is called by.
    pub name: &'static str,
    /// What must be true.
    pub about: &'static str,
    /// The test itself.
    pub run: fn() -> Outcome,
}

impl Test {
    /// Whether `pattern` is its name, or the start of it and then a `*`.
    pub fn is_named(&self, pattern: &[u8]) -> bool {
        match pattern.strip_suffix(b"*") {
            Some(start) => self.name.as_bytes().starts_with(start),
            None => self.name.as_bytes() == pattern,
        }
    }
}

/// An address between heap and stack, far from both: nothing of a test's lies there.
pub const HOLE: u32 = 0x0200_0000;

/// What is wrong.
pub struct Failure(pub String);

/// What a test answers.
pub type Outcome = core::result::Result<(), Failure>;

/// Makes the table of a module's tests: rows `function "what must be true";`.
/// The name of a test is that of its function.
macro_rules! tests {
    ($($function:ident $about:literal;)*) => {
        /// The tests of this module.
        pub const TESTS: &[$crate::support::Test] = &[
            $($crate::support::Test {
                name: stringify!($function),
                about: $about,
                run: $function,
            }),*
        ];
    };
}

/// Says what is wrong and where.
macro_rules! failure {
    ($($text:tt)*) => {
        $crate::support::Failure(alloc::format!("{}:{}: {}", file_name!(), line!(), format_args!($($text)*)))
    };
}

/// The file of the test, without folders.
macro_rules! file_name {
    () => {
        file!().rsplit('/').next().unwrap_or_default()
    };
}

/// Ends the test unless something is true.
macro_rules! check {
    ($condition:expr) => {
        if !$condition {
            return Err(failure!("not true: {}", stringify!($condition)));
        }
    };
}

/// Ends the test unless two values are equal.
macro_rules! check_eq {
    ($value:expr, $expected:expr) => {
        match (&$value, &$expected) {
            (value, expected) => {
                if *value != *expected {
                    return Err(failure!(
                        "{} is {:?}, not {:?}",
                        stringify!($value),
                        value,
                        expected
                    ));
                }
            }
        }
    };
}

/// The value of a `Result` that must be good.
macro_rules! must {
    ($call:expr) => {
        match $call {
            Ok(value) => value,
            Err(error) => return Err(failure!("{}: {:?}", stringify!($call), error)),
        }
    };
}

/// A system call with bare words as arguments, for what the typed calls do not
/// let through.
macro_rules! system_call {
    ($name:ident($($argument:expr),*)) => {
        // SAFETY: good addresses are those of live buffers of the size that
        // the call writes; bad ones the kernel must refuse.
        unsafe { user::syscall::$name($($argument),*) }
    };
}

/// The address of something, as a system call takes it.
pub fn address<T: ?Sized>(of: *const T) -> u32 {
    of.cast::<u8>() as u32
}

/// The process id as calls take it that allow negative ones.
pub fn number(pid: Pid) -> i32 {
    pid.0 as i32
}

/// Makes a child that runs a part of the test: exit status 0 if all is well.
pub fn child(run: impl FnOnce() -> Outcome) -> Result<Pid> {
    stdio::flush();
    if let Some(pid) = calls::fork()? {
        return Ok(pid);
    }
    if let Err(Failure(text)) = run() {
        print!("[in a child: {text}] ");
        stdio::flush();
        calls::_exit(99);
    }
    calls::_exit(0)
}

/// Makes a child that waits for signals until it is killed.
pub fn sleeper() -> Result<Pid> {
    let pid = child(|| {
        loop {
            calls::pause();
        }
    })?;
    wait_until_asleep(pid)?;
    Ok(pid)
}

/// Waits for the end of a child, whatever signals come.
pub fn wait_for(pid: Pid) -> Result<WaitStatus> {
    loop {
        match calls::waitpid(number(pid), 0) {
            Ok(Some((_, status))) => return Ok(status),
            Ok(None) | Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
}

/// Kills a child and buries it.
pub fn kill_and_wait(pid: Pid) -> Result<WaitStatus> {
    calls::kill(number(pid), Signal::SIGKILL.number())?;
    wait_for(pid)
}

/// What is wrong with what a child came to, and which line says so.
#[track_caller]
fn wrong_end(text: &str, status: WaitStatus) -> Failure {
    let place = Location::caller();
    let file = place.file().rsplit('/').next().unwrap_or_default();
    Failure(format!("{file}:{}: {text}: {status:?}", place.line()))
}

/// Waits for children that all must have exit status 0.
#[track_caller]
pub fn all_well(children: &[Pid]) -> Outcome {
    for &pid in children {
        let status = must!(wait_for(pid));
        if status != WaitStatus(0) {
            return Err(wrong_end("a child fails", status));
        }
    }
    Ok(())
}

/// Runs a part of the test in a child and waits for it.
#[track_caller]
pub fn in_child(run: impl FnOnce() -> Outcome) -> Outcome {
    all_well(&[must!(child(run))])
}

/// Runs a part of the test as some ordinary user.
#[track_caller]
pub fn as_user(uid: u16, gid: u8, run: impl FnOnce() -> Outcome) -> Outcome {
    in_child(|| {
        must!(calls::setgid(gid));
        must!(calls::setuid(uid));
        run()
    })
}

/// What becomes of a child that does something.
pub fn fate(run: impl FnOnce() -> i32) -> Result<WaitStatus> {
    stdio::flush();
    match calls::fork()? {
        Some(pid) => wait_for(pid),
        None => calls::_exit(run()),
    }
}

/// Checks that something ends the process that does it by a signal.
#[track_caller]
pub fn killed_by(signal: Signal, run: impl FnOnce()) -> Outcome {
    let status = must!(fate(|| {
        run();
        0
    }));
    match status.term_signal() {
        Some(killer) if killer == signal => Ok(()),
        _ => Err(wrong_end("not killed by the signal", status)),
    }
}

/// The letter in `/dev/ps` for what a process is doing; `None` if there is no
/// such process.
pub fn state_of(pid: Pid) -> Result<Option<u8>> {
    let text = read_file(c"/dev/ps")?;
    let prefix = format!("{} ", pid.0);
    let line = text
        .split(|&byte| byte == b'\n')
        .find(|line| line.starts_with(prefix.as_bytes()));
    Ok(line
        .and_then(|line| line.split(|&byte| byte == b' ').nth(4))
        .and_then(|state| state.first().copied()))
}

/// Waits until a process sleeps.
pub fn wait_until_asleep(pid: Pid) -> Result<()> {
    wait_for_state(pid, b'S')
}

/// Waits until a process does what a letter of `/dev/ps` says.
pub fn wait_for_state(pid: Pid, state: u8) -> Result<()> {
    while state_of(pid)?.ok_or(Errno::ESRCH)? != state {}
    Ok(())
}

/// The contents of a file.
pub fn read_file(path: &CStr) -> Result<Vec<u8>> {
    read_all(File::open(path)?.fd())
}

/// All that can still be read.
pub fn read_all(fd: Fd) -> Result<Vec<u8>> {
    let mut contents = Vec::new();
    let mut buffer = vec![0; 1024];
    loop {
        match calls::read(fd, &mut buffer)? {
            0 => return Ok(contents),
            count => contents.extend_from_slice(&buffer[..count]),
        }
    }
}

/// Makes a file with some contents.
pub fn write_file(path: &CStr, contents: &[u8]) -> Result<()> {
    let file = File::open_with(path, O_RDWR | O_CREAT | O_TRUNC, 0o644)?;
    calls::write_all(file.fd(), contents)
}

/// Copies a file, piece by piece: it may be larger than there is memory.
pub fn copy_file(from: &CStr, to: &CStr) -> Result<()> {
    let (from, to) = (File::open(from)?, create(to)?);
    let mut buffer = [0; 4096];
    loop {
        match calls::read(from.fd(), &mut buffer)? {
            0 => return Ok(()),
            count => calls::write_all(to.fd(), &buffer[..count])?,
        }
    }
}

/// Makes and opens a file.
pub fn create(path: &CStr) -> Result<File> {
    File::open_with(path, O_RDWR | O_CREAT | O_TRUNC, 0o644)
}

/// A path made of a stem and a number.
pub fn numbered(stem: &str, number: usize) -> CString {
    CString::new(format!("{stem}{number}")).unwrap_or_default()
}

/// Bytes that differ from block to block.
pub fn pattern(length: usize, seed: usize) -> Vec<u8> {
    (0..length)
        .map(|index| (index / 7 + index * 31 + seed * 17) as u8)
        .collect()
}

/// The second serial line, if the machine has one, else the console; not as
/// controlling terminal.
pub fn must_open_terminal() -> core::result::Result<File, Failure> {
    let open = |path| File::open_with(path, O_RDWR | O_NOCTTY, 0);
    Ok(must!(open(c"/dev/ttyS1").or_else(|_| open(c"/dev/tty1"))))
}

/// Types bytes on a terminal.
pub fn type_bytes(tty: &File, bytes: &[u8]) -> Result<()> {
    for byte in bytes {
        system_call!(ioctl(tty.fd().0, TIOCSTI, address(byte)))?;
    }
    Ok(())
}

/// Reads so much that no buffer keeps what it had.
pub fn forget_buffers() -> Outcome {
    let disk = must!(File::open(c"/dev/hd0"));
    let mut buffer = vec![0; 65536];
    for _ in 0..128 {
        must!(calls::read(disk.fd(), &mut buffer));
    }
    Ok(())
}

/// Both ends of a pipe, the reading one first; closed when dropped.
pub struct Pipe(pub Fd, pub Fd);

impl Pipe {
    /// A new pipe.
    pub fn new() -> Result<Pipe> {
        calls::pipe().map(|(reader, writer)| Pipe(reader, writer))
    }

    /// Waits until the other side writes a byte, which must be `expected`.
    pub fn wait_for(&self, expected: u8) -> Result<()> {
        let mut byte = [0];
        match calls::read(self.0, &mut byte)? {
            1 if byte[0] == expected => Ok(()),
            _ => Err(Errno::EIO),
        }
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        // A test may have closed an end itself.
        let _ = calls::close(self.0);
        let _ = calls::close(self.1);
    }
}
