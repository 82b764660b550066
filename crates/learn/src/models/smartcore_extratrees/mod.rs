//! Extremely randomised trees (Geurts et al. 2006) of smartcore, fitted as a regression on 0 and 1.

mod fit;
mod lower;
mod spec;

pub use fit::ExtraTrees;
pub use spec::{Params, Spec};

use gauntlet_core::{Seed, Train};

use super::Kind;
use crate::{LearnError, Samples, Task};

impl Kind for Spec {
    type Params = Params;
    type Fitted = ExtraTrees;

    const NAME: &'static str = "smartcore_extratrees";
    const TASKS: &'static [Task] = &[Task::Binary];

    fn check(&self) -> Result<Params, LearnError> {
        self.checked()
    }

    fn fit(params: &Params, train: &Train<Samples>, seed: Seed) -> Result<ExtraTrees, LearnError> {
        params.fit(train, seed)
    }
}
