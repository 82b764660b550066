//! `Cast`: from every type to every other, but for numbers with fractions into texts.

use super::Result;
use super::number::Number;
use crate::foreign::node::Node;
use crate::foreign::plan::{Compiled, Value};
use crate::foreign::value::{Elem, TensorKind, Text, by_number};

pub(super) fn cast(node: &Node<'_>) -> Result {
    // `saturate` is about types of 8 bits.
    let attributes = node.attributes(&["to", "saturate"])?;
    let to = node.lift(attributes.int("to"))?.and_then(|to| i32::try_from(to).ok());
    let to = to
        .and_then(TensorKind::of)
        .ok_or_else(|| node.error("attribute `to` is missing or of no supported type"))?;
    let [x] = node.only()?;
    if x.kind == to {
        return Ok(Compiled::Values(vec![x.clone()]));
    }
    match (x.kind, to) {
        (TensorKind::Text, TensorKind::Bool) => Err(node.error("texts are no truth values")),
        (TensorKind::Text, _) => {
            by_number!(to, T => Ok(parse::<T>(x)), _ => Err(node.mistyped(x.kind)))
        }
        (TensorKind::Bool, TensorKind::Text) => Err(node.error("truth values are no texts")),
        (TensorKind::Bool, _) => by_number!(to, T => {
            Ok(map(x, |x: &bool| T::from_f64(f64::from(u8::from(*x)))))
        }, _ => Err(node.mistyped(x.kind))),
        (from, TensorKind::Text) if from.is_float() => {
            Err(node.error("numbers with fractions are not written as texts"))
        }
        (_, TensorKind::Text) => by_number!(x.kind, T => {
            Ok(map(x, |x: &T| Text::from((*x as i64).to_string())))
        }, _ => Err(node.mistyped(x.kind))),
        (_, TensorKind::Bool) => by_number!(x.kind, T => {
            Ok(map(x, |x: &T| *x != T::ZERO))
        }, _ => Err(node.mistyped(x.kind))),
        (_, TensorKind::F32) => by_number!(x.kind, T => Ok(map(x, |x: &T| *x as f32)), _ => {
            Err(node.mistyped(x.kind))
        }),
        (_, TensorKind::F64) => by_number!(x.kind, T => Ok(map(x, |x: &T| *x as f64)), _ => {
            Err(node.mistyped(x.kind))
        }),
        (from, TensorKind::I64) if from.is_float() => by_number!(from, T => {
            Ok(map(x, |x: &T| whole(x.to_f64(), -(2f64.powi(63)), i64::MIN, |x| x as i64)))
        }, _ => Err(node.mistyped(from))),
        (from, TensorKind::I32) if from.is_float() => by_number!(from, T => {
            Ok(map(x, |x: &T| whole(x.to_f64(), -(2f64.powi(31)), i32::MIN, |x| x as i32)))
        }, _ => Err(node.mistyped(from))),
        (_, TensorKind::I64) => by_number!(x.kind, T => Ok(map(x, |x: &T| *x as i64)), _ => {
            Err(node.mistyped(x.kind))
        }),
        (_, TensorKind::I32) => by_number!(x.kind, T => Ok(map(x, |x: &T| *x as i32)), _ => {
            Err(node.mistyped(x.kind))
        }),
    }
}

fn map<T: Elem, U: Elem>(x: &Value, f: fn(&T) -> U) -> Compiled {
    let source = x.source.clone();
    Compiled::one(x.shape.clone(), move |_, slots| source.read::<T>(slots).iter().map(f).collect())
}

/// A float without its fraction; what does not fit is the lowest integer, as on x86.
fn whole<T>(x: f64, lowest: f64, refused: T, convert: fn(f64) -> T) -> T {
    let fits = x.trunc() >= lowest && x.trunc() < -lowest;
    if fits { convert(x.trunc()) } else { refused }
}

fn parse<T: Number + std::str::FromStr>(x: &Value) -> Compiled {
    let source = x.source.clone();
    Compiled::fallible(x.shape.clone(), move |_, slots| {
        let read =
            |text: &Text| text.trim().parse::<T>().map_err(|_| format!("`{text}` is no number"));
        source.read::<Text>(slots).iter().map(read).collect()
    })
}
