//! What a judgement found.

use std::collections::BTreeMap;

use gauntlet_core::Opening;
use serde::{Deserialize, Serialize};

use super::{Band, BearingScores, Measure, Protocol, Start};
use crate::LearnError;
use crate::intervals::{Interval, bootstrap_interval};

/// The name of the participant that stands for the choice among contenders, made for each bearing on the
/// others: its scores carry no selection.
pub const SELECTED: &str = "selected";

/// A forecast of one bearing by a participant that never saw it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forecast {
    /// The bearing.
    pub bearing: String,
    /// Whether its start was missed: then this is its median life.
    pub missed: bool,
    /// Time of its failure, in minutes.
    pub life_minutes: f64,
    /// Times of the snapshots, in minutes.
    pub minutes: Vec<f64>,
    /// The true remaining life at each, in minutes; above 0.
    pub remaining: Vec<f64>,
    /// The predicted one.
    pub predicted: Vec<f64>,
    /// Bounds, of contenders that have some.
    pub band: Option<Band>,
}

/// A contender, a baseline or the choice, judged on every bearing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Participant {
    /// The scores of each bearing, sorted by name.
    pub scores: Vec<BearingScores>,
    /// The mean of each measure over bearings, each counting the same, with an interval over bearings;
    /// bounds of missed bearings do not exist and do not count.
    pub means: BTreeMap<Measure, Interval>,
    /// The forecasts behind the scores, in the same order.
    pub forecasts: Vec<Forecast>,
}

/// All participants, judged from one kind of start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// From where predictions count.
    pub start: Start,
    /// Contenders, baselines and [`SELECTED`], by name.
    pub participants: BTreeMap<String, Participant>,
    /// The contender chosen for each bearing on the others.
    pub chosen: BTreeMap<String, String>,
    /// The contender that the same rule chooses on all bearings. Its own scores carry selection; those
    /// of [`SELECTED`] are what to expect of it.
    pub winner: String,
    /// Every time a bearing was opened.
    #[serde(skip)]
    pub openings: Vec<Opening>,
}

/// A judgement by leave-one-bearing-out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RulJudgement {
    /// From the noticed onset on.
    pub onset: Comparison,
    /// From a start that is given, if every life has one.
    pub common: Option<Comparison>,
}

impl Participant {
    /// Scores forecasts of all bearings.
    pub(super) fn judge(forecasts: Vec<Forecast>, protocol: &Protocol) -> Result<Self, LearnError> {
        let scores = forecasts
            .iter()
            .map(|forecast| BearingScores::of(forecast, protocol.alpha))
            .collect::<Result<Vec<_>, _>>()?;
        let mut means = BTreeMap::new();
        for measure in Measure::ALL {
            let values: Vec<f64> =
                scores.iter().filter_map(|s| s.values.get(&measure).copied()).collect();
            if !values.is_empty() {
                means.insert(measure, mean_over_bearings(&values, protocol)?);
            }
        }
        Ok(Self { scores, means, forecasts })
    }

    /// The mean of a measure over bearings; NaN without any.
    #[must_use]
    pub fn mean(&self, measure: Measure) -> f64 {
        self.means.get(&measure).map_or(f64::NAN, |interval| interval.estimate.value)
    }
}

fn mean_over_bearings(values: &[f64], protocol: &Protocol) -> Result<Interval, LearnError> {
    let bearings: Vec<u32> = (0..values.len() as u32).collect();
    let seed = protocol.seed.derive("bearings", 0);
    let Protocol { replicates, confidence, .. } = *protocol;
    let mean = |weights: &[u32]| weighted_mean(values, weights);
    Ok(bootstrap_interval(&bearings, replicates, confidence, seed, mean)?)
}

/// The mean of values that are drawn so many times.
pub(super) fn weighted_mean(values: &[f64], weights: &[u32]) -> f64 {
    let sum: f64 = values.iter().zip(weights).map(|(v, w)| v * f64::from(*w)).sum();
    sum / f64::from(weights.iter().sum::<u32>())
}
