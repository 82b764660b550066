//! Builds ONNX models: the only writer of the graphs that this project trains, serves and registers.
//!
//! The builder can write exactly what the [`engine`](crate::engine) can run. Methods do not fail; the
//! first mistake that types cannot rule out (two widths, a name given twice) is kept and returned by
//! [`Graph::finish`], which lets arithmetic read as arithmetic. Names are numbered in the order of the
//! calls, so the same calls give the same bytes.
//!
//! ```
//! use gauntlet_bundle::engine::{Engine, Input, Output};
//! use gauntlet_bundle::graph::{Graph, Vector};
//!
//! let mut graph = Graph::new();
//! let (torque, speed) = (graph.number("torque"), graph.number("speed"));
//! let power = graph.mul(torque, speed);
//! let power: Vector<f32> = graph.cast(power);
//! let load = graph.div(power, 9000.0);
//! graph.classify(load, 0.5);
//!
//! let engine = Engine::load(&graph.finish()?)?;
//! let answers = engine.run(&[Input::Double(&[40.0, 60.0]), Input::Double(&[90.0, 150.0])])?;
//! assert_eq!(answers, [Output::Float(vec![0.4, 1.0]), Output::Int(vec![0, 1])]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod finish;
mod maths;
mod shape;
mod value;

pub use value::{
    CastTo, Element, Float, Lines, Matrix, Number, Operand, Rows, Text, Value, Vector,
};

use crate::onnx::AttributeProto;
use crate::onnx::tensor_proto::DataType;
use crate::proto::Numbers;
use crate::trees::TreeError;

/// Name of the output that holds the score of the positive class.
pub const PROBABILITY: &str = "probability";
/// Name of the output that holds the label, or the number that a regression predicts.
pub const PREDICTION: &str = "prediction";
/// Name of the output that holds the lower bound of a predicted number.
pub const LOWER: &str = "lower";
/// Name of the output that holds the upper bound of a predicted number.
pub const UPPER: &str = "upper";
/// Name of the output that holds an anomaly score.
pub const SCORE: &str = "score";

/// Name of the output that holds the probability of one of several classes.
#[must_use]
pub fn class_probability(class: usize) -> String {
    format!("{PROBABILITY}_{class}")
}

/// Why calls do not make a model.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GraphError {
    /// Two inputs or outputs share a name.
    #[error("the graph has two inputs or outputs called `{0}`")]
    Duplicate(String),
    /// An input or output without a name.
    #[error("an input or output of the graph has no name")]
    Unnamed,
    /// The graph takes or gives nothing.
    #[error("the graph has no {0}")]
    Empty(&'static str),
    /// Operands whose widths differ.
    #[error("{op}: widths {left} and {right} do not fit")]
    Width {
        /// The operator.
        op: &'static str,
        /// Width of the first operand.
        left: usize,
        /// Width of the second.
        right: usize,
    },
    /// A column that a matrix does not have.
    #[error("{op}: there is no column {column} among {width}")]
    Column {
        /// The operator.
        op: &'static str,
        /// The column asked for.
        column: usize,
        /// Columns there are.
        width: usize,
    },
    /// A category that is listed twice.
    #[error("category `{0}` is listed twice")]
    Category(String),
    /// A value of another graph.
    #[error("{0}: an operand belongs to another graph")]
    Foreign(&'static str),
    /// Trees that do not hold together.
    #[error(transparent)]
    Trees(#[from] TreeError),
}

#[derive(Debug)]
struct Input {
    name: String,
    kind: DataType,
    id: usize,
}

#[derive(Debug)]
struct Node {
    op: &'static str,
    domain: &'static str,
    inputs: Vec<usize>,
    outputs: Vec<usize>,
    attributes: Vec<AttributeProto>,
}

/// A model under construction.
#[derive(Debug, Default)]
pub struct Graph {
    inputs: Vec<Input>,
    outputs: Vec<Input>,
    constants: Vec<(usize, Numbers, Vec<i64>)>,
    nodes: Vec<Node>,
    values: usize,
    error: Option<GraphError>,
}

impl Graph {
    /// An empty graph.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An input of doubles called `name`, NaN for missing.
    pub fn number(&mut self, name: &str) -> Vector<f64> {
        self.input(name)
    }

    /// An input of single-precision numbers called `name`, NaN for missing.
    pub fn float(&mut self, name: &str) -> Vector<f32> {
        self.input(name)
    }

    /// An input of texts called `name`.
    pub fn text(&mut self, name: &str) -> Vector<Text> {
        self.input(name)
    }

    fn input<T: Element>(&mut self, name: &str) -> Vector<T> {
        let id = self.fresh();
        self.inputs.push(Input { name: name.to_owned(), kind: T::TYPE, id });
        Vector::new(id, 1)
    }

    /// Makes `value` an output called `name`.
    pub fn output<T: Number>(&mut self, name: &str, value: Vector<T>) {
        let id = self.node("Identity", &[value.id], vec![]);
        self.outputs.push(Input { name: name.to_owned(), kind: T::TYPE, id });
    }

    /// Gives a binary classifier its two outputs: `probability`, the score, and `prediction`, 1 where
    /// the score is at least `threshold`.
    pub fn classify(&mut self, score: Vector<f32>, threshold: f32) {
        self.score_and_label(PROBABILITY, score, threshold);
    }

    /// Gives a classifier of several classes its outputs: `probability_0`, `probability_1`, ... from
    /// the columns, and `prediction`, the first column with the largest probability.
    pub fn classify_many(&mut self, probabilities: Matrix<f32>) {
        let label = self.arg_max(probabilities);
        for class in 0..probabilities.width() {
            let probability = self.pick(probabilities, class);
            self.output(&class_probability(class), probability);
        }
        self.output(PREDICTION, label);
    }

    /// Gives a regressor its outputs: `prediction`, and with an interval `lower` and `upper`.
    pub fn regress(&mut self, value: Vector<f32>, interval: Option<[Vector<f32>; 2]>) {
        self.output(PREDICTION, value);
        if let Some([lower, upper]) = interval {
            self.output(LOWER, lower);
            self.output(UPPER, upper);
        }
    }

    /// Gives an anomaly detector its two outputs: `score`, and `prediction`, 1 where the score is at
    /// least `threshold`.
    pub fn detect(&mut self, score: Vector<f32>, threshold: f32) {
        self.score_and_label(SCORE, score, threshold);
    }

    fn score_and_label(&mut self, name: &str, score: Vector<f32>, threshold: f32) {
        let positive = self.greater_or_equal(score, threshold);
        let label: Vector<i64> = self.cast(positive);
        self.output(name, score);
        self.output(PREDICTION, label);
    }

    fn fresh(&mut self) -> usize {
        self.values += 1;
        self.values - 1
    }

    fn constant(&mut self, numbers: Numbers, dims: Vec<i64>) -> usize {
        let id = self.fresh();
        self.constants.push((id, numbers, dims));
        id
    }

    fn node(&mut self, op: &'static str, inputs: &[usize], attrs: Vec<AttributeProto>) -> usize {
        self.node_in("", op, inputs, attrs, 1)
    }

    /// Adds a node and returns the last of its `outputs` values.
    fn node_in(
        &mut self,
        domain: &'static str,
        op: &'static str,
        inputs: &[usize],
        attributes: Vec<AttributeProto>,
        outputs: usize,
    ) -> usize {
        if inputs.iter().any(|&id| id >= self.values) {
            self.fail(GraphError::Foreign(op));
        }
        let outputs: Vec<usize> = (0..outputs).map(|_| self.fresh()).collect();
        let last = outputs.last().copied().unwrap_or_default();
        self.nodes.push(Node { op, domain, inputs: inputs.to_vec(), outputs, attributes });
        last
    }

    fn fail(&mut self, error: GraphError) {
        self.error.get_or_insert(error);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Link, Outputs, Tree, TreeEnsemble};

    fn finish(build: impl Fn(&mut Graph)) -> Result<Vec<u8>, GraphError> {
        let mut graph = Graph::new();
        build(&mut graph);
        graph.finish()
    }

    #[test]
    fn the_same_calls_give_the_same_bytes() {
        let build = |graph: &mut Graph| {
            let (a, b) = (graph.number("a"), graph.text("b"));
            let code = graph.encode(b, &[("x".into(), 1.0), ("y".into(), 2.0)]);
            let a: Vector<f32> = graph.cast(a);
            let sum = graph.add(a, code);
            graph.classify(sum, 0.5);
        };
        assert_eq!(finish(build).unwrap(), finish(build).unwrap());
    }

    #[test]
    fn the_first_mistake_is_named() {
        let duplicate = finish(|g| {
            let a = g.float("probability");
            g.classify(a, 0.5);
        });
        assert_eq!(duplicate, Err(GraphError::Duplicate("probability".into())));
        let width = finish(|g| {
            let (a, b) = (g.float("a"), g.float("b"));
            let pair = g.stack(&[a, b]);
            let off = g.sub(pair, [1.0_f32].as_slice());
            let score = g.pick(off, 0);
            g.classify(score, 0.5);
        });
        assert_eq!(width, Err(GraphError::Width { op: "Sub", left: 2, right: 1 }));
        let column = finish(|g| {
            let a = g.float("a");
            let one = g.stack(&[a]);
            let score = g.pick(one, 1);
            g.classify(score, 0.5);
        });
        assert_eq!(column, Err(GraphError::Column { op: "Gather", column: 1, width: 1 }));
        let trees = finish(|g| {
            let a = g.float("a");
            let one = g.stack(&[a]);
            let ensemble = TreeEnsemble {
                features: 1,
                outputs: Outputs::One,
                link: Link::Mean,
                trees: vec![Tree::default()],
            };
            let score = g.trees(one, &ensemble);
            g.classify(score, 0.5);
        });
        assert_eq!(trees, Err(GraphError::Trees(TreeError::NoNodes { tree: 0 })));
        assert_eq!(finish(|_| ()), Err(GraphError::Empty("inputs")));
        let silent = finish(|g| {
            g.float("a");
        });
        assert_eq!(silent, Err(GraphError::Empty("outputs")));
    }

    #[test]
    fn a_value_of_another_graph_is_noticed() {
        let mut big = Graph::new();
        let values: Vec<_> = (0..9).map(|i| big.float(&i.to_string())).collect();
        let stray = finish(|g| {
            let a = g.float("a");
            let sum = g.add(a, values[8]);
            g.classify(sum, 0.5);
        });
        assert_eq!(stray, Err(GraphError::Foreign("Add")));
    }
}
