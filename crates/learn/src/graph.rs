//! A recipe and its model as one ONNX graph: raw columns in, probability and prediction out.

use std::collections::BTreeMap;

use gauntlet_bundle::graph::{Graph, Matrix, Text, Vector};
use gauntlet_features::{Expr, RawKind, Recipe};

use crate::models::{Fitted, Lowering};
use crate::{LearnError, Task};

/// Lowers row arithmetic in double precision, the one cast to `f32`, the model and what its task answers
/// with; the threshold is that of a binary classifier or a detector.
///
/// # Errors
/// A model that does not fit the recipe's features, or that is judge only ([`LearnError::JudgeOnly`]).
pub fn build_graph(recipe: &Recipe, model: &Fitted, threshold: f32) -> Result<Vec<u8>, LearnError> {
    let mut graph = Graph::new();
    let features = lower_recipe(&mut graph, recipe)?;
    let kind = model.kind();
    let answers = match model.lower(&mut graph, features)? {
        Lowering::Double(score) => Lowering::Score(graph.cast(score)),
        answers => answers,
    };
    match (answers, model.task()) {
        (Lowering::Score(score), Task::Binary) => graph.classify(score, threshold),
        (Lowering::Score(score), Task::Anomaly) => graph.detect(score, threshold),
        (Lowering::Score(value), Task::Regression) => graph.regress(value, None),
        (Lowering::Columns(columns), Task::Multiclass) => graph.classify_many(columns),
        (Lowering::Columns(columns), Task::Regression) if columns.width() == 3 => {
            let [value, lower, upper] = [0, 1, 2].map(|column| graph.pick(columns, column));
            graph.regress(value, Some([lower, upper]));
        }
        (Lowering::JudgeOnly(reason), _) => return Err(LearnError::JudgeOnly { kind, reason }),
        (_, task) => return Err(LearnError::Unserved { kind, task }),
    }
    Ok(graph.finish()?)
}

/// The recipe's inputs, and its features as the columns of a matrix.
fn lower_recipe(graph: &mut Graph, recipe: &Recipe) -> Result<Matrix<f32>, LearnError> {
    let mut inputs = Inputs::default();
    for input in &recipe.inputs {
        match input.kind {
            RawKind::Number => {
                let value = graph.number(&input.name);
                inputs.numbers.insert(input.name.clone(), value);
            }
            RawKind::Category(_) => {
                let value = graph.text(&input.name);
                inputs.texts.insert(input.name.clone(), value);
            }
        }
    }
    let mut columns: Vec<Vector<f32>> = Vec::with_capacity(recipe.features.len());
    for feature in &recipe.features {
        let value = match inputs.lower(graph, &feature.expr)? {
            Lowered::Rows(rows) => rows,
            Lowered::Constant(_) => return Err(unknown(&feature.name, "it reads no column")),
        };
        columns.push(graph.cast(value));
    }
    Ok(graph.stack(&columns))
}

/// A recipe whose one feature is itself the anomaly score, such as a health indicator: nothing is fitted.
///
/// # Errors
/// A recipe with another number of features, or one that reads no column.
pub fn build_indicator(recipe: &Recipe, threshold: f32) -> Result<Vec<u8>, LearnError> {
    let [_] = recipe.features.as_slice() else {
        let reason =
            format!("an indicator is one feature, this recipe has {}", recipe.features.len());
        return Err(unknown(&recipe.name, &reason));
    };
    let mut graph = Graph::new();
    let features = lower_recipe(&mut graph, recipe)?;
    let score = graph.pick(features, 0);
    graph.detect(score, threshold);
    Ok(graph.finish()?)
}

/// A model alone: its features `x0`, `x1`, ... as single-precision inputs, its answers as the output
/// `score`, or `score_0`, `score_1`, ... where it has several columns.
///
/// # Errors
/// A model that is judge only.
pub fn feature_graph(model: &Fitted) -> Result<Vec<u8>, LearnError> {
    let mut graph = Graph::new();
    let inputs: Vec<Vector<f32>> =
        (0..model.features()).map(|i| graph.float(&format!("x{i}"))).collect();
    let features = graph.stack(&inputs);
    match model.lower(&mut graph, features)? {
        Lowering::Score(score) => graph.output("score", score),
        Lowering::Double(score) => {
            let score: Vector<f32> = graph.cast(score);
            graph.output("score", score);
        }
        Lowering::Columns(columns) => {
            for i in 0..columns.width() {
                let column = graph.pick(columns, i);
                graph.output(&format!("score_{i}"), column);
            }
        }
        Lowering::JudgeOnly(reason) => {
            return Err(LearnError::JudgeOnly { kind: model.kind(), reason });
        }
    }
    Ok(graph.finish()?)
}

#[derive(Default)]
struct Inputs {
    numbers: BTreeMap<String, Vector<f64>>,
    texts: BTreeMap<String, Vector<Text>>,
}

#[derive(Clone, Copy)]
enum Lowered {
    Rows(Vector<f64>),
    Constant(f64),
}

/// Applies an operator of the graph to rows and constants, and folds two constants natively.
macro_rules! binary {
    ($self:ident, $graph:ident, $a:ident, $b:ident, $method:ident, $fold:expr) => {
        match ($self.lower($graph, $a)?, $self.lower($graph, $b)?) {
            (Lowered::Rows(a), Lowered::Rows(b)) => Lowered::Rows($graph.$method(a, b)),
            (Lowered::Rows(a), Lowered::Constant(b)) => Lowered::Rows($graph.$method(a, b)),
            (Lowered::Constant(a), Lowered::Rows(b)) => Lowered::Rows($graph.$method(a, b)),
            (Lowered::Constant(a), Lowered::Constant(b)) => Lowered::Constant($fold(a, b)),
        }
    };
}

impl Inputs {
    fn lower(&self, graph: &mut Graph, expr: &Expr) -> Result<Lowered, LearnError> {
        Ok(match expr {
            Expr::Column(name) => match self.numbers.get(name) {
                Some(rows) => Lowered::Rows(*rows),
                None => return Err(unknown(name, "the recipe does not read it as numbers")),
            },
            Expr::Constant(value) => Lowered::Constant(*value),
            Expr::Add(a, b) => binary!(self, graph, a, b, add, |a: f64, b: f64| a + b),
            Expr::Subtract(a, b) => binary!(self, graph, a, b, sub, |a: f64, b: f64| a - b),
            Expr::Multiply(a, b) => binary!(self, graph, a, b, mul, |a: f64, b: f64| a * b),
            Expr::Divide(a, b) => binary!(self, graph, a, b, div, |a: f64, b: f64| a / b),
            Expr::Min(a, b) => binary!(self, graph, a, b, min, f64::min),
            Expr::Max(a, b) => binary!(self, graph, a, b, max, f64::max),
            Expr::Abs(a) => match self.lower(graph, a)? {
                Lowered::Rows(rows) => Lowered::Rows(graph.abs(rows)),
                Lowered::Constant(value) => Lowered::Constant(value.abs()),
            },
            Expr::Log(a) => match self.lower(graph, a)? {
                Lowered::Rows(rows) => Lowered::Rows(graph.log(rows)),
                Lowered::Constant(value) => Lowered::Constant(value.ln()),
            },
            Expr::Pick { column, cases, otherwise } => {
                let Some(text) = self.texts.get(column) else {
                    return Err(unknown(column, "the recipe does not read it as text"));
                };
                Lowered::Rows(pick(graph, *text, cases, *otherwise))
            }
        })
    }
}

/// Encodes each case as its position, then selects its number: the codes are single precision, the
/// numbers stay double.
fn pick(
    graph: &mut Graph,
    text: Vector<Text>,
    cases: &[(String, f64)],
    otherwise: f64,
) -> Vector<f64> {
    let codes: Vec<(String, f32)> =
        cases.iter().enumerate().map(|(i, (case, _))| (case.clone(), i as f32)).collect();
    let code = graph.encode(text, &codes);
    let mut picked: Option<Vector<f64>> = None;
    for (i, (_, value)) in cases.iter().enumerate() {
        let here = graph.equal(code, i as f32);
        picked = Some(match picked {
            None => graph.select(here, *value, otherwise),
            Some(rest) => graph.select(here, *value, rest),
        });
    }
    match picked {
        Some(picked) => picked,
        None => graph.cast(code),
    }
}

fn unknown(name: &str, reason: &str) -> LearnError {
    LearnError::Graph { name: name.to_owned(), reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_bundle::{Predictor, TreeEnsemble};
    use gauntlet_core::{Column, Frame, Plausible, Signature};
    use gauntlet_features::{Feature, RawInput, parse};
    use proptest::prelude::*;

    const FORMULAS: [&str; 7] = [
        "(Tp - Ta) - 8.6",
        "torque * rpm * 2 * pi / 60",
        "pick(Type, L = 11000.1, M = 12000, H = 13000) - torque * rpm",
        "max(Ta - 300, min(Tp, 2 + 3 * 4) / -7)",
        "abs(torque - 40) + pick(Type, M = 1, else = -0.1)",
        "log(abs(torque) / 7 + 0.3)",
        "rpm",
    ];

    fn recipe() -> Recipe {
        let input = |name: &str, kind| RawInput { name: name.into(), kind, nullable: false };
        let number = |name: &str| input(name, RawKind::Number);
        let categories = RawKind::Category(vec!["H".into(), "L".into(), "M".into()]);
        let features = FORMULAS.iter().enumerate().map(|(i, formula)| Feature {
            name: format!("f{i}"),
            expr: parse(formula).unwrap(),
            unit: String::new(),
            limit: None,
        });
        Recipe {
            name: "r".into(),
            inputs: vec![
                number("Ta"),
                number("Tp"),
                number("torque"),
                number("rpm"),
                input("Type", categories),
            ],
            features: features.collect(),
        }
    }

    /// One stump per feature, split at the given value, weighing 1, 2, 4, ...: the score spells out
    /// which features are at most it.
    fn stumps(thresholds: &[f32]) -> TreeEnsemble {
        use gauntlet_bundle::{Link, Node, Outputs, Tree};
        let tree = |(i, &threshold): (usize, &f32)| {
            let leaf = |weight| Node::Leaf { weight, cover: 0.0 };
            let split = Node::Split {
                feature: i as u32,
                threshold,
                left: 1,
                right: 2,
                missing_left: false,
                cover: 0.0,
            };
            Tree::new(vec![split, leaf((1 << i) as f32 / 128.0), leaf(0.0)])
        };
        TreeEnsemble {
            features: thresholds.len(),
            outputs: Outputs::One,
            link: Link::Mean,
            trees: thresholds.iter().enumerate().map(tree).collect(),
        }
    }

    proptest! {
        #[test]
        fn the_graph_computes_the_features_bit_by_bit(
            raw in prop::array::uniform4(-2000_i32..20000),
            kind in "[HLM]",
            tenths in prop::bool::ANY,
        ) {
            let scale = if tenths { 10.0 } else { 1.0 };
            let mut columns: Vec<(String, Column)> = ["Ta", "Tp", "torque", "rpm"]
                .iter()
                .zip(raw)
                .map(|(name, v)| ((*name).to_owned(), Column::Number(vec![f64::from(v) / scale])))
                .collect();
            columns.push(("Type".to_owned(), Column::Text(vec![kind])));
            let frame = Frame::new(columns).unwrap();
            let recipe = recipe();
            let native = recipe.apply(&frame).unwrap();
            let exact: Vec<f32> = native.columns.iter().map(|c| c[0]).collect();
            // On the value every feature is at most the threshold; one step below it none is.
            let below: Vec<f32> = exact.iter().map(|v| v.next_down()).collect();
            let fields = recipe.fields(|_| (String::new(), Plausible::default()));
            let signature = Signature { raw: fields, threshold: 0.5, ..Signature::default() };
            for (thresholds, expected) in [(exact, 127.0 / 128.0), (below, 0.0)] {
                let mut graph = Graph::new();
                let features = lower_recipe(&mut graph, &recipe).unwrap();
                let score = graph.trees(features, &stumps(&thresholds));
                graph.classify(score, 0.5);
                let model = graph.finish().unwrap();
                let predictor = Predictor::new(&model, signature.clone()).unwrap();
                prop_assert_eq!(predictor.predict(&frame).unwrap().probability[0], expected);
            }
        }
    }
}
