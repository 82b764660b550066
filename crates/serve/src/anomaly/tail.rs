//! Where a score stands in the tail of training's, and where a threshold would stand there.
//!
//! Between the quantiles that a reference keeps, shares are read off straight lines: near enough to move a
//! threshold by, and said as such in the documentation.

use crate::eyes::drift::sketch::Sketch;
use crate::problem::Problem;

/// The share of training values that are at least `value`: 0 to 1.
pub(super) fn share_from(sketch: &Sketch, value: f32) -> f64 {
    let knots = sketch.knots();
    let at = knots.partition_point(|knot| knot.value < value);
    let below = match (at.checked_sub(1).map(|i| knots[i]), knots.get(at)) {
        (_, Some(knot)) if knot.value == value => knot.below,
        (Some(a), Some(b)) => {
            let part = f64::from(value - a.value) / f64::from(b.value - a.value);
            a.upto + (b.below - a.upto) * part
        }
        (None, _) => sketch.missing(),
        (Some(_), None) => 1.0,
    };
    1.0 - below
}

/// The value below which a share `level` (0 to 1) of the training values is that are not missing. NaN where
/// training saw none.
pub(super) fn quantile(sketch: &Sketch, level: f64) -> f64 {
    let knots = sketch.knots();
    let level = sketch.missing() + (1.0 - sketch.missing()) * level;
    let at = knots.partition_point(|knot| knot.upto < level);
    match (at.checked_sub(1).map(|i| knots[i]), knots.get(at)) {
        (Some(a), Some(b)) if level < b.below => {
            let part = (level - a.upto) / (b.below - a.upto);
            let (low, high) = (f64::from(a.value), f64::from(b.value));
            if sketch.lists_values() { high } else { low + (high - low) * part }
        }
        (_, Some(knot)) => f64::from(knot.value),
        (Some(last), None) => f64::from(last.value),
        (None, None) => f64::NAN,
    }
}

/// The threshold at a sensitivity: where a share `p0^(2(1-s))` of the training scores would be found, `p0` being that
/// of the stored threshold. So 0.5 is the stored one, 1 takes all, and the way there is even in orders of magnitude.
///
/// # Errors
/// Another sensitivity than 0.5 where the bundle holds no training scores to move along.
pub(crate) fn moved_threshold(
    stored: f32,
    sensitivity: f64,
    scores: Option<&Sketch>,
) -> Result<f32, Problem> {
    if sensitivity == 0.5 {
        return Ok(stored);
    }
    let Some(scores) = scores else {
        let detail = "`sensitivity` can only be 0.5 for this model: its bundle holds no training scores \
                      along which the threshold could be moved";
        return Err(Problem::unprocessable(detail));
    };
    // A threshold above all training scores stands for less than one of them.
    let share = share_from(scores, stored).max(least_share(scores));
    let wanted = share.powf(2.0 * (1.0 - sensitivity));
    let mut moved = Sketch::number(quantile(scores, 1.0 - wanted));
    // Many equal scores cannot be divided: rather none of them than all.
    if share_from(scores, moved) > wanted * (1.0 + 1e-6) {
        moved = moved.next_up();
    }
    Ok(if sensitivity > 0.5 { moved.min(stored) } else { moved.max(stored) })
}

/// Half a row of training: the share that stands for none.
#[expect(clippy::cast_precision_loss, reason = "rows are fewer than 2^53")]
pub(super) fn least_share(sketch: &Sketch) -> f64 {
    0.5 / sketch.rows() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores() -> Sketch {
        let quantiles: Vec<f64> = (0..=40).map(|i| f64::from(i) / 4.0).collect();
        Sketch::of_quantiles(&quantiles, 1_000, 0).unwrap()
    }

    #[test]
    fn shares_and_quantiles_are_inverse() {
        let sketch = scores();
        assert_eq!(share_from(&sketch, 0.0), 1.0);
        assert!((share_from(&sketch, 9.0) - 0.1).abs() < 1e-9);
        assert_eq!(share_from(&sketch, 10.5), 0.0);
        assert!((quantile(&sketch, 0.9) - 9.0).abs() < 1e-6);
        assert_eq!((quantile(&sketch, 0.0), quantile(&sketch, 1.0)), (0.0, 10.0));
        let half = Sketch::of_counts([(1.0, 2), (5.0, 2)], 4).unwrap();
        assert_eq!((quantile(&half, 0.25), quantile(&half, 0.75)), (1.0, 5.0));
    }

    #[test]
    fn sensitivity_moves_the_threshold_along_the_training_scores() {
        let sketch = scores();
        let at = |s| moved_threshold(9.0, s, Some(&sketch)).unwrap();
        assert_eq!(at(0.5), 9.0);
        // p0 is 0.1: at 0.75 its root, at 0 its square, at 1 everything.
        assert!((f64::from(at(0.75)) - 10.0 * (1.0 - 0.1_f64.sqrt())).abs() < 1e-4);
        assert!((at(0.0) - 9.9).abs() < 1e-4);
        assert_eq!(at(1.0), 0.0);
        let steps: Vec<f32> = (0..=20).map(|i| at(f64::from(i) / 20.0)).collect();
        assert!(steps.windows(2).all(|pair| pair[0] >= pair[1]), "{steps:?}");
    }

    #[test]
    fn a_threshold_above_all_training_scores_can_be_lowered_and_is_never_raised_below_itself() {
        let sketch = scores();
        assert_eq!(moved_threshold(20.0, 0.1, Some(&sketch)).unwrap(), 20.0);
        let lower = moved_threshold(20.0, 0.8, Some(&sketch)).unwrap();
        assert!(lower < 10.0 && lower > 9.0, "{lower}");
    }

    #[test]
    fn equal_scores_are_not_divided() {
        let sketch = Sketch::of_counts([(0.0, 900), (1.0, 100)], 0).unwrap();
        let moved = moved_threshold(1.0, 0.4, Some(&sketch)).unwrap();
        assert!(moved > 1.0, "a tenth is more than asked for: {moved}");
        let lower = moved_threshold(1.0, 0.9, Some(&sketch)).unwrap();
        assert!(lower > 0.0 && lower < 1.0, "nine tenths are, too: {lower}");
    }

    #[test]
    fn without_training_scores_only_the_stored_threshold_is_there() {
        assert_eq!(moved_threshold(3.0, 0.5, None), Ok(3.0));
        let problem = moved_threshold(3.0, 0.6, None).unwrap_err();
        assert!(problem.detail().contains("no training scores"), "{}", problem.detail());
    }
}
