// SPDX-License-Identifier: GPL-2.0-or-later
//! The queues of requests: what is asked of each driver, and in which order
//! it is done (0.11: `struct request`, `add_request`, `make_request`).
//!
//! Nothing here touches hardware or sleeps, or knows what a buffer is: `B` is the
//! kernel's buffer, and a number in the tests. The calling sequence is
//! [`Requests::add`] for each buffer, and on the driver's side
//! [`Requests::current_request`], then [`Requests::end_buffer`] for each of its
//! buffers. After the last one, another request is the current one.
//!
//! Between [`Requests::plug`] and [`Requests::unplug`] a driver that is idle is
//! not told of a new request, so that further blocks can be merged with it.
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

    /// The buffer of the `index`th block that is left to do.
    pub fn buffer(&self, index: u32) -> Option<B> {
        *self.buffers[self.done..self.count].get(index as usize)?
    }

    /// Takes the buffer in if its block is a neighbour.
    fn merge(&mut self, new: &Transfer<B>) -> bool {
        let alike = self.device == new.device && self.direction == new.direction;
        if !alike || self.count == MOST_BUFFERS {
            return false;
        }
        if new.block == self.first_block + self.count as u32 {
            self.buffers[self.count] = Some(new.buffer);
        } else if new.block + 1 == self.first_block {
            self.buffers.copy_within(0..self.count, 1);
            self.buffers[0] = Some(new.buffer);
            self.first_block = new.block;
        } else {
            return false;
        }
        self.count += 1;
        true
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

/// What [`Requests::add`] is given: one block and its buffer.
#[derive(Clone, Copy, Debug)]
pub struct Transfer<B> {
    /// The device.
    pub device: Device,
    /// Whether the block is read or written.
    pub direction: Direction,
    /// The block: it is below the size of the device, which is below `u32::MAX`.
    pub block: u32,
    /// Its buffer.
    pub buffer: B,
}

/// What became of a new transfer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Added {
    /// Its driver was idle and must be told.
    Started,
    /// It is in the queue, and will be done when its turn comes.
    Queued,
    /// There is no free request for it now.
    Full,
}

/// A buffer that is done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ended<B> {
    /// The device.
    pub device: Device,
    /// The block.
    pub block: u32,
    /// The buffer.
    pub buffer: B,
    /// It was the last one of its request, which is free now.
    pub request_is_free: bool,
}

/// The requests of all drivers (0.11: `request`, `blk_dev`).
pub struct Requests<B> {
    requests: [Request<B>; NR_REQUEST],
    /// The first one of each driver's queue, by major.
    current_request: [Option<usize>; NR_BLK_DEV],
    /// Whether the driver has not been told of that request yet.
    is_waiting: [bool; NR_BLK_DEV],
    is_plugged: bool,
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
            is_waiting: [false; NR_BLK_DEV],
            is_plugged: false,
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

    /// Adds a transfer to the queue of its driver (0.11: `make_request`).
    pub fn add(&mut self, new: &Transfer<B>) -> Added {
        let major = usize::from(new.device.major());
        let current = self.current_request[major];
        if current.is_some_and(|current| self.merge(current, self.is_waiting[major], new)) {
            return Added::Queued;
        }
        if self.is_full(new.direction, new.device.major()) {
            return Added::Full;
        }
        let Some(slot) = self.requests.iter().position(|request| request.count == 0) else {
            return Added::Full;
        };
        let request = &mut self.requests[slot];
        request.device = new.device;
        request.direction = new.direction;
        request.errors = 0;
        request.first_block = new.block;
        request.buffers[0] = Some(new.buffer);
        request.count = 1;
        request.done = 0;
        request.overtaken = 0;
        self.in_use += 1;
        self.in_use_by[major] += 1;
        match current {
            Some(current) => {
                self.add_request(current, slot);
                Added::Queued
            }
            None => {
                self.current_request[major] = Some(slot);
                self.is_waiting[major] = self.is_plugged;
                if self.is_plugged {
                    Added::Queued
                } else {
                    Added::Started
                }
            }
        }
    }

    /// Tries to add the transfer to a request behind the current one, or to that itself if
    /// the driver does not know of it yet.
    fn merge(&mut self, current: usize, is_waiting: bool, new: &Transfer<B>) -> bool {
        let mut at = if is_waiting {
            Some(current)
        } else {
            self.requests[current].next
        };
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

    /// From now on drivers that are idle are not told of what is added.
    pub fn plug(&mut self) {
        self.is_plugged = true;
    }

    /// Ends that. Returns the device of a request of which its driver must be told now; to
    /// be called again until there is none.
    pub fn unplug(&mut self) -> Option<Device> {
        self.is_plugged = false;
        let major = self.is_waiting.iter().position(|is_waiting| *is_waiting)?;
        self.is_waiting[major] = false;
        Some(self.requests[self.current_request[major]?].device)
    }

    /// As [`Requests::current_request`], for a driver that works at the request from now
    /// on.
    pub fn begin(&mut self, major: u8) -> Option<&Request<B>> {
        self.is_waiting[usize::from(major)] = false;
        self.current_request(major)
    }

    /// The request that the driver is to work at (0.11: `CURRENT`).
    pub fn current_request(&self, major: u8) -> Option<&Request<B>> {
        Some(&self.requests[self.current_request[usize::from(major)]?])
    }

    /// As [`Requests::current_request`], to change it.
    pub fn current_request_mut(&mut self, major: u8) -> Option<&mut Request<B>> {
        Some(&mut self.requests[self.current_request[usize::from(major)]?])
    }

    /// Ends the first buffer of the current request. After the last one, the next request
    /// of the queue is the current one.
    pub fn end_buffer(&mut self, major: u8) -> Option<Ended<B>> {
        let current = &mut self.current_request[usize::from(major)];
        let request = &mut self.requests[(*current)?];
        let mut ended = Ended {
            device: request.device,
            block: request.block(),
            buffer: request.buffer(0)?,
            request_is_free: false,
        };
        request.done += 1;
        request.errors = 0;
        if request.blocks_left() == 0 {
            *current = request.next.take();
            request.count = 0;
            request.done = 0;
            self.in_use -= 1;
            self.in_use_by[usize::from(major)] -= 1;
            ended.request_is_free = true;
        }
        Some(ended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HD2: Device = Device::new(3, 2);

    fn read(block: u32) -> Transfer<u32> {
        Transfer {
            device: HD2,
            direction: Direction::Read,
            block,
            buffer: block + 1000,
        }
    }

    fn write(block: u32) -> Transfer<u32> {
        Transfer {
            direction: Direction::Write,
            ..read(block)
        }
    }

    /// Requests, and a queue that the driver is busy with at block 100.
    fn busy() -> Requests<u32> {
        let mut requests = Requests::new();
        assert_eq!(requests.add(&read(100)), Added::Started);
        requests
    }

    /// Ends everything; the blocks in the order they were done.
    fn drain(requests: &mut Requests<u32>) -> Vec<u32> {
        let end = |_| {
            let ended = requests.end_buffer(3)?;
            assert_eq!(ended.buffer, ended.block + 1000);
            Some(ended.block)
        };
        (0..).map_while(end).collect()
    }

    #[test]
    fn the_arm_sweeps_upwards_and_starts_again_from_below() {
        let mut requests = busy();
        for block in [50, 130, 110, 40, 120] {
            assert_eq!(requests.add(&read(block)), Added::Queued);
        }
        assert_eq!(drain(&mut requests), [100, 110, 120, 130, 40, 50]);
    }

    #[test]
    fn reads_go_before_writes() {
        let mut requests = busy();
        requests.add(&write(101));
        requests.add(&write(300));
        requests.add(&read(200));
        requests.add(&read(20));
        assert_eq!(drain(&mut requests), [100, 200, 20, 101, 300]);
    }

    #[test]
    fn a_write_is_not_overtaken_for_ever() {
        let mut requests = busy();
        requests.add(&write(7));
        let mut before = 0;
        // Each round the driver is done with a request and a read comes.
        while requests
            .current_request(3)
            .is_some_and(|request| request.direction == Direction::Read)
        {
            requests.add(&read(1000 + 2 * before));
            requests.end_buffer(3);
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
            requests.add(&read(block));
        }
        assert_eq!(requests.in_use, 2);
        requests.end_buffer(3);
        let request = requests.current_request(3).unwrap();
        assert_eq!((request.block(), request.blocks_left()), (200, 4));
        assert_eq!(request.buffer(3), Some(1203));
        assert_eq!(request.buffer(4), None);
        assert_eq!(drain(&mut requests), [200, 201, 202, 203]);
        assert_eq!(requests.in_use, 0);
    }

    #[test]
    fn the_request_that_the_driver_works_at_is_left_alone() {
        let mut requests = busy();
        requests.add(&read(101));
        assert_eq!(requests.current_request(3).unwrap().blocks_left(), 1);
        assert_eq!(requests.in_use, 2);
    }

    #[test]
    fn what_is_plugged_is_merged_and_then_told_of() {
        let mut requests = Requests::new();
        requests.plug();
        for block in [200, 201, 199, 300] {
            assert_eq!(requests.add(&read(block)), Added::Queued);
        }
        assert_eq!(requests.unplug(), Some(HD2));
        let request = requests.begin(3).unwrap();
        assert_eq!((request.block(), request.blocks_left()), (199, 3));
        assert_eq!(requests.unplug(), None);
        assert_eq!(drain(&mut requests), [199, 200, 201, 300]);
        assert_eq!(requests.add(&read(1)), Added::Started);
    }

    #[test]
    fn a_driver_that_begins_early_keeps_its_request() {
        let mut requests = Requests::new();
        requests.plug();
        requests.add(&read(200));
        assert_eq!(requests.begin(3).unwrap().blocks_left(), 1);
        requests.add(&read(201));
        assert_eq!(requests.begin(3).unwrap().blocks_left(), 1);
        assert_eq!(requests.unplug(), None);
        assert_eq!(drain(&mut requests), [200, 201]);
    }

    #[test]
    fn a_busy_driver_is_not_told_of_what_was_plugged() {
        let mut requests = busy();
        requests.plug();
        assert_eq!(requests.add(&read(101)), Added::Queued);
        assert_eq!(requests.current_request(3).unwrap().blocks_left(), 1);
        assert_eq!(requests.unplug(), None);
        // But one of another driver is.
        requests.plug();
        let floppy = Device::new(2, 0);
        let transfer = Transfer {
            device: floppy,
            ..read(7)
        };
        assert_eq!(requests.add(&transfer), Added::Queued);
        assert_eq!(requests.unplug(), Some(floppy));
        assert_eq!(requests.unplug(), None);
    }

    #[test]
    fn each_block_has_its_own_count_of_errors() {
        let mut requests = busy();
        requests.add(&read(200));
        requests.add(&read(201));
        for _ in 0..2 {
            requests.current_request_mut(3).unwrap().errors += 3;
            requests.end_buffer(3);
            assert_eq!(requests.current_request(3).unwrap().errors, 0);
        }
    }

    #[test]
    fn what_differs_is_not_merged() {
        let mut requests = busy();
        requests.add(&read(200));
        requests.add(&write(201));
        requests.add(&Transfer {
            device: Device::new(3, 1),
            ..read(201)
        });
        assert_eq!(requests.in_use, 4);
    }

    #[test]
    fn a_request_is_not_longer_than_a_command() {
        let mut requests = busy();
        for block in 200..=200 + MOST_BUFFERS as u32 {
            requests.add(&read(block));
        }
        requests.end_buffer(3);
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
            assert_ne!(requests.add(&write(2 * number)), Added::Full);
        }
        assert_eq!(requests.add(&write(1001)), Added::Full);
        assert!(requests.is_full(Direction::Write, 3) && !requests.is_full(Direction::Read, 3));
        for number in 0..FOR_READS as u32 {
            assert_eq!(requests.add(&read(2000 + 2 * number)), Added::Queued);
        }
        assert_eq!(requests.add(&read(5000)), Added::Full);
        // What needs no request of its own still gets in.
        assert_eq!(requests.add(&read(2001)), Added::Queued);
        while !requests.end_buffer(3).unwrap().request_is_free {}
        assert_eq!(requests.add(&read(5000)), Added::Queued);
    }

    #[test]
    fn a_driver_whose_device_fails_leaves_requests_for_the_others() {
        let floppy = |transfer: Transfer<u32>| Transfer {
            device: Device::new(2, 0),
            ..transfer
        };
        let mut requests = Requests::new();
        for block in (0..1000).step_by(2) {
            requests.add(&floppy(write(block)));
            requests.add(&floppy(read(block + 2000)));
        }
        assert!(requests.is_full(Direction::Read, 2));
        assert_eq!(requests.add(&read(1)), Added::Started);
        for block in 1..FOR_OTHERS as u32 {
            assert_eq!(requests.add(&read(10 * block)), Added::Queued);
        }
        while requests.end_buffer(3).is_some() {}
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
        assert_eq!(requests.add(&floppy), Added::Started);
        assert_eq!(requests.end_buffer(2).unwrap().device, floppy.device);
        assert!(requests.current_request(2).is_none() && requests.current_request(3).is_some());
    }
}
