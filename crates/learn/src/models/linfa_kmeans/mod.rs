//! k-means of linfa as an anomaly detector: the distance to the nearest centroid.

mod fit;
mod lower;
mod spec;

pub use fit::KMeans;
pub use spec::Spec;

use gauntlet_core::{Seed, Train};

use super::{Checked, Kind, Scaling};
use crate::{LearnError, Samples, Task};

impl Kind for Spec {
    type Params = Checked<Self>;
    type Fitted = KMeans;

    const NAME: &'static str = "linfa_kmeans";
    const TASKS: &'static [Task] = &[Task::Anomaly];
    const SCALING: Scaling = Scaling::Standard;

    fn check(&self) -> Result<Checked<Self>, LearnError> {
        self.checked()
    }

    fn fit(
        params: &Checked<Self>,
        train: &Train<Samples>,
        seed: Seed,
    ) -> Result<KMeans, LearnError> {
        fit::fit(params, train, seed)
    }
}
