//! Logistic regression of linfa with an L2 penalty, fitted by L-BFGS; multinomial for several classes.
//!
//! Minimises `-log likelihood + alpha / 2 |w|^2` (Hastie, Tibshirani and Friedman 2009, 4.4). Features
//! are standardised unless `scaling` says otherwise, so that the penalty treats them alike.

mod fit;

mod spec;

pub use spec::Spec;

use gauntlet_core::{Seed, Train};

use super::{Checked, Kind, Linear, Scaling};
use crate::{LearnError, Samples, Task};

impl Kind for Spec {
    type Params = Checked<Self>;
    type Fitted = Linear;

    const NAME: &'static str = "linfa_logistic";
    const TASKS: &'static [Task] = &[Task::Binary, Task::Multiclass];
    const SCALING: Scaling = Scaling::Standard;

    fn check(&self) -> Result<Checked<Self>, LearnError> {
        self.checked()
    }

    fn fit(params: &Checked<Self>, train: &Train<Samples>, _: Seed) -> Result<Linear, LearnError> {
        fit::fit(params, train)
    }
}
