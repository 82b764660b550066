//! `s3://bucket/prefix`, and the keys below it.

use std::fmt;
use std::str::FromStr;

use crate::{RegistryError, Result};

/// A bucket and a prefix in it; the root of a file store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    bucket: String,
    prefix: String,
}

impl Location {
    /// The bucket's name.
    #[must_use]
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// The prefix, without slashes around it; empty for the whole bucket.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The location of a plain path below this one; `""` is this one.
    ///
    /// # Errors
    /// [`RegistryError::OutsideRoot`].
    pub fn join(&self, path: &str) -> Result<Self> {
        if path.is_empty() {
            return Ok(self.clone());
        }
        Ok(Self { bucket: self.bucket.clone(), prefix: self.key(path)? })
    }

    /// The key of a file.
    ///
    /// # Errors
    /// [`RegistryError::OutsideRoot`].
    pub fn key(&self, path: &str) -> Result<String> {
        if !is_plain(path) {
            let root = self.to_string().into();
            return Err(RegistryError::OutsideRoot { path: path.to_owned(), root });
        }
        Ok(if self.prefix.is_empty() { path.to_owned() } else { format!("{}/{path}", self.prefix) })
    }

    /// What all keys in a folder start with; `""` is the root.
    ///
    /// # Errors
    /// [`RegistryError::OutsideRoot`].
    pub fn keys_in(&self, folder: &str) -> Result<String> {
        let folder = folder.trim_end_matches('/');
        if !folder.is_empty() {
            return Ok(format!("{}/", self.key(folder)?));
        }
        Ok(if self.prefix.is_empty() { String::new() } else { format!("{}/", self.prefix) })
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.prefix.as_str() {
            "" => write!(f, "s3://{}", self.bucket),
            prefix => write!(f, "s3://{}/{prefix}", self.bucket),
        }
    }
}

impl FromStr for Location {
    type Err = RegistryError;

    fn from_str(text: &str) -> Result<Self> {
        let invalid = |rule: &str| RegistryError::Invalid {
            field: "artefact root",
            value: text.to_owned(),
            rule: rule.to_owned(),
        };
        let rest = text.strip_prefix("s3://").ok_or_else(|| invalid("it starts with `s3://`"))?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
        if bucket.len() < 3 || bucket.len() > 255 || !bucket.chars().all(letter) {
            return Err(invalid(
                "`s3://` is followed by a bucket's name, as in `s3://bucket/prefix`",
            ));
        }
        let prefix = prefix.trim_end_matches('/');
        if !prefix.is_empty() && !is_plain(prefix) {
            return Err(invalid("the prefix is plain names separated by `/`"));
        }
        Ok(Self { bucket: bucket.to_owned(), prefix: prefix.to_owned() })
    }
}

/// Whether a path is made of plain names: nothing above, absolute, or spelt in a second way, as in a folder.
pub(crate) fn is_plain(path: &str) -> bool {
    let drive = matches!(path.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    !drive
        && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
        && !path.contains('\\')
        && !path.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_bucket_and_a_prefix() {
        for (text, bucket, prefix) in [
            ("s3://models", "models", ""),
            ("s3://models/", "models", ""),
            ("s3://models/a/b/", "models", "a/b"),
        ] {
            let location: Location = text.parse().unwrap();
            assert_eq!((location.bucket(), location.prefix()), (bucket, prefix));
            assert_eq!(location.to_string(), text.trim_end_matches('/'));
        }
        for bad in [
            "",
            "models",
            "s3:/models",
            "s3://",
            "s3://a b/c",
            "s3://models/../x",
            "s3://models//x",
        ] {
            assert!(bad.parse::<Location>().is_err(), "{bad}");
        }
    }

    #[test]
    fn keys_stay_below_the_prefix() {
        let root: Location = "s3://models/a".parse().unwrap();
        assert_eq!(root.key("b/c.json").unwrap(), "a/b/c.json");
        assert_eq!(
            (root.keys_in("").unwrap(), root.keys_in("b/").unwrap()),
            ("a/".into(), "a/b/".into())
        );
        assert_eq!(root.join("b").unwrap().to_string(), "s3://models/a/b");
        for bad in ["../b", "/b", "b//c", "b\\c", ".", "b/.."] {
            assert!(matches!(root.key(bad), Err(RegistryError::OutsideRoot { .. })), "{bad}");
        }
    }
}
