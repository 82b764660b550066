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
const MISSING: [&str; 10] = ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?", "-"];

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
    ) -> Result<Self, EventsError> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let end = bytes.iter().position(|b| *b == b'\n').unwrap_or(bytes.len());
        let line = String::from_utf8_lossy(&bytes[..end]);
        let header = split(line.trim_end_matches('\r'), dialect.delimiter);
        let body = bytes.get(end + 1..).unwrap_or_default();
        if body.iter().all(u8::is_ascii_whitespace) {
            let problem = "there is no row below the header".to_owned();
            return Err(EventsError::Table { path: path.to_owned(), problem });
        }
        Ok(Self { path, dialect, header, body })
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
        // Numbers are parsed by polars; only where that fails are cells looked at one by one, for an error with a place.
        let frame = match self.split(wants, true) {
            Ok(frame) => frame,
            Err(error) => return Err(self.first_bad(wants)?.unwrap_or(error)),
        };
        wants.iter().map(|want| self.take(&frame, want)).collect()
    }

    fn take(&self, frame: &DataFrame, want: &Want) -> Result<Cells, EventsError> {
        let name = want.position.to_string();
        let column = frame.column(&name).map_err(|e| self.problem(e.to_string()))?;
        let series = column.as_materialized_series();
        if want.number {
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
        let missing = MISSING.iter().map(|text| PlSmallStr::from_static(text)).collect();
        let options = CsvParseOptions::default()
            .with_separator(self.dialect.delimiter as u8)
            .with_encoding(CsvEncoding::LossyUtf8)
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

    /// The first cell that is no number though it should be.
    fn first_bad(&self, wants: &[Want]) -> Result<Option<EventsError>, EventsError> {
        let frame = self.split(wants, false)?;
        let mut first: Option<(usize, usize, String)> = None;
        for want in wants.iter().filter(|want| want.number) {
            let texts = Want { position: want.position, number: false };
            let Cells::Texts(texts) = self.take(&frame, &texts)? else { continue };
            let bad = texts.iter().position(|text| !is_number(text, self.dialect.decimal));
            if let Some(row) = bad
                && first.as_ref().is_none_or(|(earliest, ..)| row < *earliest)
            {
                first = Some((row, want.position, texts[row].clone()));
            }
        }
        Ok(first.map(|(row, position, text)| self.cell(row, position, &text, "number")))
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

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

/// Whether a cell holds a number, or says that there is none.
pub(super) fn is_number(text: &str, decimal: Decimal) -> bool {
    let text = text.trim();
    if MISSING.contains(&text) {
        return true;
    }
    let text = match decimal {
        Decimal::Comma if text.contains('.') => return false,
        Decimal::Comma => text.replace(',', "."),
        Decimal::Point => text.to_owned(),
    };
    text.parse::<f64>().is_ok()
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
        let table = Table::new(Path::new("t.csv"), text.as_bytes(), dialect)?;
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
    fn a_table_without_rows_is_refused() {
        let error = read("t,p\n\n", POINTS, true).err().unwrap();
        assert!(error.to_string().contains("no row"), "{error}");
    }
}
