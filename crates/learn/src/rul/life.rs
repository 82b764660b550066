//! A bearing's life, from its first snapshot to its failure.

use super::{RulError, Setup};

/// One run-to-failure bearing; snapshots in the order of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Life {
    /// Unique name.
    pub bearing: String,
    /// Speed and load it ran at.
    pub condition: String,
    /// Time of each snapshot, in minutes since the first.
    pub minutes: Vec<f64>,
    /// Time of the failure, in minutes: that of the last usable snapshot, or later.
    pub end_minutes: f64,
    /// Features as extracted, `[feature][snapshot]`: amplitudes and other numbers that are above 0 as a
    /// rule, of several channels the larger.
    pub features: Vec<Vec<f64>>,
    /// The snapshot at which degradation was noticed, looking back only; nothing if it never was.
    pub onset: Option<usize>,
    /// The snapshot from which methods are compared whatever they notice: a simulator's truth or a
    /// published label. It may look ahead.
    pub common_start: Option<usize>,
}

impl Life {
    /// Number of snapshots.
    #[must_use]
    pub fn snapshots(&self) -> usize {
        self.minutes.len()
    }

    /// Remaining useful life at a snapshot, in minutes.
    #[must_use]
    pub fn remaining(&self, snapshot: usize) -> f64 {
        self.end_minutes - self.minutes[snapshot]
    }

    /// Refuses what cannot be computed with.
    ///
    /// # Errors
    /// Fewer than two snapshots, columns of other lengths, time that does not rise or runs past the end, a number
    /// that is not finite, a start outside the life.
    pub fn check(&self, setup: &Setup) -> Result<(), RulError> {
        let (bearing, snapshots) = (self.bearing.clone(), self.snapshots());
        let length = |what, found, expected| {
            let bearing = self.bearing.clone();
            if found == expected {
                Ok(())
            } else {
                Err(RulError::Length { bearing, what, found, expected })
            }
        };
        length("features", self.features.len(), setup.feature_names.len())?;
        // The first has life left, the last may be the failure itself.
        length("snapshots", snapshots.min(2), 2)?;
        for column in &self.features {
            length("values of a feature", column.len(), snapshots)?;
        }
        let steps = self.minutes.iter().zip(self.minutes.iter().skip(1).chain([&f64::INFINITY]));
        for (snapshot, (&minutes, next)) in steps.enumerate() {
            if !(minutes < *next && minutes <= self.end_minutes && self.end_minutes.is_finite()) {
                return Err(RulError::Time { bearing, snapshot, minutes });
            }
        }
        for (feature, column) in setup.feature_names.iter().zip(&self.features) {
            if let Some(snapshot) = column.iter().position(|v| !v.is_finite()) {
                let (feature, value) = (feature.clone(), column[snapshot]);
                return Err(RulError::Value { bearing, feature, value, snapshot });
            }
        }
        match [self.onset, self.common_start].into_iter().flatten().find(|&at| at >= snapshots) {
            Some(start) => Err(RulError::Start { bearing, start, snapshots }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn life() -> Life {
        Life {
            bearing: "b".into(),
            condition: "c".into(),
            minutes: vec![0.0, 1.0, 2.0],
            end_minutes: 2.0,
            features: vec![vec![1.0; 3]],
            onset: Some(1),
            common_start: None,
        }
    }

    #[test]
    fn what_is_wrong_with_a_life_is_named() {
        let setup = Setup::new(vec!["rms".into()]);
        let wrong = |change: &dyn Fn(&mut Life)| {
            let mut life = life();
            change(&mut life);
            life.check(&setup).unwrap_err().to_string()
        };
        assert_eq!(life().check(&setup), Ok(()));
        assert!(wrong(&|l| l.features[0][2] = f64::NAN).contains("`rms` is NaN in snapshot 2"));
        assert!(wrong(&|l| l.minutes[1] = 2.0).contains("snapshot 1"));
        assert!(wrong(&|l| l.end_minutes = 1.5).contains("snapshot 2"));
        assert!(wrong(&|l| l.onset = Some(3)).contains("start is snapshot 3"));
        assert!(wrong(&|l| l.features[0].truncate(1)).contains("1 values"));
        assert!(wrong(&|l| l.features.clear()).contains("0 features"));
        assert!(wrong(&|l| l.minutes.truncate(1)).contains("1 snapshots"));
    }
}
