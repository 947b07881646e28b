// SPDX-License-Identifier: GPL-2.0-or-later
//! The escape sequences of the console: bytes in, changes of a [`Screen`] out
//! (0.11: `con_write`).
//!
//! It is a terminal like the VT102. Known are
//!
//! ```text
//! BEL BS TAB LF VT FF CR ESC DEL     DEL goes back and erases
//! ESC 7 8        save and restore the cursor
//! ESC D E M      line feed, new line, reverse line feed
//! ESC Z          asks what the terminal is
//! ESC c          reset
//! ESC [ A B C D  cursor up, down, right, left;  e a: as B C
//! ESC [ E F      down, up, to the first column
//! ESC [ G ` d    to a column, column, line
//! ESC [ H f      to a line and column
//! ESC [ J K      erase display, line
//! ESC [ @ P L M  insert and delete characters, lines
//! ESC [ m r s u  rendition, scrolling lines, save and restore the cursor
//! ```
//!
//! Unknown sequences are passed over whole. Sources: DEC, VT102 User Guide;
//! ANSI X3.64.

use super::screen::Screen;

/// Parameters a sequence can have; further ones are ignored.
const NPAR: usize = 16;

/// Where in a sequence the next byte is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// In none.
    Text,
    /// After ESC.
    Escape,
    /// After `ESC [`.
    Control,
    /// After `ESC (` or `ESC )`: the name of a character set follows.
    Set,
}

/// What output wants besides changing the screen.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Effects {
    /// Ring the bell.
    pub bell: bool,
    /// Send [`RESPONSE`] as if it were typed.
    pub response: bool,
}

/// The answer to `ESC Z`: a VT100 with advanced video (VT102 User Guide).
pub const RESPONSE: &[u8] = b"\x1b[?1;2c";

/// What is known of the sequence that is being read.
pub struct Parser {
    state: State,
    /// Whether a `?` came behind `ESC [`: a sequence of DEC's own.
    question: bool,
    parameters: [usize; NPAR],
    last: usize,
}

impl Default for Parser {
    fn default() -> Self {
        Self::new()
    }
}

impl Parser {
    /// In no sequence.
    pub const fn new() -> Parser {
        Parser {
            state: State::Text,
            question: false,
            parameters: [0; NPAR],
            last: 0,
        }
    }

    /// Writes output to the screen.
    pub fn write(&mut self, screen: &mut Screen, mut bytes: &[u8]) -> Effects {
        let mut effects = Effects::default();
        while let Some((&byte, rest)) = bytes.split_first() {
            if is_control(byte) {
                self.control(screen, byte, &mut effects);
            } else if self.state == State::Text {
                let run = bytes
                    .iter()
                    .position(|&byte| is_control(byte))
                    .unwrap_or(bytes.len());
                let (text, rest) = bytes.split_at(run);
                screen.put(text);
                bytes = rest;
                continue;
            } else {
                self.sequence(screen, byte, &mut effects);
            }
            bytes = rest;
        }
        effects
    }

    /// Control characters count inside sequences too, as in the VT102.
    fn control(&mut self, screen: &mut Screen, byte: u8, effects: &mut Effects) {
        match byte {
            7 => effects.bell = true,
            8 => screen.bs(),
            9 => screen.tab(),
            10..=12 => screen.lf(),
            13 => screen.cr(),
            24 | 26 => self.state = State::Text,
            27 => self.state = State::Escape,
            127 => screen.del(),
            _ => {}
        }
    }

    /// A byte of a sequence.
    fn sequence(&mut self, screen: &mut Screen, byte: u8, effects: &mut Effects) {
        match self.state {
            State::Escape => self.escape(screen, byte, effects),
            State::Control => match byte {
                b'0'..=b'9' => {
                    let parameter = &mut self.parameters[self.last];
                    *parameter = parameter
                        .saturating_mul(10)
                        .saturating_add(usize::from(byte - b'0'));
                }
                b';' => self.last = (self.last + 1).min(NPAR - 1),
                b'?' => self.question = true,
                b' '..=b'?' => {}
                _ => {
                    self.state = State::Text;
                    if !self.question {
                        self.execute(screen, byte);
                    }
                }
            },
            State::Set | State::Text => self.state = State::Text,
        }
    }

    /// The byte after ESC.
    fn escape(&mut self, screen: &mut Screen, byte: u8, effects: &mut Effects) {
        self.state = State::Text;
        match byte {
            b'[' => {
                *self = Parser {
                    state: State::Control,
                    ..Parser::new()
                }
            }
            b'(' | b')' => self.state = State::Set,
            b'7' => screen.save_cur(),
            b'8' => screen.restore_cur(),
            b'D' => screen.lf(),
            b'E' => {
                screen.cr();
                screen.lf();
            }
            b'M' => screen.ri(),
            b'Z' => effects.response = true,
            b'c' => screen.reset(),
            _ => {}
        }
    }

    /// A whole sequence that began with `ESC [` and ended with `last`.
    fn execute(&mut self, screen: &mut Screen, last: u8) {
        let (first, second) = (self.parameters[0], self.parameters[1]);
        let count = first.max(1);
        let (x, y) = screen.position();
        let (lines, _) = screen.size();
        match last {
            b'A' => screen.gotoxy(x, y.saturating_sub(count)),
            b'B' | b'e' => screen.gotoxy(x, y.saturating_add(count)),
            b'C' | b'a' => screen.gotoxy(x.saturating_add(count), y),
            b'D' => screen.gotoxy(x.saturating_sub(count), y),
            b'E' => screen.gotoxy(0, y.saturating_add(count)),
            b'F' => screen.gotoxy(0, y.saturating_sub(count)),
            b'G' | b'`' => screen.gotoxy(count - 1, y),
            b'd' => screen.gotoxy(x, count - 1),
            b'H' | b'f' => screen.gotoxy(second.max(1) - 1, count - 1),
            b'J' => screen.erase_display(first),
            b'K' => screen.erase_line(first),
            b'@' => screen.insert_chars(count),
            b'P' => screen.delete_chars(count),
            b'L' => screen.insert_lines(count),
            b'M' => screen.delete_lines(count),
            b'm' => {
                for &parameter in &self.parameters[..=self.last] {
                    screen.select_rendition(parameter);
                }
            }
            b'r' => screen.set_scrolling(count - 1, if second == 0 { lines } else { second }),
            b's' => screen.save_cur(),
            b'u' => screen.restore_cur(),
            _ => {}
        }
    }
}

#[inline(always)]
fn is_control(byte: u8) -> bool {
    byte < b' ' || byte == 127
}

#[cfg(test)]
mod tests {
    use super::super::screen::Cell;
    use super::*;

    const COLUMNS: usize = 10;
    const LINES: usize = 4;

    /// A terminal that has been sent `output`, on memory of `spare` lines more
    /// than it shows.
    struct Terminal {
        screen: Screen<'static>,
        parser: Parser,
    }

    impl Terminal {
        fn new(spare: usize) -> Terminal {
            let cells = vec![Cell::new(b' ', 7); (LINES + spare) * COLUMNS].leak();
            let screen = Screen::new(cells, COLUMNS, LINES).unwrap();
            Terminal {
                screen,
                parser: Parser::new(),
            }
        }

        fn write(&mut self, output: &str) -> Effects {
            self.parser.write(&mut self.screen, output.as_bytes())
        }

        fn lines(&self) -> Vec<String> {
            let text: String = self
                .screen
                .picture()
                .iter()
                .map(|cell| cell.0 as u8 as char)
                .collect();
            let lines = text.as_bytes().chunks(COLUMNS);
            lines
                .map(|line| str::from_utf8(line).unwrap().trim_end().to_string())
                .collect()
        }

        fn attributes(&self) -> Vec<u8> {
            self.screen
                .picture()
                .iter()
                .map(|cell| (cell.0 >> 8) as u8)
                .collect()
        }
    }

    /// The lines after `output`, on adapters that can and cannot scroll.
    #[track_caller]
    fn check(output: &str, lines: [&str; LINES]) {
        for spare in [0, 1, 2, 7] {
            let mut terminal = Terminal::new(spare);
            terminal.write(output);
            assert_eq!(terminal.lines(), lines, "with {spare} spare lines");
        }
    }

    /// Where the cursor is after `output`.
    #[track_caller]
    fn check_cursor(output: &str, position: (usize, usize)) {
        let mut terminal = Terminal::new(0);
        terminal.write(output);
        assert_eq!(terminal.screen.position(), position);
    }

    #[test]
    fn text_wraps_and_scrolls() {
        check("1\r\n2\r\n3\r\n4\r\n5\r\n6", ["3", "4", "5", "6"]);
        check("0123456789", ["0123456789", "", "", ""]);
        check("0123456789ab", ["0123456789", "ab", "", ""]);
        check("\n\n\n0123456789abc", ["", "", "0123456789", "abc"]);
        let many: String = (0..100).map(|number| format!("{number}\r\n")).collect();
        check(&many, ["97", "98", "99", ""]);
    }

    #[test]
    fn the_last_column_holds_the_cursor_until_more_comes() {
        let mut terminal = Terminal::new(0);
        terminal.write("0123456789");
        assert_eq!(terminal.screen.position(), (10, 0));
        assert_eq!(terminal.screen.shown_cursor(), 9);
        check("0123456789\rx", ["x123456789", "", "", ""]);
        check("0123456789\x08x", ["012345678x", "", "", ""]);
        check("0123456789\x7f", ["012345678", "", "", ""]);
        check("0123456789\x1b[K\x1b[P\x1b[@", ["0123456789", "", "", ""]);
        check("\x1b[4;1H0123456789\x1b[J", ["", "", "", "0123456789"]);
    }

    #[test]
    fn control_characters() {
        check("ab\x08c", ["ac", "", "", ""]);
        check("ab\x7fc", ["ac", "", "", ""]);
        check("\x08\x7fa", ["a", "", "", ""]);
        check("a\tb", ["a       b", "", "", ""]);
        // Behind the last stop that is in the line, the next line goes on.
        check("a\t\tb", ["a", "      b", "", ""]);
        check("\x1b[1;9H\x1b[4d\tb", ["", "", "", "      b"]);
        check("a\x0bb\x0cc", ["a", " b", "  c", ""]);
        check("ab\x00\x01\x1fc", ["abc", "", "", ""]);
        assert_eq!(
            Terminal::new(0).write("a\x07"),
            Effects {
                bell: true,
                response: false
            }
        );
        assert_eq!(
            Terminal::new(0).write("a\x1bZ"),
            Effects {
                bell: false,
                response: true
            }
        );
    }

    #[test]
    fn the_cursor_moves_and_stays_inside() {
        check_cursor("\x1b[3;5H", (4, 2));
        check_cursor("\x1b[3;5f", (4, 2));
        check_cursor("\x1b[3;5f\x1b[H", (0, 0));
        check_cursor("\x1b[99;99H", (9, 3));
        check_cursor("\x1b[99999999999999999999;4294967295H", (9, 3));
        check_cursor("\x1b[3;5H\x1b[A\x1b[2D", (2, 1));
        check_cursor("\x1b[3;5H\x1b[0B\x1b[2C", (6, 3));
        check_cursor("\x1b[3;5H\x1b[9A\x1b[99D", (0, 0));
        check_cursor("\x1b[e\x1b[2a", (2, 1));
        check_cursor("\x1b[3;5H\x1b[F", (0, 1));
        check_cursor("\x1b[3;5H\x1b[E", (0, 3));
        check_cursor("\x1b[3;5H\x1b[8G", (7, 2));
        check_cursor("\x1b[3;5H\x1b[8`", (7, 2));
        check_cursor("\x1b[3;5H\x1b[2d", (4, 1));
        check_cursor("\x1b[3;5H\x1b[s\x1b[H\x1b[u", (4, 2));
        check_cursor("\x1b[3;5H\x1b7\x1b[H\x1b8", (4, 2));
        check_cursor("ab\x1bE", (0, 1));
        check_cursor("ab\x1bD", (2, 1));
    }

    #[test]
    fn erasing() {
        let full = "aaaaaaaaaabbbbbbbbbbccccccccccdddd\x1b[2;5H";
        check(&format!("{full}\x1b[J"), ["aaaaaaaaaa", "bbbb", "", ""]);
        check(
            &format!("{full}\x1b[1J"),
            ["", "     bbbbb", "cccccccccc", "dddd"],
        );
        check(&format!("{full}\x1b[2J"), ["", "", "", ""]);
        check(
            &format!("{full}\x1b[K"),
            ["aaaaaaaaaa", "bbbb", "cccccccccc", "dddd"],
        );
        check(
            &format!("{full}\x1b[1K"),
            ["aaaaaaaaaa", "     bbbbb", "cccccccccc", "dddd"],
        );
        check(
            &format!("{full}\x1b[2K"),
            ["aaaaaaaaaa", "", "cccccccccc", "dddd"],
        );
        check(
            &format!("{full}\x1b[7K"),
            ["aaaaaaaaaa", "bbbbbbbbbb", "cccccccccc", "dddd"],
        );
    }

    #[test]
    fn inserting_and_deleting() {
        let text = "12345\x1b[1;3H";
        check(&format!("{text}\x1b[@"), ["12 345", "", "", ""]);
        check(&format!("{text}\x1b[2@x"), ["12x 345", "", "", ""]);
        check(&format!("{text}\x1b[P"), ["1245", "", "", ""]);
        check(&format!("{text}\x1b[99P"), ["12", "", "", ""]);
        check(&format!("{text}\x1b[99@"), ["12", "", "", ""]);
        let lines = "1\r\n2\r\n3\r\n4\x1b[2;2H";
        check(&format!("{lines}\x1b[L"), ["1", "", "2", "3"]);
        check(&format!("{lines}\x1b[99L"), ["1", "", "", ""]);
        check(&format!("{lines}\x1b[M"), ["1", "3", "4", ""]);
        check(&format!("{lines}\x1b[2M"), ["1", "4", "", ""]);
        check(&format!("{lines}\x1b[H\x1bMx"), ["x", "1", "2", "3"]);
    }

    #[test]
    fn only_some_lines_scroll() {
        let lines = "1\r\n2\r\n3\r\n4\x1b[2;3r";
        check(&format!("{lines}\x1b[3;1H\nx"), ["1", "3", "x", "4"]);
        check(&format!("{lines}\x1b[2;1H\x1bMx"), ["1", "x", "2", "4"]);
        check(&format!("{lines}\x1b[2;1H\x1b[L"), ["1", "", "2", "4"]);
        check(&format!("{lines}\x1b[2;1H\x1b[M"), ["1", "3", "", "4"]);
        // Outside of them, nothing does.
        check(&format!("{lines}\x1b[4;1H\nx"), ["1", "2", "3", "x"]);
        check(&format!("{lines}\x1b[H\x1bMx"), ["x", "2", "3", "4"]);
        check(&format!("{lines}\x1b[H\x1b[L\x1b[M"), ["1", "2", "3", "4"]);
        check(&format!("{lines}\x1b[r\x1b[4;1H\nx"), ["2", "3", "4", "x"]);
        check(
            &format!("{lines}\x1b[3;2r\x1b[1;9r\x1b[2;2r\x1b[3;1H\nx"),
            ["1", "3", "x", "4"],
        );
    }

    #[test]
    fn renditions() {
        for (output, attribute) in [
            ("", 0x07),
            ("\x1b[1m", 0x0F),
            ("\x1b[4m", 0x0F),
            ("\x1b[1;4;24m", 0x0F),
            ("\x1b[4;24m", 0x07),
            ("\x1b[1;22m", 0x07),
            ("\x1b[5m", 0x87),
            ("\x1b[5;25m", 0x07),
            ("\x1b[7m", 0x70),
            ("\x1b[7;27m", 0x07),
            ("\x1b[7m\x1b[m", 0x07),
            ("\x1b[31m", 0x04),
            ("\x1b[1;33;44m", 0x1E),
            ("\x1b[32;41;7m", 0x24),
            ("\x1b[32;41;39;49m", 0x07),
            ("\x1b[1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;31m", 0x0F),
        ] {
            let mut terminal = Terminal::new(0);
            terminal.write(output);
            terminal.write("x");
            assert_eq!(terminal.attributes()[0], attribute, "{output:?}");
        }
    }

    #[test]
    fn erased_cells_have_the_background_and_are_not_reversed() {
        let mut terminal = Terminal::new(0);
        terminal.write("\x1b[1;5;7;33;44m\x1b[2K");
        assert_eq!(terminal.attributes()[0], 0x16);
        assert_eq!(terminal.attributes()[COLUMNS], 0x07);
    }

    #[test]
    fn unknown_sequences_are_passed_over() {
        check(
            "a\x1b[?25lb\x1b[1;2yc\x1b(B\x1b)0d\x1b=e\x1b[?2J\x1b[>1 qf",
            ["abcdef", "", "", ""],
        );
        check("a\x1b[\x18b\x1b[2\x1b[Dc", ["ac", "", "", ""]);
        // A control character inside a sequence counts, and does not end it.
        check("a\x1b[\r2Cb", ["a b", "", "", ""]);
    }

    #[test]
    fn reset() {
        check(
            "abc\x1b[2;1H\x1b[s\x1b[2;3r\x1b[31mx\x1bcy\n\x1b[uz",
            ["z", "", "", ""],
        );
        let mut terminal = Terminal::new(0);
        terminal.write("\x1b[31m\x1bcx");
        assert_eq!(terminal.attributes()[0], 0x07);
    }

    #[test]
    fn a_screen_needs_memory() {
        let cells = vec![Cell::new(b' ', 7); 39].leak();
        assert!(Screen::new(cells, COLUMNS, LINES).is_none());
        assert!(Screen::new(&mut [], 0, LINES).is_none());
        assert!(Screen::new(&mut [], COLUMNS, 0).is_none());
    }

    #[test]
    fn no_output_breaks_it() {
        // Not random, but it meets most states and sequences.
        let alphabet =
            b"\x1b\x1b\x1b[[[;;?0129ABCDEFGHJKLM@PadefmrsuZ78c(\x07\x08\t\n\r\x7fxyz\xff";
        for spare in [0, 3] {
            let mut terminal = Terminal::new(spare);
            let mut number = 1u32;
            for _ in 0..200_000 {
                number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let byte = alphabet[(number >> 16) as usize % alphabet.len()];
                terminal.parser.write(&mut terminal.screen, &[byte]);
                let (x, y) = terminal.screen.position();
                assert!(x <= COLUMNS && y < LINES);
                assert_eq!(terminal.screen.picture().len(), COLUMNS * LINES);
            }
        }
    }
}
