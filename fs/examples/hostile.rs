// SPDX-License-Identifier: GPL-2.0-or-later
//! Writes a broken file system to a file, for those who want to mount it
//! elsewhere.
//!
//! ```text
//! cargo run -p fs --example hostile -- N FILE         image N of the corpus, from 0 up
//! cargo run -p fs --example hostile -- --seed S FILE  the image of a seed
//! cargo run -p fs --example hostile -- --count        how many the corpus has
//! ```

#[path = "../tests/common/mod.rs"]
mod common;

use common::hostile::{CORPUS, Sound};
use std::process::ExitCode;

fn number(text: &str) -> Result<u64, String> {
    text.parse()
        .map_err(|_| format!("{text:?} is no number from 0 up"))
}

fn write_image(arguments: &[&str]) -> Result<(), String> {
    let (seed, file) = match arguments {
        ["--count"] => {
            println!("{}", CORPUS.len());
            return Ok(());
        }
        ["--seed", seed, file] => (number(seed)?, file),
        [place, file] => {
            let seed = CORPUS.get(number(place)? as usize);
            let none = || format!("the corpus ends with image {}", CORPUS.len() - 1);
            (*seed.ok_or_else(none)?, file)
        }
        _ => return Err("usage: hostile N FILE | --seed S FILE | --count".into()),
    };
    let image = Sound::new().image(seed);
    std::fs::write(file, image).map_err(|error| format!("{file}: {error}"))
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match write_image(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
