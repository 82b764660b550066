//! Margins of intervals around numbers.

use super::{LogScale, covering};

/// The margin around a value that covers a share `level` of rows to come; nothing if the held-out rows
/// are too few for that level.
#[must_use]
pub fn split_margin(predicted: &[f64], actual: &[f64], level: f64) -> Option<f64> {
    covering(predicted.iter().zip(actual).map(|(p, a)| (a - p).abs()).collect(), level)
}

/// How far two quantiles have to move apart (together, if negative) to cover a share `level` of rows to
/// come; nothing if the held-out rows are too few for that level.
#[must_use]
pub fn quantile_margin(low: &[f64], high: &[f64], actual: &[f64], level: f64) -> Option<f64> {
    let bounds = low.iter().zip(high).zip(actual);
    covering(bounds.map(|((low, high), a)| (low - a).max(a - high)).collect(), level)
}

/// A fitted margin and what it is added to.
#[derive(Debug)]
pub enum Bounds {
    /// Added to and taken from the value.
    Around(f64),
    /// Taken from the lower and added to the upper quantile model.
    Quantiles {
        /// The lower quantile.
        lower: Box<crate::models::Fitted>,
        /// The upper quantile.
        upper: Box<crate::models::Fitted>,
        /// How far both are moved apart.
        margin: f64,
    },
    /// The value was learned as a logarithm: the margin is a factor.
    Log(LogScale),
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_core::Seed;
    use rand::RngExt;

    /// A value that spreads with `x`: its conditional quantiles are known.
    fn draw(rng: &mut impl RngExt) -> (f64, f64) {
        let x = rng.random::<f64>();
        (x, (rng.random::<f64>() - 0.5) * (0.2 + 2.0 * x))
    }

    /// Share of rows to come inside the interval, mean over many held-out sets, for both methods.
    fn coverage(held_out: usize, level: f64) -> (f64, f64) {
        let mut rng = Seed(3).rng();
        let (mut split, mut cqr, repeats, fresh) = (0.0, 0.0, 400, 200);
        for _ in 0..repeats {
            let rows: Vec<(f64, f64)> = (0..held_out).map(|_| draw(&mut rng)).collect();
            let actual: Vec<f64> = rows.iter().map(|r| r.1).collect();
            let margin = split_margin(&vec![0.0; held_out], &actual, level).unwrap();
            // Quantile models that are far too narrow.
            let low: Vec<f64> = rows.iter().map(|r| -0.2 * (0.2 + 2.0 * r.0)).collect();
            let high: Vec<f64> = low.iter().map(|l| -l).collect();
            let moved = quantile_margin(&low, &high, &actual, level).unwrap();
            for _ in 0..fresh {
                let (x, y) = draw(&mut rng);
                split += f64::from(u8::from(y.abs() <= margin));
                let half = 0.2 * (0.2 + 2.0 * x) + moved;
                cqr += f64::from(u8::from(y.abs() <= half));
            }
        }
        let total = f64::from(repeats) * f64::from(fresh);
        (split / total, cqr / total)
    }

    #[test]
    fn coverage_on_fresh_rows_is_the_level_whatever_the_model() {
        for (held_out, level) in [(19, 0.9), (100, 0.9), (200, 0.5)] {
            let (split, cqr) = coverage(held_out, level);
            // Exchangeability gives level <= coverage < level + 1 / (n + 1).
            let most = level + 1.0 / (held_out as f64 + 1.0);
            for covered in [split, cqr] {
                assert!((level - 0.012..most + 0.012).contains(&covered), "{held_out} {covered}");
            }
        }
    }

    #[test]
    fn too_few_rows_for_a_level_have_no_margin() {
        assert_eq!(split_margin(&[0.0; 8], &[1.0; 8], 0.9), None);
        assert_eq!(split_margin(&[0.0; 9], &[1.0; 9], 0.9), Some(1.0));
        assert_eq!(quantile_margin(&[], &[], &[], 0.5), None);
    }

    #[test]
    fn quantiles_that_are_too_wide_move_together() {
        let actual: Vec<f64> = (0..99).map(|i| f64::from(i) / 99.0).collect();
        let margin = quantile_margin(&[-5.0; 99], &[5.0; 99], &actual, 0.9).unwrap();
        assert!(margin < -3.9, "{margin}");
    }
}
