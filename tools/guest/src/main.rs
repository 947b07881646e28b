// SPDX-License-Identifier: GPL-2.0-or-later
//! `guest`: boots the disk image in Bochs or QEMU.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use guest::{Emulator, Guest, Machine, PROMPT};

#[derive(Parser)]
#[command(about)]
struct Arguments {
    #[command(subcommand)]
    command: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Boots without a display, gives input, prints the serial line as it
    /// comes and at last the screen.
    Boot(Boot),
}

#[derive(Args)]
struct Boot {
    /// The emulator.
    #[arg(long, value_enum, default_value = "bochs")]
    emulator: Emulator,
    /// The disk image. The guest works on a copy.
    #[arg(long, default_value = "build/eleven.img")]
    image: PathBuf,
    /// Words added to the kernel command line; a word NAME=... replaces the old one.
    #[arg(long)]
    command_line: Option<String>,
    /// Megabytes of memory.
    #[arg(long, default_value_t = 32)]
    memory: u32,
    /// Seconds that the whole may take.
    #[arg(long, default_value_t = 20)]
    timeout: u64,
    /// Lets the guest write to the image itself.
    #[arg(long)]
    in_place: bool,
    /// Text to send over the serial line, each at a prompt there (implies console=ttyS0). \n, \t, \xNN and \\ are understood.
    #[arg(long)]
    send: Vec<String>,
    /// Text to type on the keyboard, each at a prompt on the screen.
    #[arg(long = "type")]
    keys: Vec<String>,
    /// Ends with success as soon as this text has come over the serial line or stands on the screen.
    #[arg(long)]
    until: Option<String>,
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Action::Boot(boot) => boot.run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("guest: {error:#}");
            ExitCode::FAILURE
        }
    }
}

impl Boot {
    fn run(&self) -> Result<()> {
        let mut machine = Machine::new(self.emulator, &self.image).memory(self.memory);
        let mut words = self.command_line.clone().unwrap_or_default();
        if !self.send.is_empty() && !words.contains("console=") {
            words.push_str(" console=ttyS0");
        }
        if !words.is_empty() {
            machine = machine.command_line(&words);
        }
        if self.in_place {
            machine = machine.in_place();
        }
        let deadline = Instant::now() + Duration::from_secs(self.timeout);
        let mut guest = machine.boot()?;
        let result = self.talk(&mut guest, deadline);
        println!("{}", guest.serial().replace('\r', ""));
        println!("{}", guest.screen()?);
        if let Some(end) = guest.poll_end()? {
            println!("{end}");
        }
        result
    }

    fn talk(&self, guest: &mut Guest, deadline: Instant) -> Result<()> {
        let left = || deadline.saturating_duration_since(Instant::now());
        for text in &self.send {
            guest.expect_prompt("the prompt on the serial line", left())?;
            guest.send(&unescape(text))?;
        }
        for text in &self.keys {
            guest.expect_screen_that("the prompt on the screen", left(), |screen| {
                screen.last_line() == PROMPT.trim_end()
            })?;
            guest.type_keys(&unescape(text))?;
        }
        match &self.until {
            Some(text) => {
                while !guest.serial().contains(text) && !guest.screen()?.text().contains(text) {
                    guest.expect_screen_that(text, left().min(left()), |_| true)?;
                }
                Ok(())
            }
            None => Ok(()),
        }
    }
}

fn unescape(text: &str) -> String {
    text.replace("\\n", "\n")
}
