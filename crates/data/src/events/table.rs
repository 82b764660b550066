//! One table of cells: its header, and the columns that are wanted as numbers or as texts.

use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use polars::prelude::{
    CsvEncoding, CsvParseOptions, CsvReadOptions, DataFrame, DataType, Field, NullValues,
    PlSmallStr, Schema, SerReader,
};

use super::descriptor::Decimal;
use super::error::EventsError;

/// What tables write where a reading is missing.
const MISSING: [&str; 20] = [
    "", "NA", "N/A", "#N/A", "n/a", "na", "NaN", "nan", "NAN", "NaT", "<NA>", "null", "NULL",
    "Null", "None", "none", "nil", "?", "-", "--",
];

/// Whether a cell says that there is no reading.
pub(super) fn is_missing(text: &str) -> bool {
    MISSING.contains(&text.trim())
}

/// How a table is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dialect {
    pub(super) delimiter: char,
    pub(super) decimal: Decimal,
}

/// A table in memory, not split into cells yet.
pub(super) struct Table<'a> {
    path: &'a Path,
    dialect: Dialect,
    /// Further texts that stand for a missing reading.
    missing: &'a [String],
    /// The cells of the first line.
    pub(super) header: Vec<String>,
    body: &'a [u8],
}

/// A column as it was wanted.
pub(super) enum Cells {
    Numbers(Vec<f64>),
    Texts(Vec<String>),
}

/// A column that is wanted.
pub(super) struct Want {
    pub(super) position: usize,
    pub(super) number: bool,
}

impl<'a> Table<'a> {
    /// Reads the header.
    pub(super) fn new(
        path: &'a Path,
        bytes: &'a [u8],
        dialect: Dialect,
        missing: &'a [String],
    ) -> Result<Self, EventsError> {
        encoded(path, bytes)?;
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let end = bytes.iter().position(|b| *b == b'\n').unwrap_or(bytes.len());
        let line = String::from_utf8_lossy(&bytes[..end]);
        let header = headers(line.trim_end_matches('\r'), dialect.delimiter);
        let body = bytes.get(end + 1..).unwrap_or_default();
        if body.iter().all(u8::is_ascii_whitespace) {
            let problem = "there is no row below the header".to_owned();
            return Err(EventsError::Table { path: path.to_owned(), problem });
        }
        Ok(Self { path, dialect, missing, header, body })
    }

    /// Where the column `name` stands.
    pub(super) fn position(&self, name: &str) -> Result<usize, EventsError> {
        self.header.iter().position(|header| header == name).ok_or_else(|| {
            let shown: Vec<String> =
                self.header.iter().take(12).map(|h| format!("`{h}`")).collect();
            let more = if self.header.len() > 12 { ", ..." } else { "" };
            EventsError::Column {
                path: self.path.to_owned(),
                column: name.to_owned(),
                found: format!("{}{more}", shown.join(", ")),
            }
        })
    }

    /// The wanted columns, in the order of `wants`.
    pub(super) fn columns(&self, wants: &[Want]) -> Result<Vec<Cells>, EventsError> {
        if let Some(error) = self.ragged() {
            return Err(error);
        }
        if let Ok(frame) = self.split(wants, true) {
            return wants
                .iter()
                .map(|want| self.take(&frame, want.position, want.number))
                .collect();
        }
        // What polars does not take for a number, such as one between blanks, is parsed cell by cell; an error has a place.
        let frame = self.split(wants, false)?;
        let mut columns = Vec::with_capacity(wants.len());
        let mut first: Option<(usize, usize, String)> = None;
        for want in wants {
            let Cells::Texts(texts) = self.take(&frame, want.position, false)? else { continue };
            if !want.number {
                columns.push(Cells::Texts(texts));
                continue;
            }
            let mut numbers = Vec::with_capacity(texts.len());
            for (row, text) in texts.iter().enumerate() {
                let number = number(text, self.dialect.decimal);
                if number.is_none() && first.as_ref().is_none_or(|(earliest, ..)| row < *earliest) {
                    first = Some((row, want.position, text.clone()));
                }
                numbers.push(number.unwrap_or(f64::NAN));
            }
            columns.push(Cells::Numbers(numbers));
        }
        match first {
            Some((row, position, text)) => Err(self.cell(row, position, &text, "number")),
            None => Ok(columns),
        }
    }

    /// The first row of another number of cells than the header, if there is one. Empty cells at its end do not count.
    fn ragged(&self) -> Option<EventsError> {
        let delimiter = self.dialect.delimiter as u8;
        let expected = self.header.len();
        let mut row = 0;
        for line in self.body.split(|b| *b == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() {
                continue;
            }
            row += 1;
            let cells = 1 + line.iter().filter(|b| **b == delimiter).count();
            // Quoted cells may hold delimiters, or go on in the next line: polars knows.
            if cells == expected || line.contains(&b'"') {
                continue;
            }
            let spare = line.iter().rev().take_while(|b| **b == delimiter).count();
            if cells < expected || cells - spare > expected {
                let problem = format!("row {row} has {cells} cells, and the header {expected}");
                return Some(EventsError::Table { path: self.path.to_owned(), problem });
            }
        }
        None
    }

    fn take(&self, frame: &DataFrame, position: usize, number: bool) -> Result<Cells, EventsError> {
        let name = position.to_string();
        let column = frame.column(&name).map_err(|e| self.problem(e.to_string()))?;
        let series = column.as_materialized_series();
        if number {
            let numbers = series.f64().map_err(|e| self.problem(e.to_string()))?;
            return Ok(Cells::Numbers(numbers.iter().map(|v| v.unwrap_or(f64::NAN)).collect()));
        }
        let texts = series.str().map_err(|e| self.problem(e.to_string()))?;
        Ok(Cells::Texts(texts.iter().map(|v| v.unwrap_or_default().to_owned()).collect()))
    }

    fn split(&self, wants: &[Want], numbers: bool) -> Result<DataFrame, EventsError> {
        let number =
            |position: usize| numbers && wants.iter().any(|w| w.position == position && w.number);
        // Positions instead of headers, so that no header can mean anything to the reader.
        let fields = (0..self.header.len()).map(|position| {
            let kind = if number(position) { DataType::Float64 } else { DataType::String };
            Field::new(PlSmallStr::from_string(position.to_string()), kind)
        });
        let mut projection: Vec<usize> = wants.iter().map(|want| want.position).collect();
        projection.sort_unstable();
        projection.dedup();
        let missing = MISSING.iter().map(|text| PlSmallStr::from_static(text));
        let further = self.missing.iter().map(|text| PlSmallStr::from_str(text));
        let missing = missing.chain(further).collect();
        let options = CsvParseOptions::default()
            .with_separator(self.dialect.delimiter as u8)
            .with_encoding(CsvEncoding::LossyUtf8)
            .with_truncate_ragged_lines(true)
            .with_null_values(Some(NullValues::AllColumns(missing)))
            .with_decimal_comma(self.dialect.decimal == Decimal::Comma);
        CsvReadOptions::default()
            .with_has_header(false)
            .with_schema(Some(Arc::new(Schema::from_iter(fields))))
            .with_projection(Some(Arc::new(projection)))
            .with_parse_options(options)
            .into_reader_with_file_handle(Cursor::new(self.body))
            .finish()
            .map_err(|e| self.problem(first_line(&e.to_string())))
    }

    /// The error of a cell that is not what its column holds; `row` counts from 0.
    pub(super) fn cell(
        &self,
        row: usize,
        position: usize,
        text: &str,
        expected: &str,
    ) -> EventsError {
        EventsError::Cell {
            path: self.path.to_owned(),
            row: row + 1,
            column: self.header[position].clone(),
            text: text.chars().take(60).collect(),
            expected: expected.to_owned(),
        }
    }

    fn problem(&self, problem: String) -> EventsError {
        EventsError::Table { path: self.path.to_owned(), problem }
    }
}

/// Refuses text of two bytes a character, as some programs export it.
pub(super) fn encoded(path: &Path, bytes: &[u8]) -> Result<(), EventsError> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        let problem = "it is written in UTF-16: save it as UTF-8".to_owned();
        return Err(EventsError::Table { path: path.to_owned(), problem });
    }
    Ok(())
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

/// The number in a cell, NaN if it says that there is none; a cell that says whether something is so holds 1 or 0.
pub(super) fn number(text: &str, decimal: Decimal) -> Option<f64> {
    let text = text.trim();
    if is_missing(text) {
        return Some(f64::NAN);
    }
    match text {
        "true" | "True" | "TRUE" => return Some(1.0),
        "false" | "False" | "FALSE" => return Some(0.0),
        _ => {}
    }
    match decimal {
        Decimal::Comma if text.contains('.') => None,
        Decimal::Comma => text.replace(',', ".").parse().ok(),
        Decimal::Point => text.parse().ok(),
    }
}

/// The headers in a line: those that stand there twice are numbered, so that each is a column of its own.
pub(super) fn headers(line: &str, delimiter: char) -> Vec<String> {
    let mut headers: Vec<String> = Vec::new();
    for cell in split(line, delimiter) {
        let cell = cell.trim();
        let again = (1..).map(|n| format!("{cell}.{n}"));
        let mut names = std::iter::once(cell.to_owned()).chain(again);
        headers.extend(names.find(|name| !headers.contains(name)));
    }
    headers
}

/// The cells of one line, unquoted.
pub(super) fn split(line: &str, delimiter: char) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        let last = cells.len() - 1;
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                cells[last].push('"');
            }
            '"' if quoted || cells[last].is_empty() => quoted = !quoted,
            c if c == delimiter && !quoted => cells.push(String::new()),
            c => cells[last].push(c),
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, dialect: Dialect, number: bool) -> Result<Vec<Cells>, EventsError> {
        let table = Table::new(Path::new("t.csv"), text.as_bytes(), dialect, &[])?;
        table.columns(&[Want { position: 1, number }, Want { position: 0, number: false }])
    }

    const COMMAS: Dialect = Dialect { delimiter: ';', decimal: Decimal::Comma };
    const POINTS: Dialect = Dialect { delimiter: ',', decimal: Decimal::Point };

    #[test]
    fn decimal_commas_and_missing_readings_are_numbers() {
        let cells = read("t;p\r\na;1,5\r\nb;\r\nc;NaN\r\n", COMMAS, true).unwrap();
        let Cells::Numbers(p) = &cells[0] else { panic!("numbers") };
        assert_eq!(p[0], 1.5);
        assert!(p[1].is_nan() && p[2].is_nan());
        let Cells::Texts(t) = &cells[1] else { panic!("texts") };
        assert_eq!(t, &["a", "b", "c"]);
    }

    #[test]
    fn the_first_cell_that_is_no_number_is_named_with_its_place() {
        let error = read("t,p\na,1\nb,broken\nc,x\n", POINTS, true).err().unwrap();
        assert_eq!(error.to_string(), "t.csv, row 2, column `p`: `broken` is no number");
    }

    #[test]
    fn quotes_blanks_and_truths_are_numbers() {
        let text = "\"t\", p ,p\na, 1.5,True\nb,\"2.5\",False\nc,<NA>,true\n";
        let Cells::Numbers(p) = &read(text, POINTS, true).unwrap()[0] else { panic!("numbers") };
        assert_eq!(p[..2], [1.5, 2.5]);
        assert!(p[2].is_nan());
        assert_eq!(headers("\"t\", p ,p,p.1", ','), ["t", "p", "p.1", "p.1.1"]);
        assert_eq!(number("True", Decimal::Point), Some(1.0));
    }

    #[test]
    fn rows_of_another_length_are_named_and_empty_cells_at_the_end_forgiven() {
        let error = read("t,p\na,1\nb\n", POINTS, true).err().unwrap();
        assert_eq!(error.to_string(), "t.csv: row 2 has 1 cells, and the header 2");
        let error = read("t,p\na,1,7\n", POINTS, true).err().unwrap();
        assert_eq!(error.to_string(), "t.csv: row 1 has 3 cells, and the header 2");
        assert!(read("t,p\na,1,\nb,2,,\n", POINTS, true).is_ok());
        assert!(read("t,p\n\"a,a\",1\n", POINTS, true).is_ok());
    }

    #[test]
    fn further_texts_stand_for_missing_readings() {
        let missing = ["I/O Timeout".to_owned()];
        let text = "t,p\na,1\nb,I/O Timeout\n";
        let table = Table::new(Path::new("t.csv"), text.as_bytes(), POINTS, &missing).unwrap();
        let cells = table.columns(&[Want { position: 1, number: true }]).unwrap();
        let Cells::Numbers(p) = &cells[0] else { panic!("numbers") };
        assert!(p[0] == 1.0 && p[1].is_nan());
    }

    #[test]
    fn a_table_without_rows_is_refused() {
        let error = read("t,p\n\n", POINTS, true).err().unwrap();
        assert!(error.to_string().contains("no row"), "{error}");
    }
}
