//! Random forest (Breiman 2001) of smartcore, fitted as a regression, on 0 and 1 for a binary task: its
//! classifier has no probabilities.

mod fit;
mod spec;

pub use spec::Spec;

use gauntlet_core::{Seed, Train};

use super::smartcore_forest::{Bagged, SmartcoreForest};
use super::{Checked, Kind};
use crate::{LearnError, Samples, Task};

impl Kind for Spec {
    type Params = Checked<Self>;
    type Fitted = SmartcoreForest<Bagged>;

    const NAME: &'static str = "smartcore_randomforest";
    const TASKS: &'static [Task] = &[Task::Binary, Task::Regression];

    fn check(&self) -> Result<Checked<Self>, LearnError> {
        self.checked()
    }

    fn fit(
        params: &Checked<Self>,
        train: &Train<Samples>,
        seed: Seed,
    ) -> Result<Self::Fitted, LearnError> {
        fit::fit(params, train, seed)
    }
}
