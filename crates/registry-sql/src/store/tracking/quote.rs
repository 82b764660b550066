//! Values in messages, as Python writes them, which is what MLflow's users know.

use std::fmt::Write as _;

/// A JSON text in ASCII.
pub(super) fn json(text: &str) -> String {
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

/// A list of texts.
pub(super) fn list<'a>(items: impl IntoIterator<Item = &'a str>) -> String {
    let items: Vec<String> = items.into_iter().map(text).collect();
    format!("[{}]", items.join(", "))
}

/// A text in single quotes, or in double ones if it holds a single one.
pub(super) fn text(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    format!("{quote}{}{quote}", text.replace('\\', "\\\\"))
}

/// A double: `1.0`, not `1`.
pub(super) fn double(value: f64) -> String {
    if value.is_nan() {
        "nan".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "inf".to_owned() } else { "-inf".to_owned() }
    } else {
        format!("{value:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_python_writes_them() {
        assert_eq!(json("../é\"🦀"), r#""../\u00e9\"\ud83e\udd80""#);
        assert_eq!(list(["a", "it's"]), r#"['a', "it's"]"#);
        assert_eq!(double(1.0), "1.0");
        assert_eq!(double(f64::NAN), "nan");
    }
}
