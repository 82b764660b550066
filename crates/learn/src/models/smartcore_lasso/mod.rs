//! The lasso of smartcore: least squares with an L1 penalty (Tibshirani 1996), by an interior point method (Kim et al. 2007).

mod fit;

mod spec;

pub use spec::Spec;

use gauntlet_core::{Seed, Train};

use super::{Checked, Kind, Linear, Scaling};
use crate::{LearnError, Samples, Task};

impl Kind for Spec {
    type Params = Checked<Self>;
    type Fitted = Linear;

    const NAME: &'static str = "smartcore_lasso";
    const TASKS: &'static [Task] = &[Task::Regression];
    const SCALING: Scaling = Scaling::Standard;

    fn check(&self) -> Result<Checked<Self>, LearnError> {
        self.checked()
    }

    fn fit(params: &Checked<Self>, train: &Train<Samples>, _: Seed) -> Result<Linear, LearnError> {
        fit::fit(params, train)
    }
}
