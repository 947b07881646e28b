// SPDX-License-Identifier: GPL-2.0-or-later
//! What each sequence does to a small screen, and that none breaks it.

use super::super::screen::{Cell, Screen};
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
            parser: Parser::default(),
        }
    }

    fn write(&mut self, output: impl AsRef<[u8]>) -> Effects {
        let mut effects = Effects::default();
        self.parser
            .write(&mut self.screen, output.as_ref(), &mut effects);
        effects
    }

    fn lines(&self) -> Vec<String> {
        let text: String = self
            .screen
            .picture()
            .iter()
            .map(|cell| char::from(cell.character()))
            .collect();
        let characters: Vec<char> = text.chars().collect();
        characters
            .chunks(COLUMNS)
            .map(|line| line.iter().collect::<String>().trim_end().to_string())
            .collect()
    }

    fn attributes(&self) -> Vec<u8> {
        self.screen
            .picture()
            .iter()
            .map(|cell| cell.attribute())
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
    // Behind the last stop comes the end of the line, then the next line.
    check("a\t\tb", ["a", "b", "", ""]);
    check("a\t\t\tb", ["a", "        b", "", ""]);
    check("\x1b[4;10H\tb", ["", "", "", "b"]);
    check("a\x0bb\x0cc", ["a", " b", "  c", ""]);
    check("ab\x00\x01\x1fc", ["abc", "", "", ""]);
    assert!(Terminal::new(0).write("a\x07").bell);
    assert_eq!(Terminal::new(0).write("a"), Effects::default());
}

/// What the terminal answers to `output`.
#[track_caller]
fn check_answer(output: &str, answer: &str) {
    let effects = Terminal::new(0).write(output);
    assert_eq!(
        str::from_utf8(effects.response.as_bytes()),
        Ok(answer),
        "{output:?}"
    );
}

#[test]
fn questions_are_answered() {
    check_answer("a\x1bZ", "\x1b[?1;2c");
    check_answer("\x1b[c", "\x1b[?1;2c");
    check_answer("\x1b[0c", "\x1b[?1;2c");
    check_answer("\x1b[5n", "\x1b[0n");
    check_answer("\x1b[6n", "\x1b[1;1R");
    check_answer("\x1b[3;9H\x1b[6n", "\x1b[3;9R");
    // Behind the last column, the last is told.
    check_answer("0123456789\x1b[6n", "\x1b[1;10R");
    check_answer("\x1b[2;3r\x1b[?6h\x1b[2d\x1b[6n", "\x1b[2;1R");
    check_answer("\x1b[6n\x1b[5n", "\x1b[1;1R\x1b[0n");
    check_answer("\x1b[1c\x1b[7n\x1b[>c\x1b[?6n", "");
    // Only whole answers, and no more than there is room for.
    check_answer(&"\x1b[c".repeat(99), &"\x1b[?1;2c".repeat(4));
}

#[test]
fn tab_stops() {
    check("\x1b[1;4H\x1bH\r\tb", ["   b", "", "", ""]);
    check("\x1b[1;4H\x1bH\r\t\tb", ["        b", "", "", ""]);
    check("\x1b[1;9H\x1b[g\r\tb", ["", "b", "", ""]);
    check("\x1b[1;9H\x1b[2g\r\tb", ["        b", "", "", ""]);
    check("\x1b[3g\x1b[1;3H\x1bH\r\tb\tc", ["  b", "c", "", ""]);
    check("\x1b[3g\x1bc\tb", ["        b", "", "", ""]);
    // Behind the last column there is none.
    check("0123456789\x1bH\x1b[g\r\tb", ["01234567b9", "", "", ""]);
}

#[test]
fn line_drawing() {
    check("\x1b(0lqk\x1b(Bq", ["\u{da}\u{c4}\u{bf}q", "", "", ""]);
    check("\x1b)0x\x0ex\x0fx", ["x\u{b3}x", "", "", ""]);
    check("\x1b(0AZ^_~\x1b(Ub", ["AZ^ \u{fa}b", "", "", ""]);
    check("\x1b7\x1b(0q\x1b8qq", ["qq", "", "", ""]);
    check("\x1b(0q\x1bcq", ["q", "", "", ""]);
}

#[test]
fn the_letters_of_the_font_are_shown() {
    let mut terminal = Terminal::new(0);
    terminal.write([0x84, 0x9B, 0xFF]);
    assert_eq!(terminal.lines()[0], "\u{84}\u{9b}\u{ff}");
}

#[test]
fn insert_mode() {
    check("345\r\x1b[4h12\x1b[4l\x1b[1;1Hx", ["x2345", "", "", ""]);
    check("0123456789\r\x1b[4hab", ["ab01234567", "", "", ""]);
    check(
        "0123456789\r\x1b[4habcdefghijkl",
        ["abcdefghij", "kl", "", ""],
    );
}

#[test]
fn autowrap() {
    check("\x1b[?7l0123456789abc", ["012345678c", "", "", ""]);
    check(
        "\x1b[?7l0123456789ab\x1b[?7hcd",
        ["012345678b", "cd", "", ""],
    );
    check("\x1b[4;1H\x1b[?7l0123456789a", ["", "", "", "012345678a"]);
}

#[test]
fn origin_mode() {
    check_cursor("\x1b[2;3r\x1b[3;3H\x1b[?6h", (0, 0));
    let region = "\x1b[2;3r\x1b[?6h";
    check(&format!("{region}x"), ["", "x", "", ""]);
    check(&format!("{region}\x1b[9;2Hx"), ["", "", " x", ""]);
    check(&format!("{region}\x1b[9Ax"), ["", "x", "", ""]);
    check(&format!("{region}\x1b[?6lx"), ["x", "", "", ""]);
    check(&format!("{region}\x1b[r\x1b[Hx"), ["x", "", "", ""]);
}

#[test]
fn the_cursor_can_be_hidden() {
    let mut terminal = Terminal::new(3);
    terminal.write("ab\x1b[?25l");
    let below = terminal.screen.origin() + LINES * COLUMNS;
    assert_eq!(terminal.screen.shown_cursor(), below);
    terminal.write("\x1b[?25h");
    assert_eq!(terminal.screen.shown_cursor(), 2);
}

#[test]
fn a_reversed_screen() {
    let mut terminal = Terminal::new(0);
    terminal.write("\x1b[1;32;41ma\x1b[?5hb\x1b[7mc\x1b[K");
    // Bright green on red, reversed, reversed twice, erased.
    assert_eq!(terminal.attributes()[..4], [0x2C, 0x2C, 0x4A, 0x24]);
    assert_eq!(terminal.attributes()[COLUMNS], 0x70);
    terminal.write("\x1b[?5h\x1b[?5l");
    assert_eq!(terminal.attributes()[..4], [0x4A, 0x4A, 0x2C, 0x42]);
    terminal.write("\x1b[?5h\x1bc");
    assert_eq!(terminal.attributes()[..4], [0x07; 4]);
}

#[test]
fn the_cursor_is_saved_with_its_rendition() {
    let mut terminal = Terminal::new(0);
    terminal.write("\x1b[31m\x1b7\x1b[0m\x1b[3;3H\x1b8x");
    assert_eq!(terminal.attributes()[0], 0x04);
}

#[test]
fn the_screen_is_filled_with_es() {
    let full = "E".repeat(COLUMNS);
    check("ab\x1b#8\x1b#3", [full.as_str(); LINES]);
}

#[test]
fn function_keys_are_not_seen_when_echoed() {
    check("a\x1b[[Ab", ["ab", "", "", ""]);
    check("a\x1b[[\x1b[2Cb", ["a  b", "", "", ""]);
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
        &format!("{full}\x1b[2X"),
        ["aaaaaaaaaa", "bbbb  bbbb", "cccccccccc", "dddd"],
    );
    check(
        &format!("{full}\x1b[99X"),
        ["aaaaaaaaaa", "bbbb", "cccccccccc", "dddd"],
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
        "a\x1b[?1lb\x1b[1;2yc\x1b%G\x1b*0d\x1b=e\x1b[?2J\x1b[>1 qf\x1b[2 @",
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

/// Writes pseudo-random bytes of an alphabet, and looks whether everything stays
/// on the screen.
fn check_noise(alphabet: &[u8], spare: usize) {
    let inner = (LINES + spare) * COLUMNS;
    let mut memory = vec![Cell::new(b'!', 1); inner + 2 * COLUMNS];
    let (before, rest) = memory.split_at_mut(COLUMNS);
    let (cells, behind) = rest.split_at_mut(inner);
    let mut screen = Screen::new(cells, COLUMNS, LINES).unwrap();
    let mut parser = Parser::default();
    let mut number = 1u32;
    for _ in 0..200_000 {
        number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let byte = alphabet[(number >> 16) as usize % alphabet.len()];
        let mut effects = Effects::default();
        parser.write(&mut screen, &[byte], &mut effects);
        let (x, y) = screen.position();
        assert!(x <= COLUMNS && y < LINES);
        assert_eq!(screen.picture().len(), COLUMNS * LINES);
        assert!(screen.shown_cursor() <= screen.origin() + COLUMNS * LINES);
        assert!(effects.response.as_bytes().len() <= 10);
    }
    let untouched = [Cell::new(b'!', 1); COLUMNS];
    assert!(before == untouched && behind == untouched);
}

#[test]
fn no_output_breaks_it() {
    let all: Vec<u8> = (0..=255).collect();
    // Not as random, but it meets more states and sequences.
    let sequences = b"\x1b\x1b\x1b[[[;;??012345679ABCDEFGHJKLMPXZ@`acdefghlmnrsu78()#\x07\x08\t\n\r\x0e\x0f\x7fxyz\xff";
    for spare in [0, 3] {
        check_noise(&all, spare);
        check_noise(sequences, spare);
    }
}
