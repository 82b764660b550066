//! All features of one sensor over one uninterrupted run.

use super::ewma::Ewma;
use super::recipe::{Kind, Windows};
use super::rolling::Rolling;

/// Samples that a middle window is thinned to.
const MIDDLE: usize = 48;
/// Samples that a long window is thinned to.
const LONG: usize = 96;

/// A window thinned to readings `stride` rows apart: one rolling window for each place a decision can have in it.
struct Thinned {
    phases: Vec<Rolling>,
}

impl Thinned {
    /// A window of `rows` rows, thinned to about `samples` readings on decision rows.
    fn new(rows: usize, samples: usize, every: usize) -> Self {
        let stride = stride(rows, samples, every);
        let window = Rolling::new(rows / stride);
        Self { phases: vec![window; stride / every] }
    }

    fn push(&mut self, decision: usize, value: f64) -> &Rolling {
        let phase = decision % self.phases.len();
        self.phases[phase].push(value);
        &self.phases[phase]
    }
}

/// Rows between two samples: a multiple of the rows between two decisions.
fn stride(rows: usize, samples: usize, every: usize) -> usize {
    rows.div_ceil(samples).div_ceil(every) * every
}

/// One column per kind, a value per decision row; NaN before the middle window is filled once, and where too much
/// is missing.
pub(super) fn columns(values: &[f64], windows: &Windows, kinds: &[Kind]) -> Vec<Vec<f32>> {
    let every = windows.every;
    let mut columns = vec![Vec::with_capacity(values.len() / every); kinds.len()];
    let mut middle = Thinned::new(windows.middle, MIDDLE, every);
    let mut long = Thinned::new(windows.long, LONG, every);
    let mut recent = Rolling::new(windows.short);
    let average = Ewma::new(windows.short);
    let reach = Ewma::reach(windows.short);
    for (decision, row) in (every - 1..values.len()).step_by(every).enumerate() {
        let value = values[row];
        let middle = middle.push(decision, value);
        let long = long.push(decision, value);
        if row + 1 < windows.middle {
            columns.iter_mut().for_each(|column| column.push(f32::NAN));
            continue;
        }
        // Between two decisions more rows pass than one, so the short window is filled anew.
        recent.clear();
        values[(row + 1).saturating_sub(windows.short)..=row].iter().for_each(|v| recent.push(*v));
        let (now, usual) = (recent.median(), long.median());
        for (kind, column) in kinds.iter().zip(&mut columns) {
            let feature = match kind {
                Kind::Ewma => average.last(&values[(row + 1).saturating_sub(reach)..=row]),
                Kind::Deviation => now - usual,
                Kind::Trend => middle.median() - usual,
                Kind::Spread => middle.quantile(0.75) - middle.quantile(0.25),
            };
            column.push(feature as f32);
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOWS: Windows = Windows { short: 3, middle: 6, long: 12, every: 2 };

    fn of(values: &[f64], kind: Kind) -> Vec<f32> {
        columns(values, &WINDOWS, &[kind]).remove(0)
    }

    #[test]
    fn a_step_shows_as_a_deviation_and_fades_as_the_window_forgets() {
        let values: Vec<f64> = (0..60).map(|row| f64::from(u8::from(row >= 30))).collect();
        let deviation = of(&values, Kind::Deviation);
        assert!(deviation[..2].iter().all(|v| v.is_nan()) && deviation[2] == 0.0);
        assert_eq!(deviation.iter().copied().fold(0.0, f32::max), 1.0);
        assert_eq!(deviation.last(), Some(&0.0));
        assert_eq!(of(&values, Kind::Ewma).last(), Some(&1.0));
    }

    #[test]
    fn a_slope_shows_as_a_trend_and_noise_as_a_spread() {
        let slope: Vec<f64> = (0..60).map(f64::from).collect();
        let trend = of(&slope, Kind::Trend);
        assert!((trend[20] - 3.0).abs() < 1e-6, "{trend:?}");
        let noise: Vec<f64> = (0..60).map(|row| f64::from(row / 2 % 2)).collect();
        assert!(of(&noise, Kind::Spread)[20] > 0.0);
    }

    #[test]
    fn missing_readings_are_left_out_until_half_of_a_window_is_gone() {
        let mut values = vec![5.0; 40];
        values[20] = f64::NAN;
        assert!(of(&values, Kind::Deviation)[5..].iter().all(|v| *v == 0.0));
        values[10..].fill(f64::NAN);
        assert!(of(&values, Kind::Deviation).last().unwrap().is_nan());
    }
}
