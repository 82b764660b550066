//! Several detectors whose scores are averaged, each in units of its own scores of normal rows.
//!
//! A score has the units of its detector: a distance, a density, an error. Location and scale of what a
//! detector says of training rows that were held out from it make them comparable; its scores of rows that it
//! was fitted on would not, since some detectors know those rows by heart. Averages of ranks would need the
//! ranks of other test rows, and could not be exported.

mod fit;
mod lower;
mod spec;

pub use fit::Committee;
pub use spec::{Members, Spec};

use gauntlet_core::{Seed, Train};

use super::Kind;
use crate::{LearnError, Samples, Task};

impl Kind for Spec {
    type Params = Members;
    type Fitted = Committee;

    const NAME: &'static str = "committee";
    const TASKS: &'static [Task] = &[Task::Anomaly];

    fn check(&self) -> Result<Members, LearnError> {
        self.checked()
    }

    fn fit(params: &Members, train: &Train<Samples>, seed: Seed) -> Result<Committee, LearnError> {
        fit::fit(params, train, seed)
    }
}
