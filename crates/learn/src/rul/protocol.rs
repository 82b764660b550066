//! How contenders are fitted, calibrated and judged.

use gauntlet_core::Seed;

use super::{RulError, Setup};

/// The protocol of a judgement: leave one bearing out, all else inside the others.
#[derive(Debug, Clone, PartialEq)]
pub struct Protocol {
    /// How vectors are made.
    pub setup: Setup,
    /// Share of a bearing's remaining lives that the bounds should hold.
    pub level: f64,
    /// What is learned is `ln(minutes + offset_minutes)`: errors of fewer minutes hardly count.
    pub offset_minutes: f64,
    /// Rows of each bearing that are fitted on, evenly over its time.
    pub rows_per_bearing: usize,
    /// Most folds, of whole bearings, inside the training bearings: for bounds and for the choice.
    pub inner_folds: usize,
    /// Half-width of the cone of the alpha-lambda measure, as a share of the true remaining life.
    pub alpha: f64,
    /// Resamples of bearings for the intervals of means.
    pub replicates: usize,
    /// Level of those intervals.
    pub confidence: f64,
    /// Source of all randomness.
    pub seed: Seed,
}

impl Protocol {
    /// 80 % bounds, 100 rows per bearing, 7 inner folds, a cone of 20 %, 2000 resamples at 95 %.
    #[must_use]
    pub fn new(setup: Setup, seed: Seed) -> Self {
        Self {
            setup,
            level: 0.8,
            offset_minutes: 10.0,
            rows_per_bearing: 100,
            inner_folds: 7,
            alpha: 0.2,
            replicates: 2000,
            confidence: 0.95,
            seed,
        }
    }

    /// Refuses numbers outside their ranges.
    ///
    /// # Errors
    /// The first of them, or what [`Setup::check`] finds.
    pub fn check(&self) -> Result<(), RulError> {
        let share = |x: f64| x > 0.0 && x < 1.0;
        let between = "between 0 and 1";
        let (rows, folds) = (self.rows_per_bearing as f64, self.inner_folds as f64);
        let offset = self.offset_minutes;
        let numbers = [
            ("level", self.level, share(self.level), between),
            ("alpha", self.alpha, share(self.alpha), between),
            ("confidence", self.confidence, share(self.confidence), between),
            ("offset_minutes", offset, offset > 0.0 && offset.is_finite(), "above 0 and finite"),
            ("rows_per_bearing", rows, rows >= 2.0, "at least 2"),
            ("inner_folds", folds, folds >= 2.0, "at least 2"),
            ("replicates", self.replicates as f64, self.replicates > 0, "at least 1"),
        ];
        match numbers.into_iter().find(|(_, _, holds, _)| !holds) {
            Some((setting, found, _, expected)) => {
                Err(RulError::Setting { setting, found, expected })
            }
            None => self.setup.check(),
        }
    }
}
