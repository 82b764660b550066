//! What the cells of a column look like.

use std::collections::BTreeMap;

use crate::events::Clock;
use crate::events::table::{Dialect, is_number, split};

/// Different texts that are remembered.
const TEXTS: usize = 40;
/// Cells that are kept.
const FIRST: usize = 400;

/// A column as its cells have it.
#[derive(Debug, Clone)]
pub(super) struct Profile {
    pub(super) header: String,
    /// Cells that are there.
    pub(super) filled: usize,
    /// Those of them that hold numbers.
    pub(super) numbers: usize,
    /// Different texts with their counts, up to a limit.
    pub(super) texts: BTreeMap<String, usize>,
    /// Whether there are more different texts than that.
    pub(super) many: bool,
    /// The first cells.
    pub(super) first: Vec<String>,
}

impl Profile {
    pub(super) fn new(header: &str) -> Self {
        Self {
            header: header.to_owned(),
            filled: 0,
            numbers: 0,
            texts: BTreeMap::new(),
            many: false,
            first: Vec::new(),
        }
    }

    fn add(&mut self, cell: &str, dialect: Dialect) {
        let cell = cell.trim();
        if self.first.len() < FIRST {
            self.first.push(cell.to_owned());
        }
        if cell.is_empty()
            || matches!(cell, "NA" | "NaN" | "nan" | "null" | "NULL" | "None" | "?" | "-")
        {
            return;
        }
        self.filled += 1;
        self.numbers += usize::from(is_number(cell, dialect.decimal));
        if let Some(count) = self.texts.get_mut(cell) {
            *count += 1;
        } else if self.texts.len() < TEXTS {
            self.texts.insert(cell.to_owned(), 1);
        } else {
            self.many = true;
        }
    }

    /// Whether nearly all cells hold numbers.
    pub(super) fn is_number(&self) -> bool {
        self.filled > 0 && self.numbers as f64 >= 0.999 * self.filled as f64
    }

    /// Whether the column holds one value, or none.
    pub(super) fn is_constant(&self) -> bool {
        !self.many && self.texts.len() < 2
    }

    /// Whether it says 0 and 1, or false and true, and nothing else.
    pub(super) fn is_binary(&self) -> bool {
        let truth = |text: &String| crate::events::states::truth(text);
        let values: Option<Vec<bool>> = self.texts.keys().map(truth).collect();
        !self.many && values.is_some_and(|v| v.contains(&true) && v.contains(&false))
    }

    /// Whether it counts rows.
    pub(super) fn counts_rows(&self) -> bool {
        let values: Option<Vec<f64>> = self.first.iter().map(|cell| cell.parse().ok()).collect();
        let Some(values) = values else { return false };
        values.len() > 2 && {
            let step = values[1] - values[0];
            step != 0.0 && values.windows(2).all(|pair| pair[1] - pair[0] == step)
        }
    }

    /// How its cells write times, if they do.
    pub(super) fn clock(&self) -> Option<Clock> {
        let some: Vec<&String> = self.first.iter().filter(|cell| !cell.is_empty()).collect();
        let reads =
            |clock: &Clock| !some.is_empty() && some.iter().all(|cell| clock.parse(cell).is_some());
        let dates: Vec<Clock> =
            [Clock::Ymd, Clock::Dmy, Clock::Mdy].into_iter().filter(reads).collect();
        // Where days and months could be swapped, time moves on in small steps.
        let jumps = |clock: &Clock| -> i64 {
            let times: Vec<i64> = some.iter().filter_map(|cell| clock.parse(cell)).collect();
            times.windows(2).map(|pair| (pair[1] - pair[0]).abs()).max().unwrap_or(0)
        };
        dates.into_iter().min_by_key(jumps)
    }
}

/// Looks at every cell; returns the number of rows.
pub(super) fn look(bytes: &[u8], dialect: Dialect, profiles: &mut [Profile]) -> usize {
    let mut rows = 0;
    for line in bytes.split(|b| *b == b'\n').skip(1) {
        let line = String::from_utf8_lossy(line);
        let line = line.trim_end_matches('\r');
        if line.trim().is_empty() {
            continue;
        }
        rows += 1;
        if line.contains('"') {
            let cells = split(line, dialect.delimiter);
            profiles.iter_mut().zip(&cells).for_each(|(profile, cell)| profile.add(cell, dialect));
        } else {
            let cells = line.split(dialect.delimiter);
            profiles.iter_mut().zip(cells).for_each(|(profile, cell)| profile.add(cell, dialect));
        }
    }
    rows
}

/// The header and the first rows as cells.
pub(super) fn first_rows(bytes: &[u8], dialect: Dialect) -> (Vec<String>, Vec<Vec<String>>) {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut lines = bytes.split(|b| *b == b'\n').map(|line| {
        let line = String::from_utf8_lossy(line);
        split(line.trim_end_matches('\r'), dialect.delimiter)
    });
    let header = lines.next().unwrap_or_default();
    let full = |cells: &Vec<String>| cells.len() > 1 || cells.iter().any(|c| !c.trim().is_empty());
    (header, lines.filter(full).take(20_000).collect())
}
