// SPDX-License-Identifier: GPL-2.0-or-later
//! What the benchmark prints, as rows, and tables of the rows of several runs.

use std::fmt::Write as _;

use anyhow::{Result, bail};

/// Blanks between two columns.
const GAP: usize = 2;

/// One line of what `bench` prints, or of the reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What is timed.
    pub name: String,
    /// How often it was done.
    pub times: u32,
    /// The ticks of doing it once.
    pub ticks: u64,
}

impl Row {
    /// Whether it is the same operation, done as often.
    fn is_like(&self, other: &Row) -> bool {
        (&self.name, self.times) == (&other.name, other.times)
    }
}

/// The rows of one run, and what they are called.
pub struct Column<'a> {
    /// Whose ticks they are.
    pub heading: &'a str,
    /// They themselves.
    pub rows: &'a [Row],
}

/// The lines `name times ticks`; everything else is skipped.
pub fn rows(text: &str) -> Vec<Row> {
    let row = |line: &str| {
        let mut fields = line.trim_end().split('\t');
        Some(Row {
            name: fields.next()?.to_string(),
            times: fields.next()?.parse().ok()?,
            ticks: fields.next()?.parse().ok()?,
        })
    };
    text.lines().filter_map(row).collect()
}

/// For each row of the reference, in its order, the measured ticks in terms of the
/// reference's.
///
/// # Errors
/// Where a row was not measured, or not as often.
pub fn ratios(measured: &[Row], reference: &[Row]) -> Result<Vec<f64>> {
    let ratio = |known: &Row| match measured.iter().find(|row| row.is_like(known)) {
        Some(row) => Ok(row.ticks as f64 / known.ticks as f64),
        None => bail!("bench: no row {} of {} times", known.name, known.times),
    };
    reference.iter().map(ratio).collect()
}

/// The geometric mean.
pub fn mean(ratios: &[f64]) -> f64 {
    let sum: f64 = ratios.iter().map(|ratio| ratio.ln()).sum();
    (sum / ratios.len() as f64).exp()
}

/// The rows of the first measured column, then those that only the others have. Beside
/// the ticks of the reference stand those of each measured column, and their ratio to
/// the reference's; at the end the geometric mean of the ratios. `-` stands for what
/// there is not.
pub fn table(reference: &Column, measured: &[Column]) -> String {
    let mut lines = vec![heading(reference, measured)];
    let mut all: Vec<&Row> = Vec::new();
    for row in measured.iter().flat_map(|column| column.rows) {
        if !all.iter().any(|known| known.is_like(row)) {
            all.push(row);
        }
    }
    let mut ratios = vec![Vec::new(); measured.len()];
    for row in all {
        let ticks = |column: &Column| {
            let found = column.rows.iter().find(|other| other.is_like(row));
            found.map(|row| row.ticks)
        };
        let known = ticks(reference);
        let mut line = vec![row.name.clone(), row.times.to_string(), shown(known)];
        for (column, ratios) in measured.iter().zip(&mut ratios) {
            let own = ticks(column);
            let ratio = own.zip(known).map(|(own, known)| own as f64 / known as f64);
            ratios.extend(ratio);
            line.extend([shown(own), shown_ratio(ratio)]);
        }
        lines.push(line);
    }
    let mut line = vec!["geometric mean".to_string(), String::new(), String::new()];
    for ratios in ratios {
        let mean = (!ratios.is_empty()).then(|| mean(&ratios));
        line.extend([String::new(), shown_ratio(mean)]);
    }
    lines.push(line);
    aligned(&lines)
}

fn heading(reference: &Column, measured: &[Column]) -> Vec<String> {
    let mut line = vec!["operation", "times", reference.heading];
    for column in measured {
        line.extend([column.heading, "ratio"]);
    }
    line.into_iter().map(str::to_string).collect()
}

fn shown(ticks: Option<u64>) -> String {
    ticks.map_or("-".into(), |ticks| ticks.to_string())
}

fn shown_ratio(ratio: Option<f64>) -> String {
    ratio.map_or("-".into(), |ratio| format!("{ratio:.3}"))
}

/// Names on the left, numbers on the right of their columns.
fn aligned(lines: &[Vec<String>]) -> String {
    let columns = lines.first().map_or(0, Vec::len);
    let width = |column: usize| lines.iter().map(|line| line[column].len()).max();
    let widths: Vec<usize> = (0..columns).filter_map(width).collect();
    let mut text = String::new();
    for line in lines {
        let mut written = format!("{:1$}", line[0], widths[0]);
        for (cell, width) in line.iter().zip(&widths).skip(1) {
            // Writing to a string does not fail.
            let _ = write!(written, "{cell:>0$}", width + GAP);
        }
        text += written.trim_end();
        text += "\n";
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_among_other_lines() {
        let text = "Eleven\r\nnull-call\t2000\t53\tgetppid()\r\nrow\ttimes\tticks\n";
        let row = Row {
            name: "null-call".into(),
            times: 2000,
            ticks: 53,
        };
        assert_eq!(rows(text), [row]);
    }

    #[test]
    fn the_table_has_ratios_and_their_geometric_mean() {
        let reference = rows("a\t1\t100\nb\t2\t1\n");
        let [ours, other] = [
            "a\t1\t50\nb\t2\t8\nc\t1\t7\n",
            "a\t1\t110\nb\t3\t1\nd\t1\t3\n",
        ];
        let [ours, other] = [rows(ours), rows(other)];
        let column = |heading, rows| Column { heading, rows };
        assert_eq!(
            table(
                &column("C kernel", &reference),
                &[column("ours", &ours), column("other", &other)]
            ),
            "\
operation       times  C kernel  ours  ratio  other  ratio
a                   1       100    50  0.500    110  1.100
b                   2         1     8  8.000      -      -
c                   1         -     7      -      -      -
b                   3         -     -      -      1      -
d                   1         -     -      -      3      -
geometric mean                         2.000         1.100
"
        );
    }

    #[test]
    fn a_missing_row_is_an_error() {
        let reference = rows("a\t1\t100\nb\t2\t1\n");
        for measured in ["a\t1\t50\n", "a\t1\t50\nb\t3\t1\n"] {
            let error = ratios(&rows(measured), &reference).unwrap_err();
            assert_eq!(error.to_string(), "bench: no row b of 2 times");
        }
    }
}
