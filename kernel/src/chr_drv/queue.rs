// SPDX-License-Identifier: GPL-2.0-or-later
//! Ring buffers (0.11: `struct tty_queue` and its macros `INC`, `CHARS`,
//! `LEFT`, `PUTCH`, `GETCH` in `include/linux/tty.h`).

/// At most `SIZE` items, first in, first out. `SIZE` is a power of two, so that the
/// counters may wrap around and are cut only for an index.
pub struct Queue<T, const SIZE: usize> {
    items: [T; SIZE],
    /// How many items were put in, and how many were taken out, since the start.
    head: usize,
    tail: usize,
}

impl<T: Copy, const SIZE: usize> Queue<T, SIZE> {
    const MASK: usize = {
        assert!(SIZE.is_power_of_two());
        SIZE - 1
    };

    /// An empty queue; `filler` is never seen.
    pub const fn new(filler: T) -> Self {
        Queue {
            items: [filler; SIZE],
            head: 0,
            tail: 0,
        }
    }

    /// Items in it.
    pub fn len(&self) -> usize {
        self.head.wrapping_sub(self.tail)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.head == self.tail
    }

    /// Items that can be put in.
    pub fn room(&self) -> usize {
        SIZE - self.len()
    }

    /// The item `index` places behind the front.
    pub fn get(&self, index: usize) -> Option<T> {
        (index < self.len()).then(|| self.items[self.tail.wrapping_add(index) & Self::MASK])
    }

    /// The item that was put in last.
    pub fn last(&self) -> Option<T> {
        self.get(self.len().wrapping_sub(1))
    }

    /// Puts an item in; false if there is no room.
    #[must_use]
    pub fn push(&mut self, item: T) -> bool {
        let has_room = self.room() > 0;
        if has_room {
            self.items[self.head & Self::MASK] = item;
            self.head = self.head.wrapping_add(1);
        }
        has_room
    }

    /// Takes out the item in front.
    pub fn pop(&mut self) -> Option<T> {
        let item = self.get(0)?;
        self.tail = self.tail.wrapping_add(1);
        Some(item)
    }

    /// Changes the item `index` places behind the front.
    pub fn set(&mut self, index: usize, item: T) {
        if index < self.len() {
            self.items[self.tail.wrapping_add(index) & Self::MASK] = item;
        }
    }

    /// Throws the last `count` items away, as many as there are.
    pub fn truncate(&mut self, count: usize) {
        self.head = self.head.wrapping_sub(count.min(self.len()));
    }

    /// Throws all away.
    pub fn clear(&mut self) {
        self.tail = self.head;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_in_first_out_round_the_end() {
        let mut queue: Queue<u8, 4> = Queue::new(0);
        (queue.head, queue.tail) = (usize::MAX, usize::MAX);
        for item in 1..=4 {
            assert!(queue.push(item));
        }
        assert!(!queue.push(5));
        assert_eq!((queue.len(), queue.room()), (4, 0));
        assert_eq!(
            (queue.get(3), queue.get(4), queue.last()),
            (Some(4), None, Some(4))
        );
        queue.truncate(1);
        assert_eq!(
            core::iter::from_fn(|| queue.pop()).collect::<Vec<_>>(),
            [1, 2, 3]
        );
        assert_eq!(queue.last(), None);
        for item in 6..=8 {
            assert!(queue.push(item));
        }
        queue.set(1, 9);
        queue.truncate(1);
        assert_eq!((queue.get(0), queue.last()), (Some(6), Some(9)));
        queue.truncate(5);
        assert!(queue.is_empty() && queue.push(6));
        queue.clear();
        assert!(queue.is_empty());
    }
}
