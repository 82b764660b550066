//! Which column is the time, which tells failures, and which are sensors.

use std::path::Path;

use super::columns::Profile;
use super::{Hints, write, wrong};
use crate::events::descriptor::{Failures, Ignored, Sensor};
use crate::events::error::EventsError;
use crate::events::{Clock, EventsError as Error};

/// Words in the header of a column of times.
const TIME: [&str; 7] = ["time", "date", "stamp", "datum", "zeit", "epoch", "ts"];
/// Words in the header of a column of 0 and 1 that tells failures.
const LABEL: [&str; 14] = [
    "anomal", "fault", "fail", "label", "broken", "break", "defect", "target", "outlier", "attack",
    "alarm", "status", "state", "event",
];
/// Words of a status that is a failure.
const FAILED: [&str; 10] = [
    "broken", "break", "fail", "fault", "error", "defect", "trip", "abnormal", "anomal", "critical",
];
/// Words of a status in which a machine neither works nor has failed.
const AWAY: [&str; 9] =
    ["recover", "repair", "mainten", "off", "stop", "idle", "standby", "shutdown", "down"];
/// Headers that tell machines or runs apart.
const GROUP: [&str; 12] = [
    "unit",
    "machine",
    "asset",
    "engine",
    "device",
    "pump",
    "equipment",
    "machineid",
    "unitid",
    "unitnumber",
    "run",
    "batch",
];

fn has(text: &str, words: &[&str]) -> bool {
    let text = text.to_lowercase();
    words.iter().any(|word| text.contains(word))
}

/// The column of times.
#[derive(Debug, Clone)]
pub(super) struct Time {
    pub(super) column: String,
    pub(super) position: usize,
    pub(super) clock_column: Option<String>,
    pub(super) clock_position: Option<usize>,
    pub(super) clock: Clock,
}

impl Time {
    /// The times of some rows in milliseconds.
    pub(super) fn times(&self, rows: &[Vec<String>]) -> Vec<i64> {
        let text = |row: &Vec<String>| {
            let date = row.get(self.position)?.clone();
            match self.clock_position {
                Some(clock) => self.clock.parse(&format!("{date} {}", row.get(clock)?)),
                None => self.clock.parse(&date),
            }
        };
        rows.iter().filter_map(text).collect()
    }
}

/// Finds the column of times.
pub(super) fn time(path: &Path, profiles: &[Profile], hints: &Hints) -> Result<Time, Error> {
    let at = |position: usize, clock: Clock| Time {
        column: profiles[position].header.clone(),
        position,
        clock_column: None,
        clock_position: None,
        clock,
    };
    if let Some(name) = &hints.time {
        let Some(position) = profiles.iter().position(|p| p.header == *name) else {
            return Err(wrong(path, &format!("there is no column `{name}`"), "correct `--time`"));
        };
        let clock = profiles[position].clock().unwrap_or_else(|| plain(&profiles[position]));
        return Ok(with_clock(at(position, clock), profiles));
    }
    let mut dates: Vec<usize> =
        (0..profiles.len()).filter(|&p| profiles[p].clock().is_some()).collect();
    // Of several dates the one that moves on is the row's; a date of the last repair stands still.
    let moves = |&position: &usize| {
        let profile = &profiles[position];
        let different = profile.texts.len() + 1000 * usize::from(profile.many);
        (has(&profile.header, &TIME), different)
    };
    dates.sort_by_key(moves);
    if let Some(position) = dates.pop()
        && let Some(clock) = profiles[position].clock()
    {
        return Ok(with_clock(at(position, clock), profiles));
    }
    let numbered = |p: &Profile| p.is_number() && has(&p.header, &TIME) && rising(p);
    match profiles.iter().position(numbered) {
        Some(position) => Ok(at(position, plain(&profiles[position]))),
        None => Err(wrong(path, "no column holds times", "name the column of times with `--time`")),
    }
}

/// The time of day in a column of its own, where the first holds dates alone.
fn with_clock(mut time: Time, profiles: &[Profile]) -> Time {
    let midnight = |cell: &String| time.clock.parse(cell).is_some_and(|ms| ms % 86_400_000 == 0);
    if time.clock.is_number() || !profiles[time.position].first.iter().all(midnight) {
        return time;
    }
    let of_day = |profile: &Profile| {
        let cells = profile.first.iter().filter(|cell| !cell.is_empty());
        let mut cells = cells.map(|cell| {
            cell.contains([':', '.']) && Clock::Ymd.parse(&format!("2000-01-01 {cell}")).is_some()
        });
        has(&profile.header, &["time", "hour", "zeit", "uhr"]) && cells.all(|reads| reads)
    };
    let found = (0..profiles.len()).find(|&p| p != time.position && of_day(&profiles[p]));
    time.clock_position = found;
    time.clock_column = found.map(|p| profiles[p].header.clone());
    time
}

fn rising(profile: &Profile) -> bool {
    let values: Vec<f64> =
        profile.first.iter().filter_map(|c| c.replace(',', ".").parse().ok()).collect();
    values.len() > 1
        && values.windows(2).all(|pair| pair[1] >= pair[0])
        && values[0] != values[values.len() - 1]
}

/// The unit of plain numbers.
fn plain(profile: &Profile) -> Clock {
    let first: f64 =
        profile.first.first().and_then(|c| c.replace(',', ".").parse().ok()).unwrap_or(0.0);
    match profile.header.to_lowercase() {
        _ if first > 1e11 => Clock::Milliseconds,
        _ if first > 1e8 => Clock::Seconds,
        name if name.contains("ms") || name.contains("milli") => Clock::Milliseconds,
        name if name.contains("min") => Clock::Minutes,
        name if name.contains("hour") || name.contains("(h)") || name.contains("[h]") => {
            Clock::Hours
        }
        _ => Clock::Seconds,
    }
}

/// Seconds from row to row: the middling step.
pub(super) fn step(times: &[i64]) -> Option<f64> {
    let mut steps: Vec<i64> =
        times.windows(2).map(|pair| pair[1] - pair[0]).filter(|s| *s > 0).collect();
    steps.sort_unstable();
    steps.get(steps.len() / 2).map(|ms| *ms as f64 / 1000.0)
}

/// A column that tells machines apart: needed where time goes back and forth in a file.
pub(super) fn group(
    profiles: &[Profile],
    time: &Time,
    times: &[i64],
    hints: &Hints,
) -> Option<String> {
    if let Some(name) = &hints.group {
        return Some(name.clone());
    }
    let back = times.windows(2).filter(|pair| pair[1] <= pair[0]).count();
    if 1000 * back < times.len() {
        return None;
    }
    let named = |p: &&Profile| {
        let name: String =
            p.header.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
        GROUP.contains(&name.as_str()) && p.header != time.column && !p.is_constant()
    };
    profiles.iter().find(named).map(|p| p.header.clone())
}

/// The column that tells failures, and what they mean.
pub(super) fn label(
    path: &Path,
    profiles: &[Profile],
    taken: &[&str],
    hints: &Hints,
) -> Result<(Failures, String), EventsError> {
    let named = hints.label.as_ref();
    let open = |p: &&Profile| match named {
        Some(name) => p.header == *name,
        None => !taken.contains(&p.header.as_str()),
    };
    let candidates: Vec<&Profile> = profiles.iter().filter(open).collect();
    // A status in words says most, then a flag with a telling name.
    for profile in &candidates {
        let words = |p: &Profile| !p.many && !p.is_number() && p.texts.len() <= 12;
        if !words(profile) {
            continue;
        }
        let negated =
            |text: &str| has(text, &["no ", "not ", "non"]) || text.to_lowercase() == "none";
        let is = |words: &[&str]| -> Vec<String> {
            let telling = profile.texts.keys().filter(|text| has(text, words) && !negated(text));
            telling.cloned().collect()
        };
        let failure = is(&FAILED);
        let in_header = has(&profile.header, &["status", "state", "condition", "label", "mode"]);
        if !failure.is_empty()
            && failure.len() < profile.texts.len()
            && (in_header || named.is_some())
        {
            let excluded = is(&AWAY).into_iter().filter(|text| !failure.contains(text)).collect();
            let meaning = format!("`{}` says {}", profile.header, failure.join(" or "));
            return Ok((
                Failures::Status { column: profile.header.clone(), failure, excluded },
                meaning,
            ));
        }
    }
    let flags =
        candidates.iter().filter(|p| p.is_binary() && (named.is_some() || has(&p.header, &LABEL)));
    let rank = |p: &&&Profile| {
        LABEL.iter().position(|word| p.header.to_lowercase().contains(word)).unwrap_or(99)
    };
    if let Some(profile) = flags.min_by_key(rank) {
        let (column, meaning) = (profile.header.clone(), format!("`{}` is 1", profile.header));
        // A status marks the moment of a failure, a label the time that one lasts.
        let failures = if has(&profile.header, &["status", "state"]) {
            Failures::Status { column, failure: vec!["1".to_owned()], excluded: Vec::new() }
        } else {
            Failures::Interval { column }
        };
        return Ok((failures, meaning));
    }
    // Somebody who names a column means it: what it says most often is normal.
    if let (Some(_), Some(profile)) = (named, candidates.first())
        && !profile.many
        && (2..=12).contains(&profile.texts.len())
    {
        let normal = profile.texts.iter().max_by_key(|(_, count)| **count).map(|(text, _)| text);
        let failure: Vec<String> =
            profile.texts.keys().filter(|text| Some(*text) != normal).cloned().collect();
        let meaning = format!("`{}` says {}", profile.header, failure.join(" or "));
        let column = profile.header.clone();
        return Ok((Failures::Status { column, failure, excluded: Vec::new() }, meaning));
    }
    Err(wrong(
        path,
        "no column tells failures",
        "name it with `--label`, or pass a file that lists failures, a line each, with `--failures`",
    ))
}

/// The sensors, and why the other columns are none.
pub(super) fn sensors(
    profiles: &[Profile],
    taken: &[&str],
    label: Option<&str>,
) -> (Vec<Sensor>, Vec<Ignored>) {
    let (mut sensors, mut ignored): (Vec<Sensor>, Vec<Ignored>) = (Vec::new(), Vec::new());
    for profile in profiles {
        let header = profile.header.clone();
        if taken.contains(&header.as_str()) || label == Some(header.as_str()) {
            continue;
        }
        let telling =
            profile.is_binary() && has(&header, &["changepoint", "change_point", "anomal"]);
        let why = if profile.filled == 0 {
            "it is empty"
        } else if profile.counts_rows() {
            "it counts rows"
        } else if !profile.is_number() {
            "it holds text"
        } else if profile.is_constant() {
            "it never changes"
        } else if telling {
            "it is made from the label"
        } else {
            let name = write::identifier(&header, &sensors);
            sensors.push(Sensor { name, unit: write::unit(&header), header });
            continue;
        };
        ignored.push(Ignored { header, why: why.to_owned() });
    }
    (sensors, ignored)
}
