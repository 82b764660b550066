//! Failures that a file of its own lists.

use std::path::Path;

use super::words::{has, token};
use super::{sniff, write, wrong};
use crate::events::Clock;
use crate::events::descriptor::GivenTime;
use crate::events::error::EventsError;
use crate::events::table::{headers, split};

/// Words in the header of when a failure began, ended, and whose it is.
const BEGIN: [&str; 8] = ["begin", "start", "from", "onset", "beginn", "von", "time", "at"];
const END: [&str; 6] = ["end", "until", "stop", "to", "bis", "ende"];
const GROUP: [&str; 5] = ["group", "file", "machine", "unit", "asset"];

/// The failures of a file, a line each: when it began, and when it ended. Other columns may stand between.
pub(super) fn listed(path: &Path, clock: Clock) -> Result<Vec<GivenTime>, EventsError> {
    let bytes = fs_err::read(path)?;
    let delimiter = sniff::dialect(&bytes).delimiter;
    let text =
        String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes)).into_owned();
    let rows: Vec<Vec<String>> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| split(line, delimiter).into_iter().map(|cell| cell.trim().to_owned()).collect())
        .collect();
    let header = text.lines().next().map(|line| headers(line, delimiter)).unwrap_or_default();
    // One way to write times for the whole file: a line alone may leave open whether days or months come first.
    let ways = [clock, Clock::Ymd, Clock::Dmy, Clock::Mdy];
    let times = |way: Clock| -> Vec<usize> {
        let holds = |&column: &usize| {
            let cells =
                || rows.iter().skip(1).filter_map(|row| row.get(column)).filter(|c| !c.is_empty());
            let only =
                rows.len() == 1 && rows[0].get(column).is_some_and(|c| way.parse(c).is_some());
            only || (cells().count() > 0 && cells().all(|cell| way.parse(cell).is_some()))
        };
        (0..header.len()).filter(holds).collect()
    };
    // A column of few times reads more ways than one that decides: the way that most columns read is meant.
    let found = ways.into_iter().rev().map(|way| (way, times(way))).max_by_key(|(_, of)| of.len());
    let Some((way, columns)) = found.filter(|(_, columns)| !columns.is_empty()) else {
        return Err(wrong(
            path,
            "no column holds the times of failures",
            "write a failure per line: its begin, a comma, its end, all in one format",
        ));
    };
    let called =
        |c: usize, words: &[&str]| token(&header[c], words) || has(&header[c], &words[..3]);
    let ends = |c: &usize| called(*c, &END);
    let begins = |c: &usize| called(*c, &BEGIN) && !ends(c);
    // Without headers that say so, the first column of times is the begin and the second the end.
    let mut times = columns.iter().copied();
    let begin = columns.iter().copied().find(begins).or_else(|| times.find(|c| !ends(c)));
    let begin = begin.unwrap_or(columns[0]);
    let mut others = columns.iter().copied().filter(|c| *c != begin);
    let end = columns.iter().copied().find(ends).or_else(|| others.find(|c| *c > begin));
    let end = end.filter(|c| *c != begin);
    let group = (0..header.len()).find(|&c| !columns.contains(&c) && token(&header[c], &GROUP));
    let cell = |row: &Vec<String>, column: Option<usize>| -> Option<String> {
        let text = row.get(column?)?;
        (!text.is_empty()).then(|| text.clone())
    };
    let written = |text: String| write::as_written(&text, way, clock);
    let mut listed = Vec::new();
    for row in &rows {
        // A line without a time is the heading.
        if let Some(at) = cell(row, Some(begin)).and_then(written) {
            let until = cell(row, end).and_then(written);
            listed.push(GivenTime { at, until, group: cell(row, group) });
        }
    }
    Ok(listed)
}
