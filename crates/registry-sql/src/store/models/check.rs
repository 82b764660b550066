//! What names, aliases, tags and numbers may be, and MLflow's words about those that are not.

use std::fmt::Write as _;

use gauntlet_mlflow::{Error, KeyValue, Result};

const KEY: usize = 250;
const VALUE: usize = 100_000;
const ALIAS: usize = 255;

/// The tag that makes a registered model a prompt.
pub(super) const IS_PROMPT: &str = "mlflow.prompt.is_prompt";
const PROMPT_TEXT: &str = "mlflow.prompt.text";

/// The name of a registered model.
pub(super) fn model(name: Option<String>) -> Result<String> {
    named(name, "name")
}

/// The name that a registered model is to have.
pub(super) fn new_name(name: Option<String>) -> Result<String> {
    named(name, "new_name")
}

fn named(name: Option<String>, field: &str) -> Result<String> {
    let name = name.unwrap_or_default();
    if name.trim().is_empty() {
        return Err(Error::invalid(format!("Missing value for required parameter '{field}'.")));
    }
    if name.contains(['/', ':']) {
        return Err(Error::invalid(format!(
            "Invalid model name '{name}'. Names cannot contain '/' or ':'."
        )));
    }
    refuse_paths(&name, "name")?;
    Ok(name)
}

/// A version's number, as leniently as Python reads one. One that is too large for a number is one that no version has.
pub(super) fn version(text: Option<String>) -> Result<i64> {
    let text = text.unwrap_or_default();
    let digits = text.trim();
    let unsigned = digits.strip_prefix(['+', '-']).unwrap_or(digits);
    let plain = !unsigned.is_empty()
        && unsigned
            .split('_')
            .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    if plain {
        return Ok(digits.replace('_', "").parse().unwrap_or(i64::MAX));
    }
    Err(Error::invalid(format!("Parameter 'version' must be an integer, got '{text}'.")))
}

/// The name of an alias that is asked for.
pub(super) fn alias(alias: Option<String>) -> Result<String> {
    let alias = alias.unwrap_or_default();
    if alias.is_empty() {
        return Err(Error::invalid("Registered model alias name cannot be empty."));
    }
    if !alias.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-')) {
        return Err(Error::invalid(format!(
            "Invalid alias name: '{alias}'. Names may only contain alphanumerics, underscores (_), and dashes (-)."
        )));
    }
    within("Registered model alias name", ALIAS, &alias)?;
    Ok(alias)
}

/// The name of an alias that is to be set.
pub(super) fn new_alias(text: Option<String>) -> Result<String> {
    let alias = alias(text)?;
    if alias.eq_ignore_ascii_case("latest") {
        return Err(Error::invalid("'latest' alias name (case insensitive) is reserved."));
    }
    let number = |rest: &str| !rest.is_empty() && rest.chars().all(char::is_numeric);
    if alias.strip_prefix(['v', 'V']).is_some_and(number) {
        return Err(Error::invalid(format!("Version alias name '{alias}' is reserved.")));
    }
    Ok(alias)
}

/// A tag's key.
pub(super) fn key(key: Option<String>) -> Result<String> {
    let key = key.unwrap_or_default();
    let valid = |c: char| c.is_alphanumeric() || matches!(c, '/' | '_' | '.' | '-' | ' ' | ':');
    if !key.chars().all(valid) {
        return Err(Error::invalid(format!(
            "Invalid value {} for parameter 'key' supplied: Names may only contain alphanumerics, underscores (_), \
            dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).",
            json(&key)
        )));
    }
    refuse_paths(&key, "key")?;
    Ok(key)
}

/// A tag of a registered model or version.
pub(super) fn tag(name: Option<String>, value: Option<String>) -> Result<(String, String)> {
    let (key, value) = (key(name)?, value.unwrap_or_default());
    within("key", KEY, &key)?;
    if key == PROMPT_TEXT && within("value", VALUE, &value).is_err() {
        return Err(Error::invalid(format!(
            "Prompt text exceeds max length of {VALUE} characters."
        )));
    }
    within("value", VALUE, &value)?;
    Ok((key, value))
}

/// The tags that something is made with; of those with one key the last counts, in the first one's place.
pub(super) fn tags(given: Vec<KeyValue>) -> Result<Vec<(String, String)>> {
    let mut tags: Vec<(String, String)> = Vec::with_capacity(given.len());
    for KeyValue { key, value } in given {
        let (key, value) = tag(key, value)?;
        match tags.iter_mut().find(|(known, _)| *known == key) {
            Some(known) => known.1 = value,
            None => tags.push((key, value)),
        }
    }
    Ok(tags)
}

/// Whether the tags are those of a prompt.
pub(super) fn is_prompt(tags: &[(String, String)]) -> bool {
    tags.iter().any(|(key, value)| key == IS_PROMPT && value.eq_ignore_ascii_case("true"))
}

fn within(what: &str, limit: usize, text: &str) -> Result<()> {
    // Bytes are at least as many as characters, and cheaper to count.
    if text.len() <= limit || text.chars().count() <= limit {
        return Ok(());
    }
    Err(Error::invalid(format!("'{what}' exceeds the maximum length of {limit} characters")))
}

fn refuse_paths(name: &str, field: &str) -> Result<()> {
    let normal = normalised(name);
    if normal == name && normal != "." && !normal.starts_with("..") && !normal.starts_with('/') {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "Invalid value {} for parameter '{field}' supplied: Names may be treated as files in certain cases, and must \
        not resolve to other names when treated as such. This name would resolve to {}",
        json(name),
        quoted(&normal)
    )))
}

/// A path without `.`, `..` and empty parts.
fn normalised(path: &str) -> String {
    let root = match path.bytes().take_while(|byte| *byte == b'/').count() {
        0 => "",
        2 => "//",
        _ => "/",
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if parts.is_empty() && !root.is_empty() => {}
            part => parts.push(part),
        }
    }
    let joined = format!("{root}{}", parts.join("/"));
    if joined.is_empty() { ".".to_owned() } else { joined }
}

/// A text as JSON in plain ASCII.
fn json(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    for c in serde_json::Value::from(text).to_string().chars() {
        if c.is_ascii() {
            quoted.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(quoted, "\\u{unit:04x}");
            }
        }
    }
    quoted
}

/// A text as Python shows it.
pub(super) fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    format!("{quote}{}{quote}", text.replace('\\', "\\\\"))
}

/// A list of texts as Python shows it.
pub(super) fn listed(texts: &[String]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    format!("[{}]", texts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message<T>(result: Result<T>) -> String {
        result.err().map(|error| error.message).unwrap_or_default()
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn names_of_models_are_no_paths() {
        for good in ["m", "a b", "größe", "a\\b", "a..b", "it's"] {
            assert_eq!(model(some(good)), Ok(good.to_owned()));
        }
        for (bad, expected) in [
            (" ", "Missing value for required parameter 'name'."),
            ("a/b", "Invalid model name 'a/b'. Names cannot contain '/' or ':'."),
            ("..", "This name would resolve to '..'"),
        ] {
            assert!(message(model(some(bad))).ends_with(expected), "{bad}");
        }
        assert_eq!(message(new_name(None)), "Missing value for required parameter 'new_name'.");
    }

    #[test]
    fn versions_are_numbers_as_python_reads_them() {
        for (text, number) in
            [("1", 1), (" 2 ", 2), ("1_0", 10), ("-3", -3), ("99999999999999999999", i64::MAX)]
        {
            assert_eq!(version(some(text)), Ok(number), "{text}");
        }
        for bad in ["", "x", "1.0", "_1", "1__0", "1 2"] {
            let expected = format!("Parameter 'version' must be an integer, got '{bad}'.");
            assert_eq!(message(version(some(bad))), expected);
        }
    }

    #[test]
    fn aliases_are_words_and_some_are_reserved() {
        for good in ["champion", "a-b_c", "vx", "v", "模型"] {
            assert_eq!(new_alias(some(good)), Ok(good.to_owned()));
        }
        for (bad, expected) in [
            ("a b", "Invalid alias name: 'a b'. Names may only"),
            ("Latest", "'latest' alias name (case insensitive) is reserved."),
            ("V12", "Version alias name 'V12' is reserved."),
        ] {
            assert!(message(new_alias(some(bad))).starts_with(expected), "{bad}");
        }
        assert!(alias(some("latest")).is_ok() && alias(some("v12")).is_ok());
        assert!(message(alias(Some("x".repeat(256)))).contains("length of 255 characters"));
    }

    #[test]
    fn of_tags_with_one_key_the_last_counts() {
        let given = vec![KeyValue::new("a", "1"), KeyValue::new("b", "2"), KeyValue::new("a", "3")];
        let expected = [("a".to_owned(), "3".to_owned()), ("b".to_owned(), "2".to_owned())];
        assert_eq!(tags(given).unwrap(), expected);
        assert!(
            message(tags(vec![KeyValue::new("a?", "")])).contains("\"a?\" for parameter 'key'")
        );
        assert!(
            message(tags(vec![KeyValue::new("k".repeat(251), "")])).starts_with("'key' exceeds")
        );
        assert!(
            message(tags(vec![KeyValue::new("k", "é".repeat(100_001))])).starts_with("'value'")
        );
        let text = KeyValue::new(PROMPT_TEXT, "x".repeat(100_001));
        assert!(message(tags(vec![text])).starts_with("Prompt text exceeds"));
    }
}
