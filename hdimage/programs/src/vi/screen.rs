// SPDX-License-Identifier: GPL-2.0-or-later
//! The picture of the text, and what has to be written to change the one that is on
//! the terminal into it.
//!
//! Rows are compared with those that were drawn last. If they have only moved, the
//! terminal moves them. In each of the others, only what differs is written: a serial
//! line takes a millisecond for each character.
//!
//! The sequences are those that a VT100 and the console know: `ESC [ H`, `J`, `K` and
//! `r`, line feed, `ESC M`. No more than the last column of a row is ever filled, and
//! the cursor is set anew after it, so it does not matter when a terminal wraps.

use super::buffer::{Buffer, Position};
use super::options::Options;
use alloc::format;
use alloc::vec::Vec;

/// Columns of a line number.
const NUMBER_WIDTH: usize = 8;
/// How many lines the text may move at once before the cursor comes to the middle.
const NEAR: usize = 8;

/// Where the cursor is to be.
pub struct Place {
    /// Where in the text.
    pub cursor: Position,
    /// Whether text is typed there: on a tab, the cursor is at its start then.
    pub typing: bool,
    /// Whether it is behind the status line instead.
    pub prompt: bool,
}

/// The screen.
pub struct Screen {
    rows: usize,
    columns: usize,
    /// The first line that is shown.
    top: usize,
    /// How many rows of it are not: more than none only if it is longer than the screen.
    skip: usize,
    /// What was drawn; `None` if nobody knows what is on the terminal.
    shown: Option<Vec<Vec<u8>>>,
    output: Vec<u8>,
}

/// Adds the cells of a byte.
fn add_cells(cells: &mut Vec<u8>, start: usize, byte: u8, options: &Options) {
    match byte {
        b'\t' if !options.list => {
            let width = options.tab_stop - (cells.len() - start) % options.tab_stop;
            cells.resize(cells.len() + width, b' ');
        }
        0..=0x1f => cells.extend_from_slice(&[b'^', byte | 0x40]),
        0x7f => cells.extend_from_slice(b"^?"),
        0x80.. if !options.eight_bit => cells.extend(format!("\\x{byte:02x}").bytes()),
        _ => cells.push(byte),
    }
}

/// The cells of a line, without number.
fn cells(line: &[u8], options: &Options) -> Vec<u8> {
    let mut cells = Vec::new();
    for &byte in line {
        add_cells(&mut cells, 0, byte, options);
    }
    if options.list {
        cells.push(b'$');
    }
    cells
}

/// The column of the screen where a byte of a line begins.
pub fn column_of(line: &[u8], index: usize, options: &Options) -> usize {
    let mut cells = Vec::new();
    for &byte in line.iter().take(index) {
        add_cells(&mut cells, 0, byte, options);
    }
    cells.len()
}

/// The byte of a line that is shown in a column, or the last one.
pub fn byte_at(line: &[u8], column: usize, options: &Options) -> usize {
    let mut cells = Vec::new();
    for (index, &byte) in line.iter().enumerate() {
        add_cells(&mut cells, 0, byte, options);
        if cells.len() > column {
            return index;
        }
    }
    line.len().saturating_sub(1)
}

impl Screen {
    /// A screen whose contents nobody knows.
    pub fn new(rows: usize, columns: usize) -> Screen {
        Screen {
            rows: rows.max(2),
            columns: columns.max(2),
            top: 0,
            skip: 0,
            shown: None,
            output: Vec::new(),
        }
    }

    /// Rows of text; below is the status line.
    pub fn text_rows(&self) -> usize {
        self.rows - 1
    }

    /// The first line that is shown.
    pub fn top(&self) -> usize {
        self.top
    }

    /// Shows the text from this line on.
    pub fn set_top(&mut self, line: usize) {
        (self.top, self.skip) = (line, 0);
    }

    /// Nobody knows what is on the terminal.
    pub fn forget(&mut self) {
        self.shown = None;
    }

    fn prefix(options: &Options) -> usize {
        if options.number { NUMBER_WIDTH } else { 0 }
    }

    /// How many rows a line takes.
    fn height(&self, buffer: &Buffer, options: &Options, line: usize) -> usize {
        let width = Self::prefix(options) + cells(buffer.line(line), options).len();
        width.div_ceil(self.columns).max(1)
    }

    /// The last line that is shown as a whole, or the only one.
    pub fn bottom(&self, buffer: &Buffer, options: &Options) -> usize {
        let mut rows = self.height(buffer, options, self.top);
        let mut line = self.top;
        while line < buffer.last() {
            rows += self.height(buffer, options, line + 1);
            if rows > self.text_rows() {
                break;
            }
            line += 1;
        }
        line
    }

    /// Where the cursor's cell is in its line, in rows and columns.
    fn place_in_line(&self, buffer: &Buffer, options: &Options, place: &Place) -> (usize, usize) {
        let line = buffer.line(place.cursor.line);
        let index = place.cursor.column;
        let start = column_of(line, index, options);
        let is_tab = line.get(index) == Some(&b'\t') && !options.list;
        let column = if is_tab && !place.typing {
            column_of(line, index + 1, options) - 1
        } else {
            start
        };
        let column = column + Self::prefix(options);
        (column / self.columns, column % self.columns)
    }

    /// Moves the picture so that the cursor is in it.
    fn follow(&mut self, buffer: &Buffer, options: &Options, place: &Place) {
        let line = place.cursor.line;
        let rows = self.text_rows();
        self.top = self.top.min(buffer.last());
        if line < self.top {
            let far = self.top - line > NEAR;
            self.set_top(if far {
                line.saturating_sub(rows / 2)
            } else {
                line
            });
        }
        let row = self.place_in_line(buffer, options, place).0;
        if self.height(buffer, options, line) > rows || row >= rows {
            let near = line == self.top && (self.skip..self.skip + rows).contains(&row);
            if !near {
                self.set_top(line);
                self.skip = row.saturating_sub(rows - 1);
            }
            return;
        }
        if line == self.top {
            self.skip = 0;
            return;
        }
        let before = line.saturating_sub(rows).max(self.top);
        let far = before - self.top > NEAR;
        if before > self.top {
            self.set_top(before);
        }
        // From the cursor's line upwards, as many as there is room for.
        let mut left = rows - self.height(buffer, options, line).max(row + 1);
        if far {
            left /= 2;
        }
        let mut first = line;
        while first > self.top {
            let height = self.height(buffer, options, first - 1);
            let skipped = if first - 1 == self.top { self.skip } else { 0 };
            if height - skipped.min(height) > left {
                break;
            }
            left -= height - skipped.min(height);
            first -= 1;
        }
        if first > self.top {
            self.set_top(first);
        }
    }

    /// The rows of the text.
    fn picture(&self, buffer: &Buffer, options: &Options) -> Vec<Vec<u8>> {
        let mut picture: Vec<Vec<u8>> = Vec::new();
        let mut line = self.top;
        while picture.len() < self.text_rows() {
            let left = self.text_rows() - picture.len();
            if line > buffer.last() {
                picture.push(b"~".to_vec());
                continue;
            }
            let mut row = Vec::new();
            if options.number {
                row.extend(format!("{:6}  ", line + 1).bytes());
            }
            row.extend(cells(buffer.line(line), options));
            let skip = if line == self.top { self.skip } else { 0 };
            let rows: Vec<&[u8]> = row.chunks(self.columns).skip(skip).collect();
            match rows.len() {
                0 => picture.push(Vec::new()),
                count if count > left && line > self.top => {
                    picture.resize(self.text_rows(), b"@".to_vec());
                }
                _ => picture.extend(rows.iter().take(left).map(|row| row.to_vec())),
            }
            line += 1;
        }
        picture
    }

    /// What has to be written.
    pub fn draw(
        &mut self,
        buffer: &Buffer,
        options: &Options,
        place: &Place,
        status: &[u8],
    ) -> Vec<u8> {
        self.follow(buffer, options, place);
        let mut picture = self.picture(buffer, options);
        // The very last cell is left alone: some terminals scroll when it is filled.
        let mut message = cells(
            status,
            &Options {
                list: false,
                ..Options::new(options.eight_bit)
            },
        );
        let surplus = message.len().saturating_sub(self.columns - 1);
        if place.prompt {
            message.drain(..surplus);
        }
        message.truncate(self.columns - 1);
        let behind = message.len();
        picture.push(message);
        for row in &mut picture {
            row.truncate(row.trim_ascii_end().len());
        }
        let shown = self.shown.take().unwrap_or_else(|| {
            self.output.extend_from_slice(b"\x1b[m\x1b[H\x1b[J");
            alloc::vec![Vec::new(); self.rows]
        });
        let shown = self.scroll_rows(shown, &picture);
        for (number, (old, new)) in shown.iter().zip(&picture).enumerate() {
            self.draw_row(number, old, new);
        }
        self.shown = Some(picture);
        if place.prompt {
            self.go(self.rows - 1, behind);
        } else {
            let (row, column) = self.place_in_line(buffer, options, place);
            let mut above = 0;
            for line in self.top..place.cursor.line {
                above += self.height(buffer, options, line);
            }
            let row = (above + row).saturating_sub(self.skip);
            self.go(row.min(self.text_rows() - 1), column);
        }
        core::mem::take(&mut self.output)
    }

    fn go(&mut self, row: usize, column: usize) {
        let place = format!("\x1b[{};{}H", row + 1, column + 1);
        self.output.extend(place.bytes());
    }

    /// Writes what differs in a row.
    fn draw_row(&mut self, number: usize, old: &[u8], new: &[u8]) {
        let cell = |row: &[u8], column| row.get(column).copied().unwrap_or(b' ');
        let width = old.len().max(new.len());
        let mut columns = 0..width;
        let Some(start) = columns.find(|&column| cell(old, column) != cell(new, column)) else {
            return;
        };
        let end = (start..width).rfind(|&column| cell(old, column) != cell(new, column));
        let end = end.map_or(start, |last| last + 1);
        self.go(number, start);
        let changed = new.get(start..end.min(new.len())).unwrap_or_default();
        self.output.extend_from_slice(changed);
        if end > new.len() {
            self.output.extend_from_slice(b"\x1b[K");
        }
    }

    /// Lets the terminal move rows, if that brings most of them to their places; what
    /// it shows then.
    fn scroll_rows(&mut self, mut shown: Vec<Vec<u8>>, picture: &[Vec<u8>]) -> Vec<Vec<u8>> {
        let rows = self.text_rows();
        let text = |row: &[u8]| row.len() > 1;
        let same = |up: usize, down: usize| {
            let old = shown.iter().take(rows).skip(up);
            let new = picture.iter().take(rows).skip(down);
            old.zip(new)
                .filter(|(old, new)| old == new && text(old))
                .count()
        };
        let stay = same(0, 0);
        let ways = (1..rows).flat_map(|count| [(count, 0), (0, count)]);
        let best = ways.max_by_key(|&(up, down)| (same(up, down), usize::MAX - up - down));
        let Some((up, down)) = best.filter(|&(up, down)| same(up, down) > stay + 2) else {
            return shown;
        };
        self.output.extend(format!("\x1b[1;{rows}r").bytes());
        self.go(if up > 0 { rows - 1 } else { 0 }, 0);
        for _ in 0..up {
            self.output.push(b'\n');
            shown.remove(0);
            shown.insert(rows - 1, Vec::new());
        }
        for _ in 0..down {
            self.output.extend_from_slice(b"\x1bM");
            shown.remove(rows - 1);
            shown.insert(0, Vec::new());
        }
        self.output.extend_from_slice(b"\x1b[r");
        shown
    }
}
