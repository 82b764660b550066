//! An ONNX model that somebody else made: its columns or tensors, and its outputs by name.

use std::borrow::Cow;
use std::sync::Arc;

use gauntlet_bundle::foreign::{
    Column, Labels, MlflowKind, MlflowModel, OutTensor, Tensor, TensorInfo, TensorKind,
};
use gauntlet_core::{Cell, Field, FieldKind, Plausible};

use super::Output;
use crate::problem::Problem;
use crate::read::{Given, Grid, Rows};

/// A model and the columns that its signature names; none if it takes tensors only.
#[derive(Debug)]
pub(crate) struct Foreign {
    model: MlflowModel,
    fields: Vec<Field>,
}

/// A tensor that a request named, or the only one.
pub(crate) type Given2d<'a> = (Option<Cow<'a, str>>, Grid<'a>);

impl Foreign {
    pub(super) fn new(model: MlflowModel) -> Self {
        let field = |column: &gauntlet_bundle::foreign::MlflowColumn| Field {
            name: column.name.clone(),
            kind: match column.kind {
                MlflowKind::Text => FieldKind::Text,
                _ => FieldKind::Number,
            },
            unit: String::new(),
            nullable: !column.required,
            plausible: Plausible::default(),
        };
        let fields = model.columns().unwrap_or_default().iter().map(field).collect();
        Self { model, fields }
    }

    /// The named columns; none of a model that takes tensors.
    pub(super) fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The tensors that it takes.
    pub(super) fn inputs(&self) -> &[TensorInfo] {
        self.model.model().inputs()
    }

    /// Name, kind and columns of what it gives.
    pub(super) fn outputs(&self) -> Vec<(String, TensorKind, Option<usize>)> {
        let outputs = self.model.model().outputs();
        outputs.map(|output| (output.name.clone(), output.kind, output.width)).collect()
    }

    /// Answers rows of named columns.
    pub(super) fn answer(&self, rows: &Rows) -> Result<Vec<Output>, Problem> {
        let columns: Vec<(&str, Column<'_>)> = self
            .fields
            .iter()
            .zip(&rows.columns)
            .map(|(field, column)| {
                let column = match column {
                    gauntlet_core::Column::Number(values) => Column::F64(values),
                    gauntlet_core::Column::Text(values) => Column::Text(values),
                };
                (field.name.as_str(), column)
            })
            .collect();
        let tensors = self.model.feed(rows.rows, &columns);
        let tensors = tensors.map_err(|error| Problem::unprocessable(error.to_string()))?;
        self.run(rows.rows, &tensors)
    }

    /// Answers tensors; of a single input the name may be left out.
    pub(crate) fn answer_tensors(&self, given: Vec<Given2d<'_>>) -> Result<Vec<Output>, Problem> {
        let inputs = self.inputs();
        let expected = || {
            let names: Vec<String> = inputs.iter().map(|i| format!("`{}`", i.name)).collect();
            names.join(", ")
        };
        for (name, _) in &given {
            if let Some(name) = name
                && !inputs.iter().any(|input| input.name == *name)
            {
                let detail = format!("input `{name}` is not one of this model's: {}", expected());
                return Err(Problem::unprocessable(detail));
            }
        }
        let rows = given.first().map_or(0, |(_, grid)| grid.rows());
        let mut tensors = Vec::with_capacity(inputs.len());
        for input in inputs {
            let only = inputs.len() == 1 && given.len() == 1;
            let named =
                |(name, _): &&Given2d<'_>| name.as_deref().map_or(only, |n| n == input.name);
            let (_, grid) = given.iter().find(named).ok_or_else(|| {
                let detail = format!("input `{}` is missing; it takes {}", input.name, expected());
                Problem::unprocessable(detail)
            })?;
            tensors.push(tensor(input, grid, rows)?);
        }
        self.run(rows, &tensors)
    }

    fn run(&self, rows: usize, tensors: &[OutTensor]) -> Result<Vec<Output>, Problem> {
        let tensors: Vec<Tensor<'_>> = tensors
            .iter()
            .map(|tensor| match tensor {
                OutTensor::F32(values) => Tensor::F32(values),
                OutTensor::F64(values) => Tensor::F64(values),
                OutTensor::I64(values) => Tensor::I64(values),
                OutTensor::I32(values) => Tensor::I32(values),
                OutTensor::Bool(values) => Tensor::Bool(values),
                OutTensor::Text(values) => Tensor::Shared(values),
            })
            .collect();
        let model = self.model.model();
        // A row that an operator has no answer for, such as a category that it does not know.
        let values = model.run(rows, &tensors);
        let values = values.map_err(|error| Problem::unprocessable(error.to_string()))?;
        let output = |(info, values): (&gauntlet_bundle::foreign::OutputInfo, OutTensor)| Output {
            name: info.name.clone().into(),
            width: info.width,
            keys: info.keys.as_ref().map(|keys| match keys {
                Labels::Int(keys) => keys.iter().map(ToString::to_string).collect(),
                Labels::Text(keys) => keys.clone(),
            }),
            values,
        };
        Ok(model.outputs().zip(values).map(output).collect())
    }
}

/// The values of one input, checked one by one.
fn tensor(input: &TensorInfo, grid: &Grid<'_>, rows: usize) -> Result<OutTensor, Problem> {
    let name = &input.name;
    let width = input.width.unwrap_or(1);
    if grid.rows() != rows || (grid.width != width && rows > 0) {
        let (found_rows, found) = (grid.rows(), grid.width);
        let detail = format!(
            "input `{name}` has {found_rows} rows of {found} values, expected are {rows} of {width}"
        );
        return Err(Problem::unprocessable(detail));
    }
    let cells = Cells { input, width: width.max(1) };
    let all = || grid.cells.iter().enumerate();
    Ok(match input.kind {
        TensorKind::F64 => OutTensor::F64(
            all().map(|(at, cell)| cells.number(at, cell)).collect::<Result<_, _>>()?,
        ),
        TensorKind::F32 => {
            let single = |(at, cell)| cells.number(at, cell).map(|number| number as f32);
            OutTensor::F32(all().map(single).collect::<Result<_, _>>()?)
        }
        TensorKind::I64 => {
            let limit = 2.0_f64.powi(63);
            let whole = |(at, cell)| cells.whole(at, cell, -limit, limit).map(|n| n as i64);
            OutTensor::I64(all().map(whole).collect::<Result<_, _>>()?)
        }
        TensorKind::I32 => {
            let (low, high) = (f64::from(i32::MIN), f64::from(i32::MAX));
            let whole = |(at, cell)| cells.whole(at, cell, low, high).map(|n| n as i32);
            OutTensor::I32(all().map(whole).collect::<Result<_, _>>()?)
        }
        TensorKind::Bool => {
            let truth = |(at, cell)| cells.whole(at, cell, 0.0, 1.0).map(|n| n == 1.0);
            OutTensor::Bool(all().map(truth).collect::<Result<_, _>>()?)
        }
        TensorKind::Text => {
            OutTensor::Text(all().map(|(at, cell)| cells.text(at, cell)).collect::<Result<_, _>>()?)
        }
    })
}

/// Reads the cells of one input.
struct Cells<'a> {
    input: &'a TensorInfo,
    width: usize,
}

impl Cells<'_> {
    fn refuse(&self, at: usize, problem: &str) -> Problem {
        let (row, name) = (at / self.width, &self.input.name);
        Problem::unprocessable(format!("row {row}: input `{name}` must be {problem}"))
    }

    fn number(&self, at: usize, given: &Given<'_>) -> Result<f64, Problem> {
        match given.cell() {
            Ok(Some(Cell::Number(number))) => Ok(number),
            // Null is how JSON writes a number that is missing.
            Ok(None) if matches!(self.input.kind, TensorKind::F32 | TensorKind::F64) => {
                Ok(f64::NAN)
            }
            Ok(None) => Err(self.refuse(at, "a whole number, not null")),
            Ok(Some(Cell::Text(text))) => {
                Err(self.refuse(at, &format!("a number, not the text `{text}`")))
            }
            Err(what) => Err(self.refuse(at, &format!("a number, not {what}"))),
        }
    }

    fn whole(&self, at: usize, given: &Given<'_>, low: f64, high: f64) -> Result<f64, Problem> {
        let number = self.number(at, given)?;
        if number.fract() == 0.0 && (low..=high).contains(&number) {
            return Ok(number);
        }
        Err(self.refuse(at, &format!("a whole number that fits, not {number}")))
    }

    fn text(&self, at: usize, given: &Given<'_>) -> Result<Arc<str>, Problem> {
        match given.cell() {
            Ok(Some(Cell::Text(text))) => Ok(Arc::from(text)),
            _ => Err(self.refuse(at, "a text")),
        }
    }
}
