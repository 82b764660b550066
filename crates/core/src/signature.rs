//! What a model takes, field by field, and the check that a request fits.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Cell;

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
}

/// One field of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
}

/// How a request does not fit the signature. Each names the field.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// A field is missing.
    #[error("feature `{field}` is missing; the model takes {expected}")]
    Missing {
        /// The field.
        field: String,
        /// All field names.
        expected: String,
    },
    /// A field that the model does not take.
    #[error("feature `{field}` is not one of this model's; it takes {expected}")]
    Extra {
        /// The field.
        field: String,
        /// All field names.
        expected: String,
    },
    /// A value of the wrong type.
    #[error("feature `{field}` must be {expected}, not {found}")]
    Type {
        /// The field.
        field: String,
        /// `a number` or `a text`.
        expected: &'static str,
        /// What was sent.
        found: String,
    },
    /// A number that is not finite.
    #[error("feature `{field}` must be a finite number, not {found}")]
    NotFinite {
        /// The field.
        field: String,
        /// What was sent.
        found: f64,
    },
    /// A text that training never saw.
    #[error("feature `{field}` must be one of {expected}, not `{found}`")]
    Category {
        /// The field.
        field: String,
        /// The texts that are known.
        expected: String,
        /// What was sent.
        found: String,
    },
    /// A null where training saw no missing value.
    #[error("feature `{field}` must not be null: training saw no missing value in it")]
    Null {
        /// The field.
        field: String,
    },
}

impl Signature {
    /// All field names, for messages.
    #[must_use]
    pub fn expected(&self) -> String {
        let names: Vec<String> = self.raw.iter().map(|f| format!("`{}`", f.name)).collect();
        names.join(", ")
    }

    /// Checks a request, `None` standing for null, and returns its cells in the order of the fields.
    ///
    /// # Errors
    /// The first field that is missing, extra, of the wrong type, not finite, unknown or null.
    pub fn check<'a>(
        &self,
        request: &BTreeMap<String, Option<Cell<'a>>>,
    ) -> Result<Vec<Cell<'a>>, SignatureError> {
        if let Some(extra) = request.keys().find(|k| !self.raw.iter().any(|f| f.name == **k)) {
            return Err(SignatureError::Extra { field: extra.clone(), expected: self.expected() });
        }
        self.raw
            .iter()
            .map(|field| match request.get(&field.name) {
                None => Err(SignatureError::Missing {
                    field: field.name.clone(),
                    expected: self.expected(),
                }),
                Some(None) if field.nullable => Ok(Cell::Number(f64::NAN)),
                Some(None) => Err(SignatureError::Null { field: field.name.clone() }),
                Some(Some(cell)) => field.check(*cell),
            })
            .collect()
    }
}

impl Field {
    fn check<'a>(&self, cell: Cell<'a>) -> Result<Cell<'a>, SignatureError> {
        let field = || self.name.clone();
        match (&self.kind, cell) {
            (FieldKind::Number, Cell::Number(value)) if value.is_finite() => Ok(cell),
            (FieldKind::Number, Cell::Number(found)) => {
                Err(SignatureError::NotFinite { field: field(), found })
            }
            (FieldKind::Number, Cell::Text(found)) => Err(SignatureError::Type {
                field: field(),
                expected: "a number",
                found: format!("the text `{found}`"),
            }),
            (FieldKind::Category { values }, Cell::Text(found)) => {
                if values.iter().any(|v| v == found) {
                    Ok(cell)
                } else {
                    Err(SignatureError::Category {
                        field: field(),
                        expected: values.join(", "),
                        found: found.to_owned(),
                    })
                }
            }
            (FieldKind::Category { .. }, Cell::Number(found)) => Err(SignatureError::Type {
                field: field(),
                expected: "a text",
                found: format!("the number {found}"),
            }),
        }
    }
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
        };
        Signature {
            raw: vec![
                field("torque", FieldKind::Number),
                field("type", FieldKind::Category { values: vec!["H".into(), "L".into()] }),
            ],
            features: vec!["torque".into()],
            threshold: 0.5,
            task: Task::Binary,
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

    fn check(pairs: &[(&str, Option<Cell<'static>>)]) -> Result<usize, String> {
        let request = pairs.iter().map(|(k, v)| ((*k).to_owned(), *v)).collect();
        signature().check(&request).map(|cells| cells.len()).map_err(|e| e.to_string())
    }

    #[test]
    fn takes_what_fits() {
        let good = [("type", Some(Cell::Text("L"))), ("torque", Some(Cell::Number(1.0)))];
        assert_eq!(check(&good), Ok(2));
    }

    #[test]
    fn names_the_field_that_does_not_fit() {
        let l = ("type", Some(Cell::Text("L")));
        let t = ("torque", Some(Cell::Number(1.0)));
        for (request, field) in [
            (vec![l], "torque"),
            (vec![t], "type"),
            (vec![t, l, ("speed", Some(Cell::Number(1.0)))], "speed"),
            (vec![l, ("torque", Some(Cell::Text("1")))], "torque"),
            (vec![l, ("torque", None)], "torque"),
            (vec![l, ("torque", Some(Cell::Number(f64::NAN)))], "torque"),
            (vec![t, ("type", Some(Cell::Text("Q")))], "type"),
            (vec![t, ("type", Some(Cell::Number(1.0)))], "type"),
        ] {
            let message = check(&request).unwrap_err();
            assert!(message.starts_with(&format!("feature `{field}`")), "{message}");
        }
    }
}
