//! The transforms after the sums of classical models, in onnxruntime's arithmetic.

use super::Result;
use super::number::{Float, Number};
use crate::foreign::node::Node;
use crate::proto::Attributes;

/// What `post_transform` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::foreign) enum Post {
    None,
    Logistic,
    Softmax,
    SoftmaxZero,
    Probit,
}

impl Post {
    pub(in crate::foreign) fn read(node: &Node<'_>, attributes: Attributes<'_>) -> Result<Self> {
        let found = node.lift(attributes.optional_string("post_transform"))?.unwrap_or(b"NONE");
        Ok(match found {
            b"NONE" => Self::None,
            b"LOGISTIC" => Self::Logistic,
            b"SOFTMAX" => Self::Softmax,
            b"SOFTMAX_ZERO" => Self::SoftmaxZero,
            b"PROBIT" => Self::Probit,
            _ => return Err(node.error("attribute `post_transform` is of no known kind")),
        })
    }

    /// Transforms the scores of one row, of which there are two or more.
    pub(in crate::foreign) fn apply<T: Float>(self, scores: &mut [T]) {
        match self {
            Self::None => {}
            Self::Logistic => scores.iter_mut().for_each(|x| *x = logistic(*x)),
            Self::Probit => scores.iter_mut().for_each(|x| *x = probit(*x)),
            Self::Softmax => softmax(scores),
            Self::SoftmaxZero => softmax_zero(scores),
        }
    }

    /// The two scores of one sum; of sums that are never negative, they are probabilities already.
    pub(in crate::foreign) fn pair<T: Float>(self, sum: T, all_positive: bool) -> [T; 2] {
        match self {
            Self::Probit => [probit(sum), T::ZERO],
            Self::Logistic => [logistic(sum.neg()), logistic(sum)],
            _ if all_positive => [T::from_f32(1.0).sub(sum), sum],
            _ => [sum.neg(), sum],
        }
    }
}

/// Computed in single precision, whatever the sums are.
pub(in crate::foreign) fn logistic<T: Number>(x: T) -> T {
    let x = x.to_f64() as f32;
    let half = 1.0 / (1.0 + (-x.abs()).exp());
    T::from_f64(f64::from(if x < 0.0 { 1.0 - half } else { half }))
}

/// The approximation that onnxruntime has.
pub(in crate::foreign) fn probit<T: Number>(x: T) -> T {
    let x = 2.0 * (x.to_f64() as f32) - 1.0;
    let sign = if x < 0.0 { -1.0 } else { 1.0 };
    let log = ((1.0 - x) * (1.0 + x)).ln();
    // 3.14159 · 0.147
    let v = 2.0 / 0.461_813_73 + 0.5 * log;
    let root = (-v + (v * v - 1.0 / 0.147 * log).sqrt()).sqrt();
    T::from_f64(f64::from(std::f32::consts::SQRT_2 * sign * root))
}

fn top<T: Float>(scores: &[T]) -> T {
    scores.iter().fold(T::LOWEST, |top, &x| if x > top { x } else { top })
}

fn softmax<T: Float>(scores: &mut [T]) {
    let top = top(scores);
    let mut sum = T::ZERO;
    for x in scores.iter_mut() {
        *x = x.sub(top).exp();
        sum = sum.add(*x);
    }
    scores.iter_mut().for_each(|x| *x = x.div(sum));
}

/// Zeros stay zeros.
fn softmax_zero<T: Float>(scores: &mut [T]) {
    let tiny = T::from_f32(1e-7);
    let top = top(scores);
    let mut sum = T::ZERO;
    for x in scores.iter_mut() {
        if *x > tiny || *x < tiny.neg() {
            *x = x.sub(top).exp();
            sum = sum.add(*x);
        } else {
            *x = x.mul(top.neg().exp());
        }
    }
    scores.iter_mut().for_each(|x| *x = x.div(sum));
}
