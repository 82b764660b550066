//! Gradient boosting of our own tree engine, for the logistic loss.

mod fit;
mod lower;
mod spec;

pub use fit::Boosted;
pub use spec::{Params, Spec};

use gauntlet_core::{Seed, Train};

use super::Kind;
use crate::{LearnError, Samples, Task};

impl Kind for Spec {
    type Params = Params;
    type Fitted = Boosted;

    const NAME: &'static str = "gradientboosting";
    const TASKS: &'static [Task] = &[Task::Binary];
    const MISSING: bool = true;

    fn check(&self) -> Result<Params, LearnError> {
        self.checked()
    }

    fn fit(params: &Params, train: &Train<Samples>, seed: Seed) -> Result<Boosted, LearnError> {
        params.fit(train, seed)
    }
}
