// SPDX-License-Identifier: GPL-2.0-or-later
//! How Bochs is called, and its text display on a pseudo-terminal.
//!
//! The machine itself is described in `hdimage/bochsrc`; the functions here add
//! what a run needs on the command line. Debian's Bochs is a debugger build: it
//! stops at a prompt before the first instruction unless a command file holds
//! `c`, and ends with status 1 for a shutdown as for a panic, so its words tell
//! how it ended.
//!
//! With `display_library: term` Bochs opens a pseudo-terminal and prints the
//! name of its user's side on standard error. It draws there with the escape
//! sequences of `$TERM`, and takes what is written there as keys.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::iter;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

use crate::image;
use crate::machine::{Console, End, FIRST_DISK, FloppyDrive, Machine, Place, SECOND_DISK};
use crate::process::Process;
use crate::screen::{COLUMNS, LINES, Screen};

/// Between two keys: the controller of the keyboard holds only a few.
pub(crate) const KEY_TIME: Duration = Duration::from_millis(20);

/// How an emulator draws in text: a terminal with colours, but without the sequences
/// (repeat a character, tab backwards) that our parser doesn't know.
pub(crate) const TERM: &str = "xterm-color";

/// The terminal that Bochs draws on, for ncurses: [`TERM`] with the function keys
/// of today's terminals, alone and with Alt. Bochs takes any code of ncurses
/// beyond 80h that it does not know for Alt with the key 80h below, and these are
/// the names that ncurses has for the codes 80h above F1 to F4 (`KEY_SLEFT` to
/// `KEY_SNEXT` in its curses.h).
const TERMINFO: &str = "\
eleven-bochs|text display of Bochs,
\tkf1=\\EOP, kf2=\\EOQ, kf3=\\EOR, kf4=\\EOS,
\tkLFT=\\E[1;3P, kMSG=\\E[1;3Q, kMOV=\\E[1;3R, kNXT=\\E[1;3S,
\tuse=xterm-color,
";

/// The file that describes the machine.
pub fn bochsrc() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../hdimage/bochsrc")
}

/// What a run of Bochs adds to the machine of `hdimage/bochsrc`.
pub struct Options<'a> {
    /// The disk.
    pub image: &'a Path,
    /// Whether writes go to a file of their own that is thrown away.
    pub volatile: bool,
    /// `term` or `x`.
    pub display: &'a str,
    /// Debugger commands run at the start.
    pub commands: &'a Path,
    /// Where Bochs logs.
    pub log: &'a Path,
}

/// The call of Bochs for `options`.
pub fn command(options: &Options) -> Result<Command> {
    let mode = if options.volatile { "volatile" } else { "flat" };
    let mut command = Command::new(program());
    command
        .env("TERM", "eleven-bochs")
        .env("TERMINFO", describe_terminal(options.commands)?)
        .env("LINES", LINES.to_string())
        .env("COLUMNS", COLUMNS.to_string());
    command.args(["-q", "-unlock", "-f"]).arg(bochsrc());
    if is_version_3() {
        // Its debugger, which else is left out.
        command.arg("-debugger");
    }
    command.arg("-rc").arg(options.commands);
    command.arg(format!("display_library: {}", options.display));
    if is_version_3() {
        // Drawn by the host's time: Bochs 2.7 at times stops drawing by it, and 3.0
        // does not draw all by the guest's.
        command.arg("vga: extension=vbe, update_freq=25, realtime=1");
    }
    command.arg(format!("log: {}", options.log.display()));
    command.arg(disk(FIRST_DISK, options.image, mode)?);
    Ok(command)
}

/// Whether this is Bochs 3. Without a machine to run, Bochs tells its version and
/// ends.
fn is_version_3() -> bool {
    static IS_VERSION_3: OnceLock<bool> = OnceLock::new();
    *IS_VERSION_3.get_or_init(|| {
        let mut command = Command::new(program());
        command.args(["-n", "-q"]).stdin(Stdio::null());
        let said = command.output().map(|output| output.stdout);
        String::from_utf8_lossy(&said.unwrap_or_default()).contains("Emulator 3.")
    })
}

/// The Bochs with a debugger, by Debian's name for it, Fedora's, or its own.
fn program() -> &'static str {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_there = |name: &&&str| std::env::split_paths(&path).any(|dir| dir.join(name).exists());
    let names = ["bochs-bin", "bochs-debugger", "bochs"];
    names.iter().find(is_there).copied().unwrap_or("bochs-bin")
}

/// Compiles [`TERMINFO`] into a folder beside `commands`.
fn describe_terminal(commands: &Path) -> Result<PathBuf> {
    let folder = commands.with_file_name("terminfo");
    let source = commands.with_file_name("terminfo.src");
    std::fs::write(&source, TERMINFO).with_context(|| format!("{}", source.display()))?;
    let output = Command::new("tic")
        .args(["-x", "-o"])
        .args([&folder, &source])
        .output()
        .context("tic, of the package ncurses-bin")?;
    ensure!(
        output.status.success(),
        "tic {}: {}",
        source.display(),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(folder)
}

/// The word for the disk `image`.
fn disk(place: Place, image: &Path, mode: &str) -> Result<String> {
    let unit = if place.unit == 0 { "master" } else { "slave" };
    Ok(format!(
        "ata{}-{unit}: type=disk, mode={mode}, path=\"{}\", {}",
        place.channel,
        image.display(),
        image::geometry(image)?,
    ))
}

/// The word for floppy drive `letter` (`a` or `b`).
fn floppy(letter: char, drive: &FloppyDrive) -> String {
    let word = format!("floppy{letter}: type=1_44");
    match &drive.image {
        Some(image) => format!(
            "{word}, 1_44=\"{}\", status=inserted, write_protected={}",
            image.display(),
            u8::from(drive.write_protected),
        ),
        None => word,
    }
}

/// The words for a machine that boots from the floppy `image`.
pub(crate) fn boot_floppy(image: &Path) -> [String; 2] {
    let drive = FloppyDrive {
        image: Some(image.to_owned()),
        write_protected: false,
    };
    [floppy('a', &drive), "boot: floppy".into()]
}

/// Adds what `machine` has besides its first disk.
pub(crate) fn add_machine(command: &mut Command, machine: &Machine) -> Result<()> {
    const ROMS: usize = 0xD0000;
    const ROM_ROOM: usize = 0x1000;
    for (index, rom) in machine.option_roms.iter().enumerate() {
        command.arg(format!(
            "optromimage{}: file=\"{}\", address={:#x}",
            index + 1,
            rom.display(),
            ROMS + index * ROM_ROOM,
        ));
    }
    if machine.place != FIRST_DISK {
        command.arg("ata0-master: type=none");
        command.arg("ata1: enabled=1, ioaddr1=0x170, ioaddr2=0x370, irq=15");
        command.arg(disk(machine.place, &machine.image, "flat")?);
    }
    if let Some(image) = &machine.second_disk {
        command.arg(disk(SECOND_DISK, image, "flat")?);
    }
    for (letter, drive) in ['a', 'b'].into_iter().zip(&machine.floppies) {
        command.args(drive.as_ref().map(|drive| floppy(letter, drive)));
    }
    if machine.boot_from_second_disk {
        bail!("the BIOS of Bochs boots from the first disk only: take QEMU");
    }
    if machine.boot_from_floppy {
        command.arg("boot: floppy");
    }
    command.arg(memory(machine.memory));
    Ok(())
}

/// The word for so many megabytes of memory. Bochs keeps at most 2 GB of it in its own
/// memory, and takes that only when the guest first uses it; the rest is in a file.
fn memory(megabytes: u32) -> String {
    const MOST_OF_HOST: u32 = 2048;
    let of_host = megabytes.min(MOST_OF_HOST);
    format!("memory: guest={megabytes}, host={of_host}")
}

/// Starts Bochs for a test: no display but a pseudo-terminal, the same run
/// every time, the serial lines connected to `serial`.
pub(crate) fn start(machine: &Machine, serial: [SocketAddr; 2], folder: &Path) -> Result<Process> {
    let commands = folder.join("commands");
    std::fs::write(&commands, "c\n")?;
    let mut command = command(&Options {
        image: &machine.image,
        volatile: false,
        display: "term",
        commands: &commands,
        log: &folder.join("bochs.log"),
    })?;
    add_machine(&mut command, machine)?;
    command.arg("clock: sync=none, time0=946681200, rtc_sync=0");
    command.arg("cpu: ips=1000000");
    for (line, address) in (1..).zip(serial) {
        command.arg(format!(
            "com{line}: enabled=1, mode=socket-client, dev={address}"
        ));
    }
    Ok(Process::start(&mut command)?.with_leftovers(locks(machine)))
}

/// The files by which Bochs says that it has the disks of `machine` open.
pub(crate) fn locks(machine: &Machine) -> Vec<PathBuf> {
    let disks = iter::once(&machine.image).chain(&machine.second_disk);
    let lock = |disk: &PathBuf| {
        let mut name = disk.as_os_str().to_owned();
        name.push(".lock");
        name.into()
    };
    disks.map(lock).collect()
}

/// The user's side of the pseudo-terminal that Bochs draws on.
pub struct Terminal {
    keys: File,
    screen: Arc<Mutex<vt100::Parser>>,
}

impl Terminal {
    /// Waits until Bochs has named its terminal and opens it.
    pub(crate) fn open(bochs: &mut Process, limit: Duration) -> Result<Self> {
        let keys = open_terminal(&wait_for_terminal(bochs, limit)?)?;
        let mut output = keys.try_clone()?;
        let screen = vt100::Parser::new(LINES as u16, COLUMNS as u16, 0);
        let screen = Arc::new(Mutex::new(screen));
        let sink = Arc::clone(&screen);
        std::thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut chunk) {
                sink.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .process(&chunk[..count]);
            }
        });
        Ok(Self { keys, screen })
    }
}

/// Waits until Bochs has printed the name of its terminal.
pub(crate) fn wait_for_terminal(bochs: &mut Process, limit: Duration) -> Result<PathBuf> {
    let deadline = Instant::now() + limit;
    loop {
        let output = bochs.output();
        if let Some(name) = terminal_name(&output) {
            return Ok(name);
        }
        if bochs.has_ended()? || Instant::now() > deadline {
            bail!("Bochs did not start; it said:\n{output}");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn terminal_name(output: &str) -> Option<PathBuf> {
    let (_, rest) = output.split_once("connected to screen \"")?;
    let (name, _) = rest.split_once('"')?;
    Some(PathBuf::from(name))
}

/// Opens the terminal `name` such that bytes pass unchanged.
pub(crate) fn open_terminal(name: &Path) -> Result<File> {
    let place = || format!("the terminal {} of Bochs", name.display());
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .open(name)
        .with_context(place)?;
    let mut modes = tcgetattr(&file).with_context(place)?;
    modes.make_raw();
    tcsetattr(&file, OptionalActions::Now, &modes).with_context(place)?;
    Ok(file)
}

impl Console for Terminal {
    fn type_key(&mut self, character: char) -> Result<()> {
        // The Enter key of a terminal sends a carriage return.
        let byte = if character == '\n' { '\r' } else { character };
        write!(self.keys, "{byte}").context("the keyboard of Bochs")?;
        std::thread::sleep(KEY_TIME);
        Ok(())
    }

    fn press(&mut self, keys: &[&str]) -> Result<()> {
        let bytes = match keys {
            ["alt", "f1"] => "\x1b[1;3P",
            ["alt", "f2"] => "\x1b[1;3Q",
            ["alt", "f3"] => "\x1b[1;3R",
            ["alt", "f4"] => "\x1b[1;3S",
            _ => bail!("the terminal of Bochs has no bytes for the keys {keys:?}"),
        };
        write!(self.keys, "{bytes}").context("the keyboard of Bochs")?;
        std::thread::sleep(KEY_TIME);
        Ok(())
    }

    fn send_break(&mut self) -> Result<()> {
        bail!("Bochs has no breaks: take QEMU")
    }

    fn screen(&mut self) -> Result<Screen> {
        let parser = self.screen.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Screen::from_lines(parser.screen().rows(0, COLUMNS as u16)))
    }

    fn picture(&mut self, _target: &Path) -> Result<()> {
        bail!("Bochs draws pictures only with its X display: take QEMU")
    }

    fn change_floppy(&mut self, _drive: usize, _image: Option<&Path>) -> Result<()> {
        bail!("Bochs changes floppies only in its window: take QEMU")
    }

    fn end(&mut self, status: ExitStatus, output: &str) -> End {
        end(status, output)
    }
}

/// What the end of Bochs with `status`, having printed `output`, means.
pub(crate) fn end(status: ExitStatus, output: &str) -> End {
    let message = exit_message(output);
    match message {
        _ if message.contains("shutdown requested") => End::Shutdown,
        _ if message.contains("3rd") || message.contains("triple") => End::TripleFault,
        "" => End::Other(status.to_string()),
        _ => End::Other(message.to_string()),
    }
}

/// What Bochs gives as the reason of its end: a line that names a device in
/// brackets. What the debugger says comes by another pipe, so it may stand before.
fn exit_message(output: &str) -> &str {
    let Some((_, rest)) = output.split_once("exiting with the following message:\n") else {
        return "";
    };
    let mut lines = rest.lines();
    lines.find(|line| line.starts_with('[')).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_the_terminal_is_found() {
        let output = "noise\nBochs connected to screen \"/dev/pts/7\"\nmore";
        assert_eq!(terminal_name(output), Some(PathBuf::from("/dev/pts/7")));
        assert_eq!(terminal_name("Bochs connected to screen \"/dev"), None);
    }

    #[test]
    fn bochs_keeps_2_gb_at_most_in_its_own_memory() {
        assert_eq!(memory(4), "memory: guest=4, host=4");
        assert_eq!(memory(3072), "memory: guest=3072, host=2048");
    }

    #[test]
    fn the_exit_message_is_found() {
        let output =
            "====\nBochs is exiting with the following message:\n[UNMAP ] Shutdown port\n===";
        assert_eq!(exit_message(output), "[UNMAP ] Shutdown port");
        let between = "exiting with the following message:\n(0).[6172] out dx, al\n[UNMAP ] Shut";
        assert_eq!(exit_message(between), "[UNMAP ] Shut");
        assert_eq!(exit_message("nothing"), "");
    }
}
