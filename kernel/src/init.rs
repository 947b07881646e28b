// SPDX-License-Identifier: GPL-2.0-or-later
//! Tasks 0 and 1 in ring 3 (0.11: `init` and the end of `main` in
//! `init/main.c`).
//!
//! This code lies in the kernel but runs as a program: it may read the
//! kernel's text and constants, it has a stack of its own, and it reaches
//! everything else by system calls. It must not touch a static variable.

use core::ffi::CStr;
use lib::fcntl::{O_NOCTTY, O_RDONLY, O_RDWR};
use lib::kd::VT_WAITACTIVE;

/// Bytes of the kernel command line, with its NUL.
const COMMAND_LINE: usize = 512;

const SHELL: &CStr = c"/bin/sh";
/// The consoles; the first one is that of the start-up script.
const CONSOLES: [&CStr; 4] = [c"/dev/tty1", c"/dev/tty2", c"/dev/tty3", c"/dev/tty4"];
/// What a login shell is called (0.11: `argv`). `PATH` and the like are the
/// business of the shell and of what it reads first.
const LOGIN_SHELL: &CStr = c"-/bin/sh";
/// The environment of the start-up script (0.11: `envp_rc`).
const RC_ENVIRONMENT: [&CStr; 1] = [c"HOME=/"];
/// That of everything else (0.11: `envp`).
const ENVIRONMENT: [&CStr; 1] = [c"HOME=/usr/root"];

/// Task 0: makes task 1, then idles whenever there is nothing else to do.
pub extern "C" fn task_0() -> ! {
    if let Ok(0) = call::fork() {
        init();
    }
    loop {
        let _ = call::pause();
    }
}

/// Task 1: mounts root, opens the terminal, runs the start-up script, then
/// shells, again and again: one on each console, or one on the terminal that
/// `console=` on the command line names. With `init=` it runs that program
/// instead and halts when it ends.
fn init() -> ! {
    let mut buffer = [0; COMMAND_LINE];
    let _ = call::setup(&mut buffer);
    let line = CStr::from_bytes_until_nul(&buffer)
        .unwrap_or_default()
        .to_bytes();
    let mut path = [0; COMMAND_LINE];
    let console = match parameter(line, b"console") {
        // A shell stays where it is when another console comes to the front.
        None | Some(b"tty0") => CONSOLES[0],
        Some(name) => device_path(name, &mut path),
    };
    // A disk of another system may not have it.
    let console = match Input::Terminal(console).say(b"") {
        true => console,
        false => c"/dev/tty0",
    };
    open_terminal(console);
    let mut program = [0; COMMAND_LINE];
    match parameter(line, b"init").and_then(|name| c_string(&[name], &mut program)) {
        Some(program) => {
            run(program, &[program], Input::Terminal(console));
            Input::Terminal(console).say(b"init: the program has ended\n");
            let _ = call::sync();
            let _ = call::halt();
        }
        None => {
            run(SHELL, &[c"/bin/sh"], Input::Script(c"/etc/rc"));
            if console == CONSOLES[0] {
                keep_shells([1, 2, 3, 4].map(Input::Console))
            } else {
                keep_shells([Input::Terminal(console)])
            }
        }
    }
    loop {
        let _ = call::pause();
    }
}

/// What standard input is to be.
#[derive(Clone, Copy)]
enum Input<'a> {
    /// The terminal, as the controlling terminal of a new session.
    Terminal(&'a CStr),
    /// Likewise a console, counted from 1, as soon as it is in front.
    Console(u32),
    /// A file.
    Script(&'a CStr),
}

impl<'a> Input<'a> {
    fn path(self) -> &'a CStr {
        match self {
            Input::Terminal(path) | Input::Script(path) => path,
            Input::Console(number) => CONSOLES[number as usize - 1],
        }
    }

    /// Writes to a terminal; false if there is no such terminal.
    fn say(self, text: &[u8]) -> bool {
        let Ok(fd) = call::open(self.path(), O_RDWR | O_NOCTTY, 0) else {
            return false;
        };
        let _ = call::write(fd, text, text.len());
        call::close(fd).is_ok()
    }
}

/// Keeps a login shell on each terminal, burying orphans meanwhile.
fn keep_shells<const COUNT: usize>(terminals: [Input<'_>; COUNT]) -> ! {
    // If the adapter has little memory, the later consoles do not exist.
    let count = terminals.iter().take_while(|it| it.say(b"")).count().max(1);
    let mut shells = [None; COUNT];
    loop {
        for (shell, &terminal) in shells.iter_mut().zip(&terminals[..count]) {
            if shell.is_none() {
                *shell = start(SHELL, &[LOGIN_SHELL], terminal);
            }
        }
        let ended = call::wait().ok();
        for (shell, terminal) in shells.iter_mut().zip(&terminals) {
            if shell.is_some() && *shell == ended {
                *shell = None;
                terminal.say(b"\n");
                let _ = call::sync();
            }
        }
    }
}

/// Runs a program and waits for it, burying orphans meanwhile.
fn run(program: &CStr, arguments: &[&CStr], input: Input<'_>) {
    if let Some(pid) = start(program, arguments, input) {
        while !matches!(call::wait(), Ok(ended) if ended == pid) {}
    }
}

/// Runs a program in a child, and gives its process id.
fn start(program: &CStr, arguments: &[&CStr], input: Input<'_>) -> Option<u32> {
    match call::fork() {
        Ok(0) => become_program(program, arguments, input),
        Ok(pid) => Some(pid),
        Err(_) => {
            // What init itself has open was hung up with the first shell.
            if !matches!(input, Input::Script(_)) {
                input.say(b"init: cannot fork\n");
            }
            None
        }
    }
}

fn become_program(program: &CStr, arguments: &[&CStr], input: Input<'_>) -> ! {
    let environment = match input {
        Input::Terminal(_) | Input::Console(_) => {
            for fd in 0..3 {
                let _ = call::close(fd);
            }
            let _ = call::setsid();
            open_terminal(input.path());
            ENVIRONMENT
        }
        Input::Script(script) => {
            let _ = call::close(0);
            if call::open(script, O_RDONLY, 0).is_err() {
                call::exit(0);
            }
            RC_ENVIRONMENT
        }
    };
    if let Input::Console(number) = input {
        let _ = call::ioctl(0, VT_WAITACTIVE, number);
    }
    let _ = call::execve(program, arguments, &environment);
    say(b"init: cannot run ");
    say(program.to_bytes());
    say(b"\n");
    // Not at once again: somebody wants to read the message.
    let _ = call::alarm(5);
    let _ = call::pause();
    call::exit(1)
}

/// Opens the terminal as standard input, output and error.
fn open_terminal(path: &CStr) {
    let _ = call::open(path, O_RDWR, 0);
    let _ = call::dup(0);
    let _ = call::dup(0);
}

fn say(text: &[u8]) {
    let _ = call::write(1, text, text.len());
}

/// The value of `name=value` on the command line.
fn parameter<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    line.split(u8::is_ascii_whitespace)
        .find_map(|word| word.strip_prefix(name)?.strip_prefix(b"="))
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

/// `/dev/NAME`.
fn device_path<'a>(name: &[u8], buffer: &'a mut [u8]) -> &'a CStr {
    c_string(&[b"/dev/", name], buffer).unwrap_or(c"/dev/tty0")
}

/// The system calls that are needed here.
mod call {
    use core::ffi::{CStr, c_char};
    use core::ptr::{null, null_mut};
    use lib::reboot::{REBOOT_HALT, REBOOT_MAGIC1, REBOOT_MAGIC2};
    use lib::{Result, syscall};

    /// Room for arguments and environment, with the null pointer.
    const VECTOR: usize = 8;

    fn address<T>(pointer: *const T) -> u32 {
        pointer.addr() as u32
    }

    /// Calls whose arguments are numbers or borrowed strings, which the
    /// kernel only reads.
    macro_rules! calls {
        ($($name:ident($($argument:ident: $type:ty => $word:expr),*);)*) => {
            $(pub fn $name($($argument: $type),*) -> Result<u32> {
                // SAFETY: the kernel writes no memory of ours.
                unsafe { syscall::$name($($word),*) }
            })*
        };
    }

    calls! {
        fork();
        pause();
        sync();
        setsid();
        dup(fd: u32 => fd);
        close(fd: u32 => fd);
        alarm(seconds: u32 => seconds);
        ioctl(fd: u32 => fd, command: u32 => command, argument: u32 => argument);
        write(fd: u32 => fd, text: &[u8] => address(text.as_ptr()), count: usize => count as u32);
        open(path: &CStr => address(path.as_ptr()), flags: u32 => flags, mode: u32 => mode);
    }

    /// Mounts root; `line` becomes the kernel command line.
    pub fn setup(line: &mut [u8; super::COMMAND_LINE]) -> Result<u32> {
        // SAFETY: the command line with its NUL is never longer.
        unsafe { syscall::setup(address(line.as_mut_ptr())) }
    }

    /// The process id of a child that ended.
    pub fn wait() -> Result<u32> {
        // SAFETY: no status is stored.
        unsafe { syscall::waitpid(-1i32 as u32, address(null_mut::<u32>()), 0) }
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

    /// Stops the machine.
    pub fn halt() -> Result<u32> {
        // SAFETY: the machine stops, or nothing happens.
        unsafe { syscall::reboot(REBOOT_MAGIC1, REBOOT_MAGIC2, REBOOT_HALT) }
    }

    /// Ends the task.
    pub fn exit(status: u32) -> ! {
        loop {
            // SAFETY: nothing of the task is used again.
            let _ = unsafe { syscall::exit(status) };
        }
    }
}
