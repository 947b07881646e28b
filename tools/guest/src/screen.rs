// SPDX-License-Identifier: GPL-2.0-or-later
//! What the VGA text screen of the guest shows.

use std::fmt;

/// Columns of the text screen.
pub const COLUMNS: usize = 80;
/// Lines of the text screen.
pub const LINES: usize = 25;

/// The text of a screen, line by line, without blanks at the line ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Screen {
    lines: Vec<String>,
}

impl Screen {
    /// A screen of the given lines.
    pub fn from_lines(lines: impl IntoIterator<Item = String>) -> Self {
        let lines = lines.into_iter().map(|line| line.trim_end().to_string());
        Self {
            lines: lines.collect(),
        }
    }

    /// A screen from VGA text memory: `memory` holds pairs of character and
    /// attribute from B8000h on, and the picture starts at character `origin`
    /// (CRT controller registers 0Ch and 0Dh), wrapping at the end.
    ///
    /// Source: IBM VGA, text modes; CRTC start address registers.
    pub fn from_text_memory(memory: &[u8], origin: usize) -> Self {
        let cells = (memory.len() / 2).max(1);
        let cell = |index: usize| memory.get(index % cells * 2).copied().unwrap_or(b' ');
        let line = |row: usize| {
            let start = origin + row * COLUMNS;
            (start..start + COLUMNS)
                .map(|index| printable(cell(index)))
                .collect()
        };
        Self::from_lines((0..LINES).map(line))
    }

    /// The lines, top to bottom.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// All lines, each ended by a newline, without the empty ones at the end.
    pub fn text(&self) -> String {
        let used = self
            .lines
            .iter()
            .rposition(|line| !line.is_empty())
            .map_or(0, |last| last + 1);
        self.lines
            .iter()
            .take(used)
            .flat_map(|line| [line.as_str(), "\n"])
            .collect()
    }

    /// The last line that isn't empty.
    pub fn last_line(&self) -> &str {
        self.lines
            .iter()
            .rfind(|line| !line.is_empty())
            .map_or("", String::as_str)
    }
}

fn printable(byte: u8) -> char {
    match byte {
        0 => ' ',
        b' '..=b'~' => char::from(byte),
        _ => '.',
    }
}

impl fmt::Display for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rule = "-".repeat(COLUMNS);
        writeln!(f, "+{rule}+")?;
        for line in self.text().lines() {
            writeln!(f, "|{line:<COLUMNS$}|")?;
        }
        writeln!(f, "+{rule}+")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory(text: &str) -> Vec<u8> {
        text.bytes().flat_map(|byte| [byte, 7]).collect()
    }

    #[test]
    fn text_memory_is_read_from_the_origin_and_wraps() {
        let mut cells = " ".repeat(COLUMNS * LINES);
        cells.replace_range(160..165, "first");
        cells.replace_range(0..4, "last");
        let screen = Screen::from_text_memory(&memory(&cells), 2 * COLUMNS);
        assert_eq!(screen.lines()[0], "first");
        assert_eq!(screen.lines()[LINES - 2], "last");
        assert_eq!(screen.last_line(), "last");
    }

    #[test]
    fn text_leaves_out_what_is_empty() {
        let screen = Screen::from_lines(["a  ", "", "b", "", ""].map(String::from));
        assert_eq!(screen.text(), "a\n\nb\n");
    }
}
