//! What names and values may be, with MLflow's words for what they may not be.

use gauntlet_mlflow::{Double, Error, KeyValue, Metric, Result};

use super::quote;

/// Characters of a key.
const KEY: usize = 250;
/// Characters of a parameter's value; longer ones are cut.
const PARAM_VALUE: usize = 6000;
/// Characters of a run tag's value; longer ones are cut.
pub(super) const TAG_VALUE: usize = 8000;
/// Characters of an experiment tag's value.
const EXPERIMENT_TAG_VALUE: usize = 20_000;
/// Characters of an experiment's name.
const EXPERIMENT_NAME: usize = 500;

/// What SQL cannot store stands for the infinities.
const LARGEST: f64 = f64::MAX;

/// A metric's value as it is stored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stored {
    pub(super) value: f64,
    pub(super) is_nan: bool,
}

impl Stored {
    pub(super) fn of(value: f64) -> Self {
        if value.is_nan() {
            Self { value: 0.0, is_nan: true }
        } else {
            Self { value: value.clamp(-LARGEST, LARGEST), is_nan: false }
        }
    }

    pub(super) fn read(self) -> Double {
        Double(if self.is_nan { f64::NAN } else { self.value })
    }
}

/// A metric that was checked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Checked {
    pub(super) key: String,
    pub(super) stored: Stored,
    pub(super) timestamp: i64,
    pub(super) step: i64,
    pub(super) model_id: Option<String>,
    pub(super) dataset_name: Option<String>,
    pub(super) dataset_digest: Option<String>,
}

/// What MLflow's server says of a field that is missing.
pub(super) fn missing_field(path: &str) -> Error {
    Error::invalid(format!(
        "Missing value for required parameter '{path}'. See the API docs for more information about request \
        parameters."
    ))
}

/// The run that a request names in one of two fields; of a request that names none, the one that there is not.
pub(super) fn run_id(run_id: Option<String>, run_uuid: Option<String>) -> String {
    run_id.filter(|id| !id.is_empty()).or(run_uuid).unwrap_or_default()
}

/// A run's identifier where batches are logged, which is stricter.
pub(super) fn strict_run_id(run_id: &str) -> Result<()> {
    let mut chars = run_id.chars();
    let first = chars.next().is_some_and(|c| c.is_ascii_alphanumeric());
    let rest = chars.all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
    if first && rest && run_id.chars().count() <= 256 {
        Ok(())
    } else {
        Err(Error::invalid(format!(
            "Invalid value {} for parameter 'run_id' supplied.",
            quote::json(run_id)
        )))
    }
}

/// An experiment's number, which clients send as a text.
pub(super) fn experiment_id(text: &str) -> Result<i64> {
    let invalid = || {
        Error::invalid(format!(
            "Invalid experiment ID '{text}'. Experiment ID must be a valid integer."
        ))
    };
    let digits = text.trim();
    let unsigned = digits.strip_prefix(['+', '-']).unwrap_or(digits);
    if unsigned.is_empty() || !unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(invalid());
    }
    // One that is too large for a number is one that no experiment has.
    Ok(digits.parse().unwrap_or(i64::MAX))
}

/// Page sizes of searches.
pub(super) fn max_results(asked: i64) -> Result<i64> {
    const MOST: i64 = 50_000;
    let refused = |must| {
        Error::invalid(format!(
            "Invalid value {asked} for parameter 'max_results' supplied. It must be {must}"
        ))
    };
    match asked {
        ..1 => Err(refused("a positive integer".to_owned())),
        1..=MOST => Ok(asked),
        _ => Err(refused(format!("at most {MOST}"))),
    }
}

pub(super) fn experiment_name(name: &str) -> Result<()> {
    if name.is_empty() {
        return Err(Error::invalid("Invalid experiment name: ''"));
    }
    within("name", EXPERIMENT_NAME, name)
}

pub(super) fn experiment_tag(key: &str, value: &str) -> Result<()> {
    name(key, "key")?;
    within("key", KEY, key)?;
    within("value", EXPERIMENT_TAG_VALUE, value)
}

/// A tag of a run, at `path` in the request.
pub(super) fn tag(tag: KeyValue, path: &str) -> Result<(String, String)> {
    let at =
        |field: &str| if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") };
    let key = tag.key.unwrap_or_default();
    name(&key, &at("key"))?;
    within(&at("key"), KEY, &key)?;
    Ok((key, cut(tag.value.unwrap_or_default(), TAG_VALUE)))
}

/// A parameter, at `path` in the request.
pub(super) fn param(param: KeyValue, path: &str) -> Result<(String, String)> {
    let key = param.key.unwrap_or_default();
    name(&key, &if path.is_empty() { "key".to_owned() } else { format!("{path}.key") })?;
    within("Param key", KEY, &key)?;
    Ok((key, cut(param.value.unwrap_or_default(), PARAM_VALUE)))
}

/// A metric, at `path` in the request.
pub(super) fn metric(metric: Metric, path: &str) -> Result<Checked> {
    let at =
        |field: &str| if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") };
    let key = metric.key.unwrap_or_default();
    let value = metric.value.unwrap_or_default().0;
    let timestamp = metric.timestamp.unwrap_or_default();
    name(&key, &at("name"))?;
    if timestamp < 0 {
        return Err(Error::invalid(format!(
            "Invalid value {timestamp} for parameter '{}' supplied: metric '{key}' (value={}). Timestamp must be \
            a nonnegative long (64-bit integer) ",
            at("timestamp"),
            quote::double(value)
        )));
    }
    within("Metric name", KEY, &key)?;
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    Ok(Checked {
        key,
        stored: Stored::of(value),
        timestamp,
        step: metric.step.unwrap_or_default(),
        model_id: given(metric.model_id),
        dataset_name: given(metric.dataset_name),
        dataset_digest: given(metric.dataset_digest),
    })
}

/// Refuses a text that is too long.
pub(super) fn within(what: &str, limit: usize, text: &str) -> Result<()> {
    // Bytes are at least as many as characters, and cheaper to count.
    if text.len() <= limit || text.chars().count() <= limit {
        Ok(())
    } else {
        Err(Error::invalid(format!("'{what}' exceeds the maximum length of {limit} characters")))
    }
}

/// Cuts a text after so many characters.
fn cut(mut text: String, limit: usize) -> String {
    if text.len() > limit
        && let Some((end, _)) = text.char_indices().nth(limit)
    {
        text.truncate(end);
    }
    text
}

/// A key of a metric, a parameter or a tag: it may become a file's name.
fn name(name: &str, path: &str) -> Result<()> {
    let refused = |why: String| {
        Error::invalid(format!(
            "Invalid value {} for parameter '{path}' supplied: {why}",
            quote::json(name)
        ))
    };
    let valid = |c: char| c.is_alphanumeric() || matches!(c, '/' | '_' | '.' | '-' | ' ' | ':');
    if !name.chars().all(valid) {
        return Err(refused(
            "Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), \
            colon(:) and slashes (/)."
                .to_owned(),
        ));
    }
    let normal = normalised(name);
    if normal != name || normal == "." || normal.starts_with("..") || normal.starts_with('/') {
        return Err(refused(format!(
            "Names may be treated as files in certain cases, and must not resolve to other names when treated as \
            such. This name would resolve to {}",
            quote::text(&normal)
        )));
    }
    Ok(())
}

/// A path without empty parts, `.`, and `..` where something is before it.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_paths_that_stay_where_they_are() {
        for good in ["a", "a/b", "a b.c-d_e:f", "größe", "模型", "a..b", "...a/b", "1"] {
            // MLflow refuses whatever begins with two dots.
            assert_eq!(name(good, "key").is_ok(), !good.starts_with(".."), "{good}");
        }
        for bad in ["", ".", "..", "../a", "a/../b", "a//b", "/a", "a/", "a/.", "a?", "a\"", "a,b"]
        {
            assert!(name(bad, "key").is_err(), "{bad}");
        }
        let error = name("../é", "metrics[0].name").unwrap_err();
        assert_eq!(
            error.message,
            "Invalid value \"../\\u00e9\" for parameter 'metrics[0].name' supplied: Names may be treated as files \
            in certain cases, and must not resolve to other names when treated as such. This name would resolve \
            to '../é'"
        );
    }

    #[test]
    fn long_values_are_cut_by_characters_and_long_keys_refused() {
        let (_, value) = param(KeyValue::new("k", "é".repeat(6001)), "").unwrap();
        assert_eq!(value.chars().count(), 6000);
        let (_, value) = tag(KeyValue::new("k", "x".repeat(9000)), "").unwrap();
        assert_eq!(value.len(), 8000);
        let error = tag(KeyValue::new("k".repeat(251), "v"), "tags[3]").unwrap_err();
        assert_eq!(error.message, "'tags[3].key' exceeds the maximum length of 250 characters");
    }

    #[test]
    fn experiment_numbers_are_read_leniently_and_never_trusted() {
        assert_eq!(experiment_id(" +1 "), Ok(1));
        assert_eq!(experiment_id("99999999999999999999"), Ok(i64::MAX));
        for bad in ["", "x", "1.0", "1 2", "0x1", "--1", "é"] {
            assert!(experiment_id(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_sql_cannot_store_is_stored_as_something_else() {
        assert!(Stored::of(f64::NAN).read().0.is_nan());
        assert_eq!(Stored::of(f64::INFINITY).read().0, f64::MAX);
        assert_eq!(Stored::of(f64::NEG_INFINITY).read().0, f64::MIN);
        assert_eq!(Stored::of(-0.5).read().0, -0.5);
    }

    #[test]
    fn run_identifiers_of_batches_are_plain() {
        for good in ["a", "0af-_", &"a".repeat(256)] {
            assert!(strict_run_id(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", "a/b", "a b", &"a".repeat(257)] {
            assert!(strict_run_id(bad).is_err(), "{bad}");
        }
    }
}
