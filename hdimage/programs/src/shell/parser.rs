// SPDX-License-Identifier: GPL-2.0-or-later
//! Tokens to commands, by recursive descent.
//!
//! ```text
//! list      = and_or { (";" | "&" | newline) and_or }
//! and_or    = pipeline { ("&&" | "||") pipeline }
//! pipeline  = ["!"] command { "|" command }
//! command   = simple | compound { redirect }
//! compound  = "(" list ")" | "{" list "}" | if | while | until | for | case
//! simple    = { NAME=word } { word | redirect }
//! ```

use super::lexer::{Lexer, Piece, SyntaxError, Token, Word, is_name};
use super::tree::{AndOr, Command, CommandKind, Connector, List, Pipeline, Redirect};
use alloc::vec::Vec;

/// How deep commands may be nested, so that no text overflows the stack.
const DEEPEST: usize = 100;

type Result<T> = core::result::Result<T, SyntaxError>;

/// Makes commands of a whole text.
pub fn parse(text: &[u8]) -> Result<List> {
    let mut lexer = Lexer::new(text);
    let next = lexer.token()?;
    let mut parser = Parser {
        lexer,
        next,
        depth: 0,
    };
    let list = parser.list()?;
    match parser.next {
        Token::End => Ok(list),
        _ => Err(parser.unexpected()),
    }
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    next: Token,
    depth: usize,
}

impl Parser<'_> {
    fn advance(&mut self) -> Result<Token> {
        let next = self.lexer.token()?;
        Ok(core::mem::replace(&mut self.next, next))
    }

    /// Goes over `token` if it comes next.
    fn accept(&mut self, token: &Token) -> Result<bool> {
        let found = self.next == *token;
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    fn newlines(&mut self) -> Result<()> {
        while self.accept(&Token::Newline)? {}
        Ok(())
    }

    /// Whether the reserved word comes next.
    fn at_word(&self, reserved: &str) -> bool {
        matches!(&self.next, Token::Word(word) if word.plain() == Some(reserved.as_bytes()))
    }

    /// Goes over a reserved word if it comes next.
    fn accept_word(&mut self, reserved: &str) -> Result<bool> {
        let found = self.at_word(reserved);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    fn expect_word(&mut self, reserved: &str) -> Result<()> {
        if self.accept_word(reserved)? {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    /// The error that names the next token.
    fn unexpected(&self) -> SyntaxError {
        SyntaxError::Unexpected(match &self.next {
            Token::End => return SyntaxError::Incomplete,
            Token::Word(_) => LIST_ENDS
                .iter()
                .find(|reserved| self.at_word(reserved))
                .unwrap_or(&"word"),
            Token::Redirect(..) => "redirection",
            Token::Semicolon => ";",
            Token::DoubleSemicolon => ";;",
            Token::Background => "&",
            Token::And => "&&",
            Token::Or => "||",
            Token::Pipe => "|",
            Token::Open => "(",
            Token::Close => ")",
            Token::Newline => "newline",
        })
    }

    /// Whether a list ends here.
    fn at_list_end(&self) -> bool {
        matches!(
            self.next,
            Token::End | Token::Close | Token::DoubleSemicolon
        ) || self.at_list_end_word()
    }

    fn at_list_end_word(&self) -> bool {
        LIST_ENDS.iter().any(|reserved| self.at_word(reserved))
    }

    fn list(&mut self) -> Result<List> {
        let mut list = Vec::new();
        self.newlines()?;
        while !self.at_list_end() {
            let mut and_or = self.and_or()?;
            and_or.background = self.accept(&Token::Background)?;
            let separated = and_or.background || self.accept(&Token::Semicolon)?;
            list.push(and_or);
            if self.next == Token::Newline {
                self.newlines()?;
            } else if !separated {
                break;
            }
        }
        Ok(list)
    }

    /// A list that may not be empty.
    fn body(&mut self) -> Result<List> {
        let list = self.list()?;
        if list.is_empty() {
            Err(self.unexpected())
        } else {
            Ok(list)
        }
    }

    fn and_or(&mut self) -> Result<AndOr> {
        let first = self.pipeline()?;
        let mut rest = Vec::new();
        loop {
            let connector = match self.next {
                Token::And => Connector::And,
                Token::Or => Connector::Or,
                _ => {
                    return Ok(AndOr {
                        first,
                        rest,
                        background: false,
                    });
                }
            };
            self.advance()?;
            self.newlines()?;
            rest.push((connector, self.pipeline()?));
        }
    }

    fn pipeline(&mut self) -> Result<Pipeline> {
        let negated = self.accept_word("!")?;
        let mut commands = alloc::vec![self.command()?];
        while self.accept(&Token::Pipe)? {
            self.newlines()?;
            commands.push(self.command()?);
        }
        Ok(Pipeline { negated, commands })
    }

    fn command(&mut self) -> Result<Command> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(SyntaxError::Unexpected("nesting"));
        }
        let mut command = match self.compound()? {
            Some(kind) => Command {
                kind,
                redirects: self.redirects()?,
            },
            None => self.simple()?,
        };
        self.depth -= 1;
        if let CommandKind::Simple { assignments, words } = &mut command.kind
            && words.is_empty()
            && assignments.is_empty()
            && command.redirects.is_empty()
        {
            return Err(self.unexpected());
        }
        Ok(command)
    }

    fn redirects(&mut self) -> Result<Vec<Redirect>> {
        let mut redirects = Vec::new();
        while let Token::Redirect(fd, kind) = self.next {
            self.advance()?;
            redirects.push(Redirect {
                fd,
                kind,
                target: self.any_word()?,
            });
        }
        Ok(redirects)
    }

    fn any_word(&mut self) -> Result<Word> {
        match &self.next {
            Token::Word(_) => match self.advance()? {
                Token::Word(word) => Ok(word),
                _ => Err(self.unexpected()),
            },
            _ => Err(self.unexpected()),
        }
    }

    fn simple(&mut self) -> Result<Command> {
        let (mut assignments, mut words, mut redirects) = (Vec::new(), Vec::new(), Vec::new());
        if self.at_list_end_word() {
            return Err(self.unexpected());
        }
        loop {
            match &self.next {
                Token::Word(_) => {
                    let word = self.any_word()?;
                    match assignment(&word) {
                        Some(assignment) if words.is_empty() => assignments.push(assignment),
                        _ => words.push(word),
                    }
                }
                Token::Redirect(..) => redirects.extend(self.redirects()?),
                _ => {
                    return Ok(Command {
                        kind: CommandKind::Simple { assignments, words },
                        redirects,
                    });
                }
            }
        }
    }

    fn compound(&mut self) -> Result<Option<CommandKind>> {
        let kind = if self.accept(&Token::Open)? {
            let list = self.body()?;
            if !self.accept(&Token::Close)? {
                return Err(self.unexpected());
            }
            CommandKind::Subshell(list)
        } else if self.accept_word("{")? {
            let list = self.body()?;
            self.expect_word("}")?;
            CommandKind::Group(list)
        } else if self.accept_word("if")? {
            self.if_command()?
        } else if self.accept_word("while")? {
            self.while_command(false)?
        } else if self.accept_word("until")? {
            self.while_command(true)?
        } else if self.accept_word("for")? {
            self.for_command()?
        } else if self.accept_word("case")? {
            self.case_command()?
        } else {
            return Ok(None);
        };
        Ok(Some(kind))
    }

    fn if_command(&mut self) -> Result<CommandKind> {
        let mut branches = Vec::new();
        loop {
            let condition = self.body()?;
            self.expect_word("then")?;
            branches.push((condition, self.body()?));
            if !self.accept_word("elif")? {
                break;
            }
        }
        let otherwise = if self.accept_word("else")? {
            self.body()?
        } else {
            List::new()
        };
        self.expect_word("fi")?;
        Ok(CommandKind::If {
            branches,
            otherwise,
        })
    }

    fn while_command(&mut self, until: bool) -> Result<CommandKind> {
        let condition = self.body()?;
        Ok(CommandKind::While {
            until,
            condition,
            body: self.do_done()?,
        })
    }

    fn do_done(&mut self) -> Result<List> {
        self.expect_word("do")?;
        let body = self.body()?;
        self.expect_word("done")?;
        Ok(body)
    }

    fn for_command(&mut self) -> Result<CommandKind> {
        let name = self.any_word()?;
        let name = name
            .plain()
            .filter(|name| is_name(name))
            .map(<[u8]>::to_vec);
        let name = name.ok_or(SyntaxError::Unexpected("name"))?;
        self.newlines()?;
        let words = if self.accept_word("in")? {
            let mut words = Vec::new();
            while let Token::Word(_) = self.next {
                words.push(self.any_word()?);
            }
            Some(words)
        } else {
            None
        };
        self.accept(&Token::Semicolon)?;
        self.newlines()?;
        Ok(CommandKind::For {
            name,
            words,
            body: self.do_done()?,
        })
    }

    fn case_command(&mut self) -> Result<CommandKind> {
        let subject = self.any_word()?;
        self.newlines()?;
        self.expect_word("in")?;
        self.newlines()?;
        let mut branches = Vec::new();
        while !self.accept_word("esac")? {
            self.accept(&Token::Open)?;
            let mut patterns = alloc::vec![self.any_word()?];
            while self.accept(&Token::Pipe)? {
                patterns.push(self.any_word()?);
            }
            if !self.accept(&Token::Close)? {
                return Err(self.unexpected());
            }
            branches.push((patterns, self.list()?));
            if !self.accept(&Token::DoubleSemicolon)? {
                self.expect_word("esac")?;
                break;
            }
            self.newlines()?;
        }
        Ok(CommandKind::Case { subject, branches })
    }
}

/// Words that end a list, and so can't be the name of a command.
const LIST_ENDS: [&str; 8] = ["}", "then", "elif", "else", "fi", "do", "done", "esac"];
/// A word of the form `NAME=value`.
fn assignment(word: &Word) -> Option<(Vec<u8>, Word)> {
    let (Piece::Text(text), rest) = word.0.split_first()? else {
        return None;
    };
    let equals = text.iter().position(|&byte| byte == b'=')?;
    let (name, value) = text.split_at(equals);
    let value = Piece::Text(value.get(1..)?.to_vec());
    let pieces = core::iter::once(value)
        .chain(rest.iter().cloned())
        .collect();
    is_name(name).then(|| (name.to_vec(), Word(pieces)))
}

#[cfg(test)]
mod tests {
    use super::super::lexer::RedirectKind;
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
}
