// SPDX-License-Identifier: GPL-2.0-or-later
//! Tests of the commands.

use super::*;

fn word(text: &str) -> Word {
    Word(vec![Piece::Text(text.into())])
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
    let kinds: Vec<_> = and_or.first.commands[0]
        .redirects
        .iter()
        .map(|redirect| redirect.kind)
        .collect();
    assert_eq!(kinds, [RedirectKind::HereDocument, RedirectKind::Write]);
    assert_eq!(and_or.first.commands.len(), 2);
}

#[test]
fn text_as_written() {
    let list = parse(b" a  b | c&& d & (e\nf)  # rest\n").unwrap();
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
        "a >",
    ] {
        assert_eq!(
            parse(text.as_bytes()),
            Err(SyntaxError::Incomplete),
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
        ("f x() { a; }", "("),
        ("f(x) { a; }", "word"),
    ] {
        assert_eq!(
            parse(text.as_bytes()),
            Err(SyntaxError::Unexpected(unexpected)),
            "{text}"
        );
    }
    let deep = "(".repeat(10_000);
    assert_eq!(
        parse(deep.as_bytes()),
        Err(SyntaxError::Unexpected("nesting"))
    );
}
