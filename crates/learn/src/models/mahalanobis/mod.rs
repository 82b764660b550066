//! The Mahalanobis distance from the training rows' mean as an anomaly score (Mahalanobis 1936).
//!
//! It does not depend on the features' scales, so nothing is scaled in front of it; with shrinkage
//! it does.

mod fit;
mod lower;
mod spec;

pub use fit::Mahalanobis;
pub use spec::{Shrinkage, Spec};

use gauntlet_core::{Seed, Train};

use super::{Checked, Kind};
use crate::{LearnError, Samples, Task};

impl Kind for Spec {
    type Params = Checked<Self>;
    type Fitted = Mahalanobis;

    const NAME: &'static str = "mahalanobis";
    const TASKS: &'static [Task] = &[Task::Anomaly];

    fn check(&self) -> Result<Checked<Self>, LearnError> {
        self.checked()
    }

    fn fit(
        params: &Checked<Self>,
        train: &Train<Samples>,
        _: Seed,
    ) -> Result<Mahalanobis, LearnError> {
        fit::fit(params, train)
    }
}
