//! Gradient boosting of our own engine (Friedman 2001; Chen and Guestrin 2016): log loss for classes;
//! squared, absolute or quantile loss for numbers. Outputs are probabilities or values.

mod fit;
mod lower;
mod spec;

pub use fit::Boosted;
pub use spec::{Direction, EarlyStopping, LossSpec, Spec};

use gauntlet_core::{Seed, Train};

use super::{Checked, Kind};
use crate::{LearnError, Samples, Task};

impl Kind for Spec {
    type Params = Checked<Self>;
    type Fitted = Boosted;

    const NAME: &'static str = "gradientboosting";
    const TASKS: &'static [Task] = &[Task::Binary, Task::Multiclass, Task::Regression];
    const MISSING: bool = true;
    const WEIGHTS: bool = true;

    fn check(&self) -> Result<Checked<Self>, LearnError> {
        self.checked()
    }

    fn fit(
        params: &Checked<Self>,
        train: &Train<Samples>,
        seed: Seed,
    ) -> Result<Boosted, LearnError> {
        fit::fit(params, train, seed)
    }
}

#[cfg(test)]
mod tests;
