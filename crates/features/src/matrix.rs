//! Feature vectors of many rows, column by column.

use gauntlet_core::Subset;

/// A table of `f32` features: what models are fitted on and score.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    /// Feature names, one per column.
    pub names: Vec<String>,
    /// Values, `columns[feature][row]`; NaN marks a missing value.
    pub columns: Vec<Vec<f32>>,
    /// A value per feature at which physics sets a limit, if it does: a split whose gap holds it is
    /// placed there.
    pub limits: Vec<Option<f32>>,
}

impl Matrix {
    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, Vec::len)
    }

    /// Number of features.
    #[must_use]
    pub fn width(&self) -> usize {
        self.columns.len()
    }

    /// Copies the features of `row` into `into`, which has room for [`Matrix::width`] values.
    pub fn copy_row(&self, row: usize, into: &mut [f32]) {
        into.iter_mut().zip(&self.columns).for_each(|(slot, column)| *slot = column[row]);
    }

    /// `f` of each row's features, in order.
    pub fn map_rows<T>(&self, mut f: impl FnMut(&[f32]) -> T) -> Vec<T> {
        let mut features = vec![0.0; self.width()];
        (0..self.rows())
            .map(|row| {
                self.copy_row(row, &mut features);
                f(&features)
            })
            .collect()
    }

    /// The values row by row, each row's features beside one another.
    #[must_use]
    pub fn row_major(&self) -> Vec<f32> {
        let width = self.width();
        let mut values = vec![0.0; width * self.rows()];
        for (feature, column) in self.columns.iter().enumerate() {
            for (row, &value) in column.iter().enumerate() {
                values[row * width + feature] = value;
            }
        }
        values
    }
}

impl Subset for Matrix {
    fn subset(&self, positions: &[usize]) -> Self {
        Self {
            names: self.names.clone(),
            columns: self
                .columns
                .iter()
                .map(|column| positions.iter().map(|&p| column[p]).collect())
                .collect(),
            limits: self.limits.clone(),
        }
    }
}
