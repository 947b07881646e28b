// SPDX-License-Identifier: GPL-2.0-or-later
//! `make run` and `make qemu` in a terminal: a person's keys reach the guest,
//! its screen the person, and the terminal is left as it was found.

use std::io::{Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use guest::PROMPT_TIME;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use tempfile::TempDir;

use crate::common::{self, LIMIT, copy_of_image, name};

/// A terminal a little higher than the guest's screen.
const SIZE: PtySize = PtySize {
    rows: 30,
    cols: 90,
    pixel_width: 0,
    pixel_height: 0,
};

#[test]
#[ignore = "needs Bochs and the image"]
fn bochs_in_a_terminal() -> Result<()> {
    use_and_leave("bochs")
}

#[test]
#[ignore = "needs QEMU and the image"]
fn qemu_in_a_terminal() -> Result<()> {
    use_and_leave("qemu")
}

#[test]
#[ignore = "needs v86 and the image"]
fn v86_in_a_terminal() -> Result<()> {
    if !common::has_v86("v86_in_a_terminal")? {
        return Ok(());
    }
    use_and_leave("v86")?;
    halt("v86")
}

fn use_and_leave(emulator: &str) -> Result<()> {
    let mut session = Session::start(emulator)?;
    session.use_the_shell()?;
    ensure!(session.text().contains("Control-] leaves"));
    session.leave("\x1d")
}

#[test]
#[ignore = "needs the emulators and the image"]
fn halt_gives_the_terminal_back() -> Result<()> {
    for emulator in ["bochs", "qemu"] {
        halt(emulator)?;
    }
    Ok(())
}

fn halt(emulator: &str) -> Result<()> {
    let mut session = Session::start(emulator)?;
    session.expect_prompt(PROMPT_TIME)?;
    session.leave("halt\r")
}

/// As `make period` does, with two disks besides.
#[test]
#[ignore = "needs the emulators, the image and the floppy"]
fn a_floppy_boots_in_a_terminal() -> Result<()> {
    let floppy = common::image().with_file_name("floppy.img");
    let before = std::fs::read(&floppy)?;
    let (_folder, second) = copy_of_image()?;
    for emulator in ["bochs", "qemu"] {
        let words = [
            "--boot-floppy",
            "--floppy",
            name(&floppy)?,
            "--second-disk",
            name(&second)?,
            "--memory=16",
            "--command-line=root=/dev/hd2",
        ];
        let mut session = Session::start_with(emulator, &words)?;
        session.expect_prompt(PROMPT_TIME)?;
        session.type_keys("clear; mount /dev/hd7 /mnt; df; free\r")?;
        session.expect("both disks", |text| text.contains("/dev/hd7"))?;
        session.leave("\x1d")?;
    }
    ensure!(std::fs::read(floppy)? == before, "not a copy");
    Ok(())
}

/// A terminal in which `guest run` runs.
struct Session {
    terminal: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    screen: Arc<Mutex<vt100::Parser>>,
    guest: Box<dyn Child + Send + Sync>,
    /// The terminal's settings at the start.
    before: String,
    _folder: TempDir,
}

impl Session {
    fn start(emulator: &str) -> Result<Self> {
        Self::start_with(emulator, &[])
    }

    fn start_with(emulator: &str, words: &[&str]) -> Result<Self> {
        let (folder, disk) = copy_of_image()?;
        let pair = native_pty_system().openpty(SIZE)?;
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_guest"));
        command.args(["run", "--emulator", emulator, "--disk"]);
        command.arg(&disk);
        command.arg("--folder");
        command.arg(folder.path());
        command.args(words);
        command.env_remove("DISPLAY");
        command.env("TERM", "xterm");
        let before = settings(&*pair.master)?;
        let guest = pair.slave.spawn_command(command)?;
        let mut output = pair.master.try_clone_reader()?;
        let screen = Arc::new(Mutex::new(vt100::Parser::new(SIZE.rows, SIZE.cols, 0)));
        let sink = Arc::clone(&screen);
        std::thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut chunk) {
                lock(&sink).process(&chunk[..count]);
            }
        });
        Ok(Self {
            keys: pair.master.take_writer()?,
            terminal: pair.master,
            screen,
            guest,
            before,
            _folder: folder,
        })
    }

    fn text(&self) -> String {
        lock(&self.screen).screen().contents()
    }

    fn type_keys(&mut self, keys: &str) -> Result<()> {
        self.keys.write_all(keys.as_bytes()).context("the terminal")
    }

    fn expect_within(
        &mut self,
        what: &str,
        limit: Duration,
        test: impl Fn(&str) -> bool,
    ) -> Result<()> {
        let deadline = Instant::now() + limit;
        while !test(&self.text()) {
            if let Some(status) = self.guest.try_wait()? {
                bail!("waited for {what}, but it ended: {status}\n{}", self.text());
            }
            ensure!(
                Instant::now() < deadline,
                "waited for {what}\n{}",
                self.text()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    fn expect(&mut self, what: &str, test: impl Fn(&str) -> bool) -> Result<()> {
        self.expect_within(what, LIMIT, test)
    }

    /// Waits until the last line of the guest's screen is a prompt. Below the
    /// guest's screen stands a line of our own.
    fn expect_prompt(&mut self, limit: Duration) -> Result<()> {
        self.expect_within("the prompt", limit, |text| {
            let of_guest = |line: &&str| !line.contains("Control-]") && !line.trim().is_empty();
            text.lines().rfind(of_guest).map(str::trim) == Some("root:/usr/root#")
        })
    }

    /// Types a command and interrupts another.
    fn use_the_shell(&mut self) -> Result<()> {
        self.expect_prompt(PROMPT_TIME)?;
        self.type_keys("echo ty''ped\r")?;
        self.expect("the output", |text| {
            text.lines().any(|line| line.trim() == "typed")
        })?;
        self.expect_prompt(LIMIT)?;
        self.type_keys("/usr/lib/tests/t_spin; echo sta''tus $?\r")?;
        self.expect("the echo", |text| text.contains("t_spin"))?;
        // Let it get going: it runs until it is ended.
        std::thread::sleep(Duration::from_millis(500));
        self.type_keys("\x03")?;
        // 128 and SIGINT, or an interrupted list of commands.
        self.expect_prompt(LIMIT)
    }

    /// Types `keys`, after which the program must end well and have put the
    /// terminal back.
    fn leave(mut self, keys: &str) -> Result<()> {
        ensure!(settings(&*self.terminal)? != self.before, "not raw");
        self.type_keys(keys)?;
        let deadline = Instant::now() + LIMIT;
        let status = loop {
            match self.guest.try_wait()? {
                Some(status) => break status,
                None => ensure!(Instant::now() < deadline, "it goes on\n{}", self.text()),
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        ensure!(status.success(), "{status}\n{}", self.text());
        let after = settings(&*self.terminal)?;
        ensure!(after == self.before, "{}\n{after}", self.before);
        self.settle();
        let screen = lock(&self.screen);
        ensure!(!screen.screen().alternate_screen(), "on the second screen");
        ensure!(!screen.screen().hide_cursor(), "no cursor");
        ensure!(!screen.screen().application_cursor(), "other cursor keys");
        Ok(())
    }

    /// Gives the collector of the output time for the last of it.
    fn settle(&self) {
        std::thread::sleep(Duration::from_millis(200));
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // It has ended already where the test went well.
        let _ = self.guest.kill();
        let _ = self.guest.wait();
    }
}

fn settings(terminal: &dyn MasterPty) -> Result<String> {
    let modes = terminal.get_termios().context("the terminal's settings")?;
    Ok(format!("{modes:?}"))
}

fn lock(screen: &Mutex<vt100::Parser>) -> MutexGuard<'_, vt100::Parser> {
    screen.lock().unwrap_or_else(PoisonError::into_inner)
}
