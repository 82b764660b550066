//! A Gaussian mixture of linfa (full covariances, expectation maximisation from k-means) as an anomaly
//! detector: the negative logarithm of the density.

mod fit;
mod lower;
mod spec;

pub use fit::Gmm;
pub use spec::Spec;

use gauntlet_core::{Seed, Train};

use super::{Checked, Kind, Scaling};
use crate::{LearnError, Samples, Task};

impl Kind for Spec {
    type Params = Checked<Self>;
    type Fitted = Gmm;

    const NAME: &'static str = "linfa_gmm";
    const TASKS: &'static [Task] = &[Task::Anomaly];
    const SCALING: Scaling = Scaling::Standard;

    fn check(&self) -> Result<Checked<Self>, LearnError> {
        self.checked()
    }

    fn fit(params: &Checked<Self>, train: &Train<Samples>, seed: Seed) -> Result<Gmm, LearnError> {
        fit::fit(params, train, seed)
    }
}
