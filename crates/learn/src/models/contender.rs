//! A contender's way: as written, checked, fitted.

use gauntlet_bundle::graph::{self, Graph};
use gauntlet_core::{Digest, Seed, Train};
use gauntlet_features::Matrix;
use serde::Serialize;

use super::front::refuse_missing;
use super::{FittedKind, Front, FrontSpec, KindParams, KindSpec, Lowering};
use crate::graph::feature_graph;
use crate::{LearnError, Outputs, Samples, Target, Task};

/// A contender as the pipeline file writes it: its kind and hyperparameters, and what stands in front.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ContenderSpec {
    /// The kind with its hyperparameters.
    #[serde(flatten)]
    pub model: KindSpec,
    /// Steps in front of the model.
    #[serde(flatten)]
    pub front: FrontSpec,
}

/// A contender whose hyperparameters are in range.
#[derive(Debug, Clone, PartialEq)]
pub struct Contender {
    model: KindParams,
    front: FrontSpec,
}

/// A fitted contender.
#[derive(Debug)]
pub struct Fitted {
    task: Task,
    features: usize,
    front: Front,
    model: FittedKind,
}

impl<S: Into<KindSpec>> From<S> for ContenderSpec {
    fn from(spec: S) -> Self {
        Self { model: spec.into(), front: FrontSpec::default() }
    }
}

impl ContenderSpec {
    /// The kind's name, as in registered names: `randomforest`, `gradientboosting`, ...
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.model.name()
    }

    /// Checks the hyperparameters.
    ///
    /// # Errors
    /// The first one outside its range.
    pub fn check(&self) -> Result<Contender, LearnError> {
        Ok(Contender { model: self.model.check()?, front: self.front })
    }
}

impl Contender {
    /// The kind's name.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.model.name()
    }

    /// Whether it can be fitted for a task.
    #[must_use]
    pub fn does(&self, task: Task) -> bool {
        self.model.tasks().contains(&task)
    }

    /// Refuses a task that it cannot be fitted for.
    ///
    /// # Errors
    /// [`LearnError::Task`], naming both.
    pub fn must_do(&self, task: Task) -> Result<(), LearnError> {
        if self.does(task) { Ok(()) } else { Err(LearnError::Task { kind: self.kind(), task }) }
    }

    /// Fits on training rows. The same rows, hyperparameters and seed give the same model.
    ///
    /// # Errors
    /// A task that the kind does not do, no rows, one class, a number that is not finite, missing
    /// values or weights where the kind takes none, or a library's refusal.
    pub fn fit(&self, train: &Train<Samples>, seed: Seed) -> Result<Fitted, LearnError> {
        let kind = self.kind();
        self.must_do(train.task())?;
        check_rows(train)?;
        if !self.model.takes_weights() && train.weight.is_some() {
            return Err(LearnError::Weights { kind });
        }
        let front = self.front.fit(kind, &train.x, self.model.scaling())?;
        let seen = if front.is_empty() {
            None
        } else {
            let changed = |rows: &Samples| rows.with_features(front.apply(&rows.x).into_owned());
            Some(train.try_map(|rows| Ok::<_, LearnError>(changed(rows)))?)
        };
        let seen = seen.as_ref().unwrap_or(train);
        if !self.model.takes_missing() {
            refuse_missing(kind, &seen.x)?;
        }
        let model = self.model.fit(seen, seed)?;
        Ok(Fitted { task: train.task(), features: train.x.width(), front, model })
    }
}

impl Fitted {
    /// The kind's name.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.model.name()
    }

    /// The task it was fitted for.
    #[must_use]
    pub fn task(&self) -> Task {
        self.task
    }

    /// Features that it takes.
    #[must_use]
    pub fn features(&self) -> usize {
        self.features
    }

    /// The library's or engine's own answers, row by row: what the exported graph must reproduce.
    ///
    /// # Errors
    /// A library's refusal.
    pub fn outputs(&self, x: &Matrix) -> Result<Outputs, LearnError> {
        self.model.model().outputs(&self.front.apply(x))
    }

    /// Writes the model into a graph.
    ///
    /// # Errors
    /// A library's model in a form this version does not know.
    pub fn lower(&self, graph: &mut Graph, x: graph::Matrix<f32>) -> Result<Lowering, LearnError> {
        let x = self.front.lower(graph, x);
        self.model.model().lower(graph, x)
    }

    /// `(feature, value)` at which an answer jumps, where features reach the model as they are.
    #[must_use]
    pub fn thresholds(&self) -> Vec<(usize, f32)> {
        if self.front.keeps_values() { self.model.model().thresholds() } else { Vec::new() }
    }

    /// Whether every engine computes the lowered model to the same bits.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.model.model().is_exact()
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

fn check_rows(train: &Samples) -> Result<(), LearnError> {
    let rows = train.rows();
    if rows == 0 || train.x.width() == 0 {
        return Err(LearnError::Empty);
    }
    for (feature, column) in train.x.names.iter().zip(&train.x.columns) {
        if let Some(at) = column.iter().position(|v| v.is_infinite()) {
            return Err(LearnError::Infinite { feature: feature.clone(), row: train.row[at] });
        }
    }
    let one_class = match &train.target {
        Target::Binary(labels) => labels.iter().all(|y| *y == labels[0]),
        Target::Classes { of, names } => {
            if let Some(at) = of.iter().position(|&class| class as usize >= names.len()) {
                let (class, classes) = (of[at], names.len());
                return Err(LearnError::Class { class, classes, row: train.row[at] });
            }
            of.iter().all(|class| *class == of[0])
        }
        Target::Values(values) => {
            if let Some(at) = values.iter().position(|v| !v.is_finite()) {
                return Err(LearnError::TargetValue { value: values[at], row: train.row[at] });
            }
            false
        }
        Target::None(_) => false,
    };
    if one_class {
        return Err(LearnError::OneClass { rows });
    }
    if let Some(weights) = &train.weight {
        if let Some(at) = weights.iter().position(|w| !w.is_finite() || *w < 0.0) {
            return Err(LearnError::WeightValue { value: weights[at], row: train.row[at] });
        }
        if weights.iter().all(|w| *w == 0.0) {
            return Err(LearnError::Empty);
        }
    }
    Ok(())
}
