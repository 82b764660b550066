//! The descriptor as text.

use std::fmt::Write as _;
use std::path::Path;

use super::Plan;
use crate::events::Clock;
use crate::events::descriptor::{Decimal, Failures, Sensor};

/// A folder's name from that of a file or folder.
pub(super) fn folder_name(path: &Path) -> String {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let stem = if path.is_dir() { path.file_name() } else { path.file_stem() };
    let text = stem.unwrap_or_default().to_string_lossy().to_lowercase();
    let word = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    let name: String = text.chars().map(word).collect();
    let name = name.trim_matches('_').to_owned();
    if name.is_empty() { "plant".to_owned() } else { name }
}

/// A title for reports.
pub(super) fn title(name: &str) -> String {
    let mut title = name.replace(['_', '-'], " ");
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    title
}

/// A sensor's name from its header: letters, digits and `_`, and none that is taken.
pub(super) fn identifier(header: &str, taken: &[Sensor]) -> String {
    let bare = header.split(['[', '(']).next().unwrap_or(header).trim();
    let bare = if bare.is_empty() { header } else { bare };
    let word = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let mut name: String = bare.chars().map(word).collect();
    name = name.trim_matches('_').to_owned();
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        name.insert_str(0, "s_");
    }
    let free = |name: &str| !taken.iter().any(|sensor| sensor.name == name);
    if free(&name) {
        return name;
    }
    (2..).map(|n| format!("{name}_{n}")).find(|name| free(name)).unwrap_or(name)
}

/// The unit that stands in brackets behind a header.
pub(super) fn unit(header: &str) -> String {
    let inside =
        header.rsplit_once(['[', '(']).map(|(_, rest)| rest.trim_end_matches([']', ')', ' ']));
    inside.filter(|text| text.chars().count() <= 12).unwrap_or_default().to_owned()
}

/// A time that is written in the way `way` as the time column writes it, or with the year first; nothing if `cell` is none.
pub(super) fn as_written(cell: &str, way: Clock, column: Clock) -> Option<String> {
    let ms = way.parse(cell)?;
    if way == column && column.parse_given(cell) == Some(ms) {
        return Some(cell.to_owned());
    }
    Some(Clock::show(ms).to_string())
}

/// A TOML string.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn list(texts: &[String]) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| self::quoted(text)).collect();
    format!("[{}]", quoted.join(", "))
}

/// `dataset.toml`.
pub(super) fn toml(plan: &Plan) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut text, plan);
    text
}

fn write(text: &mut String, plan: &Plan) -> std::fmt::Result {
    writeln!(
        text,
        "# Written by `gauntlet data init` from the tables themselves: read it, and correct what is wrong."
    )?;
    writeln!(text, "name = {}", quoted(&plan.name))?;
    writeln!(text, "title = {}", quoted(&plan.title))?;
    writeln!(text, "summary = {}", quoted(&format!("{} sensors over time.", plan.sensors.len())))?;
    writeln!(text, "layout = \"timed_csv\"")?;
    let files: Vec<String> =
        plan.paths.iter().map(|path| format!("{{ path = {} }}", quoted(path))).collect();
    writeln!(
        text,
        "# Below raw/ or the folder of `--data-dir`; `*` stands for any name, and each file is a group."
    )?;
    writeln!(text, "files = [{}]", files.join(", "))?;
    writeln!(text, "delimiter = {}", quoted(&plan.delimiter.to_string()))?;
    let decimal = if plan.decimal == Decimal::Comma { "comma" } else { "point" };
    writeln!(text, "decimal = \"{decimal}\"")?;
    if !plan.missing.is_empty() {
        writeln!(text, "# What stands for a missing reading, beside NaN, null and the like.")?;
        writeln!(text, "missing = {}", list(&plan.missing))?;
    }
    if let Some(group) = &plan.group {
        writeln!(text, "group = {}", quoted(group))?;
    }
    writeln!(text, "\n[time]\ncolumn = {}", quoted(&plan.time))?;
    if let Some(clock) = &plan.clock_column {
        writeln!(text, "clock_column = {}", quoted(clock))?;
    }
    let format = format!("{:?}", plan.clock).to_lowercase();
    writeln!(
        text,
        "# ymd, dmy or mdy for dates; seconds, milliseconds, microseconds, nanoseconds, minutes or hours for numbers."
    )?;
    writeln!(
        text,
        "format = \"{format}\"\n# Mostly, from row to row.\nstep_s = {:?}",
        plan.step_s
    )?;
    writeln!(text, "\n[labels]\nmeaning = {}", quoted(&plan.meaning))?;
    match &plan.failures {
        Failures::Status { column, failure, excluded, lasts } => {
            writeln!(
                text,
                "\n# Neither learned from nor judged while `excluded`.\n[labels.status]"
            )?;
            writeln!(text, "column = {}\nfailure = {}", quoted(column), list(failure))?;
            writeln!(text, "excluded = {}", list(excluded))?;
            writeln!(
                text,
                "# Whether an alarm while it lasts counts as well as one before it.\nlasts = {lasts}"
            )?;
        }
        Failures::Interval { column } => {
            writeln!(
                text,
                "\n# Not 0 from the onset to the end.\n[labels.interval]\ncolumn = {}",
                quoted(column)
            )?;
        }
        Failures::Times(times) => {
            for time in times {
                writeln!(text, "\n[[labels.times]]\nat = {}", quoted(&time.at))?;
                if let Some(until) = &time.until {
                    writeln!(text, "until = {}", quoted(until))?;
                }
                if let Some(group) = &time.group {
                    writeln!(text, "group = {}", quoted(group))?;
                }
            }
        }
    }
    for ignored in &plan.ignored {
        writeln!(
            text,
            "\n[[ignored]]\nheader = {}\nwhy = {}",
            quoted(&ignored.header),
            quoted(&ignored.why)
        )?;
    }
    for sensor in &plan.sensors {
        writeln!(
            text,
            "\n[[sensors]]\nheader = {}\nname = {}",
            quoted(&sensor.header),
            quoted(&sensor.name)
        )?;
        if !sensor.unit.is_empty() {
            writeln!(text, "unit = {}", quoted(&sensor.unit))?;
        }
    }
    Ok(())
}
