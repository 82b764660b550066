//! What can be wrong with a table, each with its place.

/// Why a table is damaged or not the table described. Lines count from 1 (the header), rows from 1 (below it).
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CsvProblem {
    /// No bytes at all.
    #[error("the file is empty")]
    Empty,
    /// A header and nothing below it.
    #[error("the file has a header but no rows")]
    NoRows,
    /// Bytes that are not UTF-8.
    #[error("line {line} is not UTF-8")]
    NotUtf8 {
        /// The line.
        line: usize,
    },
    /// A quoted cell that never ends.
    #[error("the quote that opens on line {line} is never closed")]
    OpenQuote {
        /// The line.
        line: usize,
    },
    /// A line with too few or too many cells.
    #[error("line {line} (row {row}) has {found} cells, the header has {expected}")]
    Ragged {
        /// The line.
        line: usize,
        /// The row.
        row: usize,
        /// Cells it has.
        found: usize,
        /// Cells the header has.
        expected: usize,
    },
    /// A column without a name.
    #[error("column {position} has no header")]
    UnnamedColumn {
        /// Its position from 1.
        position: usize,
    },
    /// Two columns of one name.
    #[error("column `{0}` stands twice in the header")]
    DuplicateColumn(String),
    /// Columns that the descriptor asks for and the header lacks.
    #[error("{}", missing(.0))]
    MissingColumns(Vec<MissingColumn>),
    /// An extra column that is called like the canonical name of another.
    #[error("the extra column `{extra}` has the name under which column `{described}` is known")]
    NameTaken {
        /// The extra column's header.
        extra: String,
        /// The described column's header.
        described: String,
    },
    /// A cell that does not hold what its column holds.
    #[error("line {line} (row {row}), column `{column}`: `{text}` {problem}")]
    Cell {
        /// The line on which the row starts.
        line: usize,
        /// The row.
        row: usize,
        /// The column's header.
        column: String,
        /// The text that stands there, shortened.
        text: String,
        /// What is wrong with it.
        problem: CellProblem,
    },
    /// The table reader failed where the checks before it did not.
    #[error("the table reader failed: {0}")]
    Reader(String),
}

/// Why a text is not a value of its column.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CellProblem {
    /// Nothing there.
    #[error("is a missing value")]
    Missing,
    /// Not a number.
    #[error("is not a number")]
    NotANumber,
    /// NaN, infinite or beyond double precision.
    #[error("is not a finite number")]
    NotFinite,
    /// A fraction where whole numbers are expected.
    #[error("is not a whole number")]
    NotAnInteger,
    /// Something else than 0 and 1.
    #[error("is neither 0 nor 1")]
    NotAFlag,
    /// A value that the descriptor does not list.
    #[error("is not one of {0}")]
    UnknownCategory(String),
    /// Smaller than the smallest plausible value.
    #[error("is below the smallest plausible value {0}")]
    TooSmall(f64),
    /// Larger than the largest plausible value.
    #[error("is above the largest plausible value {0}")]
    TooLarge(f64),
}

/// A column that is missing, with the column that may be it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingColumn {
    /// The header that is expected.
    pub expected: String,
    /// A header in the file that looks like it.
    pub lookalike: Option<String>,
}

fn missing(columns: &[MissingColumn]) -> String {
    let each = columns.iter().map(|MissingColumn { expected, lookalike }| match lookalike {
        None => format!("column `{expected}` is missing"),
        Some(found) => {
            format!("column `{expected}` is missing (`{found}` looks like it, renamed)")
        }
    });
    each.collect::<Vec<_>>().join("; ")
}
