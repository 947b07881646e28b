// SPDX-License-Identifier: GPL-2.0-or-later
//! A machine to boot, and the guest that runs in it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use clap::ValueEnum;
use tempfile::TempDir;

use crate::process::Process;
use crate::prompt::{PROMPT, Prompt};
use crate::screen::Screen;
use crate::serial::{Listener, Serial};
use crate::{bochs, image, line_rom, qemu, v86};

/// How long a boot may take until the prompt, on a slow host too.
pub const PROMPT_TIME: Duration = Duration::from_secs(60);
/// How long a command may take.
const COMMAND_TIME: Duration = Duration::from_secs(60);
/// How long an emulator may take to start and to connect.
const START_TIME: Duration = Duration::from_secs(20);
/// After this the screen shows what the guest wrote before.
const SETTLE_TIME: Duration = Duration::from_millis(300);
/// What the kernel says when it stops for good.
const KERNEL_PANIC: &str = "Kernel panic";
/// How many lines of the serial line an error shows.
const TAIL: usize = 30;

/// Which emulator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Emulator {
    /// Bochs 2.7 or 3.0.
    Bochs,
    /// qemu-system-i386.
    Qemu,
    /// The PC of the web page, in Node. Its kernel gets the word expose-tss (docs/v86.md).
    V86,
}

/// How an emulator's run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The guest switched itself off.
    Shutdown,
    /// The guest restarted the machine (QEMU only: Bochs goes on).
    Restart,
    /// An exception in the handler of a double fault.
    TripleFault,
    /// Anything else, in the emulator's words.
    Other(String),
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shutdown => f.write_str("shut down by the guest"),
            Self::Restart => f.write_str("restarted by the guest"),
            Self::TripleFault => f.write_str("triple fault"),
            Self::Other(words) => write!(f, "ended by the emulator: {words}"),
        }
    }
}

/// What differs between emulators while a guest runs.
pub(crate) trait Console {
    /// Presses and releases the keys that make `character`.
    fn type_key(&mut self, character: char) -> Result<()>;
    /// Presses keys, by QEMU's names for them, and releases them.
    fn press(&mut self, keys: &[&str]) -> Result<()>;
    /// Sends a break over the second serial line, where the emulator can.
    fn send_break(&mut self) -> Result<()>;
    /// What the screen shows now, or showed last.
    fn screen(&mut self) -> Result<Screen>;
    /// Writes a picture of the screen, where the emulator can.
    fn picture(&mut self, target: &Path) -> Result<()>;
    /// Takes the floppy out of `drive` and puts `image` in, where the emulator
    /// can.
    fn change_floppy(&mut self, drive: usize, image: Option<&Path>) -> Result<()>;
    /// What `status` and `output` of the ended emulator mean.
    fn end(&mut self, status: ExitStatus, output: &str) -> End;
}

/// Floppy drives that a machine may have.
pub(crate) const FLOPPY_DRIVES: usize = 2;

/// A floppy drive for 1.44 MB.
#[derive(Debug, Clone)]
pub(crate) struct FloppyDrive {
    /// The floppy in it.
    pub(crate) image: Option<PathBuf>,
    pub(crate) write_protected: bool,
}

/// Where on the ATA channels a disk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) channel: u32,
    pub(crate) unit: u32,
}

impl Place {
    /// Counts the places through.
    pub(crate) fn number(self) -> u32 {
        2 * self.channel + self.unit
    }
}

pub(crate) const FIRST_DISK: Place = Place {
    channel: 0,
    unit: 0,
};
pub(crate) const SECOND_DISK: Place = Place {
    channel: 0,
    unit: 1,
};

/// A machine that can be booted.
#[derive(Debug, Clone)]
pub struct Machine {
    pub(crate) emulator: Emulator,
    pub(crate) image: PathBuf,
    pub(crate) place: Place,
    pub(crate) second_disk: Option<PathBuf>,
    pub(crate) floppies: [Option<FloppyDrive>; FLOPPY_DRIVES],
    pub(crate) boot_from_floppy: bool,
    pub(crate) boot_from_second_disk: bool,
    pub(crate) memory: u32,
    pub(crate) option_roms: Vec<PathBuf>,
    /// An event of QEMU's own, and the file that each one is written to.
    pub(crate) event_log: Option<(&'static str, PathBuf)>,
    /// Which of the first disk's transfers fail, as QEMU's blkdebug wants to be told.
    pub(crate) disk_error: Option<String>,
    command_line: Option<String>,
    prompt: Option<Prompt>,
    in_place: bool,
    echo: bool,
}

impl Machine {
    /// A machine of 32 MB with `image` as its first disk.
    pub fn new(emulator: Emulator, image: impl Into<PathBuf>) -> Self {
        let image = image.into();
        Self {
            emulator,
            image,
            place: FIRST_DISK,
            second_disk: None,
            floppies: [None, None],
            boot_from_floppy: false,
            boot_from_second_disk: false,
            memory: 32,
            option_roms: Vec::new(),
            event_log: None,
            disk_error: None,
            command_line: None,
            prompt: None,
            in_place: false,
            echo: false,
        }
    }

    /// Adds `words` to the kernel command line, for this run: on the copy that it
    /// boots, or, where it works [in place](Self::in_place), in a ROM.
    #[must_use]
    pub fn command_line(mut self, words: &str) -> Self {
        self.command_line = Some(words.to_string());
        self
    }

    /// Adds `words` to those that are to be added already.
    #[must_use]
    pub fn more_words(self, words: &str) -> Self {
        let before = self.command_line.clone().unwrap_or_default();
        self.command_line(format!("{before} {words}").trim())
    }

    /// Gives the machine a second disk, which it writes to in place.
    #[must_use]
    pub fn second_disk(mut self, image: impl Into<PathBuf>) -> Self {
        self.second_disk = Some(image.into());
        self
    }

    /// Connects the disk that is booted from as `unit` (0 or 1) of `channel`
    /// (0 or 1) instead of as the first one of all.
    #[must_use]
    pub fn disk_at(mut self, channel: u32, unit: u32) -> Self {
        self.place = Place { channel, unit };
        self
    }

    /// Puts `image` into floppy drive `drive` (0 or 1), which it writes to in
    /// place.
    #[must_use]
    pub fn floppy(mut self, drive: usize, image: impl Into<PathBuf>) -> Self {
        self.floppies[drive] = Some(FloppyDrive {
            image: Some(image.into()),
            write_protected: false,
        });
        self
    }

    /// Sets the write protection of the floppy in `drive`.
    #[must_use]
    pub fn write_protected(mut self, drive: usize) -> Self {
        if let Some(floppy) = &mut self.floppies[drive] {
            floppy.write_protected = true;
        }
        self
    }

    /// Gives the machine a floppy drive with nothing in it.
    #[must_use]
    pub fn empty_floppy_drive(mut self, drive: usize) -> Self {
        self.floppies[drive] = Some(FloppyDrive {
            image: None,
            write_protected: false,
        });
        self
    }

    /// Boots from the floppy in drive 0, of which the guest gets a copy unless
    /// it works [in place](Self::in_place); the command line is the floppy's.
    #[must_use]
    pub fn boot_from_floppy(mut self) -> Self {
        self.boot_from_floppy = true;
        self
    }

    /// Boots from the second disk (QEMU only: Bochs knows the first); the
    /// command line is that disk's.
    #[must_use]
    pub fn boot_from_second_disk(mut self) -> Self {
        self.boot_from_second_disk = true;
        self
    }

    /// Gives the machine `megabytes` of memory.
    #[must_use]
    pub fn memory(mut self, megabytes: u32) -> Self {
        self.memory = megabytes;
        self
    }

    /// Adds a program that the BIOS runs before it boots.
    #[must_use]
    pub fn option_rom(mut self, image: impl Into<PathBuf>) -> Self {
        self.option_roms.push(image.into());
        self
    }

    /// Has each command that a hard disk is given written to `log` (QEMU only).
    #[must_use]
    pub fn disk_log(mut self, log: impl Into<PathBuf>) -> Self {
        self.event_log = Some(("ide_*exec_cmd", log.into()));
        self
    }

    /// Has each write to a port or a device's memory written to `log` (QEMU only).
    #[must_use]
    pub fn port_log(mut self, log: impl Into<PathBuf>) -> Self {
        self.event_log = Some(("memory_region_ops_write", log.into()));
        self
    }

    /// Has the first disk abort the command that empties its cache (QEMU only).
    #[must_use]
    pub fn aborts_flush(mut self) -> Self {
        self.disk_error = Some("iotype = \"flush\"".into());
        self
    }

    /// Has the first disk fail whenever this sector is to be moved (QEMU only).
    #[must_use]
    pub fn bad_sector(mut self, sector: u64) -> Self {
        self.disk_error = Some(format!("sector = \"{sector}\""));
        self
    }

    /// Lets the guest write to the image itself. Otherwise it gets a copy.
    #[must_use]
    pub fn in_place(mut self) -> Self {
        self.in_place = true;
        self
    }

    /// Has the guest's shell say `prompt` instead of [`PROMPT`].
    #[must_use]
    pub fn prompt(mut self, prompt: Prompt) -> Self {
        self.prompt = Some(prompt);
        self
    }

    /// Prints what comes over the serial line.
    #[must_use]
    pub fn echo(mut self) -> Self {
        self.echo = true;
        self
    }

    /// Starts the emulator.
    ///
    /// # Errors
    /// Where the image can't be read or the emulator doesn't start.
    pub fn boot(&self) -> Result<Guest> {
        let folder = tempfile::tempdir().context("a folder for the emulator's files")?;
        let mut machine = self.clone();
        if !self.in_place {
            copy_into(&mut machine.image, &folder.path().join("disk.img"))?;
            if self.boot_from_floppy {
                machine.copy_boot_floppy(folder.path())?;
            }
        }
        machine.add_words_of_emulator();
        let needs_rom = self.in_place || self.emulator == Emulator::V86;
        match machine.command_line.take() {
            Some(words) if needs_rom => machine.insert_command_line(&words, folder.path())?,
            Some(words) => image::add_to_command_line(machine.boot_image()?, &words)?,
            None => {}
        }
        let prompt = match &self.prompt {
            Some(prompt) => prompt.clone(),
            None => Prompt::new(PROMPT)?,
        };
        let listeners = [Listener::bind()?, Listener::bind()?];
        let serial = [listeners[0].address()?, listeners[1].address()?];
        let (mut process, console): (_, Box<dyn Console>) = match machine.emulator {
            Emulator::Bochs => {
                let mut process = bochs::start(&machine, serial, folder.path())?;
                let console = bochs::Terminal::open(&mut process, START_TIME)?;
                (process, Box::new(console))
            }
            Emulator::Qemu => {
                let (mut process, monitor) = qemu::start(&machine, serial, folder.path())?;
                let console = monitor.accept(&mut process, START_TIME)?;
                (process, Box::new(console))
            }
            Emulator::V86 => {
                let (process, console) = v86::start(&machine, serial, START_TIME)?;
                (process, Box::new(console))
            }
        };
        let serial = listeners[0].accept(&mut process, START_TIME, self.echo)?;
        let second_serial = listeners[1].accept(&mut process, START_TIME, false)?;
        Ok(Guest {
            console,
            serial,
            second_serial,
            seen: 0,
            prompt,
            process,
            end: None,
            _folder: folder,
        })
    }

    /// The machine as a person's run needs it: working in place, but booting from a
    /// copy of the floppy. What it needs besides goes into `folder`.
    pub(crate) fn for_a_person(&self, folder: &Path) -> Result<Self> {
        let mut machine = self.clone();
        if machine.boot_from_floppy {
            machine.copy_boot_floppy(folder)?;
        }
        machine.add_words_of_emulator();
        if let Some(words) = machine.command_line.take() {
            machine.insert_command_line(&words, folder)?;
        }
        Ok(machine)
    }

    /// Adds to the kernel command line what the emulator needs. What it boots from may
    /// not be ours, so this may not be written there.
    fn add_words_of_emulator(&mut self) {
        if self.emulator == Emulator::V86 {
            *self = self.clone().more_words(v86::COMMAND_LINE);
        }
    }

    /// From now on boots from a copy of the floppy, which it puts into `folder`.
    fn copy_boot_floppy(&mut self, folder: &Path) -> Result<()> {
        copy_into(self.boot_image()?, &folder.join("floppy.img"))
    }

    /// Gives the machine a ROM, which it puts into `folder`, with the command line of
    /// what it boots from and `words`. What it boots from is not changed.
    fn insert_command_line(&mut self, words: &str, folder: &Path) -> Result<()> {
        let line = image::command_line_with(self.boot_image()?, words)?;
        let rom = folder.join("command-line.rom");
        std::fs::write(&rom, line_rom::rom(&line)).with_context(|| format!("{}", rom.display()))?;
        self.option_roms.push(rom);
        Ok(())
    }

    /// What the machine boots from.
    fn boot_image(&mut self) -> Result<&mut PathBuf> {
        if self.boot_from_second_disk {
            return self.second_disk.as_mut().context("there is no second disk");
        }
        if !self.boot_from_floppy {
            return Ok(&mut self.image);
        }
        self.floppies[0]
            .as_mut()
            .and_then(|drive| drive.image.as_mut())
            .context("there is no floppy to boot from")
    }
}

/// Copies the file `image` to `copy`, which it names from then on.
fn copy_into(image: &mut PathBuf, copy: &Path) -> Result<()> {
    std::fs::copy(&*image, copy).with_context(|| format!("{}", image.display()))?;
    *image = copy.to_path_buf();
    Ok(())
}

/// A running guest.
pub struct Guest {
    console: Box<dyn Console>,
    serial: Serial,
    second_serial: Serial,
    /// How much of the serial line expectations have consumed.
    seen: usize,
    prompt: Prompt,
    end: Option<End>,
    process: Process,
    _folder: TempDir,
}

impl Guest {
    /// Sends `text` over the serial line.
    pub fn send(&mut self, text: &str) -> Result<()> {
        self.serial.send(text)
    }

    /// Types `text` on the keyboard.
    pub fn type_keys(&mut self, text: &str) -> Result<()> {
        for character in text.chars() {
            self.console.type_key(character)?;
        }
        Ok(())
    }

    /// Presses keys together and releases them: `alt-f2`, by QEMU's names for
    /// keys. In Bochs, whose terminal knows no keys but characters, these are
    /// Alt with F1 to F4.
    pub fn press(&mut self, keys: &str) -> Result<()> {
        self.console.press(&keys.split('-').collect::<Vec<_>>())
    }

    /// Types `line` and Enter at a prompt on the screen and waits for the next
    /// prompt.
    pub fn type_line(&mut self, line: &str, limit: Duration) -> Result<Screen> {
        let before = self.expect_screen_prompt(limit)?;
        self.type_keys(line)?;
        self.expect_screen_that("the echo of what was typed", limit, |screen| {
            *screen != before
        })?;
        let typed = self.console.screen()?;
        self.type_keys("\n")?;
        self.expect_screen_that("the cursor on a new line", limit, |screen| *screen != typed)?;
        self.expect_screen_prompt(limit)
    }

    /// What the screen shows.
    pub fn screen(&mut self) -> Result<Screen> {
        self.console.screen()
    }

    /// Writes a picture of the screen as PNG (QEMU only).
    pub fn picture(&mut self, target: &Path) -> Result<()> {
        self.console.picture(target)
    }

    /// Takes the floppy out of `drive` and puts `image` in (QEMU only).
    pub fn change_floppy(&mut self, drive: usize, image: Option<&Path>) -> Result<()> {
        self.console.change_floppy(drive, image)
    }

    /// Sends `text` over the second serial line.
    pub fn send_second(&mut self, text: &str) -> Result<()> {
        self.second_serial.send(text)
    }

    /// Sends a break over the second serial line (QEMU only).
    pub fn send_break_second(&mut self) -> Result<()> {
        self.console.send_break()
    }

    /// Everything that has come over the second serial line.
    pub fn second_serial(&self) -> String {
        self.second_serial.received()
    }

    /// Waits until `text` has come over the second serial line.
    pub fn expect_second(&mut self, text: &str, limit: Duration) -> Result<()> {
        self.expect_second_behind(0, text, limit).map(drop)
    }

    /// Sends `text` over the second serial line, waits until `answer` comes back, and
    /// gives what has come from then on.
    pub fn ask_second(&mut self, text: &str, answer: &str, limit: Duration) -> Result<String> {
        let before = self.second_serial.received().len();
        self.send_second(text)?;
        self.expect_second_behind(before, answer, limit)
    }

    fn expect_second_behind(
        &mut self,
        start: usize,
        text: &str,
        limit: Duration,
    ) -> Result<String> {
        let deadline = Instant::now() + limit;
        loop {
            let received = self.second_serial.received();
            let news = received.get(start..).unwrap_or_default();
            if news.contains(text) {
                return Ok(news.to_owned());
            }
            let what = format!("{text:?} on the second serial line");
            self.go_on(&what, deadline, &received)?;
            self.second_serial
                .wait_for_more(received.len(), Duration::from_millis(50));
        }
    }

    /// Everything that has come over the serial line.
    pub fn serial(&self) -> String {
        self.serial.received()
    }

    /// Waits until `text` comes over the serial line, and gives what came
    /// before it since the last expectation.
    ///
    /// # Errors
    /// Where it does not come within `limit`, the kernel panics or the machine
    /// ends. The error shows the screen and the tail of the line.
    pub fn expect_serial(&mut self, text: &str, limit: Duration) -> Result<String> {
        let what = format!("{text:?} on the serial line");
        self.expect(&what, limit, |news| {
            news.find(text).map(|start| (start, start + text.len()))
        })
    }

    /// Sends the line `command` to the shell on the serial line, waits for the
    /// next prompt and gives what the command printed.
    ///
    /// The prompt must be there when this is called.
    pub fn command(&mut self, command: &str) -> Result<String> {
        self.command_within(command, COMMAND_TIME)
    }

    /// [`Guest::command`] with another time limit.
    pub fn command_within(&mut self, command: &str, limit: Duration) -> Result<String> {
        self.send(&format!("{command}\n"))?;
        let echo = format!("{command}\r\n");
        self.expect(&format!("the echo of {command:?}"), limit, |news| {
            news.find(&echo).map(|start| (start, start + echo.len()))
        })?;
        self.expect_prompt(&format!("the prompt after {command:?}"), limit)
    }

    /// Waits for a prompt with nothing behind it; gives what came before it.
    pub fn expect_prompt(&mut self, what: &str, limit: Duration) -> Result<String> {
        let prompt = self.prompt.clone();
        let output = self.expect(what, limit, |news| {
            let start = prompt.start_in(news)?;
            Some((start, news.len()))
        })?;
        Ok(output.replace("\r\n", "\n"))
    }

    /// Waits until the screen, as one text, satisfies `test`.
    ///
    /// # Errors
    /// As [`Guest::expect_serial`]; `what` says what was waited for.
    pub fn expect_screen_that(
        &mut self,
        what: &str,
        limit: Duration,
        test: impl Fn(&Screen) -> bool,
    ) -> Result<Screen> {
        let deadline = Instant::now() + limit;
        loop {
            let screen = self.console.screen()?;
            if test(&screen) {
                return Ok(screen);
            }
            self.go_on(what, deadline, &screen.text())?;
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits until `text` stands in a line of the screen.
    pub fn expect_screen(&mut self, text: &str, limit: Duration) -> Result<Screen> {
        let what = format!("{text:?} on the screen");
        self.expect_screen_that(&what, limit, |screen| screen.text().contains(text))
    }

    /// Waits until the last line of the screen is a prompt and nothing else.
    pub fn expect_screen_prompt(&mut self, limit: Duration) -> Result<Screen> {
        let prompt = self.prompt.clone();
        self.expect_screen_that("the prompt on the screen", limit, |screen| {
            prompt.is_line(screen.last_line())
        })
    }

    /// Waits until `text` has come over the serial line or stands on the
    /// screen.
    pub fn expect_anywhere(&mut self, text: &str, limit: Duration) -> Result<()> {
        let deadline = Instant::now() + limit;
        loop {
            let received = self.serial.received();
            if received.contains(text) || self.console.screen()?.text().contains(text) {
                return Ok(());
            }
            self.go_on(&format!("{text:?}"), deadline, &received)?;
            self.serial
                .wait_for_more(received.len(), Duration::from_millis(50));
        }
    }

    /// Gives the picture time to catch up with the guest.
    pub fn settle(&mut self) {
        std::thread::sleep(SETTLE_TIME);
    }

    /// Waits until the emulator has ended and says how.
    pub fn wait_end(&mut self, limit: Duration) -> Result<End> {
        if self.end.is_none() && self.process.wait(limit)?.is_none() {
            bail!(self.failure(&format!("still running after {} s", limit.as_secs())));
        }
        self.poll_end()?
            .ok_or_else(|| anyhow!("the emulator has not ended"))
    }

    /// Cuts the power: kills the emulator. What the guest's disk has taken stays
    /// in the image, as both emulators write to the host's file at once. Gives
    /// everything that came over the serial line.
    pub fn cut_power(mut self) -> Result<String> {
        self.process.kill()?;
        Ok(self.serial.into_received())
    }

    /// What the emulator itself has printed so far.
    pub fn emulator_output(&self) -> String {
        self.process.output()
    }

    /// The process id of the emulator.
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// How the emulator ended, or `None` while it runs.
    pub fn poll_end(&mut self) -> Result<Option<End>> {
        if self.end.is_none()
            && let Some(status) = self.process.wait(Duration::ZERO)?
        {
            self.end = Some(self.console.end(status, &self.process.output()));
        }
        Ok(self.end.clone())
    }

    /// Screen and serial tail under a headline: what an error shows.
    pub fn failure(&mut self, headline: &str) -> String {
        let screen = match self.console.screen() {
            Ok(screen) => screen.to_string(),
            Err(error) => format!("(no screen: {error:#})\n"),
        };
        let received = self.serial.received().replace('\r', "");
        let lines: Vec<&str> = received.lines().collect();
        let tail = lines[lines.len().saturating_sub(TAIL)..].join("\n");
        format!("{headline}\nlast screen:\n{screen}serial line:\n{tail}\n")
    }

    fn expect(
        &mut self,
        what: &str,
        limit: Duration,
        find: impl Fn(&str) -> Option<(usize, usize)>,
    ) -> Result<String> {
        let deadline = Instant::now() + limit;
        loop {
            let received = self.serial.received();
            let news = received.get(self.seen..).unwrap_or_default();
            if let Some((start, end)) = find(news) {
                self.seen += end;
                return Ok(news[..start].to_string());
            }
            self.go_on(what, deadline, news)?;
            self.serial
                .wait_for_more(received.len(), Duration::from_millis(50));
        }
    }

    /// Whether there is still a point in waiting for `what`.
    fn go_on(&mut self, what: &str, deadline: Instant, news: &str) -> Result<()> {
        let trouble = if news.contains(KERNEL_PANIC) {
            // Let it print the rest.
            std::thread::sleep(Duration::from_millis(500));
            "the kernel panicked".to_string()
        } else if Instant::now() > deadline {
            "time is over".to_string()
        } else if let Some(end) = self.poll_end()? {
            format!("the machine is off: {end}")
        } else {
            return Ok(());
        };
        let headline = format!("waited for {what}, but {trouble}");
        bail!(self.failure(&headline))
    }
}
