//! What a handler asks of each parameter before it runs, and MLflow's complaints.

use gauntlet_mlflow::{Error, Result};
use serde_json::{Map, Value};

/// One thing that is asked of a parameter.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Check {
    /// It is there, and not the empty text.
    Required,
    /// It is a text.
    Text,
    /// It is a whole number, or a text that is one.
    Whole,
    /// It is a number, or a text that is one.
    Number,
    /// It is true or false.
    Flag,
    /// It is a list.
    List,
    /// All its items are texts.
    Texts,
    /// It is at most this.
    AtMost(i64),
    /// It is between these, or this is said.
    Within(i64, i64, &'static str),
    /// It has at most so many items, or this is said with `{n}` for how many there are.
    Items(usize, &'static str),
    /// Each of its items has these fields.
    Each(&'static [&'static str]),
}

/// A parameter and what is asked of it, in the order in which it is asked.
pub(crate) type Rule = (&'static str, &'static [Check]);

impl Check {
    /// Whether a message that could be read fulfils it already.
    fn is_about_type(self) -> bool {
        matches!(
            self,
            Self::Text | Self::Whole | Self::Number | Self::Flag | Self::List | Self::Texts
        )
    }

    /// `Err` holds what to say, `None` for the usual.
    fn run(self, name: &str, value: &Value) -> Result<(), Option<String>> {
        let usual = |holds: bool| if holds { Ok(()) } else { Err(None) };
        match self {
            Self::Required if is_missing(value) => Err(Some(missing(name))),
            Self::Required => Ok(()),
            Self::Text => usual(value.is_string()),
            Self::Whole => usual(whole(value).is_some()),
            Self::Number => usual(number(value)),
            Self::Flag => usual(value.is_boolean()),
            Self::List => usual(value.is_array()),
            Self::Texts => {
                usual(value.as_array().is_some_and(|items| items.iter().all(Value::is_string)))
            }
            Self::AtMost(most) => usual(whole(value).is_some_and(|n| n <= most)),
            Self::Within(least, most, otherwise) => {
                let inside = whole(value).is_some_and(|n| (least..=most).contains(&n));
                if inside { Ok(()) } else { Err(Some(otherwise.to_owned())) }
            }
            Self::Items(most, otherwise) => {
                let items = value.as_array().map_or(0, Vec::len);
                if items <= most {
                    Ok(())
                } else {
                    Err(Some(otherwise.replace("{n}", &items.to_string())))
                }
            }
            Self::Each(fields) => {
                let items = value.as_array().ok_or(None)?;
                for (index, item) in items.iter().enumerate() {
                    let item = item.as_object().ok_or(None)?;
                    let lacking = fields
                        .iter()
                        .find(|field| is_missing(item.get(**field).unwrap_or(&Value::Null)));
                    if let Some(field) = lacking {
                        return Err(Some(missing(&format!("{name}[{index}].{field}"))));
                    }
                }
                Ok(())
            }
        }
    }
}

/// Asks everything of a request, as it was given. `readable` says whether its types fit the message.
///
/// # Errors
/// The first thing that does not hold.
pub(crate) fn check(given: &Map<String, Value>, rules: &[Rule], readable: bool) -> Result<()> {
    for (name, checks) in rules {
        let required = checks.iter().any(|check| matches!(check, Check::Required));
        let mut value = given.get(*name);
        if value.is_none() && !required {
            continue;
        }
        if *name == "run_id" && value.is_none_or(Value::is_null) {
            value = given.get("run_uuid");
        }
        let value = value.unwrap_or(&Value::Null);
        for check in checks.iter().filter(|check| !(readable && check.is_about_type())) {
            check
                .run(name, value)
                .map_err(|said| complaint(said.unwrap_or_else(|| invalid(name, value))))?;
        }
    }
    Ok(())
}

/// The refusal of a value whose type does not fit, where no rule says anything more precise.
pub(crate) fn misfit(name: &str, value: &Value) -> Error {
    complaint(invalid(name, value))
}

fn complaint(what: String) -> Error {
    Error::invalid(what + " See the API docs for more information about request parameters.")
}

fn missing(name: &str) -> String {
    format!("Missing value for required parameter '{name}'.")
}

fn invalid(name: &str, value: &Value) -> String {
    let kind = match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    };
    format!(
        "Invalid value {} for parameter '{name}' supplied:  Hint: Value was of type '{kind}'.",
        ascii(value)
    )
}

/// Compact JSON in ASCII, as Python writes it.
fn ascii(value: &Value) -> String {
    let mut text = String::new();
    for c in value.to_string().chars() {
        if c.is_ascii() {
            text.push(c);
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                text += &format!("\\u{unit:04x}");
            }
        }
    }
    text
}

fn is_missing(value: &Value) -> bool {
    value.is_null() || value.as_str() == Some("")
}

fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Bool(flag) => Some(i64::from(*flag)),
        #[expect(clippy::cast_possible_truncation, reason = "Python truncates, and Rust saturates")]
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().map(|n| n as i64)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn number(value: &Value) -> bool {
    match value {
        Value::Bool(_) | Value::Number(_) => true,
        Value::String(text) => text.trim().parse::<f64>().is_ok(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(given: Value, rules: &[Rule], readable: bool) -> String {
        match check(given.as_object().unwrap(), rules, readable) {
            Ok(()) => "fine".to_owned(),
            Err(error) => {
                let end = " See the API docs for more information about request parameters.";
                error.message.strip_suffix(end).unwrap().to_owned()
            }
        }
    }

    const RUN: &[Rule] = &[("run_id", &[Check::Required, Check::Text])];

    #[test]
    fn a_missing_value_is_named_and_the_old_name_of_a_run_counts() {
        let missing = "Missing value for required parameter 'run_id'.";
        assert_eq!(said(json!({}), RUN, true), missing);
        assert_eq!(said(json!({"run_id": ""}), RUN, true), missing);
        assert_eq!(said(json!({"run_id": null}), RUN, true), missing);
        assert_eq!(said(json!({"run_uuid": "a"}), RUN, true), "fine");
    }

    #[test]
    fn a_wrong_type_is_told_in_pythons_words_and_only_if_the_message_could_not_be_read() {
        let given = json!({"run_id": {"b": 1, "a": "é"}});
        let text = r#"Invalid value {"a":"\u00e9","b":1} for parameter 'run_id' supplied:  Hint: Value was of type 'dict'."#;
        assert_eq!(said(given.clone(), RUN, false), text);
        assert_eq!(said(given, RUN, true), "fine");
    }

    #[test]
    fn bounds_hold_for_numbers_and_for_texts() {
        let rules: &[Rule] = &[("n", &[Check::Whole, Check::AtMost(10)])];
        assert_eq!(said(json!({"n": 10}), rules, true), "fine");
        assert_eq!(
            said(json!({"n": "11"}), rules, true),
            "Invalid value \"11\" for parameter 'n' supplied:  Hint: Value was of type 'str'."
        );
        let rules: &[Rule] = &[("n", &[Check::Within(1, 5, "between.")])];
        assert_eq!(said(json!({"n": 0}), rules, true), "between.");
        let rules: &[Rule] = &[("n", &[Check::Items(1, "too many: {n}.")])];
        assert_eq!(said(json!({"n": [1, 2]}), rules, true), "too many: 2.");
    }

    #[test]
    fn the_items_of_a_batch_are_named_by_their_place() {
        let rules: &[Rule] = &[("metrics", &[Check::List, Check::Each(&["key", "value"])])];
        let given = json!({"metrics": [{"key": "a", "value": 0}, {"key": "b"}]});
        assert_eq!(
            said(given, rules, true),
            "Missing value for required parameter 'metrics[1].value'."
        );
        assert!(said(json!({"metrics": [1]}), rules, false).starts_with("Invalid value [1]"));
    }
}
