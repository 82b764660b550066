//! The exact interval of a share of independent events.

use gauntlet_core::Estimate;
use statrs::distribution::{Beta, ContinuousCDF};

use super::interval::check_level;
use super::{Interval, IntervalError, Method};

/// The interval of `hits` of `trials` (Clopper and Pearson 1934): it holds the true share at least as often
/// as `level` says, however few the trials.
///
/// # Errors
/// No trials, more hits than trials, or a level that is not strictly between 0 and 1.
pub fn clopper_pearson(hits: u64, trials: u64, level: f64) -> Result<Interval, IntervalError> {
    check_level(level)?;
    if trials == 0 {
        return Err(IntervalError::Empty("trials"));
    }
    if hits > trials {
        return Err(IntervalError::Proportion { hits, trials });
    }
    let (k, n) = (hits as f64, trials as f64);
    let tail = (1.0 - level) / 2.0;
    let low = if hits == 0 { 0.0 } else { beta_quantile(k, n - k + 1.0, tail) };
    let high = if hits == trials { 1.0 } else { beta_quantile(k + 1.0, n - k, 1.0 - tail) };
    let estimate = Estimate { value: k / n, low, high };
    let units = usize::try_from(trials).unwrap_or(usize::MAX);
    Ok(Interval { estimate, method: Method::ClopperPearson, level, units })
}

/// The quantile of a beta distribution by bisection: about 60 halvings leave no digit of an `f64` open.
fn beta_quantile(a: f64, b: f64, share: f64) -> f64 {
    let Ok(beta) = Beta::new(a, b) else { return f64::NAN };
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    loop {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            return middle;
        }
        if beta.cdf(middle) < share { low = middle } else { high = middle }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_of_five_failures_may_still_be_every_second_one() {
        let interval = clopper_pearson(5, 5, 0.95).unwrap();
        assert!((interval.estimate.low - 0.4782).abs() < 1e-4, "{interval}");
        assert_eq!((interval.estimate.high, interval.units), (1.0, 5));
        let none = clopper_pearson(0, 5, 0.95).unwrap();
        assert!((none.estimate.high - 0.5218).abs() < 1e-4, "{none}");
    }

    #[test]
    fn what_is_no_proportion_is_refused() {
        assert_eq!(clopper_pearson(0, 0, 0.95), Err(IntervalError::Empty("trials")));
        let more = clopper_pearson(3, 2, 0.95);
        assert_eq!(more, Err(IntervalError::Proportion { hits: 3, trials: 2 }));
        assert!(clopper_pearson(1, 2, 1.5).is_err());
    }
}
