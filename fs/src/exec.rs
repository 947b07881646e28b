// SPDX-License-Identifier: GPL-2.0-or-later
//! Finding a program and gathering its arguments (0.11: `fs/exec.c`).
//!
//! `execve` has two halves. This one can still fail: [`Fs::find_program`] opens the
//! file, follows `#!` to the interpreter and checks the header, and
//! [`ArgumentPages`] gathers the strings in pages of their own while the old
//! program still exists. The other half, in `kernel/src/execve.rs`, removes the old
//! program and cannot go back.

use crate::namei::{MAY_EXEC, MAY_READ};
use crate::platform::{UserBuffer, WriteFrom};
use crate::{Executable, Fs, FsTask};
use abi::a_out::{Exec, ZMAGIC};
use abi::limits::{ARG_MAX, MAX_ARG_PAGES, PAGE_SIZE};
use abi::sys::stat::{S_ISGID, S_ISREG, S_ISUID, S_IXGRP};
use abi::{Errno, Result};
use mm::UserPage;
use mm::memory::{TASK_SIZE, get_free_user_page};

/// Bytes of the first line of a script that are looked at.
const SCRIPT_LINE: usize = 1024;
/// The longest interpreter name or argument.
pub const SCRIPT_WORD: usize = 127;
/// The most that text, data and bss may have together; the rest of the segment is
/// for the stack.
const LARGEST_PROGRAM: u32 = TASK_SIZE / 4 * 3;

/// The line after `#!`: the interpreter, and at most one argument.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Script {
    name: [u8; SCRIPT_WORD],
    name_length: usize,
    argument: [u8; SCRIPT_WORD],
    argument_length: usize,
}

impl Script {
    /// Parses a first line such as `#! /bin/sh -e`. `ENOEXEC` if it does not begin
    /// with `#!`, has no name, or is too long.
    pub fn parse(start: &[u8]) -> Result<Script> {
        let line = start.strip_prefix(b"#!").ok_or(Errno::ENOEXEC)?;
        let end = line
            .iter()
            .position(|&byte| byte == b'\n')
            .ok_or(Errno::ENOEXEC)?;
        let line = line[..end].trim_ascii();
        let split = line
            .iter()
            .position(u8::is_ascii_whitespace)
            .unwrap_or(line.len());
        let (name, argument) = line.split_at(split);
        let argument = argument.trim_ascii();
        if name.is_empty() || name.len() > SCRIPT_WORD || argument.len() > SCRIPT_WORD {
            return Err(Errno::ENOEXEC);
        }
        let mut script = Script {
            name: [0; SCRIPT_WORD],
            name_length: name.len(),
            argument: [0; SCRIPT_WORD],
            argument_length: argument.len(),
        };
        script.name[..name.len()].copy_from_slice(name);
        script.argument[..argument.len()].copy_from_slice(argument);
        Ok(script)
    }

    /// The interpreter's path.
    pub fn name(&self) -> &[u8] {
        &self.name[..self.name_length]
    }

    /// The rest of the line, if there is any: one argument, with its blanks.
    pub fn argument(&self) -> Option<&[u8]> {
        (self.argument_length > 0).then(|| &self.argument[..self.argument_length])
    }
}

/// A program that can be run.
pub struct Program<'fs> {
    /// Its file.
    pub executable: Executable<'fs>,
    /// Its header, which was checked.
    pub header: Exec,
    /// The script that this interpreter runs, if there is one.
    pub script: Option<Script>,
    /// The effective user id it runs with.
    pub euid: u16,
    /// The effective group id it runs with.
    pub egid: u16,
    /// Whether the caller may read it.
    pub is_readable: bool,
    /// Whether it has set-id bits.
    pub is_set_id: bool,
}

impl<'fs> Fs<'fs> {
    /// Opens a program, or the interpreter of a script. `EACCES` if it is no
    /// file that the caller may execute, `ETXTBSY` if it is open for writing,
    /// `ENOEXEC` if it is no program.
    pub fn find_program(&'fs self, task: &FsTask<'fs>, path: &[u8]) -> Result<Program<'fs>> {
        let inode = self.open_executable(task, path)?;
        let mut header = [0; size_of::<Exec>()];
        let length = inode.read_at(0, &mut header)?;
        if !header[..length].starts_with(b"#!") {
            return program(task, inode, &header[..length], None);
        }
        let script = read_script(inode)?;
        // The interpreter must be a program itself: no scripts of scripts.
        let interpreter = self.open_executable(task, script.name())?;
        let length = interpreter.read_at(0, &mut header)?;
        program(task, interpreter, &header[..length], Some(script))
    }

    fn open_executable(&'fs self, task: &FsTask<'fs>, path: &[u8]) -> Result<Executable<'fs>> {
        let inode = self.namei(task, path)?;
        let mode = inode.mode();
        if !S_ISREG(mode) || mode & 0o111 == 0 {
            return Err(Errno::EACCES);
        }
        inode.permission(task, MAY_EXEC)?;
        Executable::new(inode)
    }
}

#[cold]
fn read_script(file: Executable<'_>) -> Result<Script> {
    let mut start = [0; SCRIPT_LINE];
    let length = file.read_at(0, &mut start)?;
    Script::parse(&start[..length])
}

fn program<'fs>(
    task: &FsTask<'fs>,
    executable: Executable<'fs>,
    start: &[u8],
    script: Option<Script>,
) -> Result<Program<'fs>> {
    let header = Exec::parse(start).ok_or(Errno::ENOEXEC)?;
    check_header(&header, executable.size())?;
    let mode = executable.mode();
    let euid = if mode & S_ISUID != 0 {
        executable.uid()
    } else {
        task.euid.get() as u16
    };
    // If the group may not execute it, S_ISGID gives no rights.
    const GROUP_RIGHTS: u16 = S_ISGID | S_IXGRP;
    let egid = if mode & GROUP_RIGHTS == GROUP_RIGHTS {
        executable.gid().into()
    } else {
        task.egid.get() as u16
    };
    Ok(Program {
        header,
        script,
        euid,
        egid,
        is_readable: executable.permission(task, MAY_READ).is_ok(),
        is_set_id: mode & (S_ISUID | S_ISGID) != 0,
        executable,
    })
}

/// Checks that the kernel can run it: it must be demand paged, without relocations,
/// not too large, and wholly in its file. Its entry point may be anywhere.
fn check_header(header: &Exec, file_size: u32) -> Result<()> {
    let end = header.end().ok_or(Errno::ENOEXEC)?;
    let in_file = header
        .data_offset()
        .and_then(|data| data.checked_add(header.a_data)?.checked_add(header.a_syms))
        .ok_or(Errno::ENOEXEC)?;
    let runnable = header.a_magic == ZMAGIC
        && header.a_trsize == 0
        && header.a_drsize == 0
        && end <= LARGEST_PROGRAM
        && file_size >= in_file;
    if runnable {
        Ok(())
    } else {
        Err(Errno::ENOEXEC)
    }
}

/// Argument and environment strings on their way to the new program's stack:
/// the last 128 KB of its segment, filled from the end.
pub struct ArgumentPages {
    pages: [Option<UserPage>; MAX_ARG_PAGES],
    position: usize,
    /// How many strings there are, and where the first ones that were pushed end.
    count: usize,
    noted: [usize; NOTED],
}

/// For so many strings it is noted where they end. Most programs get fewer.
const NOTED: usize = 32;

impl ArgumentPages {
    /// No strings. The last word stays free, as in 0.11.
    pub const fn new() -> ArgumentPages {
        ArgumentPages {
            pages: [const { None }; MAX_ARG_PAGES],
            position: ARG_MAX - 4,
            count: 0,
            noted: [0; NOTED],
        }
    }

    /// Puts a string and its NUL in front of those already there (0.11:
    /// `copy_strings`). `E2BIG` if there is no room, `ENOMEM` without a page.
    pub fn push(&mut self, string: &mut dyn UserBuffer) -> Result<()> {
        let length = string.remaining();
        let start = self.position.checked_sub(length + 1).ok_or(Errno::E2BIG)?;
        // Pages are zeroed, and below `position` nothing was ever written.
        self.page(start + length)?;
        let mut at = start;
        while string.remaining() > 0 {
            let offset = at % PAGE_SIZE as usize;
            let piece = string.remaining().min(PAGE_SIZE as usize - offset);
            string.prepare(piece)?;
            string.get(&mut self.page(at)?.view()[offset..offset + piece]);
            at += piece;
        }
        if let Some(noted) = self.noted.get_mut(self.count) {
            *noted = self.position;
        }
        self.count += 1;
        self.position = start;
        Ok(())
    }

    /// As [`ArgumentPages::push`], for a string in the kernel's memory.
    pub fn push_bytes(&mut self, string: &[u8]) -> Result<()> {
        self.push(&mut WriteFrom(string))
    }

    fn page(&mut self, position: usize) -> Result<&mut UserPage> {
        let slot = &mut self.pages[position / PAGE_SIZE as usize];
        if slot.is_none() {
            *slot = get_free_user_page();
        }
        slot.as_mut().ok_or(Errno::ENOMEM)
    }

    /// The offset of the last string in the segment.
    pub fn start(&self) -> u32 {
        TASK_SIZE - ARG_MAX as u32 + self.position as u32
    }

    /// Goes back to the string before the last one; `length` tells how long the last is
    /// if that was not noted. The pages are the program's already.
    pub fn pop(&mut self, length: impl FnOnce(u32) -> Result<usize>) -> Result<()> {
        self.count = self.count.saturating_sub(1);
        self.position = match self.noted.get(self.count) {
            Some(position) => *position,
            None => self.position + length(self.start())? + 1,
        };
        Ok(())
    }

    /// Takes the pages out, each with its offset in the segment.
    pub fn take_pages(&mut self) -> impl Iterator<Item = (u32, UserPage)> {
        let first = TASK_SIZE - ARG_MAX as u32;
        self.pages
            .iter_mut()
            .enumerate()
            .filter_map(move |(index, page)| Some((first + index as u32 * PAGE_SIZE, page.take()?)))
    }
}

impl Default for ArgumentPages {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn script_lines() {
        let script = Script::parse(b"#!/bin/sh\necho").unwrap();
        assert_eq!((script.name(), script.argument()), (&b"/bin/sh"[..], None));
        let script = Script::parse(b"#! /bin/awk  -f x \n").unwrap();
        assert_eq!(
            (script.name(), script.argument()),
            (&b"/bin/awk"[..], Some(&b"-f x"[..]))
        );
        assert_eq!(Script::parse(b"#!  \n"), Err(Errno::ENOEXEC));
        assert_eq!(Script::parse(b"#!/bin/sh"), Err(Errno::ENOEXEC));
        assert_eq!(Script::parse(b"echo\n"), Err(Errno::ENOEXEC));
        let long = [b"#!/".as_slice(), &[b'x'; SCRIPT_WORD], b"\n"].concat();
        assert_eq!(Script::parse(&long), Err(Errno::ENOEXEC));
    }

    fn header() -> Exec {
        Exec {
            a_magic: ZMAGIC,
            a_text: 0x2000,
            a_data: 0x1000,
            a_entry: 0x1000,
            ..Exec::default()
        }
    }

    #[test]
    fn headers() {
        let size = 0x3400;
        assert_eq!(check_header(&header(), size), Ok(()));
        assert_eq!(check_header(&header(), size - 1), Err(Errno::ENOEXEC));
        let bad = [
            Exec {
                a_magic: abi::a_out::OMAGIC,
                ..header()
            },
            Exec {
                a_magic: abi::a_out::QMAGIC,
                ..header()
            },
            Exec {
                a_trsize: 8,
                ..header()
            },
            Exec {
                a_bss: LARGEST_PROGRAM,
                ..header()
            },
            Exec {
                a_text: u32::MAX,
                ..header()
            },
            Exec {
                a_syms: u32::MAX,
                ..header()
            },
            Exec {
                a_magic: abi::a_out::NMAGIC,
                ..header()
            },
            Exec {
                a_drsize: 8,
                ..header()
            },
            Exec {
                a_magic: ZMAGIC | 0x64_0000,
                ..header()
            },
        ];
        for header in bad {
            assert_eq!(
                check_header(&header, size),
                Err(Errno::ENOEXEC),
                "{header:?}"
            );
        }
    }

    #[test]
    fn strings_are_stacked_from_the_end() {
        crate::host::prepare_memory();
        let mut pages = ArgumentPages::new();
        pages.push(&mut WriteFrom(b"second")).unwrap();
        let long = [b'x'; 5000];
        pages.push(&mut WriteFrom(&long)).unwrap();
        let start = pages.start();
        assert_eq!(start, TASK_SIZE - 4 - 7 - 5001);
        let mut memory = Vec::new();
        let mut first = None;
        for (offset, mut page) in pages.take_pages() {
            first.get_or_insert(offset);
            memory.extend_from_slice(&page.view()[..]);
        }
        let at = (start - first.unwrap()) as usize;
        assert_eq!(&memory[at..at + 5000], long);
        assert_eq!(&memory[at + 5000..], b"\0second\0\0\0\0\0");
    }

    #[test]
    fn strings_are_popped_from_the_first_on() {
        crate::host::prepare_memory();
        let mut pages = ArgumentPages::new();
        let lengths: Vec<usize> = (0..2 * NOTED).map(|number| number * 7 % 90).collect();
        let mut starts: Vec<u32> = Vec::new();
        for &length in &lengths {
            pages.push(&mut WriteFrom(&[b'x'; 90][..length])).unwrap();
            starts.push(pages.start());
        }
        let mut asked = 0;
        for (number, start) in starts.into_iter().enumerate().rev() {
            assert_eq!(pages.start(), start);
            let ask = |last| {
                assert_eq!(last, start);
                asked += 1;
                Ok(lengths[number])
            };
            pages.pop(ask).unwrap();
        }
        assert_eq!(asked, NOTED);
    }

    #[test]
    fn too_many_strings() {
        crate::host::prepare_memory();
        let mut pages = ArgumentPages::new();
        let long = vec![b'x'; ARG_MAX];
        assert_eq!(pages.push(&mut WriteFrom(&long)), Err(Errno::E2BIG));
        pages.push(&mut WriteFrom(&long[..ARG_MAX - 5])).unwrap();
        assert_eq!(pages.push(&mut WriteFrom(b"")), Err(Errno::E2BIG));
    }
}
