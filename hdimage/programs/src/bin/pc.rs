// SPDX-License-Identifier: GPL-2.0-or-later
//! `pc [items [consumers]]`: one producer hands numbers to some consumers, 100 to 3 if not
//! said otherwise.
//!
//! They share a buffer of ten numbers, which is a file. Three semaphores keep them in
//! step: `free` counts the places that may be filled, `filled` those that may be emptied,
//! and of `mutex` there is one permit, for whoever is at the buffer. Each consumer prints
//! its process id and the numbers that it took.
#![no_std]
#![no_main]

extern crate alloc;

use abi::Result;
use abi::fcntl::{O_CREAT, O_EXCL, O_RDWR};
use abi::unistd::SEEK_SET;
use alloc::ffi::CString;
use alloc::format;
use programs::command::{fail, options, usage};
use programs::number;
use user::calls::{self, File, Semaphore, sem_post, sem_wait};
use user::{println, stdio};

user::program!(main);

/// Places in the buffer.
const PLACES: u32 = 10;
/// The number that tells a consumer that there are no more.
const END: u32 = u32::MAX;

/// The buffer, and what keeps those who share it in step.
struct Shared {
    /// Word 0: how many numbers were taken. The others: the places.
    file: File,
    free: Semaphore,
    filled: Semaphore,
    mutex: Semaphore,
}

fn main() -> i32 {
    let options = options("", USAGE);
    let argument = |index: usize, default| match options.operands.get(index) {
        Some(text) => number::unsigned(text.to_bytes(), 10).unwrap_or_else(|| usage(USAGE)),
        None => default,
    };
    let (items, consumers) = (argument(0, 100), argument(1, 3));
    if items == END || consumers == 0 {
        usage(USAGE);
    }
    if let Err(error) = run(items, consumers) {
        fail(&[], error);
    }
    0
}

const USAGE: &str = "pc [items [consumers]]";

fn run(items: u32, consumers: u32) -> Result<()> {
    let shared = Shared::new()?;
    shared.write_word(0, 0)?;
    for _ in 0..consumers {
        if calls::fork()?.is_none() {
            calls::_exit(shared.consume().is_err().into());
        }
    }
    shared.produce(items, consumers)?;
    for _ in 0..consumers {
        calls::waitpid(-1, 0)?;
    }
    Ok(())
}

impl Shared {
    /// Children inherit file and semaphores. So their names can go at once, and
    /// nothing is left over, however this program ends.
    fn new() -> Result<Shared> {
        let path = name("/tmp/pc-buffer");
        let file = File::open_with(&path, O_RDWR | O_CREAT | O_EXCL, 0o600)?;
        calls::unlink(&path)?;
        Ok(Shared {
            file,
            free: semaphore("free", PLACES)?,
            filled: semaphore("filled", 0)?,
            mutex: semaphore("mutex", 1)?,
        })
    }

    fn produce(&self, items: u32, consumers: u32) -> Result<()> {
        let ends = (0..consumers).map(|_| END);
        for (count, item) in (0..).zip((0..items).chain(ends)) {
            sem_wait(self.free)?;
            sem_wait(self.mutex)?;
            self.write_word(1 + count % PLACES, item)?;
            sem_post(self.mutex)?;
            sem_post(self.filled)?;
        }
        Ok(())
    }

    fn consume(&self) -> Result<()> {
        loop {
            sem_wait(self.filled)?;
            sem_wait(self.mutex)?;
            let count = self.read_word(0)?;
            let item = self.read_word(1 + count % PLACES)?;
            self.write_word(0, count + 1)?;
            if item != END {
                println!("{}: {item}", calls::getpid());
                // Within the mutex, so that the numbers come in order.
                stdio::flush();
            }
            sem_post(self.mutex)?;
            sem_post(self.free)?;
            if item == END {
                return Ok(());
            }
        }
    }

    fn read_word(&self, index: u32) -> Result<u32> {
        let mut bytes = [0; 4];
        self.seek(index)?;
        calls::read(self.file.fd(), &mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn write_word(&self, index: u32, word: u32) -> Result<()> {
        self.seek(index)?;
        calls::write_all(self.file.fd(), &word.to_le_bytes())
    }

    fn seek(&self, index: u32) -> Result<()> {
        calls::lseek(self.file.fd(), index as i32 * 4, SEEK_SET).map(drop)
    }
}

fn semaphore(name_of: &str, permits: u32) -> Result<Semaphore> {
    let name = name(name_of);
    let semaphore = calls::sem_open(&name, permits)?;
    calls::sem_unlink(&name)?;
    Ok(semaphore)
}

/// A name that no other process uses.
fn name(of: &str) -> CString {
    CString::new(format!("{of}-{}", calls::getpid())).unwrap_or_default()
}
