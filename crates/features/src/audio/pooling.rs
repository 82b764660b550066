//! From the frames of a clip to the clip.

use serde::{Deserialize, Serialize};

use super::AudioError;
use crate::sums::sums;

/// How a value per frame becomes one per clip.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Pooling {
    /// The mean.
    Mean,
    /// The standard deviation, dividing by the number of frames.
    Std,
    /// The largest value.
    Max,
    /// Global weighted ranking pooling, with this `r` from 0 to 1: values sorted from the largest, weighted by 1,
    /// `r`, `r^2` ... and divided by the weights' sum. With 1 it is the mean, with 0 the maximum.
    ///
    /// Time-weighted frequency domain representation, Guan et al., ICASSP 2023.
    Ranked(f64),
}

impl Pooling {
    pub(super) fn check(self) -> Result<(), AudioError> {
        match self {
            Self::Ranked(value) if !(0.0..=1.0).contains(&value) => {
                Err(AudioError::Setup { what: "ranked", value, rule: "it lies from 0 to 1" })
            }
            _ => Ok(()),
        }
    }

    /// How names of pooled features end.
    pub(super) fn suffix(self) -> String {
        match self {
            Self::Mean => "mean".to_owned(),
            Self::Std => "std".to_owned(),
            Self::Max => "max".to_owned(),
            Self::Ranked(r) => format!("ranked_{r}").replace(['.', '-'], "_"),
        }
    }

    /// Pools one value per frame, of which there is at least one; they may be reordered.
    pub(super) fn pool(self, values: &mut [f64]) -> f64 {
        let mean = |values: &[f64]| {
            let [sum] = sums(values, |value| [value]);
            sum / values.len() as f64
        };
        match self {
            Self::Mean => mean(values),
            Self::Std => {
                let mean = mean(values);
                let [squares] = sums(values, |value| [(value - mean) * (value - mean)]);
                (squares / values.len() as f64).sqrt()
            }
            Self::Max => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            Self::Ranked(r) => {
                values.sort_unstable_by(|a, b| b.total_cmp(a));
                let (mut sum, mut weights, mut weight) = (0.0, 0.0, 1.0);
                for value in values.iter() {
                    sum += weight * value;
                    weights += weight;
                    weight *= r;
                }
                sum / weights
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn three_frames_by_hand() {
        let pool = |pooling: Pooling| pooling.pool(&mut [2.0, 6.0, 1.0]);
        assert_eq!((pool(Pooling::Mean), pool(Pooling::Max)), (3.0, 6.0));
        assert!((pool(Pooling::Std) - (14.0_f64 / 3.0).sqrt()).abs() < 1e-12);
        assert_eq!(pool(Pooling::Ranked(0.5)), (6.0 + 1.0 + 0.25) / 1.75);
    }

    #[test]
    fn names_are_snake_case() {
        assert_eq!(Pooling::Ranked(0.95).suffix(), "ranked_0_95");
        assert_eq!(Pooling::Ranked(1e-7).suffix(), "ranked_0_0000001");
    }

    proptest! {
        #[test]
        fn ranked_is_between_the_mean_and_the_maximum(
            values in proptest::collection::vec(-100.0..100.0, 1..40),
            r in 0.0..=1.0,
        ) {
            let pool = |pooling: Pooling| pooling.pool(&mut values.clone());
            let (mean, max) = (pool(Pooling::Mean), pool(Pooling::Max));
            let ranked = pool(Pooling::Ranked(r));
            prop_assert!(mean - 1e-9 <= ranked && ranked <= max + 1e-9);
            prop_assert!((pool(Pooling::Ranked(1.0)) - mean).abs() < 1e-9);
            prop_assert_eq!(pool(Pooling::Ranked(0.0)), max);
        }
    }
}
