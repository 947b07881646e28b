// SPDX-License-Identifier: GPL-2.0-or-later
//! The BIOS's memory map: which memory may be used (ACPI 6.5, 15.1 "INT 15H,
//! E820H").
//!
//! A map is not trusted: its entries may come in any order, overlap, be empty, or
//! be nonsense. Memory is usable if it is in an entry of ordinary memory and in no
//! entry of another kind.
#![forbid(unsafe_code)]

use core::ops::Range;

abi::abi_struct! {
    /// An entry of the map.
    pub struct MemoryRange, 20 bytes {
        /// Where it starts.
        0 => base_low: u32,
        /// Zero below 4 GB.
        4 => base_high: u32,
        /// How many bytes it has.
        8 => length_low: u32,
        /// Zero below 4 GB.
        12 => length_high: u32,
        /// 1: ordinary memory.
        16 => kind: u32,
    }
}

impl MemoryRange {
    const RAM: u32 = 1;

    fn is_ram(&self) -> bool {
        self.kind == Self::RAM
    }

    fn start(&self) -> u64 {
        u64::from(self.base_high) << 32 | u64::from(self.base_low)
    }

    /// The end of the entry. An entry that goes beyond the last address ends there
    /// if it forbids memory, and is empty if it offers memory.
    fn end(&self) -> u64 {
        let length = u64::from(self.length_high) << 32 | u64::from(self.length_low);
        let nonsense = if self.is_ram() { 0 } else { u64::MAX };
        self.start().checked_add(length).unwrap_or(nonsense)
    }

    fn contains(&self, address: u64) -> bool {
        (self.start()..self.end()).contains(&address)
    }
}

/// The stretches of usable memory in whole pages of `page_size` bytes below
/// `limit`, in ascending order. No stretch touches the next.
pub fn usable(
    map: &[MemoryRange],
    page_size: u32,
    limit: u32,
) -> impl Iterator<Item = Range<u32>> + '_ {
    let limit = u64::from(limit);
    let is_usable = |address: u64| {
        let mut entries = map.iter().filter(|entry| entry.contains(address));
        entries.clone().any(MemoryRange::is_ram) && entries.all(MemoryRange::is_ram)
    };
    // Between two borders nothing changes.
    let next_border = move |address: u64| {
        let borders = map.iter().flat_map(|entry| [entry.start(), entry.end()]);
        borders
            .filter(|border| *border > address)
            .min()
            .unwrap_or(limit)
            .min(limit)
    };
    let mut address = 0;
    let next_stretch = move || {
        while !is_usable(address) {
            address = (address < limit).then(|| next_border(address))?;
        }
        let start = address;
        while address < limit && is_usable(address) {
            address = next_border(address);
        }
        (start < limit).then_some(start..address)
    };
    core::iter::from_fn(next_stretch).filter_map(move |stretch| {
        let start = (stretch.start as u32).checked_next_multiple_of(page_size)?;
        let end = stretch.end as u32 / page_size * page_size;
        (start < end).then_some(start..end)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PAGE: u32 = 4096;
    const MEGABYTE: u32 = 0x10_0000;
    const LIMIT: u32 = 60 * MEGABYTE;

    fn entry(base: u64, length: u64, kind: u32) -> MemoryRange {
        MemoryRange {
            base_low: base as u32,
            base_high: (base >> 32) as u32,
            length_low: length as u32,
            length_high: (length >> 32) as u32,
            kind,
        }
    }

    fn stretches(map: &[MemoryRange]) -> Vec<(u32, u32)> {
        let pair = |stretch: Range<u32>| (stretch.start, stretch.end);
        usable(map, PAGE, LIMIT).map(pair).collect()
    }

    #[test]
    fn a_hole_below_16_megabytes_parts_the_memory() {
        let m = u64::from(MEGABYTE);
        let map = [
            entry(16 * m, 8 * m, 1),
            entry(0, 0x9_FC00, 1),
            entry(m, 14 * m, 1),
            entry(0xF_0000, 0x1_0000, 2),
        ];
        let expected = [
            (0, 0x9_F000),
            (MEGABYTE, 15 * MEGABYTE),
            (16 * MEGABYTE, 24 * MEGABYTE),
        ];
        assert_eq!(stretches(&map), expected);
    }

    #[test]
    fn what_is_reserved_inside_of_memory_is_left_out() {
        let map = [
            entry(0, 0x8000, 1),
            entry(0x2800, 0x1000, 3),
            entry(0x5000, 0, 2),
        ];
        assert_eq!(stretches(&map), [(0, 0x2000), (0x4000, 0x8000)]);
    }

    #[test]
    fn neighbours_are_one_stretch_even_within_a_page() {
        let map = [entry(0x1800, 0x2800, 1), entry(0, 0x1800, 1)];
        assert_eq!(stretches(&map), [(0, 0x4000)]);
    }

    #[test]
    fn memory_without_an_end_reaches_the_limit() {
        let map = [entry(0x1000, u64::MAX - 0x1000, 1)];
        assert_eq!(stretches(&map), [(0x1000, LIMIT)]);
    }

    #[test]
    fn a_length_over_the_end_of_all_addresses_is_nonsense() {
        assert_eq!(stretches(&[entry(0x1000, u64::MAX, 1)]), []);
        let map = [entry(0, 0x8000, 1), entry(0x4000, u64::MAX, 2)];
        assert_eq!(stretches(&map), [(0, 0x4000)]);
    }

    /// Addresses and lengths near everything that matters.
    fn number() -> impl Strategy<Value = u64> {
        let near = prop::sample::select(vec![
            0,
            0xA_0000,
            u64::from(MEGABYTE),
            15 << 20,
            16 << 20,
            u64::from(LIMIT),
            1 << 32,
            u64::MAX,
        ]);
        prop_oneof![
            (near, -9000i64..9000).prop_map(|(near, off)| near.wrapping_add_signed(off)),
            0..u64::from(LIMIT),
            any::<u64>(),
        ]
    }

    proptest! {
        /// Page by page: in a stretch if and only if all its bytes may be used.
        #[test]
        fn every_page_is_judged_by_all_its_bytes(
            entries in prop::collection::vec((number(), number(), 0u32..6), 0..12)
        ) {
            let map: Vec<_> = entries.iter().map(|(b, l, k)| entry(*b, *l, *k)).collect();
            let found = stretches(&map);
            for pair in found.windows(2) {
                prop_assert!(pair[0].1 < pair[1].0);
            }
            for page in (0..LIMIT).step_by(PAGE as usize) {
                let page = u64::from(page)..u64::from(page + PAGE);
                let judge = |byte: u64| {
                    let kinds = entries.iter().filter_map(|&(base, length, kind)| {
                        let end = u128::from(base) + u128::from(length);
                        let believed = kind != 1 || end <= u64::MAX.into();
                        (believed && base <= byte && u128::from(byte) < end).then_some(kind)
                    });
                    kinds.clone().count() != 0 && kinds.clone().all(|kind| kind == 1)
                };
                // Within a page only these bytes can be unlike those before them.
                let changes = entries.iter().flat_map(|(b, l, _)| [*b, b.wrapping_add(*l)]);
                let mut bytes = changes.filter(|at| page.contains(at)).chain([page.start]);
                let expected = bytes.all(judge);
                let is_found = found.iter().any(|stretch| (stretch.0..stretch.1).contains(&(page.start as u32)));
                prop_assert_eq!(is_found, expected, "page {:#x}", page.start);
            }
        }
    }
}
