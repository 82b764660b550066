//! Isolation forest (Liu, Ting and Zhou 2008) of our own engine: a row is stranger the fewer random cuts
//! isolate it. The score lies between 0 and 1; an average row has 0.5.

mod fit;
mod lower;
mod spec;

pub use fit::IsolationForest;
pub use spec::Spec;

use gauntlet_core::{Seed, Train};

use super::{Checked, Kind};
use crate::{LearnError, Samples, Task};

impl Kind for Spec {
    type Params = Checked<Self>;
    type Fitted = IsolationForest;

    const NAME: &'static str = "isolationforest";
    const TASKS: &'static [Task] = &[Task::Anomaly];
    const MISSING: bool = true;

    fn check(&self) -> Result<Checked<Self>, LearnError> {
        self.checked()
    }

    fn fit(
        params: &Checked<Self>,
        train: &Train<Samples>,
        seed: Seed,
    ) -> Result<IsolationForest, LearnError> {
        Ok(fit::fit(params, train, seed))
    }
}
