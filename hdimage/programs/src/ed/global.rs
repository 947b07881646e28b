// SPDX-License-Identifier: GPL-2.0-or-later
//! `g`, `v`, `G`, `V`: commands for each line that matches.

use super::address::delimited;
use super::{Done, Editor, Line, Style};
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::ops::ControlFlow;

impl Editor<'_> {
    /// Runs a command list, or asks for one (`G`, `V`), for each of the lines that match,
    /// or of those that do not.
    pub fn global(
        &mut self,
        letter: u8,
        text: &[u8],
        first: usize,
        last: usize,
    ) -> Done<ControlFlow<()>> {
        if self.list.is_some() {
            return Err("Cannot nest global commands");
        }
        let delimiter = *text.first().ok_or("Invalid pattern delimiter")?;
        let (pattern, rest) = delimited(&text[1..], delimiter);
        let regex = self.regex_of(&pattern)?;
        let wanted = matches!(letter, b'g' | b'G');
        let lines = self.now.lines.get(first - 1..last).unwrap_or_default();
        let matching = lines.iter().filter(|line| regex.matches(line) == wanted);
        let matching: Vec<Line> = matching.cloned().collect();
        if matching.is_empty() {
            return Ok(ControlFlow::Continue(()));
        }
        let commands = match letter {
            b'g' | b'v' => Some(self.command_list(rest)),
            _ => None,
        };
        let mut asked = VecDeque::new();
        self.before = self.now.clone();
        for line in matching {
            // An earlier command may have removed it.
            let Some(number) = self.place_of(&line) else {
                continue;
            };
            self.now.dot = number;
            let list = match &commands {
                Some(commands) => commands.clone(),
                None => {
                    self.print_line(number, Style::default());
                    let line = self.world.line().ok_or("Unexpected end-of-file")?;
                    match line.as_slice() {
                        b"" => continue,
                        b"&" => {}
                        _ => asked = self.command_list(&line),
                    }
                    asked.clone()
                }
            };
            self.list = Some(list);
            let result = self.run_list();
            self.list = None;
            if result?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn run_list(&mut self) -> Done<ControlFlow<()>> {
        while let Some(line) = self.next_line() {
            if self.execute(&line)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// The commands of a list: each line but the last has a `\` at its end.
    fn command_list(&mut self, text: &[u8]) -> VecDeque<Vec<u8>> {
        let mut list = VecDeque::new();
        let mut line = text.to_vec();
        while line.last() == Some(&b'\\') {
            line.pop();
            list.push_back(line);
            line = self.world.line().unwrap_or_default();
        }
        if line.is_empty() && list.is_empty() {
            line.push(b'p');
        }
        list.push_back(line);
        list
    }
}
