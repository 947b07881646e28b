// SPDX-License-Identifier: GPL-2.0-or-later
//! The number that a constant of ours is, if it can be read off its line:
//!
//! ```text
//! pub const TCGETS: u32 = 0x5401;      a constant, with whatever in front
//! const READY = 0x80;                  a flag of `bitflags!`
//! Seek = 0x0F,                         a variant
//! TCGETS = 0x5401 "Tell the ...";      a row of a table
//! 2 ENOENT "No such file ...";         a row that begins with the number
//! .equ BOOTSEG, 0x07C0                 of an assembly file
//! ```

use crate::project::Source;
use crate::rust::Item;
use syn::{BinOp, Expr, Lit, UnOp};

/// The number, or `None` if it is none or takes more than reading.
pub fn value(source: &Source, item: &Item) -> Option<i64> {
    let name = item.path.rsplit("::").next()?;
    let lines = source.text.lines();
    let mut lines = lines
        .skip(item.lines.start() - 1)
        .take(item.lines.clone().count())
        .filter(|line| !line.trim_start().starts_with("//"));
    let first = lines.find(|line| words(line).any(|word| word == name))?;
    if let Some(assembly) = first.strip_prefix(".equ ") {
        return expression(assembly.split_once(',')?.1);
    }
    let text = lines.fold(first.to_owned(), |text, line| text + "\n" + line);
    match text.split_once('=') {
        Some((before, after)) if words(before).any(|word| word == name) => expression(after),
        _ => expression(text.split_whitespace().next()?),
    }
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
}

/// The number that a text begins with, up to what ends it.
fn expression(text: &str) -> Option<i64> {
    let end = text.find([';', ',', '"', '#', '\n']).unwrap_or(text.len());
    number(&syn::parse_str(text[..end].trim()).ok()?)
}

fn number(expression: &Expr) -> Option<i64> {
    match expression {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(number) => number.base10_parse().ok(),
            Lit::Byte(byte) => Some(byte.value().into()),
            _ => None,
        },
        Expr::Paren(inner) => number(&inner.expr),
        Expr::Cast(inner) => number(&inner.expr),
        Expr::Unary(inner) if matches!(inner.op, UnOp::Neg(_)) => {
            number(&inner.expr)?.checked_neg()
        }
        Expr::Binary(inner) => binary(number(&inner.left)?, &inner.op, number(&inner.right)?),
        // A newtype: `Errno(2)`. Functions begin with a small letter.
        Expr::Call(call) => match (&*call.func, call.args.first()) {
            (Expr::Path(path), Some(argument)) if call.args.len() == 1 => {
                let name = path.path.get_ident()?.to_string();
                name.starts_with(|first: char| first.is_ascii_uppercase())
                    .then(|| number(argument))?
            }
            _ => None,
        },
        _ => None,
    }
}

fn binary(left: i64, operator: &BinOp, right: i64) -> Option<i64> {
    match operator {
        BinOp::Add(_) => left.checked_add(right),
        BinOp::Sub(_) => left.checked_sub(right),
        BinOp::Mul(_) => left.checked_mul(right),
        BinOp::BitOr(_) => Some(left | right),
        BinOp::Shl(_) => left.checked_shl(right.try_into().ok()?),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "
/// Eight of TWO.
pub const TWO: u32 = 0o10;
const NEW: Errno = Errno(2);
const BITS: u64 = (1 << 4) | 1;
const CALLED: Selector = Selector::global(1);
const AT: [u8; 2] = [TWO, TWO];

enum Command {
    /// Moves.
    Seek = 0x0F,
    Next,
}

table! {
     2 ENOENT \"two\";
    TCGETS = 0x5401 \"Tell.\";
}
";

    #[test]
    fn constants_of_assembly_are_read() {
        let source = Source::new("a.s", ".equ SEG, 0x10 # x\n".to_owned()).unwrap();
        assert_eq!(value(&source, source.item("SEG").unwrap()), Some(16));
    }

    fn of(path: &str) -> Option<i64> {
        let source = Source::new("a.rs", SOURCE.to_owned()).unwrap();
        value(&source, source.item(path).unwrap())
    }

    #[test]
    fn numbers_are_read_off_all_kinds_of_lines() {
        assert_eq!(of("TWO"), Some(8));
        assert_eq!(of("NEW"), Some(2));
        assert_eq!(of("BITS"), Some(17));
        assert_eq!(of("Command::Seek"), Some(15));
        assert_eq!(of("table!::ENOENT"), Some(2));
        assert_eq!(of("table!::TCGETS"), Some(0x5401));
    }

    #[test]
    fn what_is_no_plain_number_is_left() {
        assert_eq!(of("CALLED"), None);
        assert_eq!(of("AT"), None);
        assert_eq!(of("Command::Next"), None);
    }
}
