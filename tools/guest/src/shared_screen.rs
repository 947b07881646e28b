// SPDX-License-Identifier: GPL-2.0-or-later
//! The guest's screen and keyboard in a second terminal, while a debugger has the
//! first.
//!
//! The emulator draws on a pseudo-terminal. [`SharedScreen::open`] reads it, so
//! that the emulator never waits for somebody to look, and gives each viewer that
//! comes to a socket the screen so far and what is drawn from then on; what viewers
//! send are keys. [`show`] is a viewer: `make screen`.

use std::fs::File;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::interactive;
use crate::screen::{COLUMNS, LINES};

/// A viewer that takes nothing for so long is given up.
const PATIENCE: Duration = Duration::from_secs(1);

fn socket_in(folder: &Path) -> PathBuf {
    folder.join("screen.socket")
}

/// A screen that others can look at, until this is dropped.
pub struct SharedScreen {
    socket: PathBuf,
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    screen: vt100::Parser,
    viewers: Vec<UnixStream>,
}

impl SharedScreen {
    /// Shares what the emulator draws on `guest`, with a socket in `folder`.
    pub fn open(guest: File, folder: &Path) -> Result<Self> {
        let socket = socket_in(folder);
        // One is left behind where the last run was killed.
        let _ = std::fs::remove_file(&socket);
        let listener =
            UnixListener::bind(&socket).with_context(|| format!("{}", socket.display()))?;
        let shared = Arc::new(Mutex::new(Shared {
            screen: vt100::Parser::new(LINES as u16, COLUMNS as u16, 0),
            viewers: Vec::new(),
        }));
        let keys = guest.try_clone().context("the emulator's terminal")?;
        let sink = Arc::clone(&shared);
        std::thread::spawn(move || collect(guest, &sink));
        let guests = Arc::clone(&shared);
        std::thread::spawn(move || {
            for viewer in listener.incoming() {
                // A viewer that is gone again leaves the others alone.
                let _ = viewer.and_then(|viewer| welcome(viewer, &guests, &keys));
            }
        });
        Ok(Self { socket, shared })
    }
}

impl Drop for SharedScreen {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.socket);
        lock(&self.shared).send_home();
    }
}

impl Shared {
    /// Ends all viewers.
    fn send_home(&mut self) {
        for viewer in self.viewers.drain(..) {
            let _ = viewer.shutdown(Shutdown::Both);
        }
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps the screen and passes on what is drawn, until the emulator ends.
fn collect(mut guest: File, shared: &Mutex<Shared>) {
    let mut chunk = [0; 4096];
    while let Ok(count @ 1..) = guest.read(&mut chunk) {
        let drawn = &chunk[..count];
        let mut shared = lock(shared);
        shared.screen.process(drawn);
        shared
            .viewers
            .retain_mut(|viewer| viewer.write_all(drawn).is_ok());
    }
    lock(shared).send_home();
}

/// Shows a new viewer the screen so far and takes its keys.
fn welcome(mut viewer: UnixStream, shared: &Mutex<Shared>, keys: &File) -> std::io::Result<()> {
    viewer.set_write_timeout(Some(PATIENCE))?;
    let (mut typed, mut keys) = (viewer.try_clone()?, keys.try_clone()?);
    let mut shared = lock(shared);
    viewer.write_all(&shared.screen.screen().state_formatted())?;
    shared.viewers.push(viewer);
    std::thread::spawn(move || std::io::copy(&mut typed, &mut keys));
    Ok(())
}

/// Shows in this terminal the screen that is shared in `folder`, until the
/// emulator ends or the person leaves.
///
/// # Errors
/// Where no screen is shared there.
pub fn show(folder: &Path) -> Result<()> {
    let socket = socket_in(folder);
    let stream = UnixStream::connect(&socket).with_context(|| {
        format!(
            "{}: start `make debug` or `make gdb` in another terminal first",
            socket.display()
        )
    })?;
    interactive::show(File::from(OwnedFd::from(stream)))
}
