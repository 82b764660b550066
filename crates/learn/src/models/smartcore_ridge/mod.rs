//! Ridge regression of smartcore: least squares with an L2 penalty (Hoerl and Kennard 1970).

mod fit;

mod spec;

pub use spec::Spec;

use gauntlet_core::{Seed, Train};

use super::{Checked, Kind, Linear, Scaling};
use crate::{LearnError, Samples, Task};

impl Kind for Spec {
    type Params = Checked<Self>;
    type Fitted = Linear;

    const NAME: &'static str = "smartcore_ridge";
    const TASKS: &'static [Task] = &[Task::Regression];
    const SCALING: Scaling = Scaling::Standard;

    fn check(&self) -> Result<Checked<Self>, LearnError> {
        self.checked()
    }

    fn fit(params: &Checked<Self>, train: &Train<Samples>, _: Seed) -> Result<Linear, LearnError> {
        fit::fit(params, train)
    }
}
