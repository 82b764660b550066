//! A single explainable tree of linfa-trees.
//!
//! linfa-trees breaks ties between classes by `HashMap` order. For two classes the only place where that
//! reaches the model is a leaf with equal class weights, so positives weigh a hair more than negatives:
//! then no leaf ties and the same rows give the same tree. Leaf probabilities are counted anew here,
//! because linfa keeps the majority class only.

mod fit;
mod lower;
mod spec;

pub use fit::DecisionTree;
pub use spec::{Params, Spec};

use gauntlet_core::{Seed, Train};

use super::Kind;
use crate::{LearnError, Samples, Task};

impl Kind for Spec {
    type Params = Params;
    type Fitted = DecisionTree;

    const NAME: &'static str = "decisiontree";
    const TASKS: &'static [Task] = &[Task::Binary];

    fn check(&self) -> Result<Params, LearnError> {
        self.checked()
    }

    fn fit(params: &Params, train: &Train<Samples>, _: Seed) -> Result<DecisionTree, LearnError> {
        params.fit(train)
    }
}
