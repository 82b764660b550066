//! How a forecast of one bearing's remaining life fared.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Forecast;
use crate::metrics::{
    MetricError, Weights, interval_coverage, mean_absolute_error, root_mean_squared_error,
};

/// Times at which accuracy is accumulated, as shares of the way from the first prediction to the end.
const TIMES: [f64; 9] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/// A measure of a bearing's forecast. Only snapshots with life left are scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Root mean squared error divided by the bearing's life.
    Nrmse,
    /// Mean absolute error, in minutes.
    MaeMinutes,
    /// Cumulative relative accuracy (Saxena et al. 2010): the mean, over nine evenly spaced times, of 1
    /// less the error's share of the true remaining life. An error larger than that life counts as
    /// large as it, so that the measure lies between 0 and 1.
    Cra,
    /// Share of predictions within the alpha-lambda cone: no further from the true remaining life than a
    /// share alpha of it (Saxena et al. 2010).
    AlphaLambda,
    /// Mean score of the PHM 2012 challenge (Nectoux et al. 2012): 1 is perfect, half is lost at 20 % too
    /// early and at 5 % too late.
    Phm,
    /// Share of predictions whose bounds hold the true remaining life.
    Coverage,
    /// Mean width of the bounds, in minutes.
    WidthMinutes,
}

impl Measure {
    /// Every measure.
    pub const ALL: [Self; 7] = [
        Self::Nrmse,
        Self::MaeMinutes,
        Self::Cra,
        Self::AlphaLambda,
        Self::Phm,
        Self::Coverage,
        Self::WidthMinutes,
    ];

    /// The name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Nrmse => "nrmse",
            Self::MaeMinutes => "mae_minutes",
            Self::Cra => "cra",
            Self::AlphaLambda => "alpha_lambda",
            Self::Phm => "phm",
            Self::Coverage => "coverage",
            Self::WidthMinutes => "width_minutes",
        }
    }
}

/// The measures of one bearing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BearingScores {
    /// The bearing.
    pub bearing: String,
    /// Whether its start was missed: then these are the scores of its median life.
    pub missed: bool,
    /// Snapshots that were scored.
    pub snapshots: usize,
    /// The measures; those of bounds only where there are bounds.
    pub values: BTreeMap<Measure, f64>,
}

impl BearingScores {
    /// Scores a forecast; `alpha` is the cone's half-width.
    ///
    /// # Errors
    /// A forecast without snapshots or with a number that is not finite.
    pub fn of(forecast: &Forecast, alpha: f64) -> Result<Self, MetricError> {
        let (predicted, actual) = (&forecast.predicted[..], &forecast.remaining[..]);
        let squared = root_mean_squared_error(predicted, actual, Weights::Equal)?;
        let rows = actual.len() as f64;
        let mean = |f: &dyn Fn(f64, f64) -> f64| {
            predicted.iter().zip(actual).map(|(p, a)| f(*p, *a)).sum::<f64>() / rows
        };
        let in_cone = |p: f64, a: f64| f64::from(u8::from((p - a).abs() <= alpha * a));
        let mut values = BTreeMap::from([
            (Measure::Nrmse, squared / forecast.life_minutes),
            (Measure::MaeMinutes, mean_absolute_error(predicted, actual, Weights::Equal)?),
            (Measure::Cra, cumulative_accuracy(forecast)),
            (Measure::AlphaLambda, mean(&in_cone)),
            (Measure::Phm, mean(&phm)),
        ]);
        if let Some(Band { lower, upper }) = &forecast.band {
            let coverage = interval_coverage(lower, upper, actual, Weights::Equal)?;
            values.insert(Measure::Coverage, coverage.share);
            values.insert(Measure::WidthMinutes, coverage.width);
        }
        let (bearing, missed) = (forecast.bearing.clone(), forecast.missed);
        Ok(Self { bearing, missed, snapshots: actual.len(), values })
    }
}

/// Lower and upper bounds, in minutes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// One per snapshot.
    pub lower: Vec<f64>,
    /// One per snapshot.
    pub upper: Vec<f64>,
}

/// The relative accuracy at the snapshot nearest before each of [`TIMES`], and its mean.
fn cumulative_accuracy(forecast: &Forecast) -> f64 {
    let (first, end) = (forecast.minutes[0], forecast.minutes[0] + forecast.remaining[0]);
    let accuracy = |share: &f64| {
        let time = first + share * (end - first);
        let at = forecast.minutes.partition_point(|t| *t <= time).max(1) - 1;
        let actual = forecast.remaining[at];
        (1.0 - (forecast.predicted[at] - actual).abs() / actual).max(0.0)
    };
    TIMES.iter().map(accuracy).sum::<f64>() / TIMES.len() as f64
}

fn phm(predicted: f64, actual: f64) -> f64 {
    let percent = 100.0 * (actual - predicted) / actual;
    let half_life = if percent <= 0.0 { -5.0 } else { 20.0 };
    0.5_f64.powf(percent / half_life)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forecast(of: impl Fn(f64) -> f64) -> Forecast {
        let remaining: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        let predicted: Vec<f64> = remaining.iter().map(|r| of(*r)).collect();
        Forecast {
            bearing: "b".into(),
            missed: false,
            life_minutes: 200.0,
            minutes: (100..200).map(f64::from).collect(),
            band: Some(Band {
                lower: predicted.iter().map(|p| 0.9 * p).collect(),
                upper: predicted.iter().map(|p| 1.3 * p).collect(),
            }),
            remaining,
            predicted,
        }
    }

    fn measured(of: impl Fn(f64) -> f64) -> Vec<f64> {
        let scores = BearingScores::of(&forecast(of), 0.2).unwrap();
        Measure::ALL.iter().map(|m| scores.values[m]).collect()
    }

    fn assert_near(found: &[f64], expected: &[f64]) {
        let near = found.iter().zip(expected).all(|(f, e)| (f - e).abs() < 1e-9);
        assert!(near, "{found:?} {expected:?}");
    }

    #[test]
    fn a_perfect_forecast_has_no_error() {
        assert_near(&measured(|r| r)[..6], &[0.0, 0.0, 1.0, 1.0, 1.0, 1.0]);
    }

    #[test]
    fn errors_of_a_tenth_have_the_scores_of_the_formulas() {
        // 10 % late: two half-lives of 5 %. 10 % early: half a half-life of 20 %.
        let (late, early) = (measured(|r| 1.1 * r), measured(|r| 0.9 * r));
        assert_near(&late[1..6], &[5.05, 0.9, 1.0, 0.25, 1.0]);
        assert_near(&early[1..6], &[5.05, 0.9, 1.0, 0.5_f64.sqrt(), 1.0]);
        assert_near(&late[6..], &[0.4 * 1.1 * 50.5]);
        let root = (1..=100).map(|r| (0.1 * f64::from(r)).powi(2)).sum::<f64>() / 100.0;
        assert_near(&late[..1], &[root.sqrt() / 200.0]);
    }

    #[test]
    fn an_error_larger_than_the_remaining_life_has_no_accuracy() {
        assert_near(&measured(|r| 3.0 * r)[2..6], &[0.0, 0.0, 0.5_f64.powf(40.0), 0.0]);
    }
}
