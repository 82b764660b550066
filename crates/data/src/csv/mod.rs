//! Layout `csv_rows`: one comma-separated file with a header, one row an observation.
//!
//! A first pass over the bytes checks what a table reader would repair or report without a place: encoding,
//! line structure and header. Polars then splits the cells, all as text, and each column is parsed by its
//! own rule, so that an error names the line, the row, the column and the text that stands there.

mod cell;
mod header;
mod problem;
mod scan;

use std::io::Cursor;
use std::sync::Arc;

use gauntlet_core::Frame;
use polars::prelude::{
    CsvParseOptions, CsvReadOptions, DataFrame, DataType, Field, PlSmallStr, Schema, SerReader,
};

use crate::descriptor::ColumnSpec;
use cell::CellError;
pub use problem::{CellProblem, CsvProblem, MissingColumn};
use scan::Scan;

/// A table that fits its descriptor.
#[derive(Debug)]
pub(crate) struct Rows {
    /// The described columns under their canonical names in the descriptor's order, then the extra ones.
    pub(crate) frame: Frame,
    /// Headers of columns that the descriptor does not know.
    pub(crate) extra: Vec<String>,
    /// Whether the described columns stand in another order than the descriptor's.
    pub(crate) reordered: bool,
}

/// Parses `bytes` by `columns`.
///
/// # Errors
/// The first thing that is wrong, in the order of encoding, structure, header, cells (by line).
pub(crate) fn read(bytes: &[u8], columns: &[ColumnSpec]) -> Result<Rows, CsvProblem> {
    rows(&scan::scan(bytes)?, columns)
}

/// Parses `bytes` by the columns that `choose` makes of the headers; a column without a header, as data frames
/// write their row numbers, is called by its position.
///
/// # Errors
/// As for [`read`].
pub(crate) fn read_chosen(
    bytes: &[u8],
    choose: impl FnOnce(&[String]) -> Vec<ColumnSpec>,
) -> Result<Rows, CsvProblem> {
    let mut scan = scan::scan(bytes)?;
    for (position, header) in scan.header.iter_mut().enumerate() {
        if header.trim().is_empty() {
            *header = format!("column {}", position + 1);
        }
    }
    let columns = choose(&scan.header);
    rows(&scan, &columns)
}

fn rows(scan: &Scan<'_>, columns: &[ColumnSpec]) -> Result<Rows, CsvProblem> {
    let header = header::match_columns(&scan.header, columns)?;
    let cells = split_cells(scan)?;
    let text = |position: usize| -> Result<Vec<&str>, CsvProblem> {
        let series = cells.columns()[position].as_materialized_series();
        let strings = series.str().map_err(|e| CsvProblem::Reader(e.to_string()))?;
        Ok(strings.iter().map(Option::unwrap_or_default).collect())
    };
    let mut parsed = Vec::with_capacity(scan.header.len());
    let mut first: Option<CellError> = None;
    for (spec, &position) in columns.iter().zip(&header.described) {
        match cell::parse(spec, &text(position)?) {
            Ok(column) => parsed.push((spec.name.clone(), column)),
            Err(error) if first.as_ref().is_none_or(|f| error.row < f.row) => first = Some(error),
            Err(_) => {}
        }
    }
    if let Some(CellError { row, column, text, problem }) = first {
        return Err(CsvProblem::Cell {
            line: scan.lines[row],
            row: row + 1,
            column,
            text,
            problem,
        });
    }
    for &position in &header.extra {
        parsed.push((scan.header[position].clone(), cell::parse_unknown(&text(position)?)));
    }
    let frame = Frame::new(parsed).map_err(|e| CsvProblem::Reader(e.to_string()))?;
    let extra = header.extra.iter().map(|&position| scan.header[position].clone()).collect();
    Ok(Rows { frame, extra, reordered: header.reordered })
}

/// All cells as text, one polars column a header.
fn split_cells(scan: &Scan<'_>) -> Result<DataFrame, CsvProblem> {
    // Positions instead of headers, so that no header can mean anything to the reader.
    let fields = (0..scan.header.len()).map(|position| {
        Field::new(PlSmallStr::from_string(position.to_string()), DataType::String)
    });
    let cells = CsvReadOptions::default()
        .with_has_header(false)
        .with_schema(Some(Arc::new(Schema::from_iter(fields))))
        .with_parse_options(CsvParseOptions::default().with_missing_is_null(false))
        .into_reader_with_file_handle(Cursor::new(scan.body.as_bytes()))
        .finish()
        .map_err(|e| CsvProblem::Reader(e.to_string()))?;
    if cells.height() != scan.lines.len() {
        let problem = format!("{} rows were read of {}", cells.height(), scan.lines.len());
        return Err(CsvProblem::Reader(problem));
    }
    Ok(cells)
}

#[cfg(test)]
mod tests;
