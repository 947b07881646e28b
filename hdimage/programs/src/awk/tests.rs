// SPDX-License-Identifier: GPL-2.0-or-later
//! A few programs on a few lines; what the host's does with more is compared on the
//! whole system.

use super::{Interpreter, Open, Stream, World, parse};
use abi::Errno;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

type Files = Rc<RefCell<BTreeMap<Vec<u8>, Vec<u8>>>>;

#[derive(Default)]
struct Memory {
    files: Files,
    printed: Vec<u8>,
}

struct File {
    files: Files,
    name: Vec<u8>,
    place: usize,
}

impl Stream for File {
    fn read(&mut self, buffer: &mut [u8]) -> abi::Result<usize> {
        let files = self.files.borrow();
        let rest = &files[&self.name][self.place..];
        // Little by little, so that records are in several pieces.
        let count = rest.len().min(buffer.len()).min(3);
        buffer[..count].copy_from_slice(&rest[..count]);
        self.place += count;
        Ok(count)
    }

    fn write(&mut self, bytes: &[u8]) -> abi::Result<()> {
        if self.name == b"full" {
            return Err(Errno::ENOSPC);
        }
        let mut files = self.files.borrow_mut();
        files.get_mut(&self.name).unwrap().extend_from_slice(bytes);
        Ok(())
    }

    fn close(self: Box<Self>) -> i32 {
        0
    }
}

impl World for Memory {
    fn open(&mut self, name: &[u8], how: Open) -> abi::Result<Box<dyn Stream>> {
        let mut files = self.files.borrow_mut();
        match how {
            Open::Read if !files.contains_key(name) => return Err(Errno::ENOENT),
            Open::Read => {}
            Open::Append => drop(files.entry(name.to_vec()).or_default()),
            // The "command" is what it prints.
            Open::ReadCommand => drop(files.insert(name.to_vec(), name.to_vec())),
            _ => drop(files.insert(name.to_vec(), Vec::new())),
        }
        Ok(Box::new(File {
            files: self.files.clone(),
            name: name.to_vec(),
            place: 0,
        }))
    }

    fn print(&mut self, bytes: &[u8]) {
        self.printed.extend_from_slice(bytes);
    }

    fn flush(&mut self) {}

    fn system(&mut self, command: &[u8]) -> i32 {
        command.len() as i32
    }

    fn complain(&mut self, name: &[u8], errno: Errno) {
        self.print(format!("{}: {errno}\n", String::from_utf8_lossy(name)).as_bytes());
    }

    fn time(&self) -> u32 {
        42
    }

    fn environment(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        vec![(b"HOME".to_vec(), b"/root".to_vec())]
    }
}

/// Runs it where there is room for functions that call each other as deep as they may.
fn run(program: &str, input: &str, arguments: &[&[u8]]) -> (Result<i32, String>, String) {
    let room = std::thread::Builder::new().stack_size(64 << 20);
    std::thread::scope(|scope| {
        let thread = room.spawn_scoped(scope, || run_here(program, input, arguments));
        thread.unwrap().join().unwrap()
    })
}

fn run_here(program: &str, input: &str, arguments: &[&[u8]]) -> (Result<i32, String>, String) {
    let program = match parse(program.as_bytes()) {
        Ok(program) => program,
        Err(error) => return (Err(error), String::new()),
    };
    let mut world = Memory::default();
    let files = [("-", input), ("a", "1 2\n3 4\n"), ("b", "5\n")];
    for (name, text) in files {
        world
            .files
            .borrow_mut()
            .insert(name.as_bytes().to_vec(), text.as_bytes().to_vec());
    }
    let arguments = [&[b"awk".as_slice()], arguments].concat();
    let result = Interpreter::new(&program, &mut world, &arguments).run();
    (result, String::from_utf8(world.printed).unwrap())
}

#[track_caller]
fn check(program: &str, input: &str, expected: &str) {
    let (result, printed) = run(program, input, &[]);
    assert_eq!((result, printed.as_str()), (Ok(0), expected), "{program}");
}

/// What it prints without any input.
#[track_caller]
fn prints(statements: &str, expected: &str) {
    let program = format!("BEGIN {{ {statements} }}");
    check(&program, "", &format!("{expected}\n"));
}

#[test]
fn patterns_and_actions() {
    check("/b/", "a\nb\nab\n", "b\nab\n");
    check(
        "NR == 2, /d/ { print NR $0 }",
        "a\nb\nc\nd\ne\n",
        "2b\n3c\n4d\n",
    );
    check(
        "$2 > 5 { n++ } END { print n, NR }",
        "a 3\nb 10\nc 7\n",
        "2 3\n",
    );
    check("!seen[$0]++", "a\nb\na\n", "a\nb\n");
    check("{ $2 = \"\"; print; print NF }", "a b c", "a  c\n3\n");
    check(
        "{ NF = 2; $0 = $0 \" z\"; print NF, $3 }",
        "a b c\n",
        "3 z\n",
    );
    check("{ $5 = 1; print }", "a b\n", "a b   1\n");
    check(
        "BEGIN { FS = \":\"; OFS = \"-\" } { $1 = $1; print $NF, $(NF - 1) }",
        "a:b:c\n",
        "c-b\n",
    );
    check(
        "BEGIN { RS = \"\" } { print $1 \"|\" $NF; n = split($0, l, \"\\n\"); print n }",
        "\n\na b\nc\n\n\n\nd\n\n",
        "a|c\n2\nd|d\n1\n",
    );
    check(
        "BEGIN { RS = \"x+\" } { print NR \":\" $0 }",
        "axxbxcx",
        "1:a\n2:b\n3:c\n",
    );
    check(
        "BEGIN { FS = \"[0-9]+\" } { print $1 $2 $3 }",
        "a12b3c\n",
        "abc\n",
    );
    check(
        "{ print; next; print \"no\" } END { print NR, $0 }",
        "a\nb\n",
        "a\nb\n2 b\n",
    );
    check("length > 2", "ab\nabc\n", "abc\n");
    check(
        "BEGIN { getline; print \"got \" $0 } { print }",
        "a\nb\n",
        "got a\nb\n",
    );
    check(
        "BEGIN { while ((getline l < \"a\") > 0) n++; print n, NR; print close(\"a\"), close(\"a\") }",
        "",
        "2 0\n0 -1\n",
    );
    check(
        "BEGIN { \"a b\" | getline; print $2, NR; \"x\" \"y\" | getline v; print v, NR }",
        "",
        "b 1\nxy 2\n",
    );
    check("BEGIN { print (getline x < \"none\"), x }", "", "-1 \n");
    check(
        "BEGIN { print \"b\" > \"f\"; print \"c\" > \"f\"; close(\"f\"); while (getline l < \"f\") print l }",
        "",
        "b\nc\n",
    );
}

#[test]
fn expressions() {
    prints(
        "print 1 + 2 * 3 ^ 2 ^ 1 % 4, -2 ^ 2, 2 ^ -1, 7 % 3, -7 % 3",
        "3 -4 0.5 1 -1",
    );
    prints(
        "print 1 \" \" -1, 1 - 1, 1 -1; print -12 \" \" -24",
        "1-1 0 0\n-12-24",
    );
    prints(
        "print 1 == 1.0, \"a\" < \"b\", 10 < 9, \"10\" < \"9\", 2 < 10",
        "1 1 0 1 1",
    );
    prints(
        "x = 5; x += 2; x *= 3; x -= 1; x /= 4; x %= 3; x ^= 3; print x",
        "8",
    );
    prints("print i++ + ++i, i--, --i, i", "2 2 0 0");
    prints("print !0 !1, !\"\", !\"a\", !x, 1 && 0 || 1", "10 1 0 1 1");
    prints("print 1 > \"f\"; print (1 > 2) ? \"a\" : \"b\"", "b");
    prints("print(1)(2), 3", "12 3");
    prints(
        "print \"ab\" ~ /b$/, \"ab\" !~ \"^b\", \"a.b\" ~ /a\\.b/, \"a/b\" ~ /a\\/b/",
        "1 1 1 1",
    );
    prints(
        "print \"]\" ~ /[\\]]/, \"a\" ~ /[\\]]/, \"^\" ~ /[\\^]/, \"-\" ~ /[\\-a]/, \"b\" ~ /[a\\-c]/",
        "1 0 1 1 0",
    );
    prints(
        "print \"\\t\" ~ /\\t/, \"a+\" ~ /a\\+/, \"\\\\\" ~ /\\\\/, \"a\" ~ /[[:alpha:]]/",
        "1 1 1 1",
    );
    prints(
        "print 1e3, 0.1 + 0.2, 1 / 3, 1e20, 100000 * 100000, -0, 3.0, \"3x\" + 1",
        "1000 0.3 0.333333 1e+20 10000000000 0 3 4",
    );
    prints(
        "CONVFMT = \"%.2g\"; a = 3.14159; b = a \"\"; print b, a; print 12 \"\"",
        "3.1 3.14159\n12",
    );
    prints(
        "a[1, 2] = 3; for (k in a) { split(k, p, SUBSEP); print p[1], p[2] }; print ((1, 2) in a), (1 in a)",
        "1 2\n1 0",
    );
    prints(
        "a[1]; a[2]; delete a[1]; print length(a), 1 in a, 2 in a; delete a; print length(a)",
        "1 0 1\n0",
    );
    prints(
        "$0 = \"a b c\"; print NF, $2; $2 = \"x\"; print; print $NF--, NF",
        "3 b\na x c\n0 3",
    );
    prints(
        "$3 = \"c\"; print NF, $0; $0 = \"1 2\"; print $1 + $2",
        "3   c\n3",
    );
    prints("x[\"a\"] = 1; print x[\"a\"] /2/ 1", "0.5");
    prints(
        "y = \"A\"; y = y == \"A\" ? \"yes\" : \"no\"; print y",
        "yes",
    );
    prints("if (!(3 in a)) print \"no\"; else print \"yes\"", "no");
    prints("print length(), length(12), length \"x\"", "0 2 0x");
    prints(
        "print substr(\"hello\", 2, 3), substr(\"hello\", 0, 2), substr(\"hello\", -1), substr(\"hello\", 4, 9) \".\" substr(\"hello\", 9)",
        "ell h hello lo.",
    );
    prints(
        "print index(\"abc\", \"c\"), index(\"abc\", \"\"), tolower(\"AbC\") toupper(\"x1y\")",
        "3 0 abcX1Y",
    );
    prints(
        "print match(\"xaab\", /a+/), RSTART, RLENGTH, match(\"x\", \"y\"), RSTART, RLENGTH",
        "2 2 2 0 0 -1",
    );
    prints(
        "s = \"aaa\"; print gsub(/a/, \"<&>\", s), s, sub(/b/, \"\", s); t = \"a.b\"; sub(\"\\\\.\", \"\\\\&\", t); print t",
        "3 <a><a><a> 0\na&b",
    );
    prints(
        "s = \"abc\"; gsub(/x*/, \"-\", s); print s; s = \"baaac\"; gsub(/a*/, \"x\", s); print s",
        "-a-b-c-\nxbxcx",
    );
    prints(
        "print split(\"a:b:c\", p, \":\"), p[3], split(\"\", p), length(p), split(\" a  b \", p), p[2], split(\"abc\", p, \"\"), p[1]",
        "3 c 0 0 2 b 3 a",
    );
    prints(
        "print int(-3.7), int(\"12abc\"), sqrt(16), exp(0), log(1), sin(0), cos(0), atan2(0, -1)",
        "-3 12 4 1 0 0 1 3.14159",
    );
    prints(
        "srand(1); a = rand(); srand(1); print a == rand(), a < 1, a >= 0, srand(2), srand()",
        "1 1 1 1 2",
    );
    prints(
        "print system(\"abc\"), ENVIRON[\"HOME\"], ARGC, ARGV[0]",
        "3 /root 1 awk",
    );
}

#[test]
fn statements() {
    prints(
        "for (i = 0; i < 5; i++) { if (i == 1) continue; if (i == 4) break; s = s i }; print s",
        "023",
    );
    prints("while (i < 3) i++; do i--; while (i > 1)\nprint i", "1");
    prints("if (1)\nif (0) print 1\nelse print 2\nelse print 3", "2");
    prints("if (1) print \"x\"; else print \"y\"", "x");
    prints("for (;;) if (++i > 3) break; print i", "4");
    check(
        "function f(n) { return n < 2 ? n : f(n - 1) + f(n - 2) }\nBEGIN { print f(15) }",
        "",
        "610\n",
    );
    check(
        "function fill(a, n,  i) { for (i = 1; i <= n; i++) a[i] = i * i } BEGIN { fill(x, 3); print x[3], length(x), i }",
        "",
        "9 3 \n",
    );
    check(
        "function f(a) { g(a); return a[1] } function g(b) { b[1] = 7 } BEGIN { print f(z), z[1] }",
        "",
        "7 7\n",
    );
    check(
        "function f(x) { x = 2 } BEGIN { y = 1; f(y); print y; f(u); print u + 0 }",
        "",
        "1\n0\n",
    );
    check(
        "# comment\nBEGIN { print \"a\", # here\n  \"b\" \\\n  \"c\" }\n\n;END { }",
        "",
        "a bc\n",
    );
    check(
        "BEGIN { printf \"%s %d\\n\", \"a\", 3.9; printf(\"%c%c|%5.1f|%-4d|\\n\", 65, \"BC\", 2.25, 7) }",
        "",
        "a 3\nAB|  2.2|7   |\n",
    );
}

#[test]
fn formats() {
    for (format, value, expected) in [
        ("%d", "-7", "-7"),
        ("%05d|%+d", "42, 42", "00042|+42"),
        ("%5s|%-5s|%.1s", "\"ab\", \"ab\", \"ab\"", "   ab|ab   |a"),
        ("%x %X %o %#x %u", "255, 255, 8, 255, 3", "ff FF 10 0xff 3"),
        ("%e %E", "12345.678, 0", "1.234568e+04 0.000000E+00"),
        (
            "%g %g %g %g",
            "0.0001, 0.00001, 123456, 1234567",
            "0.0001 1e-05 123456 1.23457e+06",
        ),
        (
            "%.3g %.10g %#g %G",
            "2, 0.1, 1, 1e-10",
            "2 0.1 1.00000 1E-10",
        ),
        (
            "%.0f %.2f %f",
            "2.5, 1.005, 1e15",
            "2 1.00 1000000000000000.000000",
        ),
        (
            "%08.3f|%-8.2f|% d",
            "-3.14159, 2, 5",
            "-003.142|2.00    | 5",
        ),
        ("%*d|%.*f", "4, 1, 2, 3", "   1|3.00"),
        ("%%|%5%|%q", "1", "%|%|%q"),
        ("%.3d %i", "5, \"0x11\"", "005 0"),
        ("%d %d", "2 ^ 53, -2 ^ 31", "9007199254740992 -2147483648"),
    ] {
        prints(&format!("printf \"{format}\\n\", {value}"), expected);
    }
}

#[test]
fn files_and_assignments() {
    let files = |program: &str, arguments: &[&[u8]]| run(program, "in\n", arguments).1;
    assert_eq!(
        files("{ print FILENAME, FNR, NR }", &[b"a", b"b"]),
        "a 1 1\na 2 2\nb 1 3\n"
    );
    assert_eq!(
        files("{ print x $0 }", &[b"x=1", b"b", b"x=2", b"-"]),
        "15\n2in\n"
    );
    assert_eq!(files("{ print }", &[b"x=1"]), "in\n");
    assert_eq!(
        files("FNR == 1 { nextfile } { print }", &[b"a", b"b"]),
        "3 4\n".repeat(0)
    );
    assert_eq!(
        files("END { print NR }", &[b"none", b"b"]),
        "none: No such file or directory\n1\n"
    );
    assert_eq!(run("1", "", &[b"none"]).0, Ok(2));
    assert_eq!(
        run("BEGIN { exit 3 } END { print \"end\" }", "", &[]),
        (Ok(3), "end\n".into())
    );
    assert_eq!(run("{ exit } END { exit 4 }", "x\n", &[]).0, Ok(4));
}

#[test]
fn mistakes() {
    for program in [
        "BEGIN { print 1 / 0 }",
        "BEGIN { f() }",
        "BEGIN {",
        "BEGIN { print ( }",
        "BEGIN { \"abc }",
        "/abc",
        "BEGIN { x = 1; x[1] = 2 }",
        "BEGIN { x[1] = 1; x = 2 }",
        "BEGIN { $(-1) = 2 }",
        "BEGIN { NF = 1e9 }",
        "BEGIN { substr(1) }",
        "function f(a, a) { } BEGIN { }",
        "function f() { f() } BEGIN { f() }",
        "function f() { } function f() { }",
        "BEGIN { next }",
        "BEGIN { print > \"full\" }",
        "BEGIN { a = \"(\"; print \"x\" ~ a }",
        "/(/",
        "BEGIN { @ }",
    ] {
        let result = run(program, "", &[]);
        assert!(result.0.is_err(), "{program}: {result:?}");
    }
    let deep = format!(
        "BEGIN {{ print {}1{} }}",
        "(".repeat(5000),
        ")".repeat(5000)
    );
    assert!(run(&deep, "", &[]).0.is_err());
    let deep = format!("BEGIN {{ print {}1 }}", "- ".repeat(5000));
    assert!(run(&deep, "", &[]).0.is_err());
    let deep = format!("BEGIN {{ {} }}", "if (1) ".repeat(5000));
    assert!(run(&deep, "", &[]).0.is_err());
}
