// SPDX-License-Identifier: GPL-2.0-or-later
//! Paths inside an image, made of bytes: a name in a directory may hold any but
//! `/` and NUL.
//!
//! The words of a command line become one by `ImagePath::from`, which takes what
//! people type; those of the manifest by [`FromStr`], which is strict; what a
//! directory holds by [`ImagePath::join`], which refuses names that can't be. Who
//! knows the file system checks the names' lengths with
//! [`ImagePath::check_lengths`]: its code would cut longer ones off.

use fs::layout::NAME_LEN;
use serde::Deserialize;
use std::ffi::{OsStr, OsString};
use std::fmt::{self, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;
use std::str::FromStr;

/// A checked path: `/`, or `/name/name` without `.`, `..` or empty names. It is
/// shown with what is not printable [escaped](Escaped).
///
/// A directory sorts before what is in it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct ImagePath(Vec<Vec<u8>>);

impl ImagePath {
    /// The root directory.
    pub const ROOT: ImagePath = ImagePath(Vec::new());

    /// Whether this is `/`.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The directory it is in; `None` for `/`.
    pub fn parent(&self) -> Option<ImagePath> {
        let (_, parents) = self.0.split_last()?;
        Some(ImagePath(parents.to_vec()))
    }

    /// The last name; `None` for `/`.
    pub fn name(&self) -> Option<&[u8]> {
        self.0.last().map(Vec::as_slice)
    }

    /// All names.
    pub fn names(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(Vec::as_slice)
    }

    /// The path of `name` in this directory.
    pub fn join(&self, name: &[u8]) -> Result<ImagePath, String> {
        let is_bad = matches!(name, b"" | b"." | b"..") || name.iter().any(|b| b"/\0".contains(b));
        if is_bad {
            return Err(format!("`{}` cannot be the name of a file", Escaped(name)));
        }
        let mut names = self.0.clone();
        names.push(name.to_owned());
        Ok(ImagePath(names))
    }

    /// What `relative`, without its first `/`, is in this directory.
    pub fn append(&self, relative: &ImagePath) -> ImagePath {
        ImagePath([&self.0[..], &relative.0[..]].concat())
    }

    /// The same seen from `directory`, which it is in or is itself.
    pub fn relative_to(&self, directory: &ImagePath) -> ImagePath {
        ImagePath(self.0.iter().skip(directory.0.len()).cloned().collect())
    }

    /// Whether it is below `directory`, or the same.
    pub fn is_within(&self, directory: &ImagePath) -> bool {
        self.0.starts_with(&directory.0)
    }

    /// Below the folder `to` of the host.
    pub fn on_host(&self, to: &Path) -> std::path::PathBuf {
        self.names().fold(to.to_owned(), |path, name| {
            path.join(OsStr::from_bytes(name))
        })
    }

    /// Says which name is longer than `longest` bytes, if one is.
    pub fn check_lengths(&self, longest: usize) -> Result<(), String> {
        match self.names().find(|name| name.len() > longest) {
            None => Ok(()),
            Some(name) => Err(format!(
                "`{}` is a name of {} bytes, expected at most {longest}",
                Escaped(name),
                name.len()
            )),
        }
    }

    /// As the file system takes it.
    pub fn to_bytes(&self) -> Vec<u8> {
        match self.is_root() {
            true => b"/".to_vec(),
            false => self
                .names()
                .flat_map(|name| [b"/", name].concat())
                .collect(),
        }
    }
}

/// What people type: it need not begin with `/`, and `..` takes the name before
/// it away.
impl From<OsString> for ImagePath {
    fn from(word: OsString) -> ImagePath {
        let mut names: Vec<Vec<u8>> = Vec::new();
        for name in word.into_vec().split(|&byte| byte == b'/') {
            match name {
                b"" | b"." => {}
                b".." => drop(names.pop()),
                name => names.push(name.to_owned()),
            }
        }
        ImagePath(names)
    }
}

impl FromStr for ImagePath {
    type Err = String;

    /// A path of our own images.
    fn from_str(path: &str) -> Result<ImagePath, String> {
        let Some(names) = path.strip_prefix('/') else {
            return Err(format!("{path:?}: expected a path that begins with `/`"));
        };
        if names.is_empty() {
            return Ok(ImagePath::ROOT);
        }
        let mut names = names.split('/');
        let path = names.try_fold(ImagePath::ROOT, |directory, name| {
            directory.join(name.as_bytes())
        })?;
        path.check_lengths(NAME_LEN)?;
        Ok(path)
    }
}

impl TryFrom<String> for ImagePath {
    type Error = String;

    fn try_from(path: String) -> Result<ImagePath, String> {
        path.parse()
    }
}

impl fmt::Display for ImagePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_root() {
            return f.write_char('/');
        }
        self.names()
            .try_for_each(|name| write!(f, "/{}", Escaped(name)))
    }
}

/// Shows bytes as text, so that no two look the same and none does anything to a
/// terminal: `\n`, `\u{1b}`, and `\xff` for what is not UTF-8.
pub struct Escaped<'a>(pub &'a [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            for letter in chunk.valid().chars() {
                match letter {
                    '\'' | '"' => f.write_char(letter)?,
                    _ => write!(f, "{}", letter.escape_debug())?,
                }
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_paths() {
        for path in ["/", "/bin", "/usr/lib/tests", "/exactly14bytes"] {
            assert_eq!(path.parse::<ImagePath>().unwrap().to_string(), path);
        }
        let path: ImagePath = "/usr/bin".parse().unwrap();
        assert_eq!(path.parent().unwrap().to_string(), "/usr");
        assert_eq!(path.name(), Some(&b"bin"[..]));
        assert_eq!(ImagePath::ROOT.parent(), None);
    }

    #[test]
    fn bad_paths() {
        for path in [
            "",
            "bin",
            "/bin/",
            "//",
            "/a//b",
            "/..",
            "/a/./b",
            "/fifteen-bytes-x",
            "/a\0",
        ] {
            assert!(path.parse::<ImagePath>().is_err(), "{path:?}");
        }
    }

    #[test]
    fn what_people_type() {
        for (word, path) in [
            ("", "/"),
            ("etc/rc", "/etc/rc"),
            ("/etc//rc/", "/etc/rc"),
            ("./etc/../bin/.", "/bin"),
            ("/../..", "/"),
            ("/a-name-of-any-length", "/a-name-of-any-length"),
        ] {
            let path_of_word = ImagePath::from(OsString::from(word));
            assert_eq!(path_of_word.to_string(), path, "{word}");
        }
    }

    #[test]
    fn lengths() {
        let path = ImagePath::from(OsString::from("/usr/fifteen-bytes-x/y"));
        assert_eq!(path.check_lengths(30), Ok(()));
        let expected = "`fifteen-bytes-x` is a name of 15 bytes, expected at most 14";
        assert_eq!(path.check_lengths(14), Err(expected.to_owned()));
        assert_eq!(path.check_lengths(15), Ok(()));
    }

    #[test]
    fn bytes_are_escaped() {
        let word = OsString::from_vec(b"/a\xff\x1b[2J/\xc3\xbc\\\n\xe2\x80\xae'".to_vec());
        let path = ImagePath::from(word);
        assert_eq!(path.to_string(), r"/a\xff\u{1b}[2J/ü\\\n\u{202e}'");
        assert_eq!(path.to_bytes()[..4], *b"/a\xff\x1b");
    }

    #[test]
    fn directories_sort_before_their_contents() {
        let mut paths: Vec<ImagePath> = ["/a/b", "/a-b", "/a", "/"]
            .iter()
            .map(|path| path.parse().unwrap())
            .collect();
        paths.sort();
        let sorted: Vec<String> = paths.iter().map(ImagePath::to_string).collect();
        assert_eq!(sorted, ["/", "/a", "/a/b", "/a-b"]);
    }
}
