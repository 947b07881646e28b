// SPDX-License-Identifier: GPL-2.0-or-later
//! Tests of the commands.

use super::super::tree::{Operation, Parameter};
use super::*;

fn word(text: &str) -> Word {
    Word(vec![Piece::Text(text.into())])
}

fn text(text: &str) -> Piece {
    Piece::Text(text.into())
}

fn quoted(text: &str) -> Piece {
    Piece::Quoted(text.into())
}

fn variable(name: &str, quoted: bool) -> Piece {
    Piece::Parameter(Box::new(Parameter {
        name: name.into(),
        operation: Operation::Value,
        quoted,
    }))
}

/// The pieces of a text that is one word.
fn only_word(text: &str) -> Vec<Piece> {
    let CommandKind::Simple { words, .. } = kind(text) else {
        panic!("{text}")
    };
    assert_eq!(words.len(), 1, "{text}");
    words[0].0.clone()
}

/// The commands in the `$( )` that is the first word, as words.
fn commands(text: &str) -> Vec<Vec<Piece>> {
    let pieces = only_word(text);
    let [Piece::Command { list, .. }] = pieces.as_slice() else {
        panic!("{text}: {pieces:?}")
    };
    let kinds = list.iter().map(|and_or| &and_or.first.commands[0].kind);
    let words = |kind: &CommandKind| match kind {
        CommandKind::Simple { words, .. } => words[0].0.clone(),
        _ => Vec::new(),
    };
    kinds.map(words).collect()
}

#[test]
fn operators_need_no_blanks() {
    let list = parse(b"a|b&&c;d&\ne>>x 2>&1 <in >|y <>z # rest\n").unwrap();
    assert_eq!(list.len(), 3);
    assert!(list[1].background);
    let kinds = list[2].first.commands[0].redirects.iter();
    let kinds: Vec<_> = kinds.map(|redirect| (redirect.fd, redirect.kind)).collect();
    assert_eq!(
        kinds,
        [
            (1, RedirectKind::Append),
            (2, RedirectKind::Duplicate),
            (0, RedirectKind::Read),
            (1, RedirectKind::Clobber),
            (0, RedirectKind::ReadWrite),
        ]
    );
    assert_eq!(only_word("a#b"), [text("a#b")]);
    assert_eq!(only_word("a2>b"), [text("a2")]);
}

#[test]
fn quotes() {
    assert_eq!(
        only_word("a'b $c\\'d"),
        [text("a"), quoted("b $c\\"), text("d")]
    );
    assert_eq!(only_word(r#""a\$b\x""#), [quoted(r"a$b\x")]);
    assert_eq!(only_word(r"\*\ "), [quoted("* ")]);
    assert_eq!(only_word("''"), [quoted("")]);
    assert_eq!(only_word("a\\\nb"), [text("ab")]);
    assert_eq!(only_word("a\\"), [text("a"), quoted("\\")]);
    assert_eq!(only_word("\"a\\\nb\""), [quoted("ab")]);
    assert_eq!(only_word("'a\\\nb'"), [quoted("a\\\nb")]);
}

#[test]
fn variables_and_commands() {
    assert_eq!(only_word("$HOME/x"), [variable("HOME", false), text("/x")]);
    assert_eq!(only_word("\"$?\""), [variable("?", true)]);
    assert_eq!(only_word("${A}b"), [variable("A", false), text("b")]);
    assert_eq!(only_word("$10"), [variable("1", false), text("0")]);
    assert_eq!(only_word("${10}"), [variable("10", false)]);
    assert_eq!(only_word("a$"), [text("a$")]);
    assert_eq!(commands("$(a; b)"), [[text("a")], [text("b")]]);
    assert_eq!(commands("$(case a in a) b;; esac; c)")[1], [text("c")]);
    assert_eq!(commands("$(a # )\nb)")[1], [text("b")]);
    assert_eq!(commands("$(a <<E\n)\nE\nb)")[1], [text("b")]);
    assert_eq!(commands("$(')')"), [[quoted(")")]]);
    assert_eq!(commands("$((a);(b))").len(), 2);
    assert_eq!(commands(r"`\`a\``").len(), 1);
    assert_eq!(
        only_word("$((1+($x)))"),
        [Piece::Arithmetic {
            expression: Word(vec![quoted("1+("), variable("x", true), quoted(")")]),
            quoted: false,
        }]
    );
}

/// Lines that remember how many were asked for.
struct Counted(Vec<&'static str>);

impl Source for Counted {
    fn line(&mut self) -> Result<Option<Vec<u8>>> {
        let line = (!self.0.is_empty()).then(|| self.0.remove(0).as_bytes().to_vec());
        Ok(line)
    }

    fn alias(&self, name: &[u8]) -> Option<Vec<u8>> {
        let value: &[u8] = match name {
            b"ll" => b"ls -l",
            b"ls" => b"ls -F",
            b"twice" => b"a; b",
            b"run" => b"env ",
            b"open" => b"{",
            _ => return None,
        };
        Some(value.to_vec())
    }
}

#[test]
fn no_line_is_read_too_early() {
    let mut lines = Counted(vec![
        "a\n",
        "if b\n",
        "then c; fi\n",
        "\n",
        "d <<E\n",
        "E\n",
        "f\n",
    ]);
    for left in [6, 4, 3, 1, 0] {
        assert!(parse_line(&mut lines).unwrap().is_some());
        assert_eq!(lines.0.len(), left);
    }
    assert_eq!(parse_line(&mut lines), Ok(None));
}

#[test]
fn aliases() {
    for (line, expected) in [
        ("ll x\n", "ls -F -l x"),
        ("\\ll x\n", "ll x"),
        ("echo ll\n", "echo ll"),
        ("run ll\n", "env ls -F -l"),
        ("A=1 ls\n", "ls -F"),
        ("x | ls\n", "x"),
    ] {
        let list = parse_line(&mut Counted(vec![line])).unwrap().unwrap();
        let CommandKind::Simple { words, .. } = &list[0].first.commands[0].kind else {
            panic!("{line}")
        };
        let words: Vec<_> = words.iter().map(Word::without_quotes).collect();
        assert_eq!(words.join(&b' '), expected.as_bytes(), "{line}");
    }
    let list = parse_line(&mut Counted(vec!["twice; open c; }\n"]))
        .unwrap()
        .unwrap();
    assert_eq!(list.len(), 3);
}

fn one(text: &str) -> AndOr {
    let list = parse(text.as_bytes()).unwrap();
    assert_eq!(list.len(), 1, "{text}");
    list.into_iter().next().unwrap()
}

fn kind(text: &str) -> CommandKind {
    let pipeline = one(text).first;
    assert_eq!(pipeline.commands.len(), 1, "{text}");
    pipeline.commands.into_iter().next().unwrap().kind
}

#[test]
fn lists_and_pipelines() {
    let list = parse(b"a; b & c\n\nd").unwrap();
    let background: Vec<_> = list.iter().map(|and_or| and_or.background).collect();
    assert_eq!(background, [false, true, false, false]);
    let and_or = one("! a | b && c || d");
    assert!(and_or.first.negated);
    assert_eq!(and_or.first.commands.len(), 2);
    let connectors: Vec<_> = and_or
        .rest
        .iter()
        .map(|(connector, _)| *connector)
        .collect();
    assert_eq!(connectors, [Connector::And, Connector::Or]);
    assert_eq!(one("a |\n b").first.commands.len(), 2);
    assert_eq!(parse(b" # nothing\n").unwrap(), []);
}

#[test]
fn simple_commands() {
    let command = one("A=1 B= ls x=y >out 2>&1 z").first.commands.remove(0);
    let redirects: Vec<_> = command
        .redirects
        .iter()
        .map(|redirect| (redirect.fd, redirect.kind))
        .collect();
    assert_eq!(
        redirects,
        [(1, RedirectKind::Write), (2, RedirectKind::Duplicate)]
    );
    let CommandKind::Simple { assignments, words } = command.kind else {
        panic!()
    };
    assert_eq!(
        assignments,
        [(b"A".to_vec(), word("1")), (b"B".to_vec(), word(""))]
    );
    assert_eq!(words, [word("ls"), word("x=y"), word("z")]);
    let CommandKind::Simple { words, .. } = kind("echo if fi done") else {
        panic!()
    };
    assert_eq!(words.len(), 4);
    let CommandKind::Simple { assignments, words } = kind("1a=b") else {
        panic!()
    };
    assert!(assignments.is_empty() && words.len() == 1);
}

#[test]
fn compound_commands() {
    let CommandKind::If {
        branches,
        otherwise,
    } = kind("if a; then b; elif c; then d; else e; fi")
    else {
        panic!()
    };
    assert_eq!((branches.len(), otherwise.len()), (2, 1));
    let CommandKind::While { until, body, .. } = kind("until a\ndo b; c\ndone") else {
        panic!()
    };
    assert!(until && body.len() == 2);
    let CommandKind::For { name, words, .. } = kind("for i in 1 2; do a; done") else {
        panic!()
    };
    assert_eq!(
        (name, words),
        (b"i".to_vec(), Some(vec![word("1"), word("2")]))
    );
    let CommandKind::For { words: None, .. } = kind("for i do a; done") else {
        panic!()
    };
    let CommandKind::Case { branches, .. } = kind("case x in a|b) c;; (*) d; esac") else {
        panic!()
    };
    assert_eq!(branches[0].0, [word("a"), word("b")]);
    assert_eq!(branches.len(), 2);
    assert!(matches!(kind("(a; b)"), CommandKind::Subshell(list) if list.len() == 2));
    assert!(matches!(kind("{ a; }"), CommandKind::Group(list) if list.len() == 1));
    assert_eq!(one("{ a; } >x | b").first.commands[0].redirects.len(), 1);
}

#[test]
fn functions() {
    let CommandKind::Function { name, body } = kind("f ()\n{ a; } >x") else {
        panic!()
    };
    assert_eq!(name, b"f");
    assert!(matches!(&body.kind, CommandKind::Group(list) if list.len() == 1));
    assert_eq!(body.redirects.len(), 1);
}

#[test]
fn here_documents() {
    let and_or = one("a <<1 >x | b\n1\n");
    let document = |text: &str, index: usize| {
        let redirects = one(text).first.commands.remove(0).redirects;
        redirects[index].target.get().unwrap().0.clone()
    };
    let text = "a <<E 3<<'F' 4<<-G \"x\ny\"\n1\\$x\nE\n$x\\\nF\n\tt\n\tG\n";
    assert_eq!(document(text, 0), [quoted("1$x\n")]);
    assert_eq!(document(text, 1), [quoted("$x\\\n")]);
    assert_eq!(document(text, 2), [quoted("t\n")]);
    let pieces = document("a <<E\n\"$x\"\nE", 0);
    assert_eq!(pieces, [quoted("\""), variable("x", true), quoted("\"\n")]);
    // Joined lines do not end it.
    assert_eq!(document("a <<E\nx\\\nE\nE\n", 0), [quoted("xE\n")]);
    // The end of the text does.
    assert_eq!(document("a <<E\nx\n", 0), [quoted("x\n")]);
    assert_eq!(document("a <<E", 0), [quoted("")]);
    let kinds: Vec<_> = and_or.first.commands[0]
        .redirects
        .iter()
        .map(|redirect| redirect.kind)
        .collect();
    assert_eq!(kinds, [RedirectKind::HereDocument, RedirectKind::Write]);
    assert_eq!(and_or.first.commands.len(), 2);
}

/// A text whose parts are kept.
struct Kept(Text<'static>);

impl Source for Kept {
    fn line(&mut self) -> Result<Option<Vec<u8>>> {
        self.0.line()
    }

    fn keeps_text(&self) -> bool {
        true
    }
}

#[test]
fn text_as_written() {
    let mut source = Kept(Text::new(b" a  b | c&& d & (e\nf)  # rest\n"));
    let list = parse_line(&mut source).unwrap().unwrap();
    assert_eq!(list[0].text, b"a  b | c&& d");
    assert_eq!(list[0].first.text, b"a  b | c");
    assert_eq!(list[1].text, b"(e\nf)");
}

#[test]
fn unfinished() {
    for text in [
        "a |",
        "a &&",
        "if a",
        "if a; then",
        "(a",
        "{ a",
        "while a; do b",
        "'",
        "\"a",
        "$(a",
        "`a",
        "${a",
        "${a:-b",
        "\"$(a\"",
        "a >",
    ] {
        assert_eq!(
            parse(text.as_bytes()),
            Err(SyntaxError::EndOfFile),
            "{text}"
        );
    }
}

#[test]
fn mistakes() {
    for (text, unexpected) in [
        ("| a", "|"),
        ("a ||\n;", ";"),
        ("fi", "fi"),
        ("a; )", ")"),
        ("if a; fi", "fi"),
        ("()", ")"),
        ("a > | b", "|"),
        ("for 1 in x; do a; done", "name"),
        ("a ;; b", ";;"),
        ("(a) b", "word"),
        ("f() a", "word"),
        ("a $(b) )", ")"),
        ("a ${%}", "${"),
        ("a ${b:c}", "${"),
        ("a ${b c}", "${"),
        ("a $(|)", "|"),
        ("a <<\n", "newline"),
        ("f x() { a; }", "("),
        ("f(x) { a; }", "word"),
    ] {
        assert_eq!(
            parse(text.as_bytes()),
            Err(SyntaxError::Unexpected(unexpected)),
            "{text}"
        );
    }
}

#[test]
fn nesting_is_limited() {
    for deep in [
        "(", "{ ", "$(", "\"$(", "${a:-", "$((", "if ", "! (", "time ", "f() {\n",
    ] {
        let result = parse(deep.repeat(100_000).as_bytes());
        assert!(result.is_err(), "{deep}");
    }
    assert_eq!(
        parse("(".repeat(100_000).as_bytes()),
        Err(SyntaxError::Unexpected("nesting"))
    );
    // Each `$((` might be an expression or commands.
    let both = format!("{}a{}", "$((".repeat(40), ");b)".repeat(40));
    assert!(parse(format!("echo {both}").as_bytes()).is_ok());
}
