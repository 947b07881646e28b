// SPDX-License-Identifier: GPL-2.0-or-later
//! `make debug` and `make gdb`: the machine under a debugger.
//!
//! Both stop the kernel before its first work: Bochs at the entry, with the
//! kernel's symbols loaded, gdb in `main`, with the Rust source. Without a
//! terminal they show that they got there, and end.

use std::fs;
use std::io::{IsTerminal, Read, stdin};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::process::Process;
use crate::screen::{COLUMNS, LINES, Screen};
use crate::symbols::Symbols;
use crate::{bochs, qemu};

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
    /// Where logs, symbols and command files go.
    pub folder: PathBuf,
}

impl Options {
    fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.folder.join(name);
        fs::write(&path, text).with_context(|| format!("{}", path.display()))?;
        Ok(path)
    }
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
    let mut command = bochs::command(&bochs::Options {
        image: &options.image,
        volatile: true,
        display: if window {
            "x, options=\"gui_debug\""
        } else {
            "term"
        },
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
    let mut process = Process::start_as_is(&mut command)?;
    if !window {
        mirror_screen(&mut process, options)?;
    }
    wait(&mut process, interactive, "Bochs")
}

/// Keeps the text of the guest's screen in a file, for a second terminal.
fn mirror_screen(process: &mut Process, options: &Options) -> Result<()> {
    let name = bochs::wait_for_terminal(process, START_TIME)?;
    let mut terminal = bochs::open_terminal(&name)?;
    let path = options.folder.join("screen.txt");
    println!("The guest's screen: watch -n1 cat {}", path.display());
    println!("Its keyboard:       cat > {}", name.display());
    std::thread::spawn(move || {
        let mut parser = vt100::Parser::new(LINES as u16, COLUMNS as u16, 0);
        let mut chunk = [0; 4096];
        while let Ok(count @ 1..) = terminal.read(&mut chunk) {
            parser.process(&chunk[..count]);
            let screen = Screen::from_lines(parser.screen().rows(0, COLUMNS as u16));
            // The mirror is a help only: the guest goes on without it.
            let _ = fs::write(&path, screen.text());
        }
    });
    Ok(())
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
    let main = Symbols::read(&options.kernel)?.address(MAIN)?;
    let folder = tempfile::tempdir().context("a folder for gdb's socket")?;
    let socket = folder.path().join("gdb");
    // Out of reach of the Control-C that is for gdb.
    let _qemu = Process::start(qemu_for_gdb(options, &socket)?.process_group(0))?;
    wait_for_file(&socket)?;
    let mut command = Command::new("gdb");
    command.args(["-quiet", "-nx"]).arg(&options.kernel);
    for line in [
        "set confirm off",
        "set pagination off",
        "set disassembly-flavor intel",
        &format!("target remote {}", socket.display()),
        &format!("break *{main:#x}"),
        "continue",
    ] {
        command.args(["-ex", line]);
    }
    let interactive = stdin().is_terminal();
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

fn qemu_for_gdb(options: &Options, socket: &Path) -> Result<Command> {
    const MEMORY: u32 = 32;
    let mut command = qemu::command(&options.image, MEMORY, true)?;
    let window = stdin()
        .is_terminal()
        .then(qemu::window)
        .transpose()?
        .flatten();
    command
        .arg("-display")
        .arg(window.as_deref().unwrap_or("none"));
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
    Ok(command)
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
