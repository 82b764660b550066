//! What experiments are searched and sorted by.

use super::condition::{number, text, text_or_list};
use super::{
    Clause, Condition, Op, Operand, Sort, Subject, Test, parse_filter_of_entities, parse_order_by,
};
use crate::{Error, Result};

const ATTRIBUTES: [(&str, &str); 4] = [
    ("name", "name"),
    ("experiment_id", "experiment_id"),
    ("creation_time", "creation_time"),
    ("last_update_time", "last_update_time"),
];

/// Reads a filter of experiments.
///
/// # Errors
/// `INVALID_PARAMETER_VALUE`: it names what no experiment has, or compares it in a way that it cannot be.
pub fn filter(text: &str) -> Result<Vec<Condition>> {
    let clauses = parse_filter_of_entities(text)?;
    clauses.iter().map(condition).collect()
}

/// Reads what experiments are sorted by.
///
/// # Errors
/// `INVALID_PARAMETER_VALUE`: experiments cannot be sorted by that.
pub fn order_by(list: &[String]) -> Result<Vec<Sort>> {
    let sort = |text: &String| {
        let clause = parse_order_by(text)?;
        let subject = subject(clause.entity.as_deref(), &clause.key)?;
        if let Subject::Tag(_) = subject {
            return Err(Error::invalid("Invalid order_by entity: tag"));
        }
        Ok(Sort { subject, ascending: clause.ascending })
    };
    list.iter().map(sort).collect()
}

fn subject(entity: Option<&str>, key: &str) -> Result<Subject> {
    match entity.unwrap_or("attribute") {
        "attribute" => Ok(Subject::Attribute(Subject::attribute(key, &ATTRIBUTES)?)),
        "tag" | "tags" => Ok(Subject::Tag(key.to_owned())),
        other => Err(Error::invalid(format!(
            "Invalid entity type '{other}'. Valid entity types are ('attribute', 'tag', 'tags')"
        ))),
    }
}

fn condition(clause: &Clause) -> Result<Condition> {
    let Clause { entity, key, op, value } = clause;
    let subject = subject(entity.as_deref(), key)?;
    let test = match (&subject, op) {
        (Subject::Tag(_), Op::IsNull) => Test::Present(false),
        (Subject::Tag(_), Op::IsNotNull) => Test::Present(true),
        (_, Op::IsNull | Op::IsNotNull) => {
            return Err(Error::invalid(format!(
                "IS NULL / IS NOT NULL is only supported for tags, not for attribute '{key}'"
            )));
        }
        (Subject::Attribute("creation_time" | "last_update_time"), _) => {
            let test = number(op, value, |found| {
                format!("Expected numeric value type for numeric attribute: {key}. Found {found}")
            })?;
            if let Operand::Number(_, text) = value
                && text.parse::<i64>().is_err()
            {
                return Err(Error::invalid(format!(
                    "Invalid value for numeric attribute '{key}': '{text}'"
                )));
            }
            test
        }
        (Subject::Attribute("experiment_id"), _) => {
            if !matches!(op, Op::Eq | Op::Ne | Op::In | Op::NotIn) {
                return Err(not_for("experiment_id", op));
            }
            text_or_list(op, value, for_attributes)?
        }
        (Subject::Attribute(_), _) => {
            if matches!(value, Operand::List(_)) {
                return Err(Error::invalid(
                    "Only ['experiment_id'] attributes support comparison with a list of quoted string values.",
                ));
            }
            text_or_list(op, value, for_attributes)?
        }
        _ if matches!(value, Operand::Text(_))
            && !matches!(op, Op::Eq | Op::Ne | Op::Like | Op::Ilike) =>
        {
            return Err(not_for("tag", op));
        }
        _ => text(op, value, |found| {
            format!("Expected a quoted string value for tag (e.g. 'my-value'). Got value {found}")
        })?,
    };
    Ok(Condition { subject, test })
}

fn not_for(what: &str, op: &Op) -> Error {
    Error::invalid(format!("Invalid comparator for {what}: {}", op.as_str()))
}

fn for_attributes(found: String) -> String {
    format!("Expected a quoted string value for attributes. Got value {found}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn experiments_have_names_numbers_times_and_tags() {
        for (text, subject, test) in [
            ("name LIKE 'a%'", Subject::Attribute("name"), Test::Text("LIKE", "a%".into())),
            (
                "attribute.experiment_id IN ('1', '2')",
                Subject::Attribute("experiment_id"),
                Test::In(vec!["1".into(), "2".into()]),
            ),
            ("creation_time >= 5", Subject::Attribute("creation_time"), Test::Number(">=", 5.0)),
            ("tags.a IS NULL", Subject::Tag("a".into()), Test::Present(false)),
            ("tag.a != 'x'", Subject::Tag("a".into()), Test::Text("!=", "x".into())),
        ] {
            assert_eq!(filter(text).unwrap(), [Condition { subject, test }], "{text}");
        }
    }

    #[test]
    fn what_experiments_have_not_is_refused() {
        for bad in [
            "metrics.a > 1",
            "attributes.name = 'x'",
            "lifecycle_stage = 'active'",
            "name IN ('x')",
            "name > 'x'",
            "name IS NULL",
            "experiment_id LIKE '1'",
            "experiment_id = 1",
            "creation_time > 1.5",
            "creation_time = 'x'",
            "tags.a > 'x'",
        ] {
            assert!(filter(bad).is_err(), "{bad}");
        }
        assert!(order_by(&["tags.a".into()]).is_err());
        assert!(order_by(&["name DESC".into(), "experiment_id".into()]).is_ok());
    }
}
