//! Run-to-failure lives whose remaining life can be known from their course, but for noise.

use gauntlet_core::Seed;
use rand::RngExt;

use crate::models::{ContenderSpec, gradientboosting, randomforest, smartcore_ridge};
use crate::rul::{Life, Protocol, RulContender, Setup};

pub(super) const FEATURES: [&str; 3] = ["rms", "kurtosis", "env_bpfo"];
const CONDITIONS: [&str; 3] = ["slow", "middle", "fast"];

/// Lives with a snapshot per minute: healthy for a while, then growing exponentially at a rate of their
/// own until the amplitude is tenfold. The onset is noticed late, or, of every 20th, never.
pub(super) fn lives(n: usize, seed: u64) -> Vec<Life> {
    (0..n).map(|i| life(i, Seed(seed).derive("life", i as u64))).collect()
}

fn life(number: usize, seed: Seed) -> Life {
    let mut rng = seed.rng();
    let mut normal = move || (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0;
    let healthy = (120.0 * (0.6 * normal()).exp()).clamp(25.0, 500.0).round();
    let failing = (150.0 * (0.7 * normal()).exp()).clamp(20.0, 600.0).round();
    let end = healthy + failing;
    let failure = 10_f64.ln() * (1.0 + 0.06 * normal());
    let usual = [0.5, 3.0, 0.02].map(|level: f64| level * (0.2 * normal()).exp());
    let gain = [1.0, 0.4 + 0.1 * normal(), 1.5];
    let mut features = vec![Vec::new(); FEATURES.len()];
    let mut drift = 0.0;
    for minute in 0..=end as usize {
        drift = 0.9 * drift + 0.03 * normal();
        let course = failure * ((minute as f64 - healthy) / failing).max(0.0) + drift;
        for (feature, column) in features.iter_mut().enumerate() {
            let noise = [0.02, 0.08, 0.1][feature] * normal();
            column.push(usual[feature] * (gain[feature] * course + noise).exp());
        }
    }
    let late = healthy + (0.12 * failing).max(3.0).round();
    Life {
        bearing: format!("bearing_{number:02}"),
        condition: CONDITIONS[number % 3].to_owned(),
        minutes: (0..=end as usize).map(|m| m as f64).collect(),
        end_minutes: end,
        features,
        onset: if number % 20 == 19 { None } else { Some(late as usize) },
        common_start: Some(healthy as usize),
    }
}

pub(super) fn setup() -> Setup {
    let names = |names: [&str; 3]| names.map(String::from).to_vec();
    Setup {
        indicator: vec!["rms".to_owned()],
        conditions: names(CONDITIONS),
        ..Setup::new(names(FEATURES))
    }
}

/// A protocol of few rows and resamples.
pub(super) fn protocol() -> Protocol {
    Protocol {
        rows_per_bearing: 30,
        inner_folds: 5,
        replicates: 300,
        ..Protocol::new(setup(), Seed(7))
    }
}

/// The standard contenders with fewer trees.
pub(super) fn contenders() -> Vec<(String, RulContender)> {
    let boosting = gradientboosting::Spec {
        trees: 60,
        learning_rate: 0.1,
        max_depth: 3,
        min_leaf: 20,
        ..gradientboosting::Spec::default()
    };
    let forest = randomforest::Spec { trees: 30, min_leaf: 10, ..randomforest::Spec::default() };
    let learned =
        |id: &str, spec: ContenderSpec| (id.to_owned(), RulContender::learned(&spec).unwrap());
    vec![
        learned("ridge", smartcore_ridge::Spec { alpha: 10.0 }.into()),
        learned("gradientboosting", boosting.into()),
        learned("randomforest", forest.into()),
        ("exponential".to_owned(), RulContender::Exponential),
    ]
}
