//! Who contends.

use gauntlet_core::{Seed, Train};

use super::exponential::Exponential;
use super::pool::Pool;
use crate::models::{
    Contender, ContenderSpec, Fitted, LogScale, gradientboosting, randomforest, smartcore_ridge,
};
use crate::{LearnError, Samples, Task};

/// A way to forecast remaining life.
#[derive(Debug, Clone, PartialEq)]
pub enum RulContender {
    /// A regression of the logarithm of the remaining minutes on [`vectors`](super::vectors).
    Learned(Box<Contender>),
    /// Exponential degradation up to a failure level. It follows a bearing over its whole course, so it
    /// is judge only and never chosen.
    Exponential,
}

/// A fitted contender.
#[derive(Debug)]
pub(super) enum Learned {
    Model(Box<Fitted>),
    Exponential(Exponential),
}

impl RulContender {
    /// A kind of [`crate::models`] as written in a pipeline file.
    ///
    /// # Errors
    /// A hyperparameter outside its range, or a kind that is no regression.
    pub fn learned(spec: &ContenderSpec) -> Result<Self, LearnError> {
        let contender = spec.check()?;
        contender.must_do(Task::Regression)?;
        if spec.interval.is_some() {
            return Err(LearnError::Parameter {
                kind: spec.kind(),
                parameter: "interval",
                found: "set".to_owned(),
                expected: "absent: bounds of remaining life are calibrated across bearings",
            });
        }
        Ok(Self::Learned(Box::new(contender)))
    }

    /// Ridge regression, gradient boosting, a random forest and exponential degradation, small and strongly
    /// regularised: a dozen bearings are a dozen independent cases, however many rows they have.
    ///
    /// # Errors
    /// None, as these are in range.
    pub fn standard() -> Result<Vec<(String, Self)>, LearnError> {
        let boosting = gradientboosting::Spec {
            trees: 150,
            max_depth: 3,
            min_leaf: 20,
            subsample: 0.7,
            feature_share: 0.5,
            ..gradientboosting::Spec::default()
        };
        let forest =
            randomforest::Spec { trees: 150, min_leaf: 10, ..randomforest::Spec::default() };
        let specs: [ContenderSpec; 3] =
            [smartcore_ridge::Spec { alpha: 100.0 }.into(), boosting.into(), forest.into()];
        let named = ["ridge", "gradientboosting", "randomforest"].into_iter().zip(&specs);
        let mut all = named
            .map(|(id, spec)| Ok((id.to_owned(), Self::learned(spec)?)))
            .collect::<Result<Vec<_>, LearnError>>()?;
        all.push(("exponential".to_owned(), Self::Exponential));
        Ok(all)
    }

    /// Whether its fitted model can be lowered to a graph, as far as the contender decides.
    #[must_use]
    pub fn exports(&self) -> bool {
        matches!(self, Self::Learned(_))
    }

    pub(super) fn fit(
        &self,
        train: &Train<Samples>,
        pool: &Pool<'_>,
        seed: Seed,
    ) -> Result<Learned, LearnError> {
        Ok(match self {
            Self::Learned(contender) => Learned::Model(Box::new(contender.fit(train, seed)?)),
            Self::Exponential => Learned::Exponential(Exponential::fit(&pool.cases_of(train))),
        })
    }
}

impl Learned {
    /// The logarithm of the remaining minutes of each row.
    pub(super) fn scores(
        &self,
        rows: &Samples,
        pool: &Pool<'_>,
        offset: f64,
    ) -> Result<Vec<f64>, LearnError> {
        Ok(match self {
            Self::Model(model) => model.outputs(&rows.x)?.column(0).collect(),
            Self::Exponential(course) => pool
                .origins(rows)
                .map(|(case, at)| LogScale::score(offset, course.remaining(&case.track, at)))
                .collect(),
        })
    }
}
