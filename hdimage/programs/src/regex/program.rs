// SPDX-License-Identifier: GPL-2.0-or-later
//! From the tree of an expression to the program that matches it.

use super::brackets::ByteSet;
use super::parse::{Assertion, Node};
use super::{GROUPS, Options, Regex, RegexError, Whole};
use alloc::vec::Vec;

/// The longest program.
const LONGEST: usize = 20_000;

/// An instruction. But for jumps, the next one follows.
pub enum Instruction {
    /// Takes one of these bytes.
    Byte(ByteSet),
    /// Takes what the group has matched.
    BackReference(usize),
    /// Goes on only in such a place.
    Assertion(Assertion),
    /// The group begins here.
    Begin(usize),
    /// The group ends here.
    End(usize),
    /// Goes on in two places; the first is preferred.
    Split(usize, usize),
    /// Goes on elsewhere.
    Jump(usize),
    /// The expression has matched.
    Match,
}

/// Makes the program of a tree.
pub fn compile(node: &Node, options: Options) -> Result<Regex, RegexError> {
    let mut regex = Regex {
        instructions: Vec::new(),
        first: None,
        referenced: [false; GROUPS],
        groups: 0,
        ignore_case: options.ignore_case,
    };
    let (before, behind) = match options.whole {
        Whole::Part => (None, None),
        Whole::Word => (
            Some(Assertion::NotBehindWord),
            Some(Assertion::NotBeforeWord),
        ),
        Whole::Line => (Some(Assertion::Start), Some(Assertion::End)),
    };
    if let Some(assertion) = before {
        regex.push(Instruction::Assertion(assertion))?;
    }
    regex.push(Instruction::Begin(0))?;
    regex.add(node)?;
    regex.push(Instruction::End(0))?;
    if let Some(assertion) = behind {
        regex.push(Instruction::Assertion(assertion))?;
    }
    regex.push(Instruction::Match)?;
    regex.first = regex.first_bytes();
    Ok(regex)
}

impl Regex {
    fn push(&mut self, instruction: Instruction) -> Result<usize, RegexError> {
        if self.instructions.len() == LONGEST {
            return Err(RegexError::TooBig);
        }
        self.instructions.push(instruction);
        Ok(self.instructions.len() - 1)
    }

    fn add(&mut self, node: &Node) -> Result<(), RegexError> {
        match node {
            Node::Byte(set) => self.push(Instruction::Byte(set.clone())).map(drop),
            Node::Assertion(assertion) => self.push(Instruction::Assertion(*assertion)).map(drop),
            Node::BackReference(number) => {
                self.referenced[*number] = true;
                self.push(Instruction::BackReference(*number)).map(drop)
            }
            Node::Group(number, inside) => {
                self.groups = self.groups.max(*number);
                // Nobody can ask for a group above \9.
                if *number >= GROUPS {
                    return self.add(inside);
                }
                self.push(Instruction::Begin(*number))?;
                self.add(inside)?;
                self.push(Instruction::End(*number)).map(drop)
            }
            Node::Sequence(nodes) => nodes.iter().try_for_each(|node| self.add(node)),
            Node::Alternatives(nodes) => self.add_alternatives(nodes),
            Node::Repeat(node, least, most) => self.add_repeat(node, *least, *most),
        }
    }

    fn add_alternatives(&mut self, nodes: &[Node]) -> Result<(), RegexError> {
        let mut jumps = Vec::new();
        for (index, node) in nodes.iter().enumerate() {
            if index + 1 == nodes.len() {
                self.add(node)?;
                continue;
            }
            let split = self.push(Instruction::Split(0, 0))?;
            self.add(node)?;
            jumps.push(self.push(Instruction::Jump(0))?);
            self.instructions[split] = Instruction::Split(split + 1, self.instructions.len());
        }
        let end = self.instructions.len();
        for jump in jumps {
            self.instructions[jump] = Instruction::Jump(end);
        }
        Ok(())
    }

    fn add_repeat(&mut self, node: &Node, least: u32, most: Option<u32>) -> Result<(), RegexError> {
        let start = self.instructions.len();
        for _ in 0..least {
            self.add(node)?;
            // Nothing is nothing however often.
            if self.instructions.len() == start {
                break;
            }
        }
        let mut splits = Vec::new();
        for _ in least..most.unwrap_or(least + 1) {
            splits.push(self.push(Instruction::Split(0, 0))?);
            self.add(node)?;
        }
        if let (None, Some(&split)) = (most, splits.first()) {
            self.push(Instruction::Jump(split))?;
        }
        let end = self.instructions.len();
        for split in splits {
            self.instructions[split] = Instruction::Split(split + 1, end);
        }
        Ok(())
    }

    /// What every match begins with, where that is easily told.
    fn first_bytes(&self) -> Option<ByteSet> {
        let behind_groups = self
            .instructions
            .iter()
            .find(|instruction| !matches!(instruction, Instruction::Begin(_)));
        match behind_groups {
            Some(Instruction::Byte(set)) => Some(set.clone()),
            _ => None,
        }
    }
}
