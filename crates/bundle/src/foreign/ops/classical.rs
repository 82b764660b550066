//! Preparation of features: scaling, imputing, normalising, putting side by side.

use super::Result;
use super::number::Number;
use crate::foreign::node::Node;
use crate::foreign::plan::{Compiled, Source, Value};
use crate::foreign::value::{Data, Dim, Elem, Labels, Shape, TensorKind, by_number};
use std::sync::Arc;

/// The elements of a matrix of numbers in single precision, as classical models take them.
pub(super) fn singles(source: &Source, kind: TensorKind, slots: &[Data]) -> Vec<f32> {
    by_number!(kind, T => source.read::<T>(slots).iter().map(|&x| x as f32).collect(),
        _ => Vec::new())
}

/// Columns of a matrix `[rows, columns]` of numbers.
pub(in crate::foreign) fn matrix(node: &Node<'_>, x: &Value) -> Result<usize> {
    match x.shape.0[..] {
        [Dim::Rows, Dim::Fixed(width)] if x.kind.is_number() && width > 0 => Ok(width),
        _ if !x.kind.is_number() => Err(node.mistyped(x.kind)),
        _ => Err(node.misshapen(x)),
    }
}

/// A parameter per column from one for all, or from one for each.
fn per_column<T: Copy>(node: &Node<'_>, given: &[T], width: usize, name: &str) -> Result<Vec<T>> {
    match given {
        [one] => Ok(vec![*one; width]),
        given if given.len() == width => Ok(given.to_vec()),
        given => Err(node
            .error(format!("attribute `{name}` has {} numbers for {width} columns", given.len()))),
    }
}

pub(super) fn scaler(node: &Node<'_>) -> Result {
    let attributes = node.attributes(&["offset", "scale"])?;
    let [x] = node.only()?;
    let width = matrix(node, x)?;
    let offsets = per_column(node, node.lift(attributes.floats("offset"))?, width, "offset")?;
    let scales = per_column(node, node.lift(attributes.floats("scale"))?, width, "scale")?;
    let (source, kind) = (x.source.clone(), x.kind);
    let factors: Vec<(f32, f32)> = offsets.into_iter().zip(scales).collect();
    Ok(Compiled::one(x.shape.clone(), move |_, slots| {
        let factors = factors.iter().cycle();
        if kind == TensorKind::F64 {
            let scaled = |(x, &(offset, scale)): (&f64, &(f32, f32))| {
                ((x - f64::from(offset)) * f64::from(scale)) as f32
            };
            return source.read::<f64>(slots).iter().zip(factors).map(scaled).collect();
        }
        let data = singles(&source, kind, slots);
        data.iter().zip(factors).map(|(x, (offset, scale))| (x - offset) * scale).collect()
    }))
}

pub(super) fn normalizer(node: &Node<'_>) -> Result {
    let attributes = node.attributes(&["norm"])?;
    let [x] = node.only()?;
    let width = matrix(node, x)?;
    let norm: fn(&[f32], &mut Vec<f32>) = match node.text(attributes, "norm", "MAX")? {
        "MAX" => |line, out| {
            divide(line, line.iter().fold(f32::MIN, |a, &b| if a < b { b } else { a }), out)
        },
        "L1" => |line, out| divide(line, line.iter().map(|x| x.abs()).sum(), out),
        "L2" => |line, out| {
            let sum: f32 = line.iter().map(|x| x * x).sum();
            if sum == 0.0 {
                return out.extend_from_slice(line);
            }
            out.extend(line.iter().map(|&x| {
                let root = (x * x / sum).sqrt();
                if x < 0.0 { -root } else { root }
            }));
        },
        _ => return Err(node.error("attribute `norm` is neither MAX, L1 nor L2")),
    };
    let (source, kind) = (x.source.clone(), x.kind);
    Ok(Compiled::one(x.shape.clone(), move |_, slots| {
        let data = singles(&source, kind, slots);
        let mut out = Vec::with_capacity(data.len());
        data.chunks_exact(width).for_each(|line| norm(line, &mut out));
        out
    }))
}

fn divide(line: &[f32], by: f32, out: &mut Vec<f32>) {
    let by = if by == 0.0 { 1.0 } else { by };
    out.extend(line.iter().map(|x| x / by));
}

pub(super) fn imputer(node: &Node<'_>) -> Result {
    let known = [
        "imputed_value_floats",
        "imputed_value_int64s",
        "replaced_value_float",
        "replaced_value_int64",
    ];
    let attributes = node.attributes(&known)?;
    let [x] = node.only()?;
    let width = matrix(node, x)?;
    match x.kind {
        TensorKind::F32 | TensorKind::F64 => {
            let name = "imputed_value_floats";
            let values = per_column(node, node.lift(attributes.floats(name))?, width, name)?;
            let missing = node.float(attributes, "replaced_value_float", 0.0)?;
            by_number!(x.kind, T => {
                let values = values.iter().map(|&v| T::from_f64(f64::from(v))).collect();
                Ok(impute(x, values, T::from_f64(f64::from(missing))))
            }, _ => Err(node.mistyped(x.kind)))
        }
        TensorKind::I64 => {
            let name = "imputed_value_int64s";
            let values = per_column(node, node.lift(attributes.ints(name))?, width, name)?;
            Ok(impute(x, values, node.int(attributes, "replaced_value_int64", 0)?))
        }
        kind => Err(node.mistyped(kind)),
    }
}

fn impute<T: Number>(x: &Value, values: Vec<T>, missing: T) -> Compiled {
    let source = x.source.clone();
    Compiled::one(x.shape.clone(), move |_, slots| {
        let replaced = |(x, value): (&T, &T)| {
            let is_missing = *x == missing || (missing.is_nan() && x.is_nan());
            if is_missing { *value } else { *x }
        };
        source.read::<T>(slots).iter().zip(values.iter().cycle()).map(replaced).collect()
    })
}

pub(super) fn binarizer(node: &Node<'_>) -> Result {
    let attributes = node.attributes(&["threshold"])?;
    let threshold = node.float(attributes, "threshold", 0.0)?;
    let [x] = node.only()?;
    let source = x.source.clone();
    by_number!(x.kind, T => Ok(Compiled::fallible(x.shape.clone(), move |_, slots| {
        let threshold = T::from_f64(f64::from(threshold));
        let above = |x: &T| match Number::is_nan(*x) {
            true => Err("a number is missing (NaN)".to_owned()),
            false => Ok(T::from_f64(f64::from(u8::from(*x > threshold)))),
        };
        source.read::<T>(slots).iter().map(above).collect()
    })), _ => Err(node.mistyped(x.kind)))
}

/// Matrices side by side, in single precision.
pub(super) fn feature_vectorizer(node: &Node<'_>) -> Result {
    let attributes = node.attributes(&["inputdimensions"])?;
    let sizes = node.lift(attributes.ints("inputdimensions"))?;
    let operands = node.all()?;
    let mut parts = Vec::with_capacity(operands.len());
    for value in &operands {
        let width = value.shape.columns().filter(|_| value.kind.is_number());
        parts.push((value.source.clone(), value.kind, width.ok_or_else(|| node.misshapen(value))?));
    }
    let same = parts.iter().map(|part| part.2 as i64).eq(sizes.iter().copied());
    if !same {
        return Err(
            node.error("attribute `inputdimensions` differs from the widths of the operands")
        );
    }
    let total = parts.iter().fold(0_usize, |sum, part| sum.saturating_add(part.2));
    Ok(Compiled::one(Shape::lines(total), move |rows, slots| {
        let data: Vec<(Vec<f32>, usize)> = parts
            .iter()
            .map(|(source, kind, width)| (singles(source, *kind, slots), *width))
            .collect();
        let mut out = Vec::with_capacity(rows.saturating_mul(total));
        for row in 0..rows {
            for (data, width) in &data {
                out.extend_from_slice(&data[row * width..(row + 1) * width]);
            }
        }
        out
    }))
}

/// A matrix whose columns have names: what onnxruntime gives as a map per row.
pub(super) fn zip_map(node: &Node<'_>) -> Result {
    let attributes = node.attributes(&["classlabels_int64s", "classlabels_strings"])?;
    let ints = node.lift(attributes.optional_ints("classlabels_int64s"))?.unwrap_or_default();
    let texts = node.texts(attributes, "classlabels_strings")?;
    let labels = if texts.is_empty() {
        Labels::Int(ints.to_vec())
    } else {
        Labels::Text(texts.into_iter().map(str::to_owned).collect())
    };
    let [x] = node.only()?;
    if x.kind != f32::KIND && x.kind != f64::KIND {
        return Err(node.mistyped(x.kind));
    }
    if matrix(node, x)? != labels.len() {
        return Err(node.error(format!("{} keys for the shape {}", labels.len(), x.shape)));
    }
    let keys = Some(Arc::new(labels));
    Ok(Compiled::Values(vec![Value { keys, ..x.clone() }]))
}
