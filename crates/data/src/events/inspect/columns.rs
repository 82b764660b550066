//! What the cells of a column look like.

use std::collections::BTreeMap;

use crate::events::Clock;
use crate::events::table::{Dialect, is_missing, number, split};

/// Different texts that are remembered.
const TEXTS: usize = 40;
/// First cells that are kept.
const FIRST: usize = 400;
/// Cells that are kept of the whole column, evenly spread.
const SPREAD: usize = 1024;
/// Different texts in a column of numbers that may stand for missing readings.
const STRANGE: usize = 6;
/// Up to this share of them.
const MOSTLY: f64 = 0.9;

/// A column as its cells have it.
#[derive(Debug, Clone)]
pub(super) struct Profile {
    pub(super) header: String,
    /// Cells that are there.
    pub(super) filled: usize,
    /// Those of them that hold numbers.
    numbers: usize,
    /// Whether these are whole.
    whole: bool,
    /// Whether each number is above the one before.
    rising: bool,
    last: f64,
    /// Different texts with their counts, up to a limit.
    pub(super) texts: BTreeMap<String, usize>,
    /// Whether there are more different texts than that.
    pub(super) many: bool,
    /// Texts that are no numbers, up to a limit.
    strange: BTreeMap<String, usize>,
    /// The first cells.
    pub(super) first: Vec<String>,
    /// Cells of the whole column, every `stride`-th that is there.
    spread: Vec<String>,
    stride: usize,
}

impl Profile {
    pub(super) fn new(header: &str) -> Self {
        Self {
            header: header.to_owned(),
            filled: 0,
            numbers: 0,
            whole: true,
            rising: true,
            last: f64::NEG_INFINITY,
            texts: BTreeMap::new(),
            many: false,
            strange: BTreeMap::new(),
            first: Vec::new(),
            spread: Vec::new(),
            stride: 1,
        }
    }

    fn add(&mut self, cell: &str, dialect: Dialect) {
        let cell = cell.trim();
        if self.first.len() < FIRST {
            self.first.push(cell.to_owned());
        }
        if is_missing(cell) {
            return;
        }
        if self.filled.is_multiple_of(self.stride) {
            self.spread.push(cell.to_owned());
            if self.spread.len() == SPREAD {
                let mut keep = false;
                self.spread.retain(|_| {
                    keep = !keep;
                    keep
                });
                self.stride *= 2;
            }
        }
        self.filled += 1;
        match number(cell, dialect.decimal) {
            Some(value) => {
                self.numbers += 1;
                self.whole &= value.fract() == 0.0;
                self.rising &= value > self.last;
                self.last = value;
            }
            None => {
                if let Some(count) = self.strange.get_mut(cell) {
                    *count += 1;
                } else if self.strange.len() <= STRANGE {
                    self.strange.insert(cell.to_owned(), 1);
                }
            }
        }
        if let Some(count) = self.texts.get_mut(cell) {
            *count += 1;
        } else if self.texts.len() < TEXTS {
            self.texts.insert(cell.to_owned(), 1);
        } else {
            self.many = true;
        }
    }

    /// Whether the cells hold numbers, but for few that say in words why there is none.
    pub(super) fn is_number(&self) -> bool {
        self.filled > 0
            && self.numbers as f64 >= MOSTLY * self.filled as f64
            && self.strange.len() <= STRANGE
    }

    /// The words of a column of numbers that stand for missing readings.
    pub(super) fn words(&self) -> impl Iterator<Item = &String> {
        self.strange.keys()
    }

    /// Whether the column holds one value, or none.
    pub(super) fn is_constant(&self) -> bool {
        let words = self.is_number();
        let said = |text: &&String| !words || !self.strange.contains_key(*text);
        !self.many && self.texts.keys().filter(said).count() < 2
    }

    /// Whether it says 0 and 1, or false and true, and nothing else.
    pub(super) fn is_binary(&self) -> bool {
        let single = |text: &String| text.replace(',', ".").parse::<f64>().is_ok_and(|v| v > 1.0);
        self.tells() && !self.texts.keys().any(single)
    }

    /// Whether it says 0, mostly, and kinds of failures by number.
    pub(super) fn is_kinds(&self) -> bool {
        let truth = |text: &String| crate::events::states::truth(text);
        let zero = |(text, count): (&String, &usize)| {
            if truth(text) == Some(false) { *count } else { 0 }
        };
        self.tells() && 2 * self.texts.iter().map(zero).sum::<usize>() > self.filled
    }

    /// Whether every cell says that something is so or not, and both occur.
    pub(super) fn tells(&self) -> bool {
        let truth = |text: &String| crate::events::states::truth(text);
        let values: Option<Vec<bool>> = self.texts.keys().map(truth).collect();
        !self.many
            && self.texts.len() <= 12
            && values.is_some_and(|v| v.contains(&true) && v.contains(&false))
    }

    /// Whether it counts rows: by steps of one size, or by whole numbers that rise under a header that says so.
    pub(super) fn counts_rows(&self) -> bool {
        let header = self.header.to_lowercase();
        let named = header.is_empty()
            || header.starts_with("unnamed")
            || ["index", "id", "idx", "row", "row_id", "no", "nr", "udi"]
                .contains(&header.as_str());
        if named && self.is_number() && self.whole && self.many {
            return true;
        }
        let values: Option<Vec<f64>> = self.first.iter().map(|cell| cell.parse().ok()).collect();
        let Some(values) = values else { return false };
        values.len() > 2 && self.many && {
            let step = values[1] - values[0];
            step != 0.0 && values.windows(2).all(|pair| pair[1] - pair[0] == step)
        }
    }

    /// Whether its numbers rise from row to row, all of them.
    pub(super) fn rises(&self) -> bool {
        self.rising && self.many
    }

    /// How its cells write times, if they do.
    pub(super) fn clock(&self) -> Option<Clock> {
        let here = |cell: &&String| !is_missing(cell);
        let some: Vec<&String> = self.first.iter().filter(here).chain(&self.spread).collect();
        let reads =
            |clock: &Clock| !some.is_empty() && some.iter().all(|cell| clock.parse(cell).is_some());
        let dates: Vec<Clock> =
            [Clock::Ymd, Clock::Dmy, Clock::Mdy].into_iter().filter(reads).collect();
        // Where days and months could be swapped, time moves on in small steps.
        let way = |clock: &Clock| -> i64 {
            let times: Vec<i64> = self.spread.iter().filter_map(|cell| clock.parse(cell)).collect();
            times.windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum()
        };
        dates.into_iter().min_by_key(way)
    }

    /// The first cells that hold numbers.
    pub(super) fn first_numbers(&self) -> Vec<f64> {
        self.first.iter().filter_map(|c| c.replace(',', ".").parse().ok()).collect()
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

/// The first rows as cells.
pub(super) fn first_rows(bytes: &[u8], dialect: Dialect) -> Vec<Vec<String>> {
    let lines = bytes.split(|b| *b == b'\n').skip(1).map(|line| {
        let line = String::from_utf8_lossy(line);
        split(line.trim_end_matches('\r'), dialect.delimiter)
    });
    let full = |cells: &Vec<String>| cells.len() > 1 || cells.iter().any(|c| !c.trim().is_empty());
    lines.filter(full).take(20_000).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::descriptor::Decimal;

    fn profile(header: &str, cells: impl Iterator<Item = String>) -> Profile {
        let mut profile = Profile::new(header);
        let dialect = Dialect { delimiter: ',', decimal: Decimal::Point };
        cells.for_each(|cell| profile.add(&cell, dialect));
        profile
    }

    #[test]
    fn the_whole_column_says_whether_days_or_months_come_first() {
        // The first day is ambiguous; the thirteenth is not.
        let minutes =
            (0..30_000).map(|i| format!("6/{}/2020 {}:{:02}", 1 + i / 1440, i / 60 % 24, i % 60));
        assert_eq!(profile("t", minutes).clock(), Some(Clock::Mdy));
        // A day a row, none above the twelfth: the wrong way goes back and forth.
        let days = (0..36).map(|i| format!("{}/{}/2020", 1 + i % 12, 1 + i / 12));
        assert_eq!(profile("t", days).clock(), Some(Clock::Dmy));
    }

    #[test]
    fn words_in_a_column_of_numbers_stand_for_missing_readings() {
        let cell =
            |i: usize| if i.is_multiple_of(30) { "Bad Input".to_owned() } else { format!("{i}.5") };
        let mixed = profile("p", (0..300).map(cell));
        assert!(mixed.is_number());
        assert_eq!(mixed.words().collect::<Vec<_>>(), ["Bad Input"]);
        assert!(!profile("p", (0..300).map(|i| format!("word {}", i % 9))).is_number());
    }

    #[test]
    fn rows_are_counted_in_steps_of_one_size_or_under_a_telling_header() {
        assert!(profile("n", (0..99).map(|i| (10 * i).to_string())).counts_rows());
        assert!(profile("", (0..99).map(|i| (i * i).to_string())).counts_rows());
        assert!(!profile("p", (0..99).map(|i| (i * i).to_string())).counts_rows());
    }
}
