// SPDX-License-Identifier: GPL-2.0-or-later
//! The emulator against the host's own coprocessor: the same state and the
//! same instruction give the same state and the same memory.

use crate::math::error::{Result, Stop};
use crate::math::i387::{C0, C1, C2, C3, I387};
use crate::math::instructions::{Instruction, Machine, do_emu};
use crate::math::temp_real::TempReal;

/// Code that loads a state from `rdi`, carries out one instruction on the
/// memory at `rdx`, and saves the state at `rsi`: eight bytes for each second
/// byte of each escape code.
mod code {
    use crate::math::i387::I387;

    core::arch::global_asm!(
        ".balign 8",
        "kernel_host_x87:",
        ".set escape, 0xD8",
        ".rept 8",
        ".set modrm, 0",
        ".rept 256",
        // A memory operand without displacement, or a register.
        ".if modrm & 0xC7 == 2 || modrm >= 0xC0",
        "frstor [rdi]",
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
    );

    unsafe extern "C" {
        #[link_name = "kernel_host_x87"]
        static ROUTINES: [[[u8; 8]; 256]; 8];
    }

    /// Carries it out. Answers what is in AX.
    pub fn run(
        escape: u8,
        modrm: u8,
        before: &I387,
        after: &mut I387,
        memory: &mut [u8; 256],
    ) -> u16 {
        assert!(modrm >= 0xC0 || modrm & 0xC7 == 2);
        // SAFETY: the routine is there, as asserted. It reads and writes what
        // its arguments refer to, no instruction of the coprocessor writes
        // more than 256 bytes, and it leaves the coprocessor as a function
        // must find it, except for the control word.
        unsafe {
            let routine = &raw const ROUTINES[usize::from(escape)][usize::from(modrm)];
            let routine: extern "sysv64" fn(&I387, &mut I387, &mut [u8; 256]) -> u16 =
                core::mem::transmute(routine);
            routine(before, after, memory)
        }
    }
}

/// The operand, and AX.
struct Operand {
    memory: [u8; 256],
    ax: Option<u16>,
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

/// The results of one instruction, by the host and by the emulator.
struct Both {
    before: I387,
    instruction: Instruction,
    operand: [u8; 256],
    real: (I387, [u8; 256]),
    emulated: (I387, [u8; 256]),
}

fn run_both(before: I387, escape: u8, modrm: u8, operand: [u8; 256]) -> Both {
    let instruction = Instruction {
        escape,
        modrm,
        short: false,
    };
    let mut real = (I387::new(), operand);
    let ax = code::run(escape, modrm, &before, &mut real.0, &mut real.1);
    let mut machine = Operand {
        memory: operand,
        ax: None,
    };
    let mut emulated = before;
    emulated.settle();
    let done = do_emu(&mut emulated, instruction, &mut machine);
    assert_ne!(done.err(), Some(Stop::Illegal), "{instruction:x?}");
    if let Some(emulated) = machine.ax {
        assert_eq!(emulated, ax);
    }
    Both {
        before,
        instruction,
        operand,
        real,
        emulated: (emulated, machine.memory),
    }
}

#[test]
fn explore() {
    let rounds: u64 = std::env::var("ROUNDS").map_or(2000, |r| r.parse().unwrap());
    let only = std::env::var("ONLY")
        .ok()
        .map(|x| u16::from_str_radix(&x, 16).unwrap());
    let mut random = Random(std::env::var("SEED").map_or(1, |r| r.parse().unwrap()));
    for escape in 0..8u8 {
        for modrm in (0..0xC0).filter(|m| m & 0xC7 == 2).chain(0xC0..=0xFFu8) {
            if only.is_some_and(|only| only != u16::from(escape) << 8 | u16::from(modrm)) {
                continue;
            }
            let mut probe = I387::new();
            probe.initialise();
            let mut machine = Operand {
                memory: [0; 256],
                ax: None,
            };
            if do_emu(
                &mut probe,
                Instruction {
                    escape,
                    modrm,
                    short: false,
                },
                &mut machine,
            ) == Err(Stop::Illegal)
            {
                continue;
            }
            let mut bad = 0;
            for _ in 0..rounds {
                let before = random.state();
                let mut operand = [0; 256];
                for c in operand.chunks_exact_mut(8) {
                    c.copy_from_slice(&random.next().to_le_bytes());
                }
                fill(&mut random, escape, modrm, &mut operand);
                let both = run_both(before, escape, modrm, operand);
                let diff = difference(&both);
                if let Some(diff) = diff {
                    bad += 1;
                    if bad <= std::env::var("SHOW").map_or(2, |r| r.parse().unwrap()) {
                        println!(
                            "{:02x} {:02x} {:?}: {}",
                            escape + 0xD8,
                            modrm,
                            both.instruction.short,
                            diff
                        );
                        show(&both);
                    }
                }
            }
            if bad > 0 {
                println!("== {:02x} {:02x}: {bad} of {rounds}", escape + 0xD8, modrm);
            }
        }
    }
}

fn show(b: &Both) {
    println!(
        "  before cw {:04x} sw {:04x} tw {:04x} st0 {:?} st1 {:?} st7 {:?}",
        b.before.cwd,
        b.before.swd,
        b.before.twd,
        st(&b.before, 0),
        st(&b.before, 1),
        st(&b.before, 7)
    );
    println!("  operand {:02x?}", &b.operand[..12]);
    for (name, (i, m)) in [("real", &b.real), ("emul", &b.emulated)] {
        println!(
            "  {name} cw {:04x} sw {:04x} tw {:04x} st0 {:?} st1 {:?} mem {:02x?}",
            i.cwd & 0xFFFF,
            i.swd & 0xFFFF,
            i.twd & 0xFFFF,
            st(i, 0),
            st(i, 1),
            &m[..12]
        );
    }
}

fn st(i: &I387, n: usize) -> String {
    let v = i.st(n);
    format!(
        "{:04x}:{:016x}{}",
        v.sign_exponent,
        v.significand,
        if i.is_empty(n) { "e" } else { "" }
    )
}

fn fill(random: &mut Random, escape: u8, modrm: u8, operand: &mut [u8; 256]) {
    let v = random.register();
    let i387 = random.state();
    let op = modrm >> 3 & 7;
    match (escape, op) {
        (1, 4) | (5, 4) => {
            let mut bytes = Vec::new();
            for w in [i387.cwd, i387.swd, i387.twd, 0, 0, 0, 0] {
                bytes.extend(w.to_le_bytes());
            }
            for r in i387.st_space {
                bytes.extend(r);
            }
            operand[..108].copy_from_slice(&bytes);
        }
        (3, 5) => operand[..10].copy_from_slice(&v.to_bytes()),
        (7, 4) => {
            for b in &mut operand[..9] {
                *b = (random.below(10) << 4 | random.below(10)) as u8;
            }
        }
        (0, _) | (1, 0) => {
            let e = [0, 1, 254, 255, random.below(256), 127 + random.below(3)]
                [random.below(6) as usize] as u32;
            let bits =
                (v.significand >> 40) as u32 & 0x7fffff | e << 23 | (random.next() as u32) << 31;
            operand[..4].copy_from_slice(&bits.to_le_bytes());
        }
        (4, _) | (5, 0) => {
            let e = [0, 1, 2046, 2047, random.below(2048), 1023 + random.below(3)]
                [random.below(6) as usize];
            let bits = (v.significand >> 11) & 0xFFFFFFFFFFFFF | e << 52 | (random.next()) << 63;
            operand[..8].copy_from_slice(&bits.to_le_bytes());
        }
        _ => {
            if random.one_in(4) {
                let x = [0, 1, u64::MAX, 0x8000, 0x8000_0000, 1 << 63][random.below(6) as usize];
                operand[..8].copy_from_slice(&x.to_le_bytes());
            }
        }
    }
}

fn difference(b: &Both) -> Option<String> {
    let (real, emul) = (&b.real.0, &b.emulated.0);
    let mut out = vec![];
    if (real.cwd ^ emul.cwd) & 0xFFFF != 0 {
        out.push("control".to_string());
    }
    let sw = (real.swd ^ emul.swd) & 0xFFFF;
    if sw != 0 {
        out.push(format!("status {sw:04x}"));
    }
    if (real.twd ^ emul.twd) & 0xFFFF != 0 {
        out.push("tag".to_string());
    }
    for i in 0..8 {
        if real.st_space[i] != emul.st_space[i] {
            out.push(format!("st{i}"));
        }
    }
    if b.real.1 != b.emulated.1 {
        out.push("memory".to_string());
    }
    if out.is_empty() {
        None
    } else {
        Some(out.join(", "))
    }
}
