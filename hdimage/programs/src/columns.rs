// SPDX-License-Identifier: GPL-2.0-or-later
//! Names side by side, as `ls` shows them on a terminal.

use alloc::vec::Vec;

/// Blanks between columns.
const GAP: usize = 2;

/// How many columns names of these widths take on a line of `line` characters
/// when they run down the columns, and how wide each column is.
///
/// There is always at least one column, even if a name is wider than the line.
pub fn layout(widths: &[usize], line: usize) -> Vec<usize> {
    (1..=widths.len().max(1))
        .map(|rows| column_widths(widths, rows))
        .find(|columns| columns.len() <= 1 || total(columns) <= line)
        .unwrap_or_default()
}

fn column_widths(widths: &[usize], rows: usize) -> Vec<usize> {
    widths
        .chunks(rows)
        .map(|column| column.iter().copied().max().unwrap_or(0))
        .collect()
}

fn total(columns: &[usize]) -> usize {
    columns.iter().sum::<usize>() + GAP * columns.len().saturating_sub(1)
}

/// The names as text, each row a line.
pub fn format(names: &[&[u8]], line: usize) -> Vec<u8> {
    let widths: Vec<usize> = names.iter().map(|name| name.len()).collect();
    let columns = layout(&widths, line);
    let rows = names.len().div_ceil(columns.len().max(1));
    let mut text = Vec::new();
    for row in 0..rows {
        let mut pending = 0;
        for (name, width) in names.iter().skip(row).step_by(rows).zip(&columns) {
            text.resize(text.len() + pending, b' ');
            text.extend_from_slice(name);
            pending = width + GAP - name.len();
        }
        text.push(b'\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn down_the_columns() {
        let names: [&[u8]; 5] = [b"a", b"bbbb", b"cc", b"d", b"eee"];
        assert_eq!(format(&names, 80), b"a  bbbb  cc  d  eee\n");
        assert_eq!(format(&names, 19), b"a  bbbb  cc  d  eee\n");
        assert_eq!(format(&names, 18), b"a     cc  eee\nbbbb  d\n");
        assert_eq!(format(&names, 3), b"a\nbbbb\ncc\nd\neee\n");
        assert_eq!(format(&[], 80), b"");
    }
}
