// SPDX-License-Identifier: GPL-2.0-or-later
//! What `make bench` promises: fewer instructions than the C kernel for each
//! operation, and the same figures every time.

use std::thread;

use anyhow::{Result, anyhow, ensure};
use guest::bench::{self, Options};

use crate::common::{image, kernel};

/// The geometric mean of our ticks in terms of the C kernel's stays below this.
const MEAN: f64 = 0.25;

#[test]
#[ignore = "needs Bochs"]
fn every_operation_takes_fewer_ticks_than_in_c_each_time_the_same() -> Result<()> {
    let options = Options {
        image: image(),
        kernel: kernel(),
        reference: concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/c-0.11-ticks.tsv").into(),
    };
    let (first, second) = thread::scope(|scope| {
        let second = scope.spawn(|| bench::measure(&options));
        (bench::measure(&options), second.join())
    });
    let measured = first?;
    let again = second.map_err(|_| anyhow!("the second run"))??;
    ensure!(measured == again, "{measured:?}\n{again:?}");
    let reference = bench::reference(&options)?;
    ensure!(reference.len() == 20, "{} rows", reference.len());
    let ratios = bench::ratios(&measured, &reference)?;
    let table = bench::table(&measured, &reference)?;
    ensure!(ratios.iter().all(|&ratio| ratio < 1.0), "{table}");
    ensure!(bench::mean(&ratios) < MEAN, "{table}");
    Ok(())
}
