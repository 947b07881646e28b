// SPDX-License-Identifier: GPL-2.0-or-later
//! Selectors, segment descriptors and gates (0.11: `struct desc_struct` in
//! `include/linux/head.h`, the macros of `include/asm/system.h`).
//!
//! The bits are those of the Intel SDM vol. 3: 3.4.2 "Segment Selectors",
//! 3.4.5 "Segment Descriptors", 6.11 "IDT Descriptors", 7.2.2 "TSS
//! Descriptor". Descriptors are only put together here, so that the host can test
//! them; `descriptor_tables.rs` stores them where the processor reads them.
#![deny(unsafe_code)]

use mm::LinearAddress;

/// What a segment register holds: an index, a table, a privilege level.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Selector(pub u16);

impl Selector {
    /// The null selector.
    pub const NULL: Selector = Selector(0);
    /// Kernel code, GDT entry 1.
    pub const KERNEL_CODE: Selector = Selector::global(1);
    /// Kernel data, GDT entry 2.
    pub const KERNEL_DATA: Selector = Selector::global(2);
    /// The task that a double fault switches to, GDT entry 3.
    pub const DOUBLE_FAULT_TSS: Selector = Selector::global(3);
    /// A process's code, LDT entry 1, ring 3: 0Fh.
    pub const USER_CODE: Selector = Selector::local(1);
    /// A process's data, LDT entry 2, ring 3: 17h.
    pub const USER_DATA: Selector = Selector::local(2);

    const LOCAL: u16 = 1 << 2;
    /// The first GDT entry of task 0; each task has two.
    const FIRST_TSS_ENTRY: u16 = 4;

    /// An entry of the GDT, ring 0.
    pub const fn global(index: u16) -> Selector {
        Selector(index << 3)
    }

    /// An entry of the LDT, ring 3.
    pub const fn local(index: u16) -> Selector {
        Selector(index << 3 | Self::LOCAL | 3)
    }

    /// The TSS of a task (0.11: `_TSS(n)`).
    pub const fn tss(task: usize) -> Selector {
        Selector::global(Self::FIRST_TSS_ENTRY + 2 * task as u16)
    }

    /// The LDT of a task (0.11: `_LDT(n)`).
    pub const fn ldt(task: usize) -> Selector {
        Selector::global(Self::FIRST_TSS_ENTRY + 2 * task as u16 + 1)
    }

    /// Which entry of its table.
    pub const fn index(self) -> usize {
        (self.0 >> 3) as usize
    }
}

/// Eight bytes of a GDT, LDT or IDT.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Descriptor(pub u64);

const PRESENT: u64 = 1 << 47;
const RING_3: u64 = 3 << 45;
const CODE_OR_DATA: u64 = 1 << 44;
const EXECUTABLE: u64 = 1 << 43;
/// For data: writable. For code: readable.
const READ_WRITE: u64 = 1 << 41;
const ACCESSED: u64 = 1 << 40;
const GRANULARITY_4K: u64 = 1 << 55;
const DEFAULT_32_BIT: u64 = 1 << 54;
const TYPE_LDT: u64 = 0x2 << 40;
const TYPE_TASK_GATE: u64 = 0x5 << 40;
const TYPE_TSS_AVAILABLE: u64 = 0x9 << 40;
const TYPE_INTERRUPT_GATE: u64 = 0xE << 40;
const TYPE_TRAP_GATE: u64 = 0xF << 40;

/// Which ring may use a segment or call a gate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ring {
    /// The kernel.
    Kernel,
    /// Programs.
    User,
}

impl Ring {
    const fn bits(self) -> u64 {
        match self {
            Ring::Kernel => 0,
            Ring::User => RING_3,
        }
    }
}

impl Descriptor {
    /// An empty entry.
    pub const NULL: Descriptor = Descriptor(0);

    /// Base and limit in their scattered places. `limit` is the last offset,
    /// or the last page if the granularity is 4 KB.
    const fn with_base_and_limit(base: u32, limit: u32, rest: u64) -> Descriptor {
        let (base, limit) = (base as u64, limit as u64);
        Descriptor(
            (limit & 0xFFFF)
                | (base & 0xFF_FFFF) << 16
                | (limit & 0xF_0000) << 32
                | (base & 0xFF00_0000) << 32
                | rest,
        )
    }

    const fn segment(base: LinearAddress, size: u64, ring: Ring, kind: u64) -> Descriptor {
        let rest = PRESENT | CODE_OR_DATA | GRANULARITY_4K | DEFAULT_32_BIT | READ_WRITE | ACCESSED;
        Self::with_base_and_limit(base.0, ((size >> 12) - 1) as u32, rest | ring.bits() | kind)
    }

    /// A readable 32-bit code segment of `size` bytes, a multiple of 4 KB.
    pub const fn code(base: LinearAddress, size: u64, ring: Ring) -> Descriptor {
        Self::segment(base, size, ring, EXECUTABLE)
    }

    /// A writable 32-bit data segment of `size` bytes, a multiple of 4 KB.
    pub const fn data(base: LinearAddress, size: u64, ring: Ring) -> Descriptor {
        Self::segment(base, size, ring, 0)
    }

    /// A task state segment that is not busy; `limit` is its last offset.
    pub const fn tss(base: LinearAddress, limit: u32) -> Descriptor {
        Self::with_base_and_limit(base.0, limit, PRESENT | TYPE_TSS_AVAILABLE)
    }

    /// A local descriptor table; `limit` is its last offset.
    pub const fn ldt(base: LinearAddress, limit: u32) -> Descriptor {
        Self::with_base_and_limit(base.0, limit, PRESENT | TYPE_LDT)
    }

    const fn gate(selector: Selector, offset: u32, ring: Ring, kind: u64) -> Descriptor {
        let offset = offset as u64;
        Descriptor(
            (offset & 0xFFFF)
                | (selector.0 as u64) << 16
                | (offset & 0xFFFF_0000) << 32
                | PRESENT
                | ring.bits()
                | kind,
        )
    }

    /// A gate that masks interrupts (0.11: `set_intr_gate`).
    pub const fn interrupt_gate(handler: u32) -> Descriptor {
        Self::gate(
            Selector::KERNEL_CODE,
            handler,
            Ring::Kernel,
            TYPE_INTERRUPT_GATE,
        )
    }

    /// A gate that does not (0.11: `set_trap_gate`, `set_system_gate`).
    pub const fn trap_gate(handler: u32, ring: Ring) -> Descriptor {
        Self::gate(Selector::KERNEL_CODE, handler, ring, TYPE_TRAP_GATE)
    }

    /// A gate that switches to a task.
    pub const fn task_gate(tss: Selector) -> Descriptor {
        Self::gate(tss, 0, Ring::Kernel, TYPE_TASK_GATE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_of_the_charter() {
        assert_eq!(Selector::KERNEL_CODE.0, 0x08);
        assert_eq!(Selector::KERNEL_DATA.0, 0x10);
        assert_eq!(Selector::USER_CODE.0, 0x0F);
        assert_eq!(Selector::USER_DATA.0, 0x17);
        assert_eq!((Selector::tss(0).0, Selector::ldt(0).0), (0x20, 0x28));
        assert_eq!(Selector::tss(63).index(), 4 + 2 * 63);
    }

    #[test]
    fn flat_kernel_segments() {
        let base = LinearAddress(0);
        assert_eq!(
            Descriptor::code(base, 1 << 32, Ring::Kernel).0,
            0x00CF_9B00_0000_FFFF
        );
        assert_eq!(
            Descriptor::data(base, 1 << 32, Ring::Kernel).0,
            0x00CF_9300_0000_FFFF
        );
    }

    #[test]
    fn user_segments_of_64_mb() {
        let base = LinearAddress(0x1234_5000);
        let code = Descriptor::code(base, 64 << 20, Ring::User);
        assert_eq!(code.0, 0x12C0_FB34_5000_3FFF);
        assert_eq!(
            Descriptor::data(base, 64 << 20, Ring::User).0,
            0x12C0_F334_5000_3FFF
        );
    }

    #[test]
    fn system_segments_and_gates() {
        assert_eq!(
            Descriptor::tss(LinearAddress(0xABCD_EF01), 103).0,
            0xAB00_89CD_EF01_0067
        );
        assert_eq!(
            Descriptor::ldt(LinearAddress(0xABCD_EF01), 23).0,
            0xAB00_82CD_EF01_0017
        );
        assert_eq!(
            Descriptor::interrupt_gate(0x0012_3456).0,
            0x0012_8E00_0008_3456
        );
        assert_eq!(
            Descriptor::trap_gate(0x0012_3456, Ring::User).0,
            0x0012_EF00_0008_3456
        );
        assert_eq!(
            Descriptor::task_gate(Selector::DOUBLE_FAULT_TSS).0,
            0x0000_8500_0018_0000
        );
    }
}
