//! Operators that change the shape, mix columns, or hold a fitted model.

use super::{Element, Float, Graph, GraphError, Matrix, Number, Text, Vector};
use crate::proto::{self, ML, Numbers};
use crate::trees::{self, Operator, Outputs, TreeEnsemble};

impl Graph {
    /// The vector as a matrix of width 1.
    pub fn column<T: Number>(&mut self, x: Vector<T>) -> Matrix<T> {
        let axis = self.constant(Numbers::I64(vec![1]), vec![1]);
        Matrix::new(self.node("Unsqueeze", &[x.id, axis], vec![]), 1)
    }

    /// The vectors as the columns of a matrix.
    pub fn stack<T: Number>(&mut self, columns: &[Vector<T>]) -> Matrix<T> {
        let columns: Vec<Matrix<T>> = columns.iter().map(|&x| self.column(x)).collect();
        self.concat(&columns)
    }

    /// The matrices side by side.
    pub fn concat<T: Number>(&mut self, parts: &[Matrix<T>]) -> Matrix<T> {
        match parts {
            [] => self.fail(GraphError::Empty("columns to concatenate")),
            [single] => return *single,
            _ => {}
        }
        let ids: Vec<usize> = parts.iter().map(|part| part.id).collect();
        let width = parts.iter().map(|part| part.width).sum();
        Matrix::new(self.node("Concat", &ids, vec![proto::int("axis", 1)]), width)
    }

    /// One column of a matrix.
    pub fn pick<T: Number>(&mut self, x: Matrix<T>, column: usize) -> Vector<T> {
        let index = self.indices(&[column], x.width, vec![]);
        Vector::new(self.node("Gather", &[x.id, index], vec![proto::int("axis", 1)]), 1)
    }

    /// Some columns of a matrix, in the order given.
    pub fn gather<T: Number>(&mut self, x: Matrix<T>, columns: &[usize]) -> Matrix<T> {
        if columns.is_empty() {
            self.fail(GraphError::Empty("columns to gather"));
        }
        let index = self.indices(columns, x.width, vec![columns.len() as i64]);
        let id = self.node("Gather", &[x.id, index], vec![proto::int("axis", 1)]);
        Matrix::new(id, columns.len())
    }

    fn indices(&mut self, columns: &[usize], width: usize, dims: Vec<i64>) -> usize {
        if let Some(&column) = columns.iter().find(|&&column| column >= width) {
            self.fail(GraphError::Column { op: "Gather", column, width });
        }
        self.constant(Numbers::I64(columns.iter().map(|&c| c as i64).collect()), dims)
    }

    /// `x · weights`, where `weights` holds `x.width()` rows of `width` numbers, row by row.
    pub fn matmul<T: Float>(&mut self, x: Matrix<T>, weights: &[T], width: usize) -> Matrix<T> {
        let weights = self.weights("MatMul", x.width, weights, width);
        Matrix::new(self.node("MatMul", &[x.id, weights], vec![]), width)
    }

    /// `x · weights + bias`, where `weights` holds `x.width()` rows of `bias.len()` numbers.
    pub fn gemm<T: Float>(&mut self, x: Matrix<T>, weights: &[T], bias: &[T]) -> Matrix<T> {
        let width = bias.len();
        let weights = self.weights("Gemm", x.width, weights, width);
        let bias = self.constant(T::numbers(bias.to_vec()), vec![width as i64]);
        Matrix::new(self.node("Gemm", &[x.id, weights, bias], vec![]), width)
    }

    fn weights<T: Float>(
        &mut self,
        op: &'static str,
        rows: usize,
        weights: &[T],
        columns: usize,
    ) -> usize {
        if weights.len() != rows * columns || columns == 0 {
            self.fail(GraphError::Width { op, left: rows * columns, right: weights.len() });
        }
        self.constant(T::numbers(weights.to_vec()), vec![rows as i64, columns as i64])
    }

    /// Exponentials of each line, divided by their sum.
    pub fn softmax<T: Float>(&mut self, x: Matrix<T>) -> Matrix<T> {
        Matrix::new(self.node("Softmax", &[x.id], vec![proto::int("axis", 1)]), x.width)
    }

    /// The column with the largest element, the first of several.
    pub fn arg_max<T: Float>(&mut self, x: Matrix<T>) -> Vector<i64> {
        self.arg("ArgMax", x)
    }

    /// The column with the smallest element, the first of several.
    pub fn arg_min<T: Float>(&mut self, x: Matrix<T>) -> Vector<i64> {
        self.arg("ArgMin", x)
    }

    fn arg<T: Float>(&mut self, op: &'static str, x: Matrix<T>) -> Vector<i64> {
        let attributes = vec![proto::int("axis", 1), proto::int("keepdims", 0)];
        Vector::new(self.node(op, &[x.id], attributes), 1)
    }

    /// The sum of each line.
    pub fn sum<T: Float>(&mut self, x: Matrix<T>) -> Vector<T> {
        let axis = self.constant(Numbers::I64(vec![1]), vec![1]);
        Vector::new(self.node("ReduceSum", &[x.id, axis], vec![proto::int("keepdims", 0)]), 1)
    }

    /// The mean of each line.
    pub fn mean<T: Float>(&mut self, x: Matrix<T>) -> Vector<T> {
        self.reduce("ReduceMean", x)
    }

    /// The largest element of each line, which holds no NaN.
    pub fn largest<T: Float>(&mut self, x: Matrix<T>) -> Vector<T> {
        self.reduce("ReduceMax", x)
    }

    /// The smallest element of each line, which holds no NaN.
    pub fn smallest<T: Float>(&mut self, x: Matrix<T>) -> Vector<T> {
        self.reduce("ReduceMin", x)
    }

    /// The sum of the squares of each line.
    pub fn sum_of_squares<T: Float>(&mut self, x: Matrix<T>) -> Vector<T> {
        self.reduce("ReduceSumSquare", x)
    }

    /// The logarithm of the sum of the exponentials of each line, which holds no NaN.
    pub fn log_sum_exp<T: Float>(&mut self, x: Matrix<T>) -> Vector<T> {
        self.reduce("ReduceLogSumExp", x)
    }

    fn reduce<T: Float>(&mut self, op: &'static str, x: Matrix<T>) -> Vector<T> {
        let attributes = vec![proto::ints("axes", vec![1]), proto::int("keepdims", 0)];
        Vector::new(self.node(op, &[x.id], attributes), 1)
    }

    /// The number that stands for each text, NaN for texts that are not listed.
    pub fn encode(&mut self, x: Vector<Text>, codes: &[(String, f32)]) -> Vector<f32> {
        if codes.is_empty() {
            self.fail(GraphError::Empty("categories to encode"));
        }
        for (at, (text, _)) in codes.iter().enumerate() {
            if codes[..at].iter().any(|(earlier, _)| earlier == text) {
                self.fail(GraphError::Category(text.clone()));
            }
        }
        let keys = codes.iter().map(|(text, _)| text.clone().into_bytes()).collect();
        let attributes = vec![
            proto::float("default_float", f32::NAN),
            proto::strings("keys_strings", keys),
            proto::floats("values_floats", codes.iter().map(|(_, code)| *code).collect()),
        ];
        Vector::new(self.node_in(ML, "LabelEncoder", &[x.id], attributes, 1), 1)
    }

    /// The score of each feature line, of an ensemble with one output.
    pub fn trees(&mut self, x: Matrix<f32>, ensemble: &TreeEnsemble) -> Vector<f32> {
        if ensemble.outputs != Outputs::One {
            let op = Operator::of(ensemble.link).name();
            self.fail(GraphError::Width { op, left: 1, right: ensemble.outputs.width() });
        }
        let scores = self.trees_scores(x, ensemble);
        // Of one probability the operator gives both classes'.
        self.pick(scores, scores.width - 1)
    }

    /// The scores of each feature line, a column per output.
    pub fn trees_by_output(&mut self, x: Matrix<f32>, ensemble: &TreeEnsemble) -> Matrix<f32> {
        match ensemble.outputs {
            Outputs::One => {
                let score = self.trees(x, ensemble);
                self.column(score)
            }
            _ => self.trees_scores(x, ensemble),
        }
    }

    fn trees_scores(&mut self, x: Matrix<f32>, ensemble: &TreeEnsemble) -> Matrix<f32> {
        let operator = Operator::of(ensemble.link);
        if let Err(error) = ensemble.check() {
            self.fail(error.into());
        }
        if ensemble.features != x.width {
            let (left, right) = (x.width, ensemble.features);
            self.fail(GraphError::Width { op: operator.name(), left, right });
        }
        let attributes = trees::lower(ensemble);
        let (values, width) = match operator {
            Operator::Classifier => (2, ensemble.outputs.width().max(2)),
            Operator::Regressor => (1, ensemble.outputs.width()),
        };
        Matrix::new(self.node_in(ML, operator.name(), &[x.id], attributes, values), width)
    }

    pub(super) fn flatten<T: Element>(&mut self, x: usize) -> Vector<T> {
        let shape = self.constant(Numbers::I64(vec![-1]), vec![1]);
        Vector::new(self.node("Reshape", &[x, shape], vec![]), 1)
    }
}
