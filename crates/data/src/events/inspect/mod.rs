//! A descriptor for tables that nobody has described yet, by looking at them.
//!
//! What is found is written down as a `dataset.toml` that a person can read and correct; nothing is guessed at run
//! time.

mod columns;
mod labels;
mod listed;
mod roles;
mod sniff;
mod words;
mod write;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::descriptor::{Decimal, Failures, Ignored, Sensor};
use super::error::EventsError;
use super::table::Dialect;
use super::{Clock, LogDescriptor};
use columns::Profile;

/// What a person says beforehand.
#[derive(Debug, Clone, Default)]
pub struct Hints {
    /// The dataset's name; by default that of the file or folder.
    pub name: Option<String>,
    /// The column with the time.
    pub time: Option<String>,
    /// The column that tells failures.
    pub label: Option<String>,
    /// The column that divides machines or runs.
    pub group: Option<String>,
    /// A file with a failure per line: when it began, and when it ended.
    pub failures: Option<PathBuf>,
}

/// What was found.
#[derive(Debug, Clone)]
pub struct Inspected {
    /// The text of `dataset.toml`.
    pub toml: String,
    /// The same, read back.
    pub described: LogDescriptor,
    /// The folder that the descriptor's paths are below.
    pub folder: PathBuf,
    /// Files that it names.
    pub files: usize,
    /// Rows of all of them.
    pub rows: usize,
    /// Sentences on what was decided.
    pub notes: Vec<String>,
}

/// What is written down.
#[derive(Debug)]
struct Plan {
    name: String,
    title: String,
    paths: Vec<String>,
    delimiter: char,
    decimal: Decimal,
    missing: Vec<String>,
    time: String,
    clock_column: Option<String>,
    clock: Clock,
    step_s: f64,
    group: Option<String>,
    meaning: String,
    failures: Failures,
    sensors: Vec<Sensor>,
    ignored: Vec<Ignored>,
}

/// Most files whose every cell is looked at.
const LOOKED_AT: usize = 60;

/// Looks at a table or at a folder of tables.
///
/// # Errors
/// No tables, no column of times, no sensors, or nothing that tells failures; each with a hint.
pub fn inspect(path: &Path, hints: &Hints) -> Result<Inspected, EventsError> {
    if !path.exists() {
        return Err(crate::DataError::NoSuchPlace { path: path.to_owned() }.into());
    }
    let (folder, mut all) = tables(path)?;
    let same = |a: &Path, b: &Path| a == b || a.canonicalize().ok() == b.canonicalize().ok();
    all.retain(|table| hints.failures.as_ref().is_none_or(|list| !same(table, list)));
    let mut notes = Vec::new();
    let (header, dialect) = commonest(path, &all)?;
    // Tables with another header are of another kind: they are told, not mixed in.
    let mut files = Vec::new();
    let mut profiles: Vec<Profile> = header.iter().map(|name| Profile::new(name)).collect();
    let (mut rows, mut first_rows) = (0, Vec::new());
    for file in &all {
        let bytes = fs_err::read(file)?;
        if sniff::header(&bytes, dialect.delimiter) != header {
            notes.push(format!("{} has other columns and is left out", file.display()));
            continue;
        }
        if files.is_empty() {
            first_rows = columns::first_rows(&bytes, dialect);
        }
        if files.len() < LOOKED_AT {
            rows += columns::look(&bytes, dialect, &mut profiles);
        }
        files.push(file.clone());
    }
    let first = &files[0];
    if rows == 0 {
        return Err(wrong(
            first,
            "there is no row below the header",
            "give a table with a header and rows",
        ));
    }
    let time = roles::time(first, &profiles, hints)?;
    let times = time.times(&first_rows);
    let step_s = roles::step(&times).ok_or_else(|| {
        let hint = "name the column of times with `--time`; a table takes at least two rows";
        wrong(first, "times do not move on from row to row", hint)
    })?;
    let group = roles::group(first, &profiles, &time, &times, hints)?;
    let taken: Vec<&str> = [Some(&time.column), time.clock_column.as_ref(), group.as_ref()]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
    let (failures, meaning) = match &hints.failures {
        Some(list) => {
            (Failures::Times(listed::listed(list, time.clock)?), "listed failures".to_owned())
        }
        None => labels::label(first, &profiles, &taken, hints)?,
    };
    let label = match &failures {
        Failures::Status { column, .. } | Failures::Interval { column } => Some(column.as_str()),
        Failures::Times(_) => None,
    };
    let (sensors, ignored) = roles::sensors(&profiles, &taken, label);
    if sensors.is_empty() {
        return Err(wrong(
            first,
            "no column holds numbers that change",
            "sensors are columns of numbers",
        ));
    }
    let name = hints.name.clone().unwrap_or_else(|| write::folder_name(path));
    notes.push(format!(
        "{} rows looked at, a row every {step_s} s, {} sensors",
        rows,
        sensors.len()
    ));
    let is_sensor = |p: &&Profile| sensors.iter().any(|sensor| sensor.header == p.header);
    let words = profiles.iter().filter(is_sensor).flat_map(Profile::words);
    let missing: Vec<String> = words.cloned().collect::<BTreeSet<_>>().into_iter().collect();
    if !missing.is_empty() {
        notes.push(format!("read as missing: {}", missing.join(", ")));
    }
    let plan = Plan {
        title: write::title(&name),
        paths: paths(&folder, &files),
        name,
        delimiter: dialect.delimiter,
        decimal: dialect.decimal,
        missing,
        time: time.column.clone(),
        clock_column: time.clock_column.clone(),
        clock: time.clock,
        step_s,
        group,
        meaning,
        failures,
        sensors,
        ignored,
    };
    let toml = write::toml(&plan);
    let described = LogDescriptor::parse(Path::new("dataset.toml"), &toml)?;
    Ok(Inspected { toml, described, folder, files: files.len(), rows, notes })
}

/// The header that most tables have, and how the first of them is written.
fn commonest(path: &Path, all: &[PathBuf]) -> Result<(Vec<String>, Dialect), EventsError> {
    let mut kinds: Vec<(Vec<String>, Dialect, usize)> = Vec::new();
    for file in all {
        let bytes = fs_err::read(file)?;
        super::table::encoded(file, &bytes)?;
        let dialect = sniff::dialect(&bytes);
        let header = sniff::header(&bytes, dialect.delimiter);
        match kinds.iter_mut().find(|(known, ..)| *known == header) {
            Some((.., count)) => *count += 1,
            None => kinds.push((header, dialect, 1)),
        }
    }
    let most = kinds.into_iter().rev().max_by_key(|(.., count)| *count);
    most.map(|(header, dialect, _)| (header, dialect)).ok_or_else(|| {
        wrong(path, "there is no table", "name a CSV file, or a folder that holds some")
    })
}

fn wrong(path: &Path, problem: &str, hint: &str) -> EventsError {
    EventsError::Inspect {
        path: path.to_owned(),
        problem: problem.to_owned(),
        hint: hint.to_owned(),
    }
}

/// The folder, and the tables in it down to three levels.
fn tables(path: &Path) -> Result<(PathBuf, Vec<PathBuf>), EventsError> {
    if path.is_file() {
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        return Ok((folder.to_owned(), vec![path.to_owned()]));
    }
    let mut found = Vec::new();
    collect(path, 3, &mut found)?;
    found.sort();
    Ok((path.to_owned(), found))
}

fn collect(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), EventsError> {
    for entry in fs_err::read_dir(folder)? {
        let path = entry?.path();
        let ending = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
        if path.is_dir() && depth > 1 {
            collect(&path, depth - 1, found)?;
        } else if path.is_file() && matches!(ending.as_deref(), Some("csv" | "tsv" | "txt")) {
            found.push(path);
        }
    }
    Ok(())
}

/// The tables as relative paths, with a `*` for all of a folder where all of it is meant.
fn paths(folder: &Path, files: &[PathBuf]) -> Vec<String> {
    let relative = |path: &PathBuf| {
        let below = path.strip_prefix(folder).unwrap_or(path);
        below.components().map(|c| c.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
    };
    let names: Vec<String> = files.iter().map(relative).collect();
    if names.len() == 1 {
        return names;
    }
    let mut paths: Vec<String> = Vec::new();
    for name in &names {
        let (parent, file) = name.rsplit_once('/').map_or(("", name.as_str()), |(p, f)| (p, f));
        let ending = file.rsplit_once('.').map_or("csv", |(_, ending)| ending);
        let pattern =
            if parent.is_empty() { format!("*.{ending}") } else { format!("{parent}/*.{ending}") };
        // A pattern must not take in a table of another kind.
        let here = folder.join(parent);
        let beside = fs_err::read_dir(&here).map_or(0, |entries| {
            let same = |e: &std::io::Result<fs_err::DirEntry>| {
                e.as_ref()
                    .is_ok_and(|e| e.file_name().to_string_lossy().ends_with(&format!(".{ending}")))
            };
            entries.filter(same).count()
        });
        let mine =
            names.iter().filter(|n| n.rsplit_once('/').map_or("", |(p, _)| p) == parent).count();
        let path = if beside == mine { pattern } else { name.clone() };
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    paths
}

#[cfg(test)]
mod tests;
