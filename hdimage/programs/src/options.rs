// SPDX-License-Identifier: GPL-2.0-or-later
//! Options and operands of a command line.

use alloc::vec::Vec;
use core::ffi::CStr;

/// A command line taken apart.
#[derive(Debug, Default, PartialEq)]
pub struct Options<'a> {
    letters: Vec<(u8, &'a CStr)>,
    /// What is no option.
    pub operands: Vec<&'a CStr>,
}

/// What is wrong with a command line.
#[derive(Debug, PartialEq)]
pub enum OptionError {
    /// There is no such option.
    Unknown(u8),
    /// The option needs a value.
    NoValue(u8),
}

impl<'a> Options<'a> {
    /// Takes `arguments` apart. `letters` are the options there are; a `:`
    /// behind a letter says that it takes a value.
    ///
    /// Options and operands may be mixed; `--` ends the options, and `-` alone
    /// is an operand.
    pub fn parse(arguments: &[&'a CStr], letters: &str) -> Result<Options<'a>, OptionError> {
        let mut options = Options::default();
        let mut arguments = arguments.iter();
        while let Some(&argument) = arguments.next() {
            match argument.to_bytes() {
                b"--" => options.operands.extend(arguments.by_ref()),
                [b'-', _, ..] => options.group(argument, &mut arguments, letters)?,
                _ => options.operands.push(argument),
            }
        }
        Ok(options)
    }

    /// As [`parse`](Self::parse), for what has another command behind its options: the
    /// first operand ends them, and all from there on is given back.
    pub fn parse_leading<'b>(
        arguments: &'b [&'a CStr],
        letters: &str,
    ) -> Result<(Options<'a>, &'b [&'a CStr]), OptionError> {
        let mut options = Options::default();
        let mut rest = arguments;
        while let [argument, tail @ ..] = rest
            && argument.to_bytes().len() > 1
            && argument.to_bytes().starts_with(b"-")
        {
            rest = tail;
            if *argument == c"--" {
                break;
            }
            let mut values = tail.iter();
            options.group(argument, &mut values, letters)?;
            rest = values.as_slice();
        }
        Ok((options, rest))
    }

    /// One argument that begins with `-`: letters, the last perhaps with its
    /// value behind it or in the next argument.
    fn group(
        &mut self,
        argument: &'a CStr,
        rest: &mut core::slice::Iter<'_, &'a CStr>,
        letters: &str,
    ) -> Result<(), OptionError> {
        for (index, &letter) in argument.to_bytes().iter().enumerate().skip(1) {
            let known = letters
                .bytes()
                .position(|known| known == letter && known != b':');
            let known = known.ok_or(OptionError::Unknown(letter))?;
            if letters.as_bytes().get(known + 1) != Some(&b':') {
                self.letters.push((letter, c""));
                continue;
            }
            let behind = argument
                .to_bytes_with_nul()
                .get(index + 1..)
                .unwrap_or_default();
            let value = match CStr::from_bytes_with_nul(behind) {
                Ok(value) if !value.is_empty() => value,
                _ => rest.next().ok_or(OptionError::NoValue(letter))?,
            };
            self.letters.push((letter, value));
            break;
        }
        Ok(())
    }

    /// Whether the option was given.
    pub fn has(&self, letter: char) -> bool {
        self.value(letter).is_some()
    }

    /// All values of the option, in the order in which they were given.
    pub fn values(&self, letter: char) -> impl Iterator<Item = &'a CStr> {
        let given = self.letters.iter();
        given.filter_map(move |&(given, value)| (char::from(given) == letter).then_some(value))
    }

    /// The value of the option, the last if it was given more than once.
    pub fn value(&self, letter: char) -> Option<&'a CStr> {
        let given = self
            .letters
            .iter()
            .rfind(|(given, _)| char::from(*given) == letter);
        given.map(|&(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_values_operands() {
        let options = Options::parse(
            &[c"-ab", c"x", c"-n5", c"-", c"-n", c"7", c"--", c"-q"],
            "abn:",
        );
        let options = options.unwrap();
        assert!(options.has('a') && options.has('b') && !options.has('q') && !options.has(':'));
        assert_eq!(options.value('n'), Some(c"7"));
        assert!(options.values('n').eq([c"5", c"7"]));
        assert_eq!(options.operands, [c"x", c"-", c"-q"]);
    }

    #[test]
    fn options_before_a_command() {
        let arguments = [c"-a", c"-n", c"7", c"ls", c"-l"];
        let (options, rest) = Options::parse_leading(&arguments, "an:").unwrap();
        assert!(options.has('a') && options.value('n') == Some(c"7"));
        assert_eq!(rest, [c"ls", c"-l"]);
        let (_, rest) = Options::parse_leading(&[c"--", c"-x"], "a").unwrap();
        assert_eq!(rest, [c"-x"]);
        let error = Options::parse_leading(&[c"-n"], "n:").err();
        assert_eq!(error, Some(OptionError::NoValue(b'n')));
    }

    #[test]
    fn mistakes() {
        assert_eq!(
            Options::parse(&[c"-z"], "a"),
            Err(OptionError::Unknown(b'z'))
        );
        assert_eq!(
            Options::parse(&[c"-:"], "a:"),
            Err(OptionError::Unknown(b':'))
        );
        assert_eq!(
            Options::parse(&[c"-a"], "a:"),
            Err(OptionError::NoValue(b'a'))
        );
    }
}
