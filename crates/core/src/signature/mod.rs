//! What a model takes, field by field, and the check that a request fits.

mod check;

use serde::{Deserialize, Serialize};

use crate::AlarmPolicy;

pub use check::{SignatureError, arrange};

/// The type of a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum FieldKind {
    /// A double-precision number.
    Number,
    /// One of a fixed list of texts.
    Category {
        /// The texts seen in training, sorted.
        values: Vec<String>,
    },
    /// Any text: only of models that others made.
    Text,
}

/// One field of a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// The field's name, such as `Torque_Nm`.
    pub name: String,
    /// Its type.
    pub kind: FieldKind,
    /// Its unit, for people; empty if it has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// Whether `null` is accepted: only where training saw missing values.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub nullable: bool,
    /// The numbers that a working sensor can send, in the field's unit.
    #[serde(default, skip_serializing_if = "Plausible::is_open")]
    pub plausible: Plausible,
}

/// Bounds of plausible numbers, both included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plausible {
    /// The smallest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// The largest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
}

/// What happens to a request with an implausible number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Implausible {
    /// It is refused.
    #[default]
    Refuse,
    /// It is answered with a warning.
    Warn,
}

impl Plausible {
    /// Whether every number is plausible.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.min.is_none() && self.max.is_none()
    }

    /// Whether `value` is plausible; so is a missing one.
    #[must_use]
    pub fn holds(&self, value: f64) -> bool {
        !(self.min.is_some_and(|min| value < min) || self.max.is_some_and(|max| value > max))
    }
}

impl Implausible {
    /// Whether it is [`Implausible::Refuse`], which signatures do not spell out.
    #[must_use]
    pub fn is_refuse(&self) -> bool {
        *self == Self::Refuse
    }
}

/// What a model answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum Task {
    /// The probability of the positive class, and whether it reaches the threshold.
    #[default]
    Binary,
    /// A probability per class, and the position of the largest, the first of several.
    Multiclass {
        /// The classes' names, at least two, in the order of the probabilities.
        classes: Vec<String>,
    },
    /// A number.
    Regression {
        /// Unit of the number, for people; empty if it has none.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        unit: String,
        /// Whether it stands between a lower and an upper bound.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        interval: bool,
    },
    /// An anomaly score, the larger the odder, and whether it reaches the threshold.
    Anomaly,
}

impl Task {
    /// Whether it is [`Task::Binary`], which signatures do not spell out.
    #[must_use]
    pub fn is_binary(&self) -> bool {
        *self == Self::Binary
    }
}

/// The fields a model takes, in the order of its graph's inputs, and what it answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// The raw columns.
    pub raw: Vec<Field>,
    /// Names of the feature vector that the graph computes from them.
    pub features: Vec<String>,
    /// The score from which a row is called positive or an anomaly. The graph holds the same number.
    /// 0 for tasks without one.
    pub threshold: f32,
    /// What the model answers.
    #[serde(default, skip_serializing_if = "Task::is_binary")]
    pub task: Task,
    /// What happens to a request with an implausible number.
    #[serde(default, skip_serializing_if = "Implausible::is_refuse")]
    pub implausible: Implausible,
    /// When scores that reach the threshold become an alarm, of a detector whose rows follow one another in time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alarm: Option<AlarmPolicy>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature() -> Signature {
        let field = |name: &str, kind| Field {
            name: name.into(),
            kind,
            unit: String::new(),
            nullable: false,
            plausible: Plausible::default(),
        };
        Signature {
            raw: vec![
                field("torque", FieldKind::Number),
                field("type", FieldKind::Category { values: vec!["H".into(), "L".into()] }),
            ],
            features: vec!["torque".into()],
            threshold: 0.5,
            ..Signature::default()
        }
    }

    #[test]
    fn binary_signatures_are_written_as_before_there_were_other_tasks() {
        let text = serde_json::to_string(&signature()).unwrap();
        assert!(text.ends_with(r#""features":["torque"],"threshold":0.5}"#), "{text}");
        assert_eq!(serde_json::from_str::<Signature>(&text).unwrap(), signature());
        for task in [
            Task::Multiclass { classes: vec!["a".into(), "b".into()] },
            Task::Regression { unit: "h".into(), interval: true },
            Task::Anomaly,
        ] {
            let other = Signature { task, ..signature() };
            let text = serde_json::to_string(&other).unwrap();
            assert_eq!(serde_json::from_str::<Signature>(&text).unwrap(), other);
        }
    }
}
