//! Named columns of numbers or text: what a loader hands over and a recipe reads.

use serde::{Deserialize, Serialize};

/// One column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Column {
    /// Numbers in full precision; NaN marks a missing value.
    Number(Vec<f64>),
    /// Text, such as a category or an identifier.
    Text(Vec<String>),
}

/// One value of a column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    /// A number, NaN if missing.
    Number(f64),
    /// A text.
    Text(&'a str),
}

/// Columns of equal length, in a fixed order.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    names: Vec<String>,
    columns: Vec<Column>,
    rows: usize,
}

/// Why columns do not make a frame, or a frame lacks what was asked of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// A column is longer or shorter than the first.
    #[error("column `{column}` has {found} rows, the others have {expected}")]
    Length {
        /// The column's name.
        column: String,
        /// Rows it has.
        found: usize,
        /// Rows the frame has.
        expected: usize,
    },
    /// Two columns share a name.
    #[error("column `{0}` stands twice")]
    Duplicate(String),
    /// No column has that name.
    #[error("there is no column `{0}`")]
    Missing(String),
    /// The column is of the other type.
    #[error("column `{column}` is not {expected}")]
    Type {
        /// The column's name.
        column: String,
        /// `numeric` or `text`.
        expected: &'static str,
    },
}

impl Column {
    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Number(values) => values.len(),
            Self::Text(values) => values.len(),
        }
    }

    /// Whether it has no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value in `row`; the row must be one of the column's.
    #[must_use]
    pub fn cell(&self, row: usize) -> Cell<'_> {
        match self {
            Self::Number(values) => Cell::Number(values[row]),
            Self::Text(values) => Cell::Text(&values[row]),
        }
    }

    fn take(&self, rows: &[usize]) -> Self {
        match self {
            Self::Number(values) => Self::Number(rows.iter().map(|&r| values[r]).collect()),
            Self::Text(values) => Self::Text(rows.iter().map(|&r| values[r].clone()).collect()),
        }
    }
}

impl Frame {
    /// A frame of `(name, column)` pairs.
    ///
    /// # Errors
    /// Columns of different lengths, or two of one name.
    pub fn new(columns: impl IntoIterator<Item = (String, Column)>) -> Result<Self, FrameError> {
        let mut frame = Self::default();
        for (name, column) in columns {
            frame.push(name, column)?;
        }
        Ok(frame)
    }

    /// Adds a column at the end.
    ///
    /// # Errors
    /// A column of another length, or of a name that is taken.
    pub fn push(&mut self, name: String, column: Column) -> Result<(), FrameError> {
        if self.names.contains(&name) {
            return Err(FrameError::Duplicate(name));
        }
        if self.names.is_empty() {
            self.rows = column.len();
        } else if column.len() != self.rows {
            return Err(FrameError::Length {
                column: name,
                found: column.len(),
                expected: self.rows,
            });
        }
        self.names.push(name);
        self.columns.push(column);
        Ok(())
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Column names in order.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// `(name, column)` in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Column)> {
        self.names.iter().map(String::as_str).zip(&self.columns)
    }

    /// The column called `name`.
    ///
    /// # Errors
    /// No such column.
    pub fn column(&self, name: &str) -> Result<&Column, FrameError> {
        let index = self.names.iter().position(|n| n == name);
        index.map(|i| &self.columns[i]).ok_or_else(|| FrameError::Missing(name.to_owned()))
    }

    /// The numbers of column `name`.
    ///
    /// # Errors
    /// No such column, or it holds text.
    pub fn numbers(&self, name: &str) -> Result<&[f64], FrameError> {
        match self.column(name)? {
            Column::Number(values) => Ok(values),
            Column::Text(_) => {
                Err(FrameError::Type { column: name.to_owned(), expected: "numeric" })
            }
        }
    }

    /// The texts of column `name`.
    ///
    /// # Errors
    /// No such column, or it holds numbers.
    pub fn texts(&self, name: &str) -> Result<&[String], FrameError> {
        match self.column(name)? {
            Column::Text(values) => Ok(values),
            Column::Number(_) => {
                Err(FrameError::Type { column: name.to_owned(), expected: "text" })
            }
        }
    }

    /// The given rows, in the given order; each must exist.
    #[must_use]
    pub fn take(&self, rows: &[usize]) -> Self {
        Self {
            names: self.names.clone(),
            columns: self.columns.iter().map(|c| c.take(rows)).collect(),
            rows: rows.len(),
        }
    }

    /// The frame with only the columns called `names`, in that order.
    ///
    /// # Errors
    /// A name that no column has.
    pub fn select(&self, names: &[String]) -> Result<Self, FrameError> {
        Self::new(
            names
                .iter()
                .map(|name| Ok((name.clone(), self.column(name)?.clone())))
                .collect::<Result<Vec<_>, FrameError>>()?,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame() -> Frame {
        Frame::new([
            ("a".to_owned(), Column::Number(vec![1.0, 2.0, 3.0])),
            ("b".to_owned(), Column::Text(vec!["x".into(), "y".into(), "z".into()])),
        ])
        .unwrap()
    }

    #[test]
    fn takes_rows_in_the_order_asked_for() {
        let taken = frame().take(&[2, 0]);
        assert_eq!(taken.numbers("a").unwrap(), [3.0, 1.0]);
        assert_eq!(taken.texts("b").unwrap(), ["z", "x"]);
    }

    #[test]
    fn names_the_column_that_is_missing_mistyped_or_too_long() {
        let mut frame = frame();
        assert_eq!(frame.column("c"), Err(FrameError::Missing("c".into())));
        assert!(frame.numbers("b").unwrap_err().to_string().contains("`b` is not numeric"));
        let long = frame.push("d".into(), Column::Number(vec![0.0])).unwrap_err();
        assert!(long.to_string().contains("`d` has 1 rows"));
        assert!(frame.push("a".into(), Column::Number(vec![0.0; 3])).is_err());
    }
}
