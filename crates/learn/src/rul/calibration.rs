//! Bounds whose coverage is that of bearings to come, not of more rows of known ones.
//!
//! Rows of one bearing are one observation. So residuals are those of training bearings that were left
//! out of the fit (the cross-conformal scheme of Vovk 2015 and Barber et al. 2021, with bearings in the
//! place of rows), and each bearing counts the same: the distribution of its residuals is one vote, and
//! the bearing to come has one too, which nothing is known of (hierarchical conformal prediction, Lee,
//! Barber and Willett 2023; "pooling CDFs" of Dunn, Wasserman and Ramdas 2022). Residuals are taken on the
//! logarithmic scale, which normalises them: a margin is a factor of the remaining life.
//!
//! The margin is then put around the model of all training bearings, for which theory promises less than
//! for the models that made the residuals; so coverage is measured on held-out bearings.

use gauntlet_core::{Seed, Train};

use super::Protocol;
use super::contender::RulContender;
use super::pool::{Pool, rows_by_group, scale_of};
use crate::models::training_folds;
use crate::{LearnError, Samples};

/// What training bearings that were left out say of a contender.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Calibration {
    /// How far bounds lie from a score; nothing if the bearings are too few for the level.
    pub(super) margin: Option<f64>,
    /// Mean over bearings of the root mean squared error divided by the bearing's life.
    pub(super) nrmse: f64,
}

/// Leaves out training bearings in turn.
pub(super) fn calibrate(
    contender: &RulContender,
    train: &Train<Samples>,
    pool: &Pool<'_>,
    protocol: &Protocol,
    seed: Seed,
) -> Result<Calibration, LearnError> {
    let mut residuals: Vec<Vec<f64>> = Vec::new();
    let mut errors = 0.0;
    let folds = training_folds(train, protocol.inner_folds, seed.derive("folds", 0))?;
    for (number, fold) in folds.iter().enumerate() {
        let (fit, valid) = train.part(&fold.fit, &fold.valid);
        let scale = scale_of(&fit, protocol.offset_minutes)?;
        let learned = contender.fit(&fit, pool, seed.derive("fold", number as u64))?;
        let scores = learned.scores(&valid, pool, scale.offset)?;
        let actual = valid.target.values()?;
        let remaining: Vec<f64> =
            pool.origins(&valid).map(|(c, at)| c.life.remaining(at)).collect();
        for (case, rows) in rows_by_group(&valid) {
            let off = |&row: &usize| (actual[row] - scores[row].min(scale.ceiling)).abs();
            residuals.push(rows.iter().map(off).collect());
            let squared = |&row: &usize| (scale.value(scores[row]) - remaining[row]).powi(2);
            let mean = rows.iter().map(squared).sum::<f64>() / rows.len() as f64;
            errors += mean.sqrt() / pool.cases[case as usize].life.end_minutes;
        }
    }
    let nrmse = errors / residuals.len() as f64;
    Ok(Calibration { margin: across_bearings(&residuals, protocol.level), nrmse })
}

/// The smallest residual that covers a share `level` of the rows of a bearing to come; nothing if the
/// bearings, of which each has some residuals, are too few for that level.
fn across_bearings(residuals: &[Vec<f64>], level: f64) -> Option<f64> {
    let votes = (residuals.len() + 1) as f64;
    let mut weighted: Vec<(f64, f64)> = residuals
        .iter()
        .flat_map(|rows| rows.iter().map(|r| (*r, 1.0 / (votes * rows.len() as f64))))
        .collect();
    weighted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut covered = 0.0;
    // Votes are fractions that sum to whole ones in exact arithmetic only.
    let enough = |covered: f64| covered >= level - 1e-9;
    let covers = weighted.iter().find(|(_, weight)| {
        covered += weight;
        enough(covered)
    });
    covers.map(|(residual, _)| *residual)
}

/// Bearings needed for a margin at this level: the one to come has a vote as well.
pub(super) fn bearings_needed(level: f64) -> usize {
    (level / (1.0 - level) - 1e-9).ceil() as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt;

    #[test]
    fn a_bearing_with_many_rows_has_no_more_say_than_one_with_few() {
        let long = vec![5.0; 1000];
        let short = |residual: f64| vec![residual; 2];
        let residuals = [long, short(1.0), short(2.0), short(3.0)];
        assert_eq!(across_bearings(&residuals, 0.6), Some(3.0));
        assert_eq!(across_bearings(&residuals, 0.8), Some(5.0));
        assert_eq!(across_bearings(&residuals, 0.81), None);
    }

    #[test]
    fn the_number_of_bearings_for_a_level_is_where_margins_start() {
        for level in [0.5, 0.8, 0.9, 0.95] {
            let needed = bearings_needed(level);
            let margin = |bearings| across_bearings(&vec![vec![1.0]; bearings], level);
            assert_eq!((margin(needed - 1), margin(needed)), (None, Some(1.0)), "{level}");
        }
    }

    #[test]
    fn a_row_of_a_bearing_to_come_is_covered_as_often_as_the_level_says() {
        let mut rng = Seed(4).rng();
        let mut bearing = |rows: usize| -> Vec<f64> {
            let scale = 0.2 + 2.0 * rng.random::<f64>();
            (0..rows).map(|_| scale * rng.random::<f64>()).collect()
        };
        let (mut covered, repeats) = (0.0, 4000);
        for _ in 0..repeats {
            let known: Vec<Vec<f64>> = (0..14).map(|i| bearing(2 + 3 * i)).collect();
            let margin = across_bearings(&known, 0.8).unwrap();
            covered += f64::from(u8::from(bearing(1)[0] <= margin));
        }
        let share = covered / f64::from(repeats);
        assert!((0.785..0.9).contains(&share), "{share}");
    }
}
