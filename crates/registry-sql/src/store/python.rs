//! JSON that is kept in a text, written as Python writes it: clients compare such texts.

use std::fmt::Write as _;

use serde_json::Value;

/// A document on one line: a space after each colon and comma, and ASCII only.
pub(crate) fn json(value: &Value) -> String {
    let mut text = String::new();
    write(&mut text, value);
    text
}

fn write(text: &mut String, value: &Value) {
    match value {
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { ", " });
                write(text, item);
            }
            text.push(']');
        }
        Value::Object(fields) => {
            text.push('{');
            for (index, (key, value)) in fields.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { ", " });
                ascii(text, &Value::from(key.as_str()));
                text.push_str(": ");
                write(text, value);
            }
            text.push('}');
        }
        plain => ascii(text, plain),
    }
}

fn ascii(text: &mut String, plain: &Value) {
    for c in plain.to_string().chars() {
        if c.is_ascii() {
            text.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(text, "\\u{unit:04x}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn documents_are_spaced_and_escaped_as_python_does() {
        let value = json!([{"name": "ü \"x\"", "version": 1}, {}, [], null, 1.5]);
        let text = r#"[{"name": "\u00fc \"x\"", "version": 1}, {}, [], null, 1.5]"#;
        assert_eq!(super::json(&value), text);
    }
}
