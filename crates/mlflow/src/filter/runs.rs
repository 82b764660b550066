//! What runs are searched and sorted by.

use super::condition::{number, text, text_or_list};
use super::{Clause, Condition, Op, Operand, Sort, Subject, parse_filter, parse_order_by};
use crate::{Error, Result};

/// Names of attributes, and what each is.
const SEARCHED: [(&str, &str); 12] = [
    ("run_id", "run_id"),
    ("run_name", "run_name"),
    ("user_id", "user_id"),
    ("status", "status"),
    ("start_time", "start_time"),
    ("end_time", "end_time"),
    ("artifact_uri", "artifact_uri"),
    ("created", "start_time"),
    ("Created", "start_time"),
    ("run name", "run_name"),
    ("Run name", "run_name"),
    ("Run Name", "run_name"),
];
const DATASET: [&str; 3] = ["name", "digest", "context"];

/// Reads a filter of runs.
///
/// # Errors
/// `INVALID_PARAMETER_VALUE`: it names what no run has, or compares it in a way that it cannot be.
pub fn filter(text: &str) -> Result<Vec<Condition>> {
    let clauses = parse_filter(text)?;
    clauses.iter().map(condition).collect()
}

/// Reads what runs are sorted by.
///
/// # Errors
/// `INVALID_PARAMETER_VALUE`: it names what runs cannot be sorted by, or something twice.
pub fn order_by(list: &[String]) -> Result<Vec<Sort>> {
    let mut sorts: Vec<Sort> = Vec::with_capacity(list.len());
    for text in list {
        let clause = parse_order_by(text)?;
        // Names with spaces can be filtered by only.
        let sorted = &SEARCHED[..9];
        let subject = subject(clause.entity.as_deref(), &clause.key, sorted)?;
        if let Subject::Dataset(_) = subject {
            return Err(Error::invalid("Invalid identifier type 'dataset'"));
        }
        if sorts.iter().any(|sort| sort.subject == subject) {
            return Err(Error::invalid(format!("`order_by` contains duplicate fields: {list:?}")));
        }
        sorts.push(Sort { subject, ascending: clause.ascending });
    }
    Ok(sorts)
}

fn subject(
    entity: Option<&str>,
    key: &str,
    attributes: &[(&'static str, &'static str)],
) -> Result<Subject> {
    Ok(match entity.unwrap_or("attribute") {
        "metric" | "metrics" => Subject::Metric(key.to_owned()),
        "parameter" | "parameters" | "param" | "params" => Subject::Param(key.to_owned()),
        "tag" | "tags" => Subject::Tag(key.to_owned()),
        "attribute" | "attributes" | "attr" | "run" => {
            Subject::Attribute(Subject::attribute(key, attributes)?)
        }
        "dataset" | "datasets" => {
            let found = DATASET.iter().find(|name| **name == key);
            Subject::Dataset(found.ok_or_else(|| {
                Error::invalid(format!(
                    "Invalid dataset key '{key}' specified. Valid keys are '{{'name', 'digest', 'context'}}'"
                ))
            })?)
        }
        other => {
            return Err(Error::invalid(format!(
                "Invalid entity type '{other}'. Valid values are \
                ['metric', 'parameter', 'tag', 'attribute', 'dataset']"
            )));
        }
    })
}

fn condition(clause: &Clause) -> Result<Condition> {
    let Clause { entity, key, op, value } = clause;
    let subject = subject(entity.as_deref(), key, &SEARCHED)?;
    let test = match (&subject, op) {
        (Subject::Tag(_) | Subject::Param(_), Op::IsNull) => super::Test::Present(false),
        (Subject::Tag(_) | Subject::Param(_), Op::IsNotNull) => super::Test::Present(true),
        (_, Op::IsNull | Op::IsNotNull) => {
            return Err(Error::invalid(format!(
                "IS NULL / IS NOT NULL is only supported for tags and params, not for '{}' '{key}'",
                named(&subject)
            )));
        }
        (Subject::Metric(_), _) => number(op, value, |found| {
            format!("Expected numeric value type for metric. Found {found}")
        })?,
        (Subject::Attribute("start_time" | "end_time"), _) => number(op, value, |found| {
            format!("Expected numeric value type for numeric attribute: {key}. Found {found}")
        })?,
        (Subject::Tag(_) | Subject::Param(_), _) => text(op, value, |found| {
            format!(
                "Expected a quoted string value for {} (e.g. 'my-value'). Got value {found}",
                named(&subject)
            )
        })?,
        (Subject::Dataset(_), _) => text_or_list(op, value, |found| {
            format!("Expected a quoted string value for dataset attributes. Got value {found}")
        })?,
        (Subject::Attribute(name), _) => {
            if matches!(value, Operand::List(_)) && *name != "run_id" {
                return Err(Error::invalid(
                    "Only ['run_id'] attributes support comparison with a list of quoted string values.",
                ));
            }
            text_or_list(op, value, |found| {
                format!("Expected a quoted string value for attributes. Got value {found}")
            })?
        }
    };
    Ok(Condition { subject, test })
}

fn named(subject: &Subject) -> &'static str {
    match subject {
        Subject::Attribute(_) => "attribute",
        Subject::Metric(_) => "metric",
        Subject::Param(_) => "parameter",
        Subject::Tag(_) => "tag",
        Subject::Dataset(_) => "dataset",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::Test;

    #[test]
    fn entities_and_attributes_have_several_names() {
        for (text, subject) in [
            ("metric.a > 1", Subject::Metric("a".into())),
            ("param.a = 'x'", Subject::Param("a".into())),
            ("tag.a = 'x'", Subject::Tag("a".into())),
            ("run.status = 'x'", Subject::Attribute("status")),
            ("attr.user_id = 'x'", Subject::Attribute("user_id")),
            ("created > 1", Subject::Attribute("start_time")),
            ("attributes.`Run name` = 'x'", Subject::Attribute("run_name")),
            ("datasets.context = 'x'", Subject::Dataset("context")),
        ] {
            assert_eq!(filter(text).unwrap()[0].subject, subject, "{text}");
        }
    }

    #[test]
    fn each_subject_has_its_comparisons() {
        let list = || vec!["a".to_owned()];
        for (text, test) in [
            ("metrics.a >= -1.5", Test::Number(">=", -1.5)),
            ("end_time != 5", Test::Number("!=", 5.0)),
            ("params.a ilike 'X%'", Test::Text("ILIKE", "X%".into())),
            ("run_id not in ('a')", Test::NotIn(list())),
            ("dataset.name IN ('a')", Test::In(list())),
            ("tags.a IS NULL", Test::Present(false)),
            ("params.a IS NOT NULL", Test::Present(true)),
        ] {
            assert_eq!(filter(text).unwrap()[0].test, test, "{text}");
        }
    }

    #[test]
    fn what_a_subject_has_not_is_refused_with_mlflows_words() {
        for (text, message) in [
            ("foo.a = 'x'", "Invalid entity type 'foo'. Valid values are ["),
            ("Params.a = 'x'", "Invalid entity type 'Params'"),
            ("name = 'x'", "Invalid attribute key 'name' specified. Valid keys are '{'"),
            ("experiment_id = '1'", "Invalid attribute key 'experiment_id'"),
            ("dataset.source = 'x'", "Invalid dataset key 'source' specified."),
            ("metrics.a = 'x'", "Expected numeric value type for metric. Found 'x'"),
            ("metrics.a > nan", "Expected numeric value type for metric. Found nan"),
            ("metrics.a == 1", "Invalid comparator '==' not one of '{'>'"),
            ("metrics.a LIKE 1", "Invalid comparator 'LIKE'"),
            (
                "params.a = 1",
                "Expected a quoted string value for parameter (e.g. 'my-value'). Got value 1",
            ),
            ("params.a = x", "Parameter value is either not quoted or unidentified quote types"),
            ("params.a > 'x'", "Invalid comparator '>'"),
            ("params.a NOT LIKE 'x'", "Invalid comparator 'NOT LIKE'"),
            ("tags.a IN ('x')", "Expected a quoted string value for tag"),
            ("start_time > 'x'", "Expected numeric value type for numeric attribute: start_time."),
            ("status IN ('x')", "Only ['run_id'] attributes support comparison with a list"),
            ("end_time IS NULL", "IS NULL / IS NOT NULL is only supported for tags and params"),
            ("run_id IN ()", "While parsing a list in the query"),
        ] {
            let error = filter(text).unwrap_err();
            assert_eq!(error.code, crate::ErrorCode::InvalidParameterValue, "{text}");
            assert!(error.message.starts_with(message), "{text}: {}", error.message);
        }
    }

    #[test]
    fn runs_are_sorted_by_anything_once() {
        let sort =
            |list: &[&str]| order_by(&list.iter().map(|&s| s.to_owned()).collect::<Vec<_>>());
        let sorts = sort(&["metrics.a DESC", "params.`b c`", "Created asc"]).unwrap();
        assert_eq!(sorts[0], Sort { subject: Subject::Metric("a".into()), ascending: false });
        assert_eq!(sorts[2].subject, Subject::Attribute("start_time"));
        for bad in [
            &["dataset.name"][..],
            &["`Run name`"],
            &["metric.a", "metrics.a desc"],
            &["created", "start_time"],
            &["foo"],
            &["a b c"],
        ] {
            assert!(sort(bad).is_err(), "{bad:?}");
        }
    }
}
