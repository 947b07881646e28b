// SPDX-License-Identifier: GPL-2.0-or-later
//! A program as a tree.

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

pub enum Item {
    Statement(Statement),
    Function(String, Rc<Function>),
}

pub struct Function {
    pub parameters: Vec<Parameter>,
    /// What `auto` names.
    pub locals: Vec<Parameter>,
    pub body: Vec<Statement>,
}

/// A parameter or a local variable.
#[derive(PartialEq)]
pub struct Parameter {
    pub name: String,
    pub is_array: bool,
}

pub enum Statement {
    /// Its value is printed, but not that of an assignment.
    Expression(Expression),
    Text(Vec<u8>),
    /// `print`: texts have escapes here.
    Print(Vec<Printed>),
    Block(Vec<Statement>),
    If(Expression, Box<Statement>, Option<Box<Statement>>),
    While(Expression, Box<Statement>),
    For(Box<[Option<Expression>; 3]>, Box<Statement>),
    Break,
    Continue,
    Return(Option<Expression>),
    Quit,
}

pub enum Printed {
    Text(Vec<u8>),
    Value(Expression),
}

pub enum Expression {
    Number(String),
    Place(Place),
    Assign(Place, Box<Expression>),
    /// `+=` and its like.
    Update(Operator, Place, Box<Expression>),
    /// `++` and `--`, before or behind the variable.
    Step {
        place: Place,
        up: bool,
        old: bool,
    },
    Operation(Operator, Box<Expression>, Box<Expression>),
    Comparison(&'static str, Box<Expression>, Box<Expression>),
    And(Box<Expression>, Box<Expression>),
    Or(Box<Expression>, Box<Expression>),
    Not(Box<Expression>),
    Negative(Box<Expression>),
    Call(String, Vec<Argument>),
    Length(Box<Expression>),
    Scale(Box<Expression>),
    Root(Box<Expression>),
    /// `( )`
    Group(Box<Expression>),
}

pub enum Argument {
    Value(Expression),
    /// `name[]`
    Array(String),
}

/// What can be assigned to. `scale`, `ibase`, `obase` and `last` are variables like any
/// other here.
pub enum Place {
    Variable(String),
    Element(String, Box<Expression>),
}

#[derive(Clone, Copy, PartialEq)]
pub enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
}
