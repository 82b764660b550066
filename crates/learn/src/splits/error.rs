//! Why rows cannot be divided as asked.

/// What a splitter lacks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FoldError {
    /// Fewer than two folds.
    #[error("{0} folds were asked for, at least 2 are needed")]
    Folds(usize),
    /// Fewer rows than folds.
    #[error("{rows} rows cannot fill {folds} folds")]
    Rows {
        /// Rows there are.
        rows: usize,
        /// Folds asked for.
        folds: usize,
    },
    /// Fewer groups than folds.
    #[error("{groups} groups cannot fill {folds} folds: ask for fewer folds or split by row")]
    Groups {
        /// Groups there are.
        groups: usize,
        /// Folds asked for.
        folds: usize,
    },
    /// A class with fewer rows than folds.
    #[error("class `{class}` has {rows} rows, too few to stand in each of {folds} folds")]
    Class {
        /// The class.
        class: String,
        /// Rows of it.
        rows: usize,
        /// Folds asked for.
        folds: usize,
    },
    /// A class in fewer groups than folds.
    #[error("class `{class}` occurs in {groups} groups, too few to stand in each of {folds} folds")]
    ClassGroups {
        /// The class.
        class: String,
        /// Groups that hold rows of it.
        groups: usize,
        /// Folds asked for.
        folds: usize,
    },
    /// Columns of different lengths.
    #[error("there are {found} {what} for {expected} rows")]
    Length {
        /// What is too short or too long.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// Rows.
        expected: usize,
    },
    /// A window that ends before it starts.
    #[error("the window of row {row} starts at {start} and ends at {end}")]
    Span {
        /// The row, from 0.
        row: usize,
        /// Its start.
        start: i64,
        /// Its end.
        end: i64,
    },
    /// Boundaries that do not rise.
    #[error("boundary {at} ({value}) is not above the one before it")]
    Boundaries {
        /// Its position, from 0.
        at: usize,
        /// Its value.
        value: i64,
    },
    /// An embargo, a history or a number of boundaries that is too small.
    #[error("`{parameter}` is {found}, it must be at least {least}")]
    Parameter {
        /// The parameter.
        parameter: &'static str,
        /// Its value.
        found: i64,
        /// Its least value.
        least: i64,
    },
    /// No row ends early enough before a boundary to be fitted on.
    #[error(
        "no row to fit on ends more than {embargo} before {boundary}: the embargo is longer than the \
         data before it"
    )]
    NoHistory {
        /// The boundary.
        boundary: i64,
        /// The embargo.
        embargo: i64,
    },
    /// No row starts between two boundaries.
    #[error("no row to score starts from {from} on and before {until}")]
    NoRows {
        /// The boundary.
        from: i64,
        /// The next boundary.
        until: i64,
    },
    /// Times that are too few or too much alike to be cut.
    #[error("{distinct} different start times cannot be cut into {parts} parts")]
    Times {
        /// Different start times.
        distinct: usize,
        /// Parts asked for.
        parts: usize,
    },
}
