// SPDX-License-Identifier: GPL-2.0-or-later
//! `make debug` and `make gdb`: the machine under a debugger.
//!
//! Both stop the kernel before its first work: Bochs at the entry, with the
//! kernel's symbols loaded, gdb in `main`, with the Rust source. The prompt is in
//! the terminal. The guest has a window where `$DISPLAY` is set, otherwise a
//! [`SharedScreen`]: another terminal shows it, a second pane where tmux runs.
//! Without a terminal they show that they got there, and end.

use std::fs;
use std::fs::File;
use std::io::{IsTerminal, stdin};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use rustix::termios::tcgetwinsize;
use tempfile::TempDir;

use crate::process::Process;
use crate::screen::LINES;
use crate::shared_screen::SharedScreen;
use crate::symbols::Symbols;
use crate::{bochs, image, interactive, qemu};

/// How long a run without a terminal may take.
const BATCH_TIME: Duration = Duration::from_secs(60);
const START_TIME: Duration = Duration::from_secs(20);
/// Where gdb stops.
const MAIN: &str = "kernel::main";

/// What is debugged.
pub struct Options {
    /// The image; the guest's writes to it are thrown away.
    pub image: PathBuf,
    /// The kernel as ELF.
    pub kernel: PathBuf,
    /// Words added to the kernel command line.
    pub command_line: Option<String>,
    /// Where logs, symbols and command files go.
    pub folder: PathBuf,
}

impl Options {
    fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.folder.join(name);
        fs::write(&path, text).with_context(|| format!("{}", path.display()))?;
        Ok(path)
    }

    /// The image with the command line, if need be as a copy in `folder`.
    fn image_in(&self, folder: &TempDir) -> Result<PathBuf> {
        let Some(words) = &self.command_line else {
            return Ok(self.image.clone());
        };
        let copy = folder.path().join("disk.img");
        fs::copy(&self.image, &copy).with_context(|| format!("{}", self.image.display()))?;
        image::add_to_command_line(&copy, words)?;
        Ok(copy)
    }
}

/// Says that the guest is in a window.
fn tell_of_window() {
    println!("The guest's screen and keyboard are in a window. The debugger's prompt is here.");
}

/// Lets other terminals show what the emulator draws on `guest`: at once in a
/// second pane where tmux runs.
fn share_screen(guest: File, options: &Options) -> Result<SharedScreen> {
    let shared = SharedScreen::open(guest, &options.folder)?;
    if open_pane(&options.folder)? {
        println!("The guest's screen and keyboard are in the other pane.");
    } else {
        println!("The guest's screen and keyboard: `make screen` in a second terminal.");
    }
    println!("The debugger's prompt is here.");
    Ok(shared)
}

/// Opens a pane of tmux with the screen that is shared in `folder`, and says
/// whether there is one.
fn open_pane(folder: &Path) -> Result<bool> {
    if std::env::var_os("TMUX").is_none() {
        return Ok(false);
    }
    // The guest's lines and one below, or half of what there is: a viewer with
    // fewer lines shows the part with the cursor.
    let rows = tcgetwinsize(stdin()).map_or(0, |size| usize::from(size.ws_row));
    let height = match LINES + 1 {
        whole if rows >= 2 * whole => whole.to_string(),
        _ => "50%".into(),
    };
    let mut command = Command::new("tmux");
    command.args(["split-window", "-d", "-v", "-l", &height]);
    command
        .arg(std::env::current_exe()?)
        .args(["screen", "--folder"]);
    command.arg(std::path::absolute(folder)?);
    command.stderr(Stdio::null());
    // No tmux, or no room: there still is the second terminal.
    Ok(command.status().is_ok_and(|status| status.success()))
}

/// Starts Bochs, stopped at the kernel's entry.
pub fn bochs(options: &Options) -> Result<()> {
    let symbols = Symbols::read(&options.kernel)?;
    let symbol_file = options.write("kernel.sym", &symbols.to_ldsym())?;
    let mut commands = format!(
        "ldsym global \"{}\"\nlb {:#x}\nc\n",
        symbol_file.display(),
        symbols.entry()
    );
    let interactive = stdin().is_terminal();
    if !interactive {
        commands.push_str("r\nu /12\nq\n");
    }
    let commands = options.write("debug.bochs", &commands)?;
    let window = interactive && std::env::var_os("DISPLAY").is_some_and(|name| !name.is_empty());
    let folder = tempfile::tempdir().context("a folder for the disk")?;
    let mut command = bochs::command(&bochs::Options {
        image: &options.image_in(&folder)?,
        volatile: true,
        display: if window { "x" } else { "term" },
        commands: &commands,
        log: &options.folder.join("bochs.log"),
    })?;
    let serial = options.folder.join("serial.txt");
    command.arg(format!(
        "com1: enabled=1, mode=file, dev={}",
        serial.display()
    ));
    command.stdout(Stdio::inherit()).stderr(Stdio::piped());
    command.stdin(if interactive {
        Stdio::inherit()
    } else {
        Stdio::null()
    });
    // Control-C is for the debugger, which stops the guest at it.
    ctrlc::set_handler(|| {}).context("a handler for Control-C")?;
    if window {
        tell_of_window();
    }
    let mut process = Process::start_as_is(&mut command)?;
    let _shared = if window {
        None
    } else {
        let name = bochs::wait_for_terminal(&mut process, START_TIME)?;
        Some(share_screen(bochs::open_terminal(&name)?, options)?)
    };
    wait(&mut process, interactive, "Bochs")
}

fn wait(process: &mut Process, interactive: bool, name: &str) -> Result<()> {
    let status = if interactive {
        loop {
            if let Some(status) = process.wait(Duration::from_secs(1))? {
                break status;
            }
        }
    } else {
        match process.wait(BATCH_TIME)? {
            Some(status) => status,
            None => bail!(
                "{name} did not come to the kernel; it said:\n{}",
                process.output()
            ),
        }
    };
    if !status.success() {
        bail!("{name} ended with {status}; it said:\n{}", process.output());
    }
    Ok(())
}

/// Starts QEMU and gdb on it, stopped in the kernel's `main`.
pub fn gdb(options: &Options) -> Result<()> {
    let folder = tempfile::tempdir().context("a folder for gdb's files")?;
    let kernel = folder.path().join("kernel");
    let main = with_plain_names(options, &kernel)?.address(MAIN)?;
    let socket = folder.path().join("gdb");
    let interactive = stdin().is_terminal();
    let (_qemu, _shared) = qemu_for_gdb(options, &folder, &socket, interactive)?;
    wait_for_file(&socket)?;
    let mut command = Command::new("gdb");
    command.args(["-quiet", "-nx"]).arg(&kernel);
    for line in [
        "set confirm off",
        "set pagination off",
        "set width 0",
        "set disassembly-flavor intel",
        "set print asm-demangle on",
        &format!("target remote {}", socket.display()),
        &format!("break *{main:#x}"),
        "continue",
    ] {
        command.args(["-ex", line]);
    }
    if !interactive {
        command.args(["-batch", "-ex", "backtrace", "-ex", "kill"]);
    }
    command.stdin(if interactive {
        Stdio::inherit()
    } else {
        Stdio::null()
    });
    command.stdout(Stdio::inherit()).stderr(Stdio::inherit());
    ctrlc::set_handler(|| {}).context("a handler for Control-C")?;
    wait(&mut Process::start_as_is(&mut command)?, interactive, "gdb")
}

/// Writes the kernel to `copy`, its statics with the names that a person types.
fn with_plain_names(options: &Options, copy: &Path) -> Result<Symbols> {
    let symbols = Symbols::read(&options.kernel)?;
    let names = options.write("statics.txt", &symbols.to_redefine())?;
    let status = Command::new("objcopy")
        .arg("--redefine-syms")
        .args([&names, &options.kernel])
        .arg(copy)
        .status()
        .context("objcopy, of the package binutils")?;
    ensure!(status.success(), "objcopy: {status}");
    Ok(symbols)
}

/// Starts QEMU, waiting for gdb at `socket`. A person gets the screen in a window
/// or as a shared one.
fn qemu_for_gdb(
    options: &Options,
    folder: &TempDir,
    socket: &Path,
    interactive: bool,
) -> Result<(Process, Option<SharedScreen>)> {
    const MEMORY: u32 = 32;
    let mut command = qemu::command(&options.image_in(folder)?, MEMORY, true)?;
    command.arg("-serial").arg(format!(
        "file:{}",
        options.folder.join("serial.txt").display()
    ));
    command.arg("-chardev");
    command.arg(format!(
        "socket,id=gdb,path={},server=on,wait=off",
        socket.display()
    ));
    command.args(["-gdb", "chardev:gdb", "-S"]);
    // Out of reach of the Control-C that is for gdb.
    command.process_group(0);
    if !interactive {
        command.args(["-display", "none"]);
        return Ok((Process::start(&mut command)?, None));
    }
    if let Some(window) = qemu::window()? {
        tell_of_window();
        command.args(["-display", &window]);
        return Ok((Process::start(&mut command)?, None));
    }
    let (guest, side_of_qemu) = interactive::pseudo_terminal()?;
    command
        .args(["-display", "curses"])
        .env("TERM", bochs::TERM);
    command
        .stdin(side_of_qemu.try_clone()?)
        .stdout(side_of_qemu)
        .stderr(Stdio::piped());
    let qemu = Process::start_as_is(&mut command)?;
    Ok((qemu, Some(share_screen(guest, options)?)))
}

fn wait_for_file(path: &Path) -> Result<()> {
    for _ in 0..400 {
        if path.exists() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    bail!("QEMU does not open its socket for gdb")
}
