//! Detectors: from the features of a line to one score, the higher the odder.
//!
//! Most learn what is usual and nothing else; the challenger learns from the failures there were. All are lowered into
//! one graph whose inputs are the features.

mod constant;
mod independent;
mod learned;
mod residuals;
mod robust;
mod shuffled;

use gauntlet_bundle::graph::{Graph, Vector};
use gauntlet_core::{Seed, Train};
use gauntlet_features::Matrix;
use gauntlet_features::windows::Kind;
use serde::{Deserialize, Serialize};

use self::learned::Learned;
use self::residuals::Residuals;
use self::robust::RobustZ;
use super::calibrate::Calibration;
use super::protocol::fit_lines;
use super::timeline::{Failure, Timeline};
use crate::LearnError;
use crate::models::{Contender, ContenderSpec};

/// A detector as the pipeline file writes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DetectorSpec {
    /// The largest robust z of all features: a Shewhart chart per feature, or an EWMA chart where the feature is one.
    RobustZ {},
    /// A model of what is usual: any kind that detects anomalies.
    Usual(ContenderSpec),
    /// Residuals of redundant sensors: the level of each is bounded by boosted quantiles of its neighbours' levels.
    Residuals(residuals::Spec),
    /// A classifier of lines within the horizon before a failure: it needs failures to learn from.
    Supervised(ContenderSpec),
    /// A classifier that learned from failures at shuffled times: what a protocol finds where there is nothing to find.
    Shuffled(ContenderSpec),
    /// An alarm at every opportunity.
    Always {},
}

/// A checked detector on some kinds of features.
#[derive(Debug, Clone, PartialEq)]
pub struct Detector {
    kinds: Vec<Kind>,
    work: Work,
}

#[derive(Debug, Clone, PartialEq)]
enum Work {
    RobustZ,
    Usual(Contender),
    Residuals(Box<residuals::Checked>),
    Supervised(Contender),
    Shuffled(Contender),
    Always,
}

/// A fitted detector and the features it reads.
#[derive(Debug)]
pub struct FittedDetector {
    /// Names of the features, in order: the graph's inputs.
    pub inputs: Vec<String>,
    fitted: Fitted,
}

#[derive(Debug)]
enum Fitted {
    RobustZ(RobustZ),
    Learned(Box<Learned>),
    Residuals(Residuals),
    Always,
}

impl DetectorSpec {
    /// Checks the detector.
    ///
    /// # Errors
    /// A hyperparameter outside its range.
    pub fn check(&self, kinds: &[Kind]) -> Result<Detector, LearnError> {
        let work = match self {
            Self::RobustZ {} => Work::RobustZ,
            Self::Usual(spec) => Work::Usual(spec.check()?),
            Self::Residuals(spec) => Work::Residuals(Box::new(spec.check()?)),
            Self::Supervised(spec) => Work::Supervised(spec.check()?),
            Self::Shuffled(spec) => Work::Shuffled(spec.check()?),
            Self::Always {} => Work::Always,
        };
        Ok(Detector { kinds: kinds.to_vec(), work })
    }

    /// The kind's name, as in registered names.
    #[must_use]
    pub fn kind(&self) -> String {
        match self {
            Self::RobustZ {} => "robust_z".to_owned(),
            Self::Usual(spec) => spec.kind().to_owned(),
            Self::Residuals(_) => "residuals".to_owned(),
            Self::Supervised(spec) => format!("supervised_{}", spec.kind()),
            Self::Shuffled(spec) => format!("shuffled_{}", spec.kind()),
            Self::Always {} => "always".to_owned(),
        }
    }
}

impl Detector {
    /// Fits on training lines; `failures` are those within them. The same lines and seed give the same detector.
    ///
    /// # Errors
    /// Too few usual lines, no feature that varies, no failure to learn from where the detector needs some, or what the
    /// model refuses.
    pub fn fit(
        &self,
        train: &Train<Timeline>,
        failures: &[Failure],
        calibration: &Calibration,
        seed: Seed,
    ) -> Result<FittedDetector, LearnError> {
        let horizon = calibration.horizon_ms();
        let all = 0..train.lines();
        let usual = fit_lines(train, failures, all, horizon, calibration.most_lines);
        if usual.is_empty() {
            return Err(LearnError::Empty);
        }
        let mut columns = self.columns(&train.x, &usual);
        if matches!(self.work, Work::Usual(_)) {
            columns = independent::independent(&train.x, &columns, &usual);
        }
        if columns.is_empty() {
            return Err(LearnError::Empty);
        }
        let inputs = columns.iter().map(|&column| train.x.names[column].clone()).collect();
        let fitted = match &self.work {
            Work::Always => Fitted::Always,
            Work::RobustZ => Fitted::RobustZ(RobustZ::fit(&train.x, &columns, &usual)),
            Work::Residuals(spec) => {
                Fitted::Residuals(residuals::fit(spec, train, &columns, &usual, seed)?)
            }
            Work::Usual(contender) => {
                Fitted::Learned(Box::new(learned::usual(contender, train, &columns, &usual, seed)?))
            }
            Work::Supervised(contender) => {
                let lines = learned::Labelled::of(train, failures, calibration);
                Fitted::Learned(Box::new(learned::supervised(
                    contender, train, &columns, &lines, seed,
                )?))
            }
            Work::Shuffled(contender) => {
                let lines = learned::Labelled::of(train, failures, calibration);
                let lines = shuffled::shuffle(lines, train, seed.derive("shuffled", 0));
                Fitted::Learned(Box::new(learned::supervised(
                    contender, train, &columns, &lines, seed,
                )?))
            }
        };
        Ok(FittedDetector { inputs, fitted })
    }

    /// Features of its kinds that are there in half of the lines and vary.
    fn columns(&self, x: &Matrix, lines: &[usize]) -> Vec<usize> {
        let own =
            |name: &str| self.kinds.iter().any(|kind| name.ends_with(&format!("_{}", kind.name())));
        let useful = |column: &usize| {
            let values = &x.columns[*column];
            let there: Vec<f32> =
                lines.iter().map(|&l| values[l]).filter(|v| !v.is_nan()).collect();
            2 * there.len() > lines.len() && there.iter().any(|v| *v != there[0])
        };
        (0..x.width()).filter(|&column| own(&x.names[column])).filter(useful).collect()
    }
}

impl FittedDetector {
    /// The score of each line; NaN where there are no features.
    ///
    /// # Errors
    /// A timeline without one of the features, or what the model refuses.
    pub fn scores(&self, lines: &Timeline) -> Result<Vec<f32>, LearnError> {
        let ready: Vec<usize> = (0..lines.lines()).filter(|&line| lines.ready[line]).collect();
        let rows = self.narrowed(&lines.x, &ready)?;
        let mut scores = vec![f32::NAN; lines.lines()];
        for (line, score) in ready.iter().zip(self.of_rows(&rows)?) {
            scores[*line] = score;
        }
        Ok(scores)
    }

    /// The score of each row of the detector's own features.
    ///
    /// # Errors
    /// What the model refuses.
    pub fn of_rows(&self, rows: &Matrix) -> Result<Vec<f32>, LearnError> {
        match &self.fitted {
            Fitted::Always => Ok(vec![constant::SCORE; rows.rows()]),
            Fitted::RobustZ(fitted) => Ok(fitted.scores(rows)),
            Fitted::Learned(fitted) => fitted.scores(rows),
            Fitted::Residuals(fitted) => fitted.scores(rows),
        }
    }

    /// The `most` oddest features of a line, the oddest first, each with how odd it is; none where the detector cannot
    /// tell them apart.
    #[must_use]
    pub fn oddest(&self, x: &Matrix, line: usize, most: usize) -> Vec<String> {
        let (Fitted::RobustZ(fitted), Ok(row)) = (&self.fitted, self.narrowed(x, &[line])) else {
            return Vec::new();
        };
        let mut scores: Vec<(f32, &String)> =
            fitted.each(&row).into_iter().zip(&self.inputs).collect();
        scores.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
        scores.into_iter().take(most).map(|(z, name)| format!("{name} (z {z:.1})")).collect()
    }

    /// The detector's features at some rows.
    ///
    /// # Errors
    /// A feature that is not there.
    pub fn narrowed(&self, x: &Matrix, rows: &[usize]) -> Result<Matrix, LearnError> {
        let mut columns = Vec::with_capacity(self.inputs.len());
        for name in &self.inputs {
            let Some(at) = x.names.iter().position(|known| known == name) else {
                let reason = "the rows do not have this feature".to_owned();
                return Err(LearnError::Graph { name: name.clone(), reason });
            };
            columns.push(rows.iter().map(|&row| x.columns[at][row]).collect());
        }
        Ok(Matrix { names: self.inputs.clone(), columns, limits: vec![None; self.inputs.len()] })
    }

    /// The detector as a graph: features in, score and whether it reaches the threshold out.
    ///
    /// # Errors
    /// A model that no graph can hold.
    pub fn graph(&self, threshold: f32) -> Result<Vec<u8>, LearnError> {
        let mut graph = Graph::new();
        let columns: Vec<Vector<f32>> = self
            .inputs
            .iter()
            .map(|name| {
                let value = graph.number(name);
                graph.cast(value)
            })
            .collect();
        let x = graph.stack(&columns);
        let score = match &self.fitted {
            Fitted::Always => constant::lower(&mut graph, x),
            Fitted::RobustZ(fitted) => fitted.lower(&mut graph, x),
            Fitted::Learned(fitted) => fitted.lower(&mut graph, x)?,
            Fitted::Residuals(fitted) => fitted.lower(&mut graph, x)?,
        };
        graph.detect(score, threshold);
        Ok(graph.finish()?)
    }
}
