//! Detectors that are models of existing kinds.

use gauntlet_bundle::graph::{self, Graph, Vector};
use gauntlet_core::{Seed, Train};
use gauntlet_features::Matrix;

use crate::events::calibrate::Calibration;
use crate::events::protocol::fit_lines;
use crate::events::timeline::{Failure, Phase, Timeline};
use crate::models::{Contender, Fitted, Lowering};
use crate::{LearnError, Samples, Target};

/// A fitted model.
#[derive(Debug)]
pub(super) struct Learned(Fitted);

/// Lines with what followed them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Labelled {
    pub(super) lines: Vec<usize>,
    /// Whether a failure followed within the horizon.
    pub(super) fails: Vec<bool>,
}

impl Labelled {
    /// All lines before failures, and usual ones up to the limit.
    pub(super) fn of(train: &Timeline, failures: &[Failure], calibration: &Calibration) -> Self {
        let horizon = calibration.horizon_ms();
        let running = |line: &usize| train.ready[*line] && train.phase[*line] != Phase::Excluded;
        let fails = |line: &usize| failures.iter().any(|f| train.announces(*line, f, horizon));
        let before: Vec<usize> = (0..train.lines()).filter(running).filter(fails).collect();
        let usual = fit_lines(train, failures, 0..train.lines(), horizon, calibration.most_lines);
        let mut lines: Vec<(usize, bool)> = before.into_iter().map(|line| (line, true)).collect();
        lines.extend(usual.into_iter().map(|line| (line, false)));
        lines.sort_unstable();
        let (lines, fails) = lines.into_iter().unzip();
        Self { lines, fails }
    }
}

fn samples(
    train: &Train<Timeline>,
    columns: &[usize],
    lines: &[usize],
    target: Target,
) -> Result<Train<Samples>, LearnError> {
    train.try_map(|timeline| {
        let take = |&column: &usize| lines.iter().map(|&l| timeline.x.columns[column][l]).collect();
        let x = Matrix {
            names: columns.iter().map(|&c| timeline.x.names[c].clone()).collect(),
            columns: columns.iter().map(take).collect(),
            limits: vec![None; columns.len()],
        };
        // Runs are the units of independence: the model must not hold one half of a run back.
        let group = lines.iter().map(|&line| timeline.run[line]).collect();
        let row = lines.iter().map(|&line| timeline.row[line]).collect();
        Ok(Samples::new(x, target, group, row))
    })
}

/// Fits a model of what is usual.
pub(super) fn usual(
    contender: &Contender,
    train: &Train<Timeline>,
    columns: &[usize],
    lines: &[usize],
    seed: Seed,
) -> Result<Learned, LearnError> {
    let samples = samples(train, columns, lines, Target::None(lines.len()))?;
    Ok(Learned(contender.fit(&samples, seed)?))
}

/// Fits a classifier.
///
/// # Errors
/// No failure to learn from.
pub(super) fn supervised(
    contender: &Contender,
    train: &Train<Timeline>,
    columns: &[usize],
    labelled: &Labelled,
    seed: Seed,
) -> Result<Learned, LearnError> {
    let target = Target::Binary(labelled.fails.clone());
    let samples = samples(train, columns, &labelled.lines, target)?;
    Ok(Learned(contender.fit(&samples, seed)?))
}

/// Fits a model of numbers.
pub(super) fn numbers(
    contender: &Contender,
    train: &Train<Timeline>,
    columns: &[usize],
    lines: &[usize],
    target: Vec<f64>,
    seed: Seed,
) -> Result<Fitted, LearnError> {
    let samples = samples(train, columns, lines, Target::Values(target))?;
    contender.fit(&samples, seed)
}

impl Learned {
    pub(super) fn scores(&self, rows: &Matrix) -> Result<Vec<f32>, LearnError> {
        Ok(self.0.outputs(rows)?.scores())
    }

    pub(super) fn lower(
        &self,
        graph: &mut Graph,
        x: graph::Matrix<f32>,
    ) -> Result<Vector<f32>, LearnError> {
        let lowered = self.0.lower(graph, x)?;
        single(graph, lowered, self.0.kind())
    }
}

/// The one number of a lowered model.
pub(super) fn single(
    graph: &mut Graph,
    lowered: Lowering,
    kind: &'static str,
) -> Result<Vector<f32>, LearnError> {
    match lowered {
        Lowering::Score(score) => Ok(score),
        Lowering::Double(score) => Ok(graph.cast(score)),
        Lowering::JudgeOnly(reason) => Err(LearnError::JudgeOnly { kind, reason }),
        Lowering::Columns(_) => {
            Err(LearnError::JudgeOnly { kind, reason: "it answers with several numbers" })
        }
    }
}
