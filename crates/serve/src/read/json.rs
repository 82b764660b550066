//! JSON bodies, and what is said of those that do not parse.

use serde::Deserialize;
use serde_json::error::Category;

use crate::problem::Problem;

/// Reads a body that has to be an object.
///
/// # Errors
/// 400 if it is not JSON, 422 if it is and does not fit.
pub(crate) fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Problem> {
    // Serde would also take a list of the fields in their order.
    if bytes.trim_ascii_start().starts_with(b"[") {
        return Err(Problem::unprocessable("the body must be an object, not a list"));
    }
    serde_json::from_slice(bytes).map_err(|error| match error.classify() {
        Category::Data => Problem::unprocessable(format!("the request does not fit: {error}")),
        _ => {
            let hint = hint(bytes, error.line(), error.column());
            Problem::unreadable(format!("the body is not JSON: {error}{hint}"))
        }
    })
}

/// A word about numbers that Python writes and JSON does not know.
fn hint(bytes: &[u8], line: usize, column: usize) -> &'static str {
    let line = bytes.split(|byte| *byte == b'\n').nth(line.saturating_sub(1)).unwrap_or_default();
    // The column is that of the character before the value, or within it.
    let from = column.saturating_sub(2).min(line.len());
    let near = &line[from..line.len().min(from + 12)];
    let near = String::from_utf8_lossy(near);
    if near.contains("aN") || near.contains("nfin") {
        "; NaN and Infinity are not JSON: a missing value is null, where the model allows it"
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pythons_nan_is_explained() {
        for text in [r#"{"a": NaN}"#, "{\n\"a\": -Infinity}", r#"{"a":NaN}"#, r#"{"a":[1,NaN]}"#] {
            let problem = parse::<serde_json::Value>(text.as_bytes()).unwrap_err();
            assert_eq!(problem.status(), 400);
            assert!(problem.detail().contains("a missing value is null"), "{}", problem.detail());
        }
        let problem = parse::<serde_json::Value>(b"{\"a\": nope}").unwrap_err();
        assert!(!problem.detail().contains("null"), "{}", problem.detail());
    }
}
