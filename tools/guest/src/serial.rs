// SPDX-License-Identifier: GPL-2.0-or-later
//! The far end of the guest's first serial line.
//!
//! [`Listener::bind`] opens a port on the loopback; the emulator, told that
//! port, connects to it when it starts. A thread collects what the guest
//! sends; [`Serial::received`] looks at it, [`Serial::wait_for_more`] sleeps
//! until there is more.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::process::Process;

/// Waits for the emulator to connect its end of the line.
pub struct Listener {
    listener: TcpListener,
}

impl Listener {
    /// Opens a free port on the loopback.
    pub fn bind() -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).context("a port for the serial line")?;
        listener.set_nonblocking(true)?;
        Ok(Self { listener })
    }

    /// The address that the emulator shall connect to.
    pub fn address(&self) -> Result<SocketAddr> {
        Ok(self.listener.local_addr()?)
    }

    /// Waits until `emulator` has connected, or ended, or `limit` is over. With
    /// `echo` all that comes is printed too.
    pub fn accept(&self, emulator: &mut Process, limit: Duration, echo: bool) -> Result<Serial> {
        Serial::new(self.connection(emulator, limit)?, echo)
    }

    /// The bare connection, waited for likewise.
    pub(crate) fn connection(&self, emulator: &mut Process, limit: Duration) -> Result<TcpStream> {
        let deadline = Instant::now() + limit;
        loop {
            if let Ok((stream, _)) = self.listener.accept() {
                stream.set_nonblocking(false)?;
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            if emulator.has_ended()? {
                bail!(
                    "the emulator ended at once; it said:\n{}",
                    emulator.output()
                );
            }
            if Instant::now() > deadline {
                bail!(
                    "the emulator did not open its serial line; it said:\n{}",
                    emulator.output()
                );
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

#[derive(Default)]
struct Received {
    bytes: Mutex<Vec<u8>>,
    more: Condvar,
}

/// An open line.
pub struct Serial {
    stream: TcpStream,
    received: Arc<Received>,
    collector: JoinHandle<()>,
}

impl Serial {
    fn new(stream: TcpStream, echo: bool) -> Result<Self> {
        let received = Arc::new(Received::default());
        let mut source = stream.try_clone()?;
        let sink = Arc::clone(&received);
        let collector = std::thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(count @ 1..) = source.read(&mut chunk) {
                if echo {
                    print(&chunk[..count]);
                }
                lock(&sink.bytes).extend_from_slice(&chunk[..count]);
                sink.more.notify_all();
            }
        });
        Ok(Self {
            stream,
            received,
            collector,
        })
    }

    /// Sends `text` to the guest.
    pub fn send(&mut self, text: &str) -> Result<()> {
        self.stream
            .write_all(text.as_bytes())
            .context("the serial line")
    }

    /// Everything that the guest has sent so far.
    pub fn received(&self) -> String {
        String::from_utf8_lossy(&lock(&self.received.bytes)).into_owned()
    }

    /// Everything that the guest has sent, to the last byte. The emulator must
    /// have ended.
    pub fn into_received(self) -> String {
        // It can't panic, and what it has collected is good in any case.
        let _ = self.collector.join();
        String::from_utf8_lossy(&lock(&self.received.bytes)).into_owned()
    }

    /// Sleeps until there are more than `known` bytes, at most for `limit`.
    pub fn wait_for_more(&self, known: usize, limit: Duration) {
        let bytes = lock(&self.received.bytes);
        let nothing_new = |bytes: &mut Vec<u8>| bytes.len() <= known;
        let _ = self
            .received
            .more
            .wait_timeout_while(bytes, limit, nothing_new);
    }
}

/// Shows `bytes` at once, with the line ends of a Unix text.
fn print(bytes: &[u8]) {
    let text: Vec<u8> = bytes
        .iter()
        .copied()
        .filter(|&byte| byte != b'\r')
        .collect();
    let mut output = std::io::stdout().lock();
    // A reader that has gone away is no reason to stop.
    let _ = output.write_all(&text).and_then(|()| output.flush());
}

/// The collecting thread can't leave the bytes half changed, so a poisoned
/// lock is as good as a clean one.
fn lock(bytes: &Mutex<Vec<u8>>) -> MutexGuard<'_, Vec<u8>> {
    bytes.lock().unwrap_or_else(PoisonError::into_inner)
}
