// SPDX-License-Identifier: GPL-2.0-or-later
//! Light colours for C, Rust and assembly: comments, strings, numbers, words
//! of the language. It looks at words, not at grammar.

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Nothing special.
    Plain,
    /// A comment.
    Comment,
    /// A string or a character.
    String,
    /// A number.
    Number,
    /// A word of the language, or a machine instruction.
    Keyword,
    /// An order to the preprocessor or assembler, an attribute, a macro.
    Directive,
    /// A label.
    Label,
}

/// A line: pieces of text in order.
pub type Line<'a> = Vec<(Class, &'a str)>;

/// How a text is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// C.
    C,
    /// Rust.
    Rust,
    /// Assembly for gas.
    Gas,
    /// Assembly for as86, where `!` begins comments.
    As86,
}

impl Language {
    /// The language of a file.
    pub fn of(path: &str, text: &str) -> Language {
        match path.rsplit('.').next() {
            Some("rs") => Language::Rust,
            Some("s" | "S") if text.lines().any(|line| line.starts_with('!')) => Language::As86,
            Some("s" | "S") => Language::Gas,
            _ => Language::C,
        }
    }

    fn is_assembly(self) -> bool {
        matches!(self, Language::Gas | Language::As86)
    }

    fn line_comments(self) -> &'static [&'static str] {
        match self {
            Language::C => &[],
            Language::Rust => &["//"],
            Language::Gas => &["#", "|"],
            Language::As86 => &["!"],
        }
    }

    fn is_keyword(self, word: &str) -> bool {
        let words = match self {
            Language::C => C_WORDS,
            Language::Rust => RUST_WORDS,
            _ => "",
        };
        words.split(' ').any(|keyword| keyword == word)
    }
}

const C_WORDS: &str = "asm auto break case char const continue default do double else enum extern float for goto if inline int long register return short signed sizeof static struct switch typedef union unsigned void volatile while __asm__ inline";
const RUST_WORDS: &str = "as async await break const continue crate dyn else enum extern false fn for if impl in let loop match mod move mut pub ref return safe self Self static struct super trait true type unsafe use where while";

/// The lines of a text with their pieces.
pub fn highlight(text: &str, language: Language) -> Vec<Line<'_>> {
    let mut open = Open::Nothing;
    text.lines()
        .map(|line| {
            Reader {
                language,
                rest: line,
                line,
                pieces: Vec::new(),
            }
            .read(&mut open)
        })
        .collect()
}

/// What goes on in the next line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Nothing,
    Comment,
    String,
}

struct Reader<'a> {
    language: Language,
    line: &'a str,
    rest: &'a str,
    pieces: Line<'a>,
}

impl<'a> Reader<'a> {
    fn read(mut self, open: &mut Open) -> Line<'a> {
        while !self.rest.is_empty() {
            match open {
                Open::Comment => *open = self.up_to(Class::Comment, "*/", 0, Open::Comment),
                Open::String => *open = self.string(0),
                Open::Nothing => *open = self.token(),
            }
        }
        self.pieces
    }

    /// Takes `length` bytes; joins them to the last piece if that is alike.
    fn take(&mut self, class: Class, length: usize) {
        let at = self.line.len() - self.rest.len();
        let (_, rest) = self.rest.split_at(length);
        self.rest = rest;
        match self.pieces.last_mut() {
            Some((last, text)) if *last == class => {
                let start = at - text.len();
                *text = &self.line[start..at + length];
            }
            _ => self.pieces.push((class, &self.line[at..at + length])),
        }
    }

    /// Takes all up to `end`, looking for it behind `from`.
    fn up_to(&mut self, class: Class, end: &str, from: usize, unended: Open) -> Open {
        match self.rest[from..].find(end) {
            Some(at) => {
                self.take(class, from + at + end.len());
                Open::Nothing
            }
            None => {
                self.take(class, self.rest.len());
                unended
            }
        }
    }

    /// Takes a string whose first `from` bytes are its opening.
    fn string(&mut self, from: usize) -> Open {
        let mut escaped = false;
        for (at, c) in self.rest.char_indices().skip_while(|(at, _)| *at < from) {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => {
                    self.take(Class::String, at + 1);
                    return Open::Nothing;
                }
                _ => {}
            }
        }
        self.take(Class::String, self.rest.len());
        // Assemblers know no strings over several lines.
        if self.language.is_assembly() {
            Open::Nothing
        } else {
            Open::String
        }
    }

    fn token(&mut self) -> Open {
        let rest = self.rest;
        let is_first = self.line[..self.line.len() - rest.len()].trim().is_empty();
        let first = rest.chars().next().unwrap_or(' ');
        let is_directive =
            first == '#' && self.language != Language::Rust && is_first && is_preprocessor(rest);
        if rest.starts_with("/*") {
            return self.up_to(Class::Comment, "*/", 2, Open::Comment);
        }
        if is_directive {
            self.take(Class::Directive, 1 + word_length(&rest[1..]));
        } else if self
            .language
            .line_comments()
            .iter()
            .any(|start| rest.starts_with(start))
        {
            self.take(Class::Comment, rest.len());
        } else if first == '"' {
            return self.string(1);
        } else if first == '\'' {
            self.quote();
        } else if first.is_ascii_digit() {
            self.take(Class::Number, word_length(rest));
        } else if first.is_ascii_alphabetic()
            || "_.".contains(first)
            || (first == '#' && self.language == Language::Rust)
        {
            self.word(is_first);
        } else {
            self.take(Class::Plain, first.len_utf8());
        }
        Open::Nothing
    }

    /// A character, or a lifetime of Rust.
    fn quote(&mut self) {
        match character_length(self.rest) {
            Some(length) => {
                let bytes = self.rest.chars().take(length).map(char::len_utf8).sum();
                self.take(Class::String, bytes);
            }
            None => self.take(Class::Plain, 1),
        }
    }

    fn word(&mut self, is_first: bool) {
        let rest = self.rest;
        let prefix = usize::from(rest.starts_with(['.', '#']));
        let length = prefix + word_length(&rest[prefix..]);
        let word = &rest[..length];
        let is_blank = |text: &str| text.trim_matches([' ', '\t', ':']).is_empty();
        let behind_label = self
            .pieces
            .iter()
            .all(|(class, text)| *class == Class::Label || is_blank(text));
        let class = if self.language.is_assembly() {
            match word {
                _ if is_first && rest[length..].starts_with(':') => Class::Label,
                _ if is_first && is_assigned(&rest[length..]) => Class::Label,
                _ if word.starts_with('.') && length > 1 => Class::Directive,
                _ if behind_label && prefix == 0 => Class::Keyword,
                _ => Class::Plain,
            }
        } else if self.language == Language::Rust && rest.starts_with("#[") {
            Class::Directive
        } else if self.language.is_keyword(word) {
            Class::Keyword
        } else if self.language == Language::Rust
            && rest[length..].starts_with('!')
            && length > 0
            && !rest[length..].starts_with("!=")
        {
            Class::Directive
        } else {
            Class::Plain
        };
        self.take(class, length.max(1));
    }
}

/// Whether `=` comes next: what stands before it is a constant's name.
fn is_assigned(rest: &str) -> bool {
    let rest = rest.trim_start();
    rest.starts_with('=') && !rest.starts_with("==")
}

/// How many characters the literal has that begins with `'`; `None` if it is
/// none.
pub(crate) fn character_length(rest: &str) -> Option<usize> {
    const LONGEST_ESCAPE: usize = 6;
    let escaped = rest.starts_with("'\\");
    let (shortest, longest) = if escaped {
        (3, 3 + LONGEST_ESCAPE)
    } else {
        (2, 2)
    };
    let end = rest
        .chars()
        .skip(shortest)
        .take(longest - shortest + 1)
        .position(|c| c == '\'')?;
    Some(shortest + end + 1)
}

fn word_length(text: &str) -> usize {
    text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .unwrap_or(text.len())
}

fn is_preprocessor(text: &str) -> bool {
    const ORDERS: [&str; 12] = [
        "include", "define", "undef", "if", "ifdef", "ifndef", "elif", "else", "endif", "error",
        "line", "pragma",
    ];
    let word = text[1..].trim_start();
    ORDERS.contains(&&word[..word_length(word)])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pieces that are not plain, one line each as `class text`.
    fn classes(text: &str, language: Language) -> Vec<String> {
        let lines = highlight(text, language);
        let joined: Vec<String> = lines
            .iter()
            .map(|line| line.iter().map(|(_, text)| *text).collect())
            .collect();
        assert_eq!(joined, text.lines().collect::<Vec<_>>(), "text was lost");
        let pieces = lines
            .iter()
            .flatten()
            .filter(|(class, _)| *class != Class::Plain);
        pieces
            .map(|(class, text)| format!("{class:?} {text}"))
            .collect()
    }

    #[test]
    fn c() {
        assert_eq!(
            classes(
                "#define X 0x1F /* a\nb */ char c = '\"', *s = \"a\\\"b\";",
                Language::C
            ),
            [
                "Directive #define",
                "Number 0x1F",
                "Comment /* a",
                "Comment b */",
                "Keyword char",
                "String '\"'",
                "String \"a\\\"b\""
            ]
        );
    }

    #[test]
    fn rust() {
        assert_eq!(
            classes(
                "#[test] fn a<'x>(c: &'x str) { b!('\\'', 1); } // ü",
                Language::Rust
            ),
            [
                "Directive #",
                "Keyword fn",
                "Directive b",
                "String '\\''",
                "Number 1",
                "Comment // ü"
            ]
        );
    }

    #[test]
    fn assembly() {
        assert_eq!(
            classes("a20:\tmovl $1, %eax # why\n\t.align 4\n", Language::Gas),
            [
                "Label a20",
                "Keyword movl",
                "Number 1",
                "Comment # why",
                "Directive .align",
                "Number 4"
            ]
        );
        assert_eq!(
            classes("\tmov ax,#0x9000 ! why", Language::As86),
            ["Keyword mov", "Number 0x9000", "Comment ! why"]
        );
        // A constant is no instruction.
        assert_eq!(
            classes("SETUPLEN = 4\nsig\t= 12", Language::As86),
            ["Label SETUPLEN", "Number 4", "Label sig", "Number 12"]
        );
    }
}
