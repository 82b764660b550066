//! Numbers of a plausible run, for tests: rare failures, eight contenders, four baselines.

use super::{Bin, Curve, Row};

const CONTENDERS: [(&str, f64); 8] = [
    ("gradientboosting_engineered", 0.93),
    ("randomforest_engineered", 0.90),
    ("extratrees_engineered", 0.88),
    ("gradientboosting_raw", 0.84),
    ("randomforest_raw", 0.79),
    ("extratrees_raw", 0.74),
    ("logistic_engineered", 0.66),
    ("logistic_raw", 0.42),
];
const BASELINES: [(&str, f64); 4] = [
    ("physics_rules_type_aware", 0.71),
    ("physics_rules_type_free", 0.58),
    ("tool_wear_only", 0.21),
    ("constant_prevalence", 0.034),
];

/// Eight contenders, then four baselines, each by falling value.
pub(super) fn rows() -> Vec<Row> {
    let row = |(name, value): (&str, f64), baseline| {
        let (low, high) = ((value - 0.07_f64).max(0.02), (value + 0.05).min(1.0));
        Row { name: name.to_owned(), value, low, high, baseline }
    };
    let contenders = CONTENDERS.into_iter().map(|it| row(it, false));
    contenders.chain(BASELINES.into_iter().map(|it| row(it, true))).collect()
}

/// Curves over 2,000 rows with 68 failures; the rules make one decision, the constant none.
pub(super) fn curves() -> Vec<Curve> {
    let curve = |name: &str, points, baseline| Curve { name: name.to_owned(), points, baseline };
    let mut curves: Vec<_> = CONTENDERS
        .iter()
        .enumerate()
        .map(|(i, (name, area))| curve(name, ranked(*area, i as u32 + 1), false))
        .collect();
    let everything = (1.0, 68.0 / 2000.0);
    curves.push(curve(BASELINES[0].0, vec![(0.88, 0.80), everything], true));
    curves.push(curve(
        BASELINES[1].0,
        vec![(0.41, 0.93), (0.72, 0.61), (0.85, 0.44), everything],
        true,
    ));
    curves.push(curve(BASELINES[2].0, ranked(0.21, 40), true));
    curves.push(curve(BASELINES[3].0, vec![everything], true));
    curves
}

/// Ten bins of equal mass, of which only the last has scores of any size.
pub(super) fn bins() -> Vec<Bin> {
    let scores = [0.0002, 0.0004, 0.0007, 0.0011, 0.0018, 0.003, 0.0052, 0.011, 0.029, 0.304];
    let observed = [0.0, 0.0, 0.0, 0.0, 0.005, 0.0, 0.005, 0.01, 0.035, 0.285];
    scores
        .into_iter()
        .zip(observed)
        .map(|(score, observed)| Bin { rows: 200.0, score, observed })
        .collect()
}

/// The curve of a noisy ranking whose quality grows with `area`.
fn ranked(area: f64, seed: u32) -> Vec<(f64, f64)> {
    let mut state = seed.wrapping_mul(2_654_435_761);
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / f64::from(1_u32 << 24)
    };
    let (mut caught, mut flagged) = (0.0_f64, 0.0_f64);
    let mut points = Vec::new();
    while caught < 68.0 && flagged < 2000.0 {
        let recall = caught / 68.0;
        let chance = area * (1.0 - recall.powf(1.0 + 12.0 * area * area)) + 0.03;
        flagged += 1.0;
        caught += f64::from(u8::from(noise() < chance));
        points.push((caught / 68.0, caught / flagged));
    }
    points.push((1.0, 68.0 / 2000.0));
    points
}
