// SPDX-License-Identifier: GPL-2.0-or-later
//! From the text of a script to its commands.

use super::{Action, Address, Command, Part, Script, Substitution};
use crate::number::unsigned;
use crate::regex::{GROUPS, Options, Regex, RegexError, Syntax};
use alloc::boxed::Box;
use alloc::vec::Vec;

type Result<T> = core::result::Result<T, &'static str>;

struct Parser<'a> {
    rest: &'a [u8],
    extended: bool,
    commands: Vec<Command>,
    /// Commands that begin blocks which are still open.
    open: Vec<usize>,
    /// Labels, and the command behind each.
    labels: Vec<(&'a [u8], usize)>,
    /// Commands that go to labels.
    branches: Vec<(&'a [u8], usize)>,
}

/// Reads a script; `extended` says how its regular expressions are written.
pub fn parse(text: &[u8], extended: bool) -> Result<Script> {
    let mut parser = Parser {
        rest: text,
        extended,
        commands: Vec::new(),
        open: Vec::new(),
        labels: Vec::new(),
        branches: Vec::new(),
    };
    while parser.command()? {}
    parser.finish()
}

impl<'a> Parser<'a> {
    fn finish(mut self) -> Result<Script> {
        if !self.open.is_empty() {
            return Err("unmatched `{'");
        }
        for (label, index) in self.branches {
            let found = self.labels.iter().find(|(name, _)| *name == label);
            let target = match found {
                Some(&(_, target)) => target,
                None if label.is_empty() => self.commands.len(),
                None => return Err("can't find label for jump"),
            };
            if let Some(Command {
                action: Action::Branch { to, .. },
                ..
            }) = self.commands.get_mut(index)
            {
                *to = target;
            }
        }
        Ok(Script(self.commands))
    }

    fn next(&mut self) -> Option<u8> {
        let (&byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(byte)
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.rest.first() == Some(&byte);
        if found {
            self.next();
        }
        found
    }

    fn skip(&mut self, bytes: &[u8]) {
        while let [byte, rest @ ..] = self.rest
            && bytes.contains(byte)
        {
            self.rest = rest;
        }
    }

    /// What comes as long as `wanted`.
    fn take_while(&mut self, wanted: impl Fn(u8) -> bool) -> &'a [u8] {
        let end = self.rest.iter().position(|&byte| !wanted(byte));
        let (taken, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        taken
    }

    fn number(&mut self) -> Result<usize> {
        let digits = self.take_while(|byte| byte.is_ascii_digit());
        let number = unsigned(digits, 10).ok_or("number expected")?;
        Ok(number as usize)
    }

    /// The rest of the line.
    fn line(&mut self) -> &'a [u8] {
        self.skip(b" \t");
        self.take_while(|byte| byte != b'\n')
    }

    /// One command; false at the end.
    fn command(&mut self) -> Result<bool> {
        self.skip(b" \t\n;");
        if self.rest.is_empty() {
            return Ok(false);
        }
        let from = self.address()?;
        let mut to = None;
        self.skip(b" \t");
        if from.is_some() && self.take(b',') {
            self.skip(b" \t");
            to = match self.take(b'+') {
                true => Some(Address::Plus(self.number()?)),
                false => Some(self.address()?.ok_or("unexpected `,'")?),
            };
        }
        self.skip(b" \t");
        let negated = self.take(b'!');
        self.skip(b" \t!");
        let name = self.next().ok_or("missing command")?;
        if name == b'#' {
            self.line();
            return Ok(true);
        }
        if matches!(name, b':' | b'}') && from.is_some() {
            return Err("this command takes no address");
        }
        let action = self.action(name)?;
        self.commands.push(Command {
            from,
            to,
            negated,
            action,
        });
        Ok(true)
    }

    fn address(&mut self) -> Result<Option<Address>> {
        Ok(Some(match *self.rest {
            [b'0'..=b'9', ..] => {
                let first = self.number()?;
                match self.take(b'~') {
                    true => Address::Step(first, self.number()?),
                    false => Address::Line(first),
                }
            }
            [b'$', ..] => {
                self.next();
                Address::Last
            }
            [b'/', ref rest @ ..] => {
                self.rest = rest;
                self.match_address(b'/')?
            }
            [b'\\', delimiter, ref rest @ ..] => {
                self.rest = rest;
                self.match_address(delimiter)?
            }
            _ => return Ok(None),
        }))
    }

    fn match_address(&mut self, delimiter: u8) -> Result<Address> {
        let text = self.delimited(delimiter, true)?;
        let ignore_case = self.take(b'I');
        Ok(Address::Match(self.regex(&text, ignore_case)?))
    }

    fn regex(&self, text: &[u8], ignore_case: bool) -> Result<Option<Regex>> {
        if text.is_empty() {
            return Ok(None);
        }
        let options = Options {
            syntax: match self.extended {
                true => Syntax::Extended,
                false => Syntax::Basic,
            },
            ignore_case,
            ..Options::default()
        };
        Regex::new(text, options)
            .map(Some)
            .map_err(RegexError::text)
    }

    /// The text up to a delimiter. `\n` is a newline, and a delimiter behind a
    /// backslash is a character; all other backslashes stay. In the brackets of a
    /// regular expression the delimiter is one of the characters.
    fn delimited(&mut self, delimiter: u8, is_regex: bool) -> Result<Vec<u8>> {
        let mut text = Vec::new();
        // Where the brackets began.
        let mut bracket: Option<usize> = None;
        while let Some(byte) = self.next() {
            let escaped = byte == b'\\' && bracket.is_none();
            match (byte, self.rest.first().copied()) {
                (b'\\', Some(b'n')) => {
                    self.next();
                    text.push(b'\n');
                }
                (b'\\', Some(b't')) => {
                    self.next();
                    text.push(b'\t');
                }
                (_, Some(next)) if escaped && next == delimiter => {
                    self.next();
                    text.push(next);
                }
                (_, Some(next)) if escaped => {
                    self.next();
                    text.extend([byte, next]);
                }
                (b'[', _) if is_regex && bracket.is_none() => {
                    text.push(byte);
                    bracket = Some(text.len());
                    if self.take(b'^') {
                        text.push(b'^');
                        bracket = Some(text.len());
                    }
                }
                (b']', _) if bracket.is_some_and(|start| text.len() > start) => {
                    text.push(byte);
                    bracket = None;
                }
                _ if byte == delimiter && bracket.is_none() => return Ok(text),
                _ => text.push(byte),
            }
        }
        Err("missing delimiter")
    }

    fn action(&mut self, name: u8) -> Result<Action> {
        let action = match name {
            b'{' => {
                self.open.push(self.commands.len());
                return Ok(Action::Block(0));
            }
            b'}' => {
                let begin = self.open.pop().ok_or("unexpected `}'")?;
                let end = self.commands.len();
                if let Some(command) = self.commands.get_mut(begin) {
                    command.action = Action::Block(end);
                }
                Action::Nothing
            }
            b':' => {
                self.skip(b" \t");
                let label = self.take_while(|byte| !b"\n; \t".contains(&byte));
                self.labels.push((label, self.commands.len()));
                return Ok(Action::Nothing);
            }
            b'a' => return Ok(Action::Append(self.text()?)),
            b'i' => return Ok(Action::Insert(self.text()?)),
            b'c' => return Ok(Action::Change(self.text()?)),
            b'b' | b't' => {
                self.skip(b" \t");
                let label = self
                    .take_while(|byte| !b"\n;}".contains(&byte))
                    .trim_ascii_end();
                self.branches.push((label, self.commands.len()));
                let if_replaced = name == b't';
                Action::Branch { to: 0, if_replaced }
            }
            b'd' => Action::Delete,
            b'D' => Action::DeleteFirst,
            b'g' | b'G' => Action::Get {
                append: name == b'G',
            },
            b'h' | b'H' => Action::Hold {
                append: name == b'H',
            },
            b'l' => Action::List,
            b'n' | b'N' => Action::Next {
                append: name == b'N',
            },
            b'p' => Action::Print,
            b'P' => Action::PrintFirst,
            b'q' | b'Q' => {
                self.skip(b" \t");
                let has_status = self.rest.first().is_some_and(u8::is_ascii_digit);
                let status = if has_status { self.number()? } else { 0 };
                Action::Quit {
                    status: status as i32,
                    silently: name == b'Q',
                }
            }
            b'r' => return Ok(Action::Read(self.file()?)),
            b'w' => return Ok(Action::Write(self.file()?)),
            b's' => self.substitution()?,
            b'x' => Action::Exchange,
            b'y' => self.translation()?,
            b'=' => Action::LineNumber,
            _ => return Err("unknown command"),
        };
        self.skip(b" \t");
        match self.rest.first() {
            None | Some(b'\n' | b';' | b'}' | b'#') => Ok(action),
            Some(_) => Err("extra characters after command"),
        }
    }

    fn file(&mut self) -> Result<Vec<u8>> {
        match self.line() {
            [] => Err("missing filename"),
            name => Ok(name.to_vec()),
        }
    }

    /// The text of `a`, `i` and `c`: on the same line, or behind a backslash and a
    /// newline. A backslash before a newline goes on.
    fn text(&mut self) -> Result<Vec<u8>> {
        self.skip(b" \t");
        if let [b'\\', rest @ ..] = self.rest {
            self.rest = rest;
            let before = self.rest;
            self.skip(b" \t");
            if !self.take(b'\n') {
                self.rest = before;
            }
        }
        if self.rest.is_empty() {
            return Err("expected \\ after `a', `c' or `i'");
        }
        let mut text = Vec::new();
        while let Some(byte) = self.next() {
            match byte {
                b'\n' => break,
                b'\\' => text.extend(self.next()),
                _ => text.push(byte),
            }
        }
        text.push(b'\n');
        Ok(text)
    }

    fn substitution(&mut self) -> Result<Action> {
        let delimiter = self.next().filter(|byte| !b"\n\\".contains(byte));
        let delimiter = delimiter.ok_or("unterminated `s' command")?;
        let text = self.delimited(delimiter, true)?;
        let replacement = self.replacement(delimiter)?;
        let mut ignore_case = false;
        let mut substitution = Substitution {
            regex: None,
            replacement,
            first: 1,
            all: false,
            print: false,
            write: None,
        };
        loop {
            match self.rest.first() {
                Some(b'g') => substitution.all = true,
                Some(b'p') => substitution.print = true,
                Some(b'i' | b'I') => ignore_case = true,
                Some(b'0'..=b'9') => {
                    substitution.first = self.number()?;
                    if substitution.first == 0 {
                        return Err("number option to `s' command may not be zero");
                    }
                    continue;
                }
                Some(b'w') => {
                    self.next();
                    substitution.write = Some(self.file()?);
                    break;
                }
                _ => break,
            }
            self.next();
        }
        substitution.regex = self.regex(&text, ignore_case)?;
        let groups = substitution.regex.as_ref().map_or(GROUPS, Regex::groups);
        let fits = |part: &Part| !matches!(part, Part::Group(number) if *number > groups);
        match substitution.replacement.iter().all(fits) {
            true => Ok(Action::Substitute(Box::new(substitution))),
            false => Err("invalid reference on `s' command's RHS"),
        }
    }

    fn replacement(&mut self, delimiter: u8) -> Result<Vec<Part>> {
        let mut parts = Vec::new();
        let mut text = Vec::new();
        loop {
            let group = match self.next().ok_or("unterminated `s' command")? {
                b'\\' => match self.next().ok_or("unterminated `s' command")? {
                    digit @ b'0'..=b'9' => usize::from(digit - b'0'),
                    letter => {
                        text.push(match letter {
                            b'n' => b'\n',
                            b't' => b'\t',
                            other => other,
                        });
                        continue;
                    }
                },
                byte if byte == delimiter => break,
                b'&' => 0,
                byte => {
                    text.push(byte);
                    continue;
                }
            };
            parts.push(Part::Text(core::mem::take(&mut text)));
            parts.push(Part::Group(group));
        }
        parts.push(Part::Text(text));
        Ok(parts)
    }

    fn translation(&mut self) -> Result<Action> {
        let delimiter = self.next().ok_or("unterminated `y' command")?;
        let mut plain = || -> Result<Vec<u8>> {
            let mut text = self.delimited(delimiter, false)?;
            let mut index = 0;
            while index < text.len() {
                // Of two backslashes one stays.
                if text.get(index..index + 2) == Some(b"\\\\") {
                    text.remove(index);
                }
                index += 1;
            }
            Ok(text)
        };
        let (from, to) = (plain()?, plain()?);
        if from.len() != to.len() {
            return Err("strings for `y' command are different lengths");
        }
        let mut table: Box<[u8; 256]> = Box::new(core::array::from_fn(|byte| byte as u8));
        for (from, to) in from.iter().zip(to) {
            table[usize::from(*from)] = to;
        }
        Ok(Action::Translate(table))
    }
}
