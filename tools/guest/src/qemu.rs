// SPDX-License-Identifier: GPL-2.0-or-later
//! How QEMU is called, and its monitor.
//!
//! The monitor speaks QMP: a line of JSON for each command and answer, with
//! events in between (QEMU's "QMP Reference Manual").

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use serde_json::{Value, json};

use crate::machine::{Console, End, FIRST_DISK, FloppyDrive, Machine, Place, SECOND_DISK};
use crate::process::Process;
use crate::screen::Screen;
use crate::{image, keys, picture};

/// VGA text memory.
const TEXT_MEMORY: u64 = 0xB8000;
const TEXT_MEMORY_BYTES: u64 = 0x8000;
/// How long a key is held down and how long the answer of QEMU may take.
const KEY_TIME: Duration = Duration::from_millis(20);
const ANSWER_TIME: Duration = Duration::from_secs(20);
/// What the guest writes to port F4h to switch off, as QEMU's status.
const SHUTDOWN_STATUS: i32 = 0x31 << 1 | 1;

/// The call of QEMU with `memory` megabytes and `image` as the first disk;
/// display and serial line are left to the caller. A restart of the guest ends
/// QEMU; a throw-away run leaves the image as it is.
pub fn command(image: &Path, memory: u32, throw_away: bool) -> Result<Command> {
    let mut command = bare_machine(memory);
    add_disk(&mut command, FIRST_DISK, image, throw_away)?;
    Ok(command)
}

/// The call without a disk.
fn bare_machine(memory: u32) -> Command {
    let mut command = Command::new("qemu-system-i386");
    command.args([
        "-machine",
        "pc",
        "-accel",
        "tcg",
        "-cpu",
        "pentium",
        "-nodefaults",
    ]);
    command.args(["-vga", "std", "-no-reboot", "-m", &memory.to_string()]);
    command.args(["-device", "isa-debug-exit,iobase=0xf4,iosize=4"]);
    command
}

/// Adds the disk `image`.
fn add_disk(command: &mut Command, place: Place, image: &Path, throw_away: bool) -> Result<()> {
    let Place { channel, unit } = place;
    let number = place.number();
    let geometry = image::geometry(image)?;
    let snapshot = if throw_away { "on" } else { "off" };
    command.arg("-drive").arg(format!(
        "file={},format=raw,if=none,id=disk{number},snapshot={snapshot}",
        image.display()
    ));
    command.arg("-device").arg(format!(
        "ide-hd,id=ide{number},drive=disk{number},bus=ide.{channel},unit={unit},cyls={},heads={},secs={}",
        geometry.cylinders, geometry.heads, geometry.sectors,
    ));
    Ok(())
}

/// Has the first disk of `machine` fail where `which` says.
fn fail(command: &mut Command, machine: &Machine, which: &str, folder: &Path) -> Result<()> {
    let Machine { place, image, .. } = machine;
    let rule = format!("[inject-error]\nevent = \"none\"\n{which}\nerrno = \"5\"\n");
    let rules = folder.join("blkdebug");
    std::fs::write(&rules, rule).with_context(|| format!("{}", rules.display()))?;
    let (rules, image) = (rules.display(), image.display());
    let file = format!("blkdebug:{rules}:{image}");
    command.args(["-set", &format!("drive.disk{}.file={file}", place.number())]);
    Ok(())
}

/// Has the BIOS boot from the disk at `place`, and call it its first.
fn boot_from(command: &mut Command, place: Place) {
    let number = place.number();
    command.args(["-set", &format!("device.ide{number}.bootindex=0")]);
}

/// Adds floppy drive `unit`.
fn add_floppy(command: &mut Command, unit: usize, drive: &FloppyDrive) {
    let mut device = format!("floppy,id=floppy{unit},unit={unit},drive-type=144");
    if let Some(image) = &drive.image {
        let read_only = if drive.write_protected { "on" } else { "off" };
        command.arg("-drive").arg(format!(
            "file={},format=raw,if=none,id=medium{unit},readonly={read_only}",
            image.display()
        ));
        device.push_str(&format!(",drive=medium{unit}"));
    }
    command.args(["-device", &device]);
}

/// The kind of window that this QEMU can open here, if any.
pub(crate) fn window() -> Result<Option<String>> {
    if std::env::var_os("DISPLAY").is_none_or(|name| name.is_empty()) {
        return Ok(None);
    }
    let output = Command::new("qemu-system-i386")
        .args(["-display", "help"])
        .output()
        .context("can't start qemu-system-i386: run `make setup`")?;
    let known = String::from_utf8_lossy(&output.stdout).into_owned();
    let found = known
        .lines()
        .map(str::trim)
        .find(|name| matches!(*name, "gtk" | "sdl"));
    Ok(found.map(String::from))
}

/// The call of QEMU for `machine`; display and serial lines are left to the caller.
pub(crate) fn machine_command(machine: &Machine) -> Result<Command> {
    let mut command = bare_machine(machine.memory);
    add_disk(&mut command, machine.place, &machine.image, false)?;
    if let Some(disk) = &machine.second_disk {
        add_disk(&mut command, SECOND_DISK, disk, false)?;
    }
    for (unit, drive) in machine.floppies.iter().enumerate() {
        if let Some(drive) = drive {
            add_floppy(&mut command, unit, drive);
        }
    }
    if machine.boot_from_floppy {
        command.args(["-boot", "a"]);
    }
    for rom in &machine.option_roms {
        command.arg("-option-rom").arg(rom);
    }
    if machine.boot_from_second_disk {
        boot_from(&mut command, SECOND_DISK);
    } else if machine.place != FIRST_DISK {
        boot_from(&mut command, machine.place);
    }
    Ok(command)
}

/// Starts QEMU for a test: no display, monitor and serial lines connected to us.
pub(crate) fn start(
    machine: &Machine,
    serial: [SocketAddr; 2],
    folder: &Path,
) -> Result<(Process, MonitorListener)> {
    let monitor = MonitorListener::bind(folder)?;
    let mut command = machine_command(machine)?;
    if let Some(which) = &machine.disk_error {
        fail(&mut command, machine, which, folder)?;
    }
    command.args(["-display", "none"]);
    for (line, address) in (1..).zip(serial) {
        command.arg("-chardev").arg(format!(
            "socket,id=com{line},host={},port={}",
            address.ip(),
            address.port()
        ));
        command.arg("-serial").arg(format!("chardev:com{line}"));
    }
    command
        .arg("-chardev")
        .arg(format!("socket,id=qmp,path={}", monitor.path.display()));
    command.args(["-mon", "chardev=qmp,mode=control"]);
    match &machine.event_log {
        Some((event, log)) => (command.arg("-d").arg(format!("trace:{event}")))
            .arg("-D")
            .arg(log),
        None => (command.args(["-d", "cpu_reset", "-D"])).arg(folder.join("reset.log")),
    };
    Ok((Process::start(&mut command)?, monitor))
}

/// Waits for QEMU to connect its monitor.
pub(crate) struct MonitorListener {
    listener: UnixListener,
    folder: PathBuf,
    path: PathBuf,
}

impl MonitorListener {
    fn bind(folder: &Path) -> Result<Self> {
        let path = folder.join("monitor");
        let listener = UnixListener::bind(&path).context("a socket for QEMU's monitor")?;
        listener.set_nonblocking(true)?;
        Ok(Self {
            listener,
            folder: folder.to_path_buf(),
            path,
        })
    }

    /// Waits until QEMU has connected, or ended, or `limit` is over.
    pub(crate) fn accept(self, qemu: &mut Process, limit: Duration) -> Result<Monitor> {
        let deadline = Instant::now() + limit;
        loop {
            if let Ok((stream, _)) = self.listener.accept() {
                let monitor = Monitor::new(stream, self.folder);
                // It opens the monitor before the disks, and ends when it can't have one.
                if monitor.is_err() && qemu.wait(ANSWER_TIME)?.is_some() {
                    bail!("QEMU did not start; it said:\n{}", qemu.output());
                }
                return monitor;
            }
            if qemu.has_ended()? || Instant::now() > deadline {
                bail!("QEMU did not start; it said:\n{}", qemu.output());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// An open monitor.
pub struct Monitor {
    commands: UnixStream,
    answers: BufReader<UnixStream>,
    folder: PathBuf,
    last_screen: Option<Screen>,
}

impl Monitor {
    fn new(stream: UnixStream, folder: PathBuf) -> Result<Self> {
        stream.set_nonblocking(false)?;
        stream.set_read_timeout(Some(ANSWER_TIME))?;
        let answers = BufReader::new(stream.try_clone()?);
        let mut monitor = Self {
            commands: stream,
            answers,
            folder,
            last_screen: None,
        };
        monitor.execute("qmp_capabilities", &json!({}))?;
        Ok(monitor)
    }

    /// Runs a QMP command and gives its answer.
    fn execute(&mut self, command: &str, arguments: &Value) -> Result<Value> {
        let what = || format!("QEMU's monitor, command {command}");
        let line = json!({"execute": command, "arguments": arguments});
        writeln!(self.commands, "{line}").with_context(what)?;
        loop {
            let mut line = String::new();
            if self.answers.read_line(&mut line).with_context(what)? == 0 {
                bail!("QEMU has closed its monitor");
            }
            let mut answer: Value = serde_json::from_str(&line).with_context(what)?;
            if let Some(error) = answer.get("error") {
                bail!("QEMU's monitor, command {command}: {error}");
            }
            if let Some(value) = answer.get_mut("return") {
                return Ok(value.take());
            }
        }
    }

    /// Runs a command of the human monitor.
    fn human(&mut self, line: &str) -> Result<String> {
        let answer = self.execute("human-monitor-command", &json!({"command-line": line}))?;
        Ok(answer.as_str().unwrap_or_default().to_string())
    }

    /// Reads a byte from an I/O port.
    fn port(&mut self, port: u16) -> Result<u8> {
        let answer = self.human(&format!("i /b {port:#x}"))?;
        let value = answer.rsplit("0x").next().unwrap_or_default().trim();
        u8::from_str_radix(value, 16).with_context(|| format!("port {port:#x}: {answer:?}"))
    }

    /// Reads text memory and where on it the picture starts. The guest stands
    /// still for this, as the index register of the CRT controller is its own.
    fn read_screen(&mut self) -> Result<Screen> {
        const INDEX: u16 = 0x3D4;
        const DATA: u16 = 0x3D5;
        self.execute("stop", &json!({}))?;
        let index = self.port(INDEX)?;
        let mut register = |number: u8| {
            self.human(&format!("o /b {INDEX:#x} {number}"))?;
            self.port(DATA)
        };
        let origin = u16::from_be_bytes([register(0x0C)?, register(0x0D)?]);
        self.human(&format!("o /b {INDEX:#x} {index}"))?;
        let file = self.folder.join("text-memory");
        let area = json!({"val": TEXT_MEMORY, "size": TEXT_MEMORY_BYTES, "filename": file});
        self.execute("pmemsave", &area)?;
        self.execute("cont", &json!({}))?;
        Ok(Screen::from_text_memory(
            &fs::read(&file)?,
            usize::from(origin),
        ))
    }

    /// Why QEMU ended: the reason of its last event SHUTDOWN.
    fn shutdown_reason(&mut self) -> Option<String> {
        let mut reason = None;
        let mut line = String::new();
        while let Ok(1..) = self.answers.read_line(&mut line) {
            let event: Value = serde_json::from_str(&line).unwrap_or_default();
            if event["event"] == "SHUTDOWN" {
                reason = event["data"]["reason"].as_str().map(String::from);
            }
            line.clear();
        }
        reason
    }
}

impl Console for Monitor {
    fn type_key(&mut self, character: char) -> Result<()> {
        let names = keys::for_character(character)
            .ok_or_else(|| anyhow!("no key of the keyboard makes {character:?}"))?;
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        self.press(&names)
    }

    fn press(&mut self, keys: &[&str]) -> Result<()> {
        let keys: Vec<Value> = keys
            .iter()
            .map(|name| json!({"type": "qcode", "data": name}))
            .collect();
        let hold = KEY_TIME.as_millis() as u64 / 2;
        self.execute("send-key", &json!({"keys": keys, "hold-time": hold}))?;
        std::thread::sleep(KEY_TIME);
        Ok(())
    }

    fn send_break(&mut self) -> Result<()> {
        self.execute("chardev-send-break", &json!({"id": "com2"}))
            .map(drop)
    }

    fn screen(&mut self) -> Result<Screen> {
        match (self.read_screen(), &self.last_screen) {
            (Ok(screen), _) => Ok(self.last_screen.insert(screen).clone()),
            // QEMU may have ended by now.
            (Err(_), Some(screen)) => Ok(screen.clone()),
            (Err(error), None) => Err(error),
        }
    }

    fn picture(&mut self, target: &Path) -> Result<()> {
        let file = self.folder.join("screen.ppm");
        self.execute("screendump", &json!({"filename": file}))?;
        picture::ppm_to_png(&fs::read(&file)?, target)
    }

    fn change_floppy(&mut self, drive: usize, image: Option<&Path>) -> Result<()> {
        let id = format!("floppy{drive}");
        match image {
            Some(image) => {
                let medium = json!({"id": id, "filename": image, "format": "raw"});
                self.execute("blockdev-change-medium", &medium)?;
            }
            None => {
                self.execute("eject", &json!({"id": id, "force": true}))?;
            }
        }
        Ok(())
    }

    fn end(&mut self, status: ExitStatus, output: &str) -> End {
        let log = fs::read_to_string(self.folder.join("reset.log")).unwrap_or_default();
        if log.contains("Triple fault") {
            return End::TripleFault;
        }
        match self.shutdown_reason().as_deref() {
            Some("guest-shutdown") => End::Shutdown,
            Some("guest-reset") => End::Restart,
            _ if status.code() == Some(SHUTDOWN_STATUS) => End::Shutdown,
            _ => End::Other(format!("{status} {output}")),
        }
    }
}

/// What the end of a QEMU without our monitor, having printed `output`, means:
/// a guest that restarts and a person who closes the window look the same.
pub(crate) fn end(status: ExitStatus, output: &str) -> End {
    match status.code() {
        Some(0 | SHUTDOWN_STATUS) => End::Shutdown,
        _ => End::Other(format!("{status} {output}").trim_end().to_string()),
    }
}
