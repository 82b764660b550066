//! Published rules as margins: nothing is fitted.

use gauntlet_features::Matrix;

/// 1 for each row in which any margin is below zero, else 0. The margins were taken in double precision
/// and keep their sign in `f32`.
#[must_use]
pub fn rule_scores(margins: &Matrix) -> Vec<f32> {
    (0..margins.rows())
        .map(|row| if margins.columns.iter().any(|m| m[row] < 0.0) { 1.0 } else { 0.0 })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_broken_margin_is_enough_and_zero_is_not_below_zero() {
        let margins = Matrix {
            names: vec!["a".into(), "b".into()],
            columns: vec![vec![1.0, -1e-14, 0.0], vec![1.0, 1.0, 0.0]],
            limits: vec![Some(0.0); 2],
        };
        assert_eq!(rule_scores(&margins), [0.0, 1.0, 0.0]);
    }
}
