//! Which column is the time, which divides machines, and which are sensors.

use std::path::Path;

use super::columns::Profile;
use super::labels::tells_failures;
use super::words::{has, token};
use super::{Hints, write, wrong};
use crate::events::descriptor::{Ignored, Sensor};
use crate::events::{Clock, EventsError};

/// Words in the header of a column of times, and whole ones.
const TIME: [&str; 6] = ["time", "date", "stamp", "datum", "zeit", "epoch"];
const TIME_TOKENS: [&str; 3] = ["ts", "t", "dt"];
/// Headers that tell machines or runs apart, without `id`, `no` and signs.
const GROUP: [&str; 17] = [
    "unit",
    "unitnumber",
    "machine",
    "asset",
    "engine",
    "device",
    "pump",
    "equipment",
    "turbine",
    "motor",
    "compressor",
    "bearing",
    "run",
    "batch",
    "experiment",
    "cycle",
    "serial",
];
/// Headers of numbers that say how long a machine goes on.
const REMAINING: [&str; 5] =
    ["rul", "ttf", "timetofailure", "remainingusefullife", "remaininglife"];

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

fn names_time(header: &str) -> bool {
    has(header, &TIME) || token(header, &TIME_TOKENS)
}

/// Finds the column of times.
pub(super) fn time(path: &Path, profiles: &[Profile], hints: &Hints) -> Result<Time, EventsError> {
    let at = |position: usize, clock: Clock| Time {
        column: profiles[position].header.clone(),
        position,
        clock_column: None,
        clock_position: None,
        clock,
    };
    if let Some(name) = &hints.time {
        let Some(position) = profiles.iter().position(|p| p.header == *name) else {
            return Err(no_column(path, profiles, name, "--time"));
        };
        let profile = &profiles[position];
        if profile.clock().is_none() && !profile.is_number() {
            let cell = profile.first.iter().find(|cell| !cell.is_empty());
            let problem = format!("`{name}` holds no times, such as `{}`", cell.map_or("", |c| c));
            return Err(wrong(path, &problem, "write dates as year-month-day hour:minute:second"));
        }
        let clock = profile.clock().unwrap_or_else(|| plain(profile));
        return Ok(with_clock(at(position, clock), profiles));
    }
    let dates = (0..profiles.len()).filter(|&p| profiles[p].clock().is_some());
    // Of several dates the one that moves on is the row's; a date of the last repair stands still.
    let moves = |&position: &usize| {
        let profile = &profiles[position];
        let different = profile.texts.len() + 1000 * usize::from(profile.many);
        (names_time(&profile.header), different)
    };
    // The first of those that are alike.
    if let Some(position) = dates.rev().max_by_key(moves)
        && let Some(clock) = profiles[position].clock()
    {
        return Ok(with_clock(at(position, clock), profiles));
    }
    // Numbers: since 1970 in any order, or since a start and rising.
    let numbered = |&position: &usize| {
        let p = &profiles[position];
        p.is_number() && names_time(&p.header) && p.many && (since_1970(p) || rising(p))
    };
    let numbers = (0..profiles.len()).rev().filter(numbered);
    match numbers.max_by_key(|&p| (since_1970(&profiles[p]), rising(&profiles[p]))) {
        Some(position) => Ok(at(position, plain(&profiles[position]))),
        None => Err(wrong(
            path,
            "no column holds times",
            "name the column of times with `--time`; dates are read as year-month-day, day.month.year or \
             month/day/year, with or without a time of day",
        )),
    }
}

/// The error of a hint that names a column that is not there.
pub(super) fn no_column(path: &Path, profiles: &[Profile], name: &str, flag: &str) -> EventsError {
    let headers: Vec<String> = profiles.iter().map(|p| format!("`{}`", p.header)).collect();
    let shown = headers.len().min(30);
    let more = if shown < headers.len() { ", ..." } else { "" };
    let hint = format!("correct `{flag}`; the columns are {}{more}", headers[..shown].join(", "));
    wrong(path, &format!("there is no column `{name}`"), &hint)
}

/// The time of day in a column of its own, where the first holds dates alone.
fn with_clock(mut time: Time, profiles: &[Profile]) -> Time {
    let midnight = |cell: &String| time.clock.parse(cell).is_none_or(|ms| ms % 86_400_000 == 0);
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

/// Whether numbers move on from row to row, nearly always.
fn rising(profile: &Profile) -> bool {
    let values = profile.first_numbers();
    let steps = values.windows(2).filter(|pair| pair[1] >= pair[0]).count();
    values.len() > 1
        && 10 * steps >= 9 * (values.len() - 1)
        && values[0] != values[values.len() - 1]
}

/// Whether numbers count some unit since 1970.
fn since_1970(profile: &Profile) -> bool {
    profile.first_numbers().first().is_some_and(|first| *first > 1e8)
}

/// The unit of plain numbers.
fn plain(profile: &Profile) -> Clock {
    let first = profile.first_numbers().first().copied().unwrap_or(0.0);
    match profile.header.to_lowercase() {
        _ if first > 1e17 => Clock::Nanoseconds,
        _ if first > 1e14 => Clock::Microseconds,
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

/// Seconds from row to row: the middling step between times, in whatever order they stand.
pub(super) fn step(times: &[i64]) -> Option<f64> {
    let mut times = times.to_vec();
    times.sort_unstable();
    times.dedup();
    let mut steps: Vec<i64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    steps.sort_unstable();
    steps.get(steps.len() / 2).map(|ms| *ms as f64 / 1000.0)
}

/// A column that tells machines apart: needed where times come again in a file.
///
/// # Errors
/// Times that come again, and no column that says whose they are.
pub(super) fn group(
    path: &Path,
    profiles: &[Profile],
    time: &Time,
    times: &[i64],
    hints: &Hints,
) -> Result<Option<String>, EventsError> {
    if let Some(name) = &hints.group {
        let there = profiles.iter().any(|p| p.header == *name);
        return if there {
            Ok(Some(name.clone()))
        } else {
            Err(no_column(path, profiles, name, "--group"))
        };
    }
    let mut different = times.to_vec();
    different.sort_unstable();
    different.dedup();
    let again = times.len() - different.len();
    let back = times.windows(2).filter(|pair| pair[1] < pair[0]).count();
    let ahead = times.windows(2).filter(|pair| pair[1] > pair[0]).count();
    // Few rows that stand out of order or twice are a fault of the file, and newest first is an order.
    if 100 * again < times.len() && 100 * back.min(ahead) < times.len() {
        return Ok(None);
    }
    let named = |p: &&Profile| {
        let name: String =
            p.header.to_lowercase().chars().filter(char::is_ascii_alphabetic).collect();
        let bare = name.trim_end_matches("id").trim_end_matches("name").trim_end_matches("no");
        (GROUP.contains(&bare) || GROUP.contains(&name.as_str()))
            && p.header != time.column
            && !p.is_constant()
    };
    let found = profiles.iter().find(named).map(|p| p.header.clone());
    if found.is_none() && 10 * again > times.len() {
        let few = |p: &&Profile| !p.many && p.texts.len() > 1 && p.header != time.column;
        let some: Vec<String> =
            profiles.iter().filter(few).take(8).map(|p| format!("`{}`", p.header)).collect();
        let problem = format!("{again} of {} rows looked at repeat a time", times.len());
        let hint = format!(
            "name the column that tells machines or runs apart with `--group`{}",
            if some.is_empty() {
                String::new()
            } else {
                format!(", such as {}", some.join(" or "))
            }
        );
        return Err(wrong(path, &problem, &hint));
    }
    Ok(found)
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
        let letters: String =
            header.to_lowercase().chars().filter(char::is_ascii_alphabetic).collect();
        let why = if profile.filled == 0 {
            "it is empty"
        } else if !profile.is_number() {
            "it holds text"
        } else if profile.is_constant() {
            "it never changes"
        } else if profile.counts_rows() {
            "it counts rows"
        } else if names_time(&header) && profile.rises() {
            "it is a time"
        } else if tells_failures(profile) {
            "it tells failures itself"
        } else if REMAINING.contains(&letters.as_str()) {
            "it is made from the failures"
        } else {
            let name = write::identifier(&header, &sensors);
            sensors.push(Sensor { name, unit: write::unit(&header), header });
            continue;
        };
        ignored.push(Ignored { header, why: why.to_owned() });
    }
    (sensors, ignored)
}
