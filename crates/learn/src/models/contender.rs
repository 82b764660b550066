//! A contender as written and as checked, and how it is fitted.

use gauntlet_core::{Seed, Train};
use serde::Serialize;

use super::calibration::Outcome;
use super::fitted::Base;
use super::front::refuse_missing;
use super::held_out::{hold_out, out_of_fold};
use super::{
    Bounds, CalibrationMethod, CalibrationSpec, Calibrator, Fitted, FrontSpec, IntervalSpec,
    KindParams, KindSpec, quantile_margin, split_margin,
};
use crate::search::SearchSpec;
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
    /// From scores to probabilities, of a binary model; the kind's own if there is nothing here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calibration: Option<CalibrationSpec>,
    /// Bounds around the value of a regression model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<IntervalSpec>,
    /// A search for better hyperparameters; checked and run by [`crate::search`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<SearchSpec>,
}

/// A contender whose hyperparameters are in range.
#[derive(Debug, Clone, PartialEq)]
pub struct Contender {
    model: KindParams,
    front: FrontSpec,
    calibration: Option<CalibrationSpec>,
    interval: Option<Interval>,
}

/// A checked interval.
#[derive(Debug, Clone, PartialEq)]
struct Interval {
    level: f64,
    share: f64,
    quantiles: Option<Box<[Contender; 2]>>,
}

impl<S: Into<KindSpec>> From<S> for ContenderSpec {
    fn from(spec: S) -> Self {
        Self {
            model: spec.into(),
            front: FrontSpec::default(),
            calibration: None,
            interval: None,
            search: None,
        }
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
    /// The first one outside its range, and a kind without probabilities told not to be calibrated.
    pub fn check(&self) -> Result<Contender, LearnError> {
        let (kind, model) = (self.kind(), self.model.check()?);
        self.front.check(kind)?;
        if let Some(calibration) = &self.calibration {
            calibration.check(kind)?;
            let needed = !model.gives_probabilities() || !model.tasks().contains(&Task::Binary);
            if needed && calibration.method == CalibrationMethod::None {
                return Err(LearnError::Parameter {
                    kind,
                    parameter: "calibration",
                    found: "none".to_owned(),
                    expected: "platt or isotonic, because its scores are no probabilities",
                });
            }
        }
        let interval = self.interval.as_ref().map(|spec| {
            spec.check(kind)?;
            let (level, share) = spec.numbers();
            let quantiles = match spec {
                IntervalSpec::Split { .. } => None,
                IntervalSpec::Cqr { lower, upper, .. } => {
                    Some(Box::new([lower.check()?, upper.check()?]))
                }
            };
            Ok::<_, LearnError>(Interval { level, share, quantiles })
        });
        let interval = interval.transpose()?;
        Ok(Contender { model, front: self.front, calibration: self.calibration, interval })
    }
}

impl Contender {
    /// The kind's name.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.model.name()
    }

    /// Whether it can be fitted for a task. A detector does a binary task by calibration: labels decide
    /// which probability belongs to which of its scores.
    #[must_use]
    pub fn does(&self, task: Task) -> bool {
        let tasks = self.model.tasks();
        let fits =
            tasks.contains(&task) || (task == Task::Binary && tasks.contains(&Task::Anomaly));
        let wrapped = (self.interval.is_none() || task == Task::Regression)
            && (self.calibration.is_none() || task == Task::Binary);
        fits && wrapped
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
        let fitted = |base, calibration, bounds| Fitted {
            task: train.task(),
            features: train.x.width(),
            base,
            calibration,
            bounds,
        };
        if let Some(interval) = &self.interval {
            let (base, bounds) = self.fit_with_bounds(interval, train, seed)?;
            return Ok(fitted(base, None, Some(bounds)));
        }
        let calibration = match self.calibration_for(train.task()) {
            Some(spec) => self.calibrate(spec, train, seed.derive("calibration", 0))?,
            None => None,
        };
        Ok(fitted(self.fit_base(train, seed)?, calibration, None))
    }

    /// What stands behind the model: a score that is no probability is calibrated in any case.
    fn calibration_for(&self, task: Task) -> Option<CalibrationSpec> {
        let probability =
            self.model.gives_probabilities() && self.model.tasks().contains(&Task::Binary);
        match self.calibration {
            Some(spec) => Some(spec),
            None if task == Task::Binary && !probability => {
                Some(CalibrationSpec::new(CalibrationMethod::Platt))
            }
            None => None,
        }
    }

    fn fit_base(&self, train: &Train<Samples>, seed: Seed) -> Result<Base, LearnError> {
        let kind = self.kind();
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
        Ok(Base { model: self.model.fit(seen, seed)?, front })
    }

    /// Fits the curve on scores of training rows by models that did not see them.
    fn calibrate(
        &self,
        spec: CalibrationSpec,
        train: &Train<Samples>,
        seed: Seed,
    ) -> Result<Option<Calibrator>, LearnError> {
        if spec.method == CalibrationMethod::None {
            return Ok(None);
        }
        let scores = out_of_fold(train, spec.folds, seed, |fit, valid, seed| {
            let outputs = self.fit_base(fit, seed)?.outputs(&valid.x)?;
            Ok(outputs.column(0).collect())
        })?;
        let outcomes: Vec<Outcome> = scores
            .iter()
            .zip(train.labels()?)
            .enumerate()
            .map(|(row, (&score, &event))| Outcome {
                score,
                event,
                weight: f64::from(train.weight_of(row)),
            })
            .collect();
        Calibrator::fit(self.kind(), spec.method, &outcomes)
    }

    /// Fits on a part of the rows and takes the margin from the others.
    fn fit_with_bounds(
        &self,
        interval: &Interval,
        train: &Train<Samples>,
        seed: Seed,
    ) -> Result<(Base, Bounds), LearnError> {
        let failed = |reason: String| LearnError::Fit { kind: self.kind(), reason };
        let fold =
            hold_out(train, interval.share, seed.derive("interval", 0)).ok_or_else(|| {
                failed("interval: there is one group, and none to hold out".to_owned())
            })?;
        let (fit, held_out) = train.part(&fold.fit, &fold.valid);
        let actual = held_out.target.values()?;
        let base = self.fit_base(&fit, seed)?;
        let few = || {
            let (rows, level) = (held_out.rows(), interval.level);
            failed(format!("interval: {rows} held-out rows are too few for level {level}"))
        };
        let column = |outputs: Outputs| -> Vec<f64> { outputs.column(0).collect() };
        let bounds = match &interval.quantiles {
            None => {
                let predicted = column(base.outputs(&held_out.x)?);
                let margin = split_margin(&predicted, actual, interval.level);
                Bounds::Around(margin.ok_or_else(few)?)
            }
            Some(quantiles) => {
                let [lower, upper] = quantiles.as_ref();
                let lower = lower.fit(&fit, seed.derive("lower", 0))?;
                let upper = upper.fit(&fit, seed.derive("upper", 0))?;
                let low = column(lower.outputs(&held_out.x)?);
                let high = column(upper.outputs(&held_out.x)?);
                let margin = quantile_margin(&low, &high, actual, interval.level);
                let margin = margin.ok_or_else(few)?;
                Bounds::Quantiles { lower: Box::new(lower), upper: Box::new(upper), margin }
            }
        };
        Ok((base, bounds))
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
