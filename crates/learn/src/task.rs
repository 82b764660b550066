//! What is to be learned, and the values it is learned from.

use gauntlet_core::Subset;
use serde::{Deserialize, Serialize};

use crate::LearnError;

/// A learning task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Task {
    /// Two classes, one of them the event: a model gives the event's probability.
    Binary,
    /// Several classes: a model gives each one's probability.
    Multiclass,
    /// A number: a model gives its value.
    Regression,
    /// No label: a model gives a score that is higher for rows unlike the training rows.
    Anomaly,
}

impl Task {
    /// Every task.
    pub const ALL: [Self; 4] = [Self::Binary, Self::Multiclass, Self::Regression, Self::Anomaly];

    /// The name, as in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Binary => "binary",
            Self::Multiclass => "multiclass",
            Self::Regression => "regression",
            Self::Anomaly => "anomaly",
        }
    }
}

impl std::fmt::Display for Task {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// What is known of each row's outcome.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// Whether each row has the event.
    Binary(Vec<bool>),
    /// The class of each row.
    Classes {
        /// Index into `names`, per row.
        of: Vec<u32>,
        /// The classes, in the order of the model's outputs; some may have no rows.
        names: Vec<String>,
    },
    /// A finite number per row.
    Values(Vec<f64>),
    /// Nothing, for this many rows.
    None(usize),
}

impl Target {
    /// The task that this target sets.
    #[must_use]
    pub fn task(&self) -> Task {
        match self {
            Self::Binary(_) => Task::Binary,
            Self::Classes { .. } => Task::Multiclass,
            Self::Values(_) => Task::Regression,
            Self::None(_) => Task::Anomaly,
        }
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        match self {
            Self::Binary(labels) => labels.len(),
            Self::Classes { of, .. } => of.len(),
            Self::Values(values) => values.len(),
            Self::None(rows) => *rows,
        }
    }

    /// The binary labels.
    ///
    /// # Errors
    /// A target of another task.
    pub fn binary(&self) -> Result<&[bool], LearnError> {
        match self {
            Self::Binary(labels) => Ok(labels),
            _ => Err(self.not(Task::Binary)),
        }
    }

    /// The class indices and the names they point to.
    ///
    /// # Errors
    /// A target of another task.
    pub fn classes(&self) -> Result<(&[u32], &[String]), LearnError> {
        match self {
            Self::Classes { of, names } => Ok((of, names)),
            _ => Err(self.not(Task::Multiclass)),
        }
    }

    /// The numbers.
    ///
    /// # Errors
    /// A target of another task.
    pub fn values(&self) -> Result<&[f64], LearnError> {
        match self {
            Self::Values(values) => Ok(values),
            _ => Err(self.not(Task::Regression)),
        }
    }

    /// Columns that a model of this target gives: one per class, else one.
    #[must_use]
    pub fn outputs(&self) -> usize {
        match self {
            Self::Classes { names, .. } => names.len(),
            _ => 1,
        }
    }

    fn not(&self, expected: Task) -> LearnError {
        LearnError::Target { expected, found: self.task() }
    }
}

impl Subset for Target {
    fn subset(&self, positions: &[usize]) -> Self {
        match self {
            Self::Binary(labels) => Self::Binary(positions.iter().map(|&p| labels[p]).collect()),
            Self::Classes { of, names } => Self::Classes {
                of: positions.iter().map(|&p| of[p]).collect(),
                names: names.clone(),
            },
            Self::Values(values) => Self::Values(positions.iter().map(|&p| values[p]).collect()),
            Self::None(_) => Self::None(positions.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_read_as_another_task_says_what_it_is() {
        let error = Target::Values(vec![1.0]).binary().unwrap_err().to_string();
        assert!(error.contains("binary") && error.contains("regression"), "{error}");
        assert!(Target::None(3).classes().is_err());
        assert!(Target::Binary(vec![true]).values().is_err());
    }

    #[test]
    fn a_subset_keeps_order_and_class_names() {
        let target = Target::Classes {
            of: vec![0, 2, 1],
            names: ["a", "b", "c"].map(String::from).to_vec(),
        };
        let part = target.subset(&[2, 0]);
        assert_eq!(part.classes().unwrap().0, [1, 0]);
        assert_eq!(part.outputs(), 3);
        assert_eq!(Target::None(9).subset(&[1, 4]).rows(), 2);
    }
}
