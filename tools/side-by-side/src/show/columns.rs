// SPDX-License-Identifier: GPL-2.0-or-later
//! Two columns of text, of a width and in colours.

use crate::highlight::Class;
use anstyle::{AnsiColor, Style as Ansi};
use unicode_width::UnicodeWidthChar;

/// What stands between the columns.
const BETWEEN: &str = " │ ";
/// Digits of a line's number and the space behind it.
const NUMBER: usize = 5;
/// Columns of a tab.
const TAB: usize = 8;

/// How a text is to look.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Columns of the terminal.
    pub width: usize,
    /// Whether there are colours.
    pub colour: bool,
}

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// A part of a source.
    Source(Class),
    /// The number of a line.
    Number,
    /// What stands above both sides.
    Title,
    /// Where ours is.
    Place,
    /// What is said about it.
    Remark,
}

impl Style {
    fn ansi(self) -> Ansi {
        let colour = |colour: AnsiColor| colour.on_default();
        match self {
            Style::Source(Class::Comment) => colour(AnsiColor::Green),
            Style::Source(Class::String) => colour(AnsiColor::Red),
            Style::Source(Class::Number) => colour(AnsiColor::Magenta),
            Style::Source(Class::Keyword) => colour(AnsiColor::Blue),
            Style::Source(Class::Directive) => colour(AnsiColor::Yellow),
            Style::Source(Class::Label) => colour(AnsiColor::Cyan),
            Style::Source(_) => Ansi::new(),
            Style::Number => Ansi::new().dimmed(),
            Style::Title => Ansi::new().bold(),
            Style::Place => Ansi::new().underline(),
            Style::Remark => colour(AnsiColor::Yellow).italic(),
        }
    }
}

/// Rows of pieces, none wider than the column.
pub struct Column {
    width: usize,
    rows: Vec<Row>,
}

#[derive(Default)]
struct Row {
    pieces: Vec<(Style, String)>,
    width: usize,
}

impl Look {
    /// One of two columns. A terminal that is too narrow is taken as 60 wide.
    pub fn column(&self) -> Column {
        let width = self.width.max(60) - BETWEEN.chars().count();
        Column::new(width / 2)
    }

    /// A column over both.
    pub fn whole_width(&self) -> Column {
        Column::new(self.width.max(60))
    }

    /// A column by itself.
    pub fn alone(&self, column: Column) -> String {
        let rows = column.rows.iter();
        rows.map(|row| self.row(row).trim_end().to_owned() + "\n")
            .collect()
    }

    /// Two columns beside each other, and an empty line.
    pub fn beside(&self, left: Column, right: Column) -> String {
        let mut text = String::new();
        let empty = Row::default();
        for index in 0..left.rows.len().max(right.rows.len()) {
            let [one, other] = [&left, &right].map(|side| side.rows.get(index).unwrap_or(&empty));
            text += &self.row(one);
            text += &" ".repeat(left.width - one.width);
            let end = self.row(other);
            text += format!("{BETWEEN}{end}").trim_end();
            text.push('\n');
        }
        text + "\n"
    }

    fn row(&self, row: &Row) -> String {
        let piece = |(style, text): &(Style, String)| match style.ansi() {
            ansi if self.colour && !ansi.is_plain() => {
                format!("{}{text}{}", ansi.render(), ansi.render_reset())
            }
            _ => text.clone(),
        };
        row.pieces.iter().map(piece).collect()
    }
}

impl Column {
    fn new(width: usize) -> Column {
        Column {
            width,
            rows: Vec::new(),
        }
    }

    /// A line of a source. What is too long goes on below, behind where numbers are.
    pub fn line(&mut self, number: usize, pieces: &[(Class, &str)]) {
        let mut row = Row::default();
        row.push(Style::Number, &format!("{number:>4} "));
        let mut column = 0;
        for (class, text) in pieces {
            for c in text.chars() {
                let (shown, width) = match c {
                    '\t' => {
                        let width = TAB - column % TAB;
                        (" ".repeat(width), width)
                    }
                    // Nothing in a source may change the terminal.
                    c if c.is_control() => ("?".to_owned(), 1),
                    c => (c.to_string(), c.width().unwrap_or(0)),
                };
                column += width;
                if row.width + width > self.width {
                    self.rows.push(row);
                    row = Row::default();
                    row.push(Style::Number, &" ".repeat(NUMBER));
                    if c == '\t' {
                        continue;
                    }
                }
                row.push(Style::Source(*class), &shown);
            }
        }
        self.rows.push(row);
    }

    /// Words, in as many rows as they take.
    pub fn words(&mut self, style: Style, text: &str) {
        let mut line = String::new();
        for word in text.split(' ') {
            let is_full = line.chars().count() + 1 + word.chars().count() > self.width;
            if is_full && !line.is_empty() {
                self.push(style, &line);
                line.clear();
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line += word;
        }
        self.push(style, &line);
    }

    /// A text as rows, broken where a row is full.
    fn push(&mut self, style: Style, text: &str) {
        let mut row = Row::default();
        for c in text.chars() {
            if row.width == self.width {
                self.rows.push(std::mem::take(&mut row));
            }
            row.push(style, c.encode_utf8(&mut [0; 4]));
        }
        self.rows.push(row);
    }
}

impl Row {
    fn push(&mut self, style: Style, text: &str) {
        self.width += text.chars().filter_map(|c| c.width()).sum::<usize>();
        match self.pieces.last_mut() {
            Some((last, before)) if *last == style => before.push_str(text),
            _ => self.pieces.push((style, text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Look = Look {
        width: 0,
        colour: false,
    };

    #[test]
    fn columns_stand_beside_each_other() {
        let (mut left, mut right) = (PLAIN.column(), PLAIN.column());
        left.line(7, &[(Class::Plain, "\tx;")]);
        right.words(Style::Remark, "none");
        right.words(Style::Remark, "more");
        let expected = format!(
            "   7         x;{} │ none\n{} │ more\n\n",
            " ".repeat(28 - 15),
            " ".repeat(28)
        );
        assert_eq!(PLAIN.beside(left, right), expected);
    }

    #[test]
    fn what_is_too_long_goes_on_below() {
        let mut column = Column::new(12);
        column.line(3, &[(Class::Plain, "abcdefg"), (Class::Number, "hij")]);
        column.words(Style::Remark, "one two three four");
        column.words(Style::Place, "a-word-that-is-long");
        assert_eq!(
            PLAIN.alone(column),
            "   3 abcdefg\n     hij\none two\nthree four\na-word-that-\nis-long\n"
        );
    }

    #[test]
    fn colours_are_only_where_they_are_wanted() {
        let text = |colour| {
            let mut column = Column::new(20);
            column.line(1, &[(Class::Keyword, "int"), (Class::Plain, " \x1b[2Ja;")]);
            Look { width: 0, colour }.alone(column)
        };
        assert_eq!(text(false), "   1 int ?[2Ja;\n");
        assert_eq!(text(true), "\x1b[2m   1 \x1b[0m\x1b[34mint\x1b[0m ?[2Ja;\n");
    }
}
