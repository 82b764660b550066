//! Support vector machines, in the arithmetic and with the labels of onnxruntime.

use super::classical::{matrix, singles};
use super::linear::{Classes, largest};
use super::{Post, Result};
use crate::foreign::node::Node;
use crate::foreign::plan::{Compiled, Run, Source, Type};
use crate::foreign::value::{Data, Shape, TensorKind};
use crate::proto::Attributes;

/// Classes of a machine with one classifier per pair of them.
const MAX_CLASSES: usize = 256;
/// Rounds in which probabilities of pairs become those of classes.
const ROUNDS: usize = 100;

/// How a row and a support vector are compared.
#[derive(Debug, Clone, Copy)]
enum Kernel {
    Linear,
    Poly { gamma: f32, shift: f32, degree: f32 },
    Rbf { gamma: f32 },
    Sigmoid { gamma: f32, shift: f32 },
}

impl Kernel {
    fn read(node: &Node<'_>, attributes: Attributes<'_>) -> Result<Self> {
        let kind = node.text(attributes, "kernel_type", "LINEAR")?;
        let given = node.lift(attributes.optional_floats("kernel_params"))?.unwrap_or_default();
        let (gamma, shift, degree) = match given {
            [] => (0.0, 0.0, 0.0),
            [gamma, shift, degree] => (*gamma, *shift, *degree),
            _ => return Err(node.error("attribute `kernel_params` must have three numbers")),
        };
        Ok(match kind {
            "LINEAR" => Self::Linear,
            "POLY" => Self::Poly { gamma, shift, degree },
            "RBF" => Self::Rbf { gamma },
            "SIGMOID" => Self::Sigmoid { gamma, shift },
            _ => return Err(node.error("attribute `kernel_type` is of no known kind")),
        })
    }

    fn of(self, x: &[f32], vector: &[f32]) -> f32 {
        let dot = || x.iter().zip(vector).map(|(a, b)| a * b).sum::<f32>();
        match self {
            Self::Linear => dot(),
            Self::Rbf { gamma } => {
                let distance: f32 = x.iter().zip(vector).map(|(a, b)| (a - b) * (a - b)).sum();
                (-gamma * distance).exp()
            }
            Self::Sigmoid { gamma, shift } => (gamma * dot() + shift).tanh(),
            Self::Poly { gamma, shift, degree } => {
                let x = gamma * dot() + shift;
                match degree {
                    2.0 => x * x,
                    3.0 => x * x * x,
                    degree => x.powf(degree),
                }
            }
        }
    }
}

/// Vectors that rows are compared with.
struct Machine {
    source: Source,
    kind: TensorKind,
    width: usize,
    kernel: Kernel,
    vectors: Vec<f32>,
    coefficients: Vec<f32>,
    rho: Vec<f32>,
}

impl Machine {
    fn read(node: &Node<'_>, attributes: Attributes<'_>) -> Result<Self> {
        let [x] = node.only()?;
        let width = matrix(node, x)?;
        let vectors = node.lift(attributes.optional_floats("support_vectors"))?;
        let vectors = vectors.unwrap_or_default().to_vec();
        if vectors.len() % width != 0 {
            return Err(node.error(format!("the support vectors do not have {width} columns")));
        }
        Ok(Self {
            source: x.source.clone(),
            kind: x.kind,
            width,
            kernel: Kernel::read(node, attributes)?,
            vectors,
            coefficients: node.lift(attributes.floats("coefficients"))?.to_vec(),
            rho: node.lift(attributes.floats("rho"))?.to_vec(),
        })
    }

    /// Calls `work` with what comes of comparing each row with every vector.
    fn each_row(&self, slots: &[Data], mut work: impl FnMut(&[f32], &[f32])) {
        let x = singles(&self.source, self.kind, slots);
        let mut kernels = vec![0.0; self.vectors.len() / self.width];
        for line in x.chunks_exact(self.width) {
            let vectors = self.vectors.chunks_exact(self.width);
            kernels
                .iter_mut()
                .zip(vectors)
                .for_each(|(to, vector)| *to = self.kernel.of(line, vector));
            work(line, &kernels);
        }
    }
}

pub(super) fn regressor(node: &Node<'_>) -> Result {
    let known = [
        "coefficients",
        "kernel_params",
        "kernel_type",
        "n_supports",
        "one_class",
        "post_transform",
        "rho",
        "support_vectors",
    ];
    let attributes = node.attributes(&known)?;
    let machine = Machine::read(node, attributes)?;
    let one_class = node.int(attributes, "one_class", 0)? != 0;
    let post = Post::read(node, attributes)?;
    let supports = node.int(attributes, "n_supports", 0)?;
    let is_linear = supports == 0;
    let expected = if is_linear { machine.width } else { machine.vectors.len() / machine.width };
    if machine.coefficients.len() != expected
        || machine.rho.len() != 1
        || (!is_linear && supports != expected as i64)
    {
        return Err(node.error("coefficients, vectors and `rho` do not fit together"));
    }
    Ok(Compiled::one(Shape::lines(1), move |_, slots| {
        let mut scores = Vec::new();
        machine.each_row(slots, |line, kernels| {
            let values = if is_linear { line } else { kernels };
            let sum: f32 = values.iter().zip(&machine.coefficients).map(|(k, c)| k * c).sum();
            let sum = sum + machine.rho[0];
            scores.push(match (one_class, post) {
                (true, _) if sum > 0.0 => 1.0,
                (true, _) => -1.0,
                (false, Post::Probit) => super::post::probit(sum),
                (false, _) => sum,
            });
        });
        scores
    }))
}

pub(super) fn classifier(node: &Node<'_>) -> Result {
    let known = [
        "classlabels_ints",
        "classlabels_strings",
        "coefficients",
        "kernel_params",
        "kernel_type",
        "post_transform",
        "prob_a",
        "prob_b",
        "rho",
        "support_vectors",
        "vectors_per_class",
    ];
    let attributes = node.attributes(&known)?;
    let machine = Machine::read(node, attributes)?;
    let post = Post::read(node, attributes)?;
    let classes = Classes::read(node, attributes, "classlabels_ints")?;
    let counts = node.lift(attributes.optional_ints("vectors_per_class"))?.unwrap_or_default();
    let list = |name| node.lift(attributes.optional_floats(name)).map(Option::unwrap_or_default);
    let (slopes, shifts) = (list("prob_a")?.to_vec(), list("prob_b")?.to_vec());
    let count = classes.len();
    if counts.is_empty() || !(2..=MAX_CLASSES).contains(&count) || counts.len() != count {
        return Err(node.error("needs `vectors_per_class` for 2 to 256 classes"));
    }
    let pairs = count * (count - 1) / 2;
    let vectors = machine.vectors.len() / machine.width;
    let mut starts = vec![0_usize];
    for &of_class in counts {
        let last = starts.last().copied().unwrap_or(0);
        starts.push(last.saturating_add(usize::try_from(of_class).unwrap_or(usize::MAX)));
    }
    let fits = starts.last() == Some(&vectors)
        && machine.coefficients.len() == (count - 1) * vectors
        && machine.rho.len() >= pairs
        && slopes.len() == shifts.len()
        && (slopes.is_empty() || slopes.len() >= pairs);
    if !fits {
        return Err(node.error("coefficients, vectors, `rho` and `prob_a` do not fit together"));
    }
    let has_probabilities = !slopes.is_empty();
    let width = match (has_probabilities, count) {
        (false, 2) => 2,
        (false, _) => pairs,
        (true, count) => count,
    };
    let outputs = vec![
        Type { kind: classes.kind(), shape: Shape::rows() },
        Type { kind: TensorKind::F32, shape: Shape::lines(width) },
    ];
    let run: Run = Box::new(move |_, slots| {
        let (mut places, mut out) = (Vec::new(), Vec::new());
        machine.each_row(slots, |_, kernels| {
            let (scores, votes) = pairwise(&machine, kernels, &starts, count);
            let winner = largest(&votes);
            if has_probabilities {
                let mut scores = probabilities(&scores, &slopes, &shifts, count);
                post.apply(&mut scores);
                places.push(winner);
                out.extend(scores);
            } else if count == 2 {
                places.push(winner);
                // Without a transform the score is of either sign.
                out.extend(post.pair(scores[0], post != Post::None));
            } else {
                let mut scores = scores;
                post.apply(&mut scores);
                places.push(winner);
                out.extend(scores);
            }
        });
        slots.push(classes.name(&places));
        slots.push(Data::F32(out));
        Ok(())
    });
    Ok(Compiled::Step { outputs, run })
}

/// The score of every pair of classes, and how many pairs each class wins.
fn pairwise(
    machine: &Machine,
    kernels: &[f32],
    starts: &[usize],
    count: usize,
) -> (Vec<f32>, Vec<f32>) {
    let vectors = kernels.len();
    let (mut scores, mut votes) = (Vec::new(), vec![0.0; count]);
    let part = |line: usize, class: usize| {
        let range = starts[class]..starts[class + 1];
        let coefficients = &machine.coefficients[line * vectors..(line + 1) * vectors];
        let terms = coefficients[range.clone()].iter().zip(&kernels[range]);
        terms.fold(0.0_f64, |sum, (c, k)| sum + f64::from(c * k))
    };
    for i in 0..count - 1 {
        for j in i + 1..count {
            let sum = part(j - 1, i) + part(i, j) + f64::from(machine.rho[scores.len()]);
            votes[if sum > 0.0 { i } else { j }] += 1.0;
            scores.push(sum as f32);
        }
    }
    (scores, votes)
}

/// Probabilities of classes from those of pairs, by libsvm's iteration.
fn probabilities(scores: &[f32], slopes: &[f32], shifts: &[f32], count: usize) -> Vec<f32> {
    let mut pair = vec![0.0_f32; count * count];
    let mut at = 0;
    for i in 0..count - 1 {
        for j in i + 1..count {
            let p = 1.0 - super::post::logistic(scores[at] * slopes[at] + shifts[at]);
            let p = p.clamp(1e-7, 1.0 - 1e-7);
            (pair[i * count + j], pair[j * count + i]) = (p, 1.0 - p);
            at += 1;
        }
    }
    let mut q = vec![0.0_f32; count * count];
    for i in 0..count {
        for j in (0..count).filter(|&j| j != i) {
            let (down, across) = (pair[j * count + i], pair[i * count + j]);
            q[i * count + i] += down * down;
            q[i * count + j] = -down * across;
        }
    }
    let mut p = vec![1.0 / count as f32; count];
    let small = 0.005 / count as f32;
    for _ in 0..ROUNDS {
        let mut qp: Vec<f32> = q
            .chunks_exact(count)
            .map(|line| line.iter().zip(&p).map(|(q, p)| q * p).sum())
            .collect();
        let mut pqp: f32 = p.iter().zip(&qp).map(|(p, qp)| p * qp).sum();
        if qp.iter().all(|qp| (qp - pqp).abs() < small) {
            break;
        }
        for i in 0..count {
            let own = q[i * count + i];
            let step = (-qp[i] + pqp) / own;
            p[i] += step;
            pqp = (pqp + step * (step * own + 2.0 * qp[i])) / (1.0 + step) / (1.0 + step);
            for j in 0..count {
                qp[j] = (qp[j] + step * q[i * count + j]) / (1.0 + step);
                p[j] /= 1.0 + step;
            }
        }
    }
    p
}
