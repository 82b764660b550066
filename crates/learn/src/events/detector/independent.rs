//! Features that others already say: two sensors that always read alike make a covariance that cannot be inverted, and
//! decompositions of it fail.

use gauntlet_features::Matrix;

/// Share of a feature's variance that the ones before it must leave open.
const OPEN: f64 = 1e-9;

/// The columns that are no linear combination of those before them, on some lines; each varies among them.
pub(super) fn independent(x: &Matrix, columns: &[usize], lines: &[usize]) -> Vec<usize> {
    let standard: Vec<Vec<f64>> =
        columns.iter().map(|&column| standardised(&x.columns[column], lines)).collect();
    let mut kept: Vec<usize> = Vec::new();
    // Rows of the Cholesky factor of the correlations of what is kept.
    let mut factor: Vec<Vec<f64>> = Vec::new();
    for at in 0..columns.len() {
        let mut row: Vec<f64> = Vec::with_capacity(kept.len() + 1);
        for (&other, before) in kept.iter().zip(&factor) {
            let along: f64 = standard[at].iter().zip(&standard[other]).map(|(a, b)| a * b).sum();
            let known: f64 = row.iter().zip(before).map(|(a, b)| a * b).sum();
            row.push((along - known) / before[row.len()]);
        }
        let open = 1.0 - row.iter().map(|v| v * v).sum::<f64>();
        if open > OPEN {
            row.push(open.sqrt());
            kept.push(at);
            factor.push(row);
        }
    }
    kept.into_iter().map(|at| columns[at]).collect()
}

/// Centred, of length 1; what is missing lies in the middle.
fn standardised(values: &[f32], lines: &[usize]) -> Vec<f64> {
    let there = || lines.iter().map(|&line| f64::from(values[line])).filter(|v| v.is_finite());
    let mean = there().sum::<f64>() / (there().count().max(1) as f64);
    let length = there().map(|v| (v - mean).powi(2)).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
    let standard = |&line: &usize| {
        let value = f64::from(values[line]);
        if value.is_finite() { (value - mean) / length } else { 0.0 }
    };
    lines.iter().map(standard).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_and_opposites_are_left_out_and_noise_is_not() {
        let a: Vec<f32> = (0..50).map(|i| (i * 7 % 11) as f32).collect();
        let b: Vec<f32> = (0..50).map(|i| (i * 5 % 13) as f32).collect();
        let opposite = a.iter().map(|v| 1.0 - v).collect();
        let sum = a.iter().zip(&b).map(|(a, b)| a + b).collect();
        let near = a.iter().zip(&b).map(|(a, b)| a + b / 100.0).collect();
        let columns = vec![a.clone(), opposite, b, sum, a, near];
        let names = (0..6).map(|i| i.to_string()).collect();
        let limits = vec![None; 6];
        let x = Matrix { names, columns, limits };
        let lines: Vec<usize> = (0..50).collect();
        // The last is the first and a hundredth of the third: a combination of both.
        assert_eq!(independent(&x, &[0, 1, 2, 3, 4, 5], &lines), [0, 2]);
        assert_eq!(independent(&x, &[0, 5], &lines), [0, 5]);
    }
}
