//! Gaussian naive Bayes of smartcore: within a class, features are independent and normal.

mod fit;
mod lower;
mod spec;

pub use fit::NaiveBayes;
pub use spec::Spec;

use gauntlet_core::{Seed, Train};

use super::{Checked, Kind};
use crate::{LearnError, Samples, Task};

impl Kind for Spec {
    type Params = Checked<Self>;
    type Fitted = NaiveBayes;

    const NAME: &'static str = "smartcore_naivebayes";
    const TASKS: &'static [Task] = &[Task::Binary, Task::Multiclass];

    fn check(&self) -> Result<Checked<Self>, LearnError> {
        self.checked()
    }

    fn fit(
        params: &Checked<Self>,
        train: &Train<Samples>,
        _: Seed,
    ) -> Result<NaiveBayes, LearnError> {
        fit::fit(params, train)
    }
}
