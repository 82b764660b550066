//! Bodies as JSON, with what Python's reader takes beyond the standard.

use serde_json::Value;

/// What a body says; nothing if it is empty or no JSON, which counts as no fields.
///
/// A byte order mark before it says nothing. Old clients encode twice: a body that is a text is read once more. Bare `NaN`, `Infinity` and `-Infinity`
/// are read as the texts that protocol buffers use for them.
pub(crate) fn parse(body: &[u8]) -> Option<Value> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    if body.is_empty() {
        return None;
    }
    match read(body)? {
        Value::String(inner) => read(inner.as_bytes()),
        value => Some(value),
    }
}

fn read(text: &[u8]) -> Option<Value> {
    serde_json::from_slice(text).ok().or_else(|| serde_json::from_slice(&quote_bare(text)?).ok())
}

/// The text with its bare words in quotes; `None` if there are none.
fn quote_bare(text: &[u8]) -> Option<Vec<u8>> {
    const WORDS: [&[u8]; 3] = [b"NaN", b"Infinity", b"-Infinity"];
    let mut quoted = Vec::with_capacity(text.len() + 16);
    let (mut rest, mut inside, mut found) = (text, false, false);
    while let Some(&byte) = rest.first() {
        let word = WORDS.iter().find(|word| !inside && rest.starts_with(word));
        let taken = match (word, byte) {
            (Some(word), _) => {
                quoted.push(b'"');
                quoted.extend_from_slice(word);
                quoted.push(b'"');
                found = true;
                rest = &rest[word.len()..];
                continue;
            }
            (None, b'\\') => rest.len().min(2),
            (None, b'"') => {
                inside = !inside;
                1
            }
            (None, _) => 1,
        };
        quoted.extend_from_slice(&rest[..taken]);
        rest = &rest[taken..];
    }
    found.then_some(quoted)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn bodies_are_read_as_python_reads_them() {
        assert_eq!(parse(br#"{"a": 1}"#), Some(json!({"a": 1})));
        assert_eq!(parse(br#""{\"a\": 1}""#), Some(json!({"a": 1})));
        assert_eq!(parse(b"\xef\xbb\xbf{}"), Some(json!({})));
        assert_eq!(parse(b""), None);
        assert_eq!(parse(b"{"), None);
        assert_eq!(
            parse(br#"{"NaN": NaN, "b": [-Infinity, Infinity], "c": "say \"NaN"}"#),
            Some(json!({"NaN": "NaN", "b": ["-Infinity", "Infinity"], "c": "say \"NaN"}))
        );
    }

    #[test]
    fn deep_nesting_is_refused_and_does_not_exhaust_the_stack() {
        let deep = "[".repeat(1_000_000) + &"]".repeat(1_000_000);
        assert_eq!(parse(deep.as_bytes()), None);
        assert_eq!(parse("{\"a\":".repeat(100_000).as_bytes()), None);
    }
}
