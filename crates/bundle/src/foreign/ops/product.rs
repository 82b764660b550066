//! Products of a batch with constant matrices, and normalisation with constant moments.

use std::sync::Arc;

use super::Result;
use super::number::Float;
use crate::foreign::node::Node;
use crate::foreign::plan::{Compiled, Source, Value};
use crate::foreign::value::{Data, Dim, Shape, TensorKind, by_float};

/// `x · weights`; `weights` has a line of `width` numbers per column of `x`.
fn product<T: Float>(x: &[T], inner: usize, weights: &[T], width: usize) -> Vec<T> {
    let mut out = vec![T::ZERO; x.len() / inner * width];
    for (to, from) in out.chunks_exact_mut(width).zip(x.chunks_exact(inner)) {
        for (x, weights) in from.iter().zip(weights.chunks_exact(width)) {
            to.iter_mut().zip(weights).for_each(|(to, w)| *to = to.add(x.mul(*w)));
        }
    }
    out
}

pub(super) fn matmul(node: &Node<'_>) -> Result {
    node.attributes(&[])?;
    let [x, weights] = node.only()?;
    by_float!(x.kind, T => {
        node.fixed::<T>(weights, "the second operand")?;
        let inner = match x.shape.0.last() {
            Some(Dim::Fixed(inner)) => *inner,
            _ => return Err(node.error("rows of the same batch would be mixed")),
        };
        let mut dims = x.shape.0.clone();
        dims.pop();
        let width = match weights.shape.0[..] {
            [Dim::Fixed(lines)] if lines == inner => 1,
            [Dim::Fixed(lines), Dim::Fixed(width)] if lines == inner => {
                dims.push(Dim::Fixed(width));
                width
            }
            _ => return Err(node.error(format!("{} · {} is not supported", x.shape, weights.shape))),
        };
        if x.is_constant() || width == 0 || inner == 0 {
            return Err(node.error("a product of constants is not supported"));
        }
        let (source, weights) = (x.source.clone(), weights.source.clone());
        Ok(Compiled::one(Shape(dims), move |_, slots| {
            product(source.read::<T>(slots), inner, weights.read::<T>(slots), width)
        }))
    }, _ => Err(node.mistyped(x.kind)))
}

pub(super) fn gemm(node: &Node<'_>) -> Result {
    let x = node.operand(0)?;
    by_float!(x.kind, T => gemm_as::<T>(node, x), _ => Err(node.mistyped(x.kind)))
}

fn gemm_as<T: Float>(node: &Node<'_>, x: &Value) -> Result {
    let attributes = node.attributes(&["alpha", "beta", "transA", "transB"])?;
    node.at_most(3)?;
    if node.int(attributes, "transA", 0)? != 0 {
        return Err(node.error("attribute `transA` would mix the rows of the batch"));
    }
    let alpha = T::from_f32(node.float(attributes, "alpha", 1.0)?);
    let beta = T::from_f32(node.float(attributes, "beta", 1.0)?);
    let weights = node.operand(1)?;
    let numbers = node.fixed::<T>(weights, "the second operand")?;
    let (Some(inner), [Dim::Fixed(a), Dim::Fixed(b)]) = (x.shape.columns(), &weights.shape.0[..])
    else {
        return Err(node.misshapen(x));
    };
    let turned = node.int(attributes, "transB", 0)? != 0;
    let (lines, width) = if turned { (*b, *a) } else { (*a, *b) };
    if lines != inner || width == 0 || inner == 0 || x.shape.rank() != 2 {
        return Err(node.error(format!("{} · {} is not supported", x.shape, weights.shape)));
    }
    let weights = if turned {
        node.copy(numbers.len())?;
        let line = |line: usize| (0..width).map(move |w| numbers[w * inner + line]);
        Source::Constant(Arc::new(T::wrap((0..inner).flat_map(line).collect())))
    } else {
        weights.source.clone()
    };
    let bias = node.optional(2).map(|bias| Bias::new(node, bias, x.kind, width)).transpose()?;
    let source = x.source.clone();
    Ok(Compiled::one(Shape::lines(width), move |_, slots| {
        let mut out = product(source.read::<T>(slots), inner, weights.read::<T>(slots), width);
        out.iter_mut().for_each(|x| *x = alpha.mul(*x));
        if let Some(bias) = &bias {
            bias.add(&mut out, width, beta, slots);
        }
        out
    }))
}

/// What is added to a product: per element, per row, per column, or one number.
struct Bias {
    source: Source,
    /// Elements from one row to the next, and from one column to the next.
    down: usize,
    across: usize,
}

impl Bias {
    fn new(node: &Node<'_>, bias: &Value, kind: TensorKind, width: usize) -> Result<Self> {
        let (rows, columns) = match bias.shape.0[..] {
            [] => (Dim::Fixed(1), 1),
            [Dim::Fixed(columns)] => (Dim::Fixed(1), columns),
            [rows, Dim::Fixed(columns)] => (rows, columns),
            _ => return Err(node.misshapen(bias)),
        };
        let down = match rows {
            Dim::Fixed(1) => 0,
            Dim::Rows => columns,
            Dim::Fixed(_) => return Err(node.misshapen(bias)),
        };
        if bias.kind != kind || (columns != 1 && columns != width) {
            return Err(node.misshapen(bias));
        }
        Ok(Self { source: bias.source.clone(), down, across: usize::from(columns > 1) })
    }

    fn add<T: Float>(&self, out: &mut [T], width: usize, beta: T, slots: &[Data]) {
        let data = self.source.read::<T>(slots);
        for (row, line) in out.chunks_exact_mut(width).enumerate() {
            for (column, to) in line.iter_mut().enumerate() {
                *to = to.add(beta.mul(data[row * self.down + column * self.across]));
            }
        }
    }
}

/// With the moments that training found.
pub(super) fn batch_normalization(node: &Node<'_>) -> Result {
    let attributes = node.attributes(&["epsilon", "momentum", "training_mode", "spatial"])?;
    if node.int(attributes, "training_mode", 0)? != 0 || node.results() > 1 {
        return Err(node.error("the model is in training mode; export it for inference"));
    }
    let epsilon = node.float(attributes, "epsilon", 1e-5)?;
    let operands: [&Value; 5] = node.only()?;
    let [x, moments @ ..] = operands;
    by_float!(x.kind, T => {
        let Some(Dim::Fixed(columns)) = x.shape.0.get(1).copied() else {
            return Err(node.misshapen(x));
        };
        let mut fixed = Vec::with_capacity(4);
        for value in moments {
            let numbers = node.fixed::<T>(value, "scale, shift, mean and variance")?;
            if numbers.len() != columns {
                return Err(node.misshapen(value));
            }
            fixed.push(numbers);
        }
        let factors: Vec<(T, T)> = (0..columns)
            .map(|c| {
                let scale = fixed[0][c] / (fixed[3][c] + T::from_f32(epsilon)).sqrt();
                (scale, fixed[1][c] - fixed[2][c] * scale)
            })
            .collect();
        let (source, shape) = (x.source.clone(), x.shape.clone());
        Ok(Compiled::one(x.shape.clone(), move |rows, slots| {
            let [_, _, inner] = shape.around(1, rows);
            let scaled = |(at, x): (usize, &T)| {
                let (scale, shift) = factors[at / inner % columns];
                x * scale + shift
            };
            source.read::<T>(slots).iter().enumerate().map(scaled).collect()
        }))
    }, _ => Err(node.mistyped(x.kind)))
}
