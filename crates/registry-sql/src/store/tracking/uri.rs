//! Addresses of artefacts: what may be one, and how paths are appended.

use gauntlet_mlflow::{Error, Result};

/// Characters of an experiment's artefact location.
const LONGEST_LOCATION: usize = 2048;

/// Appends paths to the path of an address, before its query.
///
/// # Errors
/// The query holds `..`, which some stores would resolve.
pub(super) fn append(uri: &str, paths: &[&str]) -> Result<String> {
    let (path, query) = match uri.split_once('?') {
        Some((path, query)) if has_scheme(uri) => (path, Some(query)),
        _ => (uri, None),
    };
    if let Some(query) = query {
        check_query(query)?;
    }
    let mut joined = path.to_owned();
    for part in paths {
        if !joined.is_empty() && !joined.ends_with('/') {
            joined.push('/');
        }
        joined.push_str(part.trim_start_matches('/'));
    }
    if let Some(query) = query {
        joined.push('?');
        joined.push_str(query);
    }
    Ok(joined)
}

/// Checks where a client wants an experiment's artefacts, and makes a relative path absolute.
///
/// # Errors
/// `INVALID_PARAMETER_VALUE` if artefacts cannot or must not be there.
pub(super) fn location(uri: &str) -> Result<String> {
    let after_scheme = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    let last = after_scheme.rsplit('/').next().unwrap_or_default();
    if uri.contains('#') || last.split('?').next().unwrap_or_default().contains(';') {
        return Err(Error::invalid("'artifact_location' URL can't include fragments or params."));
    }
    if let Some((_, query)) = uri.split_once('?') {
        check_query(query)?;
    }
    if uri.starts_with("runs:") {
        return Err(Error::invalid(format!(
            "Artifact location cannot be a runs:/ URI. Given: '{uri}'"
        )));
    }
    if uri.starts_with("file:") && file_host(uri).is_some_and(|host| !is_this_machine(host)) {
        return Err(Error::invalid(format!(
            "'{uri}' names a file of another machine. Use a path, or the address of an artefact store"
        )));
    }
    let uri = absolute(uri)?;
    if uri.chars().count() > LONGEST_LOCATION {
        return Err(Error::invalid(format!(
            "Invalid artifact path length. The length of the artifact path cannot be greater than \
            {LONGEST_LOCATION} characters."
        )));
    }
    Ok(uri)
}

fn absolute(uri: &str) -> Result<String> {
    if has_scheme(uri) || uri.starts_with('/') {
        return Ok(uri.to_owned());
    }
    let here = std::env::current_dir().map_err(|error| Error::internal(error.to_string()))?;
    Ok(here.join(uri).to_string_lossy().into_owned())
}

fn has_scheme(uri: &str) -> bool {
    let Some((scheme, _)) = uri.split_once(':') else {
        return false;
    };
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

fn file_host(uri: &str) -> Option<&str> {
    let rest = uri.strip_prefix("file://")?;
    let host = rest.split('/').next()?;
    (!host.is_empty()).then_some(host)
}

fn is_this_machine(host: &str) -> bool {
    host == "." || host.starts_with("localhost") || host.starts_with("127.0.0.1")
}

/// Refuses `..` in a query, however often it is encoded.
fn check_query(query: &str) -> Result<()> {
    let invalid = || Error::invalid("Invalid query string");
    let mut query = query.as_bytes().to_vec();
    for _ in 0..10 {
        if query.windows(2).any(|pair| pair == b"..") {
            return Err(invalid());
        }
        let decoded = percent_decoded(&query);
        if decoded == query {
            return Ok(());
        }
        query = decoded;
    }
    Err(invalid())
}

fn percent_decoded(text: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, after @ ..] = rest {
        if let [b'%', high, low, after @ ..] = rest
            && let (Some(high), Some(low)) =
                ((*high as char).to_digit(16), (*low as char).to_digit(16))
        {
            decoded.push((high * 16 + low) as u8);
            rest = after;
        } else {
            decoded.push(*first);
            rest = after;
        }
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_go_before_the_query() {
        for (uri, appended) in [
            ("s3://bucket/root", "s3://bucket/root/1/artifacts"),
            ("s3://bucket/root/", "s3://bucket/root/1/artifacts"),
            ("s3://bucket?versions=1", "s3://bucket/1/artifacts?versions=1"),
            ("/data/ml?runs", "/data/ml?runs/1/artifacts"),
            ("mlflow-artifacts:/", "mlflow-artifacts:/1/artifacts"),
            ("file:///tmp/x/", "file:///tmp/x/1/artifacts"),
            ("", "1/artifacts"),
        ] {
            assert_eq!(append(uri, &["1", "/artifacts"]).unwrap(), appended, "{uri}");
        }
        for bad in ["s3://b?a=../c", "s3://b?a=%2e%2e/c", "s3://b?a=%252E%252e"] {
            assert!(append(bad, &["1"]).is_err(), "{bad}");
        }
    }

    #[test]
    fn locations_are_absolute_and_harmless() {
        assert_eq!(location("s3://bucket/a").unwrap(), "s3://bucket/a");
        assert_eq!(location("/data/a").unwrap(), "/data/a");
        assert!(location("relative/a").unwrap().starts_with('/'));
        let long = format!("s3://b/{}", "x".repeat(LONGEST_LOCATION));
        for bad in ["s3://b/a#c", "s3://b/a;c", "s3://b?a=..", "runs:/x", "file://host/a", &long] {
            assert!(location(bad).is_err(), "{bad}");
        }
    }
}
