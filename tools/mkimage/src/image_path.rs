// SPDX-License-Identifier: GPL-2.0-or-later
//! Paths inside an image: absolute, with names a Minix directory can hold.

use serde::Deserialize;
use std::fmt;
use std::str::FromStr;

/// Bytes of a name in a directory entry of 16 bytes (0.11: `NAME_LEN`).
pub const NAME_MAX: usize = 14;

/// A checked path: `/`, or `/name/name` without `.`, `..` or empty names.
///
/// A directory sorts before what is in it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct ImagePath(Vec<String>);

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
    pub fn name(&self) -> Option<&str> {
        self.0.last().map(String::as_str)
    }

    /// The path of `name` in this directory.
    pub fn join(&self, name: &str) -> Result<ImagePath, String> {
        check_name(name)?;
        let mut names = self.0.clone();
        names.push(name.to_owned());
        Ok(ImagePath(names))
    }
}

fn check_name(name: &str) -> Result<(), String> {
    if name.is_empty() || name == "." || name == ".." {
        return Err(format!("{name:?} cannot be the name of a file"));
    }
    if name.contains(['/', '\0']) {
        return Err(format!("{name:?}: expected a name without `/` and NUL"));
    }
    if name.len() > NAME_MAX {
        return Err(format!(
            "{name:?} has {} bytes, a name may have {NAME_MAX}",
            name.len()
        ));
    }
    Ok(())
}

impl FromStr for ImagePath {
    type Err = String;

    fn from_str(path: &str) -> Result<ImagePath, String> {
        let Some(names) = path.strip_prefix('/') else {
            return Err(format!("{path:?}: expected a path that begins with `/`"));
        };
        if names.is_empty() {
            return Ok(ImagePath::ROOT);
        }
        names
            .split('/')
            .try_fold(ImagePath::ROOT, |directory, name| directory.join(name))
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
            return f.write_str("/");
        }
        self.0.iter().try_for_each(|name| write!(f, "/{name}"))
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
        assert_eq!(path.name(), Some("bin"));
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
