//! The descriptor of sensors over time: `datasets/<name>/dataset.toml` with `layout = "timed_csv"`.

use std::collections::BTreeSet;
use std::path::Path;

use gauntlet_core::Digest;
use serde::{Deserialize, Serialize};

use super::clock::Clock;
use crate::DataError;
use crate::descriptor::{Download, Provenance, Trap};
use crate::toml_text::parse_toml;

/// What `layout` says in these descriptors.
pub const LAYOUT: &str = "timed_csv";

/// A dataset of sensors over time, described.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogDescriptor {
    /// The folder's name.
    pub name: String,
    /// A title for reports.
    pub title: String,
    /// One sentence for readers.
    pub summary: String,
    /// Always [`LAYOUT`].
    pub layout: String,
    /// Who published it, and on which terms.
    #[serde(default)]
    pub origin: Option<Provenance>,
    /// Official addresses.
    #[serde(default)]
    pub download: Vec<Download>,
    /// The files; each is a group of its own.
    pub files: Vec<FileRule>,
    /// What stands between two cells.
    #[serde(default = "comma")]
    pub delimiter: char,
    /// What stands before a number's decimals.
    #[serde(default)]
    pub decimal: Decimal,
    /// Texts that stand for a missing reading, beside the usual ones such as `NaN` and `null`.
    #[serde(default)]
    pub missing: Vec<String>,
    /// The time of a row.
    pub time: TimeSpec,
    /// A column whose values divide a file into groups: machines, or runs.
    #[serde(default)]
    pub group: Option<String>,
    /// How failures are told.
    pub labels: Labels,
    /// The columns that are learned from.
    pub sensors: Vec<Sensor>,
    /// The other columns, and why they are no sensors.
    #[serde(default)]
    pub ignored: Vec<Ignored>,
    /// Protocols that flatter.
    #[serde(default)]
    pub traps: Vec<Trap>,
}

fn comma() -> char {
    ','
}

/// Files below `raw/`, or below the folder that the user names.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileRule {
    /// A relative path; a `*` stands for any part of a file's or folder's name.
    pub path: String,
    /// The digest, where published.
    pub sha256: Option<Digest>,
}

/// The sign before decimals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decimal {
    /// 1.5
    #[default]
    Point,
    /// 1,5
    Comma,
}

/// The time of a row.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeSpec {
    /// The column.
    pub column: String,
    /// A column with the time of day, where the first holds the date alone.
    #[serde(default)]
    pub clock_column: Option<String>,
    /// How times are written.
    pub format: Clock,
    /// Seconds from one row to the next, mostly.
    pub step_s: f64,
}

/// How failures are told.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Labels {
    /// What a failure is, for people.
    pub meaning: String,
    /// By what: one of the three.
    #[serde(flatten)]
    pub failures: Failures,
}

/// By what failures are told.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failures {
    /// A column with a state per row. A failure is where a row of `failure` follows another state; rows of `excluded`
    /// (being repaired, switched off) are neither learned from nor judged, and the machine starts anew after them.
    Status {
        /// The column.
        column: String,
        /// Its values while a machine has failed.
        failure: Vec<String>,
        /// Its values while it is neither failed nor at work.
        #[serde(default)]
        excluded: Vec<String>,
        /// Whether an alarm while the state lasts counts as well: it is the onset that has to be found, not the failure
        /// that has to be foreseen. The machine then starts anew after `excluded` alone.
        #[serde(default)]
        lasts: bool,
    },
    /// A column of 0 and of 1 or other whole numbers above it, those from the onset of a failure or anomaly to its end. An
    /// alarm counts until the end.
    Interval {
        /// The column.
        column: String,
    },
    /// A list of times.
    Times(Vec<GivenTime>),
}

/// A failure that is known by its time.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GivenTime {
    /// When it began, written as the time column is.
    pub at: String,
    /// When it ended; without it the failure is a moment.
    #[serde(default)]
    pub until: Option<String>,
    /// The group it belongs to, where there are several.
    #[serde(default)]
    pub group: Option<String>,
}

/// A column that is learned from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Sensor {
    /// Its header in the files.
    pub header: String,
    /// Its name in features: letters, digits and `_`.
    pub name: String,
    /// Its unit, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
}

/// A column that is not learned from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Ignored {
    /// Its header in the files.
    pub header: String,
    /// Why not.
    pub why: String,
}

impl LogDescriptor {
    /// Reads and checks the descriptor at `path`.
    ///
    /// # Errors
    /// A file that cannot be read, an unknown key, or an entry that contradicts another.
    pub fn read(path: &Path) -> Result<Self, DataError> {
        Self::parse(path, &fs_err::read_to_string(path)?)
    }

    /// Parses and checks `text`, which was read from `path`.
    ///
    /// # Errors
    /// As for [`LogDescriptor::read`].
    pub fn parse(path: &Path, text: &str) -> Result<Self, DataError> {
        let described: Self = parse_toml(path, text)?;
        described.check().map_err(|(key, problem)| DataError::Descriptor {
            path: path.to_owned(),
            key: key.to_owned(),
            problem,
        })?;
        Ok(described)
    }

    fn check(&self) -> Result<(), (&'static str, String)> {
        let ensure =
            |holds: bool, key, problem: String| if holds { Ok(()) } else { Err((key, problem)) };
        ensure(self.layout == LAYOUT, "layout", format!("`{}` is not `{LAYOUT}`", self.layout))?;
        ensure(!self.files.is_empty(), "files", "name at least one file".to_owned())?;
        for file in &self.files {
            let parts = file.path.split('/').all(|part| !part.is_empty() && part != "..");
            ensure(
                parts,
                "files.path",
                format!("`{}` must be a relative path without `..`", file.path),
            )?;
            let both = file.sha256.is_some() && file.path.contains('*');
            ensure(!both, "files.sha256", format!("`{}` names many files", file.path))?;
        }
        ensure(self.delimiter.is_ascii(), "delimiter", "one ASCII character".to_owned())?;
        let clash = self.decimal == Decimal::Comma && self.delimiter == ',';
        ensure(!clash, "decimal", "a comma stands between cells already".to_owned())?;
        let step = self.time.step_s.is_finite() && self.time.step_s > 0.0;
        ensure(step, "time.step_s", format!("{} is no length of time", self.time.step_s))?;
        ensure(!self.sensors.is_empty(), "sensors", "name at least one".to_owned())?;
        let mut seen = BTreeSet::new();
        for sensor in &self.sensors {
            let name = &sensor.name;
            let word = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            ensure(word, "sensors.name", format!("`{name}`: use letters, digits and `_`"))?;
            ensure(seen.insert(name), "sensors.name", format!("`{name}` stands twice"))?;
            ensure(
                Some(&sensor.header) != self.label_column(),
                "sensors.header",
                format!("`{}` is the label", sensor.header),
            )?;
        }
        match &self.labels.failures {
            Failures::Status { failure, excluded, .. } => {
                ensure(
                    !failure.is_empty(),
                    "labels.status.failure",
                    "name at least one value".to_owned(),
                )?;
                let both = failure.iter().find(|value| excluded.contains(value));
                ensure(
                    both.is_none(),
                    "labels.status.excluded",
                    format!("{both:?} is a failure, too"),
                )
            }
            Failures::Times(times) => times.iter().try_for_each(|time| {
                let parse = |text: &str| {
                    let ms = self.time.format.parse_given(text);
                    ms.ok_or_else(|| {
                        (
                            "labels.times",
                            format!("`{text}` is no time of format {:?}", self.time.format),
                        )
                    })
                };
                let at = parse(&time.at)?;
                let until = time.until.as_deref().map(parse).transpose()?.unwrap_or(at);
                ensure(at <= until, "labels.times", format!("`{}` ends before it begins", time.at))
            }),
            Failures::Interval { .. } => Ok(()),
        }
    }

    /// The column that tells failures, if one does.
    #[must_use]
    pub fn label_column(&self) -> Option<&String> {
        match &self.labels.failures {
            Failures::Status { column, .. } | Failures::Interval { column } => Some(column),
            Failures::Times(_) => None,
        }
    }

    /// Whether an alarm while a failure lasts counts as well as one before it: where labels mark intervals.
    #[must_use]
    pub fn lasts(&self) -> bool {
        !matches!(self.labels.failures, Failures::Status { lasts: false, .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
        name = "rig"
        title = "A rig"
        summary = "Two sensors."
        layout = "timed_csv"
        files = [{ path = "runs/*.csv" }]
        delimiter = ";"
        time = { column = "t", format = "ymd", step_s = 1 }
        sensors = [{ header = "p [bar]", name = "p", unit = "bar" }, { header = "q", name = "q" }]
        [labels]
        meaning = "the rig broke"
        times = [{ at = "2020-01-01", until = "2020-01-02" }]
    "#;

    fn read(text: &str) -> Result<LogDescriptor, String> {
        LogDescriptor::parse(Path::new("dataset.toml"), text).map_err(|e| e.to_string())
    }

    #[test]
    fn every_way_to_tell_failures_is_read() {
        assert!(read(GOOD).unwrap().lasts());
        let status = "status = { column = \"s\", failure = [\"BROKEN\"] }";
        let times = "times = [{ at = \"2020-01-01\", until = \"2020-01-02\" }]";
        let with = read(&GOOD.replace(times, status)).unwrap();
        assert_eq!(with.label_column().unwrap(), "s");
        let interval = read(&GOOD.replace(times, "interval = { column = \"a\" }")).unwrap();
        assert!(interval.lasts());
    }

    #[test]
    fn contradictions_name_the_entry_that_is_wrong() {
        for (from, to, key) in [
            ("runs/*.csv", "../runs/a.csv", "files.path"),
            ("step_s = 1", "step_s = 0", "time.step_s"),
            ("name = \"q\"", "name = \"p\"", "sensors.name"),
            ("name = \"q\"", "name = \"q r\"", "sensors.name"),
            ("until = \"2020-01-02\"", "until = \"2019-01-02\"", "labels.times"),
            ("2020-01-02", "soon", "labels.times"),
            ("\"timed_csv\"", "\"csv_rows\"", "layout"),
        ] {
            assert!(GOOD.contains(from), "{from}");
            let message = read(&GOOD.replacen(from, to, 1)).unwrap_err();
            assert!(message.contains(&format!(": {key}: ")), "{to} gave {message}");
        }
    }
}
