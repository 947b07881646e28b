// SPDX-License-Identifier: GPL-2.0-or-later
//! `snake`: a game. Arrow keys, or `h` `j` `k` `l`, turn the snake; what it eats (`*`)
//! makes it longer; the edge and its own body end it. `q` ends it, too.
//!
//! The game itself is `programs::snake`. Here it gets its terminal, its clock (`select`
//! waits for a key, and for so long at most) and its luck (`/dev/urandom`).
#![no_std]
#![no_main]

use abi::sys::time::Timeval;
use programs::command::{At, report, status};
use programs::snake::{Direction, Game};
use programs::terminal::RawMode;
use user::calls::{self, Fd, File};
use user::println;

user::program!(main);

/// Rows for the frame and the score.
const BORDER: u16 = 4;
/// The field is no larger than this: columns and rows.
const LARGEST: (usize, usize) = (60, 18);
/// How long a step takes at first, in microseconds; what is eaten makes it shorter.
const FIRST_STEP: i32 = 200_000;
const SHORTEST_STEP: i32 = 60_000;

fn main() -> i32 {
    if let Some(score) = report(play().at(c"terminal")) {
        println!("\r\x1b[KThe snake has eaten {score}.");
    }
    status()
}

fn play() -> abi::Result<usize> {
    let raw = RawMode::new(Fd::STDIN)?;
    let size = calls::window_size(Fd::STDOUT).ok();
    let size = size.filter(|size| size.ws_col > 10 && size.ws_row > 10);
    let (width, height) = size.map_or(LARGEST, |size| {
        (
            usize::from(size.ws_col - 2),
            usize::from(size.ws_row - BORDER),
        )
    });
    let (width, height) = (width.min(LARGEST.0), height.min(LARGEST.1));
    let mut game = Game::new(width, height, seed());
    calls::write_all(Fd::STDOUT, &game.frame())?;
    loop {
        calls::write_all(Fd::STDOUT, &game.draw())?;
        let eaten = i32::try_from(game.score()).unwrap_or(i32::MAX);
        let step = FIRST_STEP.saturating_sub(eaten.saturating_mul(5_000));
        if !turn(&raw, &mut game, step.max(SHORTEST_STEP))? || !game.step() {
            return Ok(game.score());
        }
    }
}

fn seed() -> u32 {
    let mut bytes = [0; 4];
    let read = File::open(c"/dev/urandom").and_then(|file| calls::read(file.fd(), &mut bytes));
    read.map_or(1, |_| u32::from_le_bytes(bytes))
}

/// Takes keys for so many microseconds; false if the player has had enough.
fn turn(raw: &RawMode, game: &mut Game, microseconds: i32) -> abi::Result<bool> {
    // The kernel stores here what is left of the time.
    let mut left = Timeval {
        tv_sec: 0,
        tv_usec: microseconds,
    };
    loop {
        let mut sets = [1 << Fd::STDIN.0, 0, 0];
        if calls::select(1, &mut sets, Some(&mut left))? == 0 {
            return Ok(true);
        }
        // An arrow key is `ESC [` and a letter, and the letter is enough.
        match raw.read_key()? {
            Some(b'A' | b'k') => game.turn(Direction::Up),
            Some(b'B' | b'j') => game.turn(Direction::Down),
            Some(b'C' | b'l') => game.turn(Direction::Right),
            Some(b'D' | b'h') => game.turn(Direction::Left),
            Some(b'q') | None => return Ok(false),
            Some(_) => {}
        }
    }
}
