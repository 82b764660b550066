//! Outputs by name, as the tensor protocols answer them.

use std::borrow::Cow;

use gauntlet_bundle::foreign::{OutTensor, TensorKind};
use gauntlet_bundle::{Answers, ClassPrediction, Interval, ValuePrediction};
use serde::ser::{Serialize, SerializeMap as _, SerializeSeq as _, Serializer};

/// One output of a model.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Output {
    pub(crate) name: Cow<'static, str>,
    /// Values per row, if it has two dimensions.
    pub(crate) width: Option<usize>,
    /// What the values of a row stand for, if they have names.
    pub(crate) keys: Option<Vec<String>>,
    /// Values row by row.
    pub(crate) values: OutTensor,
}

/// The datatype's name in the Open Inference Protocol.
pub(crate) fn datatype(kind: TensorKind) -> &'static str {
    match kind {
        TensorKind::F32 => "FP32",
        TensorKind::F64 => "FP64",
        TensorKind::I64 => "INT64",
        TensorKind::I32 => "INT32",
        TensorKind::Bool => "BOOL",
        TensorKind::Text => "BYTES",
    }
}

impl Output {
    /// The number of rows.
    pub(crate) fn rows(&self) -> usize {
        self.values.len().checked_div(self.width.unwrap_or(1)).unwrap_or(0)
    }

    /// One row of it: a value, a list, or an object by key.
    pub(crate) fn row(&self, row: usize) -> Row<'_> {
        Row(self, row)
    }
}

/// One row of an output.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'a>(&'a Output, usize);

/// One value of an output.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Value<'a>(pub(crate) &'a OutTensor, pub(crate) usize);

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(output, row) = *self;
        let Some(width) = output.width else {
            return Value(&output.values, row).serialize(serializer);
        };
        let values = (row * width..(row + 1) * width).map(|at| Value(&output.values, at));
        if let Some(keys) = &output.keys {
            let mut map = serializer.serialize_map(Some(width))?;
            for (key, value) in keys.iter().zip(values) {
                map.serialize_entry(key, &value)?;
            }
            return map.end();
        }
        let mut list = serializer.serialize_seq(Some(width))?;
        for value in values {
            list.serialize_element(&value)?;
        }
        list.end()
    }
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let at = self.1;
        match self.0 {
            OutTensor::F32(values) => values[at].serialize(serializer),
            OutTensor::F64(values) => values[at].serialize(serializer),
            OutTensor::I64(values) => values[at].serialize(serializer),
            OutTensor::I32(values) => values[at].serialize(serializer),
            OutTensor::Bool(values) => values[at].serialize(serializer),
            OutTensor::Text(values) => values[at].serialize(serializer),
        }
    }
}

fn column(name: impl Into<Cow<'static, str>>, values: OutTensor) -> Output {
    Output { name: name.into(), width: None, keys: None, values }
}

/// The output that says at which rows an alarm is raised.
pub(super) const ALARM: &str = "alarm";

/// The outputs of a bundle's graph: one per number of an answer; and the alarms, where there is a policy for them.
pub(super) fn of_answers(answers: Answers, alarm: Option<Vec<i64>>) -> Vec<Output> {
    let label = |labels| column("prediction", OutTensor::I64(labels));
    let float = |name: &'static str, values| column(name, OutTensor::F32(values));
    match answers {
        Answers::Binary(answers) => {
            vec![float("probability", answers.probability), label(answers.prediction)]
        }
        Answers::Multiclass(ClassPrediction { classes, probabilities, prediction }) => {
            let of_class = |class: usize| {
                let values = probabilities.iter().skip(class).step_by(classes).copied();
                let name = gauntlet_bundle::graph::class_probability(class);
                column(name, OutTensor::F32(values.collect()))
            };
            (0..classes).map(of_class).chain([label(prediction)]).collect()
        }
        Answers::Regression(ValuePrediction { prediction, interval }) => {
            let mut outputs = vec![float("prediction", prediction)];
            if let Some(Interval { lower, upper }) = interval {
                outputs.extend([float("lower", lower), float("upper", upper)]);
            }
            outputs
        }
        Answers::Anomaly(answers) => {
            let alarm = alarm.map(|alarm| column(ALARM, OutTensor::I64(alarm)));
            let of_rows = [float("score", answers.score), label(answers.prediction)];
            of_rows.into_iter().chain(alarm).collect()
        }
    }
}
