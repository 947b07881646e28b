// SPDX-License-Identifier: GPL-2.0-or-later
//! Tests of the tokens.

use super::*;

fn tokens(text: &str) -> Result<Vec<Token>> {
    let mut lexer = Lexer::new(text.as_bytes());
    let mut tokens = Vec::new();
    loop {
        match lexer.token()? {
            Token::End => return Ok(tokens),
            token => tokens.push(token),
        }
    }
}

fn only_word(text: &str) -> Vec<Piece> {
    match tokens(text).unwrap().as_slice() {
        [Token::Word(word)] => word.0.clone(),
        other => panic!("{other:?}"),
    }
}

fn text(text: &str) -> Piece {
    Piece::Text(text.into())
}

fn quoted(text: &str) -> Piece {
    Piece::Quoted(text.into())
}

fn variable(name: &str, quoted: bool) -> Piece {
    Piece::Variable {
        name: name.into(),
        default: None,
        quoted,
    }
}

#[test]
fn operators_need_no_blanks() {
    let word = |name: &str| Token::Word(Word(vec![text(name)]));
    assert_eq!(
        tokens("a|b&&c;d&>>x 2>&1 <in # rest\n").unwrap(),
        [
            word("a"),
            Token::Pipe,
            word("b"),
            Token::And,
            word("c"),
            Token::Semicolon,
            word("d"),
            Token::Background,
            Token::Redirect(1, RedirectKind::Append),
            word("x"),
            Token::Redirect(2, RedirectKind::Duplicate),
            word("1"),
            Token::Redirect(0, RedirectKind::Read),
            word("in"),
            Token::Newline,
        ]
    );
    assert_eq!(
        tokens("a2>b").unwrap()[1],
        Token::Redirect(1, RedirectKind::Write)
    );
    assert_eq!(tokens("a#b").unwrap(), [word("a#b")]);
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
}

#[test]
fn variables_and_commands() {
    assert_eq!(only_word("$HOME/x"), [variable("HOME", false), text("/x")]);
    assert_eq!(only_word("\"$?\""), [variable("?", true)]);
    assert_eq!(only_word("${A}b"), [variable("A", false), text("b")]);
    assert_eq!(only_word("$10"), [variable("1", false), text("0")]);
    assert_eq!(only_word("a$"), [text("a$")]);
    let command = |text: &str| Piece::Command {
        text: text.into(),
        quoted: false,
    };
    assert_eq!(only_word("$(a $(b ')') c)"), [command("a $(b ')') c")]);
    assert_eq!(only_word(r"`a \`b\``"), [command("a `b`")]);
    let default = Some(Word(vec![text("x y")]));
    let expected = Piece::Variable {
        name: b"A".to_vec(),
        default,
        quoted: false,
    };
    assert_eq!(only_word("${A:-x y}"), [expected]);
}

#[test]
fn here_documents() {
    let document = |text: &str| Token::HereDocument(0, Word(vec![quoted(text)]));
    let word = |name: &str| Token::Word(Word(vec![text(name)]));
    assert_eq!(
        tokens("a <<E | b <<'F' 3<<-G\n1\\$x\nE\n$x\\\nF\n\tt\n\tG\nc").unwrap(),
        [
            word("a"),
            document("1$x\n"),
            Token::Pipe,
            word("b"),
            document("$x\\\n"),
            Token::HereDocument(3, Word(vec![quoted("t\n")])),
            Token::Newline,
            word("c"),
        ]
    );
    let Token::HereDocument(_, Word(pieces)) = &tokens("<<E\n\"$x\"\nE").unwrap()[0] else {
        panic!()
    };
    assert_eq!(*pieces, [quoted("\""), variable("x", true), quoted("\"\n")]);
    for unfinished in ["a <<E", "a <<E\n", "a <<E\nb\n", "a <<E\nb"] {
        assert_eq!(tokens(unfinished), Err(SyntaxError::Incomplete));
    }
    assert_eq!(tokens("a <<\n"), Err(SyntaxError::Unexpected("<<")));
}

#[test]
fn arithmetic_or_commands() {
    let expected = Piece::Arithmetic {
        expression: Word(vec![quoted("1+("), variable("x", true), quoted(")")]),
        quoted: false,
    };
    assert_eq!(only_word("$((1+($x)))"), [expected]);
    let commands = Piece::Command {
        text: "(a);(b)".into(),
        quoted: false,
    };
    assert_eq!(only_word("$((a);(b))"), [commands]);
}

#[test]
fn unfinished() {
    for text in [
        "'a", "\"a", "a\\", "a \\\n", "a\\\n", "$(a", "`a", "${a", "${a:-b", "\"$(a\"",
    ] {
        assert_eq!(tokens(text), Err(SyntaxError::Incomplete), "{text}");
    }
    assert_eq!(tokens("${%}"), Err(SyntaxError::Unexpected("${")));
}
