//! The values that a hyperparameter may take.

use gauntlet_core::Seed;
use rand::RngExt;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One dimension of a space.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// Any number between two, both included.
    Uniform([f64; 2]),
    /// Any number between two positive ones, its logarithm uniform.
    LogUniform([f64; 2]),
    /// Any whole number between two, both included.
    Integer([i64; 2]),
    /// Any whole number between two positive ones, its logarithm uniform.
    LogInteger([i64; 2]),
    /// One of several values.
    Choice(Vec<Value>),
}

impl Dimension {
    /// What is wrong with the bounds, if anything is.
    pub(super) fn problem(&self) -> Option<&'static str> {
        let ordered = |low: f64, high: f64| low.is_finite() && high.is_finite() && low < high;
        match self {
            Self::Uniform([low, high]) if !ordered(*low, *high) => {
                Some("takes two finite numbers, the smaller first")
            }
            Self::LogUniform([low, high]) if !ordered(*low, *high) || *low <= 0.0 => {
                Some("takes two positive numbers, the smaller first")
            }
            Self::Integer([low, high]) if low >= high => {
                Some("takes two whole numbers, the smaller first")
            }
            Self::LogInteger([low, high]) if low >= high || *low < 1 => {
                Some("takes two whole numbers from 1, the smaller first")
            }
            Self::Choice(values) if values.is_empty() => Some("takes at least one value"),
            _ => None,
        }
    }

    /// The ends of the dimension, or all of its choices.
    pub(super) fn extremes(&self) -> Vec<Value> {
        match self {
            Self::Uniform(bounds) | Self::LogUniform(bounds) => {
                bounds.iter().map(|v| Value::from(*v)).collect()
            }
            Self::Integer(bounds) | Self::LogInteger(bounds) => {
                bounds.iter().map(|v| Value::from(*v)).collect()
            }
            Self::Choice(values) => values.clone(),
        }
    }

    /// A value drawn with this seed.
    #[must_use]
    pub fn draw(&self, seed: Seed) -> Value {
        let mut rng = seed.rng();
        let mut log = |low: f64, high: f64| {
            (low.ln() + rng.random::<f64>() * (high.ln() - low.ln())).exp().clamp(low, high)
        };
        match self {
            Self::LogUniform([low, high]) => Value::from(log(*low, *high)),
            Self::LogInteger([low, high]) => {
                // Half a step more at both ends gives them their share.
                let drawn = log(*low as f64 - 0.5, *high as f64 + 0.5).round() as i64;
                Value::from(drawn.clamp(*low, *high))
            }
            Self::Uniform([low, high]) => Value::from(low + rng.random::<f64>() * (high - low)),
            Self::Integer([low, high]) => Value::from(rng.random_range(*low..=*high)),
            Self::Choice(values) => {
                let at = rng.random_range(0..values.len().max(1));
                values.get(at).cloned().unwrap_or(Value::Null)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn drawn_values_lie_within_and_depend_on_the_seed_alone(seed in any::<u64>()) {
            let (seed, number) = (Seed(seed), |v: &Value| v.as_f64().unwrap());
            for (dimension, low, high) in [
                (Dimension::Uniform([-1.0, 3.0]), -1.0, 3.0),
                (Dimension::LogUniform([1e-3, 10.0]), 1e-3, 10.0),
                (Dimension::Integer([2, 5]), 2.0, 5.0),
                (Dimension::LogInteger([1, 100]), 1.0, 100.0),
            ] {
                let value = dimension.draw(seed);
                prop_assert!((low..=high).contains(&number(&value)), "{dimension:?} {value}");
                prop_assert_eq!(value, dimension.draw(seed));
            }
        }
    }

    #[test]
    fn a_logarithmic_dimension_draws_as_much_below_its_geometric_mean_as_above() {
        let dimension = Dimension::LogUniform([1e-4, 1.0]);
        let below = (0..2000).filter(|&i| dimension.draw(Seed(i)).as_f64().unwrap() < 1e-2).count();
        assert!((900..1100).contains(&below), "{below}");
    }

    #[test]
    fn every_whole_number_and_every_choice_is_drawn() {
        let integers = Dimension::Integer([1, 4]);
        let choices = Dimension::Choice(vec!["sqrt".into(), 0.5.into()]);
        for dimension in [integers, choices] {
            for wanted in dimension.extremes() {
                assert!((0..100).any(|i| dimension.draw(Seed(i)) == wanted), "{wanted}");
            }
        }
    }

    #[test]
    fn bounds_out_of_order_or_range_are_a_problem() {
        for bad in [
            Dimension::Uniform([1.0, 1.0]),
            Dimension::Uniform([0.0, f64::INFINITY]),
            Dimension::LogUniform([0.0, 1.0]),
            Dimension::Integer([3, 2]),
            Dimension::LogInteger([0, 2]),
            Dimension::Choice(vec![]),
        ] {
            assert!(bad.problem().is_some(), "{bad:?}");
        }
        assert_eq!(Dimension::Choice(vec![1.into()]).problem(), None);
    }
}
