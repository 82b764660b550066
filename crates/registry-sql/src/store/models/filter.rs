//! What registered models and versions can be searched by, and each condition as SQL.

use std::collections::BTreeMap;

use gauntlet_mlflow::filter::{Clause, Op, Operand, OrderBy, parse_filter_of_entities};
use gauntlet_mlflow::{Error, PageToken, Result};

use super::check;
use crate::db::{Dialect, Sql, sql};

/// Which of the two is searched.
#[derive(Debug)]
pub(super) struct Subject {
    /// Attributes that texts are compared with, and their columns.
    pub(super) texts: &'static [(&'static str, &'static str)],
    /// Attributes that may stand before `IN`.
    pub(super) lists: &'static [&'static str],
    /// Attributes that numbers are compared with, and their columns.
    pub(super) numbers: &'static [(&'static str, &'static str)],
    /// The table of tags, and what ties a tag `t` to what is searched.
    pub(super) tags: (&'static str, &'static str),
    /// What ties a prompt's tag `p` to what is searched.
    pub(super) prompts: &'static str,
}

/// Appends ` AND ...` for each condition of a filter, and leaves prompts out unless it asks for them.
pub(super) fn conditions(subject: &Subject, dialect: Dialect, filter: &str) -> Result<Sql> {
    let mut conditions = sql("");
    let mut tags: BTreeMap<String, Vec<(Op, String)>> = BTreeMap::new();
    let mut prompts = None;
    for clause in parse_filter_of_entities(filter)? {
        if is_tag(&clause)? {
            let (key, value) = (clause.key.clone(), tag_value(&clause)?);
            if key == check::IS_PROMPT {
                let value = value.to_lowercase();
                let asked = (clause.op == Op::Eq && value == "true")
                    || (clause.op == Op::Ne && value == "false");
                prompts.get_or_insert(asked);
            }
            tags.entry(key).or_default().push((clause.op, value));
        } else {
            conditions.push(" AND ");
            attribute(subject, dialect, &clause, &mut conditions)?;
        }
    }
    let (table, tie) = subject.tags;
    if prompts != Some(true) {
        tags.remove(check::IS_PROMPT);
        conditions
            .push(&format!(
                " AND NOT EXISTS (SELECT 1 FROM {table} p WHERE p.workspace = 'default' AND {}
                AND p.value = 'true' AND p.key = ",
                subject.prompts
            ))
            .push_bind(check::IS_PROMPT)
            .push(")");
    }
    for (key, tests) in tags {
        conditions
            .push(&format!(
                " AND EXISTS (SELECT 1 FROM {table} t WHERE t.workspace = 'default' AND {tie}
                AND t.key = "
            ))
            .push_bind(key);
        for (op, value) in tests {
            conditions.push(" AND ");
            compare(&mut conditions, dialect, "t.value", &op, value);
        }
        conditions.push(")");
    }
    Ok(conditions)
}

fn is_tag(clause: &Clause) -> Result<bool> {
    entity(clause.entity.as_deref())
}

/// Whether an entity is a tag; otherwise it is an attribute.
fn entity(entity: Option<&str>) -> Result<bool> {
    match entity {
        None | Some("attribute") => Ok(false),
        Some("tag" | "tags") => Ok(true),
        Some(other) => Err(Error::invalid(format!(
            "Invalid entity type '{other}'. Valid entity types are ('attribute', 'tag', 'tags')"
        ))),
    }
}

fn tag_value(clause: &Clause) -> Result<String> {
    let value = match &clause.value {
        Operand::Text(text) => text.clone(),
        Operand::Bare(text) => return Err(unquoted(text)),
        other => {
            return Err(Error::invalid(format!(
                "Expected a quoted string value for tag (e.g. 'my-value'). Got value {}",
                other.shown()
            )));
        }
    };
    match clause.op {
        Op::Eq | Op::Ne | Op::Like | Op::Ilike => Ok(value),
        ref op => Err(Error::invalid(format!("Invalid comparator for tag: {}", op.as_str()))),
    }
}

fn unquoted(text: &str) -> Error {
    Error::invalid(format!(
        "Parameter value is either not quoted or unidentified quote types used for string value {text}. Use either \
        single or double quotes."
    ))
}

fn attribute(
    subject: &Subject,
    dialect: Dialect,
    clause: &Clause,
    conditions: &mut Sql,
) -> Result<()> {
    let of = |list: &'static [(&'static str, &'static str)]| {
        list.iter().find(|(name, _)| *name == clause.key).map(|(_, column)| *column)
    };
    let (text, number) = (of(subject.texts), of(subject.numbers));
    let Some(column) = text.or(number) else {
        let keys = subject.texts.iter().chain(subject.numbers).map(|(name, _)| *name);
        return Err(Error::invalid(format!(
            "Invalid attribute key '{}' specified. Valid keys are '{}'",
            clause.key,
            set(keys)
        )));
    };
    let expected_text = || {
        Error::invalid(format!(
            "Expected a quoted string value or a list of quoted string values for attributes. Got value {}",
            clause.value.shown()
        ))
    };
    match &clause.value {
        Operand::List(_) if !subject.lists.contains(&clause.key.as_str()) => {
            return Err(Error::invalid(format!(
                "Only {} attributes support comparison with a list of quoted string values.",
                check::listed(&subject.lists.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>())
            )));
        }
        Operand::Number(..) if subject.numbers.is_empty() => return Err(expected_text()),
        Operand::Number(..) if number.is_none() => {
            return Err(Error::invalid(
                "Only the '{'creation_timestamp', 'last_updated_timestamp', 'version_number'}' attributes support \
                comparison with numeric values.",
            ));
        }
        Operand::Bare(text) => return Err(unquoted(text)),
        Operand::None => return Err(expected_text()),
        Operand::Text(_) | Operand::List(_) | Operand::Number(..) => {}
    }
    let refused = |what: &str| {
        Err(Error::invalid(format!(
            "Invalid comparator for attribute{what}: {}",
            clause.op.as_str()
        )))
    };
    if number.is_some() {
        if !matches!(clause.op, Op::Eq | Op::Ne | Op::Gt | Op::Ge | Op::Lt | Op::Le) {
            return refused(&format!(" {}", clause.key));
        }
        let value = whole(&clause.key, &clause.value)?;
        conditions.push(&format!("{column} {} ", clause.op.as_str())).push_bind(value);
        return Ok(());
    }
    match (&clause.op, &clause.value) {
        (Op::Eq | Op::Ne | Op::Like | Op::Ilike, Operand::Text(value)) => {
            compare(conditions, dialect, column, &clause.op, value.clone());
        }
        (Op::In | Op::NotIn, Operand::List(values)) => {
            conditions.push(&format!("{column} {} ", clause.op.as_str()));
            conditions.push_list(values.iter().map(String::as_str));
        }
        _ => return refused(""),
    }
    Ok(())
}

/// A whole number, written as such or in quotes.
fn whole(key: &str, value: &Operand) -> Result<i64> {
    let text = match value {
        Operand::Number(_, text) | Operand::Text(text) => text,
        _ => "",
    };
    text.trim().parse().map_err(|_| {
        let shown = match value {
            Operand::Text(text) => check::quoted(text),
            other => other.shown(),
        };
        Error::invalid(format!("Invalid value for numeric attribute '{key}': {shown}"))
    })
}

/// Appends the comparison of a column with a text. What a caller gave is bound; the rest is ours.
fn compare(conditions: &mut Sql, dialect: Dialect, column: &str, op: &Op, value: String) {
    if *op == Op::Ilike && dialect == Dialect::Sqlite {
        conditions.push(&format!("lower({column}) LIKE lower(")).push_bind(value).push(")");
    } else {
        conditions.push(&format!("{column} {} ", op.as_str())).push_bind(value);
    }
}

/// Names as Python shows a set of them, in order.
pub(super) fn set<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut names: Vec<String> = names.map(|name| format!("'{name}'")).collect();
    names.sort();
    format!("{{{}}}", names.join(", "))
}

/// Refuses to sort by one column twice.
pub(super) fn once(
    seen: &mut Vec<&'static str>,
    column: &'static str,
    all: &[String],
) -> Result<()> {
    if seen.contains(&column) {
        // MLflow answers with a code that makes clients try again for minutes.
        let all = check::listed(all);
        return Err(Error::invalid(format!("`order_by` contains duplicate fields: {all}")));
    }
    seen.push(column);
    Ok(())
}

/// Checks that what is sorted by is an attribute or a tag.
pub(super) fn sorts_by_tag(order: &OrderBy) -> Result<bool> {
    entity(order.entity.as_deref())
}

/// A page: how many, after how many.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page {
    pub(super) size: i64,
    pub(super) offset: PageToken,
}

impl Page {
    /// Appends the limit: one more than asked for, to see whether there is another page.
    pub(super) fn limit(self, select: &mut Sql) {
        select.push(" LIMIT ").push_bind(self.size + 1).push(" OFFSET ").push_bind(self.offset.0);
    }

    /// Cuts off what belongs to the next page, and says where that begins.
    pub(super) fn cut<T>(self, found: &mut Vec<T>) -> Option<String> {
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        let more = found.len() > size;
        found.truncate(size);
        more.then(|| PageToken(self.offset.0.saturating_add(self.size)).write())
    }
}

/// MLflow's complaint about a page that is too large.
pub(super) fn too_many(asked: i64) -> Error {
    Error::invalid(format!(
        "Invalid value \"{asked}\" for parameter 'max_results' supplied:  Hint: Value was of type 'str'. See the API \
        docs for more information about request parameters."
    ))
}
