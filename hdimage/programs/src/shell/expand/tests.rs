// SPDX-License-Identifier: GPL-2.0-or-later
//! Tests of the expansion.

use super::super::parser::parse;
use super::super::tree::CommandKind;
use super::*;
use std::collections::BTreeMap;

struct TestShell {
    variables: BTreeMap<Vec<u8>, Vec<u8>>,
    parameters: Vec<Vec<u8>>,
    error: Option<Vec<u8>>,
    strict: bool,
}

fn shell() -> TestShell {
    let variables = [
        ("HOME", "/usr/root"),
        ("TWO", " one  two "),
        ("STAR", "*"),
        ("BACK", "a\\b"),
        ("EMPTY", ""),
        ("PATHS", "/a/b/c.tar.gz"),
        ("X", "x"),
    ];
    let bytes = |text: &str| text.as_bytes().to_vec();
    let variables = variables.map(|(name, value)| (bytes(name), bytes(value)));
    TestShell {
        variables: variables.into(),
        parameters: vec![b"p q".to_vec(), b"r".to_vec()],
        error: None,
        strict: false,
    }
}

impl Shell for TestShell {
    fn variable(&self, name: &[u8]) -> Option<Vec<u8>> {
        match name {
            b"#" => Some(self.parameters.len().to_string().into_bytes()),
            b"1" => self.parameters.first().cloned(),
            name => self.variables.get(name).cloned(),
        }
    }

    fn assign(&mut self, name: &[u8], value: &[u8]) {
        self.variables.insert(name.to_vec(), value.to_vec());
    }

    fn parameters(&self) -> Vec<Vec<u8>> {
        self.parameters.clone()
    }

    fn output_of(&mut self, commands: &List) -> Vec<u8> {
        format!("{} lists\n\n", commands.len()).into_bytes()
    }

    fn give_up(&mut self, _what: &[u8], message: &[u8]) {
        self.error = Some(message.to_vec());
    }

    fn gave_up(&self) -> bool {
        self.error.is_some()
    }

    fn names_in(&self, _directory: &[u8]) -> Vec<Vec<u8>> {
        vec![b"f1".to_vec(), b"f2".to_vec(), b"*".to_vec()]
    }

    fn home_of(&self, user: &[u8]) -> Option<Vec<u8>> {
        (user == b"guest").then(|| b"/home/guest".to_vec())
    }

    fn must_be_set(&self) -> bool {
        self.strict
    }

    fn matches_file_names(&self) -> bool {
        true
    }
}

fn word(text: &str) -> Word {
    let list = parse(format!("w {text}\n").as_bytes()).unwrap();
    let CommandKind::Simple { words, .. } = &list[0].first.commands[0].kind else {
        panic!("{text}")
    };
    assert_eq!(words.len(), 2, "{text}");
    words[1].clone()
}

fn run(text: &str, shell: &mut TestShell) -> Vec<String> {
    let arguments = arguments(&word(text), shell);
    let text = |argument| String::from_utf8(argument).unwrap();
    arguments.into_iter().map(text).collect()
}

#[test]
fn many_arguments() {
    let cases: [(&str, &[&str]); 55] = [
        ("a", &["a"]),
        ("$TWO", &["one", "two"]),
        ("\"$TWO\"", &[" one  two "]),
        ("x$TWO", &["x", "one", "two"]),
        ("$NOTHING", &[]),
        ("\"$NOTHING\"", &[""]),
        ("''", &[""]),
        ("$EMPTY''", &[""]),
        ("f*", &["f1", "f2"]),
        ("'f*'", &["f*"]),
        ("g*", &["g*"]),
        ("\\*", &["*"]),
        ("$STAR", &["*", "f1", "f2"]),
        ("\"$STAR\"", &["*"]),
        ("$BACK", &["a\\b"]),
        ("~/x", &["/usr/root/x"]),
        ("~", &["/usr/root"]),
        ("'~'", &["~"]),
        ("~guest/x", &["/home/guest/x"]),
        ("~nobody", &["~nobody"]),
        ("a~", &["a~"]),
        ("$(echo hi)", &["1", "lists"]),
        ("\"`a b;c`\"", &["2 lists"]),
        ("${NOTHING:-$TWO}", &["one", "two"]),
        ("${NOTHING:-a b}", &["a", "b"]),
        ("\"${NOTHING:-a b}\"", &["a b"]),
        ("\"${NOTHING:-\"q u\"}\"", &["q u"]),
        ("${NOTHING:-'a b'}", &["a b"]),
        ("\"${NOTHING:-}\"", &[""]),
        ("\"${NOTHING-}\"", &[""]),
        ("${NOTHING-}", &[]),
        ("${EMPTY-x}", &[]),
        ("${EMPTY:-x}${HOME:-y}", &["x/usr/root"]),
        ("${X+y}${NOTHING+z}", &["y"]),
        ("${NEW=n}$NEW", &["nn"]),
        ("${#HOME}${#NOTHING}${#}", &["902"]),
        ("${PATHS#*/}", &["a/b/c.tar.gz"]),
        ("${PATHS##*/}", &["c.tar.gz"]),
        ("${PATHS%.*}", &["/a/b/c.tar"]),
        ("${PATHS%%.*}", &["/a/b/c"]),
        ("\"${PATHS##*/}\"", &["c.tar.gz"]),
        ("${PATHS#'*'}", &["/a/b/c.tar.gz"]),
        ("${PATHS%$NOTHING}", &["/a/b/c.tar.gz"]),
        ("$((2*(3+1)))", &["8"]),
        ("a$(($NOTHING 1 + 2))", &["a3"]),
        ("$((n = 0x10, n + 1))$n", &["1716"]),
        ("{a,b}$X", &["ax", "bx"]),
        ("\"{a,b}\"", &["{a,b}"]),
        ("${NOTHING:-{a,b}}", &["{a,b}"]),
        ("a\"\"", &["a"]),
        ("\"\"\"\"", &[""]),
        ("${NOTHING:-\\}}", &["}"]),
        ("\"${NOTHING:-\\}}\"", &["}"]),
        ("\"${NOTHING:-'a'}\"", &["'a'"]),
        ("\\$X\"\\$X\"'$X'", &["$X$X$X"]),
    ];
    for (text, expected) in cases {
        assert_eq!(run(text, &mut shell()), expected, "{text}");
    }
}

#[test]
fn splitting() {
    for (ifs, value, expected) in [
        (":", "a:b", &["a", "b"][..]),
        (":", ":a::b:", &["", "a", "", "b"]),
        (" :", " a : b ", &["a", "b"]),
        (" :", " : a", &["", "a"]),
        (":", "a b", &["a b"]),
        ("", "a b", &["a b"]),
    ] {
        let mut shell = shell();
        shell.assign(b"IFS", ifs.as_bytes());
        shell.assign(b"v", value.as_bytes());
        assert_eq!(run("$v", &mut shell), expected, "{ifs:?} {value:?}");
    }
}

#[test]
fn positional_parameters() {
    let run = |text| run(text, &mut shell());
    assert_eq!(run("\"$@\""), ["p q", "r"]);
    assert_eq!(run("$@"), ["p", "q", "r"]);
    assert_eq!(run("\"$*\""), ["p q r"]);
    assert_eq!(run("\"a$@b\""), ["ap q", "rb"]);
    assert_eq!(run("\"${NOTHING:-$@}\""), ["p q", "r"]);
    assert_eq!(run("${1+\"$@\"}"), ["p q", "r"]);
    let mut none = shell();
    none.parameters.clear();
    assert_eq!(super::tests::run("\"$@\"", &mut none), [""; 0]);
    assert_eq!(super::tests::run("\"$*\"", &mut none), [""]);
    assert_eq!(super::tests::run("\"a$@\"", &mut none), ["a"]);
    let mut colons = shell();
    colons.assign(b"IFS", b":");
    assert_eq!(super::tests::run("\"$*\"", &mut colons), ["p q:r"]);
}

#[test]
fn one_argument() {
    let single = |text| single(&word(text), &mut shell());
    assert_eq!(single("$TWO"), b" one  two ");
    assert_eq!(single("f*"), b"f*");
    assert_eq!(pattern(&word("'*'*"), &mut shell()), b"\\**");
    let assigned = |text| assigned(&word(text), &mut shell());
    assert_eq!(assigned("~/a:~guest:x~"), b"/usr/root/a:/home/guest:x~");
    assert_eq!(assigned("~:'~'"), b"/usr/root:~");
    assert_eq!(expanded_text(b"$X:`a`> ", &mut shell()), b"x:1 lists> ");
}

#[test]
fn what_gives_up() {
    for (text, strict, message) in [
        ("$((1/0))", false, "division by zero"),
        ("${NOTHING?}", false, "not set"),
        ("${NOTHING?no $X}", false, "no x"),
        ("${EMPTY:?e}", false, "e"),
        ("$NOTHING", true, "not set"),
        ("${#NOTHING}", true, "not set"),
        ("$((NOTHING))", true, "not set"),
        ("${1=x}${3=x}", false, "can't be set so"),
    ] {
        let mut shell = shell();
        shell.strict = strict;
        run(text, &mut shell);
        assert_eq!(shell.error.as_deref(), Some(message.as_bytes()), "{text}");
    }
    let mut strict = shell();
    strict.strict = true;
    assert_eq!(run("${NOTHING-a}$@", &mut strict), ["ap", "q", "r"]);
    assert_eq!(strict.error, None);
}
