//! The distance to the k-th nearest of the training rows, or of centres that stand for them, as an anomaly
//! score (Ramaswamy, Rastogi and Shim 2000).
//!
//! `smartcore_knn` predicts labels and keeps its training set inside smartcore, so it is judge only. This
//! kind needs no labels, and holds at most `references` rows, so that it can be exported as one matrix
//! product: the squared distance from `r` is `|x|² - 2 x·r + |r|²`.
//!
//! More training rows than that are reduced to centres of k-means. A training row that is its own reference
//! has distance 0: a threshold must come from rows that were held out.

mod fit;
mod lower;
mod spec;

pub use fit::Nearest;
pub use spec::Spec;

use gauntlet_core::{Seed, Train};

use super::{Checked, Kind, Scaling};
use crate::{LearnError, Samples, Task};

impl Kind for Spec {
    type Params = Checked<Self>;
    type Fitted = Nearest;

    const NAME: &'static str = "nearest";
    const TASKS: &'static [Task] = &[Task::Anomaly];
    const SCALING: Scaling = Scaling::Standard;

    fn check(&self) -> Result<Checked<Self>, LearnError> {
        self.checked()
    }

    fn fit(
        params: &Checked<Self>,
        train: &Train<Samples>,
        seed: Seed,
    ) -> Result<Nearest, LearnError> {
        fit::fit(params, train, seed)
    }
}
