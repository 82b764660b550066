//! A file of measurements: rows of numbers, and nothing else but a header line.
//!
//! Separators are a tab, spaces, a comma or a semicolon, which may differ from file to file of one rig
//! (PRONOSTIA's do), and lines end in LF or CRLF. One pass reads all numbers.

use super::number;
use super::problem::SnapshotProblem;

/// Columns of numbers.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Samples {
    columns: Vec<Vec<f64>>,
}

impl Samples {
    /// Parses `bytes`; all rows have as many columns as the first.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub(super) fn parse(bytes: &[u8], header: bool) -> Result<Self, SnapshotProblem> {
        let mut samples = Self::default();
        samples.read(bytes, header)?;
        Ok(samples)
    }

    /// Parses `bytes` as [`Samples::parse`] does, into the memory of the file before: fresh memory for every file
    /// would cost half as much as the numbers.
    ///
    /// # Errors
    /// The first thing that is wrong; the samples are then of no use.
    pub(super) fn read(&mut self, bytes: &[u8], header: bool) -> Result<(), SnapshotProblem> {
        let mut lines = Lines { bytes, at: 0 };
        if header {
            lines.skip_header()?;
        }
        if !lines.skip_blank() {
            return Err(SnapshotProblem::Empty);
        }
        let columns = &mut self.columns;
        let start = lines.at;
        let expected = lines.row(1, |position, value| {
            if columns.len() <= position {
                columns.push(Vec::new());
            }
            columns[position].clear();
            columns[position].push(value);
        })?;
        columns.truncate(expected);
        // Rows of one file are about equally long, so this is nearly the final size.
        let rows = bytes.len() / (lines.at - start) + 16;
        columns.iter_mut().for_each(|column| column.reserve(rows));
        let mut row = 1;
        while lines.skip_blank() {
            row += 1;
            let found = lines.row(row, |position, value| {
                if let Some(column) = columns.get_mut(position) {
                    column.push(value);
                }
            })?;
            if found != expected {
                return Err(SnapshotProblem::Columns { row, found, expected });
            }
        }
        Ok(())
    }

    /// Number of rows.
    pub(super) fn rows(&self) -> usize {
        self.columns.first().map_or(0, Vec::len)
    }

    /// The numbers of `column`, which counts from 1.
    ///
    /// # Errors
    /// A column that the file does not have.
    pub(super) fn column(&self, column: usize) -> Result<&[f64], SnapshotProblem> {
        let found = column.checked_sub(1).and_then(|position| self.columns.get(position));
        let problem = SnapshotProblem::NoSuchColumn { column, found: self.columns.len() };
        found.map(Vec::as_slice).ok_or(problem)
    }

    /// The numbers of every column.
    pub(super) fn columns(&self) -> impl Iterator<Item = &[f64]> {
        self.columns.iter().map(Vec::as_slice)
    }

    /// The numbers of `column`, taken out: each column can be taken once.
    ///
    /// # Errors
    /// A column that the file does not have.
    pub(super) fn take(&mut self, column: usize) -> Result<Vec<f64>, SnapshotProblem> {
        let found = self.columns.len();
        let taken = column.checked_sub(1).and_then(|position| self.columns.get_mut(position));
        taken.map(std::mem::take).ok_or(SnapshotProblem::NoSuchColumn { column, found })
    }

    /// The first row.
    pub(super) fn first_row(&self) -> Vec<f64> {
        self.columns.iter().filter_map(|column| column.first()).copied().collect()
    }
}

/// A place in the bytes of a file.
struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Lines<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip(&mut self, skipped: impl Fn(u8) -> bool) {
        while self.peek().is_some_and(&skipped) {
            self.at += 1;
        }
    }

    /// Leaves a first line that is no row of numbers behind.
    fn skip_header(&mut self) -> Result<(), SnapshotProblem> {
        self.skip_blank();
        let start = Lines { bytes: self.bytes, at: self.at };
        self.skip(|byte| byte != b'\n');
        let line = &self.bytes[start.at..self.at];
        let numbers = Lines { bytes: line, at: 0 }.row(1, |_, _| ());
        if !line.is_empty() && numbers.is_ok() { Err(SnapshotProblem::NoHeader) } else { Ok(()) }
    }

    /// Moves to the next line that holds something; false at the end of the file.
    fn skip_blank(&mut self) -> bool {
        self.skip(|byte| matches!(byte, b'\n' | b'\r' | b' ' | b'\t'));
        self.at < self.bytes.len()
    }

    /// Hands the numbers of one line to `take`, each with its position, and tells how many there are.
    #[inline]
    fn row(
        &mut self,
        row: usize,
        mut take: impl FnMut(usize, f64),
    ) -> Result<usize, SnapshotProblem> {
        let mut position = 0;
        loop {
            let rest = &self.bytes[self.at..];
            let fast = number::fast(rest);
            let length = fast.map_or(0, |(_, length)| length);
            let mut next = rest.get(length).copied();
            let value = match fast {
                Some((value, _)) if next.is_none_or(is_separator) => {
                    self.at += length;
                    value
                }
                _ => {
                    let value = self.cell(row, position + 1)?;
                    next = self.peek();
                    value
                }
            };
            take(position, value);
            position += 1;
            if matches!(next, Some(b'\t' | b' ')) {
                self.at += 1;
                next = self.peek();
                if matches!(next, Some(b'-' | b'0'..=b'9')) {
                    continue;
                }
                self.skip_spaces();
                next = self.peek();
            }
            match next {
                Some(b',' | b';') => {
                    self.at += 1;
                    self.skip_spaces();
                }
                None | Some(b'\n' | b'\r') => return Ok(position),
                Some(_) => {}
            }
        }
    }

    fn skip_spaces(&mut self) {
        self.skip(|byte| byte == b' ' || byte == b'\t');
    }

    /// Reads one cell that is no short decimal number.
    #[cold]
    fn cell(&mut self, row: usize, column: usize) -> Result<f64, SnapshotProblem> {
        let start = self.at;
        self.skip(|byte| !is_separator(byte));
        let cell = &self.bytes[start..self.at];
        let text = || {
            let text = String::from_utf8_lossy(cell);
            text.chars().take(40).collect::<String>()
        };
        match number::slow(cell) {
            None => Err(SnapshotProblem::NotANumber { row, column, text: text() }),
            Some(value) if value.is_finite() => Ok(value),
            Some(_) => Err(SnapshotProblem::NotFinite { row, column, text: text() }),
        }
    }
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b'\t' | b' ' | b',' | b';' | b'\n' | b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Samples, String> {
        Samples::parse(text.as_bytes(), false).map_err(|problem| problem.to_string())
    }

    #[test]
    fn any_separator_and_line_end_gives_the_same_numbers() {
        let expected = parse("1\t-2.5\n3\t4e2\n").unwrap();
        for text in
            ["1,-2.5\r\n3,4e2", "1;-2.5\n3;4e2\n", "  1   -2.5\n 3 400 \n\n", "1\t-2.5\t\r\n3, 400"]
        {
            assert_eq!(parse(text).unwrap(), expected, "{text:?}");
        }
        assert_eq!(expected.rows(), 2);
        assert_eq!(expected.column(2).unwrap(), [-2.5, 400.0]);
        assert_eq!(expected.first_row(), [1.0, -2.5]);
        assert!(expected.column(3).is_err() && expected.column(0).is_err());
    }

    #[test]
    fn damage_names_row_and_column() {
        for (text, message) in [
            ("", "the file is empty"),
            ("\r\n \n", "the file is empty"),
            ("1,2\n3\n", "row 2 has 1 columns, not 2"),
            ("1,2\n3,4,5\n", "row 2 has 3 columns, not 2"),
            ("1,2\n3,x7\n", "row 2, column 2: `x7` is not a number"),
            ("1,2\n3.1.2,4\n", "row 2, column 1: `3.1.2` is not a number"),
            ("1,2\n,4\n", "row 2, column 1: `` is not a number"),
            ("1,2\n3,\n", "row 2, column 2: `` is not a number"),
            ("NaN,2\n", "row 1, column 1: `NaN` is not a finite number"),
            ("1,2\n3,-inf\n", "row 2, column 2: `-inf` is not a finite number"),
            ("1,1e999\n", "row 1, column 2: `1e999` is not a finite number"),
        ] {
            assert_eq!(parse(text).unwrap_err(), message, "{text:?}");
        }
    }

    #[test]
    fn a_header_is_left_out_and_must_be_one() {
        let text = b"Horizontal,Vertical\r\n1,2\r\n";
        assert_eq!(Samples::parse(text, true).unwrap().rows(), 1);
        assert_eq!(Samples::parse(b"1,2\n3,4\n", true), Err(SnapshotProblem::NoHeader));
        assert_eq!(Samples::parse(b"a,b\n", true), Err(SnapshotProblem::Empty));
        assert_eq!(Samples::parse(b"", true), Err(SnapshotProblem::Empty));
    }
}
