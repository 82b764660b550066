//! Random forest (Breiman 2001): bootstrapped classification trees of our own engine, averaged.

mod fit;
mod lower;
mod spec;

pub use fit::Forest;
pub use spec::{FeatureRule, FeaturesPerSplit, Params, Spec};

use gauntlet_core::{Seed, Train};

use super::Kind;
use crate::{LearnError, Samples, Task};

impl Kind for Spec {
    type Params = Params;
    type Fitted = Forest;

    const NAME: &'static str = "randomforest";
    const TASKS: &'static [Task] = &[Task::Binary];
    const MISSING: bool = true;

    fn check(&self) -> Result<Params, LearnError> {
        self.checked()
    }

    fn fit(params: &Params, train: &Train<Samples>, seed: Seed) -> Result<Forest, LearnError> {
        params.fit(train, seed)
    }
}
