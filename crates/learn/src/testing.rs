//! Small tables for this crate's tests.

use gauntlet_core::{Split, Subset, Train};
use gauntlet_features::Matrix;

use crate::{Samples, Target};

/// A matrix with features `x0`, `x1`, ...
pub(crate) fn rows(columns: Vec<Vec<f32>>) -> Matrix {
    let width = columns.len();
    Matrix {
        names: (0..width).map(|i| format!("x{i}")).collect(),
        columns,
        limits: vec![None; width],
    }
}

/// All of the rows as training rows, each its own group.
pub(crate) fn train(columns: Vec<Vec<f32>>, y: Vec<bool>) -> Train<Samples> {
    train_for(columns, Target::Binary(y))
}

/// All of the rows as training rows of any task, each its own group.
pub(crate) fn train_for(columns: Vec<Vec<f32>>, target: Target) -> Train<Samples> {
    let n = target.rows();
    let samples = Samples::independent(rows(columns), target);
    // The sealed side needs a row: the first once more, which nothing here looks at.
    let with_sealed: Vec<usize> = (0..n).chain([0]).collect();
    let split = Split { train: (0..n as u32).collect(), test: vec![n as u32] };
    split.seal(&samples.subset(&with_sealed), n + 1).unwrap().0
}

/// A noisy two-class problem with two useful features, a useless one and a constant one.
pub(crate) fn noisy(n: usize, seed: u64) -> (Vec<Vec<f32>>, Vec<bool>) {
    use rand::RngExt;
    let mut rng = gauntlet_core::Seed(seed).rng();
    let mut columns = vec![Vec::new(), Vec::new(), Vec::new(), vec![1.5; n]];
    let mut y = Vec::new();
    for _ in 0..n {
        let [a, b, c]: [f32; 3] = std::array::from_fn(|_| rng.random::<f32>() * 2.0 - 1.0);
        let noise = rng.random::<f32>() * 0.2;
        y.push(a * a + b * b + noise < 0.5);
        // Rounding makes ties, as printed decimals do.
        columns[0].push((a * 50.0).round() / 50.0);
        columns[1].push(b);
        columns[2].push((c * 4.0).round());
    }
    (columns, y)
}
