// SPDX-License-Identifier: GPL-2.0-or-later
//! The GDT, the IDT and task state segments as the processor reads them
//! (0.11: `gdt`, `idt`, `struct tss_struct`, `include/asm/system.h`).
//!
//! This is the lowest layer. `descriptor.rs` puts descriptors together; this file
//! stores them where the processor reads them, and loads the registers that say
//! where that is.
//!
//! ```text
//! GDT  0     null                    4 + 2n  TSS of task n
//!      1  08 kernel code             5 + 2n  LDT of task n
//!      2  10 kernel data
//!      3  18 TSS for double faults
//! ```

use crate::descriptor::{Descriptor, Ring, Selector};
use crate::frame::EFLAGS_ALWAYS_1;
use abi::limits::NR_TASKS;
use core::arch::asm;
use core::cell::UnsafeCell;
use core::mem::MaybeUninit;
use core::ops::Range;
use mm::LinearAddress;
use mm::memory::PAGE_SIZE;
use static_assertions::const_assert_eq;

const GDT_ENTRIES: usize = 4 + 2 * NR_TASKS;
const IDT_ENTRIES: usize = 256;
/// The vector of system calls.
const SYSTEM_CALL: u8 = 0x80;
const FOUR_GIGABYTES: u64 = 1 << 32;

/// A table of descriptors that the processor reads on its own.
#[repr(C, align(8))]
struct Table<const N: usize>(UnsafeCell<[Descriptor; N]>);

// SAFETY: changed only through `set`, by the one processor.
unsafe impl<const N: usize> Sync for Table<N> {}

impl<const N: usize> Table<N> {
    const fn new(entries: [Descriptor; N]) -> Self {
        Table(UnsafeCell::new(entries))
    }

    fn set(&self, index: usize, descriptor: Descriptor) {
        assert!(index < N);
        // SAFETY: inside the table; no reference into it ever exists. The eight
        // bytes are not written at once, but nothing uses an entry that is being
        // changed: fork sets the entries of a task that does not run.
        unsafe {
            self.0
                .get()
                .cast::<Descriptor>()
                .add(index)
                .write_volatile(descriptor)
        };
    }

    fn register(&'static self) -> TableRegister {
        TableRegister {
            limit: (N * 8 - 1) as u16,
            base: self.0.get() as u32,
        }
    }
}

/// What LGDT and LIDT read (Intel SDM vol. 3, 3.5.1).
#[repr(C, packed)]
struct TableRegister {
    limit: u16,
    base: u32,
}

static GDT: Table<GDT_ENTRIES> = Table::new({
    let mut entries = [Descriptor::NULL; GDT_ENTRIES];
    let base = LinearAddress(0);
    entries[Selector::KERNEL_CODE.index()] = Descriptor::code(base, FOUR_GIGABYTES, Ring::Kernel);
    entries[Selector::KERNEL_DATA.index()] = Descriptor::data(base, FOUR_GIGABYTES, Ring::Kernel);
    entries
});

static IDT: Table<IDT_ENTRIES> = Table::new([Descriptor::NULL; IDT_ENTRIES]);

/// Makes the processor use the GDT and the IDT.
pub fn load_tables() {
    let (gdt, idt) = (GDT.register(), IDT.register());
    // SAFETY: both tables live for ever. Entries 1 and 2 of the GDT are the
    // same flat segments that the loader's GDT had under these selectors.
    unsafe { asm!("lgdt [{0}]", "lidt [{1}]", in(reg) &gdt, in(reg) &idt) };
}

/// Sets the gate of one interrupt or exception.
pub fn set_gate(vector: u8, gate: Descriptor) {
    IDT.set(usize::from(vector), gate);
}

unsafe extern "C" {
    // Entries in system_call.s.
    safe fn system_call();
    safe fn traced_system_call();
}

/// Chooses the gate of system calls: the ordinary one, or the one that stops
/// tracees and records calls.
pub fn trace_system_calls(trace: bool) {
    let entry = match trace {
        true => traced_system_call as unsafe extern "C" fn(),
        false => system_call,
    };
    let entry = entry as usize as u32;
    set_gate(SYSTEM_CALL, Descriptor::trap_gate(entry, Ring::User));
}

/// Enters a task's TSS and LDT into the GDT (0.11: `set_tss_desc`,
/// `set_ldt_desc`).
pub fn set_task_descriptors(task: usize, ldt: LinearAddress) {
    let tss = LinearAddress(tss(task) as u32);
    let tss_limit = size_of::<Tss>() as u32 - 1;
    let ldt_limit = 3 * size_of::<Descriptor>() as u32 - 1;
    GDT.set(Selector::tss(task).index(), Descriptor::tss(tss, tss_limit));
    GDT.set(Selector::ldt(task).index(), Descriptor::ldt(ldt, ldt_limit));
}

/// Tells the processor which task it is running (0.11: `ltr`, `lldt`).
pub fn load_task_register(task: usize) {
    // SAFETY: `set_task_descriptors` has entered both for this task; the TSS
    // is written to at the next task switch.
    unsafe {
        asm!("ltr {0:x}", "lldt {1:x}", in(reg) Selector::tss(task).0, in(reg) Selector::ldt(task).0);
    }
}

/// A 32-bit task state segment (Intel SDM vol. 3, 7.2.1; 0.11:
/// `struct tss_struct`). Selectors are in the low half of their words.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct Tss {
    /// The task that was interrupted by this one.
    pub back_link: u32,
    /// Where the stack starts when ring 3 enters ring 0.
    pub esp0: u32,
    /// Its segment.
    pub ss0: u32,
    /// Rings 1 and 2 are not used.
    pub rings_1_and_2: [u32; 4],
    /// The page directory.
    pub cr3: u32,
    /// Where the task goes on.
    pub eip: u32,
    /// Flags.
    pub eflags: u32,
    /// General register.
    pub eax: u32,
    /// General register.
    pub ecx: u32,
    /// General register.
    pub edx: u32,
    /// General register.
    pub ebx: u32,
    /// Stack.
    pub esp: u32,
    /// Stack frame.
    pub ebp: u32,
    /// General register.
    pub esi: u32,
    /// General register.
    pub edi: u32,
    /// Segment.
    pub es: u32,
    /// Code segment.
    pub cs: u32,
    /// Stack segment.
    pub ss: u32,
    /// Data segment.
    pub ds: u32,
    /// Segment.
    pub fs: u32,
    /// Segment.
    pub gs: u32,
    /// Selector of the LDT.
    pub ldt: u32,
    /// Bit 0 is the debug trap flag. The high half is the offset of the I/O
    /// permission bitmap; it is beyond the limit, so ring 3 has no ports.
    pub trace_bitmap: u32,
}

const_assert_eq!(size_of::<Tss>(), 104);
const_assert_eq!(core::mem::offset_of!(Tss, cr3), 0x1C);
const_assert_eq!(core::mem::offset_of!(Tss, es), 0x48);
const_assert_eq!(core::mem::offset_of!(Tss, trace_bitmap), 0x64);

impl Tss {
    const NO_IO_BITMAP: u32 = 0x8000_0000;

    /// All zero but for the stack segment of ring 0 and the I/O bitmap.
    pub fn new() -> Tss {
        Tss {
            ss0: Selector::KERNEL_DATA.0.into(),
            trace_bitmap: Self::NO_IO_BITMAP,
            ..Tss::default()
        }
    }
}

/// Memory for a TSS, which never crosses the end of a page: the processor might not
/// follow it there (Intel SDM vol. 3, 7.2.1).
#[repr(C, align(128))]
struct TssPlace(UnsafeCell<MaybeUninit<Tss>>);

impl TssPlace {
    const fn new() -> TssPlace {
        TssPlace(UnsafeCell::new(MaybeUninit::uninit()))
    }
}

/// The TSSs of all tasks (0.11: `tss` in `struct task_struct`). They fill two
/// pages, which can be mapped differently from the rest of the kernel.
#[repr(C, align(4096))]
struct TssTable([TssPlace; NR_TASKS]);

// SAFETY: only the processor reads and writes them. The exception is fork, which
// fills the TSS of a task that does not run, on the one processor.
unsafe impl Sync for TssTable {}

static TSS_TABLE: TssTable = TssTable([const { TssPlace::new() }; NR_TASKS]);
const_assert_eq!(size_of::<TssTable>(), 2 * PAGE_SIZE);

/// The address of a task's TSS.
pub fn tss(task: usize) -> *mut Tss {
    TSS_TABLE.0[task].0.get().cast()
}

/// The pages that the TSSs fill.
pub fn tss_pages() -> Range<LinearAddress> {
    let start = (&raw const TSS_TABLE).addr() as u32;
    LinearAddress(start)..LinearAddress(start + size_of::<TssTable>() as u32)
}

struct DoubleFaultTask {
    tss: TssPlace,
    stack: UnsafeCell<[u8; PAGE_SIZE]>,
}

// SAFETY: only the processor uses it, after `set_double_fault_task`.
unsafe impl Sync for DoubleFaultTask {}

static DOUBLE_FAULT: DoubleFaultTask = DoubleFaultTask {
    tss: TssPlace::new(),
    stack: UnsafeCell::new([0; PAGE_SIZE]),
};

/// Makes a double fault switch to a task and a stack of its own. Its usual cause is
/// that the kernel stack has run into its guard page, so that the processor cannot
/// push anything.
pub fn set_double_fault_task(handler: extern "C" fn() -> !, cr3: u32) {
    let stack_top = DOUBLE_FAULT.stack.get() as u32 + PAGE_SIZE as u32;
    let kernel_data = u32::from(Selector::KERNEL_DATA.0);
    let tss = Tss {
        cr3,
        eip: handler as usize as u32,
        eflags: EFLAGS_ALWAYS_1,
        esp: stack_top - 4,
        cs: u32::from(Selector::KERNEL_CODE.0),
        ss: kernel_data,
        ds: kernel_data,
        es: kernel_data,
        fs: kernel_data,
        ..Tss::new()
    };
    let place: *mut Tss = DOUBLE_FAULT.tss.0.get().cast();
    // SAFETY: the gate that leads here is set below.
    unsafe { place.write(tss) };
    let base = LinearAddress(place as u32);
    GDT.set(
        Selector::DOUBLE_FAULT_TSS.index(),
        Descriptor::tss(base, size_of::<Tss>() as u32 - 1),
    );
    set_gate(8, Descriptor::task_gate(Selector::DOUBLE_FAULT_TSS));
}
