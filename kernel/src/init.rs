// SPDX-License-Identifier: GPL-2.0-or-later
//! Tasks 0 and 1 in ring 3 (0.11: `init` and the end of `main` in
//! `init/main.c`).
//!
//! This code lies in the kernel but runs as a program: it may read the
//! kernel's text and constants, it has a stack of its own, and it reaches
//! everything else by system calls. It must not touch a static variable.

use abi::Errno;
use abi::command_line::CommandLine;
use abi::fcntl::{O_NOCTTY, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY};
use abi::kd::VT_WAITACTIVE;
use abi::limits::HZ;
use abi::pod::Pod;
use abi::reboot::REBOOT_HALT;
use abi::sys::wait::{WNOHANG, WaitStatus};
use abi::unistd::SEEK_SET;
use abi::utmp::{UTMP_FILE, Utmp};
use core::ffi::CStr;
use core::fmt::{self, Write};

/// Bytes of the kernel command line, with its NUL.
const COMMAND_LINE: usize = 512;

const SHELL: &CStr = c"/bin/sh";
/// The start-up script, which is the shell's standard input.
const RC: &CStr = c"/etc/rc";
/// The program that asks for a name, on all consoles but the first.
const GETTY: &CStr = c"/bin/getty";
/// The consoles; the first one is that of the start-up script.
const CONSOLES: [&CStr; 4] = [c"/dev/tty1", c"/dev/tty2", c"/dev/tty3", c"/dev/tty4"];
/// The name of a login shell (0.11: `argv`). The shell and its start-up files set
/// `PATH` and the like.
const LOGIN_SHELL: &CStr = c"-/bin/sh";
/// The environment of the start-up script (0.11: `envp_rc`).
const RC_ENVIRONMENT: [&CStr; 1] = [c"HOME=/"];
/// The environment of everything else (0.11: `envp`).
const ENVIRONMENT: [&CStr; 1] = [c"HOME=/usr/root"];

/// The exit status of a child that could not become the program.
const CANNOT_RUN: u32 = 127;
/// A shell that lives for less than these seconds counts as one that ended at once.
const SHORT_LIFE: u32 = 5;
/// The longest pause before the next one, in seconds.
const LONGEST_PAUSE: u32 = 60;

/// Task 0: makes task 1, then idles whenever there is nothing else to do.
pub extern "C" fn task_0() -> ! {
    if let Ok(0) = call::fork() {
        init();
    }
    loop {
        let _ = call::pause();
    }
}

/// Task 1: mounts root, opens the terminal, runs the start-up script, then a shell
/// for root, again and again, on the first console or on the terminal that
/// `console=` on the command line names. Users log in on the other consoles. With
/// `init=` it runs that program instead, and halts when that ends.
fn init() -> ! {
    let mut buffer = [0; COMMAND_LINE];
    let _ = call::setup(&mut buffer);
    let line = CStr::from_bytes_until_nul(&buffer).unwrap_or_default();
    // The kernel has reported bad words already.
    let words = CommandLine::parse(line.to_str().unwrap_or_default(), &mut |_| ());
    let mut path = [0; COMMAND_LINE];
    let console = match words.console {
        // A shell stays where it is when another console comes to the front.
        None | Some("tty0") => CONSOLES[0],
        Some(name) => c_string(&[b"/dev/", name.as_bytes()], &mut path).unwrap_or(c"/dev/tty0"),
    };
    // A disk of another system may not have this node.
    let console = match say_on(console, format_args!("")) {
        true => console,
        false => c"/dev/tty0",
    };
    open_terminal(console);
    let mut program = [0; COMMAND_LINE];
    if let Some(path) = words.init
        && let Some(program) = c_string(&[path.as_bytes()], &mut program)
    {
        if run(program, &[program], Some(console)) != Some(CANNOT_RUN) {
            say_on(console, format_args!("init: the program has ended\n"));
            let _ = call::sync();
            let _ = call::reboot(REBOOT_HALT);
        }
        // The end of the child has hung up the open terminal.
        close_terminal();
        open_terminal(console);
        say(format_args!("init: going on as without init=\n"));
    }
    match run(SHELL, &[c"/bin/sh"], None) {
        Some(0 | CANNOT_RUN) => {}
        _ => say(format_args!("init: /etc/rc has failed; going on\n")),
    }
    // Nobody is logged in so far. A disk without this file keeps no list.
    if let Ok(fd) = call::open(UTMP_FILE, O_WRONLY | O_TRUNC, 0) {
        let _ = call::close(fd);
    }
    match console == CONSOLES[0] {
        true => keep_shells(&CONSOLES),
        false => keep_shells(&[console]),
    }
}

/// An open file to write to.
struct Output(u32);

impl Write for Output {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let _ = call::write(self.0, text.as_bytes());
        Ok(())
    }
}

/// Writes to standard output.
fn say(text: fmt::Arguments<'_>) {
    let _ = Output(1).write_fmt(text);
}

/// Writes to a terminal; false if there is no such terminal.
fn say_on(terminal: &CStr, text: fmt::Arguments<'_>) -> bool {
    let Ok(fd) = call::open(terminal, O_RDWR | O_NOCTTY, 0) else {
        return false;
    };
    let _ = Output(fd).write_fmt(text);
    call::close(fd).is_ok()
}

/// The login shell of a terminal, or the program that asks for a name there.
#[derive(Clone, Copy, Default)]
struct Shell {
    pid: Option<u32>,
    /// The clock tick at which it was started.
    started: u32,
    /// How many shells in a row have ended at once.
    short_lives: u32,
}

impl Shell {
    /// Seconds until the next shell begins: 0, 0, 1, 2, 4 and so on.
    fn pause(self) -> u32 {
        match self.short_lives {
            0 | 1 => 0,
            lives => (1 << (lives - 2).min(6)).min(LONGEST_PAUSE),
        }
    }

    fn start(&mut self, program: &CStr, arguments: &[&CStr], terminal: &CStr) {
        self.started = call::times().unwrap_or(0);
        self.pid = start(program, arguments, Some(terminal), self.pause());
    }

    fn ended(&mut self, terminal: &CStr) {
        let lived = call::times().unwrap_or(0).wrapping_sub(self.started) / HZ;
        self.short_lives = match lived < self.pause() + SHORT_LIFE {
            true => self.short_lives.saturating_add(1),
            false => 0,
        };
        self.pid = None;
        say_on(terminal, format_args!("\n"));
        let pause = self.pause();
        if pause > 0 {
            say_on(
                terminal,
                format_args!(
                    "init: the shell has ended at once, as before; another one in {pause} s.\n\
                 If none works, boot with init= and another program, or root= and another disk\n"
                ),
            );
        }
    }
}

/// Keeps a login shell on the first terminal and a getty on each other, and collects
/// orphans that end.
fn keep_shells(terminals: &[&CStr]) -> ! {
    // If the adapter has little memory, the later consoles do not exist.
    let is_there = |terminal: &&&CStr| say_on(terminal, format_args!(""));
    let count = terminals.iter().take_while(is_there).count().max(1);
    let mut shells = [Shell::default(); CONSOLES.len()];
    let shells = &mut shells[..count];
    loop {
        for (number, (shell, terminal)) in shells.iter_mut().zip(terminals).enumerate() {
            match number {
                _ if shell.pid.is_some() => {}
                0 => shell.start(SHELL, &[LOGIN_SHELL], terminal),
                _ => shell.start(GETTY, &[GETTY, terminal], terminal),
            }
        }
        let mut options = 0;
        if shells.iter().any(|shell| shell.pid.is_none()) {
            // One could not start, for want of memory or of a task: try again soon.
            call::sleep(1);
            options = WNOHANG;
        }
        let mut status = WaitStatus::default();
        let Ok(ended) = call::wait(&mut status, options) else {
            continue;
        };
        for (shell, terminal) in shells.iter_mut().zip(terminals) {
            if shell.pid == Some(ended) {
                shell.ended(terminal);
                let _ = call::sync();
            }
        }
    }
}

/// Runs a program, waits for it, and collects orphans that end meanwhile. Returns
/// its exit status, or `None` if a signal has ended it.
fn run(program: &CStr, arguments: &[&CStr], terminal: Option<&CStr>) -> Option<u32> {
    let pid = start(program, arguments, terminal, 0)?;
    let mut status = WaitStatus::default();
    while !matches!(call::wait(&mut status, 0), Ok(ended) if ended == pid) {}
    status.exit_status()
}

/// Runs a program in a child, after a pause, and returns its process id. With a
/// `terminal` it begins a session there, otherwise it reads [`RC`].
fn start(program: &CStr, arguments: &[&CStr], terminal: Option<&CStr>, pause: u32) -> Option<u32> {
    match call::fork() {
        Ok(0) => {
            call::sleep(pause);
            become_program(program, arguments, terminal)
        }
        Ok(pid) => Some(pid),
        Err(error) => {
            // The first shell's end has hung up what init itself has open.
            if let Some(terminal) = terminal {
                say_on(terminal, format_args!("init: cannot fork: {error}\n"));
            }
            None
        }
    }
}

fn become_program(program: &CStr, arguments: &[&CStr], terminal: Option<&CStr>) -> ! {
    let environment = if let Some(terminal) = terminal {
        close_terminal();
        let _ = call::setsid();
        open_terminal(terminal);
        // A login begins when its console is in front, but not on one that `console=` names.
        let waits = program == GETTY || terminal == CONSOLES[0] && arguments == [LOGIN_SHELL];
        if waits && let Some(index) = CONSOLES.iter().position(|&console| console == terminal) {
            let _ = call::ioctl(0, VT_WAITACTIVE, index as u32 + 1);
        }
        if program == SHELL {
            record();
        }
        ENVIRONMENT
    } else {
        let _ = call::close(0);
        if let Err(error) = call::open(RC, O_RDONLY, 0) {
            cannot("open", RC, error);
        }
        RC_ENVIRONMENT
    };
    let mut result = call::execve(program, arguments, &environment);
    // A disk of another system may have no getty. After any other error, such as
    // want of memory, nobody may become root.
    if program == GETTY && result == Err(Errno::ENOENT) {
        result = call::execve(SHELL, &[LOGIN_SHELL], &environment);
    }
    match result {
        Err(error) => cannot("run", program, error),
        Ok(_) => call::_exit(CANNOT_RUN),
    }
}

/// Notes that root is logged in on standard input, if that is a terminal.
fn record() {
    let (Ok(pid), Ok(now)) = (call::getpid(), call::time()) else {
        return;
    };
    if let Some((offset, utmp)) = Utmp::new(call::terminal(), b"root", pid, now)
        && let Ok(fd) = call::open(UTMP_FILE, O_WRONLY, 0)
    {
        let _ = call::lseek(fd, offset, SEEK_SET);
        let _ = call::write(fd, utmp.as_bytes());
        let _ = call::close(fd);
    }
}

/// Ends a child that cannot become the program.
fn cannot(what: &str, path: &CStr, error: Errno) -> ! {
    let path = path.to_str().unwrap_or("?");
    say(format_args!("init: cannot {what} {path}: {error}\n"));
    call::_exit(CANNOT_RUN)
}

/// Closes standard input, output and error.
fn close_terminal() {
    for fd in 0..3 {
        let _ = call::close(fd);
    }
}

/// Opens the terminal as standard input, output and error.
fn open_terminal(path: &CStr) {
    let _ = call::open(path, O_RDWR, 0);
    let _ = call::dup(0);
    let _ = call::dup(0);
}

/// Puts pieces together to a string that ends with NUL.
fn c_string<'a>(pieces: &[&[u8]], buffer: &'a mut [u8]) -> Option<&'a CStr> {
    let mut length = 0;
    for piece in pieces {
        buffer
            .get_mut(length..length + piece.len())?
            .copy_from_slice(piece);
        length += piece.len();
    }
    *buffer.get_mut(length)? = 0;
    CStr::from_bytes_until_nul(buffer).ok()
}

/// The system calls that are needed here.
mod call {
    use abi::reboot::{REBOOT_MAGIC1, REBOOT_MAGIC2};
    use abi::sys::stat::Stat;
    use abi::sys::time::{SelectArguments, Timeval};
    use abi::sys::types::{Device, UserAddress};
    use abi::sys::wait::WaitStatus;
    use abi::{Result, syscall};
    use core::ffi::{CStr, c_char};
    use core::ptr::null;

    /// Room for arguments and environment, with the null pointer.
    const VECTOR: usize = 8;

    fn address<T>(pointer: *const T) -> u32 {
        pointer.addr() as u32
    }

    /// A null pointer: the result is returned, and not stored as well.
    const NOWHERE: u32 = 0;

    /// Calls whose arguments are numbers or borrowed strings, which the
    /// kernel only reads. Behind the arrow is what the kernel gets.
    macro_rules! calls {
        ($($name:ident($($argument:ident: $type:ty),*) => ($($word:expr),*);)*) => {
            $(pub fn $name($($argument: $type),*) -> Result<u32> {
                // SAFETY: the kernel writes no memory of ours.
                unsafe { syscall::$name($($word),*) }
            })*
        };
    }

    calls! {
        fork() => ();
        pause() => ();
        sync() => ();
        setsid() => ();
        getpid() => ();
        time() => (NOWHERE);
        times() => (NOWHERE);
        lseek(fd: u32, offset: u32, origin: u32) => (fd, offset, origin);
        dup(fd: u32) => (fd);
        close(fd: u32) => (fd);
        ioctl(fd: u32, command: u32, argument: u32) => (fd, command, argument);
        write(fd: u32, bytes: &[u8]) => (fd, address(bytes.as_ptr()), bytes.len() as u32);
        open(path: &CStr, flags: u32, mode: u32) => (address(path.as_ptr()), flags, mode);
        reboot(command: u32) => (REBOOT_MAGIC1, REBOOT_MAGIC2, command);
    }

    /// Mounts root; `line` becomes the kernel command line.
    pub fn setup(line: &mut [u8; super::COMMAND_LINE]) -> Result<u32> {
        // SAFETY: the command line with its NUL is never longer.
        unsafe { syscall::setup(address(line.as_mut_ptr())) }
    }

    /// The process id of a child that ended, and how it ended. 0 with
    /// `WNOHANG` if none has.
    pub fn wait(status: &mut WaitStatus, options: u32) -> Result<u32> {
        // SAFETY: the kernel stores a word, of which any is a `WaitStatus`.
        unsafe { syscall::waitpid(-1i32 as u32, address(status), options) }
    }

    /// The device that standard input is.
    pub fn terminal() -> Device {
        let mut stat = Stat::default();
        // SAFETY: the kernel stores a `Stat`, of which any bytes are one.
        let _ = unsafe { syscall::fstat(0, address(&raw mut stat)) };
        Device(stat.st_rdev)
    }

    /// Sleeps, unless `seconds` is 0.
    pub fn sleep(seconds: u32) {
        let mut time = Timeval {
            tv_sec: seconds as i32,
            ..Timeval::default()
        };
        let arguments = SelectArguments {
            timeout: UserAddress(address(&raw mut time)),
            ..SelectArguments::default()
        };
        // SAFETY: what is left of the time is stored in `time`.
        let _ = unsafe { syscall::select(address(&raw const arguments)) };
    }

    /// Becomes another program; comes back only with an error.
    pub fn execve(path: &CStr, arguments: &[&CStr], environment: &[&CStr]) -> Result<u32> {
        let (argv, envp) = (vector(arguments), vector(environment));
        // SAFETY: both vectors end with a null pointer; the strings are
        // borrowed. Nothing of them is used again on success.
        unsafe {
            syscall::execve(
                address(path.as_ptr()),
                address(argv.as_ptr()),
                address(envp.as_ptr()),
            )
        }
    }

    fn vector(strings: &[&CStr]) -> [*const c_char; VECTOR] {
        let mut vector = [null(); VECTOR];
        for (pointer, string) in vector[..VECTOR - 1].iter_mut().zip(strings) {
            *pointer = string.as_ptr();
        }
        vector
    }

    /// Ends the task.
    pub fn _exit(status: u32) -> ! {
        loop {
            // SAFETY: nothing of the task is used again.
            let _ = unsafe { syscall::exit(status) };
        }
    }
}
