//! Cells to values, by the column's kind.

use gauntlet_core::Column;

use super::problem::CellProblem;
use crate::descriptor::{ColumnKind, ColumnSpec};

/// Whole numbers beyond this are not exact in double precision.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The first cell of a column that is no value of it.
#[derive(Debug)]
pub(super) struct CellError {
    /// The row from 0.
    pub(super) row: usize,
    pub(super) column: String,
    pub(super) text: String,
    pub(super) problem: CellProblem,
}

/// The column that `cells` spell out by `spec`.
pub(super) fn parse(spec: &ColumnSpec, cells: &[&str]) -> Result<Column, CellError> {
    let at = |row: usize, problem| CellError {
        row,
        column: spec.header.clone(),
        text: shorten(cells[row]),
        problem,
    };
    let rows = cells.iter().enumerate();
    if spec.kind.is_numeric() {
        let number = |(row, text): (usize, &&str)| number(spec, text).map_err(|p| at(row, p));
        rows.map(number).collect::<Result<_, _>>().map(Column::Number)
    } else {
        let text = |(row, text): (usize, &&str)| word(spec, text).map_err(|p| at(row, p));
        rows.map(text).collect::<Result<_, _>>().map(Column::Text)
    }
}

/// The column of cells that no descriptor knows: numbers if every cell is a finite one, else text.
pub(super) fn parse_unknown(cells: &[&str]) -> Column {
    let finite = |text: &&str| text.parse::<f64>().ok().filter(|number| number.is_finite());
    match cells.iter().map(finite).collect() {
        Some(numbers) => Column::Number(numbers),
        None => Column::Text(cells.iter().map(|text| (*text).to_owned()).collect()),
    }
}

fn number(spec: &ColumnSpec, text: &str) -> Result<f64, CellProblem> {
    if text.is_empty() {
        return if spec.nullable { Ok(f64::NAN) } else { Err(CellProblem::Missing) };
    }
    if spec.kind == ColumnKind::Flag {
        return match text {
            "0" => Ok(0.0),
            "1" => Ok(1.0),
            _ => Err(CellProblem::NotAFlag),
        };
    }
    let number: f64 = text.parse().map_err(|_| CellProblem::NotANumber)?;
    if !number.is_finite() {
        return Err(CellProblem::NotFinite);
    }
    let whole = number.fract() == 0.0 && number.abs() <= EXACT;
    if spec.kind == ColumnKind::Integer && !whole {
        return Err(CellProblem::NotAnInteger);
    }
    match (spec.min, spec.max) {
        (Some(min), _) if number < min => Err(CellProblem::TooSmall(min)),
        (_, Some(max)) if number > max => Err(CellProblem::TooLarge(max)),
        _ => Ok(number),
    }
}

fn word(spec: &ColumnSpec, text: &str) -> Result<String, CellProblem> {
    if text.is_empty() {
        return Err(CellProblem::Missing);
    }
    if spec.kind == ColumnKind::Category && !spec.values.iter().any(|value| value == text) {
        return Err(CellProblem::UnknownCategory(spec.values.join(", ")));
    }
    Ok(text.to_owned())
}

/// At most 40 characters of `text`, control characters escaped.
fn shorten(text: &str) -> String {
    let escaped = text.escape_debug().to_string();
    match escaped.char_indices().nth(40) {
        Some((end, _)) => format!("{}...", &escaped[..end]),
        None => escaped,
    }
}
