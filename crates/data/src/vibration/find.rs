//! Which runs and snapshots are in a folder, without opening a file.

use std::cmp::Ordering;
use std::path::{Path, PathBuf};

use super::RecordingsProblem;
use super::clock::TimePattern;
use super::rig::{Bearing, Rig, RigLayout, Run};
use crate::error::DataError;
use crate::simulate::vibration::NOTE;

/// Everything of a rig that is in a folder.
#[derive(Debug)]
pub(super) struct Found<'a> {
    pub(super) runs: Vec<FoundRun<'a>>,
    pub(super) notes: Vec<String>,
}

/// A run that is there.
#[derive(Debug)]
pub(super) struct FoundRun<'a> {
    pub(super) name: String,
    /// Whether it was found only in a place that holds a part of it.
    pub(super) truncated: bool,
    pub(super) bearings: &'a [Bearing],
    /// Its snapshots in the order of time.
    pub(super) files: Vec<FoundFile>,
    /// Its files of temperatures.
    pub(super) temperatures: Vec<FoundFile>,
}

/// A file, and what its name says.
#[derive(Debug, Clone)]
pub(super) struct FoundFile {
    pub(super) path: PathBuf,
    /// Its path relative to the dataset's folder, with slashes.
    pub(super) relative: String,
    /// Its number, where names count, else its place in the order of time from 1.
    pub(super) number: usize,
    /// When it was taken, in seconds from any moment; nothing if only its content says.
    pub(super) seconds: Option<f64>,
}

/// Seconds from one XJTU-SY file to the next.
const XJTU_SECONDS: f64 = 60.0;

/// Whether there is anything of `rig` in `folder`.
pub(super) fn is_there(rig: &Rig, folder: &Path) -> bool {
    let named = |run: &Run| match &run.file {
        Some(file) => folder.join(file).exists(),
        None => run.places().iter().chain(&run.truncated).any(|place| folder.join(place).exists()),
    };
    if rig.runs.is_empty() { folder.is_dir() } else { rig.runs.iter().any(named) }
}

/// Finds the runs of `rig` in `folder`.
///
/// # Errors
/// A folder that cannot be listed; a run that is missing and not optional; a run's folder in which nothing is
/// called like a snapshot; no run at all; two snapshots of one time.
pub(super) fn runs<'a>(rig: &'a Rig, folder: &Path) -> Result<Found<'a>, DataError> {
    let problem = |problem| DataError::Recordings { path: folder.to_owned(), problem };
    let mut found = Found { runs: Vec::new(), notes: Vec::new() };
    if rig.runs.is_empty() {
        for (name, place) in folders(rig, folder)? {
            if let Some((files, temperatures)) = listed(rig, folder, &place, &mut found.notes)? {
                let bearings = &rig.bearings;
                found.runs.push(FoundRun { name, truncated: false, bearings, files, temperatures });
            }
        }
    }
    for run in &rig.runs {
        match described(rig, run, folder, &mut found.notes)? {
            Some(run) => found.runs.push(run),
            None if run.optional => found.notes.push(format!("run `{}` is not there", run.name)),
            None => {
                return Err(problem(RecordingsProblem::MissingRun { run: run.name.clone() }));
            }
        }
    }
    if found.runs.is_empty() {
        return Err(problem(RecordingsProblem::NoRuns));
    }
    Ok(found)
}

/// A run that the descriptor lists.
fn described<'a>(
    rig: &'a Rig,
    run: &'a Run,
    folder: &Path,
    notes: &mut Vec<String>,
) -> Result<Option<FoundRun<'a>>, DataError> {
    let bearings = if run.bearings.is_empty() { &rig.bearings } else { &run.bearings };
    let whole = run.places().iter().map(|place| (place, false));
    let mut empty = None;
    for (place, truncated) in whole.chain(run.truncated.iter().map(|place| (place, true))) {
        if !folder.join(place).exists() {
            continue;
        }
        let Some((files, temperatures)) = listed(rig, folder, place, notes)? else {
            empty = Some(place);
            continue;
        };
        if truncated {
            notes.push(format!("run `{}` ends before the failure", run.name));
        }
        let name = run.name.clone();
        return Ok(Some(FoundRun { name, truncated, bearings, files, temperatures }));
    }
    match empty {
        None => Ok(None),
        Some(place) => Err(DataError::Recordings {
            path: folder.join(place),
            problem: RecordingsProblem::NoFiles { run: run.name.clone() },
        }),
    }
}

/// The folders that are runs by themselves: all in `folder`, or it alone if there are none.
fn folders(rig: &Rig, folder: &Path) -> Result<Vec<(String, String)>, DataError> {
    let mut names = Vec::new();
    for entry in fs_err::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() && !name.starts_with('.') {
            names.push((name.clone(), name));
        }
    }
    names.sort();
    if names.is_empty() {
        names.push((rig.name.clone(), String::new()));
    }
    Ok(names)
}

type Files = (Vec<FoundFile>, Vec<FoundFile>);

/// Snapshots and temperatures in the folder `place` of `root`; nothing if no file is called like a snapshot.
fn listed(
    rig: &Rig,
    root: &Path,
    place: &str,
    notes: &mut Vec<String>,
) -> Result<Option<Files>, DataError> {
    let (mut files, mut temperatures, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for entry in fs_err::read_dir(root.join(place))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with('.') || name == NOTE || path.is_dir() {
            continue;
        }
        let relative = if place.is_empty() { name.clone() } else { format!("{place}/{name}") };
        let file = |number, seconds| FoundFile { path, relative, number, seconds };
        match meaning(rig, &name) {
            Meaning::Snapshot { number, seconds } => files.push(file(number, seconds)),
            Meaning::Temperature { number } => temperatures.push(file(number, None)),
            Meaning::Nothing => others.push(name),
        }
    }
    if files.is_empty() {
        return Ok(None);
    }
    if !others.is_empty() {
        others.sort();
        let shown = others.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
        let count = others.len();
        notes.push(format!("{count} files in `{place}` are not called like snapshots: {shown}"));
    }
    temperatures.sort_by_key(|file| file.number);
    in_order(rig, &mut files);
    no_two_at_once(root, &files)?;
    let (first, last) = (files[0].number, files[files.len() - 1].number);
    let gaps = (last - first + 1).saturating_sub(files.len());
    if gaps > 0 {
        notes.push(format!("{gaps} files are missing in `{place}` between {first} and {last}"));
    }
    Ok(Some((files, temperatures)))
}

/// What a file's name says.
enum Meaning {
    Snapshot { number: usize, seconds: Option<f64> },
    Temperature { number: usize },
    Nothing,
}

fn meaning(rig: &Rig, name: &str) -> Meaning {
    let stem = name.strip_suffix(".csv");
    let number = |text: &str| {
        let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| text.parse().ok()).flatten()
    };
    let after = |prefix| stem.and_then(|stem| stem.strip_prefix(prefix)).and_then(number);
    let stamped = |pattern: &TimePattern| match pattern.seconds(name) {
        Some(seconds) => Meaning::Snapshot { number: 0, seconds: Some(seconds) },
        None => Meaning::Nothing,
    };
    match rig.layout {
        RigLayout::Ims => stamped(&TimePattern::dots()),
        RigLayout::Xjtu => match stem.and_then(number) {
            Some(number) if number > 0 => {
                let seconds = (number - 1) as f64 * XJTU_SECONDS;
                Meaning::Snapshot { number, seconds: Some(seconds) }
            }
            _ => Meaning::Nothing,
        },
        RigLayout::Femto => match (after("acc_"), after("temp_")) {
            (Some(number), _) => Meaning::Snapshot { number, seconds: None },
            (None, Some(number)) => Meaning::Temperature { number },
            (None, None) => Meaning::Nothing,
        },
        RigLayout::CsvSnapshots => match &rig.snapshots {
            Some(files) if files.time.is_some() => {
                files.time.as_ref().map_or(Meaning::Nothing, stamped)
            }
            _ => Meaning::Snapshot { number: 0, seconds: None },
        },
        RigLayout::FeatureTable => Meaning::Nothing,
    }
}

/// Brings snapshots into the order of time, and counts and times those whose names don't.
fn in_order(rig: &Rig, files: &mut [FoundFile]) {
    files.sort_by(|a, b| {
        let time = a.seconds.unwrap_or_default().total_cmp(&b.seconds.unwrap_or_default());
        time.then(a.number.cmp(&b.number)).then_with(|| natural(&a.relative, &b.relative))
    });
    if matches!(rig.layout, RigLayout::Xjtu | RigLayout::Femto) {
        return;
    }
    let every = rig.snapshots.as_ref().and_then(|files| files.every_seconds);
    for (position, file) in files.iter_mut().enumerate() {
        file.number = position + 1;
        if let Some(every) = every {
            file.seconds = Some(position as f64 * every);
        }
    }
}

fn no_two_at_once(root: &Path, files: &[FoundFile]) -> Result<(), DataError> {
    let same = |pair: &&[FoundFile]| {
        pair[0].number == pair[1].number
            || (pair[0].seconds.is_some() && pair[0].seconds == pair[1].seconds)
    };
    match files.windows(2).find(same) {
        None => Ok(()),
        Some(pair) => Err(DataError::Recordings {
            path: root.to_owned(),
            problem: RecordingsProblem::SameTime {
                first: pair[0].relative.clone(),
                second: pair[1].relative.clone(),
            },
        }),
    }
}

/// Compares texts with the numbers in them taken as numbers: `2.csv` is before `10.csv`.
fn natural(a: &str, b: &str) -> Ordering {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let (mut left, mut right) = (a, b);
    while let (Some(x), Some(y)) = (left.chars().next(), right.chars().next()) {
        let (m, n) = (digits(left), digits(right));
        let (order, m, n) = if m > 0 && n > 0 {
            let significant =
                |text: &'_ str, end: usize| text[..end].trim_start_matches('0').to_owned();
            let (p, q) = (significant(left, m), significant(right, n));
            (p.len().cmp(&q.len()).then_with(|| p.cmp(&q)), m, n)
        } else {
            (x.cmp(&y), x.len_utf8(), y.len_utf8())
        };
        if order != Ordering::Equal {
            return order;
        }
        (left, right) = (&left[m..], &right[n..]);
    }
    left.len().cmp(&right.len()).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_are_numbers() {
        let mut names = ["b10", "b9", "a", "b010x", "b1", ""];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names, ["", "a", "b1", "b9", "b10", "b010x"]);
    }
}
