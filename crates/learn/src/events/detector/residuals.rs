//! Redundant sensors: what a sensor should read by its neighbours, bounded by boosted quantiles.
//!
//! Load and weather move many sensors at once, a fault moves few. For each chosen sensor two boosted ensembles learn
//! a low and a high quantile of its level from the levels of those that go along with it most; how far a reading
//! lies outside, in widths between the two, is its residual, and the largest one is the score.

use gauntlet_bundle::graph::{self, Graph, Vector};
use gauntlet_core::{Seed, Train};
use gauntlet_features::Matrix;
use serde::{Deserialize, Serialize};

use super::learned::{numbers, single};
use crate::LearnError;
use crate::events::timeline::Timeline;
use crate::models::gradientboosting::{self, LossSpec};
use crate::models::{Contender, ContenderSpec, Fitted, in_range};

/// Hyperparameters as the pipeline file writes them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Spec {
    /// Most sensors that are watched.
    pub sensors: usize,
    /// Neighbours that each is predicted from.
    pub neighbours: usize,
    /// Rounds of each ensemble.
    pub trees: usize,
    /// Share of usual readings outside the bounds, on either side.
    pub tail: f64,
}

impl Default for Spec {
    fn default() -> Self {
        Self { sensors: 12, neighbours: 6, trees: 40, tail: 0.02 }
    }
}

/// Hyperparameters in range.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Checked {
    spec: Spec,
    low: Contender,
    high: Contender,
}

/// A watched sensor.
#[derive(Debug)]
struct Watched {
    target: usize,
    neighbours: Vec<usize>,
    /// Its middling level, and one over its spread: bounds are learned of small numbers, whose sums are exact.
    centre: f32,
    inverse: f32,
    low: Fitted,
    high: Fitted,
    /// One over the middling width between the bounds.
    scale: f32,
}

/// The watched sensors.
#[derive(Debug)]
pub(super) struct Residuals(Vec<Watched>);

impl Spec {
    pub(super) fn check(&self) -> Result<Checked, LearnError> {
        let kind = "residuals";
        let whole = |name, value: usize, most: usize, expected| {
            in_range(kind, name, value as f64, (1..=most).contains(&value), expected)
        };
        whole("sensors", self.sensors, 12, "between 1 and 12")?;
        whole("neighbours", self.neighbours, 64, "between 1 and 64")?;
        whole("trees", self.trees, 10_000, "between 1 and 10,000")?;
        let tail = self.tail > 0.0 && self.tail < 0.5;
        in_range(kind, "tail", self.tail, tail, "above 0 and below 0.5")?;
        let bound = |quantile: f64| {
            let spec = gradientboosting::Spec {
                trees: self.trees,
                learning_rate: 0.15,
                max_depth: 4,
                min_leaf: 20,
                loss: Some(LossSpec::Quantile(quantile)),
                ..gradientboosting::Spec::default()
            };
            ContenderSpec::from(spec).check()
        };
        Ok(Checked { spec: self.clone(), low: bound(self.tail)?, high: bound(1.0 - self.tail)? })
    }
}

pub(super) fn fit(
    checked: &Checked,
    train: &Train<Timeline>,
    columns: &[usize],
    lines: &[usize],
    seed: Seed,
) -> Result<Residuals, LearnError> {
    if columns.len() < 2 {
        let reason = "one sensor has no neighbour that could say what it should read".to_owned();
        return Err(LearnError::Fit { kind: "residuals", reason });
    }
    let mut watched = Vec::new();
    for (target, neighbours) in redundant(&train.x, columns, lines, &checked.spec) {
        let there = |line: &usize| !train.x.columns[columns[target]][*line].is_nan();
        let lines: Vec<usize> = lines.iter().copied().filter(there).collect();
        let level = |&line: &usize| train.x.columns[columns[target]][line];
        let (centre, inverse) = standard(lines.iter().map(level).collect());
        let standard = |line: &usize| f64::from((level(line) - centre) * inverse);
        let levels: Vec<f64> = lines.iter().map(standard).collect();
        let of: Vec<usize> = neighbours.iter().map(|&n| columns[n]).collect();
        let seed = seed.derive("watched", target as u64);
        let low = numbers(&checked.low, train, &of, &lines, levels.clone(), seed.derive("low", 0))?;
        let high = numbers(&checked.high, train, &of, &lines, levels, seed.derive("high", 0))?;
        let mut sensor = Watched { target, neighbours, centre, inverse, low, high, scale: 1.0 };
        let rows = Matrix {
            names: columns.iter().map(|&c| train.x.names[c].clone()).collect(),
            columns: columns
                .iter()
                .map(|&c| lines.iter().map(|&l| train.x.columns[c][l]).collect())
                .collect(),
            limits: vec![None; columns.len()],
        };
        let (low, high) = sensor.bounds(&rows)?;
        let mut widths: Vec<f64> =
            low.iter().zip(&high).map(|(l, h)| f64::from((h - l).abs())).collect();
        widths.sort_by(f64::total_cmp);
        let width = gauntlet_core::quantile(&widths, 0.5);
        if width > 0.0 && width.is_finite() {
            sensor.scale = (1.0 / width) as f32;
            watched.push(sensor);
        }
    }
    if watched.is_empty() {
        let reason = "no sensor goes along with another".to_owned();
        return Err(LearnError::Fit { kind: "residuals", reason });
    }
    Ok(Residuals(watched))
}

/// The median, and one over the distance between the quartiles; 1 where they meet.
fn standard(levels: Vec<f32>) -> (f32, f32) {
    let mut levels: Vec<f64> = levels.into_iter().map(f64::from).collect();
    levels.sort_by(f64::total_cmp);
    let at = |q: f64| gauntlet_core::quantile(&levels, q);
    let spread = at(0.75) - at(0.25);
    (at(0.5) as f32, if spread > 0.0 { (1.0 / spread) as f32 } else { 1.0 })
}

/// The sensors that go along with others most, each with its neighbours; positions among `columns`.
fn redundant(
    x: &Matrix,
    columns: &[usize],
    lines: &[usize],
    spec: &Spec,
) -> Vec<(usize, Vec<usize>)> {
    let standard: Vec<Vec<f32>> =
        columns.iter().map(|&c| standardised(&x.columns[c], lines)).collect();
    let along = |a: usize, b: usize| -> f64 {
        let products = standard[a].iter().zip(&standard[b]).map(|(a, b)| f64::from(a * b));
        (products.sum::<f64>() / lines.len() as f64).abs()
    };
    let mut ranked: Vec<(f64, usize, Vec<usize>)> = (0..columns.len())
        .map(|target| {
            let mut others: Vec<(f64, usize)> = (0..columns.len())
                .filter(|o| *o != target)
                .map(|o| (along(target, o), o))
                .collect();
            others.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            others.truncate(spec.neighbours);
            let best = others.first().map_or(0.0, |first| first.0);
            (best, target, others.into_iter().map(|(_, o)| o).collect())
        })
        .collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    ranked
        .into_iter()
        .take(spec.sensors)
        .map(|(_, target, neighbours)| (target, neighbours))
        .collect()
}

/// Mean 0 and deviation 1; 0 where missing.
fn standardised(values: &[f32], lines: &[usize]) -> Vec<f32> {
    let there: Vec<f64> =
        lines.iter().map(|&l| f64::from(values[l])).filter(|v| !v.is_nan()).collect();
    let count = there.len().max(1) as f64;
    let mean = there.iter().sum::<f64>() / count;
    let deviation = (there.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / count).sqrt();
    let z = |&line: &usize| {
        let z = (f64::from(values[line]) - mean) / deviation;
        if z.is_finite() { z as f32 } else { 0.0 }
    };
    lines.iter().map(z).collect()
}

impl Watched {
    fn bounds(&self, rows: &Matrix) -> Result<(Vec<f32>, Vec<f32>), LearnError> {
        let narrowed = Matrix {
            names: self.neighbours.iter().map(|&n| rows.names[n].clone()).collect(),
            columns: self.neighbours.iter().map(|&n| rows.columns[n].clone()).collect(),
            limits: vec![None; self.neighbours.len()],
        };
        Ok((self.low.outputs(&narrowed)?.scores(), self.high.outputs(&narrowed)?.scores()))
    }
}

impl Residuals {
    pub(super) fn scores(&self, rows: &Matrix) -> Result<Vec<f32>, LearnError> {
        let mut scores = vec![0.0_f32; rows.rows()];
        for sensor in &self.0 {
            let (low, high) = sensor.bounds(rows)?;
            let readings = &rows.columns[sensor.target];
            for (row, score) in scores.iter_mut().enumerate() {
                let reading = (readings[row] - sensor.centre) * sensor.inverse;
                let outside = (reading - high[row]).max(low[row] - reading) * sensor.scale;
                // A missing reading says nothing.
                if outside > *score {
                    *score = outside;
                }
            }
        }
        Ok(scores)
    }

    pub(super) fn lower(
        &self,
        graph: &mut Graph,
        x: graph::Matrix<f32>,
    ) -> Result<Vector<f32>, LearnError> {
        let mut columns = Vec::with_capacity(self.0.len());
        for sensor in &self.0 {
            let neighbours = graph.gather(x, &sensor.neighbours);
            let low = sensor.low.lower(graph, neighbours)?;
            let low = single(graph, low, sensor.low.kind())?;
            let high = sensor.high.lower(graph, neighbours)?;
            let high = single(graph, high, sensor.high.kind())?;
            let reading = graph.pick(x, sensor.target);
            let reading = graph.sub(reading, sensor.centre);
            let reading = graph.mul(reading, sensor.inverse);
            let (above, below) = (graph.sub(reading, high), graph.sub(low, reading));
            let outside = graph.max(above, below);
            let outside = graph.mul(outside, sensor.scale);
            let missing = graph.is_nan(outside);
            let outside = graph.select(missing, 0.0, outside);
            columns.push(graph.max(outside, 0.0));
        }
        let columns = graph.stack(&columns);
        Ok(graph.largest(columns))
    }
}
