// SPDX-License-Identifier: GPL-2.0-or-later
//! What the operations may cost: `docs/bench-ceilings.tsv`, which `make bench-ceilings`
//! writes, and with it the table of `docs/editions.md`. The tests measure anew and
//! complain of a row that takes more.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::Row;

/// The share of its ticks that a row may be off: a compiler of another version makes
/// other instructions.
const SHARE: f64 = 0.03;
/// Ticks that a row may always be off.
const LEAST: f64 = 2.0;
/// Ticks of an interrupt of the clock that ends a time slice, so that `schedule()` looks
/// for another task: it comes once more, or once less, in a row.
const INTERRUPT: f64 = 450.0;
/// The row that is half of the difference of another one, and of the calls in it.
const DIFFERENCE: (&str, &str) = ("context-switch", "pipe-round-trip");

const HEADING: &str = "\
# SPDX-License-Identifier: GPL-2.0-or-later
# Ticks (instructions) of each operation in Bochs, written by `make bench-ceilings`. A test
# fails when a row takes more than 3 % more. The program of classic and wide is
# hdimage/tests/src/bin/bench.rs; C is hdimage/c/tests/bench.c on the classic kernel.
# row\ttimes\tclassic\twide\tC
";

/// The rows of all runs that have ceilings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// Our program on the classic kernel, and its boot.
    pub classic: Vec<Row>,
    /// Our program on the wide one.
    pub wide: Vec<Row>,
    /// The C program on the classic kernel; none where no compiler makes it.
    pub c_program: Vec<Row>,
}

impl Figures {
    fn columns(&self) -> [(&'static str, &[Row]); 3] {
        [
            ("classic", &self.classic),
            ("wide", &self.wide),
            ("C", &self.c_program),
        ]
    }

    /// Reads the file of ceilings.
    ///
    /// # Errors
    /// Where a line is not as [`write`](Figures::write) writes it.
    pub fn read(file: &Path) -> Result<Self> {
        let text = fs::read_to_string(file).with_context(|| format!("{}", file.display()))?;
        let mut figures = Self::default();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let fields: Vec<&str> = line.split('\t').collect();
            let wrong = || format!("{}: {line}", file.display());
            ensure!(fields.len() == 5, wrong());
            let times = fields[1].parse().with_context(wrong)?;
            let columns = [
                &mut figures.classic,
                &mut figures.wide,
                &mut figures.c_program,
            ];
            for (column, ticks) in columns.into_iter().zip(&fields[2..]) {
                if *ticks != "-" {
                    column.push(Row {
                        name: fields[0].into(),
                        times,
                        ticks: ticks.parse().with_context(wrong)?,
                    });
                }
            }
        }
        Ok(figures)
    }

    /// Writes the file of ceilings: a line for each row of classic.
    ///
    /// # Errors
    /// Where it can't be written.
    pub fn write(&self, file: &Path) -> Result<()> {
        let mut text = HEADING.to_string();
        for row in &self.classic {
            write!(text, "{}\t{}", row.name, row.times)?;
            for (_, rows) in self.columns() {
                match find(rows, &row.name) {
                    Some(row) => write!(text, "\t{}", row.ticks)?,
                    None => text.push_str("\t-"),
                }
            }
            text.push('\n');
        }
        fs::write(file, text).with_context(|| format!("{}", file.display()))
    }

    /// What is to be said of measured rows: one that takes more ticks than its ceiling
    /// allows, or one that so many fewer are told of that the ceilings are to be written
    /// anew. Rows that were not measured for want of a C compiler are left out.
    pub fn complaints(&self, measured: &Figures) -> Vec<String> {
        let mut complaints = Vec::new();
        for ((kind, ceilings), (_, rows)) in self.columns().into_iter().zip(measured.columns()) {
            for row in rows {
                let Some(ceiling) = find(ceilings, &row.name) else {
                    complaints.push(format!("{} ({kind}) has no ceiling", row.name));
                    continue;
                };
                let is_near = row.ticks.abs_diff(ceiling.ticks) <= tolerance(ceiling, ceilings);
                let verdict = match row.ticks > ceiling.ticks {
                    _ if is_near => continue,
                    true => "over",
                    // Another compiler of C is not to be told.
                    false if kind == "C" => continue,
                    false => "so far below that `make bench-ceilings` is due for",
                };
                complaints.push(format!(
                    "{} ({kind}): {} ticks are {verdict} its ceiling of {}",
                    row.name, row.ticks, ceiling.ticks
                ));
            }
        }
        complaints
    }

    /// `page` with the rows of its table `| name | classic | wide | ratio |` replaced
    /// by these.
    ///
    /// # Errors
    /// Where the page has no such table.
    pub fn in_page(&self, page: &str) -> Result<String> {
        let is_row = |line: &&str| line.starts_with("| `");
        let (before, rest) = page
            .split_once("|---|---|---|---|\n")
            .filter(|(_, rest)| rest.lines().next().as_ref().is_some_and(is_row))
            .context("the page has no table of ticks")?;
        let old: usize = rest
            .lines()
            .take_while(is_row)
            .map(|line| line.len() + 1)
            .sum();
        let mut text = format!("{before}|---|---|---|---|\n");
        for row in &self.classic {
            if let Some(wide) = find(&self.wide, &row.name) {
                let ratio = wide.ticks as f64 / row.ticks as f64;
                let (name, classic, wide) = (&row.name, row.ticks, wide.ticks);
                writeln!(text, "| `{name}` | {classic} | {wide} | {ratio:.2} |")?;
            }
        }
        Ok(text + &rest[old..])
    }
}

fn find<'a>(rows: &'a [Row], name: &str) -> Option<&'a Row> {
    rows.iter().find(|row| row.name == name)
}

/// How many ticks a row may be off its ceiling. Half of the difference of two rows may be
/// off by half of what such a row may be.
fn tolerance(row: &Row, all: &[Row]) -> u64 {
    let (difference, whole) = DIFFERENCE;
    let ticks = match find(all, whole).filter(|_| row.name == difference) {
        Some(whole) => whole.ticks as f64 / 2.0,
        None => row.ticks as f64,
    };
    ((ticks * SHARE).max(LEAST) + interrupt(row)) as u64
}

/// What an interrupt more costs each of the operations of a row.
pub fn interrupt(row: &Row) -> f64 {
    INTERRUPT / f64::from(row.times)
}

#[cfg(test)]
mod tests {
    use super::super::rows;
    use super::*;

    fn classic(text: &str) -> Figures {
        Figures {
            classic: rows(text),
            ..Figures::default()
        }
    }

    #[test]
    fn a_row_may_take_3_percent_more_and_an_interrupt() {
        let ceilings = classic(
            "null-call\t2000\t35\npipe-round-trip\t500\t1600\ncontext-switch\t500\t160\n\
             unlink-256k\t1\t10000\n",
        );
        for (most, more) in [
            ("null-call\t2000\t37", "null-call\t2000\t38"),
            ("pipe-round-trip\t500\t1648", "pipe-round-trip\t500\t1649"),
            ("context-switch\t500\t184", "context-switch\t500\t185"),
            ("context-switch\t500\t136", "context-switch\t500\t135"),
            ("unlink-256k\t1\t10750", "unlink-256k\t1\t10751"),
        ] {
            assert_eq!(ceilings.complaints(&classic(most)), [""; 0]);
            assert_eq!(ceilings.complaints(&classic(more)).len(), 1, "{more}");
        }
        assert_eq!(
            ceilings.complaints(&classic("new\t1\t5\nunlink-256k\t1\t20000\n")),
            [
                "new (classic) has no ceiling",
                "unlink-256k (classic): 20000 ticks are over its ceiling of 10000"
            ]
        );
    }

    #[test]
    fn what_is_written_is_read() -> Result<()> {
        let figures = Figures {
            classic: rows("a\t1\t50\nboot\t1\t8\n"),
            wide: rows("a\t1\t51\n"),
            c_program: rows("a\t1\t60\n"),
        };
        let file = tempfile::NamedTempFile::new()?;
        figures.write(file.path())?;
        assert_eq!(Figures::read(file.path())?, figures);
        fs::write(file.path(), "a\t1\t50\n")?;
        assert!(Figures::read(file.path()).is_err());
        Ok(())
    }

    #[test]
    fn the_page_gets_the_rows() -> Result<()> {
        let figures = Figures {
            classic: rows("a\t1\t50\nboot\t1\t8\n"),
            wide: rows("a\t1\t55\n"),
            ..Figures::default()
        };
        let page = |rows| format!("| x | y | z | r |\n|---|---|---|---|\n{rows}\nEnd.\n");
        assert_eq!(
            figures.in_page(&page("| `b` | 1 | 2 | 2.00 |\n| `c` | 1 | 2 | 2.00 |\n"))?,
            page("| `a` | 50 | 55 | 1.10 |\n")
        );
        assert!(figures.in_page(&page("")).is_err());
        Ok(())
    }
}
