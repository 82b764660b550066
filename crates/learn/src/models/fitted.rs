//! A fitted contender: a model between its front steps and its calibration or bounds.

use gauntlet_bundle::graph::{self, Graph, Vector};
use gauntlet_core::Digest;
use gauntlet_features::Matrix;

use super::{Bounds, Calibrator, FittedKind, Front, LogScale, Lowering};
use crate::graph::feature_graph;
use crate::{LearnError, Outputs, Task};

/// Sums of `f32` against sums of `f64`.
const TOLERANCE: f64 = 2e-6;

/// A fitted contender.
#[derive(Debug)]
pub struct Fitted {
    pub(super) task: Task,
    pub(super) features: usize,
    pub(super) base: Base,
    pub(super) calibration: Option<Calibrator>,
    pub(super) bounds: Option<Bounds>,
}

/// A model and the steps in front of it.
#[derive(Debug)]
pub(super) struct Base {
    pub(super) front: Front,
    pub(super) model: FittedKind,
}

impl Base {
    pub(super) fn outputs(&self, x: &Matrix) -> Result<Outputs, LearnError> {
        self.model.model().outputs(&self.front.apply(x))
    }

    fn lower(&self, graph: &mut Graph, x: graph::Matrix<f32>) -> Result<Lowering, LearnError> {
        let x = self.front.lower(graph, x);
        self.model.model().lower(graph, x)
    }
}

impl Fitted {
    /// The kind's name.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.base.model.name()
    }

    /// The task it was fitted for.
    #[must_use]
    pub fn task(&self) -> Task {
        self.task
    }

    /// The same model, whose score is the logarithm of a value: it answers with the value and its bounds.
    ///
    /// # Errors
    /// A model of another task, or one that has an interval already.
    pub fn on_log_scale(self, scale: LogScale) -> Result<Self, LearnError> {
        let kind = self.kind();
        if self.task != Task::Regression {
            return Err(LearnError::Target { expected: Task::Regression, found: self.task });
        }
        if self.bounds.is_some() {
            return Err(LearnError::Parameter {
                kind,
                parameter: "interval",
                found: "set".to_owned(),
                expected: "absent where a logarithm is learned",
            });
        }
        Ok(Self { bounds: Some(Bounds::Log(scale)), ..self })
    }

    /// Features that it takes.
    #[must_use]
    pub fn features(&self) -> usize {
        self.features
    }

    /// The library's or engine's own answers, row by row: what the exported graph must reproduce.
    ///
    /// With an interval the columns are value, lower and upper bound.
    ///
    /// # Errors
    /// A library's refusal.
    pub fn outputs(&self, x: &Matrix) -> Result<Outputs, LearnError> {
        let outputs = self.base.outputs(x)?;
        if let Some(calibration) = &self.calibration {
            let probabilities = outputs.column(0).map(|score| calibration.probability(score));
            return Ok(Outputs::single(probabilities.collect()));
        }
        match &self.bounds {
            None => Ok(outputs),
            Some(Bounds::Around(margin)) => {
                let lines = outputs.column(0).flat_map(|v| [v, v - margin, v + margin]);
                Ok(Outputs::lines(3, lines.collect()))
            }
            Some(Bounds::Log(scale)) => {
                Ok(Outputs::lines(3, outputs.column(0).flat_map(|v| scale.line(v)).collect()))
            }
            Some(Bounds::Quantiles { lower, upper, margin }) => {
                let (low, high) = (lower.outputs(x)?, upper.outputs(x)?);
                let bounds = low.column(0).zip(high.column(0));
                let lines = outputs.column(0).zip(bounds).flat_map(|(value, (low, high))| {
                    let (low, high) = (low - margin, high + margin);
                    [value, low.min(high), low.max(high)]
                });
                Ok(Outputs::lines(3, lines.collect()))
            }
        }
    }

    /// Writes the model into a graph.
    ///
    /// # Errors
    /// A library's model in a form this version does not know.
    pub fn lower(&self, graph: &mut Graph, x: graph::Matrix<f32>) -> Result<Lowering, LearnError> {
        let answers = self.base.lower(graph, x)?;
        if self.calibration.is_none() && self.bounds.is_none() {
            return Ok(answers);
        }
        let single = |graph: &mut Graph, answers| match answers {
            Lowering::Score(score) => Ok(graph.cast(score)),
            Lowering::Double(score) => Ok(score),
            other => Err(other),
        };
        let score: Vector<f64> = match single(graph, answers) {
            Ok(score) => score,
            Err(other) => return Ok(other),
        };
        if let Some(calibration) = &self.calibration {
            return Ok(Lowering::Double(calibration.lower(graph, score)));
        }
        let mut value = score;
        let (low, high) = match &self.bounds {
            None => return Ok(Lowering::Double(score)),
            Some(Bounds::Around(margin)) => (graph.sub(score, *margin), graph.add(score, *margin)),
            Some(Bounds::Log(scale)) => {
                let score = graph.min(score, scale.ceiling);
                let (low, high) = (graph.sub(score, scale.margin), graph.add(score, scale.margin));
                value = scale.lower(graph, score);
                (scale.lower(graph, low), scale.lower(graph, high))
            }
            Some(Bounds::Quantiles { lower, upper, margin }) => {
                let (low, high) = (lower.lower(graph, x)?, upper.lower(graph, x)?);
                let low = match single(graph, low) {
                    Ok(low) => graph.sub(low, *margin),
                    Err(other) => return Ok(other),
                };
                let high = match single(graph, high) {
                    Ok(high) => graph.add(high, *margin),
                    Err(other) => return Ok(other),
                };
                (graph.min(low, high), graph.max(low, high))
            }
        };
        let columns = graph.stack(&[value, low, high]);
        Ok(Lowering::Columns(graph.cast(columns)))
    }

    /// `(feature, value)` at which an answer jumps, where features reach the model as they are.
    #[must_use]
    pub fn thresholds(&self) -> Vec<(usize, f32)> {
        let own = self.base.front.keeps_values();
        if own { self.base.model.model().thresholds() } else { Vec::new() }
    }

    /// Whether every engine computes the lowered model to the same bits.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        let wrapped = self.calibration.is_some() || self.bounds.is_some();
        !wrapped && self.base.front.is_empty() && self.base.model.model().is_exact()
    }

    /// How far an exported answer may lie from the native one, for answers up to 1: rounding to single
    /// precision, grown by a steep calibration or by an exponential.
    #[must_use]
    pub fn tolerance(&self) -> f64 {
        let steepness = match &self.bounds {
            Some(Bounds::Log(scale)) => scale.steepness(),
            _ => self.calibration.as_ref().map_or(1.0, Calibrator::steepness),
        };
        TOLERANCE * steepness.max(1.0)
    }

    /// What tells two fits apart: the digest of the lowered model, or of its answers to `x` if it is
    /// judge only.
    ///
    /// # Errors
    /// A library's refusal.
    pub fn digest(&self, x: &Matrix) -> Result<Digest, LearnError> {
        match feature_graph(self) {
            Ok(bytes) => Ok(Digest::of(&bytes)),
            Err(LearnError::JudgeOnly { .. }) => {
                let outputs = self.outputs(x)?;
                let bytes: Vec<u8> =
                    outputs.values().iter().flat_map(|v| v.to_bits().to_le_bytes()).collect();
                Ok(Digest::of(&bytes))
            }
            Err(error) => Err(error),
        }
    }
}
