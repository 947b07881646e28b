// SPDX-License-Identifier: GPL-2.0-or-later
//! `ls [-laAidnFhrRstS1C] [path...]`: lists directories, in columns on a terminal.
//!
//! `-l` tells all of each file, `-n` the same with numbers for users; `-h` shows sizes in
//! K and M, `-s` kilobytes on the disk; `-a` lists names that begin with a dot, too, `-A`
//! all of these but `.` and `..`; `-d` directories themselves, `-R` what is in those
//! below; `-i` inode numbers; `-F` marks what a file is; `-t` sorts by time, `-S` by size,
//! `-r` the other way round; `-1` one name a line, `-C` columns.
#![no_std]
#![no_main]

use abi::sys::stat::{S_ISBLK, S_ISCHR, S_ISDIR, S_ISFIFO, S_ISLNK, S_ISREG, Stat};
use abi::sys::types::{Device, Time};
use alloc::format;
use alloc::vec::Vec;
use core::ffi::CStr;
use programs::accounts::Accounts;
use programs::columns;
use programs::command::{At, Outcome, options, report, status};
use programs::date::short_date;
use programs::mode::mode_string;
use programs::number::human;
use programs::options::Options;
use programs::path::join;
use user::calls::{self, Fd};
use user::dirent::read_directory;
use user::stdio;
use user::{print, println};

extern crate alloc;

user::program!(main);

/// Width of what is no terminal, or one that doesn't tell.
const DEFAULT_WIDTH: usize = 80;

/// A file as it is listed.
struct Entry {
    name: Vec<u8>,
    stat: Stat,
}

fn main() -> i32 {
    let options = options("laAidnFhrRstS1C", "ls [-laAidnFhrRstS1C] [path...]");
    let ls = Ls::new(&options);
    let operands = if options.operands.is_empty() {
        &[c"."][..]
    } else {
        &options.operands
    };
    let (mut files, mut directories) = (Vec::new(), Vec::new());
    for &path in operands {
        let Some(stat) = report(ls.stat(path).at(path)) else {
            continue;
        };
        if S_ISDIR(stat.st_mode) && !options.has('d') {
            directories.push(path);
        } else {
            files.push(Entry {
                name: path.to_bytes().to_vec(),
                stat,
            });
        }
    }
    ls.sort(&mut files);
    directories.sort_unstable();
    ls.show(&files, c".");
    let headings = operands.len() > 1 || options.has('R');
    for (index, path) in directories.iter().enumerate() {
        if index > 0 || !files.is_empty() {
            println!();
        }
        report(ls.directory(path, headings));
    }
    status()
}

/// How to list.
struct Ls<'a> {
    options: &'a Options<'static>,
    accounts: Option<(Accounts, Accounts)>,
    /// Characters of a line in columns; `None` for one name a line.
    width: Option<usize>,
    to_terminal: bool,
    now: Time,
}

impl<'a> Ls<'a> {
    fn new(options: &'a Options<'static>) -> Ls<'a> {
        let to_terminal = calls::isatty(Fd::STDOUT);
        let long = options.has('l') || options.has('n');
        let columns = (to_terminal || options.has('C')) && !options.has('1') && !long;
        let size = calls::window_size(Fd::STDOUT)
            .ok()
            .map(|size| usize::from(size.ws_col));
        let width = size.filter(|&width| width > 0).unwrap_or(DEFAULT_WIDTH);
        Ls {
            options,
            accounts: long.then(|| match options.has('n') {
                true => (Accounts::none(), Accounts::none()),
                false => (Accounts::users(), Accounts::groups()),
            }),
            width: columns.then_some(width),
            to_terminal,
            now: calls::time(),
        }
    }

    fn stat(&self, path: &CStr) -> abi::Result<Stat> {
        if self.accounts.is_some() {
            calls::lstat(path)
        } else {
            // A link that leads nowhere is listed all the same.
            calls::stat(path).or_else(|_| calls::lstat(path))
        }
    }

    fn directory(&self, path: &CStr, heading: bool) -> Outcome {
        let mut names: Vec<Vec<u8>> = read_directory(path)
            .at(path)?
            .iter()
            .map(|entry| entry.name().to_vec())
            .collect();
        names.retain(|name| match name.as_slice() {
            b"." | b".." => self.options.has('a'),
            name => !name.starts_with(b".") || self.options.has('a') || self.options.has('A'),
        });
        if heading {
            stdio::put(path.to_bytes());
            println!(":");
        }
        let mut entries: Vec<Entry> = names
            .into_iter()
            .filter_map(|name| self.entry(path, name))
            .collect();
        self.sort(&mut entries);
        if self.accounts.is_some() {
            let total: i32 = entries.iter().map(|entry| kilobytes(&entry.stat)).sum();
            println!("total {total}");
        }
        self.show(&entries, path);
        if self.options.has('R') {
            for entry in &entries {
                if S_ISDIR(entry.stat.st_mode) && !matches!(entry.name.as_slice(), b"." | b"..") {
                    println!();
                    report(self.directory(&join(path, &entry.name), true));
                }
            }
        }
        Ok(())
    }

    /// Newest or largest first if asked for, by name where that is the same.
    fn sort(&self, entries: &mut [Entry]) {
        entries.sort_unstable_by(|a, b| {
            let by_time = b.stat.st_mtime.cmp(&a.stat.st_mtime);
            let by_size = b.stat.st_size.cmp(&a.stat.st_size);
            let by_name = a.name.cmp(&b.name);
            match (self.options.has('t'), self.options.has('S')) {
                (true, _) => by_time.then(by_name),
                (_, true) => by_size.then(by_name),
                _ => by_name,
            }
        });
        if self.options.has('r') {
            entries.reverse();
        }
    }

    fn entry(&self, directory: &CStr, name: Vec<u8>) -> Option<Entry> {
        let path = join(directory, &name);
        // A link to nowhere is listed all the same.
        let stat = self.stat(&path).or_else(|_| calls::lstat(&path));
        report(stat.at(&path)).map(|stat| Entry { name, stat })
    }

    fn show(&self, entries: &[Entry], directory: &CStr) {
        match self.width {
            Some(width) => {
                let name = |entry| [self.inode(entry), self.label(entry)].concat();
                let names: Vec<_> = entries.iter().map(name).collect();
                let names: Vec<&[u8]> = names.iter().map(Vec::as_slice).collect();
                stdio::put(&columns::format(&names, width));
            }
            None => entries
                .iter()
                .for_each(|entry| self.show_line(entry, directory)),
        }
    }

    /// The inode number and the kilobytes on the disk, if asked for.
    fn inode(&self, entry: &Entry) -> Vec<u8> {
        let mut text = Vec::new();
        if self.options.has('i') {
            text.extend(format!("{:5} ", entry.stat.st_ino).into_bytes());
        }
        if self.options.has('s') {
            text.extend(format!("{:4} ", kilobytes(&entry.stat)).into_bytes());
        }
        text
    }

    /// The name as shown.
    fn label(&self, entry: &Entry) -> Vec<u8> {
        // A name must not send escape sequences to the terminal.
        let hide = |&byte: &u8| {
            if self.to_terminal && byte.is_ascii_control() {
                b'?'
            } else {
                byte
            }
        };
        let mut label: Vec<u8> = entry.name.iter().map(hide).collect();
        if self.options.has('F') {
            label.extend_from_slice(type_mark(entry.stat.st_mode));
        }
        label
    }

    fn show_line(&self, entry: &Entry, directory: &CStr) {
        stdio::put(&self.inode(entry));
        if let Some((users, groups)) = &self.accounts {
            self.show_details(&entry.stat, users, groups);
        }
        stdio::put(&self.label(entry));
        if self.accounts.is_some() && S_ISLNK(entry.stat.st_mode) {
            let mut buffer = [0; abi::limits::PATH_MAX];
            if let Ok(target) = calls::readlink(&join(directory, &entry.name), &mut buffer) {
                stdio::put(b" -> ");
                stdio::put(target);
            }
        }
        println!();
    }

    fn show_size(&self, size: u32) {
        match self.options.has('h') {
            true => print!("{:>8}", human(size.into())),
            false => print!("{size:8}"),
        }
    }

    fn show_details(&self, stat: &Stat, users: &Accounts, groups: &Accounts) {
        stdio::put(&mode_string(stat.st_mode));
        print!(" {:3} ", stat.st_nlink);
        put_padded(&users.name(stat.st_uid.into()), 8);
        put_padded(&groups.name(stat.st_gid.into()), 8);
        if S_ISBLK(stat.st_mode) || S_ISCHR(stat.st_mode) {
            let device = Device(stat.st_rdev);
            print!("{:3}, {:3}", device.major(), device.minor());
        } else {
            self.show_size(stat.st_size as u32);
        }
        print!(" {} ", short_date(stat.st_mtime, self.now));
    }
}

/// What `-F` puts behind the name.
fn type_mark(mode: u16) -> &'static [u8] {
    match mode {
        _ if S_ISDIR(mode) => b"/",
        _ if S_ISLNK(mode) => b"@",
        _ if S_ISFIFO(mode) => b"|",
        _ if S_ISREG(mode) && mode & 0o111 != 0 => b"*",
        _ => b"",
    }
}

/// What the file takes of the disk, to the kilobyte.
fn kilobytes(stat: &Stat) -> i32 {
    let on_disk = !(S_ISBLK(stat.st_mode) || S_ISCHR(stat.st_mode));
    if on_disk {
        (stat.st_size.max(0) as u32).div_ceil(1024) as i32
    } else {
        0
    }
}

fn put_padded(text: &[u8], width: usize) {
    stdio::put(text);
    print!("{:1$} ", "", width.saturating_sub(text.len()));
}
