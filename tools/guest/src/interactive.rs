// SPDX-License-Identifier: GPL-2.0-or-later
//! `make run` and `make qemu`: the machine in front of a person.
//!
//! [`run`] takes a window where `$DISPLAY` is set, the terminal otherwise, and
//! without either goes on a [`tour`]. For the terminal the emulator draws on a
//! pseudo-terminal, and what stands there is drawn again on the real one: so a
//! terminal of fewer than 25 lines shows the part with the cursor, and the
//! terminal is put back whatever becomes of the emulator.

use std::fs::File;
use std::io::{IsTerminal, Read, Write, stdin, stdout};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{
    OptionalActions, Termios, Winsize, tcgetattr, tcgetwinsize, tcsetattr, tcsetwinsize,
};

use crate::machine::{Emulator, End, Machine};
use crate::process::Process;
use crate::screen::{COLUMNS, LINES};
use crate::{bochs, lock, qemu, tour, v86};

/// Control-] leaves, as in telnet.
const LEAVE: u8 = 0x1D;
const START_TIME: Duration = Duration::from_secs(20);
/// At most this long between a change of the screen and its drawing.
const FRAME_TIME: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 20_000_000,
};

/// What is run.
pub struct Options {
    /// The machine, which works in place; a tour is on a copy of its disk.
    pub machine: Machine,
    /// Where logs go.
    pub folder: PathBuf,
}

/// A run that has been prepared.
struct Run<'a> {
    machine: Machine,
    logs: &'a Path,
    /// What the emulator needs.
    files: &'a Path,
}

/// Where the guest's screen appears.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    Window,
    Terminal,
    Nowhere,
}

fn place(emulator: Emulator) -> Place {
    let terminal = stdin().is_terminal() && stdout().is_terminal();
    let somebody_there = stdin().is_terminal() || stdout().is_terminal();
    let display = std::env::var_os("DISPLAY").is_some_and(|name| !name.is_empty());
    // The window of v86 is the web page.
    let display = display && emulator != Emulator::V86;
    match (display && somebody_there, terminal) {
        (true, _) => Place::Window,
        (false, true) => Place::Terminal,
        (false, false) => Place::Nowhere,
    }
}

/// Runs the machine until it is switched off or left.
pub fn run(options: &Options) -> Result<()> {
    let _lock = lock::hold(&options.machine.image)?;
    let mut machine = options.machine.clone();
    let place = place(machine.emulator);
    if place == Place::Nowhere {
        return tour::run(&machine);
    }
    if machine.emulator == Emulator::V86 {
        // Its terminal is the serial line.
        machine = machine.more_words("console=ttyS0");
    }
    let files = tempfile::tempdir().context("a folder for the emulator's files")?;
    let run = &Run {
        machine: machine.for_a_person(files.path())?,
        logs: &options.folder,
        files: files.path(),
    };
    match (run.machine.emulator, place) {
        (Emulator::Bochs, Place::Window) => bochs_in_window(run),
        (Emulator::Bochs, _) => bochs_in_terminal(run),
        (Emulator::Qemu, Place::Window) => match qemu::window()? {
            Some(display) => qemu_in_window(run, &display),
            None => qemu_in_terminal(run),
        },
        (Emulator::Qemu, _) => qemu_in_terminal(run),
        (Emulator::V86, _) => v86_in_terminal(run),
    }
}

fn report(end: &End) -> Result<()> {
    match end {
        End::Shutdown | End::Restart => {
            println!("The machine was {end}.");
            Ok(())
        }
        _ => bail!("{end}"),
    }
}

// Bochs

fn bochs_call(run: &Run, display: &str) -> Result<Command> {
    let commands = run.files.join("commands");
    std::fs::write(&commands, "c\n").with_context(|| format!("{}", commands.display()))?;
    let mut command = bochs::command(&bochs::Options {
        image: &run.machine.image,
        volatile: false,
        display,
        commands: &commands,
        log: &run.logs.join("bochs.log"),
    })?;
    bochs::add_machine(&mut command, &run.machine)?;
    let serial = run.logs.join("serial.txt");
    command.arg(format!(
        "com1: enabled=1, mode=file, dev={}",
        serial.display()
    ));
    Ok(command)
}

fn bochs_in_window(run: &Run) -> Result<()> {
    println!("Bochs opens a window; `halt` in the guest or its Power button ends it.");
    let bochs = Process::start(&mut bochs_call(run, "x")?)?;
    let mut bochs = bochs.with_leftovers(bochs::locks(&run.machine));
    let end = loop {
        if let Some(status) = bochs.wait(Duration::from_secs(1))? {
            break bochs::end(status, &bochs.output());
        }
    };
    match end {
        End::Other(words) if words.contains("cannot connect") && stdin().is_terminal() => {
            println!("There is no window: {words}");
            bochs_in_terminal(run)
        }
        // The Power button.
        End::Other(words) if words.contains("POWER") => Ok(()),
        end => report(&end),
    }
}

fn bochs_in_terminal(run: &Run) -> Result<()> {
    let mut command = bochs_call(run, "term")?;
    let bochs = Process::start(&mut command)?;
    let mut bochs = bochs.with_leftovers(bochs::locks(&run.machine));
    let name = bochs::wait_for_terminal(&mut bochs, START_TIME)?;
    let guest = bochs::open_terminal(&name)?;
    match in_terminal(&mut bochs, guest, "Bochs")? {
        Some(status) => report(&bochs::end(status, &bochs.output())),
        None => Ok(()),
    }
}

// The terminal

/// Shows the emulator, which draws on `guest`, in the terminal. Gives how it
/// ended, or `None` where the person left.
fn in_terminal(emulator: &mut Process, guest: File, name: &str) -> Result<Option<ExitStatus>> {
    let left = {
        let mut terminal = RawTerminal::open(name)?;
        relay(guest, &mut terminal, || emulator.has_ended())?
    };
    if left {
        println!("Left. The machine was switched off as it stood.");
        return Ok(None);
    }
    let status = emulator.wait(START_TIME)?;
    Ok(Some(
        status.with_context(|| format!("{name} does not end"))?,
    ))
}

/// Shows a guest that is under a debugger elsewhere, until it ends or the person
/// leaves.
pub(crate) fn show(guest: File) -> Result<()> {
    let left = relay(guest, &mut RawTerminal::open("a debugger")?, || Ok(false))?;
    println!(
        "{}",
        if left {
            "Left. The machine goes on."
        } else {
            "The machine is off."
        }
    );
    Ok(())
}

/// Passes keys to the guest and its screen to the terminal until the emulator
/// ends or the person leaves. Says whether the person left.
fn relay(
    mut guest: File,
    terminal: &mut RawTerminal,
    mut has_ended: impl FnMut() -> Result<bool>,
) -> Result<bool> {
    let mut screen = vt100::Parser::new(LINES as u16, COLUMNS as u16, 0);
    let mut buffer = [0; 4096];
    // Typed but not yet passed on.
    let mut keys = Vec::new();
    let mut last_key = Instant::now();
    loop {
        let keyboard = stdin();
        let mut sources = [
            PollFd::new(&keyboard, PollFlags::IN),
            PollFd::new(&guest, PollFlags::IN),
        ];
        poll(&mut sources, Some(&FRAME_TIME))?;
        let [typed, drawn] = sources.map(|source| !source.revents().is_empty());
        if drawn {
            match guest.read(&mut buffer) {
                Ok(count @ 1..) => {
                    screen.process(&buffer[..count]);
                    terminal.draw(screen.screen())?;
                }
                _ => return Ok(false),
            }
        }
        if typed {
            let count = rustix::io::read(keyboard.as_fd(), &mut buffer)?;
            if count == 0 || buffer[..count].contains(&LEAVE) {
                return Ok(true);
            }
            keys.extend(&buffer[..count]);
        }
        if !keys.is_empty() && last_key.elapsed() >= bochs::KEY_TIME {
            let length = length_of_key(&keys);
            guest.write_all(&keys[..length])?;
            keys.drain(..length);
            last_key = Instant::now();
        }
        if !drawn && has_ended()? {
            return Ok(false);
        }
    }
}

/// How many of `bytes` from a terminal are its first key: one, or all of an
/// escape sequence.
fn length_of_key(bytes: &[u8]) -> usize {
    let end_of_sequence = |rest: &[u8]| rest.iter().position(|byte| matches!(byte, b'@'..=b'~'));
    match bytes {
        [0x1B, b'[' | b'O', rest @ ..] => end_of_sequence(rest).map_or(bytes.len(), |at| at + 3),
        _ => 1,
    }
}

/// The person's terminal, without line editing and on its second screen;
/// dropping this puts it back.
struct RawTerminal<'a> {
    before: Termios,
    /// The emulator's name, for the line below the guest's screen.
    name: &'a str,
}

impl<'a> RawTerminal<'a> {
    fn open(name: &'a str) -> Result<Self> {
        let before = tcgetattr(stdin()).context("the terminal")?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(stdin(), OptionalActions::Now, &raw).context("the terminal")?;
        let terminal = Self { before, name };
        // Emulators expect the cursor keys to send what they do for applications.
        print!("\x1b[?1049h\x1b[2J\x1b[?1h\x1b=");
        Ok(terminal)
    }

    /// Draws `screen`, or the part of it around the cursor that fits.
    fn draw(&mut self, screen: &vt100::Screen) -> Result<()> {
        let size = tcgetwinsize(stdout()).context("the size of the terminal")?;
        let height = if size.ws_row == 0 {
            LINES as u16
        } else {
            size.ws_row
        };
        let (row, column) = screen.cursor_position();
        let shown = height.min(LINES as u16);
        let top = (row + 1).saturating_sub(shown);
        let mut frame = Vec::from(b"\x1b[?25l".as_slice());
        let rows = screen.rows_formatted(0, COLUMNS as u16);
        for (index, text) in rows
            .skip(usize::from(top))
            .take(usize::from(shown))
            .enumerate()
        {
            write!(frame, "\x1b[{};1H\x1b[m", index + 1)?;
            frame.extend_from_slice(&text);
            frame.extend_from_slice(b"\x1b[m\x1b[K");
        }
        if height > shown {
            write!(
                frame,
                "\x1b[{height};1H\x1b[7m Eleven in {}. Control-] leaves. \x1b[m\x1b[K",
                self.name
            )?;
        }
        write!(frame, "\x1b[{};{}H", row - top + 1, column + 1)?;
        if !screen.hide_cursor() {
            frame.extend_from_slice(b"\x1b[?25h");
        }
        let mut output = stdout().lock();
        output.write_all(&frame)?;
        Ok(output.flush()?)
    }
}

impl Drop for RawTerminal<'_> {
    fn drop(&mut self) {
        print!("\x1b[?1l\x1b>\x1b[m\x1b[?25h\x1b[?1049l");
        // Nothing is left to do where the terminal is gone.
        let _ = stdout().flush();
        let _ = tcsetattr(stdin(), OptionalActions::Flush, &self.before);
    }
}

// QEMU

fn qemu_call(run: &Run, display: &str) -> Result<Command> {
    let mut command = qemu::machine_command(&run.machine)?;
    let serial = run.logs.join("serial.txt");
    command.args(["-monitor", "vc", "-display", display]);
    command
        .arg("-serial")
        .arg(format!("file:{}", serial.display()));
    Ok(command)
}

fn qemu_in_window(run: &Run, display: &str) -> Result<()> {
    let mut command = qemu_call(run, display)?;
    command
        .stdin(Stdio::inherit())
        .stdout(Stdio::inherit())
        .stderr(Stdio::inherit());
    let mut qemu = Process::start_as_is(&mut command)?;
    loop {
        if let Some(status) = qemu.wait(Duration::from_secs(1))? {
            return report(&qemu::end(status, &qemu.output()));
        }
    }
}

fn qemu_in_terminal(run: &Run) -> Result<()> {
    let (guest, side_of_qemu) = pseudo_terminal()?;
    let mut command = qemu_call(run, "curses")?;
    command
        .env("TERM", bochs::TERM)
        .stdin(side_of_qemu.try_clone()?)
        .stdout(side_of_qemu)
        .stderr(Stdio::piped());
    let mut qemu = Process::start_as_is(&mut command)?;
    // Our copy of QEMU's side would keep the terminal open behind its end.
    drop(command);
    match in_terminal(&mut qemu, guest, "QEMU")? {
        Some(status) => report(&qemu::end(status, &qemu.output())),
        None => Ok(()),
    }
}

// v86

fn v86_in_terminal(run: &Run) -> Result<()> {
    let (guest, side_of_v86) = pseudo_terminal()?;
    let mut command = v86::command(&run.machine, &[], None)?;
    command
        .stdin(side_of_v86.try_clone()?)
        .stdout(side_of_v86)
        .stderr(Stdio::piped());
    let mut process = Process::start_as_is(&mut command)?;
    // As with QEMU.
    drop(command);
    match in_terminal(&mut process, guest, "v86")? {
        Some(status) => report(&v86::end(status, &process.output())),
        None => Ok(()),
    }
}

/// A terminal of the guest's size: our side and the emulator's.
pub(crate) fn pseudo_terminal() -> Result<(File, OwnedFd)> {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)
        .context("a pseudo-terminal")?;
    grantpt(&ours)?;
    unlockpt(&ours)?;
    let name = ptsname(&ours, Vec::new())?;
    let theirs = rustix::fs::open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty())?;
    let size = Winsize {
        ws_row: LINES as u16,
        ws_col: COLUMNS as u16,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&theirs, size)?;
    Ok((File::from(ours), theirs))
}

#[cfg(test)]
mod tests {
    use super::length_of_key;

    #[test]
    fn an_escape_sequence_is_one_key() {
        assert_eq!(length_of_key(b"ab"), 1);
        assert_eq!(length_of_key(b"\x1bOAx"), 3);
        assert_eq!(length_of_key(b"\x1b[15~x"), 5);
        assert_eq!(length_of_key(b"\x1b"), 1);
        assert_eq!(length_of_key(b"\x1b["), 2);
    }
}
