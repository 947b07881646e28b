// SPDX-License-Identifier: GPL-2.0-or-later
//! The game of snake, without its terminal and its clock: [`Game::step`] moves the
//! snake by a cell, [`Game::turn`] says where to, [`Game::draw`] is what changed.

use alloc::collections::VecDeque;
use alloc::format;
use alloc::vec::Vec;

/// A cell of the field: column and row.
type Cell = (usize, usize);

/// Where the snake goes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Direction {
    /// Towards row 0.
    Up,
    /// Away from it.
    Down,
    /// Towards column 0.
    Left,
    /// Away from it.
    Right,
}

/// A field with a snake on it.
pub struct Game {
    width: usize,
    height: usize,
    /// From the head to the tail.
    snake: VecDeque<Cell>,
    direction: Direction,
    food: Cell,
    /// The state of a generator of random numbers.
    random: u32,
    /// What has to be drawn: cells and what they hold now.
    drawn: Vec<(Cell, u8)>,
}

const HEAD: u8 = b'@';
const BODY: u8 = b'o';
const FOOD: u8 = b'*';
const NOTHING: u8 = b' ';

impl Game {
    /// A short snake in the middle of a field of at least four by four cells. The same
    /// seed gives the same game.
    pub fn new(width: usize, height: usize, seed: u32) -> Game {
        let middle = (width / 2, height / 2);
        let mut game = Game {
            width,
            height,
            snake: VecDeque::from([middle, (middle.0 - 1, middle.1)]),
            direction: Direction::Right,
            food: middle,
            random: seed | 1,
            drawn: Vec::new(),
        };
        game.drawn = game.snake.iter().map(|&cell| (cell, BODY)).collect();
        game.place_food();
        game
    }

    /// How much the snake has eaten.
    pub fn score(&self) -> usize {
        self.snake.len() - 2
    }

    /// Turns the snake, but not back into itself.
    pub fn turn(&mut self, direction: Direction) {
        let neck = self.snake.get(1).copied();
        if self.ahead(direction) != neck {
            self.direction = direction;
        }
    }

    /// The cell in front of the head; `None` behind the edge.
    fn ahead(&self, direction: Direction) -> Option<Cell> {
        let &(x, y) = self.snake.front()?;
        let (x, y) = match direction {
            Direction::Up => (x, y.checked_sub(1)?),
            Direction::Down => (x, y + 1),
            Direction::Left => (x.checked_sub(1)?, y),
            Direction::Right => (x + 1, y),
        };
        (x < self.width && y < self.height).then_some((x, y))
    }

    /// Moves by a cell; false if that was the end of the snake, or of the field.
    pub fn step(&mut self) -> bool {
        let Some(next) = self.ahead(self.direction) else {
            return false;
        };
        let grows = next == self.food;
        // The tail moves on before the head comes.
        if !grows && let Some(tail) = self.snake.pop_back() {
            self.drawn.push((tail, NOTHING));
        }
        if self.snake.contains(&next) {
            return false;
        }
        if let Some(&head) = self.snake.front() {
            self.drawn.push((head, BODY));
        }
        self.snake.push_front(next);
        self.drawn.push((next, HEAD));
        !grows || self.place_food()
    }

    /// Puts food on a free cell; false if there is none.
    fn place_food(&mut self) -> bool {
        let cells = (0..self.height).flat_map(|y| (0..self.width).map(move |x| (x, y)));
        let free: Vec<Cell> = cells.filter(|cell| !self.snake.contains(cell)).collect();
        // A linear congruential generator (Knuth, The Art of Computer Programming 2,
        // 3.3.4): its upper bits are good enough for a game.
        self.random = self
            .random
            .wrapping_mul(1_664_525)
            .wrapping_add(1_013_904_223);
        let choice = (self.random >> 8) as usize % free.len().max(1);
        match free.get(choice) {
            Some(&food) => {
                self.food = food;
                self.drawn.push((food, FOOD));
                true
            }
            None => false,
        }
    }

    /// The frame around the field, on an empty screen.
    pub fn frame(&self) -> Vec<u8> {
        let edge = format!("+{}+\n", "-".repeat(self.width));
        let row = format!("|{}|\n", " ".repeat(self.width));
        format!("\x1b[H\x1b[J{edge}{}{edge}", row.repeat(self.height)).into_bytes()
    }

    /// What changed since it was drawn last, and the score below the field.
    pub fn draw(&mut self) -> Vec<u8> {
        let mut output = Vec::new();
        for ((x, y), sign) in self.drawn.drain(..) {
            output.extend(format!("\x1b[{};{}H{}", y + 2, x + 2, char::from(sign)).bytes());
        }
        let below = self.height + 3;
        output.extend(format!("\x1b[{below};1HScore {}", self.score()).bytes());
        output
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_snake_moves_turns_eats_and_dies() {
        let mut game = Game::new(8, 6, 1);
        assert_eq!(game.snake, [(4, 3), (3, 3)]);
        game.food = (6, 3);
        game.turn(Direction::Left);
        assert!(game.step() && game.step());
        assert_eq!(game.score(), 1);
        assert_eq!(game.snake, [(6, 3), (5, 3), (4, 3)]);
        game.food = (0, 0);
        game.turn(Direction::Up);
        assert!(game.step() && game.step() && game.step());
        assert!(!game.step(), "the edge");
    }

    #[test]
    fn it_may_follow_its_tail_but_not_bite_itself() {
        let mut game = Game::new(8, 6, 1);
        game.snake = VecDeque::from([(1, 1), (1, 2), (2, 2), (2, 1)]);
        game.food = (7, 5);
        game.direction = Direction::Right;
        assert!(game.step());
        game.snake = VecDeque::from([(1, 1), (1, 2), (2, 2), (2, 1), (2, 0)]);
        assert!(!game.step());
    }

    #[test]
    fn food_is_on_free_cells_until_there_is_none() {
        let mut game = Game::new(4, 4, 7);
        game.snake = (0..15).map(|cell| (cell % 4, cell / 4)).collect();
        assert!(game.place_food());
        assert_eq!(game.food, (3, 3));
        game.snake.push_back((3, 3));
        assert!(!game.place_food());
    }

    #[test]
    fn only_what_changed_is_drawn() {
        let mut game = Game::new(4, 4, 1);
        game.draw();
        game.food = (0, 0);
        assert!(game.step());
        let drawn = String::from_utf8(game.draw()).unwrap();
        assert_eq!(drawn, "\x1b[4;3H \x1b[4;4Ho\x1b[4;5H@\x1b[7;1HScore 0");
    }
}
