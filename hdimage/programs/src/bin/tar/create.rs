// SPDX-License-Identifier: GPL-2.0-or-later
//! Making an archive.

use crate::{RECORD, Tar};
use abi::sys::stat::{S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, Stat};
use alloc::vec::Vec;
use core::ffi::CStr;
use programs::command::{At, Outcome, complain, report};
use programs::files::names_in;
use programs::gzip::Encoder;
use programs::io::{BufWriter, Write, text};
use programs::path::join;
use programs::tar::{BLOCK, Header, Kind};
use user::calls::{self, Fd, File};
use user::stdio;

/// An archive that is made.
struct Archive<'a> {
    to: &'a mut dyn Write,
    path: &'a CStr,
    size: usize,
    /// The archive itself.
    stat: Option<Stat>,
    /// Files with several names, and the first of these.
    links: Vec<((u16, u16), Vec<u8>)>,
    /// Whether it was told that names lose their slash.
    told: bool,
}

impl Archive<'_> {
    fn write(&mut self, bytes: &[u8]) -> Outcome {
        self.size += bytes.len();
        self.to.write_all(bytes).at(self.path)
    }

    fn fill(&mut self, unit: usize) -> Outcome {
        let missing = self.size.next_multiple_of(unit) - self.size;
        let zeros = [0; BLOCK];
        for start in (0..missing).step_by(BLOCK) {
            self.write(
                zeros
                    .get(..(missing - start).min(BLOCK))
                    .unwrap_or_default(),
            )?;
        }
        Ok(())
    }
}

impl Tar {
    /// Makes an archive of all operands.
    pub fn create(&self, fd: Fd, path: &CStr, compress: bool, operands: &[&'static CStr]) {
        if operands.is_empty() {
            complain(&[], "an archive of nothing is not made");
            return;
        }
        let written = match compress {
            false => {
                let mut to = BufWriter::new(fd);
                self.add_all(&mut to, fd, path, operands)
                    .and_then(|()| to.flush().at(path))
            }
            true => Encoder::new(BufWriter::new(fd), 6, b"", 0)
                .at(path)
                .and_then(|mut encoder| {
                    self.add_all(&mut encoder, fd, path, operands)?;
                    encoder.finish().at(path).map(drop)
                }),
        };
        report(written);
    }

    fn add_all(
        &self,
        to: &mut dyn Write,
        fd: Fd,
        path: &CStr,
        operands: &[&'static CStr],
    ) -> Outcome {
        let mut archive = Archive {
            to,
            path,
            size: 0,
            stat: calls::fstat(fd).ok(),
            links: Vec::new(),
            told: false,
        };
        for operand in operands {
            self.add(&mut archive, operand)?;
        }
        archive.write(&[0; 2 * BLOCK])?;
        archive.fill(RECORD)
    }

    /// Adds a file, or a tree. That it cannot be read is told; an error is one of the
    /// archive.
    fn add(&self, archive: &mut Archive<'_>, path: &CStr) -> Outcome {
        let Some(stat) = report(calls::lstat(path).at(path)) else {
            return Ok(());
        };
        let is_archive = |other: &Stat| (other.st_dev, other.st_ino) == (stat.st_dev, stat.st_ino);
        if archive.stat.as_ref().is_some_and(is_archive) && stat.st_mode & S_IFMT == S_IFREG {
            complain(&[path.to_bytes()], "is the archive itself, and is left out");
            return Ok(());
        }
        let Some(mut header) = report(self.header(archive, path, &stat)) else {
            return Ok(());
        };
        let file = match header.kind {
            Kind::File if header.size > 0 => match report(File::open(path).at(path)) {
                Some(file) => Some(file),
                None => return Ok(()),
            },
            _ => None,
        };
        if header.kind == Kind::Directory && !header.name.ends_with(b"/") {
            header.name.push(b'/');
        }
        let Some(block) = header.block() else {
            complain(&[path.to_bytes()], "the name is too long for an archive");
            return Ok(());
        };
        archive.write(&block)?;
        if self.verbose {
            self.tell(archive.path, &[header.name.as_slice(), b"\n"].concat());
        }
        if let Some(file) = file {
            self.add_contents(archive, &file, path, header.size as usize)?;
        }
        if header.kind == Kind::Directory {
            for name in report(names_in(path)).unwrap_or_default() {
                self.add(archive, &join(path, &name))?;
            }
        }
        Ok(())
    }

    /// Prints, but not into the archive.
    fn tell(&self, archive: &CStr, line: &[u8]) {
        match archive == c"-" {
            true => user::eprintln!("{}", text(line.trim_ascii_end())),
            false => stdio::put(line),
        }
    }

    /// The bytes of a file: as many as the header says, whatever happens to the file.
    fn add_contents(
        &self,
        archive: &mut Archive<'_>,
        file: &File,
        path: &CStr,
        mut left: usize,
    ) -> Outcome {
        let mut buffer = alloc::vec![0; 8 * BLOCK];
        while left > 0 {
            let room = left.min(buffer.len());
            let room = buffer.get_mut(..room).unwrap_or_default();
            let count = match report(calls::read_on(file.fd(), room).at(path)) {
                Some(count) if count > 0 => count,
                _ => {
                    complain(&[path.to_bytes()], "became shorter; filled up with zeros");
                    room.fill(0);
                    room.len()
                }
            };
            archive.write(room.get(..count).unwrap_or_default())?;
            left -= count;
        }
        archive.fill(BLOCK)
    }

    fn header(&self, archive: &mut Archive<'_>, path: &CStr, stat: &Stat) -> Outcome<Header> {
        let mut name = path.to_bytes();
        if !self.anywhere && name.starts_with(b"/") {
            if !archive.told {
                user::eprintln!("tar: names lose the / at their start");
                archive.told = true;
            }
            let slashes = name.iter().take_while(|&&byte| byte == b'/').count();
            name = name.get(slashes..).unwrap_or_default();
        }
        if name.is_empty() {
            name = b".";
        }
        let number = (stat.st_dev, stat.st_ino);
        let known = archive.links.iter().find(|(other, _)| *other == number);
        let mut target = known.map_or_else(Vec::new, |(_, name)| name.clone());
        let kind = match stat.st_mode & S_IFMT {
            _ if known.is_some() => Kind::Link,
            S_IFDIR => Kind::Directory,
            S_IFLNK => {
                let mut buffer = [0; 1024];
                target = calls::readlink(path, &mut buffer).at(path)?.to_vec();
                Kind::Symlink
            }
            S_IFCHR => Kind::Character,
            S_IFBLK => Kind::Block,
            S_IFIFO => Kind::Fifo,
            _ => Kind::File,
        };
        if stat.st_nlink > 1 && kind != Kind::Directory && known.is_none() {
            archive.links.push((number, name.to_vec()));
        }
        let (uid, gid) = (stat.st_uid.into(), stat.st_gid.into());
        Ok(Header {
            name: name.to_vec(),
            kind,
            mode: stat.st_mode & 0o7777,
            uid,
            gid,
            user: self.users.name(uid),
            group: self.groups.name(gid),
            size: if kind == Kind::File {
                stat.st_size.max(0) as u32
            } else {
                0
            },
            time: stat.st_mtime,
            target,
            device: ((stat.st_rdev >> 8) as u8, stat.st_rdev as u8),
        })
    }
}
