// SPDX-License-Identifier: GPL-2.0-or-later
//! How v86 is called: the PC in WebAssembly of the web page, run by Node.
//!
//! `tools/web/headless.js` is given the machine as JSON. It connects to us as the
//! other emulators do, and once more for keys and screen: it takes lines of
//! scancodes, and sends each new screen as a line of JSON.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde_json::json;

use crate::keys;
use crate::machine::{Console, End, FIRST_DISK, Machine};
use crate::process::Process;
use crate::screen::{LINES, Screen};
use crate::serial::Listener;

/// v86 reads TSSs with the rights of ring 3, for which the kernel takes this word
/// (docs/v86.md).
pub(crate) const COMMAND_LINE: &str = "expose-tss";
/// The BIOSes that the web page has.
const BIOS: &str = "/usr/share/seabios/bios.bin";
const VIDEO_BIOS: &str = "/usr/share/vgabios/vgabios.bin";
/// Between two keys.
const KEY_TIME: Duration = Duration::from_millis(20);
/// A key that is released sends its code with this bit.
const RELEASED: u8 = 0x80;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../web")
}

/// What v86 lacks to run here.
pub fn missing() -> Option<String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if !std::env::split_paths(&path).any(|folder| folder.join("node").exists()) {
        return Some("node is not installed (tools/setup.sh web installs it)".into());
    }
    let package = folder().join("node_modules/v86/package.json");
    let needed = [package.as_path(), BIOS.as_ref(), VIDEO_BIOS.as_ref()];
    let missing = needed.iter().find(|file| !file.exists())?;
    Some(format!(
        "{} is not there (make web-packages brings it)",
        missing.display()
    ))
}

/// The call of v86 for `machine`. Serial lines and console connect to the
/// addresses; without any, the first line is on v86's terminal.
pub(crate) fn command(
    machine: &Machine,
    serial: &[SocketAddr],
    console: Option<SocketAddr>,
) -> Result<Command> {
    if let Some(missing) = missing() {
        bail!("v86 can't run here: {missing}");
    }
    ensure!(
        machine.place == FIRST_DISK && !machine.boot_from_second_disk,
        "v86 boots from its first disk only: take QEMU"
    );
    let drives = machine.floppies.iter().map(Option::as_ref);
    ensure!(
        drives.flatten().all(|drive| !drive.write_protected),
        "v86 protects no floppy: take Bochs or QEMU"
    );
    let floppies = machine.floppies.iter();
    let floppies = floppies.map(|drive| drive.as_ref().and_then(|drive| drive.image.as_ref()));
    let settings = json!({
        "bios": BIOS,
        "videoBios": VIDEO_BIOS,
        "roms": machine.option_roms,
        "memory": machine.memory,
        "disks": [Some(&machine.image), machine.second_disk.as_ref()],
        "floppies": floppies.collect::<Vec<_>>(),
        "bootFloppy": machine.boot_from_floppy,
        "serial": serial.iter().map(SocketAddr::port).collect::<Vec<_>>(),
        "console": console.map(|address| address.port()),
    });
    let mut command = Command::new("node");
    command.arg(folder().join("headless.js"));
    command.arg(settings.to_string());
    Ok(command)
}

/// Starts v86 for a test, all its lines connected to us.
pub(crate) fn start(
    machine: &Machine,
    serial: [SocketAddr; 2],
    limit: Duration,
) -> Result<(Process, Panel)> {
    let listener = Listener::bind()?;
    let mut command = command(machine, &serial, Some(listener.address()?))?;
    let mut process = Process::start(&mut command)?;
    let stream = listener.connection(&mut process, limit)?;
    Ok((process, Panel::new(stream)?))
}

/// Keyboard and screen.
pub struct Panel {
    keys: TcpStream,
    screen: Arc<Mutex<Screen>>,
    collector: Option<JoinHandle<()>>,
}

impl Panel {
    fn new(stream: TcpStream) -> Result<Self> {
        let nothing = Screen::from_lines(vec![String::new(); LINES]);
        let screen = Arc::new(Mutex::new(nothing));
        let sink = Arc::clone(&screen);
        let source = BufReader::new(stream.try_clone()?);
        let collector = std::thread::spawn(move || {
            for line in source.lines().map_while(Result::ok) {
                if let Ok(lines) = serde_json::from_str::<Vec<String>>(&line) {
                    *sink.lock().unwrap_or_else(PoisonError::into_inner) =
                        Screen::from_lines(lines.iter().map(|line| printable(line)));
                }
            }
        });
        Ok(Self {
            keys: stream,
            screen,
            collector: Some(collector),
        })
    }
}

/// A line as the other emulators show it.
fn printable(line: &str) -> String {
    let shown = |character| match character {
        '\0' => ' ',
        ' '..='~' => character,
        _ => '.',
    };
    line.chars().map(shown).collect()
}

impl Console for Panel {
    fn type_key(&mut self, character: char) -> Result<()> {
        let names = keys::for_character(character)
            .ok_or_else(|| anyhow!("no key of the keyboard makes {character:?}"))?;
        self.press(&names.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn press(&mut self, names: &[&str]) -> Result<()> {
        let mut codes = Vec::new();
        for name in names {
            codes.push(keys::scancode(name).with_context(|| format!("no scancode for {name}"))?);
        }
        let released: Vec<u8> = codes.iter().rev().map(|code| code | RELEASED).collect();
        codes.extend(released);
        let codes: Vec<String> = codes.iter().map(u8::to_string).collect();
        writeln!(self.keys, "{}", codes.join(" ")).context("the keyboard of v86")?;
        std::thread::sleep(KEY_TIME);
        Ok(())
    }

    fn send_break(&mut self) -> Result<()> {
        bail!("v86 has no breaks: take QEMU")
    }

    fn screen(&mut self) -> Result<Screen> {
        Ok((self.screen.lock().unwrap_or_else(PoisonError::into_inner)).clone())
    }

    fn picture(&mut self, _target: &Path) -> Result<()> {
        bail!("v86 draws pictures only in a web page: take QEMU")
    }

    fn change_floppy(&mut self, _drive: usize, _image: Option<&Path>) -> Result<()> {
        bail!("v86 changes floppies only in a web page: take QEMU")
    }

    fn end(&mut self, status: ExitStatus, output: &str) -> End {
        // It has sent the last screen, and closed the connection.
        if let Some(collector) = self.collector.take() {
            let _ = collector.join();
        }
        end(status, output)
    }
}

/// What the end of v86 with `status`, having printed `output`, means.
pub(crate) fn end(status: ExitStatus, output: &str) -> End {
    if status.success() {
        return End::Shutdown;
    }
    End::Other(format!("{status} {}", output.trim()))
}
