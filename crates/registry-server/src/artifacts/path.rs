//! Paths of artefacts as clients write them.

use gauntlet_mlflow::{Error, Result};
use percent_encoding::percent_decode_str;

/// How often a path may have been encoded.
const ROUNDS: usize = 10;

/// The plain path that a client means: decoded until nothing changes, with no second spelling left.
///
/// MLflow's `validate_path_is_safe`, and stricter where that leaves something to the file system: backslashes,
/// `..;` and drives are refused wherever they stand.
///
/// # Errors
/// `INVALID_PARAMETER_VALUE`, "Invalid path".
pub(crate) fn safe(given: &str) -> Result<String> {
    let invalid = || Error::invalid("Invalid path");
    let decoded = decode(given).ok_or_else(invalid)?;
    let drive = matches!(decoded.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    let above = |part: &str| part.split([';', '?']).next().unwrap_or_default().trim() == "..";
    if decoded.starts_with('/')
        || decoded.contains(['#', '\\'])
        || drive
        || decoded.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("file:"))
        || decoded.split('/').any(above)
    {
        return Err(invalid());
    }
    let parts: Vec<&str> = decoded.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    Ok(escape(&parts.join("/")))
}

/// Decodes until nothing changes; `None` if that takes too long.
pub(crate) fn decode(given: &str) -> Option<String> {
    let mut text = given.to_owned();
    for _ in 0..ROUNDS {
        let decoded = percent_decode_str(&text).decode_utf8_lossy().into_owned();
        if decoded == text {
            return Some(text);
        }
        text = decoded;
    }
    None
}

/// Control characters as MLflow writes them: with a percent sign.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_control() {
            escaped += &format!("%{:02x}", u32::from(c));
        } else {
            escaped.push(c);
        }
    }
    escaped
}

/// `prefix` and `path` joined; either may be empty.
pub(crate) fn join(prefix: &str, path: &str) -> String {
    match (prefix.is_empty(), path.is_empty()) {
        (true, _) => path.to_owned(),
        (_, true) => prefix.to_owned(),
        _ => format!("{prefix}/{path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_paths_stay_and_second_spellings_fold() {
        for (given, expected) in [
            ("a/b.txt", "a/b.txt"),
            ("a//b/./c/", "a/b/c"),
            ("", ""),
            (".", ""),
            ("100%.txt", "100%.txt"),
            ("a%20b", "a b"),
            ("ü é/..hidden/x..", "ü é/..hidden/x.."),
            ("ab:c/d?e", "ab:c/d?e"),
            ("a%00b", "a%00b"),
            ("a%0Ab", "a%0ab"),
        ] {
            assert_eq!(safe(given).as_deref(), Ok(expected), "{given}");
        }
    }

    #[test]
    fn every_spelling_of_a_way_out_is_refused() {
        for given in [
            "..",
            "../x",
            "a/../../x",
            "a/..",
            "/etc/passwd",
            "//etc/passwd",
            "%2e%2e%2fx",
            "%2e%2e/x",
            "%252e%252e%252fx",
            "%25252e%25252e/x",
            "..%2fx",
            "..;/x",
            "..;a=b/x",
            "a/.. /x",
            "..\\x",
            "a\\..\\b",
            "%5c%5chost%5cshare",
            "C:/x",
            "c:\\x",
            "C%3A/x",
            "file:///etc/passwd",
            "FILE:/etc/passwd",
            "a#b",
            "a%23/../b",
            "%2fetc%2fpasswd",
            "#",
            "x/%2e%2e?y",
        ] {
            let error = safe(given).unwrap_err();
            assert_eq!(error.message, "Invalid path", "{given}");
        }
        let endless = format!("%{}2e", "25".repeat(20));
        assert!(safe(&endless).is_err());
    }

    #[test]
    fn an_overlong_slash_is_no_slash() {
        let path = safe("..%c0%af..").unwrap();
        assert!(!path.split('/').any(|part| part == ".."), "{path}");
    }
}
