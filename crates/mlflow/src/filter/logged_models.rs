//! What logged models are searched and sorted by.

use super::condition::{no_such_comparison, number, text_or_list};
use super::{Clause, Condition, Op, Operand, Subject, parse_filter};
use crate::{Error, Result};

const ATTRIBUTES: [(&str, &str); 16] = [
    ("name", "name"),
    ("model_id", "model_id"),
    ("experiment_id", "experiment_id"),
    ("model_type", "model_type"),
    ("status", "status"),
    ("status_message", "status_message"),
    ("source_run_id", "source_run_id"),
    ("artifact_location", "artifact_location"),
    ("lifecycle_stage", "lifecycle_stage"),
    ("creation_timestamp_ms", "creation_timestamp_ms"),
    ("creation_timestamp", "creation_timestamp_ms"),
    ("creation_time", "creation_timestamp_ms"),
    ("last_updated_timestamp_ms", "last_updated_timestamp_ms"),
    ("last_updated_timestamp", "last_updated_timestamp_ms"),
    ("last_updated_time", "last_updated_timestamp_ms"),
    ("last_update_time", "last_updated_timestamp_ms"),
];

/// Reads a filter of logged models.
///
/// # Errors
/// `INVALID_PARAMETER_VALUE`: it names what no logged model has, or compares it in a way that it cannot be.
pub fn filter(text: &str) -> Result<Vec<Condition>> {
    let clauses = parse_filter(text)?;
    clauses.iter().map(condition).collect()
}

/// Reads the name of what logged models are sorted by: `metrics.<name>` or an attribute.
///
/// # Errors
/// `INVALID_PARAMETER_VALUE`: logged models cannot be sorted by that.
pub fn sorted_by(field: &str) -> Result<Subject> {
    if let Some((entity, key)) = field.split_once('.') {
        return if entity == "metrics" {
            Ok(Subject::Metric(key.to_owned()))
        } else {
            Err(Error::invalid(format!(
                "Invalid order by field name: {field}. Only metrics are supported."
            )))
        };
    }
    let found = ATTRIBUTES.iter().find(|(name, _)| *name == field);
    let (_, attribute) =
        found.ok_or_else(|| Error::invalid(format!("Invalid order by field name: {field}")))?;
    Ok(Subject::Attribute(attribute))
}

fn condition(clause: &Clause) -> Result<Condition> {
    let Clause { entity, key, op, value } = clause;
    let subject = match entity.as_deref() {
        Some("metrics") => Subject::Metric(key.clone()),
        Some("params") => Subject::Param(key.clone()),
        Some("tags") => Subject::Tag(key.clone()),
        Some("attributes") | None => Subject::Attribute(Subject::attribute(key, &ATTRIBUTES)?),
        Some(other) => {
            return Err(Error::invalid(format!(
                "Invalid entity type: '{other}'. Expected one of ['attributes', 'metrics', 'params', 'tags']."
            )));
        }
    };
    if matches!(op, Op::IsNull | Op::IsNotNull) {
        return Err(no_such_comparison(op, &["=", "!=", "LIKE", "ILIKE", "IN", "NOT IN"]));
    }
    let numeric = matches!(
        &subject,
        Subject::Metric(_)
            | Subject::Attribute("creation_timestamp_ms" | "last_updated_timestamp_ms")
    );
    let test = if numeric {
        number(op, value, |found| format!("Expected a number for '{key}'. Found {found}"))?
    } else {
        // Here, unlike elsewhere, MLflow asks for no quotes: `params.lr = 0.01`.
        let value = match value {
            Operand::Bare(text) | Operand::Number(_, text) => Operand::Text(text.clone()),
            other => other.clone(),
        };
        text_or_list(op, &value, |found| format!("Expected a text for '{key}'. Found {found}"))?
    };
    Ok(Condition { subject, test })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::Test;

    #[test]
    fn numbers_are_compared_as_numbers_and_everything_else_as_text() {
        for (text, subject, test) in [
            ("metrics.loss < 0.5", Subject::Metric("loss".into()), Test::Number("<", 0.5)),
            ("params.lr = 0.01", Subject::Param("lr".into()), Test::Text("=", "0.01".into())),
            ("tags.`a b` in ('x')", Subject::Tag("a b".into()), Test::In(vec!["x".into()])),
            (
                "creation_time > 5",
                Subject::Attribute("creation_timestamp_ms"),
                Test::Number(">", 5.0),
            ),
            (
                "attributes.name ilike 'A%'",
                Subject::Attribute("name"),
                Test::Text("ILIKE", "A%".into()),
            ),
        ] {
            assert_eq!(filter(text).unwrap(), [Condition { subject, test }], "{text}");
        }
        for bad in
            ["metric.a > 1", "metrics.a LIKE 'x'", "foo = 'x'", "name > 'x'", "tags.a IS NULL"]
        {
            assert!(filter(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn metrics_and_attributes_are_sorted_by() {
        assert_eq!(sorted_by("metrics.a.b").unwrap(), Subject::Metric("a.b".into()));
        let created = Subject::Attribute("creation_timestamp_ms");
        assert_eq!(sorted_by("creation_time").unwrap(), created);
        assert!(sorted_by("params.a").is_err());
        assert!(sorted_by("foo").is_err());
    }
}
