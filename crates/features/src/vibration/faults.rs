//! Fault frequencies in an envelope's spectrum.

use super::baseline::median;
use super::{Fault, Geometry, Setup};

/// How far from its place a line may be, as a fraction of its frequency: elements slip, and the shaft's
/// speed is known only roughly.
const TOLERANCE: f64 = 0.02;

/// Harmonics that are looked at, the fault frequency itself among them.
const HARMONICS: u32 = 3;

/// On both sides of a harmonic, the background reaches this fraction of the fault frequency ...
const BACKGROUND: f64 = 0.25;

/// ... and at least this many lines.
const BACKGROUND_LINES: f64 = 10.0;

/// Where to look for a fault, in lines of the spectrum.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) fault: Fault,
    pub(super) hz: f64,
    line: f64,
    sideband: Option<f64>,
}

impl Target {
    /// The targets of all faults, for spectra whose lines are `1 / lines_per_hz` apart.
    pub(super) fn all(geometry: &Geometry, setup: &Setup, lines_per_hz: f64) -> Vec<Self> {
        let orders = geometry.orders();
        let target = |fault: Fault| {
            let hz = fault.frequency(&orders, setup.shaft_hz);
            let sideband = fault.sideband(&orders, setup.shaft_hz);
            Self {
                fault,
                hz,
                line: hz * lines_per_hz,
                sideband: sideband.map(|hz| hz * lines_per_hz),
            }
        };
        Fault::ALL.map(target).to_vec()
    }

    /// The last line that is ever looked at.
    pub(super) fn reach(&self) -> usize {
        let spread = TOLERANCE * f64::from(HARMONICS) * self.line + self.half_background();
        let sideband = (1.0 + TOLERANCE) * self.sideband.unwrap_or(0.0);
        (f64::from(HARMONICS) * self.line + spread + sideband) as usize + 2
    }

    /// Whether the fault frequency lies within a spectrum that ends at line `last`.
    pub(super) fn within(&self, last: usize) -> bool {
        (1.0 + TOLERANCE) * self.line <= last as f64
    }

    /// How far the fault's lines stand above their surroundings, in decibels.
    ///
    /// For each harmonic `k` to the third: its line is the strongest within 2 % of `k` times the fault
    /// frequency; where the load varies, the strongest lines one sideband's distance from it on both sides
    /// (within 2 % of that distance, or one line) count too; the background is the median power within a
    /// quarter of the fault frequency, or ten lines, around `k` times the fault frequency. The result is
    /// `10 log10` of the mean of line over background. `floor` is added to both, so that a spectrum of
    /// rounding errors has 0 dB. Harmonics beyond the spectrum are left out. `power` starts at line 0.
    pub(super) fn snr(&self, power: &[f64], floor: f64, sorted: &mut Vec<f64>) -> f64 {
        let last = power.len() - 1;
        let mut sum = 0.0;
        let mut count = 0.0;
        for harmonic in 1..=HARMONICS {
            let centre = f64::from(harmonic) * self.line;
            let Some(peak) = strongest(&power[1..], centre, TOLERANCE * centre) else { break };
            let half = self.half_background();
            let from = ((centre - half).ceil().max(1.0) as usize).min(last);
            let to = ((centre + half) as usize).clamp(from, last);
            sorted.clear();
            sorted.extend_from_slice(&power[from..=to]);
            let background = median(sorted) + floor;

            let beside = self.sideband.into_iter().flat_map(|distance| {
                let reach = (TOLERANCE * distance).max(1.0);
                [-distance, distance]
                    .map(|distance| strongest(&power[1..], peak as f64 + distance, reach))
            });
            for line in std::iter::once(Some(peak)).chain(beside).flatten() {
                sum += (power[line] + floor) / background;
                count += 1.0;
            }
        }
        10.0 * libm::log10(sum / count)
    }

    /// The sum of the amplitudes of the harmonics, each the strongest line within 2 % of its place.
    pub(super) fn amplitude(&self, power: &[f64]) -> f64 {
        (1..=HARMONICS)
            .map(|harmonic| f64::from(harmonic) * self.line)
            .map_while(|centre| strongest(&power[1..], centre, TOLERANCE * centre))
            .map(|line| 2.0 * power[line].sqrt())
            .sum()
    }

    fn half_background(&self) -> f64 {
        (BACKGROUND * self.line).max(BACKGROUND_LINES)
    }
}

/// The line of largest value at most `reach` lines from `centre`, the first of equals; `values` starts at
/// line 1, which is also the least that is returned.
///
/// If no line is that near, it is the nearest one. A centre beyond the last line has none.
pub(super) fn strongest(values: &[f64], centre: f64, reach: f64) -> Option<usize> {
    let last = values.len();
    let nearest = centre.round().max(1.0) as usize;
    if nearest > last {
        return None;
    }
    let from = (centre - reach).ceil().max(1.0) as usize;
    let to = ((centre + reach).max(0.0) as usize).min(last);
    if from > to {
        return Some(nearest);
    }
    (from..=to).reduce(|best, line| if values[line - 1] > values[best - 1] { line } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(line: f64, sideband: Option<f64>) -> Target {
        Target { fault: Fault::InnerRace, hz: line, line, sideband }
    }

    #[test]
    fn the_strongest_line_near_a_place() {
        let values = [1.0, 3.0, 2.0, 3.0, 5.0];
        assert_eq!(strongest(&values, 3.0, 1.0), Some(2));
        assert_eq!(strongest(&values, 3.4, 0.1), Some(3));
        assert_eq!(strongest(&values, 0.2, 0.1), Some(1));
        assert_eq!(strongest(&values, 1.0, 4.5), Some(5));
        assert_eq!(strongest(&values, 5.6, 1.0), None);
        assert_eq!(strongest(&[], 1.0, 1.0), None);
    }

    #[test]
    fn harmonics_and_sidebands_stand_out_by_their_ratio() {
        let mut power = vec![1.0; 500];
        assert_eq!(target(100.0, Some(20.0)).snr(&power, 0.0, &mut Vec::new()), 0.0);
        for line in [101, 199, 300] {
            power[line] = 100.0;
        }
        let plain = target(100.0, None);
        assert!((plain.snr(&power, 0.0, &mut Vec::new()) - 20.0).abs() < 1e-12);
        for line in [81, 121, 179, 219, 280, 320] {
            power[line] = 40.0;
        }
        let both = target(100.0, Some(20.0)).snr(&power, 0.0, &mut Vec::new());
        assert!((both - 10.0 * 60_f64.log10()).abs() < 1e-12);
        assert_eq!(plain.amplitude(&power), 60.0);
    }

    #[test]
    fn harmonics_beyond_the_spectrum_are_left_out() {
        let mut power = vec![1.0; 151];
        power[100] = 100.0;
        let target = target(100.0, None);
        assert!((target.snr(&power, 0.0, &mut Vec::new()) - 20.0).abs() < 1e-12);
        assert_eq!(target.amplitude(&power), 20.0);
        assert!(target.within(102) && !target.within(101));
    }

    #[test]
    fn nothing_but_rounding_errors_is_no_signal() {
        let mut power = vec![1e-32; 500];
        power[100] = 1e-28;
        let snr = target(100.0, None).snr(&power, 1e-12, &mut Vec::new());
        assert!(snr.abs() < 1e-12);
    }
}
