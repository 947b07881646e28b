// SPDX-License-Identifier: GPL-2.0-or-later
//! The commands behind a colon that reach out for files and other programs, and those
//! that run another command for many lines.

use super::buffer::{Buffer, position};
use super::ex::{Line, Outcome};
use super::{Vi, World, substitute};
use abi::Errno;
use alloc::format;
use alloc::vec::Vec;

const UNSAVED: &[u8] = b"No write since last change (add ! to override)";
const NO_NAME: &[u8] = b"No file name";

impl Vi {
    /// Commands that reach out for files and other programs.
    pub fn ex_file(&mut self, line: &Line<'_>, world: &mut dyn World) -> Option<Outcome> {
        Some(match line.name {
            b"w" | b"write" => self.write(line, world),
            b"wq" => self.write(line, world).map(|()| self.finished = true),
            b"x" | b"xit" if !self.buffer.changed => {
                self.finished = true;
                Ok(())
            }
            b"x" | b"xit" => self.write(line, world).map(|()| self.finished = true),
            b"q" | b"quit" => self
                .unless_changed(line.force)
                .map(|()| self.finished = true),
            b"e" | b"edit" => self.ex_edit(line, world),
            b"n" | b"next" => self.next_file(line, world),
            b"r" | b"read" => self.ex_read(line, world),
            b"f" | b"file" => {
                if !line.argument.is_empty() {
                    self.path = line.argument.to_vec();
                }
                self.tell_place();
                Ok(())
            }
            b"!" => self.ex_shell(line, world),
            b"sh" | b"shell" => {
                world.run(b"sh");
                self.screen.forget();
                Ok(())
            }
            b"g" | b"global" => self.global(line, !line.force, world),
            b"v" | b"vglobal" => self.global(line, false, world),
            _ => return None,
        })
    }

    fn unless_changed(&self, force: bool) -> Outcome {
        match self.buffer.changed && !force {
            true => Err(UNSAVED.to_vec()),
            false => Ok(()),
        }
    }

    /// A file name: `%` is this file, `#` the one before.
    fn file_name(&self, argument: &[u8]) -> Outcome<Vec<u8>> {
        let name = match argument {
            b"" | b"%" => &self.path,
            b"#" => &self.other_path,
            argument => return Ok(argument.to_vec()),
        };
        if name.is_empty() {
            Err(NO_NAME.to_vec())
        } else {
            Ok(name.clone())
        }
    }

    fn write(&mut self, line: &Line<'_>, world: &mut dyn World) -> Outcome {
        if let Some(command) = line.argument.strip_prefix(b"!") {
            let input = self.lines_of(line);
            let output = world.filter(command, &input);
            self.message = output.map_err(|errno| failed(command, errno))?;
            return Ok(());
        }
        let (add, argument) = match line.argument.strip_prefix(b">>") {
            Some(argument) => (true, argument.trim_ascii()),
            None => (false, line.argument),
        };
        let path = self.file_name(argument)?;
        let own = path == self.path;
        if !own && !add && !line.force && world.exists(&path) {
            return Err([path.as_slice(), b": File exists (add ! to override)"].concat());
        }
        let text = self.lines_of(line);
        world
            .write(&path, &text, add, line.force)
            .map_err(|errno| failed(&path, errno))?;
        if self.path.is_empty() {
            self.path = path.clone();
        }
        if line.range.is_none() && !add && path == self.path {
            self.buffer.changed = false;
        }
        let lines = text.split_inclusive(|&byte| byte == b'\n').count();
        self.tell_file(&path, "", lines, text.len());
        Ok(())
    }

    fn lines_of(&self, line: &Line<'_>) -> Vec<u8> {
        let (first, last) = line.range.unwrap_or((0, self.buffer.last()));
        self.buffer.bytes(first..last + 1)
    }

    fn tell_file(&mut self, path: &[u8], note: &str, lines: usize, bytes: usize) {
        let text = format!("\"{note} {lines} lines, {bytes} bytes");
        self.message = [b"\"", path, text.as_bytes()].concat();
    }

    fn ex_edit(&mut self, line: &Line<'_>, world: &mut dyn World) -> Outcome {
        self.unless_changed(line.force)?;
        let path = self.file_name(line.argument)?;
        self.edit(&path, world);
        Ok(())
    }

    fn next_file(&mut self, line: &Line<'_>, world: &mut dyn World) -> Outcome {
        if self.files.is_empty() {
            return Err(b"No more files".to_vec());
        }
        self.unless_changed(line.force)?;
        let path = self.files.remove(0);
        self.edit(&path, world);
        Ok(())
    }

    /// Begins with another file; one that can't be read leaves things as they are, but
    /// for one that is not there yet.
    pub fn edit(&mut self, path: &[u8], world: &mut dyn World) {
        let (text, is_new) = match world.read(path) {
            Ok(text) => (text, false),
            Err(Errno::ENOENT) => (Vec::new(), true),
            Err(errno) => return self.say(failed(path, errno)),
        };
        if path != self.path {
            self.other_path = core::mem::replace(&mut self.path, path.to_vec());
            self.cursor = position(0, 0);
        }
        self.buffer = Buffer::new(&text);
        self.line_before = (usize::MAX, Vec::new());
        let lines = text.split_inclusive(|&byte| byte == b'\n').count();
        let note = match (is_new, text.last()) {
            (true, _) => " [New file]",
            (false, Some(b'\n') | None) => "",
            (false, Some(_)) => " [No newline at the end]",
        };
        self.tell_file(path, note, lines, text.len());
    }

    /// `:r`: puts a file, or what a command prints, behind a line.
    fn ex_read(&mut self, line: &Line<'_>, world: &mut dyn World) -> Outcome {
        let (text, name) = match line.argument.strip_prefix(b"!") {
            Some(command) => (world.filter(command, b""), command.to_vec()),
            None => {
                let path = self.file_name(line.argument)?;
                (world.read(&path), path)
            }
        };
        let text = text.map_err(|errno| failed(&name, errno))?;
        let lines = Buffer::new(&text);
        if lines.is_empty() {
            return Ok(());
        }
        let at = line.range.map_or(self.cursor.line, |(_, last)| last) + 1;
        let at = if self.buffer.is_empty() { 0 } else { at };
        self.buffer.replace(at..at, lines.copy(0..lines.count()));
        self.cursor = position(at, self.buffer.first_nonblank(at));
        self.tell_file(&name, "", lines.count(), text.len());
        Ok(())
    }

    /// `:!command`, and with lines before it, these go through the command.
    fn ex_shell(&mut self, line: &Line<'_>, world: &mut dyn World) -> Outcome {
        let Some((first, last)) = line.range else {
            world.run(line.argument);
            self.screen.forget();
            return Ok(());
        };
        let input = self.buffer.bytes(first..last + 1);
        let output = world.filter(line.argument, &input);
        let output = output.map_err(|errno| failed(line.argument, errno))?;
        let new = Buffer::new(&output);
        let lines = if new.is_empty() {
            Vec::new()
        } else {
            new.copy(0..new.count())
        };
        self.buffer.replace(first..last + 1, lines);
        self.cursor = position(first.min(self.buffer.last()), 0);
        Ok(())
    }

    /// `:g/pattern/command`
    fn global(&mut self, line: &Line<'_>, wanted: bool, world: &mut dyn World) -> Outcome {
        let Some((&delimiter, rest)) = line.argument.split_first() else {
            return Err(b"A pattern is needed".to_vec());
        };
        let (pattern, command) = substitute::until(rest, delimiter);
        if !pattern.is_empty() {
            self.pattern = Some(substitute::compile(&self.options, &pattern)?);
        }
        let command = command.trim_ascii();
        if matches!(command.first(), Some(b'g' | b'v')) {
            return Err(b"A global command can't be in another".to_vec());
        }
        let (first, last) = line.range.unwrap_or((0, self.buffer.last()));
        let regex = self.pattern.take().ok_or(b"No previous pattern".to_vec())?;
        let found = substitute::matching(self, first, last, &regex, wanted);
        self.pattern = Some(regex);
        if found.is_empty() {
            return Err(b"Pattern not found".to_vec());
        }
        self.buffer.found = found;
        while !self.buffer.found.is_empty() {
            self.cursor = position(self.buffer.found.remove(0), 0);
            if let Err(error) = self.ex_line(command, world) {
                self.buffer.found.clear();
                return Err(error);
            }
            // A file that was edited, or a command that undid what was done, ends it.
            self.cursor.line = self.cursor.line.min(self.buffer.last());
        }
        Ok(())
    }
}

fn failed(what: &[u8], errno: Errno) -> Vec<u8> {
    [what, b": ", format!("{errno}").as_bytes()].concat()
}
