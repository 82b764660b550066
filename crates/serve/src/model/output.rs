//! Outputs by name, as the tensor protocols answer them.

use std::borrow::Cow;

use gauntlet_bundle::{Answers, ClassPrediction, Interval, ValuePrediction};

/// One output of a model.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Output {
    pub(crate) name: Cow<'static, str>,
    /// Values per row, if it has two dimensions.
    pub(crate) width: Option<usize>,
    /// What the values of a row stand for, if they have names.
    pub(crate) keys: Option<Vec<String>>,
    /// Values row by row.
    pub(crate) values: Values,
}

/// The values of an output.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Values {
    F32(Vec<f32>),
    I64(Vec<i64>),
}

impl Values {
    /// Number of values.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::I64(values) => values.len(),
        }
    }

    /// The datatype's name in the Open Inference Protocol.
    pub(crate) fn datatype(&self) -> &'static str {
        match self {
            Self::F32(_) => "FP32",
            Self::I64(_) => "INT64",
        }
    }
}

fn column(name: impl Into<Cow<'static, str>>, values: Values) -> Output {
    Output { name: name.into(), width: None, keys: None, values }
}

/// The outputs of a bundle's graph: one per number of an answer.
pub(super) fn of_answers(answers: Answers) -> Vec<Output> {
    let label = |labels| column("prediction", Values::I64(labels));
    let float = |name: &'static str, values| column(name, Values::F32(values));
    match answers {
        Answers::Binary(answers) => {
            vec![float("probability", answers.probability), label(answers.prediction)]
        }
        Answers::Multiclass(ClassPrediction { classes, probabilities, prediction }) => {
            let of_class = |class: usize| {
                let values = probabilities.iter().skip(class).step_by(classes).copied();
                let name = gauntlet_bundle::graph::class_probability(class);
                column(name, Values::F32(values.collect()))
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
        Answers::Anomaly(answers) => vec![float("score", answers.score), label(answers.prediction)],
    }
}
