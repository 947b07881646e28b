// SPDX-License-Identifier: GPL-2.0-or-later
//! A screen of character cells, which the escape sequences change (0.11: the upper
//! half of `kernel/chr_drv/console.c`).
//!
//! The picture is a stretch of `lines * columns` cells in a larger memory. An
//! adapter that can start its picture anywhere scrolls by moving the start,
//! the [`Screen::origin`], down by a line; only at the end of the memory the
//! picture has to be copied back to the front. Positions count from 0; `x` may
//! equal the number of columns: then the next character starts a new line.
//!
//! Nothing here touches a device. The driver shows [`Screen::origin`] and
//! [`Screen::shown_cursor`] to the adapter after each piece of output to the
//! console in front.

mod rendition;

use core::ops::Range;
use rendition::{Rendition, reverse};

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

    /// The character.
    pub const fn character(self) -> u8 {
        self.0 as u8
    }

    /// The attribute byte.
    pub const fn attribute(self) -> u8 {
        (self.0 >> 8) as u8
    }
}

/// The most columns, for which there can be tab stops: the BIOS gives the number in
/// a byte.
const MOST_COLUMNS: usize = 256;
/// Columns between the tab stops at the start.
const TAB: usize = 8;

/// What programs switch on and off.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Modes {
    /// New characters push those to their right on, instead of replacing them.
    pub insert: bool,
    /// A character behind the last column starts a new line; otherwise it
    /// replaces the last.
    pub autowrap: bool,
    /// The cursor is visible.
    pub cursor_visible: bool,
    /// Lines count from the first one that scrolls, and the cursor stays in the
    /// lines that scroll.
    origin: bool,
    /// All colours are exchanged.
    reversed: bool,
}

impl Modes {
    const DEFAULT: Modes = Modes {
        insert: false,
        autowrap: true,
        cursor_visible: true,
        origin: false,
        reversed: false,
    };
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
    /// Columns with a tab stop.
    stops: [bool; MOST_COLUMNS],
    /// How characters are written, and whether the cursor is seen.
    pub modes: Modes,
    saved: (usize, usize, Rendition),
    rendition: Rendition,
    /// This and the next field follow from `rendition` and `modes`.
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
            stops: default_stops(),
            modes: Modes::DEFAULT,
            saved: (0, 0, Rendition::NORMAL),
            rendition: Rendition::NORMAL,
            attribute: Rendition::NORMAL.attribute(false),
            blank: Cell::new(b' ', Rendition::NORMAL.blank(false)),
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

    /// The column and line of the cursor, as programs count them.
    pub fn position(&self) -> (usize, usize) {
        (
            self.x,
            self.y.saturating_sub(self.addressable_lines().start),
        )
    }

    /// The cell that shows the cursor. Behind the last column this is the last
    /// cell. An invisible cursor is below the picture.
    pub fn shown_cursor(&self) -> usize {
        if !self.modes.cursor_visible {
            return self.cell(0, self.lines);
        }
        self.cell(self.x.min(self.columns - 1), self.y)
    }

    /// The lines where programs can put the cursor.
    fn addressable_lines(&self) -> Range<usize> {
        if self.modes.origin {
            self.top..self.bottom
        } else {
            0..self.lines
        }
    }

    #[inline(always)]
    fn cursor(&self) -> usize {
        self.cell(self.x, self.y)
    }

    /// How many cells were copied or cleared since the last call: a measure of the
    /// time that was spent.
    pub fn take_work(&mut self) -> usize {
        core::mem::take(&mut self.work)
    }

    /// As at the start: colours, modes, tab stops, scrolling lines, all blank.
    pub fn reset(&mut self) {
        (self.top, self.bottom) = (0, self.lines);
        self.stops = default_stops();
        self.modes = Modes::DEFAULT;
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

    /// Writes printable characters; at the end of a line it goes on in the next
    /// one.
    pub fn put(&mut self, mut text: &[u8]) {
        while let Some(last) = text.len().checked_sub(1) {
            if self.x >= self.columns {
                if self.modes.autowrap {
                    self.cr();
                    self.lf();
                } else {
                    // All other characters are written to one cell.
                    self.x = self.columns - 1;
                    text = &text[last..];
                }
            }
            let count = text.len().min(self.columns - self.x);
            if self.modes.insert {
                self.insert_chars(count);
            }
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

    /// Moves the cursor, as programs count lines; a position outside stays at
    /// the border.
    pub fn gotoxy(&mut self, x: usize, y: usize) {
        let lines = self.addressable_lines();
        self.x = x.min(self.columns - 1);
        self.y = lines.start.saturating_add(y).min(lines.end - 1);
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

    /// Goes to the next tab stop. Behind the last one it goes to the end of the
    /// line, and from there to the first stop of the next line.
    pub fn tab(&mut self) {
        if self.x >= self.columns {
            self.cr();
            self.lf();
        }
        let mut right = self.x + 1..self.columns;
        self.x = right
            .find(|&x| self.stops.get(x) == Some(&true))
            .unwrap_or(self.columns);
    }

    /// Sets or clears the tab stop at the cursor.
    pub fn set_stop(&mut self, set: bool) {
        if let Some(stop) = self.stops.get_mut(self.x) {
            *stop = set;
        }
    }

    /// Clears all tab stops.
    pub fn clear_stops(&mut self) {
        self.stops = [false; MOST_COLUMNS];
    }

    /// `ESC [ J`: 0 erases from the cursor to the end, 1 from the start to the
    /// cursor, 2 all (0.11: `csi_J`).
    pub fn erase_display(&mut self, which: usize) {
        self.erase(which, self.lines(0..self.lines));
    }

    /// `ESC [ K`: as [`Screen::erase_display`], within the line (0.11:
    /// `csi_K`).
    pub fn erase_line(&mut self, which: usize) {
        self.erase(which, self.lines(self.y..self.y + 1));
    }

    fn erase(&mut self, which: usize, Range { start, end }: Range<usize>) {
        let cursor = self.cursor().min(end - 1);
        match which {
            0 => self.clear(self.cursor().min(end)..end),
            1 => self.clear(start..cursor + 1),
            2 => self.clear(start..end),
            _ => {}
        }
    }

    /// `ESC [ X`: cells from the cursor on are erased, and nothing moves.
    pub fn erase_chars(&mut self, count: usize) {
        let (start, end) = (self.cursor(), self.cell(0, self.y + 1));
        self.clear(start..start.saturating_add(count).min(end));
    }

    /// `ESC # 8`: the picture is filled with Es, to adjust the screen.
    pub fn fill_with_e(&mut self) {
        let all = self.lines(0..self.lines);
        self.work += all.len();
        self.cells[all].fill(Cell::new(b'E', self.blank.attribute()));
        self.gotoxy(0, 0);
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

    /// Lines count from the first that scrolls, or from the first again. The
    /// cursor goes there.
    pub fn set_origin_mode(&mut self, on: bool) {
        self.modes.origin = on;
        self.gotoxy(0, 0);
    }

    /// Exchanges the colours of the whole screen, or puts them right again.
    pub fn set_reversed(&mut self, on: bool) {
        if self.modes.reversed != on {
            self.modes.reversed = on;
            let all = self.lines(0..self.lines);
            self.work += all.len();
            for cell in &mut self.cells[all] {
                *cell = Cell::new(cell.character(), reverse(cell.attribute()));
            }
            self.set_rendition(self.rendition);
        }
    }

    /// Remembers where the cursor is and how characters are drawn.
    pub fn save_cur(&mut self) {
        self.saved = (self.x, self.y, self.rendition);
    }

    /// Goes back to what was remembered.
    pub fn restore_cur(&mut self) {
        let (x, y, rendition) = self.saved;
        self.x = x.min(self.columns - 1);
        self.y = y;
        self.set_rendition(rendition);
    }

    /// `ESC [ m`: how characters are drawn from now on, one parameter at a
    /// time.
    pub fn select_rendition(&mut self, parameter: usize) {
        self.set_rendition(self.rendition.select(parameter));
    }

    fn set_rendition(&mut self, rendition: Rendition) {
        self.rendition = rendition;
        self.attribute = rendition.attribute(self.modes.reversed);
        self.blank = Cell::new(b' ', rendition.blank(self.modes.reversed));
    }
}

fn default_stops() -> [bool; MOST_COLUMNS] {
    core::array::from_fn(|column| column % TAB == 0)
}
