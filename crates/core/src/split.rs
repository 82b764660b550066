//! Sides of a split as types: only [`Train`] can be fitted on, and [`Sealed`] opens once, on record.

use serde::{Deserialize, Serialize};

use crate::{Digest, Frame};

/// Labelled rows: what a loader and a split yield.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// The raw columns, labels and ids taken out.
    pub frame: Frame,
    /// Binary label per row.
    pub label: Vec<bool>,
    /// Unit of independence per row (tool, bearing, machine, recording).
    pub group: Vec<u32>,
    /// Row number in the dataset, from 0: the canonical order of scores.
    pub row: Vec<u32>,
}

impl Table {
    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.label.len()
    }
}

/// Things that can be narrowed to some of their rows.
pub trait Subset: Sized {
    /// The rows at `positions`, in that order; each must exist.
    #[must_use]
    fn subset(&self, positions: &[usize]) -> Self;
}

impl Subset for Table {
    fn subset(&self, positions: &[usize]) -> Self {
        Self {
            frame: self.frame.take(positions),
            label: positions.iter().map(|&p| self.label[p]).collect(),
            group: positions.iter().map(|&p| self.group[p]).collect(),
            row: positions.iter().map(|&p| self.row[p]).collect(),
        }
    }
}

/// Rows that may be fitted on.
///
/// There is no way to make one but to split: [`Split::seal`] takes a sealed test set away first, and
/// [`Train::part`] takes validation rows away.
#[derive(Debug, Clone, PartialEq)]
pub struct Train<T>(T);

impl<T> std::ops::Deref for Train<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> Train<T> {
    /// The same rows in another form, such as features computed from raw columns.
    ///
    /// # Errors
    /// Whatever `f` returns.
    pub fn try_map<U, E>(&self, f: impl FnOnce(&T) -> Result<U, E>) -> Result<Train<U>, E> {
        f(&self.0).map(Train)
    }
}

impl<T: Subset> Train<T> {
    /// Keeps the rows at `fit` for fitting and hands out those at `valid` for scoring only.
    #[must_use]
    pub fn part(&self, fit: &[usize], valid: &[usize]) -> (Self, T) {
        (Self(self.0.subset(fit)), self.0.subset(valid))
    }
}

/// A record that a sealed test set was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "an opening has to be written down"]
pub struct Opening {
    /// The split whose test rows were opened.
    pub split: Digest,
    /// Rows that were opened.
    pub rows: usize,
}

/// Rows that nothing may be fitted or chosen on.
///
/// It has no accessor. [`Sealed::open`] consumes it and yields an [`Opening`] beside the rows.
#[derive(Debug)]
pub struct Sealed<T> {
    rows: T,
    opening: Opening,
}

impl<T> Sealed<T> {
    /// Number of rows inside.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.opening.rows
    }

    /// Opens the seal. The opening has to be written to the gauntlet's `seal.jsonl`.
    pub fn open(self) -> (T, Opening) {
        (self.rows, self.opening)
    }
}

/// Which rows of a dataset are for training and which are sealed away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// Rows for fitting and choosing, ascending.
    pub train: Vec<u32>,
    /// Rows that only the judge sees, ascending.
    pub test: Vec<u32>,
}

/// Why two lists of rows do not split a dataset.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SplitError {
    /// A row is on both sides, or twice on one.
    #[error("row {0} is used twice by the split")]
    Twice(u32),
    /// A row is on neither side.
    #[error("row {0} is on neither side of the split")]
    Nowhere(u32),
    /// A row that the dataset does not have.
    #[error("the split names row {row}, but the dataset has {rows} rows")]
    Outside {
        /// The row.
        row: u32,
        /// Rows there are.
        rows: usize,
    },
    /// A side without rows.
    #[error("the split leaves no rows for {0}")]
    Empty(&'static str),
}

impl Split {
    /// Checks that every one of `rows` rows is on exactly one side and no side is empty.
    ///
    /// # Errors
    /// The first row that is on both sides, on none, or not in the dataset; or an empty side.
    pub fn prove(&self, rows: usize) -> Result<(), SplitError> {
        if self.train.is_empty() {
            return Err(SplitError::Empty("training"));
        }
        if self.test.is_empty() {
            return Err(SplitError::Empty("the test"));
        }
        let mut seen = vec![false; rows];
        for &row in self.train.iter().chain(&self.test) {
            match seen.get_mut(row as usize) {
                None => return Err(SplitError::Outside { row, rows }),
                Some(true) => return Err(SplitError::Twice(row)),
                Some(slot) => *slot = true,
            }
        }
        match seen.iter().position(|s| !s) {
            Some(row) => Err(SplitError::Nowhere(row as u32)),
            None => Ok(()),
        }
    }

    /// The digest of both sides.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut hasher = crate::Hasher::default();
        for side in [&self.train, &self.test] {
            hasher.update(&(side.len() as u64).to_le_bytes());
            side.iter().for_each(|row| hasher.update(&row.to_le_bytes()));
        }
        hasher.finish()
    }

    /// Divides a whole dataset into rows to fit on and a sealed test set.
    ///
    /// # Errors
    /// What [`Split::prove`] finds.
    pub fn seal<T: Subset>(
        &self,
        whole: &T,
        rows: usize,
    ) -> Result<(Train<T>, Sealed<T>), SplitError> {
        self.prove(rows)?;
        let side = |rows: &[u32]| -> Vec<usize> { rows.iter().map(|&r| r as usize).collect() };
        let opening = Opening { split: self.digest(), rows: self.test.len() };
        let sealed = Sealed { rows: whole.subset(&side(&self.test)), opening };
        Ok((Train(whole.subset(&side(&self.train))), sealed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Column;

    fn table(rows: usize) -> Table {
        let values = (0..rows).map(|r| r as f64).collect();
        Table {
            frame: Frame::new([("x".to_owned(), Column::Number(values))]).unwrap(),
            label: (0..rows).map(|r| r % 3 == 0).collect(),
            group: vec![0; rows],
            row: (0..rows as u32).collect(),
        }
    }

    #[test]
    fn seal_and_train_hold_disjoint_rows() {
        let split = Split { train: vec![0, 2, 4], test: vec![1, 3] };
        let (train, sealed) = split.seal(&table(5), 5).unwrap();
        assert_eq!(train.row, [0, 2, 4]);
        let (test, opening) = sealed.open();
        assert_eq!(test.row, [1, 3]);
        assert_eq!(opening.rows, 2);
        assert_eq!(opening.split, split.digest());
    }

    #[test]
    fn a_split_that_shares_drops_or_invents_rows_is_refused() {
        let split = |train: &[u32], test: &[u32]| Split { train: train.into(), test: test.into() };
        assert_eq!(split(&[0, 1], &[1, 2]).prove(3), Err(SplitError::Twice(1)));
        assert_eq!(split(&[0], &[2]).prove(3), Err(SplitError::Nowhere(1)));
        assert_eq!(split(&[0], &[3]).prove(3), Err(SplitError::Outside { row: 3, rows: 3 }));
        assert_eq!(split(&[], &[0]).prove(1), Err(SplitError::Empty("training")));
    }

    #[test]
    fn the_digest_knows_the_sides_apart() {
        let a = Split { train: vec![0, 1], test: vec![2] };
        let b = Split { train: vec![0], test: vec![1, 2] };
        assert_ne!(a.digest(), b.digest());
    }
}
