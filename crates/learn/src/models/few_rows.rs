//! Sixty rows of three hundred correlated features, some nearly constant: what clips of one machine look like.

use gauntlet_core::{Seed, Train};
use rand::RngExt;

use super::ContenderSpec;
use super::laws::assert_close;
use crate::testing::train_for;
use crate::{Samples, Target};

const DETECTORS: &[&str] = &[
    "kind = 'autoencoder'\nepochs = 20",
    "kind = 'nearest'",
    "kind = 'isolationforest'\ntrees = 20",
    "kind = 'mahalanobis'\nscaling = 'standard'\nshrinkage = 'ledoit_wolf'",
    "kind = 'mahalanobis'\nscaling = 'standard'\nprojection = { variance = 0.9 }",
    "kind = 'linfa_gmm'\ncomponents = 2\nregularisation = 0.01\nscaling = 'standard'\n\
     projection = { components = 40 }",
    "kind = 'linfa_gmm'\ncomponents = 2\nscaling = 'standard'\nwhitening = 'pca'\n\
     projection = { components = 10 }",
    "kind = 'linfa_kmeans'\nclusters = 3",
    "kind = 'committee'\nmembers = [{ kind = 'nearest' }, \
     { kind = 'mahalanobis', scaling = 'standard', shrinkage = 'ledoit_wolf' }]",
];

fn clips(n: usize, seed: u64) -> Train<Samples> {
    let mut rng = Seed(seed).rng();
    let mut draw = || rng.random::<f32>() * 2.0 - 1.0;
    let sources: Vec<[f32; 5]> = (0..n).map(|_| std::array::from_fn(|_| draw())).collect();
    let mut column = |feature: usize| -> Vec<f32> {
        let value = |source: &[f32; 5]| match feature % 10 {
            8 => 1.0 + 1e-6 * draw(),
            9 => 2.5,
            _ => {
                let weight = |k: usize| ((feature * (k + 1)) as f32 * 0.3).sin();
                (0..5).map(|k| weight(k) * source[k]).sum::<f32>() + 0.05 * draw()
            }
        };
        sources.iter().map(value).collect()
    };
    let columns: Vec<Vec<f32>> = (0..300).map(&mut column).collect();
    train_for(columns, Target::None(n))
}

#[test]
fn detectors_learn_from_fewer_rows_than_features_and_can_be_exported() {
    let (train, fresh) = (clips(60, 1), clips(40, 2));
    let mut odd = fresh.x.clone();
    for (feature, column) in odd.columns.iter_mut().enumerate().filter(|(f, _)| f % 10 < 8) {
        column.iter_mut().for_each(|v| *v += if feature % 2 == 0 { 1.5 } else { -1.5 });
    }
    for text in DETECTORS {
        let spec: ContenderSpec = toml::from_str(text).unwrap();
        let fitted = spec.check().unwrap().fit(&train, Seed(1)).unwrap();
        assert_close(&fitted, &fresh.x, text);
        let mean = |x| {
            let scores = fitted.outputs(x).unwrap();
            scores.column(0).sum::<f64>() / scores.rows() as f64
        };
        let (usual, strange) = (mean(&fresh.x), mean(&odd));
        assert!(usual.is_finite() && strange > usual, "{text}: {usual} {strange}");
    }
}
