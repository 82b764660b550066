//! From named columns to tensors, as MLflow's own `onnx` model does it.
//!
//! A model of several inputs takes one column each, by name. A model of one input takes all columns side by
//! side, in the order of the signature.

use std::collections::BTreeMap;

use super::value::{Data, TensorKind, Text};
use super::{MlflowColumn, OnnxModel, OutTensor, TensorInfo};

/// The values of a named column, one per row.
#[derive(Debug, Clone, Copy)]
pub enum Column<'a> {
    /// Numbers.
    F64(&'a [f64]),
    /// Integers.
    I64(&'a [i64]),
    /// Truth values.
    Bool(&'a [bool]),
    /// Texts.
    Text(&'a [String]),
    /// Borrowed texts.
    Str(&'a [&'a str]),
}

/// Why named columns do not fit the model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ColumnError {
    /// A model that was saved without names of columns.
    #[error("the model has no named columns; log it with a signature of columns, or send tensors")]
    NoNames,
    /// A column that the model does not have.
    #[error("the model has no column `{0}`")]
    Unknown(String),
    /// A column that is given twice.
    #[error("column `{0}` is given twice")]
    Duplicate(String),
    /// A column that is needed and not given.
    #[error("column `{0}` is missing")]
    Missing(String),
    /// A column of another length than the rows given.
    #[error("column `{name}` has {found} rows instead of {expected}")]
    Rows {
        /// The column.
        name: String,
        /// Rows expected.
        expected: usize,
        /// Rows found.
        found: usize,
    },
    /// A column of the wrong type.
    #[error("column `{name}` must hold {expected}")]
    Type {
        /// The column.
        name: String,
        /// What it must hold.
        expected: &'static str,
    },
    /// A number that is no integer of the width that the model takes.
    #[error(
        "column `{name}`, row {row}: {value} is not one of the {expected} that the model takes"
    )]
    NotWhole {
        /// The column.
        name: String,
        /// The row, counted from 0.
        row: usize,
        /// The number.
        value: String,
        /// What the model takes.
        expected: &'static str,
    },
}

/// Which columns a model takes, and where they go.
#[derive(Debug)]
pub(super) struct Layout {
    /// One list of columns per input.
    inputs: Vec<(TensorInfo, Vec<MlflowColumn>)>,
}

impl Layout {
    /// Fits the columns of a signature to a model's inputs, or says why they do not fit.
    pub(super) fn new(model: &OnnxModel, columns: &[MlflowColumn]) -> Result<Self, String> {
        let mut inputs = Vec::with_capacity(model.inputs().len());
        if let [input] = model.inputs() {
            let width = input.width.unwrap_or(1);
            if width != columns.len() {
                return Err(format!(
                    "the signature has {} columns, input `{}` takes {width}",
                    columns.len(),
                    input.name
                ));
            }
            inputs.push((input.clone(), columns.to_vec()));
            return Ok(Self { inputs });
        }
        for input in model.inputs() {
            let column = columns.iter().find(|column| column.name == input.name);
            let column = column
                .ok_or_else(|| format!("the signature has no column for input `{}`", input.name))?;
            if input.width.unwrap_or(1) != 1 {
                return Err(format!("input `{}` takes more than the one column", input.name));
            }
            inputs.push((input.clone(), vec![column.clone()]));
        }
        Ok(Self { inputs })
    }

    /// The tensors of `rows` rows from columns in any order.
    pub(super) fn feed(
        &self,
        rows: usize,
        given: &[(&str, Column<'_>)],
    ) -> Result<Vec<OutTensor>, ColumnError> {
        let mut by_name = BTreeMap::new();
        for &(name, column) in given {
            if !self.inputs.iter().any(|(_, own)| own.iter().any(|own| own.name == name)) {
                return Err(ColumnError::Unknown(name.to_owned()));
            }
            if by_name.insert(name, column).is_some() {
                return Err(ColumnError::Duplicate(name.to_owned()));
            }
            if column.len() != rows {
                let (name, found) = (name.to_owned(), column.len());
                return Err(ColumnError::Rows { name, expected: rows, found });
            }
        }
        self.inputs
            .iter()
            .map(|(info, columns)| {
                let parts = columns.iter().map(|own| {
                    let found = by_name.get(own.name.as_str()).copied();
                    found.map_or_else(
                        || missing(own, info.kind, rows),
                        |column| convert(&own.name, column, info.kind),
                    )
                });
                Ok(side_by_side(info.kind, parts.collect::<Result<_, _>>()?, rows))
            })
            .collect()
    }
}

impl Column<'_> {
    fn len(&self) -> usize {
        match self {
            Self::F64(values) => values.len(),
            Self::I64(values) => values.len(),
            Self::Bool(values) => values.len(),
            Self::Text(values) => values.len(),
            Self::Str(values) => values.len(),
        }
    }
}

/// A column that is not given: missing values, where the signature and the type allow them.
fn missing(own: &MlflowColumn, kind: TensorKind, rows: usize) -> Result<Data, ColumnError> {
    match kind {
        TensorKind::F32 if !own.required => Ok(Data::F32(vec![f32::NAN; rows])),
        TensorKind::F64 if !own.required => Ok(Data::F64(vec![f64::NAN; rows])),
        _ => Err(ColumnError::Missing(own.name.clone())),
    }
}

/// A column as elements of the kind that the input holds; integers are never rounded.
fn convert(name: &str, column: Column<'_>, kind: TensorKind) -> Result<Data, ColumnError> {
    let whole = |values: &[f64], lowest: f64| {
        let mut out = Vec::with_capacity(values.len());
        for (row, &x) in values.iter().enumerate() {
            if x.fract() != 0.0 || x < lowest || x >= -lowest {
                let (name, value) = (name.to_owned(), x.to_string());
                let expected = kind.plural();
                return Err(ColumnError::NotWhole { name, row, value, expected });
            }
            out.push(x as i64);
        }
        Ok(out)
    };
    let narrow = |values: &[i64]| {
        let mut out = Vec::with_capacity(values.len());
        for (row, &x) in values.iter().enumerate() {
            out.push(i32::try_from(x).map_err(|_| ColumnError::NotWhole {
                name: name.to_owned(),
                row,
                value: x.to_string(),
                expected: kind.plural(),
            })?);
        }
        Ok(out)
    };
    let number = |x: &bool| u8::from(*x);
    Ok(match (kind, column) {
        (TensorKind::F32, Column::F64(x)) => Data::F32(x.iter().map(|&x| x as f32).collect()),
        (TensorKind::F32, Column::I64(x)) => Data::F32(x.iter().map(|&x| x as f32).collect()),
        (TensorKind::F32, Column::Bool(x)) => {
            Data::F32(x.iter().map(|x| f32::from(number(x))).collect())
        }
        (TensorKind::F64, Column::F64(x)) => Data::F64(x.to_vec()),
        (TensorKind::F64, Column::I64(x)) => Data::F64(x.iter().map(|&x| x as f64).collect()),
        (TensorKind::F64, Column::Bool(x)) => {
            Data::F64(x.iter().map(|x| f64::from(number(x))).collect())
        }
        (TensorKind::I64, Column::F64(x)) => Data::I64(whole(x, i64::MIN as f64)?),
        (TensorKind::I64, Column::I64(x)) => Data::I64(x.to_vec()),
        (TensorKind::I64, Column::Bool(x)) => {
            Data::I64(x.iter().map(|x| i64::from(number(x))).collect())
        }
        (TensorKind::I32, Column::F64(x)) => Data::I32(narrow(&whole(x, f64::from(i32::MIN))?)?),
        (TensorKind::I32, Column::I64(x)) => Data::I32(narrow(x)?),
        (TensorKind::I32, Column::Bool(x)) => {
            Data::I32(x.iter().map(|x| i32::from(number(x))).collect())
        }
        (TensorKind::Bool, Column::Bool(x)) => Data::Bool(x.to_vec()),
        (TensorKind::Text, Column::Text(x)) => {
            Data::Text(x.iter().map(|x| Text::from(x.as_str())).collect())
        }
        (TensorKind::Text, Column::Str(x)) => {
            Data::Text(x.iter().map(|x| Text::from(*x)).collect())
        }
        _ => {
            let name = name.to_owned();
            return Err(ColumnError::Type { name, expected: kind.plural() });
        }
    })
}

/// Columns as rows of a matrix.
fn side_by_side(kind: TensorKind, mut parts: Vec<Data>, rows: usize) -> Data {
    use super::value::{Elem, by_kind};
    match parts.pop() {
        Some(only) if parts.is_empty() => return only,
        Some(last) => parts.push(last),
        None => return Data::empty(kind),
    }
    by_kind!(kind, T => {
        let columns: Vec<&[T]> = parts.iter().map(T::of).collect();
        let mut lines = Vec::with_capacity(rows.saturating_mul(columns.len()));
        for row in 0..rows {
            lines.extend(columns.iter().map(|column| column[row].clone()));
        }
        T::wrap(lines)
    })
}
