//! JSON into the shape of a message, as lenient as protocol buffers' own reader.
//!
//! What is read here is what `google.protobuf.json_format.ParseDict` accepts: names in snake or camel case,
//! unknown names ignored, `null` as not set, whole numbers as texts or as doubles without a fraction,
//! enumerations by name or number, doubles as texts.

use gauntlet_mlflow::{Error, Field, FieldKind, Label, Result};
use serde_json::{Map, Number, Value};

/// A field whose value has another type than the message says.
#[derive(Debug, PartialEq)]
pub(crate) struct Misfit {
    /// The field of the request, not of a message inside it.
    pub(crate) field: &'static str,
}

/// What a request says in the names and types of its message; fields that do not fit are left out and told of.
pub(crate) fn normalise(
    given: &Map<String, Value>,
    fields: &'static [Field],
) -> (Map<String, Value>, Option<Misfit>) {
    let (mut known, mut misfit) = (Map::new(), None);
    for (key, value) in given {
        let Some(field) = find(fields, key) else { continue };
        match convert(value, field) {
            Some(Value::Null) => {}
            Some(value) => _ = known.insert(field.name.to_owned(), value),
            None => misfit = misfit.or(Some(Misfit { field: field.name })),
        }
    }
    (known, misfit)
}

/// Refuses an object that spells one field in two ways: which one holds would be a guess.
pub(crate) fn refuse_doubles(given: &Value, fields: &'static [Field]) -> Result<()> {
    let Value::Object(map) = given else { return Ok(()) };
    for key in map.keys() {
        let Some(field) = find(fields, key) else { continue };
        if key != field.name && map.contains_key(field.name) {
            return Err(Error::invalid(format!(
                "Request specifies both '{}' and '{key}'; provide only one of them.",
                field.name
            )));
        }
        if let FieldKind::Message(inner) = field.kind {
            match &map[key] {
                Value::Array(items) => {
                    items.iter().try_for_each(|item| refuse_doubles(item, inner))?;
                }
                item => refuse_doubles(item, inner)?,
            }
        }
    }
    Ok(())
}

fn find(fields: &'static [Field], key: &str) -> Option<&'static Field> {
    fields.iter().find(|field| field.name == key || is_camel_of(field.name, key))
}

/// Whether `key` is `snake` in lower camel case.
fn is_camel_of(snake: &str, key: &str) -> bool {
    let mut key = key.chars();
    let mut upper = false;
    for c in snake.chars() {
        if c == '_' {
            upper = true;
            continue;
        }
        let c = if upper { c.to_ascii_uppercase() } else { c };
        upper = false;
        if key.next() != Some(c) {
            return false;
        }
    }
    key.next().is_none()
}

fn convert(value: &Value, field: &'static Field) -> Option<Value> {
    if value.is_null() {
        return Some(Value::Null);
    }
    if field.label != Label::Repeated {
        return scalar(value, field.kind);
    }
    let Value::Array(items) = value else { return None };
    items
        .iter()
        .map(|item| scalar(item, field.kind).filter(|item| !item.is_null()))
        .collect::<Option<Vec<Value>>>()
        .map(Value::Array)
}

/// The value in the one form that the message's reader takes; `null` if it is as if not set.
fn scalar(value: &Value, kind: FieldKind) -> Option<Value> {
    match kind {
        FieldKind::String => value.is_string().then(|| value.clone()),
        FieldKind::Bool => value.is_boolean().then(|| value.clone()),
        FieldKind::Int32 => whole(value).filter(|n| i32::try_from(*n).is_ok()).map(Value::from),
        FieldKind::Int64 => whole(value).map(Value::from),
        FieldKind::Double => double(value),
        FieldKind::Enum(names) => enumerated(value, names),
        FieldKind::Message(fields) => {
            let (known, misfit) = normalise(value.as_object()?, fields);
            misfit.is_none().then_some(Value::Object(known))
        }
    }
}

fn whole(value: &Value) -> Option<i64> {
    let of_double = |double: f64| {
        // Within these bounds the conversion is exact.
        let fits = double.fract() == 0.0 && double.abs() < 9.0e18;
        #[expect(clippy::cast_possible_truncation, reason = "it is whole and within bounds")]
        fits.then_some(double as i64)
    };
    match value {
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().and_then(of_double)),
        Value::String(text) if !text.contains(' ') => {
            text.parse().ok().or_else(|| text.parse().ok().and_then(of_double))
        }
        _ => None,
    }
}

fn double(value: &Value) -> Option<Value> {
    let texts = ["NaN", "Infinity", "-Infinity"];
    match value {
        Value::Number(_) => Some(value.clone()),
        Value::Bool(flag) => Some(Value::from(f64::from(u8::from(*flag)))),
        Value::String(text) if texts.contains(&text.as_str()) => Some(value.clone()),
        Value::String(text) if text != "nan" => {
            let number = text.trim().parse::<f64>().ok()?;
            let text = match number {
                n if n.is_nan() => "NaN",
                f64::INFINITY => "Infinity",
                f64::NEG_INFINITY => "-Infinity",
                n => return Number::from_f64(n).map(Value::Number),
            };
            Some(Value::from(text))
        }
        _ => None,
    }
}

fn enumerated(value: &Value, names: &'static [(&'static str, i32)]) -> Option<Value> {
    let by_name = |text: &str| names.iter().find(|(name, _)| *name == text);
    let by_number = |n: i64| names.iter().find(|(_, number)| i64::from(*number) == n);
    if let Value::String(text) = value {
        if let Some((name, _)) = by_name(text) {
            return Some(Value::from(*name));
        }
        // A name of a newer release is as if the field was not set.
        let Ok(number) = text.trim().parse() else { return Some(Value::Null) };
        return by_number(number).map(|(name, _)| Value::from(*name));
    }
    by_number(whole(value)?).map(|(name, _)| Value::from(*name))
}

#[cfg(test)]
mod tests {
    use gauntlet_mlflow::{CreateRun, LogBatch, LogMetric, Message, SearchRuns, UpdateRun};
    use serde_json::json;

    use super::*;

    fn read<M: Message + serde::de::DeserializeOwned>(given: &Value) -> (M, Option<Misfit>) {
        let (known, misfit) = normalise(given.as_object().unwrap(), M::FIELDS);
        (serde_json::from_value(Value::Object(known)).unwrap(), misfit)
    }

    #[test]
    fn both_spellings_are_read_and_unknown_names_are_not_minded() {
        let given = json!({"experimentId": "1", "startTime": "5", "new_in_4": {"x": 1}});
        let (run, misfit) = read::<CreateRun>(&given);
        assert_eq!((run.experiment_id.as_deref(), run.start_time), (Some("1"), Some(5)));
        assert_eq!(misfit, None);
    }

    #[test]
    fn one_field_in_two_spellings_is_refused_at_every_depth() {
        let refused = |given: Value, fields| refuse_doubles(&given, fields).is_err();
        assert!(refused(json!({"run_id": "a", "runId": "b"}), LogMetric::FIELDS));
        let metrics = json!({"metrics": [{"key": "a"}, {"modelId": "a", "model_id": "b"}]});
        assert!(refused(metrics, LogBatch::FIELDS));
        assert!(!refused(json!({"run_id": "a", "run_uuid": "b"}), LogMetric::FIELDS));
    }

    #[test]
    fn whole_numbers_are_read_from_texts_and_doubles_without_a_fraction() {
        for (given, expected) in [
            (json!(7), Some(7)),
            (json!("7"), Some(7)),
            (json!(7.0), Some(7)),
            (json!("7e0"), Some(7)),
            (json!(null), None),
        ] {
            let (run, misfit) = read::<CreateRun>(&json!({"start_time": given}));
            assert_eq!((run.start_time, misfit), (expected, None), "{given}");
        }
        for given in [json!(7.5), json!("7 "), json!(true), json!([7]), json!("x"), json!(1e300)] {
            let (run, misfit) = read::<CreateRun>(&json!({"start_time": given}));
            assert_eq!(run.start_time, None);
            assert_eq!(misfit, Some(Misfit { field: "start_time" }), "{given}");
        }
        let (search, misfit) = read::<SearchRuns>(&json!({"max_results": 3_000_000_000_i64}));
        assert!(search.max_results.is_none() && misfit.is_some(), "more than 32 bits");
    }

    #[test]
    fn doubles_have_texts_for_what_is_no_number() {
        for (given, expected) in [
            (json!("NaN"), f64::NAN),
            (json!("Infinity"), f64::INFINITY),
            (json!("-Infinity"), f64::NEG_INFINITY),
            (json!("1.5"), 1.5),
            (json!(2), 2.0),
            (json!(true), 1.0),
        ] {
            let (metric, _) = read::<LogMetric>(&json!({"value": given}));
            let value = metric.value.unwrap().0;
            assert!(value == expected || value.is_nan() && expected.is_nan(), "{given}");
        }
        assert!(read::<LogMetric>(&json!({"value": "much"})).1.is_some());
    }

    #[test]
    fn enumerations_have_names_and_numbers_and_unknown_names_count_for_nothing() {
        for given in [json!("FINISHED"), json!(3), json!("3")] {
            let (run, _) = read::<UpdateRun>(&json!({"status": given}));
            assert_eq!(run.status.unwrap().as_str(), "FINISHED");
        }
        assert_eq!(read::<UpdateRun>(&json!({"status": "BOGUS"})).1, None);
        assert!(read::<UpdateRun>(&json!({"status": 99})).1.is_some());
    }

    #[test]
    fn a_list_with_a_hole_does_not_fit() {
        let (_, misfit) = read::<SearchRuns>(&json!({"experiment_ids": ["1", null]}));
        assert_eq!(misfit, Some(Misfit { field: "experiment_ids" }));
        let (_, misfit) = read::<SearchRuns>(&json!({"experiment_ids": "1"}));
        assert!(misfit.is_some());
    }
}
