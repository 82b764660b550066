//! What our two forests share: all but how a feature is cut.

mod fit;
mod lower;
mod spec;

pub use fit::Forest;
pub use spec::{FeatureRule, FeaturesPerSplit, Spec};

use gauntlet_core::{Seed, Train};

use super::{Checked, Kind};
use crate::trees::Cutting;
use crate::{LearnError, Samples, Task};

/// Which forest it is.
pub trait Flavour: std::fmt::Debug + Clone + PartialEq {
    /// The kind's name.
    const NAME: &'static str;
    /// How features are cut.
    const CUTTING: Cutting;
}

impl<F: Flavour> Kind for Spec<F> {
    type Params = Checked<Self>;
    type Fitted = Forest;

    const NAME: &'static str = F::NAME;
    const TASKS: &'static [Task] = &[Task::Binary, Task::Multiclass, Task::Regression];
    const MISSING: bool = true;
    const WEIGHTS: bool = true;

    fn check(&self) -> Result<Checked<Self>, LearnError> {
        self.checked()
    }

    fn fit(
        params: &Checked<Self>,
        train: &Train<Samples>,
        seed: Seed,
    ) -> Result<Forest, LearnError> {
        fit::fit(params, train, seed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Outputs;
    use crate::models::randomforest;
    use crate::testing::{noisy, train};

    #[test]
    fn rows_out_of_the_bag_tell_how_good_a_forest_is() {
        let (columns, y) = noisy(600, 1);
        let rows = train(columns, y);
        let spec = randomforest::Spec { trees: 60, ..Default::default() };
        let forest =
            <randomforest::Spec as Kind>::fit(&spec.check().unwrap(), &rows, Seed(1)).unwrap();
        let labels = rows.labels().unwrap();
        let right = |scores: &Outputs| {
            let hit = |(score, label): (f64, &bool)| (score > 0.5) == *label;
            scores.column(0).zip(labels).filter(|pair| hit((pair.0, pair.1))).count()
        };
        let (seen, unseen) = (right(&forest.outputs(&rows.x)), right(&forest.out_of_bag(&rows)));
        assert!(seen > unseen && unseen > 540, "{seen} {unseen}");
    }

    #[test]
    fn the_useful_features_matter_and_the_constant_one_does_not() {
        let (columns, y) = noisy(600, 1);
        let rows = train(columns, y);
        let spec = randomforest::Spec { trees: 20, ..Default::default() };
        let forest =
            <randomforest::Spec as Kind>::fit(&spec.check().unwrap(), &rows, Seed(1)).unwrap();
        let importance = forest.gain_importance();
        assert!((importance.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!(importance[0] > 3.0 * importance[2] && importance[1] > 3.0 * importance[2]);
        assert_eq!(importance[3], 0.0);
    }
}
