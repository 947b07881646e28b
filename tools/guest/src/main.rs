// SPDX-License-Identifier: GPL-2.0-or-later
//! `guest`: boots the disk image in Bochs, QEMU or v86.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::{Args, Parser, Subcommand};
use guest::symbols::Symbols;
use guest::{Emulator, End, Guest, Machine, PROMPT, PROMPT_TIME, Prompt};
use guest::{bench, debug, interactive, latency, lock, profile, shared_screen, soak};

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
    /// Boots for a person: in a window, in the terminal, or on a tour.
    Run(Run),
    /// Stops Bochs at the kernel's entry, with its symbols loaded.
    Debug(Debug),
    /// Stops QEMU in the kernel's main, with gdb attached.
    Gdb(Debug),
    /// Shows the guest of a debugger in another terminal, and takes its keys.
    Screen {
        /// The folder that the debugger was given.
        #[arg(long, default_value = "build")]
        folder: PathBuf,
    },
    /// Writes the kernel's symbols for Bochs (`ldsym global "FILE"`).
    Symbols {
        /// The kernel as ELF.
        kernel: PathBuf,
        /// The file to write.
        output: PathBuf,
    },
    /// Boots in QEMU, types, and writes a picture of the screen.
    Screenshot(Screenshot),
    /// Measures the kernel in Bochs and prints the table.
    Bench(Bench),
    /// Measures two images and prints their table.
    BenchCompare(BenchCompare),
    /// Measures both editions and writes what their operations may cost.
    BenchCeilings(BenchCeilings),
    /// Samples a boot, a job or a call in Bochs: where its instructions go.
    Profile(Profile),
    /// Measures in Bochs how long interrupts are masked; prints the worst ten.
    Latency(Latency),
    /// Makes random system calls in the guest, by the million, in pieces.
    Soak(Soak),
}

#[derive(Args)]
struct Run {
    /// The disk, which the guest writes to; a tour works on a copy.
    #[arg(long, default_value = "build/disk.img")]
    disk: PathBuf,
    #[command(flatten)]
    parts: Parts,
    /// Where logs go.
    #[arg(long, default_value = "build")]
    folder: PathBuf,
}

/// What a machine has besides its first disk.
#[derive(Args)]
struct Parts {
    /// The emulator.
    #[arg(long, value_enum, default_value = "bochs")]
    emulator: Emulator,
    /// The second disk. The guest writes to it.
    #[arg(long, value_name = "FILE")]
    second_disk: Option<PathBuf>,
    /// A floppy of 1.44 MB in the first drive; given again, in the second. The guest writes to it.
    #[arg(long, value_name = "FILE")]
    floppy: Vec<PathBuf>,
    /// Boots from a copy of the first floppy.
    #[arg(long, requires = "floppy")]
    boot_floppy: bool,
    /// Words added to the kernel command line, for this run; a word NAME=... replaces the old one.
    #[arg(long, value_name = "WORDS")]
    command_line: Option<String>,
    /// Megabytes of memory.
    #[arg(long, default_value_t = 32)]
    memory: u32,
    /// What the guest's shell says when it waits, as a regular expression.
    #[arg(long, value_name = "REGEX", default_value = PROMPT, value_parser = Prompt::new)]
    prompt: Prompt,
}

impl Parts {
    /// The machine with `disk` as its first one.
    fn machine(&self, disk: &Path) -> Result<Machine> {
        let mut machine = Machine::new(self.emulator, disk)
            .memory(self.memory)
            .prompt(self.prompt.clone());
        if let Some(words) = &self.command_line {
            machine = machine.command_line(words);
        }
        if let Some(disk) = &self.second_disk {
            machine = machine.second_disk(disk);
        }
        if self.floppy.len() > 2 {
            bail!("a machine has two floppy drives");
        }
        for (drive, image) in self.floppy.iter().enumerate() {
            machine = machine.floppy(drive, image);
        }
        if self.boot_floppy {
            machine = machine.boot_from_floppy();
        }
        Ok(machine)
    }
}

#[derive(Args)]
struct Debug {
    /// The disk image; what the guest writes is thrown away.
    #[arg(long, default_value = "build/debugging.img")]
    image: PathBuf,
    /// The kernel as ELF.
    #[arg(long)]
    kernel: PathBuf,
    /// Words added to the kernel command line; a word NAME=... replaces the old one.
    #[arg(long)]
    command_line: Option<String>,
    /// Where logs, symbols and command files go.
    #[arg(long, default_value = "build")]
    folder: PathBuf,
}

#[derive(Args)]
struct Screenshot {
    /// The picture to write, PNG.
    output: PathBuf,
    /// The disk image. The guest works on a copy.
    #[arg(long, default_value = "build/eleven.img")]
    image: PathBuf,
    /// Commands to type, each at a prompt, or keys to press: <alt-f2>.
    #[arg(long = "type")]
    keys: Vec<String>,
}

#[derive(Args)]
struct Boot {
    /// The disk image. The guest works on a copy.
    #[arg(long, default_value = "build/eleven.img")]
    image: PathBuf,
    #[command(flatten)]
    parts: Parts,
    /// Seconds that the whole may take.
    #[arg(long, default_value_t = 20)]
    timeout: u64,
    /// Lets the guest write to the image itself.
    #[arg(long)]
    in_place: bool,
    /// A line to send over the serial line, each at a prompt there (implies console=ttyS0). \n, \t, \xNN and \\ are understood; \c at the end leaves the newline out.
    #[arg(long)]
    send: Vec<String>,
    /// A line to type on the keyboard, likewise, each at a prompt on the screen; or keys to press: <alt-f2>.
    #[arg(long = "type")]
    keys: Vec<String>,
    /// Ends with success as soon as this text has come over the serial line or stands on the screen.
    #[arg(long)]
    until: Option<String>,
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Action::Boot(boot) => boot.run(),
        Action::Run(run) => run.run(),
        Action::Debug(debug) => debug::bochs(&debug.into()),
        Action::Gdb(debug) => debug::gdb(&debug.into()),
        Action::Screen { folder } => shared_screen::show(&folder),
        Action::Symbols { kernel, output } => write_symbols(&kernel, &output),
        Action::Screenshot(screenshot) => screenshot.run(),
        Action::Bench(bench) => bench::run(&bench.into()),
        Action::BenchCompare(compare) => compare.run(),
        Action::BenchCeilings(ceilings) => ceilings.run(),
        Action::Profile(profile) => profile::run(&profile.into()),
        Action::Latency(latency) => latency::run(&latency.into()),
        Action::Soak(soak) => soak::run(&soak.into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("guest: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[derive(Args)]
struct Bench {
    /// The disk image. The guest works on a copy.
    #[arg(long, default_value = "build/eleven.img")]
    image: PathBuf,
    /// The kernel as ELF.
    #[arg(long)]
    kernel: PathBuf,
    /// The figures of the C kernel.
    #[arg(long, default_value = "docs/c-0.11-ticks.tsv")]
    reference: PathBuf,
    /// The C program, to run it on this kernel, too.
    #[arg(long)]
    c_program: Option<PathBuf>,
    /// An image of the classic kernel, to compare with that instead of the C kernel.
    #[arg(long)]
    classic: Option<PathBuf>,
}

#[derive(Args)]
struct BenchCompare {
    /// The image to compare with.
    old: PathBuf,
    /// The image to compare.
    new: PathBuf,
    /// What they are called.
    #[arg(long, num_args = 2, default_values = ["OLD", "NEW"])]
    names: Vec<String>,
}

impl BenchCompare {
    fn run(&self) -> Result<()> {
        let [old, new] = [&self.names[0], &self.names[1]];
        print!("{}", bench::compare((old, &self.old), (new, &self.new))?);
        Ok(())
    }
}

#[derive(Args)]
struct BenchCeilings {
    #[command(flatten)]
    bench: Bench,
    /// The image of the wide edition.
    #[arg(long, default_value = "build/wide.img")]
    wide: PathBuf,
    /// The file to write.
    #[arg(long, default_value = "docs/bench-ceilings.tsv")]
    ceilings: PathBuf,
    /// The page whose table gets the rows of both editions.
    #[arg(long, default_value = "docs/editions.md")]
    page: PathBuf,
}

impl BenchCeilings {
    fn run(self) -> Result<()> {
        let figures = bench::measure_all(&self.bench.into(), &self.wide)?;
        let place = || format!("{}", self.page.display());
        let page = std::fs::read_to_string(&self.page).with_context(place)?;
        std::fs::write(&self.page, figures.in_page(&page)?).with_context(place)?;
        figures.write(&self.ceilings)
    }
}

#[derive(Args)]
struct Profile {
    /// The disk image. The guest works on a copy.
    #[arg(long, default_value = "build/eleven.img")]
    image: PathBuf,
    /// The kernel as ELF.
    #[arg(long)]
    kernel: PathBuf,
    /// What the guest's shell runs; a boot without this.
    #[arg(long)]
    job: Option<String>,
    /// A floppy with the kernel, for a disk that has none.
    #[arg(long)]
    floppy: Option<PathBuf>,
    /// A system call, or a function's symbol: all instructions of one call of it instead.
    #[arg(long)]
    call: Option<String>,
    /// Which call, from the begin on.
    #[arg(long, default_value_t = 1)]
    nth: usize,
}

impl From<Profile> for profile::Options {
    fn from(profile: Profile) -> Self {
        Self {
            image: profile.image,
            kernel: profile.kernel,
            job: profile.job,
            floppy: profile.floppy,
            call: profile.call.map(|name| (name, profile.nth)),
        }
    }
}

impl From<Bench> for bench::Options {
    fn from(bench: Bench) -> Self {
        Self {
            image: bench.image,
            kernel: bench.kernel,
            reference: bench.reference,
            c_program: bench.c_program,
            classic: bench.classic,
        }
    }
}

#[derive(Args)]
struct Latency {
    /// The disk image, with a kernel that measures. The guest works on a copy.
    #[arg(long, default_value = "build/latency.img")]
    image: PathBuf,
    /// That kernel as ELF.
    #[arg(long)]
    kernel: PathBuf,
    /// What the guest runs.
    #[arg(long, default_value = "usertests")]
    command: String,
    /// Seconds that it may take.
    #[arg(long, default_value_t = 600)]
    timeout: u64,
}

impl From<Latency> for latency::Options {
    fn from(latency: Latency) -> Self {
        Self {
            image: latency.image,
            kernel: latency.kernel,
            command: latency.command,
            limit: Duration::from_secs(latency.timeout),
        }
    }
}

#[derive(Args)]
struct Soak {
    /// The disk image. Each piece works on a copy.
    #[arg(long, default_value = "build/eleven.img")]
    image: PathBuf,
    /// Where the list of the pieces that are done goes, and their disk.
    #[arg(long, default_value = "build/soak")]
    folder: PathBuf,
    /// The emulator; both without this.
    #[arg(long, value_enum)]
    emulator: Option<Emulator>,
    /// Who makes the calls; both without this.
    #[arg(long, value_enum)]
    who: Option<soak::Who>,
    /// Calls in each emulator by each.
    #[arg(long, default_value_t = 1_000_000)]
    calls: u32,
    /// Calls of a piece.
    #[arg(long, default_value_t = 50_000)]
    piece: u32,
}

impl From<Soak> for soak::Options {
    fn from(soak: Soak) -> Self {
        use soak::Who;
        let (emulators, who) = (
            soak.emulator.map(|one| vec![one]),
            soak.who.map(|one| vec![one]),
        );
        Self {
            image: soak.image,
            folder: soak.folder,
            emulators: emulators.unwrap_or_else(|| vec![Emulator::Qemu, Emulator::Bochs]),
            who: who.unwrap_or_else(|| vec![Who::Guest, Who::Root]),
            calls: soak.calls,
            piece: soak.piece,
        }
    }
}

impl From<Debug> for debug::Options {
    fn from(debug: Debug) -> Self {
        Self {
            image: debug.image,
            kernel: debug.kernel,
            command_line: debug.command_line.filter(|words| !words.is_empty()),
            folder: debug.folder,
        }
    }
}

fn write_symbols(kernel: &Path, output: &Path) -> Result<()> {
    let text = Symbols::read(kernel)?.to_ldsym();
    std::fs::write(output, text).with_context(|| format!("{}", output.display()))
}

impl Screenshot {
    fn run(&self) -> Result<()> {
        let machine = Machine::new(Emulator::Qemu, &self.image).command_line("console=tty0");
        let mut guest = machine.boot()?;
        guest.expect_screen_prompt(PROMPT_TIME)?;
        for text in &self.keys {
            if text.starts_with('<') {
                type_or_press(&mut guest, text)?;
                guest.settle();
                guest.expect_screen_prompt(PROMPT_TIME)?;
            } else {
                guest.type_line(&unescape(text)?, PROMPT_TIME)?;
            }
        }
        guest.picture(&self.output)
    }
}

impl Run {
    fn run(&self) -> Result<()> {
        interactive::run(&interactive::Options {
            machine: self.parts.machine(&self.disk)?,
            folder: self.folder.clone(),
        })
    }
}

impl Boot {
    fn run(&self) -> Result<()> {
        let mut machine = self.parts.machine(&self.image)?;
        let words = self.parts.command_line.as_deref().unwrap_or_default();
        if !self.send.is_empty() && !words.contains("console=") {
            machine = machine.more_words("console=ttyS0");
        }
        let mut _lock = None;
        if self.in_place {
            _lock = Some(lock::hold(&self.image)?);
            machine = machine.in_place();
        }
        let deadline = Instant::now() + Duration::from_secs(self.timeout);
        let mut guest = machine.boot()?;
        let result = self.talk(&mut guest, deadline);
        guest.settle();
        println!("{}", guest.serial().replace('\r', ""));
        let screen = guest.screen();
        let end = guest.poll_end()?;
        match screen {
            Ok(screen) => println!("{screen}"),
            // An emulator that has ended has none.
            Err(error) if end.is_none() => return Err(error),
            Err(_) => {}
        }
        if let Some(end) = &end {
            println!("{end}");
        }
        // Input that switches the machine off leaves no prompt to wait for.
        if end == Some(End::Shutdown) && self.until.is_none() {
            Ok(())
        } else {
            result
        }
    }

    /// Gives the input piece by piece, then waits for what ends the run: the
    /// text asked for, the prompt after the last piece, or the machine off.
    fn talk(&self, guest: &mut Guest, deadline: Instant) -> Result<()> {
        let left = || deadline.saturating_duration_since(Instant::now());
        for text in &self.send {
            guest.expect_prompt("the prompt on the serial line", left())?;
            guest.send(&line(text)?)?;
        }
        for text in &self.keys {
            let before = guest.expect_screen_prompt(left())?;
            type_or_press(guest, text)?;
            guest.expect_screen_that("an echo", left(), |screen| *screen != before)?;
        }
        if let Some(text) = &self.until {
            return guest.expect_anywhere(text, left());
        }
        match (self.keys.is_empty(), self.send.is_empty()) {
            (false, _) => guest.expect_screen_prompt(left()).map(drop),
            (true, false) => guest.expect_prompt("the last prompt", left()).map(drop),
            (true, true) => guest.wait_end(left()).map(drop),
        }
    }
}

/// Types text, or presses the keys between `<` and `>`.
fn type_or_press(guest: &mut Guest, text: &str) -> Result<()> {
    match text
        .strip_prefix('<')
        .and_then(|rest| rest.strip_suffix('>'))
    {
        Some(keys) => guest.press(keys),
        None => guest.type_keys(&line(text)?),
    }
}

/// The line that `text` stands for: with the newline that is not said, unless
/// `\c` ends it.
fn line(text: &str) -> Result<String> {
    if let Some(text) = text.strip_suffix("\\c") {
        return unescape(text);
    }
    let mut line = unescape(text)?;
    if !line.ends_with('\n') {
        line.push('\n');
    }
    Ok(line)
}

/// Resolves `\n`, `\r`, `\t`, `\\` and `\xNN`.
fn unescape(text: &str) -> Result<String> {
    let mut result = String::new();
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        if character != '\\' {
            result.push(character);
            continue;
        }
        result.push(match rest.next() {
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('\\') => '\\',
            Some('x') => {
                let digits: String = rest.by_ref().take(2).collect();
                char::from(u8::from_str_radix(&digits, 16).context("two digits after \\x")?)
            }
            other => bail!("unknown escape after a backslash: {other:?}"),
        });
    }
    Ok(result)
}
