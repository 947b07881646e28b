// SPDX-License-Identifier: GPL-2.0-or-later
//! What a shell says when it waits for a command.

use anyhow::{Context, Result};
use regex_lite::Regex;

/// What our shell says to the super-user, in front of which a login shell says where
/// it is; other shells say other things.
pub const PROMPT: &str = r"(?:root:/\S*)?# ";

/// A prompt, as a regular expression.
#[derive(Debug, Clone)]
pub struct Prompt {
    at_end: Regex,
}

impl Prompt {
    /// The prompt that `pattern` describes.
    ///
    /// # Errors
    /// Where it is no regular expression.
    pub fn new(pattern: &str) -> Result<Self> {
        let at_end = Regex::new(&format!("(?:{pattern})$"));
        let at_end = at_end.with_context(|| format!("the prompt {pattern:?}"))?;
        Ok(Self { at_end })
    }

    /// Where in `text` the prompt begins that ends it.
    pub fn start_in(&self, text: &str) -> Option<usize> {
        let line = text.rfind('\n').map_or(0, |end| end + 1);
        let found = self.at_end.find(&text[line..])?;
        Some(line + found.start())
    }

    /// Whether a line of the screen, which has no blanks at its end, is a prompt
    /// and nothing else.
    pub fn is_line(&self, line: &str) -> bool {
        let is_all = |text: &str| {
            self.at_end
                .find(text)
                .is_some_and(|found| found.start() == 0)
        };
        is_all(line) || is_all(&format!("{line} "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ours() -> Result<()> {
        let prompt = Prompt::new(PROMPT)?;
        assert_eq!(prompt.start_in("hello\r\n# "), Some(7));
        assert_eq!(prompt.start_in("# "), Some(0));
        assert_eq!(prompt.start_in("hello\r\nroot:/usr/root# "), Some(7));
        assert_eq!(prompt.start_in("no newlineroot:/# "), Some(10));
        assert_eq!(prompt.start_in("# ls"), None);
        assert!(prompt.is_line("#") && prompt.is_line("root:/usr/root#"));
        assert!(!prompt.is_line("") && !prompt.is_line("# ls") && !prompt.is_line("x #"));
        Ok(())
    }

    #[test]
    fn others() -> Result<()> {
        let prompt = Prompt::new(r"\[/[^\]]*\]# |\$ ")?;
        assert_eq!(prompt.start_in("a\n[/usr/root]# "), Some(2));
        assert!(prompt.is_line("[/usr/src]#") && prompt.is_line("$"));
        assert!(!prompt.is_line("[/usr/src]# ls"));
        assert!(Prompt::new("[").is_err());
        Ok(())
    }
}
