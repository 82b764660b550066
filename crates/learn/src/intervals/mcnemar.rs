//! Whether two sets of decisions on the same rows differ (McNemar 1947).
//!
//! Only rows that one side gets right and the other wrong count. The tests take rows as independent; where
//! groups are, compare by the bootstrap over groups instead.

use statrs::distribution::{Binomial, ChiSquared, ContinuousCDF, Discrete, DiscreteCDF};

use super::IntervalError;

/// Rows that only one of two sides decides right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Discordant {
    /// Rows that only the first side decides right.
    pub first: u64,
    /// Rows that only the second side decides right.
    pub second: u64,
}

impl Discordant {
    /// Counts from decisions of both sides and what was true.
    ///
    /// # Errors
    /// Lengths that differ.
    pub fn of<C: PartialEq>(
        first: &[C],
        second: &[C],
        actual: &[C],
    ) -> Result<Self, IntervalError> {
        for side in [first, second] {
            if side.len() != actual.len() {
                return Err(IntervalError::Unpaired { left: side.len(), right: actual.len() });
            }
        }
        let mut counts = Self { first: 0, second: 0 };
        for ((a, b), y) in first.iter().zip(second).zip(actual) {
            match (a == y, b == y) {
                (true, false) => counts.first += 1,
                (false, true) => counts.second += 1,
                _ => {}
            }
        }
        Ok(counts)
    }

    fn total(self) -> u64 {
        self.first + self.second
    }
}

/// Two-sided p of the exact binomial test; 1 without discordant rows. It never claims too much, and
/// often too little.
#[must_use]
pub fn mcnemar_exact(rows: Discordant) -> f64 {
    lower_tail(rows).map_or(1.0, |(tail, _)| (2.0 * tail).min(1.0))
}

/// Two-sided mid-p of the exact binomial test, which halves the weight of what was observed (Fagerland,
/// Lydersen and Laake 2013 recommend it); 1 without discordant rows.
#[must_use]
pub fn mcnemar_mid_p(rows: Discordant) -> f64 {
    lower_tail(rows).map_or(1.0, |(tail, at)| (2.0 * tail - at).min(1.0))
}

/// Two-sided p of the chi-square test with continuity correction (Edwards 1948), for 25 discordant rows
/// or more; 1 where both sides win as often.
#[must_use]
pub fn mcnemar_chi_square(rows: Discordant) -> f64 {
    let difference = rows.first.abs_diff(rows.second);
    let Ok(one) = ChiSquared::new(1.0) else { return f64::NAN };
    match difference.checked_sub(1) {
        None => 1.0,
        Some(corrected) => {
            let corrected = corrected as f64;
            one.sf(corrected * corrected / rows.total() as f64)
        }
    }
}

/// The chance of at most as many wins of the lesser side, and of exactly as many.
fn lower_tail(rows: Discordant) -> Option<(f64, f64)> {
    if rows.total() == 0 {
        return None;
    }
    let fair = Binomial::new(0.5, rows.total()).ok()?;
    let lesser = rows.first.min(rows.second);
    Some((fair.cdf(lesser), fair.pmf(lesser)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rows_on_which_the_sides_differ_in_being_right_count() {
        let rows = Discordant::of(&[1, 1, 2, 3], &[1, 2, 1, 4], &[1, 1, 1, 0]).unwrap();
        assert_eq!(rows, Discordant { first: 1, second: 1 });
        assert!(Discordant::of(&[1], &[1, 2], &[1, 2]).is_err());
    }

    #[test]
    fn sides_that_win_as_often_do_not_differ() {
        for n in [0, 1, 7, 300] {
            let rows = Discordant { first: n, second: n };
            assert!((mcnemar_exact(rows) - 1.0).abs() < 1e-12);
            assert_eq!(mcnemar_chi_square(rows), 1.0);
            assert!((mcnemar_mid_p(rows) - 1.0).abs() < 1e-12, "{n}");
        }
    }

    #[test]
    fn mid_p_lies_between_nothing_and_the_exact_p() {
        let rows = Discordant { first: 2, second: 11 };
        let (exact, mid) = (mcnemar_exact(rows), mcnemar_mid_p(rows));
        assert!(mid < exact && exact < 0.05, "{mid} {exact}");
    }
}
