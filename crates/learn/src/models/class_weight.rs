//! Class weights: how much the rows of a class count.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{LearnError, Samples, Target};

/// How much the rows of each class count, on top of their own weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ClassWeight {
    /// A rule by name.
    Rule(ClassRule),
    /// A weight per class by its name, 1 for those left out; of a binary target the names are `0` and `1`.
    Each(BTreeMap<String, f32>),
}

/// A named rule for class weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClassRule {
    /// All classes weigh the same: rows / (classes x rows of the class), as scikit-learn has it.
    Balanced,
}

impl ClassWeight {
    /// Checks the weights.
    pub(super) fn check(&self, kind: &'static str) -> Result<(), LearnError> {
        let Self::Each(weights) = self else { return Ok(()) };
        let bad = weights.values().find(|weight| !weight.is_finite() || **weight < 0.0);
        bad.map_or(Ok(()), |weight| {
            Err(LearnError::Parameter {
                kind,
                parameter: "class_weight",
                found: weight.to_string(),
                expected: "at least 0 for each class",
            })
        })
    }
}

/// The weights of rows under their own and their classes' weights; none if all are 1.
pub(super) fn row_weights(
    kind: &'static str,
    rule: Option<&ClassWeight>,
    rows: &Samples,
) -> Result<Option<Vec<f32>>, LearnError> {
    let Some(rule) = rule else { return Ok(rows.weight.clone()) };
    let refuse = |found: String, expected| {
        Err(LearnError::Parameter { kind, parameter: "class_weight", found, expected })
    };
    let (of, names): (Vec<u32>, Vec<String>) = match &rows.target {
        Target::Binary(labels) => {
            (labels.iter().map(|y| u32::from(*y)).collect(), vec!["0".into(), "1".into()])
        }
        Target::Classes { of, names } => (of.clone(), names.clone()),
        _ => return refuse("set".into(), "absent where there are no classes"),
    };
    let weights: Vec<f32> = match rule {
        ClassWeight::Rule(ClassRule::Balanced) => {
            let mut counts = vec![0.0_f64; names.len()];
            (0..of.len()).for_each(|r| counts[of[r] as usize] += f64::from(rows.weight_of(r)));
            let (total, seen) =
                (counts.iter().sum::<f64>(), counts.iter().filter(|n| **n > 0.0).count());
            let weight = |n: &f64| if *n > 0.0 { total / (seen as f64 * n) } else { 0.0 };
            counts.iter().map(|n| weight(n) as f32).collect()
        }
        ClassWeight::Each(weights) => {
            if let Some(unknown) = weights.keys().find(|name| !names.contains(name)) {
                return refuse(unknown.clone(), "a class of the target");
            }
            names.iter().map(|name| weights.get(name).copied().unwrap_or(1.0)).collect()
        }
    };
    let weight = |row: usize| rows.weight_of(row) * weights[of[row] as usize];
    Ok(Some((0..of.len()).map(weight).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::train;

    #[test]
    fn balanced_classes_weigh_the_same_and_unknown_ones_are_refused() {
        let rows = train(vec![vec![0.0; 4]], vec![true, false, false, false]);
        let balanced = ClassWeight::Rule(ClassRule::Balanced);
        let weights = row_weights("kind", Some(&balanced), &rows).unwrap().unwrap();
        assert_eq!(weights[0], 2.0);
        assert!((weights[1..].iter().sum::<f32>() - 2.0).abs() < 1e-6);
        let each = |name: &str| ClassWeight::Each([(name.to_owned(), 3.0)].into());
        assert_eq!(row_weights("kind", Some(&each("1")), &rows).unwrap().unwrap()[..2], [3.0, 1.0]);
        let error = row_weights("kind", Some(&each("yes")), &rows).unwrap_err().to_string();
        assert!(error.contains("yes") && error.contains("class_weight"), "{error}");
    }
}
