// SPDX-License-Identifier: GPL-2.0-or-later
//! What a running program has: its variables, the record, what is open.
//! `execute` runs statements, `evaluate` gives the values of expressions, `assign`
//! stores them.

use super::input::{Input, Separator};
use super::pattern;
use super::record::{FieldSeparator, Record};
use super::tree::{Pattern, Program, global};
use super::value::{Array, Cell, Text, Value};
use super::{Open, Stream, World};
use crate::regex::Regex;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::rc::Rc;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Compiled regular expressions that are kept.
const REGEXES: usize = 50;
/// Bytes that an output collects before they are written.
const BUFFER: usize = 1024;

/// Why a statement was not the end of its work.
pub enum Flow {
    Break,
    Continue,
    Next,
    NextFile,
    Return(Value),
    Exit,
    Error(String),
}

/// What an expression comes to.
pub type Valued<T = Value> = Result<T, Flow>;

/// An error that ends the program.
pub fn error<T>(text: &str) -> Valued<T> {
    Err(Flow::Error(text.into()))
}

/// An output that is not standard output.
pub struct Output {
    pub stream: Box<dyn Stream>,
    pub buffer: Vec<u8>,
}

impl Output {
    pub fn write(&mut self, bytes: &[u8]) -> abi::Result<()> {
        self.buffer.extend_from_slice(bytes);
        match self.buffer.len() < BUFFER {
            true => Ok(()),
            false => self.flush(),
        }
    }

    pub fn flush(&mut self) -> abi::Result<()> {
        let bytes = core::mem::take(&mut self.buffer);
        self.stream.write(&bytes)
    }
}

/// What is open under a name.
pub enum Opened {
    Input(Input),
    Output(Output),
}

/// A program that runs.
pub struct Interpreter<'a> {
    pub(super) program: &'a Program,
    pub(super) world: &'a mut dyn World,
    pub(super) globals: Vec<Cell>,
    /// Those of all functions that were called, the latest behind.
    pub(super) locals: Vec<Cell>,
    /// Where those of the current function begin.
    pub(super) frame: usize,
    pub(super) depth: usize,
    pub(super) record: Record,
    pub(super) opened: Vec<(Text, Opened)>,
    regexes: BTreeMap<Text, Rc<Regex>>,
    /// The input whose records the rules see.
    main: Option<Input>,
    /// The next of `ARGV`.
    argument: usize,
    /// Whether any of `ARGV` was a file.
    had_file: bool,
    /// For each rule with a range, whether it is in it.
    pub(super) ranges: Vec<bool>,
    pub(super) status: i32,
    /// What `srand` has set, and where the random numbers are.
    pub(super) seed: f64,
    pub(super) random: u64,
}

impl<'a> Interpreter<'a> {
    /// A program, and its arguments; the first is its name.
    pub fn new(program: &'a Program, world: &'a mut dyn World, arguments: &[&[u8]]) -> Self {
        let mut interpreter = Interpreter {
            program,
            world,
            globals: program.globals.iter().map(|_| Cell::Unset).collect(),
            locals: Vec::new(),
            frame: 0,
            depth: 0,
            record: Record::default(),
            opened: Vec::new(),
            regexes: BTreeMap::new(),
            main: None,
            argument: 1,
            had_file: false,
            ranges: program.rules.iter().map(|_| false).collect(),
            status: 0,
            seed: 0.0,
            random: 1,
        };
        interpreter.record.set(b"");
        for (place, text) in [
            (global::FS, &b" "[..]),
            (global::OFS, b" "),
            (global::ORS, b"\n"),
            (global::RS, b"\n"),
            (global::SUBSEP, b"\x1c"),
            (global::CONVFMT, b"%.6g"),
            (global::OFMT, b"%.6g"),
        ] {
            interpreter.set_global(place, Value::text(text));
        }
        for (place, number) in [
            (global::NR, 0.0),
            (global::FNR, 0.0),
            (global::RSTART, 0.0),
            (global::RLENGTH, -1.0),
        ] {
            interpreter.set_global(place, Value::Number(number));
        }
        let count = arguments.len() as f64;
        interpreter.set_global(global::ARGC, Value::Number(count));
        let numbered = arguments.iter().enumerate();
        let entries = numbered.map(|(number, text)| (number.to_string().into_bytes(), *text));
        interpreter.set_array(global::ARGV, entries);
        let environment = interpreter.world.environment();
        let entries = environment.iter();
        let entries = entries.map(|(name, value)| (name.clone(), value.as_slice()));
        interpreter.set_array(global::ENVIRON, entries);
        interpreter
    }

    fn set_array<'b>(&mut self, place: usize, entries: impl Iterator<Item = (Vec<u8>, &'b [u8])>) {
        let array = Array::default();
        for (key, value) in entries {
            array.borrow_mut().insert(key.into(), Value::input(value));
        }
        self.globals[place] = Cell::Array(array);
    }

    /// Sets a variable by its name, as `-v` and operands like `name=value` do. One that
    /// the program does not use is forgotten.
    pub fn assign(&mut self, name: &[u8], value: &[u8]) -> Result<(), String> {
        let globals = &self.program.globals;
        let Some(place) = globals.iter().position(|other| other == name) else {
            return Ok(());
        };
        if place == global::NF {
            return Ok(());
        }
        if let Cell::Array(_) = self.globals[place] {
            return Err(format!("{} is an array", String::from_utf8_lossy(name)));
        }
        self.set_global(place, Value::input(value));
        Ok(())
    }

    /// Runs the program; its exit status, or what is wrong.
    pub fn run(&mut self) -> Result<i32, String> {
        let result = self.run_rules();
        let closed = self.close_all();
        self.world.flush();
        match result {
            Err(Flow::Error(text)) => Err(text),
            _ => closed.map(|()| self.status),
        }
    }

    fn run_rules(&mut self) -> Valued<()> {
        let program = self.program;
        let mut flow = self.run_kind(|pattern| matches!(pattern, Pattern::Begin));
        let needs_input = |pattern: &Pattern| !matches!(pattern, Pattern::Begin);
        if flow.is_ok() && program.rules.iter().any(|rule| needs_input(&rule.pattern)) {
            flow = self.run_records();
        }
        if let Err(Flow::Error(text)) = flow {
            return Err(Flow::Error(text));
        }
        self.run_kind(|pattern| matches!(pattern, Pattern::End))
    }

    fn run_kind(&mut self, wanted: impl Fn(&Pattern) -> bool) -> Valued<()> {
        let program = self.program;
        for rule in program.rules.iter().filter(|rule| wanted(&rule.pattern)) {
            if let Some(action) = &rule.action {
                match self.execute(action) {
                    Err(Flow::Next | Flow::NextFile) => return error("next outside of rules"),
                    result => result?,
                }
            }
        }
        Ok(())
    }

    fn run_records(&mut self) -> Valued<()> {
        while let Some(record) = self.next_record()? {
            self.record.set(&record);
            match self.run_on_record() {
                Err(Flow::Next) => {}
                Err(Flow::NextFile) => self.close_main(),
                result => result?,
            }
        }
        Ok(())
    }

    fn close_main(&mut self) {
        if let Some(input) = self.main.take() {
            input.close();
        }
    }

    /// The next record of the files that are named in `ARGV`, or of standard input if
    /// there are none.
    pub fn next_record(&mut self) -> Valued<Option<Vec<u8>>> {
        loop {
            if self.main.is_none() && !self.open_next()? {
                return Ok(None);
            }
            let separator = self.separator()?;
            let Some(input) = &mut self.main else {
                return Ok(None);
            };
            match input.record(&separator) {
                Ok(Some(record)) => {
                    self.count(true);
                    return Ok(Some(record));
                }
                Ok(None) => self.close_main(),
                Err(errno) => {
                    let name = self.global_text(global::FILENAME);
                    self.world.complain(&name, errno);
                    self.status = 2;
                    self.close_main();
                }
            }
        }
    }

    /// Counts a record.
    pub fn count(&mut self, of_file: bool) {
        for place in [global::NR, global::FNR]
            .into_iter()
            .take(1 + usize::from(of_file))
        {
            let number = self.global(place).to_number();
            self.set_global(place, Value::Number(number + 1.0));
        }
    }

    fn open_next(&mut self) -> Valued<bool> {
        loop {
            let count = self.global(global::ARGC).to_number();
            if self.argument as f64 >= count {
                if self.had_file {
                    return Ok(false);
                }
                self.had_file = true;
                return self.open_main(b"-");
            }
            let key: Text = self.argument.to_string().into_bytes().into();
            self.argument += 1;
            let Cell::Array(array) = &self.globals[global::ARGV] else {
                continue;
            };
            let Some(value) = array.borrow().get(&key).cloned() else {
                continue;
            };
            let name = value.to_text(b"");
            if name.is_empty() {
                continue;
            }
            if let Some((variable, value)) = assignment(&name) {
                self.assign(variable, value).map_err(Flow::Error)?;
                continue;
            }
            self.had_file = true;
            if self.open_main(&name)? {
                return Ok(true);
            }
        }
    }

    fn open_main(&mut self, name: &[u8]) -> Valued<bool> {
        match self.world.open(name, Open::Read) {
            Ok(stream) => {
                self.main = Some(Input::new(stream));
                let shown = if name == b"-" { b"" } else { name };
                self.set_global(global::FILENAME, Value::text(shown));
                self.set_global(global::FNR, Value::Number(0.0));
                Ok(true)
            }
            Err(errno) => {
                self.world.complain(name, errno);
                self.status = 2;
                Ok(false)
            }
        }
    }

    /// What separates records.
    pub fn separator(&mut self) -> Valued<Separator> {
        let text = self.global_text(global::RS);
        Ok(match *text {
            [] => Separator::Paragraph,
            [byte] => Separator::Byte(byte),
            _ => Separator::Regex(self.regex(&text)?),
        })
    }

    /// What separates fields, by a text like `FS`.
    pub fn field_separator(&mut self, text: &Text) -> Valued<FieldSeparator> {
        Ok(match **text {
            [] => FieldSeparator::None,
            [b' '] => FieldSeparator::Blanks,
            [byte] if byte != b'\\' => FieldSeparator::Byte(byte),
            _ => FieldSeparator::Regex(self.regex(text)?),
        })
    }

    /// Takes the record apart, if that was not done yet.
    pub fn split_record(&mut self) -> Valued<()> {
        if self.record.needs_split() {
            let separator = self.global_text(global::FS);
            let separator = self.field_separator(&separator)?;
            let lines = self.global_text(global::RS).is_empty();
            self.record.split_by(&separator, lines);
        }
        Ok(())
    }

    /// The whole record.
    pub fn whole_record(&mut self) -> Value {
        if self.record.needs_join() {
            let separator = self.global_text(global::OFS);
            let format = self.global_text(global::CONVFMT);
            self.record.join(&separator, &format);
        }
        self.record.text().clone()
    }

    /// The regular expression of a text that is known only now.
    pub fn regex(&mut self, text: &Text) -> Valued<Rc<Regex>> {
        if let Some(regex) = self.regexes.get(text) {
            return Ok(regex.clone());
        }
        let regex = pattern::regex(text)
            .map_err(|error| Flow::Error(format!("{}: {error}", String::from_utf8_lossy(text))))?;
        if self.regexes.len() == REGEXES {
            self.regexes.clear();
        }
        let regex = Rc::new(regex);
        self.regexes.insert(text.clone(), regex.clone());
        Ok(regex)
    }

    pub(super) fn global(&self, place: usize) -> Value {
        match &self.globals[place] {
            Cell::Value(value) => value.clone(),
            _ => Value::Unset,
        }
    }

    pub(super) fn global_text(&self, place: usize) -> Text {
        self.global(place).to_text(b"%.6g")
    }

    pub(super) fn set_global(&mut self, place: usize, value: Value) {
        self.globals[place] = Cell::Value(value);
    }

    /// A value as text.
    pub fn text(&self, value: &Value) -> Text {
        match value {
            Value::Text(text) | Value::Input(text, _) => text.clone(),
            value => value.to_text(&self.global_text(global::CONVFMT)),
        }
    }

    /// Writes what outputs have collected.
    pub fn flush_all(&mut self) -> Valued<()> {
        self.world.flush();
        for (name, opened) in &mut self.opened {
            if let Opened::Output(output) = opened {
                output.flush().map_err(|errno| at(name, errno))?;
            }
        }
        Ok(())
    }

    /// Closes what was opened under the name; -1 if there is nothing.
    pub fn close(&mut self, name: &[u8]) -> Valued<i32> {
        let mut status = -1;
        while let Some(place) = self.opened.iter().position(|(other, _)| **other == *name) {
            status = match self.opened.remove(place).1 {
                Opened::Input(input) => input.close(),
                Opened::Output(mut output) => {
                    // What the command prints comes behind what was printed before.
                    self.world.flush();
                    output.flush().map_err(|errno| at(name, errno))?;
                    output.stream.close()
                }
            };
        }
        Ok(status)
    }

    fn close_all(&mut self) -> Result<(), String> {
        let mut result = Ok(());
        while let Some((name, _)) = self.opened.first() {
            let name = name.clone();
            if let Err(Flow::Error(text)) = self.close(&name) {
                result = Err(text);
            }
        }
        result
    }
}

/// An error of a file.
pub fn at(name: &[u8], errno: abi::Errno) -> Flow {
    Flow::Error(format!("{}: {errno}", String::from_utf8_lossy(name)))
}

/// `name=value`, without the escapes in the value.
fn assignment(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let equals = text.iter().position(|&byte| byte == b'=')?;
    let (name, value) = (text.get(..equals)?, text.get(equals + 1..)?);
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let starts = name.first().is_some_and(|byte| !byte.is_ascii_digit());
    (starts && name.iter().all(is_part)).then_some((name, value))
}
