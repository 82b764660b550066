//! Choosing the references, and the distance from them.

use std::collections::BTreeMap;

use gauntlet_core::{Seed, Subset, Train};
use gauntlet_features::Matrix;
use linfa::traits::Fit;
use linfa_clustering::{KMeans, KMeansInit};
use rand_xoshiro::Xoshiro256Plus;
use rand_xoshiro::rand_core::SeedableRng;

use super::Spec;
use crate::models::convert::unlabelled;
use crate::models::{Checked, Kind};
use crate::{LearnError, Samples};

/// Iterations of k-means: the centres need not have settled to stand for their neighbourhoods.
const ITERATIONS: u64 = 10;

/// Distances below this share of the longest reference count as that: of the difference of squares that
/// the graph computes nothing but rounding is left there.
const RESOLUTION: f64 = 1e-6;

/// Partial sums of a squared distance, which a processor adds side by side.
const LANES: usize = 8;

/// The references.
#[derive(Debug, Clone, PartialEq)]
pub struct Nearest {
    pub(super) k: usize,
    /// Mean of the references, which makes the squares that are subtracted small.
    pub(super) centre: Vec<f64>,
    /// References less their mean.
    pub(super) references: Vec<Vec<f64>>,
    /// The least distance.
    pub(super) floor: f64,
}

pub(super) fn fit(
    params: &Checked<Spec>,
    train: &Train<Samples>,
    seed: Seed,
) -> Result<Nearest, LearnError> {
    let mut references = references(params.references, &train.x, seed)?;
    let (k, n) = (params.k, references.len());
    if n < k {
        let reason = format!("{n} references have no neighbour number {k}");
        return Err(LearnError::Fit { kind: Spec::NAME, reason });
    }
    let mut centre = vec![0.0; train.x.width()];
    for row in &references {
        centre.iter_mut().zip(row).for_each(|(sum, v)| *sum += v / n as f64);
    }
    for row in &mut references {
        row.iter_mut().zip(&centre).for_each(|(v, centre)| *v -= centre);
    }
    let longest = references.iter().map(|row| squared_norm(row)).fold(0.0, f64::max).sqrt();
    Ok(Nearest { k, centre, references, floor: RESOLUTION * longest })
}

/// The training rows; if they are more than `most`, those that differ; if they are more, too, centres.
fn references(most: usize, x: &Matrix, seed: Seed) -> Result<Vec<Vec<f64>>, LearnError> {
    let rows = |x: &Matrix| x.map_rows(|row| row.iter().map(|v| f64::from(*v)).collect());
    if x.rows() <= most {
        return Ok(rows(x));
    }
    let mut distinct: BTreeMap<Vec<u32>, usize> = BTreeMap::new();
    for row in 0..x.rows() {
        // Adding 0 makes one zero of both.
        let bits = x.columns.iter().map(|column| (column[row] + 0.0).to_bits()).collect();
        distinct.entry(bits).or_insert(row);
    }
    if distinct.len() <= most {
        let mut first: Vec<usize> = distinct.into_values().collect();
        first.sort_unstable();
        return Ok(rows(&x.subset(&first)));
    }
    let rng = Xoshiro256Plus::seed_from_u64(seed.0);
    let fitted = KMeans::params_with_rng(most, rng)
        // Its other start compares every row with all centres for each new one.
        .init_method(KMeansInit::Random)
        .n_runs(1)
        .max_n_iterations(ITERATIONS)
        .tolerance(f64::INFINITY)
        .fit(&unlabelled(Spec::NAME, x)?)
        .map_err(|e| LearnError::Fit { kind: Spec::NAME, reason: e.to_string() })?;
    Ok(fitted.centroids().outer_iter().map(|centre| centre.to_vec()).collect())
}

impl Nearest {
    /// The distance of each row from its k-th nearest reference.
    #[must_use]
    pub fn scores(&self, x: &Matrix) -> Vec<f64> {
        x.map_rows(|row| {
            let centred: Vec<f64> =
                row.iter().zip(&self.centre).map(|(v, centre)| f64::from(*v) - centre).collect();
            let mut squares: Vec<f64> =
                self.references.iter().map(|r| squared_distance(&centred, r)).collect();
            let (_, square, _) = squares.select_nth_unstable_by(self.k - 1, f64::total_cmp);
            square.sqrt().max(self.floor)
        })
    }
}

pub(super) fn squared_norm(row: &[f64]) -> f64 {
    row.iter().map(|v| v * v).sum()
}

fn squared_distance(a: &[f64], b: &[f64]) -> f64 {
    let (a, b) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest = a.remainder().iter().zip(b.remainder());
    let rest: f64 = rest.map(|(a, b)| (a - b) * (a - b)).sum();
    let mut sums = [0.0; LANES];
    for (a, b) in a.zip(b) {
        for lane in 0..LANES {
            sums[lane] += (a[lane] - b[lane]) * (a[lane] - b[lane]);
        }
    }
    sums.iter().sum::<f64>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Target;
    use crate::testing::{noisy, rows, train_for};

    fn model(spec: Spec, columns: Vec<Vec<f32>>) -> Nearest {
        let target = Target::None(columns[0].len());
        fit(&Checked::new(spec), &train_for(columns, target), Seed(1)).unwrap()
    }

    #[test]
    fn distances_of_three_points_by_hand() {
        let columns = vec![vec![0.0, 3.0, 0.0], vec![0.0, 0.0, 8.0]];
        let x = rows(vec![vec![0.0, 3.0], vec![4.0, 4.0]]);
        for (k, expected) in [(1, [4.0, 4.0]), (2, [4.0, 5.0]), (3, [5.0, 5.0])] {
            let scores = model(Spec { k, ..Spec::default() }, columns.clone()).scores(&x);
            assert!(scores.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{scores:?}");
        }
    }

    #[test]
    fn many_rows_become_as_many_references_as_wanted_and_equal_ones_one() {
        let spec = Spec { references: 30, ..Spec::default() };
        let columns = noisy(300, 4).0;
        let x = rows(columns.clone());
        let model_of = |columns| model(spec.clone(), columns);
        let reduced = model_of(columns);
        assert_eq!(reduced.references.len(), 30);
        let mean = reduced.scores(&x).iter().sum::<f64>() / 300.0;
        assert!(mean < 0.5, "{mean}");
        let few: Vec<f32> = (0..300).map(|i| (i % 7) as f32).collect();
        assert_eq!(model_of(vec![few]).references.len(), 7);
    }

    #[test]
    fn fewer_rows_than_neighbours_are_refused() {
        let params = Checked::new(Spec { k: 5, ..Spec::default() });
        let error = fit(&params, &train_for(vec![vec![1.0; 4]], Target::None(4)), Seed(1));
        let error = error.unwrap_err().to_string();
        assert!(error.contains("4 references"), "{error}");
    }
}
