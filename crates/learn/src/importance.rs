//! How much a model relies on each feature, seen from outside.

use gauntlet_core::Seed;
use gauntlet_features::Matrix;
use rand::seq::SliceRandom;

use crate::LearnError;

/// By how much `score` falls when a feature's values are shuffled among the rows of `x` (Breiman 2001;
/// Fisher, Rudin and Dominici 2019): one number per feature and repeat, `[feature][repeat]`.
///
/// `score` judges a model on the rows it is given, higher for better; rows that the model was not fitted on
/// tell what it relies on, the training rows also what it has learned by heart. Features that say the same
/// thing share their importance.
///
/// # Errors
/// The first that `score` returns.
pub fn permutation_importance(
    x: &Matrix,
    repeats: usize,
    seed: Seed,
    score: impl Fn(&Matrix) -> Result<f64, LearnError>,
) -> Result<Vec<Vec<f64>>, LearnError> {
    let whole = score(x)?;
    let mut shuffled = x.clone();
    let mut falls = Vec::with_capacity(x.width());
    for feature in 0..x.width() {
        let mut of_feature = Vec::with_capacity(repeats);
        for repeat in 0..repeats {
            let seed = seed.derive("permutation", feature as u64).derive("repeat", repeat as u64);
            shuffled.columns[feature].shuffle(&mut seed.rng());
            of_feature.push(whole - score(&shuffled)?);
        }
        shuffled.columns[feature].clone_from(&x.columns[feature]);
        falls.push(of_feature);
    }
    Ok(falls)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Ranking;
    use crate::models::{ContenderSpec, randomforest};
    use crate::testing::{noisy, train};

    #[test]
    fn useful_features_matter_and_useless_ones_do_not() {
        let (columns, y) = noisy(800, 1);
        let rows = train(columns, y);
        let (fit, valid): (Vec<usize>, Vec<usize>) = (0..800).partition(|row| row % 2 == 0);
        let (fit, valid) = rows.part(&fit, &valid);
        let spec = randomforest::Spec { trees: 30, ..Default::default() };
        let model = ContenderSpec::from(spec).check().unwrap().fit(&fit, Seed(1)).unwrap();
        let labels = valid.labels().unwrap();
        let auc = |x: &Matrix| {
            let scores = model.outputs(x)?.scores();
            Ok(Ranking::new(&scores, labels).roc_auc(&vec![1; labels.len()]))
        };
        let falls = permutation_importance(&valid.x, 3, Seed(1), auc).unwrap();
        let mean = |feature: usize| falls[feature].iter().sum::<f64>() / 3.0;
        assert!(mean(0) > 0.1 && mean(1) > 0.1, "{falls:?}");
        assert!(mean(2).abs() < 0.03, "{falls:?}");
        assert_eq!(falls[3], [0.0; 3]);
        assert_eq!(permutation_importance(&valid.x, 3, Seed(1), auc).unwrap(), falls);
    }
}
