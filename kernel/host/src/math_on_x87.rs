// SPDX-License-Identifier: GPL-2.0-or-later
//! The emulator against the host's own coprocessor: the same state and the
//! same instruction give the same state and the same memory.

use crate::math::error::{Exceptions, Result, Stop};
use crate::math::i387::{C1, C2, I387};
use crate::math::instructions::do_emu;
use crate::math::machine::{Instruction, Machine};
use crate::math::temp_real::TempReal;

/// Code that loads a state from `rdi`, carries out one instruction on the
/// memory at `rdx`, and saves the state at `rsi`: eight bytes for each second
/// byte of each escape code, without and with a prefix for 16-bit operands.
mod routines {
    use crate::math::i387::I387;
    use crate::math::machine::Instruction;

    core::arch::global_asm!(
        ".balign 8",
        "kernel_host_x87:",
        ".set short, 0",
        ".rept 2",
        ".set escape, 0xD8",
        ".rept 8",
        ".set modrm, 0",
        ".rept 256",
        // A memory operand without displacement, or a register.
        ".if modrm & 0xC7 == 2 || modrm >= 0xC0",
        "frstor [rdi]",
        ".if short",
        ".byte 0x66",
        ".endif",
        ".byte escape, modrm",
        "fnsave [rsi]",
        "ret",
        ".endif",
        ".balign 8",
        ".if modrm & 0xC7 != 2 && modrm < 0xC0",
        ".skip 8, 0xCC",
        ".endif",
        ".set modrm, modrm + 1",
        ".endr",
        ".set escape, escape + 1",
        ".endr",
        ".set short, 1",
        ".endr",
    );

    unsafe extern "C" {
        #[link_name = "kernel_host_x87"]
        static ROUTINES: [[[[u8; 8]; 256]; 8]; 2];
    }

    /// Carries it out. Answers what is in AX.
    pub fn run(
        instruction: Instruction,
        before: &I387,
        after: &mut I387,
        memory: &mut [u8; 256],
    ) -> u16 {
        let Instruction {
            escape,
            modrm,
            short,
        } = instruction;
        assert!(modrm >= 0xC0 || modrm & 0xC7 == 2);
        // SAFETY: the routine is there, as asserted. It reads and writes what
        // its arguments refer to, no instruction of the coprocessor writes
        // more than 256 bytes, and it leaves the coprocessor as a function
        // must find it.
        unsafe {
            let routine =
                &raw const ROUTINES[usize::from(short)][usize::from(escape)][usize::from(modrm)];
            let routine: extern "sysv64" fn(&I387, &mut I387, &mut [u8; 256]) -> u16 =
                core::mem::transmute(routine);
            routine(before, after, memory)
        }
    }
}

/// Results of these are not exact.
fn is_transcendental(instruction: Instruction) -> bool {
    instruction.escape == 1 && matches!(instruction.modrm, 0xF0..=0xF3 | 0xF9 | 0xFB | 0xFE | 0xFF)
}

/// Whether the size of the operands makes a difference: for FSTENV, FSAVE and
/// back.
fn has_sizes(instruction: Instruction) -> bool {
    matches!(instruction.escape, 1 | 5) && matches!(instruction.modrm, 0x22 | 0x32)
}

/// Every instruction that the emulator knows, with the operand, if it is in
/// memory, at an address in a register.
fn all_instructions() -> impl Iterator<Item = Instruction> {
    let bytes = (0..8).flat_map(|escape| (0..=0xFF).map(move |modrm| (escape, modrm)));
    bytes
        .flat_map(|(escape, modrm)| {
            [false, true].map(|short| Instruction {
                escape,
                modrm,
                short,
            })
        })
        .filter(|&instruction| {
            let modrm = instruction.modrm;
            let has_routine = modrm >= 0xC0 || modrm & 0xC7 == 2;
            has_routine && (!instruction.short || has_sizes(instruction))
        })
        .filter(|&instruction| {
            let mut i387 = I387::new();
            i387.initialise();
            let mut operand = Operand::new([0; 256]);
            do_emu(&mut i387, instruction, &mut operand) != Err(Stop::Illegal)
        })
}

/// The operand, and AX.
#[derive(Clone, Debug)]
struct Operand {
    memory: [u8; 256],
    ax: Option<u16>,
}

impl Operand {
    fn new(memory: [u8; 256]) -> Operand {
        Operand { memory, ax: None }
    }
}

impl Machine for Operand {
    fn read(&mut self, bytes: &mut [u8]) -> Result<()> {
        bytes.copy_from_slice(&self.memory[..bytes.len()]);
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.memory[..bytes.len()].copy_from_slice(bytes);
        Ok(())
    }

    fn set_ax(&mut self, value: u16) {
        self.ax = Some(value);
    }
}

/// As FRSTOR reads it.
fn to_bytes(i387: &I387) -> [u8; 108] {
    let words = [
        i387.cwd, i387.swd, i387.twd, i387.fip, i387.fcs, i387.foo, i387.fos,
    ];
    let mut bytes = [0; 108];
    let (environment, registers) = bytes.split_at_mut(28);
    for (place, word) in environment.chunks_exact_mut(4).zip(words) {
        place.copy_from_slice(&word.to_le_bytes());
    }
    registers.copy_from_slice(i387.st_space.as_flattened());
    bytes
}

/// Numbers that repeat from run to run (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    fn significand(&mut self) -> u64 {
        let top = 1 << 63;
        match self.below(10) {
            0 => top,
            1 => top | 1 << self.below(64),
            2 => u64::MAX << self.below(64) | top,
            3 => top | u64::MAX >> self.below(64),
            // Halfway between numbers of fewer bits, or next to it.
            4 => {
                let bit = [10, 39, 0, self.below(63)][self.below(4) as usize];
                let kept = self.next() >> (bit + 1) << (bit + 1) | 1 << bit | top;
                kept.wrapping_add([0, 1, u64::MAX][self.below(3) as usize]) | top
            }
            5 => top | self.next() << self.below(64),
            _ => top | self.next(),
        }
    }

    fn exponent(&mut self) -> u16 {
        (match self.below(12) {
            0 => self.below(3),
            1 => 0x7FFF - self.below(3),
            2 => self.below(80),
            3 => 0x7FFF - self.below(80),
            // Where numbers of 32 and 64 bits begin and end.
            4 => 0x3FFF + 127 - self.below(3) + self.below(3),
            5 => 0x3FFF - 126 - self.below(30) + self.below(3),
            6 => 0x3FFF + 1023 - self.below(3) + self.below(3),
            7 => 0x3FFF - 1022 - self.below(60) + self.below(3),
            8 => self.below(0x8000),
            _ => 0x3FFF + self.below(140) - 70,
        }) as u16
    }

    fn register(&mut self) -> TempReal {
        let negative = self.one_in(2);
        match self.below(24) {
            0 => TempReal::zero(negative),
            1 => TempReal::infinity(negative),
            2 => TempReal::new(negative, 0x7FFF, self.significand()),
            3 => TempReal::new(negative, 0, self.next() >> self.below(64)),
            4 => TempReal::new(negative, self.exponent(), self.next()),
            5 => TempReal::new(negative, 0x3FFF + self.below(64) as u16, self.significand()),
            _ => TempReal::new(negative, self.exponent(), self.significand()),
        }
    }

    fn single(&mut self) -> u32 {
        let exponents = [0, 1, 254, 255, self.below(256), 127 + self.below(3)];
        let exponent = exponents[self.below(6) as usize] as u32;
        let fraction = (self.significand() << 1 >> 41) as u32;
        (self.below(2) as u32) << 31 | exponent << 23 | fraction
    }

    fn double(&mut self) -> u64 {
        let exponents = [0, 1, 2046, 2047, self.below(2048), 1023 + self.below(3)];
        let exponent = exponents[self.below(6) as usize];
        self.below(2) << 63 | exponent << 52 | self.significand() << 1 >> 12
    }

    /// What may be in memory before an instruction: any bytes, with an operand
    /// of the right format in front.
    fn memory(&mut self, instruction: Instruction) -> [u8; 256] {
        let mut memory = [0; 256];
        for bytes in memory.chunks_exact_mut(8) {
            bytes.copy_from_slice(&self.next().to_le_bytes());
        }
        match (instruction.escape, instruction.modrm >> 3 & 7) {
            (1 | 5, 4) => memory[..108].copy_from_slice(&to_bytes(&self.state())),
            (3, 5) => memory[..10].copy_from_slice(&self.register().to_bytes()),
            (7, 4) => memory[..9].fill_with(|| (self.below(10) << 4 | self.below(10)) as u8),
            (0, _) | (1, 0) => memory[..4].copy_from_slice(&self.single().to_le_bytes()),
            (4, _) | (5, 0) => memory[..8].copy_from_slice(&self.double().to_le_bytes()),
            _ if self.one_in(4) => {
                let edge = [0, 1, u64::MAX, 1 << 15, 1 << 31, 1 << 63][self.below(6) as usize];
                memory[..8].copy_from_slice(&edge.to_le_bytes());
            }
            _ => {}
        }
        memory
    }

    /// A state without a pending exception.
    fn state(&mut self) -> I387 {
        let mut i387 = I387::new();
        let masks = if self.one_in(3) {
            self.next() & 0x3F
        } else {
            0x3F
        };
        let precision = [0, 2, 3, 3][self.below(4) as usize] << 8;
        i387.cwd = (self.below(4) << 10 | precision | masks | 0x40) as u32;
        let noted = self.next() & masks & self.next() & self.next();
        i387.swd = (self.next() & 0x4700 | self.below(8) << 11 | noted) as u32;
        let empty = if self.one_in(4) {
            self.next() & 0xFF
        } else {
            0xF0
        };
        for index in 0..8 {
            let mut value = self.register();
            if index > 0 && self.one_in(4) {
                value = neighbour(i387.st(0), self.below(12), self.next());
            }
            i387.set_st(index, value);
        }
        for index in 0..8 {
            if empty >> index & 1 != 0 {
                i387.set_empty(index);
            }
        }
        i387
    }
}

/// Something close to another number, where sums cancel.
fn neighbour(value: TempReal, how: u64, random: u64) -> TempReal {
    let significand = match how % 3 {
        0 => value.significand,
        1 => value.significand.wrapping_add(random % 5),
        _ => random | value.significand & 1 << 63,
    };
    let sign_exponent = match how / 3 {
        0 => value.sign_exponent,
        1 => value.sign_exponent ^ 0x8000,
        2 => value.sign_exponent.wrapping_add((random >> 60) as u16),
        _ => value.sign_exponent.wrapping_sub((random >> 58) as u16),
    };
    TempReal {
        significand,
        sign_exponent,
    }
}

/// What an instruction made of a state and an operand.
struct Outcome {
    i387: I387,
    operand: Operand,
}

/// By the coprocessor, and by the emulator.
fn run_both(before: &I387, instruction: Instruction, memory: [u8; 256]) -> (Outcome, Outcome) {
    let mut real = Outcome {
        i387: I387::new(),
        operand: Operand::new(memory),
    };
    let ax = routines::run(
        instruction,
        before,
        &mut real.i387,
        &mut real.operand.memory,
    );
    let mut emulated = Outcome {
        i387: *before,
        operand: Operand::new(memory),
    };
    emulated.i387.settle();
    do_emu(&mut emulated.i387, instruction, &mut emulated.operand)
        .unwrap_or_else(|stop| panic!("{instruction:x?}: {stop:?}"));
    real.operand.ax = emulated.operand.ax.map(|_| ax);
    (real, emulated)
}

/// Whether the three words are the same.
fn same_words(real: &I387, emulated: &I387) -> bool {
    let words = |i387: &I387| (i387.control(), i387.status(), i387.twd as u16);
    words(real) == words(emulated)
}

/// How often each instruction is tried.
const ROUNDS: u32 = 5000;

/// Tries all instructions of a kind with random states and operands.
fn try_all(
    is_tried: impl Fn(Instruction) -> bool,
    mut is_same: impl FnMut(Instruction, &I387, &Outcome, &Outcome) -> bool,
) {
    let mut random = Random(1);
    for instruction in all_instructions().filter(|&instruction| is_tried(instruction)) {
        for _ in 0..ROUNDS {
            let before = random.state();
            let memory = random.memory(instruction);
            let (real, emulated) = run_both(&before, instruction, memory);
            assert!(
                is_same(instruction, &before, &real, &emulated),
                "{instruction:x?} at {}, operand {:02x?}\nreal     {}, operand {:02x?}\nemulated {}, operand {:02x?}",
                describe(&before),
                &memory[..10],
                describe(&real.i387),
                &real.operand.memory[..10],
                describe(&emulated.i387),
                &emulated.operand.memory[..10],
            );
        }
    }
}

fn describe(i387: &I387) -> String {
    let mut text = format!(
        "control {:04x} status {:04x} tags {:04x}",
        i387.control(),
        i387.status(),
        i387.twd as u16
    );
    for index in [0, 1, 7] {
        let value = i387.st(index);
        let (sign_exponent, significand) = (value.sign_exponent, value.significand);
        text += &format!(" st({index}) {sign_exponent:04x}:{significand:016x}");
    }
    text
}

/// FSCALE by 0 of a denormal number, with underflow not masked: some processors
/// leave it as it is, some say that it underflows.
fn stays_tiny(instruction: Instruction, before: &I387, real: &Outcome) -> bool {
    const FSCALE: u8 = 0xFD;
    let is_scaled_by_0 = instruction.escape == 1
        && instruction.modrm == FSCALE
        && before.st(1).exponent() == 0
        && before.st(1).significand == 0;
    is_scaled_by_0 && before.st(0).exponent() == 0 && real.i387.st_space == before.st_space
}

#[test]
fn everything_but_the_functions_is_exact() {
    let is_remainder = |instruction: Instruction| {
        instruction.escape == 1 && matches!(instruction.modrm, 0xF5 | 0xF8)
    };
    try_all(
        |instruction| !is_transcendental(instruction),
        |instruction, before, real, emulated| {
            // How far an incomplete remainder gets is each processor's own
            // affair.
            let incomplete = is_remainder(instruction)
                && (real.i387.status() & emulated.i387.status()) & C2 != 0;
            incomplete
                || stays_tiny(instruction, before, real)
                || same_words(&real.i387, &emulated.i387)
                    && real.i387.st_space == emulated.i387.st_space
                    && real.operand.memory == emulated.operand.memory
                    && real.operand.ax == emulated.operand.ax
        },
    );
}

/// Bits of the status that say whether there is an exception without mask.
const SUMMARY: u16 = 0x8080;

/// What is added to the exponent of a result that underflows without mask
/// (Intel SDM vol. 1, 8.5.5).
const UNDERFLOW_BIAS: i128 = 0x6000;
/// No function has a result as large as that of itself.
const SMALLEST_BIASED: i128 = 0x5000;

/// Where a result is among all numbers of its sign.
fn position(i387: &I387, value: TempReal) -> i128 {
    let tells = i387.status() & !i387.control() & Exceptions::UNDERFLOW.bits() != 0;
    let exponent = match i128::from(value.exponent()) {
        biased if tells && biased >= SMALLEST_BIASED => biased - UNDERFLOW_BIAS,
        exponent => exponent.max(1),
    };
    (exponent << 63) + i128::from(value.significand)
}

/// Whether what two coprocessors have in a register is not farther apart than
/// two neighbours are.
fn is_next_to(a: &I387, b: &I387, index: usize) -> bool {
    let (x, y) = (a.st(index), b.st(index));
    let both_finite = x.exponent() != 0x7FFF && y.exponent() != 0x7FFF;
    x == y
        || both_finite
            && x.is_negative() == y.is_negative()
            && position(a, x).abs_diff(position(b, y)) <= 1
}

/// The tags, without those of registers that differ: of two neighbours one may
/// be normal, and the other denormal or zero.
fn tags_where_same(i387: &I387, other: &I387) -> u16 {
    (0..8)
        .filter(|&index| i387.st(index) != other.st(index))
        .fold(i387.twd as u16, |tags, index| {
            tags & !(3 << (2 * ((i387.top() as usize + index) % 8)))
        })
}

#[test]
fn functions_are_next_to_the_coprocessors() {
    // Beyond these the coprocessor promises nothing.
    let is_in_range = |instruction: Instruction, before: &I387| match instruction.modrm {
        0xF0 => before.st(0).exponent() < 0x3FFF,
        0xF9 => before.st(0).exponent() < 0x3FFD,
        _ => true,
    };
    try_all(is_transcendental, |instruction, before, real, emulated| {
        if !is_in_range(instruction, before) && !before.st(0).is_nan() {
            return true;
        }
        // Which of two neighbours it is, is not promised: nor are, then, the
        // direction of rounding and the exceptions that follow from it.
        let but = C1 | SUMMARY | (Exceptions::UNDERFLOW | Exceptions::PRECISION).bits();
        let (real, emulated) = (&real.i387, &emulated.i387);
        real.control() == emulated.control()
            && real.status() & !but == emulated.status() & !but
            && tags_where_same(real, emulated) == tags_where_same(emulated, real)
            && (0..8).all(|index| is_next_to(real, emulated, index))
    });
}
