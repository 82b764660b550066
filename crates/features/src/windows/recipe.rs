//! What is computed from which sensors over which windows: the part of a bundle that is code and no graph.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::ewma::Ewma;
use super::sensor;
use crate::Matrix;

/// Lengths of windows in rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Windows {
    /// What counts as now: the median and the moving average of so many rows.
    pub short: usize,
    /// What counts as lately; so many rows have to pass after a start before there are features.
    pub middle: usize,
    /// What counts as usual.
    pub long: usize,
    /// Rows from one decision to the next: features are computed for every so many-th row.
    pub every: usize,
}

/// A feature of a sensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The exponentially weighted moving average: the level.
    Ewma,
    /// The median of the short window minus that of the long one.
    Deviation,
    /// The median of the middle window minus that of the long one: a slope that few readings cannot tilt.
    Trend,
    /// The distance between the quartiles of the middle window.
    Spread,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Ewma, Self::Deviation, Self::Trend, Self::Spread];

    /// What a feature's name ends in.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ewma => "ewma",
            Self::Deviation => "deviation",
            Self::Trend => "trend",
            Self::Spread => "spread",
        }
    }
}

/// Why there are no features.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WindowError {
    /// Windows that do not contain one another.
    #[error(
        "windows must satisfy 1 <= every <= short <= middle <= long, not every = {every}, short = {short}, \
         middle = {middle}, long = {long}"
    )]
    Order {
        /// Rows between decisions.
        every: usize,
        /// The short window.
        short: usize,
        /// The middle window.
        middle: usize,
        /// The long window.
        long: usize,
    },
    /// No sensors, or no kinds of features.
    #[error("recipe `{0}` computes nothing: name at least one sensor and one kind of feature")]
    Empty(String),
    /// Two features of one name.
    #[error("two features would be called `{0}`: rename a sensor")]
    Twice(String),
    /// Another number of columns than the recipe has sensors.
    #[error("{found} columns were given, and the recipe has {expected} sensors")]
    Columns {
        /// Columns given.
        found: usize,
        /// Sensors of the recipe.
        expected: usize,
    },
    /// Columns of different lengths.
    #[error("sensor `{sensor}` has {found} rows, the first one {expected}")]
    Ragged {
        /// The sensor.
        sensor: String,
        /// Its rows.
        found: usize,
        /// Rows of the first.
        expected: usize,
    },
    /// Fewer rows than the first decision needs.
    #[error(
        "{found} rows are too few: {needed} have to pass after a start before there are features"
    )]
    Few {
        /// Rows given.
        found: usize,
        /// Rows needed.
        needed: usize,
    },
}

/// Sensors, kinds and windows: from raw rows to a feature vector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// The recipe's name.
    pub name: String,
    /// The sensors, in order.
    pub sensors: Vec<String>,
    /// The features of each sensor, in order.
    pub kinds: Vec<Kind>,
    /// Lengths of windows.
    pub windows: Windows,
}

impl Windows {
    /// Whether the windows contain one another.
    ///
    /// # Errors
    /// [`WindowError::Order`].
    pub fn check(&self) -> Result<(), WindowError> {
        let Self { short, middle, long, every } = *self;
        let holds = 1 <= every && every <= short && short <= middle && middle <= long;
        if holds { Ok(()) } else { Err(WindowError::Order { every, short, middle, long }) }
    }

    /// Rows before and with the present one that a feature can depend on.
    #[must_use]
    pub fn history(&self) -> usize {
        self.long.max(Ewma::reach(self.short))
    }

    /// The rows of a run of `rows` rows at which a decision is made.
    pub fn decisions(&self, rows: usize) -> impl Iterator<Item = usize> + use<> {
        (self.every - 1..rows).step_by(self.every)
    }
}

impl Recipe {
    /// A checked recipe.
    ///
    /// # Errors
    /// Windows out of order, nothing to compute, or two features of one name.
    pub fn new(
        name: &str,
        sensors: Vec<String>,
        kinds: Vec<Kind>,
        windows: Windows,
    ) -> Result<Self, WindowError> {
        windows.check()?;
        if sensors.is_empty() || kinds.is_empty() {
            return Err(WindowError::Empty(name.to_owned()));
        }
        let recipe = Self { name: name.to_owned(), sensors, kinds, windows };
        let mut seen = BTreeSet::new();
        match recipe.names().into_iter().find(|name| !seen.insert(name.clone())) {
            Some(name) => Err(WindowError::Twice(name)),
            None => Ok(recipe),
        }
    }

    /// Rows before and with the present one that a feature can depend on.
    #[must_use]
    pub fn history(&self) -> usize {
        self.windows.history()
    }

    /// Names of the features, sensor by sensor.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let of = |sensor: &String| {
            self.kinds.iter().map(move |kind| feature_name(sensor, *kind)).collect::<Vec<_>>()
        };
        self.sensors.iter().flat_map(of).collect()
    }

    /// The features of one sensor over one uninterrupted run: a column per kind, a value per decision.
    #[must_use]
    pub fn sensor(&self, values: &[f64]) -> Vec<Vec<f32>> {
        sensor::columns(values, &self.windows, &self.kinds)
    }

    /// The features of one uninterrupted run of raw rows, a line per decision; `columns` holds the sensors' readings
    /// in the recipe's order, NaN for missing.
    ///
    /// # Errors
    /// Another number of columns, or columns of different lengths.
    pub fn features(&self, columns: &[&[f64]]) -> Result<Matrix, WindowError> {
        self.fits(columns)?;
        let columns: Vec<Vec<f32>> =
            columns.iter().flat_map(|values| self.sensor(values)).collect();
        let limits = vec![None; columns.len()];
        Ok(Matrix { names: self.names(), columns, limits })
    }

    /// The features at the last of the given rows: what a server computes from a window that a client sends.
    ///
    /// With [`Recipe::history`] rows or more they are bit by bit those that [`Recipe::features`] has for this row.
    ///
    /// # Errors
    /// As [`Recipe::features`]; fewer rows than the first decision needs.
    pub fn latest(&self, columns: &[&[f64]]) -> Result<Vec<f32>, WindowError> {
        self.fits(columns)?;
        let rows = columns.first().map_or(0, |column| column.len());
        // The last row has to be one at which a decision is made.
        let skip = rows % self.windows.every;
        let needed = self.windows.middle;
        if rows - skip < needed {
            return Err(WindowError::Few { found: rows, needed });
        }
        let last = |column: Vec<f32>| column.last().copied().unwrap_or(f32::NAN);
        let latest = columns.iter().flat_map(|values| self.sensor(&values[skip..]));
        Ok(latest.map(last).collect())
    }

    fn fits(&self, columns: &[&[f64]]) -> Result<(), WindowError> {
        let (found, expected) = (columns.len(), self.sensors.len());
        if found != expected {
            return Err(WindowError::Columns { found, expected });
        }
        let expected = columns.first().map_or(0, |column| column.len());
        match columns.iter().zip(&self.sensors).find(|(column, _)| column.len() != expected) {
            Some((column, sensor)) => {
                let (sensor, found) = (sensor.clone(), column.len());
                Err(WindowError::Ragged { sensor, found, expected })
            }
            None => Ok(()),
        }
    }
}

/// The name of a sensor's feature.
fn feature_name(sensor: &str, kind: Kind) -> String {
    format!("{sensor}_{}", kind.name())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn recipe(every: usize) -> Recipe {
        let windows = Windows { short: 4, middle: 60, long: 250, every };
        let sensors = vec!["a".to_owned(), "b".to_owned()];
        Recipe::new("r", sensors, Kind::ALL.to_vec(), windows).unwrap()
    }

    fn bits(values: &[f32]) -> Vec<u32> {
        values.iter().map(|v| v.to_bits()).collect()
    }

    fn readings() -> impl Strategy<Value = Vec<f64>> {
        let reading = prop_oneof![9 => -100.0_f64..100.0, 1 => Just(f64::NAN)];
        prop::collection::vec(reading, 300..700)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn later_rows_change_nothing(a in readings(), cut in 70_usize..290, every in 1_usize..4) {
            let recipe = recipe(every);
            let b: Vec<f64> = a.iter().rev().copied().collect();
            let whole = recipe.features(&[&a, &b]).unwrap();
            let mut masked = [a.clone(), b.clone()];
            masked.iter_mut().for_each(|column| column[cut..].fill(f64::NAN));
            let masked = recipe.features(&[&masked[0], &masked[1]]).unwrap();
            let prefix = recipe.features(&[&a[..cut], &b[..cut]]).unwrap();
            let known = recipe.windows.decisions(cut).count();
            for (column, name) in whole.columns.iter().zip(&whole.names) {
                let at = whole.names.iter().position(|n| n == name).unwrap();
                prop_assert_eq!(bits(&column[..known]), bits(&masked.columns[at][..known]));
                prop_assert_eq!(bits(&column[..known]), bits(&prefix.columns[at]));
            }
        }

        #[test]
        fn a_window_of_the_history_gives_the_bits_of_the_whole_file(
            a in readings(), b in 0_u64..9, every in 1_usize..4,
        ) {
            let recipe = recipe(every);
            let b: Vec<f64> = a.iter().map(|v| (v * b as f64).sin()).collect();
            let whole = recipe.features(&[&a, &b]).unwrap();
            for (line, row) in recipe.windows.decisions(a.len()).enumerate() {
                if row + 1 < recipe.history() {
                    continue;
                }
                let first = row + 1 - recipe.history();
                let latest = recipe.latest(&[&a[first..=row], &b[first..=row]]).unwrap();
                let expected: Vec<f32> = whole.columns.iter().map(|c| c[line]).collect();
                prop_assert_eq!(bits(&latest), bits(&expected));
            }
        }
    }

    #[test]
    fn names_are_of_sensor_and_kind_and_what_does_not_fit_is_named() {
        let recipe = recipe(2);
        assert_eq!(recipe.names()[..2], ["a_ewma", "a_deviation"]);
        let error = recipe.features(&[&[1.0]]).unwrap_err();
        assert_eq!(error, WindowError::Columns { found: 1, expected: 2 });
        let ragged = recipe.features(&[&[1.0], &[]]).unwrap_err().to_string();
        assert!(ragged.contains("`b`"), "{ragged}");
        assert!(matches!(recipe.latest(&[&[0.0; 9], &[0.0; 9]]), Err(WindowError::Few { .. })));
        let windows = Windows { short: 2, middle: 1, long: 9, every: 1 };
        assert!(Recipe::new("r", vec!["a".into()], vec![Kind::Ewma], windows).is_err());
        let twice = vec!["a".to_owned(), "a".to_owned()];
        let error = Recipe::new("r", twice, vec![Kind::Ewma], recipe.windows).unwrap_err();
        assert_eq!(error, WindowError::Twice("a_ewma".into()));
    }
}
