// SPDX-License-Identifier: GPL-2.0-or-later
//! What `make bench` promises: fewer instructions than the C kernel for each
//! operation, and the same figures every time.

use std::thread;

use anyhow::{Result, anyhow, ensure};
use guest::bench::{self, Options};
use guest::profile;

use crate::common::{image, kernel};

/// The geometric mean of our ticks in terms of the C kernel's stays below this.
const MEAN: f64 = 0.25;

fn options() -> Options {
    Options {
        image: image(),
        kernel: kernel(),
        reference: concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/c-0.11-ticks.tsv").into(),
        classic: None,
    }
}

#[test]
#[ignore = "needs Bochs"]
fn a_profile_names_the_functions_that_a_boot_spends_its_time_in() -> Result<()> {
    let samples = profile::sample(&options())?;
    ensure!(samples.len() > 1000, "{} samples", samples.len());
    let table = profile::table(&samples, &kernel())?;
    for line in [
        "100.00 %",
        "programs",
        "kernel::main",
        "kernel::blk_drv::hd",
    ] {
        ensure!(table.contains(line), "no {line} in\n{table}");
    }
    Ok(())
}

#[test]
#[ignore = "needs Bochs"]
fn every_operation_takes_fewer_ticks_than_in_c_each_time_the_same() -> Result<()> {
    let options = options();
    let (first, second) = thread::scope(|scope| {
        let second = scope.spawn(|| bench::measure(&options.image));
        (bench::measure(&options.image), second.join())
    });
    let measured = first?;
    let again = second.map_err(|_| anyhow!("the second run"))??;
    ensure!(measured == again, "{measured:?}\n{again:?}");
    let reference = bench::reference(&options)?;
    ensure!(reference.len() == 20, "{} rows", reference.len());
    let ratios = bench::ratios(&measured, &reference)?;
    let table = bench::table(&measured, "C 0.11", &reference)?;
    ensure!(ratios.iter().all(|&ratio| ratio < 1.0), "{table}");
    ensure!(bench::mean(&ratios) < MEAN, "{table}");
    Ok(())
}
