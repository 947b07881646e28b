// SPDX-License-Identifier: GPL-2.0-or-later
//! A screen of character cells: what the escape sequences act on
//! (0.11: the upper half of `kernel/chr_drv/console.c`).
//!
//! The picture is a stretch of `lines * columns` cells in a larger memory. An
//! adapter that can start its picture anywhere scrolls by moving the start,
//! the [`Screen::origin`], down by a line; only at the end of the memory the
//! picture has to be copied back to the front. Positions count from 0; `x` may
//! equal the number of columns: then the next character starts a new line.
//!
//! Nothing here touches a device. The driver shows [`Screen::origin`] and
//! [`Screen::shown_cursor`] to the adapter after each piece of output.

use core::ops::Range;

/// A character and its colours, as the adapter keeps them: the character in
/// the low byte, the attribute in the high byte (IBM VGA, text modes).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Cell(pub u16);

impl Cell {
    /// A cell that shows `character`, a number of the adapter's font.
    #[inline(always)]
    pub const fn new(character: u8, attribute: u8) -> Cell {
        Cell((attribute as u16) << 8 | character as u16)
    }
}

/// The VGA's numbers of the colours 30..=37 (ANSI X3.64): it has red and blue
/// the other way round.
const COLOURS: [u8; 8] = [0, 4, 2, 6, 1, 5, 3, 7];
const WHITE: u8 = 7;
/// Attribute bits: a bright character, a blinking one.
const BRIGHT: u8 = 8;
const BLINK: u8 = 0x80;

/// How characters are drawn: what `ESC [ m` selects.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Rendition {
    foreground: u8,
    background: u8,
    bold: bool,
    underline: bool,
    blink: bool,
    reverse: bool,
}

impl Rendition {
    const NORMAL: Rendition = Rendition {
        foreground: WHITE,
        background: 0,
        bold: false,
        underline: false,
        blink: false,
        reverse: false,
    };

    /// The attribute byte. Underlined shows as bright, as in 0.11: colour
    /// adapters cannot underline.
    const fn attribute(self) -> u8 {
        let (front, back) = match self.reverse {
            false => (self.foreground, self.background),
            true => (self.background, self.foreground),
        };
        let bright = if self.bold || self.underline {
            BRIGHT
        } else {
            0
        };
        let blink = if self.blink { BLINK } else { 0 };
        front | bright | back << 4 | blink
    }
}

/// A screen; see the module's description.
pub struct Screen<'a> {
    cells: &'a mut [Cell],
    columns: usize,
    lines: usize,
    origin: usize,
    x: usize,
    y: usize,
    /// The lines that scroll: from `top` to before `bottom`.
    top: usize,
    bottom: usize,
    saved: (usize, usize),
    rendition: Rendition,
    /// Both follow from `rendition`.
    attribute: u8,
    blank: Cell,
    /// Cells copied or cleared since [`Screen::take_work`].
    work: usize,
}

impl<'a> Screen<'a> {
    /// A screen that shows the beginning of `cells`, as they are, and may use
    /// the rest to scroll into. `None` if they are not enough for a picture.
    pub fn new(cells: &'a mut [Cell], columns: usize, lines: usize) -> Option<Screen<'a>> {
        if columns == 0 || lines == 0 || cells.len() < columns * lines {
            return None;
        }
        Some(Screen {
            cells,
            columns,
            lines,
            origin: 0,
            x: 0,
            y: 0,
            top: 0,
            bottom: lines,
            saved: (0, 0),
            rendition: Rendition::NORMAL,
            attribute: Rendition::NORMAL.attribute(),
            blank: Cell::new(b' ', Rendition::NORMAL.attribute()),
            work: 0,
        })
    }

    /// The first cell of the picture.
    pub fn origin(&self) -> usize {
        self.origin
    }

    /// What is shown, line by line.
    #[cfg(test)]
    pub fn picture(&self) -> &[Cell] {
        &self.cells[self.lines(0..self.lines)]
    }

    /// Lines and columns of the picture.
    pub fn size(&self) -> (usize, usize) {
        (self.lines, self.columns)
    }

    /// The column and line of the cursor.
    pub fn position(&self) -> (usize, usize) {
        (self.x, self.y)
    }

    /// The cell that shows the cursor: behind the last column, that is the
    /// last.
    pub fn shown_cursor(&self) -> usize {
        self.cell(self.x.min(self.columns - 1), self.y)
    }

    #[inline(always)]
    fn cursor(&self) -> usize {
        self.cell(self.x, self.y)
    }

    /// How many cells were copied or cleared since this was last asked: a
    /// measure of the time that was spent.
    pub fn take_work(&mut self) -> usize {
        core::mem::take(&mut self.work)
    }

    /// As at the start: colours, scrolling lines, all blank.
    pub fn reset(&mut self) {
        (self.top, self.bottom) = (0, self.lines);
        self.set_rendition(Rendition::NORMAL);
        self.gotoxy(0, 0);
        self.save_cur();
        self.erase_display(2);
    }

    #[inline(always)]
    fn cell(&self, x: usize, y: usize) -> usize {
        self.origin + y * self.columns + x
    }

    /// The cells of some lines of the picture.
    fn lines(&self, lines: Range<usize>) -> Range<usize> {
        self.cell(0, lines.start)..self.cell(0, lines.end)
    }

    fn clear(&mut self, range: Range<usize>) {
        self.work += range.len();
        self.cells[range].fill(self.blank);
    }

    fn copy(&mut self, from: Range<usize>, to: usize) {
        self.work += from.len();
        self.cells.copy_within(from, to);
    }

    /// Writes printable characters, going on in the next line at the end of
    /// one.
    pub fn put(&mut self, mut text: &[u8]) {
        while !text.is_empty() {
            if self.x >= self.columns {
                self.cr();
                self.lf();
            }
            let count = text.len().min(self.columns - self.x);
            let (now, later) = text.split_at(count);
            let start = self.cursor();
            let attribute = self.attribute;
            for (cell, &character) in self.cells[start..start + count].iter_mut().zip(now) {
                *cell = Cell::new(character, attribute);
            }
            self.x += count;
            text = later;
        }
    }

    /// Moves the cursor; a position outside stays at the border.
    pub fn gotoxy(&mut self, x: usize, y: usize) {
        self.x = x.min(self.columns - 1);
        self.y = y.min(self.lines - 1);
    }

    /// Moves the lines from `top` to before `bottom` up by `count`; blank lines
    /// come in at the bottom.
    fn scrup(&mut self, top: usize, bottom: usize, count: usize) {
        let count = count.min(bottom - top);
        if top == 0 && bottom == self.lines && self.cells.len() > self.lines * self.columns {
            self.move_origin(count);
        } else {
            self.copy(self.lines(top + count..bottom), self.cell(0, top));
        }
        self.clear(self.lines(bottom - count..bottom));
    }

    /// Starts the picture `count` lines further down; at the end of the memory
    /// what stays of it is copied to the front.
    fn move_origin(&mut self, count: usize) {
        let stays = self.lines(count..self.lines);
        let origin = stays.start;
        if origin + self.lines * self.columns <= self.cells.len() {
            self.origin = origin;
        } else {
            self.copy(stays, 0);
            self.origin = 0;
        }
    }

    /// Moves the lines from `top` to before `bottom` down by `count`; blank
    /// lines come in at the top.
    fn scrdown(&mut self, top: usize, bottom: usize, count: usize) {
        let count = count.min(bottom - top);
        self.copy(self.lines(top..bottom - count), self.cell(0, top + count));
        self.clear(self.lines(top..top + count));
    }

    /// Line feed: down, scrolling in the last line.
    pub fn lf(&mut self) {
        if self.y + 1 == self.bottom {
            self.scrup(self.top, self.bottom, 1);
        } else if self.y + 1 < self.lines {
            self.y += 1;
        }
    }

    /// Reverse index: up, scrolling in the first line.
    pub fn ri(&mut self) {
        if self.y == self.top {
            self.scrdown(self.top, self.bottom, 1);
        } else {
            self.y = self.y.saturating_sub(1);
        }
    }

    /// Carriage return.
    pub fn cr(&mut self) {
        self.x = 0;
    }

    /// Backspace.
    pub fn bs(&mut self) {
        self.x = self.x.saturating_sub(1);
    }

    /// Goes back by a character and erases it.
    pub fn del(&mut self) {
        if self.x > 0 {
            self.x -= 1;
            let cursor = self.cursor();
            self.clear(cursor..cursor + 1);
        }
    }

    /// Goes to the next column that 8 divides, in the next line if there is
    /// none in this.
    pub fn tab(&mut self) {
        self.x = (self.x / 8 + 1) * 8;
        if self.x > self.columns {
            self.x -= self.columns;
            self.lf();
        }
    }

    /// `ESC [ J`: 0 erases from the cursor to the end, 1 from the start to the
    /// cursor, 2 all (0.11: `csi_J`).
    pub fn erase_display(&mut self, which: usize) {
        let (start, end) = (self.cell(0, 0), self.cell(0, self.lines));
        self.erase(which, start, end);
    }

    /// `ESC [ K`: as [`Screen::erase_display`], within the line (0.11:
    /// `csi_K`).
    pub fn erase_line(&mut self, which: usize) {
        let (start, end) = (self.cell(0, self.y), self.cell(0, self.y + 1));
        self.erase(which, start, end);
    }

    fn erase(&mut self, which: usize, start: usize, end: usize) {
        let cursor = self.cursor().min(end - 1);
        match which {
            0 => self.clear(self.cursor().min(end)..end),
            1 => self.clear(start..cursor + 1),
            2 => self.clear(start..end),
            _ => {}
        }
    }

    /// `ESC [ @`: blank cells come in at the cursor (0.11: `csi_at`).
    pub fn insert_chars(&mut self, count: usize) {
        let (start, end) = (self.cursor(), self.cell(0, self.y + 1));
        let count = count.min(end - start);
        self.copy(start..end - count, start + count);
        self.clear(start..start + count);
    }

    /// `ESC [ P`: the cells at the cursor go (0.11: `csi_P`).
    pub fn delete_chars(&mut self, count: usize) {
        let (start, end) = (self.cursor(), self.cell(0, self.y + 1));
        let count = count.min(end - start);
        self.copy(start + count..end, start);
        self.clear(end - count..end);
    }

    /// `ESC [ L`: blank lines come in at the cursor (0.11: `csi_L`).
    pub fn insert_lines(&mut self, count: usize) {
        if (self.top..self.bottom).contains(&self.y) {
            self.scrdown(self.y, self.bottom, count);
        }
    }

    /// `ESC [ M`: the lines at the cursor go (0.11: `csi_M`).
    pub fn delete_lines(&mut self, count: usize) {
        if (self.top..self.bottom).contains(&self.y) {
            self.scrup(self.y, self.bottom, count);
        }
    }

    /// `ESC [ r`: only the lines from `top` to before `bottom` scroll from now
    /// on. Fewer than two, or lines outside, change nothing.
    pub fn set_scrolling(&mut self, top: usize, bottom: usize) {
        if top + 1 < bottom && bottom <= self.lines {
            (self.top, self.bottom) = (top, bottom);
        }
    }

    /// Remembers where the cursor is.
    pub fn save_cur(&mut self) {
        self.saved = (self.x, self.y);
    }

    /// Puts the cursor where it was remembered.
    pub fn restore_cur(&mut self) {
        self.gotoxy(self.saved.0, self.saved.1);
    }

    /// `ESC [ m`: how characters are drawn from now on, one parameter at a
    /// time (0.11: `csi_m`, which knows 0, 1, 4, 7 and 27; the colours are
    /// ANSI X3.64's).
    pub fn select_rendition(&mut self, parameter: usize) {
        let mut rendition = self.rendition;
        match parameter {
            0 => rendition = Rendition::NORMAL,
            1 => rendition.bold = true,
            4 => rendition.underline = true,
            5 => rendition.blink = true,
            7 => rendition.reverse = true,
            22 => rendition.bold = false,
            24 => rendition.underline = false,
            25 => rendition.blink = false,
            27 => rendition.reverse = false,
            30..=37 => rendition.foreground = COLOURS[parameter - 30],
            39 => rendition.foreground = WHITE,
            40..=47 => rendition.background = COLOURS[parameter - 40],
            49 => rendition.background = 0,
            _ => {}
        }
        self.set_rendition(rendition);
    }

    /// Cells are erased to the chosen background, but never reversed.
    fn set_rendition(&mut self, rendition: Rendition) {
        self.rendition = rendition;
        self.attribute = rendition.attribute();
        let plain = Rendition {
            reverse: false,
            bold: false,
            underline: false,
            blink: false,
            ..rendition
        };
        self.blank = Cell::new(b' ', plain.attribute());
    }
}
