// SPDX-License-Identifier: GPL-2.0-or-later
//! Expressions held against what POSIX says, and random ones against the host's
//! `grep`.

use super::{Options, Regex, RegexError, Syntax, Whole};
use std::io::Write;
use std::process::{Command, Stdio};

const BASIC: Options = Options {
    syntax: Syntax::Basic,
    ignore_case: false,
    whole: Whole::Part,
};
const EXTENDED: Options = Options {
    syntax: Syntax::Extended,
    ..BASIC
};

fn regex(expression: &str, options: Options) -> Regex {
    Regex::new(expression.as_bytes(), options)
        .unwrap_or_else(|error| panic!("{expression}: {error}"))
}

/// The match and its groups, in brackets: `[abc][a][-]`.
fn found(expression: &str, options: Options, text: &str) -> String {
    let regex = regex(expression, options);
    let Some(found) = regex.find(text.as_bytes(), 0) else {
        return "no".to_owned();
    };
    assert!(regex.matches(text.as_bytes()));
    let group = |number| match found.group(number) {
        Some(range) => format!("[{}]", &text[range]),
        None => "[-]".to_owned(),
    };
    (0..=regex.groups().min(9)).map(group).collect()
}

#[test]
fn basic_expressions() {
    for (expression, text, expected) in [
        ("bin", "usr/bin", "[bin]"),
        ("^bin", "usr/bin", "no"),
        ("bin$", "usr/bin", "[bin]"),
        ("bin$", "bin/sh", "no"),
        ("^$", "", "[]"),
        ("^$", "x", "no"),
        ("", "anything", "[]"),
        ("a.c", "xabc", "[abc]"),
        ("ab*c", "ac abbc", "[ac]"),
        ("^a.*z$", "a to z", "[a to z]"),
        ("[0-9][0-9]*$", "tty12", "[12]"),
        ("[^a-z]", "abC", "[C]"),
        ("*a", "b*a", "[*a]"),
        ("^*a", "*a", "[*a]"),
        ("\\(*a\\)", "*a", "[*a][*a]"),
        ("a\\.c", "abc", "no"),
        ("a$b", "a$b", "[a$b]"),
        ("a^b", "a^b", "[a^b]"),
        ("[]x]*", "]x]", "[]x]]"),
        ("[^]x]", "]y", "[y]"),
        ("[[:digit:][:upper:]_-]*", "A1_-b", "[A1_-]"),
        ("[a[.-.]c]*", "a-c", "[a-c]"),
        ("[!a]", "b!", "[!]"),
        ("\\(b\\)", "abc", "[b][b]"),
        ("a\\{2\\}", "aba aaa", "[aa]"),
        ("a\\{2,\\}", "aba aaa", "[aaa]"),
        ("a\\{,2\\}b", "aaab", "[aab]"),
        ("a\\{1,2\\}", "aaa", "[aa]"),
        ("a\\{0\\}b", "ab", "[b]"),
        ("\\(ab\\)*c", "ababc", "[ababc][ab]"),
        ("\\(a*\\)b\\1", "aabaa", "[aabaa][aa]"),
        ("\\(a*\\)b\\1$", "aaba", "[aba][a]"),
        ("^\\(.*\\)\\n\\1$", "xnx", "[xnx][x]"),
        ("\\(.\\)\\(.\\)\\2\\1", "xabbay", "[abba][a][b]"),
        ("a(b)+?|{1}", "a(b)+?|{1}", "[a(b)+?|{1}]"),
        ("a\\|bc\\|b", "bcd", "[bc]"),
        ("a\\+b\\?", "aab", "[aab]"),
        (".*/\\(.*\\)", "/usr/bin/ls", "[/usr/bin/ls][ls]"),
        ("a**", "aa", "[aa]"),
        ("\\<b\\w*\\>", "ab bcd", "[bcd]"),
        ("\\Bb", "bab", "[b]"),
        ("x\\b", "xx x", "[x]"),
        ("\\(^a\\|b$\\)", "cb", "[b][b]"),
    ] {
        assert_eq!(
            found(expression, BASIC, text),
            expected,
            "{expression} in {text}"
        );
    }
}

#[test]
fn extended_expressions() {
    for (expression, text, expected) in [
        ("(b)", "abc", "[b][b]"),
        ("a{2}", "aaa", "[aa]"),
        ("a|ab|abc", "abcd", "[abc]"),
        ("(a|ab)(c|bcd)(d*)", "abcd", "[abcd][ab][c][d]"),
        ("(a+|b)+", "aab", "[aab][b]"),
        ("(a|b)*c|(a|ab)*c", "abc", "[abc][b][-]"),
        ("x?y?", "xy", "[xy]"),
        ("a||b", "b", "[b]"),
        ("()", "b", "[][]"),
        ("*a", "aa", "[a]"),
        ("^+a", "aa", "[a]"),
        ("(|a)+", "aaa", "[aaa][a]"),
        ("a)", "a)", "[a)]"),
        ("a{x", "a{x", "[a{x]"),
        ("{1}a", "a", "[a]"),
        ("a{1", "a{1", "[a{1]"),
        ("a{2}{3}", "aaaaaaa", "[aaaaaa]"),
        ("(.)(.)?\\1", "aa", "[aa][a][-]"),
        ("(a)|b", "b", "[b][-]"),
        ("\\(a\\)\\{", "(a){", "[(a){]"),
        ("^(.+)(.+)$", "abc", "[abc][ab][c]"),
        ("(^|x)a$", "xa", "[xa][x]"),
        ("([a-z]+) ([0-9]+)", "tty 12", "[tty 12][tty][12]"),
    ] {
        assert_eq!(
            found(expression, EXTENDED, text),
            expected,
            "{expression} in {text}"
        );
    }
}

#[test]
fn whole_words_lines_and_cases() {
    let with = |whole, ignore_case| Options {
        whole,
        ignore_case,
        ..EXTENDED
    };
    let word = with(Whole::Word, false);
    assert_eq!(found("a+|ab", word, "aab ab"), "[ab]");
    assert_eq!(found("b", word, "ab b_ "), "no");
    assert_eq!(found("@", word, "x@ y @"), "[@]");
    assert_eq!(found("ab|a", with(Whole::Line, false), "ab"), "[ab]");
    assert_eq!(found("a", with(Whole::Line, false), "ab"), "no");
    let any_case = with(Whole::Part, true);
    assert_eq!(found("hello [w]", any_case, "hELLO World"), "[hELLO W]");
    assert_eq!(found("(a)\\1", any_case, "aA"), "[aA][a]");
    assert_eq!(found("[^a]", any_case, "Ab"), "[b]");
    assert_eq!(found("[[:upper:]]", any_case, "1a"), "[a]");
    let fixed = Options {
        syntax: Syntax::Fixed,
        ..BASIC
    };
    assert_eq!(found("a.*[", fixed, "xa.*["), "[a.*[]");
}

#[test]
fn at_the_start_and_from_a_place() {
    let at_start = |expression: &str, text: &str| {
        let found = regex(expression, BASIC).match_at_start(text.as_bytes());
        found.map(|found| found.range().len())
    };
    assert_eq!(at_start("a*", "aab"), Some(2));
    assert_eq!(at_start("b", "aab"), None);
    assert_eq!(at_start("^a$", "ab"), None);
    assert_eq!(at_start("x*", "ab"), Some(0));
    let from = |expression: &str, text: &str, from| {
        let found = regex(expression, BASIC).find(text.as_bytes(), from);
        found.map(|found| found.range())
    };
    assert_eq!(from("a", "aba", 1), Some(2..3));
    assert_eq!(from("^a", "aba", 1), None);
    assert_eq!(from("\\<b", "ab", 1), None);
    assert_eq!(from("x*", "ab", 2), Some(2..2));
    assert_eq!(from("a", "a", 2), None);
}

#[test]
fn mistakes() {
    use RegexError::*;
    for (expression, basic, extended) in [
        ("[a", Some(UnmatchedBracket), Some(UnmatchedBracket)),
        ("[[:alpha:", Some(UnmatchedBracket), Some(UnmatchedBracket)),
        ("[[:foo:]]", Some(InvalidClass), Some(InvalidClass)),
        ("[[.ab.]]", Some(InvalidCollation), Some(InvalidCollation)),
        ("[z-a]", Some(InvalidRange), Some(InvalidRange)),
        ("[a-[:digit:]]", Some(InvalidRange), Some(InvalidRange)),
        ("a\\", Some(TrailingBackslash), Some(TrailingBackslash)),
        ("\\(a", Some(UnmatchedParenthesis), None),
        ("a\\)", Some(UnmatchedParenthesis), None),
        ("(a", None, Some(UnmatchedParenthesis)),
        ("a\\{1", Some(UnmatchedBrace), None),
        ("a\\{x\\}", Some(InvalidInterval), None),
        ("a\\{2,1\\}", Some(InvalidInterval), None),
        ("a{2,1}", None, Some(InvalidInterval)),
        ("\\{1\\}", Some(InvalidRepetition), None),
        ("a{32768}", None, Some(TooBig)),
        ("((a{255}){255}){255}", None, Some(TooBig)),
        (
            "x\\1",
            Some(InvalidBackReference),
            Some(InvalidBackReference),
        ),
        (
            "(a\\1)",
            Some(InvalidBackReference),
            Some(InvalidBackReference),
        ),
    ] {
        let error = |options| Regex::new(expression.as_bytes(), options).err();
        assert_eq!(error(BASIC), basic, "{expression}");
        assert_eq!(error(EXTENDED), extended, "{expression}");
    }
    let deep = "(".repeat(10_000);
    assert!(Regex::new(deep.as_bytes(), EXTENDED).is_err());
    let nothing = format!(
        "{}{}{}",
        "(".repeat(20),
        ")".repeat(11),
        "{32767})".repeat(9)
    );
    let _ = Regex::new(nothing.as_bytes(), EXTENDED);
}

#[test]
fn nothing_takes_exponential_time() {
    let many = "a".repeat(2000);
    let stars = format!("{}b", "a*".repeat(50));
    assert!(!regex(&stars, BASIC).matches(many.as_bytes()));
    assert!(!regex("(a*)*(a|a)*(aa|a)*b", EXTENDED).matches(many.as_bytes()));
    assert!(!regex("(x+x+)+y", EXTENDED).matches("x".repeat(2000).as_bytes()));
    // Of a group that is asked for, only its place counts.
    let text = "a".repeat(60);
    assert!(!regex("(a*)*(a|a)*\\1b", EXTENDED).matches(text.as_bytes()));
}

/// Numbers that are the same at each run.
struct Numbers(u32);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) as usize % limit
    }

    fn line(&mut self) -> String {
        let length = self.below(9);
        (0..length)
            .map(|_| char::from(b"aabbc _"[self.below(7)]))
            .collect()
    }

    /// `^`, `$` and the edges of words are only outside of groups: repeated, they
    /// are more than the host's library knows what to do with.
    fn expression(&mut self, depth: usize) -> String {
        let mut expression = String::new();
        for _ in 0..1 + self.below(3) {
            expression += &match self.below(if depth == 0 { 5 } else { 9 }) {
                0..3 => ["a", "b", "c"][self.below(3)].to_owned(),
                3 => ".".to_owned(),
                4 => ["[ab]", "[^a]", "[b-c]"][self.below(3)].to_owned(),
                5 if depth == 2 => {
                    expression += ["^", "$", "\\<", "\\>", "\\b", "\\B", "\\w"][self.below(7)];
                    continue;
                }
                5..8 => format!("({})", self.expression(depth - 1)),
                _ => format!(
                    "({}|{})",
                    self.expression(depth - 1),
                    self.expression(depth - 1)
                ),
            };
            expression += ["", "", "", "*", "+", "?", "{2}", "{1,2}", "{0,1}"][self.below(9)];
        }
        expression
    }
}

/// The first match in each line, as `grep -o` has it; lines without one are not there.
fn by_grep(expression: &str, lines: &[String]) -> Vec<String> {
    let mut grep = Command::new("grep")
        .env("LC_ALL", "C")
        .args(["-noE", "--", expression])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("grep runs");
    let mut input = grep.stdin.take().expect("a pipe");
    input
        .write_all(lines.join("\n").as_bytes())
        .expect("grep reads");
    drop(input);
    let output = grep.wait_with_output().expect("grep ends");
    assert_ne!(output.status.code(), Some(2), "{expression}");
    let text = String::from_utf8(output.stdout).expect("text");
    let mut found: Vec<String> = text.lines().map(str::to_owned).collect();
    found.dedup_by(|second, first| second.split(':').next() == first.split(':').next());
    found
}

#[test]
fn random_expressions_as_the_host_has_them() {
    let mut numbers = Numbers(11);
    let mut matched = 0;
    for _ in 0..300 {
        let expression = numbers.expression(2);
        let lines: Vec<String> = (0..20).map(|_| numbers.line()).collect();
        let regex = regex(&expression, EXTENDED);
        let ours = lines.iter().enumerate().filter_map(|(index, line)| {
            // `grep -o` shows no empty matches.
            let mut from = 0;
            loop {
                let range = regex.find(line.as_bytes(), from)?.range();
                if !range.is_empty() {
                    return Some(format!("{}:{}", index + 1, &line[range]));
                }
                from = range.end + 1;
            }
        });
        let ours: Vec<String> = ours.collect();
        matched += ours.len();
        assert_eq!(
            ours,
            by_grep(&expression, &lines),
            "{expression} in {lines:?}"
        );
    }
    assert!(matched > 2000, "{matched}");
}
