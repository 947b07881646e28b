// SPDX-License-Identifier: GPL-2.0-or-later
//! Listing what is in an archive, and taking it out.

use crate::Tar;
use crate::reader::Reader;
use abi::Errno;
use abi::fcntl::{O_CREAT, O_EXCL, O_WRONLY};
use abi::sys::stat::{S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFREG, S_ISDIR, S_ISLNK};
use abi::sys::types::Device;
use abi::utime::Utimbuf;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::ffi::CStr;
use programs::command::{At, Outcome, complain, report};
use programs::date::formatted_date;
use programs::io::{Read, text};
use programs::mode::mode_string;
use programs::path::{c_string, directory_name};
use programs::tar::{Header, Kind, is_inside, leads_out};
use user::calls::{self, File};
use user::stdio;

impl Tar {
    /// Lists an archive, or takes out what is in it.
    pub fn read(&self, from: &mut dyn Read, path: &CStr, list: bool, operands: &[&'static CStr]) {
        let mut reader = Reader::new(from, path);
        let mut found: Vec<bool> = operands.iter().map(|_| false).collect();
        let mut directories = Vec::new();
        loop {
            let header = match reader.member() {
                Ok(Some(header)) => header,
                Ok(None) => break,
                Err(failure) => {
                    report::<()>(Err(failure));
                    break;
                }
            };
            let mut wanted = operands.is_empty();
            for (operand, found) in operands.iter().zip(&mut found) {
                if is_or_below(&header.name, operand.to_bytes()) {
                    (wanted, *found) = (true, true);
                }
            }
            let done = match (wanted, list) {
                (false, _) => reader.skip(header.blocks()),
                (true, true) => {
                    self.list(&header);
                    reader.skip(header.blocks())
                }
                (true, false) => self.extract(&mut reader, &header, &mut directories),
            };
            if report(done).is_none() {
                break;
            }
        }
        // What is put into a directory changes its time, and needs the right to write.
        for header in directories.iter().rev() {
            report(self.set_attributes(&c_string(header.name.as_slice()), header));
        }
        for (operand, _) in operands.iter().zip(found).filter(|(_, found)| !found) {
            complain(&[operand.to_bytes()], "is not in the archive");
        }
    }

    fn list(&self, header: &Header) {
        if !self.verbose {
            stdio::put(&[header.name.as_slice(), b"\n"].concat());
            return;
        }
        let (kind, arrow) = match header.kind {
            Kind::Directory => (S_IFDIR, ""),
            Kind::Symlink => (S_IFLNK, " -> "),
            Kind::Link => (S_IFREG, " link to "),
            Kind::Character => (S_IFCHR, ""),
            Kind::Block => (S_IFBLK, ""),
            Kind::Fifo => (S_IFIFO, ""),
            _ => (S_IFREG, ""),
        };
        let mut mode = mode_string(kind | header.mode);
        if header.kind == Kind::Link {
            mode[0] = b'h';
        }
        let or = |name: &[u8], number: u32| match name {
            [] => format!("{number}"),
            name => String::from(text(name)),
        };
        let owner = or(&header.user, header.uid);
        let owner = format!("{owner}/{}", or(&header.group, header.gid));
        let size = match header.kind {
            Kind::Character | Kind::Block => format!("{},{}", header.device.0, header.device.1),
            _ => format!("{}", header.size),
        };
        let width = 18usize.saturating_sub(owner.len()).max(size.len());
        let time = formatted_date(b"%Y-%m-%d %H:%M", header.time);
        let line = format!("{} {owner} {size:>width$} {} ", text(&mode), text(&time));
        let parts = [
            line.as_bytes(),
            &header.name,
            arrow.as_bytes(),
            &header.target,
            b"\n",
        ];
        stdio::put(&parts.concat());
    }

    /// Takes out a member. An error is one of the archive.
    fn extract(
        &self,
        reader: &mut Reader<'_>,
        header: &Header,
        directories: &mut Vec<Header>,
    ) -> Outcome {
        if self.to_stdout {
            return match header.kind {
                Kind::File => reader.copy(header.size, &mut |piece| {
                    stdio::put(piece);
                    Ok(())
                }),
                _ => reader.skip(header.blocks()),
            };
        }
        if let Some(why) = self.refused(header) {
            complain(&[&header.name], why);
            return reader.skip(header.blocks());
        }
        if self.verbose {
            stdio::put(&[header.name.as_slice(), b"\n"].concat());
        }
        let name = header.name.as_slice();
        let path = c_string(name.strip_suffix(b"/").unwrap_or(name));
        if header.kind != Kind::File {
            if report(self.make(header, &path)).is_some() && header.kind == Kind::Directory {
                directories.push(header.clone());
            }
            return reader.skip(header.blocks());
        }
        let Some(file) = report(self.new_file(&path)) else {
            return reader.skip(header.blocks());
        };
        let mut written = Ok(());
        reader.copy(header.size, &mut |piece| {
            // The rest is read over once a write has failed.
            if written.is_ok() {
                written = calls::write_all(file.fd(), piece);
            }
            Ok(())
        })?;
        report(written.at(&path));
        report(self.set_attributes(&path, header));
        Ok(())
    }

    /// Why a member is not taken out. A link that was taken out before is not followed:
    /// else a member `link/file` would be written wherever the link leads.
    fn refused(&self, header: &Header) -> Option<&'static str> {
        if self.anywhere {
            return None;
        }
        if !is_inside(&header.name) {
            return Some("refused: the name leads out of this directory");
        }
        let leads_out = match header.kind {
            Kind::Symlink => leads_out(&header.name, &header.target),
            Kind::Link => !is_inside(&header.target) || passes_link(&header.target),
            _ => false,
        };
        if leads_out {
            return Some("refused: the link leads out of this directory");
        }
        passes_link(&header.name).then_some("refused: a directory in the name is a link")
    }

    /// Makes the directories that a path needs, and removes what is in its place.
    fn make_room(&self, path: &CStr) -> Outcome {
        match calls::lstat(path) {
            Ok(stat) if S_ISDIR(stat.st_mode) => Ok(()),
            Ok(_) => calls::unlink(path).at(path),
            Err(_) => make_parents(path),
        }
    }

    fn new_file(&self, path: &CStr) -> Outcome<File> {
        self.make_room(path)?;
        File::open_with(path, O_WRONLY | O_CREAT | O_EXCL, 0o600).at(path)
    }

    /// Makes a member that has no contents.
    fn make(&self, header: &Header, path: &CStr) -> Outcome {
        self.make_room(path)?;
        let device = Device(u16::from(header.device.0) << 8 | u16::from(header.device.1));
        match header.kind {
            Kind::Directory => {
                return match calls::mkdir(path, 0o700) {
                    Err(Errno::EEXIST) => Ok(()),
                    made => made.at(path),
                };
            }
            Kind::Symlink => {
                return calls::symlink(&c_string(header.target.as_slice()), path).at(path);
            }
            Kind::Link => return calls::link(&c_string(header.target.as_slice()), path).at(path),
            Kind::Character => calls::mknod(path, S_IFCHR | 0o600, device),
            Kind::Block => calls::mknod(path, S_IFBLK | 0o600, device),
            _ => calls::mknod(path, S_IFIFO | 0o600, Device::NONE),
        }
        .at(path)?;
        self.set_attributes(path, header)
    }

    fn set_attributes(&self, path: &CStr, header: &Header) -> Outcome {
        let stat = calls::lstat(path).at(path)?;
        // Somebody has put a link in its place.
        if S_ISLNK(stat.st_mode) {
            return Ok(());
        }
        let mut mode = header.mode & 0o777 & !self.mask;
        if self.preserve {
            mode = header.mode;
            let uid = self.users.number(&header.user).unwrap_or(header.uid);
            let gid = self.groups.number(&header.group).unwrap_or(header.gid);
            if calls::geteuid() == 0 {
                calls::chown(path, uid as u16, gid as u8).at(path)?;
            }
        }
        calls::chmod(path, mode).at(path)?;
        let times = Utimbuf {
            actime: calls::time(),
            modtime: header.time,
        };
        calls::utime(path, Some(&times)).at(path)
    }
}

fn make_parents(path: &CStr) -> Outcome {
    let parent = directory_name(path);
    if calls::lstat(&parent).is_ok() {
        return Ok(());
    }
    make_parents(&parent)?;
    calls::mkdir(&parent, 0o777).at(&parent)
}

/// Whether one of the directories of the path is a symbolic link.
fn passes_link(path: &[u8]) -> bool {
    let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
    let mut parents = slashes.filter_map(|(place, _)| path.get(..place));
    parents.any(|parent| {
        let stat = calls::lstat(&c_string(parent));
        !parent.is_empty() && stat.is_ok_and(|stat| S_ISLNK(stat.st_mode))
    })
}

/// Whether a member is what was asked for, or in it.
fn is_or_below(name: &[u8], wanted: &[u8]) -> bool {
    let wanted = wanted.strip_suffix(b"/").unwrap_or(wanted);
    match name.strip_prefix(wanted) {
        Some(rest) => rest.is_empty() || rest.starts_with(b"/"),
        None => false,
    }
}
