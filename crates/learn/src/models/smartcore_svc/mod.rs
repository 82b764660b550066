//! Support vector classification of smartcore (online LASVM, Bordes et al. 2005), with a linear or
//! radial kernel.
//!
//! The margin is no probability, so a calibration stands behind it, Platt's unless the pipeline file
//! names another.

mod fit;

mod spec;

pub use spec::Spec;

use gauntlet_core::{Seed, Train};

use super::{Checked, KernelMachine, Kind, Scaling};
use crate::{LearnError, Samples, Task};

impl Kind for Spec {
    type Params = Checked<Self>;
    type Fitted = KernelMachine;

    const NAME: &'static str = "smartcore_svc";
    const TASKS: &'static [Task] = &[Task::Binary];
    const SCALING: Scaling = Scaling::Standard;
    const PROBABILITY: bool = false;

    fn check(&self) -> Result<Checked<Self>, LearnError> {
        self.checked()
    }

    fn fit(
        params: &Checked<Self>,
        train: &Train<Samples>,
        seed: Seed,
    ) -> Result<KernelMachine, LearnError> {
        fit::fit(params, train, seed)
    }
}
