// SPDX-License-Identifier: GPL-2.0-or-later
//! What is drawn.

use super::terminal::Terminal;
use super::{COLUMNS, ROWS, session};
use crate::vi::ESCAPE;

#[test]
fn the_screen_shows_it() {
    let mut vi = session(b"one\n\ttab\n\x01\xff\nlonger than the screen\nlast\n");
    let expected = [
        "one",
        "        tab",
        "^A\\xff",
        "longer than the scre",
        "en",
        "last",
        "~",
        "\"file\" 5 lines, 40",
    ];
    assert_eq!(vi.terminal.text(), expected);
    assert_eq!((vi.terminal.row, vi.terminal.column), (0, 0));
    vi.keys("j");
    assert_eq!((vi.terminal.row, vi.terminal.column), (1, 7));
    vi.keys("i");
    assert_eq!((vi.terminal.row, vi.terminal.column), (1, 0));
    assert_eq!(vi.message(), "-- INSERT --");
    vi.keys("\x1b:set nu list\r");
    let expected = [
        "     1  one$",
        "     2  ^Itab$",
        "     3  ^A\\xff$",
        "     4  longer than",
        "the screen$",
        "     5  last$",
        "~",
        "",
    ];
    assert_eq!(vi.terminal.text()[..3], expected[..3]);
    vi.keys(":set nonu nolist\rG");
    assert_eq!((vi.terminal.row, vi.terminal.column), (5, 0));
    vi.keys("/x");
    assert_eq!(vi.message(), "/x");
    assert_eq!((vi.terminal.row, vi.terminal.column), (7, 2));
    assert_eq!(vi.terminal.bells, 0);
    vi.keys("\rdQ");
    assert!(vi.terminal.bells > 0);
}

#[test]
fn only_what_changed_is_drawn() {
    let text: String = (0..200)
        .map(|line| format!("line number {line}\n"))
        .collect();
    let mut vi = session(text.as_bytes());
    let mut cost = |keys: &str| {
        vi.vi.key(keys.as_bytes()[0], &mut vi.files);
        let drawn = vi.vi.draw();
        vi.terminal.write(&drawn);
        drawn.len()
    };
    // The message goes away with the first key.
    cost("l");
    assert!(cost("l") < 8);
    assert!(cost("x") < 30);
    for _ in 0..6 {
        cost("j");
    }
    // One line comes in, the others are moved.
    assert!(cost("j") < 45);
    assert!(cost("\x0c") > 100);
}

#[test]
fn a_line_longer_than_the_screen() {
    let text = [b"first\n".as_slice(), &[b'a'; 400], b"END\nlast\n"].concat();
    let mut vi = session(&text);
    vi.keys("j$");
    assert!(
        vi.terminal.text()[6].contains("END"),
        "{:?}",
        vi.terminal.text()
    );
    vi.keys("0");
    assert_eq!((vi.terminal.row, vi.terminal.column), (0, 0));
    vi.keys("k");
    assert_eq!(vi.terminal.text()[..2], ["first", "@"]);
    vi.keys("G");
    assert_eq!(vi.terminal.text()[0], "last");
    vi.keys("kx");
    assert_eq!(vi.terminal.text()[0].len(), 20);
}

/// Whatever is typed: what is drawn bit by bit is what is drawn at once, the cursor is
/// in the text, and all is undone in the end.
#[test]
fn anything_may_be_typed() {
    let words = [
        "j",
        "k",
        "w",
        "b",
        "e",
        "$",
        "0",
        "G",
        "gg",
        "dd",
        "p",
        "P",
        "x",
        "3x",
        "dw",
        "cwnew\x1b",
        "onext line\x1b",
        "Oabove\rmore\x1b",
        "J",
        "u",
        "\x12",
        ".",
        "~",
        "\x06",
        "\x02",
        "\x04",
        "\x05",
        "\x19",
        "yy",
        "5yy",
        "3p",
        ">>",
        "<<",
        "D",
        "d}",
        "d{",
        "%",
        "rx",
        "Rover\x08\x1b",
        ":set nu\r",
        ":set nonu\r",
        ":set list\r",
        ":set nolist\r",
        ":%s/e/EE/g\r",
        ":g/o/d\r",
        "/e\r",
        "n",
        "N",
        "A\t\x01\u{e9} long long long long\x1b",
        "i\x1b[A\x1b[Bx\x1b",
        "U",
        "d'a",
        "ma",
        ":2,3m0\r",
        ":$\r",
        "dG",
        "H",
        "L",
        "M",
        "d`a",
        ":set ai\r",
        "o\x04x\r\r\x1b",
        "2ifoo\r\x1b",
        "ddp",
    ];
    for round in 0..12u32 {
        let text = ["one two three\n\n  four\nfive", "", "a\n"][round as usize % 3];
        let mut vi = session(text.as_bytes());
        vi.terminal.at_once = round % 2 == 0;
        let mut seed = round;
        for _ in 0..120 {
            seed = seed.wrapping_mul(1_103_515_245).wrapping_add(12345);
            let word = words[(seed >> 16) as usize % words.len()];
            vi.keys(word);
            let at = vi.vi.cursor;
            let length = vi.vi.buffer.length(at.line);
            assert!(
                at.line <= vi.vi.buffer.last() && at.column < length.max(1),
                "{word:?}"
            );
            let shown = vi.terminal.text();
            let place = (vi.terminal.row, vi.terminal.column);
            vi.vi.forget_screen();
            let mut fresh = Terminal::new(ROWS, COLUMNS, false);
            fresh.write(&vi.vi.draw());
            assert_eq!(shown, fresh.text(), "{word:?}");
            assert_eq!(place, (fresh.row, fresh.column), "{word:?}");
        }
        for _ in 0..1000 {
            vi.vi.key(b'u', &mut vi.files);
        }
        assert_eq!(vi.text(), text);
    }
}

#[test]
fn every_byte_after_every_byte() {
    for first in 0..=255u8 {
        let mut vi = session(b"one two\n\tthree (x)\n\nfour\n");
        for second in 0..=255u8 {
            for byte in [b'j', first, second, b'1', b'\r', ESCAPE, ESCAPE] {
                vi.vi.key(byte, &mut vi.files);
            }
            vi.vi.draw();
            if vi.vi.is_finished() {
                break;
            }
        }
    }
}
