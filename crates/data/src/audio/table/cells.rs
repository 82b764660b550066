//! A table's columns, from CSV or Parquet: the described ones as text, the others as what they are.

use std::collections::BTreeMap;
use std::io::Cursor;

use gauntlet_core::Column;
use polars::prelude::{DataType, ParquetReader, SerReader};

use crate::audio::problem::ClipsProblem;
use crate::csv::{self, CsvProblem};
use crate::descriptor::{ColumnKind, ColumnSpec, Role};

/// How Parquet files begin.
const PARQUET: &[u8] = b"PAR1";

/// The columns of a table.
#[derive(Debug, Default)]
pub(super) struct Cells {
    /// All headers in the file's order.
    pub(super) headers: Vec<String>,
    /// The described columns.
    pub(super) texts: BTreeMap<String, Vec<String>>,
    /// The others, in the file's order.
    pub(super) others: Vec<(String, Column)>,
    /// Rows.
    pub(super) rows: usize,
}

/// Why there are none.
#[derive(Debug)]
pub(super) enum CellsProblem {
    Csv(CsvProblem),
    Clips(ClipsProblem),
}

/// Reads the table of `bytes`, of which the columns in `described` are to be there, each with the entry of the
/// descriptor that names it.
pub(super) fn read(bytes: &[u8], described: &[(String, &str)]) -> Result<Cells, CellsProblem> {
    if bytes.starts_with(PARQUET) { parquet(bytes, described) } else { csv(bytes, described) }
}

fn csv(bytes: &[u8], described: &[(String, &str)]) -> Result<Cells, CellsProblem> {
    let mut headers = Vec::new();
    let rows = csv::read_chosen(bytes, |found| {
        headers = found.to_vec();
        let there = found.iter().filter(|header| is_described(header, described));
        there.map(|header| text_column(header)).collect()
    });
    all_there(&headers, described)?;
    let frame = rows.map_err(CellsProblem::Csv)?.frame;
    let mut cells = Cells { headers, rows: frame.rows(), ..Cells::default() };
    for header in &cells.headers {
        match frame.column(header) {
            Ok(Column::Text(texts)) if is_described(header, described) => {
                cells.texts.insert(header.clone(), texts.clone());
            }
            Ok(column) => cells.others.push((header.clone(), column.clone())),
            // Every header is a column's name.
            Err(_) => {}
        }
    }
    Ok(cells)
}

fn parquet(bytes: &[u8], described: &[(String, &str)]) -> Result<Cells, CellsProblem> {
    let unreadable = |error: polars::prelude::PolarsError| {
        CellsProblem::Clips(ClipsProblem::Unreadable(error.to_string()))
    };
    let frame = ParquetReader::new(Cursor::new(bytes)).finish().map_err(unreadable)?;
    let names = frame.get_column_names();
    let headers: Vec<String> = names.iter().map(ToString::to_string).collect();
    all_there(&headers, described)?;
    let mut cells = Cells { headers, rows: frame.height(), ..Cells::default() };
    for (header, column) in cells.headers.iter().zip(frame.columns()) {
        let described = is_described(header, described);
        let number = column.dtype().is_primitive_numeric();
        let cell = |row: Option<usize>| {
            CellsProblem::Clips(ClipsProblem::Cell {
                row: row.unwrap_or_default() + 1,
                column: header.clone(),
                text: String::new(),
                problem: "is missing".to_owned(),
            })
        };
        if number || (!described && *column.dtype() == DataType::Boolean) {
            let cast = column.cast(&DataType::Float64).map_err(unreadable)?;
            let values = cast.f64().map_err(unreadable)?;
            let numbers: Vec<f64> = values.iter().map(|v| v.unwrap_or(f64::NAN)).collect();
            if described {
                let missing = numbers.iter().position(|number| number.is_nan());
                if missing.is_some() {
                    return Err(cell(missing));
                }
                let texts = numbers.iter().map(ToString::to_string).collect();
                cells.texts.insert(header.clone(), texts);
            } else {
                cells.others.push((header.clone(), Column::Number(numbers)));
            }
            continue;
        }
        let Ok(cast) = column.cast(&DataType::String) else {
            // A list or the like: it can be neither a feature nor described.
            if described {
                let problem = format!("column `{header}` holds neither text nor numbers");
                return Err(CellsProblem::Clips(ClipsProblem::Unreadable(problem)));
            }
            let nothing = vec![String::new(); cells.rows];
            cells.others.push((header.clone(), Column::Text(nothing)));
            continue;
        };
        let strings = cast.str().map_err(unreadable)?;
        if described {
            let missing = strings.iter().position(|text| text.is_none_or(str::is_empty));
            if missing.is_some() {
                return Err(cell(missing));
            }
        }
        let texts = strings.iter().map(|text| text.unwrap_or_default().to_owned()).collect();
        if described {
            cells.texts.insert(header.clone(), texts);
        } else {
            cells.others.push((header.clone(), Column::Text(texts)));
        }
    }
    Ok(cells)
}

fn is_described(header: &str, described: &[(String, &str)]) -> bool {
    described.iter().any(|(_, name)| *name == header)
}

fn all_there(headers: &[String], described: &[(String, &str)]) -> Result<(), CellsProblem> {
    // A file that has no header at all has a problem of its own.
    let absent = described.iter().find(|(_, name)| !headers.iter().any(|header| header == name));
    match absent {
        Some((key, column)) if !headers.is_empty() => {
            Err(CellsProblem::Clips(ClipsProblem::NoSuchColumn {
                key: key.clone(),
                column: (*column).to_owned(),
                headers: headers.to_vec(),
            }))
        }
        _ => Ok(()),
    }
}

fn text_column(header: &str) -> ColumnSpec {
    ColumnSpec {
        header: header.to_owned(),
        name: header.to_owned(),
        kind: ColumnKind::Text,
        role: Role::Feature,
        unit: String::new(),
        nullable: false,
        min: None,
        max: None,
        values: Vec::new(),
        description: String::new(),
    }
}
