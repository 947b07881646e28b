// SPDX-License-Identifier: GPL-2.0-or-later
//! The line at the bottom that is typed for `:`, `/` and `?`.

use super::command::Command;
use super::{BACKSPACE, DELETE, ESCAPE, Mode, Vi, World, control, substitute};
use alloc::vec::Vec;

impl Vi {
    /// A key while a line is typed for `:`, `/` or `?`.
    pub fn prompt_key(&mut self, byte: u8, world: &mut dyn World) {
        let Mode::Prompt { line, command } = &mut self.mode else {
            return;
        };
        let typed = match byte {
            b'\r' | b'\n' => {
                let (line, command) = (core::mem::take(line), *command);
                self.mode = Mode::Command;
                return self.prompt_done(&line, command, world);
            }
            BACKSPACE | DELETE => {
                line.pop();
                !line.is_empty()
            }
            key if key == control(b'U') => {
                line.truncate(1);
                true
            }
            key if key == control(b'W') => {
                let end = line.trim_ascii_end().len();
                let blank = line.iter().take(end).rposition(u8::is_ascii_whitespace);
                line.truncate(blank.map_or(1, |blank| blank + 1));
                true
            }
            key if key == ESCAPE || key == control(b'C') => false,
            byte => {
                line.push(byte);
                true
            }
        };
        if !typed {
            self.mode = Mode::Command;
        }
    }

    fn prompt_done(&mut self, line: &[u8], command: Command, world: &mut dyn World) {
        let Some((&kind, text)) = line.split_first() else {
            return;
        };
        if kind == b':' {
            return self.ex(text, world);
        }
        if let Err(error) = self.set_pattern(text, kind) {
            self.say(error);
            return;
        }
        self.forward = kind == b'/';
        // From now on it is a search for the same again, forward or back.
        self.run_command(
            Command {
                key: b'n',
                ..command
            },
            world,
        );
    }

    /// Takes a pattern up to its delimiter; an empty one is the last again.
    fn set_pattern(&mut self, text: &[u8], delimiter: u8) -> core::result::Result<(), Vec<u8>> {
        let (pattern, _) = substitute::until(text, delimiter);
        if pattern.is_empty() {
            return match self.pattern {
                Some(_) => Ok(()),
                None => Err(b"No previous pattern".to_vec()),
            };
        }
        self.pattern = Some(substitute::compile(&self.options, &pattern)?);
        Ok(())
    }
}
