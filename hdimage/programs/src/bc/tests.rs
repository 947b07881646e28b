// SPDX-License-Identifier: GPL-2.0-or-later
//! A few programs; what GNU's does with more is compared on the whole system.

use super::magnitude::Magnitude;
use super::{Calculator, LIBRARY};

/// Runs it where there is room for functions that call each other as deep as they may.
fn run(library: bool, program: &str) -> String {
    let room = std::thread::Builder::new().stack_size(64 << 20);
    std::thread::scope(|scope| {
        let thread = room.spawn_scoped(scope, || run_here(library, program));
        thread.unwrap().join().unwrap()
    })
}

fn run_here(library: bool, program: &str) -> String {
    let mut out = Vec::new();
    let mut print = |bytes: &[u8]| out.extend_from_slice(bytes);
    let mut calculator = Calculator::new(&mut print);
    let library = if library { LIBRARY } else { "" };
    let mut errors = String::new();
    for line in library.lines().chain(program.lines()) {
        match calculator.line(line.as_bytes()) {
            Ok(true) => {}
            Ok(false) => break,
            Err(text) => errors += &format!("!{text}\n"),
        }
    }
    assert!(!calculator.is_incomplete(), "{program}");
    String::from_utf8(out).unwrap() + &errors
}

#[test]
fn numbers() {
    for (program, expected) in [
        ("1+2*3^2", "19\n"),
        ("-2^2", "4\n"),
        ("2^3^2", "512\n"),
        ("7/2;7%2;-7/2;-7%2", "3\n1\n-3\n-1\n"),
        (
            "scale=3;1/3;2/3;-1/8;1.10*1.1",
            ".333\n.666\n-.125\n1.210\n",
        ),
        ("1.5*1.25;0.50+.5;1-1", "1.87\n1.00\n0\n"),
        ("scale=2;7.5%2;2^-2;1.05^2", "0\n.25\n1.10\n"),
        (
            "scale=5;sqrt(2);sqrt(16);sqrt(0.25)",
            "1.41421\n4.00000\n.50000\n",
        ),
        ("2^100", "1267650600228229401496703205376\n"),
        ("2^100/2^98;(10^30+7)%10^15", "4\n7\n"),
        (
            "length(12.345);scale(1.23);length(.001);length(0)",
            "5\n2\n3\n1\n",
        ),
        ("obase=16;255;-17.5;ibase=16;FF", "FF\n-11.8\nFF\n"),
        ("ibase=2;1010;101.1", "10\n5.5\n"),
        ("obase=20;399;obase=2;10;.5", " 19 19\n1010\n.1000\n"),
        ("1<2;2<=1;1==1.0;1!=1;!0;1&&0;1||0", "1\n0\n1\n0\n1\n0\n1\n"),
        ("a=5;a+=2;a;a++;a;--a;a^=2;a", "7\n7\n8\n7\n49\n"),
        ("(a=3);a[2]=4;a[2]*a;last;.+1", "3\n12\n12\n13\n"),
        ("1/0;5", "!divide by zero\n"),
        ("sqrt(-1)", "!square root of a negative number\n"),
        ("f(1)", "!function f is not defined\n"),
        ("1 +* 2", "!syntax error\n"),
        ("obase=1", "!value out of range\n"),
        ("9^99999999999", "!exponent too large\n"),
    ] {
        assert_eq!(run(false, program), expected, "{program}");
    }
    assert_eq!(
        run(false, "10^80").lines().next(),
        Some(&*format!("1{}\\", "0".repeat(67)))
    );
}

#[test]
fn statements() {
    for (program, expected) in [
        ("for(i=1;i<4;i++)i", "1\n2\n3\n"),
        ("while(i<3){i+=1\nif(i==2)continue\ni}", "1\n3\n"),
        ("for(;;){if(++i>3)break};i", "4\n"),
        (
            "define f(n){if(n<2)return n\nreturn(f(n-1)+f(n-2))}\nf(15)",
            "610\n",
        ),
        (
            "define f(x){auto y\ny=x\nx=9\nreturn(y)}\ny=1;x=2;f(7);x;y",
            "7\n2\n1\n",
        ),
        (
            "define s(a[],n){auto i,t\nfor(i=0;i<n;i++)t+=a[i]\na[0]=9\nreturn t}\na[0]=1;a[1]=2;s(a[],2);a[0]",
            "3\n1\n",
        ),
        ("\"text\";print \"a\\n\",1+1,\"\\q\\n\"", "texta\n2\"\n"),
        ("if(1)2 else 3;if(0)2 else 3", "2\n3\n"),
        ("/* a\ncomment */ 1 # more\n2", "1\n2\n"),
        ("define f(){1\n}\nx=f();f()", "1\n1\n0\n"),
        ("1;quit;2", "1\n"),
        (
            "define f(){return f()}\nf()",
            "!functions call each other too deep\n",
        ),
    ] {
        assert_eq!(run(false, program), expected, "{program}");
    }
    let deep = format!("{}1{}", "(".repeat(5000), ")".repeat(5000));
    assert_eq!(run(false, &deep), "!brackets too deep\n");
}

#[test]
fn library() {
    for (program, expected) in [
        ("e(1)", "2.71828182845904523536\n"),
        ("4*a(1)", "3.14159265358979323844\n"),
        ("l(10)", "2.30258509299404568401\n"),
        (
            "s(1);c(1)",
            ".84147098480789650665\n.54030230586813971740\n",
        ),
        (
            "scale=50;e(l(2))",
            "1.99999999999999999999999999999999999999999999999998\n",
        ),
        (
            "e(-2);s(-10)",
            ".13533528323661269189\n.54402111088936981340\n",
        ),
    ] {
        assert_eq!(run(true, program), expected, "{program}");
    }
}

#[test]
fn division_is_the_reverse_of_multiplication() {
    // Marsaglia's xorshift.
    let mut seed = 88_172_645_463_325_252u64;
    let mut random = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    let mut number = |places: u64| {
        let mut number = Magnitude::default();
        for _ in 0..random() % places {
            // Places that are the lowest or the highest are the rare cases.
            let place = match random() % 4 {
                0 => 0,
                1 => 999_999_999,
                _ => random() % 1_000_000_000,
            };
            number = number.shift_up(9).add(&Magnitude::new(place));
        }
        number
    };
    for _ in 0..20_000 {
        let (a, b) = (number(9), number(6));
        if b.is_zero() {
            continue;
        }
        let (quotient, rest) = a.divide(&b);
        assert!(rest < b);
        assert_eq!(quotient.multiply(&b).add(&rest), a);
        let root = a.root();
        assert!(root.multiply(&root) <= a);
        let above = root.add(&Magnitude::new(1));
        assert!(above.multiply(&above) > a);
    }
}
