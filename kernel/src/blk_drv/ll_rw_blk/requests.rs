// SPDX-License-Identifier: GPL-2.0-or-later
//! The queues of requests: what is asked of each driver, and in which order
//! it is done (0.11: `struct request`, `add_request`, `make_request`).
//!
//! Nothing here touches hardware or sleeps, or knows what a buffer is: `B` is the
//! kernel's buffer, and a number in the tests. The calling sequence is
//! [`Requests::add`] until all buffers are taken, and on the driver's side
//! [`Requests::begin`], then [`Requests::end_buffers`] until all of its
//! buffers are done. After the last one, another request is the current one.
//!
//! # Order
//!
//! The driver works at the first request of its queue, which is left alone from then on.
//! Behind it, reads come before writes, because somebody waits for a read. Among the
//! reads, and among the writes, the disk's arm moves upwards from where it is, and then
//! starts again from below.
//!
//! No request waits for ever: after [`MOST_OVERTAKEN`] others were put before it, no
//! other is put before it any more.
#![forbid(unsafe_code)]

use abi::sys::types::Device;
use fs::platform::Direction;

/// How many requests there can be for all drivers together (0.11: `NR_REQUEST`).
pub const NR_REQUEST: usize = 32;
/// Major numbers of drivers are below this (0.11: `NR_BLK_DEV`).
pub const NR_BLK_DEV: usize = 7;
/// The most buffers of a request: 256 sectors, which one ATA command can move.
pub const MOST_BUFFERS: usize = 128;
/// How many later requests may be put before one.
pub const MOST_OVERTAKEN: u32 = 64;
/// A third of the requests is for reads only.
const FOR_READS: usize = NR_REQUEST / 3;
/// The most requests that one driver may have, so that a driver whose device fails does
/// not keep the others from working.
const MOST_OF_ONE: usize = NR_REQUEST - FOR_OTHERS;
const FOR_OTHERS: usize = NR_REQUEST / 4;

/// A transfer of adjacent blocks to or from as many buffers
/// (0.11: `struct request`).
pub struct Request<B> {
    /// The device of all blocks.
    pub device: Device,
    /// Whether the blocks are read or written.
    pub direction: Direction,
    /// How often the driver has tried the buffer that comes next.
    pub errors: u32,
    /// The driver has not begun with it, so neighbours may still join it.
    is_open: bool,
    first_block: u32,
    /// The first `count` of them are of this request.
    buffers: [Option<B>; MOST_BUFFERS],
    /// 0 if the request is free.
    count: usize,
    /// How many of the buffers, from the first on, are done.
    done: usize,
    overtaken: u32,
    next: Option<usize>,
}

impl<B: Copy> Request<B> {
    const fn new() -> Request<B> {
        Request {
            device: Device::NONE,
            direction: Direction::Read,
            errors: 0,
            is_open: false,
            first_block: 0,
            buffers: [None; MOST_BUFFERS],
            count: 0,
            done: 0,
            overtaken: 0,
            next: None,
        }
    }

    /// The block that comes next.
    pub fn block(&self) -> u32 {
        self.first_block + self.done as u32
    }

    /// How many blocks are left to do.
    pub fn blocks_left(&self) -> u32 {
        (self.count - self.done) as u32
    }

    /// The buffers that are left to do.
    pub fn buffers(&self) -> &[Option<B>] {
        &self.buffers[self.done..self.count]
    }

    /// Makes it the request of the first blocks of the transfer, and takes these away
    /// from it.
    fn open(&mut self, new: &mut Transfer<'_, B>) {
        self.device = new.device;
        self.direction = new.direction;
        self.errors = 0;
        self.is_open = true;
        self.first_block = new.block;
        self.count = 0;
        self.done = 0;
        self.overtaken = 0;
        self.merge(new);
    }

    /// Takes in those blocks of the transfer that are neighbours, and takes these away
    /// from it. Returns whether there are any.
    #[inline]
    fn merge(&mut self, new: &mut Transfer<'_, B>) -> bool {
        let alike = self.device == new.device && self.direction == new.direction;
        if !self.is_open || !alike {
            return false;
        }
        let length = new.buffers.len().min(MOST_BUFFERS - self.count);
        let place = if new.block == self.first_block + self.count as u32 {
            self.count
        } else if new.block + length as u32 == self.first_block && length == new.buffers.len() {
            self.buffers.copy_within(0..self.count, length);
            self.first_block = new.block;
            0
        } else {
            return false;
        };
        for (place, buffer) in self.buffers[place..].iter_mut().zip(&new.buffers[..length]) {
            *place = Some(*buffer);
        }
        self.count += length;
        new.block += length as u32;
        new.buffers = &new.buffers[length..];
        length != 0
    }

    /// Whether this request is to be done before `other`, while the disk's arm is at
    /// `current`.
    fn goes_before(&self, other: &Request<B>, current: &Request<B>) -> bool {
        let position = |request: &Request<B>| (request.device, request.first_block);
        let order = |request: &Request<B>| {
            let is_write = request.direction == Direction::Write;
            let is_below = position(request) < position(current);
            (is_write, is_below, position(request))
        };
        order(self) < order(other)
    }
}

/// What [`Requests::add`] is given: buffers of blocks that follow one another.
#[derive(Clone, Copy, Debug)]
pub struct Transfer<'a, B> {
    /// The device.
    pub device: Device,
    /// Whether the blocks are read or written.
    pub direction: Direction,
    /// The first block. All are below the size of the device, which is below `u32::MAX`.
    pub block: u32,
    /// Their buffers: one at least.
    pub buffers: &'a [B],
}

/// What became of a new transfer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Added {
    /// Its first blocks are in the queue of a driver that was idle and must be told.
    Started,
    /// Its first blocks are in the queue, and will be done when their turn comes.
    Queued,
    /// There is no free request for it now.
    Full,
}

/// The requests of all drivers (0.11: `request`, `blk_dev`).
pub struct Requests<B> {
    requests: [Request<B>; NR_REQUEST],
    /// The first one of each driver's queue, by major.
    current_request: [Option<usize>; NR_BLK_DEV],
    in_use: usize,
    /// How many of them each driver has.
    in_use_by: [usize; NR_BLK_DEV],
}

impl<B: Copy> Requests<B> {
    /// No requests.
    pub const fn new() -> Requests<B> {
        Requests {
            requests: [const { Request::new() }; NR_REQUEST],
            current_request: [None; NR_BLK_DEV],
            in_use: 0,
            in_use_by: [0; NR_BLK_DEV],
        }
    }

    /// Whether a transfer of a driver would need a request and find none.
    pub fn is_full(&self, direction: Direction, major: u8) -> bool {
        let for_reads = match direction {
            Direction::Read => 0,
            Direction::Write => FOR_READS,
        };
        let of_one = self.in_use_by[usize::from(major)];
        self.in_use >= NR_REQUEST - for_reads || of_one >= MOST_OF_ONE - for_reads
    }

    /// Adds the first blocks of a transfer to the queue of its driver, and takes them
    /// away from it: as many as one request can take (0.11: `make_request`).
    pub fn add(&mut self, new: &mut Transfer<'_, B>) -> Added {
        let major = usize::from(new.device.major());
        let current = self.current_request[major];
        if current.is_some_and(|current| self.merge(current, new)) {
            return Added::Queued;
        }
        if self.is_full(new.direction, new.device.major()) {
            return Added::Full;
        }
        let Some(slot) = self.requests.iter().position(|request| request.count == 0) else {
            return Added::Full;
        };
        self.requests[slot].open(new);
        self.in_use += 1;
        self.in_use_by[major] += 1;
        match current {
            Some(current) => {
                self.add_request(current, slot);
                Added::Queued
            }
            None => {
                self.current_request[major] = Some(slot);
                Added::Started
            }
        }
    }

    /// Tries to add the transfer to a request of the queue that begins with `first`.
    fn merge(&mut self, first: usize, new: &mut Transfer<'_, B>) -> bool {
        let mut at = Some(first);
        while let Some(slot) = at {
            if self.requests[slot].merge(new) {
                return true;
            }
            at = self.requests[slot].next;
        }
        false
    }

    /// Puts a request into its place in the queue (0.11: `add_request`).
    fn add_request(&mut self, current: usize, new: usize) {
        let mut before = self.last_to_respect(current);
        while let Some(next) = self.requests[before].next {
            if self.requests[new].goes_before(&self.requests[next], &self.requests[current]) {
                break;
            }
            before = next;
        }
        let mut overtaken = self.requests[before].next.replace(new);
        self.requests[new].next = overtaken;
        while let Some(slot) = overtaken {
            self.requests[slot].overtaken += 1;
            overtaken = self.requests[slot].next;
        }
    }

    /// The last request that nobody may be put before.
    fn last_to_respect(&self, current: usize) -> usize {
        let mut last = current;
        let mut at = self.requests[current].next;
        while let Some(slot) = at {
            if self.requests[slot].overtaken >= MOST_OVERTAKEN {
                last = slot;
            }
            at = self.requests[slot].next;
        }
        last
    }

    /// As [`Requests::current_request`], for a driver that works at the request from now
    /// on.
    pub fn begin(&mut self, major: u8) -> Option<&Request<B>> {
        let request = self.current_request_mut(major)?;
        request.is_open = false;
        Some(request)
    }

    /// The request that the driver is to work at (0.11: `CURRENT`).
    pub fn current_request(&self, major: u8) -> Option<&Request<B>> {
        Some(&self.requests[self.current_request[usize::from(major)]?])
    }

    /// As [`Requests::current_request`], to change it.
    pub fn current_request_mut(&mut self, major: u8) -> Option<&mut Request<B>> {
        Some(&mut self.requests[self.current_request[usize::from(major)]?])
    }

    /// Ends the first buffers of the current request, `count` or all of them, and calls
    /// `end` with each and its direction. After the last one, the next request of the queue is the current
    /// one; then this returns true: a request has become free.
    #[inline]
    pub fn end_buffers(
        &mut self,
        major: u8,
        count: u32,
        mut end: impl FnMut(B, Direction),
    ) -> bool {
        let current = &mut self.current_request[usize::from(major)];
        let Some(slot) = *current else {
            return false;
        };
        let request = &mut self.requests[slot];
        let count = count.min(request.blocks_left()) as usize;
        let ended = request.buffers[request.done..][..count].iter();
        let direction = request.direction;
        ended.flatten().for_each(|buffer| end(*buffer, direction));
        if count != 0 {
            request.errors = 0;
        }
        request.done += count;
        if request.blocks_left() != 0 {
            return false;
        }
        *current = request.next.take();
        request.is_open = false;
        request.count = 0;
        request.done = 0;
        self.in_use -= 1;
        self.in_use_by[usize::from(major)] -= 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HD2: Device = Device::new(3, 2);

    /// The buffer of block `n` is `n + 1000`.
    static BUFFERS: [u32; 6000] = {
        let mut buffers = [1000; 6000];
        let mut block = 1;
        while block < buffers.len() {
            buffers[block] = buffers[block - 1] + 1;
            block += 1;
        }
        buffers
    };

    fn read(block: u32) -> Transfer<'static, u32> {
        read_run(block, 1)
    }

    fn read_run(block: u32, count: usize) -> Transfer<'static, u32> {
        Transfer {
            device: HD2,
            direction: Direction::Read,
            block,
            buffers: &BUFFERS[block as usize..][..count],
        }
    }

    fn write(block: u32) -> Transfer<'static, u32> {
        Transfer {
            direction: Direction::Write,
            ..read(block)
        }
    }

    /// Requests, and a queue that the driver is busy with at block 100.
    fn busy() -> Requests<u32> {
        let mut requests = Requests::new();
        assert_eq!(requests.add(&mut read(100)), Added::Started);
        requests.begin(3);
        requests
    }

    /// Ends the next block of the queue; returns it, and whether its request is free then.
    fn end_one(requests: &mut Requests<u32>, major: u8) -> Option<(u32, bool)> {
        let block = requests.current_request(major)?.block();
        let mut ended = Vec::new();
        let is_free = requests.end_buffers(major, 1, |buffer, _| ended.push(buffer));
        assert_eq!(ended, [block + 1000]);
        Some((block, is_free))
    }

    /// Ends everything; the blocks in the order they were done.
    fn drain(requests: &mut Requests<u32>) -> Vec<u32> {
        let end = |_| end_one(requests, 3).map(|(block, _)| block);
        (0..).map_while(end).collect()
    }

    #[test]
    fn the_arm_sweeps_upwards_and_starts_again_from_below() {
        let mut requests = busy();
        for block in [50, 130, 110, 40, 120] {
            assert_eq!(requests.add(&mut read(block)), Added::Queued);
        }
        assert_eq!(drain(&mut requests), [100, 110, 120, 130, 40, 50]);
    }

    #[test]
    fn reads_go_before_writes() {
        let mut requests = busy();
        requests.add(&mut write(101));
        requests.add(&mut write(300));
        requests.add(&mut read(200));
        requests.add(&mut read(20));
        assert_eq!(drain(&mut requests), [100, 200, 20, 101, 300]);
    }

    #[test]
    fn a_write_is_not_overtaken_for_ever() {
        let mut requests = busy();
        requests.add(&mut write(7));
        let mut before = 0;
        // Each round the driver is done with a request and a read comes.
        while requests
            .current_request(3)
            .is_some_and(|request| request.direction == Direction::Read)
        {
            requests.add(&mut read(1000 + 2 * before));
            end_one(&mut requests, 3);
            before += 1;
            assert!(before < 1000, "the write starves");
        }
        assert_eq!(before, MOST_OVERTAKEN + 1);
        assert_eq!(requests.current_request(3).map(Request::block), Some(7));
    }

    #[test]
    fn neighbours_are_merged_on_both_sides() {
        let mut requests = busy();
        for block in [201, 202, 200, 203] {
            requests.add(&mut read(block));
        }
        assert_eq!(requests.in_use, 2);
        end_one(&mut requests, 3);
        let request = requests.current_request(3).unwrap();
        assert_eq!((request.block(), request.blocks_left()), (200, 4));
        assert_eq!(request.buffers()[3..], [Some(1203)]);
        assert_eq!(drain(&mut requests), [200, 201, 202, 203]);
        assert_eq!(requests.in_use, 0);
    }

    #[test]
    fn the_request_that_the_driver_works_at_is_left_alone() {
        let mut requests = busy();
        requests.add(&mut read(101));
        assert_eq!(requests.current_request(3).unwrap().blocks_left(), 1);
        assert_eq!(requests.in_use, 2);
    }

    #[test]
    fn a_run_of_blocks_becomes_one_request() {
        let mut requests = busy();
        for (block, count) in [(200, 5), (205, 10), (190, 10)] {
            let mut run = read_run(block, count);
            assert_eq!(requests.add(&mut run), Added::Queued);
            assert!(run.buffers.is_empty());
        }
        assert_eq!(requests.in_use, 2);
        assert_eq!(drain(&mut requests)[1..], Vec::from_iter(190..215));
    }

    #[test]
    fn many_buffers_end_at_once() {
        let mut requests = busy();
        requests.add(&mut read_run(200, 5));
        let mut ended = Vec::new();
        let mut end = |requests: &mut Requests<u32>, count| {
            requests.end_buffers(3, count, |buffer, _| ended.push(buffer))
        };
        assert!(end(&mut requests, 9), "they are all of one request");
        assert!(!end(&mut requests, 0) && !end(&mut requests, 2));
        assert_eq!(requests.current_request(3).unwrap().block(), 202);
        assert!(end(&mut requests, 3));
        assert!(!end(&mut requests, 1), "the queue is empty");
        assert_eq!(ended, [1100, 1200, 1201, 1202, 1203, 1204]);
    }

    #[test]
    fn what_one_request_cannot_take_is_left() {
        let mut requests = busy();
        requests.add(&mut read_run(200, MOST_BUFFERS - 1));
        // In front there is room for one block only, so none is taken.
        requests.add(&mut read_run(190, 10));
        assert_eq!(requests.in_use, 3);
        let mut run = read_run(200 + MOST_BUFFERS as u32 - 1, 10);
        assert_eq!(requests.add(&mut run), Added::Queued);
        assert_eq!((run.block, run.buffers.len()), (328, 9));
        assert_eq!(requests.in_use, 3);
        assert_eq!(requests.add(&mut run), Added::Queued);
        assert!(run.buffers.is_empty());
        assert_eq!(drain(&mut requests)[1..], Vec::from_iter(190..337));
    }

    #[test]
    fn neighbours_join_a_request_until_the_driver_begins() {
        let mut requests = Requests::new();
        assert_eq!(requests.add(&mut read(200)), Added::Started);
        assert_eq!(requests.add(&mut read(201)), Added::Queued);
        assert_eq!(requests.begin(3).unwrap().blocks_left(), 2);
        assert_eq!(requests.add(&mut read(202)), Added::Queued);
        assert_eq!(requests.begin(3).unwrap().blocks_left(), 2);
        assert_eq!(drain(&mut requests), [200, 201, 202]);
        assert_eq!(requests.add(&mut read(1)), Added::Started);
    }

    #[test]
    fn each_block_has_its_own_count_of_errors() {
        let mut requests = busy();
        requests.add(&mut read(200));
        requests.add(&mut read(201));
        for _ in 0..2 {
            requests.current_request_mut(3).unwrap().errors += 3;
            // A sector of it was moved, but not all of them.
            requests.end_buffers(3, 0, |_, _| ());
            assert_eq!(requests.current_request(3).unwrap().errors, 3);
            end_one(&mut requests, 3);
            assert_eq!(requests.current_request(3).unwrap().errors, 0);
        }
    }

    #[test]
    fn what_differs_is_not_merged() {
        let mut requests = busy();
        requests.add(&mut read(200));
        requests.add(&mut write(201));
        requests.add(&mut Transfer {
            device: Device::new(3, 1),
            ..read(201)
        });
        assert_eq!(requests.in_use, 4);
    }

    #[test]
    fn a_request_is_not_longer_than_a_command() {
        let mut requests = busy();
        for block in 200..=200 + MOST_BUFFERS as u32 {
            requests.add(&mut read(block));
        }
        end_one(&mut requests, 3);
        assert_eq!(
            requests.current_request(3).unwrap().blocks_left(),
            MOST_BUFFERS as u32
        );
        assert_eq!(drain(&mut requests).len(), MOST_BUFFERS + 1);
    }

    #[test]
    fn a_third_of_the_requests_is_for_reads() {
        let mut requests = Requests::new();
        for number in 0..(MOST_OF_ONE - FOR_READS) as u32 {
            assert_ne!(requests.add(&mut write(2 * number)), Added::Full);
        }
        assert_eq!(requests.add(&mut write(1001)), Added::Full);
        assert!(requests.is_full(Direction::Write, 3) && !requests.is_full(Direction::Read, 3));
        for number in 0..FOR_READS as u32 {
            assert_eq!(requests.add(&mut read(2000 + 2 * number)), Added::Queued);
        }
        assert_eq!(requests.add(&mut read(5000)), Added::Full);
        // What needs no request of its own still gets in.
        assert_eq!(requests.add(&mut read(2001)), Added::Queued);
        while !end_one(&mut requests, 3).unwrap().1 {}
        assert_eq!(requests.add(&mut read(5000)), Added::Queued);
    }

    #[test]
    fn a_driver_whose_device_fails_leaves_requests_for_the_others() {
        let floppy = |transfer: Transfer<'static, u32>| Transfer {
            device: Device::new(2, 0),
            ..transfer
        };
        let mut requests = Requests::new();
        for block in (0..1000).step_by(2) {
            requests.add(&mut floppy(write(block)));
            requests.add(&mut floppy(read(block + 2000)));
        }
        assert!(requests.is_full(Direction::Read, 2));
        assert_eq!(requests.add(&mut read(1)), Added::Started);
        for block in 1..FOR_OTHERS as u32 {
            assert_eq!(requests.add(&mut read(10 * block)), Added::Queued);
        }
        while end_one(&mut requests, 3).is_some() {}
        assert!(
            requests.is_full(Direction::Read, 2),
            "the floppy has not moved"
        );
    }

    #[test]
    fn each_driver_has_its_queue() {
        let mut requests = busy();
        let floppy = Transfer {
            device: Device::new(2, 0),
            ..read(100)
        };
        assert_eq!(requests.add(&mut { floppy }), Added::Started);
        assert_eq!(end_one(&mut requests, 2), Some((100, true)));
        assert!(requests.current_request(2).is_none() && requests.current_request(3).is_some());
    }
}
