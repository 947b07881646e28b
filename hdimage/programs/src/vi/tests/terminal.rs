// SPDX-License-Identifier: GPL-2.0-or-later
//! A terminal for tests.

/// A terminal that knows what a VT100 knows; anything else is a mistake.
pub struct Terminal {
    pub rows: Vec<Vec<u8>>,
    pub row: usize,
    pub column: usize,
    bottom: usize,
    pub bells: usize,
    /// Whether a full row goes to the next one at once.
    pub at_once: bool,
}

impl Terminal {
    pub fn new(rows: usize, columns: usize, at_once: bool) -> Terminal {
        Terminal {
            rows: vec![vec![b'?'; columns]; rows],
            row: 0,
            column: 0,
            bottom: rows - 1,
            bells: 0,
            at_once,
        }
    }

    pub fn write(&mut self, mut text: &[u8]) {
        while let Some((&byte, rest)) = text.split_first() {
            text = rest;
            match byte {
                7 => self.bells += 1,
                b'\n' => self.line_feed(),
                0x1b => {
                    let end = text.iter().position(u8::is_ascii_alphabetic).unwrap();
                    let (sequence, rest) = text.split_at(end + 1);
                    text = rest;
                    self.sequence(std::str::from_utf8(sequence).unwrap());
                }
                0x20..=0x7e | 0x80.. => self.put(byte),
                byte => panic!("control character {byte}"),
            }
        }
    }

    fn put(&mut self, byte: u8) {
        assert!(self.column < self.rows[0].len(), "a row is too long");
        self.rows[self.row][self.column] = byte;
        self.column += 1;
        if self.at_once && self.column == self.rows[0].len() {
            self.column = 0;
            self.line_feed();
        }
    }

    fn line_feed(&mut self) {
        if self.row == self.bottom {
            let row = self.rows.remove(0);
            self.rows.insert(self.bottom, vec![b' '; row.len()]);
        } else {
            self.row += 1;
        }
    }

    fn sequence(&mut self, sequence: &str) {
        let (start, columns) = (self.column.min(self.rows[0].len() - 1), self.rows[0].len());
        match sequence {
            "[m" => {}
            "[H" => (self.row, self.column) = (0, 0),
            "[J" => self.rows.iter_mut().for_each(|row| row.fill(b' ')),
            "[K" => self.rows[self.row][start..].fill(b' '),
            "[r" => (self.bottom, self.row, self.column) = (self.rows.len() - 1, 0, 0),
            "M" => {
                assert_eq!(self.row, 0);
                self.rows.remove(self.bottom);
                self.rows.insert(0, vec![b' '; columns]);
            }
            other => {
                let numbers = &other[1..other.len() - 1];
                let (one, two) = numbers.split_once(';').unwrap();
                let (one, two): (usize, usize) = (one.parse().unwrap(), two.parse().unwrap());
                match &other[other.len() - 1..] {
                    "H" => (self.row, self.column) = (one - 1, two - 1),
                    "r" => (self.bottom, self.row, self.column) = (two - 1, 0, 0),
                    _ => panic!("{other}"),
                }
            }
        }
    }

    pub fn text(&self) -> Vec<String> {
        let shown = |row: &Vec<u8>| String::from_utf8_lossy(row.trim_ascii_end()).into_owned();
        self.rows.iter().map(shown).collect()
    }
}
