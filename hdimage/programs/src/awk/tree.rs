// SPDX-License-Identifier: GPL-2.0-or-later
//! A program as a tree.

use super::value::Text;
use crate::regex::Regex;
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;

/// A program, ready to be run.
pub struct Program {
    /// In the order in which they stand there.
    pub rules: Vec<Rule>,
    /// Calls have their numbers.
    pub functions: Vec<Function>,
    /// The names of the global variables, those of [`global`] first.
    pub globals: Vec<Vec<u8>>,
}

/// A pattern and an action. Without an action the record is printed.
pub struct Rule {
    pub pattern: Pattern,
    pub action: Option<Statement>,
}

/// When an action is run.
pub enum Pattern {
    /// Before all input.
    Begin,
    /// Behind all input.
    End,
    /// For each record.
    Always,
    /// For each record for which it is true.
    If(Expression),
    /// From a record for which the first is true to one for which the second is.
    Range(Expression, Expression),
}

/// A function of the program.
pub struct Function {
    pub name: Vec<u8>,
    pub parameters: usize,
    /// None as long as it was only called.
    pub body: Option<Statement>,
}

/// A variable.
#[derive(Clone, Copy, PartialEq)]
pub enum Name {
    Global(usize),
    /// A parameter of the function.
    Local(usize),
}

/// A statement.
pub enum Statement {
    Block(Vec<Statement>),
    Expression(Expression),
    Print(Vec<Expression>, Option<Redirection>),
    Printf(Vec<Expression>, Option<Redirection>),
    If(Expression, Box<Statement>, Option<Box<Statement>>),
    While(Expression, Box<Statement>),
    Do(Box<Statement>, Expression),
    For(Box<For>),
    ForIn(Name, Name, Box<Statement>),
    Delete(Name, Option<Vec<Expression>>),
    Break,
    Continue,
    Next,
    NextFile,
    Exit(Option<Expression>),
    Return(Option<Expression>),
}

/// `for (first; condition; step) body`
pub struct For {
    pub first: Option<Statement>,
    pub condition: Option<Expression>,
    pub step: Option<Statement>,
    pub body: Statement,
}

/// Where `print` writes to.
pub struct Redirection {
    pub how: super::Open,
    pub name: Expression,
}

/// An expression.
pub enum Expression {
    Number(f64),
    Text(Text),
    /// `/regex/`: whether the record matches.
    Regex(Rc<Regex>),
    Variable(Name),
    Field(Box<Expression>),
    /// `array[subscripts]`
    Element(Name, Vec<Expression>),
    /// `(subscripts) in array`
    In(Vec<Expression>, Name),
    Assign(Box<Expression>, Box<Expression>),
    /// `+=` and its like.
    Update(Arithmetic, Box<Expression>, Box<Expression>),
    /// `++` and `--`: by how much, and whether the old value counts.
    Step {
        place: Box<Expression>,
        by: f64,
        old: bool,
    },
    If(Box<Expression>, Box<Expression>, Box<Expression>),
    And(Box<Expression>, Box<Expression>),
    Or(Box<Expression>, Box<Expression>),
    Not(Box<Expression>),
    Negative(Box<Expression>),
    Positive(Box<Expression>),
    Arithmetic(Arithmetic, Box<Expression>, Box<Expression>),
    Concatenation(Box<Expression>, Box<Expression>),
    Comparison(Comparison, Box<Expression>, Box<Expression>),
    /// `~`, or `!~` if it is negated.
    Match {
        text: Box<Expression>,
        regex: Box<Expression>,
        negated: bool,
    },
    /// A function of the program.
    Call(usize, Vec<Expression>),
    Builtin(Builtin, Vec<Expression>),
    /// `getline`: into which place, and from where.
    Getline(Option<Box<Expression>>, Source),
    /// `( )`
    Group(Box<Expression>),
}

/// Where `getline` reads from.
pub enum Source {
    Main,
    File(Box<Expression>),
    Command(Box<Expression>),
}

/// An operator on numbers.
#[derive(Clone, Copy, PartialEq)]
pub enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
}

/// An operator that compares.
#[derive(Clone, Copy, PartialEq)]
pub enum Comparison {
    Less,
    LessOrEqual,
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
}

/// A function that every program has.
#[derive(Clone, Copy, PartialEq)]
pub enum Builtin {
    Atan2,
    Close,
    Cos,
    Exp,
    Fflush,
    Gsub,
    Index,
    Int,
    Length,
    Log,
    Match,
    Rand,
    Sin,
    Split,
    Sprintf,
    Sqrt,
    Srand,
    Sub,
    Substr,
    System,
    Tolower,
    Toupper,
}

impl Builtin {
    /// All of them: the name, and how many arguments there must be and may be.
    pub const ALL: [(&'static str, Builtin, usize, usize); 22] = [
        ("atan2", Builtin::Atan2, 2, 2),
        ("close", Builtin::Close, 1, 2),
        ("cos", Builtin::Cos, 1, 1),
        ("exp", Builtin::Exp, 1, 1),
        ("fflush", Builtin::Fflush, 0, 1),
        ("gsub", Builtin::Gsub, 2, 3),
        ("index", Builtin::Index, 2, 2),
        ("int", Builtin::Int, 1, 1),
        ("length", Builtin::Length, 0, 1),
        ("log", Builtin::Log, 1, 1),
        ("match", Builtin::Match, 2, 2),
        ("rand", Builtin::Rand, 0, 0),
        ("sin", Builtin::Sin, 1, 1),
        ("split", Builtin::Split, 2, 3),
        ("sprintf", Builtin::Sprintf, 1, usize::MAX),
        ("sqrt", Builtin::Sqrt, 1, 1),
        ("srand", Builtin::Srand, 0, 1),
        ("sub", Builtin::Sub, 2, 3),
        ("substr", Builtin::Substr, 2, 3),
        ("system", Builtin::System, 1, 1),
        ("tolower", Builtin::Tolower, 1, 1),
        ("toupper", Builtin::Toupper, 1, 1),
    ];
}

/// The variables that mean something to `awk` itself, by their place among the globals.
pub mod global {
    pub const NF: usize = 0;
    pub const NR: usize = 1;
    pub const FNR: usize = 2;
    pub const FS: usize = 3;
    pub const OFS: usize = 4;
    pub const ORS: usize = 5;
    pub const RS: usize = 6;
    pub const SUBSEP: usize = 7;
    pub const CONVFMT: usize = 8;
    pub const OFMT: usize = 9;
    pub const RSTART: usize = 10;
    pub const RLENGTH: usize = 11;
    pub const FILENAME: usize = 12;
    pub const ENVIRON: usize = 13;
    pub const ARGC: usize = 14;
    pub const ARGV: usize = 15;
    /// Their names, in this order.
    pub const NAMES: [&str; 16] = [
        "NF", "NR", "FNR", "FS", "OFS", "ORS", "RS", "SUBSEP", "CONVFMT", "OFMT", "RSTART",
        "RLENGTH", "FILENAME", "ENVIRON", "ARGC", "ARGV",
    ];
}
