//! The k nearest neighbours of smartcore: class shares, or the mean value, of the nearest training rows.
//!
//! Judge only: the graph's operators have no selection of the k smallest, and the model is the
//! training set.

mod fit;
mod lower;
mod spec;

pub use fit::Knn;
pub use spec::Spec;

use gauntlet_core::{Seed, Train};

use super::{Checked, Kind, Scaling};
use crate::{LearnError, Samples, Task};

impl Kind for Spec {
    type Params = Checked<Self>;
    type Fitted = Knn;

    const NAME: &'static str = "smartcore_knn";
    const TASKS: &'static [Task] = &[Task::Binary, Task::Multiclass, Task::Regression];
    const SCALING: Scaling = Scaling::Standard;

    fn check(&self) -> Result<Checked<Self>, LearnError> {
        self.checked()
    }

    fn fit(params: &Checked<Self>, train: &Train<Samples>, _: Seed) -> Result<Knn, LearnError> {
        fit::fit(params, train)
    }
}
