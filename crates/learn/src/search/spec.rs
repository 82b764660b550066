//! A search as the pipeline file writes it, and checked against the contender it is for.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::rungs::{Rung, ladder};
use super::{Dimension, Objective, SearchError};
use crate::models::ContenderSpec;
use crate::{LearnError, Task};

/// How trials are made and dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// Every trial gets the whole resource (Bergstra and Bengio 2012).
    Random,
    /// Many trials get little, the best of them more (Jamieson and Talwalkar 2016).
    Halving,
}

/// A search as the pipeline file writes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchSpec {
    /// How trials are made and dropped.
    pub method: Method,
    /// Trials, the pipeline file's own choice included.
    pub trials: usize,
    /// Folds of the training rows that each trial is scored on.
    #[serde(default = "three")]
    pub folds: usize,
    /// What is made large; the task's own if nothing is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objective: Option<Objective>,
    /// What halving gives little of first: `rows`, or a whole number among the hyperparameters such as
    /// `trees`.
    #[serde(default = "rows", skip_serializing_if = "is_rows")]
    pub resource: String,
    /// Of how many trials halving keeps one.
    #[serde(default = "three", skip_serializing_if = "is_three")]
    pub factor: usize,
    /// The smallest share of the resource that halving gives.
    #[serde(default = "tenth", skip_serializing_if = "is_tenth")]
    pub minimum: f64,
    /// The hyperparameters and their values.
    pub space: BTreeMap<String, Dimension>,
}

fn three() -> usize {
    3
}

fn is_three(value: &usize) -> bool {
    *value == three()
}

fn tenth() -> f64 {
    0.1
}

fn is_tenth(value: &f64) -> bool {
    *value == tenth()
}

fn rows() -> String {
    "rows".to_owned()
}

fn is_rows(value: &String) -> bool {
    value == "rows"
}

/// A search whose every dimension the contender takes.
#[derive(Debug, Clone, PartialEq)]
pub struct Search {
    pub(super) base: ContenderSpec,
    pub(super) spec: SearchSpec,
    /// The largest value of the resource, if it is a hyperparameter.
    pub(super) most: Option<f64>,
}

impl SearchSpec {
    /// Checks the settings, and that `base` takes both ends of every dimension.
    ///
    /// # Errors
    /// The first setting or dimension that does not fit, by name.
    pub fn check(&self, base: &ContenderSpec) -> Result<Search, LearnError> {
        let kind = base.kind();
        let base = ContenderSpec { search: None, ..base.clone() };
        let number = |field: &str, value: f64, holds: bool, expected| {
            let (field, found) = (field.to_owned(), value.to_string());
            if holds { Ok(()) } else { Err(SearchError::Setting { kind, field, found, expected }) }
        };
        let trials = (1..=100_000).contains(&self.trials);
        number("trials", self.trials as f64, trials, "between 1 and 100,000")?;
        number("folds", self.folds as f64, (2..=50).contains(&self.folds), "between 2 and 50")?;
        number(
            "factor",
            self.factor as f64,
            (2..=100).contains(&self.factor),
            "between 2 and 100",
        )?;
        let minimum = self.minimum > 0.0 && self.minimum <= 1.0;
        number("minimum", self.minimum, minimum, "above 0 and at most 1")?;
        for (name, dimension) in &self.space {
            let refuse =
                |reason: String| SearchError::Dimension { kind, dimension: name.clone(), reason };
            if let Some(problem) = dimension.problem() {
                return Err(refuse(problem.to_owned()).into());
            }
            if self.method == Method::Halving && *name == self.resource {
                return Err(refuse("it is the resource, which halving sets".to_owned()).into());
            }
            for value in dimension.extremes() {
                let tried = with(&base, [(name, &value)]).map_err(&refuse)?;
                tried.check().map_err(|e| refuse(e.to_string()))?;
            }
        }
        let most = match self.method {
            Method::Halving if self.resource != "rows" => Some(self.most(&base)?),
            _ => None,
        };
        Ok(Search { base, spec: self.clone(), most })
    }

    /// The contender's own value of the resource.
    fn most(&self, base: &ContenderSpec) -> Result<f64, LearnError> {
        let written = serde_json::to_value(base).unwrap_or(Value::Null);
        match written.get(&self.resource).and_then(Value::as_u64) {
            Some(most) if most > 0 => Ok(most as f64),
            _ => Err(SearchError::Setting {
                kind: base.kind(),
                field: "resource".to_owned(),
                found: format!("`{}`", self.resource),
                expected: "`rows` or a hyperparameter that is a whole number",
            }
            .into()),
        }
    }
}

impl Search {
    /// The contender's kind.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.base.kind()
    }

    /// The contender as the pipeline file writes it, without the search: trial 0.
    #[must_use]
    pub fn base(&self) -> &ContenderSpec {
        &self.base
    }

    /// Whether it can be run for a task.
    ///
    /// # Errors
    /// A task that the contender does not do or that has no objective, and an objective of another task.
    pub fn must_do(&self, task: Task) -> Result<(), LearnError> {
        self.base.check()?.must_do(task)?;
        self.objective(task)?;
        Ok(())
    }

    pub(super) fn objective(&self, task: Task) -> Result<Objective, SearchError> {
        let objective = self.spec.objective.or_else(|| Objective::of(task));
        objective
            .filter(|objective| objective.fits(task))
            .ok_or(SearchError::Objective { kind: self.kind(), task })
    }

    pub(super) fn rungs(&self) -> Vec<Rung> {
        match self.spec.method {
            Method::Random => vec![Rung { trials: self.spec.trials, share: 1.0 }],
            Method::Halving => ladder(self.spec.trials, self.spec.factor, self.spec.minimum),
        }
    }

    /// The contender with other values of some hyperparameters.
    pub(super) fn with(
        &self,
        values: &BTreeMap<String, Value>,
    ) -> Result<ContenderSpec, LearnError> {
        with(&self.base, values).map_err(|reason| {
            let dimension = values.keys().cloned().collect::<Vec<_>>().join(", ");
            SearchError::Dimension { kind: self.kind(), dimension, reason }.into()
        })
    }
}

fn with<'a>(
    base: &ContenderSpec,
    values: impl IntoIterator<Item = (&'a String, &'a Value)>,
) -> Result<ContenderSpec, String> {
    let mut written = serde_json::to_value(base).map_err(|e| e.to_string())?;
    if let Value::Object(map) = &mut written {
        for (name, value) in values {
            map.insert(name.clone(), value.clone());
        }
    }
    serde_json::from_value(written).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<Search, LearnError> {
        let spec: ContenderSpec = toml::from_str(text).unwrap();
        spec.search.as_ref().unwrap().check(&spec)
    }

    fn refused(search: &str, words: &[&str]) {
        let text = format!("kind = 'gradientboosting'\n[search]\n{search}");
        let error = check(&text).unwrap_err().to_string();
        assert!(words.iter().all(|word| error.contains(word)), "{error}");
    }

    #[test]
    fn a_mistake_is_named_with_its_field() {
        refused("method = 'random'\ntrials = 0\nspace = {}", &["`search.trials` is 0"]);
        refused(
            "method = 'random'\ntrials = 3\nspace = { learning_rates = { uniform = [0.1, 0.2] } }",
            &["`search.space.learning_rates`", "unknown field"],
        );
        refused(
            "method = 'random'\ntrials = 3\nspace = { learning_rate = { uniform = [0.1, 2] } }",
            &["`search.space.learning_rate`", "`learning_rate` is 2"],
        );
        refused(
            "method = 'random'\ntrials = 3\nspace = { max_depth = { uniform = [2, 4.5] } }",
            &["`search.space.max_depth`", "invalid type"],
        );
        refused(
            "method = 'random'\ntrials = 3\nspace = { max_depth = { integer = [4, 2] } }",
            &["`search.space.max_depth`", "the smaller first"],
        );
        refused(
            "method = 'halving'\ntrials = 9\nresource = 'tree'\nspace = {}",
            &["`search.resource` is `tree`", "whole number"],
        );
        refused(
            "method = 'halving'\ntrials = 9\nresource = 'trees'\nspace = { trees = { integer = [2, 4] } }",
            &["`search.space.trees`", "it is the resource"],
        );
    }

    #[test]
    fn a_search_comes_back_as_it_was_written() {
        let text = "kind = 'randomforest'\ntrees = 50\n[search]\nmethod = 'halving'\ntrials = 9\n\
                    resource = 'trees'\n[search.space]\nmin_leaf = { log_integer = [1, 20] }\n\
                    features_per_split = { choice = ['sqrt', 0.7] }";
        let spec: ContenderSpec = toml::from_str(text).unwrap();
        let again: ContenderSpec = toml::from_str(&toml::to_string(&spec).unwrap()).unwrap();
        assert_eq!(spec, again);
        let search = spec.search.as_ref().unwrap().check(&spec).unwrap();
        assert_eq!(search.most, Some(50.0));
        assert_eq!(search.rungs().len(), 3);
        assert_eq!(search.base().search, None);
    }
}
