//! The check that a request fits: its names first, then cell by cell.

use super::{Field, FieldKind, Plausible};
use crate::Cell;

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
    /// A field that is given more than once.
    #[error("feature `{field}` stands twice")]
    Twice {
        /// The field.
        field: String,
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
    /// A number that no working sensor sends.
    #[error("feature `{field}` is {found}{unit}, outside the plausible {range}")]
    Implausible {
        /// The field.
        field: String,
        /// What was sent.
        found: f64,
        /// The field's unit, with a space before it.
        unit: String,
        /// The range, in words.
        range: String,
    },
}

/// Where each of `fields` stands among `names`.
///
/// # Errors
/// A name that stands twice or is no field's, or a field without a name.
pub fn arrange<N: AsRef<str>>(fields: &[Field], names: &[N]) -> Result<Vec<usize>, SignatureError> {
    // A request is mostly in the signature's order, so the search mostly ends where it begins.
    let position = |at: usize, name: &str| {
        let here = fields.get(at).is_some_and(|field| field.name == name);
        if here { Some(at) } else { fields.iter().position(|field| field.name == name) }
    };
    let mut places = vec![None; fields.len()];
    for (at, name) in names.iter().enumerate() {
        let field = name.as_ref();
        let Some(place) = position(at, field) else {
            let (field, expected) = (field.to_owned(), expected(fields));
            return Err(SignatureError::Extra { field, expected });
        };
        if places[place].replace(at).is_some() {
            return Err(SignatureError::Twice { field: field.to_owned() });
        }
    }
    let place = |(field, place): (&Field, Option<usize>)| {
        let field = || field.name.clone();
        place.ok_or_else(|| SignatureError::Missing { field: field(), expected: expected(fields) })
    };
    fields.iter().zip(places).map(place).collect()
}

/// All field names, for messages.
fn expected(fields: &[Field]) -> String {
    let names: Vec<String> = fields.iter().map(|field| format!("`{}`", field.name)).collect();
    names.join(", ")
}

impl Field {
    /// The cell as the model takes it; `None` stands for null, and a missing number is NaN.
    ///
    /// Whether a number is plausible is not looked at: see [`Field::plausible`].
    ///
    /// # Errors
    /// A cell of the wrong type, not finite, unknown, or null.
    pub fn check<'a>(&self, cell: Option<Cell<'a>>) -> Result<Cell<'a>, SignatureError> {
        let field = || self.name.clone();
        match (&self.kind, cell) {
            (_, None) if self.nullable => Ok(Cell::Number(f64::NAN)),
            (_, None) => Err(SignatureError::Null { field: field() }),
            (FieldKind::Number, Some(cell @ Cell::Number(value))) if value.is_finite() => Ok(cell),
            (FieldKind::Number, Some(Cell::Number(found))) => {
                Err(SignatureError::NotFinite { field: field(), found })
            }
            (FieldKind::Number, Some(Cell::Text(found))) => Err(SignatureError::Type {
                field: field(),
                expected: "a number",
                found: format!("the text `{found}`"),
            }),
            (FieldKind::Category { values }, Some(cell @ Cell::Text(found))) => {
                if values.iter().any(|v| v == found) {
                    return Ok(cell);
                }
                let (expected, found) = (values.join(", "), found.to_owned());
                Err(SignatureError::Category { field: field(), expected, found })
            }
            (FieldKind::Text, Some(cell @ Cell::Text(_))) => Ok(cell),
            (FieldKind::Category { .. } | FieldKind::Text, Some(Cell::Number(found))) => {
                Err(SignatureError::Type {
                    field: field(),
                    expected: "a text",
                    found: format!("the number {found}"),
                })
            }
        }
    }

    /// Why `value` is implausible, if it is.
    #[must_use]
    pub fn implausible(&self, value: f64) -> Option<SignatureError> {
        if self.plausible.holds(value) {
            return None;
        }
        let unit = if self.unit.is_empty() { String::new() } else { format!(" {}", self.unit) };
        let range = match self.plausible {
            Plausible { min: Some(min), max: Some(max) } => format!("{min} to {max}"),
            Plausible { min: Some(min), max: None } => format!("{min} and more"),
            Plausible { min: None, max: Some(max) } => format!("{max} and less"),
            Plausible { min: None, max: None } => return None,
        };
        Some(SignatureError::Implausible { field: self.name.clone(), found: value, unit, range })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields() -> [Field; 2] {
        let field = |name: &str, kind| Field {
            name: name.into(),
            kind,
            unit: String::new(),
            nullable: false,
            plausible: Plausible::default(),
        };
        let kind = FieldKind::Category { values: vec!["H".into(), "L".into()] };
        [field("torque", FieldKind::Number), field("type", kind)]
    }

    #[test]
    fn names_are_found_in_any_order() {
        assert_eq!(arrange(&fields(), &["torque", "type"]), Ok(vec![0, 1]));
        assert_eq!(arrange(&fields(), &["type", "torque"]), Ok(vec![1, 0]));
    }

    #[test]
    fn the_name_that_does_not_fit_is_named() {
        for (names, field) in [
            (&["type"][..], "torque"),
            (&["torque"], "type"),
            (&["torque", "type", "speed"], "speed"),
            (&["torque", "torque", "type"], "torque"),
        ] {
            let message = arrange(&fields(), names).unwrap_err().to_string();
            assert!(message.starts_with(&format!("feature `{field}`")), "{message}");
        }
    }

    #[test]
    fn the_cell_that_does_not_fit_is_named_with_what_it_should_be() {
        let [torque, kind] = fields();
        for (field, cell, word) in [
            (&torque, Some(Cell::Text("1")), "must be a number"),
            (&torque, None, "must not be null"),
            (&torque, Some(Cell::Number(f64::NAN)), "finite"),
            (&torque, Some(Cell::Number(f64::INFINITY)), "finite"),
            (&kind, Some(Cell::Text("Q")), "one of H, L"),
            (&kind, Some(Cell::Number(1.0)), "must be a text"),
        ] {
            let message = field.check(cell).unwrap_err().to_string();
            assert!(message.contains(&field.name) && message.contains(word), "{message}");
        }
        assert_eq!(kind.check(Some(Cell::Text("L"))), Ok(Cell::Text("L")));
        let nullable = Field { nullable: true, ..torque };
        assert!(matches!(nullable.check(None), Ok(Cell::Number(missing)) if missing.is_nan()));
    }

    #[test]
    fn an_implausible_number_is_named_with_unit_and_range() {
        let [mut torque, _] = fields();
        assert_eq!(torque.implausible(1e300), None);
        torque.unit = "Nm".to_owned();
        torque.plausible = Plausible { min: Some(0.0), max: Some(1000.0) };
        assert_eq!(torque.implausible(1000.0), None);
        assert_eq!(torque.implausible(f64::NAN), None);
        let message = torque.implausible(1000.5).unwrap().to_string();
        assert_eq!(message, "feature `torque` is 1000.5 Nm, outside the plausible 0 to 1000");
    }
}
