// SPDX-License-Identifier: GPL-2.0-or-later
//! Computing with the coprocessor, be it there or emulated: with `no387` on
//! the kernel's command line all this must come out the same. (What happens to
//! it over `fork`, `exec` and task switches is with the exceptions.)

use crate::support::{Failure, HOLE, Outcome, all_well, child, fate, in_child, killed_by};
use abi::signal::Signal;
use alloc::vec::Vec;
use core::arch::asm;
use core::mem::offset_of;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use user::calls;
use user::env::task_size;
use user::signal::{Handler, sigaction};
use user::syscall;

tests! {
    fpu_sums "sums, products, quotients and roots are exact to the last bit";
    fpu_functions "sines, tangents, powers and logarithms";
    fpu_constants "the constants";
    fpu_control "rounding and precision follow the control word";
    fpu_formats "numbers in memory of each format";
    fpu_compare "comparing, examining, and the condition bits";
    fpu_status "masked exceptions leave their results and their bits";
    fpu_stack "the stack of registers";
    fpu_state "saving and restoring the whole state";
    fpu_addressing "operands by every way of addressing";
    fpu_many "many instructions in a row, and jumps between them";
    fpu_bad_address "operands that cannot be reached are faults";
    fpu_bad_segment "operands in segments that cannot be reached are faults";
    fpu_illegal "codes without a meaning are illegal instructions";
    fpu_single_step "the trap flag traps after each instruction";
    fpu_fault_again "an instruction whose operand faults has changed nothing";
    fpu_handler "a signal handler sees the coprocessor as it is";
    fpu_clean "a program starts with registers that hold nothing";
    fpu_pending "an exception that a process left behind is not the next one's";
    fpu_switch "processes that compute at once don't mix";
    fpu_garbage "random codes and operands end in a signal at worst";
}

/// The 80 bits of a register: sign and exponent, significand.
type Real = (u16, u64);

const ZERO: Real = (0, 0);
const ONE: Real = (0x3fff, 1 << 63);
const TEN: Real = (0x4002, 0xa000_0000_0000_0000);
const QUARTER: Real = (0x3ffd, 1 << 63);
const THIRD: Real = (0x3ffd, 0xaaaa_aaaa_aaaa_aaab);
const INFINITY: Real = (0x7fff, 1 << 63);
/// What comes of an invalid operation.
const INDEFINITE: Real = (0xffff, 0xc000_0000_0000_0000);

const fn negative((sign_exponent, significand): Real) -> Real {
    (sign_exponent ^ 0x8000, significand)
}

fn to_bytes((sign_exponent, significand): Real) -> [u8; 10] {
    let mut bytes = [0; 10];
    bytes[..8].copy_from_slice(&significand.to_le_bytes());
    bytes[8..].copy_from_slice(&sign_exponent.to_le_bytes());
    bytes
}

fn from_bytes(bytes: [u8; 10]) -> Real {
    let [s0, s1, s2, s3, s4, s5, s6, s7, e0, e1] = bytes;
    (
        u16::from_le_bytes([e0, e1]),
        u64::from_le_bytes([s0, s1, s2, s3, s4, s5, s6, s7]),
    )
}

/// What instructions are run on, and what they leave.
#[repr(C)]
struct Run {
    a: [u8; 10],
    b: [u8; 10],
    control: u16,
    status: u16,
    result: [u8; 10],
}

impl Run {
    fn new(control: u16, a: Real, b: Real) -> Run {
        Run {
            a: to_bytes(a),
            b: to_bytes(b),
            control,
            status: 0,
            result: [0; 10],
        }
    }
}

/// Everything masked, 64 bits, to the nearest.
const USUAL: u16 = 0x37f;

/// Runs instructions on a in ST(0) and b in ST(1), with a control word. Gives
/// what is in ST(0) then, and the status word.
macro_rules! compute {
    ($control:expr, $code:literal, $a:expr, $b:expr) => {{
        let mut run = Run::new($control, $a, $b);
        // SAFETY: the coprocessor is the process's own, and empty again
        // behind. The instructions use no other register.
        unsafe {
            asm!(
                "fninit",
                "fld xword ptr [{run} + {b}]",
                "fld xword ptr [{run} + {a}]",
                "fldcw word ptr [{run} + {control}]",
                $code,
                "fnstsw word ptr [{run} + {status}]",
                "fnclex",
                "fstp xword ptr [{run} + {result}]",
                "fninit",
                run = in(reg) &mut run,
                a = const offset_of!(Run, a),
                b = const offset_of!(Run, b),
                control = const offset_of!(Run, control),
                status = const offset_of!(Run, status),
                result = const offset_of!(Run, result),
            );
        }
        (from_bytes(run.result), run.status)
    }};
}

/// Rows `"instructions" a, b => result`, exact.
macro_rules! exact {
    ($($code:literal $a:expr, $b:expr => $expected:expr;)*) => {
        $(check_eq!(($code, compute!(USUAL, $code, $a, $b).0), ($code, $expected));)*
    };
}

/// The same for what cannot be exact. QEMU computes some of these in numbers
/// of 64 bits.
macro_rules! close {
    ($($code:literal $a:expr, $b:expr => $expected:expr;)*) => {
        $({
            const NEAR: u64 = 1 << 12;
            let (expected, result): (Real, Real) = ($expected, compute!(USUAL, $code, $a, $b).0);
            check_eq!(($code, result.0), ($code, expected.0));
            if result.1.abs_diff(expected.1) > NEAR {
                return Err(failure!("{}: {:x}, not {:x}", $code, result.1, expected.1));
            }
        })*
    };
}

fn fpu_sums() -> Outcome {
    exact! {
        "fadd st(0), st(1)" TEN, THIRD => (0x4002, 0xa555_5555_5555_5555);
        "fsub st(0), st(1)" TEN, THIRD => (0x4002, 0x9aaa_aaaa_aaaa_aaab);
        "fsubr st(0), st(1)" TEN, THIRD => (0xc002, 0x9aaa_aaaa_aaaa_aaab);
        "fmul st(0), st(1)" TEN, THIRD => (0x4000, 0xd555_5555_5555_5556);
        "fdiv st(0), st(1)" TEN, THIRD => (0x4003, 0xf000_0000_0000_0000);
        "fdivr st(0), st(1)" TEN, THIRD => (0x3ffa, 0x8888_8888_8888_8889);
        "fsqrt" TEN, ONE => (0x4000, 0xca62_c1d6_d2da_9490);
        "fsqrt" THIRD, ONE => (0x3ffe, 0x93cd_3a2c_8198_e269);
        "fabs" negative(TEN), ONE => TEN;
        "fchs" TEN, ONE => negative(TEN);
        "frndint" THIRD, ONE => ZERO;
        "fscale" THIRD, TEN => (0x4007, THIRD.1);
        "fxtract" TEN, ONE => (0x3fff, TEN.1);
        "fprem" TEN, THIRD => (0x3ffd, 0xaaaa_aaaa_aaaa_aaa1);
        "fprem1" TEN, THIRD => (0xbfc1, 0xa000_0000_0000_0000);
        "fsub st(0), st(1)" TEN, TEN => ZERO;
        "faddp st(1), st(0)" TEN, THIRD => (0x4002, 0xa555_5555_5555_5555);
    }
    Ok(())
}

fn fpu_functions() -> Outcome {
    close! {
        "fsin" THIRD, ONE => (0x3ffd, 0xa786_1034_5406_3563);
        "fcos" THIRD, ONE => (0x3ffe, 0xf1e8_b2cc_8cc1_656b);
        "fsin" TEN, ONE => (0xbffe, 0x8b44_f7af_9a7a_92ce);
        "fcos" negative(TEN), ONE => (0xbffe, 0xd6cd_6448_6358_f905);
        "fsincos" THIRD, ONE => (0x3ffe, 0xf1e8_b2cc_8cc1_656b);
        "fsincos; fstp st(0)" THIRD, ONE => (0x3ffd, 0xa786_1034_5406_3563);
        "fptan" THIRD, ONE => ONE;
        "fptan; fstp st(0)" THIRD, ONE => (0x3ffd, 0xb148_252e_8b2e_6bd0);
        "fptan; fstp st(0)" TEN, ONE => (0x3ffe, 0xa5fa_f9a5_f1bc_12f0);
        "fpatan" TEN, THIRD => (0x3ffa, 0x887b_98b9_1357_e904);
        "fpatan" THIRD, TEN => (0x3fff, 0xc4cb_fddc_58ce_02ed);
        "fpatan" negative(THIRD), TEN => (0x3fff, 0xcd53_b767_ea03_817d);
        "fpatan" negative(TEN), negative(THIRD) => (0xc000, 0xc6ed_ec3f_3d1b_6291);
        "f2xm1" THIRD, ONE => (0x3ffd, 0x8514_5f31_ae51_5c45);
        "f2xm1" negative(THIRD), ONE => (0xbffc, 0xd340_2b58_5238_6faa);
        "fyl2x" TEN, THIRD => (0x3fff, 0x8dbc_5032_88bd_0754);
        "fyl2x" THIRD, TEN => (0xc002, 0xfd98_1064_3d66_14c3);
        "fyl2xp1" QUARTER, TEN => (0x4000, 0xce08_b2f6_0313_6def);
    }
    Ok(())
}

fn fpu_constants() -> Outcome {
    exact! {
        "fld1" TEN, TEN => ONE;
        "fldz" TEN, TEN => ZERO;
        "fldpi" TEN, TEN => (0x4000, 0xc90f_daa2_2168_c235);
        "fldl2t" TEN, TEN => (0x4000, 0xd49a_784b_cd1b_8afe);
        "fldl2e" TEN, TEN => (0x3fff, 0xb8aa_3b29_5c17_f0bc);
        "fldlg2" TEN, TEN => (0x3ffd, 0x9a20_9a84_fbcf_f799);
        "fldln2" TEN, TEN => (0x3ffe, 0xb172_17f7_d1cf_79ac);
    }
    Ok(())
}

fn fpu_control() -> Outcome {
    // 24, 53 and 64 bits.
    for (control, expected) in [
        (0x07f, 0xaaaa_ab00_0000_0000),
        (0x27f, 0xaaaa_aaaa_aaaa_a800),
        (0x37f, THIRD.1),
    ] {
        let three = (0x4000, 0xc000_0000_0000_0000);
        let (third, _) = compute!(control, "fdiv st(0), st(1)", ONE, three);
        check_eq!((control, third.1), (control, expected));
    }
    // To the nearest, down, up, to zero.
    let half = (0x3ffe, 1 << 63);
    let two = (0x4000, 1 << 63);
    let minus = negative(ONE);
    for (control, of_third, of_minus_third, of_three_halves) in [
        (0x37f, ZERO, negative(ZERO), two),
        (0x77f, ZERO, minus, ONE),
        (0xb7f, ONE, negative(ZERO), two),
        (0xf7f, ZERO, negative(ZERO), ONE),
    ] {
        check_eq!(compute!(control, "frndint", THIRD, ONE).0, of_third);
        check_eq!(
            compute!(control, "frndint", negative(THIRD), ONE).0,
            of_minus_third
        );
        let (result, _) = compute!(control, "fadd st(0), st(1); frndint", half, ONE);
        check_eq!(result, of_three_halves);
    }
    Ok(())
}

/// Stores a number by an instruction that pops it, and says what is in memory.
macro_rules! stored {
    ($code:literal, $value:expr) => {{
        let value = to_bytes($value);
        let mut memory = [0xEEu8; 16];
        // SAFETY: no format has more than ten bytes; as above.
        unsafe {
            asm!("fninit", "fld xword ptr [{0}]", concat!($code, " ptr [{1}]"), "fninit",
                in(reg) &value, in(reg) &mut memory)
        };
        check_eq!(memory[10..], [0xEE; 6]);
        memory
    }};
}

/// Loads what is in memory.
macro_rules! loaded {
    ($code:literal, $memory:expr) => {{
        let memory = $memory;
        let mut value = [0u8; 10];
        // SAFETY: the instruction reads what it is given; as above.
        unsafe {
            asm!("fninit", concat!($code, " ptr [{0}]"), "fstp xword ptr [{1}]", "fninit",
                in(reg) &memory, in(reg) &mut value)
        };
        from_bytes(value)
    }};
}

fn fpu_formats() -> Outcome {
    check_eq!(stored!("fstp dword", THIRD)[..5], *b"\xab\xaa\xaa\x3e\xee");
    check_eq!(
        stored!("fstp qword", THIRD)[..9],
        *b"\x55\x55\x55\x55\x55\x55\xd5\x3f\xee"
    );
    check_eq!(stored!("fstp xword", THIRD)[..10], to_bytes(THIRD));
    check_eq!(stored!("fistp word", negative(TEN))[..3], *b"\xf6\xff\xee");
    check_eq!(stored!("fistp dword", TEN)[..5], *b"\x0a\0\0\0\xee");
    check_eq!(
        stored!("fistp qword", negative(TEN))[..9],
        *b"\xf6\xff\xff\xff\xff\xff\xff\xff\xee"
    );
    check_eq!(
        stored!("fbstp xword", negative(TEN))[..10],
        *b"\x10\0\0\0\0\0\0\0\0\x80"
    );
    // Too large for the format.
    let large = (0x4040, TEN.1);
    check_eq!(stored!("fistp word", large)[..2], *b"\0\x80");
    check_eq!(stored!("fistp qword", large)[..8], *b"\0\0\0\0\0\0\0\x80");
    check_eq!(
        stored!("fbstp xword", large)[..10],
        *b"\0\0\0\0\0\0\0\xc0\xff\xff"
    );
    check_eq!(
        stored!("fstp dword", (0x4100, 1 << 63))[..4],
        f32::INFINITY.to_le_bytes()
    );
    check_eq!(
        stored!("fstp dword", (0x3f70, 1 << 63))[..4],
        (1u32 << 6).to_le_bytes()
    );
    check_eq!(loaded!("fld dword", 0xbf80_0000u32), negative(ONE));
    check_eq!(loaded!("fld qword", 0x4024_0000_0000_0000u64), TEN);
    check_eq!(loaded!("fld dword", 1u32), (0x3f6a, 1 << 63));
    check_eq!(loaded!("fld xword", to_bytes(THIRD)), THIRD);
    check_eq!(loaded!("fild word", -10i16), negative(TEN));
    check_eq!(loaded!("fild dword", 10u32), TEN);
    check_eq!(loaded!("fild qword", i64::MIN), (0xc03e, 1 << 63));
    check_eq!(
        loaded!("fbld xword", *b"\x10\0\0\0\0\0\0\0\0\x80"),
        negative(TEN)
    );
    check_eq!(
        loaded!("fbld xword", *b"\x99\x99\x99\x99\x99\x99\x99\x99\x99\0"),
        (0x403a, 0xde0b_6b3a_763f_fff0)
    );
    Ok(())
}

const C0: u16 = 1 << 8;
const C1: u16 = 1 << 9;
const C2: u16 = 1 << 10;
const C3: u16 = 1 << 14;
const CONDITION: u16 = C0 | C2 | C3;

fn fpu_compare() -> Outcome {
    macro_rules! conditions {
        ($($code:literal $a:expr, $b:expr => $expected:expr;)*) => {
            $({
                let (_, status) = compute!(USUAL, $code, $a, $b);
                check_eq!(($code, status & CONDITION), ($code, $expected));
            })*
        };
    }
    conditions! {
        "fcom st(1)" TEN, THIRD => 0;
        "fcom st(1)" THIRD, TEN => C0;
        "fcom st(1)" TEN, TEN => C3;
        "fcom st(1)" ZERO, negative(ZERO) => C3;
        "fcom st(1)" negative(TEN), negative(INFINITY) => 0;
        "fcom st(1)" INDEFINITE, TEN => C0 | C2 | C3;
        "fucom st(1)" TEN, INDEFINITE => C0 | C2 | C3;
        "fld1; fcomp st(1)" TEN, TEN => C0;
        "fld1; fld1; fcompp" TEN, TEN => C3;
        "ftst" negative(THIRD), TEN => C0;
        "ftst" ZERO, TEN => C3;
        "fxam" TEN, TEN => C2;
        "fxam" ZERO, TEN => C3;
        "fxam" INFINITY, TEN => C2 | C0;
        "fxam" INDEFINITE, TEN => C0;
        "fxam" (0, 1), TEN => C3 | C2;
        "ffree st(0); fxam" TEN, TEN => C3 | C0;
    }
    check_eq!(compute!(USUAL, "fxam", negative(TEN), TEN).1 & C1, C1);
    // 29 = 11101b, of which the lower three bits are reported.
    let (_, status) = compute!(USUAL, "fprem", TEN, THIRD);
    check_eq!(status & (CONDITION | C1), C0 | C1);
    // An angle that is too large is left to the program.
    let (angle, status) = compute!(USUAL, "fsin", (0x403f, 1 << 63), ONE);
    check_eq!((angle, status & C2), ((0x403f, 1 << 63), C2));
    Ok(())
}

/// QEMU's coprocessor does not notice when the stack is empty.
fn stack_is_checked() -> bool {
    compute!(USUAL, "ffree st(0); fsqrt", ONE, ONE).1 != compute!(USUAL, "fsqrt", ONE, ONE).1
}

fn fpu_status() -> Outcome {
    const INVALID: u16 = 1;
    const ZERO_DIVIDE: u16 = 4;
    const OVERFLOW: u16 = 8;
    const UNDERFLOW: u16 = 16;
    const PRECISION: u16 = 32;
    const STACK: u16 = 64;
    let (smallest, largest) = ((1, 1 << 63), (0x7ffe, u64::MAX));
    macro_rules! exceptions {
        ($($code:literal $a:expr, $b:expr => $expected:expr, $result:expr;)*) => {
            $({
                let (result, status) = compute!(USUAL, $code, $a, $b);
                check_eq!(($code, status & 0xff, result), ($code, $expected, $result));
            })*
        };
    }
    exceptions! {
        "fadd st(0), st(1)" ONE, ONE => 0, (0x4000, 1 << 63);
        "fdiv st(0), st(1)" ONE, negative(ZERO) => ZERO_DIVIDE, negative(INFINITY);
        "fdiv st(0), st(1)" ZERO, ZERO => INVALID, INDEFINITE;
        "fsub st(0), st(1)" INFINITY, INFINITY => INVALID, INDEFINITE;
        "fsqrt" negative(ONE), ONE => INVALID, INDEFINITE;
        "fsqrt" negative(ZERO), ONE => 0, negative(ZERO);
        "fyl2x" ZERO, ONE => ZERO_DIVIDE, negative(INFINITY);
        "fmul st(0), st(1)" largest, TEN => OVERFLOW | PRECISION, INFINITY;
        "fmul st(0), st(1)" smallest, THIRD => UNDERFLOW | PRECISION, (0, 0x2aaa_aaaa_aaaa_aaab);
        "fdiv st(0), st(1)" ONE, TEN => PRECISION, (0x3ffb, 0xcccc_cccc_cccc_cccd);
    }
    if stack_is_checked() {
        exceptions! {
            "ffree st(0); fsqrt" ONE, ONE => INVALID | STACK, INDEFINITE;
            "fldz; fldz; fldz; fldz; fldz; fldz; fldz" ONE, ONE => INVALID | STACK, INDEFINITE;
        }
    }
    Ok(())
}

fn fpu_stack() -> Outcome {
    exact! {
        "fxch st(1)" ONE, TEN => TEN;
        "fld st(1)" ONE, TEN => TEN;
        "fst st(1); fstp st(0)" ONE, TEN => ONE;
        "fstp st(1)" ONE, TEN => ONE;
        "fldz; fincstp" ONE, TEN => ONE;
        "fincstp; fdecstp" ONE, TEN => ONE;
        "ffree st(0); fincstp" ONE, TEN => TEN;
    }
    let (_, status) = compute!(USUAL, "fldz; fldz", ONE, TEN);
    check_eq!(status >> 11 & 7, 4);
    Ok(())
}

fn fpu_state() -> Outcome {
    let (third, ten) = (to_bytes(THIRD), to_bytes(TEN));
    let control = 0x27fu16;
    let (mut state, mut again, mut environment) = ([0u8; 108], [0u8; 108], [0u8; 28]);
    let after: u16;
    // SAFETY: each piece of memory is as large as the instruction writes. The
    // second block leaves the coprocessor empty.
    unsafe {
        asm!("fninit", "fld xword ptr [{0}]", "fld xword ptr [{1}]", "fldcw word ptr [{2}]",
            in(reg) &third, in(reg) &ten, in(reg) &control);
        asm!("fnstenv [{0}]", "fldenv [{0}]", "fnsave [{1}]", "fnstsw ax", "frstor [{1}]", "fnsave [{2}]",
            in(reg) &mut environment, in(reg) &mut state, in(reg) &mut again, out("ax") after);
    }
    check_eq!(after, 0);
    let words = |bytes: &[u8]| [0, 4, 8].map(|at| u16::from_le_bytes([bytes[at], bytes[at + 1]]));
    // ST(0) is register 6, and 6 and 7 hold numbers.
    check_eq!(words(&state), [control, 6 << 11, 0x0fff]);
    check_eq!(words(&environment), words(&state));
    check_eq!(words(&again), words(&state));
    for bytes in [&state, &again] {
        check_eq!(bytes[28..38], ten);
        check_eq!(bytes[38..48], third);
    }
    Ok(())
}

fn fpu_addressing() -> Outcome {
    let table: [u32; 8] = core::array::from_fn(|index| 100 + index as u32);
    // SAFETY: compiled code does not use gs, which is null at first.
    unsafe { asm!("mov {0:e}, ds", "mov gs, {0:e}", out(reg) _) };
    macro_rules! operands {
        ($($address:literal => $expected:expr;)*) => {
            $({
                let mut number = 0u32;
                // SAFETY: the instructions read the table, or what is pushed
                // on the stack and taken off again; as above.
                unsafe {
                    asm!("fninit", "push ebp", "push 77", "mov ebp, {table}",
                        concat!("fild dword ptr ", $address), "pop ebp", "pop ebp",
                        "fistp dword ptr [{number}]",
                        table = in(reg) &table, number = in(reg) &mut number,
                        in("ecx") 2, in("edi") 0x1000_0000u32)
                };
                check_eq!(($address, number), ($address, $expected));
            })*
        };
    }
    operands! {
        "[{table}]" => 100;
        "[{table} + 4]" => 101;
        "[{table} + ecx*4]" => 102;
        "[{table} + ecx*4 + 12]" => 105;
        "[{table} + ecx*2]" => 101;
        "[{table} + ecx*8]" => 104;
        "[{table} + edi*8 + 0x80000004]" => 101;
        "[{table} + edi - 0x0ffffffc]" => 101;
        "[ebp]" => 100;
        "[ebp + ecx*4]" => 102;
        "[ebp + 28]" => 107;
        "[esp]" => 77;
        "[esp + ecx*8 - 16]" => 77;
        "fs:[{table} + 8]" => 102;
        "gs:[{table} + 8]" => 102;
        "es:[ebp + 8]" => 102;
        "cs:[{table} + 8]" => 102;
    }
    Ok(())
}

/// 1 + 1/2 + 1/3 ... + 1/count, in millionths.
fn harmonic(count: u32) -> u32 {
    let million = 1_000_000u32;
    let mut result = 0u32;
    // SAFETY: the coprocessor is empty again behind.
    unsafe {
        asm!(
            "fninit",
            "fldz",
            "2:",
            "fld1",
            "push ecx",
            "fidiv dword ptr [esp]",
            "pop ecx",
            "faddp st(1), st(0)",
            "dec ecx",
            "jnz 2b",
            "fimul dword ptr [{million}]",
            "fistp dword ptr [{result}]",
            million = in(reg) &million,
            result = in(reg) &mut result,
            inout("ecx") count => _,
        );
    }
    result
}

fn fpu_many() -> Outcome {
    check_eq!(harmonic(1), 1_000_000);
    check_eq!(harmonic(10), 2_928_968);
    check_eq!(harmonic(500), 6_792_823);
    Ok(())
}

fn fpu_bad_address() -> Outcome {
    // Unmapped, beyond the segment or unmapped, and across the segment's end.
    for address in [HOLE, task_size(), 0xc000_0000, task_size() - 4] {
        // SAFETY: the process ends here.
        killed_by(Signal::SIGSEGV, || unsafe {
            asm!("fld qword ptr [{0}]", in(reg) address)
        })?;
        // SAFETY: likewise.
        killed_by(Signal::SIGSEGV, || unsafe {
            asm!("fld1", "fstp qword ptr [{0}]", in(reg) address)
        })?;
        // SAFETY: likewise.
        killed_by(Signal::SIGSEGV, || unsafe {
            asm!("fnsave [{0}]", in(reg) address)
        })?;
    }
    Ok(())
}

fn fpu_bad_segment() -> Outcome {
    let mut number = 1u32;
    // QEMU lets all segments be written; then so does its coprocessor.
    // SAFETY: the number is written, or the process ends here.
    let checks = killed_by(Signal::SIGSEGV, || unsafe {
        asm!("mov dword ptr cs:[{0}], 1", in(reg) &mut number)
    });
    if checks.is_err() {
        return Ok(());
    }
    // SAFETY: the process ends here.
    killed_by(Signal::SIGSEGV, || unsafe {
        asm!("xor ecx, ecx", "mov gs, ecx", "fild dword ptr gs:[{0}]", in(reg) &number, out("ecx") _)
    })?;
    // SAFETY: likewise.
    killed_by(Signal::SIGSEGV, || unsafe {
        asm!("fld1", "fistp dword ptr cs:[{0}]", in(reg) &mut number)
    })
}

fn fpu_illegal() -> Outcome {
    macro_rules! codes {
        ($($bytes:literal)*) => {
            $(
                // SAFETY: the process ends here.
                let end = killed_by(Signal::SIGILL, || unsafe { asm!(concat!(".byte ", $bytes)) });
                if let Err(Failure(text)) = end {
                    return Err(failure!("{}: {text}", $bytes));
                }
            )*
        };
    }
    // Each is between two that have a meaning.
    codes! {
        "0xd9, 0xe2"
        "0xd9, 0xef"
        "0xd9, 0xd1"
        "0xde, 0xd8"
        "0xd9, 0x08"
    }
    Ok(())
}

fn fpu_single_step() -> Outcome {
    static BEHIND: AtomicU32 = AtomicU32::new(0);
    extern "C" fn tell(_: u32) {
        calls::_exit(20 + BEHIND.load(Relaxed) as i32);
    }
    let status = must!(fate(|| {
        let _ = sigaction(Signal::SIGTRAP, Handler::Catch(tell));
        // SAFETY: the process ends in the handler.
        unsafe {
            asm!("pushfd", "or dword ptr [esp], 0x100", "popfd",
                "fld1", "mov dword ptr [{0}], 1", "nop", in(reg) BEHIND.as_ptr())
        };
        0
    }));
    check_eq!(status.exit_status(), Some(20));
    Ok(())
}

fn fpu_fault_again() -> Outcome {
    /// Lets the faulting address be a good one.
    static PLACE: AtomicU32 = AtomicU32::new(0);
    extern "C" fn give_memory(_: u32) {
        // SAFETY: memory is only added.
        let _ = unsafe { syscall::brk(PLACE.load(Relaxed) + 0x2000) };
    }
    let end = must!(system_call!(brk(0)));
    PLACE.store(end, Relaxed);
    must!(sigaction(Signal::SIGSEGV, Handler::Catch(give_memory)));
    let address = end + 0x1000;
    // SAFETY: the handler gives the memory, whereupon the instruction is done
    // again. Had it popped the one already, it would store the ten.
    unsafe {
        asm!("fninit", "fild dword ptr [{ten}]", "fld1", "fistp dword ptr [{address}]", "fistp dword ptr [{address} + 4]",
            ten = in(reg) &10u32, address = in(reg) address)
    };
    // SAFETY: as the stores have worked there is memory.
    let stored = unsafe { (address as *const [u32; 2]).read() };
    check_eq!(stored, [1, 10]);
    Ok(())
}

fn fpu_handler() -> Outcome {
    static SEEN: AtomicU32 = AtomicU32::new(0);
    extern "C" fn look(_: u32) {
        let mut seen = 0u32;
        // SAFETY: stores what is there; the number stays.
        unsafe { asm!("fist dword ptr [{0}]", in(reg) &mut seen) };
        SEEN.store(seen, Relaxed);
    }
    must!(sigaction(Signal::SIGFPE, Handler::Catch(look)));
    let control = 0x37bu16;
    let mut result = 0u32;
    // SAFETY: the exception is reported at the wait, once; behind, the
    // coprocessor is empty again. The bytes are FDIVR ST(1), ST(0), which
    // leaves ST(0) alone.
    unsafe {
        asm!("fninit", "fldcw word ptr [{control}]", "fldz", "fld1", ".byte 0xdc, 0xf1", "fwait",
            "fistp dword ptr [{result}]", "fninit",
            control = in(reg) &control, result = in(reg) &mut result)
    };
    check_eq!((SEEN.load(Relaxed), result), (1, 1));
    Ok(())
}

fn fpu_clean() -> Outcome {
    in_child(|| {
        // SAFETY: the coprocessor is the process's own.
        unsafe {
            asm!(
                "fninit", "fldpi", "fldpi", "fldpi", "fldpi", "fldl2e", "fldl2t", "fldlg2",
                "fldln2"
            )
        };
        Ok(())
    })?;
    in_child(|| {
        let mut state = [0xffu8; 108];
        // SAFETY: FNSAVE writes 108 bytes.
        unsafe { asm!("fnsave [{0}]", in(reg) &mut state) };
        let word = |at: usize| u16::from_le_bytes([state[at], state[at + 1]]);
        check_eq!((word(0), word(4), word(8)), (USUAL, 0, 0xffff));
        check_eq!(state[28..], [0; 80]);
        Ok(())
    })
}

fn fpu_pending() -> Outcome {
    const DIVISION_UNMASKED: u16 = USUAL & !4;
    in_child(|| {
        let control = DIVISION_UNMASKED;
        // SAFETY: the coprocessor is the process's own. It tells of the
        // exception at the next instruction that waits: there is none.
        unsafe {
            asm!("fninit", "fldcw word ptr [{0}]", "fldz", "fld1", "fdiv st(0), st(1)",
                in(reg) &control);
        }
        Ok(())
    })?;
    check_eq!(compute!(USUAL, "fadd st(0), st(1)", ONE, ZERO).0, ONE);
    Ok(())
}

fn fpu_switch() -> Outcome {
    let mut children = Vec::new();
    for count in [100, 200, 300] {
        let expected = harmonic(count);
        children.push(must!(child(|| {
            for _ in 0..5 {
                check_eq!(harmonic(count), expected);
            }
            Ok(())
        })));
    }
    all_well(&children)
}

/// Runs codes of the coprocessor with any second byte on registers that hold
/// anything.
fn run_garbage(seed: u32) -> i32 {
    const COUNT: usize = 8;
    const RET: u8 = 0xC3;
    let mut state = seed;
    let mut random = || {
        // Numerical Recipes' generator; the upper bits are the better ones.
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> 8
    };
    let mut memory = [0u32; 64];
    memory.fill_with(|| random() ^ random() << 16);
    let mut code: Vec<u8> = Vec::new();
    for _ in 0..COUNT {
        if random() % 4 == 0 {
            code.push([0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65, 0x66, 0x67][random() as usize % 8]);
        }
        code.push(0xD8 + (random() % 8) as u8);
        // Mostly a register, or memory that ebx points to.
        code.push(match random() % 4 {
            0 => random() as u8,
            1 => (random() as u8) & 0x38 | 3,
            _ => random() as u8 | 0xC0,
        });
        code.extend([0x90; 6]);
    }
    code.push(RET);
    // SAFETY: whatever it does it does to this process, which ends behind.
    unsafe {
        asm!("call {code}", code = in(reg) code.as_ptr(), in("ebx") &mut memory[16],
            inout("eax") seed => _, inout("ecx") seed => _, inout("edx") seed => _);
    }
    0
}

fn fpu_garbage() -> Outcome {
    let mut completed = 0;
    for seed in 0..250 {
        // What they destroy may as well be a loop's end.
        let status = must!(fate(|| {
            calls::alarm(2);
            run_garbage(seed)
        }));
        completed += u32::from(status.exit_status() == Some(0));
    }
    check!(completed > 0);
    in_child(fpu_sums)
}
