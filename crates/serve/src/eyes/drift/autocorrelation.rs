//! How many independent rows a window of dependent rows is worth.
//!
//! The variance of a mean over n dependent rows is that of n / tau independent ones, with
//! tau = 1 + 2 sum rho_k. Two estimates of tau are taken and the larger is believed:
//!
//! - a first-order autoregression: tau = (1 + phi) / (1 - phi), with phi from the lag-1 autocorrelation,
//!   corrected for its bias in short windows (Marriott and Pope 1954, Kendall 1954: E r = phi - (1 + 3 phi) / n);
//! - the initial monotone sequence (Geyer 1992): sums of adjacent lags, until one is not positive, none larger
//!   than the one before. It sees dependence that lag 1 does not show, such as noise on a slow signal.
//!   Each autocovariance is raised by the variance of the window's mean, which centring took away.
//!
//! In windows that are short beside their memory both are too small by chance now and then; that is why a
//! window worth less than [`LEAST`] rows is not judged at all.

/// Independent rows below which a window is not judged: measured, see `docs/drift.md`.
pub(crate) const LEAST: f64 = 8.0;

/// The largest lag looked at; sums end far earlier except for windows that are not judged anyway.
const MAX_LAG: usize = 512;

/// The largest lag-1 autocorrelation believed, so that tau stays finite.
const MAX_PHI: f64 = 0.9999;

/// Rounds of the correction for the window's mean; it settles in three or four.
const ROUNDS: usize = 8;

/// Effective number of rows among `values`, which stand in order: from 1 to their number.
///
/// Windows that hold one value only say nothing about dependence and are worth one row.
pub(crate) fn effective(values: &[f64]) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "windows are short")]
    let n = values.len() as f64;
    if values.len() < 4 {
        return n.min(1.0);
    }
    let mut lags = Lags::new(values);
    if lags.at(0) <= f64::EPSILON * f64::EPSILON {
        return 1.0;
    }
    let tau = first_order(&mut lags, n).max(initial_sequence(&mut lags, n));
    (n / tau).clamp(1.0, n)
}

fn first_order(lags: &mut Lags, n: f64) -> f64 {
    let r = lags.at(1) / lags.at(0);
    let phi = ((n * r + 1.0) / (n - 3.0)).min(MAX_PHI);
    ((1.0 + phi) / (1.0 - phi)).max(1.0)
}

fn initial_sequence(lags: &mut Lags, n: f64) -> f64 {
    let last = (lags.centred.len() / 2).min(MAX_LAG);
    let mut tau = 1.0_f64;
    for _ in 0..ROUNDS {
        // The variance of the mean, as a share of the variance of a row; half of it at most.
        let share = (tau / n).min(0.5);
        let variance = lags.at(0) / (1.0 - share);
        let (mut sum, mut before) = (-1.0, f64::INFINITY);
        for lag in (0..last).step_by(2) {
            let pair = (lags.at(lag) + lags.at(lag + 1)) / variance + 2.0 * share;
            if pair <= 0.0 {
                break;
            }
            before = pair.min(before);
            sum += 2.0 * before;
        }
        let next = f64::max(sum, 1.0);
        let settled = (next - tau).abs() < 1e-6 * tau;
        tau = next;
        if settled {
            break;
        }
    }
    tau
}

/// Autocovariances, each computed when first asked for.
struct Lags {
    centred: Vec<f64>,
    known: Vec<f64>,
}

impl Lags {
    fn new(values: &[f64]) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "windows are short")]
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        Self { centred: values.iter().map(|v| v - mean).collect(), known: Vec::new() }
    }

    fn at(&mut self, lag: usize) -> f64 {
        while self.known.len() <= lag {
            let lag = self.known.len();
            let later = self.centred.iter().skip(lag);
            let sum: f64 = self.centred.iter().zip(later).map(|(a, b)| a * b).sum();
            #[expect(clippy::cast_precision_loss, reason = "windows are short")]
            self.known.push(sum / self.centred.len() as f64);
        }
        self.known[lag]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alternating_rows_are_not_worth_more_than_their_number() {
        let values: Vec<f64> = (0..100).map(|i| f64::from(i % 2)).collect();
        assert_eq!(effective(&values), 100.0);
    }

    #[test]
    fn a_ramp_is_worth_next_to_nothing() {
        let values: Vec<f64> = (0..200).map(f64::from).collect();
        assert!(effective(&values) < LEAST, "{}", effective(&values));
    }

    #[test]
    fn each_row_sent_ten_times_counts_about_once() {
        let mut state = 7_u64;
        let values: Vec<f64> = (0..2_000)
            .map(|i| {
                if i % 10 == 0 {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                }
                f64::from(u32::try_from(state >> 40).unwrap())
            })
            .collect();
        let worth = effective(&values);
        assert!((80.0..=260.0).contains(&worth), "{worth}");
    }

    #[test]
    fn equal_or_very_few_values_are_worth_one_row() {
        assert_eq!(effective(&[3.0; 50]), 1.0);
        assert_eq!(effective(&[1.0, 2.0, 3.0]), 1.0);
        assert_eq!(effective(&[]), 0.0);
    }
}
