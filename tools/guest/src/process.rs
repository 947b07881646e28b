// SPDX-License-Identifier: GPL-2.0-or-later
//! A child process that does not outlive us.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::process::{Signal, set_parent_process_death_signal};

/// How long a process that has ended may keep us waiting for what it said.
const LAST_WORDS_TIME: Duration = Duration::from_secs(1);

/// A running emulator, killed when this is dropped and also when we are killed
/// ourselves. What it prints is collected.
pub struct Process {
    child: Child,
    output: Arc<Mutex<String>>,
    /// Files that it leaves when it is killed.
    leftovers: Vec<PathBuf>,
    collectors: Vec<JoinHandle<()>>,
}

impl Process {
    /// Starts `command` without input, collecting its standard output and
    /// error.
    pub fn start(command: &mut Command) -> Result<Self> {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Self::start_as_is(command)
    }

    /// Starts `command`, collecting what it prints on the pipes that the caller
    /// has set up.
    pub fn start_as_is(command: &mut Command) -> Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let mut child = spawn_bound(command)
            .with_context(|| format!("can't start {name}: run `make setup`"))?;
        let output = Arc::default();
        let mut collectors = Vec::new();
        if let Some(stdout) = child.stdout.take() {
            collectors.push(collect(stdout, &output));
        }
        if let Some(stderr) = child.stderr.take() {
            collectors.push(collect(stderr, &output));
        }
        Ok(Self {
            child,
            output,
            collectors,
            leftovers: Vec::new(),
        })
    }

    /// When it is killed, `leftovers` are removed.
    #[must_use]
    pub fn with_leftovers(mut self, leftovers: Vec<PathBuf>) -> Self {
        self.leftovers = leftovers;
        self
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has printed so far.
    pub fn output(&self) -> String {
        self.output
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Ends it at once, whatever it is doing.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        self.clear_up();
        Ok(())
    }

    fn clear_up(&mut self) {
        for file in self.leftovers.drain(..) {
            // It removes them itself when it ends by itself.
            let _ = std::fs::remove_file(file);
        }
    }

    /// Whether it has ended. If so, its last words are collected.
    pub fn has_ended(&mut self) -> Result<bool> {
        let has_ended = self.child.try_wait()?.is_some();
        if has_ended {
            self.hear_out();
        }
        Ok(has_ended)
    }

    /// Waits for the collectors, but not for a child of the child that holds the
    /// pipe open.
    fn hear_out(&self) {
        let deadline = Instant::now() + LAST_WORDS_TIME;
        let is_open = |collector: &JoinHandle<()>| !collector.is_finished();
        while self.collectors.iter().any(is_open) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Waits for its end, at most for `limit`.
    pub fn wait(&mut self, limit: Duration) -> Result<Option<ExitStatus>> {
        let deadline = Instant::now() + limit;
        loop {
            let status = self.child.try_wait()?;
            if status.is_some() {
                self.hear_out();
            }
            if status.is_some() || Instant::now() > deadline {
                return Ok(status);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only where the process has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.clear_up();
    }
}

/// Starts `command` so that the kernel kills it when the thread that started it
/// ends, however that comes about.
fn spawn_bound(command: &mut Command) -> std::io::Result<Child> {
    // SAFETY: between fork and exec only `prctl` is called, which is a bare
    // system call: it takes no lock and allocates nothing.
    unsafe {
        command.pre_exec(|| Ok(set_parent_process_death_signal(Some(Signal::KILL))?));
    }
    command.spawn()
}

fn collect(source: impl Read + Send + 'static, output: &Arc<Mutex<String>>) -> JoinHandle<()> {
    let output = Arc::clone(output);
    std::thread::spawn(move || {
        let mut source = BufReader::new(source);
        let mut line = Vec::new();
        while let Ok(1..) = source.read_until(b'\n', &mut line) {
            let text = String::from_utf8_lossy(&line);
            output
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push_str(&text);
            line.clear();
        }
    })
}
