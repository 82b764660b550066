//! The file of keys: names, digests, and what each key allows.
//!
//! A key is 32 random bytes, so a plain SHA-256 of it tells nothing: there is no dictionary of those, and nothing
//! would be gained by a slow or salted hash.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::path::Path;

use anyhow::{Context as _, anyhow};
use gauntlet_core::Digest;
use serde::Deserialize;
use toml::Spanned;

use super::expiry::Expiry;
use super::keys::{Key, bucket};
use super::rate::Rate;
use super::scope::Scope;
use super::secret_file;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    keys: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: Spanned<String>,
    hash: Spanned<Digest>,
    scopes: Spanned<Vec<Scope>>,
    rate_per_minute: Option<NonZeroU32>,
    expires: Option<Expiry>,
}

/// Reads a file of keys; those without a rate of their own get `rate`.
///
/// # Errors
/// It cannot be read, holds no key, or holds one that is wrong; the line is named.
pub(super) fn read(path: &Path, rate: Option<Rate>) -> anyhow::Result<Vec<Key>> {
    let bytes = secret_file::read(path).context("cannot read the file of API keys")?;
    let text = String::from_utf8(bytes).map_err(|_| anyhow!("it is no UTF-8 text"));
    text.and_then(|text| parse(&text, rate))
        .with_context(|| format!("the file of API keys {} cannot be used", path.display()))
}

fn parse(text: &str, rate: Option<Rate>) -> anyhow::Result<Vec<Key>> {
    let file: File = toml::from_str(text)?;
    if file.keys.is_empty() {
        return Err(anyhow!("it holds no key; `gauntlet-serve key NAME` makes one"));
    }
    let (mut names, mut digests) = (BTreeSet::new(), BTreeMap::new());
    for Entry { name, hash, scopes, .. } in &file.keys {
        let line = |at: usize| text[..at].matches('\n').count() + 1;
        let named = name.get_ref();
        let at = line(name.span().start);
        if named.is_empty() || named.len() > 100 || named.chars().any(char::is_control) {
            return Err(anyhow!(
                "line {at}: the name {named:?} is empty, too long or no plain text"
            ));
        }
        if !names.insert(named) {
            return Err(anyhow!("line {at}: the name `{named}` stands twice"));
        }
        if let Some(other) = digests.insert(hash.get_ref().hex(), named) {
            let at = line(hash.span().start);
            return Err(anyhow!("line {at}: `{named}` has the key of `{other}`"));
        }
        if scopes.get_ref().is_empty() {
            let at = line(scopes.span().start);
            return Err(anyhow!("line {at}: `{named}` has no scope, so it allows nothing"));
        }
    }
    let key = |entry: Entry| Key {
        name: entry.name.into_inner().into(),
        digest: entry.hash.into_inner(),
        scopes: entry.scopes.into_inner().into_iter().collect(),
        expires: entry.expires,
        bucket: bucket(entry.rate_per_minute.map(Rate::new).or(rate)),
    };
    Ok(file.keys.into_iter().map(key).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "sha256:2c624232cc449eb4be3dc4f9b4c3f27ac2e1e8e4a6b4d4a2e3a5b2e1c5a3d0f1";

    fn entry(name: &str) -> String {
        let hash = Digest::of(name.as_bytes());
        format!("[[keys]]\nname = \"{name}\"\nhash = \"{hash}\"\nscopes = [\"ml:predict\"]\n")
    }

    fn problem(text: &str) -> String {
        format!("{:#}", parse(text, None).unwrap_err())
    }

    #[test]
    fn a_key_has_the_rate_of_its_own_or_the_common_one() {
        let text =
            entry("a") + "rate_per_minute = 5\nexpires = 2020-01-01T00:00:00Z\n" + &entry("b");
        let rate = |n| Rate::new(NonZeroU32::new(n).unwrap());
        let keys = parse(&text, Some(rate(9))).unwrap();
        assert_eq!(keys[0].bucket.as_ref().unwrap().rate(), rate(5));
        assert_eq!(keys[1].bucket.as_ref().unwrap().rate(), rate(9));
        assert!(keys[0].expires.unwrap().is_over() && keys[1].expires.is_none());
        assert!(keys[0].scopes.allow(Scope::Predict) && !keys[0].scopes.allow(Scope::Read));
        assert!(parse(&text, None).unwrap()[1].bucket.is_none());
    }

    #[test]
    fn a_wrong_file_is_refused_with_the_line() {
        let (a, b) = (entry("a"), entry("b"));
        for (text, line, word) in [
            (a.clone() + &b.replace("ml:predict", "ml:all"), "line 8", "`ml:all` is no scope"),
            (a.clone() + &entry("a"), "line 6", "`a` stands twice"),
            (a.clone() + &a.replace("\"a\"", "\"c\""), "line 7", "`c` has the key of `a`"),
            (a.replace("[\"ml:predict\"]", "[]"), "line 4", "allows nothing"),
            (a.replace("\"a\"", "\"\""), "line 2", "is empty"),
            (a.replace("scopes", "scope"), "line 4", "unknown field"),
            (a.replace("hash", "key"), "line 3", "unknown field"),
            (a.replace("sha256:", "md5:"), "line 3", "md5:"),
            (a.clone() + "rate_per_minute = 0", "line 5", "nonzero"),
            (a.clone() + "expires = 2030-01-01", "line 5", "offset"),
        ] {
            let problem = problem(&text);
            assert!(problem.contains(line) && problem.contains(word), "{problem}");
        }
        assert!(problem("").contains("gauntlet-serve key"));
        assert!(problem("[keys]").contains("line 1"));
    }

    #[test]
    fn an_error_names_the_file() {
        let missing = read(Path::new("no/such/keys.toml"), None).unwrap_err();
        assert!(format!("{missing:#}").contains("no/such/keys.toml"));
        let file = tempfile::NamedTempFile::new().unwrap();
        fs_err::write(file.path(), format!("[[keys]]\nname = 5\nhash = \"{HASH}\"")).unwrap();
        let wrong = format!("{:#}", read(file.path(), None).unwrap_err());
        assert!(
            wrong.contains(file.path().to_str().unwrap()) && wrong.contains("line 2"),
            "{wrong}"
        );
        fs_err::write(file.path(), b"\xff").unwrap();
        assert!(format!("{:#}", read(file.path(), None).unwrap_err()).contains("UTF-8"));
    }
}
