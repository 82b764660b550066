//! Principal components of linfa as an anomaly detector: how far a row lies inside the components'
//! plane (Hotelling's T2) and off it (the squared prediction error SPE, or Q; Jackson and Mudholkar
//! 1979).

mod fit;
mod lower;
mod spec;

pub use fit::Pca;
pub use spec::Spec;

use gauntlet_core::{Seed, Train};

use super::{Checked, Kind, Scaling};
use crate::{LearnError, Samples, Task};

impl Kind for Spec {
    type Params = Checked<Self>;
    type Fitted = Pca;

    const NAME: &'static str = "linfa_pca";
    const TASKS: &'static [Task] = &[Task::Anomaly];
    const SCALING: Scaling = Scaling::Standard;

    fn check(&self) -> Result<Checked<Self>, LearnError> {
        self.checked()
    }

    fn fit(params: &Checked<Self>, train: &Train<Samples>, _: Seed) -> Result<Pca, LearnError> {
        fit::fit(params, train)
    }
}
